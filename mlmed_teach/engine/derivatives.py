"""First and second derivatives of -2 log likelihood by phi = (G, s2), beta profiled out.

Letters and formulas as at the head of `likelihood`. G and the second residual variance are differentiated by, and the
first residual variance follows by Euler's theorem.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..typing import Array
from .gls import FixedEffects, Inverse, SecondGroup
from .linalg import lower_triangle, transposed
from .stacks import inner, outer, times, total, weighted


@dataclass(frozen=True, slots=True)
class Gradient:
    """First derivatives, and the part y'P D_k P y of each.

    Attributes
    ----------
    by_G, by_s2 : ndarray, shapes (..., q, q), (..., R)
    quad_G, quad_s2 : ndarray, shapes (..., q, q), (..., R)
    scores : ndarray, shape (..., J, q)
        Z'P y of each cluster.
    ZSZ : ndarray, shape (..., J, q, q)
    """

    by_G: Array
    by_s2: Array
    quad_G: Array
    quad_s2: Array
    scores: Array
    ZSZ: Array


def first_derivatives(
    inverse: Inverse,
    fixed: FixedEffects,
    second: SecondGroup | None,
    G: Array,
    s2: Array,
    df: Array,
    weights: Array | None,
) -> Gradient:
    """d(-2 ll)/dphi_k = tr((V^-1 - S) D_k); `df` is n, for REML n - p."""
    ZSZ = times(inverse.ZVW, fixed.CcC) @ transposed(inverse.ZVW)
    by_G = total(inverse.ZVZ - ZSZ, weights)
    scores = times(inverse.ZVW, fixed.C[..., -1:])[..., 0]
    quad_G = transposed(scores if weights is None else scores * weights[..., None]) @ scores
    # V is homogeneous in phi, sum phi_k D_k = V, so that sum phi_k y'P D_k P y = y'P y, and
    # sum phi_k d(-2 ll)/dphi_k = df - y'P y.
    first_quad = fixed.rss - (G * quad_G).sum((-1, -2))
    first = df - fixed.rss - (G * by_G).sum((-1, -2))
    if second is None:
        quad_s2, by_s2 = first_quad[..., None] / s2, first[..., None] / s2
        return Gradient(by_G, by_s2, quad_G, quad_s2, scores, ZSZ)
    quad = second.WVDVW[..., -1, -1]
    slope = second.n / second.s2 - second.trace - _weighted_trace(second.WVDVW, fixed.c)
    quad_s2, by_s2 = np.empty((*quad.shape, 2)), np.empty((*quad.shape, 2))
    quad_s2[..., 0], quad_s2[..., 1] = (first_quad - second.s2 * quad) / s2[..., 0], quad
    by_s2[..., 0], by_s2[..., 1] = (first - second.s2 * slope) / s2[..., 0], slope
    return Gradient(by_G, by_s2, quad_G, quad_s2, scores, ZSZ)


def _weighted_trace(matrix: Array, c: Array) -> Array:
    """tr(M diag(c))."""
    return np.diagonal(matrix, axis1=-1, axis2=-2) @ c


def second_derivatives(
    inverse: Inverse,
    fixed: FixedEffects,
    second: SecondGroup | None,
    slopes: Gradient,
    G: Array,
    s2: Array,
    weights: Array | None,
) -> Array:
    """Second derivatives by (lower triangle of G, row by row; s2), shape (..., k, k)."""
    ZVW = weighted(inverse.ZVW, weights)
    found = _second_with_beta_held(inverse, ZVW, fixed, second, slopes, weights)
    found -= _given_back_by_beta(inverse, ZVW, fixed, second)
    return _with_first_variance(found, slopes, G, s2)


def second_derivatives_beside_beta(
    inverse: Inverse,
    fixed: FixedEffects,
    second: SecondGroup | None,
    slopes: Gradient,
    G: Array,
    s2: Array,
    weights: Array | None,
    away: Array,
) -> tuple[Array, Array]:
    """Second derivatives of -2 ll (ML) where beta is a parameter beside phi, and not where GLS would have it.

    With beta = its GLS estimate + (X'V^-1 X)^-1/2 z, those by z and phi_k are 2 (X'V^-1 X)^-1/2 X'V^-1 D_k V^-1 e, and
    those by z twice 2 I.

    Parameters
    ----------
    inverse, second, slopes, G, s2, weights
        As for `second_derivatives`, all with the residuals e of that beta.
    fixed : FixedEffects
        With that beta, by `moved`.
    away : ndarray, shape (..., p)
        z.

    Returns
    -------
    ndarray, ndarray, shapes (..., k, k), (..., k, p)
        Twice by phi; by phi and z.
    """
    ZVW = weighted(inverse.ZVW, weights)
    found = _with_first_variance(_second_with_beta_held(inverse, ZVW, fixed, second, slopes, weights), slopes, G, s2)
    by_phi = _columns_by_phi(inverse, ZVW, fixed, second)
    m = fixed.C.shape[-1]
    across = 2 * by_phi.reshape(*by_phi.shape[:-1], m, m)[..., :-1, -1]
    # Euler: the sum over k of phi_k D_k is V, and (X'V^-1 X)^-1/2 X'V^-1 e = -z.
    (i, j), _ = lower_triangle(G.shape[-1])
    phi = np.concatenate([G[..., i, j], s2[..., 1:]], -1)
    first = -(2 * away[..., None, :] + phi[..., None, :] @ across) / s2[..., :1, None]
    k = len(i)
    return found, np.concatenate([across[..., :k, :], first, across[..., k:, :]], -2)


def _second_with_beta_held(
    inverse: Inverse,
    ZVW: Array,
    fixed: FixedEffects,
    second: SecondGroup | None,
    slopes: Gradient,
    weights: Array | None,
) -> Array:
    """Second derivatives by all of phi but the first residual variance, as if beta were known."""
    G_with_G = _G_with_G(inverse, slopes, weights)
    if second is None:
        return G_with_G
    k = G_with_G.shape[-1]
    found = np.empty((*fixed.rss.shape, k + 1, k + 1))
    found[..., :k, :k] = G_with_G
    found[..., :k, k] = found[..., k, :k] = _G_with_s2(inverse, ZVW, fixed, second, weights)
    found[..., k, k] = _s2_with_s2(fixed, second, weights)
    return found


def _G_with_G(inverse: Inverse, slopes: Gradient, weights: Array | None) -> Array:
    """tr((2 S - V^-1) D_k V^-1 D_l)."""
    q = slopes.by_G.shape[-1]
    _, D = lower_triangle(q)
    # [a, b, c, d] = sum_j Z'(2 S - V^-1) Z [a, b] Z'V^-1 Z [c, d]
    products = outer(weighted(2 * slopes.ZSZ - inverse.ZVZ, weights), inverse.ZVZ)
    pairs = np.moveaxis(products, -1, -4).reshape(*products.shape[:-4], q * q, q * q)  # (d, a) and (b, c)
    return transposed(D) @ pairs @ D


def _G_with_s2(inverse: Inverse, ZVW: Array, fixed: FixedEffects, second: SecondGroup, weights: Array | None) -> Array:
    """tr((2 S - V^-1) D_k V^-1 D): by G and the second residual variance."""
    q = ZVW.shape[-2]
    F = inverse.F[..., second.at]  # Z'V^-1 D = F Z'R^-1 D
    products = outer(ZVW, F @ second.ZRDVW)  # [a, c, b, d] = sum_j Z'V^-1 W [a, c] Z'V^-1 D V^-1 W [b, d]
    ZSDVZ = (np.moveaxis(products, -3, -2) * fixed.CcC[..., None, None, :, :]).sum((-1, -2))
    found = 2 * ZSDVZ - total(F @ second.ZRDRZ @ transposed(F), weights)
    found = (found + transposed(found)) / 2
    _, D = lower_triangle(q)
    return (found.reshape(*found.shape[:-2], 1, q * q) @ D)[..., 0, :]


def _s2_with_s2(fixed: FixedEffects, second: SecondGroup, weights: Array | None) -> Array:
    """tr((2 S - V^-1) D V^-1 D): twice by the second residual variance."""
    KZ = second.K @ second.ZRDRZ
    KZKZ = total(KZ * transposed(KZ), weights).sum((-1, -2))
    trace_VDVD = second.n / second.s2**2 - 2 * second.trace / second.s2 + KZKZ
    WVDVDVW = inner(weighted(second.ZRDVW, weights), second.K @ second.ZRDVW)
    trace_SDVD = _weighted_trace(second.WVDVW, fixed.c) / second.s2 - (WVDVDVW * fixed.CcC).sum((-1, -2))
    return 2 * trace_SDVD - trace_VDVD


def _given_back_by_beta(inverse: Inverse, ZVW: Array, fixed: FixedEffects, second: SecondGroup | None) -> Array:
    """What estimating beta gives back: 2 f_k' H^-1 f_l with f_k = X'V^-1 D_k P y, and for REML tr(H^-1 F_k H^-1 F_l).

    H is X'V^-1 X, F_k is X'V^-1 D_k V^-1 X.
    """
    by_phi = _columns_by_phi(inverse, ZVW, fixed, second)
    m = fixed.C.shape[-1]
    share = np.zeros((m, m))
    share[:-1, :-1] = fixed.c[:-1]
    share[:-1, -1] = 2.0
    return (by_phi * share.reshape(-1)) @ transposed(by_phi)


def _columns_by_phi(inverse: Inverse, ZVW: Array, fixed: FixedEffects, second: SecondGroup | None) -> Array:
    """C'W'V^-1 D_k V^-1 W C for all of phi but the first residual variance, shape (..., k, m * m)."""
    q, m = ZVW.shape[-2:]
    _, D = lower_triangle(q)
    products = outer(ZVW, inverse.ZVW)  # [a, c, b, d] = sum_j Z'V^-1 W [a, c] Z'V^-1 W [b, d]
    products = np.moveaxis(products, -3, -2).reshape(*products.shape[:-4], q * q, m, m)
    WVDVW = transposed(fixed.C)[..., None, :, :] @ products @ fixed.C[..., None, :, :]
    by_phi = transposed(D) @ WVDVW.reshape(*WVDVW.shape[:-2], m * m)
    if second is not None:
        by_phi = np.concatenate([by_phi, second.WVDVW.reshape(*second.WVDVW.shape[:-2], 1, m * m)], -2)
    return by_phi


def _with_first_variance(found: Array, slopes: Gradient, G: Array, s2: Array) -> Array:
    """The whole Hessian: Euler's theorem again, sum_l phi_l d2(-2 ll)/dphi_k dphi_l = y'P D_k P y - d(-2 ll)/dphi_k."""
    (i, j), _ = lower_triangle(G.shape[-1])
    k, batch = len(i), found.shape[:-2]
    s2_first = s2[..., 0]
    phi = np.concatenate([G[..., i, j], s2[..., 1:]], -1)
    double = np.where(i == j, 1, 2)  # an entry beside the diagonal stands twice in G
    sums = np.concatenate(
        [(slopes.quad_G - slopes.by_G)[..., i, j] * double, (slopes.quad_s2 - slopes.by_s2)[..., 1:]], -1
    )
    cross = (sums - (found @ phi[..., None])[..., 0]) / s2_first[..., None]
    corner = slopes.quad_s2[..., 0] - slopes.by_s2[..., 0] - (cross * phi).sum(-1)
    whole = np.empty((*batch, found.shape[-1] + 1, found.shape[-1] + 1))
    others = np.r_[:k, k + 1 : whole.shape[-1]]
    whole[..., others[:, None], others] = found
    whole[..., others, k] = whole[..., k, others] = cross
    whole[..., k, k] = corner / s2_first
    return whole
