"""How a learner's table differs from the right one, in the order in which one would look."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..errors import MlmedError
from ..words import counted, described, quoted, quoted_list

_EXACT = 1e-6


def as_table(answer: object) -> pd.DataFrame:
    """A table to look at.

    Raises
    ------
    MlmedError
        When the answer is none.
    """
    if isinstance(answer, pd.Series):
        answer = answer.to_frame()
    if not isinstance(answer, pd.DataFrame):
        raise MlmedError(f"This is {described(answer)}, which is no table.")
    if not answer.size:
        raise MlmedError("This table is empty.")
    return pd.DataFrame(answer)


def table_deviations(given: pd.DataFrame, right: pd.DataFrame, digits: int | None) -> dict[str, str]:
    """Name of each deviation -> what is said to it.

    Further columns, the order of columns and of rows, and types of numbers do not matter. Rows are told apart by their
    labels where the right table has labels, and are else put in order by their values.

    Parameters
    ----------
    given, right : DataFrame
    digits : int or None
        Decimals that are compared; six significant digits without.

    Returns
    -------
    dict
        Keys among "columns", "rows", "labels", "values".
    """
    given = given.rename(columns=str)
    names = [str(column) for column in right.columns]
    labelled = not isinstance(right.index, pd.RangeIndex)
    if labelled and right.index.name in given.columns:
        given = given.set_index(right.index.name)
    missing = [name for name in names if list(given.columns).count(name) != 1]
    if missing:
        there = quoted_list(given.columns, 8)
        return {
            "columns": f"A column {quoted(missing[0])} is asked for once, and the table's columns are {there}. "
            "Which of them holds it?"
        }
    if labelled:
        lost = [label for label in right.index if list(given.index).count(label) != 1]
        if lost:
            there = quoted_list(given.index, 8)
            return {
                "labels": f"A row {quoted(lost[0])} is asked for once, and the table's rows are {there}. "
                "Which of them holds it?"
            }
        given = given.loc[right.index]
    elif len(given) != len(right):
        return {
            "rows": f"The table has {counted(len(given), 'row')}, and {len(right):,} are asked for. "
            "What does one row of it stand for?"
        }
    given, right = given[names], right.rename(columns=str)[names]
    wrong = _wrong(given, right, digits)
    if wrong.any(axis=None) and not labelled:
        try:
            one, other = (table.sort_values(names, ignore_index=True) for table in (given, right))
        except TypeError:  # of several types, which have no order
            one, other = given, right
        if not _wrong(one, other, digits).any(axis=None):
            return {}
    if not wrong.any(axis=None):
        return {}
    columns = [name for name in names if wrong[name].any()]
    rows = wrong.any(axis=1).to_numpy()
    first = quoted(right.index[int(np.argmax(rows))])
    return {
        "values": f"What stands in {quoted_list(columns, 8)} differs from what is asked for in "
        f"{counted(int(rows.sum()), 'row')}. Look at row {first}: how would you get {quoted(columns[0])} there by hand?"
    }


def _wrong(given: pd.DataFrame, right: pd.DataFrame, digits: int | None) -> pd.DataFrame:
    """Where two tables of one shape differ, shape of both, with the labels of the right one."""
    found = {name: _differ(given[name], right[name], digits) for name in right.columns}
    return pd.DataFrame(found, index=right.index)


def _differ(given: pd.Series, right: pd.Series, digits: int | None) -> Any:
    if not pd.api.types.is_numeric_dtype(right):
        return given.astype(str).to_numpy() != right.astype(str).to_numpy()
    numbers = pd.to_numeric(given, errors="coerce").to_numpy(dtype=float)
    apart = 0.5 * 10.0**-digits if digits is not None else 1e-9
    return ~np.isclose(numbers, right.to_numpy(dtype=float), rtol=_EXACT, atol=apart, equal_nan=True)
