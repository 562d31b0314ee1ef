"""From a user's table and wishes to the stacked design, or to a message that says what this design cannot answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..engine import dependent_column
from ..errors import MlmedError
from ..models import Design, ResidualGroups
from ..typing import Array, BoolArray, IntArray
from ..validation import (
    check_categories,
    check_roles,
    check_table,
    cluster_codes,
    codes_for_missing,
    flag,
    ids_that_begin_anew,
    ids_that_look_alike,
    is_category,
    is_name,
    numeric_values,
    one_id,
    one_level_only,
    one_of,
    require_columns,
)
from ..words import and_list, counted, described, quoted_list
from .missing_values import known_rows
from .paths import PATHS, TERMS, mean_of
from .random_effects import EQUATIONS, check_numbers, intercepts_that_exist, wanted_intercepts, wanted_slopes
from .study_design import Rows, check_binary, check_levels, check_words, slopes_that_vary

MOST_CATEGORIES = 100


NO_RESIDUAL = 1e-8  # what predictors leave of a response, over its spread within clusters, that counts as nothing


@dataclass(frozen=True)
class Specification:
    """What was asked for, and what became of it.

    Attributes
    ----------
    x, m, y, group : str
        Columns. An id of several columns has their names, as in "class and student".
    id_columns : tuple of str
        The columns of the id.
    random : tuple of str
        Which of the paths "a", "b", "cprime" have a random slope.
    intercepts : tuple of str
        Which of the equations, "m" and "y", have a random intercept.
    covariates : dict
        "m" and "y" -> names of the columns in that equation.
    decompose : bool
        Effects within and between clusters are told apart.
    within : bool
        x varies within clusters; if not, this is a 2-1-1 design.
    means : dict of str to str
        "m" and "y" -> whose cluster means are predictors in that equation, of "m" and "x"; "" unless decomposed.
    rows, outcome_rows, clusters : int
        Numbers that were used: of rows, of those among them that have y, of clusters.
    index : pandas.Index
        Labels of the rows that were used, as in the user's table.
    observed : ndarray of bool, shape (rows,)
        Which of them have y, and what else its equation needs.
    remarks : tuple of str
        What a reader of the result must know: rows left out, slopes left out, the design, ids and values that may be
        other than they seem.
    suspects : str
        That one of them which is about values that look like codes for missing; "" if there are none.
    """

    x: str
    m: str
    y: str
    group: str
    random: tuple[str, ...]
    intercepts: tuple[str, ...]
    covariates: dict[str, tuple[str, ...]]
    decompose: bool
    within: bool
    means: dict[str, str]
    rows: int
    outcome_rows: int
    clusters: int
    index: pd.Index = field(compare=False, repr=False)
    observed: BoolArray = field(compare=False, repr=False)
    id_columns: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    suspects: str = ""


def specify(
    data: pd.DataFrame,
    x: str,
    m: str,
    y: str,
    group: str | Sequence[str],
    random: Sequence[str] | str,
    covariates: Sequence[str] | Mapping[str, Sequence[str]],
    decompose: bool,
    missing: str,
    intercepts: Sequence[str] | str = EQUATIONS,
) -> tuple[Specification, Design]:
    """Check the table and the wishes, and make the stacked design of them.

    Parameters
    ----------
    data, x, m, y, group, random, covariates, decompose, missing, intercepts
        As in `mediate`.

    Returns
    -------
    Specification, Design
        Rows of the design: first those of the outcome, as far as it is known, then those of the mediator; the sizes
        of its residual groups say which rows of the table have both.

    Raises
    ------
    MlmedError
        As in `mediate`.
    """
    data, group, ids = one_id(data, group, {"x": x, "m": m, "y": y})
    roles = {"x": x, "m": m, "y": y, "group": group}
    check_roles(roles)
    wanted, levels = wanted_slopes(random), wanted_intercepts(intercepts)
    covariates = _covariates(covariates, roles)
    decompose = flag(decompose, "decompose")
    one_of(missing, "missing", ("error", "drop"))
    require_columns(data, [*roles.values(), *covariates["m"], *covariates["y"]])
    extra = list(dict.fromkeys([*covariates["m"], *covariates["y"]]))
    remarks: list[str] = []
    observed = np.ones(len(data), dtype=bool)
    if missing == "drop":
        both = [x, m, *covariates["m"], group]
        data, observed, remarks = known_rows(data, both, [y, *covariates["y"]], group, m)
    check_words(data, {"m": m, "y": y})
    table = {"m": data, "y": data[observed] if not observed.all() else data}
    categories = [name for name in extra if is_category(data[name])]
    for outcome, needed in (("y", (x, m, y, *extra)), ("m", (x, m, *covariates["m"]))):
        if outcome == "y" or not observed.all():  # the rows of y are all there are, or some of those of m
            numeric = [name for name in needed if name not in categories]
            check_table(table[outcome], numeric, group, droppable=True, responses=(m, y), ids=ids)
    cluster, labels = cluster_codes(data[group])
    remarks += _about_ids(data, ids, cluster, (x, m, y))
    suspects = codes_for_missing(data, [name for name in (x, m, y, *extra) if name not in categories])
    columns = {role: roles[role] for role in "xmy"}
    value = {role: data[name].to_numpy(dtype=float) for role, name in columns.items()}
    of_m = Rows(cluster, labels, {role: value[role] for role in "xm"})
    rows = {"m": of_m, "y": of_m.with_outcome(value["y"], observed)}
    coded: dict[str, dict[str, dict[str, Array]]] = {"m": {}, "y": {}}
    for outcome, of in coded.items():
        for name in covariates[outcome]:
            if name in categories:
                check_categories(table[outcome], name, droppable=True)
            of[name] = _code(table[outcome][name], name, name in categories)
    check_binary(rows, {"m": m, "y": y})
    within, means, said = check_levels(rows, columns, group, decompose)
    remarks += said
    slopes, said = slopes_that_vary(columns, group, within, wanted, decompose)
    remarks += said
    levels, said = intercepts_that_exist(rows, columns, coded, levels, slopes, means if decompose else None)
    remarks += said
    check_numbers(rows, columns, group, slopes, levels)
    spec = Specification(
        x,
        m,
        y,
        group,
        slopes,
        levels,
        covariates,
        bool(decompose),
        within,
        means,
        len(data),
        int(observed.sum()),
        len(labels),
        data.index,
        observed,
        tuple(ids),
        (*remarks, *filter(None, [suspects])),
        suspects,
    )
    return spec, _design(spec, rows, coded)


def _about_ids(data: pd.DataFrame, ids: list[str], cluster: IntArray, variables: tuple[str, ...]) -> list[str]:
    """What must be said about the ids of the clusters: several columns, ids that look alike, ids that begin anew."""
    values = {name: numbers for name in variables if (numbers := numeric_values(data[name])) is not None}
    said = [
        one_level_only(data, ids, int(cluster.max()) + 1) if len(ids) > 1 else "",
        ids_that_look_alike(data, ids),
        ids_that_begin_anew(data, ids, cluster, values),
    ]
    return [remark for remark in said if remark]


def _covariates(covariates: object, roles: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """Covariates of the mediator's and of the outcome's equation."""
    if isinstance(covariates, Mapping):
        unknown = [key for key in covariates if key not in ("m", "y")]
        if unknown:
            raise MlmedError(
                f"covariates has the keys 'm' and 'y', for the two equations, as in {{'m': ['age'], 'y': []}}; "
                f"{quoted_list(unknown, 5)} is no equation."
            )
        return {equation: _covariates(covariates.get(equation), roles)[equation] for equation in ("m", "y")}
    if covariates is None:
        names = []
    elif isinstance(covariates, str):
        names = [covariates]
    elif isinstance(covariates, pd.Series | pd.DataFrame | np.ndarray) or not isinstance(covariates, Sequence):
        raise MlmedError(
            "covariates are given by the names of their columns, as in ['age', 'grade'], but this is "
            f"{described(covariates)}."
        )
    else:
        names = list(covariates)
    for name in names:
        if not is_name(name):
            raise MlmedError(
                "covariates are given by the names of their columns, as in ['age', 'grade'], but this list holds "
                f"{described(name)}."
            )
        role = [role for role, used in roles.items() if used is name or used == name]
        if role:
            raise MlmedError(f"The covariate {name!r} is in the model already, as {role[0]}. Leave it out.")
        if names.count(name) > 1:
            raise MlmedError(f"The covariate {name!r} is given twice.")
    return {"m": tuple(names), "y": tuple(names)}


def _code(column: pd.Series, name: str, category: bool) -> dict[str, Array]:
    """Columns of a covariate: itself, or one indicator for each category but the first."""
    if not category:
        return {str(name): column.to_numpy(dtype=float)}
    labels = column.map(str).astype(str)  # numbers and their text are one category
    order = column.cat.categories if isinstance(column.dtype, pd.CategoricalDtype) else sorted(labels.unique())
    levels = [level for level in dict.fromkeys(map(str, order)) if (labels == level).any()]
    if len(levels) > min(MOST_CATEGORIES, len(column) / 2):
        raise MlmedError(
            f"The covariate {name!r} has {len(levels):,} categories ({quoted_list(levels, 3)}) in "
            f"{counted(len(column), 'row')}. It looks like an id or free text: group it into a few categories, or "
            "leave it out."
        )
    dummies = pd.get_dummies(pd.Categorical(labels, categories=levels), drop_first=True, dtype=float)
    return {f"{name}[{level}]": dummies[level].to_numpy() for level in dummies}


def _equation(
    spec: Specification, rows: Rows, outcome: str, predictors: dict[str, str], coded: dict[str, dict[str, Array]]
) -> dict[str, Array]:
    """Terms of one equation with their values by row, and a check that none can be computed from the others."""
    columns = {"m": spec.m, "y": spec.y, "x": spec.x}
    terms, said = {f"s{outcome}": np.ones(len(rows.cluster))}, ["the constant"]
    for term, role in predictors.items():
        if not spec.decompose:
            terms[term] = rows.values[role]
            said.append(repr(columns[role]))
            continue
        if role == "m" or spec.within:
            terms[term] = rows.values[role] - rows.mean[role]
            said.append(f"{columns[role]!r} within clusters")
        if role in spec.means[outcome]:
            terms[mean_of(term)] = rows.mean[role]
            said.append(f"the cluster means of {columns[role]!r}")
    for name in spec.covariates[outcome]:
        for column, values in coded[name].items():
            if f"s{outcome}:{column}" in terms:
                raise MlmedError(f"Two covariates would both be called {column!r} in the results: rename one of them.")
            terms[f"s{outcome}:{column}"] = values
            said.append(repr(column))
    matrix = np.column_stack(list(terms.values()))
    where = f"In the equation of {columns[outcome]!r}"
    dependent = dependent_column(matrix)
    if dependent is not None:
        raise MlmedError(
            f"{where} the predictors are collinear: {said[dependent]} adds nothing to {and_list(said[:dependent])}, "
            "from which it can be computed, or varies too little beside its size to tell. Leave one of them out, or "
            "subtract its mean from a variable far from 0."
        )
    _check_residual(rows, outcome, matrix[:, 1:], columns[outcome], said[1:])
    of_clusters = [k for k, values in enumerate(matrix.T) if rows.of_clusters(values)]
    if len(rows.labels) <= len(of_clusters):
        raise MlmedError(
            f"{where}, {len(of_clusters)} terms describe clusters ({', '.join(said[k] for k in of_clusters)}), but "
            f"there are only {counted(len(rows.labels), 'cluster')}: more clusters than such terms are needed. Leave "
            "covariates out" + (", or use decompose=False." if spec.decompose else ".")
        )
    if outcome == "y" and not spec.decompose:
        _check_no_means(spec, rows, matrix[:, of_clusters], [said[k] for k in of_clusters])
    return terms


def _check_residual(rows: Rows, outcome: str, predictors: Array, response: str, said: list[str]) -> None:
    """A response that its predictors reproduce, but for a constant in each cluster, has no residual variance."""
    value = rows.values[outcome]
    limit = NO_RESIDUAL * np.sqrt(np.mean((value - rows.mean[outcome]) ** 2))
    for center, constant in ((np.mean, ""), (rows.means, " and a constant in each cluster")):
        deviations = np.column_stack([column - center(column) for column in predictors.T])
        fitted = deviations * _coefficients(deviations, value - center(value))
        if np.sqrt(np.mean((value - center(value) - fitted.sum(1)) ** 2)) > limit:
            continue
        used = [name for name, part in zip(said, fitted.T, strict=True) if np.ptp(part) > 1e-6 * np.ptp(value)]
        raise MlmedError(
            f"{response!r} can be computed exactly from {and_list(used)}{constant}, so that there is no residual "
            "variance to estimate. Is one of them a copy, a sum or a multiple of others? Use variables that were "
            "measured by themselves."
        )


def _coefficients(matrix: Array, response: Array) -> Array:
    """Least squares, whatever the units of the columns."""
    size = np.sqrt((matrix**2).sum(0))
    size[size == 0] = 1.0
    return np.linalg.lstsq(matrix / size, response, rcond=None)[0] / size


def _check_no_means(spec: Specification, rows: Rows, of_clusters: Array, said: list[str]) -> None:
    """The means of m as a covariate of y cannot be told from the covariance of the two random intercepts."""
    means = rows.mean["m"]
    fitted = of_clusters @ _coefficients(of_clusters, means)
    if rows.varies_between("m") and np.abs(means - fitted).max() <= 1e-6 * np.ptp(means):
        raise MlmedError(
            f"The cluster means of {spec.m!r} are among the covariates of {spec.y!r} ({', '.join(said[1:])}), where "
            "their effect cannot be told from the covariance of the two random intercepts. Leave them out and use "
            "decompose=True, which puts the means in and that covariance to 0."
        )


def _design(spec: Specification, rows: dict[str, Rows], coded: dict[str, dict[str, dict[str, Array]]]) -> Design:
    outcome = _equation(spec, rows["y"], "y", {"sym": "m", "syx": "x"}, coded["y"])
    mediator = _equation(spec, rows["m"], "m", {"smx": "x"}, coded["m"])
    columns = mediator | outcome
    first = [name for name in TERMS if name in columns]
    names = [*first, *(name for name in columns if name.endswith("_mean") and ":" not in name)]
    names += [name for name in columns if name not in names]
    vary = {f"s{equation}" for equation in spec.intercepts} | {PATHS[path].term for path in spec.random}
    random = [name for name in first if name in vary]
    if not random:
        raise MlmedError(
            "Nothing is random in this model: intercepts=() and no random slope. Then clusters do not differ, and "
            "ordinary regression is enough; else let an intercept or a slope be random."
        )
    n_y, n_m = spec.outcome_rows, spec.rows
    X = np.zeros((n_y + n_m, len(names)))  # filled column by column: a large table has no room for a second one
    for k, name in enumerate(names):
        own = slice(n_y) if name in outcome else slice(n_y, None)
        X[own, k] = columns[name]
    sm = np.repeat(np.arange(2), [n_y, n_m])
    return Design(
        y=np.concatenate([rows["y"].values["y"], rows["m"].values["m"]]),
        X=X,
        # A view of X where all intercepts and slopes vary.
        Z=X[:, : len(random)] if random == names[: len(random)] else X[:, [names.index(name) for name in random]],
        cluster=np.concatenate([rows["y"].cluster, rows["m"].cluster]),
        labels=rows["m"].labels,
        response="z",
        group=str(spec.group),
        fe_names=tuple(names),
        re_names=tuple(random),
        residual=ResidualGroups(codes=sm, level="fid", variable="sm", sizes=1 + spec.observed),
        # With the means of m as a predictor, this covariance and the effect between clusters say the same of the data.
        zeros=((random.index("sm"), random.index("sy")),) if spec.decompose and {"sm", "sy"} <= vary else (),
    )
