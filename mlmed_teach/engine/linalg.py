"""Small pieces of linear algebra that the engine shares."""

from __future__ import annotations

from functools import cache

import numpy as np

from ..typing import Array, IntArray

IN_CACHE = 8_192
"""Numbers of the rows that are factored at a time: they stay in the processor's cache, and BLAS does not yet share them
out to threads, which is slower for matrices with few columns."""

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


def row_blocks(n: int, k: int) -> list[slice]:
    """Rows of an n x k matrix, IN_CACHE numbers or more at a time, but at least four times as many rows as columns."""
    blocks = max(1, n * k // max(IN_CACHE, 4 * k**2))
    ends = [n * block // blocks for block in range(blocks + 1)]
    return [slice(*ends[block : block + 2]) for block in range(blocks)]


def triangle(X: Array) -> Array:
    """R of X = Q R, from those of blocks of rows (Demmel et al. 2012): LAPACK would copy all of X, several times."""
    blocks = row_blocks(*X.shape)
    if len(blocks) == 1:
        return np.asarray(np.linalg.qr(X, mode="r"))
    return triangle(np.concatenate([np.linalg.qr(X[rows], mode="r") for rows in blocks]))


def orthogonalized(X: Array) -> tuple[Array, Array]:
    """Q and R of X = Q R, by blocks as in `triangle`."""
    blocks = row_blocks(*X.shape)
    if len(blocks) == 1:
        return np.linalg.qr(X)
    Q, triangles = np.empty(X.shape), []
    for rows in blocks:
        Q[rows], R = np.linalg.qr(X[rows])
        triangles.append(R)
    outer, R = orthogonalized(np.concatenate(triangles))
    for rows, own in zip(blocks, np.split(outer, len(blocks)), strict=True):
        Q[rows] = Q[rows] @ own
    return Q, R


def dependent_column(X: Array) -> int | None:
    """Index of the first column that is a linear combination of those before it (to 1e-7 of its length), or None."""
    R = triangle(X)
    r = np.abs(np.diagonal(R))
    length = np.sqrt((R**2).sum(0))  # as in X: Q has orthonormal columns
    r = np.append(r, np.zeros(X.shape[1] - len(r)))  # fewer rows than columns
    bad = np.flatnonzero(r <= DEPENDENT * length)
    return int(bad[0]) if len(bad) else None


def least_squares(y: Array, X: Array) -> tuple[Array, Array, Array]:
    """Coefficients and residuals of y on X, and the triangle R of X = Q R that they come from."""
    Q, R = orthogonalized(X)
    projection = Q.T @ y
    return np.asarray(np.linalg.solve(R, projection), dtype=float), y - Q @ projection, R


def whitening(R: Array, n: int) -> Array:
    """T such that X T has cross-products n I, for X = Q R of n rows."""
    return np.linalg.inv(R) * np.sqrt(n)
