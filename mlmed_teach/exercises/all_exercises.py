"""All exercises of the lessons, by id, and the objectives that they serve."""

from __future__ import annotations

import pandas as pd

from . import (
    exercises_00,
    exercises_01,
    exercises_02,
    exercises_03,
    exercises_04,
    exercises_05,
    exercises_06,
    exercises_07,
    exercises_08,
    exercises_09,
    exercises_10,
    exercises_11,
    exercises_12,
    exercises_13,
)
from .exercise_data import Exercise
from .ids import found

_ROOMS = (
    exercises_00,
    exercises_01,
    exercises_02,
    exercises_03,
    exercises_04,
    exercises_05,
    exercises_06,
    exercises_07,
    exercises_08,
    exercises_09,
    exercises_10,
    exercises_11,
    exercises_12,
    exercises_13,
)

EXERCISES: dict[str, Exercise] = {exercise.id: exercise for room in _ROOMS for exercise in room.EXERCISES}

OBJECTIVES: dict[str, str] = {key: sentence for room in _ROOMS for key, sentence in room.OBJECTIVES.items()}
"""Lesson and a word, as in "06.sum" -> what a learner can do after the lesson; follows "you can"."""

LESSONS: dict[str, str] = {
    "00": "Start here",
    "01": "The data",
    "02": "Three models",
    "03": "Reshape",
    "04": "The stacked model",
    "05": "The delta transform",
    "06": "The average effects",
    "07": "How sure are we?",
    "08": "Truth and coverage",
    "09": "Within and between",
    "10": "Your own data",
    "11": "For whom?",
    "12": "Plan a study",
    "13": "What if?",
}
"""Number -> title, as on the map of lesson 0."""


def find_exercise(id: object) -> Exercise:
    """The exercise of an id.

    Raises
    ------
    MlmedError
        When there is none, naming those that come close.
    """
    return found(id, EXERCISES, "exercise")


def table() -> pd.DataFrame:
    """
    All exercises.

    Returns
    -------
    DataFrame
        One row for each: id, lesson ("06"), kind, slips (how many wrong answers are recognized), objective (what it
        trains), minutes.

    Examples
    --------
    >>> import mlmed_teach as mt
    >>> table = mt.exercises.table().set_index("id")
    >>> table.loc["06.1", ["lesson", "kind"]].to_list()
    ['06', 'number']
    """
    rows = [
        (one.id, one.lesson, one.kind, one.known, OBJECTIVES[one.objective], one.minutes) for one in EXERCISES.values()
    ]
    return pd.DataFrame(rows, columns=["id", "lesson", "kind", "slips", "objective", "minutes"])
