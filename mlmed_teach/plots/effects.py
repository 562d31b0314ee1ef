"""Pictures of the last steps: the delta method, and the effects with their parts and intervals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import ArrayLike
from scipy import stats

from ..errors import MlmedError
from ..models import central_differences
from ..stacked_model import Effect, MediationEffects, level_and_kind
from ..validation import numeric_values, require_columns
from ..words import counted
from .style import COLOURS, finish, legend_above, legend_below, names, new_axes, number, real, styled


@styled
def tangent(
    f: Callable[[float], float],
    at: float,
    se: float,
    derivative: float | Callable[[float], float] | None = None,
    xlabel: str = "parameter",
    ylabel: str = "f(parameter)",
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    r"""The delta method: a curve, its tangent at the estimate, and what each makes of one standard error.

    Parameters
    ----------
    f : callable
        Takes and returns a number.
    at, se : float
        Estimate of the parameter and its standard error.
    derivative : float or callable, optional
        f'(at), or the function f'; by default central differences.
    xlabel, ylabel : str
    title : str, optional
    ax : Axes, optional

    Returns
    -------
    Axes
        At the left edge, two bars: f(at - se) to f(at + se) along the curve, and f(at) -/+ \|f'(at)\| se along the
        tangent, which is the delta method's standard error.

    Raises
    ------
    MlmedError
        f is not finite from at - se to at + se, or se is not above 0.
    """
    at, se = real(at, "at"), real(se, "se")
    if se <= 0:
        raise MlmedError(f"se must be above 0, but it is {se}.")
    if derivative is None:
        slope = real(central_differences(f, np.array([at]), np.array([se]))[0], "The derivative of f")
    else:
        slope = real(derivative(at) if callable(derivative) else derivative, "derivative")
    middle = real(f(at), "f at the estimate")
    low, high = (real(f(end), f"f at {end:g}, one standard error away,") for end in (at - se, at + se))
    reach = abs(slope) * se
    grid = np.linspace(at - 2.6 * se, at + 2.6 * se, 241)
    with np.errstate(all="ignore"):
        curve = np.array([float(f(value)) for value in grid])
    curve[~np.isfinite(curve)] = np.nan
    straight = middle + slope * (grid - at)
    bottom, top = np.nanmin([curve, straight]), np.nanmax([curve, straight])
    margin = 0.05 * (top - bottom) or 1.0
    bottom, top = bottom - margin, top + margin
    left = grid[0] - 1.1 * se
    ax = new_axes(ax, 4.6)
    by_curve, by_tangent = COLOURS["a"], COLOURS["b"]
    label = f"estimate $\\pm$ 1 se: {number(at)} $\\pm$ {number(se)}"
    ax.axvspan(at - se, at + se, color=COLOURS["cluster"], alpha=0.22, lw=0, label=label)
    label = f"the curve makes it {number(min(low, high))} to {number(max(low, high))}"
    ax.plot(grid, curve, color=by_curve, lw=2.5, label=label)
    label = f"the tangent makes it {number(middle)} $\\pm$ {number(reach)} (slope {number(slope)})"
    ax.plot(grid, straight, color=by_tangent, lw=2, ls=(0, (5, 2)), label=label)
    bars = (
        (left + 0.35 * se, (low, high), by_curve),
        (left + 0.7 * se, (middle - slope * se, middle + slope * se), by_tangent),
    )
    for place, ends, colour in bars:
        for start, end in zip((at - se, at + se), ends, strict=True):
            ax.plot([start, place], [end, end], color=colour, lw=0.9, ls=":")
        ax.plot([place, place], sorted(ends), color=colour, lw=6, solid_capstyle="butt")
    ax.plot(at, middle, "o", ms=8, color=COLOURS["average"], zorder=5)
    ax.set(xlim=(left, grid[-1]), ylim=(bottom, top))
    legend_above(ax, 0.3)
    return finish(ax, title or "The delta method reads the standard error off the tangent", xlabel, ylabel)


@styled
def sampling_distribution(
    draws: ArrayLike,
    estimate: float | None,
    se: float,
    truth: float | None = None,
    xlabel: str = "",
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Histogram of simulated estimates with the normal curve that the delta method puts in its place.

    Parameters
    ----------
    draws : array_like, shape (simulations,)
        Simulated estimates.
    estimate : float or None
        Centre of the normal curve; None takes the mean of the draws.
    se : float
        Its standard deviation: the delta method's standard error.
    truth : float, optional
        True value, drawn as a dashed line.
    xlabel : str
        By default "simulated estimate".
    title : str, optional
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    MlmedError
        Fewer than two draws, draws that are not finite numbers or all equal, or se not above 0.
    """
    values = numeric_values(pd.Series(np.ravel(draws)))
    if values is None or len(values) < 2 or not np.isfinite(values).all() or np.ptp(values) == 0:
        wrong = 0 if values is None else int((~np.isfinite(values)).sum())
        text = f": {wrong:,} of {len(values):,} are missing or infinite. Find out why first." if wrong else "."
        raise MlmedError(f"draws must be at least two finite numbers that are not all equal{text}")
    se = real(se, "se")
    if se <= 0:
        raise MlmedError(f"se must be above 0, but it is {se}.")
    centre = float(values.mean()) if estimate is None else real(estimate, "estimate")
    ax = new_axes(ax)
    sd = values.std(ddof=1)
    label = f"{len(values):,} simulated estimates: sd {number(sd)}"
    bins = int(np.clip(2 * len(values) ** (1 / 3), 10, 60))
    bars = {"color": COLOURS["cluster"], "ec": "white", "lw": 0.4, "label": label}
    heights = ax.hist(values, bins=bins, density=True, **bars)[0]
    low, high = min(values.min(), centre - 3.5 * se), max(values.max(), centre + 3.5 * se)
    grid = np.linspace(low, high, 401)
    label = f"delta method: normal, sd {number(se)}"
    ax.plot(grid, stats.norm.pdf(grid, centre, se), color=COLOURS["b"], lw=2.5, label=label)
    if truth is not None:
        label = f"true value {number(real(truth, 'truth'))}"
        ax.axvline(truth, ymax=0.73, color=COLOURS["average"], ls=(0, (4, 2)), lw=2, label=label)
    ax.set_ylim(0, 1.05 * max(heights.max(), stats.norm.pdf(0, 0, se)))
    legend_above(ax, 0.35)
    share = se / sd - 1
    side = "above" if share > 0 else "below"
    default = f"The delta method's standard error is {abs(share):.0%} {side} the simulated one"
    if abs(share) < 0.05:
        default = "The delta method and the simulated estimates spread alike"
    return finish(ax, title or default, xlabel or "simulated estimate", "density")


@styled
def effect_parts(effects: MediationEffects, title: str | None = None, ax: Axes | None = None) -> Axes:
    """The average total effect as a bar of its parts: a b + cov(a_j, b_j) + c', the indirect effect in brackets.

    Parameters
    ----------
    effects : MediationEffects
        From `mlmed_teach.effects` or `mlmed_teach.mediate`.
    title : str, optional
    ax : Axes, optional

    Returns
    -------
    Axes
        Parts of different signs are drawn one below the other, each from where the last one ends.

    Raises
    ------
    MlmedError
        `effects` is something else.
    """
    if not isinstance(effects, MediationEffects):
        raise MlmedError(
            "effect_parts needs what mt.effects(fit) or mt.mediate(data, ...) returns, "
            f"but this is a {type(effects).__name__}."
        )
    product = effects.a * effects.b
    parts = [
        ("$a \\times b$", product, COLOURS["a"], "white"),
        ("cov($a_j$, $b_j$)", effects.cov_ab, COLOURS["cov"], "black"),
        ("$c'$", effects.cprime, COLOURS["cprime"], "white"),
    ]
    sizes = np.array([size for _, size, _, _ in parts])
    starts = np.append(0.0, np.cumsum(sizes)[:-1])
    one_bar = bool((sizes >= 0).all() or (sizes <= 0).all())
    places = np.zeros(3) if one_bar else np.array([1.0, 0.0, -1.0])
    reach = np.ptp([0.0, *np.cumsum(sizes)]) or 1.0
    ax = new_axes(ax, 3.3 if one_bar else 4.2)
    for (name, size, colour, ink), start, place in zip(parts, starts, places, strict=True):
        ax.barh(place, size, 0.8, left=start, color=colour, label=f"{name} = {number(size)}")
        if abs(size) > 0.1 * reach:
            ax.text(start + size / 2, place, number(size), ha="center", va="center", color=ink, fontsize=12)
    _bracket(ax, effects.indirect, places.max() + 0.5, 0.15)
    _bracket(ax, effects.total, places.min() - 0.5, -0.15)
    ax.axvline(0, color=COLOURS["text"], lw=1)
    ax.set(ylim=(places.min() - 1.2, places.max() + 1.2), yticks=[])
    legend_below(ax, 3)
    default = f"Of the total effect, {number(effects.indirect.estimate)} runs through the mediator"
    return finish(ax, title or default, "change in y for one unit of x", "parts, end to end", grid="x")


def _bracket(ax: Axes, effect: Effect, place: float, height: float) -> None:
    """A bracket from 0 to the effect, with its name on the far side."""
    end = effect.estimate
    text = f"average {effect.kind} effect {number(end)}"
    ax.plot([0, 0, end, end], [place, place + height, place + height, place], color=COLOURS["text"], lw=1.5)
    ax.text(end / 2, place + 1.5 * height, text, ha="center", va="bottom" if height > 0 else "top")


@styled
def effect_intervals(
    frame: pd.DataFrame, title: str | None = None, ax: Axes | None = None, xlabel: str = "change in y for one unit of x"
) -> Axes:
    """Forest plot: estimates with their intervals, and the line at zero.

    Parameters
    ----------
    frame : DataFrame
        Index: names; columns "estimate", "ci low", "ci high", as in ``mt.effects(fit).to_frame()``. A row without both
        limits, of an effect whose standard error does not exist, is drawn as a dot alone. Lines separate rows of
        different levels ("within: indirect", "between: indirect").
    title : str, optional
    ax : Axes, optional
    xlabel : str

    Returns
    -------
    Axes

    Raises
    ------
    MlmedError
        A column is missing or not numeric, an estimate or one of two limits is missing, or an interval does not hold
        its estimate.
    """
    columns = ["estimate", "ci low", "ci high"]
    require_columns(frame, columns)
    values = [numeric_values(frame[name]) for name in columns]
    no_limits = frame[columns[1:]].isna().all(axis=1).to_numpy()
    for name, column in zip(columns, values, strict=True):
        if column is None or not len(column) or not (np.isfinite(column) | (no_limits & (name != "estimate"))).all():
            raise MlmedError(f"Column {name!r} must hold a finite number in every row, one row for each effect.")
    estimate, low, high = values
    wrong = (low > estimate) | (high < estimate)
    if wrong.any():
        raise MlmedError(
            f"The interval of {frame.index[wrong][0]!r} does not hold its estimate: "
            "are 'ci low' and 'ci high' in the right columns?"
        )
    ax = new_axes(ax, 1.6 + 0.45 * len(frame))
    places = np.arange(len(frame))
    ax.axvline(0, color=COLOURS["text"], lw=1.5, ls=(0, (4, 2)))
    bars = {"fmt": "o", "ms": 9, "lw": 2.5, "capsize": 5, "color": COLOURS["a"]}
    ax.errorbar(estimate, places, xerr=[estimate - low, high - estimate], **bars)
    for place, value, a, b in zip(places, estimate, low, high, strict=True):
        text = f"{number(value)}, no interval"
        if a <= b:
            shown, low_end, high_end = (number(v, like=(b - a) / 4) for v in (value, a, b))
            text = f"{shown} [{low_end}, {high_end}]"
        ax.text(1.02, place, text, transform=ax.get_yaxis_transform(), va="center")
    ax.set_yticks(places, [names(str(name)) for name in frame.index])
    levels = [level_and_kind(str(name))[0] for name in frame.index]
    for place in places[1:]:
        if levels[place] != levels[place - 1]:
            ax.axhline(place - 0.5, color=COLOURS["cluster"], lw=1)
    if any(levels):
        ax.locator_params(axis="x", nbins=5)  # long names leave less width
    ax.set_ylim(len(frame) - 0.5, -0.5)
    return finish(ax, title or _holding_zero(low, high), xlabel, str(frame.index.name or "effect"), grid="x")


def _holding_zero(low: ArrayLike, high: ArrayLike) -> str:
    """The default title."""
    holding, there = int(((low <= 0) & (high >= 0)).sum()), int(np.isfinite(low).sum())
    if not there:
        return "No standard errors, so no intervals"
    seen = f"{holding or 'None'} of the {there} intervals {'include' if holding > 1 else 'includes'} zero"
    lacking = len(low) - there
    return f"{seen}; {counted(lacking, 'effect')} {'have' if lacking > 1 else 'has'} none" if lacking else seen
