"""Paths and effects at values of the moderators: a linear map of the estimates, with all their covariances."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Protocol

import numpy as np

from ..models import MixedResult
from ..stacked_model import (
    KINDS,
    PATHS,
    Effect,
    Level,
    LevelEffects,
    Moderator,
    Specification,
    combine,
    covariance_of_paths,
    product_of,
)
from ..typing import Array

At = dict[str, float | str]
"""Moderator -> value."""


class Moderated(Protocol):
    """What moderation needs to know of a mediation; `Mediation` documents each."""

    fit: MixedResult

    @property
    def spec(self) -> Specification: ...
    @property
    def levels(self) -> list[LevelEffects]: ...


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

    def __init__(self, med: Moderated, level: Level):
        self.level: Level = level
        self._moderators = med.spec.moderators
        self.terms = [path.term_of(level) for path in PATHS.values()]
        self.terms += [term for _, _, _, term in self.products()]
        self.V = covariance_of_paths(med.fit, self.terms)
        cov = next(of.cov_ab for of in med.levels if of.level == level)
        if cov is None:
            self.V[-1], self.V[:, -1] = 0.0, 0.0
        self.theta = np.array([*med.fit.params[self.terms], cov.estimate if cov else 0.0])

    def products(self) -> list[tuple[str, Moderator, str, str]]:
        """Path, moderator, its column, and the term of their product."""
        return [
            (path, moderator, column, product_of(PATHS[path].term_of(self.level), column))
            for path in PATHS
            for moderator in self._moderators
            if path in moderator.paths
            for column in moderator.center
        ]

    def map_to(self, place: At) -> Array:
        """From the estimates to a, b, c' and cov(a_j, b_j) at values of the moderators, shape (4, k + 1)."""
        T = np.zeros((4, len(self.theta)))
        T[:3, :3], T[3, -1] = np.eye(3), 1.0
        for path, moderator, column, term in self.products():
            T[list(PATHS).index(path), self.terms.index(term)] = moderator.deviations(place[moderator.name])[column]
        return T


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


def difference_of_effects(med: Moderated, level: Level, low: At, high: At) -> list[tuple[float, float]]:
    """Indirect, direct and total effect at one place minus those at another, with delta standard errors."""
    of = EstimatesAt(med, level)
    values, gradients = [], []
    for place in (low, high):
        T = of.map_to(place)
        a, b, c, cov = T @ of.theta
        values.append(np.array([a * b + cov, c, a * b + cov + c]))
        indirect = b * T[0] + a * T[1] + T[3]
        gradients.append(np.stack([indirect, T[2], indirect + T[2]]))
    J = gradients[1] - gradients[0]
    variances = np.maximum(np.einsum("ij,jk,ik->i", J, of.V, J), 0.0)
    return [(float(d), math.sqrt(v)) for d, v in zip(values[1] - values[0], variances, strict=True)]
