"""An effect with an interval, and the intervals of all effects by one method."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

import numpy as np
import pandas as pd

from ..errors import MlmedError
from ..show import html_table, limit_heads, stata_number, text_table, wrapped_notes
from ..stacked_model import ChangeOfEffect, Effect, Level, effect_name
from ..typing import Array
from .limits_of_functions import DrawnEstimates


@dataclass(frozen=True)
class IntervalEstimate:
    """An effect with an interval.

    Attributes
    ----------
    level : {"", "within", "between"}
        Of raw scores, within clusters, or between them.
    kind : str
        "indirect", "direct" or "total".
    estimate : float
    ci : tuple of float
        (low, high).
    confidence : float
        Confidence level of the interval.
    """

    level: Level
    kind: str
    estimate: float
    ci: tuple[float, float]
    confidence: float

    @property
    def name(self) -> str:
        """How it is called in a table: "indirect", "within: indirect"."""
        return effect_name(self.level, self.kind)


@dataclass(frozen=True)
class DrawnInterval(IntervalEstimate):
    """An interval made of draws.

    Attributes
    ----------
    draws : ndarray
        Simulated effects, or those of bootstrap replicates that could be fitted.
    """

    draws: Array = field(repr=False)

    @property
    def se(self) -> float:
        """Standard deviation of the draws: a standard error without the delta method."""
        return float(np.std(self.draws, ddof=1))


@dataclass(frozen=True)
class ProfileInterval(IntervalEstimate):
    """An interval from the profile likelihood.

    Attributes
    ----------
    curve : DataFrame
        Values at which the effect was held (``value``), in order, and what each costs (``W``): twice the log likelihood
        that is lost.
    """

    curve: pd.DataFrame = field(repr=False)


Kind = TypeVar("Kind", bound=IntervalEstimate, covariant=True)


@dataclass(frozen=True, kw_only=True)
class Intervals(Generic[Kind]):
    """Intervals of all effects by one method.

    Attributes
    ----------
    method : str
    effects : dict of str to IntervalEstimate
        Under the names of `to_frame` of the fit.
    confidence : float
        Confidence level.
    notes : tuple of str
        What a reader must know about them.
    """

    method: str
    effects: dict[str, Kind]
    confidence: float
    notes: tuple[str, ...] = ()

    def _main(self, kind: str) -> Kind:
        found = [effect for effect in self.effects.values() if effect.kind == kind]
        if not found:
            raise MlmedError(f"The {kind} effect has no interval here: {', '.join(self.effects)} have.")
        return found[0]

    @property
    def indirect(self) -> Kind:
        """Average indirect effect; of a decomposed model, that within clusters."""
        return self._main("indirect")

    @property
    def direct(self) -> Kind:
        """Average direct effect; of a decomposed model, that within clusters."""
        return self._main("direct")

    @property
    def total(self) -> Kind:
        """Average total effect; of a decomposed model, that within clusters."""
        return self._main("total")

    def to_frame(self) -> pd.DataFrame:
        """One row for each effect: estimate, ci low, ci high."""
        return pd.DataFrame(
            {name: [effect.estimate, *effect.ci] for name, effect in self.effects.items()},
            index=["estimate", "ci low", "ci high"],
        ).T

    def _heads(self) -> list[str]:
        return ["Estimate", *limit_heads(self.confidence)]

    def _rows(self) -> list[list[str]]:
        return [
            [name, *map(stata_number, row)] for name, row in zip(self.effects, self.to_frame().to_numpy(), strict=True)
        ]

    def summary(self) -> str:
        """The intervals as text, with what a reader must know about them."""
        table = text_table("", self._heads(), self._rows(), [11, 12, 12], 18)
        return "\n".join([self.method, table, *wrapped_notes(self.notes, table, 20)])

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        return html_table(["", *self._heads()], self._rows(), self.method, self.notes)


@dataclass(frozen=True, kw_only=True, repr=False)
class DrawnIntervals(Intervals[DrawnInterval]):
    """Intervals made of draws.

    Attributes
    ----------
    draws : DataFrame
        One row for each draw or replicate, one column for each effect; missing where the fit failed.
    reps : int
        Draws or replicates that were made.
    seed : int
        What to pass as `seed` for the same draws.
    estimates : DrawnEstimates or None
        Draws of what the effects are made of; None of effects of latent means.
    """

    draws: pd.DataFrame
    reps: int
    seed: int
    estimates: DrawnEstimates | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True, repr=False)
class BootstrapIntervals(DrawnIntervals):
    """Intervals made of bootstrap replicates.

    Attributes
    ----------
    boundary, failed : int
        Replicates whose optimum lies on the boundary (they count), and those without an optimum (they cannot).
    """

    boundary: int
    failed: int


@dataclass(frozen=True, kw_only=True, repr=False)
class ProfileIntervals(Intervals[ProfileInterval]):
    """Intervals from the profile likelihood.

    Attributes
    ----------
    curve : DataFrame
        The curves of all effects: ``effect``, ``value`` at which it is held, and its cost ``W``.
    """

    curve: pd.DataFrame


def drawn_intervals(
    effects: Sequence[Effect], draws: Array, limits: Array, confidence: float
) -> dict[str, DrawnInterval]:
    """Every effect with its interval and its draws, under its name.

    Parameters
    ----------
    effects : sequence of Effect
        K of them.
    draws : ndarray, shape (B, K)
    limits : ndarray, shape (2, K)
    confidence : float

    Returns
    -------
    dict of str to DrawnInterval
    """
    return {
        effect.name: DrawnInterval(effect.level, effect.kind, effect.estimate, (low, high), confidence, values)
        for effect, (low, high), values in zip(effects, limits.T.tolist(), draws.T, strict=True)
    }


def _as_column(of: Callable[[Array], Array], theta: Array) -> Array:
    return of(theta)[..., None]


def intervals_of_changes(estimates: DrawnEstimates, changes: Iterable[ChangeOfEffect]) -> dict[str, DrawnInterval]:
    """Products with moderators and changes of the effects, each with its interval and its draws, under its name.

    Parameters
    ----------
    estimates : DrawnEstimates
    changes : iterable of ChangeOfEffect

    Returns
    -------
    dict of str to DrawnInterval
    """
    found = {}
    for change in changes:
        effect = change.effect
        draws, limits = estimates.limits(effect.level, partial(_as_column, change.of))
        low, high = map(float, limits[:, 0])
        found[effect.name] = DrawnInterval(
            effect.level, effect.kind, effect.estimate, (low, high), estimates.confidence, draws[:, 0]
        )
    return found
