"""Diagrams: the path diagram of a 1-1-1 mediation, and the reshape that stacks y on m."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle

from ..errors import MlmedError
from ..stacked import stack
from .style import COLOURS, WIDTH, figure_title, names, new_axes, number, set_title, styled


def _light(colour: str, share: float = 0.35) -> tuple[float, ...]:
    """A colour thinned with white, as a ground for dark text."""
    return tuple(1 - share * (1 - part) for part in to_rgb(colour))


def _label(value: float | str | None, name: str, average: str) -> str:
    if value is None:
        return f"${name}$"
    return names(value) if isinstance(value, str) else f"{average} = {number(float(value))}"


@styled
def path_diagram(
    a: float | str | None = None,
    b: float | str | None = None,
    cprime: float | str | None = None,
    cov_ab: float | str | None = None,
    labels: tuple[str, str, str] = ("x", "m", "y"),
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Triangle of x, m and y with the three paths, and the covariance of two of them.

    Parameters
    ----------
    a, b, cprime : float or str, optional
        What stands at the paths x -> m, m -> y and x -> y: a number (shown as "a = 0.612"), any text, or by default the
        name of the cluster's own path, a_j, b_j and c'_j.
    cov_ab : float or str, optional
        Covariance of a_j and b_j over clusters, drawn as a dashed double arrow between the two paths; none by default.
    labels : tuple of str
        Names of the three variables.
    title : str, optional
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    MlmedError
        `labels` are not three names.
    """
    if isinstance(labels, str) or len(labels) != 3:
        raise MlmedError(f"labels must be three names, for x, m and y, but it is {labels!r}.")
    ax = new_axes(ax, 3.5)
    ax.set(xlim=(0, 10), ylim=(0.6, 5.1), aspect="equal")
    ax.axis("off")
    centres = {"x": (1.5, 1.5), "m": (5.0, 4.5), "y": (8.5, 1.5)}
    boxes = {}
    for (role, (cx, cy)), label in zip(centres.items(), labels, strict=True):
        width = 1.0 + 0.17 * max(0, len(str(label)) - 3)
        boxes[role] = ax.add_patch(
            FancyBboxPatch(
                (cx - width / 2, cy - 0.4),
                width,
                0.8,
                boxstyle="round,pad=0.08",
                lw=1.6,
                fc=_light(COLOURS[role]),
                ec=COLOURS["text"],
                zorder=3,
            )  # fmt: skip
        )
        ax.text(cx, cy, str(label), ha="center", va="center", fontsize=15, zorder=4)
    arrows = {"a": ("x", "m"), "b": ("m", "y"), "cprime": ("x", "y")}
    for path, (start, end) in arrows.items():
        ax.add_patch(
            FancyArrowPatch(
                centres[start],
                centres[end],
                patchA=boxes[start],
                patchB=boxes[end],
                shrinkA=3,
                shrinkB=3,
                arrowstyle="-|>",
                mutation_scale=20,
                lw=2.4,
                color=COLOURS[path],
                zorder=2,
            )  # fmt: skip
        )
    ax.text(3.0, 3.15, _label(a, "a_j", "$a$"), ha="right", fontsize=14, color=COLOURS["a"])
    ax.text(7.0, 3.15, _label(b, "b_j", "$b$"), ha="left", fontsize=14, color=COLOURS["b"])
    ax.text(5.0, 1.3, _label(cprime, "c'_j", "$c'$"), ha="center", va="top", fontsize=14, color=COLOURS["cprime"])
    if cov_ab is not None:
        ax.add_patch(
            FancyArrowPatch(
                (3.35, 3.0),
                (6.65, 3.0),
                connectionstyle="arc3,rad=0.25",
                arrowstyle="<|-|>",
                mutation_scale=14,
                lw=2,
                ls=(0, (4, 2)),
                color=COLOURS["cov"],
                zorder=1,
            )  # fmt: skip
        )
        text = _label(cov_ab, "", "cov($a_j$, $b_j$)")
        # Orange letters would be too pale to read; the arrow carries the colour.
        ax.text(5.0, 2.45, text, ha="center", va="top", fontsize=12)
    set_title(ax, title or "x acts on y directly and through m")
    return ax


@styled
def stacking(
    data: pd.DataFrame,
    rows: int = 3,
    title: str | None = None,
    x: str = "x",
    m: str = "m",
    y: str = "y",
    group: str = "id",
) -> Figure:
    """The reshape in a picture: first rows of a table as it is, and stacked as `mlmed_teach.stack` makes it.

    Parameters
    ----------
    data : DataFrame
        The whole table, one row for each observation.
    rows : int
        How many of its first rows to show, 1 to 6.
    title : str, optional
    x, m, y, group : str
        Columns.

    Returns
    -------
    Figure

    Raises
    ------
    MlmedError
        As `stack`; or `rows` is not a whole number from 1 to 6.
    """
    long = stack(data, x, m, y, group)
    if rows not in range(1, 7):
        raise MlmedError(f"rows must be a whole number from 1 to 6, so that all stays readable, but it is {rows!r}.")
    rows = min(int(rows), len(data))
    wide_names = [group, x, m, y]
    wide = data[wide_names].head(rows).to_numpy(dtype=object)
    stacked = long[["fid", "sm", "id", "x", "m", "z", "sy"]].head(2 * rows).to_numpy(dtype=object)
    ground = {m: _light(COLOURS["m"], 0.5), y: _light(COLOURS["y"], 0.5)}
    figure = plt.figure(figsize=(WIDTH, 1.2 + 0.32 * (2 * rows + 1)))
    ax = figure.add_subplot()
    ax.set(xlim=(-0.05, 12.65), ylim=(2 * rows + 1.1, -0.9))
    ax.axis("off")
    colours = {(r, c): ground[n] for r in range(rows) for c, n in enumerate(wide_names) if n in ground}
    top = rows / 2  # the short table stands at half height
    _table(ax, 0, top, wide_names, wide, colours)
    source = [y if row[6] else m for row in stacked]  # y on the rows with sy = 1
    colours = {(r, 5): ground[name] for r, name in enumerate(source)}
    colours |= {(r, 6 if name == y else 1): ground[name] for r, name in enumerate(source)}
    _table(ax, 5.6, 0, ["fid", "sm", group, x, m, "z", "sy"], stacked, colours)
    for r, name in enumerate(source):
        start = top + r // 2 + (1.3 if name == y else 1.7)
        style = {"arrowstyle": "-|>", "lw": 2, "shrinkA": 0, "shrinkB": 0}
        ax.annotate(
            "", (5.55, r + 1.5), (4.05, start), arrowprops=style | {"color": COLOURS["y" if name == y else "m"]}
        )
    ax.text(2, top - 0.5, f"{rows} rows as they are", ha="center", va="center", fontsize=12)
    ax.text(9.1, -0.5, f"{2 * rows} rows, stacked: z is {y}, then {m}", ha="center", va="center", fontsize=12)
    figure_title(figure, title or f"Each row becomes two: one with {y} in z (sy = 1), one with {m} in z (sm = 1)")
    return figure


def _table(ax: Axes, left: float, top: float, heads: list[str], cells, colours: dict[tuple[int, int], tuple]) -> None:
    """Cells of one unit, the heads above them; numbers that are not whole get two decimals."""
    for c, head in enumerate(heads):
        ax.text(left + c + 0.5, top + 0.5, head, ha="center", va="center", fontweight="bold")
        for r, row in enumerate(cells):
            corner = (left + c, top + r + 1)
            ax.add_patch(Rectangle(corner, 1, 1, fc=colours.get((r, c), "white"), ec="#BBBBBB", lw=0.8))
            value = row[c]
            text = f"{value:.2f}".replace("-", "\N{MINUS SIGN}") if isinstance(value, float) else str(value)
            ax.text(corner[0] + 0.5, corner[1] + 0.5, text, ha="center", va="center", fontsize=10.5)
