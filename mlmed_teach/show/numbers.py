"""Numbers as Stata prints them."""

import math


def stata_number(value, width=9):
    """
    A number in Stata's general display format ``%w.0g``.

    Not counting sign and point, at most ``width - 2`` digits are shown, zeros right behind the point included;
    there is no "0" in front of the point and there are no trailing zeros. Numbers below 1e-5, or with more than
    ``width - 2`` digits in front of the point, are printed with an exponent.

    Parameters
    ----------
    value : float or None
        The number. NaN, ``None`` and ``pandas.NA`` are Stata's missing value.
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


def fixed(value, digits):
    """
    A number with a fixed count of decimals and its leading zero (Stata's ``%w.df``), "." if it is missing.

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


def as_number(value):
    """``float(value)``, with NaN for ``None`` and for pandas' missing values."""
    try:
        return float(value)
    except TypeError:  # None, pandas.NA
        return math.nan
    except OverflowError:  # a Python integer beyond any float
        return math.inf if value > 0 else -math.inf
