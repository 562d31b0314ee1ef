"""How paths and the indirect effect depend on moderators: products, indices of moderated mediation, differences."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
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
    Level,
    MediationEffects,
    Moderator,
    difference_of_effects,
    effects_frame,
    products_of,
)
from ..typing import Array
from .moderated_tables import sheet, wald_cells
from .moderator_values import moderators_of, usual_values, written

INDEX = "index of moderated mediation"


@dataclass(frozen=True, slots=True)
class Step:
    """From where to where a moderator goes when the indirect effect changes.

    Attributes
    ----------
    moderator : Moderator
    label : str
        What the change is called.
    low, high : dict
        Values of all moderators.
    """

    moderator: Moderator
    label: str
    low: At
    high: At


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
        found += [_change(med, of, step) for step in steps_of(med.moderators)]
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


def _change(med: MediationEffects, of: EstimatesAt, step: Step) -> ChangeOfEffect:
    """How the indirect effect of a level changes along a step."""
    effect = replace(difference_of_effects(of, step.low, step.high, med.fit.df)[0], kind=step.label)
    factors = factors_of(med.moderators, of.level, step)
    return ChangeOfEffect(effect, _indirect(of.difference(step.low, step.high)), factors)


def _indirect(effects: Callable[[Array], Array]) -> Callable[[Array], Array]:
    return lambda theta: effects(theta)[..., 0]


def steps_of(moderators: tuple[Moderator, ...]) -> list[Step]:
    """Along what the changes of the indirect effect are shown: for one unit, between categories, or between quartiles.

    Parameters
    ----------
    moderators : tuple of Moderator

    Returns
    -------
    list of Step
        Of each moderator of a or b; others are where they are usual.
    """
    usual: At = {moderator.name: moderator.usual for moderator in moderators}
    found = []
    for moderator in moderators:
        if not {"a", "b"} & set(moderator.paths):
            continue
        name, start, both = moderator.name, moderator.usual, _both(moderators)
        pairs: list[tuple[float | str, float | str]]
        if moderator.levels:
            pairs = [(start, other) for other in moderator.levels[1:]]
        elif both:
            shown = usual_values(moderator)
            pairs = [(shown[0], shown[-1])]
        else:  # linear in w: the change for one unit is the same from anywhere
            pairs = [(start, float(start) + 1.0)]
        for low, high in pairs:
            words = f"{name} = {written(high)} minus {written(low)}"
            if both:
                label = f"indirect, {words}"
            else:
                label = f"{INDEX}, {words}" if moderator.levels else INDEX
            found.append(Step(moderator, label, usual | {name: low}, usual | {name: high}))
    return found


def factors_of(moderators: tuple[Moderator, ...], level: Level, step: Step) -> tuple[str, ...]:
    """The two fixed effects whose product an index is: that of the product with the moderator, and the other path.

    Parameters
    ----------
    moderators : tuple of Moderator
    level : {"", "within", "between"}
    step : Step

    Returns
    -------
    tuple of str
        () where both paths are moderated, so that there is no single index.
    """
    if _both(moderators):
        return ()
    reached = [c for c, value in step.moderator.deviations(step.high[step.moderator.name]).items() if value]
    found = products_of(moderators, level)
    ((path, term),) = [(p, t) for p, _, column, t in found if p != "cprime" and column in reached]
    return term, PATHS["b" if path == "a" else "a"].term_of(level)
