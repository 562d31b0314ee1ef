"""The delta method: by hand, by helper, by differences, against simulation."""

import re

import numpy as np
import pytest

import mlmed_teach as mt
from mlmed_teach.models.delta import central_differences
from mlmed_teach.show import stata_number

NAMES = ("atr1_1_2_4", "lns1_1_2", "lns1_1_4")


def covariance(t, s, u):
    return np.tanh(t) * np.exp(s + u)


def derivatives(t, s, u):
    return [(1 - np.tanh(t) ** 2) * np.exp(s + u), covariance(t, s, u), covariance(t, s, u)]


def test_covariance_of_the_slopes_comes_out_as_in_the_table(stacked):
    cov = mt.diparm(stacked, *NAMES, f=covariance, d=derivatives)
    row = stacked.re_params.loc["cov(smx,sym)"]
    np.testing.assert_allclose([cov.estimate, cov.se, *cov.ci], row, rtol=1e-10)


def test_automatic_derivatives_are_as_good_as_given_ones(stacked):
    by_hand, automatic = (
        mt.diparm(stacked, *NAMES, f=covariance, d=derivatives),
        mt.diparm(stacked, *NAMES, f=covariance),
    )
    np.testing.assert_allclose(automatic.gradient, by_hand.gradient, rtol=1e-9)
    np.testing.assert_allclose(automatic.se, by_hand.se, rtol=1e-9)


def test_readable_names_mean_the_same_parameters(stacked):
    readable = mt.diparm(stacked, "atr(smx, sym)", "lns(smx)", "lns(sym)", f=covariance)
    np.testing.assert_allclose(readable.se, mt.diparm(stacked, *NAMES, f=covariance).se)
    assert "atr(smx, sym)" in repr(readable) and "atr(smx, sym)" in readable._repr_html_()


@pytest.mark.parametrize("name", ["lns1_1_2", "lns2_1_1", "lnsig_e"])
def test_every_variance_is_exp_of_twice_its_lns(stacked, name):
    row = {"lns1_1_2": "var(smx)", "lns2_1_1": "fid: var(sm)", "lnsig_e": "var(Residual)"}[name]
    variance = mt.diparm(stacked, name, f=lambda s: np.exp(2 * s))
    np.testing.assert_allclose(
        [variance.estimate, variance.se], stacked.re_params.loc[row, ["estimate", "se"]], rtol=1e-9
    )


def test_one_parameter_needs_no_function(stacked):
    lns = mt.diparm(stacked, "lns1_1_2")
    assert lns.estimate == stacked.stata_params["lns1_1_2"]
    np.testing.assert_allclose(lns.se, np.sqrt(stacked.stata_cov.loc["lns1_1_2", "lns1_1_2"]))


def test_level_widens_the_interval(stacked):
    narrow, wide = mt.diparm(stacked, "lnsig_e", level=0.5), mt.diparm(stacked, "lnsig_e", level=0.99)
    assert wide.ci[0] < narrow.ci[0] < narrow.estimate < narrow.ci[1] < wide.ci[1]
    for shown in (repr(wide), wide._repr_html_()):
        assert "99%" in shown and "95%" not in shown


def test_both_displays_show_estimate_error_and_limits_in_their_order():
    made = mt.delta_method(lambda a: a / 3, [1.0], [[0.5]], label="third")
    numbers = [stata_number(number, 10) for number in (made.estimate, made.se, *made.ci)]
    assert numbers[0] == ".33333333" and len(set(numbers)) == 4
    assert repr(made) == "third: {} (std. err. {}, 95% interval {} to {})".format(*numbers)
    cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", made._repr_html_())
    assert cells[-9:] == ["Estimate", "Std. Err.", "95% low", "95% high", "third", *numbers]


def test_delta_standard_error_is_the_spread_of_simulated_estimates_where_the_function_is_nearly_straight(stacked):
    rng = np.random.default_rng(1)
    chosen, narrow = list(NAMES), 0.05
    draws = rng.multivariate_normal(
        stacked.stata_params[chosen], narrow**2 * stacked.stata_cov.loc[chosen, chosen], 200_000
    )
    # 3 Monte Carlo errors of 1 / sqrt(2 * 200,000), and what curvature is left over a twentieth of the width
    np.testing.assert_allclose(
        covariance(*draws.T).std() / narrow, mt.diparm(stacked, *NAMES, f=covariance).se, rtol=0.006
    )


def test_delta_method_is_exact_for_linear_functions():
    cov = np.array([[2.0, 0.5], [0.5, 1.0]])
    difference = mt.delta_method(lambda a, b: 3 * a - b, [1.0, 2.0], cov)
    np.testing.assert_allclose(difference.estimate, 1.0)
    np.testing.assert_allclose(difference.se, np.sqrt(9 * 2 + 1 - 2 * 3 * 0.5), rtol=1e-10)


def test_central_differences_are_accurate_at_any_size_of_parameter():
    at = np.array([1e-4, 1.0, 50.0])
    slopes = central_differences(lambda a, b, c: np.cos(a) + np.exp(b) + np.log(c), at)
    np.testing.assert_allclose(slopes, [-np.sin(1e-4), np.e, 1 / 50], rtol=1e-8, atol=1e-11)
    np.testing.assert_allclose(central_differences(np.sqrt, np.array([1e6])), [0.5e-3], rtol=1e-8)


def test_automatic_steps_follow_the_standard_error():
    steep = mt.delta_method(lambda v: np.exp(1e4 * v), [1e-4], [[1e-10]])
    np.testing.assert_allclose(steep.gradient, [1e4 * np.e], rtol=1e-6)
    near_zero = mt.delta_method(np.log, [5e-4], [[1e-10]])
    np.testing.assert_allclose(near_zero.se, 1e-5 / 5e-4, rtol=1e-6)


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda stacked: mt.diparm(stacked, 5), "by their names"),
        (lambda stacked: mt.diparm(stacked, "lnsig_e", f=5), "f must be a function"),
        (lambda stacked: mt.diparm(stacked, "lnsig_e", f=lambda a, b: a), "called with 1 number"),
        (
            lambda stacked: mt.diparm(stacked, "lnsig_e", f=np.exp, d=lambda s: "steep"),
            "What d returns must be numbers",
        ),
        (lambda stacked: mt.diparm(stacked, "lnsig_e", level=95), "level must lie between"),
        (lambda stacked: mt.delta_method(np.exp, [1.0], [[1.0, 0.0]]), "covariance matrix of shape"),
        (lambda stacked: mt.delta_method(np.exp, [1.0], [[np.nan]]), "not finite"),
        (lambda stacked: mt.delta_method(lambda a, b: a, [1.0, 2.0], np.diag([1.0, np.inf])), "not finite"),
        (lambda stacked: mt.delta_method(lambda a, b: a, [1.0, 2.0], np.diag([1.0, -1.0])), "a negative variance"),
        (lambda stacked: mt.delta_method(np.exp, [1.0], [["a"]]), "must be numbers"),
    ],
)
def test_misuse_gets_a_message_of_its_own(stacked, call, words):
    with pytest.raises(mt.MlmedError, match=words):
        call(stacked)


@pytest.mark.parametrize(
    "names, options, words",
    [
        (("lns9",), {}, r"no parameter 'lns9'.*lns1_1_1 = lns\(sm\)"),
        ((), {}, "at least one"),
        (NAMES, {}, "function of the 3 parameters"),
        (NAMES, {"f": covariance, "d": lambda *p: [1.0]}, "one derivative for each of the 3"),
        (("lnsig_e",), {"f": lambda s: np.log(-abs(s) - 1)}, "is nan at the estimates"),
        (("lnsig_e",), {"f": lambda s: None}, "must return one number"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value encountered in log:RuntimeWarning")  # the bad function's own
def test_bad_requests_say_what_is_wrong(stacked, names, options, words):
    with pytest.raises(mt.MlmedError, match=words):
        mt.diparm(stacked, *names, **options)


def test_diparm_needs_a_fit(df):
    with pytest.raises(mt.MlmedError, match="needs a fitted model"):
        mt.diparm(df, "lnsig_e")
