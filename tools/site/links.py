"""Walks all pages of the site: which links and anchors lead nowhere, and what is fetched from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

LOADED = {("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("link", "href"), ("object", "data")}


@dataclass
class Page(HTMLParser):
    """What one page holds.

    Attributes
    ----------
    links : list of str
        Where its <a> lead.
    loads : list of str
        What it makes the browser fetch.
    anchors : set of str
    pictures : list of str
        The text alternatives of its pictures.
    wordless : list of str
        Pictures without one.
    """

    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    pictures: list[str] = field(default_factory=list)
    wordless: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        self.loads += [given[name] for name in ("src", "href", "data") if (tag, name) in LOADED and name in given]
        if tag == "img":
            self.pictures.append(given.get("alt", ""))
            if not given.get("alt", "").strip():
                self.wordless.append(given.get("src", ""))


def pages(site: Path) -> Iterator[tuple[Path, Page]]:
    """Each page of the site with what it holds; JupyterLite's own are not ours."""
    for path in sorted(site.rglob("*.html")):
        if path.relative_to(site).parts[0] not in ("lite", "_static"):
            page = Page()
            page.feed(path.read_text(encoding="utf-8"))
            yield path, page


def is_elsewhere(address: str) -> bool:
    """Whether an address leaves the site."""
    return bool(urlsplit(address).netloc)


def dead_links(site: Path) -> list[str]:
    """ "page: address" for each link or file that is not there; the address of other sites is not tried."""
    known = dict(pages(site))
    dead = []
    for path, page in known.items():
        for address in dict.fromkeys((*page.links, *page.loads)):
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            file = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if file.is_dir():
                file /= "index.html"
            if not (
                file.is_file()
                and _anchor_is_there(known, file, parts.fragment)
                and _notebook_is_there(file, parts.query)
            ):
                dead.append(f"{path.relative_to(site)}: {address}")
    return dead


def _anchor_is_there(known: dict[Path, Page], file: Path, anchor: str) -> bool:
    return not anchor or file not in known or unquote(anchor) in known[file].anchors


def _notebook_is_there(file: Path, query: str) -> bool:
    """JupyterLite takes the notebook as ``?path=...``, and keeps its files in a folder beside its applications."""
    return all((file.parent.parent / "files" / wanted).is_file() for wanted in parse_qs(query).get("path", []))
