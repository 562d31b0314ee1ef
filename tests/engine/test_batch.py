"""Many fits at once are the same fits."""

import numpy as np
import pytest

import mlmed_teach as mt
from mlmed_teach import engine
from mlmed_teach.engine.resampling import refit_clusters
from mlmed_teach.uncertainty.refits import new_tables, problem

pytestmark = pytest.mark.filterwarnings("ignore::mlmed_teach.BoundaryWarning")

# The batch stops within 1e-4 standard errors; curvature makes that a little more for single parameters.
IN_STANDARD_ERRORS = 5e-4


def fit_rows(design, rows, clusters, reml=True):
    """The engine's own fit of some rows of a design."""
    return engine.maximize(
        design.y[rows], design.X[rows], design.Z[rows], clusters, design.residual.codes[rows], reml, zeros=design.zeros
    )


def copies(design, weights):
    """Rows of a table in which each cluster stands as often as its weight says, each copy a cluster of its own."""
    rows, codes = [], []
    for code, j in enumerate(np.repeat(np.arange(len(weights)), weights.astype(int))):
        found = np.flatnonzero(design.cluster == j)
        rows.append(found)
        codes.append(np.full(len(found), code))
    return np.concatenate(rows), np.concatenate(codes)


def assert_same(task, found, k, one):
    beta, G = task.units.beta(found.beta[k]), task.units.G(found.G[k])
    assert (np.abs(beta - one.beta) < IN_STANDARD_ERRORS * np.sqrt(np.diag(one.cov_beta))).all()
    scale = np.sqrt(np.outer(np.diag(one.G), np.diag(one.G))) + 1e-3
    assert (np.abs(G - one.G) < IN_STANDARD_ERRORS * scale).all()
    assert found.singular[k] == one.singular
    np.testing.assert_allclose(task.units.cov_beta(found.cov_beta[k]), one.cov_beta, rtol=5e-3, atol=1e-6)


@pytest.mark.parametrize(
    ("options", "clusters", "size"),
    [({}, 60, 8), ({"random": ("a", "b")}, 40, (3, 9)), ({"decompose": True}, 60, 8), ({"random": ()}, 30, 5)],
)
def test_weights_are_copies_of_clusters(options, clusters, size):
    med = mt.mediate(mt.simulate(mt.Population(), clusters, size, seed=3), **options)
    task = problem(med.fit)
    weights = np.random.default_rng(1).multinomial(clusters, np.full(clusters, 1 / clusters), 12).astype(float)
    found = refit_clusters(task, weights)
    assert found.converged.all()
    for k in range(len(weights)):
        assert_same(task, found, k, fit_rows(med.fit.design, *copies(med.fit.design, weights[k])))


def test_many_tables_are_fitted_like_each_by_itself():
    med = mt.mediate(mt.simulate(clusters=50, size=6, seed=9), random=("a", "b"))
    task, rng = problem(med.fit), np.random.default_rng(2)
    u = rng.normal(size=(6, 50, 4)) @ np.linalg.cholesky(task.G + 1e-9 * np.eye(4)).T
    e = rng.normal(size=(6, len(task.X))) * np.sqrt(task.s2)[task.residual]
    z, X, Z = new_tables(task, u, e)
    cp = engine.cross_products(*task.units.apply(z, X, Z, task.residual), task.cluster, task.residual, 2)
    found = engine.maximize_batch(cp, *task.start(), True)
    for k in range(6):
        one = engine.maximize(z[k], X[k], Z[k], task.cluster, task.residual, True)
        assert_same(task, found, k, one)
        own = engine.cross_products(z[k], X[k], Z[k], task.cluster, task.residual, 2)
        np.testing.assert_allclose(
            engine.cross_products(z, X, Z, task.cluster, task.residual, 2).zw[:, k], own.zw, rtol=1e-12, atol=1e-9
        )


@pytest.mark.parametrize("decompose", [False, True])
def test_new_tables_hold_the_new_mediator_wherever_it_stands(decompose):
    med = mt.mediate(mt.simulate(clusters=20, size=(3, 7), seed=1), decompose=decompose, random=("b",))
    task, rng = problem(med.fit), np.random.default_rng(5)
    n = len(task.X) // 2
    z, X, Z = new_tables(task, np.zeros((2, 20, 3)), rng.normal(size=(2, 2 * n)))
    names, m = med.fit.design.fe_names, z[:, n:]
    part = X[:, :n, names.index("sym")]
    if decompose:
        cluster = task.cluster[:n]
        mean = np.array([np.bincount(cluster, row)[cluster] / np.bincount(cluster)[cluster] for row in m])
        np.testing.assert_allclose(part, m - mean, atol=1e-12)
        np.testing.assert_allclose(X[:, :n, names.index("sym_mean")], mean, atol=1e-12)
    else:
        np.testing.assert_array_equal(part, m)
    np.testing.assert_array_equal(Z[:, :n, med.fit.design.re_names.index("sym")], part)
    np.testing.assert_array_equal(X[:, n:], np.broadcast_to(task.X[n:], X[:, n:].shape))


def test_replicates_that_cannot_be_fitted_are_marked_and_do_not_spoil_the_others():
    med = mt.mediate(mt.simulate(clusters=30, size=6, seed=2), random=("a", "b"))
    task = problem(med.fit)
    weights = np.ones((3, 30))
    weights[1] = 0  # no rows at all
    found = refit_clusters(task, weights)
    assert found.converged[[0, 2]].all() and not found.converged[1]
    np.testing.assert_allclose(found.beta[0], found.beta[2])


def test_batches_are_joined_in_order():
    med = mt.mediate(mt.simulate(clusters=30, size=6, seed=2), random=("a", "b"))
    task = problem(med.fit)
    weights = np.random.default_rng(0).multinomial(30, np.full(30, 1 / 30), 7).astype(float)
    whole = refit_clusters(task, weights)
    parts = engine.BatchOptimum.join([refit_clusters(task, weights[:3]), refit_clusters(task, weights[3:])])
    np.testing.assert_allclose(parts.beta, whole.beta, rtol=1e-9)
