"""Average indirect and total effect of the stacked model, with the formulas of Bauer, Preacher & Gil (2006)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ..errors import MlmedError
from ..models import Z95, MixedResult
from ..show import fixed, html_table, stata_number, text_table, wrapped_notes
from .formulas import combine
from .paths import BETWEEN, KINDS, PATHS, WITHIN, in_words, mean_of

TEXT_HEADS, TEXT_SPANS = ["Estimate", "Std. Err.", "z", "P>|z|", "[95% Conf.", "Interval]"], [11, 11, 9, 8, 13, 12]


HTML_HEADS = ["Estimate", "Std. Err.", "z", "P>|z|", "95% low", "95% high"]


PAGE_Z = 1.96  # the page's final block multiplies by 1.96 literally; its tables use 1.959964


@dataclass(frozen=True, slots=True)
class Effect:
    """An average effect.

    Attributes
    ----------
    name : str
    estimate, se : float
        Units of y per unit of x.
    """

    name: str
    estimate: float
    se: float

    @property
    def z(self) -> float:
        """Estimate over standard error, standard normal (in large samples) if the effect is 0."""
        return self.estimate / self.se

    @property
    def p(self) -> float:
        """Two-sided p value of `z`."""
        return float(2 * stats.norm.sf(abs(self.z)))

    @property
    def ci(self) -> tuple[float, float]:
        """95% Wald interval, (low, high)."""
        return self.interval()

    def interval(self, z: float = Z95) -> tuple[float, float]:
        """Wald interval with a given critical value, (low, high)."""
        return self.estimate - z * self.se, self.estimate + z * self.se


@dataclass(frozen=True, slots=True)
class LevelEffects:
    """Paths and effects of one level: of raw scores, within clusters, or between them.

    Attributes
    ----------
    a, b, cprime : Effect
        Average paths x -> m, m -> y, x -> y.
    cov_ab : Effect or None
        cov(a_j, b_j) over clusters; None unless both slopes are random.
    indirect, direct, total : Effect
        a b + cov(a_j, b_j); c'; their sum.
    """

    a: Effect
    b: Effect
    cprime: Effect
    cov_ab: Effect | None
    indirect: Effect
    direct: Effect
    total: Effect

    @property
    def paths(self) -> list[Effect]:
        """a, b, cprime and, if there is one, cov_ab."""
        return [self.a, self.b, self.cprime, *([self.cov_ab] if self.cov_ab else [])]


def _level_effects(fit: MixedResult, terms: tuple[str, str, str], where: str = "") -> LevelEffects:
    """Combine the paths that have these names in the stacked model; `where` goes in front of the effects' names."""
    V = fit.cov_params().loc[list(terms), list(terms)].to_numpy()
    a, b, c = (float(fit.params[term]) for term in terms)
    name = f"cov({terms[0]},{terms[1]})"
    cov, se_cov = map(float, fit.re_params.loc[name, ["estimate", "se"]]) if name in fit.re_params.index else (0.0, 0.0)
    between = where == BETWEEN
    estimates, ses = combine(a, b, c, cov, V, se_cov, exact=not between)
    paths = [
        Effect(f"{where}{path}", float(fit.params[term]), float(fit.bse[term]))
        for path, term in zip(PATHS, terms, strict=True)
    ]
    return LevelEffects(
        *paths,
        cov_ab=Effect(f"{where}cov_ab", cov, se_cov) if name in fit.re_params.index else None,
        **{
            kind: Effect(f"{where}{kind}", float(estimate), float(se))
            for kind, estimate, se in zip(KINDS, estimates, ses, strict=True)
        },
    )


class MediationEffects:
    """The average effects of x on y in a 1-1-1 model, and the parts that they are made of.

    Attributes
    ----------
    fit : MixedResult
        The stacked model.
    a, b, cprime : float
        Average paths x -> m, m -> y, x -> y; of a decomposed model, those within clusters.
    cov_ab : float
        cov(a_j, b_j): covariance of the two slopes over clusters; 0 unless both are random.
    se_cov_ab : float
        Its standard error.
    indirect, direct, total : Effect
        E(a_j b_j) = a b + cov(a_j, b_j); c'; their sum. Of a decomposed model, those within clusters.
    within, between : LevelEffects or None
        The two parts of a decomposed model. `between` has the paths of the cluster means, a product without a
        covariance, and first-order delta standard errors. Where x does not vary within clusters there is no `within`,
        and everything above is what it is between clusters.
    """

    def __init__(self, fit: MixedResult):
        self.fit = fit
        means = tuple(mean_of(term) for term in PATHS.values())
        decomposed = all(term in fit.params.index for term in means)
        slopes = all(term in fit.params.index for term in PATHS.values())
        self.between = _level_effects(fit, means, BETWEEN) if decomposed else None
        self.within = _level_effects(fit, tuple(PATHS.values()), WITHIN) if decomposed and slopes else None
        raw = None if decomposed else _level_effects(fit, tuple(PATHS.values()))
        self._main = main = self.within or self.between or raw
        self.a, self.b, self.cprime = main.a.estimate, main.b.estimate, main.cprime.estimate
        self.cov_ab, self.se_cov_ab = (main.cov_ab.estimate, main.cov_ab.se) if main.cov_ab else (0.0, 0.0)
        self.indirect, self.direct, self.total = main.indirect, main.direct, main.total

    @property
    def contextual(self) -> pd.DataFrame:
        """Path between clusters minus path within them, with a Wald test that both are the same.

        Returns
        -------
        DataFrame
            One row for each path that has both parts (a, b, cprime): estimate, se, z, p, ci low, ci high. No rows
            unless the model is decomposed.
        """
        V = self.fit.cov_params()
        rows = []
        for path, term in PATHS.items():
            mean = mean_of(term)
            if mean in V.index and term in V.index:
                variance = V.loc[mean, mean] + V.loc[term, term] - 2 * V.loc[mean, term]
                difference = float(self.fit.params[mean] - self.fit.params[term])
                rows.append(Effect(path, difference, float(np.sqrt(variance))))
        return _frame(rows)

    @property
    def levels(self) -> list[LevelEffects]:
        """The levels that the model tells apart: within and between, or the one of raw scores."""
        return [level for level in (self.within, self.between) if level] or [self._main]

    @property
    def paths(self) -> pd.DataFrame:
        """Every path that the effects are made of.

        Returns
        -------
        DataFrame
            One row for a, b, cprime and, if both slopes are random, cov_ab; of a decomposed model those of either
            level, "within: a" ... "between: cprime", as far as they exist. Columns as in `to_frame`.
        """
        paths = [path for level in self.levels for path in level.paths]
        if self.between and not self.within:  # x has no slope within clusters, but m has
            paths.insert(0, Effect(f"{WITHIN}b", float(self.fit.params["sym"]), float(self.fit.bse["sym"])))
        return _frame(paths)

    @property
    def sd_slopes(self) -> pd.Series:
        """Standard deviation of each random slope (a, b, cprime) over clusters."""
        G = self.fit.cov_re
        sd = {path: float(np.sqrt(G.loc[term, term])) for path, term in PATHS.items() if term in G}
        return pd.Series(sd, name="sd", dtype=float)

    @property
    def effects(self) -> list[Effect]:
        """Every effect of `to_frame`, in its order."""
        return [effect for level in self.levels for effect in (level.indirect, level.direct, level.total)]

    def to_frame(self) -> pd.DataFrame:
        """One row for each effect: estimate, se, z, p, ci low, ci high.

        Rows are indirect, direct, total; of a decomposed model "within: indirect", ... and "between: indirect", ...
        """
        return _frame(self.effects)

    def figures(self) -> dict[str, float]:
        """The numbers of the page's final block, under the names that `mlmed_teach.published` uses.

        Its limits are taken with 1.96, as there; `Effect.ci` uses the exact normal quantile.
        """
        figures = {"a": self.a, "b": self.b, "c prime": self.cprime, "cov(aj,bj)": self.cov_ab}
        for effect in (self.indirect, self.total):
            low, high = effect.interval(PAGE_Z)
            values = {"estimate": effect.estimate, "se": effect.se, "ratio": effect.z, "ci low": low, "ci high": high}
            figures |= {f"average {effect.name} effect: {name}": value for name, value in values.items()}
        return figures

    def _rows(self) -> list[list[str] | None]:
        rows = table_rows(self.to_frame(), in_words)
        return [*rows[:3], None, *rows[3:]] if rows[3:] else rows

    def _notes(self) -> list[str]:
        heads = ("Within clusters: ", "Between clusters: ")[-len(self.levels) :] if self.between else ("",)
        return [*(head + _parts(level) for head, level in zip(heads, self.levels, strict=True)), *self.fit.notes]

    def summary(self) -> str:
        """The effects as a text table, with the parts that they are made of."""
        table = text_table("", TEXT_HEADS, self._rows(), TEXT_SPANS, 24)
        return "\n".join([table, *wrapped_notes(self._notes(), table)])

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        return html_table(["", *HTML_HEADS], self._rows(), notes=self._notes())


def table_rows(frame: pd.DataFrame, label: Callable[[str], str]) -> list[list[str]]:
    """Cells of a table of effects as Stata prints them."""
    return [
        [label(name), stata_number(row["estimate"]), stata_number(row["se"]), fixed(row["z"], 2), fixed(row["p"], 3)]
        + [stata_number(row[limit]) for limit in ("ci low", "ci high")]
        for name, row in frame.iterrows()
    ]


def _parts(level: LevelEffects) -> str:
    names = ("a", "b", "c'", "cov(a_j, b_j)")
    return ", ".join(f"{name} = {stata_number(part.estimate)}" for name, part in zip(names, level.paths, strict=False))


def _frame(rows: list[Effect]) -> pd.DataFrame:
    return pd.DataFrame(
        [[e.estimate, e.se, e.z, e.p, *e.ci] for e in rows],
        index=[e.name for e in rows],
        columns=["estimate", "se", "z", "p", "ci low", "ci high"],
        dtype=float,
    )


def effects(fit: MixedResult) -> MediationEffects:
    """Average indirect, direct and total effect of a stacked model.

    The average indirect effect is E(a_j b_j) = a b + cov(a_j, b_j), where the covariance is 0 unless both slopes are
    random. Its variance is

        b^2 Var(a) + a^2 Var(b) + Var(a) Var(b) + 2 a b Cov(a,b) + Cov(a,b)^2 + Var(cov(a_j,b_j)),

    and that of the total effect adds Var(c') + 2 b Cov(a,c') + 2 a Cov(b,c'), where Var and Cov without j are sampling
    variances of the estimates (Bauer, Preacher & Gil 2006).

    Parameters
    ----------
    fit : MixedResult
        From `fit_stacked`, or from `xtmixed` of the same model fitted by statsmodels.

    Returns
    -------
    MediationEffects

    Raises
    ------
    MlmedError
        The fit is not a stacked model.

    Examples
    --------
    >>> import mlmed_teach as mt
    >>> eff = mt.effects(mt.fit_stacked(mt.stack(mt.load_ml_sim())))
    >>> print(f"{eff.indirect.estimate:.4f} = {eff.a:.4f} * {eff.b:.4f} + {eff.cov_ab:.4f}")
    0.4725 = 0.6119 * 0.6106 + 0.0990
    """
    if not isinstance(fit, MixedResult) or not all(term in fit.params.index for term in PATHS.values()):
        raise MlmedError(
            "effects needs the stacked model, with the terms smx, sym, syx: fit it with fit_stacked(stack(data, ...)), "
            "or use mediate(data, ...) for all steps at once."
        )
    return MediationEffects(fit)
