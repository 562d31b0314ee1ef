"""Ids of clusters: several columns that are one id, ids that look alike, and ids that begin anew."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import chdtrc, fdtrc

from ..errors import MlmedError
from ..typing import Array, IntArray
from ..words import SHOWN, and_list, counted, quoted_list
from .arguments import check_roles
from .columns import cluster_codes, missing_in
from .tables import require_columns, too_long

_STEPS = (
    '.str.normalize("NFKC")',
    '.str.removesuffix(".0")',
    ".str.strip()",
    '.str.split().str.join(" ")',
    ".str.upper()",
)
"""What may have to be done to ids as text before those that look alike are one."""

_ALIKE = 0.02  # p value below which rows of an id in different blocks have something in common


def one_id(table: pd.DataFrame, group: Any, roles: Mapping[str, Any]) -> tuple[pd.DataFrame, str, list[str]]:
    """The cluster id as one column, of several if a list is given: "1/3" of 1 and 3.

    Parameters
    ----------
    table : DataFrame
        It is not changed.
    group : str or list of str
        A column, or columns that are the id together (also as a tuple, if no column has that name).
    roles : dict
        Role -> column, of the other roles.

    Returns
    -------
    table : DataFrame
        With one more column, if the id has several. An id is missing where one of them is; ids are sorted by the
        first column, then by the second ...
    name : str
        Of the column: "class and student".
    columns : list of str
        Those that the id was made of.

    Raises
    ------
    MlmedError
        A list that is empty or names a column twice, one that is not there, has another role or cannot be an id.
    """
    if isinstance(group, tuple) and isinstance(table, pd.DataFrame):
        present = list(table.columns)
        together = group not in present and bool(group) and all(name in present for name in group)
    else:
        together = isinstance(group, list)
    if not together:
        return table, group, [group]
    columns = list(group)
    if not columns:
        raise MlmedError(
            "group is the column of the cluster ids, as in group='id', or a list of columns that are the id together, "
            "but this list is empty."
        )
    for name in columns:
        check_roles({**roles, "group": name})
        if columns.count(name) > 1:
            raise MlmedError(f"group names the column {name!r} twice. Name each column of the id once.")
    require_columns(table, columns)
    return (table, columns[0], columns) if len(columns) == 1 else (*_joined(table, columns), columns)


def _joined(table: pd.DataFrame, columns: list[str]) -> tuple[pd.DataFrame, str]:
    known = np.ones(len(table), dtype=bool)
    parts = []
    for name in columns:
        known &= ~missing_in(table[name])
        if said := too_long(table[name], name):
            raise MlmedError(said)
        try:
            parts.append(cluster_codes(table[name])[0])
        except TypeError:
            raise MlmedError(
                f"Column {name!r} holds lists or the like, not ids. Give each cluster a number or a name."
            ) from None
    different, first, code = np.unique(np.column_stack(parts)[known], axis=0, return_index=True, return_inverse=True)
    rows = np.flatnonzero(known)[first]
    labels = ["/".join(map(_text, one)) for one in zip(*(table[name].iloc[rows] for name in columns), strict=True)]
    if len(set(labels)) < len(different):  # "1/2" with 3, and 1 with "2/3"
        labels = [f"{label} ({k})" for k, label in enumerate(labels, 1)]
    codes = np.full(len(table), -1)
    codes[known] = code.reshape(-1)
    name = and_list(map(str, columns))
    while name in list(table.columns):
        name += " "
    table = table.copy(deep=False)
    table[name] = pd.Categorical.from_codes(codes, categories=pd.Index(labels, dtype=object))
    return table, name


def one_level_only(table: pd.DataFrame, columns: Sequence[str], clusters: int) -> str:
    """The remark that several columns are the id of one level, and what that leaves out."""
    outer = list(columns[:-1])
    larger = len(table[outer].drop_duplicates())
    text = (
        f"The clusters are the {clusters:,} combinations of {and_list(map(str, columns))}, the only level of the model."
    )
    if larger < clusters:
        text += (
            f" What rows of one {and_list(map(str, outer))} ({larger:,} in all) have in common beyond that is not "
            "modelled: if they differ much, standard errors are too small."
        )
    return text


# ---- ids that look alike ------------------------------------------------------------------------------------------


def ids_that_look_alike(table: pd.DataFrame, columns: Sequence[str]) -> str:
    """A remark on ids that differ in capitals, blanks or type only, with the lines that make them one.

    Parameters
    ----------
    table : DataFrame
    columns : sequence of str
        The columns of the id, without missing values.

    Returns
    -------
    str
        "" if there are none.
    """
    if all(pd.api.types.is_numeric_dtype(table[name].dtype) for name in columns):
        return ""
    ids = list(table[list(columns)].drop_duplicates().itertuples(index=False, name=None))
    alike: dict[tuple[str, ...], list[tuple]] = {}
    for one in ids:
        alike.setdefault(tuple(map(_looks, one)), []).append(one)
    twins = [group for group in alike.values() if len(group) > 1]
    if not twins:
        return ""
    lines = [
        line
        for at, name in enumerate(columns)
        if any(len({_kind(one[at]) for one in group}) > 1 for group in twins)
        for line in [_line_for(table[name], name)]
        if line
    ]
    shown = "; ".join(quoted_list(_plain(one) for one in group) for group in twins[:SHOWN])
    more = f" and {len(twins) - SHOWN:,} more such groups" if len(twins) > SHOWN else ""
    text = f"Ids of {and_list(map(str, columns))} that look alike are different clusters: {shown}{more}."
    if lines:
        text += f" If they are meant to be the same, {and_list(f'`{line}`' for line in lines)} makes them so."
    return text


def _plain(one: tuple) -> object:
    return one[0] if len(one) == 1 else one


def _kind(value: object) -> tuple[str, str]:
    return type(value).__name__, str(value)


def _text(value: object) -> str:
    """An id as text: a whole number without a point, even if its column is one of floats."""
    return str(int(value)) if isinstance(value, float | np.floating) and float(value).is_integer() else str(value)


def _looks(value: object) -> str:
    """What a reader takes an id for."""
    return " ".join(unicodedata.normalize("NFKC", _text(value)).split()).casefold()


def _line_for(ids: pd.Series, name: str) -> str:
    """The line that makes ids one that look alike, with no more steps than that needs; "" if these do not do it."""
    found = pd.Series(pd.unique(ids), dtype=object)
    wanted = len({_looks(value) for value in found})

    def left(steps: Sequence[str]) -> int:
        text = found.astype("string")
        for step in steps:
            text = _done(text, step)
        return int(text.nunique())

    for size in range(len(_STEPS) + 1):
        for steps in combinations(_STEPS, size):
            if left(steps) == wanted:
                return f'df[{name!r}] = df[{name!r}].astype("string"){"".join(steps)}'
    return ""


def _done(text: pd.Series, step: str) -> pd.Series:
    if "normalize" in step:
        return text.str.normalize("NFKC")
    if "removesuffix" in step:
        return text.str.removesuffix(".0")
    if "split" in step:
        return text.str.split().str.join(" ")
    return text.str.strip() if "strip" in step else text.str.upper()


# ---- ids that begin anew ------------------------------------------------------------------------------------------


def ids_that_begin_anew(
    table: pd.DataFrame, columns: Sequence[str], cluster: IntArray, variables: Mapping[str, Array]
) -> str:
    """A remark on ids that come again in each block of another column, as students numbered anew in each class.

    Rows that are sorted by time look the same if each person has several in each session. Then the rows of a person
    have something in common over sessions, which different persons with one number have not.

    Parameters
    ----------
    table : DataFrame
    columns : sequence of str
        The columns of the id.
    cluster : ndarray of int, shape (n,)
        Codes of the clusters.
    variables : dict of str to ndarray, shape (n,)
        The columns of x, m and y with their values, NaN where missing.

    Returns
    -------
    str
        "" if ids do not come again, or no other column says why.
    """
    starts = np.flatnonzero(np.r_[True, cluster[1:] != cluster[:-1]])
    blocks = np.bincount(cluster[starts])
    if len(cluster) < 2 * len(starts) or (blocks > 1).sum() < max(2, len(blocks) / 2):
        return ""  # sorted by id, or one row of each at a time
    best: tuple[int, str, int] | None = None
    for at, name in enumerate(table.columns):
        values = table.iloc[:, at]
        if name in columns or name in variables or not isinstance(name, str):
            continue
        if pd.api.types.is_datetime64_any_dtype(values.dtype):  # the same persons on other days
            continue
        try:
            outer, labels = pd.factorize(values)
        except TypeError:
            continue
        pairs = _explained(cluster, outer, len(labels))
        if pairs and (best is None or len(labels) < best[0]) and not _in_common(cluster, outer, variables):
            best = len(labels), name, pairs
    if best is None:
        return ""
    values, outer_name, pairs = best
    called = and_list(map(str, columns))
    return (
        f"Rows of the same {called} lie in blocks far apart, one for each {outer_name}, and have no more in common "
        f"than others. Does {called} begin anew in each of the {counted(values, 'value')} of {outer_name!r}? Then "
        f"there are {pairs:,} clusters instead of {len(blocks):,}: `group={[outer_name, *columns]!r}`."
    )


def _explained(cluster: IntArray, outer: IntArray, values: int) -> int:
    """How many combinations of both ids there are, if blocks of the outer one are why ids come again; else 0."""
    if (outer < 0).any():
        return 0
    new_outer = outer[1:] != outer[:-1]
    starts = np.r_[True, new_outer | (cluster[1:] != cluster[:-1])]
    pair = cluster * values + outer
    pairs = len(np.unique(pair[starts]))
    each_once = starts.sum() == pairs and new_outer.sum() + 1 == values
    return pairs if each_once and 1 < values <= pairs / 2 else 0


def _in_common(cluster: IntArray, outer: IntArray, variables: Mapping[str, Array]) -> bool:
    """Whether means of the blocks of one id are more alike than those of different ids, in all variables together."""
    surprise, tests = 0.0, 0
    for values in variables.values():
        cells = pd.DataFrame({"id": cluster, "outer": outer, "value": values}).dropna()
        means = cells.groupby(["outer", "id"])["value"].mean().reset_index()
        means["value"] -= means.groupby("outer")["value"].transform("mean")
        by_id = means.groupby("id")["value"]
        count, mean = by_id.size().to_numpy(), by_id.mean().to_numpy()
        between = float((count * mean**2).sum())
        rest = float((means["value"] ** 2).sum()) - between
        df1 = len(count) - 1
        df2 = len(means) - len(count) - (means["outer"].nunique() - 1)
        if df2 > 0 and rest > 0:
            p = fdtrc(df1, df2, between / df1 / (rest / df2))
            surprise, tests = surprise - 2 * np.log(max(p, 1e-300)), tests + 1
    return tests > 0 and bool(chdtrc(2 * tests, surprise) < _ALIKE)  # Fisher's combination of p values
