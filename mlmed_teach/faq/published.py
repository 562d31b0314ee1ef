"""Every figure that the FAQ prints, and how a result compares with them."""

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache, partial

import numpy as np
import pandas as pd

from ..errors import MlmedError
from ..show import Sheet, View, as_number, html_table, text_table
from ..validation import require_columns
from . import listing
from .data_files import data_file

# Stata's optimizer stops a little early. Against the exact optimum on the original data the printed estimates are off
# by up to 1.2e-6 of their size (var(_cons) of y on x: printed .737622, optimum .73762124), which can be several units
# of the seventh digit. This allows for that and for little more.
STATA_RTOL = 2e-6


# Differences of decimal strings and binary floats: a millionth of a unit is rounding error, not disagreement.
_SLACK = Decimal("1e-6")


_SHOWN = 24  # a display of more figures than this shows the first and last dozen, and every one that disagrees


@cache
def _content():
    with open(data_file("published.toml"), "rb") as file:
        return tomllib.load(file)


@cache
def _registry():
    """Section -> (title, {quantity: printed string}), in the order of the page."""
    content = {section: blocks for section, blocks in _content().items() if section != "stopped early"}
    sections = {}
    for section, blocks in content.items():
        printed = {}
        for block in blocks.values():
            if isinstance(block, str):
                continue
            columns = block.get("columns")
            for name, row in block.items():
                if columns is None:
                    found = {name: row}
                elif name == "columns":
                    continue
                else:
                    cells = zip(columns, row, strict=True)
                    found = {f"{name}: {column}": cell for column, cell in cells if cell != ""}
                if printed.keys() & found.keys():
                    raise MlmedError(f"published.toml has a figure twice in section {section!r}: row {name!r}.")
                printed |= found
        sections[section] = (blocks["title"], printed)
    return sections


SECTIONS = (
    "listing",
    "summarize",
    "corr",
    "tab",
    "y on x",
    "m on x",
    "y on m and x",
    "stacked listing",
    "stacked",
    "effects",
)


# Section -> {quantity: units of its last digit}: the few printed figures that lie further off the optimum of the
# original data than `STATA_RTOL` allows; the reason stands in data/published.toml.
STOPPED_EARLY = _content()["stopped early"]


def table(section=None):
    """
    The figures that the FAQ prints.

    Parameters
    ----------
    section : str, optional
        One of `SECTIONS`; all of them unless told.

    Returns
    -------
    pandas.DataFrame
        One row per figure: section, quantity, printed (the string on the page), value (the same as a float).

    Raises
    ------
    MlmedError
        If there is no such section.

    Examples
    --------
    >>> table("effects").head(2)
       section quantity    printed     value
    0  effects        a  .61185658  0.611857
    1  effects        b  .61056318  0.610563
    """
    sections = SECTIONS if section is None else (section,)
    rows = [
        (name, quantity, printed, float(printed)) for name in sections for quantity, printed in _figures(name).items()
    ]
    return pd.DataFrame(rows, columns=["section", "quantity", "printed", "value"])


def compare(result, section, rtol=STATA_RTOL):
    """
    Set a result beside the figures that the FAQ prints.

    A figure agrees if it rounds to the printed string or differs from it by at most one unit of the string's last
    digit, or if it differs by at most `rtol` of the printed value. Whole numbers must be equal. A figure that is
    missing on either side, or not a number, does not agree. Eight figures, listed in `STOPPED_EARLY`, may differ by a
    few units of their last digit, because Stata itself stopped short of the optimum there; not with ``rtol=0``.

    Parameters
    ----------
    result : object
        Anything with a method ``figures()`` that gives ``{quantity: value}``, or such a dict itself. In the sections of
        the data ("listing", "summarize", "corr", "tab", "stacked listing") also a plain DataFrame with the columns of
        the page.
    section : str
        One of `SECTIONS`.
    rtol : float, default `STATA_RTOL`
        Relative tolerance; 0 holds the result to the printed digits.

    Returns
    -------
    pandas.DataFrame
        One row per figure: quantity, FAQ (the printed string, "" if the page has no such figure), here (float, NaN if
        missing), difference (here - FAQ), agrees (bool).

    Raises
    ------
    MlmedError
        If there is no such section, the result has no figures, or `rtol` is not a number from 0 on.
    """
    printed = _figures(section)
    if isinstance(rtol, bool) or not isinstance(rtol, int | float | np.number) or not 0 <= rtol < np.inf:
        raise MlmedError(f"rtol must be a number, 0 or more, not {rtol!r}.")
    values = _values(result, section)
    units = STOPPED_EARLY.get(section, {}) if rtol else {}
    rows = [
        (name, text, *_judge(text, values.get(name, np.nan), rtol, units.get(name, 1)))
        for name, text in printed.items()
    ]
    rows += [(name, "", value, np.nan, False) for name, value in values.items() if name not in printed]
    frame = pd.DataFrame(rows, columns=["quantity", "FAQ", "here", "difference", "agrees"])
    return View(frame, partial(_sheet, section=section))


def check(result, section, rtol=STATA_RTOL):
    """
    Like `compare`, but an error if anything disagrees.

    Parameters
    ----------
    result, section, rtol
        As in `compare`.

    Returns
    -------
    pandas.DataFrame
        As `compare` gives it; every row agrees.

    Raises
    ------
    MlmedError
        Listing the figures that disagree or are missing; and whatever `compare` raises.
    """
    frame = compare(result, section, rtol)
    wrong = frame[~frame["agrees"]]
    if len(wrong):
        lines = [f"  {row.quantity}: {_faq(row.FAQ)}, {_here(row.here)}" for row in wrong.head(_SHOWN).itertuples()]
        if len(wrong) > _SHOWN:
            lines.append(f"  and {len(wrong) - _SHOWN} more")
        raise MlmedError(
            f"{len(wrong)} of {len(frame)} figures in section {section!r} disagree with the FAQ:\n" + "\n".join(lines)
        )
    return frame


def _figures(section):
    if section not in SECTIONS:
        raise MlmedError(f"There is no section {section!r}. The ten sections are: {', '.join(map(repr, SECTIONS))}.")
    return _registry()[section][1]


def _values(result, section):
    """The figures of a result, as floats."""
    if isinstance(result, pd.DataFrame) and not hasattr(result, "figures"):
        result = _data_view(result, section)
    figures = result
    if not isinstance(result, Mapping):
        method = getattr(result, "figures", None)
        figures = method() if callable(method) and not isinstance(result, type) else None
    if not isinstance(figures, Mapping) or not figures:
        raise MlmedError(
            f"This {type(result).__name__} has no figures to compare with section {section!r}. "
            "Pass a result of this package (a fit, its effects, a view of the data) or a dict {quantity: value}."
        )
    wrong = [name for name, value in figures.items() if not isinstance(name, str) or isinstance(value, bool)]
    if wrong:
        raise MlmedError(f"The figures must be numbers under names that are text; {wrong[0]!r} is not.")
    try:
        return {name: as_number(value) for name, value in figures.items()}
    except ValueError as error:
        raise MlmedError(f"The figures must be numbers: {error}.") from None


def _data_view(frame, section):
    """The view of a plain DataFrame that a section of the data shows."""
    page = list(dict.fromkeys(name.rpartition(": ")[2] for name in _figures(section)))
    if section in ("listing", "stacked listing"):
        require_columns(frame, page)
        return listing.list_rows(frame[page], first=16)
    variables = list(dict.fromkeys(name.partition(": ")[0] for name in _figures(section) if ": " in name))
    if section == "summarize":
        return listing.summarize(frame, variables)
    if section == "corr":
        return listing.correlate(frame, variables)
    if section == "tab":
        return listing.tabulate(frame, "id")
    raise MlmedError(
        f"A DataFrame has no figures of section {section!r}. Pass the fitted model (or the effects) itself, "
        "not a table made from it."
    )


def _judge(printed, here, rtol, units):
    """(here, difference, agrees) for one figure; `units` of its last digit are always allowed."""
    if not np.isfinite(here):
        return here, np.nan, False
    exact = Decimal(printed)
    difference = Decimal(here) - exact
    digits = -exact.as_tuple().exponent
    if "." not in printed:
        agrees = difference == 0
    else:
        tolerance = max((units + _SLACK) * Decimal(10) ** -digits, Decimal(float(rtol)) * abs(exact))
        agrees = abs(difference) <= tolerance
    return here, float(difference), bool(agrees)


def _faq(printed):
    return f"FAQ {printed}" if printed else "not on the page"


def _here(value):
    return "missing here" if np.isnan(value) else f"here {value:.9g}"


def _like(printed, value):
    """`value` with as many decimals as the printed string has, and a leading zero only if it has one."""
    if not np.isfinite(value):
        return "missing" if np.isnan(value) else str(value)
    if not printed:
        return f"{value:.9g}"
    text = f"{value:.{len(printed.partition('.')[2])}f}"
    if printed.lstrip("-").startswith("."):
        text = text.replace("0.", ".", 1) if abs(float(text)) < 1 else text
    return text


def _sheet(frame, section):
    """Only as many digits as the page has, so that the display does not change with the machine."""
    good = int(frame["agrees"].sum())
    title = f"{section}: {good} of {len(frame)} figures agree with the FAQ"
    heads = ["FAQ", "here", "agrees"]
    shown = range(len(frame))
    if len(frame) > _SHOWN:
        half = _SHOWN // 2
        shown = [at for at in shown if at < half or at >= len(frame) - half or not frame["agrees"].iloc[at]]
    rows, before = [], -1
    for at in shown:
        if at > before + 1:
            rows.append(f"({at - before - 1} more, all agree)")
        row = frame.iloc[at]
        rows.append(
            [row["quantity"], row["FAQ"] or "-", _like(row["FAQ"], row["here"]), "yes" if row["agrees"] else "NO"]
        )
        before = at
    spans = [
        2 + max([len(head), *(len(row[at + 1]) for row in rows if not isinstance(row, str))])
        for at, head in enumerate(heads)
    ]
    figures = dict(zip(frame["quantity"], frame["here"], strict=True))
    text = title + "\n\n" + text_table("quantity", heads, rows, spans, 12)
    return Sheet(text, html_table(["quantity", *heads], rows, caption=title), figures)
