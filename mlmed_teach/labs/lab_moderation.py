"""Lab `moderation`: paths that lean on w, and the indirect effect that they make at each value of w."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..plots import COLOURS, finish, light
from ..show import picture_number as number
from ..typing import Array
from .controls import Number
from .draws import random_draws
from .kit import Goal, Lab
from .picture import Picture

PATH = 0.5  # of a and of b where w = 0
SD = 0.4  # of what w leaves over of a_j and of b_j
CLUSTERS = 60
DATA, SHOWN = 2.0, 3.0  # w was observed from -DATA to DATA; lines are drawn from -SHOWN to SHOWN
_POINTS = 121
_SEED = 5
_STEP = 0.1  # of w
_ZERO = 1e-9
_SIGN = "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True)
class ModerationState:
    """What the lab shows.

    Attributes
    ----------
    w, a_by_w, b_by_w, cov : float
        As the controls say: where you stand, how much a path changes for one unit of w, and the covariance of what w
        leaves over of a_j and b_j.
    """

    w: float
    a_by_w: float
    b_by_w: float
    cov: float

    def a(self, w: Any) -> Any:
        """Path from x to m at w."""
        return PATH + self.a_by_w * w

    def b(self, w: Any) -> Any:
        """Path from m to y at w."""
        return PATH + self.b_by_w * w

    def product(self, w: Any) -> Any:
        """Product of the two paths at w."""
        return self.a(w) * self.b(w)

    def indirect(self, w: Any) -> Any:
        """Conditional indirect effect: the average of a_j b_j over clusters with this w."""
        return self.product(w) + self.cov

    def slope(self, w: Any) -> Any:
        """How steep the effect is at w: b a1 + a b1."""
        return self.b(w) * self.a_by_w + self.a(w) * self.b_by_w

    @property
    def index(self) -> float | None:
        """The index of moderated mediation, its slope at every w; None where both paths lean on w."""
        return None if self.a_by_w and self.b_by_w else self.slope(0.0)

    @property
    def turn(self) -> float | None:
        """Where the curve turns; None if it is a straight line."""
        if self.index is not None:
            return None
        return -PATH * (1 / self.a_by_w + 1 / self.b_by_w) / 2 + 0.0

    @property
    def has_bottom(self) -> bool:
        """Whether the curve turns among the data, at its lowest point."""
        return self.turn is not None and self.a_by_w * self.b_by_w > 0 and abs(self.turn) < DATA - _ZERO

    @property
    def of_clusters(self) -> tuple[Array, Array, Array]:
        """w, a_j and b_j of the clusters, shape (CLUSTERS,) each: averages, variances and covariance are exact."""
        first, second = random_draws(CLUSTERS, 2, _SEED)
        r = self.cov / SD**2
        w = np.linspace(-DATA, DATA, CLUSTERS)
        return w, self.a(w) + SD * first, self.b(w) + SD * (r * first + np.sqrt(1 - r**2) * second)


def leaning_paths(w: float, a_by_w: float, b_by_w: float, cov: float) -> ModerationState:
    """Paths a = PATH + a_by_w w and b = PATH + b_by_w w, and what follows from them."""
    return ModerationState(w, a_by_w, b_by_w, cov)


def numbers(state: ModerationState) -> dict[str, str]:
    """The read-out."""
    w, low, high = state.w, state.indirect(-DATA), state.indirect(DATA)
    there = f" (w = {_short(w)})"
    return {
        f"a{there}": number(state.a(w)),
        f"b{there}": number(state.b(w)),
        f"a {_SIGN} b": number(state.product(w)),
        "cov(a_j, b_j), given w": number(state.cov),
        f"Indirect effect{there}": number(state.indirect(w)),
        f"at w = {_short(-DATA)}; {_short(DATA)}": f"{number(low)}; {number(high)}",
        "Index": "none, it is a curve" if state.index is None else number(state.index),
        "It turns at": "nowhere" if state.turn is None else f"w = {number(state.turn)}",
    }


def words(state: ModerationState) -> str:
    """The picture in words."""
    w = state.w
    outside = "" if abs(w) <= DATA + _ZERO else ", where there are no data"
    if state.index is not None:
        shape = "is level" if state.index == 0 else f"is a straight line with slope {number(state.index)}"
    else:
        end = "lowest" if state.a_by_w * state.b_by_w > 0 else "highest"
        shape = f"is a curve, {end} at w = {number(state.turn or 0.0)}"
    return (
        f"Left: {CLUSTERS} clusters with their a_j and b_j against w, which was observed from {_short(-DATA)} to "
        f"{_short(DATA)}, around two lines: a changes by {number(state.a_by_w)} for one unit of w, b by "
        f"{number(state.b_by_w)}. Right: their products a_j b_j and the indirect effect, which {shape}. At w = "
        f"{_short(w)}{outside}, a is {number(state.a(w))}, b is {number(state.b(w))}, and the indirect effect "
        f"{number(state.indirect(w))}: their product, {number(state.product(w))}, and the covariance of what w leaves "
        f"over, {number(state.cov)}."
    )


def _short(value: float) -> str:
    return f"{value:g}".replace("-", "\N{MINUS SIGN}")


class ModerationPicture(Picture):
    """Left the two paths against w, with the clusters behind them; right the indirect effect. Legends stand above."""

    height = 4.1
    _line = np.linspace(-SHOWN, SHOWN, _POINTS)
    _rows = (0.955, 0.895, 0.835)

    def build(self, figure: Figure) -> None:
        left, right = figure.add_axes((0.1, 0.13, 0.385, 0.65)), figure.add_axes((0.595, 0.13, 0.385, 0.65))
        for ax, label in ((left, "slope"), (right, "indirect effect")):
            finish(ax, None, "w", label)
            ax.set(xlim=(-SHOWN, SHOWN), ylim=(-1.2, 2.2), xticks=range(-3, 4), yticks=(-1, 0, 1, 2))
            ax.axhline(0, color=COLOURS["text"], lw=1, zorder=2)
            for low, high in ((-SHOWN, -DATA), (DATA, SHOWN)):
                ax.axvspan(low, high, color=light(COLOURS["cluster"], 0.25), lw=0, zorder=0)
                for row, word in ((-0.8, "no"), (-1.03, "data")):
                    ax.text((low + high) / 2, row, word, ha="center", va="center", fontsize=10)
        self._here = [self._moving_line(ax, color=COLOURS["text"], ls=":", lw=1.2, zorder=3) for ax in (left, right)]
        self._build_paths(left)
        self._build_effect(right)

    def _build_paths(self, ax: Axes) -> None:
        self.clusters, self.paths, self.points, self._says = [], [], [], []
        looks: tuple[tuple[str, str, Any, str], ...] = (
            ("a", "o", "-", "a, from x to m"),
            ("b", "s", (0, (3, 1.5)), "b, from m to y"),
        )
        for row, (name, marker, dashes, label) in zip(self._rows, looks, strict=False):
            line: dict[str, Any] = {"color": COLOURS[name], "ls": dashes, "lw": 2.8}
            cloud = {"marker": marker, "ls": "none", "ms": 4.5, "mew": 0, "color": COLOURS[name], "alpha": 0.4}
            self.clusters.append(self._moving_line(ax, **cloud, zorder=2.5))
            self.paths.append(self._moving_line(ax, **line, zorder=4))
            self.points.append(self._point(ax, marker, COLOURS[name]))
            self._says.append(self._legend(ax, row, label, line))

    def _build_effect(self, ax: Axes) -> None:
        looks: tuple[tuple[str, dict[str, Any]], ...] = (
            (f"a {_SIGN} b", {"color": COLOURS["cprime"], "ls": (0, (2, 1)), "lw": 2.2}),
            ("cov, given w", {"color": COLOURS["cov"], "lw": 4, "solid_capstyle": "butt"}),
            ("indirect effect", {"color": COLOURS["average"], "lw": 3}),
        )
        # The legend is an equation: the first line plus the second is the third.
        self.product, self.gap, self.effect = (
            self._moving_line(ax, **style, zorder=zorder) for (_, style), zorder in zip(looks, (4, 8, 5), strict=True)
        )
        self.here = self._point(ax, "D", COLOURS["average"], size=7)
        self._sums = [self._legend(ax, row, *look) for row, look in zip(self._rows, looks, strict=True)]

    def _moving_line(self, ax: Axes, **style: Any) -> Any:
        return self.moving(ax.plot([], [], **style)[0])

    def _point(self, ax: Axes, marker: str, colour: str, size: float = 9) -> Any:
        return self._moving_line(ax, marker=marker, ls="none", ms=size, color=colour, mec="white", mew=1.2, zorder=7)

    def _legend(self, ax: Axes, row: float, label: str, style: dict[str, Any]) -> Any:
        """A row of the legend above axes: line, name, and the text that will be its value at w."""
        figure, box = self.figure, ax.get_position()
        line = ax.plot([box.x0, box.x0 + 0.055], [row] * 2, transform=figure.transFigure, clip_on=False, **style)[0]
        line.set_in_layout(False)
        figure.text(box.x0 + 0.07, row, label, fontsize=11, va="center")
        return self.moving(figure.text(box.x1 - 0.03, row, "", fontsize=11, va="center", ha="right"))

    def move(self, state: ModerationState) -> None:
        w, at = state.w, self._line
        own, *slopes = state.of_clusters
        for cloud, values in zip(self.clusters, slopes, strict=True):
            cloud.set_data(own, values)
        curves = (state.a(at), state.b(at), state.product(at), state.indirect(at))
        for line, values in zip((*self.paths, self.product, self.effect), curves, strict=True):
            line.set_data(at, values)
        a, b, product, indirect = state.a(w), state.b(w), state.product(w), state.indirect(w)
        for point, height in zip((*self.points, self.here), (a, b, indirect), strict=True):
            point.set_data([w], [height])
        for line in self._here:
            line.set_data([w, w], line.axes.get_ylim())
        self.gap.set_data([w, w], [product, indirect])
        for text, value in zip((*self._says, *self._sums), (a, b, product, state.cov, indirect), strict=True):
            text.set_text(number(value))


def _zero_on_the_left(state: ModerationState) -> bool:
    one_leans = (state.a_by_w != 0) != (state.b_by_w != 0)
    return one_leans and abs(state.indirect(-1.0)) < _ZERO and state.indirect(1.0) > _ZERO


def _stands_at_the_bottom(state: ModerationState) -> bool:
    return state.has_bottom and abs(state.w - (state.turn or 0.0)) <= _STEP / 2 + _ZERO


def _falls_though_a_rises(state: ModerationState) -> bool:
    ends = np.array([-DATA, DATA])
    above = (state.a(ends) > _ZERO).all() and (state.b(ends) > _ZERO).all()
    return bool(state.a_by_w > 0 and above and (state.slope(ends) < -_ZERO).all())


class ModerationLab(Lab):
    """Two paths that lean on w, and their indirect effect."""

    name = "moderation"
    title = "Paths that lean on w, and the indirect effect at each w"
    asks = {
        "w": Number("w, where you stand", -SHOWN, SHOWN, _STEP, 0),
        "a_by_w": Number("a by w", -0.4, 0.4, 0.05, 0.2),
        "b_by_w": Number("b by w", -0.4, 0.4, 0.05, 0),
        "cov": Number("covariance, given w", -0.15, 0.15, 0.025, 0.05),
    }
    goals = (
        Goal(
            f"Let only one path lean on w, and make the indirect effect 0 at w = {_short(-1)} and positive at w = 1.",
            _zero_on_the_left,
        ),
        Goal("Make a curve whose lowest point lies among the data, and move w there.", _stands_at_the_bottom),
        Goal(
            "Let a rise with w, keep both paths above 0 wherever there are data, and make the effect fall all the way.",
            _falls_though_a_rises,
        ),
    )
    drawn = ModerationPicture
    compute = staticmethod(leaning_paths)
    numbers = staticmethod(numbers)
    words = staticmethod(words)
