"""The one pass over the rows: cross-products of every cluster, by residual group."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..typing import Array, IntArray
from .linalg import transposed

AT_ONCE = 2_000_000  # numbers of the rows that are copied in one step, so that memory stays bounded: 16 MB


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
    q, R, J = Z.shape[-1], n_residual, int(cluster.max()) + 1
    W = np.concatenate([Z, X, y[..., None]], -1)
    tables, k = W.shape[:-2], W.shape[-1]
    cell = residual.astype(np.intp, copy=False) * J + cluster.astype(np.intp, copy=False)
    size = np.bincount(cell, minlength=R * J)
    W = W[..., np.argsort(cell, kind="stable"), :]
    start = np.cumsum(size) - size
    S = np.zeros((*tables, R * J, k, k))
    for n in np.unique(size[size > 0]):  # cells of one size are one stack of matrices: one BLAS-backed product
        same = np.flatnonzero(size == n)
        per_step = max(1, AT_ONCE // (int(n) * k * math.prod(tables)))
        for at in range(0, len(same), per_step):
            cells = same[at : at + per_step]
            rows = W[..., start[cells][:, None] + np.arange(n), :]
            S[..., cells, :, :] = transposed(rows) @ rows
    S = np.moveaxis(S.reshape(*tables, R, J, k, k), len(tables), 0)
    counts = np.broadcast_to(size.reshape(R, *[1] * len(tables), J).astype(float), (R, *tables, J))
    return CrossProducts(
        zz=np.ascontiguousarray(S[..., :q, :q]),
        zw=np.ascontiguousarray(S[..., :q, q:]),
        ww=np.ascontiguousarray(S[..., q:, q:]),
        n=counts,
    )
