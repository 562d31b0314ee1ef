"""Checks of single arguments: each takes a value and its name, and gives the value or says what it must be.

All messages have one form: "reps must be a whole number of at least 2, but it is 0."
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NoReturn

import numpy as np

from ..errors import MlmedError
from ..words import described, quoted, quoted_list


def whole(value: Any, name: str, least: int, most: int | None = None) -> int:
    """A whole number, `least` or more and at most `most`."""
    fits = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not (fits and least <= value and (most is None or value <= most)):
        _refuse(name, f"a whole number {f'of at least {least}' if most is None else f'from {least} to {most}'}", value)
    return int(value)


def real(value: Any, name: str, least: float | None = None, above: float | None = None) -> float:
    """A finite number, `least` or more, or greater than `above`; what NumPy makes of one counts too."""
    try:
        number = np.nan if isinstance(value, str | bytes | bool | np.bool_) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = np.nan
    if not np.isfinite(number):
        _refuse(name, "a number", value)
    if least is not None and number < least:
        _refuse(name, f"at least {least:g}", value)
    if above is not None and number <= above:
        _refuse(name, f"above {above:g}", value)
    return number


def share(value: Any, name: str, example: str) -> float:
    """A number between 0 and 1, both excluded; the message holds an example."""
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not (number and 0 < value < 1):
        raise MlmedError(f"{name} must lie between 0 and 1, as in {example}, but it is {described(value)}.")
    return float(value)


def check_level(level: object) -> float:
    """A confidence level."""
    return share(level, "level", "0.95")


def one_of(value: Any, name: str, known: Collection[str]) -> str:
    """One of several words."""
    if not isinstance(value, str) or value not in known:
        _refuse(name, " or ".join(map(quoted, known)) if len(known) == 2 else f"one of {quoted_list(known)}", value)
    return value


def some_of(values: Any, name: str, known: Collection[str]) -> list[str]:
    """One or more of several words, as a list."""
    chosen = as_list(values)
    if not chosen:
        _refuse(name, f"one or more of {quoted_list(known)}", values)
    return [one_of(value, name, known) for value in chosen]


def as_list(values: Any) -> list[Any]:
    """One value, or several, as a list; a text is one value, and so is an array without an axis."""
    if isinstance(values, np.ndarray) and values.ndim == 0:
        return [values.item()]
    return [values] if isinstance(values, str) or not isinstance(values, Iterable) else list(values)


def flag(value: object, name: str, true: str = "", false: str = "") -> bool:
    """True or False; the message says what they mean, if that is given."""
    if not isinstance(value, bool | np.bool_):
        words = [f"{truth} ({meaning})" if meaning else truth for truth, meaning in (("True", true), ("False", false))]
        _refuse(name, " or ".join(words), value)
    return bool(value)


def check_reml(reml: object) -> bool:
    """Whether a fit is by REML."""
    return flag(reml, "reml", "REML", "ML")


def seed_sequence(seed: object) -> np.random.SeedSequence:
    """Where random numbers come from: a whole number, or None for new ones each time."""
    return np.random.SeedSequence(None if seed is None else whole(seed, "seed", 0))


def check_roles(roles: Mapping[str, object]) -> None:
    """Make sure that each role is given by the name of a column, and that no column has two roles.

    Parameters
    ----------
    roles : dict
        Role, such as ``"x"`` or ``"group"`` -> column.

    Raises
    ------
    MlmedError
        Naming the roles and the column.
    """
    for role, name in roles.items():
        if not is_name(name):
            raise MlmedError(
                f"{role} is given by the name of its column, as in {role}='age', but this is {described(name)}. "
                "Put the values into the table and give the name of their column."
            )
    for role, name in roles.items():
        others = [other for other, used in roles.items() if other != role and used == name]
        if others:
            raise MlmedError(
                f"{role} and {others[0]} are both the column {name!r}; each role needs a column of its own."
            )


def is_name(value: object) -> bool:
    """Whether a value can be the name of a column: text, a number, a date ..., not values or a function."""
    try:
        hash(value)
    except TypeError:  # a list, a Series, a table
        return False
    return value is not None and not callable(value)


def _refuse(name: str, what: str, value: object) -> NoReturn:
    raise MlmedError(f"{name} must be {what}, but it is {described(value)}.")
