"""Where scripts show the effects of a moderated model, and of which coefficients a path is made there.

At w a path is its coefficient plus that of each product, times w less what the product was centred at. Scripts write
that difference out, as in (3.4 - 2.9), so that a reader sees both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np

from ..stacked_model import PATHS, At, Level, Moderator, products_of
from .moderation import factors_of, steps_of
from .moderator_values import usual_values, written


@dataclass(frozen=True, slots=True)
class Weight:
    """A coefficient in a path at a place.

    Attributes
    ----------
    term : str
        Whose coefficient, as scripts call it.
    text : str
        The number by which it is multiplied, as scripts write it.
    value : float
        That number.
    """

    term: str
    text: str
    value: float


@dataclass(frozen=True, slots=True)
class Place:
    """Values of the moderators.

    Attributes
    ----------
    label : str
        As in "w = 3.4, g = hi".
    a, b, c : tuple of Weight
        What the paths are made of there.
    """

    label: str
    a: tuple[Weight, ...]
    b: tuple[Weight, ...]
    c: tuple[Weight, ...]

    @property
    def paths(self) -> tuple[tuple[Weight, ...], ...]:
        """a, b, c'."""
        return self.a, self.b, self.c


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the indirect effect between two places.

    Attributes
    ----------
    label : str
    low, high : Place
    factors : tuple of str
        The two terms whose product it is; () if it is no such product.
    """

    label: str
    low: Place
    high: Place
    factors: tuple[str, ...]

    def expression(self, coefficient: Callable[[str], str]) -> str:
        """It as a formula of coefficients."""
        if self.factors:
            return " * ".join(map(coefficient, self.factors))
        return " - ".join(indirect_at(place, coefficient) for place in (self.high, self.low))


def path_sum(path: tuple[Weight, ...], coefficient: Callable[[str], str]) -> str:
    """A path as a formula of coefficients, in parentheses if it is a sum.

    Parameters
    ----------
    path : tuple of Weight
    coefficient : callable
        How the coefficient of a term is written.

    Returns
    -------
    str
    """
    parts = [
        coefficient(weight.term) if weight.text == "1" else f"{weight.text} * {coefficient(weight.term)}"
        for weight in path
    ]
    return parts[0] if len(parts) == 1 else f"({' + '.join(parts)})"


def indirect_at(place: Place, coefficient: Callable[[str], str]) -> str:
    """The product of a and b at a place, as a formula of coefficients."""
    return f"{path_sum(place.a, coefficient)} * {path_sum(place.b, coefficient)}"


def number(value: float) -> str:
    """A number that all programs read: no exponent, and no more digits than it needs."""
    return str(np.format_float_positional(value, precision=15, unique=True, fractional=False, trim="-"))


def less(what: str, center: float) -> str:
    """Something less a number, which may be negative: "w - 2.9", "w + 0.1"."""
    return f"{what} {'-' if center >= 0 else '+'} {number(abs(center))}"


def places_of(moderators: tuple[Moderator, ...], level: Level, names: Mapping[str, str]) -> list[Place]:
    """The places that `conditional` shows if it is not told which.

    Parameters
    ----------
    moderators : tuple of Moderator
    level : {"", "within", "between"}
    names : dict
        Term of the stacked model -> its name in scripts.

    Returns
    -------
    list of Place
        Empty without moderators.
    """
    if not moderators:
        return []
    values = {moderator.name: usual_values(moderator) for moderator in moderators}
    combined = [dict(zip(values, chosen, strict=True)) for chosen in product(*values.values())]
    labels = [", ".join(f"{name} = {written(value)}" for name, value in at.items()) for at in combined]
    if len(set(labels)) < len(labels):  # values that differ in digits that are not written
        labels = [", ".join(f"{name} = {value}" for name, value in at.items()) for at in combined]
    return [_place(moderators, level, names, at, label) for at, label in zip(combined, labels, strict=True)]


def changes_of(moderators: tuple[Moderator, ...], level: Level, names: Mapping[str, str]) -> list[Change]:
    """The changes of the indirect effect that `moderation` shows.

    Parameters
    ----------
    moderators, level, names
        As in `places_of`.

    Returns
    -------
    list of Change
    """
    found = []
    for step in steps_of(moderators):
        low, high = (_place(moderators, level, names, at, "") for at in (step.low, step.high))
        found.append(Change(step.label, low, high, tuple(names[term] for term in factors_of(moderators, level, step))))
    return found


def _place(moderators: tuple[Moderator, ...], level: Level, names: Mapping[str, str], at: At, label: str) -> Place:
    paths = {name: [Weight(names[path.term_of(level)], "1", 1.0)] for name, path in PATHS.items()}
    for path, moderator, column, term in products_of(moderators, level):
        here = at[moderator.name]
        value = moderator.deviations(here)[column]
        if not value:  # at the center, or in another category
            continue
        text = "1" if moderator.levels else f"({less(number(float(here)), moderator.center[column])})"
        paths[path].append(Weight(names[term], text, value))
    a, b, c = (tuple(paths[path]) for path in PATHS)
    return Place(label, a, b, c)


def rows_of(place: Place, terms: list[str]) -> list[list[str]]:
    """a, b and c' at a place as rows of numbers, one column for each term.

    Parameters
    ----------
    place : Place
    terms : list of str

    Returns
    -------
    list of list of str
    """
    found = []
    for path in place.paths:
        texts = {weight.term: weight.text.strip("()") for weight in path}
        found.append([texts.get(term, "0") for term in terms])
    return found
