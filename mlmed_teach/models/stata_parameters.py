"""Variances and covariances as Stata names them, and the metric in which it keeps them: lns, atr, lnsig_e."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ..typing import Array
from .design import Design

Z95 = float(stats.norm.ppf(0.975))


@dataclass(frozen=True, slots=True)
class CovarianceParameter:
    """A variance or covariance of the model, linear in phi = (lower triangle of G row by row, residual variances).

    Attributes
    ----------
    heading : str
        Level that it belongs to, "" for the residual.
    name : str
        ``var(x)``, ``cov(x,_cons)``, ``fid: var(sm)``, ``var(Residual)``.
    stata : str
        Stata's name of the parameter behind it: ``lns1_1_1``, ``atr1_1_1_2``, ``lnsig_e``.
    label : str
        The same for readers: ``lns(x)``, ``atr(x,_cons)``.
    row : ndarray, shape (number of phi,)
        The parameter is row @ phi.
    of : tuple of ndarray, or None
        For a covariance, the rows of its two variances.
    """

    heading: str
    name: str
    stata: str
    label: str
    row: Array
    of: tuple[Array, Array] | None = None


def stata_name(name: str) -> str:
    """Stata calls the intercept ``_cons``."""
    return "_cons" if name == "Intercept" else name


def constant_last(names: tuple[str, ...]) -> list[int]:
    """Positions of the terms in Stata's order."""
    return sorted(range(len(names)), key=lambda k: names[k] == "Intercept")


def covariance_parameters(design: Design, extra_variance: bool) -> list[CovarianceParameter]:
    """The covariance parameters in Stata's order.

    Parameters
    ----------
    design : Design
    extra_variance : bool
        Show the second residual variance as the first plus that of an extra random effect.

    Returns
    -------
    list of CovarianceParameter
    """
    q = len(design.re_names)
    n_vech = q * (q + 1) // 2
    n_phi = n_vech + (1 if design.residual is None else 2)
    entry = np.zeros((q, q, n_phi))
    for k, (i, j) in enumerate(zip(*np.tril_indices(q), strict=True)):
        entry[i, j, k] = entry[j, i, k] = 1.0
    s2 = np.eye(n_phi)[n_vech:]

    level = f"{design.group}: {'Unstructured' if q > 1 else 'Identity'}"
    order = list(enumerate(constant_last(design.re_names), 1))
    shown = {k: stata_name(design.re_names[k]) for _, k in order}
    parameters = [
        CovarianceParameter(level, f"var({shown[k]})", f"lns1_1_{at}", f"lns({shown[k]})", entry[k, k])
        for at, k in order
    ]
    for at, k in order:
        for beside, other in order[at:]:
            if (k, other) in design.zeros or (other, k) in design.zeros:
                continue
            pair, variances = f"({shown[k]},{shown[other]})", (entry[k, k], entry[other, other])
            stata = f"atr1_1_{at}_{beside}"
            parameters.append(CovarianceParameter(level, f"cov{pair}", stata, f"atr{pair}", entry[k, other], variances))

    groups = design.residual
    if groups is None or extra_variance:
        if groups is not None:
            name, label = f"{groups.level}: var({groups.variable})", f"lns({groups.level}: {groups.variable})"
            parameters.append(CovarianceParameter(f"{groups.level}: Identity", name, "lns2_1_1", label, s2[1] - s2[0]))
        return [*parameters, CovarianceParameter("", "var(Residual)", "lnsig_e", "lnsig_e", s2[0])]
    for k in (0, 1):
        which = f"{groups.variable}={k}"
        heading = f"Residual: by {groups.variable}"
        parameters.append(
            CovarianceParameter(heading, f"Residual: var({which})", f"lnsig_e{k}", f"lnsig_e({which})", s2[k])
        )
    return parameters


def estimates_table(parameters: list[CovarianceParameter], phi: Array, cov_phi: Array) -> pd.DataFrame:
    """Estimate, standard error and 95% limits of each variance and covariance.

    Limits of a variance v are exp(ln v -/+ z se/v), so that they stay positive; those of a covariance are symmetric.

    Parameters
    ----------
    parameters : list of CovarianceParameter
    phi : ndarray, shape (k,)
    cov_phi : ndarray, shape (k, k)

    Returns
    -------
    DataFrame
        Columns estimate, se, ci low, ci high.
    """
    C = np.array([parameter.row for parameter in parameters])
    estimate = C @ phi
    se = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", C, cov_phi, C), 0.0))  # rounding may leave a 0 below it
    variance = np.array([parameter.of is None for parameter in parameters])
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        factor = np.exp(Z95 * se / estimate)
        low = np.where(variance, estimate / factor, estimate - Z95 * se)
        high = np.where(variance, estimate * factor, estimate + Z95 * se)
    names = [parameter.name for parameter in parameters]
    return pd.DataFrame({"estimate": estimate, "se": se, "ci low": low, "ci high": high}, index=names)


def stata_metric(parameters: list[CovarianceParameter], phi: Array) -> tuple[Array, Array]:
    """ln(standard deviation) of each variance and atanh(correlation) of each covariance.

    Parameters
    ----------
    parameters : list of CovarianceParameter
    phi : ndarray, shape (k,)
        Of an interior optimum.

    Returns
    -------
    values : ndarray, shape (number of parameters,)
    jacobian : ndarray, shape (number of parameters, k)
        Derivatives of the values by phi.
    """
    values, jacobian = [], []
    for parameter in parameters:
        estimate = parameter.row @ phi
        if parameter.of is None:  # ln(sd) = ln(v) / 2
            values.append(np.log(estimate) / 2)
            jacobian.append(parameter.row / (2 * estimate))
            continue
        v, w = parameter.of
        sd = np.sqrt((v @ phi) * (w @ phi))
        r = estimate / sd
        slope = parameter.row / sd - r / 2 * (v / (v @ phi) + w / (w @ phi))
        values.append(np.arctanh(r))
        jacobian.append(slope / (1 - r**2))
    return np.array(values), np.array(jacobian)
