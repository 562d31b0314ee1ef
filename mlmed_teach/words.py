"""Lists, counts and values in English, for messages and reports."""

import numpy as np
import pandas as pd


def and_list(parts):
    """Items as a phrase: ``"a"``, ``"a and b"``, ``"a, b and c"``."""
    parts = list(parts)
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


_SHOWN = 5  # rows, values and clusters named in a message


_LONG = 60  # characters of a value or an id that a message shows


def counted(number, noun):
    """``"1 row"``, ``"1,600 rows"``: a count with its noun."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def listed(items, shown=_SHOWN):
    """The first few of `items` as text: ``"1, 2, 3"``, or with ", ..." if there are more."""
    items = list(items)
    return ", ".join(shortened(item) for item in items[:shown]) + (", ..." if len(items) > shown else "")


def shortened(value):
    """The text of a value, in one line and not too long."""
    text = " ".join(str(value).split()) if len(str(value)) > _LONG else str(value)
    return text if len(text) <= _LONG else text[: _LONG - 3] + "..."


def quoted(value):
    """A value as Python writes it, in one line and not too long; an object without text of its own by its type."""
    text = repr(value.item() if isinstance(value, np.generic) else value)
    return f"an object of type {type(value).__name__}" if text.startswith("<") else shortened(text)


def described(value):
    """What was given in the place of something else: ``"None"``, ``"5"``, ``"a Series"``, ``"a NumPy array"``."""
    if value is None or isinstance(value, str | bool | int | float | complex | np.generic | type(pd.NaT)):
        return quoted(value)
    kind = {"ndarray": "NumPy array"}.get(type(value).__name__, type(value).__name__)
    return f"{'an' if kind[0] in 'aeiouAEIOU' else 'a'} {kind}"
