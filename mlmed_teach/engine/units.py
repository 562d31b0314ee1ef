"""The units in which the search works, so that a fit is the same for any scale or shift of the variables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import MlmedError
from ..typing import Array, IntArray
from .linalg import least_squares, lower_triangle, row_blocks, triangle, whitening

LEAST_SHARE = 1e-3  # residual variance that a search starts from, beside that of least squares
LEAST_ROOT = 1e-6  # eigenvalue of G that a search starts from, beside the residual variance
EXACT = 1e-10  # residuals, relative to y, that are rounding

Zeros = tuple[tuple[int, int], ...]  # pairs of random effects whose covariance is fixed at 0


@dataclass(frozen=True, slots=True)
class Units:
    """A change of units: y* = (y - X offset) / k, X* = X Tx / k, Z* = Z Tz / k, with k the scale of the row's group.

    The likelihood is the same, but for a constant; parameters come back by the methods, which take batches too.

    Attributes
    ----------
    Tx, Tz : ndarray, shapes (p, p), (q, q)
        X* and Z* have pooled cross-products n I, or, where zeros of G must survive, Z* has columns of unit scale.
    offset : ndarray, shape (p,)
        Coefficients of least squares: no digits are lost to a large mean of y.
    scale : ndarray, shape (R,)
        Root mean square of the residuals of least squares in each residual group: the rows of two outcomes may be
        measured in thousands and in thousandths.
    """

    Tx: Array
    Tz: Array
    offset: Array
    scale: Array

    def apply(self, y: Array, X: Array, Z: Array, residual: IntArray) -> tuple[Array, Array, Array]:
        """y, X, Z, shapes (..., n), (..., n, p), (..., n, q), in these units."""
        each = self.scale[residual]
        new_y, new_X, new_Z = y - X @ self.offset, X @ self.Tx, Z @ self.Tz
        new_y /= each  # in place: the rows of a large table are most of what a fit holds in memory
        new_X /= each[:, None]
        new_Z /= each[:, None]
        return new_y, new_X, new_Z

    def beta(self, beta: Array) -> Array:
        """Fixed effects, shape (..., p), in the user's units."""
        return self.offset + beta @ self.Tx.T

    def cov_beta(self, cov: Array) -> Array:
        """Their covariance matrix, shape (..., p, p)."""
        return self.Tx @ cov @ self.Tx.T

    def G(self, G: Array) -> Array:
        """Covariance matrix of the random effects, shape (..., q, q)."""
        return self.Tz @ G @ self.Tz.T

    def s2(self, s2: Array) -> Array:
        """Residual variances, shape (..., R)."""
        return self.scale**2 * s2

    def by_theta(self) -> Array:
        """Derivatives of theta = (beta, lower triangle of G row by row, s2) in the user's units by theta in these."""
        p, q, R = len(self.Tx), len(self.Tz), len(self.scale)
        (i, j), duplication = lower_triangle(q)
        k = p + len(i)
        found = np.zeros((k + R, k + R))
        found[:p, :p] = self.Tx
        found[p:k, p:k] = (np.kron(self.Tz, self.Tz) @ duplication)[i * q + j]
        found[k:, k:] = np.diag(self.scale**2)
        return found

    def start(self, G: Array, s2: Array, zeros: Zeros) -> tuple[Array, Array]:
        """A square factor of G and residual variances in these units, off the boundary that a search cannot leave."""
        unit = np.linalg.inv(self.Tz)
        s2 = np.maximum(s2 / self.scale**2, LEAST_SHARE)
        roots, vectors = np.linalg.eigh(unit @ G @ unit.T)
        G = (vectors * np.maximum(roots, LEAST_ROOT * s2.max())) @ vectors.T
        # Each row that must have one nonzero entry comes first: then its column is its own.
        first = sorted({k for pair in zeros for k in pair})
        order = np.array([*first, *(k for k in range(len(G)) if k not in first)])
        for i, j in zeros:
            G[i, j] = G[j, i] = 0.0
        L = np.empty_like(G)
        L[np.ix_(order, order)] = np.linalg.cholesky(G[np.ix_(order, order)])
        return L, s2


def standardize(y: Array, X: Array, Z: Array, residual: IntArray, keep_zeros: bool) -> Units:
    """Find the units of a table.

    Parameters
    ----------
    y, X, Z : ndarray, shapes (n,), (n, p), (n, q)
        Of full column rank.
    residual : ndarray of int, shape (n,)
        Residual group codes.
    keep_zeros : bool
        Change each column of Z by itself, so that zeros of G stay zeros.

    Returns
    -------
    Units

    Raises
    ------
    MlmedError
        X reproduces y exactly, in all rows or in those of a group.
    """
    size, n = np.bincount(residual), len(y)
    (y, X, Z), residual = _condensed(y, X, Z, residual, len(size))

    def root_mean_square(values: Array) -> Array:
        return np.sqrt(np.bincount(residual, values**2, len(size)) / size)

    rough = root_mean_square(y)
    rough[rough == 0] = 1.0
    each = rough[residual]
    _, remainder, _ = least_squares(y / each, X / each[:, None])
    unexplained = root_mean_square(remainder)
    if not (unexplained > EXACT).all():
        raise MlmedError(
            "The predictors reproduce the response exactly, so there is no variation left to model. "
            "Check that the response is not a copy, a sum or a multiple of the predictors."
        )
    scale = rough * unexplained
    each = scale[residual]
    offset, _, R = least_squares(y / each, X / each[:, None])
    Tx = whitening(R, n)
    if keep_zeros:
        Tz = np.diag(1 / np.sqrt(((Z / each[:, None]) ** 2).sum(0) / n))
    else:
        Tz = Tx if Z is X else whitening(triangle(Z / each[:, None]), n)
    return Units(Tx, Tz, offset, scale)


def _condensed(
    y: Array, X: Array, Z: Array, residual: IntArray, groups: int
) -> tuple[tuple[Array, Array, Array], IntArray]:
    """y, X, Z and group of a few rows that have the cross-products of all rows of each group: triangles of QR.

    Least squares has the same coefficients with them, and residuals of the same length in each group.
    """
    columns, p = [X, y[:, None]] if Z is X else [X, Z, y[:, None]], X.shape[1]
    blocks = row_blocks(len(y), sum(part.shape[1] for part in columns))
    if len(blocks) == 1:  # few rows already
        return (y, X, Z), residual
    triangles: list[list[Array]] = [[] for _ in range(groups)]
    for rows in blocks:
        block, group = np.concatenate([part[rows] for part in columns], 1), residual[rows]
        for r, found in enumerate(triangles):
            found.append(triangle(block[group == r]))
    of_groups = [triangle(np.concatenate(found)) for found in triangles]
    W = np.concatenate(of_groups)
    new_X = W[:, :p]
    return (W[:, -1], new_X, new_X if Z is X else W[:, p:-1]), np.repeat(np.arange(groups), list(map(len, of_groups)))
