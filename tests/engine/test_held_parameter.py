"""The likelihood with a covariance parameter held: the profile, by another search, and what the curve must satisfy."""

import numpy as np
import pytest
from scipy import optimize

import mlmed_teach as mt
from mlmed_teach import engine

PAIRS = [(1, 3), (1, 1), (4, 4)]


@pytest.fixture(scope="module")
def stacked():
    """Cross-products, and the maxima of ML and REML."""
    fits = {reml: mt.fit_stacked(mt.stack(mt.load_ml_sim()), reml=reml) for reml in (False, True)}
    design = fits[True].design
    cp = engine.cross_products(design.y, design.X, design.Z, design.cluster, design.residual.codes, 2)
    return cp, fits


def values_around(fit, pair):
    """On both sides of the top, from next to 0, where G is singular, to three times the estimate."""
    top = fit.optimum.G[pair]
    return top * np.array([0.05, 0.5, 0.9]), top * np.array([1.1, 1.6, 3.0])


@pytest.mark.parametrize("reml", [False, True], ids=["ML", "REML"])
def test_the_held_maximum_is_the_best_of_what_a_plain_search_finds(reml):
    """Nelder and Mead know no derivatives: three random effects' variances and covariance, one variance held."""
    df = mt.simulate(clusters=40, size=6, seed=2)
    fit = mt.fit_mixed("m ~ x", df, groups="id", re_formula="~ x", reml=reml)
    d, optimum = fit.design, fit.optimum
    cp = engine.cross_products(d.y, d.X, d.Z, d.cluster, np.zeros(len(d.y), int), 1)
    held = 2.0 * optimum.G[1, 1]

    def m2ll(theta):
        sd, r = np.exp(theta[0]), np.tanh(theta[1])
        cov = r * sd * np.sqrt(held)
        G = np.array([[sd**2, cov], [cov, held]])
        return float(engine.evaluate(cp, G, np.exp(theta[2:]), reml, hessian=False).m2ll)

    start = [np.log(optimum.G[0, 0]) / 2, 0.1, np.log(optimum.s2[0])]
    found = optimize.minimize(
        m2ll, start, method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-10, "maxiter": 4000}
    )
    value, _ = engine.hold(cp, optimum.G, optimum.s2, (1, 1), np.array([held]), reml=reml)
    assert value[0] == pytest.approx(found.fun, abs=1e-7)


@pytest.mark.parametrize("reml", [False, True])
@pytest.mark.parametrize("pair", PAIRS)
def test_the_slope_is_the_derivative_and_points_to_the_top(stacked, pair, reml):
    cp, fits = stacked
    optimum = fits[reml].optimum
    for sign, side in zip((-1, 1), values_around(fits[reml], pair), strict=True):
        _, slope = engine.hold(cp, optimum.G, optimum.s2, pair, side, reml)
        assert (sign * slope > 0).all()
        step = 1e-4 * side
        above, _ = engine.hold(cp, optimum.G, optimum.s2, pair, side + step, reml)
        below, _ = engine.hold(cp, optimum.G, optimum.s2, pair, side - step, reml)
        assert slope == pytest.approx((above - below) / (2 * step), rel=2e-3)


@pytest.mark.parametrize("pair", PAIRS)
def test_near_the_top_it_is_the_parabola_of_the_information(stacked, pair):
    cp, fits = stacked
    optimum = fits[True].optimum
    at = [k for k, ij in enumerate(zip(*np.tril_indices(5), strict=True)) if set(ij) == set(pair)][0]
    se = np.sqrt(optimum.cov_phi[at, at])
    for distance in (-0.02, 0.02):
        value = np.array([optimum.G[pair] + distance * se])
        m2ll, _ = engine.hold(cp, optimum.G, optimum.s2, pair, value, reml=True)
        assert m2ll[0] + 2 * optimum.llf == pytest.approx(distance**2, rel=0.03)


def test_every_cluster_twice_doubles_the_log_likelihood_of_ml(stacked):
    cp, fits = stacked
    optimum = fits[False].optimum
    side = values_around(fits[False], (1, 3))[1]
    once, slope = engine.hold(cp, optimum.G, optimum.s2, (1, 3), side, reml=False)
    twice, steeper = engine.hold(cp, optimum.G, optimum.s2, (1, 3), side, reml=False, weights=np.full(100, 2.0))
    assert twice == pytest.approx(2 * once, abs=1e-6)
    assert steeper == pytest.approx(2 * slope, rel=1e-4)
