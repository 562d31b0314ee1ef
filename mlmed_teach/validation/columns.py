"""What a column holds: numbers, categories, ids of clusters."""

import numpy as np
import pandas as pd


def is_category(column):
    """
    Whether a column holds categories: its type says so, or it holds text that is not mostly numbers.

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
    # ids that are tuples stay one id each
    return codes, pd.Index(list(labels), tupleize_cols=False) if isinstance(labels, pd.MultiIndex) else pd.Index(labels)


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
