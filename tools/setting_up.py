"""Makes .venv what requirements.lock and pyproject.toml say, and tells in plain words what stands in the way.

Runs in whatever Python a person has (3.11 or newer, which start.py has seen to): standard library only.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from importlib import import_module
from pathlib import Path

from start import TRIED

ROOT = Path(__file__).resolve().parent.parent
RECIPE = 1  # raise it when the steps of set_up() change: every .venv is then updated once

# What an installer says -> what to do about it; the first that fits.
REMEDIES = {
    "no space left|errno 28|not enough space|quota exceeded":
        "The disk is full. The packages need about 1 GB; make room, then run this again.",
    "permission denied|errno 13|read-only file system|access is denied":
        "Python may not write here. Move this folder into one of your own (your home folder), then run this again.",
    "failed to establish a new connection|name resolution|connection ?error|timed out|proxyerror|max retries"
    "|getaddrinfo|network is unreachable|certificate|connection aborted|connection reset|incompleteread":
        "The package server was not reached. Check the internet connection (or the proxy), then run this again.",
}  # fmt: skip


class Problem(Exception):
    """Something that the reader of the message can act on."""


def explain(output):
    """What to do about a failure, by the installer's own words."""
    text = output.lower()
    for words, remedy in REMEDIES.items():
        if re.search(words, text):
            return remedy
    if "no matching distribution" in text or "could not find a version" in text:
        name = re.search(r"no matching distribution found for (\S+)", text)
        package = name.group(1) if name else "suitable package"
        here, newest = ".".join(map(str, sys.version_info[:3])), ".".join(map(str, TRIED))
        if sys.version_info[:2] > TRIED:
            advice = f"Python {newest} is the newest that was tried; use that."
        else:
            advice = "Without internet this message appears too: check the connection, then run this again."
        return f"There is no {package} for this Python ({here}) and system. {advice}"
    return "Run this again; if it stops here once more, delete the folder .venv first."


def check_can_make():
    """Debian and Ubuntu ship Python without the parts that make virtual environments."""
    missing = []
    for name in ("venv", "ensurepip"):
        try:
            import_module(name)
        except ImportError:
            missing.append(name)
    if missing:
        if os.path.exists("/etc/debian_version"):
            remedy = "Install it, then run this again:  sudo apt install python{}.{}-venv".format(*sys.version_info)
        else:
            remedy = "Install your system's package for it (often called python3-venv), or Python from python.org."
        modules = " and ".join(missing)
        raise Problem(f"This Python cannot make virtual environments: its module {modules} is missing.\n{remedy}")


class Venv:
    """The .venv of the project in the folder `root`: what it should be, what it is, and how to make it so."""

    name = ".venv"

    def __init__(self, root=ROOT):
        self.root = Path(root)
        self.folder = self.root / self.name
        self.marker = self.folder / "made-by-start-py.txt"  # written first: present means ours to rebuild
        self.stamp = self.folder / "mlmed-teach-ready.json"  # written last: present means complete
        self.log = self.folder / "set-up.log"
        self.lock = self.root / "requirements.lock"
        self.programs = self.folder / ("Scripts" if os.name == "nt" else "bin")
        self.python = self.programs / ("python.exe" if os.name == "nt" else "python")

    # ---- is it ready? ------------------------------------------------------------------------------------------------

    def wanted(self):
        """What a finished .venv must say of itself: which Python, where, and installed from what."""
        content = hashlib.sha256()
        for path in (self.lock, self.root / "pyproject.toml"):
            content.update(path.read_text(encoding="utf-8").encode())  # as text: line ends make no difference
        return {
            "python": "{}-{}.{}".format(sys.implementation.name, *sys.version_info),
            "folder": os.path.normcase(self.folder),
            "content": content.hexdigest(),
            "recipe": RECIPE,
        }

    def found(self):
        """What it does say; nothing where the Python that it was made from has gone (upgraded, uninstalled)."""
        try:
            stamp = json.loads(self.stamp.read_text(encoding="utf-8"))
            settings = (self.folder / "pyvenv.cfg").read_text(encoding="utf-8")
        except (OSError, ValueError):
            return {}
        home = re.search(r"^home\s*=\s*(.+?)\s*$", settings, re.MULTILINE)
        alive = home and os.path.isdir(home[1]) and self.python.exists()
        return stamp if alive and isinstance(stamp, dict) else {}

    def state(self):
        """'ready', 'update' (same Python and folder, other packages) or 'build'."""
        wanted, found = self.wanted(), self.found()
        if found == wanted:
            return "ready"
        return "update" if all(found.get(key) == wanted[key] for key in ("python", "folder")) else "build"

    # ---- making it ---------------------------------------------------------------------------------------------------

    def variables(self):
        """The environment of everything that runs inside: nothing leaks in, nothing is installed elsewhere."""
        outside = ("PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT")
        outside += ("MPLBACKEND",)  # another backend would leave the notebooks without pictures
        return {name: value for name, value in os.environ.items() if name not in outside} | {
            "PIP_USER": "0",
            "VIRTUAL_ENV": str(self.folder),
            "PATH": f"{self.programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            # The lessons look alike on every machine: no start-up scripts or plot styles from the home folder.
            "IPYTHONDIR": str(self.folder / "var" / "ipython"),
            "MPLCONFIGDIR": str(self.folder / "var" / "matplotlib"),
        }

    def step(self, title, command, progress=None):
        """Run one step with its output in the log; raise Problem with the last lines when it fails."""
        lines = []
        with open(self.log, "a", encoding="utf-8") as log:
            log.write(f"\n== {title}\n")
            process = subprocess.Popen(
                list(map(str, command)),
                cwd=self.root,
                env=self.variables(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
            )
            try:
                for line in process.stdout or ():
                    lines.append(line.rstrip())
                    log.write(line)
                    if progress:
                        progress(lines[-1])
                code = process.wait()
            except BaseException:
                process.terminate()
                process.wait()
                raise
            finally:
                if progress:
                    progress(None)
        if code != 0:
            last, remedy = "\n".join("    " + line for line in lines[-8:]), explain("\n".join(lines))
            remedy = remedy.replace("folder .venv", f"folder {self.name}")
            said = f"{title} failed. The last lines of its output:\n\n{last}"
            raise Problem(f"{said}\n\n{remedy}\nThe whole output: {self.log}")

    def clear(self):
        """Remove a .venv that this script made; anything else of that name is not ours to delete."""
        if not os.path.lexists(self.folder):
            return
        empty = self.folder.is_dir() and not any(self.folder.iterdir())
        if not (self.marker.exists() or empty):
            what = f"start.py did not make the {self.name} that is here:\n  {self.folder}"
            raise Problem(f"{what}\nMove or delete it, then run this again.")
        if os.name == "nt" and os.path.normcase(os.path.realpath(sys.prefix)) == os.path.normcase(self.folder):
            raise Problem(
                f"The folder {self.name} must be made anew, but is in use. Type:  deactivate\nThen run this again."
            )
        try:
            self.stamp.unlink(missing_ok=True)
            for path in self.folder.iterdir():
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                elif path != self.marker:  # goes last, so that what an interrupted removal leaves is still ours
                    path.unlink()
            shutil.rmtree(self.folder)
        except OSError as error:
            raise Problem(
                f"The folder {self.name} must be made anew, but cannot be deleted ({error}).\n"
                "Close JupyterLab and every program that uses it, then run this again."
            ) from error

    def make(self):
        self.clear()
        self.folder.mkdir()
        words = "start.py made this folder and rebuilds it when needed. Keep nothing of your own in it.\n"
        self.marker.write_text(words, encoding="utf-8")
        # From inside some other virtual environment, build from the Python beneath it.
        base = getattr(sys, "_base_executable", None) or sys.executable
        self.step("Making the virtual environment", [base, "-m", "venv", self.folder])

    def packages(self):
        """A file that lists what to install, and how pip reads it: the lock is complete, so nothing is resolved."""
        return self.lock, ["--no-deps"]

    def quiet_jupyter(self):
        """No question about news on the first start, no look for updates: the first thing to see is the lesson."""
        folder = self.folder / "share" / "jupyter" / "lab" / "settings"
        folder.mkdir(parents=True, exist_ok=True)
        settings = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
        (folder / "overrides.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")

    def set_up(self):
        """Make it what requirements.lock and pyproject.toml say. A stamp, written last, tells the next run."""
        todo = self.state()
        if todo == "ready":
            return
        began = time.monotonic()
        if not os.access(self.root, os.W_OK):
            raise Problem(f"{explain('permission denied')}\nThe folder: {self.root}")
        if todo == "build":
            check_can_make()
            where = f"{self.folder} (once; needs internet and about 1 GB, takes a few minutes)"
            print(f"Setting up in {where} ...", flush=True)
            self.make()
        else:
            print(f"Updating the packages in {self.folder} ...", flush=True)
            self.stamp.unlink()
        pip = [
            self.python,
            "-m",
            "pip",
            "install",
            "--disable-pip-version-check",
            "--no-input",
            "--progress-bar",
            "off",
        ]
        listed, options = self.packages()
        self.step("Installing the packages", [*pip, *options, "-r", listed], show_progress(listed))
        self.step("Installing mlmed_teach", [*pip, "--no-deps", "--no-build-isolation", "--editable", self.root])
        self.quiet_jupyter()
        # A check that compiled packages load, which also builds matplotlib's list of fonts: otherwise the first picture
        # of the first lesson waits for it and prints a warning.
        check = "import matplotlib.font_manager, statsmodels.formula.api, jupyterlab, mlmed_teach"
        self.step("A first try of the packages", [self.python, "-c", check])
        self.stamp.write_text(json.dumps(self.wanted(), indent=1, sort_keys=True) + "\n", encoding="utf-8")
        print(f"Ready after {time.monotonic() - began:.0f} seconds.", flush=True)


class OldestVenv(Venv):
    """.venv-oldest: every dependency at the lower bound that pyproject.toml declares, and what these need."""

    name = ".venv-oldest"

    def packages(self):
        """The bounds as versions. pip finds what they need; nothing is compiled, which would take hours or fail."""
        listed = self.folder / "lower-bounds.txt"
        listed.write_text("\n".join(lower_bounds(self.root / "pyproject.toml")) + "\n", encoding="utf-8")
        return listed, ["--only-binary", ":all:"]


def lower_bounds(pyproject):
    """ "name==version" for each dependency of the package, of its tests, of its build and of its site."""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["test"], *extras["build"], *extras["site"]]
    return [re.sub(r"^([\w.-]+)>=([\w.]+).*$", r"\1==\2", line) for line in wanted]


def show_progress(lock):
    """A line that counts packages, on a terminal; silent elsewhere."""
    if not sys.stdout.isatty():
        return None
    total = len(re.findall(r"^[A-Za-z0-9]", lock.read_text(encoding="utf-8"), re.MULTILINE))
    seen = 0

    def progress(line):
        nonlocal seen
        if line is None:
            print("\r" + " " * 70 + "\r", end="", flush=True)
        elif package := re.match(r"(?:Collecting |Requirement already satisfied: )([^=<>!~;\s]+)", line):
            seen += 1
            print(f"\r  package {seen} of at most {total}: {package[1]}".ljust(70), end="", flush=True)
        elif line.startswith("Installing collected packages"):
            print("\r  unpacking, about a minute ...".ljust(70), end="", flush=True)

    return progress
