"""Intervals for the effects that do not lean on a normal sampling distribution: Monte Carlo, bootstrap, profile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray
from scipy import optimize, stats
from tqdm.auto import tqdm

from . import plots
from .batch import BatchOptimum
from .effects import BETWEEN, PATHS, MediationEffects, in_words, mean_of, wrapped
from .errors import MlmedError
from .formats import html_table, stata_number, text_table
from .parallel import in_waves
from .profile import Profile, Target, profile_of
from .resample import Problem, problem, refit_clusters, refit_parametric, refit_residual
from .simulate import whole
from .threads import one_blas_thread
from .views import Sheet, View

Array = NDArray[np.float64]

KINDS_OF_BOOTSTRAP = ("cluster", "parametric", "residual")
INTERVALS = ("percentile", "basic", "bca")
CHUNK = 128  # replicates that are fitted, and get their random numbers, together: the same with any number of workers
FEWEST = 10  # clusters from which to draw clusters
ROUGH = 200  # replicates below which the ends of an interval are rough


@dataclass(frozen=True)
class IntervalEstimate:
    """An effect with an interval.

    Attributes
    ----------
    name : str
    estimate : float
    ci : tuple of float
        (low, high).
    level : float
        Confidence level.
    draws : ndarray
        What the interval was made of: simulated effects, those of bootstrap replicates, or, for a profile, values of
        the effect.
    """

    name: str
    estimate: float
    ci: tuple[float, float]
    level: float
    draws: Array = field(repr=False)

    @property
    def se(self) -> float:
        """Standard deviation of the draws: a standard error without the delta method. Not for a profile."""
        return float(np.std(self.draws, ddof=1))


@dataclass(frozen=True)
class Intervals:
    """Intervals of all effects by one method.

    Attributes
    ----------
    method : str
    effects : dict of str to IntervalEstimate
        Under the names of `to_frame` of the fit.
    draws : DataFrame
        One row for each draw or replicate, one column for each effect; missing where the fit failed. For a profile,
        effects and what they cost: twice the log likelihood that is lost.
    level : float
    reps : int
        Draws or replicates that were made.
    boundary, failed : int
        Replicates whose optimum lies on the boundary (they count), and those without an optimum (they cannot).
    seed : int
        What to pass as `seed` for the same draws.
    notes : tuple of str
    """

    method: str
    effects: dict[str, IntervalEstimate]
    draws: pd.DataFrame = field(repr=False)
    level: float = 0.95
    reps: int = 0
    boundary: int = 0
    failed: int = 0
    seed: int | None = None
    notes: tuple[str, ...] = ()

    def _main(self, kind: str) -> IntervalEstimate:
        found = [effect for name, effect in self.effects.items() if name.rpartition(": ")[2] == kind]
        if not found:
            raise MlmedError(f"The {kind} effect has no interval here: {', '.join(self.effects)} have.")
        return found[0]

    @property
    def indirect(self) -> IntervalEstimate:
        """Average indirect effect; of a decomposed model, that within clusters."""
        return self._main("indirect")

    @property
    def direct(self) -> IntervalEstimate:
        """Average direct effect; of a decomposed model, that within clusters."""
        return self._main("direct")

    @property
    def total(self) -> IntervalEstimate:
        """Average total effect; of a decomposed model, that within clusters."""
        return self._main("total")

    def to_frame(self) -> pd.DataFrame:
        """One row for each effect: estimate, ci low, ci high."""
        return pd.DataFrame(
            {name: [effect.estimate, *effect.ci] for name, effect in self.effects.items()},
            index=["estimate", "ci low", "ci high"],
        ).T

    def _heads(self) -> list[str]:
        return ["Estimate", *(f"{100 * self.level:g}% {end}" for end in ("low", "high"))]

    def _rows(self) -> list[list[str]]:
        return [
            [name, *map(stata_number, row)] for name, row in zip(self.effects, self.to_frame().to_numpy(), strict=True)
        ]

    def summary(self) -> str:
        """The intervals as text, with what a reader must know about them."""
        table = text_table("", self._heads(), self._rows(), [11, 12, 12], 18)
        return "\n".join([self.method, table, *wrapped(list(self.notes), table + " " * 20)])

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        return html_table(["", *self._heads()], self._rows(), self.method, self.notes)


# ---- Monte Carlo ----------------------------------------------------------------------------------------------------


def monte_carlo(med: MediationEffects, draws: int, seed: int | None, level: float) -> Intervals:
    """Draw a, b, c' and cov(a_j, b_j) from the normal distribution of their estimates; see `Mediation.monte_carlo`."""
    draws, level = whole(draws, "draws", 2), _level(level)
    if np.isnan(med.indirect.se):
        raise MlmedError(
            "The fit lies on the boundary, where cov(a_j, b_j) has no standard error to draw from (see notes). Use "
            "med.bootstrap() or med.profile(), which need none, or a model with fewer random slopes."
        )
    sequence = _sequence(seed)
    rng = np.random.default_rng(sequence)
    beta = med.fit.params.to_numpy()
    terms = [k for k, name in enumerate(med.fit.params.index) if name in _path_terms()]
    V = med.fit.cov_params().to_numpy()[np.ix_(terms, terms)]
    root = np.linalg.cholesky(V)
    sample = np.broadcast_to(beta, (draws, len(beta))).copy()
    sample[:, terms] += rng.normal(size=(draws, len(terms))) @ root.T
    # Estimates of fixed effects and of covariance parameters are uncorrelated in large samples.
    covariance = med.cov_ab + med.se_cov_ab * rng.normal(size=draws)
    table = effects_of(med, sample, covariance)
    return Intervals(
        method=f"Monte Carlo, {draws:,} draws",
        effects=_estimates(med, table, level, _percentile),
        draws=table,
        level=level,
        reps=draws,
        seed=sequence.entropy,
    )


def _path_terms() -> set[str]:
    return {name for term in PATHS.values() for name in (term, mean_of(term))}


def effects_of(med: MediationEffects, beta: Array, cov_ab: Array) -> pd.DataFrame:
    """Effects of many sets of parameters.

    Parameters
    ----------
    med : MediationEffects
        Which effects.
    beta : ndarray, shape (B, p)
    cov_ab : ndarray, shape (B,)

    Returns
    -------
    DataFrame, shape (B, effects)
    """
    names = list(med.fit.params.index)
    columns = {}
    for level in med.levels:
        where = level.indirect.name.removesuffix("indirect")
        terms = [mean_of(term) if where == BETWEEN else term for term in PATHS.values()]
        a, b, c = (beta[:, names.index(term)] for term in terms)
        indirect = a * b + (cov_ab if level.cov_ab else 0.0)
        columns |= {f"{where}indirect": indirect, f"{where}direct": c, f"{where}total": indirect + c}
    return pd.DataFrame(columns)


# ---- bootstrap ------------------------------------------------------------------------------------------------------


def bootstrap(
    med: MediationEffects,
    reps: int,
    kind: str,
    interval: str,
    seed: int | None,
    n_jobs: int | None,
    level: float,
    progress: bool,
) -> Intervals:
    """Fit the model to new tables; see `Mediation.bootstrap`."""
    reps, level = whole(reps, "reps", 2), _level(level)
    for name, value, known in (("kind", kind, KINDS_OF_BOOTSTRAP), ("interval", interval, INTERVALS)):
        if value not in known:
            raise MlmedError(f"{name} is one of {', '.join(map(repr, known))}, not {value!r}.")
    task, sequence = problem(med.fit), _sequence(seed)
    if kind != "parametric" and task.clusters < FEWEST:
        raise MlmedError(
            f"There are only {task.clusters} clusters to draw from, too few to show how estimates vary from sample to "
            "sample. Use kind='parametric', which draws from the fitted model, or collect more clusters."
        )
    found, interrupted = _replicates(task, kind, reps, sequence, n_jobs, progress)
    table = _table(med, task, found)
    made, failed = len(table), int((~found.converged).sum())
    notes = []
    if interrupted:
        notes.append(f"Interrupted: {made:,} of {reps:,} replicates were finished; the intervals are made of these.")
    if failed:
        notes.append(f"{failed:,} of {made:,} replicates had no optimum. They are left out, not replaced.")
    boundary = int((found.singular & found.converged).sum())
    if boundary:
        notes.append(
            f"{boundary:,} of {made:,} replicates have their optimum on the boundary. They count like all others."
        )
    if made - failed < ROUGH:
        notes.append(f"From fewer than {ROUGH} replicates the ends of an interval are rough: use reps=1000 or more.")
    if made - failed < 2:
        raise MlmedError(
            "Hardly any replicate could be fitted. The model is too large for these data: leave slopes out."
        )
    take = {"percentile": _percentile, "basic": _basic}.get(interval)
    if take is None:
        weights = 1.0 - np.eye(task.clusters)
        jackknife = [found for wave in in_waves(refit_clusters, [(task, weights)], None) for _, found in wave]
        take = _bca(_table(med, task, jackknife[0]))
    return Intervals(
        method=f"{kind.capitalize()} bootstrap, {interval} intervals, {made:,} replicates",
        effects=_estimates(med, table, level, take),
        draws=table,
        level=level,
        reps=made,
        boundary=boundary,
        failed=failed,
        seed=sequence.entropy,
        notes=tuple(notes),
    )


def _replicates(
    task: Problem, kind: str, reps: int, sequence: np.random.SeedSequence, n_jobs: int | None, progress: bool
) -> tuple[BatchOptimum, bool]:
    """All replicates, or those that were finished before an interruption."""
    rows, columns = task.X.shape
    chunk = int(np.clip(20_000_000 // (rows * (columns + len(task.G) + 1)), 1, CHUNK)) if kind != "cluster" else CHUNK
    sizes = [min(chunk, reps - at) for at in range(0, reps, chunk)]
    jobs = [(task, kind, size, child) for size, child in zip(sizes, sequence.spawn(len(sizes)), strict=True)]
    found: list[BatchOptimum] = []
    interrupted = False
    with tqdm(total=reps, disable=not progress, desc=f"{kind} bootstrap", unit="fit") as bar:
        try:
            for wave in in_waves(_chunk, jobs, n_jobs, each=4):
                found += [result for _, result in wave]
                bar.update(sum(len(result.m2ll) for _, result in wave))
        except KeyboardInterrupt:
            interrupted = True
            if not found:
                raise
    return BatchOptimum.join(found), interrupted


def _chunk(task: Problem, kind: str, reps: int, seed: np.random.SeedSequence) -> BatchOptimum:
    rng = np.random.default_rng(seed)
    if kind == "cluster":
        J = task.clusters
        return refit_clusters(task, rng.multinomial(J, np.full(J, 1 / J), reps).astype(float))
    return (refit_parametric if kind == "parametric" else refit_residual)(task, reps, rng)


def _table(med: MediationEffects, task: Problem, found: BatchOptimum) -> pd.DataFrame:
    """Effects of the replicates, missing where there is no optimum."""
    names = list(med.fit.design.re_names)
    G = task.units.G(found.G)
    both = PATHS["a"] in names and PATHS["b"] in names
    cov_ab = G[:, names.index(PATHS["a"]), names.index(PATHS["b"])] if both else np.zeros(len(G))
    table = effects_of(med, task.units.beta(found.beta), cov_ab)
    table.loc[~found.converged] = np.nan
    return table


def _estimates(
    med: MediationEffects,
    table: pd.DataFrame,
    level: float,
    take: Callable[[str, Array, float, float], tuple[float, float]],
) -> dict[str, IntervalEstimate]:
    found = {}
    for effect in med.effects:
        draws = table[effect.name].dropna().to_numpy()
        ci = take(effect.name, draws, effect.estimate, level)
        found[effect.name] = IntervalEstimate(effect.name, effect.estimate, ci, level, draws)
    return found


def _percentile(name: str, draws: Array, estimate: float, level: float) -> tuple[float, float]:
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _basic(name: str, draws: Array, estimate: float, level: float) -> tuple[float, float]:
    low, high = _percentile(name, draws, estimate, level)
    return 2 * estimate - high, 2 * estimate - low


def _bca(jackknife: pd.DataFrame) -> Callable[[str, Array, float, float], tuple[float, float]]:
    """Bias-corrected and accelerated limits (Efron 1987), the acceleration from leaving out one cluster at a time."""

    def take(name: str, draws: Array, estimate: float, level: float) -> tuple[float, float]:
        below = ((draws < estimate).sum() + 0.5 * (draws == estimate).sum()) / len(draws)
        if not 0 < below < 1:
            return _percentile(name, draws, estimate, level)
        bias = stats.norm.ppf(below)
        left_out = jackknife[name].dropna().to_numpy()
        pull = left_out.mean() - left_out
        size = (pull**2).sum()
        acceleration = (pull**3).sum() / (6 * size**1.5) if size > 0 else 0.0
        z = bias + stats.norm.ppf([(1 - level) / 2, (1 + level) / 2])
        low, high = np.quantile(draws, stats.norm.cdf(bias + z / (1 - acceleration * z)))
        return float(low), float(high)

    return take


# ---- profile likelihood ---------------------------------------------------------------------------------------------


def profile(med: MediationEffects, level: float) -> Intervals:
    """Where the likelihood falls by too much when an effect is held; see `Mediation.profile`."""
    level = _level(level)
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


# ---- side by side -----------------------------------------------------------------------------------------------


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
    level = _level(level)
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


# ---- what all share -------------------------------------------------------------------------------------------------


def _level(level: object) -> float:
    if isinstance(level, bool) or not isinstance(level, int | float | np.number) or not 0 < level < 1:
        raise MlmedError(f"level must lie between 0 and 1, as in 0.95, but it is {level!r}.")
    return float(level)


def _sequence(seed: object) -> np.random.SeedSequence:
    return np.random.SeedSequence(None if seed is None else whole(seed, "seed", 0))
