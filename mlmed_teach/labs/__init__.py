"""Labs: pictures that answer when a control moves, each with a task; the room `kit` says how to write one."""

# Names with "as" are for the cards of `exercises`, which look as labs do; labs themselves are what __all__ names.
from .kit import Image as Image
from .kit import Lab
from .lab_delta import DeltaLab
from .lab_paths import PathsLab
from .picture import DPI as DPI
from .picture import SHOWN as SHOWN
from .picture import Picture as Picture
from .picture import captioned as captioned
from .screen import heading as heading
from .screen import words as words

__all__ = ["delta", "paths"]


def paths() -> Lab:
    """Slopes a_j and b_j of clusters, and the average of their products.

    Controls: ``a`` and ``b`` (averages), ``sd`` (of both over clusters), ``correlation`` (of a_j and b_j).

    Returns
    -------
    Lab

    Examples
    --------
    >>> import mlmed_teach as mt
    >>> lab = mt.labs.paths()
    >>> lab.controls["b"].value = 0
    >>> round(lab.state.indirect, 3)  # all of it is covariance
    0.112
    """
    return PathsLab()


def delta() -> Lab:
    """The covariance of a_j and b_j from lns and atr: its delta-method interval beside a simulated one.

    Controls: ``lns_a`` and ``lns_b`` (logarithms of standard deviations), ``atr`` (of the correlation), ``se`` (of each
    of the three).

    Returns
    -------
    Lab

    Examples
    --------
    >>> import mlmed_teach as mt
    >>> lab = mt.labs.delta()
    >>> lab.controls["se"].value = 0.5
    >>> lab.missions[0].done
    True
    """
    return DeltaLab()
