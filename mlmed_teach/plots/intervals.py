"""Pictures of intervals: several kinds for one effect, and how often they hold the truth."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..errors import MlmedError
from ..show import percent, picture_number
from ..stacked_model import KINDS, in_words, level_and_kind
from ..validation import check_level, real, require_columns
from ..words import listed
from .style import COLOURS, WIDTH, figure_title, finish, legend_below, new_axes, styled

_LOOKS = {
    "wald": ("Wald", "a", "o"),
    "monte_carlo": ("Monte Carlo", "b", "s"),
    "bootstrap": ("cluster bootstrap", "cprime", "^"),
    "bca": ("BCa bootstrap", "cprime", "v"),
    "profile": ("profile likelihood", "y", "D"),
}

_LINES = {"": "-", "joint": "-", "robust": "--", "gls": ":"}  # by whose standard errors an interval is made of
_OTHER_MARKERS = {"robust": "X", "gls": "P"}  # where an interval is there with those of several kinds


@styled
def interval_methods(
    table: pd.DataFrame,
    effect: str | None = None,
    truth: float | None = None,
    level: float = 0.95,
    title: str | None = None,
    ax: Axes | None = None,
    where_at: str = "",
) -> Axes:
    """Intervals of one effect by several methods, below each other.

    Parameters
    ----------
    table : DataFrame
        Index: effect and method; columns estimate, ci low, ci high, as ``med.intervals()`` makes it. A method without
        an interval shows its estimate only, and says so; a side without an end (an infinite limit) ends in an arrow.
    effect : str, optional
        By default the first.
    truth : float, optional
        True value, drawn as a dashed line.
    level : float
        Confidence level, for the labels.
    title : str, optional
    ax : Axes, optional
    where_at : str, optional
        Where the effect holds, of a model with moderators, as in "the mean of w (2.5)".

    Returns
    -------
    Axes

    Raises
    ------
    MlmedError
        Another kind of table, or an effect that is not in it.
    """
    if not isinstance(table, pd.DataFrame) or table.index.nlevels != 2:
        raise MlmedError(
            "interval_methods needs a table with effect and method as its index: med.intervals() makes one."
        )
    require_columns(table, ["estimate", "ci low", "ci high"])
    effects = list(dict.fromkeys(table.index.get_level_values(0)))
    effect = effects[0] if effect is None else effect
    if effect not in effects:
        raise MlmedError(f"The table has no effect {effect!r}. It has: {listed(effects, 9)}.")
    rows = table.loc[effect]
    ax = new_axes(ax, 1.5 + 0.45 * len(rows))
    finite = rows.where(np.isfinite(rows))
    width = (finite["ci high"] - finite["ci low"]).median()
    reach = finite.max(axis=None) - finite.min(axis=None)
    edges = finite.min(axis=None) - 0.1 * reach, finite.max(axis=None) + 0.1 * reach  # where open sides are drawn to
    for place, (estimate, low, high) in enumerate(rows.to_numpy(dtype=float)):
        ax.plot(estimate, place, "o", ms=9, color=COLOURS["a"], zorder=3)
        text = f"{picture_number(estimate, width)}, none"
        if low <= high:
            ax.plot(np.clip([low, high], *edges), [place, place], lw=3, color=COLOURS["a"], solid_capstyle="butt")
            open_left, open_right = np.isinf([low, high])
            if open_left:
                ax.plot(edges[0], place, "<", ms=9, color=COLOURS["a"])
            if open_right:
                ax.plot(edges[1], place, ">", ms=9, color=COLOURS["a"])
            left = "(−∞" if open_left else f"[{picture_number(low, width)}"
            text = f"{left}, ∞)" if open_right else f"{left}, {picture_number(high, width)}]"
        ax.text(1.02, place, text, transform=ax.get_yaxis_transform(), va="center")
    if truth is not None:
        style: dict[str, Any] = {"color": COLOURS["average"], "ls": (0, (4, 2)), "lw": 1.5}
        ax.axvline(real(truth, "truth"), label=f"true value {picture_number(truth)}", **style)
        legend_below(ax, 1)
    ax.set_yticks(range(len(rows)), [str(name) for name in rows.index])
    ax.set_ylim(len(rows) - 0.5, -0.5)
    default = f"{len(rows)} ways to an interval for one effect: they agree about its size, less about its ends"
    of_level, kind = level_and_kind(effect)
    name = in_words(of_level, kind, bool(where_at))
    if where_at and kind in KINDS:  # a change with a moderator is not at a place
        name += f" at {where_at}"
    words = f"{name}, {percent(check_level(level))} intervals"
    return finish(ax, title or default, words, "method", grid="x")


@styled
def coverage_panels(
    table: pd.DataFrame, effect: str = "indirect", size: int | None = None, title: str | None = None
) -> Figure:
    """How often the intervals hold the truth, by number of clusters; one panel for each distribution.

    Parameters
    ----------
    table : DataFrame
        As `mlmed_teach.coverage` makes it. Intervals made of several kinds of standard errors (column ``se``) have a
        line for each.
    effect : str
    size : int, optional
        Rows in each cluster; by default the middle one of the table.
    title : str, optional

    Returns
    -------
    Figure
        Dots with their Monte Carlo error (one standard error each way); the band holds what the noise of the simulation
        makes of a coverage of exactly 95%. An open dot means that the interval existed in less than half of the tables.

    Raises
    ------
    MlmedError
        Another kind of table, nothing to draw, or several rows for one dot.
    """
    require_columns(
        table, ["clusters", "size", "shape", "effect", "interval", "coverage", "mc_error", "with_interval", "tables"]
    )
    sizes = sorted(table["size"].unique())
    size = sizes[len(sizes) // 2] if size is None else size
    shown = table[(table["effect"] == effect) & (table["size"] == size)].dropna(subset=["coverage"])
    if shown.empty:
        raise MlmedError(
            f"The table has no row for the {effect} effect with {size} rows in each cluster; sizes: {listed(sizes)}."
        )
    shown = shown.assign(se=shown["se"].fillna("") if "se" in shown else "")
    if shown.duplicated(["clusters", "shape", "interval", "se"]).any():
        raise MlmedError(
            "The table has several rows for the same clusters, shape, interval and se, and each would be one dot. "
            'Choose first, such as table[table["tables"] == 1000], or one scenario.'
        )
    shapes = list(dict.fromkeys(shown["shape"]))
    figure, axes = plt.subplots(1, len(shapes), figsize=(WIDTH, 4.3), sharey=True, squeeze=False)
    clusters = sorted(shown["clusters"].unique())
    made = set(zip(shown["interval"], shown["se"], strict=True))
    kinds = [(kind, se) for kind in _LOOKS for se in _LINES if (kind, se) in made]
    noise = 100 * 2 * np.sqrt(0.95 * 0.05 / shown["tables"].max())
    for ax, shape in zip(axes.flat, shapes, strict=True):
        ax.axhspan(95 - noise, 95 + noise, color=COLOURS["cluster"], alpha=0.25, lw=0)
        ax.axhline(95, color=COLOURS["text"], lw=1, ls=(0, (4, 2)))
        for k, (kind, se) in enumerate(kinds):
            name, colour, marker = _LOOKS[kind]
            if sum(other == kind for other, _ in kinds) > 1:
                name, marker = f"{name}, {se}", _OTHER_MARKERS.get(se, marker)
            part = shown[(shown["interval"] == kind) & (shown["se"] == se) & (shown["shape"] == shape)]
            part = part.sort_values("clusters")
            at = np.array([clusters.index(n) for n in part["clusters"]]) + 0.14 * (k - (len(kinds) - 1) / 2)
            ax.plot(at, 100 * part["coverage"], color=COLOURS[colour], lw=1.2, ls=_LINES[se], alpha=0.6)
            ax.errorbar(at, 100 * part["coverage"], 100 * part["mc_error"], fmt="none", ecolor=COLOURS[colour], lw=1.5)
            often = (part["with_interval"] >= 0.5 * part["tables"]).to_numpy()
            look = {"ls": "none", "ms": 8, "mec": COLOURS[colour], "zorder": 3}
            ax.plot(at[often], 100 * part["coverage"][often], marker, mfc=COLOURS[colour], label=name, **look)
            ax.plot(at[~often], 100 * part["coverage"][~often], marker, mfc="white", **look)
        ax.set_xticks(range(len(clusters)), [str(n) for n in clusters])
        finish(
            ax,
            None,
            f"clusters of {size} rows",
            "coverage of 95% intervals (%)" if ax is axes.flat[0] else "",
            grid="y",
        )
        ax.set_title(f"{shape} random effects", fontsize=12)
    handles, labels = axes.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(kinds) if len(kinds) <= 4 else 3)
    figure_title(figure, title or f"How often do the intervals of the {effect} effect hold the truth?")
    return figure
