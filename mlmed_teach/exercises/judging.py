"""The verdict on an answer, whatever it is: nothing that a learner hands in raises an error."""

from __future__ import annotations

from typing import Any

from ..words import described
from .answers import quoted_text
from .exercise_data import Exercise
from .facts import Facts
from .number_judging import judge_number
from .object_judging import judge_object
from .verdict import Verdict

NOT_YET = "Not answered yet."


def judge(exercise: Exercise, answer: Any, facts: Facts) -> Verdict:
    """What is said to an answer.

    Parameters
    ----------
    exercise : Exercise
    answer : object
        Anything; ``...`` says that there is none yet.
    facts : Facts
        Of the data that the exercise is about.

    Returns
    -------
    Verdict
    """
    if answer is ...:
        return Verdict(exercise.id, None, f"{NOT_YET} Asked for is {exercise.asks}.")
    try:
        if exercise.kind == "choice":
            return _judge_choice(exercise, answer, facts)
        if exercise.kind == "number":
            return judge_number(exercise, answer, facts)
        return judge_object(exercise, answer, facts)
    except Exception as error:  # from what the answer does when it is looked at
        return Verdict(
            exercise.id,
            None,
            f"This answer cannot be looked at ({type(error).__name__}). Asked for is {exercise.asks}.",
        )


def _judge_choice(exercise: Exercise, answer: Any, facts: Facts) -> Verdict:
    option = chosen(exercise, answer)
    if option is None:
        this = quoted_text(answer) if isinstance(answer, str) and answer.strip() else described(answer)
        return Verdict(exercise.id, None, f"No option can be read here: this is {this}. Asked for is {exercise.asks}.")
    correct = option.text == exercise.answer(facts)
    letter = next(letter for letter, one in exercise.letters.items() if one is option)
    return Verdict(exercise.id, correct, f"{letter}) is {'right' if correct else 'not it'}. {option.reply}")


def chosen(exercise: Exercise, answer: Any) -> Any:
    """The option that an answer names, by its letter, by its text or by both; None if it names none."""
    if not isinstance(answer, str):
        return None
    text = " ".join(answer.split()).casefold()
    for (letter, option), whole in zip(exercise.letters.items(), exercise.lettered, strict=True):
        names = {letter, f"{letter})", f"{letter}.", f"({letter})", whole.casefold(), option.text.casefold()}
        if text in names:
            return option
    return None
