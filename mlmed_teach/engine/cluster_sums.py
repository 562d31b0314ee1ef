"""The one pass over the rows: cross-products of every cluster, by residual group."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..typing import Array, IntArray
from .linalg import transposed

AT_ONCE = 200_000  # numbers of the rows, or of their products, in one step: 1.6 MB, which stay in the cache


@dataclass(frozen=True, slots=True)
class CrossProducts:
    """Each cluster's cross-products by residual group: all that the likelihood needs of the rows.

    Several tables at once have an axis of their own in front of J.

    Attributes
    ----------
    zz : ndarray, shape (R, J, q, q)
        Z'Z of cluster j's rows in residual group r.
    zw : ndarray, shape (R, J, q, p + 1)
        Z'[X, y].
    ww : ndarray, shape (R, J, p + 1, p + 1)
        [X, y]'[X, y].
    n : ndarray, shape (R, J)
        Numbers of rows.
    """

    zz: Array
    zw: Array
    ww: Array
    n: Array

    def take(self, which: int | IntArray | list[int]) -> CrossProducts:
        """Some of several tables; or some clusters of one, shape (B, ...), as several tables."""
        return CrossProducts(self.zz[:, which], self.zw[:, which], self.ww[:, which], self.n[:, which])


def cross_products(
    y: Array, X: Array, Z: Array, cluster: IntArray, residual: IntArray, n_residual: int
) -> CrossProducts:
    """Sum the rows' cross-products by cluster and residual group.

    Parameters
    ----------
    y, X, Z : ndarray, shapes (n,), (n, p), (n, q)
        Of several tables at once, each with an axis in front.
    cluster : ndarray of int, shape (n,)
        Codes 0 ... J - 1, in any order.
    residual : ndarray of int, shape (n,)
        Codes 0 ... R - 1.
    n_residual : int
        R.

    Returns
    -------
    CrossProducts
    """
    tables, q, R, J = Z.shape[:-2], Z.shape[-1], n_residual, int(cluster.max()) + 1
    k = q + X.shape[-1] + 1
    cell = residual.astype(np.intp, copy=False) * J + cluster.astype(np.intp, copy=False)
    size = np.bincount(cell, minlength=R * J)
    order = np.argsort(cell, kind="stable")
    start = np.cumsum(size) - size
    zz, zw, ww = (np.zeros((R, *tables, J, *shape)) for shape in ((q, q), (q, k - q), (k - q, k - q)))
    for n in np.unique(size[size > 0]):  # cells of one size are one stack of matrices: one BLAS-backed product
        same = np.flatnonzero(size == n)
        per_step = max(1, AT_ONCE // (max(int(n), k) * k * math.prod(tables)))
        for at in range(0, len(same), per_step):
            cells = same[at : at + per_step]
            rows = order[start[cells][:, None] + np.arange(n)]
            W = np.concatenate([Z[..., rows, :], X[..., rows, :], y[..., rows, None]], -1)
            S = np.moveaxis(transposed(W) @ W, -3, 0)
            r, j = np.divmod(cells, J)
            zz[r, ..., j, :, :] = S[..., :q, :q]
            zw[r, ..., j, :, :] = S[..., :q, q:]
            ww[r, ..., j, :, :] = S[..., q:, q:]
    counts = np.broadcast_to(size.reshape(R, *[1] * len(tables), J).astype(float), (R, *tables, J))
    return CrossProducts(zz, zw, ww, counts)
