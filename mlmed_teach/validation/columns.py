"""What a column holds: numbers, categories, ids of clusters."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..typing import Array, IntArray


def is_category(column: pd.Series) -> bool:
    """Whether a column holds categories: its type says so, or it holds text that is not mostly numbers.

    Parameters
    ----------
    column : pandas.Series

    Returns
    -------
    bool
    """
    kind = column.dtype
    if isinstance(kind, pd.CategoricalDtype):
        return True
    if not (pd.api.types.is_string_dtype(kind) or pd.api.types.is_object_dtype(kind)):
        return False
    try:
        numbers = pd.to_numeric(column, errors="coerce").notna().sum()
    except (TypeError, OverflowError):
        return True
    return bool(numbers < 0.5 * column.notna().sum())


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
    if not pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_complex_dtype(kind):
        return None
    return series.to_numpy(dtype="float64", na_value=np.nan)
