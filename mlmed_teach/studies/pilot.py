"""What a pilot study says of its population."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from ..errors import MlmedError
from ..mediation import Mediation
from ..stacked_model import PATHS
from ..typing import Array, IntArray
from ..words import described

COEFFICIENTS = ("d_m", "a", "d_y", "b", "cprime")  # in the order of a population's covariance matrix

_TERMS = {"d_m": "sm", "d_y": "sy", **{name: path.term for name, path in PATHS.items()}}


def covariance_name(one: str, other: str) -> str:
    """How a population calls the covariance of two coefficients: cov_ab, cov_d_m_a."""
    first, second = sorted((one, other), key=["d_m", "d_y", "a", "b", "cprime"].index)
    return "cov_ab" if (first, second) == ("a", "b") else f"cov_{first}_{second}"


def pilot_estimates(med: Mediation) -> dict[str, Any]:
    """Estimates of a pilot study, under the names of the attributes of `Population`.

    Parameters
    ----------
    med : Mediation

    Returns
    -------
    dict

    Raises
    ------
    MlmedError
        Not a result of `mediate`, or one of a model that a population does not have.
    """
    _refuse_other_models(med)
    design, optimum = med.fit.design, med.fit.optimum
    outcome = med.spec.outcome_rows  # the rows of y come first
    columns = dict(zip(design.fe_names, design.X.T, strict=True))
    x, cluster = columns[_TERMS["a"]][outcome:], design.cluster[outcome:]
    treatment = _is_treatment(x, cluster)
    centre = 0.0 if treatment else float(x.mean())
    G = _centred(med, centre)
    s2_y, s2_m = map(float, optimum.s2)
    # the intercepts: what makes the average m and y, given the average x of the population
    fitted, left = design.X @ optimum.beta, float(x.mean()) - centre
    d_m = fitted[outcome:].mean() - med.a * left
    d_y = fitted[:outcome].mean() - med.b * columns[_TERMS["b"]][:outcome].mean() - med.cprime * left
    within, between = _variances(_given_covariates(med, x), cluster)
    return {
        "a": float(med.a),
        "b": float(med.b),
        "cprime": float(med.cprime),
        "d_m": float(d_m),
        "d_y": float(d_y),
        **{f"var_{name}": float(G[k, k]) for k, name in enumerate(COEFFICIENTS)},
        **{
            covariance_name(COEFFICIENTS[i], COEFFICIENTS[j]): float(G[i, j])
            for i, j in combinations(range(len(COEFFICIENTS)), 2)
        },
        "var_e_m": s2_m,
        "var_e_y": s2_y,
        "var_x_within": within,
        "var_x_between": between,
        "treatment": treatment,
    }


def _refuse_other_models(med: object) -> None:
    if not isinstance(med, Mediation):
        raise MlmedError(f"from_result takes what mt.mediate(...) gave for the pilot, but this is {described(med)}.")
    if med.spec.decompose:
        raise MlmedError(
            "A decomposed pilot has paths at two levels, and power is simulated for the model of raw scores: fit the "
            "pilot with decompose=False."
        )
    if med.spec.moderators:
        raise MlmedError(
            "The paths of this pilot depend on a moderator, and a population has one average of each: fit the pilot "
            "without moderators."
        )


def _centred(med: Mediation, centre: float) -> Array:
    """Covariance matrix of the coefficients over clusters, the intercepts being those at `centre` of x."""
    names, found = med.fit.design.re_names, med.fit.optimum.G
    G = np.zeros((5, 5))
    places = [(k, names.index(_TERMS[name])) for k, name in enumerate(COEFFICIENTS) if _TERMS[name] in names]
    if places:
        rows, own = zip(*places, strict=True)
        G[np.ix_(rows, rows)] = np.asarray(found)[np.ix_(own, own)]
    T = np.eye(5)
    T[0, 1] = T[2, 4] = centre
    return T @ G @ T.T


def _is_treatment(x: Array, cluster: IntArray) -> bool:
    """Whether x is 0 in half of the rows of every cluster (but for an odd one), and 1 in the others."""
    rows, ones = np.bincount(cluster), np.bincount(cluster, x)
    return bool(np.isin(x, (0, 1)).all() and (np.abs(2 * ones - rows) <= 1).all())


def _given_covariates(med: Mediation, x: Array) -> Array:
    """What the covariates of m leave of x; without any, its deviations from its mean."""
    design = med.fit.design
    others = [k for k, name in enumerate(design.fe_names) if name != _TERMS["a"]]
    X = design.X[med.spec.outcome_rows :, others]
    X = X[:, (X != 0).any(0)]
    return np.asarray(x - X @ np.linalg.lstsq(X, x, rcond=None)[0])


def _variances(x: Array, cluster: IntArray) -> tuple[float, float]:
    """Variance within clusters and of their means, by analysis of variance, the second at least 0."""
    rows = np.bincount(cluster)
    means = np.bincount(cluster, x) / rows
    J, n = len(rows), len(x)
    inside = float(((x - means[cluster]) ** 2).sum())
    within = inside / (n - J) if n > J else 0.0
    if inside <= 1e-12 * float((x**2).sum()):  # rounding errors of an x that is one number in each cluster
        within = 0.0
    usual = (n - (rows**2).sum() / n) / (J - 1)
    spread = float((rows * (means - x.mean()) ** 2).sum()) / (J - 1)
    return within, max(float((spread - within) / usual), 0.0)
