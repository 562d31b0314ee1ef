"""A picture that moves: drawn once, then only what changes is drawn again, and handed on as PNG bytes.

Never pyplot: its figures belong to the cell that runs, and come out blank or cut in a callback.
"""

from __future__ import annotations

import io
import itertools
from functools import cache
from typing import Any, TypeVar

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
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

    height: float = 3.4

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
        self.figure = Figure(figsize=(WIDTH, self.height), dpi=DPI, layout="none")
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


def outlines(edges: np.ndarray, heights: np.ndarray) -> np.ndarray:
    """Corners of the bars of a histogram, shape (bars, 4, 2), for ``PolyCollection.set_verts``; empty ones left out."""
    low, high, top = edges[:-1][heights > 0], edges[1:][heights > 0], heights[heights > 0]
    zero = np.zeros_like(top)
    return np.stack([np.stack([low, low, high, high], 1), np.stack([zero, top, top, zero], 1)], 2)


def encoded(pixels: np.ndarray, compression: int = 1) -> bytes:
    """PNG bytes of an RGBA array in the colours of the lessons: a third of the time and of the bytes of full colour."""
    image = Image.fromarray(pixels).convert("RGB").quantize(palette=_palette(), dither=Image.Dither.NONE)
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=compression)
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
def captioned(png: bytes, title: str, *columns: list[str]) -> bytes:
    """A still for pages without a kernel: the picture between its title and columns of text that share the width."""
    inches = 6.6 / len(columns)
    texts = [[row for line in lines for row in wrapped(names(line), inches).split("\n")] for lines in columns]
    height = 0.15 + 0.22 * max(map(len, texts))
    below = Figure(figsize=(WIDTH, height), dpi=DPI, layout="none")
    for number, column in enumerate(texts):
        for row, text in enumerate(column):
            below.text(
                0.03 + 0.98 * number / len(texts), 1 - (0.17 + 0.22 * row) / height, text, size=11, va="baseline"
            )
    title = wrapped(title, 0.72 * WIDTH)  # bold letters are wide
    above = Figure(figsize=(WIDTH, 0.2 + 0.22 * (title.count("\n") + 1)), dpi=DPI, layout="none")
    above.text(0.03, 0.4, title, size=13, va="center", weight="bold")
    picture = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))
    return encoded(np.vstack([_pixels(above), picture, _pixels(below)]), compression=9)  # it is stored in notebooks


def _pixels(figure: Figure) -> np.ndarray:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())
