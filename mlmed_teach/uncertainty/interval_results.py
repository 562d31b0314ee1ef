"""What an interval is, and the intervals of all effects by one method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..errors import MlmedError
from ..show import html_table, stata_number, text_table, wrapped
from ..stacked_model import PATHS, MediationEffects, level_and_kind
from ..typing import Array


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
        found = [effect for name, effect in self.effects.items() if level_and_kind(name)[1] == kind]
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
        a, b, c = (beta[:, names.index(path.term_of(level.level))] for path in PATHS.values())
        indirect = a * b + (cov_ab if level.cov_ab else 0.0)
        columns |= {e.name: values for e, values in zip(level.effects, (indirect, c, indirect + c), strict=True)}
    return pd.DataFrame(columns)


def estimates(
    med: MediationEffects,
    table: pd.DataFrame,
    level: float,
    take: Callable[[str, Array, float, float], tuple[float, float]],
) -> dict[str, IntervalEstimate]:
    """Every effect with its interval, from the draws."""
    found = {}
    for effect in med.effects:
        draws = table[effect.name].dropna().to_numpy()
        ci = take(effect.name, draws, effect.estimate, level)
        found[effect.name] = IntervalEstimate(effect.name, effect.estimate, ci, level, draws)
    return found


def percentile(name: str, draws: Array, estimate: float, level: float) -> tuple[float, float]:
    """Quantiles of the draws."""
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
