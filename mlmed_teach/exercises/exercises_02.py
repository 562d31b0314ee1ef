"""Exercises of lesson 2: three models."""

from __future__ import annotations

from .exercise_data import Exercise

OBJECTIVES = {
    "02.formula": "read the formula of a model with a random intercept and random slopes, and fit it",
    "02.output": "read the output of statsmodels and of Stata, column by column",
    "02.se": "explain why the standard errors of the two programs differ, and which to trust for what",
    "02.open": "say what the three models tell about mediation, and what they leave open",
}

EXERCISES: tuple[Exercise, ...] = ()
