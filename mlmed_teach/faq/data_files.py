"""Where the data files of the package are."""

from __future__ import annotations

from pathlib import Path

from ..errors import MlmedError
from ..words import and_list

_PACKAGE = Path(__file__).resolve().parent.parent

# A clone keeps data/ beside the package; a wheel carries copies inside it.
_FOLDERS = (_PACKAGE.parent / "data", _PACKAGE / "_data")


def data_file(name: str) -> Path:
    """Path of one of the package's own data files.

    Parameters
    ----------
    name : str
        File name, such as ``"published.toml"``.

    Returns
    -------
    pathlib.Path
        An existing file: in ``data/`` beside the package (a clone), else inside the installed package.

    Raises
    ------
    MlmedError
        If the file is in neither place.
    """
    for folder in _FOLDERS:
        if (folder / name).is_file():
            return folder / name
    raise MlmedError(
        f"The data file {name} is missing (looked in {and_list(map(str, _FOLDERS))}). "
        "The installation is incomplete: fetch the project again and run `python3 start.py`."
    )
