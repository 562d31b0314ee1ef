"""Exercises of lesson 8: truth and coverage."""

from __future__ import annotations

from .exercise_data import Exercise

OBJECTIVES = {
    "08.draw": "draw samples from a population whose average indirect effect you know",
    "08.promise": "say what 95% promises, and to whom",
    "08.study": "read a simulation study: bias, standard errors, coverage, Monte Carlo error",
    "08.trust": "say when the page's intervals can be trusted, and when more data do not help",
}

EXERCISES: tuple[Exercise, ...] = ()
