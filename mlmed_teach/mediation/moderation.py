"""For whom does it work? Effects at values of a moderator, the products, and the index of moderated mediation.

A path that depends on w is linear in it, a(w) = a0 + a1 (w - c), c being the center of w in the design. So a(w), b(w),
c'(w) and cov(a_j, b_j | w) are a linear map of the estimates, whose covariance matrix follows; the effects at w are
then combined as those of a model without moderators are (Bauer, Preacher & Gil 2006).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from .. import plots
from ..errors import MlmedError
from ..show import Sheet, View, fixed, html_table, stata_number, text_table, wrapped_notes
from ..stacked_model import (
    HTML_HEADS,
    KINDS,
    TEXT_HEADS,
    TEXT_SPANS,
    Effect,
    Level,
    Moderator,
    effect_name,
    effects_frame,
    in_words,
    level_and_kind,
)
from ..typing import Array
from ..validation import one_of
from ..words import and_list, described, quoted_list
from .estimates_at import At, EstimatesAt, Moderated, difference_of_effects, effects_at
from .moderator_values import (
    moderators_of,
    outside_the_data,
    usual_place,
    usual_values,
    values_asked_for,
    what_is_supposed,
    where_usual,
    written,
)

CURVE_POINTS = 101

INDEX = "index of moderated mediation"


class ConditionalEffects(View):
    """Effects at values of the moderators, a DataFrame with index (value of each moderator, effect).

    Attributes
    ----------
    notes : list of str
        What a reader must know: moderators held at a value, values outside the data, what the formula supposes.
    """

    _metadata = [*View._metadata, "notes", "_med"]
    _med: Moderated

    def __init__(self, frame: pd.DataFrame, notes: list[str], med: Moderated):
        super().__init__(frame, self._show)
        self.notes, self._med = notes, med

    def plot(self, effect: str | None = None, by: str | None = None, ax: Axes | None = None) -> Axes:
        """An effect against a moderator over all that was observed of it, with its 95% band.

        Below it stand the values that were observed, and dotted lines where the band leaves 0. With categories it is a
        point and an interval for each. Other moderators are where they are in this table, if that is one value, and
        else at their mean, or in their first category.

        Parameters
        ----------
        effect : str, optional
            Its name in the table; by default the first, the indirect effect.
        by : str, optional
            Column of the moderator; by default the first one of a or b.
        ax : Axes, optional

        Returns
        -------
        Axes

        Raises
        ------
        MlmedError
            The table has no such effect, or the model no such moderator.
        """
        moderators = {moderator.name: moderator for moderator in self._med.spec.moderators}
        kinds = list(dict.fromkeys(self.index.get_level_values("effect")))
        effect = one_of(kinds[0] if effect is None else effect, "effect", kinds)
        by = next(iter(moderators)) if by is None else by
        if by not in moderators:
            raise MlmedError(
                f"by must be a moderator of this model, one of {quoted_list(moderators)}, but it is {described(by)}."
            )
        place: At = {}
        for name, moderator in moderators.items():
            here = self.index.get_level_values(name).unique()
            place[name] = here[0] if len(here) == 1 else moderator.usual
        curve = _curve(self._med, moderators[by], effect, place)
        level, kind = level_and_kind(effect)
        words = in_words(level, kind).removeprefix("average ")
        observed = () if moderators[by].levels else moderators[by].values
        return plots.effect_by_moderator(curve, observed, _turns(curve), words, ax=ax)

    def _show(self, frame: pd.DataFrame) -> Sheet:
        names = [str(name) for name in frame.index.names[:-1]]
        rows: list[list[str] | None] = []
        before: tuple | None = None
        for (*values, effect), row in zip(frame.index, frame.to_numpy(), strict=True):
            if before is not None and tuple(values) != before:
                rows.append(None)
            label = ", ".join(written(value) for value in values)
            rows.append([f"{label}: {effect}", *_cells(row)])
            before = tuple(values)
        return _sheet(", ".join(names), rows, self.notes)


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
        rows = [[str(name), *_cells(row)] for name, row in zip(frame.index, frame.to_numpy(), strict=True)]
        return _sheet("", list(rows), self.notes)


def _sheet(title: str, rows: list[list[str] | None], notes: list[str]) -> Sheet:
    text = text_table(title, TEXT_HEADS, rows, TEXT_SPANS, max(24, *(len(row[0]) + 1 for row in rows if row)))
    return Sheet(
        "\n".join([text, *wrapped_notes(notes, text)]), html_table([title, *HTML_HEADS], rows, notes=notes), {}
    )


def _cells(row: Array) -> list[str]:
    estimate, se, z, p, low, high = row
    return [stata_number(estimate), stata_number(se), fixed(z, 2), fixed(p, 3), stata_number(low), stata_number(high)]


def conditional_effects(
    med: Moderated, values: ArrayLike | Mapping[str, ArrayLike] | None = None
) -> ConditionalEffects:
    """Indirect, direct and total effect at values of the moderators.

    At w the average indirect effect is a(w) b(w) + cov(a_j, b_j | w), with paths that are linear in w and a covariance
    that is the same for all w. Standard errors count all covariances of the estimates, those of the products too.

    Parameters
    ----------
    med : Moderated
        As a method, the result itself.
    values : float, str, list or dict, optional
        Values of the moderator, or categories. With several moderators a dict, as in {"w": [-1, 0, 1], "v": 0}: every
        combination is shown, and a moderator that is left out is held at its mean, or in its first category. By
        default the quartiles of each moderator (over clusters, if it describes clusters), its categories, or, if it has
        three values or less, these.

    Returns
    -------
    ConditionalEffects
        A DataFrame with index (value of each moderator, effect), columns as in `to_frame`; `notes`.

    Raises
    ------
    MlmedError
        The model has no moderator; a value is no number, or no category of the moderator.

    Examples
    --------
    >>> import mlmed_teach as mt
    >>> table = mt.load_ml_sim()
    >>> table["late"] = (table["id"] > 50).astype(int)
    >>> med = mt.mediate(table, moderators={"a": "late"})
    >>> list(med.conditional().index.get_level_values("late").unique())
    [0.0, 1.0]
    """
    moderators = moderators_of(med)
    wanted = values_asked_for(moderators, values)
    places = [dict(zip(wanted, chosen, strict=True)) for chosen in product(*wanted.values())]
    levels = [EstimatesAt(med, level.level) for level in med.levels]
    frames = [effects_frame(effects_at(levels, place, med.fit.df)) for place in places]
    frame = pd.concat(frames)
    index = [(*place.values(), name) for place, one in zip(places, frames, strict=True) for name in one.index]
    frame.index = pd.MultiIndex.from_tuples(index, names=[*wanted, "effect"])
    held = [moderator for moderator in moderators if isinstance(values, Mapping) and moderator.name not in values]
    notes = [f"Held where they are usual: {and_list(map(where_usual, held))}."] if held else []
    notes += [text for moderator in moderators if (text := outside_the_data(moderator, wanted[moderator.name]))]
    if any(level.cov_ab for level in med.levels):
        notes.append(what_is_supposed(moderators))
    return ConditionalEffects(frame, notes, med)


def moderation_table(med: Moderated) -> ModerationTable:
    """Products, and how the indirect effect depends on the moderators.

    Parameters
    ----------
    med : Moderated
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
    moderators, found, notes = moderators_of(med), moderation_effects(med), []
    if _both(moderators):
        notes.append(
            "Both a and b are moderated: the indirect effect is not linear in the moderator, and there is no single "
            "index. Differences are between the values named"
            + (f"; other moderators at {usual_place(med.spec)}" if len(moderators) > 1 else "")
            + ". contrast(low, high) has others."
        )
    notes.append(
        "An effect may depend on the moderator even if no product is significant by itself, and the other way round."
    )
    return ModerationTable(effects_frame(found), notes)


def moderation_effects(med: Moderated) -> list[Effect]:
    """The rows of `moderation_table`, the products first.

    Parameters
    ----------
    med : Moderated

    Returns
    -------
    list of Effect
    """
    moderators = moderators_of(med)
    found = product_effects(med)
    for level in med.levels:
        for moderator in moderators:
            if {"a", "b"} & set(moderator.paths):
                found += _changes(med, level.level, moderator, _both(moderators))
    return found


def _both(moderators: Iterable[Moderator]) -> bool:
    """Whether a and b are moderated, so that the indirect effect is a product of two lines."""
    return {path for moderator in moderators for path in moderator.paths} >= {"a", "b"}


def contrast_of_effects(
    med: Moderated, low: float | str | Mapping[str, float | str], high: float | str | Mapping[str, float | str]
) -> pd.DataFrame:
    """Effects at one value of the moderator minus those at another.

    Parameters
    ----------
    med : Moderated
        As a method, the result itself.
    low, high : float, str or dict
        A value of the moderator, or a category; with several moderators a dict, as in {"w": -1}, where those that are
        left out are held at their mean, or in their first category.

    Returns
    -------
    DataFrame
        Effects at `high` minus effects at `low`: rows and columns as in `to_frame`; standard errors by the delta
        method, from all covariances of the estimates.

    Raises
    ------
    MlmedError
        As for `conditional`; or one of the two is more than one value.
    """
    moderators = moderators_of(med)
    ends = []
    for name, value in (("low", low), ("high", high)):
        chosen = values_asked_for(moderators, value)
        if value is None or any(len(values) > 1 for values in chosen.values()):
            raise MlmedError(f"{name} must be one value of the moderator, but it is {described(value)}.")
        ends.append({moderator: values[0] for moderator, values in chosen.items()})
    found = []
    for level in med.levels:
        changes = difference_of_effects(med, level.level, *ends)
        found += [Effect(level.level, kind, *change, med.fit.df) for kind, change in zip(KINDS, changes, strict=True)]
    return effects_frame(found)


def _curve(med: Moderated, moderator: Moderator, effect: str, place: At) -> pd.DataFrame:
    """An effect at every category of a moderator, or over all the values that were observed."""
    kind = level_and_kind(effect)[1]
    values: list[float | str] = list(moderator.levels)
    if not values:
        values = list(np.linspace(moderator.values.min(), moderator.values.max(), CURVE_POINTS))
    levels = [EstimatesAt(med, level.level) for level in med.levels if effect_name(level.level, kind) == effect]
    found = [
        one
        for value in values
        for one in effects_at(levels, place | {moderator.name: value}, med.fit.df)
        if one.kind == kind
    ]
    return effects_frame(found).set_axis(pd.Index(values, name=moderator.name))


def _turns(curve: pd.DataFrame) -> list[float]:
    """Where an end of the band crosses 0, between two points of the curve (Johnson & Neyman 1936)."""
    if not pd.api.types.is_numeric_dtype(curve.index):
        return []
    at, found = curve.index.to_numpy(dtype=float), []
    for column in ("ci low", "ci high"):
        end = curve[column].to_numpy()
        for k in np.flatnonzero(end[:-1] * end[1:] < 0):
            found.append(float(at[k] - end[k] * (at[k + 1] - at[k]) / (end[k + 1] - end[k])))
    return sorted(found)


def product_effects(med: Moderated) -> list[Effect]:
    """The products as effects of the kinds "a by w", "b by g[high]", ..., in the order of the levels and paths.

    Parameters
    ----------
    med : Moderated

    Returns
    -------
    list of Effect
        Empty without moderators.
    """
    found = []
    for level in med.levels if med.spec.moderators else []:
        of = EstimatesAt(med, level.level)
        found += [
            Effect(level.level, f"{path} by {column}", float(of.theta[k]), float(np.sqrt(of.V[k, k])), med.fit.df)
            for k, (path, _, column, _) in enumerate(of.products(), start=3)
        ]
    return found


def _changes(med: Moderated, level: Level, moderator: Moderator, both: bool) -> list[Effect]:
    """How the indirect effect changes with a moderator: for one unit, between categories, or between quartiles."""
    usual: At = {other.name: other.usual for other in med.spec.moderators}
    name, start = moderator.name, moderator.usual
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
        value, se = difference_of_effects(med, level, usual | {name: low}, usual | {name: high})[0]
        found.append(Effect(level, label, value, se, med.fit.df))
    return found
