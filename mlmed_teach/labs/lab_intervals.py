"""Lab `intervals`: a product of two estimates, and whether its Wald and its Monte Carlo interval hold 0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from ..models import Z95
from ..plots import COLOURS, light
from ..show import picture_number as number
from ..stacked_model import product_variance
from ..typing import Array
from .controls import Choice, Number
from .curve_and_draws import CurveAndDraws, interval, lean
from .draws import even_draws
from .kit import Goal, Lab

DRAWS = 40_000
_NAMES = {"wald": "Wald", "monte_carlo": "Monte Carlo"}


@dataclass(frozen=True)
class IntervalsState:
    """What the lab shows; all in units of SE(a) times SE(b).

    Attributes
    ----------
    draws : ndarray, shape (DRAWS,)
        Products of drawn a and b.
    product : float
        a times b.
    se : float
        Its standard error by the formula of Bauer, Preacher & Gil (2006).
    wald, monte_carlo : tuple of float
        95% intervals: product -/+ 1.96 standard errors, and percentiles of the draws.
    method : {"both", "wald", "monte_carlo"}
        What is drawn in full colour.
    """

    draws: Array
    product: float
    se: float
    wald: tuple[float, float]
    monte_carlo: tuple[float, float]
    method: str

    def excludes(self, method: str) -> bool:
        """Whether 0 lies outside of the interval of a method."""
        low, high = getattr(self, method)
        return low > 0 or high < 0


def product_and_draws(a: float, b: float, correlation: float, method: str = "both") -> IntervalsState:
    """The product of two estimates with its Wald and its Monte Carlo interval.

    Parameters
    ----------
    a, b : float
        Estimates in units of their standard errors: their z statistics.
    correlation : float
        Of the two estimates over samples.
    method : {"both", "wald", "monte_carlo"}

    Returns
    -------
    IntervalsState
    """
    first, second = even_draws(DRAWS, 2)
    draws = (a + first) * (b + correlation * first + np.sqrt(1 - correlation**2) * second)
    se = float(np.sqrt(product_variance(a, b, 1, 1, correlation)))
    wald = (a * b - Z95 * se, a * b + Z95 * se)
    low, high = np.percentile(draws, [2.5, 97.5])
    return IntervalsState(draws, a * b, se, wald, (float(low), float(high)), method)


def numbers(state: IntervalsState) -> dict[str, str]:
    """The read-out."""
    return {
        "a \N{MULTIPLICATION SIGN} b": number(state.product),
        "SE, Wald": number(state.se),
        "SD of the draws": number(state.draws.std()),
        "Skewness of the draws": f"{round(lean(state.draws)[0], 2) + 0.0:.2f}".replace("-", "\N{MINUS SIGN}"),
        "Draws below 0": f"{np.mean(state.draws < 0):.1%}",
        "95%, Wald": interval(state.wald),
        "95%, Monte Carlo": interval(state.monte_carlo),
        "0 in the Wald interval": "no" if state.excludes("wald") else "yes",
        "0 in the Monte Carlo interval": "no" if state.excludes("monte_carlo") else "yes",
        "In full colour": _NAMES.get(state.method, "both"),
    }


def words(state: IntervalsState) -> str:
    """The picture in words."""
    wald, monte_carlo = ("excludes" if state.excludes(method) else "includes" for method in _NAMES)
    shown = f" In full colour: {_NAMES[state.method]}." if state.method in _NAMES else ""
    return (
        f"Distribution of {DRAWS:,} products of a drawn a and a drawn b, {lean(state.draws)[1]}, and the normal curve "
        f"of the Wald interval around {number(state.product)}, with standard deviation {number(state.se)}. Above them "
        f"the 95% intervals: Wald {interval(state.wald)}, which {wald} 0; Monte Carlo {interval(state.monte_carlo)}, "
        f"which {monte_carlo} 0.{shown}"
    )


class IntervalsPicture(CurveAndDraws):
    """The normal curve of the Wald interval over the draws, with 0 marked; the method not chosen is pale."""

    xlabel = "a times b, in units of SE(a) times SE(b)"
    rows = ("Wald, 95%", "Monte Carlo, 95%", "normal curve", "draws")
    left = 0.265

    def build(self, figure: Figure) -> None:
        super().build(figure)
        line: dict[str, Any] = {"color": COLOURS["text"], "lw": 1.5, "zorder": 3.5}
        for ax, ends in ((self.above, (-0.6, 1.5)), (self.below, (0, 1.08))):
            self.moving(ax.plot([0, 0], ends, **line)[0])

    def move(self, state: IntervalsState) -> None:
        self.place(state.draws, state.product, state.se, state.wald, state.monte_carlo, holds=(0.0,))
        for method, role, artists in (
            ("wald", "b", (self.curve, self.of_curve)),
            ("monte_carlo", "cluster", (self.heap, self.of_draws)),
        ):
            full = state.method in ("both", method)
            for artist in artists:
                colour = to_rgb(COLOURS[role]) if full else light(COLOURS[role], 0.25)
                artist.set(**({"facecolor": colour} if artist is self.heap else {"color": colour}))


class IntervalsLab(Lab):
    """A product of two estimates, and two intervals around it."""

    name = "intervals"
    title = "Two intervals for a product, and 0"
    asks = {
        "a": Number("a, in SEs", -4, 4, 0.1, 1.5),
        "b": Number("b, in SEs", -4, 4, 0.1, 1.5),
        "correlation": Number("their correlation", -0.95, 0.95, 0.05, 0),
        "method": Choice("show", {"both": "both", "Wald": "wald", "Monte Carlo": "monte_carlo"}, "both"),
    }
    goals = (
        Goal(
            "Find a place where Wald excludes 0 and Monte Carlo does not.",
            lambda state: state.excludes("wald") and not state.excludes("monte_carlo"),
        ),
        Goal(
            "Find one where Monte Carlo excludes 0 and Wald does not.",
            lambda state: state.excludes("monte_carlo") and not state.excludes("wald"),
        ),
    )
    drawn = IntervalsPicture
    compute = staticmethod(product_and_draws)
    numbers = staticmethod(numbers)
    words = staticmethod(words)
