"""The bar that shows how far long work has come."""

from tqdm.auto import tqdm

from ..browser import in_a_browser


def bar_of(total: int, what: str, unit: str, shown: bool) -> tqdm:
    """A progress bar, to be used as a context.

    Parameters
    ----------
    total : int
        Units of work.
    what : str
        Its title.
    unit : str
    shown : bool

    Returns
    -------
    tqdm
    """
    if in_a_browser():
        tqdm.monitor_interval = 0  # else a thread watches over bars that are slow, and a browser has no threads
    return tqdm(total=total, disable=not shown, desc=what, unit=unit)
