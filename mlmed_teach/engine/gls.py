"""The value of the likelihood and what its derivatives are made of: V^-1 cluster by cluster, and beta profiled out.

Letters and formulas as at the head of `likelihood`. Products are named by their letters: ZVW is Z'V^-1 W.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..typing import Array
from .cluster_sums import CrossProducts
from .linalg import transposed
from .stacks import inner, times, total, total_of_numbers, weighted


@dataclass(frozen=True, slots=True)
class Inverse:
    """V_j^-1 of every cluster, as far as Z and W = [X, y] see it.

    Attributes
    ----------
    F : ndarray, shape (..., J, q, q)
        (I + A_j G)^-1.
    ZRW, ZVW, GZVW : ndarray, shape (..., J, q, p + 1)
        Z'R^-1 W, Z'V^-1 W, and G times this: V^-1 W = R^-1 (W - Z G Z'V^-1 W).
    ZVZ : ndarray, shape (..., J, q, q)
    log_det : ndarray, shape (..., J)
        log |I + A_j G|.
    """

    F: Array
    ZRW: Array
    ZVW: Array
    GZVW: Array
    ZVZ: Array
    log_det: Array


def woodbury(cp: CrossProducts, G: Array, s2: Array) -> Inverse:
    """Invert V_j = Z_j G Z_j' + R_j."""
    A, ZRW = _over_s2(cp.zz, s2), _over_s2(cp.zw, s2)
    I_AG = times(A, G)
    diagonal = np.arange(G.shape[-1])
    I_AG[..., diagonal, diagonal] += 1.0
    F = np.asarray(np.linalg.inv(I_AG), dtype=float)
    ZVW = F @ ZRW
    return Inverse(F, ZRW, ZVW, G[..., None, :, :] @ ZVW, F @ A, np.linalg.slogdet(I_AG)[1])


def _over_s2(by_group: Array, s2: Array) -> Array:
    """sum_r a_r / s2_r over the residual groups of stacks (R, ..., J, k, m)."""
    found = by_group[0] / s2[..., 0, None, None, None]
    for r in range(1, len(by_group)):
        found += by_group[r] / s2[..., r, None, None, None]
    return found


@dataclass(frozen=True, slots=True)
class RowTotals:
    """Sums over clusters that do not depend on G and s2.

    Attributes
    ----------
    n : ndarray, shape (..., R)
        Numbers of rows.
    ww : list of ndarray, each of shape (..., p + 1, p + 1)
        W'W of each residual group.
    """

    n: Array
    ww: list[Array]


def row_totals(cp: CrossProducts, weights: Array | None) -> RowTotals:
    """Sum over the clusters."""
    groups = range(len(cp.n))
    n = np.stack([total_of_numbers(cp.n[r], weights) for r in groups], -1)
    return RowTotals(n, [total(cp.ww[r], weights) for r in groups])


@dataclass(frozen=True, slots=True)
class FixedEffects:
    """Generalized least squares.

    Attributes
    ----------
    beta, cov_beta : ndarray, shapes (..., p), (..., p, p)
        The estimate and (X'V^-1 X)^-1.
    rss : ndarray, shape (...)
        y'P y.
    log_det : ndarray, shape (...)
        log |X'V^-1 X|.
    C : ndarray, shape (..., p + 1, p + 1)
        W C = [X (X'V^-1 X)^-1/2, y - X beta]. It is the same for all clusters, so it comes after sums over them.
    c : ndarray, shape (p + 1,)
        1 for the last column of W C; for the others 1 in REML and 0 in ML.
    CcC : ndarray, shape (..., p + 1, p + 1)
        C diag(c) C', with which S = V^-1 W CcC W'V^-1.
    """

    beta: Array
    cov_beta: Array
    rss: Array
    log_det: Array
    C: Array
    c: Array
    CcC: Array


def profile_out_beta(inverse: Inverse, rows: RowTotals, s2: Array, reml: bool, weights: Array | None) -> FixedEffects:
    """Replace beta by its GLS estimate."""
    WRW = sum(ww / s2[..., r, None, None] for r, ww in enumerate(rows.ww))
    WVW = WRW - inner(weighted(inverse.ZRW, weights), inverse.GZVW)
    p = WVW.shape[-1] - 1
    XVX, XVy, yVy = WVW[..., :p, :p], WVW[..., :p, p], WVW[..., p, p]
    cholesky = np.linalg.cholesky(XVX)
    root = transposed(np.linalg.inv(cholesky))  # root root' = (X'V^-1 X)^-1
    cov_beta = root @ transposed(root)
    beta = (cov_beta @ XVy[..., None])[..., 0]
    C = np.zeros_like(WVW)
    C[..., :p, :p] = root
    C[..., :p, p] = -beta
    C[..., p, p] = 1.0
    c = np.append(np.full(p, float(reml)), 1.0)
    return FixedEffects(
        beta=beta,
        cov_beta=cov_beta,
        rss=yVy - (beta * XVy).sum(-1),
        log_det=2 * np.log(np.diagonal(cholesky, axis1=-1, axis2=-2)).sum(-1),
        C=C,
        c=c,
        CcC=(C * c) @ transposed(C),
    )


def moved(fixed: FixedEffects, away: Array) -> FixedEffects:
    """The same with another beta: the GLS estimate + (X'V^-1 X)^-1/2 `away`; for ML.

    Parameters
    ----------
    fixed : FixedEffects
    away : ndarray, shape (..., p)

    Returns
    -------
    FixedEffects
        `beta` and all that is made of the residuals: y'P y is now e'V^-1 e, larger by the square of `away`.
    """
    p = away.shape[-1]
    beta = fixed.beta + (fixed.C[..., :p, :p] @ away[..., None])[..., 0]
    C = fixed.C.copy()
    C[..., :p, p] = -beta
    return replace(fixed, beta=beta, rss=fixed.rss + (away**2).sum(-1), C=C, CcC=(C * fixed.c) @ transposed(C))


@dataclass(frozen=True, slots=True)
class SecondGroup:
    """What the derivatives by the second residual variance need, with D = dV/ds2[1]: 1 on the rows of its group.

    Attributes
    ----------
    at : slice
        The columns of Z that are not 0 on all of these rows: only they have a part in it.
    s2, n : ndarray, shape (...)
        The variance and the number of rows.
    K : ndarray, shape (..., J, at, at)
        G F = cov(u_j | y_j).
    ZRDRZ, ZRDVW : ndarray, shapes (..., J, at, at), (..., J, at, p + 1)
        Z'R^-1 D R^-1 Z and Z'R^-1 D V^-1 W.
    WVDVW : ndarray, shape (..., p + 1, p + 1)
        C'W'V^-1 D V^-1 W C, summed over the clusters.
    trace : ndarray, shape (...)
        tr(K Z'R^-1 D R^-1 Z), summed over the clusters.
    """

    at: slice
    s2: Array
    n: Array
    K: Array
    ZRDRZ: Array
    ZRDVW: Array
    WVDVW: Array
    trace: Array


def second_group(
    cp: CrossProducts,
    inverse: Inverse,
    rows: RowTotals,
    fixed: FixedEffects,
    G: Array,
    s2: Array,
    weights: Array | None,
) -> SecondGroup:
    """Look at the rows with the second residual variance."""
    at = _used(cp.zz[1])
    zz, zw, GZVW = cp.zz[1][..., at, at], cp.zw[1][..., at, :], inverse.GZVW[..., at, :]
    left = zw - zz @ GZVW  # Z'D (W - Z G Z'V^-1 W)
    ww = rows.ww[1] - inner(weighted(zw, weights), GZVW) - inner(GZVW, weighted(left, weights))
    K = G[..., None, at, :] @ inverse.F[..., at]
    variance = s2[..., 1]
    each = variance[..., None, None, None] ** 2
    ZRDRZ = zz / each
    return SecondGroup(
        at=at,
        s2=variance,
        n=rows.n[..., 1],
        K=K,
        ZRDRZ=ZRDRZ,
        ZRDVW=left / each,
        WVDVW=transposed(fixed.C) @ ww @ fixed.C / variance[..., None, None] ** 2,
        trace=total(K * ZRDRZ, weights).sum((-1, -2)),
    )


def _used(zz: Array) -> slice:
    """From the first to the last column of Z that is not 0 in all rows."""
    used = np.flatnonzero(np.diagonal(zz, axis1=-2, axis2=-1).reshape(-1, zz.shape[-1]).any(0))
    return slice(int(used[0]), int(used[-1]) + 1) if len(used) else slice(0, 1)
