"""Pictures of what a model predicts for each cluster."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from ..errors import MlmedError
from ..models import Z95
from ..stacked_model import PATHS
from ..validation import numeric_values, require_columns
from .style import (
    COLOURS,
    WIDTH,
    finish,
    legend_below,
    literal,
    names,
    new_axes,
    number,
    real,
    set_title,
    shortened,
    styled,
    width_of,
)

Array = NDArray[np.float64]

_NOUNS = {
    "indirect": "indirect effect",
    "total": "total effect",
    **{name: f"slope {path.slope}" for name, path in PATHS.items()},
}
_NAMED = 25  # clusters; a figure with more names than that would be taller than a screen
_ROW = 0.22  # inches for a cluster with its name
_LEAST_ROW = 0.17  # inches, below which names would touch
_RASTER = 500  # clusters from which a vector file would be large without being sharper


class _Kind(NamedTuple):
    """Clusters that are drawn alike: with what words, and how."""

    which: NDArray[np.bool_]
    words: str
    colour: str
    marker: str
    open: bool


@styled
def caterpillar(
    table: pd.DataFrame,
    average: float | None = None,
    effect: str = "indirect",
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Caterpillar plot: the predicted effect of every cluster with its 95% interval, sorted.

    Parameters
    ----------
    table : DataFrame
        Index: clusters; a column with the predictions and one with their standard errors, such as "indirect" and
        "indirect se". A cluster without standard error is drawn without interval.
    average : float, optional
        The average effect, drawn as a bold line.
    effect : str
        Which column: "indirect", "total", "a", "b" or "cprime".
    title : str, optional
    ax : Axes, optional

    Returns
    -------
    Axes
        Up to 25 clusters stand below each other with their names, more than that side by side without. Clusters whose
        interval holds 0, and clusters on the other side of 0 than the average, have a look of their own; the legend
        counts them. Without `average`, the mean of the predictions says which side is the other one.

    Raises
    ------
    MlmedError
        A column is missing or not numeric, a prediction is missing, or a standard error is negative.

    Notes
    -----
    The intervals are those of single clusters, prediction -/+ 1.96 standard errors of prediction. They are too narrow
    to pick out the largest of many clusters.
    """
    value, se = _predictions(table, effect)
    centre = float(value.mean()) if average is None else real(average, "average")
    order = np.argsort(value, kind="stable")
    value, se = value[order], se[order]
    labels = [shortened(literal(label), 22) for label in table.index[order]] if _few(ax, len(value)) else None
    kinds = [kind for kind in _kinds(value, se, centre) if kind.which.any()]
    noun = _NOUNS.get(effect, str(effect))
    ax, along, wide, columns = _place(ax, len(value), labels, len(kinds) + (average is not None))
    _draw(ax, value, se, kinds, labels is not None, 72 * along / len(value))
    at = ax.axhline if labels is None else ax.axvline
    at(0, color=COLOURS["text"], lw=1.5, ls=(0, (4, 2)), zorder=1)
    if average is not None:
        mean = re.sub("(a|b|c')_j", r"$\1$", noun)
        at(centre, color=COLOURS["average"], lw=3, zorder=3, label=f"average {mean} {number(centre)}")
    _legend(ax, kinds, columns, 0.6 if labels else 0.35)
    if labels is None:
        ax.set_xticks([])
        finish(ax, None, f"{len(value):,} clusters, sorted by predicted {noun}", f"predicted {noun}", grid="y")
    else:
        ax.set_yticks(np.arange(len(value)), labels)
        finish(ax, None, f"predicted {noun}", literal(table.index.name or "cluster"), grid="x")
    default = _seen(value, centre, noun)
    set_title(ax, title or (default if width_of(names(default), 13) <= wide else default.replace(": ", ":\n")), wide)
    return ax


def _predictions(table: pd.DataFrame, effect: str) -> tuple[Array, Array]:
    """Predictions and their standard errors, NaN where there is none."""
    columns = [effect, f"{effect} se"]
    require_columns(table, columns)
    value, se = (numeric_values(table[name]) for name in columns)
    for name, column in zip(columns, (value, se), strict=True):
        if column is None and not table[name].isna().all():
            raise MlmedError(f"Column {name!r} does not hold numbers, one for each cluster.")
    if value is None or not len(value) or not np.isfinite(value).all():
        raise MlmedError(f"Column {effect!r} must hold a finite number in every row, one row for each cluster.")
    se = np.full(len(value), np.nan) if se is None else se
    if (se < 0).any() or np.isinf(se).any():
        raise MlmedError(f"Column {columns[1]!r} does not hold standard errors: they are finite numbers, not below 0.")
    return value, se


def _kinds(value: Array, se: Array, centre: float) -> list[_Kind]:
    """Clusters by the side of 0 on which they stand, and by what their intervals say of it."""
    here, there = ("above 0", "below 0") if centre >= 0 else ("below 0", "above 0")
    other = value < 0 if centre >= 0 else value > 0
    missing = np.isnan(se)
    clear = (np.abs(value) > Z95 * se) & ~missing
    unclear = ~clear & ~missing
    return [
        _Kind(~other & clear, f"whole interval {here}", COLOURS["a"], "o", False),
        _Kind(~other & unclear, f"{here}, interval includes 0", COLOURS["cluster"], "o", True),
        _Kind(other & unclear, f"{there}, interval includes 0", COLOURS["accent"], "v", True),
        _Kind(other & clear, f"whole interval {there}", COLOURS["b"], "v", False),
        _Kind(~other & missing, f"{here}, no standard error", COLOURS["cluster"], "x", False),
        _Kind(other & missing, f"{there}, no standard error", COLOURS["b"], "x", False),
    ]


def _few(ax: Axes | None, clusters: int) -> bool:
    """Whether there is room for the clusters' names."""
    return clusters <= _NAMED if ax is None else new_axes(ax).bbox.height / ax.figure.dpi >= _LEAST_ROW * clusters


def _place(ax: Axes | None, clusters: int, labels: list[str] | None, entries: int) -> tuple[Axes, float, float, int]:
    """Axes, the inches along which the clusters stand, the width of the axes, and columns of the legend."""
    if ax is None:
        wide = WIDTH - 0.9 - max(width_of(label, 11) for label in labels or ["0.00"])
        tall = 3.2 if labels is None else max(_ROW * (clusters + 0.5), 1.2)
    else:
        wide, tall = ax.bbox.width / ax.figure.dpi, ax.bbox.height / ax.figure.dpi
    columns = 2 if wide >= 5 else 1
    ax = ax or new_axes(None, 1.5 + tall + 0.21 * -(-entries // columns))
    return ax, wide if labels is None else tall, wide, columns


def _draw(ax: Axes, value: Array, se: Array, kinds: list[_Kind], named: bool, step: float) -> None:
    """Intervals and dots, as thick as `step` points for each cluster allow."""
    places = np.arange(len(value), dtype=float)
    turned = slice(None, None, -1 if named else 1)  # (place, value), or (value, place) where the clusters have names
    raster = len(value) > _RASTER
    size, width = np.clip(0.75 * step, 1.6, 8), np.clip(0.3 * step, 0.5, 2.5)
    alpha = np.clip(0.8 * step, 0.06, 0.8)  # dense intervals become a shade
    for kind in kinds:
        at, middle, reach = places[kind.which], value[kind.which], Z95 * se[kind.which]
        if not np.isnan(reach).all():
            ends = [np.column_stack([at, middle + side * reach][turned]) for side in (-1, 1)]
            style = {"colors": kind.colour, "linewidths": width, "alpha": alpha, "zorder": 2, "rasterized": raster}
            ax.add_collection(LineCollection(np.stack(ends, axis=1), **style))
        marks = _marks(kind, size, width, filled=step < 3)
        ax.plot(*[at, middle][turned], **marks, ls="", zorder=4, rasterized=raster, label="_clusters")
    ax.autoscale_view()
    margin = max(0.5, 0.01 * len(value))
    (ax.set_ylim if named else ax.set_xlim)(-margin, len(value) - 1 + margin)


def _marks(kind: _Kind, size: float, width: float, filled: bool = False) -> dict[str, Any]:
    size, width = (0.8 * size, max(width, 1)) if kind.marker == "x" else (size, min(width, 1.5))
    ground = "white" if kind.open and not filled else kind.colour
    return {"marker": kind.marker, "ms": size, "mew": width, "color": kind.colour, "mfc": ground}


def _legend(ax: Axes, kinds: list[_Kind], columns: int, down: float) -> None:
    lines = [line for line in ax.lines if not line.get_label().startswith("_")]
    handles, words = lines, [line.get_label() for line in lines]
    for kind in kinds:
        line = "" if kind.marker == "x" else "-"
        handles.append(Line2D([], [], ls=line, lw=2, **_marks(kind, 8, 1.5)))
        words.append(f"{int(kind.which.sum()):,}: {kind.words}")
    title = f"clusters: predictions {'with 95%' if any(kind.marker != 'x' for kind in kinds) else 'without'} intervals"
    legend_below(ax, columns, down, handles=handles, labels=words, title=title)


def _seen(value: Array, centre: float, noun: str) -> str:
    """The default title."""
    if len(value) == 1:
        return f"The {noun} of one cluster"
    if np.ptp(value) <= 1e-9 * np.abs(value).max():
        return f"The {noun} is the same in all {len(value):,} clusters"
    other = int((value < 0).sum() if centre >= 0 else (value > 0).sum())
    side = "below" if centre >= 0 else "above"
    return (
        f"The {noun} differs between clusters: {f'{other:,}' if other else 'none'} of {len(value):,} predicted {side} 0"
    )
