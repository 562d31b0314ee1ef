"""Limits of intervals from draws, and on which side an interval misses a value."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from ..typing import Array

INTERVALS = ("percentile", "basic", "bca")

BELOW, ABOVE, NEITHER = "below", "above", "neither"  # the interval ends below a value, begins above it, or holds it


def percentile_limits(draws: Array, confidence: float) -> Array:
    """Quantiles of draws.

    Parameters
    ----------
    draws : ndarray, shape (B, ...)
    confidence : float

    Returns
    -------
    ndarray, shape (2, ...)
        Low and high limits.
    """
    return np.quantile(draws, [(1 - confidence) / 2, (1 + confidence) / 2], axis=0)


def basic_limits(draws: Array, estimates: ArrayLike, confidence: float) -> Array:
    """Quantiles of draws, reflected at the estimates.

    Parameters
    ----------
    draws, confidence
        As in `percentile_limits`.
    estimates : array_like, shape (...)

    Returns
    -------
    ndarray, shape (2, ...)
    """
    return 2 * np.asarray(estimates) - percentile_limits(draws, confidence)[::-1]


def bca_limits(draws: Array, estimates: ArrayLike, left_out: Array, confidence: float) -> Array:
    """Bias-corrected and accelerated limits (Efron 1987).

    Parameters
    ----------
    draws, confidence
        As in `percentile_limits`, of K effects, shape (B, K).
    estimates : array_like, shape (K,)
    left_out : ndarray, shape (J, K)
        Effects of the tables that lack one cluster each: the acceleration is made of these.

    Returns
    -------
    ndarray, shape (2, K)
        Where all draws lie on one side of the estimate, their quantiles.
    """
    found = percentile_limits(draws, confidence)
    pull = left_out.mean(0) - left_out
    size = (pull**2).sum(0)
    tails = stats.norm.ppf([(1 - confidence) / 2, (1 + confidence) / 2])
    for k, estimate in enumerate(np.asarray(estimates)):
        below = ((draws[:, k] < estimate).sum() + 0.5 * (draws[:, k] == estimate).sum()) / len(draws)
        if not 0 < below < 1:
            continue
        bias = stats.norm.ppf(below)
        acceleration = (pull[:, k] ** 3).sum() / (6 * size[k] ** 1.5) if size[k] > 0 else 0.0
        z = bias + tails
        found[:, k] = np.quantile(draws[:, k], stats.norm.cdf(bias + z / (1 - acceleration * z)))
    return found


def sides_missed(low: ArrayLike, high: ArrayLike, value: ArrayLike) -> NDArray[np.object_]:
    """On which side intervals miss a value.

    Parameters
    ----------
    low, high, value : array_like, shape (...)

    Returns
    -------
    ndarray of str or None, shape (...)
        "below": the interval ends below the value; "above": it begins above it; "neither"; None: there is no interval.
    """
    low, high, value = map(np.asarray, (low, high, value))
    cases = [np.isnan(low) | np.isnan(high), high < value, low > value]
    return np.select(cases, np.array([None, BELOW, ABOVE]), NEITHER)
