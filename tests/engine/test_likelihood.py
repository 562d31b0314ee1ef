"""The engine: exact derivatives, exact likelihood, the same optimum as R's, and the invariances that the model has."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlmed_teach import MlmedError, engine
from mlmed_teach.engine import search

REFERENCE = Path(__file__).parents[1] / "reference"
# lme4 and nlme stop when the deviance changes by about 1e-10, which moves an estimate by 1e-5 of its standard error.
LLF_ATOL = 1e-6
IN_STANDARD_ERRORS = 1e-4


def simulate(J=30, sizes=(2, 9), q=3, R=2, seed=0):
    """y, X, Z, cluster, residual of a random design with an intercept, unequal clusters, rows in random order."""
    rng = np.random.default_rng(seed)
    cluster = rng.permutation(np.repeat(np.arange(J), rng.integers(*sizes, J)))
    n = len(cluster)
    X = np.column_stack([np.ones(n), rng.normal(size=(n, q))])
    Z = X[:, :q]
    residual = rng.integers(0, R, n) if R > 1 else np.zeros(n, dtype=int)
    L = np.tril(rng.normal(size=(q, q))) * 0.4 + 0.5 * np.eye(q)
    u = rng.normal(size=(J, q)) @ L.T
    e = rng.normal(size=n) * np.array([0.7, 1.1])[residual]
    return X @ np.linspace(1, -1, q + 1) + (Z * u[cluster]).sum(1) + e, X, Z, cluster, residual


def dense_m2ll(y, X, Z, cluster, residual, G, s2, reml):
    """-2 log likelihood from each cluster's whole covariance matrix: another way to the same number."""
    XVX, XVy, yVy, logdet = 0.0, 0.0, 0.0, 0.0
    for j in np.unique(cluster):
        rows = cluster == j
        V = Z[rows] @ G @ Z[rows].T + np.diag(s2[residual[rows]])
        Vi = np.linalg.inv(V)
        XVX = XVX + X[rows].T @ Vi @ X[rows]
        XVy = XVy + X[rows].T @ Vi @ y[rows]
        yVy += y[rows] @ Vi @ y[rows]
        logdet += np.linalg.slogdet(V)[1]
    rss = yVy - XVy @ np.linalg.solve(XVX, XVy)
    m2ll = logdet + rss + (len(y) - X.shape[1] * reml) * np.log(2 * np.pi)
    return m2ll + (np.linalg.slogdet(XVX)[1] if reml else 0.0)


def some_parameters(q, R=2, seed=5):
    L = np.tril(np.random.default_rng(seed).normal(size=(q, q))) * 0.4 + 0.6 * np.eye(q)
    return L @ L.T, np.array([0.5, 0.9])[:R]


@pytest.fixture(scope="module")
def small():
    return simulate()


@pytest.mark.parametrize("reml", [False, True])
def test_value_is_that_of_the_dense_covariance_matrices(small, reml):
    G, s2 = some_parameters(3)
    value = engine.evaluate(engine.cross_products(*small, 2), G, s2, reml).m2ll
    np.testing.assert_allclose(value, dense_m2ll(*small, G, s2, reml), rtol=1e-12)


@pytest.mark.parametrize("reml", [False, True])
@pytest.mark.parametrize("R", [1, 2])
def test_gradient_and_hessian_are_the_derivatives(reml, R):
    cp = engine.cross_products(*simulate(R=R), R)
    G, s2 = some_parameters(3, R)
    i, j = np.tril_indices(3)
    phi = np.append(G[i, j], s2)

    def at(phi):
        G = np.zeros((3, 3))
        G[i, j] = G[j, i] = phi[: len(i)]
        return engine.evaluate(cp, G, phi[len(i) :], reml)

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


@pytest.mark.parametrize("reml", [False, True])
def test_optimum_has_no_gradient_and_its_covariance_is_the_inverse_hessian(small, reml):
    fit = engine.maximize(*small, reml)
    assert not fit.singular
    assert fit.gradient < search.GRADIENT_TOLERANCE
    i, j = np.tril_indices(3)
    phi = np.append(fit.G[i, j], fit.s2)

    def m2ll(phi):
        G = np.zeros((3, 3))
        G[i, j] = G[j, i] = phi[: len(i)]
        return dense_m2ll(*small, G, phi[len(i) :], reml)

    np.testing.assert_allclose(fit.llf, -m2ll(phi) / 2, rtol=1e-12)
    h = 1e-3 * np.eye(len(phi))  # in a quadratic bowl, second differences of this width are good to about 1e-4
    hess = np.array(
        [[(m2ll(phi + a + b) - m2ll(phi + a - b) - m2ll(phi - a + b) + m2ll(phi - a - b)) / 4e-6 for b in h] for a in h]
    )
    np.testing.assert_allclose(np.linalg.inv(fit.cov_phi), hess / 2, rtol=2e-3, atol=1e-3 * np.abs(hess).max())


def fitted(model):
    """The engine's fit of a model of reference.R, with the names that R gives the parameters."""
    table = {"boundary": "boundary", "two maxima": "two_maxima"}.get(model.partition(":")[0], "unbalanced")
    d = pd.read_csv(REFERENCE / f"{table}.csv")
    one, x, m, y = np.ones(len(d)), *(d[name].to_numpy() for name in ("x", "m", "y"))
    cluster = pd.factorize(d["id"])[0]
    residual = None
    if model.startswith("stacked"):
        zero = np.zeros(len(d))
        names = ["sm", "smx", "sy", "sym", "syx"]
        top, bottom = np.column_stack([zero, zero, one, m, x]), np.column_stack([one, x, zero, zero, zero])
        X = Z = np.vstack([top, bottom])
        y, cluster = np.concatenate([y, m]), np.tile(cluster, 2)
        fe = re = names
        if "per outcome" in model:
            residual = np.repeat([0, 1], len(d))
    else:
        response, _, right = model.rpartition(": ")[2].partition(" ~ ")
        columns = {"(Intercept)": one, "x": x, "m": m}
        fe = ["(Intercept)", *right.partition(",")[0].split(" + ")]
        re = ["(Intercept)"] if "intercept" in right else ["(Intercept)", "x"] if "two maxima" in model else fe
        X, Z = (np.column_stack([columns[name] for name in names]) for names in (fe, re))
        y = y if response == "y" else m
    return engine.maximize(y, X, Z, cluster, residual, model.endswith("REML")), fe, re


REFERENCES = pd.read_csv(REFERENCE / "reference.csv")


@pytest.mark.parametrize("model", REFERENCES["model"].unique())
def test_optimum_is_that_of_lme4_and_nlme(model):
    reference = REFERENCES[REFERENCES["model"] == model].set_index("quantity")["value"]
    fit, fe, re = fitted(model)
    ours = {"llf": fit.llf}
    se = np.sqrt(np.diag(fit.cov_beta))
    ours |= {f"b[{name}]": b for name, b in zip(fe, fit.beta, strict=True)}
    ours |= {f"se[{name}]": s for name, s in zip(fe, se, strict=True)}
    ours |= {f"G[{a},{b}]": fit.G[i, j] for i, a in enumerate(re) for j, b in enumerate(re[: i + 1])}
    ours |= {"s2": fit.s2[0]} if len(fit.s2) == 1 else {f"s2[sm={k}]": fit.s2[k] for k in (0, 1)}
    assert set(ours) == set(reference.index)
    # Never a worse likelihood than theirs, and theirs up to the deviance tolerance that they stop at.
    assert -1e-8 <= fit.llf - reference["llf"] <= LLF_ATOL
    for name, value in ours.items():
        if name.startswith("b["):
            assert abs(value - reference[name]) < IN_STANDARD_ERRORS * reference["se" + name[1:]], name
        elif name != "llf":  # standard errors, variances and covariances, against their own scale
            scale = abs(reference[name]) if name[0] != "G" else _scale(reference, name)
            assert abs(value - reference[name]) < 1e-3 * scale, name
    assert fit.singular == model.startswith(("boundary", "two maxima"))


def _scale(reference, name):
    """Of a covariance, the product of its two standard deviations; of a variance, itself."""
    a, b = name[2:-1].split(",")
    return np.sqrt(reference[f"G[{a},{a}]"] * reference[f"G[{b},{b}]"])


@pytest.mark.parametrize("model", ["boundary: y ~ m + x, ML", "boundary: m ~ x, REML"])
def test_boundary_optimum_is_found_and_named(model):
    fit, _, re = fitted(model)
    assert fit.singular and np.isnan(fit.cov_phi).all()
    assert fit.gradient < search.GRADIENT_TOLERANCE
    assert fit.null_space.shape == (len(re), fit.null_space.shape[1]) and fit.null_space.shape[1] >= 1
    variance = np.einsum("ik,ij,jk->k", fit.null_space, fit.G, fit.null_space)
    np.testing.assert_allclose(variance, 0, atol=1e-9)


def test_nothing_near_a_boundary_optimum_is_better():
    rng = np.random.default_rng(8)
    for seed in range(5):
        y, X, Z, cluster, residual = data = simulate(J=8, sizes=(4, 7), R=1, seed=seed)
        fit = engine.maximize(*data)
        cp = engine.cross_products(y, X, Z, cluster, residual, 1)
        best = float(engine.evaluate(cp, fit.G, fit.s2, True).m2ll)
        for _ in range(200):
            v = rng.normal(size=(3, 2)) * 10.0 ** rng.uniform(-4, -0.5)
            worse = engine.evaluate(
                cp, fit.G * rng.uniform(0.9, 1) + v @ v.T, fit.s2 * rng.uniform(0.95, 1.05), True, hessian=False
            )
            assert worse.m2ll > best - 1e-8


def test_every_small_table_has_an_optimum():
    singular = 0
    for seed in range(150):  # three random effects in 6 to 20 clusters: many optima lie on the boundary
        fit = engine.maximize(
            *simulate(J=(6, 10, 20)[seed % 3], sizes=(3, 6 + seed % 4), seed=seed, R=1), reml=seed % 2 == 0
        )
        assert fit.gradient < search.GRADIENT_TOLERANCE
        assert np.linalg.eigvalsh(fit.G).min() > -1e-12 * np.trace(fit.G)
        singular += fit.singular
    assert 10 < singular < 140


def test_rows_that_the_random_effects_reproduce_are_refused():
    # Two rows a cluster for three random effects: in half of such tables the residual variance has no positive optimum.
    messages = []
    for seed in range(12):
        try:
            engine.maximize(*simulate(J=8, sizes=(2, 3), seed=seed, R=1))
        except MlmedError as error:
            messages.append(str(error))
    assert len(messages) > 2 and all("residual variance goes to 0" in text for text in messages)


def assert_same_fit(a, b, llf_shift=0.0, rtol=1e-7):
    np.testing.assert_allclose(a.llf, b.llf + llf_shift, rtol=1e-11)
    np.testing.assert_allclose(a.beta, b.beta, rtol=rtol, atol=rtol)
    np.testing.assert_allclose(a.cov_beta, b.cov_beta, rtol=rtol, atol=rtol * np.abs(b.cov_beta).max())
    np.testing.assert_allclose(a.G, b.G, rtol=rtol, atol=rtol)
    np.testing.assert_allclose(a.cov_phi, b.cov_phi, rtol=1e-5, atol=1e-6 * np.abs(b.cov_phi).max())


def test_row_order_and_cluster_labels_do_not_matter(small):
    y, X, Z, cluster, residual = small
    rng = np.random.default_rng(1)
    rows, labels = rng.permutation(len(y)), rng.permutation(cluster.max() + 1)
    assert_same_fit(
        engine.maximize(y[rows], X[rows], Z[rows], labels[cluster[rows]], residual[rows]), engine.maximize(*small)
    )


def test_order_of_random_effects_does_not_matter(small):
    y, X, Z, cluster, residual = small
    base = engine.maximize(*small)
    order = np.array([2, 0, 1])
    swapped = engine.maximize(y, X, Z[:, order], cluster, residual)
    np.testing.assert_allclose(swapped.G, base.G[np.ix_(order, order)], rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(swapped.llf, base.llf, rtol=1e-12)
    np.testing.assert_allclose(swapped.blups, base.blups[:, order], rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("y_unit, x_unit", [(1e6, 1.0), (1e-6, 1e4), (1.0, 1e-5)])
@pytest.mark.parametrize("reml", [False, True])
def test_units_change_estimates_as_they_must(small, y_unit, x_unit, reml):
    y, X, Z, cluster, residual = small
    base = engine.maximize(*small, reml)
    D = np.array([1.0, x_unit, 1.0, 1.0])
    fit = engine.maximize(y * y_unit, X * D, Z * D[:3], cluster, residual, reml)
    np.testing.assert_allclose(fit.beta * D / y_unit, base.beta, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(fit.G * np.outer(D[:3], D[:3]) / y_unit**2, base.G, rtol=1e-7, atol=1e-8)
    shift = -len(y) * np.log(y_unit) + reml * (4 * np.log(y_unit) - np.log(x_unit))
    np.testing.assert_allclose(fit.llf, base.llf + shift, rtol=1e-10)


def test_shift_of_a_predictor_moves_only_the_intercept(small):
    y, X, Z, cluster, residual = small
    base = engine.maximize(*small)
    shift = np.zeros(X.shape)
    shift[:, 1] = 1000.0  # a predictor with a mean of 1000 standard deviations
    moved = engine.maximize(y + 500.0, X + shift, Z + shift[:, :3], cluster, residual)
    np.testing.assert_allclose(moved.llf, base.llf, rtol=1e-9)
    np.testing.assert_allclose(moved.beta[1:], base.beta[1:], rtol=1e-6)
    np.testing.assert_allclose(moved.G[1:, 1:], base.G[1:, 1:], rtol=1e-5)


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


def test_start_changes_the_way_and_not_the_optimum(small):
    base = engine.maximize(*small)
    near = engine.maximize(*small, start=(base.G, base.s2))
    assert near.iterations < base.iterations
    assert_same_fit(near, base)
    assert_same_fit(engine.maximize(*small, start=(np.zeros((3, 3)), base.s2)), base)


def test_the_higher_of_two_maxima_is_found_from_either_side():
    d = pd.read_csv(REFERENCE / "two_maxima.csv")
    X = np.column_stack([np.ones(len(d)), d["x"], d["m"]])
    data = d["y"].to_numpy(), X, X[:, :2], pd.factorize(d["id"])[0]
    best = engine.maximize(*data, reml=False)
    cp = engine.cross_products(*data, np.zeros(len(d), dtype=int), 1)
    L, s2, ev, _, _ = search._maximize(cp, 0.25 * np.eye(2), np.array([2.0]), False)
    lower = -float(ev.m2ll) / 2
    assert best.llf > lower + 1  # a search from there alone would end at the lower one
    assert engine.maximize(*data, reml=False, start=(L @ L.T, s2)).llf == pytest.approx(best.llf, abs=1e-9)


@pytest.mark.parametrize(
    "column", [lambda y, cluster: cluster % 2 * 1.0, lambda y, cluster: (np.arange(len(y)) == 3) * 1.0]
)
def test_variances_that_the_data_cannot_tell_apart_are_refused(small, column):
    y, X, _, cluster, _ = small
    Z = np.column_stack([np.ones(len(y)), column(y, cluster)])
    X = np.column_stack(
        [X, Z[:, 1]]
    )  # cluster-level, or nonzero in a single row that its fixed effect then fits exactly
    with pytest.raises(MlmedError, match="cannot tell the variances and covariances"):
        engine.maximize(y, X, Z, cluster)


def test_exact_fit_is_refused(small):
    _, X, Z, cluster, residual = small
    with pytest.raises(MlmedError, match="reproduce the response exactly"):
        engine.maximize(X @ np.arange(4.0), X, Z, cluster, residual)


def test_dependent_column_is_the_first_that_adds_nothing(small):
    _, X, *_ = small
    assert engine.dependent_column(X) is None
    assert engine.dependent_column(np.column_stack([X, X[:, 1] - 2 * X[:, 2]])) == 4
    assert engine.dependent_column(np.column_stack([np.zeros(len(X)), X])) == 0
    assert engine.dependent_column(X[:3]) == 3
