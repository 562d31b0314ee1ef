"""Run the notebooks again and store their outputs so that only real changes show in a diff.

    python3 start.py refresh                 all notebooks
    python3 start.py refresh 02 04           those whose names begin so
    python3 start.py refresh --check         run nothing, only look at what is stored
    python3 start.py refresh --dry-run       run, report errors, store nothing; MLMED_TEACH_DATA then chooses the data

Sources are never touched. A notebook is written only when all of its cells ran, none printed anything that another
machine would print differently, and something changed.
"""

import argparse
import asyncio
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from tools.stored import complaints, dump, normalize, read

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
CELL_SECONDS = 120
NOTEBOOK_SECONDS = 900
AT_ONCE = 2


class RefreshError(Exception):
    """A notebook that cannot be stored, with the reason in words."""


def kernel_environment(environ=None):
    """Environment variables under which a lesson prints the same on every machine.

    Parameters
    ----------
    environ : mapping, optional
        Where to start from; the process's own environment by default. Not changed.

    Returns
    -------
    dict
        A copy with one BLAS thread, a fixed hash seed, the inline backend, the embedded data (never the original, whose
        rows must not end up in stored outputs), no record of progress in the exercises, and no start-up scripts or plot
        styles from the home folder.
    """
    env = dict(os.environ if environ is None else environ)
    for name in ("MPLBACKEND", "MLMED_TEACH_DATA", "PYTHONWARNINGS", "PYTHONSTARTUP"):
        env.pop(name, None)
    env["PYTHONHASHSEED"] = "0"
    env["MLMED_TEACH_PROGRESS"] = "off"  # what a test tries is not the user's progress
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
        env[name] = "1"
    for name, folder in (("IPYTHONDIR", "ipython"), ("MPLCONFIGDIR", "matplotlib")):
        path = Path(sys.prefix, "var", folder)
        if name not in env and sys.prefix != sys.base_prefix and os.access(sys.prefix, os.W_OK):
            path.mkdir(parents=True, exist_ok=True)
            env[name] = str(path)
    return env


# ---- running ---------------------------------------------------------------------------------------------------------


def execute(nb, env, cell_seconds=CELL_SECONDS, notebook_seconds=NOTEBOOK_SECONDS):
    """Run all cells of `nb` in place, in a fresh kernel inside notebooks/."""
    client = NotebookClient(
        nb,
        timeout=cell_seconds,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(NOTEBOOKS)}},
    )

    async def limited():
        await asyncio.wait_for(client.async_execute(env=env), notebook_seconds)

    # In a thread of its own: where another event loop runs in this one (Jupyter, Playwright), none can be started.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(limited())).result()


def run_notebook(path, env=None, **limits):
    """Run one notebook without storing anything; also for tests that run the lessons on other data.

    A stall is tried once more, because kernels now and then lose a message (nbclient#312).

    Parameters
    ----------
    path : path-like
    env : dict, optional
        Environment variables on top of `kernel_environment`, e.g. ``{"MLMED_TEACH_DATA": "my/ml_sim.csv"}``.
    **limits
        ``cell_seconds`` and ``notebook_seconds``.

    Returns
    -------
    nbformat.NotebookNode
        The notebook with its new outputs.

    Raises
    ------
    RefreshError
        When a cell fails or does not end.
    """
    name = Path(path).stem
    environment = {**kernel_environment(), **(env or {})}
    for attempt in (1, 2):
        nb = read(path)
        for cell in nb.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        try:
            execute(nb, environment, **limits)
            return nb
        except CellExecutionError as error:
            raise RefreshError(f"{name}: {where(nb)} fails\n  {error.ename}: {error.evalue}") from None
        except (CellTimeoutError, DeadKernelError, TimeoutError) as error:
            if attempt == 2:
                words = "the kernel died" if isinstance(error, DeadKernelError) else "took too long"
                raise RefreshError(f"{name}: {where(nb)}: {words}, twice") from None
            print(f"{name}: stalled, trying once more", flush=True)


def where(nb):
    """The cell that a failed run stopped in, as a reader would find it."""
    last = 0
    for number, cell in enumerate(nb.cells, 1):
        if cell.cell_type == "code" and (cell.outputs or cell.execution_count):
            last = number
    source = nb.cells[last - 1].source.strip() if last else ""
    return f"cell {last} ({source.splitlines()[0]!r})" if source else "the first cell"


# ---- command line ----------------------------------------------------------------------------------------------------


def chosen(names, folder=NOTEBOOKS):
    """Notebook files for names such as 02, 02_three_models, notebooks/02_three_models.ipynb; all without a name."""
    everything = sorted(folder.glob("*.ipynb"))
    if not names:
        return everything
    picked = []
    for name in names:
        stem = Path(name).name.removesuffix(".ipynb")
        hits = [path for path in everything if path.stem == stem]
        hits = hits or [path for path in everything if path.stem.startswith(stem)]
        if not hits:
            known = ", ".join(path.stem for path in everything) or "none"
            raise RefreshError(f"There is no notebook {name!r}. There are: {known}")
        picked += hits
    return sorted(set(picked))


def refresh(path, dry_run=False):
    """Run one notebook and store it; returns what happened in a word."""
    old_text = path.read_text(encoding="utf-8")
    data = os.environ.get("MLMED_TEACH_DATA") if dry_run else None
    nb = run_notebook(path, {"MLMED_TEACH_DATA": data} if data else None)
    nb = normalize(nb, read(path))
    findings = complaints(nb)
    if findings:
        raise RefreshError("\n".join(f"{path.stem}: {line}" for line in findings))
    if dry_run:
        return "runs"
    if path.read_text(encoding="utf-8") != old_text:
        raise RefreshError(f"{path.stem}: was edited while it ran; nothing stored, run refresh again")
    new_text = dump(nb)
    if new_text == old_text:
        return "unchanged"
    path.write_text(new_text, encoding="utf-8", newline="\n")
    return "stored"


def refresh_all(paths, dry_run=False):
    """Refresh several notebooks, two at a time; returns the number that failed."""

    def one(path):
        try:
            print(f"{path.stem}: {refresh(path, dry_run)}", flush=True)
        except RefreshError as error:
            print(error, file=sys.stderr, flush=True)
            return 1
        return 0

    # Threads suffice, the work is in the kernels; and outside the main thread nbclient leaves Ctrl-C alone.
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        return sum(pool.map(one, paths))
    except KeyboardInterrupt:
        print("\nStopped. Notebooks that were not reported are as they were.", file=sys.stderr, flush=True)
        os._exit(130)  # without waiting for the threads; kernels end by themselves when this process is gone


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="start.py refresh", description=__doc__.splitlines()[0])
    parser.add_argument(
        "names", nargs="*", help="notebooks (the beginning of a name is enough); all when none is given"
    )
    parser.add_argument("--check", action="store_true", help="run nothing, only look at what is stored")
    parser.add_argument("--dry-run", action="store_true", help="run, but store nothing; honours MLMED_TEACH_DATA")
    options = parser.parse_args(arguments)
    try:
        paths = chosen(options.names)
        if options.check:
            findings = [f"{path.stem}: {line}" for path in paths for line in complaints(read(path))]
            print("\n".join(findings) or f"{len(paths)} notebooks, nothing to complain about")
            return 1 if findings else 0
        failed = refresh_all(paths, options.dry_run)
    except RefreshError as error:
        print(error, file=sys.stderr)
        return 1
    if failed:
        print(f"{failed} of {len(paths)} notebooks not stored.", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
