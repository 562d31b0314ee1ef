"""How far predictions of random effects may be off."""

from __future__ import annotations

import numpy as np

from ..typing import Array, IntArray
from .cluster_sums import cross_products
from .linalg import transposed, triangle, whitening
from .search import Optimum


def prediction_covariance(
    X: Array,
    Z: Array,
    cluster: IntArray,
    residual: IntArray | None,
    optimum: Optimum,
    fixed: Array,
    random: Array,
) -> Array:
    """Covariance of the errors of predicted combinations ``fixed @ beta + random @ u_j`` of every cluster.

    With M_j = G Z_j'V_j^-1 X_j, the error of the BLUP is (fixed - random M_j)(beta_hat - beta) plus the part of u_j
    that the data of the cluster leave open, of covariance G (I + A_j G)^-1 (Henderson 1975; the covariance parameters
    are taken as known).

    Parameters
    ----------
    X, Z, cluster, residual
        As in `maximize`.
    optimum : Optimum
    fixed, random : ndarray, shapes (k, p) or (J, k, p), (k, q)

    Returns
    -------
    ndarray, shape (J, k, k)
    """
    n = len(X)
    each = np.sqrt(optimum.s2 if residual is None else optimum.s2[residual])[..., None]
    X, Z = X / each, Z / each  # residuals of variance 1, whatever the units of two outcomes
    Tz = whitening(triangle(Z), n)  # for large means, as in `maximize`
    back = np.linalg.inv(Tz)
    G = back @ optimum.G @ back.T
    cp = cross_products(np.zeros(n), X, Z @ Tz, cluster, np.zeros(n, dtype=np.intp), 1)
    A, ZRX = cp.zz[0], cp.zw[0, ..., :-1]
    left_open = G @ np.linalg.inv(np.eye(len(G)) + A @ G)  # G (I + A G)^-1
    combined = random @ Tz
    of_beta = fixed - combined @ (left_open @ ZRX)  # M_j = G (I + A G)^-1 Z'R^-1 X
    return of_beta @ optimum.cov_beta @ transposed(of_beta) + combined @ left_open @ combined.T
