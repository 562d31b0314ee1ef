"""One style for every picture: colours by role, readable sizes, and the few helpers that all drawings share."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from functools import wraps
from typing import Any, Literal, ParamSpec, TypeVar

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path
from matplotlib.transforms import ScaledTranslation
from numpy.typing import ArrayLike

from ..errors import MlmedError
from ..words import described, shortened
from .in_words import speak_in_notebooks

P = ParamSpec("P")
R = TypeVar("R")

# Okabe & Ito's palette (Color Universal Design, 2008), told apart with every common kind of colour vision.
_BLACK, _ORANGE, _SKY, _GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
_BLUE, _VERMILLION, _PURPLE = "#0072B2", "#D55E00", "#CC79A7"
_GREY, _DARK = "#999999", "#333333"

COLOURS: dict[str, str] = {
    "a": _BLUE,
    "b": _VERMILLION,
    "cprime": _GREEN,
    "cov": _ORANGE,
    "x": "#666666",
    "m": _SKY,
    "y": _PURPLE,
    "cluster": _GREY,
    "average": _BLACK,
    "accent": _ORANGE,
    "text": _DARK,
}
"""Role -> colour. Paths a, b, c' and the covariance of a_j and b_j, the three variables, clusters, their average."""

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"  # where a name was cut
WIDTH = 7.0  # inches; 700 pixels, which a JupyterLab cell shows without scaling

_GRID: dict[str, Any] = {"color": "#DDDDDD", "linewidth": 0.8}
_STYLE: dict[Any, Any] = {
    "figure.figsize": (WIDTH, 4.2),
    "figure.dpi": 100,
    "figure.facecolor": "white",  # not transparent: dark labels must stay readable in a dark theme
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.h_pad": 0.08,
    "figure.constrained_layout.w_pad": 0.08,
    "figure.titlesize": 13,
    "savefig.facecolor": "white",
    "axes.facecolor": "white",
    "axes.prop_cycle": cycler(color=[_BLUE, _VERMILLION, _GREEN, _PURPLE, _ORANGE, _SKY, _BLACK]),
    "axes.titlesize": 13,
    "axes.labelsize": 12,
    "axes.labelcolor": _DARK,
    "axes.titlecolor": _DARK,
    "axes.edgecolor": _DARK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": _GRID["color"],
    "grid.linewidth": _GRID["linewidth"],
    "font.size": 11,
    "legend.fontsize": 11,
    "legend.framealpha": 0.9,
    "legend.edgecolor": "none",
    "lines.linewidth": 2,
    "text.color": _DARK,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
    "xtick.color": _DARK,
    "ytick.color": _DARK,
}


def use_style() -> None:
    """Give your own matplotlib pictures the look of the lessons, until the kernel is restarted.

    In a notebook, what each picture shows is also said in words, folded away below it.
    """
    plt.rcParams.update(_STYLE)
    speak_in_notebooks()


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Let a function draw in this style without changing the user's settings."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> R:
        with plt.rc_context(_STYLE):
            return draw(*args, **kwargs)

    return drawn


def new_axes(ax: Axes | None, height: float = 4.2) -> Axes:
    """The given axes, or those of a new figure of the usual width and a height in inches."""
    if ax is None:
        ax = plt.subplots(figsize=(WIDTH, height))[1]
    elif not isinstance(ax, Axes):
        raise MlmedError(f"ax must be one matplotlib Axes, as plt.subplots() gives it; this is {described(ax)}.")
    return ax


def finish(ax: Axes, title: str | None, xlabel: str, ylabel: str, grid: Literal["both", "x", "y"] = "both") -> Axes:
    """Label the axes and fix on them what matplotlib would otherwise look up later, outside of the style."""
    size = _STYLE["axes.labelsize"]
    ax.set_xlabel(names(xlabel), fontsize=size, color=_DARK)
    ax.set_ylabel(names(ylabel), fontsize=size, color=_DARK)
    ax.spines[["top", "right"]].set_visible(False)
    ax.set_axisbelow(True)
    ax.tick_params(labelsize=_STYLE["xtick.labelsize"], color=_DARK, labelcolor=_DARK)
    ax.grid(False)
    ax.grid(True, axis=grid, **_GRID)
    set_title(ax, title)
    return ax


def legend_above(ax: Axes, share: float = 0.25) -> None:
    """A legend at the upper left, above what is drawn: `share` of the height is added for it."""
    bottom, top = ax.get_ylim()
    ax.set_ylim(bottom, top + share * (top - bottom))
    ax.legend(loc="upper left")


def legend_below(ax: Axes, ncols: int, down: float = 0.6, **entries: Any) -> None:
    """A legend below the label of the horizontal axis, at the same distance whatever the height of the axes."""
    place = ax.transAxes + ScaledTranslation(0, -down, ax.figure.dpi_scale_trans)  # inches: tick labels, then the label
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, 0), bbox_transform=place, ncols=ncols, **entries)


def set_title(ax: Axes, title: str | None, width: float | None = None) -> None:
    """Put a title above axes, in as many lines as their width asks for: `width` inches, if the axes do not know it."""
    if title:
        if width is None:
            width = ax.bbox.width / ax.figure.dpi
        ax.set_title(title_lines(title, width))


def width_of(text: str, size: float) -> float:
    """Inches that a line takes, in a given size of letters."""
    plain = text.replace(r"\$", "")
    return text_to_path.get_text_width_height_descent(plain, FontProperties(size=size), "$" in plain)[0] / 72


def figure_title(figure: Figure, title: str) -> None:
    """Put a title above all panels."""
    figure.suptitle(title_lines(title, 0.88 * figure.get_figwidth()))


def title_lines(text: str, inches: float) -> str:
    """A title in lines that fit; line breaks that are there already are kept."""
    text = names(text)
    return text if "\n" in text else textwrap.fill(text, max(20, int(inches * 12)), break_long_words=False)


def names(text: str) -> str:
    """Set a_j, b_j and c'_j as mathematics, unless the text has mathematics of its own."""
    return text if "$" in text else re.sub(r"(?<!\w)(a|b|c')_j\b", r"$\1_j$", text)


def plain_dollar(text: object) -> str:
    """A name as it is written: a single dollar sign, as in "cost ($)", begins no mathematics."""
    text = str(text)
    return text.replace("$", r"\$") if text.count("$") == 1 else text


def short_label(name: object, length: int) -> str:
    """A name of at most so many letters, as it is written."""
    return plain_dollar(shortened(name, length, ELLIPSIS))


def light(colour: str, share: float = 0.35) -> tuple[float, ...]:
    """A colour thinned with white, as a ground for dark text."""
    return tuple(1 - share * (1 - part) for part in to_rgb(colour))


def line_of(x: ArrayLike, y: ArrayLike) -> tuple[float, float] | None:
    """Intercept and slope of the least-squares line, or None where x does not vary."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if len(x) < 2 or np.ptp(x) == 0:
        return None
    dx = x - x.mean()
    slope = float(dx @ (y - y.mean()) / (dx @ dx))
    return float(y.mean() - slope * x.mean()), slope


def as_list(values: object) -> list:
    """One cluster or several, as a list."""
    return [values] if isinstance(values, str) or not np.iterable(values) else list(values)
