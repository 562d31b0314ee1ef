"""One validation, with one style of message, for every function that takes a table."""

import difflib

import numpy as np
import pandas as pd

from .errors import MlmedError

_SHOWN = 5  # rows, values and clusters named in a message
_LARGEST = 1e60  # fourth powers of such numbers still fit into a double


def check_table(table, numeric, group, constant_ok=()):
    """
    Make sure that a table can be used as it is; nothing is converted or dropped.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per observation.
    numeric : sequence of str
        Columns that must hold finite numbers that vary. Booleans count as numbers.
    group : str
        Column of cluster ids, of any type.
    constant_ok : sequence of str, optional
        Numeric columns that may be constant.

    Raises
    ------
    MlmedError
        Naming every column that cannot be used, the number of rows concerned, the first of them with their clusters,
        and what to do: no DataFrame, no rows, a column that is missing, doubled, not numeric or constant, missing or
        infinite values, missing cluster ids, fewer than two clusters.
    """
    numeric = list(dict.fromkeys(numeric))
    needed = list(dict.fromkeys([*numeric, group]))
    require_columns(table, needed)
    if not len(table):
        raise MlmedError("The table has no rows. Was it filtered, or read from an empty file?")
    problems = []
    for name in numeric:
        problems += _numeric_problems(table, name, group, needed, constant_ok=name in constant_ok)
    problems += _group_problems(table, group)
    if len(problems) == 1:
        raise MlmedError(problems[0])
    if problems:
        raise MlmedError(f"The table has {len(problems)} problems:\n" + "\n".join(f"- {text}" for text in problems))


def require_columns(table, columns):
    """
    Make sure that `table` is a DataFrame in which each of `columns` occurs exactly once.

    Parameters
    ----------
    table : pandas.DataFrame
        The table.
    columns : sequence of str
        Names that must be there.

    Raises
    ------
    MlmedError
        If it is no DataFrame, or naming the columns that are missing (with close matches) or occur more than once.
    """
    for name in columns:
        if isinstance(name, pd.Series | pd.DataFrame | np.ndarray | list | dict | set):
            raise MlmedError(
                f"A column is given by its name, as in 'id', but this is a {type(name).__name__}. "
                "Put the values into the table and give the name of their column."
            )
    if not isinstance(table, pd.DataFrame):
        raise MlmedError(
            f"A pandas DataFrame is needed, with one row per observation, but this is a {type(table).__name__}. "
            "`pandas.read_csv` or `pandas.DataFrame` makes one."
        )
    if isinstance(table.columns, pd.MultiIndex):
        raise MlmedError("The table's columns have several levels. Give each column one plain name.")
    present = list(table.columns)
    missing = [name for name in columns if name not in present]
    if missing:
        raise MlmedError(_missing_message(missing, present))
    doubled = [name for name in columns if present.count(name) > 1]
    if doubled:
        raise MlmedError(
            f"More than one column is called {_names(doubled)}, so it is not clear which is meant. "
            "Rename or remove the others."
        )


def cluster_codes(ids):
    """
    Number the clusters.

    Parameters
    ----------
    ids : pandas.Series
        Cluster ids of any type, none missing.

    Returns
    -------
    codes : numpy.ndarray of int, shape (rows,)
    labels : pandas.Index
        Ids in the order of the codes: sorted, or as they first occur where their types cannot be sorted together.
    """
    try:
        codes, labels = pd.factorize(ids, sort=True)
    except TypeError:
        codes, labels = pd.factorize(ids)
    return codes, pd.Index(labels)


def numeric_values(series):
    """
    The values of a numeric column as floats.

    Parameters
    ----------
    series : pandas.Series
        A numeric or boolean column, also of one of pandas' nullable types.

    Returns
    -------
    numpy.ndarray or None
        float64, shape (rows,), NaN where missing; ``None`` if the column does not hold real numbers.
    """
    kind = series.dtype
    if not pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_complex_dtype(kind):
        return None
    return series.to_numpy(dtype="float64", na_value=np.nan)


def counted(number, noun):
    """``"1 row"``, ``"1,600 rows"``: a count with its noun."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def listed(items, shown=_SHOWN):
    """The first few of `items` as text: ``"1, 2, 3"``, or with ", ..." if there are more."""
    items = list(items)
    return ", ".join(str(item) for item in items[:shown]) + (", ..." if len(items) > shown else "")


def _names(names):
    return ", ".join(repr(name) for name in names)


def _missing_message(missing, columns):
    lower = {str(column).lower(): column for column in columns}
    hints = []
    for name in missing:
        close = difflib.get_close_matches(str(name).strip().lower(), lower, n=1)
        if close:
            hints.append(f"Did you mean {lower[close[0]]!r}" + (f" for {name!r}?" if len(missing) > 1 else "?"))
    text = f"The table has no column {_names(missing)}. "
    if hints:
        text += " ".join(hints) + " "
    return text + f"It has {counted(len(columns), 'column')}: {listed(map(repr, columns), 20)}."


def _where(table, bad, group):
    """The first bad rows by their index labels, with their clusters."""
    positions = np.flatnonzero(bad)
    first = positions[:_SHOWN]
    text = ("row " if len(positions) == 1 else "rows ") + listed(table.index[first], len(first))
    if len(positions) > _SHOWN:
        text = "first " + text
    try:
        clusters = pd.unique(table[group].iloc[first].dropna()) if group is not None else []
    except TypeError:  # ids that are lists or dicts, which get a message of their own
        clusters = []
    if len(clusters):
        text += (f"; {group} " if len(clusters) == 1 else f"; {group}s ") + listed(clusters)
    return text


def _numeric_problems(table, name, group, needed, constant_ok):
    column = table[name]
    values = numeric_values(column)
    if values is None:
        return [_text_message(table, name, group)]
    problems = []
    missing = np.isnan(values)
    infinite = np.isinf(values)
    if missing.any():
        problems.append(
            f"Column {name!r} has {counted(int(missing.sum()), 'missing value')} ({_where(table, missing, group)}). "
            "Nothing is dropped for you: fill them in, or leave those rows out yourself with "
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
            + ("the only row" if len(values) == 1 else f"all {len(values):,} rows")
            + ". A variable that does not vary has no effect to estimate: choose another column."
        )
    elif not problems and (np.abs(values).max() > _LARGEST or 0 < np.ptp(values) < 1 / _LARGEST):
        problems.append(
            f"Column {name!r} ranges from {values.min():g} to {values.max():g}, too far from 1 to compute with squares "
            "of it. Change its unit, for example from metres to kilometres, so that it spreads over ordinary numbers."
        )
    return problems


def _text_message(table, name, group):
    column = table[name]
    kind = column.dtype
    as_text = pd.api.types.is_string_dtype(kind) or pd.api.types.is_object_dtype(kind)
    if not as_text:
        return f"Column {name!r} is not numeric: its type is {kind}. Make a column of numbers from it first."
    missing = column.isna().to_numpy()
    try:
        bad = pd.to_numeric(column, errors="coerce").isna().to_numpy() & ~missing
        pd.unique(column[bad])
    except (TypeError, OverflowError):
        kinds = listed(sorted({type(value).__name__ for value in column}))
        return f"Column {name!r} is not numeric: it holds {kinds}. Make a column of ordinary numbers from it first."
    repair = f"table[{name!r}] = pandas.to_numeric(table[{name!r}])"
    if not bad.any():
        return f"Column {name!r} holds its numbers as text (its type is {kind}). Make them numbers: {repair}"
    examples = pd.unique(column[bad])
    text = f"Column {name!r} is not numeric: {bad.sum():,} of {counted(len(column), 'value')} "
    text += ("is no number" if bad.sum() == 1 else "are no numbers") + f", {listed(map(repr, examples), 3)} "
    text += f"({_where(table, bad, group)}). "
    if pd.Series(examples[:_SHOWN]).astype(str).str.fullmatch(r"\s*-?\d*,\d+\s*").all():
        return text + 'The decimal sign is a comma: read the file with pandas.read_csv(..., decimal=",").'
    return text + "Correct them, or choose another column."


def _group_problems(table, group):
    ids = table[group]
    problems = []
    missing = ids.isna().to_numpy()
    if missing.any():
        problems.append(
            f"The cluster id {group!r} is missing in {counted(int(missing.sum()), 'row')} "
            f"({_where(table, missing, None)}). A row without a cluster cannot be used: "
            "fill the id in, or leave those rows out yourself."
        )
    try:
        clusters = ids.nunique()
    except TypeError:
        kinds = listed(sorted({type(value).__name__ for value in ids[~missing]}))
        return [*problems, f"The cluster id {group!r} holds {kinds}, not ids. Give each cluster a number or a name."]
    if clusters < 2 and not (missing.any() and clusters == 0):
        problems.append(
            f"There is only one cluster ({group} is {ids[~missing].iloc[0]} everywhere), but a multilevel model needs "
            f"at least two, and many more for its variances to mean something. Is {group!r} the column of cluster ids?"
        )
    return problems
