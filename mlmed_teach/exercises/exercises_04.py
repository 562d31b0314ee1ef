"""Exercises of lesson 4: the stacked model."""

from __future__ import annotations

from .exercise_data import Exercise

OBJECTIVES = {
    "04.fit": "fit both equations as one model, and read Stata's view of it",
    "04.fid": "explain what the fid term does, and what it cannot do",
    "04.se": "compare the standard errors of the two programs",
    "04.covariance": "say in plain words what a positive covariance of a_j and b_j means",
}

EXERCISES: tuple[Exercise, ...] = ()
