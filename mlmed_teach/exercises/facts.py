"""What exercises compute their answers from: the data that are loaded, and the models of the lessons fitted to them."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from ..faq import load_ml_sim
from ..mediation import Mediation, mediate
from ..models import DeltaEstimate, MixedResult, diparm, fit_mixed
from ..stacked_model import MediationEffects, effects, fit_stacked, stack

T = TypeVar("T")


class Facts:
    """A data set and what the lessons make of it, each computed when it is first asked for.

    Parameters
    ----------
    df : DataFrame
        Columns id, x, m, y.

    Attributes
    ----------
    df, long : DataFrame
        The table, and the stacked one.
    y_on_x, m_on_x, y_on_mx : MixedResult
        The three separate models, by ML as on the page.
    fit, fit_ml, fit_common : MixedResult
        The stacked model: by REML as on the page, by ML, and with one residual variance for both outcomes.
    effects : MediationEffects
        Of `fit`.
    med : Mediation
        The one call, with the page's standard errors (gls).
    a, b, cprime, cov_ab, se_cov, product : float
        Average paths of `fit`, the covariance of a_j and b_j with its standard error, and a b.
    correlation : float
        Of a_j and b_j.
    G : DataFrame, shape (5, 5)
        Covariances of the random effects over clusters.
    V : DataFrame, shape (3, 3)
        Covariances of the estimates; rows and columns a, b, cprime.
    cov : DeltaEstimate
        The covariance of a_j and b_j by the delta method.
    statsmodels : MixedLMResults
        The stacked model as statsmodels fits it, with its own standard errors; takes seconds.
    """

    def __init__(self, df: pd.DataFrame) -> None:
        self.df = df
        self._found: dict[Any, Any] = {}

    def once(self, function: Callable[[Facts], T]) -> T:
        """What a function makes of these facts, computed once: for what only one lesson needs."""
        if function not in self._found:
            self._found[function] = function(self)
        return self._found[function]

    @cached_property
    def long(self) -> pd.DataFrame:
        return stack(self.df)

    @cached_property
    def y_on_x(self) -> MixedResult:
        return fit_mixed("y ~ x", self.df, groups="id", re_formula="~ x", reml=False)

    @cached_property
    def m_on_x(self) -> MixedResult:
        return fit_mixed("m ~ x", self.df, groups="id", re_formula="~ x", reml=False)

    @cached_property
    def y_on_mx(self) -> MixedResult:
        return fit_mixed("y ~ m + x", self.df, groups="id", re_formula="~ m + x", reml=False)

    @cached_property
    def fit(self) -> MixedResult:
        return fit_stacked(self.long)

    @cached_property
    def fit_ml(self) -> MixedResult:
        return fit_stacked(self.long, reml=False)

    @cached_property
    def fit_common(self) -> MixedResult:
        return fit_stacked(self.long, residual="common")

    @cached_property
    def effects(self) -> MediationEffects:
        return effects(self.fit)

    @cached_property
    def med(self) -> Mediation:
        return mediate(self.df, x="x", m="m", y="y", group="id", se="gls")

    @property
    def a(self) -> float:
        return self.effects.a

    @property
    def b(self) -> float:
        return self.effects.b

    @property
    def cprime(self) -> float:
        return self.effects.cprime

    @property
    def cov_ab(self) -> float:
        return self.effects.cov_ab

    @property
    def se_cov(self) -> float:
        return self.effects.se_cov_ab

    @property
    def product(self) -> float:
        return self.a * self.b

    @property
    def correlation(self) -> float:
        return self.cov_ab / float(self.G.loc["smx", "smx"] * self.G.loc["sym", "sym"]) ** 0.5

    @property
    def G(self) -> pd.DataFrame:
        return self.fit.cov_re

    @property
    def V(self) -> pd.DataFrame:
        return by_path(self.fit.cov_params())

    @cached_property
    def cov(self) -> DeltaEstimate:
        names = ("atr(smx,sym)", "lns(smx)", "lns(sym)")
        return diparm(self.fit, *names, f=lambda atr, one, other: np.tanh(atr) * np.exp(one + other))

    @cached_property
    def statsmodels(self) -> Any:
        # slow to import, and seldom needed
        import statsmodels.formula.api as smf
        from statsmodels.regression.mixed_linear_model import MixedLMParams

        terms = "0 + sm + smx + sy + sym + syx"
        components = {"fid": "0 + C(fid):sm"}
        model = smf.mixedlm(f"z ~ {terms}", self.long, groups="id", re_formula=f"~ {terms}", vc_formula=components)
        e_y, e_m = self.fit.optimum.s2  # it starts from our optimum, which takes a fifth of the time
        start = MixedLMParams.from_components(
            self.fit.params.to_numpy(), cov_re=self.G.to_numpy() / e_y, vcomp=np.array([max(e_m - e_y, 0.0) / e_y])
        )
        return model.fit(start_params=start, method="lbfgs")


def by_path(covariances: pd.DataFrame) -> pd.DataFrame:
    """The part of a matrix that belongs to the three paths, with their names for rows and columns."""
    terms = {"smx": "a", "sym": "b", "syx": "cprime"}
    return covariances.loc[list(terms), list(terms)].rename(index=terms, columns=terms)


def loaded_facts() -> Facts:
    """Those of the data that ``mt.load_ml_sim()`` loads, whatever MLMED_TEACH_DATA says at the time."""
    return _facts_of(os.environ.get("MLMED_TEACH_DATA", "").strip())


@lru_cache(maxsize=4)
def _facts_of(setting: str) -> Facts:
    return Facts(load_ml_sim())
