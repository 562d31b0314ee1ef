"""The triangle of x, m and y that the path diagrams are made of: boxes, arrows, and what stands at them."""

from __future__ import annotations

import itertools
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from ..errors import MlmedError
from ..stacked_model import PATHS, Effect
from .style import COLOURS, WIDTH, light, literal, names, number, real, width_of

Path: TypeAlias = "float | str | tuple[float, float] | Effect | None"

ARROWS = {name: (path.start, path.end) for name, path in PATHS.items()}
LETTERS = {name: (path.slope, f"${path.letter}$") for name, path in PATHS.items()} | {
    "cov_ab": ("", "cov($a_j$, $b_j$)")
}
UNIT = (WIDTH - 0.16) / 10  # inches, in a figure of our own

_PLACES = {"x": 1.5, "m": 5.0, "y": 8.5}  # of 10 units in the width
_BASE = 1.5  # height of x and y
_WIDEST = 2.5  # units of a name in its box
_PAD = 0.08


@dataclass
class Triangle:
    """One triangle, in units of a tenth of its width.

    Attributes
    ----------
    paths : dict
        Path -> what stands at it; paths that are missing are not drawn.
    labels : tuple of str
    sd : dict of str to float
    rise : float
        Height of m above x and y.
    unit : float
        Inches.
    legend : str
        What stands below it.
    absent : str
        What stands below a variable without paths; if empty, the variable is not drawn either.
    low : float
        Lower edge, unless more has to fit.
    size : float
        Size of letters of the names.
    written : dict of str to str
        Role -> name, in lines.
    small : dict of str to str
        Path -> small print.
    """

    paths: Mapping[str, Path]
    labels: tuple[str, str, str]
    sd: Mapping[str, float]
    rise: float = 3.0
    unit: float = UNIT
    legend: str = ""
    absent: str = ""
    low: float = 0.6
    size: float = field(init=False)
    written: dict[str, str] = field(init=False)
    small: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.size, written = _written(self.labels, _WIDEST * self.unit, 10 if self.unit > 0.6 else 9)
        self.written = dict(zip("xmy", written, strict=True))
        self.small = {path: f"SD of ${LETTERS[path][0]}$ {number(value)}" for path, value in self.sd.items()}

    def _line(self, size: float, count: int = 1) -> float:
        """Height of lines of letters of this size."""
        return 1.25 * size * count / 72 / self.unit

    def _half(self, role: str) -> float:
        """Half the height of a box, without its padding."""
        return max(0.4, self._line(self.size, self.written[role].count("\n") + 1) / 2 + 0.12)

    def _width(self, role: str) -> float:
        """Width of a box, without its padding."""
        return max(1.0, _inches(self.written[role], self.size) / self.unit + 0.3)

    @property
    def _limits(self) -> tuple[float, float]:
        below = 1.3 - self._line(14) - (self._line(11) if "cprime" in self.small else 0)
        lowest = min(below - 0.05, _BASE - max(self._half("x"), self._half("y")) - 0.2)
        if self._missing and self.absent:
            lowest = min(lowest, _BASE - self._half("x") - 0.2 - self._line(11))
        low = min(self.low, lowest) - (self._line(10.5) + 0.1 if self.legend else 0)
        return low, _BASE + self.rise + self._half("m") + 0.2

    @property
    def height(self) -> float:
        """Units that the drawing needs."""
        low, high = self._limits
        return high - low

    @property
    def _missing(self) -> list[str]:
        """Variables without paths."""
        touched = {role for path in self.paths if path in ARROWS for role in ARROWS[path]}
        return [role for role in "xmy" if role not in touched]

    def draw(self, ax: Axes) -> None:
        low, high = self._limits
        ax.set(xlim=(0, 10), ylim=(low, high), aspect="equal")
        ax.axis("off")
        boxes = {role: self._box(ax, role) for role in "xmy" if role not in self._missing or self.absent}
        for path, (start, end) in ARROWS.items():
            if path in self.paths:
                _arrow(ax, self._centre(start), self._centre(end), path, patchA=boxes[start], patchB=boxes[end])
        for path, side in (("a", "right"), ("b", "left")):
            if path in self.paths:
                self._beside(ax, path, side)
        if "cprime" in self.paths:
            room = 10 - 2 * _PLACES["x"] - (self._width("x") + self._width("y")) / 2 - 0.4
            small = [(self.small["cprime"], 11.0)] if "cprime" in self.small else []
            self._stack(ax, 1.3, [*self._lines("cprime", 14, room), *small], color=COLOURS["cprime"])
        if "cov_ab" in self.paths:
            middle = _BASE + self.rise / 2
            style = {"arrowstyle": "<|-|>", "mutation_scale": 14, "lw": 2, "ls": (0, (4, 2)), "zorder": 1}
            _arrow(ax, (3.35, middle), (6.65, middle), "cov", connectionstyle="arc3,rad=0.25", **style)
            room = 7 * (0.5 + 0.75 / self.rise) - 0.6
            # Orange letters would be too pale to read; the arrow carries the colour.
            self._stack(ax, middle - 0.55, self._lines("cov_ab", 12, room))
        ax.text(5.0, low + 0.05, self.legend, ha="center", va="bottom", fontsize=10.5)

    def _centre(self, role: str) -> tuple[float, float]:
        return _PLACES[role], _BASE + (self.rise if role == "m" else 0)

    def _box(self, ax: Axes, role: str) -> FancyBboxPatch:
        cx, cy = self._centre(role)
        width, half, missing = self._width(role), self._half(role), role in self._missing
        box = FancyBboxPatch((cx - width / 2, cy - half), width, 2 * half, boxstyle=f"round,pad={_PAD}")
        box.set(ec=COLOURS["text"], lw=1.6, fc=light(COLOURS[role]), zorder=3, clip_on=False)
        if missing:
            box.set(ls=(0, (3, 2)), fc="white")
            ax.text(cx, cy - half - 0.17, self.absent, ha="center", va="top", fontsize=11)
        ax.add_patch(box)
        ax.text(cx, cy, self.written[role], ha="center", va="center", fontsize=self.size, zorder=4)
        return box

    def _lines(self, path: str, size: float, room: float) -> list[tuple[str, float]]:
        """What stands at a path, in one line or two, and the sizes of letters that fit into so many units."""
        text = _text(self.paths[path], path)
        least = 11.0 if self.unit > 0.6 else 9.0
        room *= self.unit
        fits = width_of(text, least) <= room or path == "cov_ab"  # no second line there, just above an arrow
        parts = [text] if fits else re.split(r" (?=\()", text, maxsplit=1)
        return [(part, max(least, size * min(1.0, room / width_of(part, size)))) for part in parts]

    def _stack(self, ax: Axes, y: float, lines: list[tuple[str, float]], **style: Any) -> None:
        """Lines below each other, from the middle down."""
        for text, size in lines:
            ax.text(5.0, y, text, ha="center", va="top", fontsize=size, **style)
            y -= self._line(size)

    def _beside(self, ax: Axes, path: str, side: str) -> None:
        """What stands at a slanting arrow, on its outer side; the small print below it."""
        small = [(self.small[path], 11.0)] if path in self.small else []
        lines = self._lines(path, 14, self._outer([("", 14.0), *small])[0] - 0.05)
        outer, y = self._outer([*lines, *small])
        for text, size in [*lines, *small]:
            ax.text(outer if side == "right" else 10 - outer, y, text, ha=side, fontsize=size, color=COLOURS[path])
            y -= self._line(size)

    def _outer(self, lines: list[tuple[str, float]]) -> tuple[float, float]:
        """How far from the edge lines may reach towards the arrow of a, and the height of the first one."""
        rest = sum(self._line(size) for _, size in lines[1:])
        y = _BASE + 0.55 * self.rise + rest / 2
        return _PLACES["x"] + 3.5 * (y - rest - _BASE) / self.rise - 0.425, y


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], role: str, **options: Any) -> None:
    style = {"arrowstyle": "-|>", "mutation_scale": 20, "lw": 2.4, "zorder": 2, "color": COLOURS[role]}
    ends = {} if "connectionstyle" in options else {"shrinkA": 3, "shrinkB": 3}
    ax.add_patch(FancyArrowPatch(start, end, **style | ends | options))


def _written(labels: tuple[str, str, str], room: float, least: int) -> tuple[float, list[str]]:
    """One size of letters for all names, and the names in lines of at most so many inches."""
    for size, most in ((15, 1), (13, 1), (13, 2), (12, 2), (12, 3), (11, 3), (least, 3)):
        ways = [[_in_lines(label, count) for count in range(1, most + 1)] for label in labels]
        found = [next((way for way in of_label if _inches(way, size) <= room), None) for of_label in ways]
        if all(found):
            break
    cut = {"width": int(room * 72 / (0.62 * size)), "max_lines": 3, "placeholder": "\N{HORIZONTAL ELLIPSIS}"}
    return size, [way or literal(textwrap.fill(label, **cut)) for label, way in zip(labels, found, strict=True)]


def _inches(text: str, size: float) -> float:
    """Width of the longest line."""
    return max(width_of(line, size) for line in text.split("\n"))


def _in_lines(label: str, count: int) -> str:
    """A name in at most so many lines, broken after spaces and signs where the longest one gets shortest."""
    parts = re.findall(r"[^\s_.\-/]*[\s_.\-/]+|[^\s_.\-/]+", label)
    ways = itertools.combinations(range(1, len(parts)), min(count, len(parts)) - 1)
    lines = [["".join(parts[i:j]).strip() for i, j in itertools.pairwise([0, *way, len(parts)])] for way in ways]
    return literal("\n".join(min(lines, key=lambda way: max(map(len, way)))) if parts else label)


def pair_of(value: Path) -> tuple[float, float] | None:
    """Estimate and standard error, of a path that has them."""
    if isinstance(value, Effect):
        return value.estimate, value.se
    if isinstance(value, str) or np.ndim(value) == 0:
        return None
    if np.shape(value) != (2,):
        raise MlmedError(f"At a path stands a number, a text or (estimate, standard error), but not {value!r}.")
    return value[0], value[1]


def _text(value: Path, path: str) -> str:
    """What is written at a path."""
    own, average = LETTERS[path]
    if value is None:
        return f"${own}$"
    if isinstance(value, str):
        return names(value)
    if (pair := pair_of(value)) is None:
        return f"{average} = {number(real(value, f'What stands at the path {path}'))}"
    estimate = real(pair[0], f"The estimate of {path}")
    if pd.isna(pair[1]):
        return f"{average} = {number(estimate)} (no SE)"
    if (se := real(pair[1], f"The standard error of {path}")) < 0:
        raise MlmedError(f"The standard error of {path} is {se:g}, but it cannot be below 0.")
    return f"{average} = {number(estimate, like=se)} ({number(se)})"
