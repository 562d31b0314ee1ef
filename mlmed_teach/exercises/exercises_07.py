"""Exercises of lesson 7: intervals."""

from __future__ import annotations

from .exercise_data import Exercise

OBJECTIVES = {
    "07.skew": "say why the sampling distribution of a product is skewed, and when that matters",
    "07.make": "make Monte Carlo, bootstrap and profile-likelihood intervals, and say what each assumes",
    "07.clusters": "draw whole clusters, not rows, and say why",
    "07.choose": "choose an interval to report, also when the fit lies on the boundary",
}

EXERCISES: tuple[Exercise, ...] = ()
