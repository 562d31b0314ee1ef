"""Monte Carlo intervals: the estimates are drawn again and again."""

from __future__ import annotations

from typing import cast

import numpy as np
import pandas as pd

from ..stacked_model import PATHS, EstimatesAt, MediationEffects, covariance_of_paths, effects_of_paths
from ..typing import Array
from ..validation import check_level, seed_sequence, whole
from ..words import counted
from .interval_results import DrawnIntervals, drawn_intervals, intervals_of_changes
from .limits import percentile_limits
from .limits_of_functions import DrawnEstimates


def draw_estimates(estimates: Array, V: Array, normal: Array) -> Array:
    """Draw estimates from their joint normal distribution.

    Parameters
    ----------
    estimates, V : ndarray, shapes (k,), (k, k)
        Their means and covariance matrix, which may be singular. An estimate without variance stays where it is.
    normal : ndarray, shape (B, k)
        Independent standard normal draws.

    Returns
    -------
    ndarray, shape (B, k)
    """
    vary = np.ix_(*2 * (np.diagonal(V) > 0,))
    root = np.zeros_like(V)
    try:
        root[vary] = np.linalg.cholesky(V[vary])
    except np.linalg.LinAlgError:  # on the boundary an estimate may follow from others
        size, axes = np.linalg.eigh(V)
        root = axes * np.sqrt(np.maximum(size, 0.0))
    return estimates + normal @ root.T


def monte_carlo_limits(estimates: Array, V: Array, normal: Array, confidence: float) -> Array:
    """Monte Carlo limits of the effects in many tables, with the same normal draws for each.

    Parameters
    ----------
    estimates, V : ndarray, shapes (T, 4), (T, 4, 4)
        a, b, c', cov(a_j, b_j) of each table and their covariance matrix, as `path_estimates` gives them; a matrix
        that holds a NaN has no limits.
    normal : ndarray, shape (B, 4)
        Independent standard normal draws.
    confidence : float

    Returns
    -------
    ndarray, shape (2, T, 3)
        Low and high limits of the indirect, the direct and the total effect.
    """
    limits = np.full((2, len(estimates), 3), np.nan)
    for k in np.flatnonzero(np.isfinite(V).all((1, 2))):
        a, b, c, cov_ab = draw_estimates(estimates[k], V[k], normal).T
        limits[:, k] = percentile_limits(effects_of_paths(a, b, c, cov_ab), confidence)
    return limits


def monte_carlo_intervals(
    med: MediationEffects, draws: int = 100_000, seed: int | None = None, level: float = 0.95
) -> DrawnIntervals:
    """Monte Carlo intervals: the estimates are drawn again and again, and the effects computed of each draw.

    a, b, c' and cov(a_j, b_j) are drawn from a normal distribution with their covariance matrix (Preacher & Selig 2012
    for products of paths), which is that of the fit's standard errors: gls, joint or robust. The effects of the draws
    need not be normal: a product is skewed.

    Parameters
    ----------
    med : MediationEffects
        As a method, the result itself.
    draws : int
    seed : int, optional
        The same seed gives the same draws.
    level : float
        Confidence level.

    Returns
    -------
    DrawnIntervals
        `indirect`, `direct`, `total` with `estimate`, `ci`, `se`, `draws`. With moderators `effects` and `to_frame`
        have the rows of `moderation` as well, and ``med.conditional(values, intervals=...)`` takes the result.

    Raises
    ------
    MlmedError
        An impossible number.
    """
    draws, confidence = whole(draws, "draws", 2), check_level(level)
    sequence = seed_sequence(seed)
    estimates = _drawn(med, draws, np.random.default_rng(sequence), confidence)
    effects = np.concatenate([_effects(theta) for theta in estimates.draws.values()], -1)
    found = drawn_intervals(med.effects, effects, percentile_limits(effects, confidence), confidence)
    found |= intervals_of_changes(estimates, med.changes)
    return DrawnIntervals(
        method=f"Monte Carlo, {counted(draws, 'draw')}",
        effects=found,
        draws=pd.DataFrame({name: one.draws for name, one in found.items()}),
        estimates=estimates,
        confidence=confidence,
        reps=draws,
        seed=cast(int, sequence.entropy),
        notes=med.place_notes,
    )


def _drawn(med: MediationEffects, draws: int, rng: np.random.Generator, confidence: float) -> DrawnEstimates:
    """Estimates of all levels, drawn together."""
    own = {level.level: EstimatesAt(med, level.level) for level in med.levels}
    params = med.fit.params
    carry = {path.term_of(level) for path in PATHS.values() for level in ("within", "between")}
    carry |= {term for of in own.values() for term in of.terms}
    terms = [term for term in params.index if term in carry]
    V = covariance_of_paths(med.fit, terms)
    estimates = np.append(params[terms].to_numpy(), med.cov_ab)
    normal = np.column_stack([rng.normal(size=(draws, len(terms))), rng.normal(size=draws)])
    found = draw_estimates(estimates, V, normal)
    drawn = {}
    for level in med.levels:
        of = own[level.level]
        drawn[level.level] = found[:, [*map(terms.index, of.terms), len(terms)]]
        if not level.cov_ab:
            drawn[level.level][:, -1] = 0.0
    return DrawnEstimates({name: of.theta for name, of in own.items()}, drawn, {}, "percentile", confidence)


def _effects(theta: Array) -> Array:
    """Effects of draws of the estimates of a level, shape (draws, 3); with moderators where these are usual."""
    a, b, c = theta[:, :3].T
    return effects_of_paths(a, b, c, theta[:, -1])
