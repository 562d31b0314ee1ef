"""Pictures of a profile likelihood, and of what single clusters have behind an average."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import ArrayLike
from scipy import stats

from ..errors import MlmedError
from ..show import picture_number
from ..validation import check_level, numeric_values, real
from .style import COLOURS, finish, legend_above, new_axes, styled


@styled
def profile_curve(
    profile: Any,
    se: float,
    level: float = 0.95,
    xlabel: str = "value at which the indirect effect is held",
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """What it costs to hold an effect at a value, beside the parabola that a Wald interval puts in its place.

    Parameters
    ----------
    profile : ProfileInterval
        One effect of ``med.profile()``: its curve, estimate and limits are drawn.
    se : float
        Standard error for the parabola, ((value - estimate) / se) squared.
    level : float
        Confidence level: the cost at which the horizontal line stands is this quantile of chi-square (1 df).
    xlabel : str
    title : str, optional
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    MlmedError
        `profile` has no curve, se is not above 0, or level does not lie between 0 and 1.
    """
    if not hasattr(profile, "curve"):
        raise MlmedError("profile must be one effect of a profile, such as med.profile().indirect.")
    se, middle = real(se, "se", above=0), profile.estimate
    cost = float(stats.chi2.ppf(check_level(level), 1))
    curve = profile.curve
    signed = np.sign(curve["value"] - middle) * np.sqrt(curve["W"])  # nearly a straight line, so safe to interpolate
    values = np.linspace(curve["value"].min(), curve["value"].max(), 200)
    ax = new_axes(ax)
    costs = np.interp(values, curve["value"], signed) ** 2
    ax.plot(values, costs, color=COLOURS["a"], lw=2.5, label="profile likelihood")
    ax.plot(values, ((values - middle) / se) ** 2, color=COLOURS["b"], ls="--", label="Wald: a parabola")
    ax.axhline(cost, color=COLOURS["text"], lw=1)
    for limit in profile.ci:
        ax.plot([limit, limit], [0, cost], color=COLOURS["a"], ls=":")
        ax.annotate(picture_number(limit), (limit, 0.1), xytext=(4, 0), textcoords="offset points", fontsize=12)
    ax.set_ylim(0, 1.6 * cost)
    ax.legend(loc="upper center")
    left, right = middle - profile.ci[0], profile.ci[1] - middle
    lean = "as steeply on both sides"
    if abs(left - right) > 0.02 * (left + right):
        lean = "faster on the left" if left < right else "faster on the right"
    return finish(ax, title or f"The likelihood falls {lean}", xlabel, "cost $W$")


@styled
def cluster_effects(
    effects: ArrayLike,
    product: float,
    average: float,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Histogram of the indirect effects of clusters, with the product of the average slopes and the average effect.

    Parameters
    ----------
    effects : array_like, shape (clusters,)
        a_j b_j of each cluster.
    product : float
        a b.
    average : float
        a b + cov(a_j, b_j).
    title : str, optional
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    MlmedError
        Fewer than two effects, effects that are not finite numbers or all equal, or a product or an average that is
        no number.
    """
    values = numeric_values(pd.Series(np.ravel(effects)))
    if values is None or len(values) < 2 or not np.isfinite(values).all() or np.ptp(values) == 0:
        raise MlmedError("effects must be at least two finite numbers that are not all equal.")
    product, average = real(product, "product"), real(average, "average")
    ax = new_axes(ax)
    shown = tuple(np.quantile(values, [0.001, 0.999]))  # the last tenth of a percent makes a picture too wide
    ax.hist(values, bins=80, range=shown, density=True, color=COLOURS["cluster"])
    ax.axvline(product, ymax=0.75, color=COLOURS["a"], ls="--", lw=2, label=f"$a b$ = {picture_number(product)}")
    label = f"$a b$ + cov = {picture_number(average)}; mean of the clusters: {picture_number(values.mean())}"
    ax.axvline(average, ymax=0.75, color=COLOURS["average"], lw=2, label=label)
    legend_above(ax, 0.3)
    return finish(ax, title or "Indirect effects of clusters", "indirect effect of a cluster, $a_j b_j$", "density")
