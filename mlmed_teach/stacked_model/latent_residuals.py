"""What the paths between clusters leave of the clusters' latent means: two variances, with their standard errors.

In the notation of `latent_means` they are those of u_M and u_Y. The reduced form of the intercepts, T - D, is

    T_MM - D_MM = var(u_M),    T_MY - D_MY = beta var(u_M),    T_YY - D_YY = beta^2 var(u_M) + var(u_Y).
"""

from __future__ import annotations

import numpy as np

from ..models import central_differences
from ..typing import Array
from .latent_means import LatentEffects, average_reliability, between_slopes, left_of_x, parameters_of, x_parameters


def residuals_between(latent: LatentEffects) -> tuple[Array, Array]:
    """Paths between clusters and the variances of what they leave.

    Parameters
    ----------
    latent : LatentEffects

    Returns
    -------
    values : ndarray, shape (5,)
        a_B, b_B, c'_B, var(u_Y), var(u_M).
    V : ndarray, shape (5, 5)
        Their covariance matrix, by the delta method from the standard errors that were asked for.
    """
    fit, n_x = latent.fit, len(x_parameters(latent.fit_x))
    s2_Y, s2_M = fit.optimum.s2
    values, V = parameters_of(fit, latent.fit_x, fit.se, also=("var(sy)",))

    def found(*moved: float) -> Array:
        at = np.asarray(moved)
        of_fit, T_YY, of_x = at[: len(at) - n_x - 1], at[len(at) - n_x - 1], at[len(at) - n_x :]
        spread = np.array([T_YY, s2_M, s2_Y])
        return _parts(of_fit, of_x, spread, latent.sizes)

    scale = np.sqrt(np.maximum(np.diag(V), 0.0))
    rows = np.array([central_differences(lambda *v, k=k: found(*v)[k], values, scale) for k in range(5)])
    return found(*values), rows @ V @ rows.T


def _parts(of_fit: Array, of_x: Array, spread: Array, size: Array) -> Array:
    T_MM, T_MY = of_fit[3:5]
    D = (0.0, 0.0, 0.0)
    if len(of_x):
        S, s2 = of_x
        gamma = of_fit[5:] / average_reliability(S, s2, size)
        D = left_of_x(np.array([T_MM, T_MY, *spread]), gamma, S, s2, size)
    own, shared, of_y = T_MM - D[0], T_MY - D[1], spread[0] - D[2]
    return np.array([*between_slopes(of_fit, of_x, spread, size), of_y - shared**2 / own, own])
