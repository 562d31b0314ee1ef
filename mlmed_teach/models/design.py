"""What a mixed model is made of: arrays, codes and names."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ..typing import Array, IntArray


@dataclass(frozen=True, slots=True)
class ResidualGroups:
    """Two residual variances: what the page writes as an extra random effect on some rows (``|| fid: sm``).

    Attributes
    ----------
    codes : ndarray of int, shape (n,)
        1 on the rows with the extra variance, 0 elsewhere.
    level, variable : str
        Names of the extra level and of its variable ("fid", "sm").
    sizes : ndarray of int
        Numbers of rows of the level's groups.
    """

    codes: IntArray
    level: str
    variable: str
    sizes: IntArray


@dataclass(frozen=True, slots=True)
class Design:
    """The arrays and names of a mixed model with one grouping factor.

    Attributes
    ----------
    y, X, Z : ndarray, shapes (n,), (n, p), (n, q)
        Response, fixed-effects design, random-effects design.
    cluster : ndarray of int, shape (n,)
        Codes of the clusters; `labels[code]` is the id.
    labels : pandas.Index
    response, group : str
    fe_names, re_names : tuple of str
    residual : ResidualGroups or None
    zeros : tuple of pairs of int
        Random effects, by position, whose covariance is fixed at 0.
    notes : tuple of str
        Remarks for the reader of the result.
    """

    y: Array
    X: Array
    Z: Array
    cluster: IntArray
    labels: pd.Index
    response: str
    group: str
    fe_names: tuple[str, ...]
    re_names: tuple[str, ...]
    residual: ResidualGroups | None = None
    zeros: tuple[tuple[int, int], ...] = ()
    notes: tuple[str, ...] = ()
