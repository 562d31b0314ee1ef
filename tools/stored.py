"""What a stored notebook looks like: normal form, and what must not be in it."""

import base64
import hashlib
import io
import json
import re
import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"}
PASSING_METADATA = ("ExecuteTime", "collapsed", "execution", "papermill", "scrolled", "vscode")


def read(path):
    """The notebook in a file, in format 4.5: cells without an id, or with another's, get one from their content.

    (nbformat would draw random ones.)
    """
    nb = json.loads(Path(path).read_text(encoding="utf-8"))
    nb["nbformat_minor"] = max(nb.get("nbformat_minor", 0), 5)
    seen = set()
    for index, cell in enumerate(nb["cells"]):
        if not cell.get("id") or cell["id"] in seen:
            source = "".join(cell["source"])
            cell["id"] = hashlib.sha256(f"{index}\n{source}".encode()).hexdigest()[:8]
        seen.add(cell["id"])
    return nbformat.reads(json.dumps(nb), as_version=4)


def normalize(nb, old=None):
    """Make everything that is not content the same on every run; `old` is the stored version, if any.

    Pictures whose pixels did not change keep their stored bytes. Views of widgets go: their ids are random, and without
    a running kernel they only show an error.
    """
    for name in ("widgets", "vscode"):
        nb.metadata.pop(name, None)
    nb.metadata.kernelspec = nbformat.from_dict(KERNELSPEC)
    nb.metadata.language_info = nbformat.from_dict(LANGUAGE)
    stored = {cell["id"]: cell for cell in old.cells} if old is not None else {}
    for cell in nb.cells:
        for name in PASSING_METADATA:
            cell.metadata.pop(name, None)
        if cell.cell_type != "code":
            continue
        for output in cell.outputs:
            output.get("data", {}).pop(WIDGET_VIEW, None)
            tell_alternative(output)
        keep_pictures(cell, stored.get(cell["id"]))
    return nb


def tell_alternative(output):
    """Give a picture that says in its text what it shows this text as alternative, for pages made from the notebook."""
    data = output.get("data", {})
    text = data.get("text/plain", "")
    if "image/png" in data and text and not text.startswith("<"):
        output.metadata.setdefault("image/png", {}).setdefault("alt", text)


def keep_pictures(cell, old):
    """Put the stored PNG back wherever the new one shows the same pixels."""
    before = pictures(old) if old is not None and old.cell_type == "code" else []
    for output, previous in zip(pictures(cell), before, strict=False):
        new, stored = output["data"]["image/png"], previous["data"]["image/png"]
        if new != stored and same_pixels(new, stored):
            output["data"]["image/png"] = stored


def pictures(cell):
    return [output for output in cell.outputs if "image/png" in output.get("data", {})]


def same_pixels(first, second):
    """Whether two base64 PNGs show the same picture, whatever their compression and metadata."""
    from PIL import Image

    try:
        one, two = (Image.open(io.BytesIO(base64.b64decode(text))).convert("RGBA") for text in (first, second))
    except (OSError, ValueError):
        return False
    return one.size == two.size and one.tobytes() == two.tobytes()


def dump(nb):
    """The text of a notebook file: indent 1, real Unicode, one line feed at the end."""
    return nbformat.writes(nb, version=4, indent=1, ensure_ascii=False).rstrip("\n") + "\n"


# ---- what must not be stored -----------------------------------------------------------------------------------------

SUSPECTS = (
    (re.compile(r"\x1b\["), "has terminal colour codes"),
    (re.compile(r"(/home/|/Users/|/root/|/tmp/|site-packages|[A-Za-z]:\\Users\\)"), "names a folder of this machine"),
    (re.compile(r"\bat 0x[0-9a-fA-F]{6,}"), "prints a memory address"),
)


def output_texts(output):
    """All text of one output, pictures left out."""
    if output.output_type == "stream":
        return [output.text]
    return [
        "".join(value) if isinstance(value, list) else value
        for kind, value in output.get("data", {}).items()
        if isinstance(value, str | list) and (not kind.startswith("image/") or kind == "image/svg+xml")
    ]


def complaints(nb):
    """What keeps a notebook from being a reference that nbval can check on another machine.

    Returns
    -------
    list of str
        One line for each finding, empty when all is well. Cells count from 1, text cells included.
    """
    found = []
    folders = {str(ROOT), str(Path.home())} | ({sys.prefix} if sys.prefix != sys.base_prefix else set())
    for number, cell in enumerate(nb.cells, 1):
        if cell.cell_type != "code":
            continue
        if not cell.source.strip():
            found.append(f"cell {number} is empty")
            continue
        if cell.execution_count is None:
            found.append(f"cell {number} was not run")
        for output in cell.outputs:
            if output.output_type == "error":
                found.append(f"cell {number} stores an error: {output.ename}: {output.evalue}")
            elif output.output_type == "stream" and output.name == "stderr":
                found.append(f"cell {number} writes to stderr: {output.text.strip()[:120]!r}")
            if WIDGET_VIEW in output.get("data", {}):
                found.append(f"cell {number} stores a view of a widget")
            for text in output_texts(output):
                found += [f"cell {number} {words}" for pattern, words in SUSPECTS if pattern.search(text)]
                found += [
                    f"cell {number} names the folder {folder}" for folder in folders if folder != "/" and folder in text
                ]
    if "widgets" in nb.metadata:
        found.append("the state of widgets is stored")
    return list(dict.fromkeys(found))
