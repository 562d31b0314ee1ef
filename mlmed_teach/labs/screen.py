"""What of a lab is text: read-out, missions and the style sheet, as HTML for light and dark themes."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from typing import Protocol

# JupyterLab's colours where they are known (they follow its theme), plain ones elsewhere.
STYLE = """<style>
.mlmed-lab { max-width: 740px; padding: 12px 16px; border: 1px solid var(--jp-border-color1, #bdbdbd);
  border-radius: 6px; box-sizing: border-box; overflow: visible; }
.mlmed-lab .widget-html, .mlmed-lab .widget-html-content { margin: 0; line-height: 1.45; width: auto; max-width: 100%; }
.mlmed-lab .widget-html-content { color: var(--jp-ui-font-color1, #1a1a1a); font-size: 14px; }
.mlmed-lab .widget-label { color: var(--jp-ui-font-color1, #1a1a1a); font-size: 14px; }
.mlmed-lab h4 { margin: 0 0 4px; font-size: 16px; font-weight: 600; }
.mlmed-lab ul { list-style: none; margin: 0; padding: 0; }
.mlmed-lab li { margin: 2px 0; padding-left: 1.6em; text-indent: -1.6em; }
.mlmed-lab li > * { text-indent: 0; }
.mlmed-lab .mark { display: inline-block; width: 1.6em; }
.mlmed-lab .done { font-weight: 600; }
.mlmed-lab table { border-collapse: collapse; width: 100%; margin: 0; font-size: 14px; }
.mlmed-lab th, .mlmed-lab td { padding: 3px 0; border-bottom: 1px solid var(--jp-border-color2, #e0e0e0);
  vertical-align: top; background: none; }
.mlmed-lab th { text-align: left; font-weight: 400; padding-right: 12px; }
.mlmed-lab td { text-align: right; font-weight: 600; font-variant-numeric: tabular-nums; white-space: nowrap; }
.mlmed-lab .notice { margin: 0 0 6px; padding: 6px 10px; border-left: 4px solid #d55e00;
  background: var(--jp-layout-color2, #eeeeee); white-space: pre-line; }
.mlmed-lab pre { margin: 4px 0; padding: 6px 10px; overflow-x: auto; font-size: 13px;
  color: var(--jp-ui-font-color1, #1a1a1a); background: var(--jp-layout-color2, #eeeeee); }
.mlmed-lab p { margin: 4px 0; }
.mlmed-lab a { color: var(--jp-content-link-color, #0b5cad); text-decoration: underline; margin-right: 12px; }
.mlmed-lab sub { font-size: 75%; line-height: 0; }
.mlmed-lab .widget-radio { display: flex; flex-flow: row wrap; align-items: center; }
.mlmed-lab .widget-radio .widget-label { flex: 0 0 auto; text-align: right; margin-right: 8px; }
.mlmed-lab .widget-radio-box { flex: 1 1 auto; flex-wrap: wrap; margin: 0 !important; }
.mlmed-lab .widget-radio-box label { color: var(--jp-ui-font-color1, #1a1a1a); font-size: 14px; width: auto; }
.mlmed-lab .widget-checkbox { color: var(--jp-ui-font-color1, #1a1a1a); font-size: 14px; }
.mlmed-lab .widget-slider .widget-label { display: none; }
/* The handle is seen and can be dragged, but is no Tab stop without a name: the box of the same name beside it is. */
.mlmed-lab .noUi-handle { visibility: hidden; }
.mlmed-lab .noUi-handle::after { visibility: visible; content: ""; position: absolute; display: block; width: auto;
  height: auto; inset: -1px; border-radius: 50%; cursor: grab;
  background: var(--jp-layout-color1, #ffffff); border: 2px solid var(--jp-brand-color1, #1976d2); }
.mlmed-lab input:focus-visible, .mlmed-lab button:focus-visible, .mlmed-lab a:focus-visible {
  outline: 3px solid var(--jp-brand-color1, #1976d2) !important; outline-offset: 1px; }
.mlmed-lab img { display: block; margin-top: 10px; background: white; border-radius: 4px; }
</style>"""


class Task(Protocol):
    """A mission as the screen needs it."""

    task: str
    done: bool


def heading(title: str) -> str:
    """The style sheet and the title."""
    return f"{STYLE}<h4>{words(title)}</h4>"


def tasks(missions: Iterable[Task]) -> str:
    """The missions, with a mark and a word for those that are done; a change is announced when nothing else is."""
    items = []
    for mission in missions:
        mark, word, kind = ("\N{HEAVY CHECK MARK}", "Done: ", "done") if mission.done else ("\N{WHITE CIRCLE}", "", "")
        text = f'<span class="mark" aria-hidden="true">{mark}</span>{word}{words(mission.task)}'
        items.append(f'<li class="{kind}">{text}</li>')
    return f'<div role="status"><ul role="list">{"".join(items)}</ul></div>' if items else ""


def table(numbers: Mapping[str, str], notice: str = "") -> str:
    """The read-out: what had to be said, then every number beside its name."""
    said = f'<p class="notice" role="alert">{words(notice)}</p>' if notice else ""
    rows = (f'<tr><th scope="row">{words(name)}</th><td>{words(text)}</td></tr>' for name, text in numbers.items())
    return f"{said}<table><tbody>{''.join(rows)}</tbody></table>"


def words(text: str) -> str:
    """Text as HTML, with a_j and b_j set with a small j."""
    return re.sub(r"\b(a|b|c')_j\b", r"<i>\1<sub>j</sub></i>", html.escape(text, quote=False))
