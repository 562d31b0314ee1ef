"""From a user's table and wishes to the stacked design, or to a message that says what this design cannot answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..engine import dependent_column
from ..errors import MlmedError
from ..models import Design, ResidualGroups
from ..typing import Array
from ..validation import (
    check_categories,
    check_roles,
    check_table,
    cluster_codes,
    is_category,
    is_name,
    numeric_values,
    require_columns,
)
from ..words import and_list, counted, described, listed, quoted
from .paths import PATHS, TERMS, mean_of
from .study_design import Rows, check_binary, check_levels, slopes_that_vary

MOST_CATEGORIES = 100


NO_RESIDUAL = 1e-8  # what predictors leave of a response, over its spread within clusters, that counts as nothing


@dataclass(frozen=True)
class Specification:
    """What was asked for, and what became of it.

    Attributes
    ----------
    x, m, y, group : str
        Columns.
    random : tuple of str
        Which of the paths "a", "b", "cprime" have a random slope.
    covariates : dict
        "m" and "y" -> names of the columns in that equation.
    decompose : bool
        Effects within and between clusters are told apart.
    within : bool
        x varies within clusters; if not, this is a 2-1-1 design.
    rows, clusters : int
        Numbers that were used.
    index : pandas.Index
        Labels of the rows that were used, as in the user's table.
    remarks : tuple of str
        What a reader of the result must know: rows left out, slopes left out, the design.
    """

    x: str
    m: str
    y: str
    group: str
    random: tuple[str, ...]
    covariates: dict[str, tuple[str, ...]]
    decompose: bool
    within: bool
    rows: int
    clusters: int
    index: pd.Index = field(compare=False, repr=False)
    remarks: tuple[str, ...] = ()


def specify(
    data: pd.DataFrame,
    x: str,
    m: str,
    y: str,
    group: str,
    random: Sequence[str] | str,
    covariates: Sequence[str] | Mapping[str, Sequence[str]],
    decompose: bool,
    missing: str,
) -> tuple[Specification, Design]:
    """Check the table and the wishes, and make the stacked design of them.

    Parameters
    ----------
    data, x, m, y, group, random, covariates, decompose, missing
        As in `mediate`.

    Returns
    -------
    Specification, Design
        Rows of the design: first those of the outcome, then those of the mediator.

    Raises
    ------
    MlmedError
        As in `mediate`.
    """
    roles = {"x": x, "m": m, "y": y, "group": group}
    check_roles(roles)
    wanted = _random(random)
    covariates = _covariates(covariates, roles)
    if not isinstance(decompose, bool | np.bool_):
        raise MlmedError(f"decompose is True or False, not {described(decompose)}.")
    if not isinstance(missing, str) or missing not in ("error", "drop"):
        raise MlmedError(f"missing is 'error' or 'drop', not {described(missing)}.")
    require_columns(data, [*roles.values(), *covariates["m"], *covariates["y"]])
    extra = list(dict.fromkeys([*covariates["m"], *covariates["y"]]))
    remarks: list[str] = []
    if missing == "drop":
        data, remarks = _complete(data, [x, m, y, *extra, group], group)
    categories = [name for name in extra if is_category(data[name])]
    numeric = [name for name in (x, m, y, *extra) if name not in categories]
    check_table(data, numeric, group, droppable=True)
    for name in categories:
        check_categories(data, name, droppable=True)
    cluster, labels = cluster_codes(data[group])
    columns = {role: roles[role] for role in "xmy"}
    rows = Rows(cluster, labels, {role: numeric_values(data[name]) for role, name in columns.items()})
    check_binary(rows, {"m": m, "y": y})
    within = check_levels(rows, columns, group, decompose)
    slopes, said = slopes_that_vary(columns, group, within, wanted, decompose)
    remarks += said
    _check_numbers(rows, columns, group, slopes)
    coded = {name: _code(data[name], name, name in categories) for name in extra}
    spec = Specification(
        x, m, y, group, slopes, covariates, bool(decompose), within, len(data), len(labels), data.index, tuple(remarks)
    )
    return spec, _design(spec, rows, coded)


def _check_numbers(rows: Rows, columns: dict[str, str], group: str, slopes: tuple[str, ...]) -> None:
    """Random effects need more clusters, more rows in a cluster, and predictors that vary within several clusters."""
    clusters = len(rows.labels)
    if clusters < 2 + len(slopes):
        fewer = "random=('b',) or random=()" if clusters > 2 and slopes != ("b",) else "random=()"
        raise MlmedError(
            f"There are {counted(clusters, 'cluster')} of {group!r} for {2 + len(slopes)} random effects (two "
            f"intercepts and the {'slope' if len(slopes) == 1 else 'slopes'} {', '.join(slopes)}): their variances "
            f"cannot be estimated. Leave slopes out, as in {fewer}, or collect more clusters."
        )
    for outcome, paths in (("m", ("a",)), ("y", ("b", "cprime"))):
        used = [path for path in paths if path in slopes]
        if rows.size.max() <= 1 + len(used):
            rest = tuple(path for path in slopes if path not in used)
            raise MlmedError(
                f"No cluster of {group!r} has more than {counted(int(rows.size.max()), 'row')}, but in the equation of "
                f"{columns[outcome]!r} each has {counted(1 + len(used), 'random effect')} (its intercept and the "
                f"{'slope' if len(used) == 1 else 'slopes'} {' and '.join(used)}), which cannot be told from the "
                f"residual. Leave slopes out, as in random={rest!r}, or collect more rows in each cluster."
            )
    for role, paths in (("x", ("a", "cprime")), ("m", ("b",))):
        used = [path for path in paths if path in slopes]
        shown = rows.clusters_that_show(role)
        if used and len(shown) < 2:
            rest = tuple(path for path in slopes if path not in used)
            raise MlmedError(
                f"Only one of {counted(clusters, 'cluster')} ({group} {listed(rows.labels[shown])}) has different "
                f"values of {columns[role]!r}, so that nothing can be said about how its effect differs "
                f"between clusters: {' and '.join(used)} cannot be random. Leave out slopes, as in random={rest!r}."
            )


def _random(random: Sequence[str] | str) -> tuple[str, ...] | None:
    """The random slopes in the order of the paths; None for "auto"."""
    if isinstance(random, str):
        if random == "auto":
            return None
        random = (random,)
    chosen: list[str] = []
    unknown: list[object]
    try:
        chosen = list(random)
        unknown = [name for name in chosen if name not in PATHS]
    except TypeError:
        unknown = [random]
    if unknown:
        raise MlmedError(
            f"random names the paths with a random slope, any of {', '.join(map(repr, PATHS))}, or is 'auto', but it "
            f"holds {listed(map(quoted, unknown))}. Without any random slope it is ()."
        )
    return tuple(path for path in PATHS if path in chosen)


def _covariates(covariates: object, roles: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """Covariates of the mediator's and of the outcome's equation."""
    if isinstance(covariates, Mapping):
        unknown = [key for key in covariates if key not in ("m", "y")]
        if unknown:
            raise MlmedError(
                f"covariates has the keys 'm' and 'y', for the two equations, as in {{'m': ['age'], 'y': []}}; "
                f"{listed(map(quoted, unknown))} is no equation."
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


def _complete(data: pd.DataFrame, needed: list[str], group: str) -> tuple[pd.DataFrame, list[str]]:
    """The rows without missing values, and a sentence on what went."""
    holes = {name: data[name].isna().to_numpy() for name in needed}
    bad = np.any(list(holes.values()), axis=0)
    if not bad.any():
        return data, []
    by = ", ".join(f"{name}: {int(hole.sum()):,}" for name, hole in holes.items() if hole.any())
    if bad.all():
        raise MlmedError(
            f"Every one of the {counted(len(data), 'row')} lacks a value in at least one column of the model, so that "
            f"none is left. Missing values: {by}."
        )
    kept = data[~bad]
    text = f"Left out: {counted(int(bad.sum()), 'row')} of {len(data):,} with missing values ({by})"
    try:
        left = set(kept[group])
        gone = [label for label in pd.unique(data[group].dropna()) if label not in left]
    except TypeError:  # ids that are no ids get their own message
        gone = []
    if len(gone):
        text += f", and with them all rows of {counted(len(gone), 'cluster')} ({group} {listed(gone)})"
    return kept, [text + "."]


def _code(column: pd.Series, name: str, category: bool) -> dict[str, Array]:
    """Columns of a covariate: itself, or one indicator for each category but the first."""
    if not category:
        return {str(name): numeric_values(column)}
    labels = column.map(str).astype(str)  # numbers and their text are one category
    order = column.cat.categories if isinstance(column.dtype, pd.CategoricalDtype) else sorted(labels.unique())
    levels = [level for level in dict.fromkeys(map(str, order)) if (labels == level).any()]
    if len(levels) > min(MOST_CATEGORIES, len(column) / 2):
        raise MlmedError(
            f"The covariate {name!r} has {len(levels):,} categories ({listed(map(repr, levels), 3)}) in "
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


def _design(spec: Specification, rows: Rows, coded: dict[str, dict[str, Array]]) -> Design:
    outcome = _equation(spec, rows, "y", {"sym": "m", "syx": "x"}, coded)
    mediator = _equation(spec, rows, "m", {"smx": "x"}, coded)
    n = len(rows.cluster)
    zero = np.zeros(n)
    columns = {name: np.concatenate([zero, values]) for name, values in mediator.items()}
    columns |= {name: np.concatenate([values, zero]) for name, values in outcome.items()}
    first = [name for name in TERMS if name in columns]
    names = [*first, *(name for name in columns if name.endswith("_mean") and ":" not in name)]
    names += [name for name in columns if name not in names]
    random = [name for name in first if name in ("sm", "sy") or name in {PATHS[path].term for path in spec.random}]
    sm = np.repeat(np.arange(2), n)
    return Design(
        y=np.concatenate([rows.values["y"], rows.values["m"]]),
        X=np.column_stack([columns[name] for name in names]),
        Z=np.column_stack([columns[name] for name in random]),
        cluster=np.tile(rows.cluster, 2),
        labels=rows.labels,
        response="z",
        group=str(spec.group),
        fe_names=tuple(names),
        re_names=tuple(random),
        residual=ResidualGroups(codes=sm, level="fid", variable="sm", sizes=np.full(n, 2)),
        # With the means of m as a predictor, this covariance and the effect between clusters say the same of the data.
        zeros=((random.index("sm"), random.index("sy")),) if spec.decompose else (),
    )
