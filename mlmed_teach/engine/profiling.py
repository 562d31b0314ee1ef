"""The profile likelihood of an effect: the effect is held at a value, and everything else is maximized.

By ML, since a restricted likelihood has no fixed effects to hold. With W = 2 (ll_max - ll(value)), the 95% interval is
where W stays below 3.84, the quantile of chi-square with one degree of freedom (Venzon & Moolgavkar 1988).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize

from ..errors import MlmedError
from ..typing import Array
from .cluster_sums import CrossProducts
from .likelihood import evaluate
from .newton import free_entries, newton_terms
from .resampling import Problem
from .search import maximize

LEAST_CURVATURE = 1e-2  # relative to the largest: no step of the search is longer than this makes it
MAX_ITERATIONS = 500
TOLERANCE = 1e-10  # of -2 ll, where the search stops
MISSED = 1e-6  # in standard errors of the effect: beyond this the effect is not at its value


@dataclass(frozen=True)
class Target:
    """An effect as a function of the parameters: products of fixed effects, plus a covariance, plus a fixed effect.

    Attributes
    ----------
    product : tuple of int, or None
        Positions of two fixed effects.
    covariance : tuple of int, or None
        Positions of two random effects.
    single : int or None
        Position of a fixed effect.
    """

    product: tuple[int, int] | None = None
    covariance: tuple[int, int] | None = None
    single: int | None = None

    def value(self, beta: Array, G: Array) -> float:
        """The effect."""
        value = 0.0
        if self.product:
            value += beta[self.product[0]] * beta[self.product[1]]
        if self.covariance:
            value += G[self.covariance]
        if self.single is not None:
            value += beta[self.single]
        return float(value)

    def gradient(self, beta: Array, G: Array) -> tuple[Array, Array]:
        """Its derivatives by beta, and by G as a free symmetric matrix."""
        by_beta, by_G = np.zeros_like(beta), np.zeros_like(G)
        if self.product:
            i, j = self.product
            by_beta[i] += beta[j]
            by_beta[j] += beta[i]
        if self.covariance:
            i, j = self.covariance
            by_G[i, j] += 0.5
            by_G[j, i] += 0.5
        if self.single is not None:
            by_beta[self.single] += 1.0
        return by_beta, by_G


class Profile:
    """The ML fit of a model, and fits in which an effect is held at a value.

    Parameters
    ----------
    task : Problem
    beta, G, s2 : ndarray, shapes (p,), (q, q), (R,)
        The ML estimates.
    """

    def __init__(self, task: Problem, beta: Array, G: Array, s2: Array):
        self._units, self._cp = task.units, task.cp
        self._shape = task.X.shape[1], len(G)
        self._free = free_entries(len(G), task.zeros)
        self.beta, self.G = beta, G
        L, s2 = self._units.start(G, s2, task.zeros)
        standard_beta = np.linalg.solve(self._units.Tx, beta - self._units.offset)
        self.best = np.concatenate([standard_beta, L[self._free], np.log(s2)])
        self._axes = self._principal_axes(L, s2)
        self.m2ll = self._objective(self.best)[0]

    def _principal_axes(self, L: Array, s2: Array) -> Array:
        """Directions, shape (k, k), along which the likelihood falls alike: the search steps in these."""
        ev = evaluate(self._cp, L @ L.T, s2, reml=False)
        chosen = np.append(np.flatnonzero(self._free), L.size + np.arange(len(s2)))
        curvature, axes = np.linalg.eigh(newton_terms(L, s2, ev.grad_G, ev.grad_s2, ev.hess)[1][np.ix_(chosen, chosen)])
        p = len(ev.beta)
        found = np.zeros((p + len(chosen),) * 2)
        found[:p, :p] = np.linalg.cholesky(ev.cov_beta)
        found[p:, p:] = axes / np.sqrt(np.maximum(curvature, LEAST_CURVATURE * curvature.max()))
        return found

    def target_value(self, target: Target) -> float:
        """The effect at the maximum."""
        return target.value(self.beta, self.G)

    def _parts(self, theta: Array) -> tuple[Array, Array, Array]:
        """Fixed effects, a factor of G and residual variances, in the units of the search."""
        p, q = self._shape
        L = np.zeros((q, q))
        L[self._free] = theta[p : p + self._free.sum()]
        return theta[:p], L, np.exp(theta[p + self._free.sum() :])

    def _objective(self, theta: Array) -> tuple[float, Array]:
        """-2 log likelihood and its gradient, the fixed effects being parameters like all others."""
        beta, L, s2 = self._parts(theta)
        p, cp, G = len(beta), self._cp, L @ L.T
        combination = np.append(-beta, 1.0)[:, None]  # W times this is e = y - X beta
        We = cp.ww @ combination
        residuals = CrossProducts(cp.zz, cp.zw @ combination, combination.T @ We, cp.n)  # e on no predictors
        ev = evaluate(residuals, G, s2, reml=False, hessian=False)
        u = ev.scores @ G  # predicted random effects; X'V^-1 e = X'R^-1 (e - Z u)
        by_group = We[..., :p, 0].sum(1) - (u[:, None] @ cp.zw[..., :p])[..., 0, :].sum(1)
        grad_beta = -2 * (by_group / s2[:, None]).sum(0)
        grad_L = 2 * ev.grad_G @ L
        return float(ev.m2ll), np.concatenate([grad_beta, grad_L[self._free], ev.grad_s2 * s2])

    def _effect(self, theta: Array, target: Target) -> tuple[float, Array]:
        """The effect in the user's units, and its gradient."""
        beta, L, s2 = self._parts(theta)
        units = self._units
        user_beta, user_G = units.beta(beta), units.G(L @ L.T)
        by_beta, by_G = target.gradient(user_beta, user_G)
        grad_beta = by_beta @ units.Tx
        grad_L = 2 * (units.Tz.T @ by_G @ units.Tz) @ L
        return target.value(user_beta, user_G), np.concatenate([grad_beta, grad_L[self._free], np.zeros(len(s2))])

    def fit(self, target: Target, value: float, start: Array | None = None) -> tuple[float, Array]:
        """Maximize the likelihood with the effect held at a value.

        Parameters
        ----------
        target : Target
        value : float
        start : ndarray, optional
            Parameters to start from, as they are returned; by default the maximum.

        Returns
        -------
        W : float
            Twice the log likelihood that the constraint costs.
        theta : ndarray

        Raises
        ------
        MlmedError
            No maximum was found.
        """
        origin, axes = self.best if start is None else start, self._axes
        scale = float(np.linalg.norm(self._effect(origin, target)[1] @ axes)) or 1.0  # about a standard error

        def objective(step: Array) -> tuple[float, Array]:
            m2ll, gradient = self._objective(origin + axes @ step)
            return m2ll, gradient @ axes

        def off(step: Array) -> float:
            return (self._effect(origin + axes @ step, target)[0] - value) / scale

        def slope_of_off(step: Array) -> Array:
            return self._effect(origin + axes @ step, target)[1] @ axes / scale

        found = optimize.minimize(
            objective,
            np.zeros(len(origin)),
            jac=True,
            method="SLSQP",
            constraints=[{"type": "eq", "fun": off, "jac": slope_of_off}],
            options={"maxiter": MAX_ITERATIONS, "ftol": TOLERANCE},
        )
        if not (np.isfinite(found.fun) and abs(off(found.x)) < MISSED):
            raise MlmedError(
                f"The likelihood could not be maximized with the effect held at {value:.4g}. Use a bootstrap instead."
            )
        return max(float(found.fun) - self.m2ll, 0.0), origin + axes @ found.x


def profile_of(task: Problem, y: Array) -> Profile:
    """Fit a model by ML and prepare its profile likelihood.

    Parameters
    ----------
    task : Problem
    y : ndarray, shape (2 n,)
        The stacked response.

    Returns
    -------
    Profile
    """
    best = maximize(y, task.X, task.Z, task.cluster, task.residual, False, (task.G, task.s2), task.zeros)
    return Profile(task, best.beta, best.G, best.s2)
