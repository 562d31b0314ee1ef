"""Average indirect and total effect of the stacked model, with the formulas of Bauer, Preacher & Gil (2006)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ..errors import MlmedError
from ..models import SE, MixedResult
from ..show import html_table, stata_number, text_table, wrapped_notes
from ..typing import Array
from .effect import (
    HTML_HEADS,
    TEXT_HEADS,
    TEXT_SPANS,
    ChangeOfEffect,
    Effect,
    LevelEffects,
    effects_frame,
    table_rows,
)
from .formulas import combine
from .moderators import Moderator
from .paths import KINDS, PATHS, Level, letter_of

PAGE_Z = 1.96  # the page's final block multiplies by 1.96 literally; its tables use 1.959964


COV_AB = f"cov({PATHS['a'].term},{PATHS['b'].term})"  # among the (co)variances of a stacked model


def covariance_of_paths(fit: MixedResult, terms: Sequence[str]) -> Array:
    """Covariance matrix of the estimates of paths and of cov(a_j, b_j).

    Parameters
    ----------
    fit : MixedResult
        The stacked model; its `se` says which of the three matrices.
    terms : sequence of str, length k
        Terms that carry the paths.

    Returns
    -------
    ndarray, shape (k + 1, k + 1)
        The last row and column are those of cov(a_j, b_j); 0 unless both slopes are random.
    """
    names = [*terms, COV_AB]
    V: Array = fit.cov_theta().reindex(index=names, columns=names, fill_value=0.0).to_numpy(copy=True)
    return V


def _level_effects(fit: MixedResult, level: Level) -> LevelEffects:
    """Combine the paths of a level."""
    terms = [path.term_of(level) for path in PATHS.values()]
    V, (a, b, c) = covariance_of_paths(fit, terms), fit.params[terms].astype(float)
    vary = level != "between" and COV_AB in fit.re_params.index
    cov = float(fit.re_params.loc[COV_AB, "estimate"]) if vary else 0.0
    if not vary:
        V[3], V[:, 3] = 0.0, 0.0
    paths = zip([*PATHS, "cov_ab"], (a, b, c, cov), np.sqrt(np.diag(V)), strict=True)
    effects = zip(KINDS, *combine(a, b, c, cov, V), strict=True)
    made = {kind: Effect(level, kind, float(value), float(se), fit.df) for kind, value, se in [*paths, *effects]}
    return LevelEffects(**made if vary else made | {"cov_ab": None})


def _part_of_level(fit: MixedResult, level: Level) -> LevelEffects:
    """The paths of a level of which some do not exist, and no effects."""

    def path(kind: str) -> Effect:
        term = PATHS[kind].term_of(level)
        there = term in fit.params.index
        value, se = (float(fit.params[term]), float(fit.bse[term])) if there else (float("nan"), float("nan"))
        return Effect(level, kind, value, se, fit.df)

    nothing = {kind: Effect(level, kind, float("nan"), float("nan"), fit.df) for kind in KINDS}
    return LevelEffects(**{kind: path(kind) for kind in PATHS}, cov_ab=None, **nothing)


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
        The two parts of a decomposed model. `between` has the paths of the cluster means, and a product without a
        covariance. Where x does not vary within clusters there is no `within`, and everything above is what it is
        between clusters. Where the means of x (or of m) are the same in all clusters, `between` has b (or cprime)
        alone.
    """

    def __init__(self, fit: MixedResult):
        self.fit = fit
        between, within = (
            [path.term_of(level) in fit.params.index for path in PATHS.values()] for level in ("between", "within")
        )
        self.between = None
        if any(between):
            self.between = _level_effects(fit, "between") if all(between) else _part_of_level(fit, "between")
        self.within = _level_effects(fit, "within") if any(between) and all(within) else None
        self._main = main = self.within or self.between or _level_effects(fit, "")
        self.a, self.b, self.cprime = main.a.estimate, main.b.estimate, main.cprime.estimate
        self.cov_ab, self.se_cov_ab = (main.cov_ab.estimate, main.cov_ab.se) if main.cov_ab else (0.0, 0.0)
        self.indirect, self.direct, self.total = main.indirect, main.direct, main.total

    @property
    def place(self) -> str:
        """Where the effects hold, of a model with moderators: "the mean of w (2.5)"; "" for any other."""
        return ""

    @property
    def moderators(self) -> tuple[Moderator, ...]:
        """What the paths depend on; () for a model without moderators."""
        return ()

    @property
    def changes(self) -> list[ChangeOfEffect]:
        """Products with moderators and changes of the effects with them, which have intervals of every kind, too."""
        return []

    @property
    def place_notes(self) -> tuple[str, ...]:
        """`place` as a note on a table of intervals; () for a model without moderators."""
        return (f"Effects are those at {self.place}.",) if self.place else ()

    @property
    def differences(self) -> list[Effect]:
        """Path between clusters minus path within them, of each path that has both parts."""
        V, found = self.fit.cov_params(), []
        for path in PATHS.values():
            within, between = path.term_of("within"), path.term_of("between")
            if within in V.index and between in V.index:
                variance = V.loc[between, between] + V.loc[within, within] - 2 * V.loc[between, within]
                difference = float(self.fit.params[between] - self.fit.params[within])
                found.append(Effect("", path.name, difference, float(np.sqrt(variance)), self.fit.df))
        return found

    @property
    def contextual(self) -> pd.DataFrame:
        """Path between clusters minus path within them, with a Wald test that both are the same.

        Returns
        -------
        DataFrame
            One row for each path that has both parts (a, b, cprime): estimate, se, z, p, ci low, ci high. No rows
            unless the model is decomposed.
        """
        return effects_frame(self.differences)

    @property
    def levels(self) -> list[LevelEffects]:
        """The levels that the model tells apart and that have effects: within and between, or the one of raw scores."""
        return [level for level in (self.within, self.between) if level and level.whole] or [self._main]

    @property
    def path_effects(self) -> list[Effect]:
        """Every path that the effects are made of, in the order of `paths`."""
        found = [path for level in self.levels for path in level.paths]
        if self.between and not self.between.whole:
            found += self.between.paths
        if self.between and not self.within:  # x has no slope within clusters, but m has
            term = PATHS["b"].term
            b, se = float(self.fit.params[term]), float(self.fit.bse[term])
            found.insert(0, Effect("within", "b", b, se, self.fit.df))
        return found

    @property
    def paths(self) -> pd.DataFrame:
        """Every path that the effects are made of.

        Returns
        -------
        DataFrame
            One row for a, b, cprime and, if both slopes are random, cov_ab; of a decomposed model those of either
            level, "within: a" ... "between: cprime", as far as they exist. Columns as in `to_frame`.
        """
        return effects_frame(self.path_effects)

    @property
    def sd_slopes(self) -> pd.Series:
        """Standard deviation of each random slope (a, b, cprime) over clusters."""
        G = self.fit.cov_re
        sd = {name: float(np.sqrt(G.loc[path.term, path.term])) for name, path in PATHS.items() if path.term in G}
        return pd.Series(sd, name="sd", dtype=float)

    @property
    def effects(self) -> list[Effect]:
        """Every effect of `to_frame`, in its order."""
        return [effect for level in self.levels for effect in level.effects]

    def to_frame(self) -> pd.DataFrame:
        """One row for each effect: estimate, se, z, p, ci low, ci high.

        Rows are indirect, direct, total; of a decomposed model "within: indirect", ... and "between: indirect", ...
        """
        return effects_frame(self.effects)

    def figures(self) -> dict[str, float]:
        """The numbers of the page's final block, under the names that `mlmed_teach.published` uses.

        Its limits are taken with 1.96, as there; `Effect.ci` uses the exact quantile.
        """
        figures = {"a": self.a, "b": self.b, "c prime": self.cprime, "cov(aj,bj)": self.cov_ab}
        for effect in (self.indirect, self.total):
            low, high = effect.interval(PAGE_Z)
            values = {"estimate": effect.estimate, "se": effect.se, "ratio": effect.z, "ci low": low, "ci high": high}
            figures |= {f"average {effect.kind} effect: {name}": value for name, value in values.items()}
        return figures

    def _rows(self) -> list[list[str] | None]:
        rows: list[list[str] | None] = [*table_rows(self.effects, lambda effect: effect.words)]
        return [*rows[:3], None, *rows[3:]] if rows[3:] else rows

    def _notes(self) -> list[str]:
        heads = {"within": "Within clusters: ", "between": "Between clusters: "}
        return [*(heads.get(level.level, "") + _parts(level) for level in self.levels), *self.fit.notes]

    def summary(self) -> str:
        """The effects as a text table, with the parts that they are made of."""
        table = text_table("", TEXT_HEADS, self._rows(), TEXT_SPANS, 24)
        return "\n".join([table, *wrapped_notes(self._notes(), table)])

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        return html_table(["", *HTML_HEADS], self._rows(), notes=self._notes())


def _parts(level: LevelEffects) -> str:
    return ", ".join(f"{letter_of(part.kind)} = {stata_number(part.estimate)}" for part in level.paths)


def effects(fit: MixedResult, se: SE | None = None) -> MediationEffects:
    """Average indirect, direct and total effect of a stacked model.

    The average indirect effect is E(a_j b_j) = a b + cov(a_j, b_j), where the covariance is 0 unless both slopes are
    random. Its variance is

        b^2 Var(a) + a^2 Var(b) + Var(a) Var(b) + 2 a b Cov(a,b) + Cov(a,b)^2 + Var(cov(a_j,b_j)),

    and that of the total effect adds Var(c') + 2 b Cov(a,c') + 2 a Cov(b,c'), where Var and Cov without j are sampling
    variances of the estimates (Bauer, Preacher & Gil 2006). With joint or robust standard errors the estimates of the
    paths and of cov(a_j,b_j) have sampling covariances too, which are added.

    Parameters
    ----------
    fit : MixedResult
        From `fit_stacked`, or from `xtmixed` of the same model fitted by statsmodels.
    se : {"gls", "joint", "robust"}, optional
        Whose standard errors; by default those of the fit.

    Returns
    -------
    MediationEffects

    Raises
    ------
    MlmedError
        The fit is not a stacked model, or `se` is none of these.

    Examples
    --------
    >>> import mlmed_teach as mt
    >>> eff = mt.effects(mt.fit_stacked(mt.stack(mt.load_ml_sim())))
    >>> print(f"{eff.indirect.estimate:.4f} = {eff.a:.4f} * {eff.b:.4f} + {eff.cov_ab:.4f}")
    0.4725 = 0.6119 * 0.6106 + 0.0990
    """
    if not isinstance(fit, MixedResult) or not all(path.term in fit.params.index for path in PATHS.values()):
        raise MlmedError(
            "effects needs the stacked model, with the terms smx, sym, syx: fit it with fit_stacked(stack(data, ...)), "
            "or use mediate(data, ...) for all steps at once."
        )
    return MediationEffects(fit if se is None else fit.with_se(se))
