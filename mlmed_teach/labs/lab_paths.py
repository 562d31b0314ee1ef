"""Lab `paths`: clusters have slopes of their own, and the average product is not the product of the averages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ..plots import COLOURS, finish, light, number
from ..typing import Array
from .controls import Number
from .draws import random_draws
from .kit import Goal, Lab
from .picture import Picture, outlines

CLUSTERS = 200
_SEED = 111  # a cloud without a cluster far from all others: the axes hold it with every setting
_SLOPE = 2.4
_PRODUCTS = (-1.5, 2.5)
_EDGES = np.linspace(*_PRODUCTS, 41)
_NAMES = ("a \N{MULTIPLICATION SIGN} b", "cov", "average")


@dataclass(frozen=True)
class PathsState:
    """What the lab shows.

    Attributes
    ----------
    a, b, sd, correlation : float
        As the controls say.
    a_j, b_j : ndarray, shape (CLUSTERS,)
        Slopes of the clusters.
    product, cov, indirect : float
        a b, the covariance of a_j and b_j over clusters, and their sum, the average of a_j b_j.
    negative : float
        Share of clusters with a_j b_j < 0.
    """

    a: float
    b: float
    sd: float
    correlation: float
    a_j: Array
    b_j: Array
    product: float
    cov: float
    indirect: float
    negative: float


def clusters_slopes(a: float, b: float, sd: float, correlation: float) -> PathsState:
    """Slopes of the clusters with these averages, standard deviation and correlation, and what follows from them.

    The average of the products is exact, a b + cov(a_j, b_j), since the draws behind the slopes have exact moments.
    """
    first, second = random_draws(CLUSTERS, 2, _SEED)
    a_j = a + sd * first
    b_j = b + sd * (correlation * first + np.sqrt(1 - correlation**2) * second)
    cov = correlation * sd**2
    negative = float(np.mean(a_j * b_j < 0))
    return PathsState(a, b, sd, correlation, a_j, b_j, a * b, cov, a * b + cov, negative)


def numbers(state: PathsState) -> dict[str, str]:
    """The read-out."""
    return {
        "a \N{MULTIPLICATION SIGN} b": number(state.product),
        "cov(a_j, b_j)": number(state.cov),
        "Average indirect effect": number(state.indirect),
        "Clusters with a negative one": f"{state.negative:.0%}",
    }


def words(state: PathsState) -> str:
    """The picture in words."""
    lean = "rises to the right" if state.cov > 0 else "falls to the right" if state.cov < 0 else "leans to no side"
    return (
        f"Left: slopes of {CLUSTERS} clusters, a_j across and b_j up, as a cloud around ({number(state.a)}, "
        f"{number(state.b)}) with standard deviation {number(state.sd)} that {lean}; {state.negative:.0%} of the "
        f"clusters lie where a_j and b_j have opposite signs. Right: the distribution of their products a_j b_j. Its "
        f"mean, the average indirect effect, is {number(state.indirect)}; the product of the averages, a times b, is "
        f"{number(state.product)}; the difference is the covariance of a_j and b_j, {number(state.cov)}."
    )


class PathsPicture(Picture):
    """Left the cloud of slopes over quadrants by the sign of the product, right the distribution of the products."""

    height = 3.5

    def build(self, figure: Figure) -> None:
        self._build_cloud(figure)
        self._build_products(figure)

    def _build_cloud(self, figure: Figure) -> None:
        ax = figure.add_axes((0.095, 0.15, 0.4, 0.8))
        finish(ax, None, "a_j, slope of m on x in a cluster", "b_j, slope of y on m")
        ax.set(xlim=(-_SLOPE, _SLOPE), ylim=(-_SLOPE, _SLOPE), xticks=range(-2, 3), yticks=range(-2, 3))
        ax.grid(False)
        for left, bottom in ((0, -_SLOPE), (-_SLOPE, 0)):
            ax.fill_between(
                [left, left + _SLOPE], bottom, bottom + _SLOPE, color=light(COLOURS["b"], 0.16), lw=0, zorder=0
            )
        ax.axhline(0, color=COLOURS["text"], lw=1)
        ax.axvline(0, color=COLOURS["text"], lw=1)
        for x, y, sign in ((2.2, 2.05, ">"), (2.2, -2.1, "<"), (-2.2, 2.05, "<"), (-2.2, -2.1, ">")):
            ax.text(x, y, f"$a_j b_j$ {sign} 0", ha="right" if x > 0 else "left", va="center", fontsize=11)
        style: dict[str, Any] = {"ls": "none", "ms": 4.5, "mew": 0, "alpha": 0.6, "zorder": 3}
        self.positive = self.moving(ax.plot([], [], "o", color=COLOURS["a"], **style)[0])
        self.negative = self.moving(ax.plot([], [], "^", color=COLOURS["b"], **style)[0])
        self.centre = self.moving(
            ax.plot([], [], "D", ms=9, color=COLOURS["average"], mec="white", mew=1.5, zorder=4)[0]
        )

    def _build_products(self, figure: Figure) -> None:
        ax = figure.add_axes((0.57, 0.15, 0.39, 0.8))
        finish(ax, None, "a_j b_j, indirect effect in a cluster", "clusters")
        ax.grid(False)
        ax.set(xlim=_PRODUCTS, ylim=(0, 1.68), yticks=[], xticks=(-1.5, -1, 0, 1, 2, 2.5))
        ax.set_xticklabels(["less", "\N{MINUS SIGN}1", "0", "1", "2", "more"])
        ax.axvline(0, color=COLOURS["text"], lw=1)
        self.sides = [self.bars(ax, COLOURS[role]) for role in ("b", "a")]
        looks: list[dict[str, Any]] = [{"color": COLOURS[role]} for role in ("cprime", "cov", "average")]
        product, cov, average = looks
        dashes: dict[str, Any] = {"ls": (0, (2, 1)), "lw": 2.5}
        self.product = self.moving(ax.plot([], [], **product, **dashes, zorder=4)[0])
        self.cov = self.moving(ax.plot([], [], **cov, lw=4, solid_capstyle="butt", zorder=5)[0])
        self.mean = self.moving(ax.plot([], [], **average, lw=2.5, zorder=6)[0])
        # The legend is an equation: the first line plus the second is the third.
        rows = ((1.56, product | dashes), (1.40, cov | {"lw": 4}), (1.24, average | {"lw": 2.5}))
        for y, style in rows:
            ax.plot([0.12, 0.4], [y, y], **style, solid_capstyle="butt")
        self.says = [self.moving(ax.text(0.5, y, "", fontsize=12, va="center")) for y, _ in rows]

    def move(self, state: PathsState) -> None:
        products = state.a_j * state.b_j
        for line, chosen in ((self.positive, products >= 0), (self.negative, products < 0)):
            line.set_data(state.a_j[chosen], state.b_j[chosen])
        self.centre.set_data([state.a], [state.b])
        # What lies beyond the axis is gathered in its first and last bar, as the ticks say.
        counts = np.histogram(np.clip(products, *_PRODUCTS), _EDGES)[0]
        heights = counts / counts.max()
        below = _EDGES[1:] <= 1e-9
        for bars, side in zip(self.sides, (below, ~below), strict=True):
            bars.set_verts(outlines(_EDGES, np.where(side, heights, 0)))
        product, mean = state.product, state.indirect
        self.product.set_data([product, product], [0, 1.12])
        self.cov.set_data([product, mean], [1.09, 1.09])
        self.mean.set_data([mean, mean], [0, 1.12])
        for text, name, value in zip(self.says, _NAMES, (product, state.cov, mean), strict=True):
            text.set_text(f"{name} = {number(value)}")


class PathsLab(Lab):
    """Slopes of clusters, and the average of their products."""

    name = "paths"
    title = "Slopes of clusters, and the average of their products"
    asks = {
        "a": Number("a, average of a_j", -0.8, 0.8, 0.05, 0.6),
        "b": Number("b, average of b_j", -0.8, 0.8, 0.05, 0.6),
        "sd": Number("sd of both", 0, 0.5, 0.05, 0.4),
        "correlation": Number("correlation", -1, 1, 0.05, 0.7),
    }
    goals = (
        Goal(
            "Keep a and b both above 0, and make the average indirect effect negative.",
            lambda state: state.a > 0 and state.b > 0 and state.indirect < -1e-9,
        ),
        Goal(
            "Let b be 0, and make the average indirect effect positive.",
            lambda state: state.b == 0 and state.indirect > 1e-9,
        ),
    )
    drawn = PathsPicture
    compute = staticmethod(clusters_slopes)
    numbers = staticmethod(numbers)
    words = staticmethod(words)
