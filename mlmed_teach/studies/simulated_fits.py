"""Some tables of a study, drawn and fitted together: estimates, standard errors, intervals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ..engine import (
    BatchOptimum,
    CrossProducts,
    EffectInUnits,
    Problem,
    Units,
    cross_products,
    maximize_batch,
    standardize,
)
from ..models import SE, degrees_of_freedom
from ..stacked_model import KINDS, PATHS, TERMS, combine, critical_value
from ..typing import Array, IntArray
from ..uncertainty import (
    ABOVE,
    BELOW,
    NEITHER,
    PathColumns,
    bootstrap_limits,
    highest_cost,
    monte_carlo_limits,
    path_columns,
    path_estimates,
    sides_missed,
)
from .population import SHAPES, Population, simulate
from .store import Job, Results

BOOTSTRAPS = {"bootstrap": "percentile", "bca": "bca"}  # name in a study -> interval

INTERVALS = ("wald", "monte_carlo", "profile", *BOOTSTRAPS)

WITH_SE = ("wald", "monte_carlo")  # those that are made of standard errors

CONFIDENCE = 0.95

MC_DRAWS = 10_000


@dataclass(frozen=True)
class Tables:
    """Tables of one population with the same clusters, stacked and summed up, ready to be fitted.

    Attributes
    ----------
    population : Population
    columns : PathColumns
        Where the paths stand in this model.
    random : list of int
        Columns of X that are random.
    X : ndarray, shape (B, 2 n, 5)
        Designs of the fixed effects.
    cluster, residual : ndarray of int, shape (2 n,)
    units : Units
    cp : CrossProducts
    """

    population: Population
    columns: PathColumns
    random: list[int]
    X: Array
    cluster: IntArray
    residual: IntArray
    units: Units
    cp: CrossProducts

    @property
    def truth(self) -> tuple[Array, Array]:
        """G and s2 of the population, of the random effects of this model."""
        G = self.population.covariance[np.ix_(self.random, self.random)]
        return G, np.array([self.population.var_e_y, self.population.var_e_m])

    def fit(self, reml: bool, held: tuple[EffectInUnits, float] | None = None) -> BatchOptimum:
        """Fit each table, with an effect held at a value (by ML) or without; the search starts at the truth."""
        return maximize_batch(self.cp, *self.units.start(*self.truth, ()), reml=reml, held=held)

    def problems(self, found: BatchOptimum) -> list[Problem]:
        """Each table with its REML fit, ready to be fitted again."""
        G, s2 = self.units.G(found.G), self.units.s2(found.s2)
        parts = self.cp.zz, self.cp.zw, self.cp.ww, self.cp.n
        return [
            Problem(
                X=X,
                Z=X[:, self.random],
                cluster=self.cluster,
                residual=self.residual,
                units=self.units,
                cp=CrossProducts(*(part[:, k] for part in parts)),
                G=G[k],
                s2=s2[k],
                reml=True,
                zeros=(),
            )
            for k, X in enumerate(self.X)
        ]


def draw_and_fit(population: Population, study: dict[str, Any], job: Job) -> Results:
    """Draw and fit the tables of a job.

    Parameters
    ----------
    population : Population
        Its shape is replaced by that of the cell.
    study : dict
        ``seed``, ``intervals``, ``se``, ``bootstrap_reps``, ``random``.
    job : Job

    Returns
    -------
    dict of str to list
        As `fit_tables` gives it.
    """
    key = (job.cell.clusters, job.cell.size, SHAPES.index(job.cell.shape), job.chunk)
    rng = np.random.default_rng(np.random.SeedSequence(study["seed"], spawn_key=key))
    population = replace(population, shape=job.cell.shape)
    tables = [simulate(population, job.cell.clusters, job.cell.size, rng) for _ in range(job.size)]
    return fit_tables(
        population, tables, study["intervals"], study["se"], rng, study["bootstrap_reps"], study["random"]
    )


def fit_tables(
    population: Population,
    tables: Sequence[pd.DataFrame],
    chosen: Sequence[str],
    ses: Sequence[SE],
    rng: np.random.Generator,
    bootstrap_reps: int = 499,
    random: Sequence[str] = tuple(PATHS),
) -> Results:
    """Fit tables of a known truth that have the same clusters.

    Parameters
    ----------
    population : Population
        Where they come from.
    tables : sequence of DataFrame
        With columns id (1, 2, ...), x, m, y.
    chosen : sequence of str
        Intervals to compute, any of `INTERVALS`.
    ses : sequence of str
        Standard errors to compute, and to make those intervals of that are made of some: any of `SES`.
    rng : numpy.random.Generator
        For Monte Carlo and bootstrap.
    bootstrap_reps : int, optional
    random : sequence of str, optional
        Paths with a random slope in the model that is fitted; all of them by default.

    Returns
    -------
    dict of str to list
        One value for each table, None for what does not exist: whether the fit ``converged`` and lies on the
        ``boundary``; estimates ``indirect``, ...; their standard errors of each kind, ``indirect gls se``, ...; limits
        ``indirect wald gls low``, ``indirect profile low``, ... of the intervals that were computed, and on which side
        each missed the truth, ``indirect wald gls missed``: "below", "above" or "neither".
    """
    stacked = stacked_tables(population, tables, random)
    found = stacked.fit(reml=True)
    cov = found.covariances(stacked.cp, reml=True)
    normal = rng.normal(size=(MC_DRAWS, 4)) if "monte_carlo" in chosen else None
    results: dict[str, Iterable[Any]] = {"converged": found.converged, "boundary": found.singular}
    for se in ses:
        paths, V = path_estimates(stacked.units, found, getattr(cov, se), stacked.columns)
        a, b, c, cov_ab = paths.T
        estimates, errors = combine(a, b, c, cov_ab, V)
        for k, effect in enumerate(KINDS):
            results |= {effect: estimates[:, k], f"{effect} {se} se": errors[:, k]}
        if "wald" in chosen:
            reach = critical_value(degrees_of_freedom(se, tables[0]["id"].nunique()), CONFIDENCE) * errors
            limits = np.stack([estimates - reach, estimates + reach])
            results |= _limits(population, f"wald {se}", limits)
        if normal is not None:
            results |= _limits(population, f"monte_carlo {se}", monte_carlo_limits(paths, V, normal, CONFIDENCE))
    if "profile" in chosen:
        results |= {"indirect profile missed": _profile_missed(stacked)}
    drawn = {name: interval for name, interval in BOOTSTRAPS.items() if name in chosen}
    if drawn:
        beta, G = stacked.units.beta(found.beta), stacked.units.G(found.G)
        each = [
            bootstrap_limits(task, stacked.columns, own, drawn.values(), bootstrap_reps, rng, CONFIDENCE)
            for task, own in zip(stacked.problems(found), stacked.columns.effects(beta, G), strict=True)
        ]
        for name, interval in drawn.items():
            results |= _limits(population, name, np.stack([limits[interval] for limits in each], 1))
    return {name: [_plain(value) for value in values] for name, values in results.items()}


def stacked_tables(
    population: Population, tables: Sequence[pd.DataFrame], random: Sequence[str] = tuple(PATHS)
) -> Tables:
    """Stack tables that have the same clusters, y on m, and sum them up.

    Parameters
    ----------
    population : Population
    tables : sequence of DataFrame
        B tables with columns id (1, 2, ...), x, m, y.
    random : sequence of str, optional
        Paths with a random slope.

    Returns
    -------
    Tables
    """
    x, m, y = (np.array([table[name] for table in tables]) for name in ("x", "m", "y"))
    one, zero = np.ones_like(x), np.zeros_like(x)
    outcome, mediator = (zero, zero, one, m, x), (one, x, zero, zero, zero)  # TERMS
    X = np.concatenate([np.stack(columns, -1) for columns in (outcome, mediator)], 1)
    z = np.concatenate([y, m], 1)
    rows = tables[0]["id"].to_numpy(dtype=np.intp) - 1
    cluster, residual = np.tile(rows, 2), np.repeat(np.arange(2), len(rows))
    terms = [term for term in TERMS if term not in {PATHS[path].term for path in PATHS if path not in random}]
    places = [TERMS.index(term) for term in terms]
    Z = X[..., places]
    units = standardize(z[0], X[0], Z[0], residual, keep_zeros=False)
    cp = cross_products(*units.apply(z, X, Z, residual), cluster, residual, 2)
    return Tables(population, path_columns(TERMS, terms), places, X, cluster, residual, units, cp)


def _limits(population: Population, interval: str, limits: Array) -> dict[str, Iterable[Any]]:
    """Limits, shape (2, B, 3), under their names, and on which side they miss the truth."""
    found: dict[str, Iterable[Any]] = {}
    for k, effect in enumerate(KINDS):
        low, high = limits[..., k]
        name = f"{effect} {interval}"
        missed = sides_missed(low, high, getattr(population, effect))
        found |= {f"{name} low": low, f"{name} high": high, f"{name} missed": missed}
    return found


def _profile_missed(tables: Tables) -> list[str | None]:
    """On which side the profile intervals of the indirect effect miss the truth; their limits are not computed.

    It is enough to hold the effect at the truth, for all tables in one go: the truth is missed where that costs more
    than the interval allows.
    """
    target, truth, units = tables.columns.target("indirect"), tables.population.indirect, tables.units
    best, held = tables.fit(reml=False), tables.fit(reml=False, held=(target.in_units(units), truth))
    estimates = target.value(units.beta(best.beta), units.G(best.G))
    missed = held.m2ll - best.m2ll > highest_cost(CONFIDENCE)
    sides = np.where(missed, np.where(estimates > truth, ABOVE, BELOW), NEITHER)
    return [str(side) if found else None for side, found in zip(sides, best.converged & held.converged, strict=True)]


def _plain(value: Any) -> float | str | None:
    """A value as JSON holds it."""
    if value is None or isinstance(value, str):
        return value
    return float(value) if np.isfinite(value) else None
