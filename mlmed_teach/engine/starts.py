"""Where searches for the maximum begin, in the units of the search."""

from __future__ import annotations

from functools import cache

import numpy as np

from ..typing import Array

STARTS = ((0.25, 0.4), (2.0, 0.2), (1.0, 0.4), (0.1, 0.9))  # sd of the random effects, share of the residual variance
FEW = 15  # clusters; in 3,500 random tables, several interior maxima were seen with no more than these
# Starts with few clusters. In 2 of 1,908 random tables of 5 to 15 clusters twenty others found something higher, where
# a residual variance is next to 0 (with 32 starts, in 2 of the first 951).
RANDOM = 64
LEAST_SD, LARGEST_SD = 0.05, 3.0  # of the random effects, along random axes
LEAST_SHARE = 0.001  # of the residual variance: some of the maxima that others miss nearly reproduce the rows
SEED = 1


@cache
def usual_starts(q: int, R: int) -> list[tuple[Array, Array]]:
    """Starts that nearly always do, the best first: a factor of G, shape (q, q), and residual variances, shape (R,)."""
    return [(sd * np.eye(q), np.full(R, share)) for sd, share in STARTS]


@cache
def random_starts(q: int, R: int) -> tuple[Array, Array]:
    """Starts all over the space, the same each time: shapes (RANDOM, q, q), (RANDOM, R)."""
    rng = np.random.default_rng(SEED)
    axes = np.linalg.qr(rng.normal(size=(RANDOM, q, q)))[0]
    sd = np.exp(rng.uniform(np.log(LEAST_SD), np.log(LARGEST_SD), (RANDOM, 1, q)))
    return axes * sd, np.exp(rng.uniform(np.log(LEAST_SHARE), 0.0, (RANDOM, R)))
