"""Results of a study, kept as they come."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..errors import MlmedError

CHUNK = 25  # tables that are drawn and fitted together, with random numbers of their own


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


class _Store:
    """Results by cell and chunk, in memory and, if there is a file, on disk as they come."""

    def __init__(self, file: str | Path | None, study: dict):
        self.path = None if file is None else Path(file)
        self.found: dict[tuple, dict[str, list]] = {}
        if self.path is None:
            return
        if not self.path.exists() or not self.path.stat().st_size:
            try:
                self.path.write_text(json.dumps({"study": study}) + "\n", encoding="utf-8")
            except OSError as error:
                raise MlmedError(f"The file {self.path} cannot be written: {error.strerror}.") from None
            return
        text = self.path.read_text(encoding="utf-8")
        lines = text.splitlines()
        try:
            known = json.loads(lines[0])["study"]
        except (ValueError, KeyError, TypeError):
            raise MlmedError(f"The file {self.path} is not one of mt.coverage: give it another name.") from None
        different = [key for key in study if known.get(key) != study[key]]
        if different:
            raise MlmedError(
                f"The file {self.path} holds another study: its {', '.join(different)} "
                f"{'is' if len(different) == 1 else 'are'} not those asked for now. Give the new study another file."
            )
        if not text.endswith("\n"):
            with self.path.open("a", encoding="utf-8") as out:
                out.write("\n")
        for line in lines[1:]:
            try:
                entry = json.loads(line)
            except ValueError:  # the last line of an interrupted study may be cut short
                continue
            self.found[(Cell(*entry["cell"]), entry["chunk"], entry["size"])] = entry["results"]

    @property
    def done(self) -> set[tuple]:
        return set(self.found)

    def add(self, job: tuple, results: dict[str, list]) -> None:
        self.found[job] = results
        if self.path is not None:
            cell, chunk, size = job
            entry = {"cell": [cell.clusters, cell.size, cell.shape], "chunk": chunk, "size": size, "results": results}
            with self.path.open("a", encoding="utf-8") as out:
                out.write(json.dumps(entry) + "\n")

    def rows(self, cell: Cell, reps: int) -> pd.DataFrame:
        """One row for each table of a cell."""
        jobs = [(cell, chunk, min(CHUNK, reps - CHUNK * chunk)) for chunk in range(-(-reps // CHUNK))]
        return pd.concat([pd.DataFrame(self.found[job]) for job in jobs], ignore_index=True).astype(float)
