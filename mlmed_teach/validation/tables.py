"""Checks of tables: which columns are there, and what cannot be computed with."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from functools import partial

import numpy as np
import pandas as pd

from ..errors import MlmedError
from ..typing import Array, BoolArray
from ..words import SHOWN, agree, counted, described, listed, quoted_list, shortened
from .arguments import is_name
from .columns import missing_in, numeric_values
from .not_numeric import types_in, why_not_numeric

_DROP_YOURSELF, _DROP_OPTION = "leave those rows out yourself", 'add missing="drop", or '

_BITS = 1024  # of a whole number: with more, it is larger than any float
_LARGEST = 1e60  # fourth powers of such numbers still fit into a double
_ALIKE = 1e-6  # spread of all values but one, over the whole spread, that leaves nothing to see beside that one
_ROUNDING = 1e-9  # spread over size below which the digits that vary are few and rounded


def check_table(
    table: pd.DataFrame,
    numeric: Iterable[str],
    group: str,
    constant_ok: Sequence[str] = (),
    droppable: bool = False,
    responses: Sequence[str] = (),
    ids: Sequence[str] = (),
) -> None:
    """Make sure that a table can be used as it is; nothing is converted or dropped.

    Parameters
    ----------
    table : DataFrame
        One row per observation.
    numeric : iterable of str
        Columns that must hold finite numbers that vary. Booleans count as numbers.
    group : str
        Column of cluster ids, numbers or text.
    constant_ok : sequence of str, optional
        Numeric columns that may be constant.
    droppable : bool, optional
        Whether the caller has an option ``missing="drop"``, which the message then names.
    responses : sequence of str, optional
        Columns for which no columns of 0 and 1 can stand.
    ids : sequence of str, optional
        Columns of the caller's table that `group` was made of, if it is none itself.

    Raises
    ------
    MlmedError
        Naming every column that cannot be used, the number of rows concerned, the first of them with their clusters,
        and what to do: no DataFrame, no rows, a column that is missing, doubled, not numeric or constant, missing or
        infinite values, missing cluster ids, fewer than two clusters.
    """
    numeric = list(dict.fromkeys(numeric))
    require_columns(table, [*numeric, group])
    needed = list(dict.fromkeys([*numeric, *(ids or [group])]))
    if not len(table):
        raise MlmedError("The table has no rows. Was it filtered, or read from an empty file?")
    problems = []
    for name in numeric:
        if (values := numeric_values(table[name])) is None:
            where = partial(_where, table, group=group)
            problems.append(why_not_numeric(table[name], name, where, predictor=name not in responses))
        else:
            problems += _numeric_problems(table, name, values, group, needed, constant_ok=name in constant_ok)
    problems += _group_problems(table, group)
    if droppable:
        problems = [text.replace(_DROP_YOURSELF, _DROP_OPTION + _DROP_YOURSELF) for text in problems]
    if len(problems) == 1:
        raise MlmedError(problems[0])
    if problems:
        raise MlmedError(f"The table has {len(problems)} problems:\n" + "\n".join(f"- {text}" for text in problems))


def require_columns(table: pd.DataFrame, columns: Iterable[str]) -> None:
    """Make sure that a table is a DataFrame in which each of some columns occurs exactly once.

    Parameters
    ----------
    table : DataFrame
    columns : iterable of str
        Names that must be there.

    Raises
    ------
    MlmedError
        If it is no DataFrame, or naming the columns that are missing (with close matches) or occur more than once.
    """
    columns = list(columns)
    for name in columns:
        if not is_name(name):
            raise MlmedError(
                f"A column is given by its name, as in 'id', but this is {described(name)}. "
                "Put the values into the table and give the name of their column."
            )
    if not isinstance(table, pd.DataFrame):
        raise MlmedError(
            f"A pandas DataFrame is needed, with one row per observation, but this is {described(table)}. "
            "`pandas.read_csv` or `pandas.DataFrame` makes one."
        )
    if isinstance(table.columns, pd.MultiIndex):
        raise MlmedError("The table's columns have several levels. Give each column one plain name.")
    present = list(table.columns)
    columns = list(dict.fromkeys(columns))
    missing = [name for name in columns if name not in present]
    if missing:
        raise MlmedError(_missing_message(missing, present, table.index))
    doubled = [name for name in columns if present.count(name) > 1]
    if doubled:
        raise MlmedError(
            f"More than one column is called {quoted_list(doubled)}, so it is not clear which is meant. "
            "Rename or remove the others."
        )


def check_categories(table: pd.DataFrame, name: str, droppable: bool = False) -> None:
    """Make sure that a column can be used as categories.

    Parameters
    ----------
    table : DataFrame
    name : str
    droppable : bool, optional
        As in `check_table`.

    Raises
    ------
    MlmedError
        The column is missing or doubled, holds lists, has missing values, or one category only.
    """
    require_columns(table, [name])
    missing = int(missing_in(table[name]).sum())
    try:
        categories = table[name].nunique()
    except TypeError:  # what cannot be compared
        raise MlmedError(
            f"Column {name!r} holds lists or the like, which are no categories. Make text of them first."
        ) from None
    if missing:
        option = _DROP_OPTION if droppable else ""
        raise MlmedError(
            f"Column {name!r} has {counted(missing, 'missing value')}. Fill them in, or {option}{_DROP_YOURSELF}."
        )
    if categories < 2:
        raise MlmedError(
            f"Column {name!r} has one category only, so it has no effect to estimate: leave it out of the model."
        )


def _missing_message(missing: list[str], columns: list, index: pd.Index) -> str:
    names = quoted_list(missing)
    in_index = [name for name in missing if name in list(index.names)]
    if in_index:
        clash = any(name in columns for name in index.names)  # of which pandas would make an error
        level = f"level={in_index!r}" if clash else ""
        return (
            f"The table has no column {names}: {quoted_list(in_index)} {agree(len(in_index), 'is', 'are')} in its "
            f"index. `df = df.reset_index({level})` makes {agree(len(in_index), 'a column of it', 'columns of them')}."
        )
    if not columns:
        return f"The table has no columns, so that {names} cannot be found. Was it read from an empty file?"
    lower = {str(column).lower(): column for column in columns}
    hints = []
    for name in missing:
        close = difflib.get_close_matches(str(name).strip().lower(), lower, n=1)
        if close:
            hints.append(f"Did you mean {lower[close[0]]!r}" + (f" for {name!r}?" if len(missing) > 1 else "?"))
    text = " ".join([f"The table has no column {names}.", *hints])
    return f"{text} It has {counted(len(columns), 'column')}: {quoted_list(columns, 20)}."


def _where(table: pd.DataFrame, bad: BoolArray, group: str | None) -> str:
    """The first bad rows by their index labels, or by position if labels are doubled, with their clusters."""
    positions = np.flatnonzero(bad)
    first = positions[:SHOWN]
    labels = table.index[first] if table.index.is_unique else first
    text = f"{agree(len(positions), 'row', 'rows')} {listed(labels)}"
    if len(positions) > SHOWN:
        text = "first " + text
    if not table.index.is_unique:
        text += ", counted from 0"
    clusters = [] if group is None else _kinds(table[group].iloc[first].dropna())
    if clusters:
        noun = group if str(group).lower().endswith("id") else "cluster"
        text += f"; {agree(len(clusters), f'{noun}', f'{noun}s')} {listed(clusters)}"
    return text


def _kinds(ids: pd.Series) -> list:
    """The values that occur, none if they cannot be compared, as lists cannot: these get a message of their own."""
    try:
        return list(pd.unique(ids))
    except TypeError:
        return []


def _numeric_problems(
    table: pd.DataFrame, name: str, values: Array, group: str, needed: list[str], constant_ok: bool
) -> list[str]:
    problems = []
    missing = np.isnan(values)
    infinite = np.isinf(values)
    if missing.any():
        problems.append(
            f"Column {name!r} has {counted(int(missing.sum()), 'missing value')} ({_where(table, missing, group)}). "
            f"{_hidden(table[name], missing)}Nothing is dropped for you: fill them in, or {_DROP_YOURSELF} with "
            f"table.dropna(subset={needed!r}), and say so when you report."
        )
    if infinite.any():
        problems.append(
            f"Column {name!r} has {counted(int(infinite.sum()), 'infinite value')} ({_where(table, infinite, group)}). "
            "They often come from a division by 0 or the logarithm of 0: correct them, or leave those rows out."
        )
    if not problems and not constant_ok and (values == values[0]).all():
        problems.append(
            f"Column {name!r} is constant: it is {values[0]:g} in "
            + ("the only row" if len(values) == 1 else f"all {counted(len(values), 'row')}")
            + ". A variable that does not vary has no effect to estimate: choose another column."
        )
    elif not problems and (np.abs(values).max() > _LARGEST or 0 < np.ptp(values) < 1 / _LARGEST):
        problems.append(
            f"Column {name!r} ranges from {values.min():g} to {values.max():g}, too far from 1 to compute with squares "
            "of it. Change its unit, for example from metres to kilometres, so that it spreads over ordinary numbers."
        )
    elif not problems and 0 < np.ptp(values) < _ROUNDING * np.abs(values).max():
        problems.append(
            f"Column {name!r} varies by {np.ptp(values):.2g} only around {values.mean():g}, too little beside its size "
            "to compute with. Subtract a constant where the numbers come from, before they are rounded."
        )
    elif not problems and (alone := _far_from_all_others(values)) is not None:
        others, where = np.delete(values, alone), _where(table, np.arange(len(values)) == alone, group)
        problems.append(
            f"Column {name!r} has the value {values[alone]:g} ({where}), so far from all others, which range from "
            f"{others.min():g} to {others.max():g}, that these look alike beside it. Is it a slip, or a code for a "
            "missing value? Correct it, or leave that row out."
        )
    return problems


def _hidden(column: pd.Series, missing: BoolArray) -> str:
    """What to do before pandas drops NaN inside a type that tells it from what is missing."""
    name = column.name
    if column.isna().sum() == missing.sum():
        return ""
    return (
        f"Some are NaN inside the type {column.dtype}, which pandas does not count as missing: first "
        f"`df[{name!r}] = df[{name!r}].astype(float)`. "
    )


def _far_from_all_others(values: Array) -> int | None:
    """Position of the one value beside which all others look alike, although they vary; None if there is none."""
    lowest, highest = values.argmin(), values.argmax()
    for at in (lowest, highest):
        rest = np.ptp(np.delete(values, at))
        if 0 < rest < _ALIKE * (values[highest] - values[lowest]):
            return int(at)
    return None


def _group_problems(table: pd.DataFrame, group: str) -> list[str]:
    ids = table[group]
    problems = []
    missing = missing_in(ids)
    if missing.any():
        problems.append(
            f"The cluster id {group!r} is missing in {counted(int(missing.sum()), 'row')} "
            f"({_where(table, missing, None)}). A row without a cluster cannot be used: "
            f"fill the id in, or {_DROP_YOURSELF}."
        )
    try:
        clusters = ids.nunique()
    except TypeError:
        kinds = types_in(ids[~missing])
        return [*problems, f"The cluster id {group!r} holds {kinds}, not ids. Give each cluster a number or a name."]
    if clusters < 2 and not (missing.any() and clusters == 0):
        problems.append(
            f"There is only one cluster ({group} is {shortened(ids[~missing].iloc[0])} everywhere), but a multilevel "
            "model needs at least two, and many more for its variances to mean something. "
            f"Is {group!r} the column of cluster ids?"
        )
    return [*problems, *filter(None, [too_long(ids, group)])]


def too_long(column: pd.Series, name: str) -> str:
    """What is wrong with values that cannot be told apart because they are too long, and the line that mends it.

    Parameters
    ----------
    column : pandas.Series
    name : str

    Returns
    -------
    str
        Empty if nothing is, as always from pandas 3 on: before, no whole number beyond any float can be in an index.
    """
    if pd.api.types.is_object_dtype(column.dtype):
        try:
            pd.Index([value for value in column if isinstance(value, int) and value.bit_length() > _BITS][:1])
        except OverflowError:
            return (
                f"Column {name!r} holds whole numbers of more than 308 digits, which this version of pandas cannot "
                f"tell apart. Make text of them: table[{name!r}] = table[{name!r}].astype(str)"
            )
    return ""
