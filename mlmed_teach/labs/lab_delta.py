"""Lab `delta`: a standard error by the tangent, beside draws that follow the curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from ..show import picture_number as number
from ..typing import Array
from .controls import Number
from .curve_and_draws import CurveAndDraws, interval, lean
from .draws import even_draws
from .kit import Goal, Lab

DRAWS = 40_000
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
        "95%, delta method": interval(state.delta),
        "95%, simulated": interval(state.simulated),
        "The delta interval is": _compared(state),
        "Its limits are off by": f"{state.off:.1%}",
    }


def _compared(state: DeltaState) -> str:
    return f"{abs(state.narrower):.1%} {'narrower' if state.narrower >= 0 else 'wider'}"


def words(state: DeltaState) -> str:
    """The picture in words."""
    return (
        f"Distribution of {DRAWS:,} simulated covariances, {lean(state.draws)[1]}, with standard deviation "
        f"{number(state.simulated_se)}, and the normal curve of the delta method around {number(state.estimate)}, with "
        f"standard deviation {number(state.delta_se)}. Above them the 95% intervals: delta method "
        f"{interval(state.delta)}, simulated {interval(state.simulated)}. The delta interval is {_compared(state)}; "
        f"its limits are off by up to {state.off:.1%} of the simulated interval's width."
    )


class DeltaPicture(CurveAndDraws):
    """The normal curve of the delta method over the simulated draws."""

    xlabel = "cov(a_j, b_j) = tanh(atr) exp(lns + lns)"
    rows = ("delta, 95%", "simulated, 95%", "normal curve", "simulated draws")

    def move(self, state: DeltaState) -> None:
        self.place(state.draws, state.estimate, state.delta_se, state.delta, state.simulated)


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
