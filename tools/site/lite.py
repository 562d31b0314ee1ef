"""JupyterLite: the lessons in JupyterLab, run by the browser alone. Part of `python3 start.py site`.

What a visitor loads comes from the site itself, but for Python and its compiled packages, which come from the address
in pyodide.json. Nothing is fetched to build it, and nothing of what a visitor does is sent anywhere.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from tools.setting_up import ROOT, Problem

from .lite_lock import OF_THE_KERNEL, PACKED, entrance, lock
from .lite_wheels import own_wheel, packed

TITLE = "Multilevel mediation"
WHEELS, LOCK = "wheels", "pyodide-lock.json"

KERNEL = "@jupyterlite/pyodide-kernel-extension"
EXTENSIONS = {"jupyterlite-pyodide-kernel": KERNEL, "jupyterlab-widgets": "@jupyter-widgets/jupyterlab-manager"}
"""Packages that bring a part of the page -> that part: Python, and the front of the labs."""

PRELOADED = (*OF_THE_KERNEL, "piplite", "ipykernel", "comm", "pyodide-kernel", "mlmed-teach")
"""What loads with Python itself, side by side, while the first lines of a lesson are read: the package brings all."""

SETTINGS = {
    "@jupyterlab/apputils-extension:themes": {"adaptive-theme": True},  # dark where the whole system is
}


def build_lite(target: Path) -> None:
    """
    Make the folder of JupyterLite, with the lessons, their data and the package.

    `lab/index.html?path=notebooks/NN_name.ipynb` in it opens a lesson.

    Parameters
    ----------
    target : Path
        The folder; what is there is replaced.

    Raises
    ------
    Problem
        Something that is needed is missing, or JupyterLite could not be built.
    """
    target = target.resolve()
    shutil.rmtree(target, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        _describe(Path(folder), target)
        _run(Path(folder))
    wheels = target / WHEELS
    wheels.mkdir()
    ours = [own_wheel(wheels), *(packed(name, wheels) for name in PACKED)]
    its = (target / "extensions" / KERNEL / "static" / "pypi").glob("*.whl")
    kernels = [wheel for wheel in its if not wheel.name.startswith("widgetsnbextension")]  # of other ipywidgets
    addresses = {wheel: wheel.relative_to(target).as_posix() for wheel in [*ours, *sorted(kernels)]}
    (target / LOCK).write_text(json.dumps(lock(addresses), indent=1) + "\n", encoding="utf-8")


def data_of_lessons() -> list[Path]:
    """
    Files that the lessons read from `../data`.

    Returns
    -------
    list of Path
    """
    text = "".join(lesson.read_text(encoding="utf-8") for lesson in lessons())
    return [ROOT / "data" / name for name in sorted(set(re.findall(r"\.\./data/([\w-]+\.\w+)", text)))]


def lessons() -> list[Path]:
    """
    The notebooks of the lessons.

    Returns
    -------
    list of Path
    """
    return sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def _describe(folder: Path, target: Path) -> None:
    """Write down what JupyterLite is to be made of."""
    contents = folder / "contents"
    for source in [*lessons(), *data_of_lessons()]:
        place = contents / source.relative_to(ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, place)
    build = {
        "LiteBuildConfig": {
            "apps": ["lab"],
            "contents": [str(contents)],
            "output_dir": str(target),
            # Only what is named: whatever else this machine adds to its JupyterLab stays out.
            "federated_extensions": [str(_extension(package, part)) for package, part in EXTENSIONS.items()],
            "ignore_sys_prefix": ["federated_extensions", "lab_settings", "overrides"],
            "no_sourcemaps": True,
            "no_unused_shared_packages": True,
        }
    }
    python = {
        "pyodideUrl": entrance(),
        "loadPyodideOptions": {"lockFileURL": f"./{LOCK}", "packages": list(PRELOADED)},
    }
    page = {"appName": TITLE, "litePluginSettings": {f"{KERNEL}:kernel": python}}
    site: dict[str, Any] = {"jupyter-lite-schema-version": 0, "jupyter-config-data": page}
    for name, content in (
        ("jupyter_lite_config.json", build),
        ("jupyter-lite.json", site),
        ("overrides.json", SETTINGS),
    ):
        (folder / name).write_text(json.dumps(content), encoding="utf-8")


def _extension(package: str, part: str) -> Path:
    """Where an installed part of JupyterLab's page is."""
    end = f"labextensions/{part}/package.json"
    for file in distribution(package).files or []:
        if file.as_posix().endswith(end):
            return Path(str(file.locate())).resolve().parent
    raise Problem(f"{package} is installed without {end}. Delete the folder .venv, then run this again.")


def _run(folder: Path) -> None:
    command = [sys.executable, "-m", "jupyterlite_core", "build", "--lite-dir", str(folder)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-12:])
        raise Problem(f"JupyterLite could not be built. The last lines of its output:\n{last}")
