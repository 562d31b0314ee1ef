"""Labs: pictures that answer when a control moves, each with a task; the room `kit` says how to write one."""

from .kit import Lab
from .lab_delta import DeltaLab
from .lab_levels import LevelsLab
from .lab_paths import PathsLab

__all__ = ["delta", "levels", "paths"]


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


def levels() -> Lab:
    """Slopes within and between clusters, and the raw slope through all rows that blends them.

    Controls: ``within`` and ``between`` (slopes of y on m), ``icc`` (share of m's variance between clusters), ``rows``
    (in each cluster).

    Returns
    -------
    Lab

    Examples
    --------
    >>> import mlmed_teach as mt
    >>> lab = mt.labs.levels()
    >>> lab.controls["icc"].value = 0.9
    >>> round(lab.state.raw, 2)  # within .5, between -.4
    -0.31
    """
    return LevelsLab()
