"""Exercises of lesson 3: reshape."""

from __future__ import annotations

from .exercise_data import Exercise

OBJECTIVES = {
    "03.joint": "say why the slopes a_j and b_j must live in one model",
    "03.stack": "stack y on m with pandas, and check that nothing was lost",
    "03.indicators": "build the indicators sm and sy and the products smx, sym and syx",
    "03.constant": "explain why the stacked model has no constant",
}

EXERCISES: tuple[Exercise, ...] = ()
