"""Which variables vary within clusters and which between them, and the designs in which the model has no answer."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..errors import MlmedError
from ..typing import Array, BoolArray, IntArray
from ..validation import is_category, values_of
from ..words import and_list, counted, quoted
from .paths import PATHS

CONSTANT = 1e-9  # spread, over the whole spread, that counts as none
CENTRED = 1e-4
"""Variance of cluster means, over that which chance alone gives means of such rows, below which a variable was centred
in its clusters, but for rounding: even three clusters come below it by chance in one of 10,000 tables."""


@dataclass
class Rows:
    """The values that the model needs, by row of the user's table.

    Attributes
    ----------
    cluster : ndarray of int, shape (n,)
        Codes of the clusters; `labels[code]` is the id.
    labels : pandas.Index
    values, mean : dict of str to ndarray, shape (n,)
        "x", "m", "y" -> value of the row, and mean of its cluster.
    mean_of_all : dict of str to ndarray, shape (n,)
        Means that rows beside these have a part in, and that count instead.
    """

    cluster: IntArray
    labels: pd.Index
    values: dict[str, Array]
    mean_of_all: dict[str, Array] = field(default_factory=dict)
    mean: dict[str, Array] = field(init=False)

    def __post_init__(self) -> None:
        self.mean = {role: self.means(value) for role, value in self.values.items()} | self.mean_of_all

    @property
    def size(self) -> IntArray:
        """Rows of each cluster, shape (J,)."""
        return np.bincount(self.cluster, minlength=len(self.labels))

    def means(self, value: Array) -> Array:
        """Mean of each row's cluster, shape (n,)."""
        shift = value.mean()  # no digits lost to a large mean
        return (np.bincount(self.cluster, value - shift)[self.cluster] / self.size[self.cluster]) + shift

    def with_outcome(self, value: Array, known: BoolArray) -> Rows:
        """The rows in which y is known; the means of x and m remain those of all rows.

        Parameters
        ----------
        value : ndarray, shape (n,)
            y.
        known : ndarray of bool, shape (n,)

        Returns
        -------
        Rows
        """
        part = {role: values[known] for role, values in self.values.items()}
        means = {role: values[known] for role, values in self.mean.items()}
        return Rows(self.cluster[known], self.labels, part | {"y": value[known]}, means)

    def centred(self, value: Array) -> bool:
        """Whether the clusters' means of a variable are all equal, but for rounding."""
        mean = self.means(value)
        within = np.sum((value - mean) ** 2) / max(len(value) - int(np.count_nonzero(self.size)), 1)
        between = np.sum((mean - value.mean()) ** 2) / max(int(np.count_nonzero(self.size)) - 1, 1)
        return bool(between <= CENTRED * within)

    def of_clusters(self, value: Array) -> bool:
        """Whether a variable has one value in each cluster."""
        return not _spreads(value - self.means(value), value)

    def clusters_that_show(self, role: str) -> IntArray:
        """Codes of the clusters in which a variable varies."""
        spread = np.zeros(len(self.labels))
        np.maximum.at(spread, self.cluster, np.abs(self.values[role] - self.means(self.values[role])))
        return np.flatnonzero(spread > CONSTANT * spread.max())

    def varies_between(self, role: str) -> bool:
        """Whether the clusters' means differ."""
        return _spreads(self.mean[role], self.values[role])


def _spreads(part: Array, whole: Array) -> bool:
    return bool(np.ptp(part) > CONSTANT * (np.ptp(whole) or np.abs(whole).max()))


def check_binary(rows: dict[str, Rows], columns: dict[str, str]) -> None:
    """Refuse a mediator or an outcome with two values.

    Parameters
    ----------
    rows : dict of str to Rows
        Those of either equation, "m" and "y".
    columns : dict
        Role -> column.

    Raises
    ------
    MlmedError
    """
    for role, name in columns.items():
        found = np.unique(rows[role].values[role])
        if len(found) == 2:
            raise MlmedError(_binary(role, name, [f"{value:g}" for value in found]))


def check_words(data: pd.DataFrame, columns: dict[str, str]) -> None:
    """Refuse a mediator or an outcome with two values that are words: coded as 0 and 1 it would be refused, too.

    Parameters
    ----------
    data : DataFrame
    columns : dict
        Role -> column.

    Raises
    ------
    MlmedError
    """
    for role, name in columns.items():
        if is_category(data[name]) and len(found := values_of(data[name])) == 2:
            raise MlmedError(_binary(role, name, [quoted(value) for value in found]))


def _binary(role: str, name: str, values: list[str]) -> str:
    return (
        f"Column {name!r}, the {'mediator' if role == 'm' else 'outcome'}, is binary: it takes the values "
        f"{and_list(values)} only. This model is for numbers with normal residuals; its effects and standard errors "
        "would mislead. Use the scale that was cut in two, if there is one, or a multilevel logistic model (R's lme4: "
        "glmer)."
    )


def check_levels(
    equations: dict[str, Rows], columns: dict[str, str], group: str, decompose: bool
) -> tuple[bool, dict[str, str], list[str]]:
    """Refuse designs in which m or y is a variable of the clusters, or in which there is nothing between or within.

    Parameters
    ----------
    equations : dict of str to Rows
        The rows of either equation, "m" and "y".
    columns : dict
        Role -> column.
    group : str
        Column of the cluster ids.
    decompose : bool
        Effects between clusters are wanted too.

    Returns
    -------
    bool
        Whether x varies within clusters (a 1-1-1 design) or not (2-1-1).
    dict of str to str
        "m" and "y" -> whose cluster means are predictors in that equation; "" unless `decompose`.
    list of str
        What must be said about it.

    Raises
    ------
    MlmedError
        One row per cluster; a 2-2-1, 1-2-1, 1-1-2 or other design with m or y at level 2; `decompose` with
        nothing between clusters.
    """
    rows = equations["m"]
    if rows.size.max() == 1:
        raise MlmedError(
            f"Every cluster has one row only ({counted(len(rows.labels), 'row')}, as many values of {group!r}), so "
            f"that nothing can be said about effects within clusters. If {group!r} numbers the rows, name the column "
            "that groups them; if the rows are independent, use single-level mediation (statsmodels.stats.mediation)."
        )
    x, m, y = (columns[role] for role in "xmy")
    within = {role: not rows.of_clusters(rows.values[role]) for role in "xm"}
    within["y"] = not equations["y"].of_clusters(equations["y"].values["y"])
    if not within["y"]:
        raise MlmedError(
            f"{_constant_in_clusters(y, group)} {_design(within, columns)}, but this model needs m and y at level 1. "
            f"Instead, take the means of {x!r} and {m!r} in each cluster and use single-level mediation on these."
        )
    if not within["m"]:
        raise MlmedError(
            f"{_constant_in_clusters(m, group)} {_design(within, columns)}, but this model needs m and y at level 1. "
            f"Instead, fit {m!r} on {x!r} with one row for each cluster (means of {x!r}; ordinary regression), and "
            f"{y!r} on both with mt.fit_mixed."
        )
    if not decompose:
        return within["x"], {"m": "", "y": ""}, []
    flat = [role for role in "xm" if not rows.varies_between(role)]
    if len(flat) == 2 or (flat and not within["x"]):
        raise MlmedError(
            f"The means of {and_list([repr(columns[role]) for role in flat])} are the same in all clusters (centred "
            "there, or balanced by design), so there is nothing between clusters that could be told apart from the "
            "effects within them. With decompose=False you get the effects within clusters."
        )
    means = {"m": "" if flat else "x", "y": "".join(role for role in "mx" if role not in flat)}
    if not flat:
        return within["x"], means, []
    name, other = columns[flat[0]], columns["m" if flat == ["x"] else "x"]
    path = "b" if flat == ["x"] else "c'"
    remark = (
        f"The means of {name!r} are the same in all clusters (balanced by design, or centred there): {name!r} has no "
        f"part between clusters, and only {other!r} is decomposed. Between clusters there is {path}, and no indirect "
        "effect."
    )
    return within["x"], means, [remark]


def slopes_that_vary(
    columns: dict[str, str], group: str, within: bool, wanted: tuple[str, ...] | None, decompose: bool
) -> tuple[tuple[str, ...], list[str]]:
    """Random slopes that the design allows, with what must be said about them.

    Parameters
    ----------
    columns, group, decompose
        As in `check_levels`.
    within : bool
        Whether x varies within clusters.
    wanted : tuple of str, or None
        Paths; None for all that can vary.

    Returns
    -------
    tuple of str, list of str

    Raises
    ------
    MlmedError
        Slopes of x are wanted, but x does not vary within clusters.
    """
    if within:
        return tuple(PATHS) if wanted is None else wanted, []
    x, m, y = (columns[role] for role in "xmy")
    cannot = [path for path in wanted or () if path != "b"]
    if cannot:
        design = _design({"x": False, "m": True, "y": True}, columns)
        raise MlmedError(
            f"{_constant_in_clusters(x, group)} {design}: no cluster shows a slope of {x!r}, so that "
            f"{and_list(cannot)} cannot be random. Add random='auto' to leave out the slopes that cannot vary; "
            f"with decompose=True, too, the effect of {x!r} is estimated between clusters, the only place where it has "
            "one."
        )
    left = (
        "a and cprime have no random slope, because they cannot vary," if wanted is None else "a and cprime are fixed"
    )
    remark = f"2-1-1 design: {x} has one value in each cluster of {group}; {left} and cov(a_j, b_j) is 0."
    if not decompose:
        remark += (
            f" {x} can act on {y} between clusters only, but b is nearly what {m} does within clusters: "
            "decompose=True tells them apart."
        )
    return ("b",) if wanted is None else wanted, [remark]


def _constant_in_clusters(name: str, group: str) -> str:
    return f"Column {name!r} has the same value in all rows of each cluster of {group!r}."


def _design(within: dict[str, bool], columns: dict[str, str]) -> str:
    levels = "-".join("1" if within[role] else "2" for role in "xmy")
    where = ", ".join(f"{columns[role]!r} at level {1 if within[role] else 2}" for role in "xmy")
    return f"This is a {levels} design ({where}; 1 is a row, 2 a cluster)"
