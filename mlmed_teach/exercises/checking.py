"""`mt.check`: an answer in, a verdict out, and the attempt kept."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..errors import MlmedError
from ..validation import check_table
from .all_exercises import find_exercise
from .attempts import attempts
from .exercise_data import Exercise
from .facts import Facts, loaded_facts
from .judging import NOT_YET, judge
from .verdict import Verdict


def check(id: str, answer: Any = ..., data: pd.DataFrame | None = None) -> Verdict:
    """
    Check the answer to an exercise, and say what there is to say about it.

    Parameters
    ----------
    id : str
        Lesson and number of the exercise, as in ``"06.1"``.
    answer : object
        A number of any type, text such as "0,47" or "1/2", a result that holds an estimate; the letter of an option; a
        DataFrame; a fitted model. ``...`` says that there is none yet. A wrong answer never raises an error.
    data : DataFrame, optional
        The table that the answer was computed from, columns id, x, m, y; by default the one that `load_ml_sim` loads.

    Returns
    -------
    Verdict
        With ``correct`` (bool) and ``says`` (str); shows itself as the last line of a cell.

    Raises
    ------
    MlmedError
        When there is no such exercise, or the table cannot be used.

    Examples
    --------
    >>> import mlmed_teach as mt
    >>> mt.check("06.1", ...)
    06.1: Not answered yet. Asked for is a number with 4 decimals.
    >>> mt.check("06.1", 1.226).correct
    False
    """
    return judged(find_exercise(id), answer, data)


def judged(exercise: Exercise, answer: Any, data: pd.DataFrame | None = None) -> Verdict:
    """The verdict on an answer, which is kept as an attempt if it could be read."""
    if answer is not ... and exercise.own_data and data is None:
        says = f'{NOT_YET} This one is about a table of yours: mt.check("{exercise.id}", answer, data=table).'
        return Verdict(exercise.id, None, says)
    verdict = judge(exercise, answer, loaded_facts() if data is None else _facts_of(data))
    if verdict.judged is not None:
        attempts().add(exercise.id, exercise.version, verdict.correct)
    return verdict


def _facts_of(data: pd.DataFrame) -> Facts:
    try:
        check_table(data, ("x", "m", "y"), "id")
    except MlmedError as error:
        raise MlmedError(f"The answer cannot be checked with this table, data=. {error}") from None
    return Facts(data)
