"""What the lessons need, and what to do where it is missing: standard library only, to work before all else does."""

from __future__ import annotations

import os
import re
import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

PYTHON = (3, 11)

NEEDED = {
    "numpy": "2.0",
    "scipy.stats": "1.14",
    "pandas": "2.2.3",
    "statsmodels.formula.api": "0.14.6",
    "formulaic": "1.1",
    "matplotlib.pyplot": "3.10",
    "joblib": "1.4",
    "threadpoolctl": "3.5",
    "tqdm": "4.66",
    "ipywidgets": "8.1",
}
"""Module to import -> oldest release of its package that will do; tests hold this to pyproject.toml."""

_KINDS = ("Not found", "Too old", "Does not load")


def check_installation() -> pd.DataFrame:
    """Look whether everything that the lessons need is here: each package is imported, and its release read.

    Returns
    -------
    DataFrame
        One row for each thing needed, with the status "ok".

    Raises
    ------
    ImportError
        Something is missing, too old or broken; the message says what, and what to do.

    Notes
    -----
    Importing is the only sure test: a package that can be found may not load, and in a browser those that will load
    cannot all be found beforehand. Where `import mlmed_teach` itself fails, it does so with the same message.
    """
    problems = find_problems()
    if problems:
        raise ImportError(in_words(problems))
    import pandas as pd

    packages = [module.partition(".")[0] for module in NEEDED]
    needed = [f"Python {_text(PYTHON)} or newer", *packages, "mlmed_teach"]
    return pd.Series("ok", index=needed, name="status").rename_axis("needed").to_frame()


def find_problems() -> list[tuple[str, str]]:
    """What is missing, too old or broken.

    Returns
    -------
    list of tuple of str
        Kind of problem ("Not found", "Too old", "Does not load"), and what has it. Empty if all is well.
    """
    problems = []
    if sys.version_info[:2] < PYTHON:
        problems.append(("Too old", f"Python {_text(sys.version_info[:3])} ({_text(PYTHON)} or newer is needed)"))
    found = [_problem(module, oldest) for module, oldest in NEEDED.items()]
    return problems + [problem for problem in found if problem]


def _problem(module: str, oldest: str) -> tuple[str, str] | None:
    name = module.partition(".")[0]
    try:
        import_module(module)
    except ModuleNotFoundError as error:
        return "Not found", (error.name or name).partition(".")[0]  # perhaps another one, which this one needs
    except Exception as error:  # packages that do not fit together fail in many ways
        reason = str(error).strip().partition("\n")[0]
        return "Does not load", f"{name} ({type(error).__name__}: {reason})"
    release = str(getattr(sys.modules[name], "__version__", oldest))
    if _release(release) < _release(oldest):
        return "Too old", f"{name} {release} ({oldest} or newer is needed)"
    return None


def in_words(problems: list[tuple[str, str]]) -> str:
    """One sentence for each kind of problem, and one on what to do."""
    by_kind = {kind: list(dict.fromkeys(what for k, what in problems if k == kind)) for kind in _KINDS}
    if by_kind["Not found"]:
        by_kind["Does not load"] = []  # most likely for want of what was not found
    said = [f"{kind}: {', '.join(items)}." for kind, items in by_kind.items() if items]
    return " ".join([*said, _advice()])


def _advice() -> str:
    if sys.platform == "emscripten":
        return "Reload this page and run the cell again."
    command = "py start.py" if os.name == "nt" else "python3 start.py"
    return (
        f"Stop Jupyter (Ctrl+C in its terminal), then run: {command}. If that changes nothing, delete the folder .venv "
        "and run it again."
    )


def _release(version: str) -> tuple[int, ...]:
    """The numbers of a release: (2, 2, 3) of "2.2.3", and (0, 15, 0) of "0.15.0rc1"."""
    numbers = re.match(r"\d+(\.\d+)*", version)
    parts = [int(part) for part in numbers.group().split(".")] if numbers else []
    return tuple([*parts, 0, 0, 0][:3])


def _text(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
