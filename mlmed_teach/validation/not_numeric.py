"""Why a column cannot be computed with, and the line that makes numbers of it: text, labels, dates."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from ..typing import BoolArray
from ..words import SHOWN, agree, counted, listed, quoted_list
from .columns import is_category, is_labelled, is_text, missing_in, numbers_in

_ORDINARY = "Make a column of ordinary numbers from it first."
_MOST_DUMMIES = 12  # values of a text up to which a column for each is offered
_READ_CODES = (
    "If these are the labels of a file of Stata or SPSS, read its codes instead: "
    "pd.read_stata(..., convert_categoricals=False), pd.read_spss(..., convert_categoricals=False) or "
    "pyreadstat.read_sav(..., apply_value_formats=False)."
)


def why_not_numeric(column: pd.Series, name: str, where: Callable[[BoolArray], str], predictor: bool) -> str:
    """What a column holds instead of numbers, and what to do.

    Parameters
    ----------
    column : pandas.Series
        A column without numbers of its own (`numeric_values`).
    name : str
        What the table calls it.
    where : callable
        Names the first of some rows.
    predictor : bool
        Columns of 0 and 1, one for each value, can stand for it.

    Returns
    -------
    str
    """
    kind = column.dtype
    if not is_text(column) and not is_labelled(column):
        return f"Column {name!r} is not numeric: its type is {kind}. {_numbers_from(name, kind)}"
    missing = missing_in(column)
    if missing.all():
        return f"Column {name!r} has no values at all: every one is missing. Choose another column."
    numbers = numbers_in(column)
    if is_labelled(column):
        text = f"Column {name!r} is not numeric: its type is {_category(column)}."
        if numbers is not None and not (np.isnan(numbers) & ~missing).any():
            numeric = isinstance(kind, pd.CategoricalDtype) and pd.api.types.is_numeric_dtype(kind.categories.dtype)
            line = f"table[{name!r}].astype(float)" if numeric else f"pd.to_numeric(df[{name!r}].astype(object))"
            return f"{text} If its categories are measurements, make numbers of them: {line}"
        return " ".join([text, *_coding(column, name, predictor), _READ_CODES])
    try:
        bad = missing if numbers is None else np.isnan(numbers) & ~missing
        examples = list(pd.unique(column[bad].astype(object)))
    except TypeError:  # lists and the like
        numbers = None
    if numbers is None:
        return f"Column {name!r} is not numeric: it holds {types_in(column)}. {_ORDINARY}"
    if not bad.any():
        as_what = "text" if any(isinstance(value, str) for value in column) else "objects"
        repair = f"table[{name!r}] = pandas.to_numeric(table[{name!r}])"
        return f"Column {name!r} holds its numbers as {as_what} (its type is {kind}). Make them numbers: {repair}"
    text = f"Column {name!r} is not numeric: {bad.sum():,} of {counted(len(column), 'value')} "
    text += f"{agree(bad.sum(), 'is no number', 'are no numbers')}, {quoted_list(examples, 3)} ({where(bad)})."
    if pd.Series(examples[:SHOWN]).astype(str).str.fullmatch(r"\s*-?\d*,\d+\s*").all():
        return f'{text} The decimal sign is a comma: read the file with pandas.read_csv(..., decimal=",").'
    coding = _coding(column, name, predictor) if is_category(column) else []
    return " ".join([text, *(coding or ["Correct them, or choose another column."])])


def types_in(values: pd.Series) -> str:
    """The types of values, as in "list, set"."""
    return listed(sorted({type(value).__name__ for value in values}))


def values_of(column: pd.Series) -> list:
    """The different values of a column of text or categories, in their order; none if they cannot be compared."""
    kind = column.dtype
    try:
        found = list(pd.unique(column.dropna().astype(object)))
        if isinstance(kind, pd.CategoricalDtype):
            return [value for value in kind.categories.astype(object) if value in found]
        return sorted(found)
    except TypeError:
        return []


def _category(column: pd.Series) -> str:
    """The type of a column of categories, and the first of these."""
    return f"{column.dtype} ({quoted_list(values_of(column), 3)})"


def _coding(column: pd.Series, name: str, predictor: bool) -> list[str]:
    """Words that become 0 and 1, or a column of 0 and 1 each; nothing where they are too many, or not words alone."""
    values = values_of(column)
    if not all(isinstance(value, str) for value in values):  # labels of some values only: their codes are needed
        return []
    if len(values) == 2:
        line = f"df[{name!r}] = df[{name!r}].map({{{values[0]!r}: 0, {values[1]!r}: 1}}).astype(float)"
        return [f"Code its two values as 0 and 1: `{line}`."]
    if not predictor or not 2 < len(values) <= _MOST_DUMMIES:
        return []
    table = f"df.dropna(subset=[{name!r}])" if missing_in(column).any() else "df"  # it would be 0 in all columns
    if is_labelled(column) and isinstance(column.dtype, pd.ArrowDtype):  # of which get_dummies makes nothing
        table += f".astype({{{name!r}: object}})"
    return [
        f"Make a column of 0 and 1 of each of its {len(values)} values but the first: "
        f"`df = pd.get_dummies({table}, columns=[{name!r}], drop_first=True, dtype=float)`.",
        f"One of these, such as {f'{name}_{values[1]}'!r}, can be the predictor, with the others as covariates.",
    ]


def _numbers_from(name: str, kind: object) -> str:
    """How to make numbers of a column of this type."""
    column = f"table[{name!r}]"
    if pd.api.types.is_datetime64_any_dtype(kind):
        return f"Make numbers of the dates, such as days since the first: ({column} - {column}.min()).dt.days"
    if pd.api.types.is_timedelta64_dtype(kind):
        return f"Make numbers of the durations, such as seconds: {column}.dt.total_seconds()"
    return "Make a column of numbers from it first."
