"""Exercises of lesson 9: within and between."""

from __future__ import annotations

from .exercise_data import Exercise

OBJECTIVES = {
    "09.question": "tell a question within clusters from a question between them",
    "09.centre": "centre a variable within clusters by hand, and with decompose=True",
    "09.read": "read within effects, between effects and their difference",
    "09.sign": "recognize a case in which the raw answer has the wrong sign",
    "09.assume": "say what the decomposed model assumes, and which effect to report",
}

EXERCISES: tuple[Exercise, ...] = ()
