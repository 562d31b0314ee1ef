"""A picture in words, with its numbers: for those who cannot see it, and for pages that show no pictures."""

from __future__ import annotations

import html
import re
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

_FEW = 12  # points, rows and labels that are named one by one
_shown: list[str] = []  # pictures of the cell that runs, in words


def in_words(figure: Figure) -> str:
    """What a figure shows: titles, axes, the numbers of its rows and bars, its key, and what is written in it.

    Parameters
    ----------
    figure : matplotlib.figure.Figure

    Returns
    -------
    str
        One paragraph.
    """
    panels = [ax for ax in figure.axes if ax.get_visible() and (ax.has_data() or ax.texts)]
    said = [_plain(figure.get_suptitle())]
    for number, ax in enumerate(panels, 1):
        sentences = _panel(ax)
        if sentences and len(panels) > 1:
            sentences[0] = f"Panel {number}: {sentences[0]}"
        said += sentences
    return " ".join(map(_closed, filter(None, said))) or "An empty picture."


def speak_in_notebooks() -> None:
    """In a notebook, have every figure that is shown followed by its words, folded away below."""
    try:
        from IPython import get_ipython
    except ImportError:
        return
    shell = get_ipython()
    if shell is None or _tell_shown in shell.events.callbacks["post_run_cell"]:
        return

    def before_a_cell(info: Any) -> None:
        shell.display_formatter.formatters["text/plain"].for_type(Figure, _as_plain_text)

    # Where pictures are shown inline, matplotlib sets that up when it first draws, and throws out what was registered
    # for figures. So it is made to set it up now, and the words are registered once more before each cell.
    plt.draw_if_interactive()
    before_a_cell(None)
    shell.events.register("pre_run_cell", before_a_cell)
    shell.events.register("post_run_cell", _tell_shown)


def _as_plain_text(figure: Figure, printer: Any, cycle: bool) -> None:
    try:
        words = in_words(figure)
    except Exception:  # a picture of a kind unknown here must still be shown
        printer.text(repr(figure))
        return
    _shown.append(words)
    printer.text(words)


def _tell_shown(result: Any) -> None:
    from IPython.display import HTML, display

    for words in _shown:
        text = html.escape(words, quote=False)
        display(HTML(f"<details><summary>The picture in words</summary><p>{text}</p></details>"))
    _shown.clear()


# ---- one panel


def _panel(ax: Axes) -> list[str]:
    said = [_plain(title) for place in ("left", "center", "right") if (title := ax.get_title(loc=place))]
    if ax.axison:
        said += [_axis(ax, "x"), _axis(ax, "y")]
    rows = _rows(ax)
    said += rows
    if not rows:
        said.append(_drawn(ax))
    legend = ax.get_legend()
    if legend is not None and (entries := [_plain(text.get_text()) for text in legend.get_texts()]):
        said.append(f"Key: {'; '.join(entries)}")
    written = [_plain(text.get_text()) for text in ax.texts if text.get_visible() and text.get_text().strip()]
    if written:
        said.append(f"Written in it: {'; '.join(written)}")
    return [sentence for sentence in said if sentence]


def _axis(ax: Axes, which: str) -> str:
    """The label of an axis, and its ends where it is one of numbers; panels that share an axis label it once."""
    axis = ax.xaxis if which == "x" else ax.yaxis
    label = _plain(axis.label.get_text())
    if _categories(ax, which) or not len(axis.get_ticklocs()):
        ends = ""
    else:
        low, high = sorted(ax.get_xlim() if which == "x" else ax.get_ylim())
        ends = f"from {_number(low)} to {_number(high)}"
    where = "Across" if which == "x" else "Upwards"
    return f"{where}: {', '.join(part for part in (label, ends) if part)}" if label else ""


def _categories(ax: Axes, which: str) -> dict[float, str]:
    """Place -> name of an axis whose ticks are names, not numbers."""
    axis = ax.xaxis if which == "x" else ax.yaxis
    ticks = dict(zip(axis.get_ticklocs(), (_plain(label.get_text()) for label in axis.get_ticklabels()), strict=False))
    low, high = sorted(ax.get_xlim() if which == "x" else ax.get_ylim())
    names = {float(place): name for place, name in ticks.items() if name and low <= place <= high}
    numbers = all(re.fullmatch(r"[\d.,−\-+e%]+", name) for name in names.values())
    return {} if numbers or not 0 < len(names) <= _FEW else names


def _rows(ax: Axes) -> list[str]:
    """The numbers that belong to each name on an axis of names: of points, lines, intervals and bars."""
    for which in ("y", "x"):
        names = _categories(ax, which)
        if names:
            points = _points(ax)
            along, across = (points[:, 1], points[:, 0]) if which == "y" else (points[:, 0], points[:, 1])
            rows = []
            for place, name in names.items():
                numbers = dict.fromkeys(_number(value) for value in np.sort(across[np.abs(along - place) < 0.45]))
                if 0 < len(numbers) <= _FEW:
                    rows.append(f"{name}: {', '.join(numbers)}")
            return rows
    return []


def _points(ax: Axes) -> np.ndarray:
    """Places of all that is drawn at a few places: markers, ends of intervals, tops of bars."""
    found = [np.empty((0, 2))]
    for line in ax.lines:
        if line.get_transform().contains_branch(ax.transData) and len(_data(line)) <= 3 * _FEW:
            found.append(_data(line))
    for collection in ax.collections:
        if isinstance(collection, LineCollection):
            found += [np.asarray(segment, dtype=float) for segment in collection.get_segments()]
        elif isinstance(collection, PathCollection):
            places = np.asarray(collection.get_offsets(), dtype=float)
            found += [places] if len(places) <= 3 * _FEW else []
    for bars in ax.containers:
        if isinstance(bars, BarContainer):
            for bar in bars:
                upright = bars.orientation == "vertical"
                middle = (bar.get_x() + bar.get_width() / 2, bar.get_y() + bar.get_height() / 2)
                end = (
                    (middle[0], bar.get_y() + bar.get_height())
                    if upright
                    else (bar.get_x() + bar.get_width(), middle[1])
                )
                found.append(np.array([end]))
    points = np.vstack(found)
    return points[np.isfinite(points).all(axis=1)]


def _drawn(ax: Axes) -> str:
    """How many points and lines are drawn, where they are too many to be named."""
    dots = [np.asarray(c.get_offsets()) for c in ax.collections if isinstance(c, PathCollection)]
    dots += [_data(line) for line in ax.lines if line.get_linestyle() == "None"]
    points = sum(map(len, dots))
    strokes = [_data(line) for line in ax.lines if line.get_linestyle() != "None"]
    strokes += [np.asarray(part) for c in ax.collections if isinstance(c, LineCollection) for part in c.get_segments()]
    counts = [f"{n:,} {noun}{'' if n == 1 else 's'}" for n, noun in ((points, "point"), (len(strokes), "line")) if n]
    slopes = [slope for stroke in strokes if (slope := _slope(stroke)) is not None]
    steep = f", with slope {', '.join(map(_number, slopes))}" if 0 < len(slopes) == len(strokes) <= 3 else ""
    return f"Drawn: {' and '.join(counts)}{steep}" if counts else ""


def _data(line: Line2D) -> np.ndarray:
    """Places of the points of a line, shape (points, 2)."""
    return np.asarray(line.get_xydata(), dtype=float)


def _slope(stroke: np.ndarray) -> float | None:
    """The slope of a line that is straight and not upright."""
    if len(stroke) < 2 or not np.isfinite(stroke).all() or np.ptp(stroke[:, 0]) == 0:
        return None
    x, y = stroke[:, 0], stroke[:, 1]
    slope = (y[-1] - y[0]) / (x[-1] - x[0])
    straight = np.allclose(y, y[0] + slope * (x - x[0]), rtol=0, atol=1e-6 * (np.ptp(y) + 1e-12))
    return float(slope) if straight else None


def _closed(sentence: str) -> str:
    return sentence if sentence.endswith("?") else f"{sentence.rstrip(' .')}."


def _number(value: float) -> str:
    return f"{value + 0.0:.3g}".replace("-", "\N{MINUS SIGN}")


def _plain(text: str) -> str:
    """A label without the marks of mathematics, in one line."""
    text = re.sub(r"\\(mathrm|mathit|operatorname|text)\b", "", text.replace(r"\$", "$"))
    text = text.replace(r"\times", "×").replace(r"\cdot", "·").replace(r"\pm", "±")
    return " ".join(re.sub(r"[${}\\]", "", text).split())
