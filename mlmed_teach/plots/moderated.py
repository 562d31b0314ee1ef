"""Pictures of an effect that depends on a moderator."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from ..errors import MlmedError
from ..show import percent, picture_number
from .style import COLOURS, finish, new_axes, short_label, styled


@styled
def effect_by_moderator(
    frame: pd.DataFrame,
    observed: ArrayLike = (),
    turns: Sequence[float] = (),
    effect: str = "indirect effect",
    title: str | None = None,
    ax: Axes | None = None,
    confidence: float = 0.95,
) -> Axes:
    """An effect against its moderator, with its band, the values that were observed, and where the band leaves 0.

    Parameters
    ----------
    frame : DataFrame
        Index: values of the moderator, numbers or categories, under its name; columns "estimate", "ci low", "ci high".
    observed : array_like, optional
        Values that were observed, for the rug.
    turns : sequence of float, optional
        Values of the moderator where an end of the band is 0.
    effect : str, optional
        What it is called.
    title : str, optional
    ax : Axes, optional
    confidence : float, optional
        Confidence level of the band.

    Returns
    -------
    Axes

    Raises
    ------
    MlmedError
        Fewer than two values of the moderator.
    """
    if len(frame) < 2:
        raise MlmedError("A picture of an effect against its moderator needs two values or more.")
    ax, name = new_axes(ax), short_label(frame.index.name, 40)
    low, high, estimate = (frame[column].to_numpy() for column in ("ci low", "ci high", "estimate"))
    ax.axhline(0, color=COLOURS["text"], lw=1)
    if pd.api.types.is_numeric_dtype(frame.index):
        at = frame.index.to_numpy(dtype=float)
        ax.fill_between(at, low, high, color=COLOURS["a"], alpha=0.2, lw=0)
        ax.plot(at, estimate, color=COLOURS["a"], lw=2.5)
        values = np.unique(np.asarray(observed, dtype=float))
        ax.plot(
            values, np.full(len(values), 0.02), "|", color=COLOURS["text"], ms=9, transform=ax.get_xaxis_transform()
        )
        for turn in turns:
            ax.axvline(turn, color=COLOURS["accent"], ls=":")
            ax.annotate(
                f"{name} = {picture_number(turn)}",
                (turn, 0.98),
                xycoords=ax.get_xaxis_transform(),
                xytext=(4, 0) if turn < at.mean() else (-4, 0),
                textcoords="offset points",
                ha="left" if turn < at.mean() else "right",
                va="top",
                fontsize=12,
            )
        default = f"For whom? The {effect} by {name}" + (", and where its band leaves 0" if len(turns) else "")
    else:
        places = np.arange(len(frame))
        ax.vlines(places, low, high, color=COLOURS["a"], lw=3)
        ax.plot(places, estimate, "o", ms=9, color=COLOURS["a"])
        ax.set_xticks(places, [short_label(level, 20) for level in frame.index])
        ax.set_xlim(-0.5, len(frame) - 0.5)
        default = f"For whom? The {effect} by {name}"
    return finish(ax, title or default, name, f"{effect}, with its {percent(confidence)} interval")
