"""What the search of one fit and that of a batch share: parameters, derivatives by them, and the numbers of a step.

Both are Newton's method with a trust region in theta = (L, log s2), with |H| for the Hessian H where the likelihood is
not concave. L is a full square matrix, not a triangle, which would have narrow curved valleys wherever its leading
entries vanish; steps that only rotate L and leave G = L L' as it is are left out. At a stationary point with a singular
G the Hessian in L is positive semidefinite only if no direction into the interior raises the likelihood: no other test
for the boundary is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from ..typing import Array, BoolArray, IntArray
from .linalg import lower_triangle, transposed
from .units import Zeros

SINGULAR = 1e-8  # least eigenvalue of G over the residual variance, columns of Z at unit scale: lme4's 1e-4, squared
VANISHED = 1e-6  # residual variance, relative to that of least squares, at which a search stops
FLAT = 1e-8  # curvature, relative to the largest, below which a direction of the search counts as flat
CONVEX = 10 * FLAT  # negative curvature, relative to the largest, beyond which a point is a saddle and no maximum

# The trust region: its radius in theta, and what becomes of it when a step gains a share of what was expected.
FIRST_RADIUS, LARGEST_RADIUS = 1.0, 100.0
POOR, GOOD = 0.1, 0.7  # less than POOR: the step was too long; more than GOOD: the next may be longer
SHRINK, GROW = 1 / 4, 2.0
# At a saddle the gradient need not point along the negative curvature: a component shorter than this share of the
# radius is replaced by a larger one.
SADDLE_STEP, SADDLE_LEAP = 1e-3, 0.5

NO_ROTATION = 1e-12  # singular value below which a step does not rotate L

ROUNDING = 1e-13  # gains below this share of the likelihood are rounding
PATIENCE = 20  # steps in a row that gain no more than rounding


def free_entries(q: int, zeros: Zeros) -> BoolArray:
    """Entries of L that are free, shape (q, q), if the covariances `zeros` are fixed at 0.

    The rows of L that such a covariance concerns are orthogonal; L can be rotated until each of them has one nonzero
    entry, in a column of its own.
    """
    free = np.ones((q, q), dtype=bool)
    for k in {k for pair in zeros for k in pair}:
        free[k] = np.arange(q) == k
    return free


@cache
def _entries(q: int) -> tuple[IntArray, BoolArray, BoolArray]:
    """The column of each entry of L, shape (q*q,), and whether it lies in the row i, or j, of each G[i, j], i >= j."""
    (i, j), _ = lower_triangle(q)
    row, column = np.divmod(np.arange(q * q), q)
    return column, i[:, None] == row, j[:, None] == row


def newton_terms(L: Array, s2: Array, grad_G: Array, grad_s2: Array, hess: Array) -> tuple[Array, Array]:
    """Gradient and Hessian of -ll by theta = (L row by row, log s2), by the chain rule from phi.

    Parameters
    ----------
    L, s2 : ndarray, shapes (..., q, q), (..., R)
    grad_G, grad_s2, hess : ndarray
        As in `Evaluation`, with the same axes in front.

    Returns
    -------
    ndarray, ndarray, shapes (..., k), (..., k, k)
    """
    q, R = L.shape[-1], s2.shape[-1]
    (i, j), _ = lower_triangle(q)
    k, qq = len(i), q * q
    column, in_row_i, in_row_j = _entries(q)
    of_s2 = np.arange(R)
    jacobian = np.zeros((*s2.shape[:-1], k + R, qq + R))  # dG[i, j] = sum over c of dL[i, c] L[j, c] + L[i, c] dL[j, c]
    jacobian[..., :k, :qq] = in_row_i * L[..., j[:, None], column] + in_row_j * L[..., i[:, None], column]
    jacobian[..., k + of_s2, qq + of_s2] = s2
    grad_phi = np.concatenate([grad_G[..., i, j] * np.where(i == j, 1, 2), grad_s2], -1)
    gradient = (transposed(jacobian) @ grad_phi[..., None])[..., 0]
    hessian = transposed(jacobian) @ hess @ jacobian
    for c in range(q):  # second derivatives of G = L L'
        hessian[..., c:qq:q, c:qq:q] += 2 * grad_G
    hessian[..., qq + of_s2, qq + of_s2] += s2 * grad_s2
    return gradient / 2, hessian / 2  # evaluations are of -2 ll


def idle_steps(L: Array, free: BoolArray) -> Array:
    """Steps in L, shape (..., k, q*q), that are not taken: rotations L A (A skew-symmetric), and entries not `free`."""
    q = L.shape[-1]
    (i, j), _ = lower_triangle(q)
    alike = (i > j) & (free[:, i] == free[:, j]).all(0)
    i, j = i[alike], j[alike]
    batch, each = L.shape[:-2], np.arange(len(i))
    rotations = np.zeros((*batch, len(i), q, q))
    columns = transposed(L)
    rotations[..., each, :, i] = np.moveaxis(columns[..., j, :], -2, 0)
    rotations[..., each, :, j] = np.moveaxis(-columns[..., i, :], -2, 0)
    fixed = np.eye(q * q)[~free.ravel()]
    return np.concatenate(
        [rotations.reshape(*batch, len(i), q * q), np.broadcast_to(fixed, (*batch, *fixed.shape))], -2
    )


def horizontal_steps(L: Array, R: int, free: BoolArray) -> Array:
    """Orthonormal basis, as columns, of the steps in theta but for `idle_steps`."""
    idle = idle_steps(L, free)
    _, size, rows = np.linalg.svd(idle)
    rank, qq = int(np.sum(size > NO_ROTATION)), L.size
    basis = np.zeros((qq + R, qq - rank + R))
    basis[:qq, : qq - rank] = rows[rank:].T
    basis[qq:, qq - rank :] = np.eye(R)
    return basis


@dataclass(frozen=True, slots=True)
class Curvature:
    """The quadratic model of -ll around a point, in the principal axes of its Hessian.

    Attributes
    ----------
    axes : ndarray, shape (..., k, k)
        Eigenvectors, as columns.
    slope : ndarray, shape (..., k)
        The gradient along them.
    size : ndarray, shape (..., k)
        Absolute curvature along them, no less than FLAT of the largest.
    negative : ndarray of bool, shape (..., k)
        Where the curvature is negative.
    distance : ndarray, shape (...)
        sqrt(g' |H|^-1 g): standard errors that a Newton step would move.
    concave : ndarray of bool, shape (...)
        The likelihood is concave here, up to CONVEX.
    """

    axes: Array
    slope: Array
    size: Array
    negative: BoolArray
    distance: Array
    concave: BoolArray


def curvature(gradient: Array, hessian: Array) -> Curvature:
    """Find the principal axes.

    Raises
    ------
    numpy.linalg.LinAlgError
        A derivative is no finite number.
    """
    if not (np.isfinite(gradient).all() and np.isfinite(hessian).all()):
        raise np.linalg.LinAlgError("derivatives beyond the range of numbers")
    roots, axes = np.linalg.eigh(hessian)
    slope = (transposed(axes) @ gradient[..., None])[..., 0]
    size = np.abs(roots)
    size = np.maximum(size, FLAT * size.max(-1, keepdims=True))
    distance = np.sqrt((slope**2 / size).sum(-1))
    return Curvature(axes, slope, size, roots < 0, distance, roots[..., 0] >= -CONVEX * roots[..., -1])
