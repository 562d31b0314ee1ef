"""Tables of a moderated model as text and HTML."""

from __future__ import annotations

from ..show import Sheet, fixed, html_table, limit_heads, stata_number, text_table, wrapped_notes
from ..stacked_model import HTML_HEADS, TEXT_HEADS, TEXT_SPANS
from ..typing import Array


def sheet(title: str, rows: list[list[str] | None], notes: list[str], confidence: float | None = None) -> Sheet:
    """Rows of a table with a display.

    Parameters
    ----------
    title : str
    rows : list
        Cells, the label first; None for a line between rows.
    notes : list of str
    confidence : float, optional
        Of intervals made of draws, which have neither z nor p.

    Returns
    -------
    Sheet
    """
    heads, spans, html_heads = TEXT_HEADS, TEXT_SPANS, HTML_HEADS
    if confidence is not None:
        heads, spans = ["Estimate", "Std. Err.", *limit_heads(confidence)], [11, 11, 12, 12]
        html_heads = heads
    text = text_table(title, heads, rows, spans, max(24, *(len(row[0]) + 1 for row in rows if row)))
    return Sheet(
        "\n".join([text, *wrapped_notes(notes, text)]), html_table([title, *html_heads], rows, notes=notes), {}
    )


def wald_cells(row: Array) -> list[str]:
    """Cells of a row of `to_frame`."""
    estimate, se, z, p, low, high = row
    return [stata_number(estimate), stata_number(se), fixed(z, 2), fixed(p, 3), stata_number(low), stata_number(high)]


def drawn_cells(row: Array) -> list[str]:
    """Cells of a row of estimate, se and limits."""
    return [stata_number(value) for value in row]
