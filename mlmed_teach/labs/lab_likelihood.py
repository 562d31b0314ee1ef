"""Lab `likelihood`: a log likelihood, its top, which is the estimate, and its curvature, the standard error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ..models import Z95
from ..plots import COLOURS, finish, names
from ..show import picture_number as number
from .controls import Choice, Number
from .kit import Goal, Lab
from .likelihood_curves import HIGH, LOW, Curve, curve, standard_error
from .picture import Picture

CLUSTERS = 100  # of the lessons' table
_NAMES = {"cov_ab": "cov(a_j, b_j)", "var_a": "var(a_j)", "var_cprime": "var(c'_j)"}
_NEAR = 0.01
_X, _Y = (0, 0.256), (-8.4, 1.3)
_GRID = np.linspace(LOW, HIGH, 249)


@dataclass(frozen=True)
class LikelihoodState:
    """What the lab shows.

    Attributes
    ----------
    parameter : {"cov_ab", "var_a", "var_cprime"}
    value : float
        Where the learner stands.
    held, reml : bool
    times : int
        As `curve` has them.
    curve : Curve
    below : float
        Log likelihood at the value minus that of the top; NaN where G would be no covariance matrix.
    se_once : float
        The standard error with each cluster once, all else the same.
    """

    parameter: str
    value: float
    held: bool
    reml: bool
    times: int
    curve: Curve
    below: float
    se_once: float

    @property
    def possible(self) -> bool:
        """Whether the model has a likelihood at the value."""
        return bool(np.isfinite(self.below))

    @property
    def wald(self) -> tuple[float, float]:
        """Estimate -/+ 1.96 standard errors."""
        return self.curve.top - Z95 * self.curve.se, self.curve.top + Z95 * self.curve.se


def likelihood_at(parameter: str, value: float, held: bool, reml: bool, times: int) -> LikelihoodState:
    """The log likelihood along a parameter, and at one value of it; arguments as of `curve`."""
    along = curve(parameter, held, reml, times)
    once = standard_error(parameter, held, reml, 1)
    return LikelihoodState(parameter, value, held, reml, times, along, float(along.below(value)), once)


def numbers(state: LikelihoodState) -> dict[str, str]:
    """The read-out."""
    along = state.curve
    ends = {"Possible": f"{number(along.ends[0])} to {number(along.ends[1])}"} if state.held else {}
    return {
        _NAMES[state.parameter]: number(state.value),
        "Log likelihood": _signed(along.llf + state.below, 3) if state.possible else "none",
        "Below the top by": f"{-state.below:.3f}" if state.possible else "impossible",
        "Top at": number(along.top),
        "SE, from the curvature": number(along.se),
        f"SE, beside that of {CLUSTERS}": f"{along.se / state.se_once:.2f} times",
        "95%, 1.92 below": _fallen(along),
        "95%, 1.96 SE": f"{number(state.wald[0])} to {number(state.wald[1])}",
        **ends,
        "Clusters": str(CLUSTERS) if state.times == 1 else f"{CLUSTERS}, each {state.times} times",
    }


def _signed(value: float, digits: int) -> str:
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def _fallen(along: Curve) -> str:
    """Where the log likelihood has fallen by 1.92."""
    low, high = along.limits
    return f"{'the end' if low is None else number(low)} to {'the end' if high is None else number(high)}"


def words(state: LikelihoodState) -> str:
    """The picture in words."""
    along = state.curve
    others = "held at their estimates" if state.held else "maximized over at each value"
    clusters = f"{CLUSTERS} clusters" + ("" if state.times == 1 else f", each {state.times} times")
    if not state.possible:
        here = "where G would be no covariance matrix and there is no log likelihood"
    else:
        here = f"where the log likelihood is {-state.below:.3f} below the top"
    return (
        f"{'Restricted log likelihood' if state.reml else 'Log likelihood'} along {_NAMES[state.parameter]}, the other "
        f"variances and covariances {others}, {clusters}. Its top is at {number(along.top)}; the curvature there gives "
        f"a standard error of {number(along.se)}, {along.se / state.se_once:.2f} times that of {CLUSTERS} clusters. It "
        f"lies 1.92 below its top at: {_fallen(along)}; the parabola of the same curvature does at: "
        f"{number(state.wald[0])} to {number(state.wald[1])}. You are at {number(state.value)}, {here}."
    )


class LikelihoodPicture(Picture):
    """The curve, the parabola of its curvature, the line 1.92 below the top, and the learner's point."""

    height = 3.7

    def build(self, figure: Figure) -> None:
        self.ax = ax = figure.add_axes((0.125, 0.155, 0.845, 0.735))
        finish(ax, None, "", "log likelihood, below its top", grid="y")
        ax.set(xlim=_X, ylim=_Y, yticks=(0, -(Z95**2) / 2, -4, -6, -8), xticks=np.arange(0, 0.26, 0.05))
        ax.set_yticklabels(["0", "\N{MINUS SIGN}1.92", "\N{MINUS SIGN}4", "\N{MINUS SIGN}6", "\N{MINUS SIGN}8"])
        ax.axhline(-(Z95**2) / 2, color=COLOURS["text"], lw=1)
        blue: dict[str, Any] = {"color": COLOURS["a"]}
        red: dict[str, Any] = {"color": COLOURS["b"]}
        black: dict[str, Any] = {"color": COLOURS["average"]}
        dashes: dict[str, Any] = {"ls": (0, (4, 2))}
        grey: dict[str, Any] = {"fc": "#E2E2E2", "lw": 0}
        samples: list[Any] = [
            Line2D([], [], **blue, lw=2.5, label="log likelihood"),
            Line2D([], [], **red, lw=2, **dashes, label="parabola, same curvature"),
            Line2D([], [], **black, ls="none", marker="o", ms=9, label="you"),
            Patch(**grey, label="impossible"),
        ]
        ax.legend(
            handles=samples,
            loc="lower right",
            bbox_to_anchor=(1.01, 0.99),
            ncols=4,
            handlelength=1.8,
            columnspacing=1.4,
            fontsize=11,
        )
        self.impossible = self.moving(PolyCollection([], zorder=1, **grey))
        ax.add_collection(self.impossible)
        self.parabola = self.moving(ax.plot([], [], **red, lw=2, **dashes, zorder=3)[0])
        self.curve = self.moving(ax.plot([], [], **blue, lw=2.5, zorder=4)[0])
        ends: dict[str, Any] = {"ls": "none", "mec": "white", "mew": 1.2, "zorder": 5}
        self.of_parabola = self.moving(ax.plot([], [], "s", **red, ms=8, **ends)[0])
        self.of_curve = self.moving(ax.plot([], [], "o", **blue, ms=9, **ends)[0])
        self.se = self.moving(ax.plot([], [], **red, lw=2, marker="|", ms=9, mew=2, zorder=5)[0])
        self.says_se = self.moving(ax.text(0, 0.55, "", ha="center", va="bottom", fontsize=11))
        self.fall = self.moving(ax.plot([], [], **black, lw=1.2, ls=":", zorder=5)[0])
        self.here = self.moving(ax.plot([], [], **black, ls="none", ms=11, mec="white", mew=1.2, zorder=7)[0])
        self.says_here = self.moving(ax.text(0, 0, "", va="center", fontsize=12, zorder=6))
        self.says_here.set_bbox({"fc": "white", "ec": "none", "alpha": 0.8, "pad": 1.5})
        self.label = self.moving(figure.text(0.5475, 0.02, "", ha="center", va="bottom", fontsize=12))

    def move(self, state: LikelihoodState) -> None:
        along, x = state.curve, state.value
        low, high = along.ends
        grid = np.unique(np.clip(np.append(_GRID, along.ends), low, high))
        self.curve.set_data(grid, np.maximum(along.below(grid), 2 * _Y[0]))
        beyond = [ends for ends, out in (((_X[0], low), low > LOW), ((high, _X[1]), high < HIGH)) if out]
        self.impossible.set_verts([[(a, _Y[0]), (b, _Y[0]), (b, 0), (a, 0)] for a, b in beyond])
        wide = np.linspace(*_X, 201)
        self.parabola.set_data(wide, np.maximum(along.parabola(wide), 2 * _Y[0]))
        line = -(Z95**2) / 2
        limits = [limit for limit in along.limits if limit is not None]
        self.of_curve.set_data(limits, [line] * len(limits))
        self.of_parabola.set_data(state.wald, [line] * 2)
        self.se.set_data([along.top - along.se, along.top + along.se], [0.35, 0.35])
        self.says_se.set_text(f"SE {number(along.se)}")
        self.says_se.set_x(max(along.top, 0.03))
        self.label.set_text(names(_NAMES[state.parameter]))
        self._move_point(state, x)

    def _move_point(self, state: LikelihoodState, x: float) -> None:
        """The learner's point, or at the lower edge a sign that it lies lower still."""
        lower = not state.possible or state.below < -8
        y = -4.0 if not state.possible else max(state.below, -8.0)
        self.here.set_data([x] if state.possible else [], [y] if state.possible else [])
        self.here.set_marker("v" if lower else "o")
        self.fall.set_data([x, x], [y if state.possible else _Y[0], 0])
        text = _signed(state.below, 2) if state.possible else "no log likelihood here"
        if state.possible and state.below > -0.3:
            self.says_here.set(text=text, x=x, y=-1.05, ha="center")  # below the point, inside the curve
        else:
            left = x < 0.15
            self.says_here.set(text=text, x=x + (0.006 if left else -0.006), y=y, ha="left" if left else "right")


class LikelihoodLab(Lab):
    """A log likelihood along one variance or covariance."""

    name = "likelihood"
    title = "A log likelihood, its top and its curvature"
    asks = {
        "parameter": Choice("parameter", {label: name for name, label in _NAMES.items()}, "cov_ab"),
        "value": Number("its value", LOW, HIGH, 0.002, 0.05),
        "held": Choice("the others", {"maximized": False, "held": True}, False),
        "reml": Choice("likelihood", {"REML": True, "ML": False}, True),
        "times": Choice("clusters", {str(CLUSTERS * times): times for times in (1, 2, 4)}, 1),
    }
    goals = (
        Goal(
            f"Find the top: come within {_NEAR} of the highest log likelihood.",
            lambda state: state.possible and state.below > -_NEAR,
        ),
        Goal(
            "Halve the standard error by more clusters alone: how many does it take?",
            lambda state: state.curve.se <= 0.5 * state.se_once * (1 + 1e-6),
        ),
    )
    drawn = LikelihoodPicture
    compute = staticmethod(likelihood_at)
    numbers = staticmethod(numbers)
    words = staticmethod(words)
