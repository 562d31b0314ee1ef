"""Limits from draws and the sides on which intervals miss a value, as array functions."""

import numpy as np
import pytest
from scipy import stats

from mlmed_teach.uncertainty.columns_of_paths import path_columns
from mlmed_teach.uncertainty.estimates_drawn import draw_estimates, monte_carlo_limits
from mlmed_teach.uncertainty.limits import basic_limits, bca_limits, percentile_limits, sides_missed


@pytest.fixture(scope="module")
def draws():
    rng = np.random.default_rng(1)
    return np.column_stack([rng.normal(size=2000), rng.exponential(size=2000)])


def test_percentiles_are_taken_of_each_column(draws):
    limits = percentile_limits(draws, 0.9)
    for k in range(2):
        np.testing.assert_allclose(limits[:, k], np.quantile(draws[:, k], [0.05, 0.95]))


def test_basic_limits_reach_to_the_other_side_of_the_estimate(draws):
    estimates = np.array([0.1, 0.7])
    low, high = percentile_limits(draws, 0.95)
    np.testing.assert_allclose(basic_limits(draws, estimates, 0.95), [2 * estimates - high, 2 * estimates - low])


def test_bca_without_bias_and_acceleration_is_the_percentile_interval(draws):
    left_out = np.array([[-1.0, -1.0], [0.0, 0.0], [1.0, 1.0]])  # symmetric: no acceleration
    limits = bca_limits(draws, np.median(draws, axis=0), left_out, 0.95)
    np.testing.assert_allclose(limits, percentile_limits(draws, 0.95), atol=1e-12)


def test_bca_of_an_estimate_beyond_all_draws_is_the_percentile_interval(draws):
    limits = bca_limits(draws, [9.0, 0.7], draws[:20], 0.95)
    np.testing.assert_allclose(limits[:, 0], percentile_limits(draws, 0.95)[:, 0])
    assert limits[0, 1] != percentile_limits(draws, 0.95)[0, 1]


def test_bca_shifts_towards_the_side_on_which_draws_are_missing(draws):
    """More than half of the draws lie below the estimate: the truth is taken to be higher."""
    estimate = np.quantile(draws[:, 0], 0.6)
    limits = bca_limits(draws[:, :1], [estimate], np.array([[-1.0], [0.0], [1.0]]), 0.95)[:, 0]
    bias = stats.norm.ppf(0.6)
    levels = stats.norm.cdf(2 * bias + stats.norm.ppf([0.025, 0.975]))
    np.testing.assert_allclose(limits, np.quantile(draws[:, 0], levels), atol=1e-2)


@pytest.mark.parametrize("whole", [True, False])
def test_bca_limits_are_those_of_scipy(whole):
    """Of a mean; of whole numbers many draws are equal to the estimate, and small numbers have acceleration too."""
    rng = np.random.default_rng(5)
    sample = rng.integers(0, 6, 24) ** 2 if whole else 0.02 * rng.exponential(size=24)
    theirs = stats.bootstrap((sample,), np.mean, n_resamples=999, confidence_level=0.9, method="BCa", random_state=rng)
    draws = theirs.bootstrap_distribution[:, None]
    assert (draws == sample.mean()).any() == whole
    left_out = np.array([[np.delete(sample, k).mean()] for k in range(len(sample))])
    # The limits of several effects are those of each: here of an effect and of its negative.
    signs = np.array([[1.0, -1.0]])
    limits = bca_limits(draws * signs, sample.mean() * signs[0], left_out * signs, 0.9)
    low, high = theirs.confidence_interval
    np.testing.assert_allclose(limits, [[low, -high], [high, -low]], rtol=1e-10)


def test_bca_of_an_effect_that_no_cluster_moves_corrects_the_bias_alone(draws):
    one = draws[:, :1]
    still, symmetric = (bca_limits(one, [0.3], np.array(left)[:, None], 0.95) for left in ([0.0] * 3, [-1.0, 0.0, 1.0]))
    np.testing.assert_allclose(still, symmetric)


def test_sides_are_named_from_the_interval():
    low, high = [0.0, 2.0, 0.0, np.nan, np.nan, 1.0], [0.5, 3.0, 2.0, np.nan, 0.5, 1.0]
    assert sides_missed(low, high, 1.0).tolist() == ["below", "above", "neither", None, None, "neither"]


def test_drawn_estimates_have_the_covariances_that_were_asked_for():
    """With any covariances, of a path and the covariance of the slopes too; without variance an estimate stays."""
    root = np.random.default_rng(2).normal(size=(4, 4))
    V = np.pad(root @ root.T, (0, 1))
    drawn = draw_estimates(np.arange(5.0), V, np.random.default_rng(3).normal(size=(200_000, 5)))
    # a covariance of 200,000 draws is known to .3 % of the product of the standard deviations
    scale = np.sqrt(np.outer(np.diag(V), np.diag(V)))
    assert (np.abs(np.cov(drawn.T) - V) <= 0.015 * scale).all()
    assert (drawn[:, 4] == 4.0).all()
    np.testing.assert_allclose(drawn.mean(0), np.arange(5.0), atol=0.05)


def test_estimates_that_follow_from_others_are_drawn_with_them():
    """A covariance matrix may be singular, as on the boundary."""
    root = np.random.default_rng(2).normal(size=(4, 2))
    drawn = draw_estimates(np.zeros(4), root @ root.T, np.random.default_rng(3).normal(size=(100_000, 4)))
    np.testing.assert_allclose(np.cov(drawn.T), root @ root.T, atol=0.03 * (root @ root.T).max())
    others = np.linalg.svd(root.T)[2][2:]  # combinations without variance
    np.testing.assert_allclose(drawn @ others.T, 0, atol=1e-6)


def test_monte_carlo_limits_are_missing_where_a_variance_is():
    estimates = np.tile([0.5, 0.6, 0.2, 0.1], (2, 1))
    V = np.tile(np.diag([0.01, 0.02, 0.03, 0.001]), (2, 1, 1))
    V[1, 3, 3] = np.nan
    low, high = monte_carlo_limits(estimates, V, np.random.default_rng(4).normal(size=(50_000, 4)), 0.95)
    assert np.isnan(low[1]).all() and np.isnan(high[1]).all()
    z = stats.norm.ppf(0.975)
    np.testing.assert_allclose([low[0, 1], high[0, 1]], [0.2 - z * 0.03**0.5, 0.2 + z * 0.03**0.5], atol=0.01)


def test_effects_of_a_level_take_its_paths_and_the_covariance_of_the_slopes():
    fixed = ["sm", "smx", "sy", "sym", "syx", "smx_mean", "sym_mean", "syx_mean"]
    beta = np.array([9.0, 2.0, 9.0, 3.0, 5.0, 20.0, 30.0, 50.0])
    G = np.arange(9.0).reshape(3, 3)
    random = ["sm", "smx", "sym"]
    np.testing.assert_allclose(path_columns(fixed, random, "within").effects(beta, G), [6 + G[1, 2], 5, 11 + G[1, 2]])
    np.testing.assert_allclose(path_columns(fixed, random, "between").effects(beta, G), [600, 50, 650])
    np.testing.assert_allclose(path_columns(fixed, ["sm", "smx"]).effects(beta, G[:2, :2]), [6, 5, 11])
    for kind, value in {"indirect": 6 + G[1, 2], "direct": 5.0, "total": 11 + G[1, 2]}.items():
        assert path_columns(fixed, random).target(kind).value(beta, G) == value
