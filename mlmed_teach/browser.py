"""Whether Python itself runs in a browser, and what is different there."""

import sys
from pathlib import Path

FILES = Path("/drive")
"""Where JupyterLite puts the files that its file list shows; they stay in the browser from one visit to the next."""


def in_a_browser() -> bool:
    """
    Whether this Python runs inside a web page, where there are no threads, no processes and no other sites.

    Returns
    -------
    bool
    """
    return sys.platform == "emscripten"
