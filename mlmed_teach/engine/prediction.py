"""How far predictions of random effects may be off."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..typing import Array
from .likelihood import cross_products
from .linalg import transposed, whiten
from .search import Optimum


def prediction_covariance(
    X: Array,
    Z: Array,
    cluster: NDArray,
    residual: NDArray | None,
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
    fixed, random : ndarray, shapes (k, p), (k, q)

    Returns
    -------
    ndarray, shape (J, k, k)
    """
    k = np.sqrt(optimum.s2 if residual is None else optimum.s2[residual])[..., None]
    X, Z = X / k, Z / k  # residuals of variance 1, whatever the units of two outcomes
    Tz = whiten(Z)  # for large means, as in `maximize`
    unit = np.linalg.inv(Tz)
    G = unit @ optimum.G @ unit.T
    cp = cross_products(np.zeros(len(X)), X, Z @ Tz, cluster, np.zeros(len(X), dtype=np.int64), 1)
    A, B = cp.zz[0], cp.zw[0, ..., :-1]
    open_ = G @ np.linalg.inv(np.eye(len(G)) + A @ G)  # G (I + A G)^-1; G Z'V^-1 X is this times Z'R^-1 X
    at = random @ Tz
    K = fixed - at @ (open_ @ B)
    return K @ optimum.cov_beta @ transposed(K) + at @ open_ @ at.T
