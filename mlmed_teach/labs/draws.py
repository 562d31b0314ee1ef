"""Standard normal draws, made once: labs only shift, stretch and turn them, so that pictures morph."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.special import ndtri

from ..typing import Array


@cache
def random_draws(count: int, columns: int, seed: int) -> Array:
    """Draws that look random, as clusters in a cloud do.

    Their means are exactly 0, their standard deviations exactly 1 (with divisor `count`) and their correlations exactly
    0, so that what is made of them has exactly the moments that the controls say.

    Returns
    -------
    ndarray, shape (columns, count)
        Read-only.
    """
    return _exact(np.random.default_rng(seed).standard_normal((columns, count)))


@cache
def even_draws(count: int, columns: int) -> Array:
    """Draws that are spread evenly, for percentiles without noise; moments as those of `random_draws`.

    An additive recurrence with powers of the generalized golden ratio g, the root of g**(columns + 1) = g + 1 (Roberts
    2018, "The unreasonable effectiveness of quasirandom sequences"), of which each column keeps the ranks only: its
    draws are the normal quantiles of equally spaced probabilities.
    """
    golden = 2.0
    for _ in range(60):
        golden = (1 + golden) ** (1 / (columns + 1))
    steps = golden ** -np.arange(1.0, columns + 1)
    uniform = (0.5 + np.outer(steps, np.arange(1, count + 1))) % 1
    ranks = uniform.argsort(axis=1).argsort(axis=1)
    return _exact(ndtri((ranks + 0.5) / count))


def _exact(draws: Array) -> Array:
    draws = draws - draws.mean(axis=1, keepdims=True)
    exact = np.asarray(np.linalg.solve(np.linalg.cholesky(draws @ draws.T / draws.shape[1]), draws), dtype=np.float64)
    exact.flags.writeable = False
    return exact
