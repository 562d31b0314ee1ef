"""The maximum of the likelihood: Newton's method with a trust region, from one start or from several."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import MlmedError
from ..typing import Array
from .identifiability import _check_identified, _free_phi, _least_eigenvalue
from .likelihood import CrossProducts, Evaluation, cross_products, evaluate
from .linalg import least_squares, lower_triangle
from .threads import one_blas_thread
from .units import Zeros, standardize

GRADIENT_TOLERANCE = 1e-8  # in standard errors: sqrt(g' H^-1 g), the distance that a Newton step would still move


SINGULAR = 1e-8  # least eigenvalue of G over the residual variance, columns of Z at unit scale: lme4's 1e-4, squared


FLAT = 1e-8  # curvature, relative to the largest, below which a direction of the search counts as flat


STARTS = ((0.25, 0.4), (2.0, 0.2), (1.0, 0.4), (0.1, 0.9))  # sd of the random effects, share of the residual variance


MANY_CLUSTERS = 50  # in 3,500 random tables, several interior maxima were seen with up to 15 clusters only


VANISHED = 1e-6  # residual variance, relative to that of least squares, at which the search stops


MAX_ITERATIONS = 200


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
