"""Lab `delta`: its arithmetic, beside the package's delta method and plain simulation."""

import numpy as np
import pytest

import mlmed_teach as mt
from mlmed_teach.labs.lab_delta import delta_and_draws

SETTINGS = [(-1.05, -1.1, 1.25, 0.25), (-0.5, -1.5, -0.4, 0.5), (0, 0, 0, 0.1), (-2, 0, 2, 0.6)]


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_standard_error_is_that_of_the_delta_method(setting):
    lns_a, lns_b, atr, se = setting
    state = delta_and_draws(*setting)

    def cov(s, u, t):
        return np.tanh(t) * np.exp(s + u)

    expected = mt.delta_method(cov, [lns_a, lns_b, atr], se**2 * np.eye(3))
    assert state.estimate == pytest.approx(expected.estimate, abs=1e-12)
    assert state.delta_se == pytest.approx(expected.se, rel=1e-8)
    assert state.delta == pytest.approx(expected.ci, abs=1e-9)


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_draws_scatter_as_random_ones_do(setting):
    lns_a, lns_b, atr, se = setting
    state = delta_and_draws(*setting)
    rng = np.random.default_rng(1)
    s, u, t = np.array([[lns_a], [lns_b], [atr]]) + se * rng.standard_normal((3, 400_000))
    draws = np.tanh(t) * np.exp(s + u)
    # limits of 400,000 random draws have a Monte Carlo error of about 0.2% of the width, more where tails are long
    assert state.simulated == pytest.approx(np.percentile(draws, [2.5, 97.5]), abs=0.01 * state.width)


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_standard_deviation_of_the_draws_is_exact_within_a_percent(setting):
    """Beside Gauss-Hermite quadrature; the factor exp(lns_a + lns_b) has a lognormal distribution."""
    lns_a, lns_b, atr, se = setting
    at, weights = np.polynomial.hermite_e.hermegauss(80)
    weights = weights / weights.sum()
    t1, t2 = (weights @ np.tanh(atr + se * at) ** power for power in (1, 2))
    e1, e2 = np.exp(lns_a + lns_b + se**2), np.exp(2 * (lns_a + lns_b) + 4 * se**2)
    assert delta_and_draws(*setting).simulated_se == pytest.approx(np.sqrt(t2 * e2 - (t1 * e1) ** 2), rel=0.01)


def test_a_small_standard_error_makes_the_tangent_as_good_as_the_curve():
    state = delta_and_draws(-1, -1, 1, 0.001)
    assert state.delta_se == pytest.approx(state.simulated_se, rel=1e-4)
    assert state.off < 0.005 and abs(state.narrower) < 0.005


def test_how_far_off_is_counted_in_widths_of_the_simulated_interval():
    state = delta_and_draws(-1, -1, 1.25, 0.5)
    (low, high), (s_low, s_high) = state.delta, state.simulated
    assert state.narrower == pytest.approx(1 - (high - low) / (s_high - s_low))
    assert state.off == pytest.approx(max(abs(low - s_low), abs(high - s_high)) / (s_high - s_low))
    assert state.narrower > 0.2
