"""The triangle of x, m and y that the path diagrams are made of: boxes, arrows, and what stands at them."""

from __future__ import annotations

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
from ..show import picture_number
from ..stacked_model import PATHS, Effect
from ..validation import real
from .style import COLOURS, ELLIPSIS, WIDTH, light, names, plain_dollar, short_label, width_of

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
_KEY = 10.5  # points of the legend
_MODERATOR_BELOW = 0.45  # height of the moderator of c'
_LARGE = 15  # points
_LETTER = 0.52  # width of a letter over its size, on average


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
    moderators : dict of str to str
        Path -> what it depends on, in a small box with an arrow to the path.
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
    moderators: Mapping[str, str] = field(default_factory=dict)
    size: float = field(init=False)
    written: dict[str, str] = field(init=False)
    small: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.size, written = _written(self.labels, _WIDEST * self.unit, 12 if self.unit > 0.6 else 9)
        self.written = dict(zip("xmy", written, strict=True))
        self.small = {path: f"SD of ${LETTERS[path][0]}$ {picture_number(value)}" for path, value in self.sd.items()}

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
        if "cprime" in self.moderators:
            lowest = min(lowest, _MODERATOR_BELOW - self._line(11))
        if self._missing and self.absent:
            lowest = min(lowest, _BASE - self._half("x") - 0.2 - self._line(11))
        low = min(self.low, lowest)
        if self.legend:
            low -= self._line(_KEY, len(self._key)) + 0.1
        return low, _BASE + self.rise + self._half("m") + 0.2

    @property
    def _key(self) -> list[str]:
        """The parts of the legend, in lines that are not wider than the drawing."""
        lines: list[str] = []
        for part in self.legend.split("; "):
            longer = f"{lines[-1]}; {part}" if lines else part
            if lines and width_of(longer, _KEY) < 9.8 * self.unit:
                lines[-1] = longer
            else:
                lines.append(part)
        return lines

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
        for path, name in self.moderators.items():
            if path in self.paths:
                self._moderator(ax, path, name)
        ax.text(5.0, low + 0.05, ";\n".join(self._key), ha="center", va="bottom", fontsize=_KEY)

    def _moderator(self, ax: Axes, path: str, name: str) -> None:
        """A small box with an arrow to the middle of a path's line, or to the free part of it."""
        top = _BASE + self.rise
        place, end = {
            "a": ((1.2, top), (_PLACES["x"] + 0.74 * 3.5, _BASE + 0.74 * self.rise)),
            "b": ((8.8, top), (_PLACES["y"] - 0.74 * 3.5, _BASE + 0.74 * self.rise)),
            "cprime": ((3.0, _MODERATOR_BELOW), (3.45, _BASE - 0.08)),
        }[path]
        style = {"arrowstyle": "-|>", "lw": 1.6, "color": COLOURS["text"], "shrinkA": 0, "shrinkB": 2}
        frame = {"boxstyle": "round,pad=0.3", "fc": "white", "ec": COLOURS["text"], "ls": (0, (1, 1))}
        ax.annotate(
            short_label(name, 12),
            end,
            place,
            ha="center",
            va="center",
            fontsize=11,
            arrowprops=style,
            bbox=frame,
            zorder=4,
        )

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
    style: dict[str, Any] = {"arrowstyle": "-|>", "mutation_scale": 20, "lw": 2.4, "zorder": 2, "color": COLOURS[role]}
    ends = {} if "connectionstyle" in options else {"shrinkA": 3, "shrinkB": 3}
    ax.add_patch(FancyArrowPatch(start, end, **style | ends | options))


def _written(labels: tuple[str, str, str], room: float, small: int) -> tuple[int, list[str]]:
    """Size of letters and the names in lines: large, if one line of so many inches is enough for each, or small."""
    if _inches("\n".join(map(plain_dollar, labels)), _LARGE) <= room:
        return _LARGE, [plain_dollar(label) for label in labels]
    letters = int(room * 72 / (_LETTER * small))
    lines = [textwrap.wrap(label.replace("_", "_ "), letters, max_lines=3, placeholder=ELLIPSIS) for label in labels]
    return small, [plain_dollar("\n".join(way).replace("_ ", "_")) for way in lines]


def _inches(text: str, size: float) -> float:
    """Width of the longest line."""
    return max(width_of(line, size) for line in text.split("\n"))


def pair_of(value: Path) -> tuple[float, float] | None:
    """Estimate and standard error, of a path that has them."""
    if isinstance(value, Effect):
        return value.estimate, value.se
    if value is None or isinstance(value, str) or np.ndim(value) == 0:
        return None
    if not isinstance(value, float | int) and np.shape(value) == (2,):
        return value[0], value[1]
    raise MlmedError(f"At a path stands a number, a text or (estimate, standard error), but not {value!r}.")


def _text(value: Path, path: str) -> str:
    """What is written at a path."""
    own, average = LETTERS[path]
    if value is None:
        return f"${own}$"
    if isinstance(value, str):
        return names(value)
    if (pair := pair_of(value)) is None:
        return f"{average} = {picture_number(real(value, f'What stands at the path {path}'))}"
    estimate = real(pair[0], f"The estimate of {path}")
    if pd.isna(pair[1]):
        return f"{average} = {picture_number(estimate)} (no SE)"
    se = real(pair[1], f"The standard error of {path}", least=0)
    return f"{average} = {picture_number(estimate, like=se)} ({picture_number(se)})"
