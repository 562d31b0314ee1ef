"""New tables in the place of the one at hand: clusters drawn again, or new values of m and y from the fitted model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..engine import BatchOptimum, Problem, cross_products, refit_clusters, refit_tables, standardize
from ..models import Design, MixedResult
from ..stacked_model import PATHS, Moderator, mean_of, product_of
from ..typing import Array, IntArray

KINDS = ("cluster", "parametric", "residual")


@dataclass(frozen=True)
class Model:
    """The fitted equations.

    Attributes
    ----------
    beta, blups, resid : ndarray, shapes (p,), (J, q), (n_y + n_m,)
    observed : ndarray of int, shape (n_y,)
        Which of the n_m rows of m each row of y belongs to.
    m_fixed : int
        Column of X that holds m; in a decomposed model its deviation from the cluster mean.
    m_mean, m_random : int or None
        Column of X that holds the cluster mean of m, and column of Z that holds what `m_fixed` holds.
    m_products : tuple of (int, int, ndarray)
        Columns of X that hold one of these two times a moderator: column, which one it multiplies, and the moderator
        less its center in the rows of y, shape (n_y,).
    """

    beta: Array
    blups: Array
    resid: Array
    observed: IntArray
    m_fixed: int
    m_mean: int | None
    m_random: int | None
    m_products: tuple[tuple[int, int, Array], ...] = ()


@dataclass(frozen=True)
class StackedProblem(Problem):
    """A fitted stacked model, ready to be fitted again; first the n_y rows of y, then the n_m rows of m.

    Attributes
    ----------
    model : Model
        What new values of m and y need.
    """

    model: Model


def problem(fit: MixedResult, moderators: Iterable[Moderator] = ()) -> StackedProblem:
    """Prepare a fit for being repeated.

    Parameters
    ----------
    fit : MixedResult
        As `mediate` makes it.
    moderators : iterable of Moderator
        On which its paths depend.

    Returns
    -------
    StackedProblem
    """
    design, optimum = fit.design, fit.optimum
    assert design.residual is not None  # a stacked model has a residual variance for each outcome
    residual = design.residual.codes
    units = standardize(design.y, design.X, design.Z, residual, keep_zeros=bool(design.zeros))
    fe, re, term = list(design.fe_names), list(design.re_names), PATHS["b"].term
    return StackedProblem(
        X=design.X,
        Z=design.Z,
        cluster=design.cluster,
        residual=residual,
        units=units,
        cp=cross_products(*units.apply(design.y, design.X, design.Z, residual), design.cluster, residual, 2),
        G=optimum.G,
        s2=optimum.s2,
        reml=fit.reml,
        zeros=design.zeros,
        model=Model(
            beta=optimum.beta,
            blups=optimum.blups,
            resid=fit.resid,
            observed=np.flatnonzero(design.residual.sizes == 2),  # a row of the table with y became two
            m_fixed=fe.index(term),
            m_mean=fe.index(mean_of(term)) if mean_of(term) in fe else None,
            m_random=re.index(term) if term in re else None,
            m_products=_products_of_m(design, moderators),
        ),
    )


def _products_of_m(design: Design, moderators: Iterable[Moderator]) -> tuple[tuple[int, int, Array], ...]:
    """Where products of m stand; the main effect of a moderator, in y's equation, has its values."""
    assert design.residual is not None
    fe, n_y, term = list(design.fe_names), int((design.residual.codes == 0).sum()), PATHS["b"].term
    return tuple(
        (fe.index(product_of(name, column)), fe.index(name), design.X[:n_y, fe.index(f"sy:{column}")] - center)
        for moderator in moderators
        if "b" in moderator.paths
        for name in (term, mean_of(term))
        if name in fe
        for column, center in moderator.center.items()
    )


def draw_clusters(task: Problem, reps: int, rng: np.random.Generator) -> Array:
    """How many times each cluster counts in tables of clusters that are drawn with replacement.

    Parameters
    ----------
    task : Problem
    reps : int
        Tables.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, shape (reps, J)
        Whole numbers; each row adds up to J.
    """
    J = task.clusters
    return rng.multinomial(J, np.full(J, 1 / J), reps).astype(float)


def refit_new(task: StackedProblem, kind: str, reps: int, seed: np.random.SeedSequence) -> BatchOptimum:
    """Draw new tables and fit the model to each.

    Parameters
    ----------
    task : StackedProblem
    kind : {"cluster", "parametric", "residual"}
        Where the tables come from; see `bootstrap_intervals`.
    reps : int
        Tables.
    seed : numpy.random.SeedSequence

    Returns
    -------
    BatchOptimum
    """
    rng = np.random.default_rng(seed)
    if kind == "cluster":
        return refit_clusters(task, draw_clusters(task, reps, rng))
    u, e = (drawn_errors if kind == "parametric" else resampled_errors)(task, reps, rng)
    return refit_tables(task, *new_tables(task, u, e))


def drawn_errors(task: Problem, reps: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Random effects and residuals drawn from the normal distributions of the fit.

    Parameters
    ----------
    task : Problem
    reps : int
    rng : numpy.random.Generator

    Returns
    -------
    u, e : ndarray, shapes (reps, J, q), (reps, n_y + n_m)
    """
    root, vectors = np.linalg.eigh(task.G)
    factor = vectors * np.sqrt(np.maximum(root, 0.0))
    u = rng.normal(size=(reps, task.clusters, len(task.G))) @ factor.T
    e = rng.normal(size=(reps, len(task.X))) * np.sqrt(task.s2)[task.residual]
    return u, e


def resampled_errors(task: StackedProblem, reps: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Predicted random effects and residuals, drawn with replacement.

    Both are centred and rescaled to the variances of the fit, since predictions vary too little (Carpenter, Goldstein &
    Rasbash 2003).

    Parameters
    ----------
    task : StackedProblem
    reps : int
    rng : numpy.random.Generator

    Returns
    -------
    u, e : ndarray, shapes (reps, J, q), (reps, n_y + n_m)
    """
    u = _reflated(task.model.blups, task.G)[rng.integers(0, task.clusters, (reps, task.clusters))]
    e = np.empty((reps, len(task.X)))
    for r, variance in enumerate(task.s2):
        rows = np.flatnonzero(task.residual == r)
        pool = task.model.resid[rows] - task.model.resid[rows].mean()
        pool *= np.sqrt(variance / np.mean(pool**2))
        e[:, rows] = pool[rng.integers(0, len(rows), (reps, len(rows)))]
    return u, e


def _reflated(blups: Array, G: Array) -> Array:
    """Centred predictions, shape (J, q), turned so that their covariance matrix is G."""
    u = blups - blups.mean(0)
    roots = []
    for matrix in (u.T @ u / len(u), G):
        root, vectors = np.linalg.eigh(matrix)
        roots.append((vectors, np.sqrt(np.maximum(root, 0.0))))
    (v, s), (w, g) = roots
    inverse = v * np.where(s > 1e-8 * s.max(), 1 / np.maximum(s, 1e-300), 0.0) @ v.T
    return u @ inverse @ (w * g @ w.T)


def new_tables(task: StackedProblem, u: Array, e: Array) -> tuple[Array, Array, Array]:
    """Stacked responses and designs, first m, then y by the new m.

    Parameters
    ----------
    task : StackedProblem
    u, e : ndarray, shapes (B, J, q), (B, n_y + n_m)
        Random effects and residuals.

    Returns
    -------
    z, X, Z : ndarray, shapes (B, n_y + n_m), (B, n_y + n_m, p), (B, n_y + n_m, q)
    """
    model = task.model
    n = len(model.observed)
    u = u[:, task.cluster]
    m = task.X[n:] @ model.beta + (task.Z[n:] * u[:, n:]).sum(-1) + e[:, n:]
    X, Z = (np.repeat(matrix[None], len(u), 0) for matrix in (task.X, task.Z))
    deviation = m[:, model.observed]
    if model.m_mean is not None:
        cluster, J = task.cluster[n:], task.clusters
        rows = cluster + J * np.arange(len(m))[:, None]
        sums = np.bincount(rows.ravel(), m.ravel(), minlength=J * len(m)).reshape(len(m), J)
        mean = (sums / np.bincount(cluster, minlength=J))[:, task.cluster[:n]]
        X[:, :n, model.m_mean] = mean
        deviation = deviation - mean
    X[:, :n, model.m_fixed] = deviation
    for column, factor, moderator in model.m_products:
        X[:, :n, column] = X[:, :n, factor] * moderator
    if model.m_random is not None:
        Z[:, :n, model.m_random] = deviation
    y = X[:, :n] @ model.beta + (Z[:, :n] * u[:, :n]).sum(-1) + e[:, :n]
    return np.concatenate([y, m], 1), X, Z
