"""Where the data files of the package are."""

from pathlib import Path

from ..errors import MlmedError

_PACKAGE = Path(__file__).resolve().parent.parent


# A clone keeps data/ beside the package; a wheel carries copies inside it.
_FOLDERS = (_PACKAGE.parent / "data", _PACKAGE / "_data")


def data_file(name):
    """
    Path of one of the package's own data files.

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
    looked = " and ".join(str(folder) for folder in _FOLDERS)
    raise MlmedError(
        f"The data file {name} is missing (looked in {looked}). "
        "The installation is incomplete: fetch the project again and run `python3 start.py`."
    )
