"""A learner's file as a table, and the line of Python that reads it."""

from __future__ import annotations

import csv
import difflib
import io
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

from ..browser import in_a_browser
from ..errors import MlmedError
from ..faq import load_ml_sim
from ..words import and_list, counted, listed, quoted, shortened

KINDS = (".csv", ".tsv", ".txt", ".dta", ".sav", ".xlsx")
MOST_MB, MOST_ROWS = 50, 100_000
UPLOAD_MB = 10  # what a notebook server takes in one message
EXAMPLE = 'mt.load_ml_sim("embedded")'
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_LINES = 200  # that separator and decimal sign are read from
_READERS = {".xlsx": ("read_excel", "openpyxl"), ".sav": ("read_spss", "pyreadstat"), ".dta": ("read_stata", "")}


@dataclass(frozen=True)
class Table:
    """A table that was read.

    Attributes
    ----------
    name : str
        Of the file, or of the data.
    frame : DataFrame
    code : str
        A Python expression that gives the same table.
    remark : str
        How the file was read, in words.
    """

    name: str
    frame: pd.DataFrame
    code: str
    remark: str = ""

    @property
    def columns(self) -> dict[str, Any]:
        """Columns as they are typed -> as they are called in the table, where a name may be a number."""
        return {str(column): column for column in self.frame.columns}


def example() -> Table:
    """The data of the lessons."""
    return Table("The data of the lessons", load_ml_sim("embedded"), EXAMPLE)


def from_path(text: str) -> Table:
    """Read a file of this machine.

    Raises
    ------
    MlmedError
        There is no such file, or it is no table that can be used.
    """
    path = Path(text).expanduser()
    try:
        if path.is_dir():
            raise MlmedError(f"{text!r} is a folder. {_files_in(path)}")
        if not path.is_file():
            close = difflib.get_close_matches(path.name, [other.name for other in _tables_in(path.parent)], 3)
            did_you_mean = f" Did you mean {' or '.join(map(quoted, close))}?" if close else ""
            raise MlmedError(f"There is no file {text!r}.{did_you_mean or ' ' + _files_in(path.parent)}")
        if path.stat().st_size > MOST_MB * 1e6:
            raise _too_large(path.name, path.stat().st_size)
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, MlmedError):
            raise
        raise MlmedError(f"The file {text!r} cannot be read: {error}.") from None
    return from_bytes(text, content)


def _tables_in(folder: Path) -> list[Path]:
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(path for path in found if path.suffix.lower() in KINDS)


def _files_in(folder: Path) -> str:
    names = [path.name for path in _tables_in(folder)]
    where = f"the folder {folder.resolve()}"
    return f"Tables in {where}: {listed(names)}." if names else f"There is no table in {where}."


def _too_large(name: str, size: float) -> MlmedError:
    return MlmedError(
        f"{shortened(name)} has {size / 1e6:,.0f} MB, and this lab reads up to {MOST_MB}. Read the columns that you "
        "need with pandas, and give that table to mt.mediate."
    )


def from_bytes(name: str, content: bytes) -> Table:
    """Read the content of a file, whose name says of which kind it is.

    Parameters
    ----------
    name : str
        Its path, which the line of Python repeats.
    content : bytes

    Returns
    -------
    Table

    Raises
    ------
    MlmedError
        It is no table with two columns and a row, or too large, or needs a package that is not installed.
    """
    if len(content) > MOST_MB * 1e6:
        raise _too_large(name, len(content))
    if not content:
        raise MlmedError(f"{shortened(name)} is empty.")
    ending = Path(name).suffix.lower()
    table = _foreign(name, content, ending) if ending in _READERS else _text(name, content)
    rows, columns = table.frame.shape
    if not rows:
        raise MlmedError(f"{shortened(name)} has a line of names and no rows.")
    if columns < 2:
        raise MlmedError(
            f"{shortened(name)} has one column only, {quoted(table.frame.columns[0])}. Its columns may be separated in "
            f"an unusual way: {and_list(list(_SEPARATORS.values()))} are known here."
        )
    if rows > MOST_ROWS:
        raise MlmedError(
            f"{shortened(name)} has {rows:,} rows, and this lab takes up to {MOST_ROWS:,}. Read it with {table.code}, "
            "and give that table to mt.mediate."
        )
    return table


def _foreign(name: str, content: bytes, ending: str) -> Table:
    """A file of Stata, SPSS or a spreadsheet."""
    reader, package = _READERS[ending]
    if package and find_spec(package) is None:
        how = f"run %pip install {package} in a cell" if in_a_browser() else "install that package"
        raise MlmedError(
            f"Files that end in {ending} are read with the package {package}, which is not installed here. Save the "
            f"table as csv, or {how}."
        )
    read = getattr(pd, reader)
    options: dict[str, Any] = {}
    try:
        if ending == ".sav":  # its reader takes a path only
            with tempfile.TemporaryDirectory() as folder:
                copy = Path(folder) / "table.sav"
                copy.write_bytes(content)
                frame = read(copy)
        else:
            try:
                frame = read(io.BytesIO(content))
            except ValueError as error:
                if ending != ".dta" or "label" not in str(error).lower():
                    raise
                options = {"convert_categoricals": False}  # labels that are not unique
                frame = read(io.BytesIO(content), **options)
    except Exception as error:  # each of these readers has errors of its own
        raise MlmedError(
            f"{shortened(name)} is not a table of the kind {ending}, or is damaged ({shortened(error)})."
        ) from None
    return Table(Path(name).name, frame, _code(reader, name, options))


def _code(reader: str, name: str, options: dict[str, Any]) -> str:
    parts = "".join(f", {option}={_quoted(value)}" for option, value in options.items())
    return f"pd.{reader}({_quoted(name)}{parts})"


def _quoted(value: Any) -> str:
    """A value as Python writes it, text in double quotes as elsewhere in the lessons."""
    text = repr(value)
    return f'"{text[1:-1]}"' if text.startswith("'") and '"' not in text else text


def _text(name: str, content: bytes) -> Table:
    """Separated columns, with separator, decimal sign and encoding as they seem to be."""
    text, encoding = _decoded(name, content)
    lines = [line for line in text.splitlines()[:_LINES] if line.strip()]
    if not lines:
        raise MlmedError(f"{shortened(name)} holds blank lines only.")
    separator = _separator(lines)
    options: dict[str, Any] = {} if separator == "," else {"sep": separator}
    if separator != "," and _decimal_commas(lines, separator):
        options["decimal"] = ","
    if encoding not in ("utf-8", "utf-8-sig"):  # pandas takes away the mark of the latter by itself
        options["encoding"] = encoding
    try:
        frame = pd.read_csv(io.BytesIO(content), **options)
    except Exception as error:
        why = _uneven(lines, separator) or f"{str(error).strip()}."
        raise MlmedError(f"{shortened(name)} is no table: {why}") from None
    if not isinstance(frame.index, pd.RangeIndex):  # pandas takes the first column for names of rows then
        raise MlmedError(
            f"{shortened(name)} has more values than names of columns. {_uneven(lines, separator)}".strip()
        )
    remark = f"columns separated by {_SEPARATORS[separator]}"
    remark += ", decimal commas" if "decimal" in options else ""
    return Table(Path(name).name, frame, _code("read_csv", name, options), remark)


def _uneven(lines: Sequence[str], separator: str) -> str:
    """The first line that has more values than the first has names."""
    rows = list(csv.reader(lines, delimiter=separator))
    found = next(((at, row) for at, row in enumerate(rows, 1) if len(row) > len(rows[0])), None)
    if found is None:
        return ""
    return f"Line {found[0]} has {counted(len(found[1]), 'value')}, and the first line has {len(rows[0])}."


def _decoded(name: str, content: bytes) -> tuple[str, str]:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ["utf-16"]
    elif b"\0" in content:
        raise MlmedError(
            f"{shortened(name)} is no text and so no table that can be read here. Kinds that can: {', '.join(KINDS)}."
        )
    else:
        encodings = ["utf-8-sig" if content[:3] == b"\xef\xbb\xbf" else "utf-8", "cp1252", "latin-1"]
    for encoding in encodings:
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise MlmedError(f"{shortened(name)} holds characters that cannot be read. Save it as UTF-8.")


def _separator(lines: Sequence[str]) -> str:
    """The one that cuts most lines into as many parts as the first, and into the most of them."""
    best, found = (0.0, 0), ","
    for separator in _SEPARATORS:
        counts = [len(row) for row in csv.reader(lines, delimiter=separator)]
        if counts and counts[0] > 1:
            alike = sum(count == counts[0] for count in counts) / len(counts)
            if (alike, counts[0]) > best:
                best, found = (alike, counts[0]), separator
    return found


def _decimal_commas(lines: Sequence[str], separator: str) -> bool:
    """Whether numbers are written 1,5: more of them than 1.5."""
    cells = [cell.strip() for row in csv.reader(lines[1:], delimiter=separator) for cell in row]
    commas, dots = (sum(bool(re.fullmatch(rf"[-+]?\d*{sign}\d+", cell)) for cell in cells) for sign in (",", r"\."))
    return commas > dots


def in_short(table: Table) -> str:
    """What is in a table, for the learner who is to name its columns."""
    names = list(table.columns)
    shown = ", ".join(map(shortened, names[:30])) + (f" and {len(names) - 30:,} more" if len(names) > 30 else "")
    remark = f" ({table.remark})" if table.remark else ""
    return f"{shortened(table.name)}: {counted(len(table.frame), 'row')}{remark}; columns: {shown}."
