"""Numbers as Stata prints them, and plain HTML tables for notebooks."""

import html
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


def and_list(parts):
    """Items as a phrase: ``"a"``, ``"a and b"``, ``"a, b and c"``."""
    parts = list(parts)
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def escape(text):
    """Any object as text that is safe inside an HTML element or a quoted attribute."""
    return html.escape(str(text), quote=True)


def html_table(header, rows, caption=None, notes=()):
    """
    A small HTML table that takes its colours from the page, so it suits light and dark themes alike.

    Parameters
    ----------
    header : sequence of str
        Column headings; the first stands over the row names.
    rows : iterable
        Each item is a sequence of cells, the first of which is the row's name; or a str, a remark over the whole
        width; or ``None``, a rule between the rows around it.
    caption : str, optional
        Line above the table.
    notes : sequence of str, optional
        Lines below the table.

    Returns
    -------
    str
        HTML without ids, scripts and colours, the same for the same input. All text is escaped.
    """
    # th is centred by browsers unless told; a border without a colour takes the colour of the text
    right, rule = ' style="text-align: right"', ' style="border-top: 1px solid"'
    lines = ['<table style="border-collapse: collapse; text-align: right">']
    if caption:
        lines.append(f'<caption style="text-align: left">{escape(caption)}</caption>')
    head = "".join(
        f'<th scope="col"{right}>{escape(name)}</th>' if str(name).strip() else "<td></td>" for name in header
    )
    lines.append(f'<thead><tr style="border-bottom: 1px solid">{head}</tr></thead>')
    lines.append("<tbody>")
    style = ""
    for row in rows:
        if row is None:
            style = rule
            continue
        if isinstance(row, str):
            cells = f'<td colspan="{len(header)}" style="text-align: left">{escape(row)}</td>'
        else:
            cells = f'<th scope="row"{right}>{escape(row[0])}</th>'
            cells += "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        lines.append(f"<tr{style}>{cells}</tr>")
        style = ""
    lines.append("</tbody>")
    if notes:
        cells = "".join(
            f'<tr><td colspan="{len(header)}" style="text-align: left">{escape(note)}</td></tr>' for note in notes
        )
        lines.append(f"<tfoot>{cells}</tfoot>")
    lines.append("</table>")
    return "\n".join(lines)


def text_table(corner, heads, rows, spans, stub):
    """
    A table as Stata draws it: names on the right of the first column, a bar, and the columns.

    Parameters
    ----------
    corner : str
        Heading over the row names.
    heads : sequence of str
        Headings of the other columns.
    rows : iterable
        As in `html_table`.
    spans : sequence of int
        Width of each of the other columns.
    stub : int
        Least width of the row names.

    Returns
    -------
    str
        Lines without trailing blanks.
    """
    stub = max([stub, len(corner), *(len(row[0]) for row in rows if row and not isinstance(row, str))])
    rule = "-" * (stub + 1) + "+" + "-" * sum(spans)
    lines = []
    for row in [[corner, *heads], None, *rows]:
        if row is None:
            lines.append(rule)
        elif isinstance(row, str):
            lines.append(row)
        else:
            cells = "".join(cell.rjust(span) for cell, span in zip(row[1:], spans, strict=True))
            lines.append((row[0].rjust(stub) + " |" + cells).rstrip())
    return "\n".join(lines)
