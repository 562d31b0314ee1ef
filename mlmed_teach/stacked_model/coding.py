"""Columns of the design for a variable of the user's table: a number is one, categories are several."""

from __future__ import annotations

import pandas as pd

from ..errors import MlmedError
from ..typing import Array
from ..words import counted, quoted_list

MOST_CATEGORIES = 100


def levels_of(column: pd.Series) -> list[str]:
    """The categories that occur, in the order of a categorical type or sorted; the first is the reference.

    Parameters
    ----------
    column : pandas.Series

    Returns
    -------
    list of str
        Numbers and their text are one category.
    """
    labels = set(column.map(str).astype(str))
    order = column.cat.categories if isinstance(column.dtype, pd.CategoricalDtype) else sorted(labels)
    return [level for level in dict.fromkeys(map(str, order)) if level in labels]


def code_column(column: pd.Series, name: str, category: bool, role: str = "covariate") -> dict[str, Array]:
    """Columns of a variable: itself, or one indicator for each category but the first.

    Parameters
    ----------
    column : pandas.Series
    name : str
    category : bool
    role : str, optional
        What it is called in a message.

    Returns
    -------
    dict of str to ndarray, shape (rows,)

    Raises
    ------
    MlmedError
        More categories than a variable can have.
    """
    if not category:
        return {str(name): column.to_numpy(dtype=float)}
    levels = levels_of(column)
    if len(levels) > min(MOST_CATEGORIES, len(column) / 2):
        raise MlmedError(
            f"The {role} {name!r} has {len(levels):,} categories ({quoted_list(levels, 3)}) in "
            f"{counted(len(column), 'row')}. It looks like an id or free text: group it into a few categories, or "
            "leave it out."
        )
    labels = column.map(str).astype(str)
    return {f"{name}[{level}]": (labels == level).to_numpy(dtype=float) for level in levels[1:]}
