"""All predictions of the lessons, by id."""

from __future__ import annotations

import difflib

from ..errors import MlmedError
from ..words import and_list, quoted
from . import predictions_00_to_03, predictions_04_to_06, predictions_07_to_10
from .prediction import Prediction

PREDICTIONS: dict[str, Prediction] = {
    prediction.id: prediction
    for room in (predictions_00_to_03, predictions_04_to_06, predictions_07_to_10)
    for prediction in room.PREDICTIONS
}


def find_prediction(id: object) -> Prediction:
    """The prediction of an id.

    Raises
    ------
    MlmedError
        When there is none, naming those that come close.
    """
    if isinstance(id, str) and id in PREDICTIONS:
        return PREDICTIONS[id]
    lesson, point, number = str(id).strip().partition(".")
    text = f"{lesson.zfill(2)}{point}{number}" if lesson else ""
    if text in PREDICTIONS:
        raise MlmedError(f'There is no prediction {quoted(id)}. Did you mean "{text}"?')
    close = [known for known in PREDICTIONS if known.startswith(f"{text[:2]}.")]
    close = close or difflib.get_close_matches(text, PREDICTIONS, n=3)
    if close:
        names = and_list(f'"{name}"' for name in close)
        there = "There is" if len(close) == 1 else "There are"
        raise MlmedError(f"There is no prediction {quoted(id)}. {there} {names}.")
    raise MlmedError(f'There is no prediction {quoted(id)}. An id is a lesson and a number, as in "06.1".')
