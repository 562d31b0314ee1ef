"""Labs: pictures that answer when a control moves, each with a task; the room `kit` says how to write one."""

# Names with "as" are for the cards of `exercises`, which look as labs do; labs themselves are what __all__ names.
from .kit import Image as Image
from .kit import Lab
from .lab_delta import DeltaLab
from .lab_intervals import IntervalsLab
from .lab_likelihood import LikelihoodLab
from .lab_paths import PathsLab
from .lab_reshape import ReshapeLab
from .picture import DPI as DPI
from .picture import SHOWN as SHOWN
from .picture import Picture as Picture
from .picture import captioned as captioned
from .screen import heading as heading
from .screen import words as words

__all__ = ["delta", "intervals", "likelihood", "paths", "reshape"]


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


def intervals() -> Lab:
    """A product of two estimates with its Wald and its Monte Carlo interval, and whether they hold 0.

    Controls: ``a`` and ``b`` (in their standard errors), ``correlation`` (of the two estimates), ``method`` ("both",
    "wald" or "monte_carlo" in full colour).

    Returns
    -------
    Lab

    Examples
    --------
    >>> import mlmed_teach as mt
    >>> lab = mt.labs.intervals()
    >>> lab.controls["a"].value = lab.controls["b"].value = 2.5
    >>> lab.state.excludes("wald"), lab.state.excludes("monte_carlo")
    (False, True)
    """
    return IntervalsLab()


def reshape() -> Lab:
    """Rows of the lessons' table and the stacked rows that they become, with the equation that a stacked row carries.

    Controls: ``row`` (number of the original row), ``holds`` ("y", the first of its stacked rows, or "m", the second),
    ``swapped`` (sm and sy in each other's place, in all rows).

    Returns
    -------
    Lab

    Examples
    --------
    >>> import mlmed_teach as mt
    >>> lab = mt.labs.reshape()
    >>> lab.controls["holds"].value = "y"
    >>> lab.state.feeds
    ('d_Y', 'b', "c'")
    """
    return ReshapeLab()


def likelihood() -> Lab:
    """The log likelihood of the lessons' stacked model along one variance or covariance.

    Controls: ``parameter`` ("cov_ab", "var_a" or "var_cprime"), ``value`` (where you stand), ``held`` (whether the
    other variances and covariances stay at their estimates, or are maximized over), ``reml``, ``times`` (how many times
    each of the 100 clusters counts: 1, 2 or 4).

    Returns
    -------
    Lab

    Examples
    --------
    >>> import mlmed_teach as mt
    >>> lab = mt.labs.likelihood()
    >>> lab.controls["value"].value = 0.1
    >>> lab.missions[0].done
    True
    """
    return LikelihoodLab()
