"""Stata's view of a mixed model that statsmodels has fitted."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import MlmedError
from ..validation import cluster_codes
from ..words import described, listed
from .design import Design, ResidualGroups
from .fitting import fit_design
from .result import MixedResult
from .standard_errors import SE, check_se


def xtmixed(result: Any, se: SE = "gls") -> MixedResult:
    """Stata's view of a MixedLM that statsmodels has fitted.

    The model matrices are taken from the result, its optimum is polished to full precision, and standard errors are
    computed there: Stata's, unless `se` says otherwise.

    Parameters
    ----------
    result : statsmodels MixedLMResults
        From ``smf.mixedlm(...).fit()``: one grouping factor with unstructured random effects, and at most one variance
        component, which adds a variance of its own to each of some rows (the page's ``|| fid: sm``; in statsmodels
        ``vc_formula={"fid": "0 + C(fid):sm"}``).
    se : {"gls", "joint", "robust"}
        Whose standard errors: Stata's, those of all parameters together (which statsmodels prints), or the cluster
        sandwich.

    Returns
    -------
    MixedResult

    Raises
    ------
    MlmedError
        Not a MixedLM result, or a model that this view cannot express: other variance components (crossed or nested
        effects), penalties, constrained covariances.

    Examples
    --------
    >>> import statsmodels.formula.api as smf
    >>> import mlmed_teach as mt
    >>> fitted = smf.mixedlm("y ~ x", mt.load_ml_sim(), groups="id", re_formula="~ x").fit(reml=False)
    >>> print(f"{mt.xtmixed(fitted).re_params.loc['var(x)', 'se']:.4f}")
    0.0466
    """
    from statsmodels.regression.mixed_linear_model import MixedLM  # slow to import, and needed only here

    check_se(se)
    model = getattr(result, "model", None)
    if not isinstance(model, MixedLM) or not hasattr(result, "cov_re"):
        raise MlmedError(
            "xtmixed needs a fitted statsmodels MixedLM, as smf.mixedlm(...).fit() returns it, "
            f"but this is {described(result)}."
        )
    if getattr(result, "freepat", None) is not None:
        raise MlmedError(
            "This model was fitted with constrained covariances (free=...), which xtmixed cannot express. "
            "Fit it without."
        )
    if any(getattr(model, name, None) is not None for name in ("fe_pen", "re_pen", "cov_pen")):
        raise MlmedError("This model was fitted with a penalty, so it is no maximum of the likelihood. Fit it without.")
    if not model.k_re:
        raise MlmedError(
            "This model has variance components but no random effects of its groups: add re_formula='~ 1' or more."
        )
    frame = getattr(model.data, "frame", None)
    X, Z = (np.asarray(matrix, dtype=float).reshape(len(model.endog), -1) for matrix in (model.exog, model.exog_re))
    cluster, labels = cluster_codes(pd.Series(np.asarray(model.groups)))
    design = Design(
        y=np.asarray(model.endog, dtype=float),
        X=X,
        Z=Z,
        cluster=cluster,
        labels=labels,
        response=str(model.endog_names),
        group=_group_name(result, frame),
        fe_names=_names(X, model.exog_names, "x"),
        re_names=_names(Z, getattr(result.cov_re, "index", None), "z"),
        residual=_residual_groups(model, frame) if model.k_vc else None,
    )
    s2 = np.array([result.scale, *(result.scale + np.asarray(result.vcomp) if model.k_vc else ())])
    view = fit_design(design, model.reml, start=(np.asarray(result.cov_re), s2), se=se)
    if view.llf - result.llf > 0.005:
        stopped, best = f"{result.llf:.4f}", f"{view.llf:.4f}"
        note = f"statsmodels stopped at a log likelihood of {stopped}; shown here is the maximum, {best}."
        return MixedResult(replace(design, notes=(note,)), view.optimum, view.reml, se)
    return view


def _names(matrix: NDArray[np.float64], names: Iterable | None, letter: str) -> tuple[str, ...]:
    """Names of the columns; one of ones is the intercept, whatever statsmodels or its user calls it."""
    names = [f"{letter}{k + 1}" for k in range(matrix.shape[1])] if names is None else list(names)
    return tuple(
        "Intercept" if (column == 1).all() else str(name) for column, name in zip(matrix.T, names, strict=True)
    )


def _group_name(result: Any, frame: pd.DataFrame | None) -> str:
    """Name of the column that holds the groups, of which statsmodels keeps the values only."""
    values = np.asarray(result.model.groups)
    if frame is not None and len(frame) == len(values):
        for name in frame.columns:
            if (frame[name].to_numpy() == values).all():
                return str(name)
    # With a formula, statsmodels 0.15 calls the random intercept by the groups' name; 0.14 calls it "Group".
    label = str(result.cov_re.index[0]) if frame is not None and hasattr(result.cov_re, "index") else "group"
    return label if (np.asarray(result.model.exog_re)[:, 0] == 1).all() and label != "Group" else "group"


def _residual_groups(model: Any, frame: pd.DataFrame | None) -> ResidualGroups:
    """The variance component as a second residual variance, if its entries are units, at most one a row and column."""
    names = model.exog_vc.names
    expressible = len(names) == 1
    codes = np.zeros(len(model.endog), dtype=np.intp)
    for label, mat in zip(model.group_labels, model.exog_vc.mats[0], strict=True) if expressible else ():
        mat = np.asarray(mat)
        unit = np.isin(mat, (0, 1)).all() and (mat.sum(0) <= 1).all() and (mat.sum(1) <= 1).all()
        expressible = expressible and bool(unit)
        codes[model.row_indices[label]] = mat.any(1)
    if not expressible or codes.all() or not codes.any():
        raise MlmedError(
            f"xtmixed cannot express the variance components of this model ({listed(names)}): it knows one grouping "
            "factor with its random effects and, besides, at most one component that gives some rows a residual "
            "variance of their own, such as vc_formula={'fid': '0 + C(fid):sm'}. Crossed or nested random effects need "
            "another program (R's lme4)."
        )
    level = str(names[0])
    factor = re.compile(rf"C\({re.escape(level)}\)\[.*?\]:?|{re.escape(level)}\[.*?\]:?")
    variable = factor.sub("", str(model.exog_vc.colnames[0][0][0])).strip(":") or level
    if frame is not None and level in frame and len(frame) == len(codes):
        sizes = frame[level].value_counts(sort=False).to_numpy(dtype=np.intp)
    else:
        sizes = np.ones(int(codes.sum()), dtype=np.intp)
    return ResidualGroups(codes=codes, level=level, variable=variable, sizes=sizes)
