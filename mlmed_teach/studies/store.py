"""Results of a study, kept as they come."""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import MlmedError
from ..words import agree

CHUNK = 25  # tables that are drawn and fitted together, with random numbers of their own

FORMAT = 3  # of the lines: files of another one are files of another study

Results = dict[str, list[Any]]  # column -> one value for each table: a number, a word, or None for what does not exist


@dataclass(frozen=True)
class Cell:
    """One design of a study.

    Attributes
    ----------
    clusters, size : int
        Number of clusters, rows in each.
    shape : str
        Distribution of the random effects.
    """

    clusters: int
    size: int
    shape: str


@dataclass(frozen=True)
class Job:
    """Some tables of a cell, drawn and fitted together.

    Attributes
    ----------
    cell : Cell
    chunk : int
        Which part of the cell: 0, 1, ...
    size : int
        Tables in it.
    """

    cell: Cell
    chunk: int
    size: int


def jobs_of(cell: Cell, reps: int) -> list[Job]:
    """What makes `reps` tables of a cell."""
    return [Job(cell, chunk, min(CHUNK, reps - at)) for chunk, at in enumerate(range(0, reps, CHUNK))]


class Store:
    """Results by job, in memory and, if there is a file, on disk as they come.

    The file holds one line of JSON for the study (what was asked for, so that results of another study are not mixed
    in), then one for each job.

    Parameters
    ----------
    file : path-like or None
    study : dict
        What makes the results what they are.

    Raises
    ------
    MlmedError
        A file that cannot be written, holds something else, or another study.
    """

    def __init__(self, file: str | Path | None, study: dict[str, Any]):
        self._path = None if file is None else Path(file)
        self._found: dict[Job, Results] = {}
        study = {**study, "format": FORMAT}
        if self._path is None:
            return
        if self._path.exists() and self._path.stat().st_size:
            self._read(self._path, study)
        else:
            self._begin(self._path, study)

    def _begin(self, path: Path, study: dict[str, Any]) -> None:
        try:
            path.write_text(json.dumps({"study": study}) + "\n", encoding="utf-8")
        except OSError as error:
            raise MlmedError(f"The file {path} cannot be written: {error.strerror}.") from None

    def _read(self, path: Path, study: dict[str, Any]) -> None:
        text = path.read_text(encoding="utf-8")
        first, *lines = text.splitlines()
        try:
            known = json.loads(first)["study"]
        except (ValueError, KeyError, TypeError):
            raise MlmedError(f"The file {path} is not one of mt.coverage or mt.power: give it another name.") from None
        different = [key for key in study if known.get(key) != study[key]]
        if different:
            raise MlmedError(
                f"The file {path} holds another study: its {', '.join(different)} "
                f"{agree(len(different), 'is', 'are')} not those asked for now. Give the new study another file."
            )
        if not text.endswith("\n"):
            with path.open("a", encoding="utf-8") as out:
                out.write("\n")
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:  # the last line of an interrupted study may be cut short
                continue
            self._found[Job(Cell(*entry["cell"]), entry["chunk"], entry["size"])] = entry["results"]

    def __contains__(self, job: Job) -> bool:
        return job in self._found

    def add(self, job: Job, results: Results) -> None:
        """Keep what a job came to."""
        self._found[job] = results
        if self._path is not None:
            entry = {"cell": astuple(job.cell), "chunk": job.chunk, "size": job.size, "results": results}
            with self._path.open("a", encoding="utf-8") as out:
                out.write(json.dumps(entry) + "\n")

    def rows(self, cell: Cell, reps: int) -> pd.DataFrame:
        """One row for each table of a cell; columns of numbers, and of words or None."""
        parts = [self._found[job] for job in jobs_of(cell, reps)]
        columns = {name: [value for part in parts for value in part[name]] for name in parts[0]}
        words = {name for name, values in columns.items() if any(isinstance(value, str) for value in values)}
        return pd.DataFrame(
            {name: pd.Series(values, dtype=object if name in words else float) for name, values in columns.items()}
        )
