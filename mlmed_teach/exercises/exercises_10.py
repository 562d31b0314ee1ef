"""Exercises of lesson 10: a table of your own."""

from __future__ import annotations

from .exercise_data import Exercise

OBJECTIVES = {
    "10.tidy": "turn an untidy export into a table that a model can trust, and say what you changed",
    "10.model": "choose a model for reasons that you can defend",
    "10.check": "check residuals, single persons, units and other choices",
    "10.report": "write the report, and say what it must not claim",
}

EXERCISES: tuple[Exercise, ...] = ()
