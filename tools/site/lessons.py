"""What the site has to know of the lessons: the README's table of them, and their stored pictures in words."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from tools.refresh import NOTEBOOKS, ROOT

ROW = re.compile(r"^\| (\d+) \| \[(.+?)\]\(notebooks/(\w+)\.ipynb\) \| (.+?) \| ([\d +]+) \|$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Lesson:
    """A row of the README's table.

    Attributes
    ----------
    number : int
    title, what : str
        Its name, and what one does in it.
    stem : str
        Its file in notebooks/, without the suffix.
    minutes : str
        Such as "50 + 30".
    """

    number: int
    title: str
    stem: str
    what: str
    minutes: str

    @property
    def file(self) -> Path:
        """The notebook."""
        return NOTEBOOKS / f"{self.stem}.ipynb"

    @property
    def page(self) -> str:
        """Its page, from the root of the site."""
        return f"notebooks/{self.stem}.html"

    @property
    def live(self) -> str:
        """Where JupyterLite opens it, from the root of the site."""
        return f"lite/lab/index.html?path=notebooks/{self.stem}.ipynb"


def lessons(readme: str | None = None) -> list[Lesson]:
    """The lessons, as the README lists them."""
    text = (ROOT / "README.md").read_text(encoding="utf-8") if readme is None else readme
    return [Lesson(int(number), title, stem, what, minutes) for number, title, stem, what, minutes in ROW.findall(text)]


def pictures_in_words(nb: NotebookNode) -> dict[str, str]:
    """SHA-256 of each stored picture's bytes -> what it shows; myst-nb names the files by the same number."""
    found = {}
    for cell in nb.cells:
        for output in cell.get("outputs", []):
            picture = output.get("data", {}).get("image/png")
            if picture:
                words = output.metadata.get("image/png", {}).get("alt", "")
                found[hashlib.sha256(base64.b64decode(picture)).hexdigest()] = words
    return found
