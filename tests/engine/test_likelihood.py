"""The likelihood: exact value, exact derivatives, and all that the rows say in the clusters' cross-products."""

import numpy as np
import pytest
from helpers.designs import dense_m2ll, random_design, symmetric

from mlmed_teach import engine
from mlmed_teach.engine.newton import free_entries, idle_steps, newton_terms


def some_parameters(q, R=2, seed=5):
    L = np.tril(np.random.default_rng(seed).normal(size=(q, q))) * 0.4 + 0.6 * np.eye(q)
    return L @ L.T, np.array([0.5, 0.9])[:R]


@pytest.mark.parametrize("reml", [False, True])
def test_value_is_that_of_the_dense_covariance_matrices(small, reml):
    G, s2 = some_parameters(3)
    value = engine.evaluate(engine.cross_products(*small, 2), G, s2, reml).m2ll
    np.testing.assert_allclose(value, dense_m2ll(*small, G, s2, reml), rtol=1e-12)


@pytest.mark.parametrize("reml", [False, True])
@pytest.mark.parametrize("R", [1, 2])
def test_gradient_and_hessian_are_the_derivatives(reml, R):
    cp = engine.cross_products(*random_design(R=R), R)
    G, s2 = some_parameters(3, R)
    i, j = np.tril_indices(3)
    phi = np.append(G[i, j], s2)

    def at(phi):
        return engine.evaluate(cp, symmetric(phi[:6]), phi[6:], reml)

    def gradient(ev):
        return np.append(ev.grad_G[i, j] * np.where(i == j, 1, 2), ev.grad_s2)

    h = 1e-5  # central differences: error h^2 = 1e-10 of the third derivatives, rounding 1e-16 / h
    ev = at(phi)
    steps = h * np.eye(len(phi))
    slopes = [float(at(phi + s).m2ll - at(phi - s).m2ll) / (2 * h) for s in steps]
    np.testing.assert_allclose(gradient(ev), slopes, rtol=1e-6, atol=1e-6)
    curvature = np.array([(gradient(at(phi + s)) - gradient(at(phi - s))) / (2 * h) for s in steps])
    np.testing.assert_allclose(ev.hess, curvature, rtol=1e-6, atol=1e-5)


def test_weights_count_clusters_and_batches_are_loops(small):
    y, X, Z, cluster, residual = small
    cp = engine.cross_products(*small, 2)
    rng = np.random.default_rng(3)
    J = int(cluster.max()) + 1
    weights = rng.multinomial(J, np.full(J, 1 / J), size=4).astype(float)
    parameters = [some_parameters(3, seed=k) for k in range(4)]
    G, s2 = np.array([p[0] for p in parameters]), np.array([p[1] for p in parameters])
    batch = engine.evaluate(cp, G, s2, True, weights)
    for k in range(4):
        times = [np.flatnonzero(cluster == j) for j in np.repeat(np.arange(J), weights[k].astype(int))]
        rows = np.concatenate(times)
        copies = np.repeat(np.arange(len(times)), [len(t) for t in times])
        one = engine.evaluate(
            engine.cross_products(y[rows], X[rows], Z[rows], copies, residual[rows], 2), G[k], s2[k], True
        )
        for name in ("m2ll", "beta", "cov_beta", "grad_G", "grad_s2", "hess"):
            np.testing.assert_allclose(getattr(batch, name)[k], getattr(one, name), rtol=1e-9, atol=1e-9)


def test_cross_products_hold_all_that_the_rows_say(small):
    y, X, Z, cluster, residual = small
    cp = engine.cross_products(*small, 2)
    for j, r in [(0, 0), (3, 1), (29, 0)]:
        rows = (cluster == j) & (residual == r)
        XY = np.column_stack([X, y])[rows]
        np.testing.assert_allclose(cp.zz[r, j], Z[rows].T @ Z[rows], atol=1e-12)
        np.testing.assert_allclose(cp.zw[r, j], Z[rows].T @ XY, atol=1e-12)
        np.testing.assert_allclose(cp.ww[r, j], XY.T @ XY, atol=1e-12)
    assert cp.n.sum() == len(y)


@pytest.mark.parametrize("free", [np.ones((3, 3), dtype=bool), free_entries(3, ((0, 1),))], ids=["all", "zeros"])
def test_newton_terms_are_the_derivatives_by_the_factor_and_the_logarithms(small, free):
    cp = engine.cross_products(*small, 2)
    rng = np.random.default_rng(2)
    L, s2 = np.where(free, rng.normal(size=(4, 3, 3)), 0.0), rng.uniform(0.4, 1.0, (4, 2))  # four points at once

    def terms(L, s2):
        ev = engine.evaluate(cp, L @ L.swapaxes(-1, -2), s2, True)
        return -0.5 * ev.m2ll, *newton_terms(L, s2, ev.grad_G, ev.grad_s2, ev.hess)

    _, gradient, hessian = terms(L, s2)
    h = 1e-5  # central differences, as above
    for k, step in enumerate(h * np.eye(11)):
        by_L, by_s2 = step[:9].reshape(3, 3), np.exp(step[9:])
        (up, slopes_up, _), (down, slopes_down, _) = terms(L + by_L, s2 * by_s2), terms(L - by_L, s2 / by_s2)
        np.testing.assert_allclose(gradient[:, k], (down - up) / (2 * h), rtol=1e-6, atol=1e-5)
        np.testing.assert_allclose(hessian[:, k], (slopes_up - slopes_down) / (2 * h), rtol=1e-6, atol=1e-5)


def test_idle_steps_leave_the_covariance_matrix_as_it_is():
    L = np.random.default_rng(1).normal(size=(2, 3, 3))
    steps = idle_steps(L, np.ones((3, 3), dtype=bool)).reshape(2, 3, 3, 3)
    changes = steps @ L[:, None].swapaxes(-1, -2)
    np.testing.assert_allclose(changes + changes.swapaxes(-1, -2), 0, atol=1e-12)
    assert np.linalg.matrix_rank(steps.reshape(2, 3, 9)).tolist() == [3, 3]  # all rotations of three dimensions
