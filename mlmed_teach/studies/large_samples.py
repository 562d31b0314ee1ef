"""Power by a formula for large samples: no table is fitted, so that it takes no time and counts no accident."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import pandas as pd
from scipy.special import ndtr

from ..engine import covariances, evaluate, one_blas_thread
from ..models import SE, SES, degrees_of_freedom
from ..stacked_model import KINDS, combine, critical_value
from ..typing import Array, IntArray
from ..uncertainty import path_rows
from ..validation import one_of
from .population import Population, simulate
from .simulated_fits import CONFIDENCE, stacked_tables
from .study_runs import cells_of, effects_of, fitted_slopes, population_with_effect

# of the table that stands for the population: with other seeds standard errors differ by 2% (indirect effect) or less
CLUSTERS, SEED = 1000, 12
ROWS = 20  # in each of its clusters, of which smaller ones are the first: more rows never seem to make it worse


def expected_power(
    population: Population | None = None,
    clusters: Sequence[int] | int = (25, 50, 100, 200),
    sizes: Sequence[int] | int = 8,
    *,
    se: SE = "joint",
) -> pd.DataFrame:
    """What a formula says of the power that `power` simulates: exact for very many clusters, a guide for few.

    The standard error is the one that the true variances would give in a typical table, and shrinks with the root of
    the number of clusters. The estimate is taken as normal around the truth, with that standard error in every sample:
    then the Wald interval excludes 0 with probability Phi(effect / SE - t) + Phi(-effect / SE - t). What it does not
    know is common with few clusters: fits on the boundary, and standard errors that move with the estimate. Simulate
    before you decide.

    Parameters
    ----------
    population : Population, optional
        By default that of Bauer, Preacher & Gil (2006).
    clusters, sizes : int or sequence of int
        Numbers of clusters, and of rows in each; every combination is a design.
    se : {"joint", "gls", "robust"}
        Whose standard errors, as in `mediate`.

    Returns
    -------
    DataFrame
        One row for each design and effect: clusters, size, effect, ``se`` (expected standard error), ``power`` (of the
        95% Wald interval). An effect that is 0 in the population has no row.

    Raises
    ------
    MlmedError
        An impossible design, or a population without an indirect effect.

    Examples
    --------
    >>> import mlmed_teach as mt
    >>> found = mt.expected_power(mt.Population(a=0.3, b=0.3), clusters=(40, 160))
    >>> few, many = found[found["effect"] == "indirect"]["se"]
    >>> round(few / many, 3)  # four times the clusters, half the standard error
    2.0
    """
    population = population_with_effect(population, "expected_power")
    kind: SE = one_of(se, "se", SES)  # type: ignore[assignment]
    cells = cells_of(clusters, sizes, [population.shape], fitted_slopes(population, None))
    errors = {size: errors_of_one_cluster(population, size, kind) for size in dict.fromkeys(c.size for c in cells)}
    rows = [
        {
            "clusters": cell.clusters,
            "size": cell.size,
            "effect": effect,
            "se": (error := errors[cell.size][KINDS.index(effect)] / np.sqrt(cell.clusters)),
            "power": float(wald_power(getattr(population, effect), error, cell.clusters, kind)),
        }
        for cell in sorted(set(cells), key=lambda cell: (cell.size, cell.clusters))
        for effect in effects_of(population)
    ]
    return pd.DataFrame(rows)


def errors_of_one_cluster(population: Population, size: int, se: SE) -> Array:
    """Expected standard errors of the indirect, direct and total effect, times the root of the number of clusters.

    From the information of a large table at the true variances; its random numbers are always the same, so that the
    result moves smoothly with the population and with the number of rows.

    Parameters
    ----------
    population : Population
    size : int
        Rows of a cluster.
    se : {"joint", "gls", "robust"}

    Returns
    -------
    ndarray, shape (3,)
    """
    with one_blas_thread():
        rows = max(size, ROWS)
        table = simulate(population, CLUSTERS, rows, SEED)[np.arange(CLUSTERS * rows) % rows < size]
        tables = stacked_tables(population, [table], fitted_slopes(population, None))
        units, cp = tables.units, tables.cp.take(0)
        # A population on the boundary is moved off it by next to nothing: its information is that of all directions.
        L, s2 = units.start(*tables.truth, ())
        G = L @ L.T
        there = evaluate(cp, G, s2, reml=True)
        every = covariances(cp, G, s2, there.grad_G, there.hess, reml=True)
    by_theta = path_rows(units, tables.columns)
    V = (by_theta @ getattr(every, se) @ by_theta.T)[None]
    a, b, c, cov_ab = np.array([[population.a], [population.b], [population.cprime], [population.cov_ab]])
    _, errors = combine(a, b, c, cov_ab, V)
    return np.asarray(errors[0] * np.sqrt(CLUSTERS))


def wald_power(effect: Array | float, error: Array | float, clusters: IntArray | int, se: SE) -> Array:
    """Probability that a 95% Wald interval excludes 0, for an estimate that is normal around the effect.

    Parameters
    ----------
    effect, error : array_like
        The truth and the standard error.
    clusters : array_like of int
        Of which there may be few, so that intervals are those of the t distribution.
    se : {"joint", "gls", "robust"}

    Returns
    -------
    ndarray
    """
    limit = np.reshape([_limit(se, int(J)) for J in np.atleast_1d(clusters)], np.shape(clusters))
    ratio = np.asarray(effect) / error
    return np.asarray(ndtr(ratio - limit) + ndtr(-ratio - limit))


@cache
def _limit(se: SE, clusters: int) -> float:
    return critical_value(degrees_of_freedom(se, clusters), CONFIDENCE)
