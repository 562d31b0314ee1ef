"""Lab `intervals`: its arithmetic, beside plain simulation and what is known of products."""

import numpy as np
import pytest

import mlmed_teach as mt
from mlmed_teach.labs.lab_intervals import DRAWS, IntervalsPicture, product_and_draws

SETTINGS = [(1.5, 1.5, 0), (2.1, 2.1, -0.7), (-4, 4, 0.95), (0, 0, 0), (3, -1, -0.95)]


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_wald_interval_has_the_standard_error_of_the_product(setting):
    """The variance of a product of two normal variables is exact: that of the draws."""
    a, b, correlation = setting
    state = product_and_draws(*setting)
    assert state.product == a * b
    assert state.se == pytest.approx(np.sqrt(a**2 + b**2 + 2 * a * b * correlation + 1 + correlation**2), rel=1e-12)
    assert state.wald == pytest.approx((a * b - 1.959964 * state.se, a * b + 1.959964 * state.se), abs=1e-5)
    assert state.draws.std() == pytest.approx(state.se, rel=0.01)
    assert state.draws.mean() == pytest.approx(a * b + correlation, abs=1e-9)


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_draws_scatter_as_random_ones_do(setting):
    a, b, correlation = setting
    state = product_and_draws(*setting)
    rng = np.random.default_rng(1)
    pairs = rng.multivariate_normal([a, b], [[1, correlation], [correlation, 1]], 400_000)
    # limits of 400,000 random draws have a Monte Carlo error of about 0.2% of the width, more where tails are long
    width = state.monte_carlo[1] - state.monte_carlo[0]
    assert state.monte_carlo == pytest.approx(np.percentile(pairs.prod(1), [2.5, 97.5]), abs=0.01 * width)
    assert len(state.draws) == DRAWS


def test_wald_is_that_of_the_page_and_monte_carlo_that_of_the_package():
    """For one table, whose covariance of a_j and b_j is left out of both."""
    med = mt.mediate(mt.load_ml_sim(), x="x", m="m", y="y", group="id", se="gls")
    (a, se_a), (b, se_b) = (med.paths.loc[path, ["estimate", "se"]] for path in ("a", "b"))
    correlation = med.fit.cov_params().loc["smx", "sym"] / (se_a * se_b)
    state = product_and_draws(a / se_a, b / se_b, correlation)
    se_cov = med.paths.loc["cov_ab", "se"]
    assert np.hypot(state.se * se_a * se_b, se_cov) == pytest.approx(med.indirect.se, rel=1e-9)


def test_without_a_correlation_only_monte_carlo_can_be_alone_in_excluding_0():
    """The long tail lies on the far side of 0, and Wald gives the near side as much."""
    alone = set()
    for a in np.arange(0, 4.01, 0.4):
        for b in np.arange(-4, 4.01, 0.4):
            state = product_and_draws(a, b, 0)
            alone.add((state.excludes("wald"), state.excludes("monte_carlo")))
    assert alone == {(False, False), (False, True), (True, True)}


def test_a_negative_correlation_turns_it_round():
    assert product_and_draws(2.1, 2.1, -0.7).excludes("wald")
    assert not product_and_draws(2.1, 2.1, -0.7).excludes("monte_carlo")
    mirrored = product_and_draws(-2.1, 2.1, 0.7)
    assert mirrored.excludes("wald") and not mirrored.excludes("monte_carlo")


@pytest.mark.parametrize(("method", "pale"), [("both", 0), ("wald", 2), ("monte_carlo", 2)])
def test_the_method_that_is_not_chosen_is_pale(method, pale):
    whole, picture = IntervalsPicture(), IntervalsPicture()
    whole.move(product_and_draws(1, 2, 0))
    picture.move(product_and_draws(1, 2, 0, method))

    def colours(drawn):
        lines = [artist.get_color() for artist in (drawn.curve, drawn.of_curve, drawn.of_draws)]
        return [*lines, tuple(drawn.heap.get_facecolor()[0][:3])]

    assert sum(one != other for one, other in zip(colours(whole), colours(picture), strict=True)) == pale


@pytest.mark.parametrize("setting", SETTINGS)
def test_0_is_always_in_the_picture(setting):
    picture = IntervalsPicture()
    picture.move(product_and_draws(*setting))
    low, high = picture.below.get_xlim()
    assert low < 0 < high
