"""Pictures of what the effects would be under another assumption."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ..errors import MlmedError
from ..show import picture_number
from .style import COLOURS, finish, legend_above, new_axes, styled


@styled
def effects_by_rho(
    frame: pd.DataFrame,
    rho_zero: float,
    title: str | None = None,
    ax: Axes | None = None,
    xlabel: str = "correlation of the residuals of m and y",
) -> Axes:
    """Indirect and direct effect by the correlation of the residuals of m and y, with the band of the indirect one.

    Parameters
    ----------
    frame : DataFrame
        Index (rho, effect), columns "estimate", "ci low", "ci high", as from ``med.sensitivity()``.
    rho_zero : float
        Where the indirect effect is 0; NaN for nowhere.
    title : str, optional
    ax : Axes, optional
    xlabel : str, optional
        Whose correlation rho is.

    Returns
    -------
    Axes

    Raises
    ------
    MlmedError
        Fewer than two values of rho.
    """
    indirect, direct = frame.xs("indirect", level="effect"), frame.xs("direct", level="effect")
    indirect, direct = indirect.sort_index(), direct.sort_index()
    if len(indirect) < 2:
        raise MlmedError("A curve needs two values of rho or more: leave rho out, or give a list.")
    ax, rho = new_axes(ax), indirect.index.to_numpy()
    ax.fill_between(rho, indirect["ci low"], indirect["ci high"], color=COLOURS["a"], alpha=0.2, lw=0)
    ax.plot(rho, indirect["estimate"], color=COLOURS["a"], lw=2.5, label="indirect effect, with its 95% band")
    ax.plot(rho, direct["estimate"], color=COLOURS["b"], lw=2, ls="--", label="direct effect")
    ax.axhline(0, color=COLOURS["text"], lw=1)
    ax.axvline(0, color=COLOURS["text"], lw=1, ls=":")
    if np.isfinite(rho_zero) and rho.min() <= rho_zero <= rho.max():
        ax.plot([rho_zero], [0], "o", ms=9, color=COLOURS["a"])
        ax.annotate(picture_number(rho_zero), (rho_zero, 0), xytext=(6, 8), textcoords="offset points", fontsize=12)
    legend_above(ax)
    return finish(
        ax,
        title or "What if m and y have a common cause?",
        xlabel,
        "change in y for one unit of x",
    )
