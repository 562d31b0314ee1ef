"""One validation, with one style of message, for the arguments of every function."""

from __future__ import annotations

import numpy as np

from ..errors import MlmedError
from ..words import described


def check_roles(roles):
    """
    Make sure that each role is given by the name of a column, and that no column has two roles.

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
        others = [other for other, used in roles.items() if other != role and (used is name or used == name)]
        if others:
            raise MlmedError(
                f"{role} and {others[0]} are both the column {name!r}; each role needs a column of its own."
            )


def is_name(value):
    """Whether a value can be the name of a column: text, a number, a date, a tuple ..., not values or a function."""
    return value is not None and not callable(value) and type(value) is not object and _hashable(value)


def _hashable(value):
    try:
        hash(value)
    except TypeError:
        return False
    return True


def whole(value: object, what: str, least: int) -> int:
    """A whole number that is not too small, or an error that names it."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise MlmedError(f"{what} must be a whole number of at least {least}, but it is {value!r}.")
    return int(value)


def check_level(level: object) -> float:
    if isinstance(level, bool) or not isinstance(level, int | float | np.number) or not 0 < level < 1:
        raise MlmedError(f"level must lie between 0 and 1, as in 0.95, but it is {level!r}.")
    return float(level)


def seed_sequence(seed: object) -> np.random.SeedSequence:
    return np.random.SeedSequence(None if seed is None else whole(seed, "seed", 0))


def check_reml(reml: object) -> None:
    """Refuse what is neither True nor False, such as "ML"."""
    if not isinstance(reml, bool | np.bool_):
        raise MlmedError(f"reml is True (REML) or False (ML), not {reml!r}.")
