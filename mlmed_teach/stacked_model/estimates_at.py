"""Paths and effects at values of the moderators: a linear map of the estimates, with all their covariances."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from ..typing import Array
from .average_effects import MediationEffects, covariance_of_paths
from .effect import Effect
from .formulas import combine, effects_of_paths
from .moderators import Moderator, product_of
from .paths import KINDS, PATHS, Level

At = dict[str, float | str]
"""Moderator -> value."""


class EstimatesAt:
    """a, b, c' and their products with the moderators of one level, and cov(a_j, b_j): estimates and covariances.

    Attributes
    ----------
    level : {"", "within", "between"}
    terms : list of str
        Those of the fixed effects.
    theta : ndarray, shape (k + 1,)
        The estimates; cov(a_j, b_j) is the last.
    V : ndarray, shape (k + 1, k + 1)
    """

    def __init__(self, med: MediationEffects, level: Level):
        self.level: Level = level
        self._moderators = med.moderators
        self.terms = terms_of(med.moderators, level)
        self.V = covariance_of_paths(med.fit, self.terms)
        cov = next(of.cov_ab for of in med.levels if of.level == level)
        if cov is None:
            self.V[-1], self.V[:, -1] = 0.0, 0.0
        self.theta = np.array([*med.fit.params[self.terms], cov.estimate if cov else 0.0])

    def products(self) -> list[tuple[str, Moderator, str, str]]:
        """Path, moderator, its column, and the term of their product."""
        return products_of(self._moderators, self.level)

    def map_to(self, place: At) -> Array:
        """From the estimates to a, b, c' and cov(a_j, b_j) at values of the moderators, shape (4, k + 1)."""
        T = np.zeros((4, len(self.theta)))
        T[:3, :3], T[3, -1] = np.eye(3), 1.0
        for path, moderator, column, term in self.products():
            T[list(PATHS).index(path), self.terms.index(term)] = moderator.deviations(place[moderator.name])[column]
        return T

    def effects(self, place: At) -> Callable[[Array], Array]:
        """From estimates (..., k + 1) to indirect, direct and total effect (..., 3) at values of the moderators."""
        T = self.map_to(place)

        def effects(theta: Array) -> Array:
            a, b, c, cov = np.moveaxis(theta @ T.T, -1, 0)
            return effects_of_paths(a, b, c, cov)

        return effects

    def difference(self, low: At, high: At) -> Callable[[Array], Array]:
        """From estimates (..., k + 1) to the effects (..., 3) at one place minus those at another."""
        there, here = self.effects(high), self.effects(low)
        return lambda theta: there(theta) - here(theta)


def products_of(moderators: Iterable[Moderator], level: Level) -> list[tuple[str, Moderator, str, str]]:
    """Path, moderator, its column, and the term of their product, of one level."""
    return [
        (path, moderator, column, product_of(PATHS[path].term_of(level), column))
        for path in PATHS
        for moderator in moderators
        if path in moderator.paths
        for column in moderator.center
    ]


def terms_of(moderators: Iterable[Moderator], level: Level) -> list[str]:
    """The fixed effects that carry the paths of a level, and their products with moderators."""
    return [
        *(path.term_of(level) for path in PATHS.values()),
        *(term for *_, term in products_of(moderators, level)),
    ]


def effects_at(levels: Iterable[EstimatesAt], place: At, df: float) -> list[Effect]:
    """The effects of some levels at values of the moderators."""
    found = []
    for of in levels:
        T = of.map_to(place)
        a, b, c, cov = T @ of.theta
        values, ses = combine(a, b, c, cov, T @ of.V @ T.T)
        found += [
            Effect(of.level, kind, float(value), float(se), df)
            for kind, value, se in zip(KINDS, values, ses, strict=True)
        ]
    return found


def difference_of_effects(of: EstimatesAt, low: At, high: At, df: float) -> list[Effect]:
    """Indirect, direct and total effect at one place minus those at another, with delta standard errors."""
    gradients = []
    for place in (low, high):
        T = of.map_to(place)
        a, b = (T @ of.theta)[:2]
        indirect = b * T[0] + a * T[1] + T[3]
        gradients.append(np.stack([indirect, T[2], indirect + T[2]]))
    J = gradients[1] - gradients[0]
    ses = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", J, of.V, J), 0.0))
    values = of.difference(low, high)(of.theta)
    return [
        Effect(of.level, kind, float(value), float(se), df) for kind, value, se in zip(KINDS, values, ses, strict=True)
    ]
