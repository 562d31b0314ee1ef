"""Predictions of lesson 11: for whom."""

from __future__ import annotations

from typing import Any

import numpy as np

from .outcomes import by_size
from .prediction import Prediction

_LEVEL, _STRAIGHT, _CURVE = "level", "a straight line", "a curve"
_STEEPER, _FLATTER = "a curve that gets steeper", "a curve that gets flatter"


def _indirect(at: Any) -> np.ndarray:
    """Effects at three values of w that are equally far apart."""
    low, middle, high = at.xs("indirect", level="effect")["estimate"]
    return np.array([low, middle, high])


def _bend(at: Any) -> float:
    """How much more it rises in the second half than in the first, as a share of its whole change."""
    low, middle, high = _indirect(at)
    return float((high - 2 * middle + low) / max(abs(high - low), abs(middle - low)))


def _line_or_curve(at: Any) -> str:
    if abs(_bend(at)) > 1e-6:
        return _CURVE
    return _LEVEL if np.ptp(_indirect(at)) < 1e-9 else _STRAIGHT


PREDICTIONS = (
    Prediction(
        "11.1",
        "choice",
        "a rises with age in a straight line, b is the same for all. Drawn against age, the indirect effect is ...",
        given="leaning.conditional([-2, 0, 2])",
        options=(_LEVEL, _STRAIGHT, _CURVE),
        outcome=_line_or_curve,
        why="a line times a constant, plus a covariance that does not change, is a line",
    ),
    Prediction(
        "11.2",
        "choice",
        "Now both paths rise with age, each in a straight line. Drawn against age, the indirect effect is ...",
        given="both.conditional([-2, 0, 2])",
        options=(_STRAIGHT, _STEEPER, _FLATTER),
        outcome=lambda at: by_size(_FLATTER, _STRAIGHT, _STEEPER, limit=0, within=1e-6)(_bend(at)),
        why="where one path is steep, each step of the other counts for more",
    ),
    Prediction(
        "11.3",
        "number",
        "Both paths lean a little, so that each product is significant in about 50 of 100 tables. In how many is the "
        "difference of the effects at w = −1 and w = 1 significant?",
        given='of_100.loc["both a little", "difference"]',
        whole=True,
        marks={50: "each product"},
        unit=" of 100",
        why="two small leanings add up in the effect, and each product sees only one of them",
    ),
    Prediction(
        "11.4",
        "choice",
        "By day the indirect effect has p < .001, without a job p = .07. The p value of the difference of the two "
        "is ...",
        given='groups.contrast("day", "none").loc["indirect", "p"]',
        options=("below .05", "between .05 and .20", "above .20"),
        outcome=lambda p: by_size("below .05", "between .05 and .20", "above .20", limit=0.125, within=0.075)(p),
        detail=lambda p: f"p = {p:.2f}".replace("0.", "."),
        why="the two effects are alike, and only known unequally well",
    ),
    Prediction(
        "11.5",
        "sketch",
        "In truth b = .60, and w moves sleep and mood by itself. w stands in the equation of sleep, and is left out of "
        "that of mood. Put a mark where b will be.",
        given='fits["not in that of mood"].b',
        low=0.0,
        high=1.2,
        step=0.01,
        digits=2,
        marks={0.6: "truth, .60"},
        said="You put it at {guess}",
        why="older people have less of both, sleep and mood, and b takes that for an effect of sleep",
    ),
)
