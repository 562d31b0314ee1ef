"""Can the data tell the covariance parameters apart?"""

from __future__ import annotations

from itertools import combinations

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


class UnidentifiedError(MlmedError):
    """Two settings of the covariance parameters fit exactly alike; `models` puts it in words that name terms.

    Attributes
    ----------
    choices : list of tuple of int
        The smallest sets of random effects without any one of which the others are identified: positions in Z.
    """

    def __init__(self, text: str, choices: list[tuple[int, ...]]):
        super().__init__(text)
        self.choices = choices


def refuse_unidentified(cp: CrossProducts, zeros: Zeros) -> None:
    """Refuse models in which two settings of the covariance parameters give the same V.

    V is linear in phi, so phi is identified if the matrices P D_k P are linearly independent, at G = 0 as anywhere: if
    the expected information tr(P D_k P D_l) is positive definite. That is the Hessian of the restricted likelihood for
    a response of zeros, with its sign changed. A model without some of the random effects has the rows and columns that
    are left.

    Parameters
    ----------
    cp : CrossProducts
    zeros : tuple of pairs of int
        As in `search.maximize`.

    Raises
    ------
    UnidentifiedError
    """
    R, _, q, _ = cp.zw.shape
    zw, ww = cp.zw.copy(), cp.ww.copy()
    zw[..., -1] = ww[..., -1] = ww[..., -1, :] = 0.0
    information = -evaluate(CrossProducts(cp.zz, zw, ww, cp.n), np.zeros((q, q)), np.ones(R), reml=True).hess
    (i, j), _ = lower_triangle(q)
    free = free_phi(q, R, zeros)

    def identified(left_out: tuple[int, ...]) -> bool:
        kept = [k for k in free if k >= len(i) or not {i[k], j[k]} & set(left_out)]
        return least_eigenvalue(information[np.ix_(kept, kept)]) >= NOT_IDENTIFIED

    if identified(()):
        return
    for size in range(1, q + 1):
        choices = [out for out in combinations(range(q), size) if identified(out)]
        if choices:
            break
    raise UnidentifiedError(
        "The data cannot tell the variances and covariances of this model apart: different values of them fit exactly "
        "alike.",
        choices,
    )
