"""Pictures for planning a study."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from ..errors import MlmedError
from .style import COLOURS, finish, new_axes, styled

MARKERS = "os^Dvp"  # lines are told apart without colour, too


@styled
def power_by_clusters(
    frame: pd.DataFrame,
    effect: str = "indirect",
    target: float = 0.8,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Power against the number of clusters, a line for each size, with twice the Monte Carlo error on either side.

    Parameters
    ----------
    frame : DataFrame
        Columns "clusters", "size", "effect", "power", "mc se", as from ``mt.power()``.
    effect : str, optional
        Which effect.
    target : float, optional
        A power that is hoped for, drawn as a level.
    title : str, optional
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    MlmedError
        No row of this effect.
    """
    rows = frame[frame["effect"] == effect].sort_values("clusters")
    if rows.empty:
        raise MlmedError(f"There is no power of the effect {effect!r} here. See the column 'effect' of the table.")
    ax = new_axes(ax)
    for k, (size, line) in enumerate(rows.groupby("size")):
        ax.errorbar(
            line["clusters"],
            line["power"],
            2 * line["mc se"],
            marker=MARKERS[k % len(MARKERS)],
            ms=7,
            capsize=3,
            label=f"{size} rows a cluster",
        )
    ax.axhline(target, color=COLOURS["text"], lw=1, ls=":")
    ax.set_ylim(-0.02, 1.04)
    ax.legend(loc="best")
    return finish(
        ax,
        title or f"How many clusters? Power for the {effect} effect",
        "clusters",
        f"power (the line: {target:.2f})",
    )
