"""What an unmeasured cause of m and y would do to the effects: a closed form, without a refit.

Let the residuals e_M and e_Y of the two equations correlate with rho, and fit the model as if they did not. With

    kappa = rho / sqrt(1 - rho^2) * sd(e_Y) / sd(e_M),        both standard deviations of that fit,

e_Y = kappa e_M + e', and e_M = m - d_Mj - a_j x. Put into y's equation, this is the fitted model itself, whose b_j is
the true b_j + kappa, c'_j the true c'_j - kappa a_j, and d_Yj the true d_Yj - kappa d_Mj. For a given rho, then,

    indirect effect - kappa a,    direct effect + kappa a,    the same total effect,

and cov(a_j, b_j) as it is. Where the model can follow this map, it has the same likelihood for every rho, so that the
data say nothing about rho. Imai, Keele & Yamamoto (2010) have the idea for models of one level.

Between clusters the same algebra holds one level up. With M_j, Y_j and X_j the latent means of a cluster,

    M_j = a_B X_j + u_M,        Y_j = b_B M_j + c'_B X_j + u_Y,        corr(u_M, u_Y) = rho,

u_Y = kappa u_M + u' and u_M = M_j - a_B X_j, so that the fit has b_B + kappa and c'_B - kappa a_B. What the data tell
is the covariance of the intercepts, (b_B - b) var(u_M) + cov(u_M, u_Y); rho only shares it out, and no row is predicted
otherwise. The two correlations do not mix: with correlated residuals of rows the intercepts take up what b within
clusters gains, and what rows of a cluster have in common leaves comparisons among them alone. Observed means do not
follow: each is M_j plus chance, which would have to come into y's equation with -kappa.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from ..errors import MlmedError
from ..models import MixedResult
from ..stacked_model import (
    KINDS,
    PATHS,
    Effect,
    LatentEffects,
    Level,
    LevelEffects,
    Specification,
    combine,
    effects_frame,
    residuals_between,
)
from ..typing import Array
from ..validation import one_of
from ..words import and_list, described
from .sensitivity_result import Sensitivity

GRID = np.round(np.linspace(-0.9, 0.9, 37), 10)
LEVELS = ("within", "between")
FLAT = 1e-6  # share of the variance of y's latent means below which none is left


class Confounded(Protocol):
    """What `effects_if_confounded` needs of a mediation; `Mediation` documents each."""

    fit: MixedResult
    within: LevelEffects | None

    @property
    def spec(self) -> Specification: ...
    @property
    def latent(self) -> LatentEffects | None: ...


def effects_if_confounded(med: Confounded, rho: ArrayLike | None = None, level: str = "within") -> Sensitivity:
    """The effects, if something unmeasured moves m and y.

    The model supposes that the residuals of m and y are not correlated. If they are, with correlation rho, the indirect
    effect is off by kappa a (see the head of this module). The data cannot tell rho: this is no estimate of it, but an
    answer to "how large would it have to be?". Standard errors are by the delta method over a, b, c', cov(a_j, b_j) and
    both residual variances, for kappa is estimated, too.

    Parameters
    ----------
    med : Confounded
        As a method, the result itself.
    rho : float or array_like, optional
        Correlations between -1 and 1; by default from -.9 to .9.
    level : {"within", "between"}
        "within": a cause that differs from row to row, rho being the correlation of the residuals of rows; of a
        decomposed model the effects within clusters. "between": a feature of clusters, rho being the correlation of
        what the paths between clusters leave of the latent means of m and y; needs ``decompose=True``, and is about
        `latent`.

    Returns
    -------
    Sensitivity
        One row for each rho and effect (indirect, direct, total); `rho_zero`, `rho_ci`, `words`, `plot()`.

    Raises
    ------
    MlmedError
        A rho is no number between -1 and 1; the model cannot follow the map, which the message explains, with the model
        that can.

    Examples
    --------
    >>> import mlmed_teach as mt
    >>> med = mt.mediate(mt.load_ml_sim())
    >>> print(f"{med.sensitivity().rho_zero:.2f}")
    0.66
    """
    values = GRID if rho is None else correlations(rho)
    level = one_of(level, "level", LEVELS)
    if level == "within":
        _refuse_what_is_not_closed(med.spec)
        theta, V = _parameters(med)
    else:
        theta, V = _parameters_between(med)
    effects = [_effects(theta, V, value, med.fit.df) for value in values]
    frame = effects_frame(effect for some in effects for effect in some)
    frame.index = pd.MultiIndex.from_product([values, KINDS], names=["rho", "effect"])
    rho_zero = _tipping_point(theta)
    rho_ci = _first_doubt(theta, V, med.fit.df, rho_zero)
    return Sensitivity(frame, rho_zero, rho_ci, level, med.spec)


def correlations(rho: ArrayLike) -> Array:
    """One correlation or several, each between -1 and 1 and given once, as an array; a message for anything else."""
    try:
        values = np.atleast_1d(np.asarray(rho, dtype=float))
    except (TypeError, ValueError):
        values = np.array([np.nan])
    if values.ndim != 1 or not len(values) or not (np.abs(values) < 1).all():
        raise MlmedError(
            "rho must be one correlation or a list of them, each between -1 and 1 (these excluded), but it is "
            f"{described(rho) if np.ndim(rho) else repr(rho)}. For example rho=[0.1, 0.3], or leave it out."
        )
    if len(np.unique(values)) < len(values):
        raise MlmedError("rho holds a correlation twice. Give each one once.")
    return values


def _refuse_what_is_not_closed(spec: Specification) -> None:
    """The map needs c'_j to take up kappa a_j, d_Yj to take up kappa d_Mj, and y's equation what moves m."""
    if not spec.within and spec.decompose:
        raise MlmedError(
            f"{spec.x!r} does not vary within clusters, and the model is decomposed: the indirect effect is one "
            "between clusters, which correlated residuals of rows leave as it is. Ask for that one, with "
            "sensitivity(level='between')."
        )
    needs = []
    if "a" in spec.random and "cprime" not in spec.random:
        slopes = tuple(path for path in PATHS if path in (*spec.random, "cprime"))
        needs.append(f"a_j varies over clusters and c'_j does not: add its slope, random={slopes!r}")
    if "m" in spec.intercepts and "y" not in spec.intercepts:
        needs.append(f"only {spec.m!r} has a random intercept: give {spec.y!r} one, too, intercepts=('m', 'y')")
    missing = [name for name in spec.covariates["m"] if name not in spec.covariates["y"]]
    if missing:
        needs.append(f"{and_list(map(repr, missing))} is in the equation of {spec.m!r} alone: put it into both")
    for moderator in spec.moderators:
        if "a" in moderator.paths and "cprime" not in moderator.paths:
            needs.append(
                f"a depends on {moderator.name!r} and c' does not: let it, as in moderators={{'a': {moderator.name!r}, "
                f"'cprime': {moderator.name!r}}}"
            )
    if needs:
        raise MlmedError(
            "With correlated residuals the model would not keep its form, so that there is no closed form for it. "
            + "; ".join(needs)
            + ". Then call sensitivity() of that result."
        )


def _parameters(med: Confounded) -> tuple[Array, Array]:
    """a, b, c', cov(a_j, b_j), residual variances of y and m, shape (6,), and their covariance matrix."""
    fit, level = med.fit, _level(med)
    design, optimum = fit.design, fit.optimum
    p, q = len(design.fe_names), len(design.re_names)
    at = [design.fe_names.index(path.term_of(level)) for path in PATHS.values()]
    V = getattr(optimum.cov, fit.se)
    found = np.zeros((6, 6))
    places = [*zip((0, 1, 2), at, strict=True), (4, len(V) - 2), (5, len(V) - 1)]
    cov = 0.0
    slopes = [PATHS[name].term for name in "ab"]
    if set(slopes) <= set(design.re_names):
        j, i = sorted(design.re_names.index(term) for term in slopes)
        cov = float(optimum.G[i, j])
        places.append((3, p + i * (i + 1) // 2 + j))
    assert len(V) == p + q * (q + 1) // 2 + 2
    rows, own = zip(*places, strict=True)
    found[np.ix_(rows, rows)] = V[np.ix_(own, own)]
    return np.array([*optimum.beta[at], cov, *optimum.s2]), found


def _level(med: Confounded) -> Level:
    return "within" if med.within else ""


def _parameters_between(med: Confounded) -> tuple[Array, Array]:
    """As `_parameters`, of the latent means: slopes that vary are those within clusters, so the covariance is 0."""
    spec, latent = med.spec, med.latent
    if latent is None:
        raise MlmedError(_why_not_between(spec))
    values, V = residuals_between(latent)
    if not values[3] > FLAT * values[1] ** 2 * values[4]:
        raise MlmedError(
            f"The latent means of {spec.m} and {spec.x} leave nothing of that of {spec.y}: its residual variance "
            f"between "
            "clusters is 0 at the optimum, and a correlation with it has no meaning. Report the effects within "
            "clusters."
        )
    at = [0, 1, 2, 4, 5]
    theta, whole = np.zeros(6), np.zeros((6, 6))
    theta[at], whole[np.ix_(at, at)] = values, V
    return theta, whole


def _why_not_between(spec: Specification) -> str:
    if not spec.decompose:
        return (
            "Effects between clusters are not told apart here. Decompose them, "
            "mediate(..., decompose=True), then call sensitivity(level='between') of that result."
        )
    if spec.moderators:
        return (
            "Between clusters the analysis is about latent means, and these are not offered with moderators. Leave the "
            "moderators out, or ask for the effects within clusters, sensitivity(level='within')."
        )
    return (
        "Between clusters the analysis is about latent means, and this result has none: they need random intercepts of "
        "both, and means of x and m that vary over clusters by more than chance. Ask for the effects within clusters, "
        "sensitivity(level='within')."
    )


def _effects(theta: Array, V: Array, rho: float, df: float) -> Iterable[Effect]:
    a, b, c, cov, s2_y, s2_m = theta
    kappa = rho / np.sqrt(1 - rho**2) * np.sqrt(s2_y / s2_m)
    by_y, by_m = kappa / (2 * s2_y), -kappa / (2 * s2_m)
    T = np.array(
        [
            [1, 0, 0, 0, 0, 0],
            [0, 1, 0, 0, -by_y, -by_m],
            [kappa, 0, 1, 0, a * by_y, a * by_m],
            [0, 0, 0, 1, 0, 0],
        ]
    )
    estimates, ses = combine(a, b - kappa, c + kappa * a, cov, T @ V @ T.T)
    return [Effect("", kind, float(e), float(s), df) for kind, e, s in zip(KINDS, estimates, ses, strict=True)]


def _tipping_point(theta: Array) -> float:
    """rho with kappa a = indirect effect; NaN where none is."""
    a, b, _, cov, s2_y, s2_m = theta
    if a == 0:
        return float("nan")
    k = (a * b + cov) / a / np.sqrt(s2_y / s2_m)
    return float(k / np.sqrt(1 + k**2))


def _first_doubt(theta: Array, V: Array, df: float, rho_zero: float) -> float:
    """The rho nearest to 0, on the way to the tipping point, at which the interval of the indirect effect holds 0."""

    def clear(rho: float) -> float:
        """How far the interval stays away from 0; below 0 where it holds it."""
        indirect = next(iter(_effects(theta, V, rho, df)))
        low, high = indirect.ci
        return max(low, -high)

    if np.isnan(rho_zero):
        return float("nan")
    if clear(0.0) <= 0:
        return 0.0
    steps = np.linspace(0, rho_zero, 101)
    after = next(k for k, rho in enumerate(steps) if clear(rho) <= 0)  # at the tipping point the estimate is 0
    return float(brentq(clear, steps[after - 1], steps[after], xtol=1e-10))
