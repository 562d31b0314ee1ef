"""How much memory does a student need on a hub?

Run:  python benchmarks/kernels.py          every lesson, one after the other; a few minutes
      python benchmarks/kernels.py 04 07    these only

Each lesson runs from top to bottom in a kernel of its own, as refresh runs it. What counts is the greatest resident
set of the kernel and of the processes that it starts, looked at fifty times a second; then that of a JupyterLab server
which has shown its page and one lesson. Prints the rows of the table in docs/hub.md. Megabytes are the same from run to
run but for a few; seconds depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil

from tools.refresh import NOTEBOOKS, chosen, run_notebook

PAUSE = 0.02


def resident(process: psutil.Process) -> int:
    """Bytes that a process and all that it has started hold in memory."""
    total = 0
    try:
        for one in (process, *process.children(recursive=True)):
            total += one.memory_info().rss
    except psutil.NoSuchProcess:
        pass  # one has just ended
    return total


def greatest(work: Callable[[], object]) -> int:
    """What `work` makes this process's children hold at most, in bytes."""
    before = {child.pid for child in psutil.Process().children()}
    most, over = 0, threading.Event()

    def look() -> None:
        nonlocal most
        while not over.wait(PAUSE):
            started = [child for child in psutil.Process().children() if child.pid not in before]
            most = max(most, sum(map(resident, started)))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        work()
    finally:
        over.set()
        watcher.join()
    return most


def server(lesson: Path) -> None:
    """Start JupyterLab, fetch its page and a lesson, and end it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    root = NOTEBOOKS.parent
    options = [f"--ServerApp.root_dir={root}", "--no-browser", "--allow-root", f"--port={port}", "--ip=127.0.0.1"]
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, **{f"JUPYTER_{name}_DIR": folder for name in ("CONFIG", "DATA", "RUNTIME")}}
        command = [sys.executable, "-m", "jupyterlab", *options, f"--IdentityProvider.token={token}"]
        process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for address in ("api/status", "lab", f"api/contents/notebooks/{lesson.name}"):
                _fetch(f"http://127.0.0.1:{port}/{address}?token={token}")
            time.sleep(1)
        finally:
            process.terminate()
            process.wait()


def _fetch(address: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            with urlopen(address, timeout=30) as answer:
                answer.read()
            return
        except (URLError, OSError):
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def row(name: str, bytes_held: int, seconds: float) -> None:
    print(f"| {name} | {bytes_held / 1e6:.0f} | {seconds:.0f} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="lessons (the beginning of a name is enough); all without one")
    paths = chosen(parser.parse_args().names)
    print("| Lesson | MB at most | seconds |\n|---|---|---|")
    for path in paths:
        began = time.monotonic()
        row(str(int(path.stem[:2])), greatest(lambda path=path: run_notebook(path)), time.monotonic() - began)
    began = time.monotonic()
    row("the server itself", greatest(lambda: server(paths[0])), time.monotonic() - began)
