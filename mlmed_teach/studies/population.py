"""Tables with a known truth: draws from a population of clusters, by default that of Bauer, Preacher & Gil (2006)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from ..errors import MlmedError
from ..mediation import Mediation
from ..typing import Array, IntArray
from ..validation import flag, one_of, real, seed_sequence, whole
from ..words import counted, described
from .pilot import COEFFICIENTS, covariance_name, pilot_estimates

SHAPES = ("normal", "skewed", "heavy")


@dataclass(frozen=True)
class Population:
    """A population of clusters with random paths.

    For row i of cluster j, ``m = d_M + a_j x + e_M`` and ``y = d_Y + b_j m + c'_j x + e_Y``. The defaults are those of
    the supplement of Bauer, Preacher & Gil (2006), but for x, which is not described there: its variance is near the
    printed one, half of it between clusters.

    Attributes
    ----------
    a, b, cprime, d_m, d_y : float
        Averages of the random coefficients.
    var_a, var_b, var_cprime, var_d_m, var_d_y : float
        Their variances over clusters.
    cov_ab : float
        Covariance of a_j and b_j.
    cov_d_m_d_y, cov_d_m_a, cov_d_m_b, cov_d_m_cprime, cov_d_y_a, cov_d_y_b, cov_d_y_cprime, cov_a_cprime, \
cov_b_cprime : float
        The other covariances, as of a pilot study; 0 by default.
    var_e_m, var_e_y : float
        Residual variances.
    var_x_within, var_x_between : float
        Variance of x within clusters, and of its mean between them.
    b_between : float or None
        If given, m acts on y through its deviation from the cluster mean (b_j), and through that mean with this
        coefficient: ``b_j (m - mean) + b_between mean`` instead of ``b_j m``. Raw scores then mislead.
    mean_of_m : {"observed", "latent"}
        Which mean that is: the one of the cluster's rows, or what it would be over very many rows, d_M + a_j times the
        cluster's latent mean of x. Analyses of observed means are right of the first, of latent means of the second.
    treatment : bool
        x is a treatment that is given in every other row of each cluster (0, 1, 0, 1, ...), instead of a normal
        variable; its variances are then not used.
    shape : {"normal", "skewed", "heavy"}
        Distribution of the random coefficients, with the same covariances: normal; a sum of shifted exponential
        variables (each with skewness 2, excess kurtosis 6); or of t variables with 5 degrees of freedom (excess
        kurtosis 6).
    """

    a: float = 0.6
    b: float = 0.6
    cprime: float = 0.2
    d_m: float = 0.0
    d_y: float = 0.0
    var_a: float = 0.16
    var_b: float = 0.16
    var_cprime: float = 0.04
    var_d_m: float = 0.6
    var_d_y: float = 0.4
    cov_ab: float = 0.113
    var_e_m: float = 0.65
    var_e_y: float = 0.45
    var_x_within: float = 0.9
    var_x_between: float = 0.9
    b_between: float | None = None
    mean_of_m: str = "observed"
    treatment: bool = False
    shape: str = "normal"
    cov_d_m_d_y: float = 0.0
    cov_d_m_a: float = 0.0
    cov_d_m_b: float = 0.0
    cov_d_m_cprime: float = 0.0
    cov_d_y_a: float = 0.0
    cov_d_y_b: float = 0.0
    cov_d_y_cprime: float = 0.0
    cov_a_cprime: float = 0.0
    cov_b_cprime: float = 0.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if name in ("shape", "mean_of_m", "treatment") or (name == "b_between" and value is None):
                continue
            real(value, name, least=0 if name.startswith("var_") else None)
        if self.cov_ab**2 > self.var_a * self.var_b * (1 + 1e-12):
            limit = np.sqrt(self.var_a * self.var_b)
            raise MlmedError(
                f"cov_ab = {self.cov_ab} is impossible: with var_a = {self.var_a} and var_b = {self.var_b} it lies "
                f"between -{limit:.3g} and {limit:.3g}, the product of the standard deviations."
            )
        self._check_covariances()
        one_of(self.shape, "shape", SHAPES)
        one_of(self.mean_of_m, "mean_of_m", ("observed", "latent"))
        flag(self.treatment, "treatment")

    @property
    def indirect(self) -> float:
        """Average indirect effect, a b + cov(a_j, b_j); within clusters, if `b_between` is given."""
        return self.a * self.b + self.cov_ab

    @property
    def direct(self) -> float:
        """Average direct effect, c'."""
        return self.cprime

    @property
    def total(self) -> float:
        """Average total effect."""
        return self.indirect + self.cprime

    @property
    def covariance(self) -> Array:
        """Covariance matrix of (d_M, a, d_Y, b, c') over clusters, shape (5, 5)."""
        G = np.diag([getattr(self, f"var_{name}") for name in COEFFICIENTS])
        for i, j in combinations(range(len(COEFFICIENTS)), 2):
            G[i, j] = G[j, i] = getattr(self, covariance_name(COEFFICIENTS[i], COEFFICIENTS[j]))
        return G

    def _check_covariances(self) -> None:
        G = self.covariance
        sd = np.sqrt(np.diag(G))
        scale = np.where(sd > 0, sd, 1)
        lowest = np.linalg.eigvalsh(G / np.outer(scale, scale))[0]
        if lowest < -1e-8 or (G[sd == 0] != 0).any():
            raise MlmedError(
                "These variances and covariances are impossible together: a coefficient without a variance has no "
                "covariance, and the correlations must fit each other. Set some of the covariances (cov_...) nearer 0."
            )

    @classmethod
    def from_result(cls, med: Mediation) -> Population:
        """The population that a pilot study points to: its estimates, taken for the truth.

        A pilot is a noisy prophet: its estimates are as far from the truth as their standard errors say, and an effect
        that was looked for because it was large is probably smaller. Plan with a smaller effect as well, for example
        ``dataclasses.replace(population, a=0.3)``.

        x is centred at its mean (the intercepts are moved to there), and normal, with the variances that it has within
        clusters and between their means; a treatment (0 and 1, each in half of the rows of every cluster) stays one.
        Of a model with covariates, everything is that given the covariates.

        Parameters
        ----------
        med : Mediation
            What `mediate` gave for the pilot study; neither decomposed nor with moderators.

        Returns
        -------
        Population

        Raises
        ------
        MlmedError
            No such result.

        Examples
        --------
        >>> import mlmed_teach as mt
        >>> pilot = mt.Population.from_result(mt.mediate(mt.load_ml_sim()))
        >>> f"{pilot.a:.3f}, {pilot.indirect:.3f}"
        '0.612, 0.473'
        """
        return cls(**pilot_estimates(med))


def simulate(
    population: Population | None = None,
    clusters: int = 100,
    size: int | tuple[int, int] | Sequence[int] = 8,
    seed: int | np.random.Generator | None = None,
) -> pd.DataFrame:
    """Draw a table from a population of clusters.

    Parameters
    ----------
    population : Population, optional
        By default that of Bauer, Preacher & Gil (2006): average indirect effect .473, average total effect .673.
    clusters : int
        Number of clusters.
    size : int, (int, int) or sequence of int
        Rows in each cluster: the same number in all of them; least and largest number, each between them equally
        likely; or a list with one number for each cluster (three or more).
    seed : int or numpy.random.Generator, optional
        The same seed gives the same table.

    Returns
    -------
    DataFrame
        Columns id (1, 2, ...), x, m, y; sorted by id.

    Raises
    ------
    MlmedError
        Not a population; numbers of clusters or rows that are not whole and positive.

    Examples
    --------
    >>> import mlmed_teach as mt
    >>> table = mt.simulate(clusters=50, size=(2, 10), seed=1)
    >>> table["id"].nunique(), list(table.columns)
    (50, ['id', 'x', 'm', 'y'])
    """
    population = Population() if population is None else population
    if not isinstance(population, Population):
        raise MlmedError(f"population must be an mt.Population(...), but this is {described(population)}.")
    clusters = whole(clusters, "clusters", 1)
    rng = seed if isinstance(seed, np.random.Generator) else np.random.default_rng(seed_sequence(seed))
    sizes = _sizes(size, clusters, rng)
    cluster = np.repeat(np.arange(clusters), sizes)
    u = _coefficients(population, clusters, rng)[cluster]
    n = len(cluster)
    latent_x = rng.normal(scale=np.sqrt(population.var_x_between), size=clusters)[cluster]
    x = latent_x + rng.normal(scale=np.sqrt(population.var_x_within), size=n)
    if population.treatment:
        first = np.cumsum(sizes) - sizes
        x = ((np.arange(n) - first[cluster]) % 2).astype(float)
        latent_x = np.full(n, 0.5)
    m = u[:, 0] + u[:, 1] * x + rng.normal(scale=np.sqrt(population.var_e_m), size=n)
    by_m = u[:, 3] * m
    if population.b_between is not None:
        if population.mean_of_m == "latent":
            mean = u[:, 0] + u[:, 1] * latent_x
        else:
            mean = (np.bincount(cluster, m) / sizes)[cluster]
        by_m = u[:, 3] * (m - mean) + population.b_between * mean
    y = u[:, 2] + by_m + u[:, 4] * x + rng.normal(scale=np.sqrt(population.var_e_y), size=n)
    return pd.DataFrame({"id": cluster + 1, "x": x, "m": m, "y": y})


def _coefficients(population: Population, clusters: int, rng: np.random.Generator) -> Array:
    """d_M, a, d_Y, b, c' of every cluster, shape (J, 5)."""
    if population.shape == "normal":
        unit = rng.normal(size=(clusters, 5))
    elif population.shape == "skewed":
        unit = rng.exponential(size=(clusters, 5)) - 1
    else:
        unit = rng.standard_t(5, size=(clusters, 5)) / np.sqrt(5 / 3)
    root = _triangle(population.covariance)
    mean = [population.d_m, population.a, population.d_y, population.b, population.cprime]
    return np.array(mean) + unit @ root.T


def _triangle(G: Array) -> Array:
    """Lower triangle L with L L' = G: each coefficient is parts of those before it plus one of its own.

    Written out, since a variance, or what of it is a coefficient's own, may be 0: then nothing later can lean on it.
    """
    L = np.zeros_like(G)
    for i in range(len(G)):
        for j in range(i):
            if L[j, j] > 0:
                L[i, j] = (G[i, j] - L[i, :j] @ L[j, :j]) / L[j, j]
        own = G[i, i] - L[i, :i] @ L[i, :i]
        L[i, i] = np.sqrt(own) if own > 1e-10 * G[i, i] else 0.0
    return L


def _sizes(size: Any, clusters: int, rng: np.random.Generator) -> IntArray:
    if np.ndim(size) == 0:
        return np.full(clusters, whole(size, "size", 1), dtype=np.intp)
    sizes = [whole(n, "size", 1) for n in np.ravel(size)]
    if len(sizes) == clusters and (clusters != 2 or not isinstance(size, tuple)):
        return np.array(sizes, dtype=np.intp)
    if len(sizes) == 2 and sizes[0] <= sizes[1]:
        # drawn as 64 bits everywhere, so that a seed gives the same table on 32-bit builds
        return rng.integers(sizes[0], sizes[1] + 1, clusters).astype(np.intp)
    raise MlmedError(
        f"size must be one number, two (least, largest), or one for each of the {counted(clusters, 'cluster')}, "
        f"but it is {size!r}."
    )
