"""A picture that two labs share: a normal curve over the draws that it stands for, and the interval of each."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..plots import COLOURS, finish
from ..show import picture_number as number
from ..typing import Array
from .picture import Picture, Ruler, outlines

_BINS = 64


class CurveAndDraws(Picture):
    """Above two intervals, below the distributions that they come from.

    Attributes
    ----------
    xlabel : str
    rows : tuple of str
        What stands at the left: interval of the curve, interval of the draws, the curve, the draws.
    left : float
        Share of the width that these take.
    """

    height = 3.2
    xlabel: ClassVar[str]
    rows: ClassVar[tuple[str, str, str, str]]
    left: ClassVar[float] = 0.24

    def build(self, figure: Figure) -> None:
        self.above = figure.add_axes((self.left, 0.74, 0.95 - self.left, 0.22))
        self.below = figure.add_axes((self.left, 0.19, 0.95 - self.left, 0.53))
        finish(self.above, None, "", "")
        finish(self.below, None, "", "")
        for ax in (self.above, self.below):
            ax.grid(False)
            ax.spines[["left", "bottom"] if ax is self.above else ["left"]].set_visible(False)
            ax.set_yticks([])
        self.above.set_xticks([])
        self.above.set_ylim(-0.6, 1.6)
        self.below.set_ylim(0, 1.08)
        self.ruler = Ruler(self, self.below, self.xlabel)
        red: dict[str, Any] = {"color": COLOURS["b"]}
        grey: dict[str, Any] = {"color": COLOURS["cluster"]}
        for ax, y, text, sample in zip(
            (self.above, self.above, self.below, self.below),
            (1, 0, 0.55, 0.25),
            self.rows,
            (red, grey, red, grey),
            strict=True,
        ):
            self._label(ax, y, text, sample)
        thick: dict[str, Any] = {"lw": 7, "solid_capstyle": "butt"}
        self.of_curve = self.moving(self.above.plot([], [], **red, **thick)[0])
        self.of_draws = self.moving(self.above.plot([], [], **grey, **thick)[0])
        self.heap = self.bars(self.below, COLOURS["cluster"])
        self.curve = self.moving(self.below.plot([], [], **red, lw=2.5, zorder=3)[0])
        line: dict[str, Any] = {"color": COLOURS["average"], "lw": 1.5, "ls": (0, (4, 2)), "zorder": 4}
        self.centres = [self.moving(ax.plot([], [], **line)[0]) for ax in (self.above, self.below)]

    def _label(self, ax: Axes, y: float, text: str, sample: dict[str, Any]) -> None:
        """A line of the column at the left, with a sample of what it names."""
        ax.text(-0.05, y, text, transform=ax.get_yaxis_transform(), ha="right", va="center", fontsize=11)
        ends: dict[str, Any] = {
            "transform": ax.get_yaxis_transform(),
            "clip_on": False,
            "solid_capstyle": "butt",
            "lw": 5,
        }
        ax.plot([-0.04, -0.012], [y, y], **ends, **sample)

    def place(
        self,
        draws: Array,
        centre: float,
        se: float,
        of_curve: tuple[float, float],
        of_draws: tuple[float, float],
        holds: tuple[float, ...] = (),
    ) -> None:
        """Show draws, the normal curve around `centre` with standard deviation `se`, and an interval of each.

        The horizontal axis holds the values of `holds` too.
        """
        tails = np.percentile(draws, [0.5, 99.5])
        low, high = min(tails[0], centre - 3.3 * se), max(tails[1], centre + 3.3 * se)
        room = 0.05 * (high - low)
        low, high = min([low, *(value - room for value in holds)]), max([high, *(value + room for value in holds)])
        # Axes end at multiples of a power of 2, so that they stay as they are in most moves.
        unit = 2.0 ** np.ceil(np.log2((high - low) / 5))
        ends = (float(np.floor(low / unit) * unit), float(np.ceil(high / unit) * unit))
        self.above.set_xlim(*ends)
        self.ruler(*ends)
        counts, edges = np.histogram(draws, _BINS, range=ends)
        density = counts / (len(draws) * (edges[1] - edges[0]))
        grid = np.linspace(*ends, 201)
        normal = np.exp(-0.5 * ((grid - centre) / se) ** 2) / (se * np.sqrt(2 * np.pi))
        highest = max(density.max(), normal.max())
        self.curve.set_data(grid, normal / highest)
        self.heap.set_verts(outlines(edges, density / highest))
        self.of_curve.set_data(of_curve, [1, 1])
        self.of_draws.set_data(of_draws, [0, 0])
        for line, ends in zip(self.centres, ((-0.6, 1.5), (0, 1.08)), strict=True):
            line.set_data([centre] * 2, ends)


def interval(limits: tuple[float, float]) -> str:
    """Limits in words."""
    return f"{number(limits[0])} to {number(limits[1])}"


def lean(draws: Array) -> tuple[float, str]:
    """Skewness of draws, and to which side their longer tail points."""
    from_mean = draws - draws.mean()
    skewness = float(np.mean(from_mean * from_mean * from_mean) / draws.std() ** 3)
    side = "right" if skewness > 0 else "left"
    return skewness, "symmetric" if abs(skewness) < 0.1 else f"with its longer tail to the {side}"
