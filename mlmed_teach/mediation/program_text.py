"""Lines of a script: text between quotes, long lists, comments."""

from __future__ import annotations

import json


def quote(value: str) -> str:
    """Text between double quotes, as R and a reader of a comment take it."""
    return json.dumps(value, ensure_ascii=False)


def wrapped(first: str, items: list[str], last: str, between: str = ", ", width: int = 116) -> list[str]:
    """Items after a beginning, in as many lines as they need."""
    lines, line = [], first
    for k, item in enumerate(items):
        piece = item + (between if k < len(items) - 1 else last)
        if len(line) + len(piece.rstrip()) > width and line.strip():
            lines.append(line.rstrip())
            line = "  "
        line += piece
    return [*lines, line]


def in_block(lines: list[str]) -> list[str]:
    """Lines as one comment of Stata or SAS."""
    return ["/*", *(line.replace("*/", "* /") for line in lines), "*/"]
