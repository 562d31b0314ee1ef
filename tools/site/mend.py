"""What Sphinx, its theme and pandas leave undone for those who do not see the page, or who steer it by keyboard.

Found by axe-core, which tests/site runs over every page.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

SIDEBARS = {"__navigation": "All pages", "__toc": "On this page"}
MENDS: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    # A caption in the sidebar claims to be a heading, and does not say of which level.
    (r'<p class="caption" role="heading">', '<p class="caption" role="heading" aria-level="2">'),
    # Two landmarks of one kind need names.
    (r'<aside class="sidebar-drawer">', f'<aside class="sidebar-drawer" aria-label="{SIDEBARS["__navigation"]}">'),
    (r'<aside class="toc-drawer( no-toc)?">', rf'<aside class="toc-drawer\1" aria-label="{SIDEBARS["__toc"]}">'),
    # In a narrow window labels of checkboxes open the sidebars, out of reach of the keyboard; kit.js moves the buttons.
    (
        r'<label class="([^"]*-overlay-icon[^"]*)" for="(__navigation|__toc)">(.*?)</label>',
        lambda found: (
            f'<button type="button" class="{found[1]}" data-opens="{found[2]}" aria-expanded="false" '
            f'aria-label="{SIDEBARS[found[2]]}">{found[3]}</button>'
        ),
    ),
    # No line begins with the comma after a formula.
    (r"(\(?<math (?:(?!</math>).)*</math>[,.;:)?!]+)", r'<span class="together">\1</span>'),
    # A head without a word is no head: the corner of a table.
    (r"<th([^>]*)>(?:<p></p>|\s)*</th>", r"<td\1></td>"),
    # The page of the search has no heading until something is sought.
    (r'(?=<div id="search-results">)', '<h1 class="unseen">Search</h1>\n'),
)


def mended(text: str) -> str:
    """The HTML of a page, mended."""
    for wrong, right in MENDS:
        text = re.sub(wrong, right, text, flags=re.DOTALL)
    return text


def mend(path: Path) -> None:
    """Mend a page where it lies."""
    path.write_text(mended(path.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
