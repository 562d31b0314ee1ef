"""Can the data tell the covariance parameters apart?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import MlmedError
from ..typing import Array
from .likelihood import CrossProducts, evaluate
from .linalg import lower_triangle
from .units import Zeros


def _least_eigenvalue(information: Array) -> float:
    """Of the matrix scaled to a unit diagonal; 0 if an entry of its diagonal is next to nothing."""
    diagonal = np.diag(information)
    if not diagonal.min() > 1e-10 * diagonal.max():
        return 0.0
    unit = np.sqrt(diagonal)
    return float(np.linalg.eigvalsh(information / np.outer(unit, unit))[0])


def _free_phi(q: int, R: int, zeros: Zeros) -> NDArray[np.int64]:
    """Positions of the covariance parameters that are not fixed at 0 in phi = (lower triangle of G, s2)."""
    fixed = {(max(pair), min(pair)) for pair in zeros}
    (i, j), _ = lower_triangle(q)
    free = [k for k, entry in enumerate(zip(i, j, strict=True)) if entry not in fixed]
    return np.array([*free, *range(len(i), len(i) + R)])


def _check_identified(cp: CrossProducts, free: NDArray[np.int64]) -> None:
    """Refuse models in which two settings of the covariance parameters give the same V.

    V is linear in phi, so phi is identified if the matrices P D_k P are linearly independent, at G = 0 as anywhere: if
    the expected information tr(P D_k P D_l) is positive definite. That is the Hessian of the restricted likelihood for
    a response of zeros, with its sign changed.
    """
    R, _, q, _ = cp.zw.shape
    zw, ww = cp.zw.copy(), cp.ww.copy()
    zw[..., -1] = ww[..., -1] = ww[..., -1, :] = 0.0
    gram = -evaluate(CrossProducts(cp.zz, zw, ww, cp.n), np.zeros((q, q)), np.ones(R), reml=True).hess
    if _least_eigenvalue(gram[np.ix_(free, free)]) < 1e-10:
        raise MlmedError(
            "The data cannot tell the variances and covariances of this model apart: different values of them fit "
            "exactly alike. A random slope needs a predictor that varies within clusters, and clusters need more rows "
            "than random effects. Leave out the random effects that the data cannot show."
        )
