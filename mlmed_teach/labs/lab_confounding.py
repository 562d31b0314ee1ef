"""Lab `confounding`: a cause of m and y that nobody measured, and the indirect effect by the correlation it leaves."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from ..errors import BoundaryWarning
from ..mediation import Mediation, mediate
from ..plots import COLOURS, finish, light
from ..show import picture_number as number
from ..typing import Array
from .controls import Number, Switch, plain
from .draws import random_draws
from .kit import Goal, Lab
from .picture import Picture

CLUSTERS, ROWS = 200, 8
_SEED = 56  # a table without confounding has very nearly the effects of its population, with every strength
_A, _DIRECT = 0.6, 0.2
_SD_LEVEL, _SD_SLOPE, _SD_ROW = 0.6, 0.3, 0.7
GRID = np.round(0.9 * np.sin(np.linspace(-np.pi / 2, np.pi / 2, 25)), 10)  # close together where the curve bends
_CLOUD = 400  # rows in the picture, those of the first clusters
_RESIDUAL, _EFFECT = 3.6, (-1.35, 1.6)
NEAR = 0.01  # what counts as met
_SWORN = 0.1  # how far the lower limit of a fit lies beyond 0 that "swears"


@dataclass(frozen=True)
class Interval:
    """An effect with its 95% interval."""

    estimate: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{number(self.estimate)} [{number(self.low)}, {number(self.high)}]"


@dataclass(frozen=True)
class World:
    """One table with a hidden cause, and what the analysis without it finds.

    Attributes
    ----------
    e_m, e_y : ndarray, shape (rows,)
        Residuals of m and y, of which the hidden cause is a part.
    med : Mediation
        Of the table, the cause left out.
    """

    e_m: Array
    e_y: Array
    med: Mediation

    @cached_property
    def curve(self) -> Array:
        """Indirect effect by `GRID`, with the limits of its interval; shape (3, len(GRID))."""
        return np.array([[i.estimate, i.low, i.high] for i in self.corrected(GRID)]).T

    def corrected(self, rho: Array) -> list[Interval]:
        """The indirect effect for supposed correlations of the residuals."""
        frame = self.med.sensitivity(rho).xs("indirect", level="effect")
        return [Interval(*map(float, row)) for row in frame[["estimate", "ci low", "ci high"]].to_numpy()]


@dataclass(frozen=True)
class ConfoundingState:
    """What the lab shows.

    Attributes
    ----------
    rho : float
        Correlation of the residuals that is supposed.
    on_m, on_y, b : float
        Of the world: slopes of m and y on the hidden cause, and the path from m to y.
    shown : bool
        Whether the truth is on show.
    world : World
    fitted, corrected : Interval
        The indirect effect as the fit has it (rho = 0), and for `rho`.
    truth : float
        a b; the slopes do not covary in this world.
    actual : float
        Correlation of the residuals in this world.
    """

    rho: float
    on_m: float
    on_y: float
    b: float
    shown: bool
    world: World
    fitted: Interval
    corrected: Interval
    truth: float
    actual: float


@lru_cache(maxsize=32)
def a_world(on_m: float, on_y: float, b: float) -> World:
    """The table of these strengths, fitted. Draws are made once: moments of each are exact, pictures morph."""
    d_m, a, d_y, slope, direct = random_draws(CLUSTERS, 5, _SEED)[:, :, None]
    x, cause, own_m, own_y = random_draws(CLUSTERS * ROWS, 4, _SEED).reshape(4, CLUSTERS, ROWS)
    e_m, e_y = on_m * cause + _SD_ROW * own_m, on_y * cause + _SD_ROW * own_y
    m = 0.7 * d_m + (_A + _SD_SLOPE * a) * x + e_m
    y = _SD_LEVEL * d_y + (b + _SD_SLOPE * slope) * m + (_DIRECT + _SD_SLOPE * direct) * x + e_y
    columns = {"id": np.repeat(np.arange(CLUSTERS), ROWS), "x": x.ravel(), "m": m.ravel(), "y": y.ravel()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BoundaryWarning)
        return World(e_m.ravel(), e_y.ravel(), mediate(pd.DataFrame(columns)))


def supposed(rho: float, on_m: float, on_y: float, b: float, shown: bool) -> ConfoundingState:
    """The effect as it is fitted in such a world, and what it would be with a supposed correlation of the residuals."""
    world = a_world(on_m, on_y, b)
    corrected = world.corrected(np.array([rho]))[0]
    effect = world.med.indirect
    fitted = Interval(effect.estimate, *effect.ci)
    actual = on_m * on_y / float(np.sqrt((on_m**2 + _SD_ROW**2) * (on_y**2 + _SD_ROW**2)))
    return ConfoundingState(rho, on_m, on_y, b, shown, world, fitted, corrected, _A * b, actual)


def sworn(state: ConfoundingState) -> bool:
    """Whether the interval of the fit lies clearly on one side of 0."""
    return state.fitted.low > _SWORN or state.fitted.high < -_SWORN


def numbers(state: ConfoundingState) -> dict[str, str]:
    """The read-out."""
    return {
        "Indirect effect, as fitted": str(state.fitted),
        f"the same if rho = {plain(state.rho)}": str(state.corrected),
        "Truth: indirect effect": number(state.truth) if state.shown else "hidden",
        "Truth: rho": number(state.actual) if state.shown else "hidden",
    }


def words(state: ConfoundingState) -> str:
    """The picture in words."""
    truth = "The truth is hidden."
    if state.shown:
        truth = (
            f"The truth, drawn in: an indirect effect of {number(state.truth)}, and a correlation of the residuals of "
            f"{number(state.actual)}."
        )
    return (
        f"Left: {_CLOUD} rows of a world in which a hidden cause moves m by {plain(state.on_m)} and y by "
        f"{plain(state.on_y)}, the residual of y against the residual of m. Right: the indirect effect, as a curve "
        f"that falls with the supposed correlation of the residuals, rho, with its 95% band. As fitted, at rho = 0, "
        f"it is {state.fitted}; at the supposed rho of {plain(state.rho)} it would be {state.corrected}. {truth}"
    )


class ConfoundingPicture(Picture):
    """Left the residuals, which only the maker of the world can see; right the effect by rho."""

    height = 3.6

    def build(self, figure: Figure) -> None:
        ax = figure.add_axes((0.085, 0.15, 0.31, 0.74))
        finish(ax, None, "residual of m", "residual of y")
        ax.set(xlim=(-_RESIDUAL, _RESIDUAL), ylim=(-_RESIDUAL, _RESIDUAL), xticks=(-2, 0, 2), yticks=(-2, 0, 2))
        ax.set_title("seen by nobody", fontsize=11)
        ax.grid(False)
        style: dict[str, Any] = {"ls": "none", "ms": 3.5, "mew": 0, "alpha": 0.5}
        self.cloud = self.moving(ax.plot([], [], "o", color=COLOURS["cluster"], **style)[0])
        self._build_curve(figure)

    def _build_curve(self, figure: Figure) -> None:
        ax = figure.add_axes((0.505, 0.15, 0.47, 0.74))
        finish(ax, None, "supposed correlation, rho", "indirect effect")
        ax.set(xlim=(-0.93, 0.93), ylim=_EFFECT, xticks=(-0.8, -0.4, 0, 0.4, 0.8), yticks=(-1, -0.5, 0, 0.5, 1, 1.5))
        ax.set_xticklabels(["\N{MINUS SIGN}.8", "\N{MINUS SIGN}.4", "0", ".4", ".8"])
        ax.set_title("what the analysis can say", fontsize=11)
        ax.axhline(0, color=COLOURS["text"], lw=1)
        ax.axvline(0, color=COLOURS["text"], lw=1, ls=":")
        band: Any = PolyCollection([], facecolor=light(COLOURS["a"], 0.25), lw=0, zorder=2)
        self.band: Any = self.moving(ax.add_collection(band))
        self.curve = self.moving(ax.plot([], [], color=COLOURS["a"], lw=2.5, zorder=3)[0])
        dashed: dict[str, Any] = {"color": COLOURS["cprime"], "lw": 1.5, "ls": (0, (4, 2))}
        self.level = self.moving(ax.plot([], [], **dashed, zorder=3)[0])
        self.reach = self.moving(ax.plot([], [], color=COLOURS["b"], lw=2, zorder=4)[0])
        looks = (
            ("s", "a", 9, "as fitted, rho = 0"),
            ("o", "b", 9, "at the rho you suppose"),
            ("D", "cprime", 8, "truth"),
        )
        self.points = []
        for marker, role, size, text in looks:
            look: dict[str, Any] = {"ls": "none", "ms": size, "color": COLOURS[role], "mec": "white", "zorder": 5}
            self.points.append(self.moving(ax.plot([], [], marker, **look)[0]))
            ax.plot([], [], marker, **look, label=text)
        ax.legend(loc="lower left", fontsize=10, handletextpad=0.2, borderaxespad=0.1)

    def move(self, state: ConfoundingState) -> None:
        world = state.world
        self.cloud.set_data(world.e_m[:_CLOUD], world.e_y[:_CLOUD])
        estimate, low, high = world.curve
        self.curve.set_data(GRID, estimate)
        self.band.set_verts([np.column_stack([np.append(GRID, GRID[::-1]), np.append(low, high[::-1])])])
        self.reach.set_data([state.rho] * 2, [state.corrected.low, state.corrected.high])
        self.level.set_data([-0.93, 0.93] if state.shown else [], [state.truth] * 2 if state.shown else [])
        at = [(0, state.fitted.estimate), (state.rho, state.corrected.estimate), (state.actual, state.truth)]
        for point, (rho, effect), there in zip(self.points, at, (True, True, state.shown), strict=True):
            point.set_data([rho] if there else [], [effect] if there else [])


class ConfoundingLab(Lab):
    """A hidden cause of m and y, and the effect that would be left."""

    name = "confounding"
    title = "A hidden cause of m and y, and the effect it makes"
    asks = {
        "rho": Number("rho that you suppose", -0.9, 0.9, 0.01, 0),
        "on_m": Number("hidden cause on m", 0, 1, 0.1, 0.7),
        "on_y": Number("hidden cause on y", -1, 1, 0.1, 0.6),
        "b": Number("true path b, m to y", 0, 0.8, 0.1, 0.3),
        "shown": Switch("show the truth"),
    }
    goals = (
        Goal(
            f"Where the hidden cause moves m and y: find the rho at which the corrected effect meets the truth (to "
            f"{NEAR}).",
            lambda state: abs(state.actual) >= 0.1 and abs(state.corrected.estimate - state.truth) <= NEAR,
        ),
        Goal(
            f"Find the tipping point: the rho at which an effect that the fit is sure of is gone (to {NEAR}).",
            lambda state: sworn(state) and abs(state.corrected.estimate) <= NEAR,
        ),
        Goal(
            "Make a world in which there is no effect, but the fit swears that there is one "
            f"(its interval at least {_SWORN} away from 0).",
            lambda state: state.truth == 0 and sworn(state),
        ),
    )
    drawn = ConfoundingPicture
    compute = staticmethod(supposed)
    numbers = staticmethod(numbers)
    words = staticmethod(words)
