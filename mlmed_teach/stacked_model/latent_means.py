"""Effects between clusters with latent means.

An observed mean of a few rows is the cluster's own mean plus chance, so that slopes of observed means are pulled
towards those within clusters (Luedtke et al. 2008; Preacher, Zyphur & Zhang 2010). Here no mean of m is observed: raw m
is a predictor of y, and what of a cluster its rows do not explain are the random intercepts d_M and d_Y, with a free
covariance. With X the latent mean of x in a cluster, a, b, c' the slopes within clusters and a_B, b_B, c'_B between,

    d_M = (a_B - a) X + u_M,        d_Y = (b_B - b) (d_M + a X) + (c'_B - c') X + u_Y.

x comes first, in a model of its own: x = constant (+ covariates) + X + residual, with variances S and s2. Given the
rows of x, the best guess of X is lambda times the deviation of the cluster's mean. The predictor w = guess / lambda,
with coefficients g_M, g_Y, stands for X in both equations; what is left of X is in the covariances T of the intercepts.
From these, with gamma = g / lambda and R = S (1 - lambda), the variance of X that the rows of x leave open,

    a_B = a + gamma_M,    b_B = b + beta,    c'_B = c' + gamma_Y - beta (gamma_M + a),
    beta = (T_MY - D_MY) / (T_MM - D_MM),    D = gamma gamma' R.

The likelihood of x, m and y is that of x times that of m and y given x, and the two share no parameter: with clusters
of equal sizes this is the model in which x, m and y are three outcomes with three random intercepts. With unequal sizes
R_j differs from cluster to cluster, and one T stands for all: the D that it holds solves the score equation of T,

    sum_j W_j (D - gamma gamma' R_j) W_j = 0,    W_j = (T + diag(s2_M, s2_Y) / n_j)^-1,

so that slopes are consistent then, too; random slopes are left out of W_j. Where x has one value in each cluster, X is
x itself: a_B is its coefficient in m's equation, beta = T_MY / T_MM, and c'_B its coefficient in y's less beta a_B.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ..engine import Optimum, maximize
from ..errors import MlmedError
from ..models import SE, Design, MixedResult, central_differences, fit_design
from ..typing import Array, BoolArray, IntArray
from .effect import Effect, LevelEffects, effects_frame
from .formulas import combine
from .paths import KINDS, PATHS, mean_of

FLAT = 1e-3  # share of the variance of m's intercepts below which nothing is left that could carry b between clusters
LOW = 0.7  # reliability of the means below which delta intervals of a product are rough


@dataclass(frozen=True, slots=True)
class LatentEffects(LevelEffects):
    """Paths and effects between clusters, with latent means; as `LevelEffects`, and:

    Attributes
    ----------
    differences : list of Effect
        Path between clusters minus path within them (contextual effects), as far as both exist.
    reliability : Series
        Of the observed means: "m" (given those of x) and, where x varies within clusters, "x": variance of the latent
        means over that plus the residual variance over the number of rows (its harmonic mean).
    fit : MixedResult
        m and y, given x.
    fit_x : Optimum or None
        x; None where x has one value in each cluster.
    x : tuple of ndarray, or None
        What `fit_x` was fitted to: x, design of its fixed effects, codes of the clusters.
    sizes : ndarray, shape (J,)
        Rows of each cluster.
    """

    differences: list[Effect]
    reliability: pd.Series
    fit: MixedResult
    fit_x: Optimum | None
    x: tuple[Array, Array, IntArray] | None
    sizes: Array

    def to_frame(self) -> pd.DataFrame:
        """One row for each effect, then one for each path: estimate, se, z, p, ci low, ci high."""
        return effects_frame([*self.effects, *self.paths])

    @property
    def contextual(self) -> pd.DataFrame:
        """One row for each of `differences`: estimate, se, z, p, ci low, ci high."""
        return effects_frame(self.differences).set_axis([effect.kind for effect in self.differences])

    @property
    def low(self) -> bool:
        """Whether a reliability lies below `LOW`, so that an interval by bootstrap is the better one."""
        return bool((self.reliability < LOW).any())


def latent_effects(decomposed: Design, se: SE, reml: bool = True) -> LatentEffects:
    """Fit the models of x and of m and y given x, and combine their parameters as at the head of this module.

    Standard errors are those of the delta method, from the chosen covariance matrices of both fits, that of the product
    as in `combine`. Random slopes act on observed deviations, as in the decomposed model.

    Parameters
    ----------
    decomposed : Design
        Of the decomposed model: first the rows of y, then those of m.
    se : {"gls", "joint", "robust"}
    reml : bool, optional

    Returns
    -------
    LatentEffects
        NaN where the latent means of x or, given them, of m do not vary over clusters.

    Raises
    ------
    MlmedError
        The data cannot tell the parameters apart.
    """
    data_x = _data_of_x(decomposed)
    fit_x, w = _fit_x(data_x, len(decomposed.labels), reml) if data_x else (None, None)
    fit = fit_design(latent_design(decomposed, w), reml, se=se)
    size, spread = _sizes(decomposed), spread_of(fit)
    x = x_parameters(fit_x)
    values, V = parameters_of(fit, fit_x, se)
    n_x = len(x)

    def slopes(*moved: float) -> Array:
        at = np.asarray(moved)
        return between_slopes(at[: len(at) - n_x], at[len(at) - n_x :], spread, size)

    scale = np.sqrt(np.maximum(np.diag(V), 0.0))
    rows = np.array([central_differences(lambda *v, k=k: slopes(*v)[k], values, scale) for k in range(3)])
    a, b, c = slopes(*values)
    V4 = np.zeros((4, 4))
    V4[:3, :3] = rows @ V @ rows.T
    estimates, errors = combine(a, b, c, 0.0, V4)

    def effect(kind: str, value: float, error: float) -> Effect:
        return Effect("latent", kind, float(value), float(error), fit.df)

    made = zip(
        (*PATHS, *KINDS), (a, b, c, *estimates), (*np.sqrt(np.maximum(np.diag(V4)[:3], 0.0)), *errors), strict=True
    )
    beyond = rows.copy()
    beyond[range(3), range(3)] -= 1.0
    own = np.sqrt(np.maximum(np.diag(beyond @ V @ beyond.T), 0.0))
    both = zip(PATHS, np.array([a, b, c]) - values[:3], own, strict=True)
    return LatentEffects(
        **{kind: effect(kind, value, error) for kind, value, error in made},
        cov_ab=None,
        differences=[effect(*one) for one in both if fit_x is not None or one[0] == "b"],
        reliability=_reliability(values[: len(values) - n_x], x, fit, size),
        fit=fit,
        fit_x=fit_x,
        x=data_x,
        sizes=size,
    )


def between_slopes(of_fit: Array, of_x: Array, spread: Array, size: Array) -> Array:
    """Slopes between clusters, by the formulas at the head of this module.

    Parameters
    ----------
    of_fit : ndarray, shape (7,) or (5,)
        a, b, c', T_MM, T_MY and, where x varies within clusters, g_M, g_Y.
    of_x : ndarray, shape (2,) or (0,)
        S and s2.
    spread : ndarray, shape (3,)
        T_YY and the residual variances of m and y; with clusters of one size they do not matter.
    size : ndarray, shape (J,)
        Rows of each cluster.

    Returns
    -------
    ndarray, shape (3,)
        a_B, b_B, c'_B; NaN where nothing varies over clusters that could carry them.
    """
    a, b, c, T_MM, T_MY = of_fit[:5]
    if not len(of_x):
        if not T_MM > 0:
            return np.full(3, np.nan)
        beta = T_MY / T_MM
        return np.array([a, b + beta, c - beta * a])
    S, s2 = of_x
    if not S > 0:
        return np.full(3, np.nan)
    gamma_M, gamma_Y = gamma = of_fit[5:] / average_reliability(S, s2, size)
    D_MM, D_MY, _ = left_of_x(np.array([T_MM, T_MY, *spread]), gamma, S, s2, size)
    own = T_MM - D_MM
    if not own > FLAT * max(T_MM, gamma_M**2 * S):
        return np.full(3, np.nan)
    beta = (T_MY - D_MY) / own
    return np.array([a + gamma_M, b + beta, c + gamma_Y - beta * (gamma_M + a)])


def left_of_x(T: Array, gamma: Array, S: float, s2: float, size: Array) -> tuple[float, float, float]:
    """D_MM, D_MY and D_YY, as at the head of this module: what T holds of the part of X that rows of x leave open."""
    n, times = np.unique(size[size > 0], return_counts=True)
    open_ = S - S / (1 + s2 / (S * n))
    T_MM, T_MY, T_YY, s2_M, s2_Y = T
    V = np.array([[T_MM + s2_M / n, np.full(len(n), T_MY)], [np.full(len(n), T_MY), T_YY + s2_Y / n]]).transpose(
        2, 0, 1
    )
    W = np.linalg.inv(V)
    both = np.einsum("jab,jcd->jacbd", W, W).reshape(len(n), 4, 4) * times[:, None, None]  # of vec(W D W)
    D = np.linalg.solve(both.sum(0), np.einsum("jab,b,j->a", both, np.outer(gamma, gamma).ravel(), open_))
    return float(D[0]), float(D[1]), float(D[3])


def terms_used(x_latent: bool) -> tuple[list[str], list[str]]:
    """Fixed effects that `between_slopes` needs of the fit of m and y.

    Parameters
    ----------
    x_latent : bool
        Whether x varies within clusters.

    Returns
    -------
    list of str, list of str
        Those of a, b, c', and those of w in the equations of m and y (none unless x is latent).
    """
    of_w = [mean_of(PATHS[path].term) for path in ("a", "cprime")]
    return [path.term for path in PATHS.values()], of_w if x_latent else []


def latent_design(decomposed: Design, w: Array | None) -> Design:
    """The design of m and y given x: raw predictors, w in the place of x's means, a free covariance of the intercepts.

    Parameters
    ----------
    decomposed : Design
    w : ndarray, shape (J,), or None
        Of each cluster; None where x has one value in each.

    Returns
    -------
    Design
    """
    names = [name for name in decomposed.fe_names if ":" not in name and not name.endswith("_mean")]
    outcome = _rows_of_y(decomposed)
    columns = {}
    for name in dict.fromkeys([*names, *(path.term for path in PATHS.values())]):
        if name in ("sm", "sy"):
            columns[name] = _column(decomposed, name)
        else:  # raw, around its mean, which the intercept takes up
            rows = ~outcome if name == "smx" else outcome
            values = _raw(decomposed, name)
            columns[name] = np.where(rows, values - values[rows].mean(), 0.0)
    if w is not None:
        of_cluster = w[decomposed.cluster]
        of_m, of_y = terms_used(True)[1]
        columns |= {of_m: np.where(outcome, 0.0, of_cluster), of_y: np.where(outcome, of_cluster, 0.0)}
    columns |= {name: _column(decomposed, name) for name in decomposed.fe_names if ":" in name}
    return replace(decomposed, X=np.column_stack(list(columns.values())), fe_names=tuple(columns), zeros=())


def _column(design: Design, name: str) -> Array:
    return design.X[:, design.fe_names.index(name)]


def _raw(design: Design, term: str) -> Array:
    """Deviations and means of a predictor, added up again, on all rows."""
    parts = [name for name in (term, mean_of(term)) if name in design.fe_names]
    return np.sum([_column(design, name) for name in parts], axis=0)


def _rows_of_y(design: Design) -> BoolArray:
    return _column(design, "sy") != 0


def _sizes(design: Design) -> Array:
    """Rows of m in each cluster."""
    return np.bincount(design.cluster[~_rows_of_y(design)], minlength=len(design.labels)).astype(float)


def _data_of_x(design: Design) -> tuple[Array, Array, IntArray] | None:
    """x, the design of its fixed effects, the clusters; None where x does not vary within clusters."""
    if PATHS["a"].term not in design.fe_names:
        return None
    rows = ~_rows_of_y(design)
    x = _raw(design, "smx")[rows]
    of_m = [name for name in design.fe_names if name.startswith("sm:")]
    return x, np.column_stack([np.ones(len(x)), *(_column(design, name)[rows] for name in of_m)]), design.cluster[rows]


def _fit_x(data: tuple[Array, Array, IntArray], clusters: int, reml: bool) -> tuple[Optimum, Array]:
    """The model of x, and w of each cluster."""
    x, X, cluster = data
    optimum = maximize(x, X, np.ones((len(x), 1)), cluster, reml=reml)
    S, s2 = x_parameters(optimum)
    reliable = average_reliability(S, s2, np.bincount(cluster, minlength=clusters).astype(float)) if S > 0 else 0.0
    if reliable < FLAT:
        raise MlmedError(
            "The means of x do not differ between clusters by more than chance, so that there is no effect between "
            "clusters to estimate."
        )
    return optimum, optimum.blups[:, 0] / reliable


def average_reliability(S: float, s2: float, size: Array) -> float:
    """Of the clusters' observed means of x: lambda, by which w is scaled."""
    return float(np.mean(S / (S + s2 / size)))


def x_parameters(optimum: Optimum | None) -> Array:
    return np.zeros(0) if optimum is None else np.array([optimum.G[0, 0], optimum.s2[0]])


def spread_of(fit: MixedResult) -> Array:
    """T_YY and the residual variances of m and y. They are weights only, and their errors of second order."""
    s2_Y, s2_M = fit.optimum.s2
    return np.array([fit.cov_re.loc["sy", "sy"], s2_M, s2_Y], dtype=float)


def parameters_of(fit: MixedResult, fit_x: Optimum | None, se: SE, also: tuple[str, ...] = ()) -> tuple[Array, Array]:
    """What `between_slopes` needs of both fits, one after the other, and the covariance matrix of these.

    `also` names variances of random effects that are wanted, too; they follow what is needed of the first fit.
    """
    theta, (slopes, means) = fit.cov_theta(), terms_used(fit_x is not None)
    covariance = next(name for name in ("cov(sm,sy)", "cov(sy,sm)") if name in theta.index)
    names = [*slopes, "var(sm)", covariance, *means, *also]
    found = pd.concat([fit.params, fit.re_params["estimate"]])
    values = found[names].to_numpy(dtype=float)
    V = theta.loc[names, names].to_numpy(dtype=float)
    if fit_x is None:
        return values, V
    k = len(fit_x.beta)
    of_x = getattr(fit_x.cov, se)[k:, k:]
    whole = np.zeros((len(V) + 2, len(V) + 2))
    whole[: len(V), : len(V)], whole[len(V) :, len(V) :] = V, of_x  # the two likelihoods share no parameter
    return np.concatenate([values, x_parameters(fit_x)]), whole


def _reliability(of_fit: Array, of_x: Array, fit: MixedResult, size: Array) -> pd.Series:
    """Of the observed means of m given x, and of x."""
    n = 1 / np.mean(1 / size[size > 0])
    own, found = of_fit[3], {}
    if len(of_x):
        S, s2 = of_x
        gamma = of_fit[5:] / average_reliability(S, s2, size)
        own = own - left_of_x(np.array([*of_fit[3:5], *spread_of(fit)]), gamma, S, s2, size)[0]
        found["x"] = S / (S + s2 / n)
    own = max(own, 0.0)
    return pd.Series({"m": own / (own + fit.optimum.s2[1] / n)} | found, name="reliability", dtype=float)
