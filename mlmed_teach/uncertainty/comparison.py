"""All kinds of intervals side by side."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .. import plots
from ..errors import MlmedError
from ..show import Sheet, View, html_table, limit_heads, stata_number, text_table, wrapped_notes
from ..stacked_model import MediationEffects, critical_value, in_words, level_and_kind
from ..validation import check_level
from .bootstrapping import bootstrap_intervals
from .estimates_drawn import monte_carlo_intervals
from .interval_results import Intervals
from .likelihood_profiles import profile_intervals


class IntervalTable(View):
    """Intervals of all effects by all methods, a DataFrame with a display of its own.

    The index holds effect and method; columns are estimate, ci low, ci high.

    Attributes
    ----------
    confidence : float
        Confidence level of the intervals.
    notes : list of str
        What a reader must know about them.
    place : str
        Where the effects hold, of a model with moderators; "" for any other.
    """

    _metadata = [*View._metadata, "confidence", "notes", "place"]

    def __init__(self, frame: pd.DataFrame, confidence: float, notes: list[str], place: str = ""):
        super().__init__(frame, self._show)
        self.confidence, self.notes, self.place = confidence, notes, place

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
        return plots.interval_methods(pd.DataFrame(self), effect, truth, self.confidence, ax=ax, where_at=self.place)

    def _show(self, frame: pd.DataFrame) -> Sheet:
        heads = ["Estimate", *limit_heads(self.confidence)]
        rows: list[list[str] | str | None] = []
        for effect, part in frame.groupby(level=0, sort=False):
            words = in_words(*level_and_kind(effect), bool(self.place))
            rows += [None, words] if rows else [words]
            rows += [
                [method, *map(stata_number, row)] for (_, method), row in zip(part.index, part.to_numpy(), strict=True)
            ]
        text = text_table("", heads, rows, [11, 12, 12], 18)
        return Sheet(
            "\n".join([text, *wrapped_notes(self.notes, text, 20)]),
            html_table(["", *heads], rows, notes=self.notes),
            {},
        )


def all_intervals(
    med: MediationEffects,
    reps: int = 1000,
    draws: int = 100_000,
    seed: int | None = None,
    n_jobs: int | None = None,
    level: float = 0.95,
    progress: bool = False,
) -> IntervalTable:
    """Every kind of interval side by side: Wald, Monte Carlo, cluster bootstrap (percentile), profile likelihood.

    Parameters
    ----------
    med : MediationEffects
        As a method, the result itself.
    reps, draws, seed, n_jobs, level, progress
        As in `bootstrap` and `monte_carlo`.

    Returns
    -------
    IntervalTable
        A DataFrame: index effect and method, columns estimate, ci low, ci high; `plot()` draws it. Intervals that
        could not be computed are missing, with a note.

    Raises
    ------
    MlmedError
        An impossible level.
    """
    confidence = check_level(level)
    effects = [*med.effects, *(change.effect for change in med.changes)]
    wald = {e.name: (e.estimate, *e.interval(critical_value(e.df, confidence))) for e in effects}
    found = {"Wald": wald}
    notes = ["The profile interval belongs to the ML estimates, all others to those of REML."]
    calls: dict[str, Callable[[], Intervals]] = {
        "Monte Carlo": lambda: monte_carlo_intervals(med, draws, seed, level),
        "bootstrap": lambda: bootstrap_intervals(med, reps, seed=seed, n_jobs=n_jobs, level=level, progress=progress),
        "profile": lambda: profile_intervals(med, level),
    }
    for method, call in calls.items():
        try:
            made = call()
        except MlmedError as error:
            notes.append(f"{method}: {error}")
            found[method] = {effect.name: (effect.estimate, np.nan, np.nan) for effect in effects}
            continue
        found[method] = {name: (effect.estimate, *effect.ci) for name, effect in made.effects.items()}
        if method == "bootstrap":
            notes += made.notes
        elif method == "profile":
            notes += made.notes[1:]  # open sides; the first note is in other words above
    places = [(effect.name, method) for effect in effects for method in found if effect.name in found[method]]
    index = pd.MultiIndex.from_tuples(places, names=["effect", "method"])
    rows = [found[method][name] for name, method in places]
    frame = pd.DataFrame(rows, index, ["estimate", "ci low", "ci high"])
    return IntervalTable(frame, confidence, list(dict.fromkeys([*notes, *med.place_notes])), med.place)
