"""The likelihood (ML) with an effect held at a value, beta chosen best: a function of phi = (G, s2), like any other.

An effect is (o_a + t_a'beta)(o_b + t_b'beta) + sum(K * G) + o_c + t_c'beta: a product of two fixed effects, plus a
covariance, plus a fixed effect, each of which may be absent. Letters as at the head of `likelihood`.

**Beta.** Given phi, -2 ll is its value at the GLS estimate plus z'z, with beta = GLS estimate + (X'V^-1 X)^-1/2 z, and
the effect is h(z) = h(0) + h'z + z'M z / 2, M of rank 2 with one root of each sign. The nearest z with h(z) = value is
z = mu (I - mu M)^-1 h, and h(z(mu)) rises in mu between the reciprocals of the two roots of M, from minus to plus
infinity: the only mu there that holds the effect gives the *global* minimum (More 1993). So any phi can be reached,
the effect is at its value at every step of a search, and no branch of the hyperbola is lost.

**Phi.** The constrained minimum F(phi, value) is that of the Lagrangian -2 ll(beta, phi) - lambda (h(beta, G) - value),
lambda = 2 mu. Its derivatives follow from those of the Lagrangian, with beta and lambda moving so that the
constraint and the normal equations hold (implicit functions): with K the matrix of second derivatives by (z, lambda)
and B those by phi and (z, lambda),

    dF/dphi = (-2 ll)_phi - lambda h_phi,    d2F/dphi2 = (-2 ll)_phiphi - B K^-1 B',    dF/dvalue = lambda.

The search of `search` and that of `batch` find its minimum, on the boundary too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..typing import Array
from .cluster_sums import CrossProducts
from .derivatives import first_derivatives, second_derivatives_beside_beta
from .gls import moved, profile_out_beta, row_totals, second_group, woodbury
from .likelihood import Evaluation
from .linalg import lower_triangle, transposed
from .stacks import total_of_numbers
from .units import Units

STEPS = 100  # of the search for mu; some 5 are enough, 50 if all are halvings
NEWTON, HALVED = 1e-6, 1e-13  # step, relative to mu, that is the last; the error of a Newton step is about its square
NOTHING = 1e-200  # slope in the place of 0, by which something is divided
WITHIN = 1e-9  # share of its range that mu keeps from the ends, where z would be infinite


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
        Position of a fixed effect. There is a product or a single one.
    """

    product: tuple[int, int] | None = None
    covariance: tuple[int, int] | None = None
    single: int | None = None

    def value(self, beta: Array, G: Array) -> Array:
        """The effect, shape (...), of fixed effects (..., p) and covariance matrices (..., q, q)."""
        value = np.zeros(beta.shape[:-1])
        if self.product:
            value = value + beta[..., self.product[0]] * beta[..., self.product[1]]
        if self.covariance:
            value = value + G[..., *self.covariance]
        if self.single is not None:
            value = value + beta[..., self.single]
        return value

    def in_units(self, units: Units) -> EffectInUnits:
        """The same effect of parameters in the units of the search."""
        p, q = len(units.Tx), len(units.Tz)
        factors, offsets = np.zeros((2, p)), np.zeros(2)
        if self.product:
            factors, offsets = units.Tx[list(self.product)], units.offset[list(self.product)]
        single, offset = np.zeros(p), 0.0
        if self.single is not None:
            single, offset = units.Tx[self.single], float(units.offset[self.single])
        by_G = np.zeros((q, q))
        if self.covariance:
            i, j = self.covariance
            by_G = (np.outer(units.Tz[i], units.Tz[j]) + np.outer(units.Tz[j], units.Tz[i])) / 2
        return EffectInUnits(factors, offsets, single, offset, by_G)


@dataclass(frozen=True, slots=True)
class EffectInUnits:
    """An effect, with the letters at the head of the module.

    Attributes
    ----------
    factors, offsets : ndarray, shapes (2, p), (2,)
        t_a, t_b and o_a, o_b.
    single, offset : ndarray, shape (p,), and float
        t_c and o_c.
    by_G : ndarray, shape (q, q)
        K, symmetric.
    """

    factors: Array
    offsets: Array
    single: Array
    offset: float
    by_G: Array


@dataclass(frozen=True, slots=True)
class HeldEvaluation(Evaluation):
    """The likelihood with the effect held, at one G and s2 (or a batch of them); `beta` is the best that holds it.

    Derivatives by G and s2 are total ones, beta moving along. Beside these:

    Attributes
    ----------
    multiplier : ndarray, shape ()
        lambda, the derivative of m2ll by the value, at fixed phi.
    by_value : ndarray, shape ()
        Its derivative by the value.
    grad_G_by_value, grad_s2_by_value : ndarray, shapes (q, q), (R,)
        Derivatives of `grad_G` and `grad_s2` by the value.
    """

    multiplier: Array
    by_value: Array
    grad_G_by_value: Array
    grad_s2_by_value: Array


def evaluate_held(
    cp: CrossProducts, G: Array, s2: Array, effect: EffectInUnits, value: Array | float
) -> HeldEvaluation:
    """-2 log likelihood (ML) with the effect at a value, with gradient and Hessian in phi = (G, s2).

    Parameters
    ----------
    cp : CrossProducts
    G, s2 : ndarray, shapes (..., q, q), (..., R)
        As for `evaluate`; leading axes are a batch.
    effect : EffectInUnits
    value : float or ndarray, shape (...)
        What the effect is held at.

    Returns
    -------
    HeldEvaluation

    Raises
    ------
    numpy.linalg.LinAlgError
        X'V^-1 X is not positive definite, or the effect does not move with beta.
    """
    inverse, rows = woodbury(cp, G, s2), row_totals(cp, None)
    fixed = profile_out_beta(inverse, rows, s2, False, None)
    p = fixed.beta.shape[-1]
    root = fixed.C[..., :p, :p]
    factors = effect.offsets + fixed.beta @ effect.factors.T  # of the product, at the GLS estimate
    slopes = effect.factors @ root
    first = (slopes * factors[..., ::-1, None]).sum(-2) + (effect.single @ root)
    M = slopes[..., 0, :, None] * slopes[..., 1, None, :]
    M = M + transposed(M)
    reached = factors.prod(-1) + effect.offset + fixed.beta @ effect.single + (effect.by_G * G).sum((-1, -2))
    z, mu = nearest(first, M, value - reached)

    fixed = moved(fixed, z)
    df = rows.n.sum(-1)
    second = second_group(cp, inverse, rows, fixed, G, s2, None) if len(cp.n) > 1 else None
    by_phi = first_derivatives(inverse, fixed, second, G, s2, df, None)
    hess, across = second_derivatives_beside_beta(inverse, fixed, second, by_phi, G, s2, None, z)

    multiplier = 2 * mu
    K = np.zeros((*mu.shape, p + 1, p + 1))
    K[..., :p, :p] = 2 * np.eye(p) - multiplier[..., None, None] * M
    K[..., :p, p] = K[..., p, :p] = -(first + (M @ z[..., None])[..., 0])
    (i, j), _ = lower_triangle(G.shape[-1])
    k = len(i)
    B = np.zeros((*mu.shape, hess.shape[-1], p + 1))
    B[..., :p] = across
    B[..., :k, p] = -effect.by_G[i, j] * np.where(i == j, 1, 2)
    right = np.concatenate([transposed(B), np.broadcast_to(np.eye(p + 1)[:, -1:], (*mu.shape, p + 1, 1))], -1)
    solved = np.linalg.solve(K, right)
    by_value = -(B @ solved[..., -1:])[..., 0]
    grad_G_by_value = np.zeros_like(by_phi.by_G)
    grad_G_by_value[..., i, j] = grad_G_by_value[..., j, i] = by_value[..., :k] / np.where(i == j, 1, 2)
    return HeldEvaluation(
        m2ll=(rows.n * np.log(s2)).sum(-1)
        + total_of_numbers(inverse.log_det, None)
        + fixed.rss
        + df * np.log(2 * np.pi),
        beta=fixed.beta,
        cov_beta=fixed.cov_beta,
        scores=by_phi.scores,
        grad_G=by_phi.by_G - multiplier[..., None, None] * effect.by_G,
        grad_s2=by_phi.by_s2,
        hess=hess - B @ solved[..., :-1],
        multiplier=multiplier,
        by_value=-solved[..., -1, -1],
        grad_G_by_value=grad_G_by_value,
        grad_s2_by_value=by_value[..., k:],
    )


def nearest(first: Array, M: Array, rise: Array) -> tuple[Array, Array]:
    """The shortest z with first'z + z'M z / 2 = rise: a trust-region problem with an equality (More 1993).

    Parameters
    ----------
    first, M : ndarray, shapes (..., p), (..., p, p)
        M is symmetric, with no more than one positive and one negative root.
    rise : ndarray, shape (...)

    Returns
    -------
    z, mu : ndarray, shapes (..., p), (...)
        z = mu (first + M z).
    """
    w, axes = np.linalg.eigh(M)
    along = (transposed(axes) @ first[..., None])[..., 0]
    square, up = along**2, rise > 0
    end = np.where(up, w[..., -1], w[..., 0])  # the root of M that limits mu on the side on which it lies
    with np.errstate(divide="ignore"):
        far = np.where(end == 0, np.where(up, np.inf, -np.inf), (1 - WITHIN) / end)
    inside, mu = np.zeros_like(far), np.zeros_like(far)
    for _ in range(STEPS):
        missing, slope = _missing(square, w, mu, rise)
        short = (missing > 0) == up
        inside, far = np.where(short, mu, inside), np.where(short, far, mu)
        new = mu + missing / np.maximum(slope, NOTHING)
        outside = (new < np.minimum(inside, far)) | (new > np.maximum(inside, far))
        new = np.where(outside, (inside + far) / 2, new)
        step, mu = np.abs(new - mu), new
        if (step <= np.where(outside, HALVED, NEWTON) * np.abs(mu)).all():
            break
    # What rounding leaves is made up for along the axis that limits mu. Where the gradient has next to no part along
    # it, that is most of z: two points are nearest alike (the hard case of trust regions), and this is one of them.
    found, which = along / (1 - mu[..., None] * w), np.where(up, w.shape[-1] - 1, 0)[..., None]
    missing, slope = _missing(square, w, mu, rise)[0], np.take_along_axis(found, which, -1)[..., 0]
    side = slope + np.copysign(np.sqrt(np.maximum(slope**2 + 2 * end * missing, 0.0)), slope)
    extra = np.zeros_like(found)
    np.put_along_axis(extra, which, (2 * missing / np.where(side == 0, 1.0, side))[..., None], -1)
    return (axes @ (found * mu[..., None] + extra)[..., None])[..., 0], mu


def _missing(square: Array, w: Array, mu: Array, rise: Array) -> tuple[Array, Array]:
    """What the nearest point for a mu leaves of the rise, and how fast it rises with mu."""
    reached = mu[..., None] * w
    shrunk = 1 / (1 - reached)
    each = square * shrunk * shrunk
    return rise - (each * (1 - reached / 2)).sum(-1) * mu, (each * shrunk).sum(-1)
