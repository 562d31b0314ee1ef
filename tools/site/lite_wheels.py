"""The wheels that lie on the site itself: the package, and the pure ones that the browser's Python does not come with.

Nothing is fetched: a pure package that is installed here (in the version of requirements.lock) is packed into a wheel
again, each file checked against the checksum that its installer recorded. The same files give the same wheel.
"""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
import zipfile
from importlib.metadata import Distribution, PackagePath, distribution
from pathlib import Path

from tools.setting_up import ROOT, Problem

_OF_THIS_INSTALLATION = ("INSTALLER", "REQUESTED", "RECORD", "direct_url.json")
_THEN = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip knows, so that two builds are the same


def own_wheel(folder: Path) -> Path:
    """
    Build the package as it is now.

    Parameters
    ----------
    folder : Path
        Where the wheel goes.

    Returns
    -------
    Path
    """
    before = set(folder.glob("*.whl"))
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    made = set(folder.glob("*.whl")) - before
    if done.returncode or not made:
        raise Problem(f"The package could not be made into a wheel:\n{done.stderr.strip()}")
    return made.pop()


def packed(name: str, folder: Path) -> Path:
    """
    Make a wheel of a pure package that is installed here.

    Parameters
    ----------
    name : str
    folder : Path
        Where the wheel goes.

    Returns
    -------
    Path

    Raises
    ------
    Problem
        The package is compiled for this machine, or is no longer as it was installed.
    """
    package = distribution(name)
    about = package.read_text("WHEEL") or ""
    if not re.search(r"^Tag: py3-none-any\s*$", about, re.MULTILINE):
        raise Problem(f"{name} is not pure Python, so a browser cannot run what is installed here.")
    files = sorted(filter(_belongs, package.files or []), key=str)
    content = {file.as_posix(): _checked(package, file) for file in files}
    (info,) = {path.split("/")[0] for path in content if path.split("/")[0].endswith(".dist-info")}
    record = [f"{path},sha256={_digest(data)},{len(data)}" for path, data in content.items()]
    content[f"{info}/RECORD"] = ("\n".join([*record, f"{info}/RECORD,,"]) + "\n").encode()
    wheel = folder / f"{info.removesuffix('.dist-info')}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in content.items():
            archive.writestr(zipfile.ZipInfo(path, _THEN), data, zipfile.ZIP_DEFLATED)
    return wheel


def _belongs(file: PackagePath) -> bool:
    """Not what lies elsewhere (programs, pages' scripts), was compiled on the way, or is about this installation."""
    outside = ".." in file.parts or "__pycache__" in file.parts
    about_it = file.parts[0].endswith(".dist-info") and file.name in _OF_THIS_INSTALLATION
    return not (outside or about_it)


def _checked(package: Distribution, file: PackagePath) -> bytes:
    data = Path(str(package.locate_file(file))).read_bytes()
    if file.hash is None or file.hash.mode != "sha256" or file.hash.value != _digest(data):
        name = package.metadata["Name"]
        raise Problem(f"{file} of {name} is not as it was installed. Delete the folder .venv, then run this again.")
    return data


def _digest(data: bytes) -> str:
    """As RECORD has it."""
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
