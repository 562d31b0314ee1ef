"""Mixed models on a DataFrame: formulas in, a result out."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from formulaic import Formula
from formulaic.errors import FormulaicError

from ..errors import MlmedError
from ..validation import check_categories, check_reml, check_table, cluster_codes, require_columns
from ..words import counted
from .design import Design
from .fitting import fit_design
from .result import MixedResult
from .standard_errors import SE, check_se


def fit_mixed(
    formula: str,
    data: pd.DataFrame,
    groups: str,
    re_formula: str | None = None,
    reml: bool = True,
    se: SE = "gls",
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
    se : {"gls", "joint", "robust"}
        Whose standard errors: Stata's, those of all parameters together, or the cluster sandwich; see
        `MixedResult.with_se`.

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
    check_se(se)
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
    return fit_design(design, reml, se=se)


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
