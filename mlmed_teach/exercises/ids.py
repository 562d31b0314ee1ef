"""Questions are found by lesson and number, as in "06.1"; what is not found is answered with what comes close."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import TypeVar

from ..errors import MlmedError
from ..words import and_list, quoted

T = TypeVar("T")


def found(id: object, known: Mapping[str, T], what: str) -> T:
    """The question of an id.

    Raises
    ------
    MlmedError
        When there is none, naming those that come close.
    """
    if isinstance(id, str) and id in known:
        return known[id]
    lesson, point, number = str(id).strip().partition(".")
    text = f"{lesson.zfill(2)}{point}{number}" if lesson else ""
    if text in known:
        raise MlmedError(f'There is no {what} {quoted(id)}. Did you mean "{text}"?')
    close = [name for name in known if name.startswith(f"{text[:2]}.")]
    close = close or difflib.get_close_matches(text, known, n=3)
    if close:
        names = and_list(f'"{name}"' for name in close)
        there = "There is" if len(close) == 1 else "There are"
        raise MlmedError(f"There is no {what} {quoted(id)}. {there} {names}.")
    raise MlmedError(f'There is no {what} {quoted(id)}. An id is a lesson and a number, as in "06.1".')
