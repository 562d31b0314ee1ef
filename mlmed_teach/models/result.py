"""The result of a mixed model: estimates, standard errors, tests, and the metric that Stata works in."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from ..engine import Optimum
from ..errors import MlmedError
from ..validation import share
from . import xtmixed_layout
from .boundary import boundary_note, on_boundary, without_variance
from .design import Design
from .smaller_models import first_inside
from .standard_errors import SE, check_se, degrees_of_freedom, named_covariance, se_note
from .stata_parameters import (
    CovarianceParameter,
    constant_last,
    covariance_parameters,
    estimates_table,
    stata_metric,
    stata_name,
)
from .xtmixed_layout import ChiSquareTest


class MixedResult:
    """A fitted linear mixed model.

    `params`, `bse`, `cov_params()`, `conf_int()`, `cov_re`, `scale`, `llf`, `nobs` mean what they mean in statsmodels;
    `summary()` prints xtmixed's layout. Standard errors are Stata's unless `se` says otherwise: GLS ones for the fixed
    effects, observed information for variances and covariances.

    Parameters
    ----------
    design : Design
    optimum : Optimum
    reml : bool
    se : {"gls", "joint", "robust"}
        Whose standard errors; `with_se` gives the same fit with others.
    """

    def __init__(self, design: Design, optimum: Optimum, reml: bool, se: SE = "gls"):
        self.design = design
        self.optimum = optimum
        self.reml = reml
        self.se = check_se(se)

    def with_se(self, se: SE) -> MixedResult:
        """The same fit with other standard errors.

        Parameters
        ----------
        se : {"gls", "joint", "robust"}
            "gls": (X'V^-1 X)^-1 for the fixed effects and the observed information of the covariance parameters, as
            Stata prints them. "joint": from the information of all parameters together. "robust": the cluster sandwich.

        Returns
        -------
        MixedResult

        Raises
        ------
        MlmedError
            `se` is none of these.
        """
        return MixedResult(self.design, self.optimum, self.reml, se)

    @property
    def df(self) -> float:
        """Degrees of freedom of the t distribution for statistics of these standard errors; infinite for normal ones.

        Stata's table of the fit (`pvalues`, `conf_int`) is one of normal statistics; effects use this.
        """
        return degrees_of_freedom(self.se, self.ngroups)

    # Sizes and names

    @property
    def response(self) -> str:
        """Name of the response."""
        return self.design.response

    @property
    def nobs(self) -> int:
        """Number of rows."""
        return len(self.design.y)

    @property
    def ngroups(self) -> int:
        """Number of clusters."""
        return len(self.design.labels)

    @property
    def singular(self) -> bool:
        """Whether the random effects' covariance matrix is singular: the optimum lies on the boundary."""
        return self.optimum.singular

    @cached_property
    def groups(self) -> pd.DataFrame:
        """One row per level of grouping: number of groups; least, average and largest number of rows."""
        sizes = {self.design.group: np.bincount(self.design.cluster)}
        if self.design.residual is not None and self.has_extra_variance:
            sizes[self.design.residual.level] = self.design.residual.sizes
        return pd.DataFrame(
            [[len(n), n.min(), n.mean(), n.max()] for n in sizes.values()],
            index=list(sizes),
            columns=["groups", "obs min", "obs avg", "obs max"],
        )

    # Fixed effects

    @cached_property
    def params(self) -> pd.Series:
        """Fixed effects, shape (p,)."""
        return pd.Series(self.optimum.beta, index=self.design.fe_names, name="coef")

    @property
    def _cov(self) -> NDArray[np.float64]:
        """Covariance matrix of the fixed effects and phi."""
        return getattr(self.optimum.cov, self.se)

    @property
    def _cov_beta(self) -> NDArray[np.float64]:
        p = len(self.design.fe_names)
        return self._cov[:p, :p]

    @property
    def _cov_phi(self) -> NDArray[np.float64]:
        p = len(self.design.fe_names)
        return self._cov[p:, p:]

    def cov_params(self) -> pd.DataFrame:
        """Covariance matrix of the fixed effects, shape (p, p); of gls (X'V^-1 X)^-1, Stata's ``e(V)``."""
        return pd.DataFrame(self._cov_beta, index=self.design.fe_names, columns=self.design.fe_names)

    def cov_theta(self) -> pd.DataFrame:
        """Covariance matrix of all estimates: the fixed effects, then the variances and covariances of `re_params`.

        Returns
        -------
        DataFrame
            Rows and columns ``x``, ..., ``var(x)``, ``cov(x,_cons)``, ..., ``var(Residual)``. On the boundary it is
            that of moves along it, 0 for what cannot move there. Of gls, the two sorts are uncorrelated.
        """
        found = named_covariance(self._cov, self.design.fe_names, self._covariances)
        found.loc[self._still] = 0.0
        found.loc[:, self._still] = 0.0
        return found

    @cached_property
    def bse(self) -> pd.Series:
        """Standard errors of the fixed effects."""
        return pd.Series(np.sqrt(np.diag(self._cov_beta)), index=self.design.fe_names, name="se")

    @property
    def zvalues(self) -> pd.Series:
        """Estimate over standard error; standard normal under the null that the coefficient is 0."""
        return (self.params / self.bse).rename("z")

    @property
    def pvalues(self) -> pd.Series:
        """Two-sided p values of `zvalues`."""
        return pd.Series(2 * stats.norm.sf(np.abs(self.zvalues)), index=self.design.fe_names, name="p")

    def conf_int(self, alpha: float = 0.05) -> pd.DataFrame:
        """Wald intervals of the fixed effects.

        Parameters
        ----------
        alpha : float
            One minus the confidence level.

        Returns
        -------
        DataFrame
            Columns 0 and 1, as in statsmodels: lower and upper limit.

        Raises
        ------
        MlmedError
            `alpha` does not lie between 0 and 1.
        """
        alpha = share(alpha, "alpha", "0.05 for 95% intervals")
        half = stats.norm.ppf(1 - alpha / 2) * self.bse
        return pd.DataFrame({0: self.params - half, 1: self.params + half})

    @cached_property
    def coefficients(self) -> pd.DataFrame:
        """The table of fixed effects in Stata's order: coef, se, z, p, 95% limits; the intercept is ``_cons``."""
        ci = self.conf_int()
        frame = pd.DataFrame({"coef": self.params, "se": self.bse, "z": self.zvalues, "p": self.pvalues})
        frame["ci low"], frame["ci high"] = ci[0], ci[1]
        return frame.iloc[constant_last(self.design.fe_names)].rename(index=stata_name)

    @cached_property
    def wald(self) -> ChiSquareTest:
        """Wald test that all coefficients but the intercept are 0: b' V^-1 b, chi-square with as many df."""
        slopes = [k for k, name in enumerate(self.design.fe_names) if name != "Intercept"]
        if not slopes:
            return ChiSquareTest(np.nan, 0, np.nan)
        b = self.optimum.beta[slopes]
        chi2 = float(b @ np.linalg.solve(self._cov_beta[np.ix_(slopes, slopes)], b))
        return ChiSquareTest(chi2, len(slopes), float(stats.chi2.sf(chi2, len(slopes))))

    # Random effects and residuals

    @cached_property
    def cov_re(self) -> pd.DataFrame:
        """Covariance matrix G of the random effects, shape (q, q)."""
        return pd.DataFrame(self.optimum.G, index=self.design.re_names, columns=self.design.re_names)

    @property
    def scale(self) -> float:
        """Residual variance; with two of them, that of the rows without the extra variance."""
        return float(self.optimum.s2[0])

    @property
    def has_extra_variance(self) -> bool:
        """Two residual variances of which the second is the larger: Stata's extra random effect can express them."""
        return self.design.residual is not None and self.optimum.s2[1] > self.optimum.s2[0]

    @cached_property
    def _covariances(self) -> list[CovarianceParameter]:
        return covariance_parameters(self.design, self.has_extra_variance)

    @property
    def random_blocks(self) -> list[tuple[str, list[str]]]:
        """Headings of the random-effects table with the names of the parameters below each."""
        headings = dict.fromkeys(parameter.heading for parameter in self._covariances)
        return [(h, [parameter.name for parameter in self._covariances if parameter.heading == h]) for h in headings]

    @property
    def _phi(self) -> NDArray[np.float64]:
        return np.append(self.optimum.G[np.tril_indices(len(self.optimum.G))], self.optimum.s2)

    @cached_property
    def _still(self) -> list[str]:
        """Variances and covariances that do not move along the boundary."""
        i, j = np.tril_indices(len(self.optimum.G))
        zero = np.isin(np.arange(len(self.optimum.G)), without_variance(self.optimum, self.design))
        still = np.append(zero[i] & zero[j], np.zeros(len(self.optimum.s2), dtype=bool))  # of phi
        return [parameter.name for parameter in self._covariances if still[parameter.row != 0].all()]

    @cached_property
    def re_params(self) -> pd.DataFrame:
        """Variances and covariances with standard error and 95% limits, in Stata's order.

        Limits of a variance v are exp(ln v -/+ z se/v), so that they stay positive; those of a covariance are
        symmetric. A variance that is estimated as 0 could only be larger: it has no standard error (NaN), nor has the
        covariance of two such random effects.
        """
        table = estimates_table(self._covariances, self._phi, self._cov_phi)
        table.loc[self._still, ["se", "ci low", "ci high"]] = np.nan
        return table

    @cached_property
    def random_effects(self) -> pd.DataFrame:
        """Predicted random effects (BLUPs), one row per cluster, one column per random effect."""
        return pd.DataFrame(self.optimum.blups, index=self.design.labels, columns=self.design.re_names)

    @cached_property
    def fittedvalues(self) -> NDArray[np.float64]:
        """X beta + Z u, with the predicted random effects, shape (n,)."""
        design = self.design
        return design.X @ self.optimum.beta + (design.Z * self.optimum.blups[design.cluster]).sum(1)

    @property
    def resid(self) -> NDArray[np.float64]:
        """Response minus `fittedvalues`, shape (n,)."""
        return self.design.y - self.fittedvalues

    # Likelihood

    @property
    def llf(self) -> float:
        """Log likelihood (ML) or log restricted likelihood (REML), with all constants."""
        return self.optimum.llf

    @cached_property
    def lr_test(self) -> ChiSquareTest:
        """Likelihood-ratio test against linear regression with the same fixed effects (ML or REML, as the model)."""
        chi2 = float(max(0.0, 2 * (self.llf - self.optimum.ols_llf)))
        df = len(self._phi) - 1 - len(self.design.zeros)
        return ChiSquareTest(chi2, df, float(stats.chi2.sf(chi2, df)) / (2 if df == 1 else 1))

    @property
    def notes(self) -> list[str]:
        """Remarks that a reader of the numbers must know; empty for an ordinary fit."""
        notes = [*([] if self.se == "gls" else [se_note(self.se)]), *self.design.notes]
        what = on_boundary(self.optimum, self.design, [stata_name(name) for name in self.design.re_names])
        if what:
            notes.append(boundary_note(what, self._smaller_model))
        if self.design.residual is not None and not self.has_extra_variance:
            extra = self.design.residual
            notes.append(
                f"The rows with {extra.variable} = 1 have the smaller residual variance, so it is not a sum with an "
                f"extra variance as in `|| {extra.level}: {extra.variable}`; both residual variances are shown instead."
            )
        return notes

    @cached_property
    def _smaller_model(self) -> str:
        """A model with one random effect less that has its optimum inside, in words; "" if there is none."""
        slopes = [name for name in reversed(self.design.re_names) if name != "Intercept"]
        found = first_inside(self.design, self.optimum, self.reml, [(name,) for name in slopes])
        return f"Without the random effect of {found[0]} the optimum lies inside." if found else ""

    # Stata's metric

    @cached_property
    def _stata(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The parameters in Stata's metric, and their Jacobian by phi."""
        if self.singular:
            raise MlmedError(
                "The fit lies on the boundary (see its summary), where ln(sd) or atanh(correlation) is infinite: "
                "there are no numbers in this metric. Use re_params and cov_theta(), or a model with fewer random "
                "slopes."
            )
        return stata_metric(self._covariances, self._phi)

    @property
    def stata_labels(self) -> dict[str, str]:
        """Readable name of each parameter of `stata_params`: ``lns(x)``, ``atr(x,_cons)``, ``lnsig_e``."""
        return {parameter.stata: parameter.label for parameter in self._covariances}

    @property
    def stata_params(self) -> pd.Series:
        """The covariance parameters in the metric in which Stata keeps them.

        ``lns`` is ln(standard deviation) of a random effect, ``atr`` is atanh(correlation) of a pair, ``lnsig_e`` is
        ln(residual standard deviation); the names are those of Stata's ``_diparm``. Shape (number of parameters,).

        Raises
        ------
        MlmedError
            On the boundary, where they are infinite.
        """
        return pd.Series(self._stata[0], index=[parameter.stata for parameter in self._covariances], name="value")

    @property
    def stata_cov(self) -> pd.DataFrame:
        """Covariance matrix of `stata_params`, carried over from that of `cov_theta` by the delta method."""
        jacobian = self._stata[1]
        names = [parameter.stata for parameter in self._covariances]
        return pd.DataFrame(jacobian @ self._cov_phi @ jacobian.T, index=names, columns=names)

    # Views

    def figures(self) -> dict[str, float]:
        """Every number on the page, under the names that `mlmed_teach.published` uses.

        Returns
        -------
        dict
            Name of the figure -> value.
        """
        figures: dict[str, float] = {"number of obs": self.nobs}
        if len(self.groups) == 1:
            row = self.groups.iloc[0]
            figures["number of groups"] = row["groups"]
            figures |= {f"obs per group, {k}": row[f"obs {k}"] for k in ("min", "avg", "max")}
        else:
            figures |= {
                f"{level}: {name}": value for level, row in self.groups.iterrows() for name, value in row.items()
            }
        likelihood = "log restricted-likelihood" if self.reml else "log likelihood"
        figures |= {"Wald df": self.wald.df, "Wald chi2": self.wald.chi2, "Wald p": self.wald.p, likelihood: self.llf}
        for table in (self.coefficients, self.re_params):
            figures |= {f"{row}: {column}": value for column in table for row, value in table[column].items()}
        figures |= {"LR df": self.lr_test.df, "LR chi2": self.lr_test.chi2, "LR p": self.lr_test.p}
        return {name: float(value) for name, value in figures.items()}

    def summary(self) -> str:
        """The page in xtmixed's layout, as text."""
        return xtmixed_layout.text(self)

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        return xtmixed_layout.html(self)
