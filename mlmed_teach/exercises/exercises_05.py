"""Exercises of lesson 5: the delta transform."""

from __future__ import annotations

from .exercise_data import Exercise

OBJECTIVES = {
    "05.names": "read Stata's names for variances and covariances, such as lns1_1_2 and atr1_1_2_4",
    "05.delta": "carry a standard error through a function: with a picture, with a gradient, and in one line",
    "05.correlation": "choose a good interval for a correlation",
    "05.test": "put the delta method to the test by simulation",
}

EXERCISES: tuple[Exercise, ...] = ()
