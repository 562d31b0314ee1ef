"""What is said to a table or a fitted model: right first, then the slips, then how it differs from the right one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import MlmedError
from .exercise_data import Exercise
from .facts import Facts
from .models_compared import as_model, model_deviations
from .tables_compared import as_table, table_deviations
from .verdict import Verdict


def judge_object(exercise: Exercise, answer: object, facts: Facts) -> Verdict:
    """The verdict on an answer to an exercise of the kind "table" or "model"."""
    read: Callable[[object], Any] = as_table if exercise.kind == "table" else as_model
    try:
        given = read(answer)
    except MlmedError as error:
        return Verdict(exercise.id, None, f"{error} Asked for is {exercise.asks}.")
    deviations = deviations_of(exercise, given, exercise.answer(facts))
    if not deviations:
        return Verdict(exercise.id, True, f"This is right. {exercise.right}")
    for slip in exercise.slips:
        if slip.seen is not None:
            seen = slip.seen(given, facts)
        else:
            seen = not deviations_of(exercise, given, slip.value(facts))
        if seen:
            return Verdict(exercise.id, False, f"This is {slip.done}. {slip.ask}")
    return Verdict(exercise.id, False, next(iter(deviations.values())))


def deviations_of(exercise: Exercise, given: Any, right: Any) -> dict[str, str]:
    """Name of each deviation from the right object -> what is said to it; empty if there are none."""
    if exercise.kind == "table":
        return table_deviations(given, right, exercise.digits)
    return model_deviations(given, right)
