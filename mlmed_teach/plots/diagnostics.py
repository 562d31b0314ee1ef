"""Pictures that check a fit: its residuals, and what becomes of an estimate without one of the clusters."""

from __future__ import annotations

from typing import Any, Protocol

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from ..errors import MlmedError
from ..models import MixedResult
from ..stacked_model import Specification
from ..typing import Array
from ..validation import numeric_values, real, whole
from ..words import counted
from .style import (
    COLOURS,
    WIDTH,
    figure_title,
    finish,
    legend_above,
    names,
    new_axes,
    plain_dollar,
    short_label,
    styled,
)


class Mediated(Protocol):
    """What `residuals` needs of the result of `mediate`."""

    spec: Specification
    fit: MixedResult

    @property
    def residuals(self) -> pd.DataFrame: ...


@styled
def residuals(result: Mediated, labels: tuple[str, str] | None = None, title: str | None = None) -> Figure:
    """Residuals of m and y against the normal distribution, and those of y by cluster.

    Parameters
    ----------
    result : Mediation
        As `mediate` returns it.
    labels : tuple of str, optional
        Names of m and y for the axes, perhaps with their units; by default the names of the columns.
    title : str, optional

    Returns
    -------
    Figure
        Above, the sorted residuals over the values that normal ones would have in the middle of very many samples
        (Filliben 1975, as in `scipy.stats.probplot`), with the least-squares line through them. Below, the residuals of
        y, one column of dots for each cluster.

    Raises
    ------
    MlmedError
        Not the result of `mediate`, or labels that are not two names.
    """
    table, spec = getattr(result, "residuals", None), getattr(result, "spec", None)
    if not isinstance(table, pd.DataFrame) or not isinstance(spec, Specification):
        raise MlmedError("residuals needs the result of a mediation: med = mt.mediate(data, ...) makes one.")
    if labels is None:
        labels = plain_dollar(spec.m), plain_dollar(spec.y)
    if isinstance(labels, str) or np.size(labels) != 2:
        raise MlmedError(f"labels must be two names, for {spec.m} and {spec.y}, but they are {labels!r}.")
    of = dict(zip("my", labels, strict=True))
    figure, axes = plt.subplot_mosaic([["y", "m"], ["by cluster"] * 2], figsize=(WIDTH, 6))
    for role in "ym":
        (normal, in_order), (slope, level, _) = stats.probplot(table[role].dropna())
        axes[role].plot(normal, in_order, "o", ms=4, mew=0, alpha=0.7, color=COLOURS["cluster"])
        axes[role].axline((0, level), slope=slope, color=COLOURS["average"], lw=1)
        finish(axes[role], None, "normal quantile", f"residual of {of[role]}")
    design = result.fit.design
    below = axes["by cluster"]
    below.axhline(0, color=COLOURS["text"], lw=1)
    below.plot(
        design.cluster[: spec.outcome_rows], table["y"].dropna(), "o", ms=4, mew=0, alpha=0.7, color=COLOURS["y"]
    )
    below.set_xticks([])
    clusters = f"{counted(len(design.labels), 'cluster')} of {plain_dollar(spec.group)}, one column of dots for each"
    finish(below, None, clusters, f"residual of {of['y']}", grid="y")
    figure_title(figure, title or "Are the residuals normal, and alike in all clusters?")
    return figure


@styled
def leave_one_out(
    estimates: pd.Series,
    estimate: float,
    se: float | None = None,
    xlabel: str | None = None,
    ylabel: str = "estimate without the cluster",
    named: int = 2,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """What an estimate becomes when one cluster at a time is left out, sorted, beside that of all clusters.

    Parameters
    ----------
    estimates : Series
        Index: the cluster that was left out; values: the estimate from all others.
    estimate : float
        The estimate from all clusters.
    se : float, optional
        Its standard error: a band of one each way. Without it there is no band.
    xlabel, ylabel : str, optional
    named : int
        So many of the clusters whose absence moves the estimate furthest get their name.
    title : str, optional
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    MlmedError
        `estimates` is no Series of finite numbers, or one of the other numbers is none.
    """
    found = numeric_values(estimates) if isinstance(estimates, pd.Series) and len(estimates) else None
    if found is None or not np.isfinite(found).all():
        raise MlmedError(
            "leave_one_out needs a Series of finite numbers: index the cluster that was left out, values the estimate "
            "without it."
        )
    estimate = real(estimate, "estimate")
    named = whole(named, "named", 0)
    order = np.argsort(found, kind="stable")
    values, labels = found[order], estimates.index[order]
    ax = new_axes(ax)
    if se is not None:
        se = real(se, "se", above=0)
        ax.axhspan(estimate - se, estimate + se, color=COLOURS["cluster"], alpha=0.2, lw=0, label="± 1 standard error")
    ax.axhline(estimate, color=COLOURS["average"], label="all clusters")
    ax.plot(range(len(values)), values, "o", ms=5, color=COLOURS["a"], label="without one of them")
    ax.margins(0.08, 0.12)
    ax.set_xticks([])
    legend_above(ax)
    _name_furthest(ax, values - estimate, estimate, labels, named)
    name = plain_dollar(estimates.index.name or "cluster")
    default = "How far does one cluster move the estimate?"
    return finish(ax, title or default, xlabel or f"{name} left out, sorted by the result", names(ylabel), grid="y")


def _name_furthest(ax: Axes, away: Array, estimate: float, labels: pd.Index, named: int) -> None:
    """Write the names of the dots furthest from the estimate beside them, where no other dot can be."""
    inches = ax.bbox.height / ax.figure.dpi
    line = 0.2 / inches * np.ptp(ax.get_ylim())  # height of a line of text in units of the axis
    beside: dict[int, list[str]] = {}  # dot -> its name, and those of dots so close that theirs would cover it
    for place in np.argsort(-np.abs(away), kind="stable")[:named]:
        near = [dot for dot in beside if away[dot] * away[place] >= 0 and abs(away[dot] - away[place]) < line]
        beside.setdefault(near[0] if near else int(place), []).append(short_label(labels[place], 16))
    for place, texts in beside.items():
        way = 1 if away[place] >= 0 else -1
        side: dict[str, Any] = {"ha": "right", "va": "bottom"} if way > 0 else {"ha": "left", "va": "top"}
        at = place, estimate + away[place]
        ax.annotate(", ".join(texts), at, xytext=(-4 * way, 3 * way), textcoords="offset points", **side)
