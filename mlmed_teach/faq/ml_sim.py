"""The data set of the lessons: embedded, downloaded from UCLA, or read from a file."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd

from ..browser import in_a_browser
from ..errors import MlmedError
from ..validation import numeric_values
from ..words import counted, described, quoted_list
from .data_files import data_file

ADDRESSES = (
    "https://stats.idre.ucla.edu/stat/data/ml_sim.dta",
    "http://www.ats.ucla.edu/stat/data/ml_sim.dta",  # the FAQ's own, older
)

_COLUMNS = ["id", "x", "m", "y"]
_ROWS = 800

_TIMEOUT = 10  # seconds without an answer
_ATTEMPTS = 3  # for each address
_PAUSE = 0.5  # seconds, times the number of the attempt

_TO_UPLOAD = (
    "A page in a browser may not fetch the original data set from another site. Save it on your computer from "
    f"{ADDRESSES[0]} (open that address in a tab of its own), drag the file into the file list on the left, into the "
    'folder of this notebook, and give its path: load_ml_sim("ml_sim.dta"). It stays in this browser. Every lesson '
    'also runs on the embedded set, which gives all figures that the FAQ prints: load_ml_sim("embedded").'
)

# The original's numbers are about in more than one precision: the eight digits in the FAQ's listing are not quite
# those of the single-precision copy that this was made with; they differ by 1e-7. So the fingerprint is not taken of
# the bytes but of bins, floor((value - _BIN_EDGE) / _BIN), with an edge chosen such that no value comes within 1.5e-6
# of one: all such copies give the same bins, but no value can be changed by .001 or more, nor the order of the rows,
# without another fingerprint.
_BIN = 0.001
_BIN_EDGE = 0.00060033
_ORIGINAL = "c29e0ec44e443cfdedb0ac293323e691ba99a515b69afc15ed15876281a91873"


def load_ml_sim(source: str | os.PathLike | None = None) -> pd.DataFrame:
    """The simulated data of Bauer, Preacher and Gil (2006) that the FAQ analyses: 100 clusters of 8 rows.

    Parameters
    ----------
    source : str or path, optional
        "embedded": the set that comes with this package; rows 1-16 are those that the FAQ prints, the others were
        solved for so that every figure of the FAQ comes out. "original": UCLA's file, downloaded once and then kept in
        a cache (the folder named by the environment variable MLMED_TEACH_CACHE, or the usual place of the operating
        system); Python in a browser may not download it, and says how it gets there. A path: a copy of either set, as
        .csv or .dta. Unless told, the environment variable MLMED_TEACH_DATA decides in the same way, and without it
        the embedded set is taken.

    Returns
    -------
    DataFrame
        800 rows with id (integer, 1 to 100), x, m and y (float64; the original's are its single-precision values).

    Raises
    ------
    MlmedError
        If the download fails or brings something else (nothing is stored then), or if a file cannot be read or is not
        this data set.
    """
    if source is not None:
        return _load(source)
    setting = os.environ.get("MLMED_TEACH_DATA", "").strip()
    if not setting:
        return _load("embedded")
    try:
        return _load(setting)
    except MlmedError as error:
        raise MlmedError(f"The environment variable MLMED_TEACH_DATA says {setting!r}. {error}") from error


def _load(source: str | os.PathLike) -> pd.DataFrame:
    if not isinstance(source, str | os.PathLike):
        raise MlmedError(f'source must be "embedded", "original" or the path of a file, not {described(source)}.')
    if source == "embedded":
        return _embedded()
    if source == "original":
        return _original()
    try:
        return _from_file(Path(source).expanduser())
    except RuntimeError:  # "~name" of nobody on this computer
        raise MlmedError(f"The path {source!s} names the home folder of a user who is not on this computer.") from None


def _embedded() -> pd.DataFrame:
    table, problem = _tidy(_read(data_file("ml_sim.csv")))
    if table is None:
        raise MlmedError(f"The package's own data file is damaged: {problem}. Install the package again.")
    return table


def _from_file(path: Path) -> pd.DataFrame:
    if path.suffix.lower() not in (".csv", ".dta"):
        raise MlmedError(
            f"{str(path)!r} is neither a .csv nor a .dta file. The source of the data is "
            '"embedded", "original", or the path of such a file.'
        )
    if path.is_dir():
        raise MlmedError(f"{path} is a folder. Give the path of the file in it.")
    if not path.is_file():
        raise MlmedError(
            f"There is no file {path} (looked from the folder {Path.cwd()}). Check the path and its spelling."
        )
    return _recognize(_read(path), path.name)


def _original() -> pd.DataFrame:
    """The original, from the cache or, once it has been verified, into it."""
    if in_a_browser():
        raise MlmedError(_TO_UPLOAD)
    cache = _cache_folder()
    for name in ("ml_sim.dta", "ml_sim.csv"):
        if (cache / name).is_file():
            try:
                return _verify(_read(cache / name))
            except MlmedError:
                pass  # somebody damaged it: it is fetched again, and replaced only by something better
    failures = []
    for address in ADDRESSES:
        with tempfile.TemporaryDirectory(prefix="mlmed-teach-") as folder:
            file = Path(folder) / "download"
            failure = _fetch(address, file)
            if failure is None:
                try:
                    table = _verify(_read(file))
                except MlmedError as error:
                    failure = f"what it sends is not the data set: {error}"
                else:
                    _keep(file, cache)
                    return table
        failures.append(f"  {address}: {failure}")
    raise MlmedError(
        "The original data set could not be had:\n" + "\n".join(failures) + "\n"
        f"The cache ({cache}) is as it was. Every lesson also runs on the embedded set, which gives all figures that "
        'the FAQ prints: load_ml_sim("embedded"). If you can get ml_sim.dta in another way, with a browser for '
        'example, give its path: load_ml_sim("path/to/ml_sim.dta").'
    )


def _cache_folder() -> Path:
    folder = os.environ.get("MLMED_TEACH_CACHE", "").strip()
    if folder:
        return Path(folder).expanduser()
    import pooch  # here and below only when needed: the lessons' own data need no network

    return Path(pooch.os_cache("mlmed-teach"))


def _fetch(address: str, file: Path) -> str | None:
    """Download to `file`; None, or in words why it failed."""
    import pooch
    import requests

    download = pooch.HTTPDownloader(progressbar=True, timeout=_TIMEOUT)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            download(address, str(file), None)
        except requests.Timeout:
            return f"no answer within {_TIMEOUT} seconds"  # trying again would only keep the student waiting
        except requests.HTTPError as error:
            answer = cast(requests.Response, error.response)
            failure = f"the server says {answer.status_code} {answer.reason}"
            if answer.status_code < 500:
                return failure
        except requests.exceptions.ChunkedEncodingError:
            failure = "the transfer broke off"
        except requests.ConnectionError:
            failure = "no connection (is this computer online?)"
        except (requests.RequestException, OSError) as error:
            failure = f"{type(error).__name__}: {error}"
        else:
            return None
        if attempt < _ATTEMPTS:
            time.sleep(_PAUSE * attempt)
    return f"{failure}, in {_ATTEMPTS} attempts"


def _keep(file: Path, cache: Path) -> None:
    """Put a verified file into the cache in one step, so that there is never half a file."""
    name = "ml_sim.dta" if _is_dta(file) else "ml_sim.csv"
    part = cache / f"{name}.{os.getpid()}.part"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        part.write_bytes(file.read_bytes())
        os.replace(part, cache / name)
    except OSError as error:
        raise MlmedError(
            f"The data set was downloaded but cannot be stored in {cache}: {error}. "
            "Set the environment variable MLMED_TEACH_CACHE to a folder that you may write to."
        ) from error


def _is_dta(path: Path) -> bool:
    with open(path, "rb") as file:
        start = file.read(11)
    # new files begin with a tag, old ones with their version (102 to 115) and byte order
    return start == b"<stata_dta>" or (len(start) > 1 and 102 <= start[0] <= 115 and start[1] in (1, 2))


def _read(path: Path) -> pd.DataFrame:
    """A file as it is; by its content, since a server may send either format under any name."""
    try:
        if _is_dta(path):
            return pd.read_stata(path, convert_categoricals=False)
        return pd.read_csv(path, dtype=str).apply(_floats)
    except Exception as error:  # pandas raises whatever the broken bytes lead to
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise MlmedError(
            f"{Path(path).name} cannot be read as a table in .csv or .dta format ({reason[0]}). "
            "Is it damaged, or a page saved in its place?"
        ) from error


def _floats(column: pd.Series) -> pd.Series:
    """Text as numbers, each the nearest to its digits (pandas' own parser may miss it by a bit, as versions differ)."""
    try:
        return column.astype("float64")
    except ValueError:
        return column


def _tidy(raw: pd.DataFrame) -> tuple[pd.DataFrame | None, str]:
    """(columns id as integer, x, m, y as float64; ""), or (None, how the shape differs, in words)."""
    missing = [column for column in _COLUMNS if column not in raw.columns]
    if missing:
        return None, f"there is no column {quoted_list(missing)} (the columns are {quoted_list(raw.columns, 8)})"
    problems = []
    extra = [column for column in raw.columns if column not in _COLUMNS]
    if extra:
        problems.append(f"there are more columns than id, x, m and y: {quoted_list(extra, 8)}")
    if len(raw) != _ROWS:
        problems.append(f"there are {counted(len(raw), 'row')} instead of {_ROWS}")
    values = {}
    for column in _COLUMNS:
        numbers = numeric_values(raw[column])
        if numbers is None:
            problems.append(f"column {column!r} is not numeric")
            continue
        values[column] = numbers
        if not np.isfinite(numbers).all():
            count = int((~np.isfinite(numbers)).sum())
            problems.append(f"column {column!r} has {counted(count, 'missing or infinite value')}")
        elif column == "id" and (numbers != np.round(numbers)).any():
            problems.append("column 'id' has values that are not whole numbers")
    if problems:
        return None, "; ".join(problems)
    return pd.DataFrame({"id": values["id"].astype("int64"), **{column: values[column] for column in _COLUMNS[1:]}}), ""


def _fingerprint(table: pd.DataFrame) -> str:
    bins = np.floor((table[_COLUMNS[1:]].to_numpy() - _BIN_EDGE) / _BIN)
    content = np.column_stack([table["id"], bins]).astype("<i4")
    return hashlib.sha256(content.tobytes()).hexdigest()


def _single(table: pd.DataFrame) -> pd.DataFrame:
    """In single precision, so that the original is the same from whatever file."""
    return table.astype(dict.fromkeys(_COLUMNS[1:], "float32")).astype(dict.fromkeys(_COLUMNS[1:], "float64"))


def _verify(raw: pd.DataFrame) -> pd.DataFrame:
    """The original, or an error."""
    table, problem = _tidy(raw)
    if table is None:
        raise MlmedError(problem)
    if _fingerprint(table) != _ORIGINAL:
        raise MlmedError("the columns and the number of rows are right, but not the values")
    return _single(table)


def _recognize(raw: pd.DataFrame, name: str) -> pd.DataFrame:
    """The original or a copy of the embedded set; otherwise an error that says how it differs."""
    table, problem = _tidy(raw)
    if table is not None:
        if _fingerprint(table) == _ORIGINAL:
            return _single(table)
        embedded = _embedded()
        # a copy that another program wrote may have seven digits only
        same = np.isclose(table, embedded, rtol=1e-6, atol=1e-9)
        if same.all():
            return table
        row, column = np.argwhere(~same)[0]
        problem = (
            f"it is not the original, and {(~same).sum():,} of its {same.size:,} values differ from the embedded set, "
            f"first in row {row + 1}, column {_COLUMNS[column]!r}: "
            f"{table.iat[row, column]:.9g} instead of {embedded.iat[row, column]:.9g}"
        )
    raise MlmedError(
        f"{name} is not the data set of the lessons: {problem}. For a table of your own, read it with "
        "pandas.read_csv (or pandas.read_stata) and pass it to mlmed_teach.mediate."
    )
