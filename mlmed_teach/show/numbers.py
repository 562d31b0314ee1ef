"""Numbers as they are printed: by Stata, in running text, in pictures."""

from __future__ import annotations

import math
from typing import Any

MINUS, DASH = "\N{MINUS SIGN}", "\N{EN DASH}"


def stata_number(value: Any, width: int = 9) -> str:
    """A number in Stata's general display format ``%w.0g``.

    Not counting sign and point, at most ``width - 2`` digits are shown, zeros right behind the point included;
    there is no "0" in front of the point and there are no trailing zeros. Numbers below 1e-5, or with more than
    ``width - 2`` digits in front of the point, are printed with an exponent.

    Parameters
    ----------
    value : float or None
        The number. NaN, None and ``pandas.NA`` are Stata's missing value.
    width : int, default 9
        The format's width: 9 is Stata's default for single precision and for estimates, 10 for doubles and ``display``.

    Returns
    -------
    str
        Not padded. Missing is ".", infinity (unknown to Stata) is "inf".

    Examples
    --------
    >>> stata_number(-0.0261277077), stata_number(-0.0261277077, 10), stata_number(800.0)
    ('-.0261277', '-.02612771', '800')
    >>> stata_number(12345678), stata_number(0.00000912)
    ('1.23e+07', '9.12e-06')
    """
    number = as_number(value)
    if math.isnan(number):
        return "."
    if math.isinf(number):
        return "inf" if number > 0 else "-inf"
    if number == 0:
        return "0"
    size, sign, digits = abs(number), "-" if number < 0 else "", width - 2
    whole = len(str(int(size))) if size >= 1 else 0
    if size >= 1e-5 and whole <= digits:
        text = f"{size:.{digits - whole}f}"
        if len(text.partition(".")[0]) <= digits:  # rounding up may have cost one digit more, as in 9999999.6
            return sign + (text.rstrip("0").rstrip(".").removeprefix("0") if "." in text else text)
    for decimals in range(max(width - 7, 0), -1, -1):
        text = f"{number:.{decimals}e}"
        if len(text) <= width:
            break
    return text


def fixed(value: Any, digits: int) -> str:
    """A number with a fixed count of decimals and its leading zero (Stata's ``%w.df``), "." if it is missing.

    Parameters
    ----------
    value : float or None
        The number.
    digits : int
        Decimals to show.

    Returns
    -------
    str
        Not padded.

    Examples
    --------
    >>> fixed(0.29651, 3), fixed(139.8301, 2), fixed(float("nan"), 2)
    ('0.297', '139.83', '.')
    """
    number = as_number(value)
    return "." if math.isnan(number) else f"{number:.{digits}f}"


def as_number(value: Any) -> float:
    """``float(value)``, with NaN for None and for pandas' missing values."""
    try:
        return float(value)
    except TypeError:  # None, pandas.NA
        return math.nan
    except OverflowError:  # a Python integer beyond any float
        return math.inf if value > 0 else -math.inf


def typeset(value: float, form: str) -> str:
    """A number in one of Python's formats, with a true minus sign.

    Parameters
    ----------
    value : float
    form : str
        Such as ``".2f"``.

    Returns
    -------
    str
    """
    return f"{value:{form}}".replace("-", MINUS)


def precise_number(value: float, precision: float | None = None) -> str:
    """A number for a text, with as many decimals as show two digits of its precision (its standard error, say).

    Parameters
    ----------
    value : float
    precision : float, optional
        By default the number itself, to three digits.

    Returns
    -------
    str
        With a true minus sign; a dash for what is not finite.

    Examples
    --------
    >>> precise_number(0.4725466, 0.0533), precise_number(1234.5678, 12.3), precise_number(0.4725466)
    ('0.473', '1,235', '0.473')
    """
    size, digits = (abs(value), 3) if precision is None or not precision > 0 else (precision, 2)
    if not math.isfinite(value):
        return DASH
    decimals = 2 if size == 0 else min(max(digits - 1 - math.floor(math.log10(size)), 0), 12)
    return typeset(value, ".2e" if size and size < 1e-8 else f",.{decimals}f")


def picture_number(value: float, like: float | None = None) -> str:
    """A number for a picture: three decimals, or three digits where that would be too many or too few.

    Parameters
    ----------
    value : float
    like : float, optional
        A number whose size decides instead, such as a standard error: an effect of 0.0007 with a standard error of 0.07
        is 0.001.

    Returns
    -------
    str
        With a true minus sign.
    """
    size = abs(value if like is None or not like > 0 else max(like, 1e-3 * abs(value)))
    return typeset(value, ".3f" if size == 0 or 0.01 <= size < 1000 else ".3g")


def p_value(p: float) -> str:
    """A p value in APA style, with its sign: "= .034", "< .001".

    Examples
    --------
    >>> p_value(0.0342), p_value(0.0002), p_value(0.9999), p_value(float("nan"))
    ('= .034', '< .001', '> .999', '= –')
    """
    if not math.isfinite(p):
        return f"= {DASH}"
    return "< .001" if p < 0.001 else f"= {p:.3f}".replace("= 0", "= ").replace("= 1.000", "> .999")


def percent(share: float, decimals: int | None = None) -> str:
    """A share in percent: ``percent(0.95)`` is "95%", ``percent(0.0342, 1)`` is "3.4%"."""
    return f"{100 * share:g}%" if decimals is None else f"{share:.{decimals}%}"
