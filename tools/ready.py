"""The evening before a class: is everything here, and does it run?

    python3 start.py ready                   looks at this machine, and runs all lessons (about a minute)
    python3 start.py ready 00 01 02 03       runs these lessons only

For each thing one line: "ok", "look" (the class can go on, but know it) or "NOT" (mend it first), in plain words. The
exit code is 1 where something has to be mended, else 0. Nothing is changed, downloaded or stored.
"""

import argparse
import contextlib
import multiprocessing
import os
import re
import shutil
import socket
import sys
import time
import webbrowser
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from tools.refresh import ROOT, RefreshError, chosen, kernel_environment

GB = 1e9
ROOM, MEMORY = 1 * GB, 1 * GB  # a class saves notebooks and pictures; JupyterLab and one kernel take some 400 MB
PORTS = range(8888, 8939)  # where JupyterLab looks for a free one: its default, and the fifty that follow
BROWSERS = ("firefox", "chromium", "chromium-browser", "google-chrome", "microsoft-edge", "brave-browser")
SIGNS = "−²′×≈…áß"  # what titles and tables of the lessons are written with


@dataclass(frozen=True)
class Finding:
    """What was looked at, how it stands ("ok", "look" or "NOT"), and what to do about it."""

    what: str
    state: str
    says: str

    def __str__(self) -> str:
        return f"  {self.state:<5} {self.what:<10} {self.says}"


# ---- what is here ----------------------------------------------------------------------------------------------------


def packages(lock: Path = ROOT / "requirements.lock") -> Finding:
    """Whether the releases here are those that the lessons were written with."""
    missing, others, number = [], [], 0
    for line in re.findall(r"^[A-Za-z].*", lock.read_text(encoding="utf-8"), re.MULTILINE):
        wanted = Requirement(line)
        if wanted.marker and not wanted.marker.evaluate():
            continue
        number += 1
        try:
            here = version(wanted.name)
        except PackageNotFoundError:
            missing.append(wanted.name)
        else:
            if here not in wanted.specifier:
                others.append(f"{wanted.name} {here} (not {str(wanted.specifier).removeprefix('==')})")
    if missing:
        return Finding(
            "packages", "NOT", f"missing: {', '.join(missing)}. Delete the folder .venv, run start.py again."
        )
    if others:
        return Finding("packages", "look", f"other releases than the lessons': {', '.join(others)}")
    return Finding("packages", "ok", f"all {number} as in requirements.lock; Python {sys.version.split()[0]}")


def browser(which: Callable[[str], str | None] = shutil.which) -> Finding:
    """Whether JupyterLab will open by itself."""
    try:
        return Finding("browser", "ok", f"{getattr(webbrowser.get(), 'name', 'your default browser')} will open")
    except webbrowser.Error:
        pass
    found = next(filter(which, BROWSERS), None)
    if found is None:
        return Finding("browser", "NOT", "none was found. Install Firefox, Chrome or Edge.")
    return Finding(
        "browser", "look", f"{found} is here but cannot be opened from this terminal: copy the link by hand."
    )


def fonts() -> Finding:
    """Whether pictures get the font that they were drawn with, and all signs are in it."""
    from matplotlib import font_manager, rcParams

    family = rcParams["font.sans-serif"][0]
    try:
        path = font_manager.findfont(family, fallback_to_default=False)
    except ValueError:
        return Finding(
            "fonts", "look", f"{family} was not found: pictures look different. Delete .venv/var/matplotlib."
        )
    lost = [sign for sign in SIGNS if ord(sign) not in font_manager.get_font(path).get_charmap()]
    if lost:
        return Finding("fonts", "look", f"{family} has no {' '.join(lost)}: boxes will stand in pictures.")
    return Finding("fonts", "ok", f"{family}, with all signs of the lessons")


def disk(folder: Path = ROOT) -> Finding:
    """Whether notebooks can be saved."""
    free = shutil.disk_usage(folder).free
    if not os.access(folder / "notebooks", os.W_OK):
        return Finding("disk", "NOT", f"notebooks cannot be saved in {folder}. Move the folder into one of your own.")
    if free < ROOM:
        return Finding("disk", "NOT", f"only {free / GB:.1f} GB free: make room, 1 GB at least.")
    return Finding("disk", "ok", f"{free / GB:.0f} GB free")


def memory() -> Finding:
    """Whether JupyterLab and a lesson fit."""
    import psutil

    free = psutil.virtual_memory().available
    if free < MEMORY:
        return Finding("memory", "look", f"only {free / GB:.1f} GB free: close other programs before the class.")
    return Finding("memory", "ok", f"{free / GB:.0f} GB free")


def port(ports: range = PORTS) -> Finding:
    """Whether JupyterLab finds a place to listen."""
    free = [number for number in ports if can_listen(number)][:1]
    if not free:
        return Finding(
            "port", "NOT", "no port is free, or a firewall forbids them. Restart the machine and look again."
        )
    if free[0] != ports[0]:
        words = f"{ports[0]} is taken, perhaps by another JupyterLab: use the link with {free[0]} that start.py prints."
        return Finding("port", "look", words)
    return Finding("port", "ok", f"{free[0]} is free")


def can_listen(number: int) -> bool:
    """Whether a program of ours may take this port of the machine itself."""
    with contextlib.closing(socket.socket()) as ours:
        if os.name != "nt":
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as JupyterLab does, or a port just left counts
        try:
            ours.bind(("127.0.0.1", number))
        except OSError:
            return False
    return True


# ---- do the lessons run? ---------------------------------------------------------------------------------------------


def try_lesson(path: Path) -> tuple[str, float, str]:
    """Name of a lesson, seconds it took, and what failed (empty if nothing did)."""
    import matplotlib

    from tools.in_process import run_cells

    matplotlib.use("agg")
    os.chdir(path.parent)
    began = time.monotonic()
    failure = ""
    try:
        with open(os.devnull, "w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
            with contextlib.redirect_stderr(nowhere):
                run_cells(path)
    except Exception as error:
        note = getattr(error, "__notes__", ["in a cell"])[-1].partition("\n")[0]
        failure = f"{note} {type(error).__name__}: {str(error).partition(chr(10))[0]}"
    return path.stem, time.monotonic() - began, failure


def lessons(paths: list[Path], at_once: int | None = None) -> Iterator[Finding]:
    """One finding for each lesson that fails, and one for all."""
    at_once = at_once or min(4, os.cpu_count() or 1, len(paths))
    began = time.monotonic()
    taken: dict[str, float] = {}
    # The last lessons take longest: begun first, they do not keep one worker busy while the others wait.
    with ProcessPoolExecutor(at_once, mp_context=multiprocessing.get_context("spawn")) as pool:
        for name, seconds, failure in pool.map(try_lesson, reversed(paths)):
            taken[name] = seconds
            if failure:
                yield Finding("lessons", "NOT", failure)
    slowest = max(taken, key=lambda name: taken[name])
    words = f"{len(taken)} run, in {time.monotonic() - began:.0f} s; the slowest is {slowest}, {taken[slowest]:.0f} s"
    yield Finding("lessons", "ok", words)


# ---- command line ----------------------------------------------------------------------------------------------------


def verdict(findings: list[Finding]) -> str:
    """The last line: whether the class can come."""
    if any(finding.state == "NOT" for finding in findings):
        return "NOT ready: mend what says NOT, then run this again."
    if any(finding.state == "look" for finding in findings):
        return "Ready, once you have read the lines that say look."
    return "Ready. Good night."


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="start.py ready", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", help="lessons to run (the beginning of a name is enough); else all")
    options = parser.parse_args(arguments)
    try:
        paths = chosen(options.names)
    except RefreshError as error:
        print(error, file=sys.stderr)
        return 1
    data = os.environ.get("MLMED_TEACH_DATA")  # the class will see the data that are set here
    os.environ.update(kernel_environment() | ({"MLMED_TEACH_DATA": data} if data else {}))
    findings: list[Finding] = []

    def tell(finding: Finding) -> None:
        findings.append(finding)
        print(finding, flush=True)

    looks: tuple[Callable[[], Any], ...] = (packages, browser, fonts, disk, memory, port)
    for look in looks:
        tell(look())
    print(f"  ...   lessons    running {len(paths)}, about a minute for all", flush=True)
    for finding in lessons(paths):
        if finding.state == "ok" and any(earlier.what == "lessons" for earlier in findings):
            continue  # some failed: how long the others took is no news
        tell(finding)
    print(f"\n{verdict(findings)}")
    return int(any(finding.state == "NOT" for finding in findings))


if __name__ == "__main__":
    sys.exit(main())
