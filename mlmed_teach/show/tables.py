"""Tables as Stata draws them, and plain HTML tables for notebooks."""

from __future__ import annotations

import html
import textwrap


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


def wrapped(notes: list[str], table: str) -> list[str]:
    """Lines of notes, none longer than the first line of a table."""
    return ["\n".join(textwrap.wrap(note, len(table.partition("\n")[0]))) for note in notes]
