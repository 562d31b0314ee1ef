"""How paths and the indirect effect depend on moderators: products, indices of moderated mediation, differences."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from ..show import Sheet, View
from ..stacked_model import (
    PATHS,
    At,
    ChangeOfEffect,
    Effect,
    EstimatesAt,
    MediationEffects,
    Moderator,
    difference_of_effects,
    effects_frame,
)
from ..typing import Array
from .moderated_tables import sheet, wald_cells
from .moderator_values import moderators_of, usual_values, written

INDEX = "index of moderated mediation"


class ModerationTable(View):
    """Products, indices and differences, one row each.

    Attributes
    ----------
    notes : list of str
    """

    _metadata = [*View._metadata, "notes"]

    def __init__(self, frame: pd.DataFrame, notes: list[str]):
        super().__init__(frame, self._show)
        self.notes = notes

    def _show(self, frame: pd.DataFrame) -> Sheet:
        rows = [[str(name), *wald_cells(row)] for name, row in zip(frame.index, frame.to_numpy(), strict=True)]
        return sheet("", list(rows), self.notes)


def moderation_table(med: MediationEffects) -> ModerationTable:
    """Products, and how the indirect effect depends on the moderators.

    Parameters
    ----------
    med : MediationEffects
        As a property, the result itself.

    Returns
    -------
    ModerationTable
        A DataFrame, one row for each product, named as in "a by w": how much the path changes for one unit of w, or
        between the first category and another. Where one of a and b is moderated, the index of moderated mediation: how
        much the indirect effect changes for one unit of w, which is the product times the other path. Where both are,
        or each by a moderator of its own, that change depends on where one stands, and the difference of the indirect
        effects between two values of each moderator is given instead: the outer quartiles, or categories; `contrast`
        has others. Standard errors by the delta method.

    Raises
    ------
    MlmedError
        The model has no moderator.
    """
    moderators, found, notes = moderators_of(med), [change.effect for change in moderation_changes(med)], []
    if _both(moderators):
        notes.append(
            "Both a and b are moderated: the indirect effect is not linear in the moderator, and there is no single "
            "index. Differences are between the values named"
            + (f"; other moderators at {med.place}" if len(moderators) > 1 else "")
            + ". contrast(low, high) has others."
        )
    notes.append(
        "An effect may depend on the moderator even if no product is significant by itself, and the other way round."
    )
    return ModerationTable(effects_frame(found), notes)


def moderation_changes(med: MediationEffects) -> list[ChangeOfEffect]:
    """The rows of `moderation_table` as functions of the estimates, the products first.

    Parameters
    ----------
    med : MediationEffects

    Returns
    -------
    list of ChangeOfEffect
        Empty without moderators.
    """
    if not med.moderators:
        return []
    levels = [EstimatesAt(med, level.level) for level in med.levels]
    found = [product for of in levels for product in _products(of, med.fit.df)]
    for of in levels:
        for moderator in med.moderators:
            if {"a", "b"} & set(moderator.paths):
                found += _changes(med, of, moderator)
    return found


def _both(moderators: Iterable[Moderator]) -> bool:
    """Whether a and b are moderated, so that the indirect effect is a product of two lines."""
    return {path for moderator in moderators for path in moderator.paths} >= {"a", "b"}


def _products(of: EstimatesAt, df: float) -> list[ChangeOfEffect]:
    found = []
    for k, (path, _, column, term) in enumerate(of.products(), start=3):
        effect = Effect(of.level, f"{path} by {column}", float(of.theta[k]), float(np.sqrt(of.V[k, k])), df)
        found.append(ChangeOfEffect(effect, partial(np.take, indices=k, axis=-1), (term,)))
    return found


def _changes(med: MediationEffects, of: EstimatesAt, moderator: Moderator) -> list[ChangeOfEffect]:
    """How the indirect effect changes with a moderator: for one unit, between categories, or between quartiles."""
    usual: At = {other.name: other.usual for other in med.moderators}
    name, start, both = moderator.name, moderator.usual, _both(med.moderators)
    pairs: list[tuple[float | str, float | str]]
    if moderator.levels:
        pairs = [(start, other) for other in moderator.levels[1:]]
    elif both:
        shown = usual_values(moderator)
        pairs = [(shown[0], shown[-1])]
    else:  # linear in w: the change for one unit is the same from anywhere
        pairs = [(start, float(start) + 1.0)]
    found = []
    for low, high in pairs:
        words = f"{name} = {written(high)} minus {written(low)}"
        if both:
            label = f"indirect, {words}"
        else:
            label = f"{INDEX}, {words}" if moderator.levels else INDEX
        ends = usual | {name: low}, usual | {name: high}
        effect = replace(difference_of_effects(of, *ends, med.fit.df)[0], kind=label)
        factors = () if both else _factors(of, moderator, high)
        found.append(ChangeOfEffect(effect, _indirect(of.difference(*ends)), factors))
    return found


def _indirect(effects: Callable[[Array], Array]) -> Callable[[Array], Array]:
    return lambda theta: effects(theta)[..., 0]


def _factors(of: EstimatesAt, moderator: Moderator, high: float | str) -> tuple[str, ...]:
    """The two fixed effects whose product an index is: that of the product with the moderator, and the other path."""
    reached = [column for column, value in moderator.deviations(high).items() if value]
    ((path, term),) = [(p, t) for p, _, column, t in of.products() if p != "cprime" and column in reached]
    return term, PATHS["b" if path == "a" else "a"].term_of(of.level)
