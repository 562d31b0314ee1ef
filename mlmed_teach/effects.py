"""Average indirect and total effect of the stacked model, with the formulas of Bauer, Preacher & Gil (2006)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from .errors import MlmedError
from .formats import fixed, html_table, stata_number, text_table
from .metric import Z95
from .result import MixedResult

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


class MediationEffects:
    """The average effects of x on y in a 1-1-1 model, and the parts that they are made of.

    Attributes
    ----------
    fit : MixedResult
        The stacked model.
    a, b, cprime : float
        Average paths x -> m, m -> y, x -> y.
    cov_ab : float
        cov(a_j, b_j): covariance of the two slopes over clusters.
    se_cov_ab : float
        Its standard error.
    indirect, direct, total : Effect
        E(a_j b_j) = a b + cov(a_j, b_j); c'; their sum.
    """

    def __init__(self, fit: MixedResult):
        self.fit = fit
        self.a, self.b, self.cprime = (float(fit.params[name]) for name in ("smx", "sym", "syx"))
        self.cov_ab, self.se_cov_ab = (float(v) for v in fit.re_params.loc["cov(smx,sym)", ["estimate", "se"]])
        V = fit.cov_params()
        self.var_a, self.var_b, self.var_cprime = (float(V.loc[name, name]) for name in ("smx", "sym", "syx"))
        self.cov_params_ab, self.cov_params_ac, self.cov_params_bc = (
            float(V.loc[pair]) for pair in (("smx", "sym"), ("smx", "syx"), ("sym", "syx"))
        )
        a, b = self.a, self.b
        # Var of the product of two normal estimates, exactly, plus the uncertainty of the covariance.
        var_indirect = (
            b**2 * self.var_a
            + a**2 * self.var_b
            + self.var_a * self.var_b
            + 2 * a * b * self.cov_params_ab
            + self.cov_params_ab**2
            + self.se_cov_ab**2
        )
        var_total = var_indirect + self.var_cprime + 2 * b * self.cov_params_ac + 2 * a * self.cov_params_bc
        indirect = a * b + self.cov_ab
        self.indirect = Effect("indirect", indirect, float(np.sqrt(var_indirect)))
        self.direct = Effect("direct", self.cprime, float(np.sqrt(self.var_cprime)))
        self.total = Effect("total", indirect + self.cprime, float(np.sqrt(var_total)))

    def to_frame(self) -> pd.DataFrame:
        """One row for each effect: estimate, se, z, p, ci low, ci high."""
        rows = [self.indirect, self.direct, self.total]
        return pd.DataFrame(
            [[e.estimate, e.se, e.z, e.p, *e.ci] for e in rows],
            index=[e.name for e in rows],
            columns=["estimate", "se", "z", "p", "ci low", "ci high"],
        )

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

    def _rows(self) -> list[list[str]]:
        return [
            [f"average {e.name} effect", *(stata_number(v) for v in (e.estimate, e.se)), fixed(e.z, 2), fixed(e.p, 3)]
            + [stata_number(limit) for limit in e.ci]
            for e in (self.indirect, self.direct, self.total)
        ]

    def _parts(self) -> str:
        numbers = (self.a, self.b, self.cprime, self.cov_ab)
        names = ("a", "b", "c'", "cov(a_j, b_j)")
        return ", ".join(f"{name} = {stata_number(value)}" for name, value in zip(names, numbers, strict=True))

    def _notes(self) -> list[str]:
        return [self._parts(), *self.fit.notes]

    def summary(self) -> str:
        """The effects as a text table, with the parts that they are made of."""
        heads = ["Estimate", "Std. Err.", "z", "P>|z|", "[95% Conf.", "Interval]"]
        return "\n".join([text_table("", heads, self._rows(), [11, 11, 9, 8, 13, 12], 24), *self._notes()])

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        heads = ["", "Estimate", "Std. Err.", "z", "P>|z|", "95% low", "95% high"]
        return html_table(heads, self._rows(), notes=self._notes())


def effects(fit: MixedResult) -> MediationEffects:
    """Average indirect, direct and total effect of a stacked model.

    The average indirect effect is E(a_j b_j) = a b + cov(a_j, b_j). Its variance is

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
    terms = ("smx", "sym", "syx")
    if (
        not isinstance(fit, MixedResult)
        or not all(t in fit.params.index for t in terms)
        or "smx" not in fit.cov_re
        or "sym" not in fit.cov_re
    ):
        raise MlmedError(
            "effects needs the stacked model, with fixed smx, sym, syx and random smx, sym: fit it with "
            "fit_stacked(stack(data, ...)), or use mediate(data, ...) for all steps at once."
        )
    return MediationEffects(fit)
