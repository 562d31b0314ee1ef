"""The three covariance matrices of all parameters, against numerical derivatives of dense likelihoods."""

import numpy as np
import pytest
from helpers.designs import random_design, symmetric

from mlmed_teach import engine
from mlmed_teach.engine.information import covariance_of_phi

# Second differences with one step of Richardson's extrapolation: errors of width^4 and of rounding over width^2.
WIDTH = 2e-3
HESSIAN_RTOL = 1e-4
SINGULAR_SEEDS = {(): (0, 3), ((0, 1),): (0, 1)}  # of tables whose optimum is singular


def cluster_m2ll(data, beta, G, s2, between=None):
    """-2 log likelihood of each cluster, shape (J,), from its whole covariance matrix.

    With `between`, the clusters' parts of log |X'V^-1 X|, linear in X'V^-1 X around that matrix's inverse, come on top.
    """
    y, X, Z, cluster, residual = data
    found = []
    for j in range(cluster.max() + 1):
        rows = cluster == j
        V = Z[rows] @ G @ Z[rows].T + np.diag(s2[residual[rows]])
        r = y[rows] - X[rows] @ beta
        value = np.linalg.slogdet(V)[1] + r @ np.linalg.solve(V, r)
        if between is not None:
            value += np.trace(between @ X[rows].T @ np.linalg.solve(V, X[rows]))
        found.append(value)
    return np.array(found)


def gls(data, G, s2):
    """beta and (X'V^-1 X)^-1 at given covariance parameters."""
    y, X, Z, cluster, residual = data
    XVX, XVy = 0.0, 0.0
    for j in range(cluster.max() + 1):
        rows = cluster == j
        V = Z[rows] @ G @ Z[rows].T + np.diag(s2[residual[rows]])
        XVX, XVy = XVX + X[rows].T @ np.linalg.solve(V, X[rows]), XVy + X[rows].T @ np.linalg.solve(V, y[rows])
    C = np.linalg.inv(XVX)
    return C @ XVy, C


def slopes(f, at, width=1e-5):
    """Central differences, shape (k, ...)."""
    return np.array([(f(at + step) - f(at - step)) / (2 * width) for step in width * np.eye(len(at))])


def second_differences(f, at):
    """Hessian of a number."""

    def rough(width):
        steps, found = width * np.eye(len(at)), np.zeros((len(at), len(at)))
        for k, a in enumerate(steps):
            for m, b in enumerate(steps[: k + 1]):
                fourfold = f(at + a + b) - f(at + a - b) - f(at - a + b) + f(at - a - b)
                found[k, m] = found[m, k] = fourfold / (4 * width**2)
        return found

    return (4 * rough(WIDTH / 2) - rough(WIDTH)) / 3


def parts(phi, q=3):
    k = q * (q + 1) // 2
    return symmetric(phi[:k]), phi[k:]


def phi_of(fit):
    return np.append(fit.G[np.tril_indices(len(fit.G))], fit.s2)


@pytest.fixture(scope="module", params=[False, True], ids=["ML", "REML"])
def inside(request, small):
    """A fit with an interior optimum, its data, and whether it is one of REML."""
    fit = engine.maximize(*small, request.param)
    assert not fit.singular
    return fit, small, request.param


def test_joint_of_ml_is_the_inverse_hessian_by_all_parameters(small):
    fit = engine.maximize(*small, reml=False)
    p = len(fit.beta)

    def m2ll(theta):
        return cluster_m2ll(small, theta[:p], *parts(theta[p:])).sum()

    hessian = second_differences(m2ll, np.append(fit.beta, phi_of(fit)))
    assert_close(fit.cov.joint, np.linalg.inv(hessian / 2), HESSIAN_RTOL)


def test_joint_adds_how_beta_follows_phi(inside):
    fit, data, _ = inside
    p = len(fit.beta)
    B = slopes(lambda phi: gls(data, *parts(phi))[0], phi_of(fit)).T
    C, cov_phi = gls(data, fit.G, fit.s2)[1], fit.cov_phi
    assert_close(fit.cov_beta, C, 1e-10)
    assert_close(fit.cov.joint, np.block([[C + B @ cov_phi @ B.T, B @ cov_phi], [cov_phi @ B.T, cov_phi]]), 1e-7)
    np.testing.assert_array_equal(fit.cov.gls[:p, p:], 0)
    np.testing.assert_array_equal(fit.cov.gls[p:, p:], fit.cov.joint[p:, p:])


def test_robust_is_the_sandwich_of_the_clusters_scores(inside):
    fit, data, reml = inside
    p = len(fit.beta)
    between = gls(data, fit.G, fit.s2)[1] if reml else None
    theta = np.append(fit.beta, phi_of(fit))
    scores = slopes(lambda t: -0.5 * cluster_m2ll(data, t[:p], *parts(t[p:]), between), theta)
    np.testing.assert_allclose(scores.sum(1), 0, atol=1e-5 * np.abs(scores).max())  # at an optimum inside
    J = scores.shape[1]
    expected = fit.cov.joint @ (scores @ scores.T) @ fit.cov.joint * J / (J - 1)
    assert_close(fit.cov.robust, expected, 1e-6)


def assert_close(ours, theirs, rtol):
    """Each entry against its own scale, the product of the two standard errors."""
    se = np.sqrt(np.diag(theirs))
    scale = np.outer(se, se) + (np.outer(se, se) == 0)
    np.testing.assert_allclose(ours / scale, theirs / scale, rtol=0, atol=rtol)


def singular_fits(zeros):
    for seed in SINGULAR_SEEDS[zeros]:
        data = random_design(J=9, sizes=(4, 8), R=2, seed=seed)
        fit = engine.maximize(*data, zeros=zeros)
        assert fit.singular
        yield data, fit


@pytest.mark.parametrize("zeros", [(), ((0, 1),)], ids=["all free", "one covariance fixed at 0"])
def test_on_the_boundary_the_rank_is_held(zeros):
    """Against second differences by a factor of G with as many columns as its rank."""
    for data, fit in singular_fits(zeros):
        q = len(fit.G)
        L, free = reduced_factor(fit.G, q - fit.null_space.shape[1], zeros)

        def m2ll(psi, L=L, free=free, data=data):
            E = np.zeros_like(L)
            E[free] = psi[: free.sum()]
            G, s2 = E @ E.T, psi[free.sum() :]
            return float(engine.evaluate(engine.cross_products(*data, 2), G, s2, True, hessian=False).m2ll)

        def phi(psi, L=L, free=free):
            E = np.zeros_like(L)
            E[free] = psi[: free.sum()]
            return np.append((E @ E.T)[np.tril_indices(len(E))], psi[free.sum() :])

        psi = np.append(L[free], fit.s2)
        by_psi = slopes(phi, psi).T
        expected = by_psi @ np.linalg.inv(second_differences(m2ll, psi) / 2) @ by_psi.T
        assert_close(fit.cov_phi, expected, 1e-3)
        for i, j in zeros:
            k = max(i, j) * (max(i, j) + 1) // 2 + min(i, j)
            np.testing.assert_allclose(fit.cov_phi[k], 0, atol=1e-12)


def reduced_factor(G, rank, zeros):
    """L with G = L L', as many columns as the rank, and which of its entries are free: no rotation is left."""
    q = len(G)
    roots, vectors = np.linalg.eigh(G)
    L = vectors[:, -rank:] * np.sqrt(roots[-rank:])
    order = [*range(q)]
    # Rotated, the first rows make a lower triangle; two rows whose product is fixed at 0 then have one entry each.
    Q = np.linalg.qr(L[order[:rank]].T)[0]
    L = L @ Q
    free = np.tril(np.ones((q, rank), dtype=bool))
    for i, j in zeros:
        free[max(i, j), : min(i, j) + 1] = False
    L[~free] = 0.0
    np.testing.assert_allclose(L @ L.T, G, atol=1e-6)
    return L, free


def test_on_the_boundary_all_matrices_are_finite_and_no_estimate_leaves_it():
    (i, j), double = np.tril_indices(3), np.array([1, 2, 1, 2, 2, 1])
    for _, fit in singular_fits(()):
        p = len(fit.beta)
        for V in (fit.cov.gls, fit.cov.joint, fit.cov.robust):
            assert np.isfinite(V).all() and np.linalg.eigvalsh(V).min() > -1e-9 * np.trace(V)
            for null in fit.null_space.T:  # null' dG null
                row = null[i] * null[j] * double
                np.testing.assert_allclose(V[:, p : p + 6] @ row, 0, atol=1e-6 * np.abs(V).max())


def test_the_rank_is_held_as_in_the_limit_from_inside():
    """With no pull out of the boundary, holding the rank is holding one direction of the interior's matrix."""
    rng = np.random.default_rng(4)
    A = rng.normal(size=(8, 8))
    hess, s2 = A @ A.T + np.eye(8), np.array([0.5, 0.7])
    L = rng.normal(size=(3, 2))
    null = np.linalg.svd(L.T)[2][2]
    G = L @ L.T
    held = covariance_of_phi(G, s2, np.zeros((3, 3)), hess)
    whole = covariance_of_phi(G + 1e-6 * np.outer(null, null), s2, np.zeros((3, 3)), hess)
    (i, j) = np.tril_indices(3)
    row = np.append(null[i] * null[j] * np.where(i == j, 1, 2), [0, 0])  # null' dG null
    step = whole @ row
    np.testing.assert_allclose(held, whole - np.outer(step, step) / (row @ step), atol=1e-10)


def test_two_random_effects_without_variance_whose_covariance_is_fixed_stay_as_they_are():
    rng = np.random.default_rng(5)
    A = rng.normal(size=(8, 8))
    G = np.zeros((3, 3))
    G[2, 2] = 0.5
    found = covariance_of_phi(G, np.ones(2), np.zeros((3, 3)), A @ A.T, ((0, 1),))
    moving = found.any(1)  # of G[0,0], G[1,0], G[1,1], G[2,0], G[2,1], G[2,2], s2
    np.testing.assert_array_equal(moving, [False] * 5 + [True] * 3)
    np.testing.assert_allclose(found[5:, 5:], 2 * np.linalg.inv((A @ A.T)[5:, 5:]), rtol=1e-9)


def test_a_batch_holds_what_single_tables_do():
    """Tables inside and on the boundary side by side."""
    rng = np.random.default_rng(1)
    _, X, Z, cluster, residual = random_design(J=12, sizes=(4, 8), R=2, seed=2)
    root = np.array([[0.8, 0, 0], [0.3, 0.6, 0], [0.1, 0.2, 0.5]])
    y = np.array([X[:, 1] + (Z * (rng.normal(size=(12, 3)) @ root.T)[cluster]).sum(1) + rng.normal(size=len(X))
                  for _ in range(8)])  # fmt: skip
    cp = engine.cross_products(y, np.broadcast_to(X, (8, *X.shape)), np.broadcast_to(Z, (8, *Z.shape)), cluster,
                               residual, 2)  # fmt: skip
    found = engine.maximize_batch(cp, 0.5 * np.eye(3), np.ones(2), reml=True)
    assert found.converged.all() and 0 < found.singular.sum() < 8
    whole = engine.covariances(cp, found.G, found.s2, found.grad_G, found.hess, True)
    for k in range(8):
        one = engine.covariances(cp.take(k), found.G[k], found.s2[k], found.grad_G[k], found.hess[k], True)
        for name in ("gls", "joint", "robust"):
            np.testing.assert_allclose(getattr(whole, name)[k], getattr(one, name), rtol=1e-8, atol=1e-12)
