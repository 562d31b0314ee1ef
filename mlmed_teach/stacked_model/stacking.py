"""One model for both equations: y stacked on m, with indicators that switch each row's coefficients on.

Bauer, Preacher & Gil (2006) write the mediator's and the outcome's equation as one,

    z = sm (d_M + a x) + sy (d_Y + b m + c' x) + e,

where sm and sy mark the rows that hold m and y. Only a joint model has a covariance of a_j (mediator's equation) and
b_j (outcome's equation).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ..errors import MlmedError
from ..models import SE, Design, MixedResult, ResidualGroups, check_se, fit_design
from ..validation import (
    check_reml,
    check_roles,
    check_table,
    cluster_codes,
    missing_in,
    one_id,
    one_of,
    require_columns,
)
from ..words import counted
from .paths import TERMS


def stack(
    data: pd.DataFrame,
    x: str = "x",
    m: str = "m",
    y: str = "y",
    group: str | Sequence[str] = "id",
    missing: str = "error",
) -> pd.DataFrame:
    """Reshape a table so that y is stacked on m: two rows for each row, first the one with y, then the one with m.

    Parameters
    ----------
    data : DataFrame, n rows
    x, m, y : str
        Columns of the predictor, the mediator and the outcome.
    group : str or list of str
        Column of the cluster ids, or columns that are the id together, as in `mediate`.
    missing : {"error", "drop"}
        What to do with missing values: refuse, or leave out rows without x, m or id, and of a row without y the one of
        the two that would hold it, as `mediate` does.

    Returns
    -------
    DataFrame, 2 n rows
        ``fid`` number of the original row, ``sm`` 1 where the row holds the mediator, ``id`` cluster, ``x``, ``m``,
        ``z`` the stacked response, ``sy`` 1 where the row holds the outcome, and the products ``smx`` (path a),
        ``sym`` (path b), ``syx`` (path c').

    Raises
    ------
    MlmedError
        A column that is missing, not numeric, constant or with missing values; fewer than two clusters; one column in
        two roles.

    Examples
    --------
    >>> import mlmed_teach as mt
    >>> long = mt.stack(mt.load_ml_sim(), x="x", m="m", y="y", group="id")
    >>> len(long), list(long["sm"][:4])
    (1600, [0, 1, 0, 1])
    """
    data, group, _ = one_id(data, group, {"x": x, "m": m, "y": y})
    check_roles({"x": x, "m": m, "y": y, "group": group})
    require_columns(data, (x, m, y, group))
    fid = np.arange(1, len(data) + 1)
    one_of(missing, "missing", ("error", "drop"))
    if missing == "drop":
        usable = ~np.any([missing_in(data[name]) for name in (x, m, group)], axis=0)
        data, fid = data[usable], fid[usable]
        check_table(data, (x, m), group)
        check_table(data[~missing_in(data[y])], (x, m, y), group)
    else:
        check_table(data, (x, m, y), group)
    n = len(data)
    values = {
        name: data[column].to_numpy(dtype=float, na_value=np.nan) for name, column in (("x", x), ("m", m), ("y", y))
    }
    sm = np.tile([0, 1], n)
    sy = 1 - sm
    long_x, long_m = np.repeat(values["x"], 2), np.repeat(values["m"], 2)
    long = pd.DataFrame(
        {
            "fid": np.repeat(fid, 2),
            "sm": sm,
            "id": data[group].repeat(2).reset_index(drop=True),
            "x": long_x,
            "m": long_m,
            "z": np.column_stack([values["y"], values["m"]]).ravel(),
            "sy": sy,
            "smx": sm * long_x,
            "sym": sy * long_m,
            "syx": sy * long_x,
        }
    )
    return long if missing == "error" else long[long["z"].notna()].reset_index(drop=True)


def _check_products(long: pd.DataFrame) -> None:
    """Refuse a stacked table whose smx, sym, syx are not the products that they should be, or with holes in fid."""
    sm, sy = long["sm"].to_numpy(dtype=float), long["sy"].to_numpy(dtype=float)
    for name, indicator, factor in (("smx", sm, "x"), ("sym", sy, "m"), ("syx", sy, "x")):
        values = long[name].to_numpy(dtype=float)
        if factor in long:
            bad = ~np.isclose(values, indicator * long[factor].to_numpy(dtype=float), rtol=1e-6, atol=0)
        else:
            bad = (indicator == 0) & (values != 0)
        if bad.any():
            raise MlmedError(
                f"Column {name!r} is not {name[:2]} * {factor} in {counted(int(bad.sum()), 'row')} "
                f"(first row {long.index[np.argmax(bad)]}). Make the stacked table anew with mt.stack(data, ...)."
            )
    if long["fid"].isna().any():
        raise MlmedError("Column 'fid' has missing values. Make the stacked table anew with mt.stack(data, ...).")


def fit_stacked(long: pd.DataFrame, reml: bool = True, residual: str = "per outcome", se: SE = "gls") -> MixedResult:
    """Fit the stacked model: fixed and random sm, smx, sy, sym, syx, no constant.

    Parameters
    ----------
    long : DataFrame
        As `stack` makes it.
    reml : bool
        REML, as on the page, or ML.
    residual : {"per outcome", "common"}
        A residual variance for each outcome, shown as the page's ``|| fid: sm`` where that can express it; or one for
        both.
    se : {"gls", "joint", "robust"}
        Whose standard errors: the page's, those of all parameters together, or the cluster sandwich; see
        `MixedResult.with_se`.

    Returns
    -------
    MixedResult

    Raises
    ------
    MlmedError
        The table is not a stacked one, its design is collinear, or it has too few rows for the random effects.

    Examples
    --------
    >>> import mlmed_teach as mt
    >>> fit = mt.fit_stacked(mt.stack(mt.load_ml_sim()))
    >>> print(f"a {fit.params['smx']:.4f}, b {fit.params['sym']:.4f}, cov {fit.cov_re.loc['smx', 'sym']:.4f}")
    a 0.6119, b 0.6106, cov 0.0990
    """
    check_reml(reml)
    check_se(se)
    one_of(residual, "residual", ("per outcome", "common"))
    require_columns(long, ("fid", "id", "z", *TERMS))
    check_table(long, ("z", *TERMS, *(name for name in ("x", "m") if name in long)), "id")
    sm = long["sm"].to_numpy(dtype=float)
    if not (np.isin(sm, (0, 1)).all() and (long["sy"].to_numpy(dtype=float) == 1 - sm).all()):
        raise MlmedError(
            "This is not a stacked table: sm must be 1 (and sy 0) on mediator rows, 0 (and sy 1) on outcome rows."
        )
    _check_products(long)
    X = long[list(TERMS)].to_numpy(dtype=float)
    cluster, labels = cluster_codes(long["id"])
    level = None
    codes = sm.astype(np.intp)
    if residual == "per outcome":
        fid_sizes = long["fid"].value_counts(sort=False).to_numpy(dtype=np.intp)
        level = ResidualGroups(codes=codes, level="fid", variable="sm", sizes=fid_sizes)
    y = long["z"].to_numpy(dtype=float)
    design = Design(y, X, X, cluster, labels, "z", "id", TERMS, TERMS, level)
    return fit_design(design, reml, parts=codes, se=se)
