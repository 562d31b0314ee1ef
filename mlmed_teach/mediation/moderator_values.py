"""Where moderators are: the values asked for, those that are usual, and how both are said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..errors import MlmedError
from ..stacked_model import (
    PATHS,
    MediationEffects,
    Moderator,
    Specification,
)
from ..validation import real
from ..words import agree, and_list, described, quoted_list

QUARTILES = (0.25, 0.5, 0.75)
FEW_VALUES = 3
"""Different values of a moderator up to which each of them is shown, instead of the quartiles."""


def about_moderators(spec: Specification) -> list[str]:
    """Where the paths and effects of a moderated model are taken, as a note; empty without moderators.

    Parameters
    ----------
    spec : Specification

    Returns
    -------
    list of str
    """
    if not spec.moderators:
        return []
    acts = and_list(
        f"{and_list(PATHS[path].letter for path in moderator.paths)} on {moderator.name}"
        for moderator in spec.moderators
    )
    note = (
        f"Paths that depend on a moderator: {acts}. Effects and paths are conditional ones, at "
        f"{usual_place(spec)}; conditional() has them at other values."
    )
    return [note, what_is_supposed(spec.moderators)] if {"a", "b"} <= set(spec.random) else [note]


def usual_place(spec: Specification) -> str:
    """Where all moderators are when nothing is said; "" without any."""
    return and_list(map(where_usual, spec.moderators)) if spec.moderators else ""


def where_usual(moderator: Moderator) -> str:
    """Where a moderator is when nothing is said: "the mean of w (2.92)", "g = hi"."""
    if moderator.levels:
        return f"{moderator.name} = {moderator.usual}"
    return f"the mean of {moderator.name} ({written(moderator.usual)})"


def what_is_supposed(moderators: Iterable[Moderator]) -> str:
    names = [moderator.name for moderator in moderators]
    return (
        f"cov(a_j, b_j) is that of what {and_list(names)} {agree(len(names), 'leaves', 'leave')} over, supposed to be "
        "the same for all values."
    )


def written(value: float | str) -> str:
    if isinstance(value, str):
        return value
    return f"{value:.4g}" if abs(value) < 1000 else f"{value:.6g}"  # years keep a decimal


def moderators_of(med: MediationEffects) -> tuple[Moderator, ...]:
    if not med.moderators:
        raise MlmedError(
            "This model has no moderator. Name one for each path that depends on it, as in "
            "mediate(data, ..., moderators={'a': 'w', 'b': 'w'})."
        )
    return med.moderators


def usual_values(moderator: Moderator) -> list[float | str]:
    """The values at which effects are shown by default.

    Parameters
    ----------
    moderator : Moderator

    Returns
    -------
    list of float or str
        Its categories, its values if they are few, else its quartiles.
    """
    if moderator.levels:
        return list(moderator.levels)
    found = np.unique(moderator.values)
    if len(found) > FEW_VALUES:
        quartiles = np.unique(np.quantile(moderator.values, QUARTILES))
        found = quartiles if len(quartiles) > 1 else found[[0, -1]]  # most values are one and the same
    return [float(value) for value in found]


def values_asked_for(moderators: tuple[Moderator, ...], values: Any) -> dict[str, list[float | str]]:
    """Moderator -> the values asked for, in the order of the moderators."""
    if values is None:
        return {moderator.name: usual_values(moderator) for moderator in moderators}
    names = [moderator.name for moderator in moderators]
    if not isinstance(values, Mapping):
        if len(moderators) > 1:
            example = {name: _example(moderator) for name, moderator in zip(names, moderators, strict=True)}
            raise MlmedError(
                f"This model has {len(names)} moderators, {and_list(map(repr, names))}: say whose values these are, as "
                f"in {example!r}. A moderator that is left out is held at its mean, or in its first category."
            )
        values = {names[0]: values}
    unknown = [name for name in values if name not in names]
    if unknown:
        raise MlmedError(
            f"{quoted_list(unknown, 5)} is no moderator of this model, which has {and_list(map(repr, names))}."
        )
    return {
        moderator.name: _of_one(moderator, values[moderator.name]) if moderator.name in values else [moderator.usual]
        for moderator in moderators
    }


def _example(moderator: Moderator) -> float | str:
    return moderator.levels[0] if moderator.levels else float(written(np.median(moderator.values)))


def _of_one(moderator: Moderator, values: Any) -> list[float | str]:
    if isinstance(values, np.ndarray | pd.Series | pd.Index) or (
        isinstance(values, Sequence) and not isinstance(values, str | bytes)
    ):
        given = list(np.asarray(values, dtype=object).ravel()) if np.ndim(values) == 1 else []
        if not given:
            raise MlmedError(
                f"Values of the moderator {moderator.name!r} are one value or a list of them, as in "
                f"[{_example(moderator)!r}], but this is {described(values)}{'' if np.size(values) else ' of none'}."
            )
    else:
        given = [values]
    if moderator.levels:
        chosen: list[float | str] = [str(value) for value in given]
        unknown = [value for value in chosen if value not in moderator.levels]
        if unknown:
            raise MlmedError(
                f"{quoted_list(unknown, 5)} is no category of the moderator {moderator.name!r}, which has "
                f"{quoted_list(moderator.levels, 10)}."
            )
    else:
        chosen = [real(_plain(value), f"A value of the moderator {moderator.name!r}") for value in given]
    if len(set(chosen)) < len(chosen):
        raise MlmedError(f"A value of the moderator {moderator.name!r} is given twice. Give each one once.")
    return chosen


def _plain(value: Any) -> Any:
    return (
        float(value) if isinstance(value, bool | np.bool_) else value
    )  # a moderator may be a column of True and False


def outside_the_data(moderator: Moderator, values: list[float | str]) -> str:
    """That the line is drawn on where nothing was observed; "" if no value is outside the data."""
    if moderator.levels:
        return ""
    low, high = float(moderator.values.min()), float(moderator.values.max())
    slack = 1e-9 * (high - low)
    outside = [value for value in values if not low - slack <= float(value) <= high + slack]
    if not outside:
        return ""
    return (
        f"{moderator.name} was observed from {written(low)} to {written(high)}: effects at "
        f"{and_list(map(written, outside))} are a guess that the lines go on straight where there are no data."
    )
