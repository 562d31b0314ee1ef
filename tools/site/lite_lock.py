"""The list by which the browser's Python (Pyodide) finds each package: on the site, or at the runtime's own address.

pyodide.json beside this file is the part of Pyodide's own list that the lessons need: which version, at which address,
and each package with its checksum. When jupyterlite-pyodide-kernel brings another Pyodide, take that version's
pyodide-lock.json (it is part of Pyodide's distribution) and write the part anew:

    python -m tools.site.lite_lock path/to/pyodide-lock.json
"""

from __future__ import annotations

import hashlib
import json
import sys
import tomllib
import zipfile
from collections.abc import Iterable
from email.parser import HeaderParser
from importlib.metadata import requires
from pathlib import Path
from typing import Any

from jupyterlite_pyodide_kernel.constants import PYODIDE_CDN_URL, PYODIDE_MJS, PYODIDE_VERSION
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.setting_up import ROOT, Problem

RUNTIME = Path(__file__).with_name("pyodide.json")

PACKED = ("formulaic", "interface-meta", "ipywidgets", "comm")
"""Pure packages that Pyodide does not come with; each is packed into a wheel of the site."""

NOT_THERE = {
    "jupyterlab",  # the page itself
    "ipykernel",  # the page's kernel takes its place
    "platformdirs",  # progress is kept beside the lessons
    "pooch",  # nothing can be downloaded from another site
    "jupyterlab-widgets",  # part of the page
    "widgetsnbextension",  # of the classic Notebook
}
"""What the package or a package of its needs elsewhere, but not in a browser."""

OF_THE_KERNEL = ("micropip", "jedi", "ipython")
"""What the kernel loads by name before it starts, from the runtime's address."""

Entry = dict[str, Any]


def runtime() -> Entry:
    """
    The version and address of Pyodide, and what the lessons need of its packages.

    Returns
    -------
    dict
        version, address, info (of the platform), packages (by name).

    Raises
    ------
    Problem
        The kernel that is installed is made for another generation of Pyodide.
    """
    known = json.loads(RUNTIME.read_text(encoding="utf-8"))
    if known["version"].split(".")[0] != PYODIDE_VERSION.split(".")[0]:
        raise Problem(
            f"The kernel that is installed is made for Pyodide {PYODIDE_VERSION}, and {RUNTIME.name} is about "
            f"{known['version']}: the head of {Path(__file__).name} says how to write it anew."
        )
    return known


def entrance() -> str:
    """
    Where the page finds Pyodide, the version of pyodide.json whatever the kernel would take.

    Returns
    -------
    str
    """
    return runtime()["address"] + PYODIDE_MJS


def lock(wheels: dict[Path, str]) -> Entry:
    """
    All packages that the browser may load.

    Parameters
    ----------
    wheels : dict of Path to str
        Wheels of the site, each with its address as seen from the list.

    Returns
    -------
    dict
        What goes into a pyodide-lock.json.

    Raises
    ------
    Problem
        A package needs one that is nowhere.
    """
    known = runtime()
    remote = {
        name: entry | {"file_name": known["address"] + entry["file_name"]} for name, entry in known["packages"].items()
    }
    python = known["info"]["python"]
    local = {entry["name"]: entry for entry in (_entry(wheel, address, python) for wheel, address in wheels.items())}
    packages = remote | local
    closed(packages, local)
    return {"info": known["info"], "packages": dict(sorted(packages.items()))}


def closed(packages: dict[str, Entry], names: Iterable[str]) -> set[str]:
    """
    These packages and all that they need.

    Parameters
    ----------
    packages : dict
        Each package by its name.
    names : iterable of str

    Returns
    -------
    set of str

    Raises
    ------
    Problem
        One of them is not among the packages.
    """
    found: set[str] = set()
    left = [(name, "The site") for name in names]
    while left:
        asked, by = left.pop()
        name = canonicalize_name(asked)
        if name in found:
            continue
        if name not in packages:
            raise Problem(f"{by} needs {name}, which is neither on the site nor at Pyodide's address.")
        found.add(name)
        left += [(other, name) for other in packages[name]["depends"]]
    return found


def _entry(wheel: Path, address: str, python: str) -> Entry:
    """What the list says of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (about,) = [name for name in names if name.endswith(".dist-info/METADATA")]
        metadata = HeaderParser().parsestr(archive.read(about).decode("utf-8"))
    tops = {name.split("/")[0].removesuffix(".py") for name in names if name.endswith(".py")}
    return {
        "name": canonicalize_name(metadata["Name"]),
        "version": metadata["Version"],
        "file_name": address,
        "install_dir": "site",
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": sorted(tops),
        "depends": needed_in_a_browser(metadata.get_all("Requires-Dist") or [], python),
        "unvendored_tests": False,
    }


def needed_in_a_browser(requirements: Iterable[str], python: str) -> list[str]:
    """
    Names of the packages that these requirements mean there.

    Parameters
    ----------
    requirements : iterable of str
        As a package lists them.
    python : str
        Version of the browser's Python.

    Returns
    -------
    list of str
    """
    there = {
        "extra": "",
        "os_name": "posix",
        "platform_machine": "wasm32",
        "platform_system": "Emscripten",
        "python_full_version": python,
        "python_version": python.rpartition(".")[0],
        "sys_platform": "emscripten",
    }
    asked = [r for r in map(Requirement, requirements) if r.marker is None or r.marker.evaluate(there)]
    return sorted({canonicalize_name(r.name) for r in asked} - NOT_THERE)


# ---- pyodide.json anew


def reduced(full: Entry) -> Entry:
    """
    The part of Pyodide's own list that the lessons need.

    Parameters
    ----------
    full : dict
        The content of Pyodide's pyodide-lock.json.

    Returns
    -------
    dict
        The content of pyodide.json.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [project["dependencies"], *(requires(name) or [] for name in PACKED)]
    wanted = [*OF_THE_KERNEL, *(name for lines in asked for name in needed_in_a_browser(lines, full["info"]["python"]))]
    names = closed(full["packages"], set(wanted) - set(PACKED))
    return {
        "version": PYODIDE_VERSION,
        "address": PYODIDE_CDN_URL.rstrip("/") + "/",
        "info": full["info"],
        "packages": {name: full["packages"][name] for name in sorted(names)},
    }


if __name__ == "__main__":
    _, path = sys.argv
    part = reduced(json.loads(Path(path).read_text(encoding="utf-8")))
    RUNTIME.write_text(json.dumps(part, indent=1) + "\n", encoding="utf-8")
    print(f"{RUNTIME.name}: Pyodide {part['version']}, {len(part['packages'])} packages")
