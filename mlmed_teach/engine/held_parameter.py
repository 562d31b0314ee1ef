"""The likelihood with one variance or covariance of the random effects held, and everything else maximized: ML or REML.

Newton's method over the lower Cholesky factor L of G, with the random effects in such an order that the held entry is
one of its first: a variance is L[0,0]**2, a covariance L[0,0] L[1,0]. So it is held by leaving out one entry of L, and
the boundary (a singular G) is an ordinary point.
"""

from __future__ import annotations

import numpy as np

from ..errors import MlmedError
from ..typing import Array
from .cluster_sums import CrossProducts
from .likelihood import Evaluation, evaluate
from .newton import newton_terms

TOLERANCE = 1e-9  # of the log likelihood, as far as a Newton step promises
FLAT = 1e-7  # curvature, relative to the largest, below which a direction counts as flat
MAX_ITERATIONS = 60


def hold(
    cp: CrossProducts,
    G: Array,
    s2: Array,
    pair: tuple[int, int],
    values: Array,
    reml: bool,
    weights: Array | None = None,
) -> tuple[Array, Array]:
    """-2 log likelihood where an entry of G is held at each of some values, maximized over all other parameters.

    Parameters
    ----------
    cp : CrossProducts
    G, s2 : ndarray, shapes (q, q), (R,)
        The maximum, with a positive definite G.
    pair : tuple of int
        Row and column of the held entry.
    values : ndarray, shape (V,)
        Rising, and on one side of the maximum: the search goes from one to the next. Variances are positive.
    reml : bool
    weights : ndarray, shape (J,), optional
        How many times each cluster counts.

    Returns
    -------
    m2ll, slope : ndarray, shape (V,)
        -2 log likelihood, and its derivative by the held value.

    Raises
    ------
    MlmedError
        No maximum was found.
    """
    first = sorted(set(pair), key=list(pair).index)
    order = np.array([*first, *(k for k in range(len(G)) if k not in first)])
    cp = CrossProducts(cp.zz[..., order[:, None], order], cp.zw[..., order, :], cp.ww, cp.n)
    search = _Search(cp, len(first) == 1, reml, weights)
    start = search.free(np.linalg.cholesky(G[np.ix_(order, order)]), s2)
    held = float(G[pair])
    falling = values[0] < held
    found: list[tuple[float, float]] = []
    path = [(held, start)]
    for value in values[::-1] if falling else values:
        theta = path[-1][1]
        if len(path) > 1:  # on along the line through the last two
            (before, one), (now, two) = path[-2:]
            theta = two + (two - one) * (value - now) / (now - before)
            theta[0] = max(theta[0], two[0] / 2) if len(first) > 1 else theta[0]
        theta, m2ll, slope = search.maximize(float(value), theta, path[-1][1])
        path.append((float(value), theta))
        found.append((m2ll, slope))
    m2ll, slope = np.array(found[::-1] if falling else found).T
    return m2ll, slope


class _Search:
    """Maximizes over theta, the lower triangle of L row by row without the held entry, then log s2."""

    def __init__(self, cp: CrossProducts, variance: bool, reml: bool, weights: Array | None):
        self.cp, self.variance, self.reml, self.weights = cp, variance, reml, weights
        q, R = cp.zz.shape[-1], len(cp.n)
        i, j = np.tril_indices(q)
        self.q, self.i, self.j = q, i, j
        self.chosen = np.append(i * q + j, q * q + np.arange(R))  # of theta as `newton_terms` has it
        self.at = 0 if variance else 1  # the held entry, L[0,0] or L[1,0]
        self.others = np.delete(np.arange(len(self.chosen)), self.at)

    def free(self, L: Array, s2: Array) -> Array:
        return np.append(L[self.i, self.j], np.log(s2))[self.others]

    def parts(self, theta: Array, value: float) -> tuple[Array, Array]:
        """L and s2."""
        held = np.sqrt(value) if self.variance else value / theta[0]
        whole = np.insert(theta, self.at, held)
        L = np.zeros((self.q, self.q))
        L[self.i, self.j] = whole[: len(self.i)]
        return L, np.exp(whole[len(self.i) :])

    def evaluate(self, theta: Array, value: float) -> tuple[Array, Array, Evaluation]:
        L, s2 = self.parts(theta, value)
        return L, s2, evaluate(self.cp, L @ L.T, s2, self.reml, self.weights)

    def derivatives(self, L: Array, s2: Array, ev: Evaluation, value: float) -> tuple[Array, Array, float]:
        """Gradient and Hessian of -ll by theta, and the derivative of -ll by the held value."""
        g, H = newton_terms(L, s2, ev.grad_G, ev.grad_s2, ev.hess)
        g, H = g[self.chosen], H[np.ix_(self.chosen, self.chosen)]
        by_held, first = g[self.at], L[0, 0]
        if self.variance:
            return g[self.others], H[np.ix_(self.others, self.others)], float(by_held / (2 * first))
        # L[1,0] = value / L[0,0]: the chain rule, with its second derivative.
        T = np.eye(len(g))[:, self.others]
        T[self.at, 0] = -value / first**2
        H = T.T @ H @ T
        H[0, 0] += by_held * 2 * value / first**3
        return T.T @ g, H, float(by_held / first)

    def maximize(self, value: float, theta: Array, safe: Array) -> tuple[Array, float, float]:
        """Parameters, -2 log likelihood and its slope; `safe` is where to start if `theta` cannot be evaluated."""
        try:
            L, s2, ev = self.evaluate(theta, value)
        except np.linalg.LinAlgError:
            theta = safe
            L, s2, ev = self.evaluate(theta, value)
        for _ in range(MAX_ITERATIONS):
            g, H, slope = self.derivatives(L, s2, ev, value)
            w, U = np.linalg.eigh(H)
            size = np.maximum(np.abs(w), FLAT * np.abs(w).max())
            step = -(U.T @ g) / size
            promised = float((step**2 * size).sum())
            if promised < TOLERANCE:
                return theta, float(ev.m2ll), 2 * slope
            step = U @ step
            for _ in range(40):
                trial = theta + step
                if self.variance or trial[0] > theta[0] / 10:
                    try:
                        new = self.evaluate(trial, value)
                    except np.linalg.LinAlgError:
                        new = None
                    if new is not None and new[2].m2ll < ev.m2ll + 1e-10:
                        break
                step = step / 2
            else:
                break
            theta, (L, s2, ev) = trial, new
        raise MlmedError(f"The likelihood could not be maximized with the parameter held at {value:.4g}.")
