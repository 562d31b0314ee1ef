"""The maximum of the likelihood: Newton's method with a trust region, from one start or from several."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from ..errors import MlmedError
from ..typing import Array, IntArray
from .batch import best_of_batch
from .cluster_sums import CrossProducts, cross_products
from .identifiability import free_phi, least_eigenvalue, refuse_unidentified
from .information import Covariances, covariances
from .likelihood import Evaluation, evaluate
from .linalg import least_squares
from .newton import (
    FIRST_RADIUS,
    GOOD,
    GROW,
    LARGEST_RADIUS,
    PATIENCE,
    POOR,
    ROUNDING,
    SADDLE_LEAP,
    SADDLE_STEP,
    SHRINK,
    SINGULAR,
    VANISHED,
    curvature,
    free_entries,
    horizontal_steps,
    newton_terms,
)
from .starts import FEW, random_starts, usual_starts
from .threads import one_blas_thread
from .units import Zeros, standardize

GRADIENT_TOLERANCE = 1e-8  # in standard errors: sqrt(g' H^-1 g), the distance that a Newton step would still move
CLOSE = 1e-5  # where rounding lets a search come no nearer, as with a residual variance near 0: no digit shown differs
MAX_ITERATIONS = 200
NEARLY_VANISHED = 100 * VANISHED  # a search that fails with such a residual variance was on its way to 0

MANY_CLUSTERS = 50  # one start is enough from here on: it missed none in 750 tables, on the boundary or not
HIGHER = 1e-9  # of -2 ll: less is the same maximum
SHOWN = 1e-8  # least eigenvalue of a scaled information matrix that shows by itself that all is identified
NO_NUMBERS = (
    "The variables are so large or so small that their variances cannot be computed. Change their units so that they "
    "spread over ordinary numbers."
)


@dataclass(frozen=True, slots=True)
class Optimum:
    """The maximum of the ML or REML likelihood.

    Attributes
    ----------
    llf : float
        Log likelihood, with all its constants.
    beta : ndarray, shape (p,)
        GLS fixed effects.
    G : ndarray, shape (q, q)
        Covariance matrix of the random effects.
    s2 : ndarray, shape (R,)
        Residual variances.
    cov : Covariances
        Of beta and phi = (lower triangle of G, row by row; s2) together.
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
    G: Array
    s2: Array
    cov: Covariances
    blups: Array
    ols_llf: float
    singular: bool
    null_space: Array
    gradient: float
    iterations: int

    @property
    def cov_beta(self) -> Array:
        """(X'V^-1 X)^-1, shape (p, p)."""
        return self.cov.gls[: len(self.beta), : len(self.beta)]

    @property
    def cov_phi(self) -> Array:
        """Inverse observed information of phi, shape (q(q+1)/2 + R,) * 2, as in `covariance_of_phi`."""
        return self.cov.gls[len(self.beta) :, len(self.beta) :]


def _ols(y: Array, X: Array, reml: bool) -> float:
    """Log likelihood of least squares with one residual variance."""
    n, p = X.shape
    _, remainder, R = least_squares(y, X)
    rss, df = float(remainder @ remainder), n - p * reml
    log_det = 2 * np.log(np.abs(np.diagonal(R))).sum() if reml else 0.0
    return float(-(df * (np.log(2 * np.pi * rss / df) + 1) + log_det) / 2)


Seen = TypeVar("Seen", bound=Evaluation)


class Found(NamedTuple, Generic[Seen]):
    """Where a search ended: L, s2, the likelihood there, and how far and how long it was."""

    L: Array
    s2: Array
    ev: Seen
    gradient: float
    iterations: int


def climb(likelihood: Callable[[Array, Array], Seen], L: Array, s2: Array, rows: float, zeros: Zeros) -> Found[Seen]:
    """Newton's method with a trust region from one start, as at the head of `newton`.

    Parameters
    ----------
    likelihood : callable
        From G and s2 to -2 log likelihood and its derivatives.
    L, s2 : ndarray, shapes (q, q), (R,)
        Start: a square factor of G, and the residual variances.
    rows : float
        Their number: with a likelihood near 0, rounding is a share of this.
    zeros : tuple of pairs of int
        As in `maximize`.

    Returns
    -------
    Found

    Raises
    ------
    MlmedError
        No maximum was found.
    """
    free = free_entries(len(L), zeros)
    ev = likelihood(L @ L.T, s2)
    noise = ROUNDING * max(abs(float(ev.m2ll)), rows)
    radius, steps_at_noise = FIRST_RADIUS, 0
    for iteration in range(1, MAX_ITERATIONS + 1):
        gradient, hessian = newton_terms(L, s2, ev.grad_G, ev.grad_s2, ev.hess)
        horizontal = horizontal_steps(L, len(s2), free)
        try:
            model = curvature(horizontal.T @ gradient, horizontal.T @ hessian @ horizontal)
        except np.linalg.LinAlgError:
            raise MlmedError(NO_NUMBERS) from None
        worn_out = steps_at_noise > PATIENCE
        if model.distance < (CLOSE if worn_out else GRADIENT_TOLERANCE) and model.concave:
            return Found(L, s2, ev, float(model.distance), iteration)
        if worn_out or s2.min() < VANISHED:
            break
        step = -model.slope / model.size
        if not model.concave and abs(step[0]) < SADDLE_STEP * radius:
            step[0] = SADDLE_LEAP * radius  # leave the saddle along the direction of negative curvature
        length = float(np.sqrt((step**2).sum()))
        step = horizontal @ (model.axes @ step) * min(1.0, radius / length)
        new_L = np.where(free, L + step[: L.size].reshape(L.shape), 0.0)  # exact zeros, whatever the basis rounds
        new_s2 = s2 * np.exp(step[L.size :])
        try:
            new = likelihood(new_L @ new_L.T, new_s2)
            gain = float(ev.m2ll - new.m2ll) / 2
        except np.linalg.LinAlgError:
            gain = np.nan
        expected = -float(gradient @ step + step @ hessian @ step / 2)
        if not (gain > POOR * expected or abs(gain) <= noise):
            radius = SHRINK * min(radius, length)
            if not gain > 0:
                continue
        elif gain > GOOD * expected:
            radius = min(GROW * max(radius, length), LARGEST_RADIUS)
        steps_at_noise = steps_at_noise + 1 if abs(gain) <= noise else 0
        L, s2, ev = new_L, new_s2, new
    if s2.min() < NEARLY_VANISHED:
        raise MlmedError(
            "A residual variance goes to 0: the fixed and random effects reproduce some rows exactly, or nearly, and "
            "no maximum with a residual variance was found. Use fewer random effects, or data with more rows in each "
            "cluster."
        )
    raise MlmedError(
        f"The likelihood could not be maximized: after {iteration} steps the optimum is still {model.distance:.1g} "
        "standard errors away. This happens when the data hardly speak about the variances: try fewer random slopes, "
        "or check the data for clusters with very few rows and for variables with hardly any spread."
    )


def _maximize(cp: CrossProducts, L: Array, s2: Array, reml: bool, zeros: Zeros = ()) -> Found[Evaluation]:
    """The maximum of the likelihood from one start."""
    return climb(lambda G, s2: evaluate(cp, G, s2, reml), L, s2, float(cp.n.sum()), zeros)


def _null_space(L: Array, s2: Array) -> Array:
    """Directions, shape (q, d), in which the random effects have next to no variance beside the residual one."""
    roots, vectors = np.linalg.eigh(L @ L.T)
    return vectors[:, roots < SINGULAR * s2.max()]


def best_of(cp: CrossProducts, reml: bool, zeros: Zeros, start: tuple[Array, Array] | None = None) -> Found[Evaluation]:
    """The highest maximum from the first start; from many where the likelihood may have several.

    That happens with few clusters, and nearly always on the boundary. Otherwise one start is enough.

    Parameters
    ----------
    cp : CrossProducts
    reml : bool
    zeros : tuple of pairs of int
        As in `maximize`.
    start : tuple of ndarray, optional
        Where to begin, beside the usual starts: a factor of G and residual variances.

    Returns
    -------
    Found

    Raises
    ------
    MlmedError
        No maximum was found.
    """
    (R, J), q = cp.n.shape, cp.zz.shape[-1]
    usual = usual_starts(q, R)
    starts = usual if start is None else [start, *usual]
    best, failures = None, []
    try:
        best = _maximize(cp, *starts[0], reml, zeros)
    except MlmedError as error:
        failures.append(error)
    if best is None or J <= MANY_CLUSTERS:
        other = best_of_batch(cp, *_others(starts[1:], q, R, J <= FEW, zeros), reml, zeros)
        if other is not None and (best is None or other[2] < best.ev.m2ll - HIGHER):
            with suppress(MlmedError):  # what the batch has found is found to the last digit, from there
                better = _maximize(cp, *other[:2], reml, zeros)
                best = better if best is None or better.ev.m2ll < best.ev.m2ll - HIGHER else best
    if best is None:
        raise failures[0]
    return best


def _others(starts: list[tuple[Array, Array]], q: int, R: int, few: bool, zeros: Zeros) -> tuple[Array, Array]:
    """Starts of a batch: factors of G, shape (B, q, q), and residual variances, shape (B, R)."""
    L, s2 = (np.array(part) for part in zip(*starts, strict=True))
    if few:
        more_L, more_s2 = random_starts(q, R)
        L, s2 = np.concatenate([L, more_L]), np.concatenate([s2, more_s2])
    return np.where(free_entries(q, zeros), L, 0.0), s2


def maximize(
    y: Array,
    X: Array,
    Z: Array,
    cluster: IntArray,
    residual: IntArray | None = None,
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
        The best of the maxima found, from one start with many clusters, else from several.

    Raises
    ------
    MlmedError
        The fixed effects fit y exactly, the covariance parameters are not identified, or no maximum could be found.
    """
    n, q = Z.shape
    residual = np.zeros(n, dtype=np.intp) if residual is None else residual
    R = int(residual.max()) + 1
    units = standardize(y, X, Z, residual, keep_zeros=bool(zeros))
    cp = cross_products(*units.apply(y, X, Z, residual), cluster, residual, R)
    # In these units the columns of Z and the residuals of least squares have unit scale, so that any data start alike.
    begin = None if start is None else units.start(*start, zeros)
    free = free_phi(q, R, zeros)
    with one_blas_thread():
        try:
            best = best_of(cp, reml, zeros, begin)
        except MlmedError:
            refuse_unidentified(cp, zeros)  # the likelier reason, where it is one
            raise
        G, ev = best.L @ best.L.T, best.ev
        null_space = _null_space(best.L, best.s2)
        singular = null_space.size > 0
        if singular or least_eigenvalue(ev.hess[np.ix_(free, free)] / 2) < SHOWN:
            refuse_unidentified(cp, zeros)
        cov = covariances(cp, G, best.s2, ev.grad_G, ev.hess, reml, zeros).carried(units.by_theta())
    if not cov.finite:
        raise MlmedError(NO_NUMBERS)
    # What the change of units adds to the log likelihood.
    shift = np.bincount(residual, minlength=R) @ np.log(units.scale) - reml * np.linalg.slogdet(units.Tx)[1]
    return Optimum(
        llf=float(-ev.m2ll / 2 - shift),
        beta=units.beta(ev.beta),
        G=units.G(G),
        s2=units.s2(best.s2),
        cov=cov,
        blups=(ev.scores @ G) @ units.Tz.T,
        ols_llf=_ols(y, X, reml),
        singular=singular,
        null_space=np.linalg.inv(units.Tz).T @ null_space,
        gradient=best.gradient,
        iterations=best.iterations,
    )
