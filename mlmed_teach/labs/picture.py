"""A picture that moves: drawn once, then only what changes is drawn again, and handed on as PNG bytes.

Never pyplot: its figures belong to the cell that runs, and come out blank or cut in a callback.
"""

from __future__ import annotations

import io
import itertools
from functools import cache
from typing import Any, ClassVar, TypeVar

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import ScaledTranslation
from PIL import Image

from ..plots import COLOURS, WIDTH, light, names, styled, wrapped

A = TypeVar("A", bound=Artist)

DPI = 200  # shown at half its width: crisp on any screen
SHOWN = int(WIDTH * DPI / 2)  # pixels of the page


class Picture:
    """Base of the pictures of labs.

    A lab's own picture has two methods: ``build(figure)`` makes the axes and every artist once and passes those that
    will change through ``self.moving``; ``move(state)`` gives them new data. All else is the background, which is
    drawn once and kept.

    Attributes
    ----------
    figure : Figure
        One of our own, unknown to pyplot; no layout is computed, so axes are placed in shares of the figure.
    height : float
        Inches; the width is that of all pictures of the lessons.
    """

    height: ClassVar[float] = 3.4

    def __init__(self) -> None:
        self._moving: list[Artist] = []
        self._background: Any = None
        self._make()

    def build(self, figure: Figure) -> None:
        """Make axes and artists; called once, in the style of the lessons."""
        raise NotImplementedError

    def move(self, state: Any) -> None:
        """Give the moving artists what `state` says."""
        raise NotImplementedError

    def moving(self, artist: A) -> A:
        """Say of an artist that it will change; it is drawn above the background, in the order of its zorder."""
        artist.set_animated(True)
        self._moving.append(artist)
        return artist

    def bars(self, ax: Axes, colour: Any) -> PolyCollection:
        """Bars of a histogram that moves: give them their `outlines`."""
        bars = PolyCollection([], facecolor=colour, edgecolor="white", linewidth=0.4, zorder=2)
        ax.add_collection(bars)
        return self.moving(bars)

    def limits(self, ax: Axes, x: tuple[float, float] | None = None, y: tuple[float, float] | None = None) -> None:
        """New limits of axes. Where they are others than before the background is drawn again, which takes longer."""
        for new, old, put in ((x, ax.get_xlim(), ax.set_xlim), (y, ax.get_ylim(), ax.set_ylim)):
            if new is not None and tuple(new) != tuple(old):
                put(*new)
                self._background = None

    def png(self, state: Any) -> bytes:
        """The picture of `state`."""
        self.move(state)
        self._draw()
        return encoded(np.asarray(self.canvas.buffer_rgba()))

    @styled
    def _make(self) -> None:
        self.figure = _figure(self.height)
        self.canvas = FigureCanvasAgg(self.figure)
        self.build(self.figure)
        self._moving.sort(key=lambda artist: artist.get_zorder())

    @styled
    def _draw(self) -> None:
        if self._background is None:
            self.canvas.draw()  # without the moving artists, since these are animated
            self._background = self.canvas.copy_from_bbox(self.figure.bbox)
        else:
            self.canvas.restore_region(self._background)
        renderer = self.canvas.get_renderer()
        for artist in self._moving:
            artist.draw(renderer)


class Ruler:
    """Numbers below a horizontal axis whose limits move, in half the time that matplotlib's own axis takes.

    Parameters
    ----------
    picture : Picture
    ax : Axes
    label : str
        Stands below the numbers and does not move.
    """

    def __init__(self, picture: Picture, ax: Axes, label: str) -> None:
        self.ax = ax
        self._inches = ax.get_position().width * WIDTH
        self._locator = MaxNLocator(5, steps=[1, 2, 5, 10])
        ax.set_xticks([])
        across = ax.get_xaxis_transform()
        below, further = (ScaledTranslation(0, -inches, ax.figure.dpi_scale_trans) for inches in (0.25, 0.5))
        words: dict[str, Any] = {"ha": "center", "va": "baseline", "color": COLOURS["text"]}
        ax.text(0.5, 0, names(label), fontsize=12, transform=ax.transAxes + further, **words)
        # marker 3 is a tick below
        ticks = ax.plot([], [], ls="none", marker=3, ms=4, color=COLOURS["text"], transform=across, clip_on=False)
        self._ticks = picture.moving(ticks[0])
        self._numbers = [picture.moving(ax.text(0, 0, "", transform=across + below, **words)) for _ in range(7)]

    def __call__(self, low: float, high: float) -> None:
        """New limits."""
        self.ax.set_xlim(low, high)
        at = self._locator.tick_values(low, high)
        decimals = max(0, int(np.ceil(-np.log10(at[1] - at[0]) - 1e-9)))
        shown = [(value, f"{value + 0.0:.{decimals}f}".replace("-", "\N{MINUS SIGN}")) for value in at]
        # Numbers stay above the axis: one at its very end would be cut off.
        half = 0.045 * max(len(text) for _, text in shown) / self._inches * (high - low)
        shown = [(value, text) for value, text in shown if low + half <= value <= high - half]
        self._ticks.set_data([value for value, _ in shown], [0] * len(shown))
        for number, (value, text) in zip(self._numbers, shown + [(low, "")] * len(self._numbers), strict=False):
            number.set_x(value)
            number.set_text(text)


def outlines(edges: np.ndarray, heights: np.ndarray) -> list[np.ndarray]:
    """Corners of the bars of a histogram, each of shape (4, 2), for ``set_verts``; empty bars are left out."""
    low, high, top = edges[:-1][heights > 0], edges[1:][heights > 0], heights[heights > 0]
    zero = np.zeros_like(top)
    return list(np.stack([np.stack([low, low, high, high], 1), np.stack([zero, top, top, zero], 1)], 2))


def encoded(pixels: np.ndarray) -> bytes:
    """PNG bytes of an RGBA array in the colours of the lessons: a third of the time and of the bytes of full colour."""
    image = Image.fromarray(pixels).convert("RGB").quantize(palette=_palette(), dither=Image.Dither.NONE)
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=1)
    return file.getvalue()


@cache
def _palette() -> Image.Image:
    """The colours by role thinned with white in twelve steps, greys, and a coarse grid of all others."""
    thinned = [light(colour, share) for colour in set(COLOURS.values()) for share in np.linspace(1, 0, 12, False)]
    greys = [(share,) * 3 for share in np.linspace(0, 1, 24)]
    others = list(itertools.product((0, 1 / 3, 2 / 3, 1), repeat=3))
    colours = np.unique(np.round(255 * np.array(thinned + greys + others)).astype(np.uint8), axis=0)
    image = Image.new("P", (1, 1))
    image.putpalette(colours.ravel().tolist())
    return image


@styled
def with_numbers(png: bytes, title: str, left: list[str], right: list[str]) -> bytes:
    """A still for pages without a kernel: the picture between its title and two columns of numbers."""
    columns = [[row for line in lines for row in wrapped(names(line), 3.3).split("\n")] for lines in (left, right)]
    height = 0.15 + 0.22 * max(map(len, columns))
    below = _figure(height)
    for x, column in zip((0.03, 0.52), columns, strict=True):
        for row, text in enumerate(column):
            below.text(x, 1 - (0.17 + 0.22 * row) / height, text, size=11, va="baseline")
    title = wrapped(title, 0.88 * WIDTH)
    above = _figure(0.2 + 0.22 * (title.count("\n") + 1))
    above.text(0.03, 0.4, title, size=13, va="center", weight="bold")
    picture = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))
    return encoded(np.vstack([_pixels(above), picture, _pixels(below)]))


def _figure(height: float) -> Figure:
    """A figure of the usual width, whose axes stay where they are put."""
    figure = Figure(figsize=(WIDTH, height), dpi=DPI)
    figure.set_layout_engine("none")
    return figure


def _pixels(figure: Figure) -> np.ndarray:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())
