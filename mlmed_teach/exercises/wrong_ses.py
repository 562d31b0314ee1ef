"""Standard errors of lesson 6 as they come out when a term is left out, or taken from the wrong matrix."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..stacked_model import product_variance
from .facts import Facts, by_path


def se_indirect(f: Facts, V: pd.DataFrame | None = None, var_cov: float | None = None) -> float:
    """SE of the indirect effect with other variances of the estimates, or another variance of the covariance."""
    V = f.V if V is None else V
    var = product_variance(f.a, f.b, V.loc["a", "a"], V.loc["b", "b"], V.loc["a", "b"])
    return float(np.sqrt(var + (f.se_cov**2 if var_cov is None else var_cov)))


def unrelated(V: pd.DataFrame) -> pd.DataFrame:
    """A covariance matrix without its covariances."""
    return pd.DataFrame(np.diag(np.diag(V)), index=V.index, columns=V.columns)


def sobel(f: Facts) -> float:
    return float(np.sqrt(f.b**2 * f.V.loc["a", "a"] + f.a**2 * f.V.loc["b", "b"]))


def se_statsmodels(f: Facts) -> float:
    return se_indirect(f, by_path(f.statsmodels.cov_params()))


def se_total(f: Facts, V: pd.DataFrame) -> float:
    """SE of the total effect, with a matrix in the place of that of the estimates."""
    more = V.loc["cprime", "cprime"] + 2 * f.b * V.loc["a", "cprime"] + 2 * f.a * V.loc["b", "cprime"]
    return float(np.sqrt(se_indirect(f, V) ** 2 + more))
