"""Mixed models on a DataFrame: formulas in, a result out; and Stata's view of a model that statsmodels has fitted."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
from formulaic import Formula
from formulaic.errors import FormulaicError
from numpy.typing import NDArray

from .checks import check_categories, check_table, cluster_codes, counted, listed, require_columns
from .design import Design, ResidualGroups
from .errors import MlmedError
from .likelihood import dependent_column, maximize
from .result import MixedResult


def fit_mixed(
    formula: str, data: pd.DataFrame, groups: str, re_formula: str | None = None, reml: bool = True
) -> MixedResult:
    """Fit a linear mixed model with one grouping factor and an unstructured covariance of the random effects.

    Parameters
    ----------
    formula : str
        Response and fixed effects, as in ``"y ~ m + x"``.
    data : DataFrame
        One row for each observation.
    groups : str
        Column of the cluster ids, in any row order.
    re_formula : str, optional
        Random effects, as in ``"~ x"``; only a random intercept by default.
    reml : bool
        REML (as statsmodels and lme4 do by default) or, if False, ML (as Stata does).

    Returns
    -------
    MixedResult

    Raises
    ------
    MlmedError
        A formula that cannot be read, a column that is missing, not numeric, constant or with missing values, fewer
        than two clusters, a collinear design, or too few rows for the random effects.

    Examples
    --------
    >>> import mlmed_teach as mt
    >>> res = mt.fit_mixed("y ~ x", mt.load_ml_sim(), groups="id", re_formula="~ x", reml=False)
    >>> print(f"{res.params['x']:.4f} ({res.bse['x']:.4f})")
    0.6898 (0.0583)
    """
    check_reml(reml)
    fixed, random = _formula(formula), _formula(re_formula or "~ 1")
    if not hasattr(fixed, "lhs") or len(fixed.lhs) != 1:
        raise MlmedError(f"The formula {formula!r} needs one response on its left side, as in 'y ~ m + x'.")
    if hasattr(random, "lhs"):
        raise MlmedError(
            f"The formula of the random effects, {re_formula!r}, has no left side: write '~ x', not 'y ~ x'."
        )
    require_columns(data, [groups])
    names = sorted(map(str, fixed.required_variables | random.required_variables))
    categorical = [name for name in names if _is_categorical(name, formula, re_formula, data)]
    reserved = [name for name in names if name in ("Intercept", "_cons")]
    if reserved:
        raise MlmedError(f"A column called {reserved[0]!r} would be taken for the model's constant: rename it.")
    if set(map(str, fixed.lhs.required_variables)) & set(categorical):
        raise MlmedError(f"The response of {formula!r} is a category; this model needs a response that is a number.")
    check_table(data, [name for name in names if name not in categorical], groups)
    for name in categorical:
        check_categories(data, name)
    y = _matrix(fixed.lhs, data, formula)
    X = _matrix(fixed.rhs, data, formula)
    Z = _matrix(random, data, re_formula)
    if not X.shape[1] or not Z.shape[1]:
        raise MlmedError(
            f"The formula {formula if not X.shape[1] else re_formula!r} leaves no terms: keep at least '1'."
        )
    cluster, labels = cluster_codes(data[groups])
    design = Design(
        y=y.to_numpy(dtype=float)[:, 0],
        X=X.to_numpy(dtype=float),
        Z=Z.to_numpy(dtype=float),
        cluster=cluster,
        labels=labels,
        response=str(y.columns[0]),
        group=groups,
        fe_names=tuple(map(str, X.columns)),
        re_names=tuple(map(str, Z.columns)),
    )
    return fit_design(design, reml)


def check_reml(reml: object) -> None:
    """Refuse what is neither True nor False, such as "ML"."""
    if not isinstance(reml, bool | np.bool_):
        raise MlmedError(f"reml is True (REML) or False (ML), not {reml!r}.")


def _formula(text: str) -> Formula:
    if isinstance(text, str) and "|" in text:
        raise MlmedError(
            f"The formula {text!r} holds a '|'. The random effects have a formula of their own here: "
            "fit_mixed('y ~ x', data, groups='id', re_formula='~ x')."
        )
    try:
        return Formula(text)
    except (FormulaicError, SyntaxError, TypeError, ValueError) as error:
        reason = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip().split("\n")[0]  # formulaic colours its messages
        raise MlmedError(f"The formula {text!r} cannot be read ({reason}). A formula looks like 'y ~ m + x'.") from None


def _is_categorical(name: str, formula: str, re_formula: str | None, data: pd.DataFrame) -> bool:
    """Whether a column is used as categories: the formula says C(name), or its type says so."""
    says = re.search(rf"\bC\(\s*{re.escape(name)}\b", f"{formula} {re_formula or ''}")
    once = list(data.columns).count(name) == 1
    return bool(says) or (once and isinstance(data[name].dtype, pd.CategoricalDtype))


def _matrix(formula: Formula, data: pd.DataFrame, text: str | None) -> pd.DataFrame:
    try:
        with np.errstate(all="ignore"):  # a message in words follows
            matrix = pd.DataFrame(formula.get_model_matrix(data, na_action="ignore"))
    except (FormulaicError, ValueError, TypeError, NameError, SyntaxError) as error:
        reason = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip()
        raise MlmedError(f"The formula {text!r} cannot be evaluated on this table: {reason}") from None
    bad = ~np.isfinite(matrix.to_numpy(dtype=float))
    if bad.any():
        column = matrix.columns[bad.any(0)][0]
        raise MlmedError(
            f"{str(column)!r} in the formula {text!r} is not finite in {counted(int(bad.any(1).sum()), 'row')} "
            "(a logarithm or root of a negative number, or a division by 0?). Change the formula or the variable."
        )
    return matrix


def fit_design(
    design: Design,
    reml: bool,
    parts: NDArray[np.int64] | None = None,
    start: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
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

    Returns
    -------
    MixedResult

    Raises
    ------
    MlmedError
        The model is not identified, or its likelihood has no maximum that could be found.
    """
    codes = None if design.residual is None else design.residual.codes
    check_identified(design, codes if parts is None else parts)
    optimum = maximize(design.y, design.X, design.Z, design.cluster, codes, bool(reml), start, design.zeros)
    return MixedResult(design, optimum, bool(reml))


def check_identified(design: Design, parts: NDArray[np.int64] | None = None) -> None:
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
        Collinear fixed or random effects; fewer rows than parameters; no cluster with more rows than random effects.
    """
    for matrix, names, what in ((design.X, design.fe_names, "fixed"), (design.Z, design.re_names, "random")):
        k = dependent_column(matrix)
        if k is not None:
            if not matrix[:, k].any():
                because = "it is 0 in every row (a category without rows? pandas' remove_unused_categories helps)"
            else:
                before = ", ".join(map(repr, names[:k]))
                because = f"it can be computed from {before}, or varies too little beside its size to tell"
            raise MlmedError(
                f"The {what} effects are collinear: {names[k]!r} adds nothing, because {because}. "
                "Leave one of these terms out of the model, or subtract its mean from a variable far from 0."
            )
    parts = np.zeros(len(design.y), dtype=np.int64) if parts is None else parts
    for part in np.unique(parts):
        rows = parts == part
        here = design.Z[rows].any(0) & ~design.Z[~rows].any(0)
        used = [name for name, uses in zip(design.re_names, here, strict=True) if uses]
        _check_slopes(design, rows, np.flatnonzero(here))
        size = np.bincount(design.cluster[rows], minlength=len(design.labels))
        if used and size.max() <= len(used):
            raise MlmedError(
                f"No cluster has more than {counted(int(size.max()), 'row')}, but each has "
                f"{counted(len(used), 'random effect')} ({', '.join(used)}): they cannot be told from the residual. "
                f"Use fewer random effects, or data with at least {len(used) + 1} rows in many clusters."
            )


def _check_slopes(design: Design, rows: NDArray[np.bool_], columns: NDArray[np.int64]) -> None:
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


def xtmixed(result: object) -> MixedResult:
    """Stata's view of a MixedLM that statsmodels has fitted.

    The model matrices are taken from the result, its optimum is polished to full precision, and Stata's standard errors
    are computed there.

    Parameters
    ----------
    result : statsmodels MixedLMResults
        From ``smf.mixedlm(...).fit()``: one grouping factor with unstructured random effects, and at most one variance
        component, which adds a variance of its own to each of some rows (the page's ``|| fid: sm``; in statsmodels
        ``vc_formula={"fid": "0 + C(fid):sm"}``).

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

    model = getattr(result, "model", None)
    if not isinstance(model, MixedLM) or not hasattr(result, "cov_re"):
        raise MlmedError(
            "xtmixed needs a fitted statsmodels MixedLM, as smf.mixedlm(...).fit() returns it, "
            f"but this is a {type(result).__name__}."
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
    view = fit_design(design, model.reml, start=(np.asarray(result.cov_re), s2))
    if view.llf - result.llf > 0.005:
        stopped, best = f"{result.llf:.4f}", f"{view.llf:.4f}"
        note = f"statsmodels stopped at a log likelihood of {stopped}; shown here is the maximum, {best}."
        return MixedResult(replace(design, notes=(note,)), view.optimum, view.reml)
    return view


def _names(matrix: NDArray[np.float64], names: object, letter: str) -> tuple[str, ...]:
    """Names of the columns; one of ones is the intercept, whatever statsmodels or its user calls it."""
    names = [f"{letter}{k + 1}" for k in range(matrix.shape[1])] if names is None else list(names)
    return tuple(
        "Intercept" if (column == 1).all() else str(name) for column, name in zip(matrix.T, names, strict=True)
    )


def _group_name(result: object, frame: pd.DataFrame | None) -> str:
    """Name of the column that holds the groups, of which statsmodels keeps the values only."""
    values = np.asarray(result.model.groups)
    for name in () if frame is None else frame.columns:
        if len(frame) == len(values) and (frame[name].to_numpy() == values).all():
            return str(name)
    # With a formula, statsmodels 0.15 calls the random intercept by the groups' name; 0.14 calls it "Group".
    label = str(result.cov_re.index[0]) if frame is not None and hasattr(result.cov_re, "index") else "group"
    return label if (np.asarray(result.model.exog_re)[:, 0] == 1).all() and label != "Group" else "group"


def _residual_groups(model: object, frame: pd.DataFrame | None) -> ResidualGroups:
    """The variance component as a second residual variance, if its entries are units, at most one a row and column."""
    names = model.exog_vc.names
    expressible = len(names) == 1
    codes = np.zeros(len(model.endog), dtype=np.int64)
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
        sizes = frame[level].value_counts(sort=False).to_numpy()
    else:
        sizes = np.ones(int(codes.sum()), dtype=np.int64)
    return ResidualGroups(codes=codes, level=level, variable=variable, sizes=sizes)
