"""Exact ML and REML for a linear mixed model with one grouping factor: plain arrays in, plain arrays out.

The model for cluster j, with rows i in residual group r(i), is

    y_j = X_j beta + Z_j u_j + e_j,    u_j ~ N(0, G),    e_ij ~ N(0, s2[r(i)]),

so that V_j = Z_j G Z_j' + R_j is linear in the covariance parameters phi = (vech G, s2). Everything below needs the
rows only through each cluster's cross-products (`CrossProducts`); after that one pass the cost of the likelihood does
not depend on the number of rows. Formulas:

* Woodbury: with A_j = Z_j' R_j^-1 Z_j and F_j = (I + A_j G)^-1, Z'V^-1 Z = F A, Z'V^-1 W = F Z'R^-1 W for any W, and
  |V_j| = |R_j| |I + A_j G| (Laird & Ware 1982; Pinheiro & Bates 2000, section 2.2).
* Profile likelihoods: beta is replaced by its GLS estimate; REML adds log|X'V^-1 X| (Patterson & Thompson 1971;
  Harville 1977).
* Derivatives, with P = V^-1 - V^-1 X (X'V^-1 X)^-1 X'V^-1 and D_k = dV/dphi_k (Searle, Casella & McCulloch 1992,
  ch. 6):
  d(-2 ll)/dphi_k         = tr(Pi D_k) - y'P D_k P y,
  d2(-2 ll)/dphi_k dphi_l = -tr(Pi D_k Pi D_l) + 2 y'P D_k P D_l P y,    Pi = P for REML and V^-1 for ML.
  V is homogeneous in phi, so the derivatives by one of the phi follow from those by the others (Euler).
* With W = [X, y] and C such that W C = [X (X'V^-1 X)^-1/2, y - X beta], every term with P is an inner product of these
  columns, and REML differs from ML by the weight c of the first p of them: S = V^-1 - Pi + P y y'P is
  V^-1 W C diag(c) C'W'V^-1.

The optimum is sought over a square factor L of G = L L', for which the boundary (a singular G) is an ordinary point.
Covariances that are fixed at 0 are entries of L that stay 0 (`free_entries`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..typing import Array
from .cluster_sums import CrossProducts
from .derivatives import first_derivatives, second_derivatives
from .gls import profile_out_beta, row_totals, second_group, woodbury
from .stacks import total_of_numbers

NOT_ASKED_FOR = np.empty((0, 0))


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The likelihood at one G and s2 (or a batch of them: every shape then has the batch axes in front).

    Attributes
    ----------
    m2ll : ndarray, shape ()
        -2 times the ML or REML log likelihood.
    beta : ndarray, shape (p,)
        GLS fixed effects.
    cov_beta : ndarray, shape (p, p)
        (X'V^-1 X)^-1, the covariance matrix of `beta`.
    scores : ndarray, shape (J, q)
        Z_j'V_j^-1 (y_j - X_j beta); G times this is the BLUP of u_j.
    grad_G : ndarray, shape (q, q)
        Derivative of m2ll by G as a free matrix, so that d m2ll = sum(grad_G * dG) for symmetric dG.
    grad_s2 : ndarray, shape (R,)
        Derivative of m2ll by the residual variances.
    hess : ndarray, shape (q(q+1)/2 + R,) * 2
        Second derivatives of m2ll by phi = (lower triangle of G, row by row; s2). Of shape (0, 0) if not asked for.
    """

    m2ll: Array
    beta: Array
    cov_beta: Array
    scores: Array
    grad_G: Array
    grad_s2: Array
    hess: Array


def evaluate(
    cp: CrossProducts, G: Array, s2: Array, reml: bool, weights: Array | None = None, hessian: bool = True
) -> Evaluation:
    """-2 log likelihood with gradient and Hessian in phi = (G, s2), beta profiled out.

    Parameters
    ----------
    cp : CrossProducts
    G : ndarray, shape (..., q, q)
        Covariance matrices of the random effects; leading axes are a batch.
    s2 : ndarray, shape (..., R)
        Residual variances.
    reml : bool
        Restricted likelihood.
    weights : ndarray, shape (..., J), optional
        How many times each cluster counts (a cluster bootstrap draws such weights); once each by default.
    hessian : bool
        Also the second derivatives.

    Returns
    -------
    Evaluation

    Raises
    ------
    numpy.linalg.LinAlgError
        X'V^-1 X is not positive definite.
    """
    inverse, rows = woodbury(cp, G, s2), row_totals(cp, weights)
    fixed = profile_out_beta(inverse, rows, s2, reml, weights)
    df = rows.n.sum(-1) - reml * fixed.beta.shape[-1]
    log_det_V = (rows.n * np.log(s2)).sum(-1) + total_of_numbers(inverse.log_det, weights)
    m2ll = log_det_V + fixed.rss + df * np.log(2 * np.pi)
    if reml:
        m2ll = m2ll + fixed.log_det
    second = second_group(cp, inverse, rows, fixed, G, s2, weights) if len(cp.n) > 1 else None
    slopes = first_derivatives(inverse, fixed, second, G, s2, df, weights)
    hess = second_derivatives(inverse, fixed, second, slopes, G, s2, weights) if hessian else NOT_ASKED_FOR
    return Evaluation(m2ll, fixed.beta, fixed.cov_beta, slopes.scores, slopes.by_G, slopes.by_s2, hess)
