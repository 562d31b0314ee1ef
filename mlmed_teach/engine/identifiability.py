"""Can the data tell the covariance parameters apart?"""

from __future__ import annotations

import numpy as np

from ..errors import MlmedError
from ..typing import Array, IntArray
from .cluster_sums import CrossProducts
from .likelihood import evaluate
from .linalg import lower_triangle
from .units import Zeros

NOTHING = 1e-10  # information about one parameter, relative to the largest
NOT_IDENTIFIED = 1e-10  # least eigenvalue of a scaled information matrix, of a model that is not identified


def least_eigenvalue(information: Array) -> float:
    """Of the matrix scaled to a unit diagonal; 0 if an entry of its diagonal is next to nothing."""
    diagonal = np.diag(information)
    if not diagonal.min() > NOTHING * diagonal.max():
        return 0.0
    unit = np.sqrt(diagonal)
    return float(np.linalg.eigvalsh(information / np.outer(unit, unit))[0])


def free_phi(q: int, R: int, zeros: Zeros) -> IntArray:
    """Positions of the covariance parameters that are not fixed at 0 in phi = (lower triangle of G, s2)."""
    fixed = {(max(pair), min(pair)) for pair in zeros}
    (i, j), _ = lower_triangle(q)
    free = [k for k, entry in enumerate(zip(i, j, strict=True)) if entry not in fixed]
    return np.array([*free, *range(len(i), len(i) + R)], dtype=np.intp)


def refuse_unidentified(cp: CrossProducts, free: IntArray) -> None:
    """Refuse models in which two settings of the covariance parameters give the same V.

    V is linear in phi, so phi is identified if the matrices P D_k P are linearly independent, at G = 0 as anywhere: if
    the expected information tr(P D_k P D_l) is positive definite. That is the Hessian of the restricted likelihood for
    a response of zeros, with its sign changed.
    """
    R, _, q, _ = cp.zw.shape
    zw, ww = cp.zw.copy(), cp.ww.copy()
    zw[..., -1] = ww[..., -1] = ww[..., -1, :] = 0.0
    hess = evaluate(CrossProducts(cp.zz, zw, ww, cp.n), np.zeros((q, q)), np.ones(R), reml=True).hess
    if least_eigenvalue(-hess[np.ix_(free, free)]) < NOT_IDENTIFIED:
        raise MlmedError(
            "The data cannot tell the variances and covariances of this model apart: different values of them fit "
            "exactly alike. A random slope needs a predictor that varies within clusters, and clusters need more rows "
            "than random effects. Leave out the random effects that the data cannot show."
        )
