"""Lab `delta`: a standard error by the tangent, beside draws that follow the curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.special import ndtri

from ..plots import COLOURS, finish, number
from ..typing import Array
from .controls import Number
from .draws import even_draws
from .kit import Goal, Lab
from .picture import Picture, Ruler, outlines

DRAWS = 40_000
_BINS = 64
_Z = float(ndtri(0.975))
_OFF, _PERFECT = 0.20, 0.01


@dataclass(frozen=True)
class DeltaState:
    """What the lab shows.

    Attributes
    ----------
    draws : ndarray, shape (DRAWS,)
        tanh(atr) exp(lns_a + lns_b) of drawn numbers.
    estimate : float
        The same of the numbers that the controls say.
    delta_se, simulated_se : float
        By the delta method, and the standard deviation of the draws.
    delta, simulated : tuple of float
        95% intervals: estimate -/+ 1.96 standard errors, and percentiles of the draws.
    """

    draws: Array
    estimate: float
    delta_se: float
    simulated_se: float
    delta: tuple[float, float]
    simulated: tuple[float, float]

    @property
    def width(self) -> float:
        """Width of the simulated interval."""
        return self.simulated[1] - self.simulated[0]

    @property
    def narrower(self) -> float:
        """Share of that width by which the delta interval is narrower; negative where it is wider."""
        return 1 - (self.delta[1] - self.delta[0]) / self.width

    @property
    def off(self) -> float:
        """The larger distance between limits of the two intervals, as a share of that width."""
        return max(abs(d - s) for d, s in zip(self.delta, self.simulated, strict=True)) / self.width


def delta_and_draws(lns_a: float, lns_b: float, atr: float, se: float) -> DeltaState:
    """The covariance that lns and atr stand for, with its standard error by the delta method and by simulation.

    The three numbers scatter independently, each with standard error `se`. With f = tanh(atr) exp(lns_a + lns_b), the
    gradient is (f, f, (1 - tanh(atr)**2) exp(lns_a + lns_b)).
    """
    lns, third = even_draws(DRAWS, 2)  # the two lns only enter as a sum, whose standard error is sqrt(2) se
    scale, r = np.exp(lns_a + lns_b), np.tanh(atr)
    draws = np.tanh(atr + se * third) * np.exp(lns_a + lns_b + np.sqrt(2) * se * lns)
    estimate = float(r * scale)
    delta_se = float(se * scale * np.sqrt(2 * r**2 + (1 - r**2) ** 2))
    low, high = np.percentile(draws, [2.5, 97.5])
    delta = (estimate - _Z * delta_se, estimate + _Z * delta_se)
    return DeltaState(draws, estimate, delta_se, float(draws.std()), delta, (float(low), float(high)))


def numbers(state: DeltaState) -> dict[str, str]:
    """The read-out."""
    return {
        "cov(a_j, b_j)": number(state.estimate),
        "SE, delta method": number(state.delta_se),
        "SE, simulated": number(state.simulated_se),
        "95%, delta method": _interval(state.delta),
        "95%, simulated": _interval(state.simulated),
        "The delta interval is": _compared(state),
        "Its limits are off by": f"{state.off:.1%}",
    }


def _interval(limits: tuple[float, float]) -> str:
    return f"{number(limits[0])} to {number(limits[1])}"


def _compared(state: DeltaState) -> str:
    return f"{abs(state.narrower):.1%} {'narrower' if state.narrower >= 0 else 'wider'}"


def words(state: DeltaState) -> str:
    """The picture in words."""
    from_mean = (state.draws - state.draws.mean()) / state.simulated_se
    skewness = float(np.mean(from_mean * from_mean * from_mean))
    lean = (
        "symmetric" if abs(skewness) < 0.1 else "with its longer tail to the " + ("right" if skewness > 0 else "left")
    )
    return (
        f"Distribution of {DRAWS:,} simulated covariances, {lean}, with standard deviation "
        f"{number(state.simulated_se)}, and the normal curve of the delta method around {number(state.estimate)}, with "
        f"standard deviation {number(state.delta_se)}. Above them the 95% intervals: delta method "
        f"{_interval(state.delta)}, simulated {_interval(state.simulated)}. The delta interval is {_compared(state)}; "
        f"its limits are off by up to {state.off:.1%} of the simulated interval's width."
    )


class DeltaPicture(Picture):
    """Above two intervals, below the distributions that they come from."""

    height = 3.2

    def build(self, figure: Figure) -> None:
        self.above = figure.add_axes((0.24, 0.74, 0.71, 0.22))
        self.below = figure.add_axes((0.24, 0.19, 0.71, 0.53))
        finish(self.above, None, "", "")
        finish(self.below, None, "", "")
        for ax in (self.above, self.below):
            ax.grid(False)
            ax.spines[["left", "bottom"] if ax is self.above else ["left"]].set_visible(False)
            ax.set_yticks([])
        self.above.set_xticks([])
        self.above.set_ylim(-0.6, 1.6)
        self.below.set_ylim(0, 1.08)
        self.ruler = Ruler(self, self.below, "cov(a_j, b_j) = tanh(atr) exp(lns + lns)")
        red: dict[str, Any] = {"color": COLOURS["b"]}
        grey: dict[str, Any] = {"color": COLOURS["cluster"]}
        self._label(self.above, 1, "delta, 95%", red)
        self._label(self.above, 0, "simulated, 95%", grey)
        self._label(self.below, 0.55, "normal curve", red)
        self._label(self.below, 0.25, "simulated draws", grey)
        thick: dict[str, Any] = {"lw": 7, "solid_capstyle": "butt"}
        self.delta = self.moving(self.above.plot([], [], **red, **thick)[0])
        self.simulated = self.moving(self.above.plot([], [], **grey, **thick)[0])
        self.heap = self.bars(self.below, COLOURS["cluster"])
        self.curve = self.moving(self.below.plot([], [], **red, lw=2.5, zorder=3)[0])
        line: dict[str, Any] = {"color": COLOURS["average"], "lw": 1.5, "ls": (0, (4, 2)), "zorder": 4}
        self.centres = [self.moving(ax.plot([], [], **line)[0]) for ax in (self.above, self.below)]

    def _label(self, ax: Axes, y: float, text: str, sample: dict) -> None:
        """A line of the column at the left, with a sample of what it names."""
        ax.text(-0.05, y, text, transform=ax.get_yaxis_transform(), ha="right", va="center", fontsize=11)
        ends: dict[str, Any] = {
            "transform": ax.get_yaxis_transform(),
            "clip_on": False,
            "solid_capstyle": "butt",
            "lw": 5,
        }
        ax.plot([-0.04, -0.012], [y, y], **ends, **sample)

    def move(self, state: DeltaState) -> None:
        reach = 3.3 * state.delta_se
        tails = np.percentile(state.draws, [0.5, 99.5])
        low, high = min(tails[0], state.estimate - reach), max(tails[1], state.estimate + reach)
        # Axes end at multiples of a power of 2, so that they stay as they are in most moves.
        unit = 2.0 ** np.ceil(np.log2((high - low) / 5))
        ends = (float(np.floor(low / unit) * unit), float(np.ceil(high / unit) * unit))
        self.above.set_xlim(*ends)
        self.ruler(*ends)
        counts, edges = np.histogram(state.draws, _BINS, range=ends)
        density = counts / (len(state.draws) * (edges[1] - edges[0]))
        grid = np.linspace(*ends, 201)
        normal = np.exp(-0.5 * ((grid - state.estimate) / state.delta_se) ** 2) / (state.delta_se * np.sqrt(2 * np.pi))
        highest = max(density.max(), normal.max())
        self.curve.set_data(grid, normal / highest)
        self.heap.set_verts(outlines(edges, density / highest))
        self.delta.set_data(state.delta, [1, 1])
        self.simulated.set_data(state.simulated, [0, 0])
        for line, ends in zip(self.centres, ((-0.6, 1.5), (0, 1.08)), strict=True):
            line.set_data([state.estimate] * 2, ends)


class DeltaLab(Lab):
    """A covariance and its standard error, by the tangent and by simulation."""

    name = "delta"
    title = "The delta method beside simulated draws"
    asks = {
        "lns_a": Number("lns, ln(sd of a_j)", -2, 0, 0.05, -1.05),
        "lns_b": Number("lns, ln(sd of b_j)", -2, 0, 0.05, -1.1),
        "atr": Number("atr of the correlation", -2, 2, 0.05, 1.25),
        "se": Number("SE of each of them", 0.01, 0.6, 0.01, 0.25),
    }
    goals = (
        Goal(
            f"Make the delta interval at least {_OFF:.0%} narrower or wider than the simulated one.",
            lambda state: abs(state.narrower) >= _OFF,
        ),
        Goal(
            f"Make it perfect: both limits off by at most {_PERFECT:.0%} of the simulated interval's width.",
            lambda state: state.off <= _PERFECT,
        ),
    )
    drawn = DeltaPicture
    compute = staticmethod(delta_and_draws)
    numbers = staticmethod(numbers)
    words = staticmethod(words)
