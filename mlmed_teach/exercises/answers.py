"""How what a learner typed, and what a cell computed, are read as numbers; and how numbers are written in sentences."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from ..errors import MlmedError
from ..words import described, shortened

_MINUS = "\N{MINUS SIGN}"


def typed_number(text: str) -> float | None:
    """The number that a learner typed: "0.47", ".47", "0,47", "47%" (which is 47), "1/3"; None for anything else."""
    text = text.strip().rstrip("%").strip().replace(_MINUS, "-").replace("\N{EN DASH}", "-")
    if "." not in text and text.count(",") == 1:
        text = text.replace(",", ".")
    if "_" in text:  # which Python takes for a separator
        return None
    try:
        value = float(Fraction(text.replace(" ", ""))) if "/" in text else float(text)
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    return value if math.isfinite(value) else None


def one_number(value: Any) -> float:
    """One finite number of whatever type: Python's, NumPy's, a fraction, a Series or an array that holds one value.

    Raises
    ------
    MlmedError
        Saying what was given instead.
    """
    held = value
    if not isinstance(value, str | bytes) and np.size(value) == 1:
        held = np.asarray(value, dtype=object).ravel()[0]
    if isinstance(held, str | bytes | bool | np.bool_ | complex):
        raise MlmedError(f"this is {described(held)}, which is not a number")
    try:
        number = float(held)
    except (TypeError, ValueError, OverflowError):
        size = np.size(value)
        many = f" with {size} values" if np.ndim(value) and size != 1 else ""
        raise MlmedError(f"this is {described(value)}{many}") from None
    if not math.isfinite(number):
        raise MlmedError("this one is missing or infinite")
    return number


def written(value: float, digits: int | None = None) -> str:
    """A number as the lessons write it: ".47", "−.6", "1,900"; with the digits that it needs if none are asked for."""
    value = round(value, 10 if digits is None else digits) + 0.0  # + 0.0: no minus before a zero
    text = f"{value:,.6g}" if digits is None else f"{value:,.{digits}f}"
    if text.lstrip("-").startswith("0."):
        text = text.replace("0.", ".", 1)
    return text.replace("-", _MINUS)


def quoted_text(text: str) -> str:
    """What was typed, in quotation marks and not too long."""
    return f'"{shortened(text.strip())}"'


def answered_number(value: Any, unit: str = "") -> tuple[float, int]:
    """The number in an answer, and how many decimals it shows.

    Numbers of any type are read, text as a learner types it, and a result that holds an estimate, such as an effect.
    "47%" is 47 where the answer is asked for in percent, and .47 elsewhere.

    Raises
    ------
    MlmedError
        Saying what was given instead.
    """
    held = getattr(value, "estimate", value)
    if np.ndim(held) and np.size(held) == 1:
        held = np.asarray(held, dtype=object).ravel()[0]
    if not isinstance(held, str):
        number = one_number(held)
        return number, _decimals(f"{number:.12g}")
    number_typed = typed_number(held)
    if number_typed is None:
        raise MlmedError(f"{quoted_text(held)} is no number" if held.strip() else "the text is empty")
    decimals = _decimals(f"{number_typed:.12g}")
    if held.strip().endswith("%") and unit != "%":
        return number_typed / 100, decimals + 2
    return number_typed, decimals


def _decimals(text: str) -> int:
    digits, _, power = text.partition("e")
    return max(0, len(digits.partition(".")[2]) - int(power or 0))
