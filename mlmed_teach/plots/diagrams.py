"""Diagrams: paths of a mediation, of raw scores or of each level, and the reshape that stacks y on m."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from ..errors import MlmedError
from ..show import picture_number, typeset
from ..stacked_model import LevelEffects, stack
from ..validation import real, whole
from ..words import agree, and_list, described
from .style import (
    COLOURS,
    WIDTH,
    figure_title,
    light,
    new_axes,
    plain_dollar,
    set_title,
    short_label,
    styled,
    title_lines,
)
from .triangle import ARROWS, LETTERS, UNIT, Path, Triangle, pair_of

_HEADS = {
    "between": "Between clusters (cluster means)",
    "latent": "Between clusters (latent means)",
    "within": "Within clusters (deviations from the cluster mean)",
}


@styled
def path_diagram(
    a: Path = None,
    b: Path = None,
    cprime: Path = None,
    cov_ab: Path = None,
    labels: tuple[str, str, str] = ("x", "m", "y"),
    title: str | None = None,
    ax: Axes | None = None,
    sd: Mapping[str, float] | None = None,
    moderators: Mapping[str, str] | None = None,
) -> Axes:
    """Triangle of x, m and y with the three paths, and the covariance of two of them.

    Parameters
    ----------
    a, b, cprime : float, str, (float, float) or Effect, optional
        What stands at the paths x -> m, m -> y and x -> y: a number (shown as "a = 0.612"), an estimate and its
        standard error ("a = 0.612 (0.047)"), any text, or by default the name of the cluster's own path, a_j, b_j and
        c'_j. A standard error that does not exist is NaN.
    cov_ab : float, str, (float, float) or Effect, optional
        Covariance of a_j and b_j over clusters, drawn as a dashed double arrow between the two paths; none by default.
    labels : tuple of str
        Names of the three variables; long ones are broken at underscores and spaces.
    title : str, optional
    ax : Axes, optional
    sd : dict or Series, optional
        Path ("a", "b", "cprime") -> standard deviation of its slope over clusters, as in ``med.sd_slopes``; shown in
        small print, which marks the random slopes.
    moderators : dict, optional
        Path -> name of what it depends on, drawn in a small box that points to the path.

    Returns
    -------
    Axes

    Raises
    ------
    MlmedError
        `labels` are not three names, or what stands at a path cannot be read.
    """
    labels = _three(labels)
    paths = {"a": a, "b": b, "cprime": cprime} | ({} if cov_ab is None else {"cov_ab": cov_ab})
    unit = UNIT if ax is None else min(new_axes(ax).bbox.width / 10, ax.bbox.height / 4.5) / ax.figure.dpi
    spreads = _spreads(sd)
    acting = _acting(moderators)
    triangle = Triangle(paths, labels, spreads, unit=unit, legend=_legend([paths], spreads, acting), moderators=acting)
    title = title or "{0} acts on {2} directly and through {1}".format(*map(plain_dollar, labels))
    if ax is None:
        lines = title_lines(title, 0.775 * WIDTH).count("\n") + 1
        ax = new_axes(None, round(0.2 + 0.22 * lines + unit * triangle.height, 2))
        ax.set_anchor("S")
    triangle.draw(ax)
    set_title(ax, title)
    return ax


@styled
def two_level_diagram(
    within: Mapping[str, Path] | LevelEffects | None,
    between: Mapping[str, Path] | LevelEffects | None,
    labels: tuple[str, str, str] = ("x", "m", "y"),
    title: str | None = None,
    sd: Mapping[str, float] | None = None,
    moderators: Mapping[str, str] | None = None,
) -> Figure:
    """Path diagrams of both levels: above the cluster means, below the deviations from them.

    Parameters
    ----------
    within, between : dict, Series, LevelEffects or None
        Path ("a", "b", "cprime") -> (estimate, standard error), or anything else that `path_diagram` takes; within
        clusters also "cov_ab". A path that is missing or None is not drawn, and a variable without any path within
        clusters is said not to vary there, as x in a 2-1-1 design. None leaves the whole level out.
    labels : tuple of str
        Names of x, m and y.
    title : str, optional
    sd : dict or Series, optional
        Standard deviations of the random slopes within clusters, as in `path_diagram`.
    moderators : dict, optional
        Path -> what it depends on at either level, as in `path_diagram`.

    Returns
    -------
    Figure

    Raises
    ------
    MlmedError
        No level at all, a path with an unknown name, a covariance between clusters or without its two paths, or
        anything else that cannot be read.

    Examples
    --------
    >>> from mlmed_teach import plots
    >>> within = {"a": (0.6, 0.05), "b": (0.5, 0.04), "cprime": (0.2, 0.04), "cov_ab": (0.1, 0.03)}
    >>> figure = plots.two_level_diagram(within, {"a": (0.3, 0.11), "b": (0.1, 0.12), "cprime": (0.2, 0.1)})
    >>> figure.get_suptitle()
    'Indirect effect of x on y: 0.400 within clusters, 0.030 between them'
    """
    labels = _three(labels)
    levels = {"between": _paths(between, "between"), "within": _paths(within, "within")}
    levels = {name: paths for name, paths in levels.items() if paths}
    if not levels:
        raise MlmedError("two_level_diagram needs the paths of at least one level, within= or between=.")
    spreads = {path: value for path, value in _spreads(sd).items() if path in levels.get("within", {})}
    acting = _acting(moderators)
    triangles = {name: Triangle(paths, labels, {}, 2.3, low=1.0, moderators=acting) for name, paths in levels.items()}
    if "within" in levels:
        absent = "does not vary within clusters"
        triangles["within"] = Triangle(
            levels["within"], labels, spreads, 2.3, absent=absent, low=1.0, moderators=acting
        )
    list(triangles.values())[-1].legend = _legend(levels.values(), spreads, acting)
    title = title or _indirect(levels, labels)
    heights = [triangle.height for triangle in triangles.values()]
    more = 0.42 + 0.2 * title_lines(title, 0.88 * WIDTH).count("\n") + 0.38 * len(levels)
    figure, axes = plt.subplots(
        len(levels), figsize=(WIDTH, round(more + UNIT * sum(heights), 2)), squeeze=False, height_ratios=heights
    )
    for ax, (name, triangle) in zip(axes.flat, triangles.items(), strict=True):
        triangle.draw(ax)
        means = "latent" if name == "between" and getattr(between, "level", "") == "latent" else name
        ax.set_title(_HEADS[means], loc="left", fontsize=12, fontweight="bold")
    figure_title(figure, title)
    return figure


def _three(labels: Any) -> tuple[str, str, str]:
    if isinstance(labels, str) or len(labels) != 3:
        raise MlmedError(f"labels must be three names, for x, m and y, but it is {labels!r}.")
    x, m, y = map(str, labels)
    return x, m, y


def _paths(level: Any, where: str) -> dict[str, Path]:
    """The paths of a level that are given."""
    if level is None:
        return {}
    if isinstance(level, LevelEffects):
        level = {path: getattr(level, path) for path in LETTERS}
    if not isinstance(level, Mapping | pd.Series):
        raise MlmedError(
            f"{where} must be a dict such as {{'a': (0.6, 0.05), 'b': (0.5, 0.04), 'cprime': (0.2, 0.04)}}, path -> "
            f"(estimate, standard error), but it is {described(level)}."
        )
    paths = {path: value for path, value in level.items() if value is not None}
    if unknown := [path for path in paths if path not in LETTERS]:
        raise MlmedError(f"{where} has a path {unknown[0]!r}; the paths are 'a', 'b', 'cprime' and 'cov_ab'.")
    if "cov_ab" in paths and (where == "between" or not {"a", "b"} <= set(paths)):
        raise MlmedError("cov_ab, the covariance of a_j and b_j, belongs to the paths a and b within clusters.")
    return paths


def _spreads(sd: Any) -> dict[str, float]:
    """Standard deviations of the slopes, checked."""
    if sd is None:
        return {}
    if not isinstance(sd, Mapping | pd.Series) or not set(sd.keys()) <= set(ARROWS):
        raise MlmedError(f"sd must be a dict with any of 'a', 'b' and 'cprime', as in med.sd_slopes, but it is {sd!r}.")
    return {path: real(value, f"The standard deviation of {path}", least=0) for path, value in sd.items()}


def _acting(moderators: Any) -> dict[str, str]:
    """Path -> moderator, checked."""
    if moderators is None:
        return {}
    if not isinstance(moderators, Mapping) or not set(moderators) <= set(ARROWS):
        raise MlmedError(
            "moderators must be a dict with any of 'a', 'b' and 'cprime', path -> the name of what it depends on, but "
            f"it is {moderators!r}."
        )
    return {path: str(name) for path, name in moderators.items()}


def _legend(levels: Iterable[Mapping[str, Path]], spreads: Mapping[str, float], acting: Mapping[str, str]) -> str:
    """What the numbers and the small boxes are, where that needs words."""
    paired = any(pair_of(value) is not None for paths in levels for value in paths.values())
    parts = ["estimate (standard error)"] if paired else []
    parts += ["SD: of the slope, over clusters"] if spreads else []
    for name in dict.fromkeys(acting.values()):
        paths = [LETTERS[path][1] for path, other in acting.items() if other == name]
        parts.append(f"{and_list(paths)} {agree(len(paths), 'depends', 'depend')} on {short_label(name, 24)}")
    return "; ".join(parts)


def _indirect(levels: dict[str, dict[str, Path]], labels: tuple[str, str, str]) -> str:
    """The default title of a diagram of the levels."""
    x, m, y = map(plain_dollar, labels)
    found: list[str] = []
    for name in ("within", "between"):
        paths = {path: (pair_of(value) or (value,))[0] for path, value in levels.get(name, {}).items()}
        sizes: list[Any] = [paths.get("a"), paths.get("b"), paths.get("cov_ab", 0.0)]
        if not any(size is None or isinstance(size, str) for size in sizes):
            a, b, cov = map(float, sizes)
            size = picture_number(a * b + cov, like=max(abs(a * b), abs(cov), 0.01))
            found.append(f"{size} {name} {'them' if found else 'clusters'}")
    if not found:
        return f"{x} acts on {y} directly and through {m}"
    return f"Indirect effect of {x} on {y}: {', '.join(found)}"


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
    rows = min(whole(rows, "rows", 1, 6), len(data))  # more would not be readable
    wide_names = [group, x, m, y]
    wide = data[wide_names].head(rows).to_numpy(dtype=object)
    stacked = long[["fid", "sm", "id", "x", "m", "z", "sy"]].head(2 * rows).to_numpy(dtype=object)
    ground = {m: light(COLOURS["m"], 0.5), y: light(COLOURS["y"], 0.5)}
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


def _table(
    ax: Axes, left: float, top: float, heads: list[str], cells: NDArray, colours: dict[tuple[int, int], tuple]
) -> None:
    """Cells of one unit, the heads above them; numbers that are not whole get two decimals."""
    for c, head in enumerate(heads):
        ax.text(left + c + 0.5, top + 0.5, head, ha="center", va="center", fontweight="bold")
        for r, row in enumerate(cells):
            corner = (left + c, top + r + 1)
            ax.add_patch(Rectangle(corner, 1, 1, fc=colours.get((r, c), "white"), ec="#BBBBBB", lw=0.8))
            value = row[c]
            text = typeset(value, ".2f") if isinstance(value, float) else str(value)
            ax.text(corner[0] + 0.5, corner[1] + 0.5, text, ha="center", va="center", fontsize=10.5)
