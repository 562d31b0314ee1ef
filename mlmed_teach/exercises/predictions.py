"""All predictions of the lessons, by id."""

from __future__ import annotations

from . import (
    predictions_00_to_03,
    predictions_04_to_06,
    predictions_07_to_10,
    predictions_11,
    predictions_12,
    predictions_13,
)
from .ids import found
from .prediction import Prediction

_ROOMS = (
    predictions_00_to_03,
    predictions_04_to_06,
    predictions_07_to_10,
    predictions_11,
    predictions_12,
    predictions_13,
)

PREDICTIONS: dict[str, Prediction] = {prediction.id: prediction for room in _ROOMS for prediction in room.PREDICTIONS}


def find_prediction(id: object) -> Prediction:
    """The prediction of an id.

    Raises
    ------
    MlmedError
        When there is none, naming those that come close.
    """
    return found(id, PREDICTIONS, "prediction")
