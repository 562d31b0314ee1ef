"""The site on a server of its own, and what a browser says of its pages."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files

# axe-core's rules of WCAG 2.0 to 2.2, levels A and AA, and good practice. Those of colours take most of its time, and
# colours are the same on all pages of a kind: EVERYTHING is for one of each, SHAPE for all.
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
EVERYTHING = {"runOnly": {"type": "tag", "values": _TAGS}, "resultTypes": ["violations"], "preload": False}
SHAPE = EVERYTHING | {"rules": {name: {"enabled": False} for name in ("color-contrast", "link-in-text-block")}}


class _Quiet(SimpleHTTPRequestHandler):
    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript"}

    def log_message(self, *_):
        pass


@contextmanager
def served(folder):
    """The address of a server of this folder, which lies below its root: as on a web space, where a site has a path."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder.parent)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/{folder.name}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def faults(page, options):
    """What axe finds on a page: the rule and the element."""
    page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("async options => (await axe.run(document, options)).violations", options)
    return [f"{fault['id']}: {node['html'][:200]}" for fault in found for node in fault["nodes"]]
