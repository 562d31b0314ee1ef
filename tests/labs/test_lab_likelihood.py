"""Lab `likelihood`: its curves beside the engine and the fit of the lessons."""

import itertools

import numpy as np
import pytest

import mlmed_teach as mt
from mlmed_teach import engine
from mlmed_teach.labs.lab_likelihood import LikelihoodPicture, likelihood_at, words
from mlmed_teach.labs.likelihood_curves import ENTRIES, HIGH, LOW, _model, curve, standard_error

TERM = {"cov_ab": "cov(smx,sym)", "var_a": "var(smx)", "var_cprime": "var(syx)"}
SETTINGS = list(itertools.product(ENTRIES, (False, True), (False, True), (1, 4)))


@pytest.fixture(scope="module")
def fits():
    return {reml: mt.fit_stacked(mt.stack(mt.load_ml_sim()), reml=reml) for reml in (False, True)}


@pytest.mark.parametrize("reml", [False, True])
@pytest.mark.parametrize("parameter", ENTRIES)
def test_top_and_standard_error_are_those_of_the_fit(fits, parameter, reml):
    along = curve(parameter, False, reml, 1)
    row = fits[reml].re_params.loc[TERM[parameter]]
    assert (along.top, along.se) == pytest.approx((row["estimate"], row["se"]), rel=1e-5)
    assert along.llf == pytest.approx(fits[reml].llf, abs=1e-7)


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_curve_falls_on_both_sides_of_a_top_with_the_curvature_of_the_standard_error(setting):
    along = curve(*setting)
    values = np.linspace(*along.ends, 400)
    rising = np.diff(along.below(values)) > 0
    assert rising[values[1:] < along.top].all() and not rising[values[:-1] > along.top].any()
    assert along.below(along.top) == 0
    near = along.top + 0.01 * along.se * np.array([-1, 1])
    assert along.below(near) == pytest.approx(along.parabola(near), rel=0.02)


@pytest.mark.parametrize("setting", SETTINGS)
def test_between_the_computed_values_it_is_exact_to_a_hundredth(setting):
    parameter, held, reml, times = setting
    along, pair = curve(*setting), ENTRIES[parameter]
    cp, _, s2 = _model()
    weights = np.full(100, float(times))
    best = engine.maximize_batch(cp, _model()[1], s2, reml, weights[None])
    G, s2 = best.G[0], best.s2[0]
    low, high = max(along.ends[0], along.top - 4 * along.se), min(along.ends[1], along.top + 4 * along.se)
    for values in (np.linspace(low, along.top, 8)[:-1], np.linspace(along.top, high, 8)[1:]):
        if held:
            each = np.repeat(G[None], len(values), 0)
            each[:, pair[0], pair[1]] = each[:, pair[1], pair[0]] = values
            m2ll = engine.evaluate(cp, each, s2, reml, weights, hessian=False).m2ll
        else:
            m2ll, _ = engine.hold(cp, G, s2, pair, values, reml, weights)
        assert along.below(values) == pytest.approx((best.m2ll[0] - m2ll) / 2, abs=0.01)


@pytest.mark.parametrize("setting", SETTINGS)
def test_limits_lie_1_92_below_the_top_or_the_curve_ends_before(setting):
    along = curve(*setting)
    for limit, end in zip(along.limits, along.ends, strict=True):
        if limit is None:
            assert along.below(end) > -1.92
        else:
            assert along.below(limit) == pytest.approx(-(1.959964**2) / 2, abs=1e-5)


@pytest.mark.parametrize("parameter", ENTRIES)
def test_held_it_ends_where_the_covariance_matrix_becomes_singular(parameter):
    along, pair = curve(parameter, True, True, 1), ENTRIES[parameter]
    G = mt.fit_stacked(mt.stack(mt.load_ml_sim())).optimum.G.copy()
    inner = [end for end in along.ends if LOW < end < HIGH]
    assert inner
    for end in inner:
        G[pair] = G[pair[::-1]] = end
        assert np.linalg.eigvalsh(G)[0] == pytest.approx(0, abs=1e-6)
    assert np.isnan(along.below([along.ends[0] - 1e-6, along.ends[1] + 1e-6])).all()


@pytest.mark.parametrize("parameter", ENTRIES)
def test_holding_the_others_makes_the_curve_too_steep(parameter):
    assert standard_error(parameter, True, True, 1) < 0.93 * standard_error(parameter, False, True, 1)


@pytest.mark.parametrize(("parameter", "held"), list(itertools.product(ENTRIES, (False, True))))
def test_four_times_the_clusters_halve_the_standard_error_and_twice_do_not(parameter, held):
    """By ML exactly; by REML a little more, since it allows less for the fixed effects with more clusters."""
    ml, reml = ([standard_error(parameter, held, kind, times) for times in (1, 2, 4)] for kind in (False, True))
    assert np.array(ml[1:]) / ml[0] == pytest.approx([0.5**0.5, 0.5], rel=1e-6)
    assert 0.69 < reml[1] / reml[0] < 0.71
    assert 0.49 < reml[2] / reml[0] < 0.5


def test_where_there_is_no_likelihood_the_lab_says_so():
    state = likelihood_at("cov_ab", 0.15, True, True, 1)
    assert not state.possible and "no covariance matrix" in words(state)
    picture = LikelihoodPicture()
    picture.move(state)
    assert len(picture.here.get_xdata()) == 0
    assert picture.says_here.get_text() == "no log likelihood here"
    assert len(picture.impossible.get_paths()) == 1


@pytest.mark.parametrize("value", [LOW, 0.05, 0.098, HIGH])
def test_the_point_stands_on_the_curve_or_at_the_lower_edge(value):
    state = likelihood_at("var_a", value, False, False, 4)
    picture = LikelihoodPicture()
    picture.move(state)
    [x], [y] = picture.here.get_data()
    assert x == value and y == max(state.below, -8)
    assert picture.here.get_marker() == ("o" if state.below >= -8 else "v")
    at_point = np.interp(value, *picture.curve.get_data())
    assert state.below < -8 or at_point == pytest.approx(y, abs=0.01)
