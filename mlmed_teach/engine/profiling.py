"""The profile likelihood of an effect: the effect is held at a value, and everything else is maximized.

By ML, since a restricted likelihood has no fixed effects to hold. With W = 2 (ll_max - ll(value)), the 95% interval is
where W stays below 3.84, the quantile of chi-square with one degree of freedom (Venzon & Moolgavkar 1988). Slope and
curvature of W come with every fit: the slope is the multiplier lambda of the constraint, and with F(theta, value) the
constrained minimum of `held_effect`, by theta = (L, log s2), the fit moves by dtheta/dvalue = -F_tt^-1 F_tv, so that
d2W/dvalue2 = F_vv - F_vt F_tt^-1 F_tv.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import KroghInterpolator

from ..errors import MlmedError
from ..typing import Array
from .held_effect import EffectInUnits, HeldEvaluation, Target, evaluate_held
from .newton import curvature, free_entries, horizontal_steps, newton_terms
from .resampling import Problem
from .search import Found, best_of, climb
from .starts import usual_starts

FARTHEST = 2.0  # extrapolate no farther than this many times the distance of the fits behind it
NEAR = 1.0  # standard errors of a path that a profile may go beyond what its cost says
HALVINGS = 6  # of the way to a value that a search has not reached in one go


@dataclass(frozen=True, slots=True)
class HeldFit:
    """The best fit with an effect held at a value.

    Attributes
    ----------
    value : float
    cost : float
        W, twice the log likelihood that is lost.
    slope, curvature : float
        First and second derivative of W by the value.
    theta, velocity : ndarray, shape (q*q + R,)
        (L row by row, log s2) in the units of the search, and its derivative by the value.
    """

    value: float
    cost: float
    slope: float
    curvature: float
    theta: Array
    velocity: Array


class Profile:
    """The ML fit of a model, and fits in which an effect is held at a value.

    Parameters
    ----------
    task : Problem
        Where its own fit is by REML, that is where the search for the maximum of the likelihood starts.

    Raises
    ------
    MlmedError
        The likelihood has no maximum, or none was found.
    """

    def __init__(self, task: Problem):
        self._units, self._cp, self._zeros = task.units, task.cp, task.zeros
        self._rows, self._q = float(task.cp.n.sum()), len(task.G)
        self._free = free_entries(self._q, task.zeros)
        self._starts = usual_starts(self._q, len(task.s2))
        best = best_of(task.cp, False, task.zeros, task.start())
        self._cov_beta = task.units.cov_beta(best.ev.cov_beta)
        self._best = np.append(best.L.ravel(), np.log(best.s2))
        self.beta, self.G = task.units.beta(best.ev.beta), task.units.G(best.L @ best.L.T)
        self.m2ll = float(best.ev.m2ll)

    def target_value(self, target: Target) -> float:
        """The effect at the maximum."""
        return float(target.value(self.beta, self.G))

    def middle(self, target: Target) -> HeldFit:
        """The maximum itself, as a fit with the effect held at its estimate."""
        value = self.target_value(target)
        L, s2 = self._parts(self._best)
        effect = target.in_units(self._units)
        return self._fit(Found(L, s2, evaluate_held(self._cp, L @ L.T, s2, effect, value), 0.0, 0), value)

    def hold(self, target: Target, value: float, path: Sequence[HeldFit] = ()) -> HeldFit:
        """Maximize the likelihood with the effect held at a value.

        Parameters
        ----------
        target : Target
        value : float
        path : sequence of HeldFit
            Fits on the way there, the nearest last: the search goes on along their curve. By default from the maximum.

        Returns
        -------
        HeldFit

        Raises
        ------
        MlmedError
            No maximum was found.
        """
        path, effect = list(path) or [self.middle(target)], target.in_units(self._units)
        for halvings in range(HALVINGS + 1):
            try:
                for between in np.linspace(path[-1].value, value, 2**halvings + 1)[1:]:
                    path.append(self._fit(self._climb(effect, float(between), self._ahead(path, between)), between))
                return path[-1]
            except (MlmedError, np.linalg.LinAlgError):
                continue
        raise MlmedError(
            f"The likelihood could not be maximized with the effect held at {value:.4g}. Use a bootstrap instead."
        )

    def has_two_ways(self, target: Target, cost: float) -> bool:
        """Whether two fits may hold the effect at about this cost: both paths of its product are near 0.

        A product comes to a value with one path or with the other on the far side of 0. Which is likelier may change on
        the way, so that a search that goes on along one curve misses the other.
        """
        if target.product is None:
            return False
        paths = list(target.product)
        z = np.abs(self.beta[paths]) / np.sqrt(np.diag(self._cov_beta)[paths])
        return bool((z < np.sqrt(cost) + NEAR).all())

    def hold_from_all(self, target: Target, value: float) -> HeldFit:
        """As `hold`, but the likeliest of the fits from all the starts of an ordinary fit."""
        effect, best = target.in_units(self._units), None
        starts = [self._best, *(np.append(L.ravel(), np.log(s2)) for L, s2 in self._starts)]
        for start in starts:
            try:
                found = self._climb(effect, value, start)
            except (MlmedError, np.linalg.LinAlgError):
                continue
            if best is None or found.ev.m2ll < best.ev.m2ll:
                best = found
        return self.hold(target, value) if best is None else self._fit(best, value)

    def _parts(self, theta: Array) -> tuple[Array, Array]:
        """A factor of G and residual variances, in the units of the search."""
        q = self._q
        return theta[: q * q].reshape(q, q), np.exp(theta[q * q :])

    def _ahead(self, path: list[HeldFit], value: float) -> Array:
        """Parameters where the curve through the last fits goes."""
        last, behind = path[-1], path[-2:]
        if len(path) < 2 or abs(value - last.value) > FARTHEST * abs(last.value - path[-2].value):
            return last.theta + (value - last.value) * last.velocity
        curve = KroghInterpolator(
            np.repeat([fit.value for fit in behind], 2),
            np.stack([part for fit in behind for part in (fit.theta, fit.velocity)]),
        )
        return np.asarray(curve(value), dtype=float)

    def _climb(self, effect: EffectInUnits, value: float, theta: Array) -> Found[HeldEvaluation]:
        def likelihood(G: Array, s2: Array) -> HeldEvaluation:
            return evaluate_held(self._cp, G, s2, effect, value)

        L, s2 = self._parts(theta)
        return climb(likelihood, np.where(self._free, L, 0.0), s2, self._rows, self._zeros)

    def _fit(self, found: Found[HeldEvaluation], value: float) -> HeldFit:
        """What is kept of a fit, with its slopes."""
        L, s2, ev = found.L, found.s2, found.ev
        steps = horizontal_steps(L, len(s2), self._free)
        gradient, hessian = newton_terms(L, s2, ev.grad_G, ev.grad_s2, ev.hess)
        model = curvature(steps.T @ gradient, steps.T @ hessian @ steps)
        by_value, _ = newton_terms(L, s2, ev.grad_G_by_value, ev.grad_s2_by_value, np.zeros_like(ev.hess))
        along = model.axes.T @ steps.T @ by_value
        return HeldFit(
            value=float(value),
            cost=max(float(ev.m2ll) - self.m2ll, 0.0),
            slope=float(ev.multiplier),
            curvature=float(ev.by_value - 2 * (along**2 / model.size).sum()),  # the model is of -ll, not of -2 ll
            theta=np.append(L.ravel(), np.log(s2)),
            velocity=-steps @ (model.axes @ (along / model.size)),
        )
