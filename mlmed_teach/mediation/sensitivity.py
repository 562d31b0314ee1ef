"""What an unmeasured cause of m and y within clusters would do to the effects: a closed form, without a refit.

Let the residuals e_M and e_Y of the two equations correlate with rho, and fit the model as if they did not. With

    kappa = rho / sqrt(1 - rho^2) * sd(e_Y) / sd(e_M),        both standard deviations of that fit,

e_Y = kappa e_M + e', and e_M = m - d_Mj - a_j x. Put into y's equation, this is the fitted model itself, whose b_j is
the true b_j + kappa, c'_j the true c'_j - kappa a_j, and d_Yj the true d_Yj - kappa d_Mj. For a given rho, then,

    indirect effect - kappa a,    direct effect + kappa a,    the same total effect,

and cov(a_j, b_j) as it is. Where the model can follow this map, it has the same likelihood for every rho, so that the
data say nothing about rho. Imai, Keele & Yamamoto (2010) have the idea for models of one level.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from .. import plots
from ..errors import MlmedError
from ..models import MixedResult
from ..show import Sheet, View, fixed, html_table, percent, picture_number, stata_number, text_table, wrapped_notes
from ..stacked_model import KINDS, PATHS, Effect, Level, LevelEffects, Specification, combine, effects_frame
from ..typing import Array
from ..words import and_list, described

GRID = np.round(np.linspace(-0.9, 0.9, 37), 10)
SHOWN = 9  # values of rho in the display


class Sensitivity(View):
    """The effects by rho, a DataFrame with index (rho, effect) and columns as in `to_frame`.

    Attributes
    ----------
    rho_zero : float
        The correlation of the residuals at which the indirect effect is 0; NaN where none can make it so (a is 0).
    words : str
        What a common cause would have to be like, as a sentence.
    """

    _metadata = [*View._metadata, "rho_zero", "words"]

    def __init__(self, frame: pd.DataFrame, rho_zero: float, words: str):
        super().__init__(frame, self._show)
        self.rho_zero, self.words = rho_zero, words

    def plot(self, ax: Axes | None = None) -> Axes:
        """Indirect and direct effect by rho, the first with its 95% band, and where it comes to 0.

        Parameters
        ----------
        ax : Axes, optional

        Returns
        -------
        Axes
        """
        return plots.effects_by_rho(pd.DataFrame(self), self.rho_zero, ax=ax)

    def _show(self, frame: pd.DataFrame) -> Sheet:
        rhos = frame.index.get_level_values("rho").unique()
        if len(rhos) > SHOWN:
            rhos = rhos[np.round(np.linspace(0, len(rhos) - 1, SHOWN)).astype(int)]
        heads = ["Indirect", "Std. Err.", "95% low", "95% high", "Direct"]
        rows = []
        for rho in rhos:
            indirect, direct = frame.loc[(rho, "indirect")], frame.loc[(rho, "direct")]
            values = [*indirect[["estimate", "se", "ci low", "ci high"]], direct["estimate"]]
            rows.append([fixed(rho, 2), *map(stata_number, values)])
        text = text_table("rho", heads, list(rows), [11] * 5, 8)
        return Sheet(
            "\n".join([text, *wrapped_notes([self.words], text)]),
            html_table(["rho", *heads], list(rows), notes=[self.words]),
            {},
        )


class Confounded(Protocol):
    """What `effects_if_confounded` needs of a mediation; `Mediation` documents each."""

    fit: MixedResult
    spec: Specification
    within: LevelEffects | None
    between: LevelEffects | None
    indirect: Effect
    a: float


def effects_if_confounded(med: Confounded, rho: ArrayLike | None = None) -> Sensitivity:
    """The effects within clusters, if something unmeasured moves m and y from row to row.

    The model supposes that the residuals of m and y are not correlated. If they are, with correlation rho, the indirect
    effect is off by kappa a (see the head of this module). The data cannot tell rho: this is no estimate of it, but an
    answer to "how large would it have to be?". Standard errors are by the delta method over a, b, cov(a_j, b_j) and
    both residual variances, for kappa is estimated, too.

    Parameters
    ----------
    med : Confounded
        As a method, the result itself.
    rho : float or array_like, optional
        Correlations between -1 and 1; by default from -.9 to .9.

    Returns
    -------
    Sensitivity
        One row for each rho and effect (indirect, direct, total); `rho_zero`, `words`, `plot()`.

    Raises
    ------
    MlmedError
        A rho is no number between -1 and 1; the model cannot follow the map, which the message explains, with the model
        that can.

    Examples
    --------
    >>> import mlmed_teach as mt
    >>> med = mt.mediate(mt.load_ml_sim())
    >>> print(f"{med.sensitivity().rho_zero:.2f}")
    0.66
    """
    values = GRID if rho is None else _correlations(rho)
    _refuse_what_is_not_closed(med.spec)
    theta, V = _parameters(med)
    ratio = float(np.sqrt(theta[4] / theta[5]))
    effects = [_effects(theta, V, value, med.fit.df) for value in values]
    frame = effects_frame(effect for some in effects for effect in some)
    frame.index = pd.MultiIndex.from_product([values, KINDS], names=["rho", "effect"])
    rho_zero = _tipping_point(med.indirect.estimate, med.a, ratio)
    return Sensitivity(frame, rho_zero, _in_words(rho_zero, med.spec.m, med.spec.y))


def _correlations(rho: ArrayLike) -> Array:
    try:
        values = np.atleast_1d(np.asarray(rho, dtype=float))
    except (TypeError, ValueError):
        values = np.array([np.nan])
    if values.ndim != 1 or not len(values) or not (np.abs(values) < 1).all():
        raise MlmedError(
            "rho must be one correlation or a list of them, each between -1 and 1 (these excluded), but it is "
            f"{described(rho) if np.ndim(rho) else repr(rho)}. For example rho=[0.1, 0.3], or leave it out."
        )
    if len(np.unique(values)) < len(values):
        raise MlmedError("rho holds a correlation twice. Give each one once.")
    return values


def _refuse_what_is_not_closed(spec: Specification) -> None:
    """The map needs c'_j to take up kappa a_j, d_Yj to take up kappa d_Mj, and y's equation what moves m."""
    if not spec.within and spec.decompose:
        raise MlmedError(
            f"{spec.x!r} does not vary within clusters, and the model is decomposed: the indirect effect is one "
            "between clusters, which correlated residuals of rows leave as it is."
        )
    needs = []
    if "a" in spec.random and "cprime" not in spec.random:
        slopes = tuple(path for path in PATHS if path in (*spec.random, "cprime"))
        needs.append(f"a_j varies over clusters and c'_j does not: add its slope, random={slopes!r}")
    if "m" in spec.intercepts and "y" not in spec.intercepts:
        needs.append(f"only {spec.m!r} has a random intercept: give {spec.y!r} one, too, intercepts=('m', 'y')")
    missing = [name for name in spec.covariates["m"] if name not in spec.covariates["y"]]
    if missing:
        needs.append(f"{and_list(map(repr, missing))} is in the equation of {spec.m!r} alone: put it into both")
    for moderator in spec.moderators:
        if "a" in moderator.paths and "cprime" not in moderator.paths:
            needs.append(
                f"a depends on {moderator.name!r} and c' does not: let it, as in moderators={{'a': {moderator.name!r}, "
                f"'cprime': {moderator.name!r}}}"
            )
    if needs:
        raise MlmedError(
            "With correlated residuals the model would not keep its form, so that there is no closed form for it. "
            + "; ".join(needs)
            + ". Then call sensitivity() of that result."
        )


def _parameters(med: Confounded) -> tuple[Array, Array]:
    """a, b, c', cov(a_j, b_j), residual variances of y and m, shape (6,), and their covariance matrix."""
    fit, level = med.fit, _level(med)
    design, optimum = fit.design, fit.optimum
    p, q = len(design.fe_names), len(design.re_names)
    at = [design.fe_names.index(path.term_of(level)) for path in PATHS.values()]
    V = getattr(optimum.cov, fit.se)
    found = np.zeros((6, 6))
    places = [*zip((0, 1, 2), at, strict=True), (4, len(V) - 2), (5, len(V) - 1)]
    cov = 0.0
    slopes = [PATHS[name].term for name in "ab"]
    if set(slopes) <= set(design.re_names):
        j, i = sorted(design.re_names.index(term) for term in slopes)
        cov = float(optimum.G[i, j])
        places.append((3, p + i * (i + 1) // 2 + j))
    assert len(V) == p + q * (q + 1) // 2 + 2
    rows, own = zip(*places, strict=True)
    found[np.ix_(rows, rows)] = V[np.ix_(own, own)]
    return np.array([*optimum.beta[at], cov, *optimum.s2]), found


def _level(med: Confounded) -> Level:
    return "within" if med.within else ""


def _effects(theta: Array, V: Array, rho: float, df: float) -> Iterable[Effect]:
    a, b, c, cov, s2_y, s2_m = theta
    kappa = rho / np.sqrt(1 - rho**2) * np.sqrt(s2_y / s2_m)
    by_y, by_m = kappa / (2 * s2_y), -kappa / (2 * s2_m)
    T = np.array(
        [
            [1, 0, 0, 0, 0, 0],
            [0, 1, 0, 0, -by_y, -by_m],
            [kappa, 0, 1, 0, a * by_y, a * by_m],
            [0, 0, 0, 1, 0, 0],
        ]
    )
    estimates, ses = combine(a, b - kappa, c + kappa * a, cov, T @ V @ T.T)
    return [Effect("", kind, float(e), float(s), df) for kind, e, s in zip(KINDS, estimates, ses, strict=True)]


def _tipping_point(indirect: float, a: float, ratio: float) -> float:
    """rho with kappa a = indirect effect."""
    if a == 0:
        return float("nan")
    k = indirect / a / ratio
    return float(k / np.sqrt(1 + k**2))


def _in_words(rho_zero: float, m: str, y: str) -> str:
    if np.isnan(rho_zero):
        return "Path a is 0: no correlation of the residuals can make an indirect effect, or take one away."
    share = percent(abs(rho_zero), 1)
    return (
        f"The indirect effect would be 0 with a residual correlation of {picture_number(rho_zero)}: an unmeasured "
        f"common cause that moves {m} and {y} {'the same way' if rho_zero > 0 else 'in opposite ways'} within "
        f"clusters, and makes up {share} of the variance of either residual (or two other shares with that geometric "
        f"mean). The data "
        "do not tell how large the correlation is."
    )
