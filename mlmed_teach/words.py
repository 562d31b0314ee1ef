"""English for messages and reports: lists, counts, agreement of number, and values in a few characters."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

SHOWN = 5  # rows, values and clusters named in a message
_LONG = 60  # characters of a value or an id that a message shows


def and_list(parts: Iterable[str]) -> str:
    """Items as a phrase: ``"a"``, ``"a and b"``, ``"a, b and c"``."""
    *before, last = parts
    return f"{', '.join(before)} and {last}" if before else last


def listed(items: Iterable[object], shown: int = SHOWN) -> str:
    """The first few items as text: ``"1, 2, 3"``, or with ", ..." if there are more."""
    items = list(items)
    return ", ".join(shortened(item) for item in items[:shown]) + (", ..." if len(items) > shown else "")


def quoted_list(values: Iterable[object], shown: int | None = None) -> str:
    """Values as Python writes them, all or the first few: ``"'a', 'b'"``, ``"'a', 'b', ..."``."""
    values = list(values)
    return listed(map(quoted, values), len(values) if shown is None else shown)


def agree(number: int, one: str, several: str) -> str:
    """The form of a word that goes with a number: ``agree(1, "is", "are")`` is "is"."""
    return one if number == 1 else several


def counted(number: int, noun: str) -> str:
    """``"1 row"``, ``"1,600 rows"``: a count with its noun."""
    return f"{number:,} {agree(number, noun, noun + 's')}"


def range_of(least: int, largest: int) -> str:
    """``"8"``, or ``"3 to 12"`` where the two differ."""
    return f"{least}" if least == largest else f"{least} to {largest}"


def with_article(noun: str) -> str:
    """``"a list"``, ``"an Axes"``."""
    return f"{'an' if noun[0] in 'aeiouAEIOU' else 'a'} {noun}"


def shortened(value: object, length: int = _LONG, dots: str = "...") -> str:
    """The text of a value, in one line and with dots where it was cut."""
    text = " ".join(str(value).split()) if len(str(value)) > length else str(value)
    return text if len(text) <= length else text[: length - len(dots)].rstrip() + dots


def quoted(value: object) -> str:
    """A value as Python writes it, in one line and not too long; an object without text of its own by its type."""
    text = repr(value.item() if isinstance(value, np.generic) else value)
    return f"an object of type {type(value).__name__}" if text.startswith("<") else shortened(text)


def described(value: object) -> str:
    """What was given in the place of something else: ``"None"``, ``"5"``, ``"a Series"``, ``"a NumPy array"``."""
    if value is None or isinstance(value, str | int | float | np.generic):
        return quoted(value)
    kind = type(value).__name__
    return with_article({"ndarray": "NumPy array"}.get(kind, kind))
