"""Pictures for planning a study."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from ..errors import MlmedError
from .style import COLOURS, finish, new_axes, styled

MARKERS = "os^Dvp"  # lines are told apart without colour, too

_INTERVALS = {"wald": "Wald", "monte_carlo": "Monte Carlo"}


@styled
def power_by_clusters(
    frame: pd.DataFrame,
    effect: str = "indirect",
    target: float = 0.8,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Power against the number of clusters, with twice the Monte Carlo error on either side.

    A line for each size, and for each interval and kind of standard errors of a study of several.

    Parameters
    ----------
    frame : DataFrame
        Columns "clusters", "size", "effect", "power", "mc se", and perhaps "interval", "se", as from ``mt.power()``.
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
    keys = ["size", *(name for name in ("interval", "se") if name in rows)]
    for k, ((size, *made), line) in enumerate(rows.groupby(keys)):
        ax.errorbar(
            line["clusters"],
            line["power"],
            2 * line["mc se"],
            marker=MARKERS[k % len(MARKERS)],
            ms=7,
            capsize=3,
            label=", ".join([f"{size} rows a cluster", *(_INTERVALS.get(name, name) for name in made)]),
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
