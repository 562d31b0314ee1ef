"""What a learner is asked: predictions before a result is shown; everything about them is data."""

from .prediction import Prediction, Value
from .prediction_cards import predict
from .predictions import PREDICTIONS

__all__ = ["PREDICTIONS", "Prediction", "Value", "predict"]
