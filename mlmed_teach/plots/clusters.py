"""Pictures of the rows: lines of clusters, and the parts between and within clusters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from ..errors import MlmedError
from ..models import MixedResult
from ..show import picture_number
from ..validation import check_table, real
from ..words import counted, quoted_list
from .style import (
    COLOURS,
    WIDTH,
    as_list,
    figure_title,
    finish,
    legend_above,
    line_of,
    new_axes,
    styled,
)


def _chosen(data: pd.DataFrame, group: str, clusters: Any) -> list:
    """Clusters to draw, in the given order."""
    known = pd.unique(data[group])
    if clusters is None:
        return list(known)
    chosen = as_list(clusters)
    unknown = [cluster for cluster in chosen if cluster not in set(known)]
    if unknown or not chosen:
        problem = f"has no cluster {quoted_list(unknown, 5)}" if unknown else "needs at least one cluster to draw"
        raise MlmedError(
            f"The table {problem}. Its column {group!r} has {counted(len(known), 'cluster')}: {quoted_list(known, 8)}."
        )
    return chosen


@styled
def cluster_lines(
    data: pd.DataFrame,
    x: str,
    y: str,
    group: str,
    average: tuple[float, float] | None = None,
    clusters: Sequence | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Every cluster's own least-squares line over its own range of x, and an average line.

    Parameters
    ----------
    data : DataFrame
        One row for each observation.
    x, y, group : str
        Columns.
    average : tuple of float, optional
        Intercept and slope of the bold line, such as a model's fixed effects; by default the mean of the clusters' own.
    clusters : sequence, optional
        Ids of the clusters to draw, by default all.
    title : str, optional
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    MlmedError
        The table cannot be used, a cluster is unknown, `average` is not two numbers, or x varies in no cluster.
    """
    check_table(data, (x, y), group)
    chosen = _chosen(data, group, clusters)
    shown = data[data[group].isin(chosen)].reset_index(drop=True)
    segments, lines = [], []
    for _, rows in shown.groupby(group, sort=False):
        line = line_of(rows[x], rows[y])
        if line is not None:
            ends = np.array([rows[x].min(), rows[x].max()], dtype=float)
            segments.append(np.column_stack([ends, line[0] + line[1] * ends]))
            lines.append(line)
    without = len(set(chosen)) - len(lines)
    if not lines:
        raise MlmedError(f"{x!r} varies in none of the clusters, so that no cluster has a line of its own.")
    if average is None:
        intercept, slope = np.mean(lines, axis=0)
        name = "mean of the clusters' lines"
    else:
        if np.size(average) != 2:
            raise MlmedError(f"average must be two numbers, (intercept, slope), but it is {average!r}.")
        intercept, slope = real(average[0], "The average intercept"), real(average[1], "The average slope")
        name = "average cluster"
    ax = new_axes(ax)
    ax.plot(shown[x], shown[y], "o", ms=3.5, mew=0, color=COLOURS["cluster"], alpha=0.3, label="_points")
    label = "least-squares line of each cluster"
    if without:
        label += f" ({without} without one: {x} does not vary)"
    ax.add_collection(LineCollection(segments, colors=COLOURS["cluster"], linewidths=1, alpha=0.9, label=label))
    ends = np.array([shown[x].min(), shown[x].max()], dtype=float)
    ax.plot(
        ends, intercept + slope * ends, lw=4, color=COLOURS["average"], label=f"{name}: slope {picture_number(slope)}"
    )
    legend_above(ax)
    return finish(ax, title or f"The clusters differ in the slope of {y} on {x}", x, y)


@styled
def cluster_panels(
    data: pd.DataFrame,
    x: str,
    y: str,
    group: str,
    clusters: Sequence,
    result: MixedResult | None = None,
    title: str | None = None,
) -> Figure:
    """Some clusters, one panel each: points, the cluster's own line and what a mixed model makes of it.

    Parameters
    ----------
    data : DataFrame
        One row for each observation.
    x, y, group : str
        Columns.
    clusters : sequence
        Ids of the clusters to draw, in this order.
    result : MixedResult, optional
        Model of y on x with a random slope of x, fitted to these clusters: adds its line for each cluster (fixed plus
        predicted random effects) and the average line (fixed effects).
    title : str, optional

    Returns
    -------
    Figure

    Raises
    ------
    MlmedError
        The table cannot be used, a cluster is unknown, or `result` is another model.
    """
    check_table(data, (x, y), group)
    chosen = _chosen(data, group, clusters)
    if result is not None:
        _check_model(result, x, y, chosen)
    columns = 3 if len(chosen) in (5, 6, 9) else min(4, len(chosen))
    rows = -(-len(chosen) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(WIDTH, 1.3 + 1.9 * rows), sharex=True, sharey=True, squeeze=False
    )
    drawn = data[data[group].isin(chosen)]
    wide = np.array([drawn[x].min(), drawn[x].max()], dtype=float)
    for place, (ax, cluster) in enumerate(zip(axes.flat, chosen, strict=False)):
        part = data[data[group] == cluster]
        ends = np.array([part[x].min(), part[x].max()], dtype=float)
        ax.plot(part[x], part[y], "o", ms=5, color=COLOURS["cluster"], label="rows of the cluster")
        line = line_of(part[x], part[y])
        if line is not None:
            style = {"color": COLOURS["text"], "ls": (0, (4, 2)), "lw": 1.8, "label": "its own least-squares line"}
            ax.plot(ends, line[0] + line[1] * ends, **style)
        if result is not None:
            fixed = _line_of_model(result, x)
            own = fixed + _line_of_model(result, x, cluster)
            ax.plot(ends, own[0] + own[1] * ends, color=COLOURS["accent"], lw=3, label="the model's line for it")
            ax.plot(wide, fixed[0] + fixed[1] * wide, color=COLOURS["average"], lw=1, label="average cluster")
        lowest = place + columns >= len(chosen)
        finish(ax, None, x if lowest else "", "" if place % columns else y)
        ax.tick_params(labelbottom=lowest)
        missing = "" if line is not None else f"\n(no line: {x} does not vary)"
        ax.set_title(f"{group} {cluster}{missing}", fontsize=11)
    for ax in axes.flat[len(chosen) :]:
        ax.set_visible(False)
    entries = {label: handle for ax in axes.flat for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)}
    figure.legend(entries.values(), entries.keys(), loc="outside lower center", ncols=2)
    default = "Each cluster has its own line"
    if result is not None:
        default = "The model pulls each cluster's line towards the average"
    figure_title(figure, title or default)
    return figure


def _check_model(result: MixedResult, x: str, y: str, clusters: list) -> None:
    fits = isinstance(result, MixedResult) and result.response == y
    if not (fits and set(result.params.index) == {"Intercept", x} and x in result.cov_re):
        raise MlmedError(
            f"result must be a model of {y} on {x} with a random slope, as from "
            f"fit_mixed('{y} ~ {x}', data, groups=..., re_formula='~ {x}')."
        )
    unknown = [cluster for cluster in clusters if cluster not in result.random_effects.index]
    if unknown:
        raise MlmedError(f"The model was fitted without cluster {quoted_list(unknown, 5)}: fit it to this table.")


def _line_of_model(result: MixedResult, x: str, cluster: Any = None) -> np.ndarray:
    """Intercept and slope: the fixed effects, or a cluster's predicted deviation from them."""
    values = result.params if cluster is None else result.random_effects.loc[cluster]
    return np.array([values.get("Intercept", 0.0), values[x]])


@styled
def within_between(data: pd.DataFrame, x: str, y: str, group: str, title: str | None = None) -> Figure:
    """Two slopes of y on x: between clusters (of their means) and within them (of deviations from these means).

    Parameters
    ----------
    data : DataFrame
        One row for each observation.
    x, y, group : str
        Columns.
    title : str, optional

    Returns
    -------
    Figure
        Left the cluster means, each counted once; right every row's deviation from the means of its cluster. The slopes
        are those of least squares.

    Raises
    ------
    MlmedError
        The table cannot be used, or x varies only between or only within clusters.
    """
    check_table(data, (x, y), group)
    values = data[[x, y]].astype(float)
    by = data[group].to_numpy()
    means = values.groupby(by, sort=False).mean()
    inside = values - values.groupby(by, sort=False).transform("mean")
    spread = np.ptp(values[x])
    for part, where in ((means, "between clusters: all have the same mean"), (inside, "within clusters")):
        if np.ptp(part[x]) <= 1e-12 * spread:
            raise MlmedError(f"{x!r} does not vary {where}, so that there is no slope to show there.")
    width, height = (max(np.ptp(means[name]), np.ptp(inside[name])) for name in (x, y))
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 3.9))
    panels = (
        (means, f"cluster mean of {x}", f"cluster mean of {y}", "Between", {"ms": 5, "alpha": 0.8}),
        (inside, f"{x} minus its cluster mean", f"{y} minus its cluster mean", "Within", {"ms": 4, "alpha": 0.35}),
    )
    for ax, (part, xlabel, ylabel, name, style) in zip(axes, panels, strict=True):
        intercept, slope = line_of(part[x], part[y]) or (0.0, 0.0)  # x varies, as was made sure above
        ends = np.array([part[x].min(), part[x].max()])
        ax.plot(part[x], part[y], "o", mew=0, color=COLOURS["cluster"], **style)
        ax.plot(ends, intercept + slope * ends, color=COLOURS["accent"], lw=3.5)
        finish(ax, None, xlabel, ylabel)
        # Equal spans in both panels, so that equal slopes look equally steep.
        ax.set(xlim=_around(part[x], 1.06 * width), ylim=_around(part[y], 1.06 * height))
        ax.set_title(f"{name}: slope {picture_number(slope)}", fontsize=12)
    figure_title(figure, title or f"{y} on {x}: the slope between clusters and the slope within them")
    return figure


@styled
def sorted_clusters(
    data: pd.DataFrame, y: str, group: str, shuffled: ArrayLike | None = None, title: str | None = None
) -> Figure:
    """All rows, cluster beside cluster, in the order of the clusters' means: how much rows of a cluster are alike.

    Parameters
    ----------
    data : DataFrame
        One row for each observation.
    y, group : str
        Columns.
    shuffled : array-like, one id for each row, optional
        The ids in a random order, for a second panel: what chance alone does to means.
    title : str, optional

    Returns
    -------
    Figure

    Raises
    ------
    MlmedError
        The table cannot be used, or `shuffled` has not one id for each row.
    """
    check_table(data, (y,), group)
    panels = {"The real clusters": data[group].to_numpy()}
    if shuffled is not None:
        panels["Shuffled ids"] = np.asarray(shuffled)
        if panels["Shuffled ids"].shape != (len(data),):
            raise MlmedError(f"shuffled must have one id for each of the {counted(len(data), 'row')} of the table.")
    figure, axes = plt.subplots(1, len(panels), figsize=(WIDTH, 3.9), sharey=True, squeeze=False)
    values = data[y].astype(float)
    for ax, (name, ids) in zip(axes.flat, panels.items(), strict=True):
        mean = values.groupby(ids).transform("mean")
        place = mean.rank(method="dense")
        ax.plot(place, values, "o", ms=3, mew=0, color=COLOURS["cluster"], alpha=0.45, label="a row")
        ax.plot(np.sort(place), np.sort(mean), color=COLOURS["average"], lw=3, label="cluster mean")
        finish(ax, None, f"cluster, sorted by its mean of {y}", y if ax is axes.flat[0] else "", grid="y")
        if len(panels) > 1:
            ax.set_title(name, fontsize=12)
    figure.legend(*axes.flat[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    figure_title(figure, title or f"Rows of one cluster resemble each other in {y}")
    return figure


def _around(values: pd.Series, span: float) -> tuple[float, float]:
    middle = (values.min() + values.max()) / 2
    return middle - span / 2, middle + span / 2
