"""From a design to a fit, where the data can tell its parameters apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..engine import UnidentifiedError, dependent_column, maximize
from ..errors import MlmedError
from ..typing import Array, BoolArray, IntArray
from ..words import agree, and_list, quoted_list
from .design import Design
from .result import MixedResult
from .standard_errors import SE, check_se


def fit_design(
    design: Design,
    reml: bool,
    parts: IntArray | None = None,
    start: tuple[Array, Array] | None = None,
    se: SE = "gls",
    explain: Callable[[list[tuple[int, ...]]], str] | None = None,
) -> MixedResult:
    """Check that the data can tell the model's parameters apart, and maximize its likelihood.

    Parameters
    ----------
    design : Design
    reml : bool
    parts : ndarray of int, shape (n,), optional
        As in `check_identified`; the residual groups, if there are any, by default.
    start : tuple of ndarray, optional
        G and residual variances to start from.
    se : {"gls", "joint", "robust"}
        Whose standard errors the result shows.
    explain : callable, optional
        What a model that is not identified is refused with: from `UnidentifiedError.choices` to a message.

    Returns
    -------
    MixedResult

    Raises
    ------
    MlmedError
        The model is not identified, or its likelihood has no maximum that could be found.
    """
    check_se(se)
    codes = None if design.residual is None else design.residual.codes
    check_identified(design, codes if parts is None else parts)
    try:
        optimum = maximize(design.y, design.X, design.Z, design.cluster, codes, bool(reml), start, design.zeros)
    except UnidentifiedError as error:
        raise MlmedError(explain(error.choices) if explain else _not_identified(design, error.choices)) from None
    return MixedResult(design, optimum, bool(reml), se)


def check_identified(design: Design, parts: IntArray | None = None) -> None:
    """Make sure that the data can tell the model's parameters apart.

    Parameters
    ----------
    design : Design
    parts : ndarray of int, shape (n,), optional
        Codes of sets of rows, such as the outcomes of a stacked model: random effects that act in one part only need
        enough rows there.

    Raises
    ------
    MlmedError
        Collinear fixed or random effects; a random slope of a variable of the clusters.
    """
    for matrix, names, what in ((design.X, design.fe_names, "fixed"), (design.Z, design.re_names, "random")):
        k = dependent_column(matrix)
        if k is not None:
            if not matrix[:, k].any():
                because = "it is 0 in every row (a category without rows? pandas' remove_unused_categories helps)"
            else:
                because = (
                    f"it can be computed from {quoted_list(names[:k])}, or varies too little beside its size to tell"
                )
            raise MlmedError(
                f"The {what} effects are collinear: {names[k]!r} adds nothing, because {because}. "
                "Leave one of these terms out of the model, or subtract its mean from a variable far from 0."
            )
    parts = np.zeros(len(design.y), dtype=np.intp) if parts is None else parts
    for part in np.unique(parts):
        rows = parts == part
        here = design.Z[rows].any(0) & ~design.Z[~rows].any(0)
        _check_slopes(design, rows, np.flatnonzero(here))


def _check_slopes(design: Design, rows: BoolArray, columns: IntArray) -> None:
    """Beside a random intercept, a random slope needs a predictor that varies within some cluster."""
    Z, cluster = design.Z[rows], design.cluster[rows]
    size = np.maximum(np.bincount(cluster, minlength=len(design.labels)), 1)
    within = {}
    for k in columns:
        mean = np.bincount(cluster, Z[:, k], minlength=len(size)) / size
        within[k] = np.abs(Z[:, k] - mean[cluster]).max() > 1e-9 * np.abs(Z[:, k]).max()
    constant = [k for k in columns if not within[k]]
    if len(constant) > 1:  # the first may be the random intercept; a second one repeats it, cluster by cluster
        name = design.re_names[constant[-1]]
        raise MlmedError(
            f"The random slope of {name!r} cannot be estimated: {name!r} does not vary within any cluster, so a "
            "cluster shows no slope. A variable of the clusters can have a fixed effect only: leave it out of the "
            "random effects. (In a mediation model this is a 2-1-1 or 2-2-1 design; the model with all slopes random "
            "is for variables that vary from row to row.)"
        )


def what_to_leave_out(design: Design, choices: list[tuple[int, ...]]) -> tuple[str, ...]:
    """Of the sets of random effects without which a model is identified: slopes before intercepts, the last first."""
    names = [tuple(design.re_names[k] for k in choice) for choice in choices]
    slopes = [some for some in names if not set(some) & {"Intercept", "sm", "sy"}]
    return (slopes or names)[-1]


def why_not_identified(design: Design) -> str:
    """What the clusters lack, as a sentence."""
    parts = np.zeros(len(design.y), dtype=np.intp) if design.residual is None else design.residual.codes
    most = max(int(np.bincount(design.cluster[parts == part]).max()) for part in np.unique(parts))
    if most == 1:
        return "Every cluster has one row only, in which a random effect and the residual are one."
    if most <= design.Z.shape[1]:
        return (
            f"With at most {most} rows in a cluster, random effects are told from the residual by predictors whose "
            "values differ from cluster to cluster."
        )
    return "A random slope needs a predictor that varies within clusters, and not in a row or two only."


def _not_identified(design: Design, choices: list[tuple[int, ...]]) -> str:
    out = what_to_leave_out(design, choices)
    advice = (
        f"Leave out the random {agree(len(out), 'effect', 'effects')} of {and_list(out)}: what remains can be told."
    )
    if len(out) == len(design.re_names):
        advice = "Use ordinary regression, or name the column that groups the rows."
    return (
        "The data cannot tell the variances and covariances of this model apart: different values of them fit exactly "
        f"alike. {why_not_identified(design)} {advice}"
    )
