"""How a report is written: text with *emphasis* and a table, as Markdown and as HTML.

What comes from the user stands between two marks (`as_given`), to be taken literally.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ..show import escape

_OPEN, _CLOSE = "\ue000", "\ue001"  # private characters, which no name of a column holds


class Report(str):
    """The report as Markdown text.

    Attributes
    ----------
    html : str
        The same as HTML, to be pasted into a word processor.
    """

    html: str

    def __new__(cls, markdown: str, html: str) -> Report:
        report = super().__new__(cls, markdown)
        report.html = html
        return report

    @property
    def markdown(self) -> str:
        """The text as an ordinary string."""
        return str(self)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return self.html


def as_given(text: object) -> str:
    """A name or a remark as it is, whatever signs it holds."""
    return f"{_OPEN}{text}{_CLOSE}"


def _as_markdown(text: str) -> str:
    def with_backslashes(match: re.Match) -> str:
        return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", match[1])

    return re.sub(f"{_OPEN}(.*?){_CLOSE}", with_backslashes, text, flags=re.DOTALL)


def _as_html(text: str) -> str:
    pieces = re.split(f"({_OPEN}.*?{_CLOSE})", text, flags=re.DOTALL)
    return "".join(
        escape(piece[1:-1]) if piece.startswith(_OPEN) else re.sub(r"\*(.+?)\*", r"<em>\1</em>", escape(piece))
        for piece in pieces
    )


def markdown(
    paragraphs: list[str], title: str, head: Sequence[str], rows: list, note: str, references: Iterable[str]
) -> str:
    """Paragraphs, table and references as Markdown; a row that is a str is a heading."""
    lines = [_as_markdown(part) for paragraph in paragraphs for part in (paragraph, "")]
    lines += ["**Table 1**", "", f"*{_as_markdown(title)}*", ""]
    lines += ["| " + " | ".join(head) + " |", "|:---|" + "---:|" * (len(head) - 1)]
    for row in rows:
        cells = [f"**{_as_markdown(row)}**", *[""] * (len(head) - 1)] if isinstance(row, str) else row
        lines.append("| " + " | ".join(cells if isinstance(row, str) else [_as_markdown(cells[0]), *cells[1:]]) + " |")
    lines += ["", _as_markdown(note), "", "**References**", ""]
    return "\n".join([*lines, *(f"* {reference}" for reference in references), ""])


def html(
    paragraphs: list[str], title: str, head: Sequence[str], rows: list, note: str, references: Iterable[str]
) -> str:
    """The same as HTML."""
    right, rule = ' style="text-align: right; padding-left: 1em"', "border-top: 1px solid; border-bottom: 1px solid"
    parts = [f"<p>{_as_html(paragraph)}</p>" for paragraph in paragraphs]
    parts.append('<table style="border-collapse: collapse; border-bottom: 1px solid">')
    parts.append(f'<caption style="text-align: left"><strong>Table 1</strong><br><em>{_as_html(title)}</em></caption>')
    heads = "".join(f'<th scope="col"{right}>{_as_html(text)}</th>' if text else "<td></td>" for text in head)
    parts.append(f'<thead><tr style="{rule}">{heads}</tr></thead><tbody>')
    for row in rows:
        if isinstance(row, str):
            cells = f'<th scope="rowgroup" colspan="{len(head)}" style="text-align: left">{_as_html(row)}</th>'
        else:
            cells = f'<th scope="row" style="text-align: left; font-weight: normal">{_as_html(row[0])}</th>'
            cells += "".join(f"<td{right}>{_as_html(cell)}</td>" for cell in row[1:])
        parts.append(f"<tr>{cells}</tr>")
    parts.append(f"</tbody></table><p>{_as_html(note)}</p><p><strong>References</strong></p>")
    parts += [f"<p>{_as_html(reference)}</p>" for reference in references]
    return "<div>\n" + "\n".join(parts) + "\n</div>"
