"""Many fits at once: bootstrap replicates and simulated tables as one batch of small arrays.

The likelihood of `likelihood` and the search of `newton`, with an axis for the replicates. A cluster bootstrap is
nothing but integer weights on the clusters' cross-products.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from ..typing import Array, BoolArray, IntArray
from .cluster_sums import CrossProducts
from .held_effect import EffectInUnits, evaluate_held
from .information import Covariances, covariances
from .likelihood import evaluate
from .linalg import transposed
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
    idle_steps,
    newton_terms,
)
from .units import Zeros

AT_ONCE = 128  # fits under way at a time: enough to make up for what a call of NumPy costs, within some 10 MB
TOLERANCE = 1e-4  # in standard errors: close enough to tell the boundary; the last Newton step often goes far below
MAX_ITERATIONS = 100
LEAST_SCALE = 1e3  # of a likelihood of which ROUNDING is a share: that of a small table may be near 0
LARGEST_FACTOR = 20  # of log s2 in one step: no overflow on the way
NO_ROTATION = 1e-14  # squared length, relative to that of all idle steps, of a step that does not rotate L
NO_LENGTH = 1e-300  # in the place of a length of 0, by which something is divided

Indices = list[int]
Values = dict[str, Array]  # the fields of `Evaluation` that the search needs, with an axis for the replicates


@dataclass(slots=True)
class BatchOptimum:
    """Maxima of the ML or REML likelihood, one for each of B replicates.

    Attributes
    ----------
    m2ll : ndarray, shape (B,)
        -2 times the log likelihood.
    beta, cov_beta : ndarray, shapes (B, p), (B, p, p)
    G, s2 : ndarray, shapes (B, q, q), (B, R)
    grad_G, hess : ndarray, shapes (B, q, q), (B, k, k)
        Derivatives of m2ll there, as in `Evaluation`.
    singular : ndarray of bool, shape (B,)
        The optimum lies on the boundary.
    converged : ndarray of bool, shape (B,)
    """

    m2ll: Array
    beta: Array
    cov_beta: Array
    G: Array
    s2: Array
    grad_G: Array
    hess: Array
    singular: BoolArray
    converged: BoolArray

    def covariances(self, cp: CrossProducts, reml: bool, zeros: Zeros = ()) -> Covariances:
        """Covariance matrices of all parameters in each of B tables; NaN where there is no optimum.

        Parameters
        ----------
        cp : CrossProducts
            Of the B tables.
        reml : bool
        zeros : tuple of pairs of int
            As in `likelihood.maximize`.

        Returns
        -------
        Covariances
        """
        at = np.flatnonzero(self.converged)
        size = self.beta.shape[-1] + self.hess.shape[-1]
        found = Covariances(*(np.full((len(self.converged), size, size), np.nan) for _ in range(3)))
        if len(at):
            some = covariances(cp.take(at), self.G[at], self.s2[at], self.grad_G[at], self.hess[at], reml, zeros)
            found.gls[at], found.joint[at], found.robust[at] = some.gls, some.joint, some.robust
        return found

    @classmethod
    def join(cls, parts: Sequence[BatchOptimum]) -> BatchOptimum:
        """Several batches as one."""
        names = [spec.name for spec in fields(cls)]
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def maximize_batch(
    cp: CrossProducts,
    L: Array,
    s2: Array,
    reml: bool,
    weights: Array | None = None,
    zeros: Zeros = (),
    held: tuple[EffectInUnits, float] | None = None,
) -> BatchOptimum:
    """Fit every replicate, from a common start or each from its own.

    Parameters
    ----------
    cp : CrossProducts
        Of one table, or of B tables.
    L, s2 : ndarray, shapes (q, q), (R,) or (B, q, q), (B, R)
        Start: a square factor of G, and the residual variances.
    reml : bool
    weights : ndarray, shape (B, J), optional
        How many times each cluster counts in each replicate; with B tables, none.
    zeros : tuple of pairs of int
        As in `search.maximize`.
    held : tuple of EffectInUnits and float, optional
        An effect, and the value at which it is held in every replicate; for ML, without weights.

    Returns
    -------
    BatchOptimum
        Replicates that could not be fitted have `converged` False.
    """
    return _run(cp, L, s2, reml, weights, zeros, held).result()


def best_of_batch(
    cp: CrossProducts, L: Array, s2: Array, reml: bool, zeros: Zeros = ()
) -> tuple[Array, Array, float] | None:
    """The highest of the maxima of one table that searches from several starts find.

    Parameters
    ----------
    cp : CrossProducts
    L, s2 : ndarray, shapes (B, q, q), (B, R)
        The starts.
    reml : bool
    zeros : tuple of pairs of int
        As in `search.maximize`.

    Returns
    -------
    (ndarray, ndarray, float), or None
        A factor of G, residual variances and m2ll; None if no search found a maximum.
    """
    search = _run(cp, L, s2, reml, np.ones((len(L), cp.n.shape[-1])), zeros, None)
    found = np.where(search.converged & (search.s2.min(1) > VANISHED), search.values["m2ll"], np.inf)
    best = int(found.argmin())
    return (search.L[best], search.s2[best], float(found[best])) if np.isfinite(found[best]) else None


def _run(
    cp: CrossProducts,
    L: Array,
    s2: Array,
    reml: bool,
    weights: Array | None,
    zeros: Zeros,
    held: tuple[EffectInUnits, float] | None,
) -> _Search:
    """The searches of all replicates, to their ends."""
    B = cp.zw.shape[1] if weights is None else len(weights)
    search = _Search(_blank(B, cp), L, s2, free_entries(L.shape[-1], zeros))
    waiting, under_way = list(range(B))[::-1], Indices()
    while waiting or under_way:
        entering = [waiting.pop() for _ in range(min(AT_ONCE - len(under_way), len(waiting)))]
        if entering:
            start = (L, s2) if L.ndim == 2 else (L[entering], s2[entering])
            search.judge(entering, *start, _evaluate(cp, *start, reml, weights, entering, held), first=True)
        if under_way:
            new_L, new_s2 = search.propose(under_way)
            values = _evaluate(cp, new_L, new_s2, reml, weights, under_way, held)
            search.judge(under_way, new_L, new_s2, values, first=False)
        under_way = search.unfinished(entering + under_way)
    return search


def _blank(B: int, cp: CrossProducts) -> Values:
    """NaN for everything that the search needs of B evaluations."""
    R, (q, m) = len(cp.zw), cp.zw.shape[-2:]
    p, k = m - 1, q * (q + 1) // 2 + R
    shapes = {"m2ll": (), "beta": (p,), "cov_beta": (p, p), "grad_G": (q, q), "grad_s2": (R,), "hess": (k, k)}
    return {name: np.full((B, *shape), np.nan) for name, shape in shapes.items()}


def _evaluate(
    cp: CrossProducts,
    L: Array,
    s2: Array,
    reml: bool,
    weights: Array | None,
    which: Indices,
    held: tuple[EffectInUnits, float] | None,
) -> Values:
    """The likelihood of some replicates, each at its own point or all at one; NaN where it cannot be computed."""
    w = None if weights is None else weights[which]
    if w is None:
        cp = cp.take(which)
    elif L.ndim > 2:  # leave out the clusters that were not drawn, more than a third of them
        drawn = np.argsort(w == 0, axis=1, kind="stable")[:, : (w > 0).sum(1).max()]
        w, cp = np.take_along_axis(w, drawn, 1), cp.take(drawn)
    G = L @ transposed(L)
    names = _blank(0, cp)
    try:
        ev = evaluate(cp, G, s2, reml, w) if held is None else evaluate_held(cp, G, s2, *held)
        return {name: getattr(ev, name) for name in names}
    except np.linalg.LinAlgError:
        return _one_by_one(cp, G, s2, reml, w, len(which), held)


def _one_by_one(
    cp: CrossProducts,
    G: Array,
    s2: Array,
    reml: bool,
    w: Array | None,
    B: int,
    held: tuple[EffectInUnits, float] | None,
) -> Values:
    """As `evaluate` for each of B replicates by itself, with NaN where X'V^-1 X is not positive definite."""
    found = _blank(B, cp)
    G, s2 = np.broadcast_to(G, (B, *G.shape[-2:])), np.broadcast_to(s2, (B, s2.shape[-1]))
    for b in range(B):
        one = cp if cp.n.ndim == 2 else cp.take(b)
        try:
            weights = None if w is None else w[b]
            ev = evaluate(one, G[b], s2[b], reml, weights) if held is None else evaluate_held(one, G[b], s2[b], *held)
        except np.linalg.LinAlgError:
            continue
        for name, values in found.items():
            values[b] = getattr(ev, name)
    return found


class _Search:
    """State of every replicate's search: where it is, the likelihood there, and its trust region."""

    def __init__(self, blank: Values, L: Array, s2: Array, free: BoolArray):
        B, k = len(blank["m2ll"]), free.size + s2.shape[-1]
        self.free, self.values = free, blank
        self.L, self.s2 = np.broadcast_to(L, (B, *L.shape[-2:])).copy(), np.broadcast_to(s2, (B, s2.shape[-1])).copy()
        self.radius, self.noise = np.full(B, FIRST_RADIUS), np.zeros(B)
        self.step_length, self.expected = np.zeros(B), np.zeros(B)
        self.steps, self.steps_at_noise = np.zeros(B, dtype=np.intp), np.zeros(B, dtype=np.intp)
        self.done, self.converged = np.zeros(B, dtype=bool), np.zeros(B, dtype=bool)
        # What the next step of each replicate needs, as in `Curvature`; the size has the sign of the curvature.
        self.axes, self.slope, self.size = np.zeros((B, k, k)), np.zeros((B, k)), np.zeros((B, k))
        self.concave = np.zeros(B, dtype=bool)

    def propose(self, which: Indices) -> tuple[Array, Array]:
        """The next point of each replicate: a Newton step, cut to the trust region."""
        slope, size, radius = self.slope[which], self.size[which], self.radius[which]
        step = -slope / np.abs(size)
        saddle = ~self.concave[which] & (np.abs(step[:, 0]) < SADDLE_STEP * radius)
        step[saddle, 0] = SADDLE_LEAP * radius[saddle]  # leave it along the direction of negative curvature
        length = np.sqrt((step**2).sum(1))
        step *= np.minimum(1.0, radius / np.maximum(length, NO_LENGTH))[:, None]
        self.step_length[which] = np.minimum(length, radius)
        self.expected[which] = -(slope * step + size * step**2 / 2).sum(1)
        step = (self.axes[which] @ step[..., None])[..., 0]
        L = self.L[which]
        qq = L.shape[-1] ** 2
        new_L = np.where(self.free, L + step[:, :qq].reshape(L.shape), 0.0)
        return new_L, self.s2[which] * np.exp(np.clip(step[:, qq:], -LARGEST_FACTOR, LARGEST_FACTOR))

    def judge(self, replicates: Indices, L: Array, s2: Array, values: Values, first: bool) -> None:
        """Take the steps that raise the likelihood, adapt the trust regions, and see who has arrived."""
        which, m2ll = np.array(replicates, dtype=np.intp), values["m2ll"]
        L, s2 = np.broadcast_to(L, (len(which), *L.shape[-2:])), np.broadcast_to(s2, (len(which), s2.shape[-1]))
        if first:
            taken = ~np.isnan(m2ll)
            self.noise[which] = ROUNDING * np.maximum(np.abs(m2ll), LEAST_SCALE)
        else:
            taken = self._adapt(which, (self.values["m2ll"][which] - m2ll) / 2)
        self.steps[which] += 1
        if taken.any():
            chosen = which[taken]
            self.L[chosen], self.s2[chosen] = L[taken], s2[taken]
            for name, found in values.items():
                self.values[name][chosen] = found[taken]
            self._look_around(chosen)
        tired = (self.steps[which] >= MAX_ITERATIONS) | (self.steps_at_noise[which] > PATIENCE)
        vanished = self.s2[which].min(1) < VANISHED
        self.done[which] |= tired | vanished | (first & ~taken)

    def _adapt(self, which: IntArray, gain: Array) -> BoolArray:
        """Shrink or widen the trust regions by what the steps have gained; say which steps are taken."""
        expected, radius, length = self.expected[which], self.radius[which], self.step_length[which]
        rounding = np.abs(gain) <= self.noise[which]
        poor = ~((gain > POOR * expected) | rounding)
        good = ~poor & (gain > GOOD * expected)
        wider = np.minimum(GROW * np.maximum(radius, length), LARGEST_RADIUS)
        self.radius[which] = np.where(poor, SHRINK * np.minimum(radius, length), np.where(good, wider, radius))
        self.steps_at_noise[which] = np.where(rounding, self.steps_at_noise[which] + 1, 0)
        return (gain > 0) | rounding

    def _look_around(self, which: IntArray) -> None:
        """The quadratic model of -ll by theta without idle steps."""
        L, s2 = self.L[which], self.s2[which]
        derivatives = (self.values[name][which] for name in ("grad_G", "grad_s2", "hess"))
        gradient, hessian = newton_terms(L, s2, *derivatives)
        lost = ~(np.isfinite(gradient).all(-1) & np.isfinite(hessian).all((-2, -1)))  # variables on absurd scales
        gradient[lost], hessian[lost] = 0.0, 0.0
        # Idle steps get a large curvature and no gradient.
        P = _projection(L, s2.shape[-1], self.free)
        hessian = P @ hessian @ P
        top = np.where(lost, 1.0, np.abs(np.diagonal(hessian, axis1=1, axis2=2)).max(1))
        hessian += top[:, None, None] * (np.eye(hessian.shape[-1]) - P)
        model = curvature((P @ gradient[..., None])[..., 0], hessian)
        self.axes[which], self.slope[which], self.concave[which] = model.axes, model.slope, model.concave
        self.size[which] = np.where(model.negative, -model.size, model.size)
        arrived = (model.distance < TOLERANCE) & model.concave & ~lost
        self.converged[which] = arrived
        self.done[which] = arrived | lost

    def unfinished(self, which: Indices) -> Indices:
        """Those that have not arrived."""
        return [k for k in which if not self.done[k]]

    def result(self) -> BatchOptimum:
        """What was found."""
        G = self.L @ transposed(self.L)
        singular = np.linalg.eigvalsh(G)[:, 0] < SINGULAR * self.s2.max(1)
        found = {name: self.values[name] for name in ("m2ll", "beta", "cov_beta", "grad_G", "hess")}
        return BatchOptimum(**found, G=G, s2=self.s2, singular=singular, converged=self.converged)


def _projection(L: Array, R: int, free: BoolArray) -> Array:
    """Projection of steps in theta, shape (B, q*q + R, q*q + R), that takes `idle_steps` away."""
    idle = idle_steps(L, free)
    B, k, qq = idle.shape
    P = np.broadcast_to(np.eye(qq + R), (B, qq + R, qq + R)).copy()
    if k:
        gram = idle @ transposed(idle)
        scale = np.maximum(np.trace(gram, axis1=1, axis2=2), NO_LENGTH)
        gram += NO_ROTATION * scale[:, None, None] * np.eye(k)  # a rotation of two columns of zeros is none
        P[:, :qq, :qq] -= transposed(idle) @ np.linalg.solve(gram, idle)
    return P
