"""Limits of any function of the estimates, from draws of them: effects, and what moderators make of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from ..stacked_model import EstimatesAt, Level, MediationEffects
from ..typing import Array
from .limits import basic_limits, bca_limits, percentile_limits


@dataclass(frozen=True)
class DrawnEstimates:
    """Estimates of each level, drawn again and again.

    Attributes
    ----------
    at : dict of Level to ndarray, shape (k + 1,)
        The estimates themselves, ordered as in `EstimatesAt`.
    draws : dict of Level to ndarray, shape (B, k + 1)
    left_out : dict of Level to ndarray, shape (J, k + 1)
        Those of the tables that lack one cluster each, for "bca"; else empty.
    interval : {"percentile", "basic", "bca"}
    confidence : float
    """

    at: Mapping[Level, Array]
    draws: Mapping[Level, Array] = field(repr=False)
    left_out: Mapping[Level, Array] = field(repr=False)
    interval: str
    confidence: float

    def limits(self, level: Level, function: Callable[[Array], Array]) -> tuple[Array, Array]:
        """Draws and limits of a function of the estimates of a level.

        Parameters
        ----------
        level : {"", "within", "between"}
        function : callable
            From estimates (..., k + 1) to (..., K).

        Returns
        -------
        draws, limits : ndarray, shapes (B, K), (2, K)
        """
        draws = function(self.draws[level])
        if self.interval == "percentile":
            return draws, percentile_limits(draws, self.confidence)
        estimates = function(self.at[level])
        if self.interval == "basic":
            return draws, basic_limits(draws, estimates, self.confidence)
        return draws, bca_limits(draws, estimates, function(self.left_out[level]), self.confidence)

    def belong_to(self, med: MediationEffects) -> bool:
        """Whether these are draws of the estimates of a fit."""
        own = {level.level: EstimatesAt(med, level.level).theta for level in med.levels}
        return own.keys() == self.at.keys() and all(np.array_equal(own[level], self.at[level]) for level in own)
