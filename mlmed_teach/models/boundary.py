"""Where a fit touches the boundary of its parameter space, or comes near to it, in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..engine import Optimum
from ..typing import Array
from ..words import and_list
from .design import Design

VANISHING = 1e-7  # variance that a random effect adds to a row, over the residual variance, that counts as 0


PERFECT = 1e-6  # distance of a correlation from -1 or 1 that counts as none


NEAR = 0.02  # least eigenvalue of the random effects' correlations below which the fit counts as near the boundary


def boundary_note(what: str, advice: str = "") -> str:
    """What a reader of a fit on the boundary must know.

    Parameters
    ----------
    what : str
        From `on_boundary`.
    advice : str
        What was seen to help.

    Returns
    -------
    str
    """
    text = (
        f"Boundary: {what}. The estimates are the maximum of the likelihood, and standard errors take that as it is. A "
        "variance that is estimated as 0 has none of its own, since it could only be larger."
    )
    return f"{text} {advice}" if advice else text


def boundary_warning(what: str) -> str:
    """The same in short, for a warning."""
    return (
        f"The optimum lies on the boundary: {what}. Standard errors take that as it is; print(med.summary()) tells "
        "more."
    )


def near_boundary_note(what: str, advice: str = "") -> str:
    """What a reader of a fit near the boundary must know; `what` is from `near_boundary`."""
    text = (
        f"Near the boundary: {what}, so that their covariance matrix is nearly singular. Wald intervals of variances "
        "and covariances, and of an effect that contains one, are rough there, and new tables from such a model, as a "
        "bootstrap makes them, often have their optimum on the boundary."
    )
    return f"{text} {advice}" if advice else text


def on_boundary(optimum: Optimum, design: Design, names: Sequence[str]) -> str | None:
    """What has no variance, or is perfectly correlated.

    Parameters
    ----------
    optimum : Optimum
    design : Design
    names : sequence of str, length q
        What to call the random effects.

    Returns
    -------
    str or None
        Such as "the correlation of a_j and b_j is estimated as 1"; None in the interior.
    """
    if not optimum.singular:
        return None
    zero = without_variance(optimum, design)
    said = [f"the variance of {and_list([names[k] for k in zero])} is estimated as 0"] if zero else []
    rest = [k for k in range(len(names)) if k not in zero]
    correlation = _correlation(optimum.G, rest)
    for row, i in enumerate(rest):
        for column, j in enumerate(rest[:row]):
            if abs(correlation[row, column]) > 1 - PERFECT:
                sign = "1" if correlation[row, column] > 0 else "-1"
                said.append(f"the correlation of {names[j]} and {names[i]} is estimated as {sign}")
    if not said:
        involved = np.abs(optimum.null_space).max(1) * np.sqrt(np.diag(optimum.G))
        which = [name for name, size in zip(names, involved, strict=True) if size > 0.3 * involved.max()]
        said.append(f"{and_list(which)} are estimated as perfectly dependent (a combination of them has no variance)")
    return and_list(said)


def without_variance(optimum: Optimum, design: Design) -> list[int]:
    """Positions of the random effects whose variance is estimated as 0.

    Parameters
    ----------
    optimum : Optimum
    design : Design

    Returns
    -------
    list of int
        Empty in the interior.
    """
    if not optimum.singular:
        return []
    residual = 0 if design.residual is None else design.residual.codes
    # What each random effect alone adds to the variance of the rows that it acts on, over their residual variance.
    Z2 = design.Z**2 / np.broadcast_to(optimum.s2[residual], len(design.Z))[:, None]
    adds = np.diag(optimum.G) * Z2.sum(0) / (Z2 > 0).sum(0)
    return [int(k) for k in np.flatnonzero(adds <= VANISHING)]


def near_boundary(optimum: Optimum, names: Sequence[str]) -> str | None:
    """Which random effects are almost perfectly correlated, of a fit in the interior.

    Parameters
    ----------
    optimum : Optimum
    names : sequence of str, length q

    Returns
    -------
    str or None
        None on the boundary, or far from it.
    """
    q = len(names)
    if optimum.singular or q < 2:
        return None
    correlation = _correlation(optimum.G, list(range(q)))
    roots, vectors = np.linalg.eigh(correlation)
    if roots[0] > NEAR:
        return None
    i, j = map(int, np.unravel_index(np.argmax(np.abs(np.tril(correlation, -1))), (q, q)))
    if abs(correlation[i, j]) > 1 - 2 * NEAR:
        return f"the correlation of {names[j]} and {names[i]} is estimated as {correlation[i, j]:.3f}"
    size = np.abs(vectors[:, 0])
    which = and_list([name for name, part in zip(names, size, strict=True) if part > 0.3 * size.max()])
    return f"{which} are estimated as almost perfectly dependent"


def _correlation(G: Array, of: list[int]) -> Array:
    sd = np.sqrt(np.diag(G)[of])
    return G[np.ix_(of, of)] / np.outer(sd, sd)
