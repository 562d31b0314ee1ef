"""JupyterLab and a browser for the tests: started once, with folders of their own, and how they are talked to."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import nbformat

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = Path(__file__).parent / "screenshots"
START_SECONDS, CELL_SECONDS = 60, 120

# A browser that asks, fetches and remembers nothing. Sandboxes need rights that containers do not give.
CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
)
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "apputils-extension/themes": {"adaptive-theme": False},
}
EXPOSED = ("LabApp", "JupyterNotebookApp")


def why_not() -> str:
    """What is missing for tests in a browser; empty if nothing is."""
    if find_spec("playwright") is None:
        return "needs the Python package playwright"
    if shutil.which("chromium") is None:
        return "needs Debian's chromium (apt-get install chromium)"
    return ""


class Server:
    """JupyterLab (and Notebook 7, where it is installed) on the loopback address.

    Attributes
    ----------
    work : Path
        A folder inside the served one, for copies of notebooks: lessons are never changed. Beside notebooks/, so that
        their relative addresses hold.
    """

    def __init__(self, folder: Path) -> None:
        self.work = Path(tempfile.mkdtemp(prefix="browser-", dir=ROOT))
        self.token = secrets.token_hex(16)
        self.port = free_port()
        self.log = folder / "jupyter.log"
        env = dict(os.environ)
        for name in ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR"):
            env[f"JUPYTER_{name}"] = str(folder / name.lower())
        for name in ("SETTINGS_DIR", "WORKSPACES_DIR"):
            env[f"JUPYTERLAB_{name}"] = str(folder / name.lower())
        for name, values in SETTINGS.items():
            path = folder / "settings_dir" / "@jupyterlab" / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values))
        options = [f"--port={self.port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={self.token}"]
        options += ["--no-browser", "--ip=127.0.0.1", "--allow-root"]
        options += [f"--{app}.expose_app_in_browser=True" for app in EXPOSED]
        if self.has_notebook():
            options.append("--ServerApp.jpserver_extensions=notebook=True")
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [*starter(), *options], cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        self._wait()

    @staticmethod
    def has_notebook() -> bool:
        return find_spec("notebook") is not None

    def _wait(self) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            try:
                with urlopen(f"http://127.0.0.1:{self.port}/api/status?token={self.token}", timeout=5):
                    return
            except (URLError, OSError):
                time.sleep(0.2)
        self.stop()
        raise RuntimeError(f"JupyterLab did not start:\n{self.log.read_text()[-3000:]}")

    def stop(self) -> None:
        """End the server with its kernels, and remove the copies."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.work, ignore_errors=True)

    def url(self, path: Path, app: str = "lab/tree") -> str:
        """Where a copy is opened, in a fresh workspace."""
        return f"http://127.0.0.1:{self.port}/{app}/{path.relative_to(ROOT).as_posix()}?token={self.token}&reset"

    def write(self, name: str, sources: list[str]) -> Path:
        """A notebook with these code cells."""
        nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
        nb.metadata.kernelspec = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
        path = self.work / name
        nbformat.write(nb, path)
        return path

    def copy(self, lesson: Path) -> Path:
        """A copy of a lesson."""
        return Path(shutil.copy(lesson, self.work / lesson.name))


@contextmanager
def running(folder: Path):
    """A server, with `folder` for all that it writes."""
    server = Server(folder)
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def chromium():
    """Debian's browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(CHROMIUM))
        try:
            yield browser
        finally:
            browser.close()


def starter() -> list[str]:
    """How JupyterLab is started: as a reader does it, or by this Python where start.py has not made its .venv."""
    if (ROOT / ".venv" / "mlmed-teach-ready.json").exists():
        return [sys.executable, str(ROOT / "start.py"), "lab"]
    return [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={ROOT}"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# ---- a notebook in the browser ---------------------------------------------------------------------------------------

_CELLS = """() => {
  const panel = window.jupyterapp?.shell?.currentWidget;
  const model = panel?.content?.model;
  if (!model || !panel.sessionContext?.session?.kernel) return null;
  const cells = [];
  for (let i = 0; i < model.cells.length; i++) {
    const cell = model.cells.get(i);
    if (cell.type === 'code') cells.push({
      source: cell.sharedModel.source, count: cell.executionCount, outputs: cell.outputs.toJSON()});
  }
  return {status: panel.sessionContext.session.kernel.status, cells};
}"""


def open_notebook(page, url: str) -> None:
    """Open a notebook and wait until its kernel is ready."""
    page.goto(url)
    wait_for(page, lambda state: state["status"] == "idle", START_SECONDS)


def run_all(page, seconds: float = CELL_SECONDS) -> list[dict]:
    """Run all cells of a notebook that was not run; the code cells with their outputs. An error ends it early."""
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")

    def ready(state: dict) -> bool:
        over = all(cell["count"] or not cell["source"].strip() for cell in state["cells"]) or faults(state["cells"])
        return state["status"] == "idle" and bool(over)

    return wait_for(page, ready, seconds)["cells"]


def wait_for(page, ready, seconds: float) -> dict:
    end = time.monotonic() + seconds
    state = None
    while time.monotonic() < end:
        state = page.evaluate(_CELLS)
        if state and ready(state):
            return state
        page.wait_for_timeout(50)
    raise AssertionError(f"not ready after {seconds} s: {str(state)[:2000]}")


def faults(cells: list[dict]) -> list[str]:
    """Errors and warnings among the outputs of cells."""
    found = []
    for cell in cells:
        for output in cell["outputs"]:
            if output["output_type"] == "error":
                found.append(f"{output['ename']}: {output['evalue']}")
            if output.get("name") == "stderr":
                found.append(str(output["text"]))
            if "application/vnd.jupyter.error" in output.get("data", {}):
                found.append(str(output["data"]))
    return found
