"""What Sphinx is taught for this site: formulas as MathML, pictures with their words, names as a reader types them."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from docutils import nodes
from pygments.lexers.python import PythonLexer
from pygments.lexers.special import TextLexer
from sphinx import addnodes
from sphinx.application import Sphinx

from tools.formulas import as_mathml


def formula(writer: Any, node: nodes.math | nodes.math_block) -> None:
    """Write a formula, inline or on a line of its own."""
    block = isinstance(node, nodes.math_block)
    done = as_mathml(node.astext(), block)
    writer.body.append(f'<div class="formula">{done}</div>\n' if block else done)
    raise nodes.SkipNode


def colour_code(app: Sphinx) -> None:
    """Code stands out in the dark theme too. (The theme adds this setting only after Sphinx has read its own.)"""
    app.config.pygments_dark_style = "a11y-dark"  # beside the theme's a11y-light


def name_pictures(app: Sphinx, doctree: nodes.document) -> None:
    """Give each stored picture its text alternative; its file is named by the SHA-256 of its bytes."""
    for image in doctree.findall(nodes.image):
        words = app.config.pictures_in_words.get(PurePosixPath(image["uri"]).stem)
        if words:
            image["alt"] = words


def name_as_typed(app: Sphinx, doctree: nodes.document) -> None:
    """In the reference, "mt." for the package, and no path before a class that is not imported by its name."""
    for node in doctree.findall(addnodes.desc_addname):
        package, _, rest = node.astext().partition(".")
        if package == "mlmed_teach":
            rooms = rest.rstrip(".").split(".") if rest else []
            shown = "mt." + rest if len(rooms) < 2 else ""
            node.clear()
            node.append(nodes.Text(shown))


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.add_html_math_renderer("mathml", (formula, None), (formula, None))
    app.add_config_value("pictures_in_words", {}, "env")
    app.add_lexer("computed", PythonLexer)  # of the teacher's pages: a test runs each line
    for language in ("shown", "spss", "mplus"):  # a test looks each line up; and those that Pygments does not know
        app.add_lexer(language, TextLexer)
    app.connect("builder-inited", colour_code, priority=100)
    app.connect("doctree-read", name_pictures)
    app.connect("doctree-read", name_as_typed)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
