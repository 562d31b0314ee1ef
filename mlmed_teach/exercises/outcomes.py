"""How the answer to a choice is read off what a lesson's cell has found."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np


def by_size(below: str, at: str, above: str, limit: float, within: float) -> Callable[[Any], str]:
    """The option for a number that lies below a limit, at it (give or take), or above it."""

    def outcome(value: Any) -> str:
        value = float(value)
        return below if value < limit - within else above if value > limit + within else at

    return outcome


def nearest(options: dict[str, float]) -> Callable[[Any], str]:
    """The option whose number is nearest, as a ratio."""

    def outcome(value: Any) -> str:
        return min(options, key=lambda option: abs(math.log(float(value) / options[option])))

    return outcome


def slopes_of_levels(table: Any, x: str, y: str, group: str) -> tuple[float, float]:
    """Least-squares slope of y on x between clusters (of their means), and within them."""
    columns = table[[x, y]]
    means = columns.groupby(table[group]).mean()
    away = columns - columns.groupby(table[group]).transform("mean")
    between, within = (float(np.polyfit(part[x], part[y], 1)[0]) for part in (means, away))
    return between, within


def skewness(values: Any) -> float:
    """Third central moment of values over their standard deviation cubed."""
    away = np.asarray(values, dtype=float) - np.mean(values)
    return float(np.mean(away**3) / np.mean(away**2) ** 1.5)
