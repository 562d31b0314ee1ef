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

from tools.stored import WIDGET_VIEW

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

    def lab(self) -> str:
        """JupyterLab in a workspace of its own: of two pages with the same, the second loads itself once more."""
        return f"http://127.0.0.1:{self.port}/lab/workspaces/{secrets.token_hex(4)}?token={self.token}"

    def url(self, path: Path, app: str) -> str:
        """Where a copy is opened, in JupyterLab (lab) or in Notebook 7 (notebooks)."""
        place = path.relative_to(ROOT).as_posix()
        if app == "lab":
            return self.lab().replace("?", f"/tree/{place}?")
        return f"http://127.0.0.1:{self.port}/{app}/{place}?token={self.token}"

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

_KERNEL = "window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel"
_IDLE = f"() => {_KERNEL}?.status === 'idle'"

_OPEN_BESIDE = """async path => {
  const app = window.jupyterapp;
  await app.restored;
  const panel = await app.commands.execute('docmanager:open', {path});
  await panel.context.ready;
  await panel.sessionContext.ready;
}"""

# Without asking whether the copy is to be saved.
_CLOSE = """async () => {
  const panel = window.jupyterapp.shell.currentWidget;
  await panel.sessionContext.shutdown();
  panel.dispose();
}"""

# Of the code cells: what the model says, and how much of it stands on the screen.
_CELLS = """() => {
  const widgets = window.jupyterapp.shell.currentWidget.content.widgets;
  const brief = output => ({
    kind: output.output_type, name: output.name, types: Object.keys(output.data ?? {}),
    fault: output.ename ? `${output.ename}: ${output.evalue}` : output.name === 'stderr' ? String(output.text) :
      'application/vnd.jupyter.error' in (output.data ?? {}) ? JSON.stringify(output.data) : ''});
  return widgets.filter(cell => cell.model.type === 'code').map(cell => ({
    source: cell.model.sharedModel.source,
    count: cell.model.executionCount,
    outputs: cell.model.outputs.toJSON().map(brief),
    shown: cell.outputArea.node.querySelectorAll('.jp-OutputArea-child').length,
    live: [...cell.outputArea.node.querySelectorAll('.jp-OutputArea-output > .jupyter-widgets')]
      .filter(view => !view.querySelector('.jupyter-widgets-error-widget')).length}));
}"""

# The promise of a run is kept by the front end only when every reply and every output has arrived.
_RUN = """numbers => {
  const {commands, shell} = window.jupyterapp, content = shell.currentWidget.content;
  window.running = true;
  let done;
  if (numbers === null) done = commands.execute('notebook:run-all-cells');
  else {
    const cells = content.widgets.filter(cell => cell.model.type === 'code');
    content.deselectAll();
    content.activeCellIndex = content.widgets.indexOf(cells[numbers[0]]);
    for (const number of numbers) content.select(cells[number]);
    done = commands.execute('notebook:run-cell');
  }
  done.finally(() => { window.running = false; });
}"""

_ANSWERED = f"() => {_KERNEL}.requestExecute({{code: '', silent: true, store_history: false}}).done"


def open_notebook(page, url: str) -> None:
    """Open a notebook on a page of its own and wait until its kernel is ready."""
    page.goto(url)
    wait_until(page, _IDLE, START_SECONDS)


def open_lab(page, server: Server) -> None:
    """Open JupyterLab without a notebook, for `beside`."""
    page.goto(server.lab())
    wait_until(page, "() => window.jupyterapp", START_SECONDS)


@contextmanager
def beside(page, path: Path):
    """A notebook in a JupyterLab that is open: some seconds less than loading all of JupyterLab once more."""
    page.evaluate(_OPEN_BESIDE, path.relative_to(ROOT).as_posix())
    try:
        wait_until(page, _IDLE, START_SECONDS)
        yield
    finally:
        page.evaluate(_CLOSE)


def run(page, numbers: list[int] | None = None, seconds: float = CELL_SECONDS) -> list[dict]:
    """Run all cells of a notebook, or some of its code cells; then all code cells. An error ends a run early."""
    page.evaluate(_RUN, numbers)
    wait_until(page, "() => !window.running", seconds)
    return code_cells(page)


def code_cells(page) -> list[dict]:
    """The code cells with what is known of their outputs."""
    return page.evaluate(_CELLS)


def answered(page) -> None:
    """Wait until the kernel has answered all that was sent.

    Of a control that moves fast the last value is sent when one before it was answered: it is there after two calls.
    """
    page.evaluate(_ANSWERED)


def expect(locator):
    """Playwright's assertions, which wait; this file can be read where Playwright is missing."""
    from playwright.sync_api import expect

    return expect(locator)


def wait_until(page, condition: str, seconds: float) -> None:
    page.wait_for_function(condition, timeout=1000 * seconds, polling=50)


def faults(cells: list[dict]) -> list[str]:
    """Errors and warnings among the outputs of cells."""
    return [output["fault"] for cell in cells for output in cell["outputs"] if output["fault"]]


def views(cell: dict) -> int:
    """How many widgets a cell shows, be they alive or not."""
    return sum(WIDGET_VIEW in output["types"] for output in cell["outputs"])


def dead(page, seconds: float = START_SECONDS) -> list[str]:
    """Sources of the cells with a widget that does not come alive."""
    end = time.monotonic() + seconds
    while True:
        sources = [cell["source"] for cell in code_cells(page) if cell["live"] < views(cell)]
        if not sources or time.monotonic() > end:
            return sources
        page.wait_for_timeout(100)
