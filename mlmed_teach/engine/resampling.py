"""A model that is ready to be fitted again many times, to tables in the place of the one at hand."""

from __future__ import annotations

from dataclasses import dataclass

from ..typing import Array, IntArray
from .batch import BatchOptimum, maximize_batch
from .cluster_sums import CrossProducts, cross_products
from .units import Units, Zeros


@dataclass(frozen=True)
class Problem:
    """A fitted model, ready to be fitted again many times.

    It holds plain arrays only, so that it travels to other processes and machines.

    Attributes
    ----------
    X, Z : ndarray, shapes (n, p), (n, q)
        Designs.
    cluster, residual : ndarray of int, shape (n,)
    units : Units
    cp : CrossProducts
        Of the table at hand, in these units.
    G, s2 : ndarray
        Of the fit, in the user's units: where the search for every new table starts.
    reml : bool
    zeros : tuple of pairs of int
    """

    X: Array
    Z: Array
    cluster: IntArray
    residual: IntArray
    units: Units
    cp: CrossProducts
    G: Array
    s2: Array
    reml: bool
    zeros: Zeros

    @property
    def clusters(self) -> int:
        """Number of clusters."""
        return self.cp.n.shape[-1]

    def start(self) -> tuple[Array, Array]:
        """A factor of G and residual variances in the units of the search."""
        return self.units.start(self.G, self.s2, self.zeros)


def refit_clusters(task: Problem, weights: Array) -> BatchOptimum:
    """Fit the tables in which the clusters count `weights` times, shape (B, J)."""
    return maximize_batch(task.cp, *task.start(), task.reml, weights, task.zeros)


def refit_tables(task: Problem, y: Array, X: Array, Z: Array) -> BatchOptimum:
    """Fit other tables with the same clusters and residual groups, shapes (B, n), (B, n, p), (B, n, q)."""
    cp = cross_products(*task.units.apply(y, X, Z, task.residual), task.cluster, task.residual, len(task.s2))
    return maximize_batch(cp, *task.start(), task.reml, zeros=task.zeros)
