"""list, summarize, correlate and tabulate: DataFrames that show themselves as Stata's tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from ..errors import MlmedError
from ..show import Sheet, View, as_number, fixed, html_table, stata_number, text_table
from ..typing import Array
from ..validation import numeric_values, require_columns, too_long, whole
from ..words import counted

_LONG = 20  # a tabulation with more values shows its ends only,
_ENDS = 3  # that many values of each


def list_rows(df: pd.DataFrame, first: int = 16, sep: int = 8, width: int | Mapping[str, int] | None = None) -> View:
    """The first rows of a table, as Stata's ``list in 1/16, sep(8)`` shows them.

    Parameters
    ----------
    df : DataFrame
        Any table.
    first : int, default 16
        Number of rows.
    sep : int, default 8
        A rule is drawn after every `sep` rows; 0 for none.
    width : int or dict, optional
        Stata's display width for columns with fractions, for all or by column name, as in ``{"z": 9}``. Unless told, a
        column has Stata's default for its type: 9 in single precision (float32), else 10.

    Returns
    -------
    View
        The rows, at full precision and with their index; the display numbers them from 1.

    Raises
    ------
    MlmedError
        If `df` is no DataFrame, a number is out of range, or `width` names an unknown column.
    """
    require_columns(df, [])
    first, sep = whole(first, "first", 1), whole(sep, "sep", 0)
    widths = width if isinstance(width, Mapping) else {}
    require_columns(df, widths)
    frame = df.head(first).copy()
    common = None if isinstance(width, Mapping) else width
    by_position = tuple(
        whole(widths.get(name, common or (9 if kind == np.float32 else 10)), "width", 8)
        for name, kind in zip(frame.columns, frame.dtypes, strict=True)
    )
    return View(frame, partial(_list_sheet, sep=sep, widths=by_position))


def summarize(df: pd.DataFrame, columns: Sequence[str] | str | None = None) -> View:
    """Number of values, mean, standard deviation, minimum and maximum of columns, as Stata's ``summarize``.

    Parameters
    ----------
    df : DataFrame
        Any table.
    columns : sequence of str or str, optional
        Numeric columns; all of them unless told.

    Returns
    -------
    View
        One row per column of `df`: obs, mean, std dev (divisor obs - 1), min, max. Missing values do not count in obs.

    Raises
    ------
    MlmedError
        If a column is missing or not numeric.
    """
    names, values = _numbers(df, columns)
    rows = []
    for column in values:
        known = column[~np.isnan(column)]
        with np.errstate(all="ignore"):  # infinite and huge numbers show as such
            mean, low, high = (known.mean(), known.min(), known.max()) if len(known) else (np.nan,) * 3
            sd = known.std(ddof=1) if len(known) > 1 else np.nan
        rows.append((len(known), mean, sd, low, high))
    frame = pd.DataFrame(rows, index=pd.Index(names, name="variable"), columns=["obs", "mean", "std dev", "min", "max"])
    return View(frame, _summary_sheet)


def correlate(df: pd.DataFrame, columns: Sequence[str] | str | None = None) -> View:
    """Pearson correlations, as Stata's ``correlate``.

    Parameters
    ----------
    df : DataFrame
        Any table.
    columns : sequence of str or str, optional
        Numeric columns; all of them unless told.

    Returns
    -------
    View
        The symmetric matrix, shape (columns, columns), from the rows where none of the columns is missing; their number
        is shown above it. The display leaves the upper triangle empty.

    Raises
    ------
    MlmedError
        If a column is missing or not numeric.
    """
    names, values = _numbers(df, columns)
    table = pd.DataFrame(np.column_stack(values))
    complete = table.dropna()
    matrix = complete.corr().to_numpy()
    frame = pd.DataFrame(matrix, index=pd.Index(names, name="variable"), columns=names)
    return View(frame, partial(_corr_sheet, obs=len(complete), left_out=len(table) - len(complete)))


def tabulate(df: pd.DataFrame, column: str) -> View:
    """How often each value of a column occurs, as Stata's ``tabulate``.

    Parameters
    ----------
    df : DataFrame
        Any table.
    column : str
        Its name; values of any type.

    Returns
    -------
    View
        One row per value in ascending order, missing values last, and a row "Total": freq, percent, cum (cumulated
        percent). The display of a column with more than 20 values shows the first and the last three and says so.

    Raises
    ------
    MlmedError
        If the column is missing, or holds whole numbers too long for this version of pandas.
    """
    require_columns(df, [column])
    if said := too_long(df[column], column):
        raise MlmedError(said)
    counts = df[column].value_counts(dropna=False)
    try:
        counts = counts.sort_index()
    except TypeError:  # values of several types have no order of their own
        counts = counts.sort_index(key=lambda values: values.map(str))
    total = int(counts.sum())
    percent = 100 * counts.to_numpy() / max(total, 1)
    frame = pd.DataFrame(
        {
            "freq": [*counts.to_numpy(), total],
            "percent": [*percent, 100.0 if total else np.nan],
            # from the cumulated counts, so that the last one is 100 and not 100 give or take a rounding error
            "cum": [*(100 * counts.to_numpy().cumsum() / max(total, 1)), np.nan],
        },
        index=pd.Index([*counts.index, "Total"], name=column, dtype=object),
    )
    return View(frame, _tab_sheet)


def _numbers(df: pd.DataFrame, columns: Sequence[str] | str | None) -> tuple[list[str], list[Array]]:
    """Names and values of numeric columns."""
    require_columns(df, [])
    if columns is None:
        require_columns(df, df.columns)
        columns = [name for name in df.columns if numeric_values(df[name]) is not None]
        if not columns:
            raise MlmedError("The table has no numeric column.")
    names = list(columns) if np.iterable(columns) and not isinstance(columns, str) else [columns]
    if not names:
        raise MlmedError("No column is named: give at least one.")
    require_columns(df, names)
    values = []
    for name in names:
        column = numeric_values(df[name])
        if column is None:
            raise MlmedError(f"Column {name!r} is not numeric: its type is {df[name].dtype}. Leave it out.")
        values.append(column)
    return names, values


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number | np.bool_) and not isinstance(value, complex | np.complexfloating)


def _cell(value: Any, width: int) -> str:
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return "."
    if isinstance(value, bool | np.bool_ | int | np.integer):
        return str(int(value))
    return stata_number(value, width) if _is_number(value) else str(value)


def _list_sheet(frame: pd.DataFrame, sep: int, widths: tuple[int, ...]) -> Sheet:
    names = [str(name) for name in frame.columns]
    columns = [[_cell(value, width) for value in frame.iloc[:, at].tolist()] for at, width in enumerate(widths)]
    rows = [list(row) for row in zip(*columns, strict=True)] if names else []
    spans = [max(map(len, [name, *cells])) for name, cells in zip(names, columns, strict=True)]
    inner = sum(spans) + 3 * max(len(spans) - 1, 0) + 2

    def line(cells: list[str]) -> str:
        return "| " + "   ".join(cell.rjust(span) for cell, span in zip(cells, spans, strict=True)) + " |"

    edge, rule = "     +" + "-" * inner + "+", "     |" + "-" * inner + "|"
    text = [edge, "     " + line(names), rule]
    body: list[list[str] | None] = []
    for number, row in enumerate(rows, 1):
        text.append(f"{number:3d}. " + line(row))
        body.append([f"{number}.", *row])
        if sep and number % sep == 0 and number < len(rows):
            text.append(rule)
            body.append(None)
    figures = {
        f"row {number}: {name}": as_number(value)
        for name, at in zip(names, range(len(names)), strict=True)
        for number, value in enumerate(frame.iloc[:, at].tolist(), 1)
        if _is_number(value)
    }
    return Sheet("\n".join([*text, edge]), html_table(["", *names], body), figures)


def _summary_sheet(frame: pd.DataFrame) -> Sheet:
    heads = ["Obs", "Mean", "Std. Dev.", "Min", "Max"]
    rows = [[str(name), str(int(row[0])), *map(stata_number, row[1:])] for name, *row in frame.itertuples()]
    spans = [10, 12, 12, 11, 11]
    figures = {f"{name}: {key}": as_number(value) for name, row in frame.iterrows() for key, value in row.items()}
    return Sheet(text_table("Variable", heads, rows, spans, 12), html_table(["Variable", *heads], rows), figures)


def _corr_sheet(frame: pd.DataFrame, obs: int, left_out: int) -> Sheet:
    names = [str(name) for name in frame.columns]
    values = frame.to_numpy()
    rows = [
        [name, *(fixed(values[at, to], 4) if to <= at else "" for to in range(len(names)))]
        for at, name in enumerate(names)
    ]
    note = f"(obs={obs}" + (f"; {counted(left_out, 'row')} with missing values left out)" if left_out else ")")
    figures = {"obs": float(obs)}
    figures |= {f"{names[at]}: {names[to]}": values[at, to] for at in range(len(names)) for to in range(at + 1)}
    text = note + "\n\n" + text_table("", names, rows, [max(9, len(name) + 1) for name in names], 12)
    return Sheet(text, html_table(["", *names], rows, caption=note), figures)


def _tab_sheet(frame: pd.DataFrame) -> Sheet:
    heads, name = ["Freq.", "Percent", "Cum."], str(frame.index.name)
    labels = [_cell(value, 10) for value in frame.index]
    cells = list(frame.itertuples(index=False))
    rows = [
        [label, str(int(freq)), fixed(percent, 2), "" if np.isnan(cum) else fixed(cum, 2)]
        for label, (freq, percent, cum) in zip(labels, cells, strict=True)
    ]
    last = len(rows) - 1
    shown: list[int | None] = list(range(last))
    if last > _LONG:
        shown = [*range(_ENDS), None, *range(last - _ENDS, last)]
    omitted = f"({last - 2 * _ENDS} more values not shown)"
    body = [omitted if at is None else rows[at] for at in shown] + [None, rows[last]]
    figures: dict[str, float] = {}
    for at in [*(at for at in shown if at is not None), last]:
        label = "total" if at == last else f"{name} {labels[at]}"
        figures |= {
            f"{label}: {key}": as_number(value)
            for key, value in zip(frame.columns, cells[at], strict=True)
            if not np.isnan(value)
        }
    return Sheet(text_table(name, heads, body, [11, 12, 12], 11), html_table([name, *heads], body), figures)
