"""Variables on which the paths depend: what was asked for, and the products that it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..errors import MlmedError
from ..typing import Array, BoolArray
from ..validation import is_name
from ..words import described, quoted_list
from .coding import levels_of
from .paths import PATHS
from .study_design import Rows

_EXAMPLE = "{'a': 'w', 'b': 'w'}"


@dataclass(frozen=True)
class Moderator:
    """A variable on which paths depend, linearly.

    Attributes
    ----------
    name : str
        Its column.
    paths : tuple of str
        Which of "a", "b", "cprime" depend on it.
    center : dict of str to float
        Column of the design -> what is subtracted from it before the product is taken: the mean of a number (over
        clusters if it describes clusters, else over rows), 0 of an indicator. The path without a product is then that
        at the mean, or in the reference category.
    levels : tuple of str
        The categories, the reference first; () for a number.
    of_clusters : bool
        It has one value in each cluster.
    values : ndarray
        What was observed, one value for each cluster if it describes clusters, else for each row: numbers, or the
        positions of the categories in `levels`.
    """

    name: str
    paths: tuple[str, ...]
    center: dict[str, float]
    levels: tuple[str, ...]
    of_clusters: bool
    values: Array = field(compare=False, repr=False)

    def deviations(self, value: float | str) -> dict[str, float]:
        """What a value of the moderator, or a category, is in the columns of the design, less their centers."""
        if not self.levels:
            return {column: float(value) - center for column, center in self.center.items()}
        return {
            column: float(level == value) for column, level in zip(self.center, self.levels[1:], strict=True)
        }  # the centers of indicators are 0

    @property
    def of_each_cluster(self) -> dict[str, Array]:
        """What the clusters have in the columns of the design, less their centers, shape (J,) each.

        Zeros, as where the moderator is usual, if it varies within clusters.
        """
        if not self.of_clusters:
            return {column: np.zeros(1) for column in self.center}
        if not self.levels:
            return {column: self.values - center for column, center in self.center.items()}
        return {column: (self.values == k).astype(float) for k, column in enumerate(self.center, start=1)}

    @property
    def usual(self) -> float | str:
        """Where the paths are those without products: the mean, or the reference category."""
        return self.levels[0] if self.levels else next(iter(self.center.values()))


def product_of(term: str, column: str) -> str:
    """Name of the product of a path's term and a column of its moderator: ``smx:w``, ``sym:w[high]``."""
    return f"{term}:{column}"


def wanted_moderators(moderators: object, roles: Mapping[str, object]) -> dict[str, str]:
    """Path -> column, in the order of the paths.

    Parameters
    ----------
    moderators : object
        As in `mediate`.
    roles : dict
        "x", "m", "y", "group" -> column.

    Returns
    -------
    dict of str to str

    Raises
    ------
    MlmedError
        It is no such dict, or a column has a role already.
    """
    if moderators is None:
        return {}
    if not isinstance(moderators, Mapping):
        raise MlmedError(
            f"moderators says which path depends on which column, as in {_EXAMPLE}, but it is {described(moderators)}."
        )
    unknown = [path for path in moderators if path not in PATHS]
    if unknown:
        raise MlmedError(
            f"moderators has paths as its keys, any of {quoted_list(PATHS)}, as in {_EXAMPLE}; "
            f"{quoted_list(unknown, 5)} is no path."
        )
    for path, name in moderators.items():
        if not is_name(name):
            raise MlmedError(
                f"The moderator of path {path!r} is given by the name of its column, as in {_EXAMPLE}, but this is "
                f"{described(name)}. A path has one moderator; put others into covariates."
            )
        role = [role for role, used in roles.items() if used is name or used == name]
        if role:
            raise MlmedError(
                f"The moderator {name!r} of path {path!r} is in the model already, as {role[0]}. "
                + (
                    "To see how clusters differ, let the path have a random slope; to compare kinds of clusters, name "
                    "a column that says of which kind each is."
                    if role[0] == "group"
                    else "Name another column, or leave the moderator out."
                )
            )
    return {path: moderators[path] for path in PATHS if path in moderators}


def with_main_effects(
    covariates: Mapping[str, tuple[str, ...]], moderators: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    """The covariates of either equation, with every moderator among them, whichever path it acts on.

    Left out of y's equation, a moderator of a that moves y too would be found in b, which it does not act on.
    """
    return {equation: tuple(dict.fromkeys([*names, *moderators.values()])) for equation, names in covariates.items()}


def make_moderators(
    table: pd.DataFrame,
    rows: Rows,
    coded: Mapping[str, Mapping[str, Array]],
    wanted: Mapping[str, str],
    categories: list[str],
    decompose: bool,
    observed: BoolArray,
) -> tuple[Moderator, ...]:
    """What is known of each moderator, or a message that it cannot be one.

    Parameters
    ----------
    table : DataFrame
    rows : Rows
        Those of m's equation, which are the rows of the table.
    coded : dict
        Column of the table -> columns of the design -> values by row.
    wanted : dict of str to str
        Path -> column.
    categories : list of str
        Columns that hold categories.
    decompose : bool
    observed : ndarray of bool, shape (rows,)
        Rows with y.

    Returns
    -------
    tuple of Moderator

    Raises
    ------
    MlmedError
        A category, or one of two values, occurs in one cluster only; or it varies within clusters in a decomposed
        model.
    """
    found = []
    for name in dict.fromkeys(wanted.values()):
        columns = coded[name]
        levels = tuple(levels_of(table[name])) if name in categories else ()
        of_clusters = all(rows.of_clusters(values) for values in columns.values())
        if decompose and not of_clusters:
            raise MlmedError(
                f"The moderator {name!r} varies within clusters. In a decomposed model it would act in its own way on "
                "the paths within clusters and on those between them, which is not offered: use decompose=False, or "
                f"the cluster means, df.groupby(...)[{name!r}].transform('mean'), as the moderator."
            )
        if levels:
            labels = table[name].map(str).map({level: k for k, level in enumerate(levels)})
            values = labels.to_numpy(dtype=float)
        else:
            values = columns[str(name)]
        _check_clusters(name, values, rows, levels, observed)
        if of_clusters:
            values = values[np.unique(rows.cluster, return_index=True)[1]]
        center = dict.fromkeys(columns, 0.0) if levels else {str(name): _mean(values)}
        paths = tuple(path for path, column in wanted.items() if column == name)
        found.append(Moderator(name, paths, center, levels, of_clusters, values))
    return tuple(found)


def _mean(values: Array) -> float:
    """The mean, exactly 0 where it is that but for what sums of binary fractions leave: nobody means -4.7e-17."""
    mean = float(values.mean())
    return 0.0 if abs(mean) < 1e-12 * np.ptp(values) else mean


def _check_clusters(name: str, values: Array, rows: Rows, levels: tuple[str, ...], observed: BoolArray) -> None:
    """A category, or one of two values, of one cluster is that cluster: what is special to it cannot be told apart."""
    kinds = np.unique(values)
    if not levels and len(kinds) > 2:
        return
    for kind in kinds:
        clusters = np.unique(rows.cluster[(values == kind) & observed])
        if len(clusters) > 1:
            continue
        value = f"The category {levels[int(kind)]!r}" if levels else f"The value {kind:g}"
        where = f"in one cluster only ({rows.labels[clusters[0]]})" if len(clusters) else "in no cluster"
        known = "" if observed.all() else " where the outcome is known"
        raise MlmedError(
            f"{value} of the moderator {name!r} occurs {where}{known}, so that an effect of {name!r} cannot be told "
            "from what is special to a cluster. Join it with another category, or leave its rows out."
        )


def products(
    terms: Mapping[str, Array], outcome: str, moderator: Moderator, coded: Mapping[str, Array]
) -> dict[str, Array]:
    """Products of one equation: name -> values by row.

    Parameters
    ----------
    terms : dict
        Terms of the equation, with their values; the means of clusters among them, of a decomposed model.
    outcome : str
        "m" or "y".
    moderator : Moderator
    coded : dict
        Columns of the moderator in the rows of this equation.

    Returns
    -------
    dict of str to ndarray
    """
    return {
        product_of(term, column): terms[term] * (values - moderator.center[column])
        for path in moderator.paths
        if PATHS[path].end == outcome
        for term in (PATHS[path].term, PATHS[path].term_of("between"))
        if term in terms
        for column, values in coded.items()
    }
