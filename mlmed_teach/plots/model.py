"""Pictures of fitted models: random effects, residual variances, standard errors of several programs."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Ellipse
from scipy import stats

from ..errors import MlmedError
from ..models import MixedResult
from ..stacked_model import TERMS
from ..typing import Array
from ..validation import numeric_values
from .style import (
    COLOURS,
    finish,
    legend_above,
    legend_below,
    literal,
    names,
    new_axes,
    number,
    shortened,
    styled,
    width_of,
)

_MARKERS = "osD^vP"  # programs differ in shape as well as in colour
_MOST_VARIABLES = 8  # of a correlation matrix: more numbers would not fit into their squares


@styled
def slopes(
    fit: MixedResult,
    first: str = "smx",
    second: str = "sym",
    labels: tuple[str, str] = ("a_j: slope of m on x", "b_j: slope of y on m"),
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Two random slopes: predictions for the clusters, and the normal distribution that the model estimates.

    Parameters
    ----------
    fit : MixedResult
        Model with random effects `first` and `second` that have fixed effects too; by default the stacked one.
    first, second : str
        Terms on the horizontal and on the vertical axis.
    labels : tuple of str
        Labels of the axes.
    title : str, optional
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    MlmedError
        Not a fitted model, or one without these terms.

    Notes
    -----
    The ellipse holds 95% of the estimated distribution of the clusters' true slopes, mean +/- sqrt(chi2_2(.95)) = 2.45
    standard deviations along its axes. Predictions (BLUPs) are shrunken towards the mean, so that they vary less than
    the ellipse says.
    """
    fitted = isinstance(fit, MixedResult) and first != second
    if not (fitted and all(term in fit.params and term in fit.cov_re for term in (first, second))):
        raise MlmedError(
            f"slopes needs a fitted model with fixed and random {first} and {second}, such as the stacked model "
            "from fit_stacked(stack(data, ...)); or name two other terms with first=... and second=..."
        )
    pair = [first, second]
    mean, cov = fit.params[pair].to_numpy(), fit.cov_re.loc[pair, pair].to_numpy()
    predicted = mean + fit.random_effects[pair].to_numpy()
    values, vectors = np.linalg.eigh(cov)
    width, height = 2 * np.sqrt(stats.chi2.ppf(0.95, 2) * np.clip(values[::-1], 0, None))
    angle = float(np.degrees(np.arctan2(vectors[1, 1], vectors[0, 1])))
    with np.errstate(invalid="ignore"):
        correlation = cov[0, 1] / np.sqrt(cov[0, 0] * cov[1, 1])
    ax = new_axes(ax, 5.2)
    label = f"predictions for the {fit.ngroups:,} clusters (shrunken)"
    ax.plot(*predicted.T, "o", ms=5, mew=0, alpha=0.7, color=COLOURS["cluster"], label=label)
    label = "95% of true slopes, as the model estimates them"
    ax.add_patch(Ellipse(mean, width, height, angle=angle, fc="none", ec=COLOURS["cov"], lw=2.5, label=label))
    ax.plot(*mean, "D", ms=10, color=COLOURS["average"], mec="white", label="average cluster")
    ax.autoscale_view()
    text = f"covariance {number(cov[0, 1])}"
    if np.isfinite(correlation):
        text += f"\ncorrelation {number(correlation)}"
    place, side = (0.02, "left") if cov[0, 1] < 0 else (0.98, "right")  # the lower corner that the ellipse leaves free
    ax.text(place, 0.03, text, transform=ax.transAxes, ha=side, va="bottom")
    legend_above(ax)
    return finish(ax, title or _covariation(correlation), *labels)


def _covariation(correlation: float) -> str:
    if not np.isfinite(correlation) or abs(correlation) < 0.1:
        return "The two slopes hardly vary together over clusters"
    return f"Where one slope is large, the other tends to be {'large, too' if correlation > 0 else 'small'}"


def _outcome_variances(fit: object, label: object) -> tuple[float, float]:
    """Residual variances of m and of y in a stacked model."""
    if not isinstance(fit, MixedResult) or not all(term in fit.params for term in TERMS):
        raise MlmedError(
            f"{label!r} is not a fitted stacked model. fits must be a dict such as "
            "{'common': fit_stacked(long, residual='common'), 'per outcome': fit_stacked(long)}."
        )
    s2, residual = fit.optimum.s2, fit.design.residual
    if residual is None:
        return float(s2[0]), float(s2[0])
    mediator = fit.design.X[:, list(fit.params.index).index("sm")] == 1
    codes = {int(c) for c in residual.codes[mediator]}, {int(c) for c in residual.codes[~mediator]}
    if any(len(c) != 1 for c in codes):
        raise MlmedError(
            f"The residual variances of {label!r} differ within an outcome: they are not those of m and y."
        )
    return tuple(float(s2[c.pop()]) for c in codes)


@styled
def residual_variances(fits: Mapping[str, MixedResult], title: str | None = None, ax: Axes | None = None) -> Axes:
    """Residual variance of m and of y in stacked models that allow one for both, or one for each.

    Parameters
    ----------
    fits : dict of str to MixedResult
        Label -> stacked model.
    title : str, optional
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    MlmedError
        `fits` is not a dict of stacked models.
    """
    if not isinstance(fits, Mapping) or not fits:
        raise MlmedError("fits must be a dict, label -> stacked model, with at least one model in it.")
    found = [_outcome_variances(fit, label) for label, fit in fits.items()]
    ax = new_axes(ax, 4.0)
    places = np.arange(len(found))
    for k, outcome in enumerate("my"):
        values = [pair[k] for pair in found]
        bars = ax.bar(places + (k - 0.5) * 0.36, values, 0.34, color=COLOURS[outcome], label=outcome)
        ax.bar_label(bars, [number(value) for value in values], padding=3)
    ax.set_xticks(places, [names(str(label)) for label in fits])
    ax.set(xlim=(-0.6, len(found) - 0.4), ylim=(0, 1.4 * max(map(max, found))))
    ax.legend(title="outcome", ncols=2, loc="upper right")
    default = "Residual variances of the mediator and of the outcome"
    if len({pair[0] == pair[1] for pair in found}) == 2:
        default = "One residual variance for both outcomes, or one for each"
    return finish(ax, title or default, "stacked model", "residual variance (squared units)", grid="y")


@styled
def standard_errors(frame: pd.DataFrame, title: str | None = None, ax: Axes | None = None) -> Axes:
    """Standard errors of the same coefficients by several programs, as dots.

    Parameters
    ----------
    frame : DataFrame
        Index: coefficients; one column for each program, at most six. A value that is missing is counted in the legend.
    title : str, optional
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    MlmedError
        No table, an empty one, a column without numbers, or a negative standard error.
    """
    if not isinstance(frame, pd.DataFrame) or frame.empty or len(frame.columns) > len(_MARKERS):
        raise MlmedError(
            "standard_errors needs a DataFrame with one row for each coefficient and one to six columns, "
            "one for each program."
        )
    values = {}
    for position, column in enumerate(frame.columns):
        found = numeric_values(frame.iloc[:, position])
        if found is None or (found < 0).any() or np.isinf(found).any() or np.isnan(found).all():
            raise MlmedError(f"Column {column!r} does not hold standard errors: they are finite numbers, not below 0.")
        values[position] = found
    table = np.column_stack(list(values.values()))
    ax = new_axes(ax, 1.9 + 0.42 * len(frame))
    places = np.arange(len(frame))
    for position, column in enumerate(frame.columns):
        missing = int(np.isnan(table[:, position]).sum())
        label = f"{column}" + (f" ({missing} missing)" if missing else "")
        # A small step apart, so that equal values do not hide each other.
        step = 0.22 * (position - (len(frame.columns) - 1) / 2)
        ax.plot(table[:, position], places + step, _MARKERS[position], ms=8, mec="white", mew=0.6, label=label)
    ax.set_yticks(places, [str(name) for name in frame.index])
    ax.set(xlim=(0, 1.08 * np.nanmax(table) or 1), ylim=(len(frame) - 0.5, -0.5))
    legend_below(ax, min(3, len(frame.columns)))
    return finish(ax, title or _difference(table), "standard error (units of the coefficient)", "coefficient")


def _difference(table: np.ndarray) -> str:
    complete = table[np.isfinite(table).all(1) & (table > 0).all(1)]
    if table.shape[1] < 2 or not len(complete):
        return "Standard errors of the coefficients"
    share = (complete.max(1) / complete.min(1)).max() - 1
    return "The programs' standard errors agree" if share < 0.0005 else f"Standard errors differ by up to {share:.1%}"


@styled
def correlations(cov: pd.DataFrame, title: str | None = None, ax: Axes | None = None) -> Axes:
    """A covariance matrix as correlations, each a coloured square with its number.

    Parameters
    ----------
    cov : DataFrame, shape (q, q)
        Covariance matrix of at most eight variables, such as the random effects' `cov_re`. A correlation matrix shows
        itself.
    title : str, optional
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    MlmedError
        Not a symmetric table of finite numbers with the same names in rows and columns, a negative variance, a
        covariance larger than the variances allow, or more than eight variables.

    Notes
    -----
    The correlation of i and j is cov_ij / sqrt(cov_ii cov_jj). One with a variable that does not vary does not exist:
    its square stays empty.
    """
    values = _covariances(cov)
    sd = np.sqrt(np.diag(values))
    with np.errstate(divide="ignore", invalid="ignore"):
        r = values / np.outer(sd, sd)
    if np.nanmax(np.abs(r), initial=0) > 1 + 1e-6:
        raise MlmedError("These are no covariances: at least one is larger than the two variances allow.")
    count = len(values)
    ax = new_axes(ax, 1.3 + 0.62 * count)
    ax.imshow(np.ma.masked_invalid(r), cmap="RdBu_r", vmin=-1, vmax=1)
    for (row, column), value in np.ndenumerate(r):
        if np.isfinite(value):
            colour = "white" if abs(value) > 0.6 else "black"
            text = f"{round(value, 2) + 0.0:.2f}".replace("-", "\N{MINUS SIGN}")  # no -0.00
            ax.text(column, row, text, ha="center", va="center", color=colour)
    places, labels = range(count), [names(literal(shortened(str(name), 16))) for name in cov.columns]
    ax.set(xticks=places, yticks=places, xticklabels=labels, yticklabels=labels)
    if max(width_of(label, 11) for label in labels) > 0.6:  # wider than a square
        ax.tick_params(axis="x", labelrotation=40)
        plt.setp(ax.get_xticklabels(), ha="right", rotation_mode="anchor")
    finish(ax, title or "Correlations of the random effects", "random effect", "random effect")
    ax.grid(False)
    return ax


def _covariances(cov: object) -> Array:
    """The numbers of a covariance matrix, or an error that says what the table is instead."""
    if not isinstance(cov, pd.DataFrame) or cov.empty or list(cov.index) != list(cov.columns):
        raise MlmedError(
            "correlations needs a covariance matrix: a DataFrame with the same names in rows and columns, such as "
            "result.cov_re."
        )
    if len(cov) > _MOST_VARIABLES:
        raise MlmedError(
            f"The numbers of {len(cov)} variables cannot be read in one picture; choose at most {_MOST_VARIABLES}, as "
            "in cov.loc[names, names]."
        )
    columns = [numeric_values(cov.iloc[:, k]) for k in range(len(cov))]
    if any(column is None for column in columns) or not np.isfinite(values := np.column_stack(columns)).all():
        raise MlmedError("A covariance matrix holds finite numbers only; this table has others.")
    if not np.allclose(values, values.T, rtol=1e-6, atol=0) or (np.diag(values) < 0).any():
        raise MlmedError("A covariance matrix is symmetric and its variances are not negative; this one is not so.")
    return values
