"""Intervals by the profile likelihood, and all kinds of intervals side by side."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy import optimize, stats

from . import plots
from .bootstrap import bootstrap
from .effects import BETWEEN, PATHS, MediationEffects, in_words, mean_of, wrapped
from .errors import MlmedError
from .formats import html_table, stata_number, text_table
from .intervals import IntervalEstimate, Intervals, check_level, monte_carlo
from .profile import Profile, Target, profile_of
from .resample import problem
from .threads import one_blas_thread
from .views import Sheet, View


def profile(med: MediationEffects, level: float) -> Intervals:
    """Where the likelihood falls by too much when an effect is held; see `Mediation.profile`."""
    level = check_level(level)
    with one_blas_thread():
        return _profile(med, level)


def _profile(med: MediationEffects, level: float) -> Intervals:
    search = profile_of(problem(med.fit), med.fit.design.y)
    limit = float(stats.chi2.ppf(level, 1))
    effects, curves = {}, []
    for effect in med.effects:
        target = target_of(med, effect.name)
        middle = search.target_value(target)
        step = effect.se if np.isfinite(effect.se) else _rough_se(search, target, middle)
        points = [(middle, 0.0)]
        ends = tuple(_end(search, target, middle, side * step, limit, points) for side in (-1, 1))
        values, costs = map(np.array, zip(*sorted(points), strict=True))
        curves.append(pd.DataFrame({"effect": effect.name, "value": values, "W": costs}))
        effects[effect.name] = IntervalEstimate(effect.name, middle, ends, level, values)
    note = "Estimates and intervals are those of ML, not REML: a restricted likelihood cannot hold a fixed effect."
    table = pd.concat(curves, ignore_index=True)
    return Intervals("Profile likelihood", effects, table, level, reps=len(table), notes=(note,))


def target_of(med: MediationEffects, name: str) -> Target:
    """An effect, by its name in `to_frame`, as a function of the parameters."""
    where, kind = name[: name.rfind(" ") + 1], name[name.rfind(" ") + 1 :]
    fe, re = list(med.fit.design.fe_names), list(med.fit.design.re_names)
    a, b, c = (fe.index(mean_of(term) if where == BETWEEN else term) for term in PATHS.values())
    pair = (PATHS["a"], PATHS["b"])
    covariance = tuple(re.index(term) for term in pair) if where != BETWEEN and all(t in re for t in pair) else None
    if kind == "direct":
        return Target(single=c)
    return Target((a, b), covariance, None if kind == "indirect" else c)


def _rough_se(search: Profile, target: Target, middle: float) -> float:
    """A standard error from the curvature of the profile, where there is none by the delta method."""
    step = 0.05 * max(abs(middle), 0.1)
    cost = search.fit(target, middle + step)[0]
    return float(step / np.sqrt(max(cost, 1e-6)))


def _end(
    search: Profile, target: Target, middle: float, step: float, limit: float, points: list[tuple[float, float]]
) -> float:
    """The value on one side at which the cost reaches the limit; the root of the cost is nearly linear in the value."""
    theta = search.best

    def missing(value: float) -> float:
        nonlocal theta
        cost, theta = search.fit(target, value, theta)
        points.append((value, cost))
        return float(np.sqrt(cost) - np.sqrt(limit))

    inside, outside = middle, middle + np.sqrt(limit) * step
    for _ in range(12):
        if missing(outside) > 0:
            break
        inside, outside = outside, outside + step
    else:
        return float(np.copysign(np.inf, step))
    return float(
        optimize.brentq(
            lambda v: missing(v) if v != middle else -np.sqrt(limit), inside, outside, xtol=1e-5 * abs(step)
        )
    )


class IntervalTable(View):
    """Intervals of all effects by all methods, a DataFrame with a display of its own.

    The index holds effect and method; columns are estimate, ci low, ci high.
    """

    _metadata = [*View._metadata, "level", "notes"]

    def __init__(self, frame: pd.DataFrame, level: float, notes: list[str]):
        super().__init__(frame, self._show)
        self.level, self.notes = level, notes

    def plot(self, effect: str | None = None, truth: float | None = None, ax: Axes | None = None) -> Axes:
        """The intervals of one effect below each other.

        Parameters
        ----------
        effect : str, optional
            Its name in the table; by default the first, the indirect effect.
        truth : float, optional
            True value, where it is known.
        ax : Axes, optional

        Returns
        -------
        Axes
        """
        return plots.interval_methods(pd.DataFrame(self), effect, truth, self.level, ax=ax)

    def _show(self, frame: pd.DataFrame) -> Sheet:
        heads = ["Estimate", *(f"{100 * self.level:g}% {end}" for end in ("low", "high"))]
        rows: list = []
        for effect, part in frame.groupby(level=0, sort=False):
            rows += [None, in_words(effect)] if rows else [in_words(effect)]
            rows += [
                [method, *map(stata_number, row)] for (_, method), row in zip(part.index, part.to_numpy(), strict=True)
            ]
        text = text_table("", heads, rows, [11, 12, 12], 18)
        return Sheet(
            "\n".join([text, *wrapped(self.notes, text + " " * 20)]),
            html_table(["", *heads], rows, notes=self.notes),
            {},
        )


def side_by_side(
    med: MediationEffects, reps: int, draws: int, seed: int | None, n_jobs: int | None, level: float, progress: bool
) -> IntervalTable:
    """Wald, Monte Carlo, cluster bootstrap and profile likelihood; see `Mediation.intervals`."""
    level = check_level(level)
    z = float(stats.norm.ppf(0.5 + level / 2))
    found = {"Wald": {effect.name: (effect.estimate, *effect.interval(z)) for effect in med.effects}}
    notes = ["The profile interval belongs to the ML estimates, all others to those of REML."]
    calls = {
        "Monte Carlo": lambda: monte_carlo(med, draws, seed, level),
        "bootstrap": lambda: bootstrap(med, reps, "cluster", "percentile", seed, n_jobs, level, progress),
        "profile": lambda: profile(med, level),
    }
    for method, call in calls.items():
        try:
            made = call()
        except MlmedError as error:
            notes.append(f"{method}: {error}")
            found[method] = {effect.name: (effect.estimate, np.nan, np.nan) for effect in med.effects}
            continue
        found[method] = {name: (effect.estimate, *effect.ci) for name, effect in made.effects.items()}
        if method == "bootstrap":
            notes += made.notes
    if np.isnan(med.indirect.se):
        notes.insert(0, "On the boundary, Wald intervals of the indirect and the total effect do not exist.")
    names = [effect.name for effect in med.effects]
    index = pd.MultiIndex.from_product([names, found], names=["effect", "method"])
    rows = [found[method][name] for name, method in index]
    return IntervalTable(pd.DataFrame(rows, index, ["estimate", "ci low", "ci high"]), level, notes)
