"""Many fits at once: bootstrap replicates and simulated tables as one batch of small arrays.

The likelihood of `likelihood`, and the same search, Newton's method with a trust region in theta = (L, log s2), with an
axis for the replicates. A cluster bootstrap is nothing but integer weights on the clusters' cross-products.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from ..typing import Array
from .likelihood import CrossProducts, evaluate
from .linalg import lower_triangle
from .search import FLAT, SINGULAR, VANISHED, free_entries
from .units import Zeros

Indices = list[int]


AT_ONCE = 128  # fits under way at a time: enough to make up for what a call of NumPy costs, within some 10 MB


TOLERANCE = 1e-4  # in standard errors: close enough to tell the boundary; the last Newton step often goes far below


MAX_ITERATIONS = 100


@dataclass(slots=True)
class BatchOptimum:
    """Maxima of the ML or REML likelihood, one for each of B replicates.

    Attributes
    ----------
    m2ll : ndarray, shape (B,)
        -2 times the log likelihood.
    beta, cov_beta : ndarray, shapes (B, p), (B, p, p)
    G, s2 : ndarray, shapes (B, q, q), (B, R)
    hess : ndarray, shape (B, k, k)
        Second derivatives of m2ll by phi = (lower triangle of G, row by row; s2).
    singular : ndarray of bool, shape (B,)
        The optimum lies on the boundary.
    converged : ndarray of bool, shape (B,)
    """

    m2ll: Array
    beta: Array
    cov_beta: Array
    G: Array
    s2: Array
    hess: Array
    singular: NDArray[np.bool_]
    converged: NDArray[np.bool_]

    @classmethod
    def join(cls, parts: Sequence[BatchOptimum]) -> BatchOptimum:
        """Several batches as one."""
        names = [spec.name for spec in fields(cls)]
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def maximize_batch(
    cp: CrossProducts, L: Array, s2: Array, reml: bool, weights: Array | None = None, zeros: Zeros = ()
) -> BatchOptimum:
    """Fit every replicate from a common start.

    Parameters
    ----------
    cp : CrossProducts
        Of one table, or of B tables.
    L, s2 : ndarray, shapes (q, q), (R,)
        Start: a square factor of G, and the residual variances.
    reml : bool
    weights : ndarray, shape (B, J), optional
        How many times each cluster counts in each replicate; with B tables, none.
    zeros : tuple of pairs of int
        As in `likelihood.maximize`.

    Returns
    -------
    BatchOptimum
        Replicates that could not be fitted have `converged` False.
    """
    B = cp.zw.shape[1] if weights is None else len(weights)
    search = _Search(B, L, s2, cp.zw.shape[-1] - 1, free_entries(len(L), zeros))
    waiting, under_way = list(range(B))[::-1], []
    while waiting or under_way:
        entering = [waiting.pop() for _ in range(min(AT_ONCE - len(under_way), len(waiting)))]
        if entering:
            search.judge(entering, L, s2, _evaluate(cp, L, s2, reml, weights, entering), first=True)
        if under_way:
            new_L, new_s2 = search.propose(under_way)
            ev = _evaluate(cp, new_L, new_s2, reml, weights, under_way)
            search.judge(under_way, new_L, new_s2, ev, first=False)
        under_way = search.unfinished(entering + under_way)
    return search.result()


_FIELDS = ("m2ll", "beta", "cov_beta", "grad_G", "grad_s2", "hess")


def _evaluate(
    cp: CrossProducts, L: Array, s2: Array, reml: bool, weights: Array | None, which: Indices
) -> dict[str, Array]:
    """The likelihood of some replicates, each at its own point or all at one; NaN where it cannot be computed."""
    if weights is None:
        cp, w = CrossProducts(*(a[:, which] for a in (cp.zz, cp.zw, cp.ww, cp.n))), None
    else:
        w = weights[which]
        if L.ndim > 2:  # leave out the clusters that were not drawn, more than a third of them
            drawn = np.argsort(w == 0, axis=1, kind="stable")[:, : (w > 0).sum(1).max()]
            w = np.take_along_axis(w, drawn, 1)
            cp = CrossProducts(*(a[:, drawn] for a in (cp.zz, cp.zw, cp.ww, cp.n)))
    G = L @ L.swapaxes(-1, -2)
    try:
        ev = evaluate(cp, G, s2, reml, w)
        return {name: getattr(ev, name) for name in _FIELDS}
    except np.linalg.LinAlgError:
        return _one_by_one(cp, np.broadcast_to(G, (len(which), *G.shape[-2:])), s2, reml, w)


def _one_by_one(cp: CrossProducts, G: Array, s2: Array, reml: bool, w: Array | None) -> dict[str, Array]:
    """As `evaluate` for each replicate by itself, with NaN for those whose X'V^-1 X is not positive definite."""
    B, (q, m), R = len(G), cp.zw.shape[-2:], len(cp.zw)
    k = q * (q + 1) // 2 + R
    shapes = {
        "m2ll": (),
        "beta": (m - 1,),
        "cov_beta": (m - 1, m - 1),
        "grad_G": (q, q),
        "grad_s2": (R,),
        "hess": (k, k),
    }
    found = {name: np.full((B, *shape), np.nan) for name, shape in shapes.items()}
    for b in range(B):
        one = cp if cp.n.ndim == 2 else CrossProducts(*(a[:, b] for a in (cp.zz, cp.zw, cp.ww, cp.n)))
        try:
            ev = evaluate(one, G[b], np.broadcast_to(s2, (B, R))[b], reml, None if w is None else w[b])
        except np.linalg.LinAlgError:
            continue
        for name in _FIELDS:
            found[name][b] = getattr(ev, name)
    return found


class _Search:
    """State of every replicate's search: where it is, the derivatives there, and its trust region."""

    def __init__(self, B: int, L: Array, s2: Array, p: int, free: NDArray[np.bool_]):
        q, R = len(L), len(s2)
        k = q * (q + 1) // 2 + R
        self.free = free
        self.L, self.s2 = np.repeat(L[None], B, 0), np.repeat(s2[None], B, 0)
        self.ev = {
            "m2ll": np.full(B, np.nan),
            "beta": np.full((B, p), np.nan),
            "cov_beta": np.full((B, p, p), np.nan),
            "grad_G": np.full((B, q, q), np.nan),
            "grad_s2": np.full((B, R), np.nan),
            "hess": np.full((B, k, k), np.nan),
        }
        self.radius, self.noise = np.ones(B), np.zeros(B)
        self.step_length, self.expected = np.zeros(B), np.zeros(B)
        self.steps, self.at_noise = np.zeros(B, dtype=int), np.zeros(B, dtype=int)
        self.done, self.converged = np.zeros(B, dtype=bool), np.zeros(B, dtype=bool)
        # What the next step of each replicate needs: the eigenvectors of its Hessian and the gradient along them.
        self.sizes = np.zeros((B, q * q + R))
        self.vectors = np.zeros((B, q * q + R, q * q + R))
        self.along = np.zeros((B, q * q + R))
        self.concave = np.zeros(B, dtype=bool)

    def propose(self, which: Indices) -> tuple[Array, Array]:
        """The next point of each replicate: a Newton step, cut to the trust region."""
        along, size, radius = self.along[which], self.sizes[which], self.radius[which]
        step = -along / np.abs(size)
        saddle = ~self.concave[which] & (np.abs(step[:, 0]) < 1e-3 * radius)
        step[saddle, 0] = radius[saddle] / 2  # leave it along the direction of negative curvature
        length = np.sqrt((step**2).sum(1))
        step *= np.minimum(1.0, radius / np.maximum(length, 1e-300))[:, None]
        self.step_length[which] = np.minimum(length, radius)
        self.expected[which] = -(along * step + size * step**2 / 2).sum(1)
        step = (self.vectors[which] @ step[..., None])[..., 0]
        L = self.L[which]
        qq = L.shape[-1] ** 2
        new_L = np.where(self.free, L + step[:, :qq].reshape(L.shape), 0.0)
        return new_L, self.s2[which] * np.exp(np.clip(step[:, qq:], -20, 20))

    def judge(self, which: Indices, L: Array, s2: Array, ev: dict[str, Array], first: bool) -> None:
        """Take the steps that raise the likelihood, adapt the trust regions, and see who has arrived."""
        which = np.array(which)
        gain = np.full(len(which), np.inf) if first else (self.ev["m2ll"][which] - ev["m2ll"]) / 2
        gain[np.isnan(ev["m2ll"])] = np.nan
        small = np.abs(gain) <= self.noise[which]
        expected, radius, length = self.expected[which], self.radius[which], self.step_length[which]
        poor = ~((gain > 0.1 * expected) | small)
        radius = np.where(poor, np.minimum(radius, length) / 4, radius)
        good = ~poor & (gain > 0.7 * expected) & ~first
        self.radius[which] = np.where(good, np.minimum(2 * np.maximum(radius, length), 100.0), radius)
        self.at_noise[which] = np.where(small, self.at_noise[which] + 1, 0)
        self.steps[which] += 1
        taken = (gain > 0) | small
        L, s2 = np.broadcast_to(L, (len(which), *L.shape[-2:])), np.broadcast_to(s2, (len(which), s2.shape[-1]))
        if first:
            self.noise[which] = 1e-13 * np.maximum(np.abs(ev["m2ll"]), 1e3)
        if taken.any():
            chosen = which[taken]
            self.L[chosen], self.s2[chosen] = L[taken], s2[taken]
            for name, values in ev.items():
                self.ev[name][chosen] = values[taken]
            self._look_around(chosen)
        failed = (self.steps[which] >= MAX_ITERATIONS) | (self.at_noise[which] > 20) | (first & np.isnan(gain))
        failed |= self.s2[which].min(1) < VANISHED
        self.done[which] |= failed

    def _look_around(self, which: NDArray[np.int64]) -> None:
        """Gradient and Hessian of -ll by theta without rotations of L, in the Hessian's eigenvectors."""
        L, s2 = self.L[which], self.s2[which]
        q, R = L.shape[-1], s2.shape[-1]
        (i, j), _ = lower_triangle(q)
        a, b = np.divmod(np.arange(q * q), q)
        k = len(i)
        J = np.zeros((len(which), k + R, q * q + R))
        J[:, :k, : q * q] = (i[:, None] == a) * L[:, j][:, :, b] + (j[:, None] == a) * L[:, i][:, :, b]
        diagonal = np.arange(R)
        J[:, k + diagonal, q * q + diagonal] = s2
        grad_G, grad_s2 = self.ev["grad_G"][which], self.ev["grad_s2"][which]
        grad_phi = np.concatenate([grad_G[:, i, j] * np.where(i == j, 1, 2), grad_s2], 1)
        Jt = J.swapaxes(1, 2)
        H = Jt @ self.ev["hess"][which] @ J
        for c in range(q):  # second derivatives of G = L L'
            H[:, c : q * q : q, c : q * q : q] += 2 * grad_G
        H[:, q * q + diagonal, q * q + diagonal] += s2 * grad_s2
        g, H = (Jt @ grad_phi[..., None])[..., 0] / 2, H / 2
        # Steps that only rotate L, or change entries that are fixed, get a large curvature and no gradient.
        P = _projection(L, R, self.free)
        g = (P @ g[..., None])[..., 0]
        H = P @ H @ P
        top = np.abs(np.diagonal(H, axis1=1, axis2=2)).max(1)
        H += top[:, None, None] * (np.eye(q * q + R) - P)
        w, U = np.linalg.eigh(H)
        along = (U.swapaxes(1, 2) @ g[..., None])[..., 0]
        most = np.abs(w).max(1, keepdims=True)
        size = np.where(w < 0, -1.0, 1.0) * np.maximum(np.abs(w), FLAT * most)
        distance = np.sqrt((along**2 / np.abs(size)).sum(1))
        concave = w[:, 0] >= -10 * FLAT * w[:, -1]
        self.vectors[which], self.along[which], self.sizes[which], self.concave[which] = U, along, size, concave
        arrived = (distance < TOLERANCE) & concave
        self.converged[which] = arrived
        self.done[which] = arrived

    def unfinished(self, which: Indices) -> Indices:
        """Those that have not arrived."""
        return [k for k in which if not self.done[k]]

    def result(self) -> BatchOptimum:
        """What was found."""
        G = self.L @ self.L.swapaxes(1, 2)
        singular = np.linalg.eigvalsh(G)[:, 0] < SINGULAR * self.s2.max(1)
        found = {name: self.ev[name] for name in ("m2ll", "beta", "cov_beta", "hess")}
        return BatchOptimum(**found, G=G, s2=self.s2, singular=singular, converged=self.converged)


def _projection(L: Array, R: int, free: NDArray[np.bool_]) -> Array:
    """Projection, shape (B, q*q + R, q*q + R), that takes rotations L A (A skew-symmetric) and fixed entries away."""
    B, q = len(L), L.shape[-1]
    (i, j), _ = lower_triangle(q)
    alike = (i > j) & (free[:, i] == free[:, j]).all(0)
    i, j = i[alike], j[alike]
    rotations = np.zeros((B, len(i), q, q))
    at = np.arange(len(i))
    rotations[:, at, :, i] = L[:, :, j].transpose(2, 0, 1)
    rotations[:, at, :, j] = -L[:, :, i].transpose(2, 0, 1)
    excluded = np.concatenate(
        [rotations.reshape(B, len(i), q * q), np.broadcast_to(np.eye(q * q)[~free.ravel()], (B, (~free).sum(), q * q))],
        1,
    )
    P = np.broadcast_to(np.eye(q * q + R), (B, q * q + R, q * q + R)).copy()
    if excluded.shape[1]:
        gram = excluded @ excluded.swapaxes(1, 2)
        scale = np.maximum(np.trace(gram, axis1=1, axis2=2), 1e-300)
        gram += 1e-14 * scale[:, None, None] * np.eye(gram.shape[-1])  # a rotation of two columns of zeros is none
        P[:, : q * q, : q * q] -= excluded.swapaxes(1, 2) @ np.linalg.solve(gram, excluded)
    return P
