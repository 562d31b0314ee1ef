"""Small pieces of linear algebra that the engine shares."""

from __future__ import annotations

from functools import cache

import numpy as np

from ..typing import Array, IntArray

DEPENDENT = 1e-7  # of its length: what a column adds to those before it, if they are said to hold it already


def transposed(a: Array) -> Array:
    """The matrices of a stack, transposed."""
    return a.swapaxes(-1, -2)


@cache
def lower_triangle(q: int) -> tuple[tuple[IntArray, IntArray], Array]:
    """Index of the lower triangle, row by row, and the matrix from it to the whole one, (q*q, q(q+1)/2)."""
    i, j = np.tril_indices(q)
    duplication = np.zeros((q, q, len(i)))
    duplication[i, j, np.arange(len(i))] = 1.0
    duplication[j, i, np.arange(len(i))] = 1.0
    return (i, j), duplication.reshape(q * q, -1)


def triangle(X: Array) -> Array:
    """R of X = Q R."""
    return np.asarray(np.linalg.qr(X, mode="r"))


def dependent_column(X: Array) -> int | None:
    """Index of the first column that is a linear combination of those before it (to 1e-7 of its length), or None."""
    r = np.abs(np.diagonal(triangle(X)))
    length = np.sqrt((X**2).sum(0))
    r = np.append(r, np.zeros(X.shape[1] - len(r)))  # fewer rows than columns
    bad = np.flatnonzero(r <= DEPENDENT * length)
    return int(bad[0]) if len(bad) else None


def least_squares(y: Array, X: Array) -> tuple[Array, Array, Array]:
    """Coefficients and residuals of y on X, and the triangle R of X = Q R that they come from."""
    Q, R = np.linalg.qr(X)
    projection = Q.T @ y
    return np.linalg.solve(R, projection), y - Q @ projection, R


def whitening(R: Array, n: int) -> Array:
    """T such that X T has cross-products n I, for X = Q R of n rows."""
    return np.linalg.inv(R) * np.sqrt(n)
