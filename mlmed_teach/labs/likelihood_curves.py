"""The log likelihood of the lessons' stacked model along one variance or covariance, for lab `likelihood`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.interpolate import CubicHermiteSpline
from scipy.optimize import brentq

from ..engine import CrossProducts, cross_products, evaluate, hold, maximize_batch, one_blas_thread
from ..faq import load_ml_sim
from ..models import Z95
from ..stacked_model import PATHS, TERMS, fit_stacked, stack
from ..typing import Array

LOW, HIGH = 0.002, 0.25
_A, _B, _C = (TERMS.index(path.term) for path in PATHS.values())
ENTRIES = {"cov_ab": (_A, _B), "var_a": (_A, _A), "var_cprime": (_C, _C)}
"""Name of a parameter -> its place in G."""
DISTANCES = np.array([0.7, 1.4, 2.2, 3.2, 4.5, 6.3, 8.8, 12.3])
"""In standard errors from the top: where the curve is computed; between these it is interpolated."""


@dataclass(frozen=True)
class Curve:
    """The log likelihood along one parameter.

    Attributes
    ----------
    top : float
        The value where it is highest: the estimate.
    llf : float
        The log likelihood there.
    se : float
        Standard error of the estimate from the curvature at the top.
    ends : tuple of float
        From where to where the curve goes: LOW to HIGH, or, where the other parameters are held, to the values beyond
        which G would be no covariance matrix.
    limits : tuple of (float or None)
        Where the log likelihood has fallen by 1.92; None where it does not fall so far before the curve ends.
    root : callable
        Value -> signed root of twice the drop, nearly a straight line; exact where it was computed, with its slope.
    """

    top: float
    llf: float
    se: float
    ends: tuple[float, float]
    limits: tuple[float | None, float | None]
    root: Callable[[Array | float], Array]

    def below(self, value: Array | float) -> Array:
        """The log likelihood minus that of the top, shape of `value`; NaN beyond the ends."""
        value = np.asarray(value, dtype=float)
        inside = (value >= self.ends[0] - 1e-12) & (value <= self.ends[1] + 1e-12)
        return np.where(inside, -0.5 * self.root(np.clip(value, *self.ends)) ** 2, np.nan)

    def parabola(self, value: Array | float) -> Array:
        """What a normal curve around the top would say: half the squared distance in standard errors."""
        return -0.5 * ((np.asarray(value, dtype=float) - self.top) / self.se) ** 2


@cache
def _model() -> tuple[CrossProducts, Array, Array]:
    """Cross-products of the stacked table of the lessons, and the fit from which every search starts."""
    long = stack(load_ml_sim())
    fit = fit_stacked(long)
    design, outcome = fit.design, long["sm"].to_numpy()
    cp = cross_products(design.y, design.X, design.Z, design.cluster, outcome, 2)
    return cp, np.asarray(np.linalg.cholesky(fit.optimum.G), dtype=float), fit.optimum.s2


@dataclass(frozen=True)
class _Maximum:
    """Where the likelihood is highest, and by how much it bends there."""

    G: Array
    s2: Array
    m2ll: float
    information: Array


@cache
def _maximum(reml: bool, times: int) -> _Maximum:
    cp, L, s2 = _model()
    with one_blas_thread():
        best = maximize_batch(cp, L, s2, reml, _weights(times)[None])
    return _Maximum(best.G[0], best.s2[0], float(best.m2ll[0]), best.hess[0] / 2)


def _weights(times: int) -> Array:
    return np.full(_model()[0].n.shape[-1], float(times))


def standard_error(parameter: str, held: bool, reml: bool, times: int) -> float:
    """From the curvature at the top, the observed information; arguments as of `curve`.

    Held, the others are taken for known: their row of the information is left out before it is inverted, not after.
    """
    information = _maximum(reml, times).information
    i, j = np.tril_indices(len(TERMS))
    pair = ENTRIES[parameter]
    at = int(np.flatnonzero((i == max(pair)) & (j == min(pair)))[0])
    return float(1 / np.sqrt(information[at, at]) if held else np.sqrt(np.linalg.inv(information)[at, at]))


@cache
def curve(parameter: str, held: bool, reml: bool, times: int) -> Curve:
    """The log likelihood along a parameter.

    Parameters
    ----------
    parameter : {"cov_ab", "var_a", "var_cprime"}
    held : bool
        Hold the other variances and covariances at their values at the top, instead of maximizing over them at each
        value. (Fixed effects are always maximized over.)
    reml : bool
        The restricted likelihood.
    times : int
        How many times each of the 100 clusters counts.

    Returns
    -------
    Curve
    """
    best, pair, weights = _maximum(reml, times), ENTRIES[parameter], _weights(times)
    top, se = float(best.G[pair]), standard_error(parameter, held, reml, times)
    ends = _possible(best.G, pair) if held else (LOW, HIGH)
    sides = [_nodes(top, -se, ends[0])[::-1], _nodes(top, se, ends[1])]
    along = _slice if held else hold
    with one_blas_thread():
        found = [along(_model()[0], best.G, best.s2, pair, side, reml, weights) for side in sides]
    values = np.concatenate([sides[0], [top], sides[1]])
    root, slope = np.zeros(len(values)), np.full(len(values), 1 / se)
    away = values != top
    root[away] = np.sign(values[away] - top) * np.sqrt(np.concatenate([m2ll for m2ll, _ in found]) - best.m2ll)
    slope[away] = np.concatenate([slope for _, slope in found]) / (2 * root[away])
    between = _interpolated(values, root, slope, variance=pair[0] == pair[1])
    return Curve(top, -best.m2ll / 2, se, ends, _limits(between, top, ends), between)


def _interpolated(values: Array, root: Array, slope: Array, variance: bool) -> Callable[[Array | float], Array]:
    """Cubics through values and slopes; for a variance on the scale of its logarithm, on which it bends least."""
    if not variance:
        return CubicHermiteSpline(values, root, slope)
    spline = CubicHermiteSpline(np.log(values), root, slope * values)
    return lambda value: spline(np.log(value))


def _nodes(top: float, step: float, end: float) -> Array:
    """Values from the top outwards, up to the end; closer where they come near 0, where a variance bends the curve."""
    values = top + step * DISTANCES
    values = values[np.abs(values - top) < 0.999 * abs(end - top)]
    last = values[-1] if len(values) else top
    near_0 = end * 3.0 ** np.arange(4, 0, -1)
    return np.concatenate([values, near_0[near_0 < last / 1.7], [end]])


def _slice(
    cp: CrossProducts, G: Array, s2: Array, pair: tuple[int, int], values: Array, reml: bool, weights: Array
) -> tuple[Array, Array]:
    """-2 log likelihood and its slope where all other variances and covariances stay as they are."""
    each = np.repeat(G[None], len(values), axis=0)
    each[:, pair[0], pair[1]] = each[:, pair[1], pair[0]] = values
    ev = evaluate(cp, each, s2, reml, weights, hessian=False)
    double = 1 if pair[0] == pair[1] else 2
    return ev.m2ll, double * ev.grad_G[:, pair[0], pair[1]]


def _possible(G: Array, pair: tuple[int, int]) -> tuple[float, float]:
    """Between which values of one entry, the others held, G is a covariance matrix (and the lab goes)."""
    direction = np.zeros_like(G)
    direction[pair] = direction[pair[::-1]] = 1.0
    unit = np.linalg.inv(np.linalg.cholesky(G))
    roots = np.linalg.eigvalsh(unit @ direction @ unit.T)  # G + d direction is singular at d = -1 / root
    low = G[pair] - 1 / roots.max() if roots.max() > 1e-12 else LOW
    high = G[pair] - 1 / roots.min() if roots.min() < -1e-12 else HIGH
    return max(float(low), LOW), min(float(high), HIGH)


def _limits(
    root: Callable[[Array | float], Array], top: float, ends: tuple[float, float]
) -> tuple[float | None, float | None]:
    """Where the log likelihood has fallen by 1.92, half of 1.96 squared."""
    found = [float(brentq(lambda v: abs(root(v)) - Z95, end, top)) if abs(root(end)) > Z95 else None for end in ends]
    return found[0], found[1]
