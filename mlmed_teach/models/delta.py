"""The delta method: standard errors of functions of estimated parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ..errors import MlmedError
from ..show import html_table, stata_number
from .result import MixedResult


@dataclass(frozen=True)
class DeltaEstimate:
    """A function of estimated parameters with its delta-method standard error.

    Attributes
    ----------
    estimate : float
        The function at the estimates.
    se : float
        sqrt(g' V g).
    ci : tuple of float
        Symmetric limits, (low, high).
    gradient : ndarray, shape (k,)
        g, the partial derivatives of the function at the estimates.
    label : str
    level : float
        Confidence level of `ci`.
    """

    estimate: float
    se: float
    ci: tuple[float, float]
    gradient: NDArray[np.float64]
    label: str = "function"
    level: float = 0.95

    def __repr__(self) -> str:
        return (
            f"{self.label}: {stata_number(self.estimate, 10)} (std. err. {stata_number(self.se, 10)}, "
            f"{100 * self.level:g}% interval {stata_number(self.ci[0], 10)} to {stata_number(self.ci[1], 10)})"
        )

    def _repr_html_(self) -> str:
        numbers = (self.estimate, self.se, *self.ci)
        row = [self.label, *(stata_number(number, 10) for number in numbers)]
        limits = [f"{100 * self.level:g}% {end}" for end in ("low", "high")]
        return html_table(["", "Estimate", "Std. Err.", *limits], [row])


def central_differences(
    f: Callable[..., float], at: NDArray[np.float64], scale: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Gradient of a function by central differences of two widths, extrapolated (Richardson): error of order h^4.

    Parameters
    ----------
    f : callable
        Takes k numbers, returns a number.
    at : ndarray, shape (k,)
    scale : ndarray, shape (k,), optional
        Width over which each number may be thought to move, such as its standard error: the steps are a hundredth of
        it. By default a tenth of the number, or of 1 for small ones.

    Returns
    -------
    ndarray, shape (k,)
    """
    at = np.asarray(at, dtype=float)
    default = 0.1 * np.maximum(1.0, np.abs(at))
    scale = default if scale is None else np.where(scale > 0, scale, default)
    gradient = np.empty(len(at))
    for k, h in enumerate(0.01 * scale):  # for lns and atr, h^4 and rounding over h are then both about 1e-12
        step = np.zeros(len(at))
        step[k] = h

        def slope(width: float, step: NDArray[np.float64] = step, h: float = h) -> float:
            return (float(f(*(at + width * step))) - float(f(*(at - width * step)))) / (2 * width * h)

        gradient[k] = (4 * slope(0.5) - slope(1.0)) / 3
    return gradient


def delta_method(
    f: Callable[..., float],
    at: Sequence[float],
    cov: NDArray[np.float64],
    d: Callable[..., Sequence[float]] | None = None,
    level: float = 0.95,
    label: str = "function",
) -> DeltaEstimate:
    """Estimate, standard error and interval of f(theta): Var f = g' V g with g the gradient of f.

    Parameters
    ----------
    f : callable
        Takes the k parameters as separate numbers, returns a number.
    at : sequence of float, length k
        The estimates.
    cov : ndarray, shape (k, k)
        Their covariance matrix V.
    d : callable, optional
        Takes the same numbers, returns the k partial derivatives; by default central differences.
    level : float
        Confidence level of the interval.
    label : str
        Name of the function in the display.

    Returns
    -------
    DeltaEstimate

    Raises
    ------
    MlmedError
        f or d gives no finite number or cannot be called with k numbers, d gives not one derivative for each parameter,
        `cov` or `level` cannot be used.

    Examples
    --------
    The standard error of exp(theta) at theta = 0 with variance .04:

    >>> import numpy as np, mlmed_teach as mt
    >>> round(mt.delta_method(np.exp, [0.0], [[0.04]]).se, 6)
    0.2
    """
    if not (isinstance(level, int | float) and 0 < level < 1):
        raise MlmedError(f"level must lie between 0 and 1, as in 0.95, but it is {level!r}.")
    theta, cov = _array(at, "The estimates"), _array(cov, "The covariance matrix")
    k = theta.size
    if theta.ndim != 1 or cov.shape != (k, k):
        raise MlmedError(f"{k} estimates need a covariance matrix of shape {(k, k)}, not {cov.shape}.")
    variance = np.diag(cov)
    if not (np.isfinite(cov).all() and (variance >= 0).all()):
        raise MlmedError("The covariance matrix has entries that are not finite, or a negative variance.")
    f = _callable(f, "f", k)
    estimate = _finite(f(*theta), "The function f")
    if d is None:
        gradient = central_differences(f, theta, np.sqrt(variance))
    else:
        gradient = _array(_callable(d, "d", k)(*theta), "What d returns")
    if gradient.shape != theta.shape:
        raise MlmedError(
            f"d must return one derivative for each of the {k} parameters, but its shape is {gradient.shape}."
        )
    for slope in gradient:
        _finite(slope, "A derivative")
    se = float(np.sqrt(max(float(gradient @ cov @ gradient), 0.0)))
    half = float(stats.norm.ppf(0.5 + level / 2)) * se
    return DeltaEstimate(estimate, se, (estimate - half, estimate + half), gradient, label, level)


def _array(values: object, what: str) -> NDArray[np.float64]:
    try:
        return np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise MlmedError(f"{what} must be numbers, but this is {values!r}.") from None


def _callable(function: object, name: str, k: int) -> Callable[..., Any]:
    """The function, with an error for students where it cannot be called with k numbers."""
    if not callable(function):
        raise MlmedError(f"{name} must be a function, such as lambda a, b: a - b, but it is {function!r}.")

    def call(*numbers: float) -> Any:
        try:
            return function(*numbers)
        except Exception as error:
            raise MlmedError(
                f"{name} failed when it was called with {k} {'number' if k == 1 else 'numbers'}, one for each "
                f"parameter: {type(error).__name__}: {error}"
            ) from error

    return call


def _finite(value: float, what: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise MlmedError(f"{what} must return one number, but it returned {value!r}.") from None
    if not np.isfinite(number):
        raise MlmedError(
            f"{what} is {number} at the estimates: is it defined there (logarithms, divisions, square roots)?"
        )
    return number


def diparm(
    result: MixedResult,
    *names: str,
    f: Callable[..., float] | None = None,
    d: Callable[..., Sequence[float]] | None = None,
    level: float = 0.95,
    label: str | None = None,
) -> DeltaEstimate:
    """Any function of the covariance parameters as Stata keeps them, like its ``_diparm``.

    Parameters
    ----------
    result : MixedResult
        A fitted model.
    *names : str
        Parameters in the order in which `f` takes them: Stata's names (``"atr1_1_2_4"``) or readable ones
        (``"atr(smx,sym)"``, ``"lns(smx)"``, ``"lnsig_e"``); `result.stata_params` lists them.
    f : callable, optional
        Function of as many numbers as there are names; with one name it may be left out to show the parameter itself.
    d : callable, optional
        Its partial derivatives; by default central differences.
    level : float
        Confidence level.
    label : str, optional
        Name in the display.

    Returns
    -------
    DeltaEstimate

    Raises
    ------
    MlmedError
        An unknown parameter, a missing `f`, no finite value, or a fit on the boundary.

    Examples
    --------
    The covariance of two random effects is tanh(atr) exp(lns) exp(lns):

    >>> import numpy as np, mlmed_teach as mt
    >>> fit = mt.fit_stacked(mt.stack(mt.load_ml_sim()))
    >>> cov = mt.diparm(fit, "atr(smx,sym)", "lns(smx)", "lns(sym)", f=lambda t, s, u: np.tanh(t) * np.exp(s + u))
    >>> print(f"{cov.estimate:.4f} ({cov.se:.4f})")
    0.0990 (0.0228)
    """
    if not isinstance(result, MixedResult):
        raise MlmedError(
            "diparm needs a fitted model, from fit_mixed, fit_stacked or xtmixed, "
            f"but this is a {type(result).__name__}."
        )
    if not all(isinstance(name, str) for name in names):
        raise MlmedError(f"Parameters are given by their names, as text; {names!r} holds something else.")
    params, readable = result.stata_params, {label: name for name, label in result.stata_labels.items()}
    chosen = [readable.get(name.replace(" ", "") if name not in readable else name, name) for name in names]
    unknown = [name for name in chosen if name not in params.index]
    if unknown or not names:
        known = ", ".join(f"{name} = {text}" for name, text in result.stata_labels.items())
        problem = (
            f"The model has no parameter {', '.join(map(repr, unknown))}."
            if unknown
            else "Name at least one parameter."
        )
        raise MlmedError(f"{problem} It has: {known}.")
    if f is None:
        if len(names) > 1:
            raise MlmedError(
                f"Give the function of the {len(names)} parameters too, as in diparm(..., f=lambda a, b: a - b)."
            )

        def f(value: float) -> float:
            return value

    cov = result.stata_cov.loc[chosen, chosen].to_numpy()
    return delta_method(f, params[chosen].to_numpy(), cov, d, level, label or f"f({', '.join(names)})")
