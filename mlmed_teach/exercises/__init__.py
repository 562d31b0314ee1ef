"""What a learner is asked: predictions before a result, exercises after it; everything about them is data."""

from .all_exercises import EXERCISES, OBJECTIVES, table
from .checking import check
from .exercise_cards import exercise, solution
from .exercise_data import Exercise, Landmark, Option, Slip
from .prediction import Prediction, Value
from .prediction_cards import predict
from .predictions import PREDICTIONS
from .progress_report import progress

__all__ = [
    "EXERCISES",
    "OBJECTIVES",
    "PREDICTIONS",
    "Exercise",
    "Landmark",
    "Option",
    "Prediction",
    "Slip",
    "Value",
    "check",
    "exercise",
    "predict",
    "progress",
    "solution",
    "table",
]
