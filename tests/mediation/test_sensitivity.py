"""What an unmeasured common cause of m and y would do: the closed form against simulated confounding."""

import re

import numpy as np
import pandas as pd
import pytest
from helpers.fits import mediate_quietly

import mlmed_teach as mt

TRUTH = 0.6 * 0.6 + 0.113  # indirect effect of the population below
TOTAL = TRUTH + 0.2


def confounded(rho, clusters=4000, size=8, seed=1):
    """Slopes as in the default population; the residuals of m and y correlate."""
    rng = np.random.default_rng(seed)
    G = np.diag([0.6, 0.16, 0.4, 0.16, 0.05])
    G[1, 3] = G[3, 1] = 0.113
    d_m, a, d_y, b, c = (rng.multivariate_normal([0, 0.6, 0, 0.6, 0.2], G, clusters)[:, None, :]).T
    e_m, e_y = rng.multivariate_normal([0, 0], [[0.65, rho * 0.57], [rho * 0.57, 0.5]], (clusters, size)).T
    x = rng.normal(size=(size, clusters))
    m = d_m + a * x + e_m
    y = d_y + b * m + c * x + e_y
    return pd.DataFrame({"id": np.tile(np.arange(clusters), size), "x": x.ravel(), "m": m.ravel(), "y": y.ravel()})


@pytest.fixture(scope="module")
def med():
    return mediate_quietly(mt.load_ml_sim())


@pytest.mark.parametrize("rho", [0.3, -0.4])
def test_the_truth_comes_back_if_rho_is_known(rho):
    actual = rho * 0.57 / np.sqrt(0.65 * 0.5)
    med = mediate_quietly(confounded(rho))
    found = med.sensitivity(actual).loc[actual]
    naive = med.indirect.estimate - TRUTH
    assert abs(naive) > 8 * med.indirect.se  # confounding does harm
    for kind, value in [("indirect", TRUTH), ("direct", 0.2), ("total", TOTAL)]:
        assert abs(found.loc[kind, "estimate"] - value) < 4 * found.loc[kind, "se"] < 0.1, kind


def test_the_interval_holds_the_truth_as_often_as_it_says():
    """kappa is estimated, which the standard error counts; in 1,000 tables much like these .944 held the truth."""
    rho, hits, estimates, ses = 0.4 * 0.57 / np.sqrt(0.65 * 0.5), 0, [], []
    for seed in range(60):
        med = mediate_quietly(confounded(0.4, clusters=100, seed=seed))
        row = med.sensitivity(rho).loc[(rho, "indirect")]
        hits += row["ci low"] < TRUTH < row["ci high"]
        estimates.append(row["estimate"])
        ses.append(row["se"])
    assert hits >= 51  # of 60; below that with a true coverage of .95 once in 500 runs
    assert np.mean(ses) == pytest.approx(np.std(estimates), rel=0.3)  # three Monte Carlo errors


def test_without_correlation_it_is_the_result_itself(med):
    found = med.sensitivity(0).loc[0.0]
    own = med.to_frame()
    np.testing.assert_allclose(found.to_numpy(), own.to_numpy(), rtol=1e-10)


def test_the_total_effect_stays_and_the_parts_move_against_each_other(med):
    frame = med.sensitivity()["estimate"].unstack()
    np.testing.assert_allclose(frame["total"], med.total.estimate, rtol=1e-12)
    assert (np.diff(frame["indirect"]) < 0).all()  # a is positive


def test_at_rho_zero_the_indirect_effect_is_0(med):
    rho_zero = med.sensitivity().rho_zero
    assert med.sensitivity(rho_zero).loc[(rho_zero, "indirect"), "estimate"] == pytest.approx(0, abs=1e-12)
    assert f"{100 * rho_zero:.1f}%" in med.sensitivity().words.replace("\n", " ")


@pytest.mark.parametrize("random", [("a", "b", "cprime"), ("b",), (), ("b", "cprime")])
@pytest.mark.parametrize("rho", [0.5, -0.3])
def test_the_likelihood_is_the_same_for_every_rho(random, rho):
    """The dense likelihood of correlated residuals at the mapped parameters, as of two outcomes of one row."""
    table = mt.load_ml_sim().query("id <= 25")
    med = mediate_quietly(table, random=random)
    design, optimum = med.fit.design, med.fit.optimum
    s2_y, s2_m = optimum.s2
    n = len(table)
    kappa = rho / np.sqrt(1 - rho**2) * np.sqrt(s2_y / s2_m)
    names = {name: k for k, name in enumerate(design.fe_names)}
    # y* = y - kappa m: its random and fixed parts are those of y less kappa times those of m.
    V = np.zeros((2 * n, 2 * n))
    V += (design.Z @ optimum.G @ design.Z.T) * (design.cluster[:, None] == design.cluster[None, :])
    V += np.diag(np.repeat([s2_y, s2_m], n))
    beta = optimum.beta.copy()
    r = design.y - design.X @ beta
    plain = np.linalg.slogdet(V)[1] + r @ np.linalg.solve(V, r)
    # The model of rho: y = d* + b* m + c* x + e_Y, where e_Y = e' + kappa e_M.
    Z = design.Z.copy()
    X = design.X.copy()
    mapped = beta.copy()
    mapped[names["sym"]] -= kappa
    mapped[names["syx"]] += kappa * beta[names["smx"]]
    mapped[names["sy"]] += kappa * beta[names["sm"]]
    at = {name: k for k, name in enumerate(design.re_names)}
    M = np.eye(len(at))
    for to, of in (("sy", "sm"), ("syx", "smx")):
        if of in at:
            M[at[to], at[of]] += kappa
    V2 = (Z @ (M @ optimum.G @ M.T) @ Z.T) * (design.cluster[:, None] == design.cluster[None, :])
    V2 += np.diag(np.repeat([s2_y + kappa**2 * s2_m, s2_m], n))
    V2[np.arange(n), n + np.arange(n)] += kappa * s2_m
    V2[n + np.arange(n), np.arange(n)] += kappa * s2_m
    r2 = design.y - X @ mapped
    again = np.linalg.slogdet(V2)[1] + r2 @ np.linalg.solve(V2, r2)
    assert kappa * s2_m / np.sqrt((s2_y + kappa**2 * s2_m) * s2_m) == pytest.approx(rho)
    assert again == pytest.approx(plain, abs=1e-6)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"random": ("a", "b")}, r"random=\('a', 'b', 'cprime'\)"),
        ({"random": ("a",)}, r"random=\('a', 'cprime'\)"),
        ({"covariates": {"m": ["w"]}}, "'w' is in the equation of 'm' alone"),
        ({"intercepts": ("m",)}, r"intercepts=\('m', 'y'\)"),
    ],
)
def test_a_model_that_cannot_follow_is_refused_with_the_one_that_can(options, words):
    table = mt.load_ml_sim()
    table["w"] = np.random.default_rng(1).normal(size=len(table))
    with pytest.raises(mt.MlmedError, match=words):
        mediate_quietly(table, **options).sensitivity()


def test_of_a_decomposed_model_it_is_the_effect_within(med):
    decomposed = mediate_quietly(mt.load_ml_sim(), decompose=True)
    found = decomposed.sensitivity(0.0)
    assert found.loc[(0.0, "indirect"), "estimate"] == pytest.approx(decomposed.within.indirect.estimate)


@pytest.mark.parametrize("rho", [1, -1.0, 1.5, "much", [], [0.1, 0.1], [[0.1]], np.nan, [0.2, None]])
def test_what_is_no_correlation_is_refused_in_words(med, rho):
    with pytest.raises(mt.MlmedError, match=r"rho (must be|holds)"):
        med.sensitivity(rho)


def test_it_shows_itself(med):
    shown = repr(med.sensitivity())
    assert "residual correlation of" in re.sub(r"\s+", " ", shown) and "Indirect" in shown
    ax = med.sensitivity().plot()
    assert "correlation" in ax.get_xlabel()
    with pytest.raises(mt.MlmedError, match="two values"):
        med.sensitivity(0.2).plot()


def test_the_interval_holds_0_from_rho_ci_on(med):
    what_if = med.sensitivity()
    before, after = what_if.rho_ci - 1e-6, what_if.rho_ci + 1e-6
    low = med.sensitivity([before, after]).xs("indirect", level="effect")["ci low"]
    assert 0 < what_if.rho_ci < what_if.rho_zero
    assert low[before] > 0 > low[after]
    turned = mediate_quietly(mt.load_ml_sim().assign(x=lambda table: -table["x"])).sensitivity()
    assert (turned.rho_ci, turned.rho_zero) == pytest.approx((what_if.rho_ci, what_if.rho_zero))
    opposite = mediate_quietly(mt.load_ml_sim().assign(m=lambda table: -table["m"])).sensitivity()
    assert (opposite.rho_ci, opposite.rho_zero) == pytest.approx((-what_if.rho_ci, -what_if.rho_zero))
    assert "in opposite ways" in opposite.words and "the same way" in what_if.words


def test_an_interval_that_holds_0_as_it_is_needs_no_correlation():
    rng = np.random.default_rng(2)
    table = mt.load_ml_sim().assign(y=rng.normal(size=800))
    assert mediate_quietly(table, random=()).sensitivity().rho_ci == 0
