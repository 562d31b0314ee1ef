"""Slides of the lessons: one HTML file each, which needs no network, no server and no kernel.

    python3 start.py slides 04               makes slides/04_stacked_model.html (all lessons without a number)
    python3 start.py slides 04 --to FOLDER   puts it elsewhere
    python3 start.py slides --mark           writes into the lessons which cell begins a slide, and makes nothing

Open the file in a browser; arrow keys turn the pages, printing gives one page for each. Pictures and tables are those
that the lesson stores; labs show as still pictures: open the lesson itself to move them. The slides of nbconvert fetch
reveal.js and MathJax from the network, so pages are turned by a few lines in slides.html, and formulas become MathML.
"""

import argparse
import html
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_notebook

from tools.formulas import as_mathml
from tools.refresh import ROOT, RefreshError, chosen
from tools.stored import dump, normalize, read

HEADING = re.compile(r"^#{1,2} ", re.MULTILINE)
ASKS = re.compile(r"\*\*(Predict|Guess)|mt\.predict\(\"[\d.]+\"\)")
FENCED = re.compile(r"^```.*?^```|`[^`\n]+`", re.MULTILINE | re.DOTALL)
FORMULA = re.compile(r"\$\$(.+?)\$\$|(?<![\\$])\$([^$\n]+?)\$", re.DOTALL)


# ---- the rule: where a slide begins ----------------------------------------------------------------------------------


def slide_types(nb: NotebookNode) -> list[str]:
    """For each cell, what its slide is: "slide" (a new one), "subslide", "-" (goes on) or "skip".

    A heading begins a slide. What answers a prediction begins one below it, so that the room can guess first. Set-up,
    exercises' cells, their solutions and references are for the learner's own screen.
    """
    types: list[str] = []
    asked = False
    for cell in nb.cells:
        kind = _slide_type(cell)
        if cell.cell_type == "markdown" or kind == "skip":
            asked = asked or bool(ASKS.search(cell.source))
        elif ASKS.search(cell.source):  # the card that asks stands below its question
            asked = True
        elif asked:
            kind, asked = "subslide", False
        types.append(kind)
    return types


def _slide_type(cell: NotebookNode) -> str:
    source = cell.source.strip()
    if cell.cell_type == "markdown":
        if source.startswith("**References**"):
            return "skip"
        return "slide" if HEADING.search(FENCED.sub("", source)) else "-"
    imports = re.match(r"(import|from) ", source) and "mt.plots.use_style()" in source
    return "skip" if imports or source.startswith("# your turn") or "solution" in cell.metadata.get("tags", []) else "-"


def mark(nb: NotebookNode) -> NotebookNode:
    """Write into the metadata of each cell what its slide is; a cell that goes on needs no word."""
    for cell, kind in zip(nb.cells, slide_types(nb), strict=True):
        cell.metadata.pop("slideshow", None)
        if kind != "-":
            cell.metadata["slideshow"] = {"slide_type": kind}
    return nb


# ---- a file of slides ------------------------------------------------------------------------------------------------


def pages(nb: NotebookNode) -> Iterator[list[NotebookNode]]:
    """The cells of each page. Text above a heading comments on what came before: it stays there."""
    page: list[NotebookNode] = []
    for cell, kind in zip(nb.cells, slide_types(nb), strict=True):
        if kind == "skip":
            continue
        if kind == "slide":
            above, *begun = _split(cell.source)
            page += [new_markdown_cell(above)] if above else []
            for text in begun:
                if page:
                    yield page
                page = [new_markdown_cell(text)]
            continue
        if kind == "subslide" and page:
            yield page
            page = []
        page.append(cell)
    if page:
        yield page


def _split(source: str) -> list[str]:
    """What stands above the first heading (perhaps nothing), then each heading with its text."""
    hidden = FENCED.sub(lambda code: re.sub(r"[^\n]", " ", code[0]), source)  # a comment in code is no heading
    starts = [found.start() for found in HEADING.finditer(hidden)]
    cuts = zip([0, *starts], [*starts, len(source)], strict=True)
    return [source[low:high].strip() for low, high in cuts]


def with_formulas(convert: Any, source: str) -> str:
    """Markdown to HTML by `convert`, with formulas as MathML."""
    kept: list[str] = []

    def keep(text: str) -> str:
        kept.append(text)
        return f"formula{len(kept) - 1}endofformula"

    def formula(found: re.Match[str]) -> str:
        return keep(as_mathml(found[1] or found[2], block=bool(found[1])))

    codes: list[str] = []

    def code(found: re.Match[str]) -> str:
        codes.append(found[0])
        return f"\0{len(codes) - 1}\0"

    source = FORMULA.sub(formula, FENCED.sub(code, source))
    source = re.sub(r"\0(\d+)\0", lambda found: codes[int(found[1])], source)
    done: str = re.sub(r"formula(\d+)endofformula", lambda found: kept[int(found[1])], convert(source))
    return re.sub(r'<a href="[^":]*\.ipynb">(.*?)</a>', r"\1", done)  # other lessons are not beside the slides


def as_slides(nb: NotebookNode, title: str) -> str:
    """The text of an HTML file with one section for each page."""
    from jinja2 import pass_context
    from nbconvert.exporters import HTMLExporter
    from pygments.formatters import HtmlFormatter

    class Fragment(HTMLExporter):  # type: ignore[misc,unused-ignore]
        @pass_context
        def markdown2html(self, context: Any, source: str) -> str:
            return with_formulas(lambda text: super(Fragment, self).markdown2html(context, text), source)

    exporter = Fragment(template_name="basic", exclude_input_prompt=True, exclude_output_prompt=True)
    sections = []
    for page in pages(nb):
        part = new_notebook(cells=page, metadata=nb.metadata)
        sections.append(f"<section>\n{exporter.from_notebook_node(part)[0]}\n</section>")
    parts = {
        "title": html.escape(title),
        "highlight": HtmlFormatter().get_style_defs(".highlight"),
        "pages": "\n".join(sections),
    }
    frame = Path(__file__).with_suffix(".html").read_text(encoding="utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda found: str(parts[found[1]]), frame)


# ---- command line ----------------------------------------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="start.py slides", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", help="lessons (the beginning of a name is enough); all without one")
    parser.add_argument("--to", type=Path, default=ROOT / "slides", metavar="FOLDER", help="where the files go")
    parser.add_argument("--mark", action="store_true", help="write into the lessons which cell begins a slide")
    options = parser.parse_args(arguments)
    try:
        paths = chosen(options.names)
    except RefreshError as error:
        print(error, file=sys.stderr)
        return 1
    if options.mark:
        for path in paths:
            path.write_text(dump(normalize(mark(read(path)))), encoding="utf-8", newline="\n")
        print(f"{len(paths)} lessons say where their slides begin.")
        return 0
    options.to.mkdir(parents=True, exist_ok=True)
    for path in paths:
        target = options.to / f"{path.stem}.html"
        target.write_text(as_slides(read(path), path.stem.replace("_", " ")), encoding="utf-8", newline="\n")
        print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
