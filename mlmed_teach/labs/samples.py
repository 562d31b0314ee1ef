"""Samples of a known truth and their intervals, by design: the arithmetic of the lab `sampling`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ..engine import one_blas_thread
from ..models import SES
from ..studies import SHAPES, Population, fit_tables, simulate
from ..typing import Array

METHODS = {
    "wald": "Wald, joint",
    "wald_gls": "Wald, gls",
    "wald_robust": "Wald, robust",
    "monte_carlo": "Monte Carlo",
}
_LIMITS = {
    "wald": "wald joint",
    "wald_gls": "wald gls",
    "wald_robust": "wald robust",
    "monte_carlo": "monte_carlo joint",
}  # what `fit_tables` calls them
TRUTH = Population().indirect


@dataclass(frozen=True, order=True)
class Design:
    """How a sample is drawn: clusters, rows in each, and the distribution of the random effects."""

    clusters: int
    size: int
    shape: str

    def __str__(self) -> str:
        return f"{self.clusters} \u00d7 {self.size}, {self.shape}"


@dataclass(frozen=True)
class Samples:
    """Samples of one design, in the order in which they were drawn.

    Attributes
    ----------
    estimate : ndarray, shape (samples,)
        Average indirect effects.
    limits : dict
        Method -> ndarray, shape (samples, 2); NaN where there is no interval.
    """

    estimate: Array
    limits: Mapping[str, Array]

    def __len__(self) -> int:
        return len(self.estimate)

    def __add__(self, more: Samples) -> Samples:
        limits = {method: np.concatenate([self.limits[method], more.limits[method]]) for method in self.limits}
        return Samples(np.concatenate([self.estimate, more.estimate]), limits)


def draw_samples(seed: int, design: Design, first: int, count: int) -> Samples:
    """Samples `first` to ``first + count - 1`` of a design; each has random numbers of its own.

    So the same seed gives the same samples, however many are drawn at a time.
    """
    population = Population(shape=design.shape)
    key = (design.clusters, design.size, SHAPES.index(design.shape))
    with one_blas_thread():
        tables = [
            simulate(population, design.clusters, design.size, _rng(seed, *key, number))
            for number in range(first, first + count)
        ]
        # One stream for the Monte Carlo intervals: what is drawn around an estimate is the same for all samples.
        found = fit_tables(population, tables, ["wald", "monte_carlo"], SES, _rng(seed, *key))
    limits = {
        method: np.array([found[f"indirect {_LIMITS[method]} {end}"] for end in ("low", "high")], dtype=float).T
        for method in METHODS
    }
    return Samples(np.array(found["indirect"], dtype=float), limits)


def _rng(seed: int, *key: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


@dataclass(frozen=True)
class Tally:
    """What the intervals of some samples come to.

    Attributes
    ----------
    drawn, exist : int
        Samples, and how many of them have an interval.
    below, above : int
        Intervals that end below the truth, and that begin above it.
    width, sd : float
        Mean width of the intervals, and standard deviation of the estimates; NaN where there is none.
    """

    drawn: int
    exist: int
    below: int
    above: int
    width: float
    sd: float

    @property
    def held(self) -> int:
        """Intervals that hold the truth."""
        return self.exist - self.below - self.above

    @property
    def coverage(self) -> float:
        """Their share of the intervals that exist; NaN if none does."""
        return self.held / self.exist if self.exist else np.nan

    @property
    def mc_error(self) -> float:
        """Monte Carlo error of the coverage, the standard error of a share."""
        return float(np.sqrt(self.coverage * (1 - self.coverage) / self.exist)) if self.exist else np.nan


def sides(limits: Array, truth: float = TRUTH) -> Array:
    """Where intervals lie, shape (samples,): -1 below the truth, 1 above it, 0 around it, NaN without an interval."""
    low, high = limits.T
    side = (low > truth).astype(float) - (high < truth)
    return np.where(np.isfinite(low), side, np.nan)


def tally(estimate: Array, limits: Array, truth: float = TRUTH) -> Tally:
    """Count the intervals of samples.

    Parameters
    ----------
    estimate : ndarray, shape (samples,)
    limits : ndarray, shape (samples, 2)
        NaN where there is no interval.
    truth : float

    Returns
    -------
    Tally
    """
    side = sides(limits, truth)
    exist = int(np.isfinite(side).sum())
    width = float(np.nanmean(limits[:, 1] - limits[:, 0])) if exist else np.nan
    sd = float(np.std(estimate, ddof=1)) if len(estimate) > 1 else np.nan
    return Tally(len(estimate), exist, int((side == -1).sum()), int((side == 1).sum()), width, sd)


def running_coverage(limits: Array, truth: float = TRUTH) -> tuple[Array, Array]:
    """Number of intervals so far, and the share of them that hold the truth; after each interval."""
    side = sides(limits, truth)
    held = side[np.isfinite(side)] == 0
    count = np.arange(1.0, len(held) + 1)
    return count, np.cumsum(held) / count


class Memory:
    """Samples by design, as far as they were drawn with one seed.

    Attributes
    ----------
    seed : int
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._samples: dict[Design, Samples] = {}
        self._tried: dict[Design, None] = {}  # in the order in which more were asked for

    def samples(self, design: Design) -> Samples:
        """Those of a design; the first is drawn when they are first asked for."""
        if design not in self._samples:
            self._samples[design] = draw_samples(self.seed, design, 0, 1)
        return self._samples[design]

    def add(self, design: Design, count: int) -> None:
        """Draw more of a design."""
        so_far = self.samples(design)
        self._samples[design] = so_far + draw_samples(self.seed, design, len(so_far), count)
        self._tried[design] = None

    def tried(self) -> Iterator[tuple[Design, Samples]]:
        """Designs of which more than the first sample was asked for."""
        return ((design, self._samples[design]) for design in self._tried)
