"""Lab `levels`: one variable, two slopes, and what a slope through all points makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from ..plots import COLOURS, finish, light
from ..show import picture_number as number
from ..typing import Array
from .controls import Number
from .draws import random_draws
from .kit import Goal, Lab
from .picture import Picture

CLUSTERS = 6
_MOST = 20  # rows in a cluster
_SEED = 44  # clusters are spread evenly
_SD_CLUSTER, _SD_ROW = 0.2, 0.3  # of y, beside what m explains
_MARKERS = "os^DvP"
_M, _Y = 2.8, 3.2


@dataclass(frozen=True)
class LevelsState:
    """What the lab shows.

    Attributes
    ----------
    within, between, icc : float
        Slopes of y on m within and between clusters, and the share of m's variance (1) that lies between clusters, as
        the controls say.
    rows : int
        In each cluster.
    m, y : ndarray, shape (CLUSTERS, rows)
    observed : float
        Slope through the means of these rows.
    reliability : float
        Share of the variance of these means that is the clusters' own.
    weight : float
        Share of the sum of squares of m that lies between these means (eta squared).
    raw : float
        Least-squares slope through all rows.
    """

    within: float
    between: float
    icc: float
    rows: int
    m: Array
    y: Array
    observed: float
    reliability: float
    weight: float
    raw: float


def two_slopes(within: float, between: float, icc: float, rows: int) -> LevelsState:
    """Clusters whose rows follow one slope and whose own levels follow another, and the slopes that least squares sees.

    With variance icc between clusters and 1 - icc within them, means of n rows have the variance
    eta^2 = icc + (1 - icc) / n, of which the share icc / eta^2 (the reliability) is the clusters' own. So the slope
    through the means is a blend of both slopes (Luedtke et al. 2008), and the slope through all rows is another,

        raw = eta^2 observed + (1 - eta^2) within = icc between + (1 - icc) within.

    The draws have exact moments, so that the points have exactly these slopes.
    """
    level, chance, own = random_draws(CLUSTERS, 3, _SEED)
    away, noise = _deviations(rows)
    true, seen = np.sqrt(icc) * level, np.sqrt((1 - icc) / rows) * chance
    m = (true + seen)[:, None] + np.sqrt(1 - icc) * away
    y = (between * true + within * seen + _SD_CLUSTER * own)[:, None]
    y = y + within * np.sqrt(1 - icc) * away + _SD_ROW * noise
    weight = icc + (1 - icc) / rows
    reliability = icc / weight
    observed = reliability * between + (1 - reliability) * within
    raw = icc * between + (1 - icc) * within
    return LevelsState(within, between, icc, rows, m, y, observed, reliability, weight, raw)


def _deviations(rows: int) -> tuple[Array, Array]:
    """Deviations of m from the mean of its cluster, and of y from the line of its cluster; shapes (CLUSTERS, rows).

    In each cluster the former have the mean square 1 - 1 / rows, as deviations of independent values have, and the
    latter a mean of 0 and no slope on them.
    """
    first, second = random_draws(CLUSTERS * _MOST, 2, _SEED).reshape(2, CLUSTERS, _MOST)[..., :rows]
    away = first - first.mean(axis=1, keepdims=True)
    away *= np.sqrt((1 - 1 / rows) / np.mean(away**2, axis=1, keepdims=True))
    noise = second - second.mean(axis=1, keepdims=True)
    noise = noise - away * np.sum(noise * away, axis=1, keepdims=True) / np.sum(away**2, axis=1, keepdims=True)
    return away, noise


def numbers(state: LevelsState) -> dict[str, str]:
    """The read-out."""
    return {
        "Slope within": number(state.within),
        "Slope between": number(state.between),
        "Reliability of a cluster's mean": number(state.reliability),
        "Slope through their means": number(state.observed),
        "\u03b7\u00b2, its weight in the raw slope": number(state.weight),
        "Raw slope, all rows": number(state.raw),
        "which is": _blend(state),
    }


def words(state: LevelsState) -> str:
    """The picture in words."""
    return (
        f"Points of y against m in {CLUSTERS} clusters of {state.rows} rows. Lines within the clusters have the slope "
        f"{number(state.within)}; the line through the clusters' means has the slope {number(state.observed)}, where "
        f"the slope between clusters is {number(state.between)} and the means have the reliability "
        f"{number(state.reliability)}; the raw line through all points has the slope {number(state.raw)}. It is "
        f"{_blend(state)}. Beside it the four slopes on one axis."
    )


def _blend(state: LevelsState) -> str:
    """The raw slope as a sum."""
    means, within = number(state.observed), number(state.within)
    return f"{state.weight:.2f} \u00d7 {_bracketed(means)} + {1 - state.weight:.2f} \u00d7 {_bracketed(within)}"


def _bracketed(text: str) -> str:
    return f"({text})" if text.startswith("\N{MINUS SIGN}") else text


class LevelsPicture(Picture):
    """Left the points with their lines, right the slopes on one axis."""

    height = 3.7

    def build(self, figure: Figure) -> None:
        self._build_points(figure)
        self._build_slopes(figure)

    def _build_points(self, figure: Figure) -> None:
        ax = figure.add_axes((0.085, 0.145, 0.5, 0.825))
        finish(ax, None, "m", "y")
        ax.set(xlim=(-_M, _M), ylim=(-_Y, _Y), xticks=range(-2, 3), yticks=range(-3, 4))
        ax.grid(False)
        style: dict[str, Any] = {
            "ls": "none",
            "ms": 5,
            "mew": 0,
            "color": COLOURS["cluster"],
            "alpha": 0.65,
            "zorder": 2,
        }
        self.points = [self.moving(ax.plot([], [], marker, **style)[0]) for marker in _MARKERS]
        lines: Any = LineCollection([], colors=COLOURS["a"], linewidths=2, zorder=3, capstyle="round")
        self.within: Any = self.moving(ax.add_collection(lines))
        self.raw = self.moving(ax.plot([], [], color=COLOURS["average"], lw=3, zorder=4)[0])
        dashed: dict[str, Any] = {"color": COLOURS["b"], "ls": (0, (3, 1.5)), "lw": 2.5, "zorder": 5}
        self.between = self.moving(ax.plot([], [], **dashed)[0])
        square: dict[str, Any] = {
            "ls": "none",
            "marker": "s",
            "ms": 8,
            "color": COLOURS["b"],
            "mec": "white",
            "zorder": 6,
        }
        self.means = self.moving(ax.plot([], [], **square)[0])

    def _build_slopes(self, figure: Figure) -> None:
        ax = figure.add_axes((0.66, 0.145, 0.315, 0.825))
        finish(ax, None, "slope of y on m", "", grid="x")
        ax.set(xlim=(-1.12, 1.12), ylim=(-0.35, 3.85), yticks=[], xticks=(-1, -0.5, 0, 0.5, 1))
        ax.set_xticklabels(["\N{MINUS SIGN}1", "\N{MINUS SIGN}.5", "0", ".5", "1"])
        ax.spines["left"].set_visible(False)
        ax.axvline(0, color=COLOURS["text"], lw=1)
        red = COLOURS["b"]
        rows: tuple[tuple[float, str, dict[str, Any]], ...] = (
            (3, "within clusters", {"marker": "o", "color": COLOURS["a"], "ms": 9}),
            (2, "between clusters", {"marker": "s", "mfc": "white", "mec": red, "mew": 2, "ms": 8, "color": red}),
            (1, "through means", {"marker": "s", "color": red, "ms": 9}),
            (0, "raw: all rows", {"marker": "D", "color": COLOURS["average"], "ms": 9}),
        )
        self.slopes, self.says = [], []
        for y, name, style in rows:
            ax.axhline(y, color=light(COLOURS["cluster"], 0.4), lw=1, zorder=0)
            box = {"fc": "white", "ec": "none", "pad": 1}
            ax.text(-1.12, y + 0.47, name, ha="left", va="center", fontsize=11, bbox=box)
            self.slopes.append(self.moving(ax.plot([0], [y], ls="none", zorder=4, clip_on=False, **style)[0]))
            self.says.append(self.moving(ax.text(1.12, y + 0.47, "", ha="right", va="center", fontsize=11, bbox=box)))

    def move(self, state: LevelsState) -> None:
        for points, m, y in zip(self.points, state.m, state.y, strict=True):
            points.set_data(m, y)
        at, level = state.m.mean(axis=1), state.y.mean(axis=1)
        ends = np.stack([state.m.min(axis=1), state.m.max(axis=1)], axis=1)
        heights = level[:, None] + state.within * (ends - at[:, None])
        self.within.set_segments(np.stack([ends, heights], axis=2))
        self.means.set_data(at, level)
        for line, m, slope in ((self.between, at, state.observed), (self.raw, state.m, state.raw)):
            ends = np.array([m.min(), m.max()])
            line.set_data(ends, state.y.mean() + slope * (ends - state.m.mean()))
        slopes = (state.within, state.between, state.observed, state.raw)
        for mark, text, slope in zip(self.slopes, self.says, slopes, strict=True):
            mark.set_xdata([slope])
            text.set_text(number(slope))


class LevelsLab(Lab):
    """Slopes within and between clusters, and the raw one."""

    name = "levels"
    title = "Slopes within and between clusters, and the raw slope"
    asks = {
        "within": Number("slope within", -1, 1, 0.1, 0.5),
        "between": Number("slope between", -1, 1, 0.1, 0),
        "icc": Number("ICC of m", 0, 0.95, 0.05, 0.4),
        "rows": Number("rows in a cluster", 2, _MOST, 1, 6, whole=True),
    }
    goals = (
        Goal(
            "Give the raw slope the other sign than the slope within clusters.",
            lambda state: state.raw * state.within < -1e-9,
        ),
        Goal(
            "Where neither the ICC nor the slope within is 0, make the raw slope equal to the slope within.",
            lambda state: state.icc > 0 and state.within != 0 and abs(state.raw - state.within) < 1e-9,
        ),
    )
    drawn = LevelsPicture
    compute = staticmethod(two_slopes)
    numbers = staticmethod(numbers)
    words = staticmethod(words)
