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

The optimum is sought over a square factor L of G = L L', for which the boundary (a singular G) is an ordinary point.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from .errors import MlmedError

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
        Inverse observed information of (lower triangle of G, row by row; s2), beta profiled out; NaN on the boundary.
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
    q, R, J = Z.shape[1], n_residual, int(cluster.max()) + 1
    W = np.column_stack([Z, X, y])
    k = W.shape[1]
    cell = residual.astype(np.int64) * J + cluster
    size = np.bincount(cell, minlength=R * J)
    W = W[np.argsort(cell, kind="stable")]
    start = np.cumsum(size) - size
    S = np.zeros((R * J, k, k))
    for n in np.unique(size[size > 0]):  # cells of one size are one stack of matrices: one BLAS-backed product
        same = np.flatnonzero(size == n)
        per_step = max(1, 2_000_000 // (n * k))  # rows are copied in steps, so that memory stays bounded
        for at in range(0, len(same), per_step):
            cells = same[at : at + per_step]
            rows = W[start[cells][:, None] + np.arange(n)]
            S[cells] = rows.transpose(0, 2, 1) @ rows
    S = S.reshape(R, J, k, k)
    return CrossProducts(
        zz=np.ascontiguousarray(S[:, :, :q, :q]),
        zw=np.ascontiguousarray(S[:, :, :q, q:]),
        ww=np.ascontiguousarray(S[:, :, q:, q:]),
        n=size.reshape(R, J).astype(float),
    )


def _t(a: Array) -> Array:
    return a.swapaxes(-1, -2)


def _over_clusters(a: Array, b: Array) -> Array:
    """sum_j a_j' b_j for stacks (..., J, q, m) and (..., J, q, k), as one matrix product."""
    a = a.reshape(*a.shape[:-3], -1, a.shape[-1])
    b = b.reshape(*b.shape[:-3], -1, b.shape[-1])
    return _t(a) @ b


def _outer_over_clusters(a: Array, b: Array) -> Array:
    """sum_j a_j (x) b_j for stacks (..., J, i, k) and (..., J, l, m): shape (..., i, k, l, m)."""
    flat = _t(a.reshape(*a.shape[:-2], -1)) @ b.reshape(*b.shape[:-2], -1)
    return flat.reshape(*flat.shape[:-2], *a.shape[-2:], *b.shape[-2:])


@cache
def _lower(q: int) -> tuple[NDArray, Array]:
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
    R, J, q, m = cp.zw.shape
    p = m - 1
    iv = 1.0 / s2
    # The batch axes stand in front of the clusters' axis.
    at = [iv[..., r, None, None, None] for r in range(R)]
    A = sum(at[r] * cp.zz[r] for r in range(R))
    B = sum(at[r] * cp.zw[r] for r in range(R))
    Gj = G[..., None, :, :]
    I_AG = np.eye(q) + A @ Gj
    F = np.linalg.inv(I_AG)
    N = F @ B  # Z'V^-1 [X, y]
    KB = Gj @ N  # V^-1 W = R^-1 (W - Z KB)
    if weights is None:
        each = None
        n = cp.n.sum(-1)
        ww = cp.ww.sum(1)
    else:
        each = weights[..., None, None]
        n = weights @ _t(cp.n)
        ww = np.moveaxis(np.tensordot(weights, cp.ww, (-1, 1)), -3, 0)

    def weigh(a: Array) -> Array:
        return a if each is None else a * each

    WVW = sum(iv[..., r, None, None] * ww[r] for r in range(R)) - _over_clusters(weigh(B), KB)
    H = WVW[..., :p, :p]
    chol = np.linalg.cholesky(H)
    root = _t(np.linalg.inv(chol))  # root root' = H^-1
    beta = (root @ (_t(root) @ WVW[..., :p, p:]))[..., 0]
    rss = WVW[..., p, p] - (beta * WVW[..., :p, p]).sum(-1)
    logdet_V = (n * np.log(s2)).sum(-1) + weigh(np.linalg.slogdet(I_AG)[1][..., None, None]).sum((-1, -2, -3))
    m2ll = logdet_V + rss + (n.sum(-1) - p * reml) * np.log(2 * np.pi)
    if reml:
        m2ll = m2ll + 2 * np.log(np.diagonal(chol, axis1=-1, axis2=-2)).sum(-1)

    # From here on [X, y] is replaced by [X H^-1/2, y - X beta] = [X, y] C: then every term with P is an inner product
    # of columns, and REML differs from ML by the weight of the first p of them.
    C = np.zeros((*beta.shape[:-1], m, m))
    C[..., :p, :p] = root
    C[..., :p, p] = -beta
    C[..., p, p] = 1.0
    column_weight = np.append(np.full(p, float(reml)), 1.0)
    Cj = C[..., None, :, :]
    S = N @ Cj  # Z'V^-1 [X H^-1/2, y - X beta]
    Sw = S * column_weight
    Q = F @ A
    SS = Sw @ _t(S)
    grad_G = weigh(Q - SS).sum(-3)

    K = Gj @ F
    KBC = KB @ Cj
    Y, E, trace = [], [], []
    for r in range(R):
        zwC = cp.zw[r] @ Cj
        Y.append(zwC - cp.zz[r] @ KBC)  # Z' I_r (W - Z KB) C
        rows = _t(C) @ ww[r] @ C - _over_clusters(weigh(zwC), KBC) - _over_clusters(weigh(KBC), Y[r])
        E.append(iv[..., r, None, None] ** 2 * rows)  # C'W'V^-1 I_r V^-1 W C
        trace.append(weigh(K * cp.zz[r]).sum((-1, -2, -3)))  # tr(K Z'I_r Z)
    diag_E = np.stack([np.diagonal(e, axis1=-1, axis2=-2) @ column_weight for e in E], -1)
    trace = np.stack(trace, -1)
    grad_s2 = n * iv - iv**2 * trace - diag_E
    scores = S[..., p]
    cov_beta = root @ _t(root)
    if not hessian:
        return Evaluation(m2ll, beta, cov_beta, scores, grad_G, grad_s2, None)

    # G with G: tr(E Q E' (2 SS - Q)) summed over clusters, minus what estimating beta gives back.
    _, D = _lower(q)
    T = _outer_over_clusters(weigh(2 * SS - Q), Q)  # [a, b, c, d] = sum (2 SS - Q)[a, b] Q[c, d]
    hess_GG = np.moveaxis(T, -1, -4).reshape(*T.shape[:-4], q * q, q * q)  # index pairs (d, a) and (b, c)
    Phi = _outer_over_clusters(weigh(S), S)  # [a, c, b, d] = sum S[a, c] S[b, d]
    Phi = np.moveaxis(Phi, -3, -2).reshape(*Phi.shape[:-4], q * q, m * m)
    Phi_s = np.stack([e.reshape(*e.shape[:-2], m * m) for e in E], -2)
    Phi = np.concatenate([_t(D) @ Phi, Phi_s], -2)
    k = D.shape[1]
    hess = np.zeros((*m2ll.shape, k + R, k + R))
    hess[..., :k, :k] = _t(D) @ hess_GG @ D
    for r in range(R):
        FY = iv[..., r, None, None, None] ** 2 * (F @ Y[r])  # Z'V^-1 I_r V^-1 W C
        FzzF = at[r] ** 2 * (F @ cp.zz[r] @ _t(F))  # Z'V^-1 I_r V^-1 Z
        M = (weigh(2 * (Sw @ _t(FY)) - FzzF)).sum(-3)
        cross = (((M + _t(M)) / 2).reshape(*M.shape[:-2], 1, q * q) @ D)[..., 0, :]
        hess[..., :k, k + r] = cross
        hess[..., k + r, :k] = cross
        Kzz = K @ cp.zz[r]
        KY = K @ Y[r]
        for s in range(r + 1):
            both = iv[..., r] ** 2 * iv[..., s] ** 2
            trace_rs = both * weigh(_t(Kzz) * (K @ cp.zz[s])).sum((-1, -2, -3))
            Psi = -both * (weigh(KY * Y[s]).sum((-2, -3)) @ column_weight)
            if r == s:
                trace_rs = trace_rs + n[..., r] * iv[..., r] ** 2 - 2 * iv[..., r] ** 3 * trace[..., r]
                Psi = Psi + iv[..., r] * diag_E[..., r]
            hess[..., k + r, k + s] = hess[..., k + s, k + r] = 2 * Psi - trace_rs
    # What the estimation of beta gives back: 2 f_k'H^-1 f_l, and for REML tr(H^-1 F_k H^-1 F_l).
    back = np.zeros((m, m))
    back[:p, :p] = float(reml)
    back[:p, p] = 2.0
    hess -= (Phi * back.reshape(-1)) @ _t(Phi)
    return Evaluation(m2ll, beta, cov_beta, scores, grad_G, grad_s2, hess)


def dependent_column(X: Array) -> int | None:
    """Index of the first column that is a linear combination of those before it (to 1e-7 of its length), or None."""
    r = np.abs(np.diagonal(np.linalg.qr(X, mode="r")))
    length = np.sqrt((X**2).sum(0))
    r = np.append(r, np.zeros(X.shape[1] - len(r)))  # fewer rows than columns
    bad = np.flatnonzero(r <= 1e-7 * length)
    return int(bad[0]) if len(bad) else None


def _whiten(X: Array) -> Array:
    """T such that X T has pooled cross-products n I: the fit is the same for any scale or shift of the variables."""
    return np.linalg.inv(np.linalg.qr(X, mode="r")) * np.sqrt(len(X))


def _ols(cp: CrossProducts, reml: bool) -> tuple[float, float]:
    """Least squares from the pooled cross-products: residual variance and log likelihood (ML or REML)."""
    ww = cp.ww.sum((0, 1))
    p = len(ww) - 1
    rss = float(ww[p, p] - ww[:p, p] @ np.linalg.solve(ww[:p, :p], ww[:p, p]))
    df = float(cp.n.sum()) - p * reml
    logdet = np.linalg.slogdet(ww[:p, :p])[1] if reml else 0.0
    return rss / df, float(-(df * (np.log(2 * np.pi * rss / df) + 1) + logdet) / 2)


def _newton_terms(ev: Evaluation, L: Array, s2: Array) -> tuple[Array, Array]:
    """Gradient and Hessian of -ll by theta = (L row by row, log s2), by the chain rule from phi."""
    q = len(L)
    (i, j), _ = _lower(q)
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


def _horizontal(L: Array, R: int) -> Array:
    """Orthonormal basis of the steps in theta without rotations L A (A skew-symmetric), which leave L L' as it is."""
    q = len(L)
    (i, j), _ = _lower(q)
    i, j = i[i > j], j[i > j]
    rotations = np.zeros((len(i), q, q))
    rotations[np.arange(len(i)), :, i] = L[:, j].T
    rotations[np.arange(len(i)), :, j] = -L[:, i].T
    _, size, rows = np.linalg.svd(rotations.reshape(len(i), q * q))
    basis = np.zeros((q * q + R, q * q - np.sum(size > 1e-12) + R))
    basis[: q * q, : basis.shape[1] - R] = rows[np.sum(size > 1e-12) :].T
    basis[q * q :, basis.shape[1] - R :] = np.eye(R)
    return basis


def _maximize(cp: CrossProducts, L: Array, s2: Array, reml: bool) -> tuple[Array, Array, Evaluation, float, int]:
    """Newton's method with a trust region in theta = (L, log s2); |H| for H where the likelihood is not concave.

    L is a full square matrix, not a triangle, which would have narrow curved valleys wherever its leading entries
    vanish; steps that only rotate L and leave G as it is are left out. At a stationary point with a singular G the
    Hessian in L is positive semidefinite only if no direction into the interior raises the likelihood: no other test
    for the boundary is needed.
    """
    ev = evaluate(cp, L @ L.T, s2, reml)
    noise = 1e-13 * max(abs(float(ev.m2ll)), float(cp.n.sum()))
    radius, steps_at_noise, distance = 1.0, 0, np.inf
    for iteration in range(1, MAX_ITERATIONS + 1):
        g, H = _newton_terms(ev, L, s2)
        horizontal = _horizontal(L, len(s2))
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
        new_L = L + step[: L.size].reshape(L.shape)
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
    cp: CrossProducts, starts: list[tuple[Array, Array]], reml: bool
) -> tuple[Array, Array, Evaluation, float, int]:
    """The highest maximum from the first start; from all of them where the likelihood may have several.

    That happens with few clusters, and nearly always on the boundary. With many clusters and an interior maximum one
    start is enough.
    """
    best, failure = None, None
    for start in starts:
        try:
            found = _maximize(cp, *start, reml)
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


def _check_identified(cp: CrossProducts) -> None:
    """Refuse models in which two settings of the covariance parameters give the same V.

    V is linear in phi, so phi is identified if the matrices P D_k P are linearly independent, at G = 0 as anywhere: if
    the expected information tr(P D_k P D_l) is positive definite. That is the Hessian of the restricted likelihood for
    a response of zeros, with its sign changed.
    """
    R, _, q, _ = cp.zw.shape
    zw, ww = cp.zw.copy(), cp.ww.copy()
    zw[..., -1] = ww[..., -1] = ww[..., -1, :] = 0.0
    gram = -evaluate(CrossProducts(cp.zz, zw, ww, cp.n), np.zeros((q, q)), np.ones(R), reml=True).hess
    if _least_eigenvalue(gram) < 1e-10:
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
    Tx, Tz = _whiten(X), _whiten(Z)
    Xw = X @ Tx
    y_scale = float(np.sqrt(np.mean(y**2)))
    unit_y = y / y_scale if y_scale > 0 else y
    projection = Xw.T @ unit_y / n
    remainder = unit_y - Xw @ projection
    unexplained = float(np.sqrt(np.mean(remainder**2)))
    if not unexplained > 1e-10:
        raise MlmedError(
            "The predictors reproduce the response exactly, so there is no variation left to model. "
            "Check that the response is not a copy, a sum or a multiple of the predictors."
        )
    scale = y_scale * unexplained
    # The residuals of least squares stand in for y: the same likelihood, with no digits lost to a large mean.
    cp = cross_products(remainder / unexplained, Xw, Z @ Tz, cluster, residual, R)
    del Xw, remainder
    variance, ols_llf = _ols(cp, reml)
    # In these units the pooled columns of Z have unit scale, so that any data start alike.
    starts = [(sd * np.eye(q), np.full(R, share * variance)) for sd, share in STARTS]
    if start is not None:
        unit = np.linalg.inv(Tz) / scale
        root, vectors = np.linalg.eigh(unit @ start[0] @ unit.T)
        s2 = np.maximum(start[1] / scale**2, 1e-3)
        # off the boundary, which the search could not leave
        starts.insert(0, (vectors * np.sqrt(np.maximum(root, 1e-6 * s2.max())), s2))
    try:
        L, s2, ev, gradient, iterations = _best(cp, starts, reml)
    except MlmedError:
        _check_identified(cp)  # the likelier reason, where it is one
        raise
    G = L @ L.T
    null_space = _null_space(L, s2)
    singular = null_space.size > 0
    if singular or _least_eigenvalue(ev.hess) < 1e-8:  # otherwise the information itself shows that all is identified
        _check_identified(cp)
    (i, j), D = _lower(q)
    k = len(i)
    back = np.zeros((k + R, k + R))
    back[:k, :k] = (np.kron(Tz, Tz) @ D)[i * q + j]
    back[k:, k:] = np.eye(R)
    back *= scale**2
    if singular:
        cov_phi = np.full_like(back, np.nan)
    else:
        cov_phi = back @ np.linalg.inv(ev.hess / 2) @ back.T
    cov_beta = scale**2 * (Tx @ ev.cov_beta @ Tx.T)
    if not (np.isfinite(cov_beta).all() and (singular or np.isfinite(cov_phi).all())):
        raise MlmedError(
            "The variables are so large or so small that their variances cannot be computed. Change their units so "
            "that they spread over ordinary numbers."
        )
    # Constants of the change of units: y = scale * y*, X = X* Tx^-1.
    shift = n * np.log(scale) - reml * (p * np.log(scale) + np.linalg.slogdet(Tx)[1])
    return Optimum(
        llf=float(-ev.m2ll / 2 - shift),
        beta=Tx @ (y_scale * projection + scale * ev.beta),
        cov_beta=cov_beta,
        G=scale**2 * (Tz @ G @ Tz.T),
        s2=scale**2 * s2,
        cov_phi=cov_phi,
        blups=scale * (ev.scores @ G) @ Tz.T,
        ols_llf=ols_llf - shift,
        singular=singular,
        null_space=np.linalg.inv(Tz).T @ null_space,
        gradient=gradient,
        iterations=iterations,
    )
