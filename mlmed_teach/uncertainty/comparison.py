"""All kinds of intervals side by side."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy import stats

from .. import plots
from ..errors import MlmedError
from ..show import Sheet, View, html_table, stata_number, text_table, wrapped
from ..stacked_model import MediationEffects, in_words, level_and_kind
from ..validation import check_level
from .bootstrapping import bootstrap
from .estimates_drawn import monte_carlo
from .profile_intervals import profile


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
            words = in_words(*level_and_kind(effect))
            rows += [None, words] if rows else [words]
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
