"""What is said to a number: right first, then the slips by nearest value, then sign and unit, then "unknown"."""

from __future__ import annotations

import math

from ..errors import MlmedError
from .answers import answered_number, written
from .exercise_data import Exercise
from .facts import Facts
from .verdict import Verdict

_CHANCE = 0.02  # a relative tolerance above which a number would agree with anything


def judge_number(exercise: Exercise, answer: object, facts: Facts) -> Verdict:
    """The verdict on an answer to an exercise of the kind "number"."""
    try:
        number, decimals = answered_number(answer, exercise.unit)
    except MlmedError as error:
        return Verdict(exercise.id, None, f"No number can be read here: {error}. Asked for is {exercise.asks}.")
    right = float(exercise.answer(facts))
    if not math.isfinite(right):
        raise MlmedError("The right answer does not exist here: it belongs to a variance that is estimated as 0.")
    if abs(number - right) <= exercise.tolerance(right):
        return Verdict(exercise.id, True, f"{exercise.told(right, right)} is right. {exercise.right}")
    says = (
        _slip(exercise, right, number, facts)
        or _sign_or_unit(exercise, right, number)
        or _few_digits(exercise, right, number, decimals, facts)
        or _unknown(exercise, right, number, facts)
    )
    return Verdict(exercise.id, False, says)


def _slip(exercise: Exercise, right: float, number: float, facts: Facts) -> str | None:
    """The slip whose value is nearest.

    It is the only one within the tolerance, since a test keeps the values apart, so that later ones are not computed.
    """
    for slip in exercise.slips:
        value = slip.made(facts)
        if value is not None and abs(number - float(value)) <= exercise.tolerance(right):
            return f"{exercise.told(float(value), right)} is {slip.done}. {slip.ask}"
    return None


def _sign_or_unit(exercise: Exercise, right: float, number: float) -> str | None:
    """What else a learner may have done to the right answer."""
    exact = min(2 * exercise.tolerance(right) / abs(right), _CHANCE) if right else 0

    def agrees(other: float) -> bool:
        return other != 0 and abs(number / other - 1) <= exact

    if not right or not number:
        return None
    said = written(number) + exercise.unit
    if agrees(-right):
        return f"{said} differs from what is asked for in its sign. What would that sign mean here?"
    for power in (2, 1, 3, 4):
        if agrees(right * 10.0**power):
            percent = " (that of a percentage)" * (power == 2 and exercise.unit != "%")
            return f"{said} is too large by a factor of {10**power:,}{percent}. In which unit does the question ask?"
        if agrees(right / 10.0**power):
            share = " (that of a share)" * (power == 2 and exercise.unit == "%")
            return f"{said} is too small by a factor of {10**power:,}{share}. In which unit does the question ask?"
    if agrees(right**2):
        return (
            f"{said} is the square of what is asked for, as a variance is the square of a standard deviation. "
            "In which units is the answer to be?"
        )
    if agrees(math.sqrt(abs(right))):
        return (
            f"{said} is the square root of what is asked for, as a standard deviation is the root of a variance. "
            "In which units is the answer to be?"
        )
    if agrees(1 / right):
        return f"{said} is 1 divided by what is asked for. Which of the two numbers belongs below the line?"
    return None


def _few_digits(exercise: Exercise, right: float, number: float, decimals: int, facts: Facts) -> str | None:
    """An answer that was rounded too far to tell, if it has two significant digits at least."""
    if decimals >= exercise.decimals(right) or abs(number) * 10**decimals < 9.5:
        return None
    rough = 0.5 * 10.0**-decimals * (1 + 1e-9)
    values = [(right, None), *((slip.made(facts), slip) for slip in exercise.slips)]
    near = [slip for value, slip in values if value is not None and abs(number - float(value)) <= rough]
    if not near:
        return None
    if len(near) == 1 and (slip := near[0]) is not None:
        return f"{written(number)}{exercise.unit} is {slip.done}. {slip.ask}"
    return (
        f"{written(number)}{exercise.unit} was rounded too far to tell: asked for is {exercise.asks}. "
        "What does your code show before it is rounded?"
    )


def _unknown(exercise: Exercise, right: float, number: float, facts: Facts) -> str:
    said = f"{written(number)}{exercise.unit} is not an answer that I know."
    if exercise.landmark is None:
        return f"{said} Which number went into it first?"
    mark = exercise.landmark
    value = float(mark.value(facts))
    known = exercise.told(value, right)
    if abs(number - value) <= exercise.tolerance(right):
        return f"{known} is {mark.name[0].lower()}{mark.name[1:]} itself. What has still to be done with it?"
    more = number > value
    return f"{said} {mark.name} is {known}, and yours is {'larger' if more else 'smaller'}. " + (
        mark.above if more else mark.below
    )
