"""An average effect, the effects of one level, and how they stand in a table."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pandas as pd
from scipy import stats

from ..show import fixed, stata_number
from ..typing import Array
from .paths import Level, effect_name, in_words, letter_of, where

TEXT_HEADS, TEXT_SPANS = ["Estimate", "Std. Err.", "z", "P>|z|", "[95% Conf.", "Interval]"], [11, 11, 9, 8, 13, 12]
HTML_HEADS = ["Estimate", "Std. Err.", "z", "P>|z|", "95% low", "95% high"]
LIMITS = ["ci low", "ci high"]


def critical_value(df: float, confidence: float = 0.95) -> float:
    """How many standard errors a Wald interval reaches to each side: of t, or of the normal distribution (df = inf)."""
    return float(stats.t.ppf((1 + confidence) / 2, df))


@dataclass(frozen=True, slots=True)
class Effect:
    """An average effect, or a path or covariance that it is made of.

    Attributes
    ----------
    level : {"", "within", "between", "latent"}
        Of raw scores, within clusters, between observed means of clusters, or between latent means.
    kind : str
        "indirect", "direct", "total"; "a", "b", "cprime", "cov_ab".
    estimate, se : float
        Units of y per unit of x, for an effect.
    df : float
        Degrees of freedom of the t distribution for `p` and `ci`; infinite (normal) by default.
    """

    level: Level
    kind: str
    estimate: float
    se: float
    df: float = math.inf

    @property
    def name(self) -> str:
        """How it is called in a table: "indirect", "within: indirect"."""
        return effect_name(self.level, self.kind)

    @property
    def words(self) -> str:
        """An effect as a label: "average indirect effect", "indirect effect between clusters (latent means)"."""
        return in_words(self.level, self.kind)

    @property
    def path_words(self) -> str:
        """A path as a label: "a", "c' within clusters", "cov(a_j, b_j)"."""
        return letter_of(self.kind) + (where(self.level) if self.kind != "cov_ab" else "")

    @property
    def z(self) -> float:
        """Estimate over standard error; NaN without one. Standard normal or t, with `df`, if the effect is 0."""
        return self.estimate / self.se if self.se > 0 else float("nan")

    @property
    def p(self) -> float:
        """Two-sided p value of `z`."""
        return float(2 * stats.t.sf(abs(self.z), self.df))

    @property
    def ci(self) -> tuple[float, float]:
        """95% Wald interval, (low, high)."""
        return self.interval()

    def interval(self, critical: float | None = None) -> tuple[float, float]:
        """Wald interval with a given critical value, by default that of 95% and `df`: (low, high)."""
        reach = (critical_value(self.df) if critical is None else critical) * self.se
        return self.estimate - reach, self.estimate + reach


@dataclass(frozen=True, slots=True)
class ChangeOfEffect:
    """A product with a moderator, or the change of an effect with one: what else than effects has intervals.

    Attributes
    ----------
    effect : Effect
        With its delta standard error.
    of : callable
        From estimates of its level (..., k + 1), cov(a_j, b_j) the last of them, to the change (...).
    product : tuple of str
        The one or two fixed effects whose product it is; () if it is none.
    """

    effect: Effect
    of: Callable[[Array], Array] = field(repr=False)
    product: tuple[str, ...] = ()

    @property
    def is_coefficient(self) -> bool:
        """Whether it is the coefficient of a product with a moderator, and no change of an effect."""
        return len(self.product) == 1


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

    Estimates are NaN of what does not exist: a, c' and the effects between clusters where x has the same mean in all.
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
        """a, b, cprime and cov_ab, as far as they exist."""
        found = (self.a, self.b, self.cprime, self.cov_ab)
        return [path for path in found if path and not math.isnan(path.estimate)]

    @property
    def whole(self) -> bool:
        """Whether all three paths exist, and with them the effects."""
        return not math.isnan(self.indirect.estimate)

    @property
    def level(self) -> Level:
        """Which level it is."""
        return self.indirect.level

    @property
    def effects(self) -> list[Effect]:
        """indirect, direct, total."""
        return [self.indirect, self.direct, self.total]


def effects_frame(effects: Iterable[Effect]) -> pd.DataFrame:
    """One row for each effect, by name: estimate, se, z, p, ci low, ci high."""
    effects = list(effects)
    return pd.DataFrame(
        [[e.estimate, e.se, e.z, e.p, *e.ci] for e in effects],
        index=[e.name for e in effects],
        columns=["estimate", "se", "z", "p", *LIMITS],
        dtype=float,
    )


def table_rows(effects: Iterable[Effect], label: Callable[[Effect], str]) -> list[list[str]]:
    """Cells of a table of effects as Stata prints them."""
    return [
        [label(e), stata_number(e.estimate), stata_number(e.se), fixed(e.z, 2), fixed(e.p, 3), *map(stata_number, e.ci)]
        for e in effects
    ]
