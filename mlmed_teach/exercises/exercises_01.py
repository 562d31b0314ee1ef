"""Exercises of lesson 1: the data."""

from __future__ import annotations

from .exercise_data import Exercise

OBJECTIVES = {
    "01.describe": "list, summarize, correlate and tabulate a table in pandas, and name the Stata command for each",
    "01.icc": "measure how much the rows of a cluster resemble each other (the intraclass correlation)",
    "01.levels": "split a correlation into a part within and a part between clusters",
}

EXERCISES: tuple[Exercise, ...] = ()
