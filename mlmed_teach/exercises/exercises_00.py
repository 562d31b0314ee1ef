"""Exercises of lesson 0: where to start."""

from __future__ import annotations

from .exercise_data import Exercise

OBJECTIVES = {
    "00.mediation": "say what mediation means, and what clusters add to it",
    "00.road": "find your way through the lessons, and check that everything is installed",
}

EXERCISES: tuple[Exercise, ...] = ()
