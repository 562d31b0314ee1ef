"""What a learner has tried, kept in a folder of the user's own: one line of JSON for each attempt.

Lines are only added, under a lock, so that two kernels at once lose nothing.
"""

from __future__ import annotations

import io
import json
import os
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol
from weakref import WeakSet

from ..browser import FILES, in_a_browser
from ..words import counted

SETTING = "MLMED_TEACH_PROGRESS"
FILE = "attempts.jsonl"

Attempt = tuple[str, int, bool]  # id, version, whether it was right


class Card(Protocol):
    """What shows whether an exercise was tried, and is told when it is."""

    def refresh(self) -> None:
        """Show what is known now."""


@dataclass(frozen=True)
class Tally:
    """What was tried of one exercise, in its present version.

    Attributes
    ----------
    attempts : int
        Answers until the first right one, that one included; all of them as long as there is none.
    solved : bool
    """

    attempts: int
    solved: bool


class Attempts:
    """Attempts of this kernel and, if there is a folder, of all others.

    Parameters
    ----------
    folder : Path or None
        Where they are kept; made when it is needed.
    note : str
        Why they are kept nowhere, in words.
    """

    def __init__(self, folder: Path | None, note: str = "") -> None:
        self.file = None if folder is None else folder / FILE
        self.note = note
        self._here: list[Attempt] = []
        self._cards: defaultdict[str, WeakSet[Card]] = defaultdict(WeakSet)

    def show_in(self, id: str, card: Card) -> None:
        """Tell a card of every attempt, as long as it lives."""
        self._cards[id].add(card)

    def add(self, id: str, version: int, solved: bool) -> None:
        """Keep an attempt; if it cannot be written, for as long as this kernel lives."""
        line = json.dumps({"id": id, "version": version, "solved": solved})
        if not self._write(line):
            self._here.append((id, version, solved))
        for card in list(self._cards[id]):
            card.refresh()

    def tally(self, id: str, version: int) -> Tally:
        """What was tried of an exercise."""
        return self.tallies({id: version})[id]

    def tallies(self, versions: dict[str, int]) -> dict[str, Tally]:
        """The same of many, with each id's present version."""
        answers: dict[str, list[bool]] = {id: [] for id in versions}
        for id, version, solved in [*self._read(), *self._here]:
            if versions.get(id) == version:
                answers[id].append(solved)
        return {
            id: Tally(made.index(True) + 1 if True in made else len(made), True in made) for id, made in answers.items()
        }

    def reset(self) -> None:
        """Forget everything."""
        self._here.clear()
        if self.file is not None and self.file.exists():
            try:
                with _locked(self.file) as held:
                    held.truncate(0)
            except OSError as error:
                self.note = f"The file {self.file} cannot be emptied ({error.strerror})."
        for cards in list(self._cards.values()):
            for card in list(cards):
                card.refresh()

    # ---- the file

    def _write(self, line: str) -> bool:
        if self.file is None:
            return False
        try:
            if not self.file.parent.is_dir():
                self.file.parent.mkdir(parents=True, exist_ok=True)
            with _locked(self.file) as held:
                # After a line that was cut short, which is then a damaged one of its own.
                end = held.seek(0, os.SEEK_END)
                if end:
                    held.seek(end - 1)
                    line = line if held.read(1) == b"\n" else f"\n{line}"
                    held.seek(0, os.SEEK_END)
                held.write(f"{line}\n".encode())
        except OSError as error:
            self.note = f"Progress cannot be kept in {self.file.parent} ({error.strerror}); this kernel remembers it."
            return False
        return True

    def _read(self) -> list[Attempt]:
        if self.file is None:
            return []
        try:
            lines = self.file.read_bytes().splitlines()
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            self.note = f"Progress in {self.file} cannot be read ({error.strerror})."
            return []
        if None in map(_attempt, lines):
            lines = self._mend()
        return [attempt for attempt in map(_attempt, lines) if attempt is not None]

    def _mend(self) -> list[bytes]:
        """Put a damaged file aside, and keep of it what can be read."""
        assert self.file is not None
        try:
            with _locked(self.file) as held:
                held.seek(0)
                content = held.read()
                lines = content.splitlines()
                good = [line for line in lines if _attempt(line) is not None]
                if len(good) == len(lines):  # another kernel was faster
                    return lines
                aside = _free_name(self.file)
                aside.write_bytes(content)
                held.truncate(0)
                held.seek(0)
                held.write(b"".join(line + b"\n" for line in good))
        except OSError as error:
            self.note = f"Part of the progress in {self.file} cannot be read ({error.strerror})."
            return self.file.read_bytes().splitlines()
        self.note = (
            f"The record of progress was damaged: {counted(len(lines) - len(good), 'line')} could not be read. "
            f"It was put aside as {aside}; everything else was kept."
        )
        return good


def _attempt(line: bytes) -> Attempt | None:
    """What a line says; None if it is damaged."""
    try:
        entry = json.loads(line)
        id, version, solved = entry["id"], entry["version"], entry["solved"]
    except (ValueError, KeyError, TypeError):
        return None
    known = isinstance(id, str) and isinstance(version, int) and isinstance(solved, bool)
    return (id, version, solved) if known else None


def _free_name(file: Path) -> Path:
    number = 1
    while (aside := file.with_name(f"{file.stem}.damaged-{number}{file.suffix}")).exists():
        number += 1
    return aside


_IN_THIS_KERNEL = threading.Lock()


@contextmanager
def _locked(file: Path) -> Iterator[IO[bytes]]:
    """A file for reading and adding, which no other kernel has at the same time."""
    if in_a_browser():  # whose files know no locks, and cannot be cut while they are open
        content = io.BytesIO(file.read_bytes() if file.is_file() else b"")
        yield content
        file.write_bytes(content.getvalue())
        return
    with _IN_THIS_KERNEL, file.open("a+b", buffering=0) as held:
        try:
            import fcntl
        except ImportError:  # Windows: a byte far behind the end is locked, until the file is closed
            import msvcrt

            held.seek(1 << 30)
            msvcrt.locking(held.fileno(), msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined]
        else:
            fcntl.flock(held, fcntl.LOCK_EX)
        yield held


# ---- which folder

_KNOWN: dict[str, Attempts] = {}


def attempts() -> Attempts:
    """Those of the user: in the folder that MLMED_TEACH_PROGRESS names, or in the usual place of system or browser."""
    setting = os.environ.get(SETTING, "").strip()
    if setting not in _KNOWN:
        _KNOWN[setting] = _made(setting)
    return _KNOWN[setting]


def _made(setting: str) -> Attempts:
    if setting.lower() == "off":
        return Attempts(None, f"Progress is forgotten when this kernel ends, since {SETTING} says so.")
    if setting:
        folder = Path(setting).expanduser()
        if not folder.is_absolute():  # it would depend on where the notebook lies
            return Attempts(
                None, f"{SETTING} must be a whole path, not {setting!r}; progress is forgotten when this kernel ends."
            )
        return Attempts(folder)
    if in_a_browser():
        return _in_the_browser(FILES)
    import platformdirs

    return Attempts(Path(platformdirs.user_data_dir("mlmed-teach", appauthor=False)))


def _in_the_browser(files: Path) -> Attempts:
    """Those of a page that is Python too, among the files that the browser keeps for it, if it keeps any."""
    if files.is_dir():
        folder = files / "progress"
        where = f"{folder.name}/{FILE} of the file list"
        return Attempts(folder, f"Progress is kept by this browser, in {where}; download that file to keep it longer.")
    return Attempts(None, "This browser keeps no files for this page: progress is forgotten when the page is closed.")
