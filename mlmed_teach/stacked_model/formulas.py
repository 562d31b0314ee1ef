"""The variance formulas of Bauer, Preacher & Gil (2006)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from ..typing import Array


def product_variance(a: ArrayLike, b: ArrayLike, var_a: ArrayLike, var_b: ArrayLike, cov_ab: ArrayLike) -> Array:
    """Variance of a product of two normal variables, shape (...).

    b^2 var_a + a^2 var_b + 2 a b cov_ab + var_a var_b + cov_ab^2 is exact (Goodman 1960). With estimates in the place
    of the means it is a little too large, by twice the last two terms, and that is the rule here, within clusters and
    between: the delta method leaves these two terms out, and its 95% intervals then hold the product of two weak paths
    too seldom (both two standard errors away from 0: .910, here .937; three: .925, .934; five: .939, .943; 40,000
    draws). Subtracting them, for an unbiased variance, is worst (.877, .914, .935), and may leave a negative one.

    Parameters
    ----------
    a, b : array_like, shape (...)
        Their means.
    var_a, var_b, cov_ab : array_like, shape (...)
        Their variances and covariance.

    Returns
    -------
    ndarray, shape (...)
    """
    a, b, var_a, var_b, cov_ab = map(np.asarray, (a, b, var_a, var_b, cov_ab))
    return b**2 * var_a + a**2 * var_b + 2 * a * b * cov_ab + var_a * var_b + cov_ab**2


def effects_of_paths(a: ArrayLike, b: ArrayLike, c: ArrayLike, cov_ab: ArrayLike) -> Array:
    """Average indirect, direct and total effect: a b + cov(a_j, b_j), c', and their sum.

    Parameters
    ----------
    a, b, c, cov_ab : array_like, shape (...)
        Average paths, and the covariance of the slopes over clusters (0 unless both are random).

    Returns
    -------
    ndarray, shape (..., 3)
        In the order of `KINDS`.
    """
    a, b, c, cov_ab = map(np.asarray, (a, b, c, cov_ab))
    indirect = a * b + cov_ab
    return np.stack(np.broadcast_arrays(indirect, c, indirect + c), -1)


def combine(a: ArrayLike, b: ArrayLike, c: ArrayLike, cov_ab: ArrayLike, V: Array) -> tuple[Array, Array]:
    """Indirect, direct and total effects with their standard errors, of one fit, of many, or of many clusters.

    The effects are those of `effects_of_paths`. The variance of the indirect effect is that of the product of the two
    estimates, plus that of the covariance, plus 2 b Cov(a, cov) + 2 a Cov(b, cov); that of the total effect adds
    Var(c') + 2 b Cov(a, c') + 2 a Cov(b, c') + 2 Cov(c', cov). In the paper all terms with cov but its variance are 0,
    as they are of gls; for normal estimates, all of it is exact.

    Parameters
    ----------
    a, b, c, cov_ab : array_like, shape (...)
        Average paths, and the covariance of the slopes.
    V : ndarray, shape (..., 4, 4)
        Covariance matrix of these four estimates.

    Returns
    -------
    estimates, standard errors : ndarray, shape (..., 3)
    """
    a, b, c, cov_ab = map(np.asarray, (a, b, c, cov_ab))
    of_product = product_variance(a, b, V[..., 0, 0], V[..., 1, 1], V[..., 0, 1])
    var_indirect = of_product + V[..., 3, 3] + 2 * b * V[..., 0, 3] + 2 * a * V[..., 1, 3]
    across = b * V[..., 0, 2] + a * V[..., 1, 2] + V[..., 2, 3]
    var_total = var_indirect + V[..., 2, 2] + 2 * across
    variances = np.stack(np.broadcast_arrays(var_indirect, V[..., 2, 2], var_total), -1)
    # Rounding may leave a variance of 0 below it.
    return effects_of_paths(a, b, c, cov_ab), np.sqrt(np.maximum(variances, 0.0))


def product_sd(a: float, b: float, var_a: float, var_b: float, cov_ab: float) -> float:
    """Standard deviation of a_j b_j over clusters, for normal a_j and b_j (Bauer, Preacher & Gil 2006).

    Parameters
    ----------
    a, b : float
        Average slopes.
    var_a, var_b, cov_ab : float
        Variances and covariance of the slopes over clusters.

    Returns
    -------
    float
        Square root of `product_variance`.
    """
    return float(np.sqrt(max(float(product_variance(a, b, var_a, var_b, cov_ab)), 0.0)))


def share_negative(a: float, b: float, var_a: float, var_b: float, cov_ab: float) -> float:
    """Probability that a_j b_j is negative, for normal a_j and b_j.

    With Owen's T function (Owen 1956): for h = a / sd_a and k = b / sd_b with correlation r, the probability that the
    two signs differ is 2 T(h, (k - r h) / (h s)) + 2 T(k, (h - r k) / (k s)), s = sqrt(1 - r^2), plus 1 if h k < 0.

    Parameters
    ----------
    a, b, var_a, var_b, cov_ab : float
        As in `product_sd`.

    Returns
    -------
    float
        Between 0 and 1.
    """
    sd_a, sd_b = np.sqrt(var_a), np.sqrt(var_b)
    if a == 0 or b == 0:  # T's second argument is then a limit; the probability is continuous there
        return share_negative(a or 1e-12 * (sd_a or 1.0), b or 1e-12 * (sd_b or 1.0), var_a, var_b, cov_ab)
    r = np.clip(cov_ab / (sd_a * sd_b), -1, 1) if sd_a * sd_b > 0 else 0.0
    s = max(float(np.sqrt(1 - r**2)), 1e-12)
    sd_a, sd_b = max(sd_a, 1e-12 * abs(a)), max(sd_b, 1e-12 * abs(b))
    h, k = a / sd_a, b / sd_b
    differ = 2 * special.owens_t(h, (k - r * h) / (h * s)) + 2 * special.owens_t(k, (h - r * k) / (k * s))
    return float(np.clip(differ + (h * k < 0), 0.0, 1.0))
