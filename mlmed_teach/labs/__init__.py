"""Labs: pictures that answer when a control moves, each with a task; the room `kit` says how to write one."""

# Names with "as" are for the cards of `exercises`, which look as labs do; labs themselves are what __all__ names.
from .class_results import ClassIntervals, read_class
from .kit import Image as Image
from .kit import Lab
from .lab_confounding import ConfoundingLab
from .lab_delta import DeltaLab
from .lab_intervals import IntervalsLab
from .lab_levels import LevelsLab
from .lab_likelihood import LikelihoodLab
from .lab_moderation import ModerationLab
from .lab_own_data import OwnDataLab
from .lab_paths import PathsLab
from .lab_planning import PlanningLab
from .lab_reshape import ReshapeLab
from .lab_sampling import SamplingLab
from .picture import DPI as DPI
from .picture import SHOWN as SHOWN
from .picture import Picture as Picture
from .picture import captioned as captioned
from .screen import heading as heading
from .screen import words as words

__all__ = [
    "confounding",
    "delta",
    "intervals",
    "levels",
    "likelihood",
    "moderation",
    "own_data",
    "paths",
    "planning",
    "reshape",
    "sampling",
]


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
    >>> lab.controls["between"].value = -1
    >>> round(lab.state.raw, 2)  # within it is .5
    -0.1
    """
    return LevelsLab()


def moderation() -> Lab:
    """Paths a and b that lean on a moderator w, and the conditional indirect effect that they make at each w.

    Controls: ``w`` (where you stand), ``a_by_w`` and ``b_by_w`` (how much a path changes for one unit of w), ``cov``
    (of what w leaves over of a_j and b_j).

    Returns
    -------
    Lab

    Examples
    --------
    >>> import mlmed_teach as mt
    >>> lab = mt.labs.moderation()
    >>> lab.controls["w"].value = 1
    >>> round(lab.state.indirect(1), 3), round(lab.state.index, 3)
    (0.4, 0.1)
    """
    return ModerationLab()


def own_data() -> Lab:
    """A table of your own: open it, name its columns, and take the report and the lines of Python with you.

    Controls: ``file`` (an upload) or ``path``; ``x``, ``m``, ``y``, ``group`` (columns); ``random`` ("auto", or the
    paths whose slopes are random); ``decompose`` (effects within and between clusters apart); ``drop`` (leave out rows
    with missing values); the button ``run``. The file is read by the kernel and goes nowhere else;
    in a browser alone it never leaves that browser.

    Returns
    -------
    Lab

    Examples
    --------
    >>> import mlmed_teach as mt
    >>> lab = mt.labs.own_data()
    >>> lab.controls["random"].value = ("a", "b")
    >>> lab.controls["run"].click()
    >>> round(lab.state.med.indirect.estimate, 2)
    0.46
    """
    return OwnDataLab()


def planning() -> Lab:
    """The power of a design by formula, and tables that check it.

    Controls: ``clusters``, ``size`` (rows in a cluster), ``path`` (averages of a_j and of b_j, where x within clusters
    and the residuals have a standard deviation of 1), ``sd`` (of a_j and of b_j over clusters; their correlation is
    1/3), and the buttons ``run`` (50 tables of this design) and ``keep`` (this design, to compare others with).

    Returns
    -------
    Lab

    Examples
    --------
    >>> import mlmed_teach as mt
    >>> lab = mt.labs.planning()
    >>> lab.controls["clusters"].value = 80
    >>> f"{lab.state.design.rows} rows, power {lab.state.design.power:.0%}"
    '640 rows, power 92%'
    """
    return PlanningLab()


def sampling(seed: int = 1) -> Lab:
    """Sample after sample of a population whose average indirect effect is known, and the coverage of the intervals.

    Controls: ``clusters``, ``size`` (rows in a cluster), ``shape`` ("normal" or "skewed" random effects), ``method``
    ("wald" or "monte_carlo"), and the buttons ``draw_1`` and ``draw_20``.

    Parameters
    ----------
    seed : int
        A student's number, say: the same seed gives the same samples, and each seed its own.

    Returns
    -------
    Lab

    Raises
    ------
    MlmedError
        The seed is no whole number from 0 on.

    Examples
    --------
    >>> import mlmed_teach as mt
    >>> lab = mt.labs.sampling(seed=1234)
    >>> lab.controls["draw_20"].click()
    >>> lab.state.now.drawn
    21
    """
    return SamplingLab(seed)


def class_intervals(text: str) -> ClassIntervals:
    """The intervals of a class, from the lines that the lab `sampling` shows to each student.

    Parameters
    ----------
    text : str
        The pasted lines. Blanks, tabs, empty lines and decimal commas do no harm; a line that comes twice counts once;
        one that cannot be read is named and left out.

    Returns
    -------
    ClassIntervals
        A DataFrame, one row a sample, with `coverage`, `mc_error`, `notes`, and `plot()`, the picture of all intervals
        around the truth.

    Raises
    ------
    MlmedError
        There is no line that can be read.

    Examples
    --------
    >>> import mlmed_teach as mt
    >>> lines = "1234: .471 [.360, .580] 100x8 wald normal\\n1235: ,340 [,231, ,449] 100x8 wald normal"
    >>> found = mt.labs.class_intervals(lines)
    >>> list(found["outcome"]), found.coverage
    (['ends below', 'holds it'], 0.5)
    """
    return read_class(text)


def confounding() -> Lab:
    """A cause of m and y that nobody measured, and the indirect effect by the correlation of residuals that it leaves.

    Controls: ``rho`` (the correlation that you suppose), ``on_m`` and ``on_y`` (how strongly the hidden cause of this
    world moves m and y), ``b`` (its true path from m to y), ``shown`` (whether the truth is on show).

    Returns
    -------
    Lab

    Examples
    --------
    >>> import mlmed_teach as mt
    >>> lab = mt.labs.confounding()
    >>> lab.controls["b"].value = 0  # no effect, and yet
    >>> lab.state.truth, round(lab.state.fitted.low, 1)
    (0.0, 0.2)
    """
    return ConfoundingLab()
