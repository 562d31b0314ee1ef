"""From simulated powers to a number of clusters."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from ..typing import Array

STUDIES = 1000  # that are drawn for an interval


def clusters_at(power: float, clusters: ArrayLike, powers: ArrayLike, tables: ArrayLike) -> dict[str, Any]:
    """Where power reaches a value, with a 95% interval for the chance of the simulation.

    Parameters
    ----------
    power : float
    clusters : array_like, shape (k,)
        Rising numbers of clusters, at least two.
    powers, tables : array_like, shape (k,)
        Shares of tables in which the effect was found, and of how many.

    Returns
    -------
    dict
        "clusters", "ci low", "ci high", each rounded up, and "remark".
    """
    J, n = np.asarray(clusters, dtype=float), np.asarray(tables, dtype=int)
    rising = _rising(np.asarray(powers, dtype=float), n)
    needed = _crossing(power, J, rising, n)
    rng = np.random.default_rng(1)
    again = _rising(rng.binomial(n, np.clip(rising, 0, 1), (STUDIES, len(n))) / n, n)
    drawn = [_crossing(power, J, one, n) for one in again]
    low, high = np.quantile(drawn, [0.025, 0.975], method="closest_observation")  # some may be infinite
    remark = ""
    if np.isinf(needed):
        remark = f"more than {J[-1]:.0f}: simulate larger numbers of clusters"
    elif needed <= J[0]:
        remark = f"{J[0]:.0f} or fewer: simulate smaller numbers of clusters"
    elif np.isinf(high) or low <= J[0]:
        remark = "the interval reaches beyond the grid: simulate more clusters or tables"
    values = (_whole(value) for value in (needed, low, high))
    return {**dict(zip(("clusters", "ci low", "ci high"), values, strict=True)), "remark": remark}


def _rising(powers: Array, n: Array) -> Array:
    """The nearest powers that do not fall along the last axis, by least squares with weights n.

    Each is the largest, over all beginnings at or before it, of the least mean of what begins there and ends at or
    after it (the max-min formula of isotonic regression).
    """
    k = len(n)
    sums = np.concatenate([np.zeros((*powers.shape[:-1], 1)), np.cumsum(powers * n, -1)], -1)
    weights = np.concatenate([[0], np.cumsum(n)])
    found = np.full(powers.shape, -np.inf)
    for begin in range(k):
        means = (sums[..., begin + 1 :] - sums[..., [begin]]) / (weights[begin + 1 :] - weights[begin])
        least = np.minimum.accumulate(means[..., ::-1], -1)[..., ::-1]
        found[..., begin:] = np.maximum(found[..., begin:], least)
    return found


def _crossing(power: float, J: Array, powers: Array, n: Array) -> float:
    """Where rising powers reach a value; the first J if they begin above it, infinity if they end below it."""
    if powers[0] >= power:
        return float(J[0])
    if powers[-1] < power:
        return float("inf")
    k = int(np.argmax(powers >= power))
    half = 0.5 / n[k - 1 : k + 1]  # half a table keeps shares of 0 and 1 finite
    start, end = ndtri(np.clip(powers[k - 1 : k + 1], half, 1 - half))
    way = np.clip((ndtri(power) - start) / (end - start), 0, 1) if end > start else 1.0
    return float((np.sqrt(J[k - 1]) + way * (np.sqrt(J[k]) - np.sqrt(J[k - 1]))) ** 2)


def _whole(value: float) -> float:
    return float(np.ceil(value - 1e-9))
