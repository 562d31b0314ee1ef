"""Lab `reshape`: what a stacked row says, and what becomes of the paths when its indicators are swapped."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ..faq import load_ml_sim
from ..plots import COLOURS, light
from ..show import picture_number as number
from ..stacked_model import PATHS, TERMS, stack
from ..typing import Array
from .controls import Choice, Number, Switch
from .kit import Goal, Lab
from .picture import Picture

ROWS = 4
_COEFFICIENTS = {"sm": "d_M", "sy": "d_Y"} | {path.term: path.letter for path in PATHS.values()}
_EQUATIONS = {"m": "d_M + a x", "y": "d_Y + b m + c' x"}
_FACTORS = {"smx": "x", "sym": "m", "syx": "x"}


@dataclass(frozen=True)
class ReshapeState:
    """What the lab shows.

    Attributes
    ----------
    row : int
        Number of the original row, from 1.
    holds : {"m", "y"}
        What z is in the chosen stacked row.
    swapped : bool
        Whether sm and sy have changed places, in all rows.
    z : float
    terms : dict
        The five terms of the chosen stacked row: sm, smx, sy, sym, syx.
    table : ndarray, shape (2 ROWS, 5)
        The terms of all rows that are drawn.
    fit : dict
        Term -> its coefficient by least squares, from all stacked rows of the table.
    mended : bool
        Whether a row with y carried m's equation before, and none does now.
    """

    row: int
    holds: str
    swapped: bool
    z: float
    terms: dict[str, float]
    table: Array
    fit: dict[str, float]
    mended: bool = False

    @property
    def stacked_row(self) -> int:
        """Number of the chosen stacked row, from 1: each original row gives first one with y, then one with m."""
        return 2 * self.row - (self.holds == "y")

    @property
    def equation(self) -> str:
        """Whose equation the row carries: "m" or "y"."""
        return "m" if self.terms["sm"] else "y"

    @property
    def feeds(self) -> tuple[str, ...]:
        """Coefficients that are at work in the row."""
        return ("d_M", "a") if self.equation == "m" else ("d_Y", "b", "c'")


@cache
def stacked(swapped: bool) -> pd.DataFrame:
    """The table of the lessons, stacked; with sm and sy swapped if so wished, and the products made of the two."""
    long = stack(load_ml_sim())
    if swapped:
        sm, sy = long["sy"], long["sm"]
        long = long.assign(sm=sm, sy=sy, smx=sm * long["x"], sym=sy * long["m"], syx=sy * long["x"])
    return long


@cache
def least_squares(swapped: bool) -> dict[str, float]:
    """Coefficients of z on the five terms; swapped, b is 1 and c' is 0, since m then stands on both sides."""
    long = stacked(swapped)
    found = np.linalg.lstsq(long[list(TERMS)].to_numpy(dtype=float), long["z"].to_numpy(), rcond=None)[0]
    return {name: float(round(value, 12)) + 0.0 for name, value in zip(TERMS, found, strict=True)}


def chosen_row(row: int, holds: str, swapped: bool) -> ReshapeState:
    """A stacked row, its five terms, and what least squares makes of all rows.

    Parameters
    ----------
    row : int
        Number of the original row, from 1 to ROWS.
    holds : {"y", "m"}
        Which of its two stacked rows.
    swapped : bool
    """
    long = stacked(swapped).head(2 * ROWS)
    table = long[list(TERMS)].to_numpy(dtype=float) + 0.0  # without negative zeros
    at = 2 * (row - 1) + (holds == "m")
    terms = dict(zip(TERMS, table[at].tolist(), strict=True))
    return ReshapeState(row, holds, swapped, float(long["z"].iloc[at]), terms, table, least_squares(swapped))


def numbers(state: ReshapeState) -> dict[str, str]:
    """The read-out."""
    terms = state.terms
    right = least_squares(False)
    fits = {
        f"{path.letter}, least squares": number(state.fit[path.term])
        + (f", not {number(right[path.term])}" if state.swapped else "")
        for path in PATHS.values()
    }
    return {
        "Stacked row": f"{state.stacked_row}, from row {state.row}",
        "z": f"{number(state.z)}, which is {state.holds}",
        "sm, sy": f"{terms['sm']:.0f}, {terms['sy']:.0f}",
        **{f"{name} = {name[:2]} {factor}": number(terms[name]) for name, factor in _FACTORS.items()},
        "Equation": _EQUATIONS[state.equation],
        "It feeds": ", ".join(state.feeds),
        **fits,
    }


def words(state: ReshapeState) -> str:
    """The picture in words."""
    terms = ", ".join(
        f"{name} = {value:.0f}" if value in (0, 1) else f"{name} = {number(value)}"
        for name, value in state.terms.items()
    )
    fit = ", ".join(f"{_COEFFICIENTS[name]} = {number(value)}" for name, value in state.fit.items())
    broken = " sm and sy are swapped in all rows." if state.swapped else ""
    return (
        f"Left: the first {ROWS} rows of the table. Right: the {2 * ROWS} stacked rows that they become.{broken} "
        f"Marked are row {state.row} and its stacked row {state.stacked_row}: z = {number(state.z)}, which is "
        f"{state.holds}; {terms}. {_sentence(state)} With its numbers: {_with_numbers(state)}. Least squares from all "
        f"stacked rows: {fit}."
    )


def _sentence(state: ReshapeState) -> str:
    """What the row does."""
    if state.equation == state.holds:
        *most, last = state.feeds
        return (
            f"This row holds {state.holds} and carries {state.holds}'s equation: it feeds {', '.join(most)} and {last}."
        )
    what = "a is now the slope of y on x" if state.holds == "y" else "m explains itself, and b is 1"
    return f"This row holds {state.holds} but carries {state.equation}'s equation: {what}."


def _with_numbers(state: ReshapeState) -> str:
    """The equation of the row: 0.57 = d_Y + b 0.11 + c' 1.55 + e."""
    products = [
        f"{_COEFFICIENTS[name]} \N{MULTIPLICATION SIGN} {_two(state.terms[name])}"
        for name, factor in _FACTORS.items()
        if name.startswith("sm") == (state.equation == "m")
    ]
    return " + ".join([f"{_two(state.z)} = {state.feeds[0]}", *products, "e"])


def _two(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}".replace("-", "\N{MINUS SIGN}")


class ReshapePicture(Picture):
    """Left the original rows, right the stacked ones, below the equation that the chosen row feeds."""

    height = 4.4
    _TOP, _CELL = 0.86, 0.27  # inches
    _LEFT = {"row": (0.12, 0.5), "x": (0.62, 0.6), "m": (1.22, 0.6), "y": (1.82, 0.6)}  # left edge and width
    _RIGHT = {"row": (2.98, 0.5), "z": (3.48, 0.65)}
    _TERMS = {"sm": (4.13, 0.48), "smx": (4.61, 0.6), "sy": (5.21, 0.53), "sym": (5.74, 0.55), "syx": (6.29, 0.59)}

    def build(self, figure: Figure) -> None:
        ax = figure.add_axes((0, 0, 1, 1))
        ax.set(xlim=(0, 7), ylim=(self.height, 0), xticks=[], yticks=[])
        ax.axis("off")
        self._build_tables(ax)
        self._build_terms(ax)
        box: dict[str, Any] = {"fill": False, "ec": COLOURS["average"], "lw": 2.2, "zorder": 6}
        self.boxes = [self.moving(Rectangle((0, 0), 1, 1, **box)) for _ in range(2)]
        for mark in self.boxes:
            ax.add_patch(mark)
        self.arrow = self.moving(
            ax.plot([], [], color=COLOURS["average"], lw=2.2, marker=">", markevery=[1], ms=7, zorder=6)[0]
        )
        self._build_equation(ax)

    def _build_tables(self, ax: Axes) -> None:
        data = load_ml_sim().head(ROWS)
        tint = {"m": light(COLOURS["m"], 0.5), "y": light(COLOURS["y"], 0.5)}
        centre: dict[str, Any] = {"ha": "center", "va": "center"}
        ax.text(1.27, 0.22, f"{ROWS} rows as they are", fontsize=12, **centre)
        ax.text(4.93, 0.22, f"{2 * ROWS} rows, stacked", fontsize=12, **centre)
        for name, (left, width) in self._LEFT.items():
            ax.text(left + width / 2, self._TOP - 0.13, name, fontweight="bold", **centre)
            for r in range(ROWS):
                top = self._TOP + 2 * r * self._CELL
                self._cell(ax, left, top, width, 2 * self._CELL, tint.get(name, "white"))
                text = str(r + 1) if name == "row" else _two(data[name].iloc[r])
                ax.text(left + width / 2, top + self._CELL, text, **centre)
        long = stacked(False)
        for name, (left, width) in self._RIGHT.items():
            ax.text(left + width / 2, self._TOP - 0.13, name, fontweight="bold", **centre)
            for r in range(2 * ROWS):
                top = self._TOP + r * self._CELL
                ground = tint["my"[1 - r % 2]] if name == "z" else "white"
                self._cell(ax, left, top, width, self._CELL, ground)
                text = str(r + 1) if name == "row" else _two(long["z"].iloc[r])
                ax.text(left + width / 2, top + self._CELL / 2, text, **centre)

    def _build_terms(self, ax: Axes) -> None:
        """The five terms and their coefficients; only a swap changes them, so that there are two backgrounds."""
        centre: dict[str, Any] = {"ha": "center", "va": "center"}
        colours = {"smx": COLOURS["a"], "sym": COLOURS["b"], "syx": COLOURS["cprime"]}
        self.grounds = {name: PolyCollection([], fc=light(COLOURS[name], 0.5), lw=0, zorder=1) for name in ("m", "y")}
        for ground in self.grounds.values():
            ax.add_collection(ground)
        self.cells, self.fit = [], []
        below = self._TOP + 2 * ROWS * self._CELL + 0.2
        for name, (left, width) in self._TERMS.items():
            middle = left + width / 2
            ax.text(middle, self._TOP - 0.13, name, fontweight="bold", **centre)
            coefficient = f"${_COEFFICIENTS[name]}$"
            ax.text(middle, self._TOP - 0.38, coefficient, color=colours.get(name), fontsize=13, **centre)
            for r in range(2 * ROWS):
                self._cell(ax, left, self._TOP + r * self._CELL, width, self._CELL, "none")
                y = self._TOP + (r + 0.5) * self._CELL
                self.cells.append(ax.text(middle, y, "", zorder=3, **centre))
            self.fit.append(ax.text(middle, below, "", fontweight="bold", **centre))
        ax.text(self._TERMS["sm"][0] - 0.1, below, "least squares, all 1,600 stacked rows", ha="right", va="center")

    def _cell(self, ax: Axes, left: float, top: float, width: float, height: float, ground: Any) -> None:
        ax.add_patch(Rectangle((left, top), width, height, fc=ground, ec="#BBBBBB", lw=0.8, zorder=2))

    def _build_equation(self, ax: Axes) -> None:
        """The whole equation, of which a row switches one half off; below it the half that is left, with numbers."""
        y = self.height - 0.87
        centre: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 13}
        ax.text(1.2, y, "$z\\;=$", **centre)
        ax.text(3.08, y, "+", **centre)
        ax.text(5.72, y, "$+\\;e$", **centre)
        self.halves = {
            "m": self.moving(ax.text(2.2, y, "$sm\\;(d_M + a\\,x)$", **centre)),
            "y": self.moving(ax.text(4.42, y, "$sy\\;(d_Y + b\\,m + c'\\,x)$", **centre)),
        }
        self.left_over = self.moving(ax.text(3.5, y + 0.32, "", **centre))
        self.says = self.moving(ax.text(3.5, y + 0.62, "", ha="center", va="center", fontsize=12))

    def move(self, state: ReshapeState) -> None:
        self._move_terms(state)
        self.scene(state.swapped)
        top = self._TOP + 2 * (state.row - 1) * self._CELL
        first, second = self.boxes
        first.set_bounds(0.12, top, 2.3, 2 * self._CELL)
        at = self._TOP + (state.stacked_row - 1) * self._CELL
        second.set_bounds(2.98, at, 3.9, self._CELL)
        self.arrow.set_data([2.44, 2.9], [top + self._CELL, at + self._CELL / 2])
        for name, half in self.halves.items():
            half.set_color(COLOURS["average"] if name == state.equation else "#BBBBBB")
        for text, says in ((self.left_over, _with_numbers(state)), (self.says, _sentence(state))):
            text.set_text(says.replace("d_M", "$d_M$").replace("d_Y", "$d_Y$"))
        self.says.set_color(COLOURS["text"] if state.equation == state.holds else COLOURS["b"])

    def _move_terms(self, state: ReshapeState) -> None:
        on = state.table != 0
        for cell, value in zip(self.cells, state.table.T.ravel(), strict=True):
            cell.set_text(f"{value:.0f}" if value in (0, 1) else _two(value))
            cell.set_color(COLOURS["text"] if value else "#767676")
        of_m = np.array([name.startswith("sm") for name in TERMS])
        for name, columns in (("m", of_m), ("y", ~of_m)):
            self.grounds[name].set_verts([self._corners(r, c) for r, c in np.argwhere(on & columns)])
        for text, coefficient in zip(self.fit, state.fit.values(), strict=True):
            text.set_text(_two(coefficient))
            text.set_color(COLOURS["b"] if state.swapped else COLOURS["text"])

    def _corners(self, r: int, c: int) -> list[tuple[float, float]]:
        left, width = self._TERMS[TERMS[c]]
        top = self._TOP + r * self._CELL
        right, bottom = left + width, top + self._CELL
        return [(left, top), (right, top), (right, bottom), (left, bottom)]


class ReshapeLab(Lab):
    """A stacked row, the equation that it carries, and the paths that it feeds."""

    name = "reshape"
    title = "One row becomes two, and each feeds one equation"
    asks = {
        "row": Number("original row", 1, ROWS, 1, 2, whole=True),
        "holds": Choice("its stacked row", {"first": "y", "second": "m"}, "m"),
        "swapped": Switch("sm and sy swapped"),
    }
    goals = (
        Goal(
            "With sm and sy as they should be, find a stacked row that feeds path b.",
            lambda state: not state.swapped and "b" in state.feeds,
        ),
        Goal(
            "Let a row that holds y carry m's equation, and see what becomes of a, b and c'.",
            lambda state: state.holds == "y" and state.equation == "m",
        ),
        Goal("Mend it, and see a, b and c' come back.", lambda state: state.mended),
    )
    drawn = ReshapePicture
    numbers = staticmethod(numbers)
    words = staticmethod(words)

    def __init__(self) -> None:
        self._broken = False
        super().__init__()

    def compute(self, row: int, holds: str, swapped: bool) -> ReshapeState:
        """The chosen row; whether something was mended depends on what was seen before."""
        state = chosen_row(row, holds, swapped)
        self._broken = self._broken or (state.holds == "y" and state.equation == "m")
        return replace(state, mended=self._broken and not swapped)

    def forget(self) -> None:
        self._broken = False
