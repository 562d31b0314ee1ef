"""The pictures of a prediction: a line on which guess and value are marked, or the options with their marks."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..labs import DPI, Picture
from ..plots import COLOURS, WIDTH, names
from .answers import written
from .prediction import Answer, Prediction, Value

_GUESS, _VALUE = COLOURS["a"], COLOURS["b"]
_LETTER = 0.085  # inches, a letter of the labels on average
_INSET = 0.3  # inches left of the line and right of it


class LinePicture(Picture):
    """A line with its marks below; guess and value above, each in a row of its own, so that their labels never meet."""

    def __init__(self, prediction: Prediction, value: Value | None = None) -> None:
        self.prediction, self.value = prediction, value
        self.low, self.high = prediction.low, prediction.high
        if value is not None and not isinstance(value.answer, str):  # a value may lie beyond the line
            self.low, self.high = min(self.low, value.answer), max(self.high, value.answer)
        self.rows = self._rows_of_marks()
        self.height = 1.12 + 0.22 * (1 + max(self.rows.values(), default=-1))
        super().__init__()

    def build(self, figure: Figure) -> None:
        ax = figure.add_axes((_INSET / WIDTH, 0, 1 - 2 * _INSET / WIDTH, 1))
        ax.set(xlim=(self.low, self.high), ylim=(0.75 - self.height, 0.75))  # inches above the line and below it
        ax.axis("off")
        text = COLOURS["text"]
        ax.plot([self.low, self.high], [0, 0], color=text, lw=1.5, clip_on=False)
        for tick in MaxNLocator(5, steps=[1, 2, 5, 10]).tick_values(self.low, self.high):
            if self.low - 1e-9 <= tick <= self.high + 1e-9:
                ax.plot([tick, tick], [-0.05, 0.05], color=text, lw=1.5, clip_on=False)
                if all(abs(self._inches(tick) - self._inches(mark)) > 0.25 for mark in self.rows):
                    ax.text(tick, -0.1, written(tick), ha="center", va="top", fontsize=11)
        for mark, name in self.prediction.marks.items():
            low = -0.34 - 0.22 * self.rows[mark]
            ax.plot([mark, mark], [low + 0.02, 0], color=COLOURS["cluster"], lw=1.5, zorder=1)
            ax.text(mark, low, names(name), ha=self._side(mark, name), va="top", fontsize=11, color=text)
        self.guess = self._arrow(ax, _GUESS, "v", 0.26)
        self.found = self._arrow(ax, _VALUE, "D", 0.55)

    def _arrow(self, ax: Any, colour: str, marker: str, height: float) -> tuple[Any, Any, Any]:
        stem = self.moving(ax.plot([], [], color=colour, lw=2, zorder=2)[0])
        point = self.moving(ax.plot([], [], marker, color=colour, ms=9, mec="white", mew=1, clip_on=False, zorder=4)[0])
        label = ax.text(0, height, "", va="center", fontsize=12, color=colour, weight="bold", clip_on=False)
        label.set_zorder(5)
        label.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1})
        return stem, point, self.moving(label)

    def move(self, state: Answer | None) -> None:
        """`state` is the guess."""
        told = None if state is None else f"your guess: {self.prediction.told(state)}"
        self._put(self.guess, state, told, 0.09)
        if self.value is not None:
            self._put(self.found, self.value.answer, self.prediction.found.format(value=self.value.text), 0)

    def _put(self, artists: tuple[Any, Any, Any], at: Any, told: str | None, point_at: float) -> None:
        stem, point, label = artists
        for artist in artists:
            artist.set_visible(told is not None)
        if told is None:
            return
        stem.set_data([at, at], [point_at, label.get_position()[1]])
        point.set_data([at], [point_at])
        side = self._side(at, told)
        inch = (self.high - self.low) / (WIDTH - 2 * _INSET)
        label.set_text(told)
        label.set(ha=side, x=at + {"left": 0.06, "right": -0.06, "center": 0}[side] * inch)

    def _side(self, at: float, text: str) -> str:
        """How a label at a place is aligned so that it does not leave the picture."""
        left = self._inches(at) + _INSET
        if min(left, WIDTH - left) > _LETTER * len(text) / 2 + 0.05:
            return "center"
        return "left" if left < WIDTH / 2 else "right"

    def _inches(self, at: float) -> float:
        """Where on the line a number lies."""
        return (at - self.low) / (self.high - self.low) * (WIDTH - 2 * _INSET)

    def _rows_of_marks(self) -> dict[float, int]:
        """Mark -> the first row below the line in which its name meets no other."""
        rows: dict[float, int] = {}
        ends: list[float] = []
        for mark, name in sorted(self.prediction.marks.items()):
            at, width = self._inches(mark), _LETTER * len(name)
            start = at - {"center": width / 2, "left": 0, "right": width}[self._side(mark, name)]
            row = next((row for row, end in enumerate(ends) if end + 0.12 < start), len(ends))
            ends[row : row + 1] = [start + width]
            rows[mark] = row
        return rows


class OptionsPicture(Picture):
    """The options below each other, the guessed one and the one that was found marked and named."""

    def __init__(self, prediction: Prediction, value: Value) -> None:
        self.prediction, self.value = prediction, value
        self.height = 0.2 + 0.34 * len(prediction.options)
        super().__init__()

    def build(self, figure: Figure) -> None:
        ax = figure.add_axes((0, 0, 1, 1))
        ax.set(xlim=(0, WIDTH), ylim=(self.height, 0))
        ax.axis("off")
        self.marks: dict[str, tuple[Any, Any]] = {}
        for row, option in enumerate(self.prediction.options):
            y = 0.27 + 0.34 * row
            found = option == self.value.answer
            if found:
                ax.plot(0.35, y, "D", ms=9, color=_VALUE, mec="white", mew=1)
            else:
                ax.plot(0.35, y, "o", ms=10, mfc="none", mec=COLOURS["cluster"], mew=1.5)
            text = self.value.text if found else option
            style: dict[str, Any] = {"color": _VALUE, "weight": "bold"} if found else {"color": COLOURS["text"]}
            label = ax.text(0.6, y, names(text), va="center", fontsize=12, **style)
            end = label.get_window_extent(self.canvas.get_renderer()).x1 / DPI
            point = self.moving(ax.plot(end + 0.25, y, "<", ms=9, color=_GUESS, mec="white", mew=1)[0])
            label = ax.text(end + 0.4, y, "your guess", va="center", fontsize=12, color=_GUESS, weight="bold")
            self.marks[option] = (point, self.moving(label))

    def move(self, state: Answer | None) -> None:
        """`state` is the guess."""
        for option, artists in self.marks.items():
            for artist in artists:
                artist.set_visible(option == state)


def picture_of(prediction: Prediction, value: Value) -> Picture:
    """The picture that sets a value beside the guess."""
    return OptionsPicture(prediction, value) if prediction.kind == "choice" else LinePicture(prediction, value)


def picture_in_words(prediction: Prediction, guess: Answer | None, value: Value | None) -> str:
    """What such a picture shows, as a text alternative."""
    if prediction.kind == "choice":
        shown = f"Options: {prediction.asks}."
    else:
        marks = "".join(f", {name}" for name in prediction.marks.values())
        shown = f"A line from {prediction.number(prediction.low)} to {prediction.number(prediction.high)}{marks}."
    said = "No guess yet." if guess is None else f"Your guess: {prediction.told(guess)}."
    return f"{shown} {said}" + (f" Found: {value.text}." if value is not None else "")
