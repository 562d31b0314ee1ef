"""Where the paths stand among the parameters of a fit, and what many fits say about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ..engine import BatchOptimum, Target, Units
from ..stacked_model import PATHS, Level, MediationEffects, Moderator, effects_of_paths, terms_of
from ..typing import Array


@dataclass(frozen=True, slots=True)
class PathColumns:
    """Where the paths of a level stand among the parameters.

    Attributes
    ----------
    paths : tuple of int
        Positions of a, b and c' among the fixed effects.
    slopes : tuple of int, or None
        Positions of a_j and b_j among the random effects; None unless both are random.
    products : tuple of int
        Positions of their products with moderators.
    """

    paths: tuple[int, int, int]
    slopes: tuple[int, int] | None
    products: tuple[int, ...] = ()

    def estimates(self, beta: Array, G: Array) -> Array:
        """What the effects are made of, ordered as in `EstimatesAt`, of one set of parameters, or of many.

        Parameters
        ----------
        beta, G
            As in `effects`.

        Returns
        -------
        ndarray, shape (..., k + 1)
        """
        fixed = beta[..., [*self.paths, *self.products]]
        cov = G[..., *self.slopes] if self.slopes else np.zeros(fixed.shape[:-1])
        return np.concatenate([fixed, cov[..., None]], -1)

    def effects(self, beta: Array, G: Array) -> Array:
        """The effects of one set of parameters, or of many.

        Parameters
        ----------
        beta, G : ndarray, shapes (..., p), (..., q, q)
            Fixed effects, and the covariance matrix of the random effects.

        Returns
        -------
        ndarray, shape (..., 3)
            Indirect, direct and total effect.
        """
        a, b, c = (beta[..., k] for k in self.paths)
        return effects_of_paths(a, b, c, G[..., *self.slopes] if self.slopes else 0.0)

    def target(self, kind: str) -> Target:
        """An effect ("indirect", "direct" or "total") as something that a profile can hold."""
        a, b, c = self.paths
        if kind == "direct":
            return Target(single=c)
        return Target((a, b), self.slopes, None if kind == "indirect" else c)


def path_columns(
    fixed: Sequence[str], random: Sequence[str], level: Level = "", moderators: Iterable[Moderator] = ()
) -> PathColumns:
    """Find the paths of a level among the terms of a stacked model.

    Parameters
    ----------
    fixed, random : sequence of str
        Terms with fixed and with random effects.
    level : {"", "within", "between"}
    moderators : iterable of Moderator

    Returns
    -------
    PathColumns
    """
    a, b, c, *products = (list(fixed).index(term) for term in terms_of(moderators, level))
    pair = [PATHS[name].term for name in ("a", "b")]
    if level == "between" or not all(term in random for term in pair):
        return PathColumns((a, b, c), None, tuple(products))
    a_j, b_j = (list(random).index(term) for term in pair)
    return PathColumns((a, b, c), (a_j, b_j), tuple(products))


def columns_of(med: MediationEffects) -> list[PathColumns]:
    """The paths of each level of a fit, in the order of `med.levels`."""
    design = med.fit.design
    return [path_columns(design.fe_names, design.re_names, level.level, med.moderators) for level in med.levels]


def replicate_effects(units: Units, found: BatchOptimum, columns: Sequence[PathColumns]) -> Array:
    """Effects of many fits of one model, as of bootstrap replicates.

    Parameters
    ----------
    units : Units
        Those of the search.
    found : BatchOptimum
        Of B fits.
    columns : sequence of PathColumns
        One for each level.

    Returns
    -------
    ndarray, shape (B, 3 levels)
        Indirect, direct and total effect of each level; a row of NaN where there is no optimum.
    """
    beta, G = units.beta(found.beta), units.G(found.G)
    effects = np.concatenate([level.effects(beta, G) for level in columns], -1)
    return np.where(found.converged[:, None], effects, np.nan)


def replicate_estimates(units: Units, found: BatchOptimum, columns: Sequence[PathColumns]) -> list[Array]:
    """Estimates of many fits of one model, level by level, of those that could be fitted.

    Parameters
    ----------
    units, found, columns
        As in `replicate_effects`.

    Returns
    -------
    list of ndarray, shape (B, k + 1) each
    """
    beta, G = units.beta(found.beta)[found.converged], units.G(found.G)[found.converged]
    return [level.estimates(beta, G) for level in columns]


def path_estimates(units: Units, found: BatchOptimum, cov: Array, columns: PathColumns) -> tuple[Array, Array]:
    """What many fits say about a, b, c' and cov(a_j, b_j).

    Parameters
    ----------
    units : Units
        Those of the search.
    found : BatchOptimum
        Of B fits.
    cov : ndarray, shape (B, p + k, p + k)
        Covariance matrices of all parameters in these units: one of the three that `BatchOptimum.covariances` gives.
    columns : PathColumns

    Returns
    -------
    estimates : ndarray, shape (B, 4)
        a, b, c', cov(a_j, b_j), the latter 0 with variance 0 unless both slopes are random.
    V : ndarray, shape (B, 4, 4)
        Their covariance matrices; NaN where there is no optimum.
    """
    rows, slopes = path_rows(units, columns), columns.slopes
    covariance = units.G(found.G)[:, *slopes] if slopes else np.zeros(len(found.beta))
    return np.column_stack([units.beta(found.beta)[:, list(columns.paths)], covariance]), rows @ cov @ rows.T


def path_rows(units: Units, columns: PathColumns) -> Array:
    """Derivatives of a, b, c', cov(a_j, b_j), shape (4, p + k), by all parameters in these units.

    Those of the covariance are 0 unless both slopes are random.
    """
    theta, p = units.by_theta(), len(units.Tx)
    rows = np.zeros((4, len(theta)))
    rows[:3] = theta[list(columns.paths)]
    if columns.slopes is not None:
        low, high = sorted(columns.slopes)
        rows[3] = theta[p + high * (high + 1) // 2 + low]
    return rows
