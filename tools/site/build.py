"""The lessons as a web site: a folder of pages for any web space, which need no server program.

    python3 start.py site                makes _site/; open _site/index.html, or upload the folder
    python3 start.py site --to FOLDER    puts it elsewhere

Lessons appear with the outputs, pictures and stills of labs that they store: nothing is run. A link that leads nowhere
stops the building.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tools.refresh import ROOT
from tools.setting_up import Problem
from tools.site import lite, pages
from tools.site.links import dead_links
from tools.site.mend import mend

MADE_HERE = "made-by-start-py.txt"  # in a folder that may be made anew
AS_IT_IS = ".nojekyll"  # for GitHub Pages, which otherwise leaves out folders such as _static


def settings(words: dict[str, str]) -> dict[str, Any]:
    """Sphinx's configuration."""
    from mlmed_teach import __version__

    return {
        "project": "mlmed-teach",
        "release": __version__,
        "html_title": "mlmed-teach",
        "html_last_updated_fmt": None,
        "html_copy_source": False,
        "html_show_copyright": False,
        "html_theme": "furo",
        "html_static_path": [str(pages.LOOK / "static")],
        "html_css_files": ["kit.css"],
        "html_js_files": [("kit.js", {"defer": "defer"})],
        "html_math_renderer": "mathml",
        "html_domain_indices": False,
        "html_use_index": False,
        "smartquotes": False,  # "auto" is typed with straight ones
        "extensions": ["myst_nb", "sphinx.ext.autodoc", "numpydoc", "tools.site.sphinx_extension"],
        "pictures_in_words": words,
        # Markdown and notebooks
        "myst_enable_extensions": ["dollarmath", "amsmath"],
        "myst_heading_anchors": 3,
        "myst_update_mathjax": False,
        "nb_execution_mode": "off",
        "nb_mime_priority_overrides": [("html", "application/vnd.jupyter.widget-view+json", None)],
        # the reference
        "autodoc_typehints": "none",
        "autodoc_member_order": "bysource",
        "default_role": "py:obj",
        "numpydoc_show_class_members": False,
        "toc_object_entries_show_parents": "hide",
    }


def build(target: Path) -> None:
    """Make the site in a folder, which is emptied first.

    Parameters
    ----------
    target : Path

    Raises
    ------
    Problem
        If the folder holds something else, or a page or a link is wrong.
    """
    _clear(target)
    with tempfile.TemporaryDirectory(prefix="site-") as folder:
        # Apart from the target: Sphinx and myst-nb put things beside what they make.
        source, made = Path(folder) / "source", Path(folder) / "made"
        words = pages.write(source)
        _pages(source, made, Path(folder) / "doctrees", settings(words))
        shutil.copytree(made, target, dirs_exist_ok=True)
    (target / AS_IT_IS).touch()
    lite.build_lite(target / "lite")
    if dead := dead_links(target):
        raise Problem("These links lead nowhere:\n" + "\n".join(dead))


def _clear(target: Path) -> None:
    """An empty folder with our mark in it."""
    if target.exists() and any(target.iterdir()) and not (target / MADE_HERE).exists():
        raise Problem(f"There is something else in {target}. Move or delete it, or choose another folder with --to.")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    (target / MADE_HERE).write_text(
        "start.py site made this folder and empties it when it runs again.\n", encoding="utf-8"
    )


def _pages(source: Path, made: Path, doctrees: Path, configuration: dict[str, Any]) -> None:
    """Let Sphinx make the pages; whatever it warns of is an error."""
    from sphinx.application import Sphinx
    from sphinx.errors import SphinxError
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    try:
        with patch_docutils(), docutils_namespace():
            app = Sphinx(
                source,
                None,
                made,
                doctrees,
                "html",
                configuration,
                status=None,
                exception_on_warning=False,
                warningiserror=True,
            )
            app.build(force_all=True)
    except SphinxError as error:
        raise Problem(f"A page could not be made: {error}") from None
    if app.statuscode:
        raise Problem("Sphinx has warned of something, see above.")
    (made / ".buildinfo").unlink(missing_ok=True)
    for page in made.rglob("*.html"):
        mend(page)


# ---- command line ----------------------------------------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="start.py site", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--to", type=Path, default=ROOT / "_site", metavar="FOLDER", help="where the site goes")
    options = parser.parse_args(arguments)
    began = time.monotonic()
    print("Making the pages, half a minute or so ...", flush=True)
    try:
        build(options.to)
    except Problem as error:
        print(error, file=sys.stderr)
        return 1
    size = sum(path.stat().st_size for path in options.to.rglob("*") if path.is_file())
    print(f"{options.to / 'index.html'}  ({size / 1e6:.0f} MB, after {time.monotonic() - began:.0f} seconds)")
    print("Upload the folder to any web space; its address is the link for your students.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
