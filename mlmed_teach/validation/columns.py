"""What a column holds: numbers, categories, ids of clusters."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..typing import Array, BoolArray, IntArray


def is_category(column: pd.Series) -> bool:
    """Whether a column holds categories: its type says so, or it holds text that is not mostly numbers.

    Parameters
    ----------
    column : pandas.Series

    Returns
    -------
    bool
    """
    if is_labelled(column):
        return True
    if not is_text(column):
        return False
    numbers = numbers_in(column)
    return numbers is None or bool(np.count_nonzero(~np.isnan(numbers)) < 0.5 * column.notna().sum())


def is_text(column: pd.Series) -> bool:
    """Whether a column's type is text, of whichever kind pandas has, or that of any object."""
    kind = column.dtype
    if isinstance(kind, pd.ArrowDtype):
        return "string" in str(kind)
    return pd.api.types.is_string_dtype(kind) or pd.api.types.is_object_dtype(kind)


def is_labelled(column: pd.Series) -> bool:
    """Whether a column's type is that of categories: pandas' own, or a dictionary of Arrow."""
    kind = column.dtype
    return isinstance(kind, pd.CategoricalDtype) or (
        isinstance(kind, pd.ArrowDtype) and str(kind).startswith("dictionary")
    )


def numbers_in(column: pd.Series) -> Array | None:
    """The numbers that a column of text or objects holds.

    Parameters
    ----------
    column : pandas.Series

    Returns
    -------
    ndarray of float, shape (rows,), or None
        NaN where there is none; None where nothing in the column can be read as a number at all.
    """
    try:
        # As objects: of Arrow's text, pandas gives back what it cannot read.
        found = pd.to_numeric(column.astype(object), errors="coerce")
        if pd.api.types.is_complex_dtype(found.dtype):
            return None
        return found.to_numpy(dtype="float64", na_value=np.nan)
    except (TypeError, ValueError, OverflowError):
        return None


def missing_in(column: pd.Series) -> BoolArray:
    """Rows in which a column has no value: missing, or NaN, which pandas' nullable types and Arrow's tell from it."""
    values = numeric_values(column)
    return column.isna().to_numpy() if values is None else np.isnan(values)


def cluster_codes(ids: pd.Series) -> tuple[IntArray, pd.Index]:
    """Number the clusters.

    Parameters
    ----------
    ids : pandas.Series
        Cluster ids of any type, none missing.

    Returns
    -------
    codes : ndarray of int, shape (rows,)
    labels : pandas.Index
        Ids in the order of the codes: sorted, or as they first occur where their types cannot be sorted together.
    """
    try:
        codes, labels = pd.factorize(ids, sort=True)
    except TypeError:
        codes, labels = pd.factorize(ids)
    return codes, pd.Index(labels)


def numeric_values(series: pd.Series) -> Array | None:
    """The values of a numeric column as floats.

    Parameters
    ----------
    series : pandas.Series
        A numeric or boolean column, also of one of pandas' nullable types.

    Returns
    -------
    ndarray of float, shape (rows,), or None
        NaN where missing; None if the column does not hold real numbers.
    """
    kind = series.dtype
    number = pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_bool_dtype(kind)  # Arrow's bool is the latter alone
    if not number or pd.api.types.is_complex_dtype(kind) or isinstance(kind, pd.CategoricalDtype):
        return None
    return series.to_numpy(dtype="float64", na_value=np.nan)
