"""The analysis of a learner's own table: numbers, words, lines of Python and the report, without widgets."""

from __future__ import annotations

import base64
import difflib
import html
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import BoundaryWarning, MlmedError
from ..mediation import Mediation, mediate
from ..show import picture_number as number
from ..stacked_model import PATHS, Effect
from ..words import counted, listed, quoted
from .table_files import Table

ROLES = {"x": "x", "m": "m", "y": "y", "group": "the clusters"}
SLOPES: dict[str, str | tuple[str, ...]] = {
    "all": "auto",
    "a, b": ("a", "b"),
    "a": ("a",),
    "b": ("b",),
    "none": (),
}


@dataclass(frozen=True)
class Analysis:
    """What the lab shows.

    Attributes
    ----------
    table : Table
    model : dict
        Arguments of `mediate` that differ from its defaults, and the roles.
    med : Mediation
    ways : int
        Models that this table was analysed with so far.
    """

    table: Table
    model: Mapping[str, Any]
    med: Mediation
    ways: int = 1

    @property
    def labels(self) -> tuple[str, str, str]:
        """Names of x, m and y."""
        return str(self.model["x"]), str(self.model["m"]), str(self.model["y"])


def analyse(table: Table, x: str, m: str, y: str, group: str, **options: Any) -> Analysis:
    """Fit the model to a table whose columns are named as they are typed.

    Parameters
    ----------
    table : Table
    x, m, y, group : str
    **options
        ``random``, ``decompose``, ``missing`` as `mediate` takes them.

    Returns
    -------
    Analysis

    Raises
    ------
    MlmedError
        A column that is not named or not there, or whatever `mediate` refuses.
    """
    typed = {"x": x, "m": m, "y": y, "group": group}
    model = {role: _column(table, role, name) for role, name in typed.items()}
    model |= {name: value for name, value in options.items() if value is not False and value != "error"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BoundaryWarning)  # the notes say it
        return Analysis(table, model, mediate(table.frame, **model))


def _column(table: Table, role: str, name: str) -> Any:
    columns = table.columns
    if name in columns:
        return columns[name]
    if name.strip() in columns:
        return columns[name.strip()]
    if not name.strip():
        raise MlmedError(f"Name the column of {ROLES[role]}. The columns are {listed(columns, 30)}.")
    lower = {column.lower(): column for column in columns}
    close = difflib.get_close_matches(name.strip().lower(), lower, 3)
    hint = f"Did you mean {' or '.join(quoted(lower[match]) for match in close)}?" if close else ""
    hint = hint or f"The columns are {listed(columns, 30)}."
    raise MlmedError(f"There is no column {quoted(name)}, named for {ROLES[role]}. {hint}")


def guessed(table: Table, typed: Mapping[str, str]) -> dict[str, str]:
    """Columns for the roles when a table is opened: those that are typed, where the table has them."""
    return {role: name if name in table.columns else "" for role, name in typed.items()}


# ---- the read-out


def numbers(state: Analysis) -> dict[str, str]:
    """The read-out."""
    med = state.med
    found = {_called(effect): _with_interval(effect) for effect in med.effects}
    found |= {path.path_words: _with_interval(path) for path in med.path_effects}
    if sd := {PATHS[path].slope: number(float(value)) for path, value in med.sd_slopes.items()}:
        found[f"SD of {', '.join(sd)}"] = ", ".join(sd.values())
    variances = med.residual_variances
    found["Residual variance of m; y"] = f"{number(variances['m'])}; {number(variances['y'])}"
    found["Rows; clusters"] = f"{med.spec.rows:,}; {med.spec.clusters:,}"
    return found


def _called(effect: Effect) -> str:
    return f"{effect.kind.capitalize()} effect" + (f", {effect.level}" if effect.level else "")


def _with_interval(effect: Effect) -> str:
    estimate = number(effect.estimate, effect.se)
    if not np.isfinite(effect.se):
        return f"{estimate}, no interval"
    return f"{estimate} [{number(effect.ci[0], effect.se)}, {number(effect.ci[1], effect.se)}]"


def words(state: Analysis) -> str:
    """The picture in words."""
    med, (x, m, y) = state.med, state.labels
    paths = "; ".join(f"{path.path_words} = {number(path.estimate, path.se)}" for path in med.path_effects)
    effects = "; ".join(f"{effect.words} {_with_interval(effect)}" for effect in med.effects)
    return (
        f"Path diagram: {x} acts on {y} directly and through {m}, in {counted(med.spec.clusters, 'cluster')}: {paths}. "
        f"Beside it the effects with their 95% intervals: {effects}."
    )


# ---- what is taken along


def python_lines(state: Analysis) -> str:
    """Lines of Python that do the same."""
    code = state.table.code
    arguments = ", ".join(f"{name}={_written(value)}" for name, value in state.model.items())
    imports = ["import pandas as pd", ""] if code.startswith("pd.") else []
    lines = [*imports, "import mlmed_teach as mt", "", f"table = {code}", f"med = mt.mediate(table, {arguments})"]
    return "\n".join([*lines, "print(med.summary())", "med.report()"])


def _written(value: Any) -> str:
    text = repr(value)
    return f'"{text[1:-1]}"' if text.startswith("'") and '"' not in text else text


def downloads(state: Analysis) -> str:
    """Links that hold the report, as HTML and as Markdown: no server is asked for it."""
    report = state.med.report()
    page = f'<!DOCTYPE html>\n<html lang="en">\n<meta charset="utf-8">\n<title>Report</title>\n{report.html}\n</html>\n'
    files = (("html", "text/html", page), ("md", "text/markdown", report.markdown))
    return " ".join(
        f'<a download="mediation_report.{ending}" href="data:{kind};charset=utf-8;base64,'
        f'{base64.b64encode(text.encode()).decode()}">Report as {name}</a>'
        for (ending, kind, text), name in zip(files, ("HTML", "Markdown"), strict=True)
    )


def to_take_along(state: Analysis) -> str:
    """Notes, links and lines of Python as HTML."""
    notes = "".join(f"<li>{html.escape(note)}</li>" for note in state.med.notes)
    remarks = f"<p>Notes</p><ul>{notes}</ul>" if notes else ""
    return (
        f"{remarks}<p>To download: {downloads(state)}</p><p>The same in Python, to be copied into a cell:</p>"
        f'<pre tabindex="0" style="user-select: all; overflow-x: auto">{html.escape(python_lines(state))}</pre>'
    )
