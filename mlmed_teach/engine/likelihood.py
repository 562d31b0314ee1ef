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

The optimum is sought over a square factor L of G = L L', for which the boundary (a singular G) is an ordinary point.
Covariances that are fixed at 0 are entries of L that stay 0 (`free_entries`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..typing import Array
from .linalg import lower_triangle, transposed


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
    hess : ndarray, shape (q(q+1)/2 + R,) * 2, or None
        Second derivatives of m2ll by phi = (lower triangle of G, row by row; s2).
    """

    m2ll: Array
    beta: Array
    cov_beta: Array
    scores: Array
    grad_G: Array
    grad_s2: Array
    hess: Array | None


def cross_products(y: Array, X: Array, Z: Array, cluster: NDArray, residual: NDArray, n_residual: int) -> CrossProducts:
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
    cell = residual.astype(np.int64) * J + cluster
    size = np.bincount(cell, minlength=R * J)
    W = W[..., np.argsort(cell, kind="stable"), :]
    start = np.cumsum(size) - size
    S = np.zeros((*tables, R * J, k, k))
    for n in np.unique(size[size > 0]):  # cells of one size are one stack of matrices: one BLAS-backed product
        same = np.flatnonzero(size == n)
        per_step = max(1, 2_000_000 // (n * k * math.prod(tables)))  # copied in steps, so that memory stays bounded
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


def _times(a: Array, M: Array) -> Array:
    """a_j M for a stack (..., J, q, m) and one M (..., m, k) for all clusters, as one matrix product."""
    flat = a.reshape(*a.shape[:-3], -1, a.shape[-1]) @ M
    return flat.reshape(*flat.shape[:-2], *a.shape[-3:-1], M.shape[-1])


def _over_clusters(a: Array, b: Array) -> Array:
    """sum_j a_j' b_j for stacks (..., J, q, m) and (..., J, q, k), as one matrix product."""
    a = a.reshape(*a.shape[:-3], -1, a.shape[-1])
    b = b.reshape(*b.shape[:-3], -1, b.shape[-1])
    return transposed(a) @ b


def _outer_over_clusters(a: Array, b: Array) -> Array:
    """sum_j a_j (x) b_j for stacks (..., J, i, k) and (..., J, l, m): shape (..., i, k, l, m)."""
    flat = transposed(a.reshape(*a.shape[:-2], -1)) @ b.reshape(*b.shape[:-2], -1)
    return flat.reshape(*flat.shape[:-2], *a.shape[-2:], *b.shape[-2:])


def _weighted(values: Array, weights: Array, each: bool) -> Array:
    """sum_j weights_j values_j for values (..., J, k); with `each`, values of one table for each row of weights."""
    return (weights[..., None, :] @ values)[..., 0, :] if each else weights @ values


def _columns(zz: Array) -> slice:
    """From the first to the last column of Z that is not 0 in all rows."""
    used = np.flatnonzero(np.diagonal(zz, axis1=-2, axis2=-1).reshape(-1, zz.shape[-1]).any(0))
    return slice(used[0], used[-1] + 1) if len(used) else slice(0, 1)


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
    R, (q, m) = len(cp.zw), cp.zw.shape[-2:]
    p = m - 1
    iv = 1.0 / s2
    # The batch axes stand in front of the clusters' axis.
    A = sum(iv[..., r, None, None, None] * cp.zz[r] for r in range(R))
    B = sum(iv[..., r, None, None, None] * cp.zw[r] for r in range(R))
    Gj = G[..., None, :, :]
    I_AG = _times(A, G)
    I_AG[..., np.arange(q), np.arange(q)] += 1.0
    F = np.linalg.inv(I_AG)
    Q, N = F @ A, F @ B  # Z'V^-1 Z and Z'V^-1 [X, y]
    GN = Gj @ N  # V^-1 W = R^-1 (W - Z G N)
    if weights is None:
        n = np.moveaxis(cp.n.sum(-1), 0, -1)
        ww = cp.ww.sum(-3)
        logdet = np.linalg.slogdet(I_AG)[1].sum(-1)
    else:
        each = cp.n.ndim > 2
        n = np.moveaxis(_weighted(cp.n[..., None], weights, each)[..., 0], 0, -1)
        ww = _weighted(cp.ww.reshape(*cp.ww.shape[:-2], m * m), weights, each)
        ww = ww.reshape(*ww.shape[:-1], m, m)
        logdet = (weights * np.linalg.slogdet(I_AG)[1]).sum(-1)

    def weigh(a: Array) -> Array:
        if weights is None:
            return a
        flat = a.reshape(*a.shape[:-2], -1) * weights[..., None]  # long inner loops
        return flat.reshape(*flat.shape[:-1], *a.shape[-2:])

    def total(a: Array) -> Array:
        flat = a.reshape(*a.shape[:-2], -1)
        flat = flat.sum(-2) if weights is None else _weighted(flat, weights, each=flat.ndim > 2)
        return flat.reshape(*flat.shape[:-1], *a.shape[-2:])

    WVW = sum(iv[..., r, None, None] * ww[r] for r in range(R)) - _over_clusters(weigh(B), GN)
    chol = np.linalg.cholesky(WVW[..., :p, :p])
    root = transposed(np.linalg.inv(chol))  # root root' = (X'V^-1 X)^-1
    cov_beta = root @ transposed(root)
    beta = (cov_beta @ WVW[..., :p, p:])[..., 0]
    rss = WVW[..., p, p] - (beta * WVW[..., :p, p]).sum(-1)
    df = n.sum(-1) - p * reml
    m2ll = (n * np.log(s2)).sum(-1) + logdet + rss + df * np.log(2 * np.pi)
    if reml:
        m2ll = m2ll + 2 * np.log(np.diagonal(chol, axis1=-1, axis2=-2)).sum(-1)

    # [X, y] C = [X (X'V^-1 X)^-1/2, y - X beta]: with these columns every term with P is an inner product, and REML
    # differs from ML by the weight c of the first p of them. C is the same for all clusters, so it comes after sums.
    C = np.zeros((*beta.shape[:-1], m, m))
    C[..., :p, :p] = root
    C[..., :p, p] = -beta
    C[..., p, p] = 1.0
    c = np.append(np.full(p, float(reml)), 1.0)
    CcC = (C * c) @ transposed(C)
    wN = weigh(N)
    SS = _times(N, CcC) @ transposed(N)  # Z'(V^-1 - P) Z plus Z'Py (Z'Py)', for ML the latter alone
    grad_G = total(Q - SS)
    scores = _times(N, C[..., p:])[..., 0]  # Z'Py
    quad_G = transposed(scores if weights is None else scores * weights[..., None]) @ scores

    # Residual variances but the first; K = G F = cov(u | y), and tr(V^-1 I_r) = (n_r - tr(K Z'I_r Z) / s2_r) / s2_r.
    # Only the columns `at` of Z that are not 0 on the rows of a group have a part in it.
    K = Gj @ F
    others = range(1, R)
    columns = [_columns(cp.zz[r]) for r in others]
    zz = [cp.zz[r][..., at, at] for r, at in zip(others, columns, strict=True)]
    Y, E, trace = [], [], []
    for r, at, zz_r in zip(others, columns, zz, strict=True):
        zw, GN_r = cp.zw[r][..., at, :], GN[..., at, :]
        Y.append(zw - zz_r @ GN_r)  # Z'I_r (W - Z G N)
        rows = ww[r] - _over_clusters(weigh(zw), GN_r) - _over_clusters(GN_r, weigh(Y[-1]))
        E.append(iv[..., r, None, None] ** 2 * (transposed(C) @ rows @ C))  # C'W'V^-1 I_r V^-1 W C
        trace.append(total(K[..., at, at] * zz_r).sum((-1, -2)))  # tr(K Z'I_r Z)
    quad_s2, grad_s2 = np.empty((*m2ll.shape, R)), np.empty((*m2ll.shape, R))
    for r, E_r, trace_r in zip(others, E, trace, strict=True):
        quad_s2[..., r] = E_r[..., p, p]
        diagonal = np.diagonal(E_r, axis1=-1, axis2=-2) @ c
        grad_s2[..., r] = n[..., r] * iv[..., r] - iv[..., r] ** 2 * trace_r - diagonal
    # The first one follows from Euler's theorem: V is homogeneous in phi, sum phi_k D_k = V, so that
    # sum phi_k y'P D_k P y = y'Py and sum phi_k d(-2 ll)/dphi_k = n (for REML n - p) - y'Py.
    quad_s2[..., 0] = (rss - (G * quad_G).sum((-1, -2)) - (s2 * quad_s2)[..., 1:].sum(-1)) * iv[..., 0]
    grad_s2[..., 0] = (df - rss - (G * grad_G).sum((-1, -2)) - (s2 * grad_s2)[..., 1:].sum(-1)) * iv[..., 0]
    if not hessian:
        return Evaluation(m2ll, beta, cov_beta, scores, grad_G, grad_s2, None)

    # G with G: tr(E Q E' (2 SS - Q)) summed over clusters, minus what estimating beta gives back.
    (i, j), D = lower_triangle(q)
    k = len(i)
    T = _outer_over_clusters(weigh(2 * SS - Q), Q)  # [a, b, c, d] = sum (2 SS - Q)[a, b] Q[c, d]
    hess_GG = np.moveaxis(T, -1, -4).reshape(*T.shape[:-4], q * q, q * q)  # index pairs (d, a) and (b, c)
    Phi = _outer_over_clusters(wN, N)  # [a, c, b, d] = sum N[a, c] N[b, d]
    Phi = np.moveaxis(Phi, -3, -2).reshape(*Phi.shape[:-4], q * q, m, m)
    Phi = (transposed(C)[..., None, :, :] @ Phi @ C[..., None, :, :]).reshape(*Phi.shape[:-2], m * m)
    Phi = np.concatenate([transposed(D) @ Phi, *(e.reshape(*e.shape[:-2], 1, m * m) for e in E)], -2)
    hess = np.empty((*m2ll.shape, k + R, k + R))
    rest = np.r_[:k, k + 1 : k + R]  # without the first residual variance
    H = np.zeros((*m2ll.shape, k + R - 1, k + R - 1))
    H[..., :k, :k] = transposed(D) @ hess_GG @ D
    for r, at, zz_r, Y_r in zip(others, columns, zz, Y, strict=True):
        F_r = F[..., at]
        M = _outer_over_clusters(wN, F_r @ Y_r)  # [a, c, b, d] = sum N[a, c] (F Y)[b, d]
        M = 2 * (np.moveaxis(M, -3, -2) * CcC[..., None, None, :, :]).sum((-1, -2))
        M -= total(F_r @ zz_r @ transposed(F_r))
        M = iv[..., r, None, None] ** 2 * (M + transposed(M)) / 2
        H[..., :k, k + r - 1] = H[..., k + r - 1, :k] = (M.reshape(*M.shape[:-2], 1, q * q) @ D)[..., 0, :]
        for s in range(1, r + 1):
            K_rs = K[..., at, columns[s - 1]]
            both = iv[..., r] ** 2 * iv[..., s] ** 2
            trace_rs = both * total((K_rs @ zz[s - 1]) * transposed(transposed(K_rs) @ zz_r)).sum((-1, -2))
            Psi = -both * (_over_clusters(weigh(Y_r), K_rs @ Y[s - 1]) * CcC).sum((-1, -2))
            if r == s:
                trace_rs = trace_rs + n[..., r] * iv[..., r] ** 2 - 2 * iv[..., r] ** 3 * trace[r - 1]
                Psi = Psi + iv[..., r] * (np.diagonal(E[r - 1], axis1=-1, axis2=-2) @ c)
            H[..., k + r - 1, k + s - 1] = H[..., k + s - 1, k + r - 1] = 2 * Psi - trace_rs
    # What the estimation of beta gives back: 2 f_k'H^-1 f_l, and for REML tr(H^-1 F_k H^-1 F_l).
    back = np.zeros((m, m))
    back[:p, :p] = float(reml)
    back[:p, p] = 2.0
    H -= (Phi * back.reshape(-1)) @ transposed(Phi)
    # Euler's theorem again: sum phi_l d2(-2 ll)/dphi_k dphi_l = y'P D_k P y - d(-2 ll)/dphi_k.
    double = np.where(i == j, 1, 2)
    phi = np.concatenate([G[..., i, j], s2[..., 1:]], -1)
    phi = np.broadcast_to(phi, (*m2ll.shape, k + R - 1))
    difference = np.concatenate([(quad_G - grad_G)[..., i, j] * double, (quad_s2 - grad_s2)[..., 1:]], -1)
    cross = (difference - (H @ phi[..., None])[..., 0]) * iv[..., :1]
    hess[..., rest[:, None], rest] = H
    hess[..., rest, k] = hess[..., k, rest] = cross
    hess[..., k, k] = (quad_s2[..., 0] - grad_s2[..., 0] - (cross * phi).sum(-1)) * iv[..., 0]
    return Evaluation(m2ll, beta, cov_beta, scores, grad_G, grad_s2, hess)
