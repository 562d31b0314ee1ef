"""Covariance matrices of all parameters, theta = (beta, phi) with phi = (lower triangle of G, row by row; s2).

Letters as at the head of `likelihood`. With C = (X'V^-1 X)^-1, r = y - X beta, and Cov(phi) the inverse observed
information of phi, beta profiled out (for REML that of the restricted likelihood):

* gls: C for beta, Cov(phi) for phi, nothing across. What Stata, lme4 and nlme print.
* joint: the inverse information of beta and phi together. Since beta is estimated given phi, with the slope
  B = d beta / d phi, B_k = -C X'V^-1 D_k V^-1 r, it is C + B Cov(phi) B' for beta, and B Cov(phi) across. For ML this
  is the inverse Hessian of the likelihood by theta; for REML it is what integrating beta out leaves of it (Kass &
  Steffey 1989). What glmmTMB and statsmodels print.
* robust: joint, times the sum over clusters of s_j s_j', times joint, times J / (J - 1) (Huber 1967; White 1982). The
  scores s_j are those of cluster j's part of the likelihood; for REML, the part of each cluster in log |X'V^-1 X| is
  tr(C X_j'V_j^-1 D_k V_j^-1 X_j), so that the scores sum to the derivatives of the restricted likelihood, 0 at an
  optimum inside.

**On the boundary the rank of G is held.** With G = L L', L of full column rank, phi moves along dG = L E' + E L' only,
and the information is the Hessian by E, with its curvature term: E adds E E' to G in the second order, which the
gradient, not 0 on the boundary, weighs. Steps E = L A with a skew-symmetric A leave G as it is. A direction out of the
boundary would be a one-sided one, of which the estimate has no variance. Covariances that are fixed at 0 confine E
further, and what their gradient pulls is no curvature (a Lagrange multiplier takes it up).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..typing import Array
from .cluster_sums import CrossProducts
from .gls import FixedEffects, Inverse, SecondGroup, profile_out_beta, row_totals, second_group, woodbury
from .identifiability import free_phi
from .linalg import lower_triangle, transposed
from .newton import FLAT, SINGULAR
from .stacks import outer, times, traces
from .units import Zeros

NO_STEP = 1e-10  # singular value, relative to the largest, below which steps say nothing that others do not say


@dataclass(frozen=True, slots=True)
class Covariances:
    """Three covariance matrices of theta = (beta, phi), as at the head of the module.

    Attributes
    ----------
    gls, joint, robust : ndarray, shape (..., p + k, p + k)
    """

    gls: Array
    joint: Array
    robust: Array

    def carried(self, T: Array) -> Covariances:
        """Those of T theta."""
        return Covariances(*(T @ V @ transposed(T) for V in (self.gls, self.joint, self.robust)))

    @property
    def finite(self) -> bool:
        """Whether all of them are finite."""
        return all(bool(np.isfinite(V).all()) for V in (self.gls, self.joint, self.robust))


def covariances(
    cp: CrossProducts, G: Array, s2: Array, grad_G: Array, hess: Array, reml: bool, zeros: Zeros = ()
) -> Covariances:
    """All three matrices, of one optimum or of a batch.

    Parameters
    ----------
    cp : CrossProducts
        Of one table, or of B tables.
    G, s2 : ndarray, shapes (..., q, q), (..., R)
        The optima.
    grad_G, hess : ndarray
        As in `Evaluation`, there.
    reml : bool
    zeros : tuple of pairs of int
        As in `search.maximize`; their rows and columns are 0.

    Returns
    -------
    Covariances
    """
    inverse, rows = woodbury(cp, G, s2), row_totals(cp, None)
    fixed = profile_out_beta(inverse, rows, s2, reml, None)
    second = second_group(cp, inverse, rows, fixed, G, s2, None) if len(cp.n) > 1 else None
    cov_phi = covariance_of_phi(G, s2, grad_G, hess, zeros)
    p = fixed.beta.shape[-1]
    joint = np.zeros((*cov_phi.shape[:-2], p + cov_phi.shape[-1], p + cov_phi.shape[-1]))
    joint[..., :p, :p], joint[..., p:, p:] = fixed.cov_beta, cov_phi
    gls = joint.copy()
    slope = _slope_of_beta(inverse, fixed, second, G, s2)
    across = slope @ cov_phi
    joint[..., :p, :p] += across @ transposed(slope)
    joint[..., :p, p:], joint[..., p:, :p] = across, transposed(across)
    pulls = _scores(cp, inverse, fixed, second, G, s2) @ joint  # how each cluster pulls the estimates
    clusters = pulls.shape[-2]
    return Covariances(gls, joint, transposed(pulls) @ pulls * (clusters / (clusters - 1)))


def covariance_of_phi(G: Array, s2: Array, grad_G: Array, hess: Array, zeros: Zeros = ()) -> Array:
    """Inverse observed information of phi, the rank of G held on the boundary; shape (..., k, k).

    Parameters
    ----------
    G, s2, grad_G, hess, zeros
        As in `covariances`.

    Returns
    -------
    ndarray
    """
    found = np.zeros_like(hess)
    roots, vectors = np.linalg.eigh(G)
    vanished = roots < SINGULAR * s2.max(-1)[..., None]
    inside = ~vanished[..., 0]
    free = free_phi(G.shape[-1], s2.shape[-1], zeros)
    block = np.zeros_like(hess[inside])
    block[:, free[:, None], free] = 2 * np.linalg.inv(hess[inside][:, free[:, None], free])
    found[inside] = block
    for at in map(tuple, np.argwhere(~inside)):
        keep = ~vanished[at]
        L = vectors[at][:, keep] * np.sqrt(roots[at][keep])
        found[at] = _with_rank_held(L, s2[at], grad_G[at], hess[at], zeros)
    return found


def _with_rank_held(L: Array, s2: Array, grad_G: Array, hess: Array, zeros: Zeros) -> Array:
    """Inverse information of phi, shape (k, k), along dG = L E' + E L' for L of shape (q, r)."""
    (q, r), R = L.shape, len(s2)
    (i, j), _ = lower_triangle(q)
    unit = np.eye(q)
    jacobian = np.zeros((len(i) + R, q * r + R))  # of phi by (E row by row, s2)
    dG = unit[i][:, :, None] * L[j][:, None, :] + unit[j][:, :, None] * L[i][:, None, :]
    jacobian[: len(i), : q * r] = dG.reshape(len(i), q * r)
    jacobian[len(i) :, q * r :] = np.eye(R)
    idle, grad_G = _held_at_zero(L, s2, grad_G, zeros)
    for c, d in zip(*np.triu_indices(r, 1), strict=True):  # E = L A
        idle.append(np.outer(L[:, d], np.eye(r)[c]) - np.outer(L[:, c], np.eye(r)[d]))
    steps = _steps_but(np.array(idle).reshape(len(idle), q * r), R)
    along, by_E = jacobian @ steps, steps[: q * r]
    hessian = along.T @ hess @ along + 2 * by_E.T @ np.kron(grad_G, np.eye(r)) @ by_E
    size, axes = np.linalg.eigh(hessian / 2)
    axes = along @ axes
    return axes / np.maximum(size, FLAT * size[-1]) @ axes.T


def _held_at_zero(L: Array, s2: Array, grad_G: Array, zeros: Zeros) -> tuple[list[Array], Array]:
    """Steps E that would move the covariances that are fixed at 0, and the gradient without what pulls at these."""
    (q, r), idle = L.shape, []
    for i, j in zeros:
        fixed = np.zeros((q, q))
        fixed[i, j] = fixed[j, i] = 1.0
        step = fixed @ L
        size = (step**2).sum()
        if size > SINGULAR * s2.max():
            idle.append(step)
            grad_G = grad_G - (grad_G @ L * step).sum() / size * fixed
        else:  # neither of the two varies; their product is then 0 in the second order only, unless both stay
            idle += [np.outer(np.eye(q)[k], column) for k in (i, j) for column in np.eye(r)]
    return idle, grad_G


def _steps_but(idle: Array, R: int) -> Array:
    """Orthonormal basis, as columns, of the steps (E row by row, s2) that have no part in the idle ones."""
    _, size, rows = np.linalg.svd(idle)
    rank, n = int((size > NO_STEP * size.max(initial=0.0)).sum()), idle.shape[1]
    basis = np.zeros((n + R, n - rank + R))
    basis[:n, : n - rank] = rows[rank:].T
    basis[n:, n - rank :] = np.eye(R)
    return basis


def _slope_of_beta(inverse: Inverse, fixed: FixedEffects, second: SecondGroup | None, G: Array, s2: Array) -> Array:
    """d beta / d phi, shape (..., p, k): -C X'V^-1 D_k V^-1 r."""
    (i, j), _ = lower_triangle(G.shape[-1])
    ZVr = times(inverse.ZVW, fixed.C[..., -1:])
    products = outer(inverse.ZVW[..., :-1], ZVr)[..., 0]  # [a, x, b] = sum_j Z'V^-1 X [a, x] Z'V^-1 r [b]
    both = np.moveaxis(products, -2, -3)
    both = both + both.swapaxes(-1, -2)
    by_G = -fixed.cov_beta @ (both[..., i, j] / np.where(i == j, 2, 1))
    # X'V^-1 r = 0, and V is homogeneous in phi: sum over k of phi_k d beta / d phi_k = 0.
    rest = -(by_G @ G[..., i, j, None])
    if second is None:
        return np.concatenate([by_G, rest / s2[..., None, :]], -1)
    by_second = -fixed.C[..., :-1, :-1] @ second.WVDVW[..., :-1, -1:]  # which holds X only as X C^(1/2)
    rest = rest - by_second * s2[..., None, 1:]
    return np.concatenate([by_G, rest / s2[..., None, :1], by_second], -1)


def _scores(
    cp: CrossProducts, inverse: Inverse, fixed: FixedEffects, second: SecondGroup | None, G: Array, s2: Array
) -> Array:
    """Derivatives of each cluster's part of the log likelihood by theta, shape (..., J, p + k)."""
    (i, j), _ = lower_triangle(G.shape[-1])
    groups = range(len(cp.ww))
    # W'V^-1 W, the sum over groups of W'W / s2 less Z'R^-1 W' G Z'V^-1 W, enters by its product with the last column of
    # C and by traces only. Whole, it would be the largest array of a fit with many clusters.
    last, CcC = fixed.C[..., -1:], fixed.CcC[..., None, :, :]
    WRr = sum(times(cp.ww[r], last) / s2[..., r, None, None, None] for r in groups)
    of_beta = (WRr - transposed(inverse.ZRW) @ times(inverse.GZVW, last))[..., :-1, 0]  # X'V^-1 r
    GZS = times(inverse.GZVW, fixed.CcC)
    trace_SV = sum(traces(cp.ww[r], CcC) / s2[..., r, None] for r in groups) - traces(inverse.ZRW, GZS)
    ZSZ = times(inverse.ZVW, fixed.CcC) @ transposed(inverse.ZVW)
    by_G = (inverse.ZVZ - ZSZ)[..., i, j] * np.where(i == j, 1, 2)
    # V is homogeneous in phi: sum over k of phi_k times the derivative by it.
    rest = cp.n.sum(0) - trace_SV - (by_G * G[..., None, i, j]).sum(-1)
    by_phi = [by_G]
    if second is not None:
        at, variance = second.at, s2[..., None, 1]
        ZDW = cp.zw[1][..., at, :] / variance[..., None, None] ** 2
        trace_SD = traces(cp.ww[1], CcC) / variance**2 - traces(ZDW + second.ZRDVW, GZS[..., at, :])
        by_second = cp.n[1] / variance - traces(second.K, second.ZRDRZ) - trace_SD
        rest = rest - variance * by_second
        by_phi += [(rest / s2[..., None, 0])[..., None], by_second[..., None]]
    else:
        by_phi.append((rest / s2)[..., None])
    return np.concatenate([of_beta, *(-part / 2 for part in by_phi)], -1)
