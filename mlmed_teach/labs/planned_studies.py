"""Designs of a study, their power by formula, and tables that check it: the arithmetic of the lab `planning`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from ..engine import one_blas_thread
from ..models import degrees_of_freedom
from ..stacked_model import critical_value
from ..studies import Population, errors_of_one_cluster, fit_tables, simulate, wald_power
from ..typing import Array, BoolArray, IntArray

FEWEST, MOST = 10, 200  # clusters
CURVE: IntArray = np.arange(FEWEST, MOST + 1, dtype=np.intp)
CORRELATION = 1 / 3  # of a_j and b_j
TARGET = 0.8


@dataclass(frozen=True)
class Design:
    """A study that may be done.

    Attributes
    ----------
    clusters, size : int
        Number of clusters, and rows in each.
    path : float
        Averages of a_j and of b_j; x varies within clusters with a standard deviation of 1, as do the residuals.
    sd : float
        Standard deviations of a_j and of b_j over clusters.
    """

    clusters: int
    size: int
    path: float
    sd: float

    @property
    def rows(self) -> int:
        """Rows in all."""
        return self.clusters * self.size

    @property
    def population(self) -> Population:
        """What is supposed to be true."""
        return _population(self.path, self.sd)

    @property
    def error(self) -> float:
        """Expected standard error of the indirect effect."""
        return _error_of_one_cluster(self.path, self.sd, self.size) / float(np.sqrt(self.clusters))

    @property
    def ratio(self) -> float:
        """The indirect effect in these standard errors."""
        return self.population.indirect / self.error

    @property
    def limit(self) -> float:
        """How many standard errors an estimate must lie from 0 so that its 95% interval excludes 0."""
        return critical_value(degrees_of_freedom("joint", self.clusters), 0.95)

    @property
    def power(self) -> float:
        """Power by the formula."""
        return float(wald_power(self.population.indirect, self.error, self.clusters, "joint"))

    @property
    def curve(self) -> Array:
        """Power by the formula with each number of clusters in `CURVE`."""
        error = self.error * np.sqrt(self.clusters / CURVE)
        return wald_power(self.population.indirect, error, CURVE, "joint")

    def alike(self, other: Design) -> bool:
        """Whether the same is supposed to be true."""
        return (self.path, self.sd) == (other.path, other.sd)

    def __str__(self) -> str:
        return f"{self.clusters} \u00d7 {self.size}"


def _population(path: float, sd: float) -> Population:
    cov = CORRELATION * sd**2
    return Population(
        a=path,
        b=path,
        cprime=0.05,
        var_a=sd**2,
        var_b=sd**2,
        cov_ab=cov,
        var_x_within=1.0,
        var_e_m=1.0,
        var_e_y=1.0,
    )


@cache
def _error_of_one_cluster(path: float, sd: float, size: int) -> float:
    return float(errors_of_one_cluster(_population(path, sd), size, "joint")[0])


@dataclass(frozen=True)
class Runs:
    """Tables that were drawn of a design and fitted.

    Attributes
    ----------
    z : ndarray, shape (tables,)
        Each estimate of the indirect effect in its own standard errors.
    found : ndarray of bool, shape (tables,)
        Whether its 95% Wald interval excludes 0.
    """

    z: Array
    found: BoolArray

    def __len__(self) -> int:
        return len(self.z)

    def __add__(self, more: Runs) -> Runs:
        return Runs(np.concatenate([self.z, more.z]), np.concatenate([self.found, more.found]))

    @property
    def share(self) -> float:
        """Simulated power; NaN without a table."""
        return float(self.found.mean()) if len(self) else float("nan")

    @property
    def mc_error(self) -> float:
        """Its Monte Carlo error."""
        return share_error(self.share, len(self)) if len(self) else float("nan")


NONE = Runs(np.empty(0), np.empty(0, dtype=bool))


def share_error(share: float, tables: int) -> float:
    """Standard error of a share of tables."""
    return float(np.sqrt(share * (1 - share) / tables))


def run_tables(design: Design, first: int, count: int) -> Runs:
    """Draw and fit tables; those that come after `first` others are always the same."""
    key = (design.clusters, design.size, round(100 * design.path), round(100 * design.sd), first)
    rng = np.random.default_rng(np.random.SeedSequence(12, spawn_key=key))
    population = design.population
    with one_blas_thread():
        tables = [simulate(population, design.clusters, design.size, rng) for _ in range(count)]
        fits = fit_tables(population, tables, ["wald"], ["joint"], rng)
    names = ("indirect", "indirect joint se", "indirect wald joint low", "indirect wald joint high")
    estimate, se, low, high = (np.array(fits[name], dtype=float) for name in names)
    exist = (np.array(fits["converged"]) == 1) & np.isfinite(low)
    return Runs((estimate / se)[exist], ((low > 0) | (high < 0))[exist])


class Notebook:
    """What was run and kept so far.

    Attributes
    ----------
    kept : Design or None
    """

    def __init__(self) -> None:
        self._runs: dict[Design, Runs] = {}
        self.kept: Design | None = None

    def of(self, design: Design) -> Runs:
        """Tables of a design."""
        return self._runs.get(design, NONE)

    def run(self, design: Design, count: int) -> None:
        """Run more tables of a design."""
        self._runs[design] = self.of(design) + run_tables(design, len(self.of(design)), count)

    def beside(self, design: Design) -> Iterator[tuple[int, Runs]]:
        """Numbers of clusters and tables of all designs on the same curve."""
        for other, runs in self._runs.items():
            if other.alike(design) and other.size == design.size:
                yield other.clusters, runs
