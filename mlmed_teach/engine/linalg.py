"""Small pieces of linear algebra that the engine shares."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..typing import Array


def transposed(a: Array) -> Array:
    return a.swapaxes(-1, -2)


@cache
def lower_triangle(q: int) -> tuple[NDArray, Array]:
    """Index of the lower triangle, row by row, and the matrix from it to the whole one, (q*q, q(q+1)/2)."""
    i, j = np.tril_indices(q)
    duplication = np.zeros((q, q, len(i)))
    duplication[i, j, np.arange(len(i))] = 1.0
    duplication[j, i, np.arange(len(i))] = 1.0
    return (i, j), duplication.reshape(q * q, -1)


def dependent_column(X: Array) -> int | None:
    """Index of the first column that is a linear combination of those before it (to 1e-7 of its length), or None."""
    r = np.abs(np.diagonal(np.linalg.qr(X, mode="r")))
    length = np.sqrt((X**2).sum(0))
    r = np.append(r, np.zeros(X.shape[1] - len(r)))  # fewer rows than columns
    bad = np.flatnonzero(r <= 1e-7 * length)
    return int(bad[0]) if len(bad) else None


def least_squares(y: Array, X: Array) -> tuple[Array, Array]:
    """Coefficients and residuals of y on X, by a QR decomposition."""
    Q, R = np.linalg.qr(X)
    projection = Q.T @ y
    return np.linalg.solve(R, projection), y - Q @ projection


def whiten(X: Array) -> Array:
    """T such that X T has pooled cross-products n I."""
    return np.linalg.inv(np.linalg.qr(X, mode="r")) * np.sqrt(len(X))
