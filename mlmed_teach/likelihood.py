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
from functools import cache

import numpy as np
from numpy.typing import NDArray

from .errors import MlmedError
from .threads import one_blas_thread
from .units import Zeros, least_squares, standardize, whiten

Array = NDArray[np.float64]

GRADIENT_TOLERANCE = 1e-8  # in standard errors: sqrt(g' H^-1 g), the distance that a Newton step would still move
SINGULAR = 1e-8  # least eigenvalue of G over the residual variance, columns of Z at unit scale: lme4's 1e-4, squared
FLAT = 1e-8  # curvature, relative to the largest, below which a direction of the search counts as flat
STARTS = ((0.25, 0.4), (2.0, 0.2), (1.0, 0.4), (0.1, 0.9))  # sd of the random effects, share of the residual variance
MANY_CLUSTERS = 50  # in 3,500 random tables, several interior maxima were seen with up to 15 clusters only
VANISHED = 1e-6  # residual variance, relative to that of least squares, at which the search stops
MAX_ITERATIONS = 200


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


@dataclass(frozen=True, slots=True)
class Optimum:
    """The maximum of the ML or REML likelihood.

    Attributes
    ----------
    llf : float
        Log likelihood, with all its constants.
    beta, cov_beta : ndarray, shapes (p,), (p, p)
        GLS fixed effects and (X'V^-1 X)^-1.
    G : ndarray, shape (q, q)
        Covariance matrix of the random effects.
    s2 : ndarray, shape (R,)
        Residual variances.
    cov_phi : ndarray, shape (q(q+1)/2 + R,) * 2
        Inverse observed information of (lower triangle of G, row by row; s2), beta profiled out; NaN on the boundary,
        0 for covariances that are fixed at 0.
    blups : ndarray, shape (J, q)
        Predicted random effects.
    ols_llf : float
        Log likelihood of the same fixed effects with G = 0 and one residual variance.
    singular : bool
        G is singular to working precision: the optimum lies on the boundary.
    null_space : ndarray, shape (q, d)
        Combinations of the random effects without variance (d = 0 in the interior).
    gradient : float
        Scaled gradient at the optimum, in standard errors (see GRADIENT_TOLERANCE).
    iterations : int
        Evaluations of the likelihood with its derivatives, in the search that found this maximum.
    """

    llf: float
    beta: Array
    cov_beta: Array
    G: Array
    s2: Array
    cov_phi: Array
    blups: Array
    ols_llf: float
    singular: bool
    null_space: Array
    gradient: float
    iterations: int


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
            S[..., cells, :, :] = _t(rows) @ rows
    S = np.moveaxis(S.reshape(*tables, R, J, k, k), len(tables), 0)
    counts = np.broadcast_to(size.reshape(R, *[1] * len(tables), J).astype(float), (R, *tables, J))
    return CrossProducts(
        zz=np.ascontiguousarray(S[..., :q, :q]),
        zw=np.ascontiguousarray(S[..., :q, q:]),
        ww=np.ascontiguousarray(S[..., q:, q:]),
        n=counts,
    )


def _t(a: Array) -> Array:
    return a.swapaxes(-1, -2)


def _times(a: Array, M: Array) -> Array:
    """a_j M for a stack (..., J, q, m) and one M (..., m, k) for all clusters, as one matrix product."""
    flat = a.reshape(*a.shape[:-3], -1, a.shape[-1]) @ M
    return flat.reshape(*flat.shape[:-2], *a.shape[-3:-1], M.shape[-1])


def _over_clusters(a: Array, b: Array) -> Array:
    """sum_j a_j' b_j for stacks (..., J, q, m) and (..., J, q, k), as one matrix product."""
    a = a.reshape(*a.shape[:-3], -1, a.shape[-1])
    b = b.reshape(*b.shape[:-3], -1, b.shape[-1])
    return _t(a) @ b


def _outer_over_clusters(a: Array, b: Array) -> Array:
    """sum_j a_j (x) b_j for stacks (..., J, i, k) and (..., J, l, m): shape (..., i, k, l, m)."""
    flat = _t(a.reshape(*a.shape[:-2], -1)) @ b.reshape(*b.shape[:-2], -1)
    return flat.reshape(*flat.shape[:-2], *a.shape[-2:], *b.shape[-2:])


def _weighted(values: Array, weights: Array, each: bool) -> Array:
    """sum_j weights_j values_j for values (..., J, k); with `each`, values of one table for each row of weights."""
    return (weights[..., None, :] @ values)[..., 0, :] if each else weights @ values


def _columns(zz: Array) -> slice:
    """From the first to the last column of Z that is not 0 in all rows."""
    used = np.flatnonzero(np.diagonal(zz, axis1=-2, axis2=-1).reshape(-1, zz.shape[-1]).any(0))
    return slice(used[0], used[-1] + 1) if len(used) else slice(0, 1)


@cache
def lower_triangle(q: int) -> tuple[NDArray, Array]:
    """Index of the lower triangle, row by row, and the matrix from it to the whole one, (q*q, q(q+1)/2)."""
    i, j = np.tril_indices(q)
    duplication = np.zeros((q, q, len(i)))
    duplication[i, j, np.arange(len(i))] = 1.0
    duplication[j, i, np.arange(len(i))] = 1.0
    return (i, j), duplication.reshape(q * q, -1)


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
    root = _t(np.linalg.inv(chol))  # root root' = (X'V^-1 X)^-1
    cov_beta = root @ _t(root)
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
    CcC = (C * c) @ _t(C)
    wN = weigh(N)
    SS = _times(N, CcC) @ _t(N)  # Z'(V^-1 - P) Z plus Z'Py (Z'Py)', for ML the latter alone
    grad_G = total(Q - SS)
    scores = _times(N, C[..., p:])[..., 0]  # Z'Py
    quad_G = _t(scores if weights is None else scores * weights[..., None]) @ scores

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
        E.append(iv[..., r, None, None] ** 2 * (_t(C) @ rows @ C))  # C'W'V^-1 I_r V^-1 W C
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
    Phi = (_t(C)[..., None, :, :] @ Phi @ C[..., None, :, :]).reshape(*Phi.shape[:-2], m * m)
    Phi = np.concatenate([_t(D) @ Phi, *(e.reshape(*e.shape[:-2], 1, m * m) for e in E)], -2)
    hess = np.empty((*m2ll.shape, k + R, k + R))
    rest = np.r_[:k, k + 1 : k + R]  # without the first residual variance
    H = np.zeros((*m2ll.shape, k + R - 1, k + R - 1))
    H[..., :k, :k] = _t(D) @ hess_GG @ D
    for r, at, zz_r, Y_r in zip(others, columns, zz, Y, strict=True):
        F_r = F[..., at]
        M = _outer_over_clusters(wN, F_r @ Y_r)  # [a, c, b, d] = sum N[a, c] (F Y)[b, d]
        M = 2 * (np.moveaxis(M, -3, -2) * CcC[..., None, None, :, :]).sum((-1, -2))
        M -= total(F_r @ zz_r @ _t(F_r))
        M = iv[..., r, None, None] ** 2 * (M + _t(M)) / 2
        H[..., :k, k + r - 1] = H[..., k + r - 1, :k] = (M.reshape(*M.shape[:-2], 1, q * q) @ D)[..., 0, :]
        for s in range(1, r + 1):
            K_rs = K[..., at, columns[s - 1]]
            both = iv[..., r] ** 2 * iv[..., s] ** 2
            trace_rs = both * total((K_rs @ zz[s - 1]) * _t(_t(K_rs) @ zz_r)).sum((-1, -2))
            Psi = -both * (_over_clusters(weigh(Y_r), K_rs @ Y[s - 1]) * CcC).sum((-1, -2))
            if r == s:
                trace_rs = trace_rs + n[..., r] * iv[..., r] ** 2 - 2 * iv[..., r] ** 3 * trace[r - 1]
                Psi = Psi + iv[..., r] * (np.diagonal(E[r - 1], axis1=-1, axis2=-2) @ c)
            H[..., k + r - 1, k + s - 1] = H[..., k + s - 1, k + r - 1] = 2 * Psi - trace_rs
    # What the estimation of beta gives back: 2 f_k'H^-1 f_l, and for REML tr(H^-1 F_k H^-1 F_l).
    back = np.zeros((m, m))
    back[:p, :p] = float(reml)
    back[:p, p] = 2.0
    H -= (Phi * back.reshape(-1)) @ _t(Phi)
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


def dependent_column(X: Array) -> int | None:
    """Index of the first column that is a linear combination of those before it (to 1e-7 of its length), or None."""
    r = np.abs(np.diagonal(np.linalg.qr(X, mode="r")))
    length = np.sqrt((X**2).sum(0))
    r = np.append(r, np.zeros(X.shape[1] - len(r)))  # fewer rows than columns
    bad = np.flatnonzero(r <= 1e-7 * length)
    return int(bad[0]) if len(bad) else None


def _ols(y: Array, X: Array, reml: bool) -> float:
    """Log likelihood of least squares with one residual variance."""
    n, p = X.shape
    _, remainder = least_squares(y, X)
    rss, df = float(remainder @ remainder), n - p * reml
    logdet = 2 * np.log(np.abs(np.diagonal(np.linalg.qr(X, mode="r")))).sum() if reml else 0.0
    return float(-(df * (np.log(2 * np.pi * rss / df) + 1) + logdet) / 2)


def newton_terms(ev: Evaluation, L: Array, s2: Array) -> tuple[Array, Array]:
    """Gradient and Hessian of -ll by theta = (L row by row, log s2), by the chain rule from phi."""
    q = len(L)
    (i, j), _ = lower_triangle(q)
    a, b = np.divmod(np.arange(q * q), q)
    k = len(i)
    Jacobian = np.zeros((k + len(s2), q * q + len(s2)))
    Jacobian[:k, : q * q] = (i[:, None] == a) * L[j][:, b] + (j[:, None] == a) * L[i][:, b]
    Jacobian[k:, q * q :] = np.diag(s2)
    grad_phi = np.append(ev.grad_G[i, j] * np.where(i == j, 1, 2), ev.grad_s2)
    hess = Jacobian.T @ ev.hess @ Jacobian
    hess[: q * q, : q * q] += 2 * np.kron(ev.grad_G, np.eye(q))  # second derivatives of G = L L'
    hess[q * q :, q * q :] += np.diag(s2 * ev.grad_s2)
    return Jacobian.T @ grad_phi / 2, hess / 2


def free_entries(q: int, zeros: Zeros) -> NDArray[np.bool_]:
    """Entries of L that are free, shape (q, q), if the covariances `zeros` are fixed at 0.

    The rows of L that such a covariance concerns are orthogonal; L can be rotated until each of them has one nonzero
    entry, in a column of its own.
    """
    free = np.ones((q, q), dtype=bool)
    for k in {k for pair in zeros for k in pair}:
        free[k] = np.arange(q) == k
    return free


def _horizontal(L: Array, R: int, free: NDArray[np.bool_]) -> Array:
    """Orthonormal basis of the steps in theta without rotations L A (A skew-symmetric), which leave L L' as it is.

    Nor do the steps change entries of L that are not `free`.
    """
    q = len(L)
    (i, j), _ = lower_triangle(q)
    alike = (i > j) & (free[:, i] == free[:, j]).all(0)
    i, j = i[alike], j[alike]
    rotations = np.zeros((len(i), q, q))
    rotations[np.arange(len(i)), :, i] = L[:, j].T
    rotations[np.arange(len(i)), :, j] = -L[:, i].T
    excluded = np.concatenate([rotations.reshape(len(i), q * q), np.eye(q * q)[~free.ravel()]])
    _, size, rows = np.linalg.svd(excluded)
    basis = np.zeros((q * q + R, q * q - np.sum(size > 1e-12) + R))
    basis[: q * q, : basis.shape[1] - R] = rows[np.sum(size > 1e-12) :].T
    basis[q * q :, basis.shape[1] - R :] = np.eye(R)
    return basis


def _maximize(
    cp: CrossProducts, L: Array, s2: Array, reml: bool, zeros: Zeros = ()
) -> tuple[Array, Array, Evaluation, float, int]:
    """Newton's method with a trust region in theta = (L, log s2); |H| for H where the likelihood is not concave.

    L is a full square matrix, not a triangle, which would have narrow curved valleys wherever its leading entries
    vanish; steps that only rotate L and leave G as it is are left out. At a stationary point with a singular G the
    Hessian in L is positive semidefinite only if no direction into the interior raises the likelihood: no other test
    for the boundary is needed.
    """
    free = free_entries(len(L), zeros)
    ev = evaluate(cp, L @ L.T, s2, reml)
    noise = 1e-13 * max(abs(float(ev.m2ll)), float(cp.n.sum()))
    radius, steps_at_noise, distance = 1.0, 0, np.inf
    for iteration in range(1, MAX_ITERATIONS + 1):
        g, H = newton_terms(ev, L, s2)
        horizontal = _horizontal(L, len(s2), free)
        w, U = np.linalg.eigh(horizontal.T @ H @ horizontal)
        U = horizontal @ U
        size = np.maximum(np.abs(w), FLAT * np.abs(w).max())
        along = U.T @ g
        distance = float(np.sqrt((along**2 / size).sum()))
        concave = w[0] >= -10 * FLAT * w[-1]
        if distance < GRADIENT_TOLERANCE and concave:
            return L, s2, ev, distance, iteration
        step = -along / size
        if not concave and abs(step[0]) < 1e-3 * radius:
            step[0] = radius / 2  # a saddle: leave it along the direction of negative curvature
        length = float(np.sqrt((step**2).sum()))
        step = U @ step * min(1.0, radius / length)
        new_L = np.where(free, L + step[: L.size].reshape(L.shape), 0.0)  # exact zeros, whatever the basis rounds
        new_s2 = s2 * np.exp(step[L.size :])
        try:
            new = evaluate(cp, new_L @ new_L.T, new_s2, reml)
            gain = float(ev.m2ll - new.m2ll) / 2
        except np.linalg.LinAlgError:
            gain = np.nan
        expected = -float(g @ step + step @ H @ step / 2)
        if not (gain > 0.1 * expected or abs(gain) <= noise):
            radius = min(radius, length) / 4
            if not gain > 0:
                continue
        elif gain > 0.7 * expected:
            radius = min(2 * max(radius, length), 100.0)
        steps_at_noise = steps_at_noise + 1 if abs(gain) <= noise else 0
        L, s2, ev = new_L, new_s2, new
        if steps_at_noise > 20 or s2.min() < VANISHED:
            break
    if s2.min() < 100 * VANISHED:
        raise MlmedError(
            "A residual variance goes to 0: the fixed and random effects can reproduce some rows exactly, so the "
            "likelihood has no maximum. Use fewer random effects, or data with more rows in each cluster."
        )
    raise MlmedError(
        f"The likelihood could not be maximized: after {iteration} steps the optimum is still {distance:.1g} standard "
        "errors away. This happens when the data hardly speak about the variances: try fewer random slopes, or check "
        "the data for clusters with very few rows and for variables with hardly any spread."
    )


def _null_space(L: Array, s2: Array) -> Array:
    """Directions, shape (q, d), in which the random effects have next to no variance beside the residual one."""
    root, vectors = np.linalg.eigh(L @ L.T)
    return vectors[:, root < SINGULAR * s2.max()]


def _best(
    cp: CrossProducts, starts: list[tuple[Array, Array]], reml: bool, zeros: Zeros
) -> tuple[Array, Array, Evaluation, float, int]:
    """The highest maximum from the first start; from all of them where the likelihood may have several.

    That happens with few clusters, and nearly always on the boundary. With many clusters and an interior maximum one
    start is enough.
    """
    best, failure = None, None
    for start in starts:
        try:
            found = _maximize(cp, *start, reml, zeros)
        except MlmedError as error:
            failure = failure or error
            continue
        if best is None or found[2].m2ll < best[2].m2ll - 1e-9:
            best = found
        if cp.n.shape[1] > MANY_CLUSTERS and not _null_space(*best[:2]).size:
            break
    if best is None:
        raise failure
    return best


def _least_eigenvalue(information: Array) -> float:
    """Of the matrix scaled to a unit diagonal; 0 if an entry of its diagonal is next to nothing."""
    diagonal = np.diag(information)
    if not diagonal.min() > 1e-10 * diagonal.max():
        return 0.0
    unit = np.sqrt(diagonal)
    return float(np.linalg.eigvalsh(information / np.outer(unit, unit))[0])


def _free_phi(q: int, R: int, zeros: Zeros) -> NDArray[np.int64]:
    """Positions of the covariance parameters that are not fixed at 0 in phi = (lower triangle of G, s2)."""
    fixed = {(max(pair), min(pair)) for pair in zeros}
    (i, j), _ = lower_triangle(q)
    free = [k for k, entry in enumerate(zip(i, j, strict=True)) if entry not in fixed]
    return np.array([*free, *range(len(i), len(i) + R)])


def _check_identified(cp: CrossProducts, free: NDArray[np.int64]) -> None:
    """Refuse models in which two settings of the covariance parameters give the same V.

    V is linear in phi, so phi is identified if the matrices P D_k P are linearly independent, at G = 0 as anywhere: if
    the expected information tr(P D_k P D_l) is positive definite. That is the Hessian of the restricted likelihood for
    a response of zeros, with its sign changed.
    """
    R, _, q, _ = cp.zw.shape
    zw, ww = cp.zw.copy(), cp.ww.copy()
    zw[..., -1] = ww[..., -1] = ww[..., -1, :] = 0.0
    gram = -evaluate(CrossProducts(cp.zz, zw, ww, cp.n), np.zeros((q, q)), np.ones(R), reml=True).hess
    if _least_eigenvalue(gram[np.ix_(free, free)]) < 1e-10:
        raise MlmedError(
            "The data cannot tell the variances and covariances of this model apart: different values of them fit "
            "exactly alike. A random slope needs a predictor that varies within clusters, and clusters need more rows "
            "than random effects. Leave out the random effects that the data cannot show."
        )


def maximize(
    y: Array,
    X: Array,
    Z: Array,
    cluster: NDArray,
    residual: NDArray | None = None,
    reml: bool = True,
    start: tuple[Array, Array] | None = None,
    zeros: Zeros = (),
) -> Optimum:
    """Fit the mixed model by exact ML or REML.

    Parameters
    ----------
    y, X, Z : ndarray, shapes (n,), (n, p), (n, q)
        Response, design of the fixed effects, design of the random effects. Of full column rank.
    cluster : ndarray of int, shape (n,)
        Cluster codes 0 ... J - 1, in any order.
    residual : ndarray of int, shape (n,), optional
        Residual group codes 0 ... R - 1, each with its own variance; one common variance by default.
    reml : bool
        Restricted maximum likelihood.
    start : tuple of ndarray, optional
        G and s2 to start from, shapes (q, q) and (R,).
    zeros : tuple of pairs of int
        Random effects whose covariance is fixed at 0. No random effect may occur in two pairs.

    Returns
    -------
    Optimum
        The best of the maxima found: from one start with many clusters and an interior maximum, else from several.

    Raises
    ------
    MlmedError
        The fixed effects fit y exactly, the covariance parameters are not identified, or no maximum could be found.
    """
    n, p = X.shape
    q = Z.shape[1]
    residual = np.zeros(n, dtype=np.int64) if residual is None else residual
    R = int(residual.max()) + 1
    units = standardize(y, X, Z, residual, keep_zeros=bool(zeros))
    cp = cross_products(*units.apply(y, X, Z, residual), cluster, residual, R)
    # In these units the columns of Z and the residuals of least squares have unit scale, so that any data start alike.
    starts = [(sd * np.eye(q), np.full(R, share)) for sd, share in STARTS]
    if start is not None:
        starts.insert(0, units.start(*start, zeros))
    free = _free_phi(q, R, zeros)
    try:
        with one_blas_thread():
            L, s2, ev, gradient, iterations = _best(cp, starts, reml, zeros)
    except MlmedError:
        _check_identified(cp, free)  # the likelier reason, where it is one
        raise
    G = L @ L.T
    null_space = _null_space(L, s2)
    singular = null_space.size > 0
    information = ev.hess[np.ix_(free, free)] / 2
    if singular or _least_eigenvalue(information) < 1e-8:  # otherwise it shows by itself that all is identified
        _check_identified(cp, free)
    (i, j), D = lower_triangle(q)
    k = len(i)
    back = np.zeros((k + R, k + R))
    back[:k, :k] = (np.kron(units.Tz, units.Tz) @ D)[i * q + j]
    back[k:, k:] = np.diag(units.scale**2)
    if singular:
        cov_phi = np.full_like(back, np.nan)
    else:
        cov_phi = back[:, free] @ np.linalg.inv(information) @ back[:, free].T
    cov_beta = units.cov_beta(ev.cov_beta)
    if not (np.isfinite(cov_beta).all() and (singular or np.isfinite(cov_phi).all())):
        raise MlmedError(
            "The variables are so large or so small that their variances cannot be computed. Change their units so "
            "that they spread over ordinary numbers."
        )
    # What the change of units adds to the log likelihood.
    shift = np.bincount(residual, minlength=R) @ np.log(units.scale) - reml * np.linalg.slogdet(units.Tx)[1]
    return Optimum(
        llf=float(-ev.m2ll / 2 - shift),
        beta=units.beta(ev.beta),
        cov_beta=cov_beta,
        G=units.G(G),
        s2=units.s2(s2),
        cov_phi=cov_phi,
        blups=(ev.scores @ G) @ units.Tz.T,
        ols_llf=_ols(y, X, reml),
        singular=singular,
        null_space=np.linalg.inv(units.Tz).T @ null_space,
        gradient=gradient,
        iterations=iterations,
    )


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
    return K @ optimum.cov_beta @ _t(K) + at @ open_ @ at.T
