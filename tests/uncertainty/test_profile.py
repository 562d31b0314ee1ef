"""Profile-likelihood intervals: against other ways to the same cost, with few clusters, on the boundary, open."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from helpers.damaged import Case
from helpers.fits import mediate_quietly
from scipy import optimize, stats

import mlmed_teach as mt
from mlmed_teach import engine
from mlmed_teach.engine import HeldFit, Profile, profiling
from mlmed_teach.engine.search import climb
from mlmed_teach.engine.starts import STARTS
from mlmed_teach.uncertainty import likelihood_profiles
from mlmed_teach.uncertainty.columns_of_paths import columns_of
from mlmed_teach.uncertainty.refits import problem

EFFECTS = ["indirect", "direct", "total"]
LIMIT = stats.chi2.ppf(0.95, 1)


@pytest.fixture(scope="module")
def small():
    """A small model whose optimum lies inside."""
    return mt.mediate(mt.simulate(clusters=40, size=6, seed=11), random=("a", "b"))


@pytest.fixture(scope="module")
def on_boundary():
    return mediate_quietly(mt.simulate(clusters=25, size=4, seed=1))


def search_of(med):
    """Its profile likelihood, and its effects as something that can be held."""
    return Profile(problem(med.fit)), {kind: columns_of(med)[0].target(kind) for kind in EFFECTS}


# ---- what it costs to hold an effect ------------------------------------------------------------------------------


def test_cost_of_a_direct_effect_is_that_of_a_model_with_an_offset(small):
    """Holding c' is the same as taking c' x off y and leaving x out: two fits of the engine."""
    design = small.fit.design
    search, targets = search_of(small)
    k = design.fe_names.index("syx")
    full = engine.maximize(design.y, design.X, design.Z, design.cluster, design.residual.codes, reml=False)
    rest = [i for i in range(5) if i != k]
    for value in (0.0, 0.15, 0.4):
        held = design.y - value * design.X[:, k]
        other = engine.maximize(held, design.X[:, rest], design.Z, design.cluster, design.residual.codes, reml=False)
        cost = search.hold(targets["direct"], value).cost
        np.testing.assert_allclose(cost, 2 * (full.llf - other.llf), atol=1e-8)


def test_cost_of_an_indirect_effect_is_that_of_another_optimizer():
    """The likelihood from whole covariance matrices, with b = effect / a written into it."""
    table = mt.simulate(clusters=12, size=5, seed=3)
    med = mt.mediate(table, random=())
    search, targets = search_of(med)
    x, m, y = (table[name].to_numpy() for name in "xmy")
    same = table["id"].to_numpy()[:, None] == table["id"].to_numpy()

    def m2ll(theta, effect=None):
        d_m, a, d_y, c, b = theta[:5]
        b = b if effect is None else effect / a
        L = np.array([[np.exp(theta[5]), 0], [theta[6], np.exp(theta[7])]])
        G, (s_y, s_m) = L @ L.T, np.exp(theta[8:10])
        one = np.eye(len(x))
        V = np.block([[same * G[1, 1] + s_y * one, same * G[0, 1]], [same * G[0, 1], same * G[0, 0] + s_m * one]])
        e = np.concatenate([y - d_y - b * m - c * x, m - d_m - a * x])
        return np.linalg.slogdet(V)[1] + e @ np.linalg.solve(V, e)

    p = med.fit.params
    start = np.array([p["sm"], p["smx"], p["sy"], p["syx"], p["sym"], -0.3, 0.0, -0.5, -0.8, -0.5])
    options = {"gtol": 1e-7, "maxiter": 2000}
    best = optimize.minimize(m2ll, start, method="BFGS", options=options).fun
    for effect in (0.1, 0.5):
        held = optimize.minimize(m2ll, start, args=(effect,), method="BFGS", options=options).fun
        # the other optimizer has no exact derivatives: its minima are known to 1e-6
        np.testing.assert_allclose(search.hold(targets["indirect"], effect).cost, held - best, atol=1e-5)


@pytest.mark.parametrize("kind", EFFECTS)
def test_slope_and_curvature_of_the_cost_are_its_derivatives(small, kind):
    search, targets = search_of(small)
    step, middle = 1e-4, search.middle(targets[kind])
    for value in (middle.value, middle.value - 0.1, middle.value + 0.2):
        fit = search.hold(targets[kind], value)
        up, down = (search.hold(targets[kind], value + side * step, [fit]) for side in (1, -1))
        np.testing.assert_allclose((up.cost - down.cost) / (2 * step), fit.slope, rtol=1e-5, atol=1e-4)
        np.testing.assert_allclose((up.slope - down.slope) / (2 * step), fit.curvature, rtol=1e-5)
        np.testing.assert_allclose((up.theta - down.theta) / (2 * step), fit.velocity, rtol=1e-3, atol=1e-3)
    assert middle.cost == 0 and middle.slope == pytest.approx(0, abs=1e-4)


def test_a_value_far_away_is_reached_step_by_step_where_one_step_is_too_long(small, monkeypatch):
    search, targets = search_of(small)
    there = search.hold(targets["total"], 1.5)

    def short_sighted(self, effect, value, theta, climb=Profile._climb):
        if abs(value - reached[-1]) > 0.3:
            raise mt.MlmedError("too far")
        reached.append(value)
        return climb(self, effect, value, theta)

    reached = [search.target_value(targets["total"])]
    monkeypatch.setattr(Profile, "_climb", short_sighted)
    assert search.hold(targets["total"], 1.5).cost == pytest.approx(there.cost, abs=1e-8)
    assert len(reached) > 3
    reached[:] = [-100.0]
    with pytest.raises(mt.MlmedError, match=r"held at 1\.5.*bootstrap"):
        search.hold(targets["total"], 1.5)


# ---- limits -------------------------------------------------------------------------------------------------------


def test_profile_interval_ends_where_the_cost_is_the_quantile(small):
    profile = small.profile()
    search, targets = search_of(small)
    for kind in EFFECTS:
        effect = getattr(profile, kind)
        for end in effect.ci:
            assert search.hold(targets[kind], end).cost == pytest.approx(LIMIT, abs=1e-7)
        assert effect.ci[0] < effect.estimate < effect.ci[1]
    wider = small.profile(level=0.99)
    assert wider.indirect.ci[0] < profile.indirect.ci[0] and wider.indirect.ci[1] > profile.indirect.ci[1]


def test_profile_works_on_the_boundary(on_boundary):
    """There the estimate itself has a singular G, and so have the fits at the limits."""
    profile = on_boundary.profile()
    search, targets = search_of(on_boundary)
    for kind in EFFECTS:
        low, high = getattr(profile, kind).ci
        assert low < getattr(profile, kind).estimate < high
        for end in (low, high):
            fit = search.hold(targets[kind], end)
            assert fit.cost == pytest.approx(LIMIT, abs=1e-7)
            assert np.linalg.svd(fit.theta[:25].reshape(5, 5), compute_uv=False)[-1] < 1e-4


@pytest.mark.parametrize(("clusters", "size"), [(6, 80), (8, 20), (10, 40)])
def test_few_clusters_have_limits_and_no_start_finds_a_likelier_fit_there(clusters, size):
    for seed in range(2):
        med = mediate_quietly(mt.simulate(clusters=clusters, size=size, seed=seed), random=("a", "b"))
        profile, (search, targets) = med.profile(), search_of(med)
        assert np.isfinite(profile.to_frame()).all(axis=None)
        units, cp = problem(med.fit).units, problem(med.fit).cp
        effect = targets["indirect"].in_units(units)
        for end in profile.indirect.ci:
            likelihood = partial(profiling.evaluate_held, cp, effect=effect, value=end)
            found = [climb(likelihood, sd * np.eye(4), np.full(2, share), 1.0, ()).ev.m2ll for sd, share in STARTS]
            assert min(found) - search.m2ll == pytest.approx(LIMIT, abs=1e-6)


@pytest.mark.parametrize("seed", [33, 36])
def test_the_likelier_of_two_ways_to_a_weak_product_counts(seed):
    """Both paths near 0: a positive product comes about with both positive or with both negative."""
    med = mt.mediate(mt.simulate(mt.Population(a=0.06, b=-0.06), clusters=30, size=8, seed=seed), random=())
    search, targets = search_of(med)
    assert search.has_two_ways(targets["indirect"], LIMIT) and not search.has_two_ways(targets["direct"], LIMIT)
    for end in med.profile().indirect.ci:
        assert search.hold_from_all(targets["indirect"], end).cost == pytest.approx(LIMIT, abs=1e-6)


@pytest.fixture(scope="module")
def jumping():
    """The profile likelihood of eight clusters, and an effect between them that one curve of fits comes to badly.

    Beyond 1.3 standard errors below the estimate, fits that go on from each other come to a less likely way (W = 3.84
    where another way has 1.09), from the likelier fit as well.
    """
    case = Case(248)
    med = mediate_quietly(case.table, **case.arguments)
    return Profile(problem(med.fit)), columns_of(med)[1].target("indirect")


def test_a_search_that_comes_back_to_the_less_likely_way_ends_at_the_likelier(jumping):
    search, target = jumping
    end = likelihood_profiles._Curve(search, target, LIMIT).limit(-1)
    effect, rng = target.in_units(search._units), np.random.default_rng(1)
    costs = []
    for _ in range(20):
        start = np.append(rng.normal(size=25) * 10 ** rng.uniform(-2, 0.5), np.log(rng.uniform(0.05, 1.5, size=2)))
        costs.append(search._climb(effect, end, start).ev.m2ll - search.m2ll)
    assert min(costs) == pytest.approx(LIMIT, abs=1e-6)


def test_a_search_without_end_is_given_up_in_words(jumping, monkeypatch):
    monkeypatch.setattr(likelihood_profiles, "STEPS", 5)
    with pytest.raises(mt.MlmedError, match="No lower end .* after 5 fits. Use a bootstrap"):
        likelihood_profiles._Curve(*jumping, LIMIT).limit(-1)


def test_number_of_evaluations_does_not_grow_with_the_clusters(monkeypatch):
    """So the time grows as that of one evaluation does: linearly."""
    count = []

    def counted(*arguments, evaluate=profiling.evaluate_held):
        count.append(1)
        return evaluate(*arguments)

    monkeypatch.setattr(profiling, "evaluate_held", counted)
    for clusters in (100, 1000):
        count.clear()
        mt.mediate(mt.simulate(clusters=clusters, size=8, seed=1)).profile()
        assert len(count) < 100


def test_profile_intervals_have_curves_and_no_draws(small):
    profile = small.profile()
    curve = profile.indirect.curve
    pd.testing.assert_frame_equal(
        curve, profile.curve.query("effect == 'indirect'")[["value", "W"]].reset_index(drop=True)
    )
    assert curve["value"].is_monotonic_increasing and curve["value"].is_unique and curve["W"].min() == 0
    assert curve["value"].iloc[0] < profile.indirect.ci[0] and curve["value"].iloc[-1] > profile.indirect.ci[1]
    root = np.sign(curve["value"] - profile.indirect.estimate) * np.sqrt(curve["W"])
    np.testing.assert_allclose(  # between the fits too: the lesson draws lines between the roots
        np.interp(profile.indirect.ci, curve["value"], root), np.sqrt(LIMIT) * np.array([-1, 1]), atol=0.01
    )
    for name in ("se", "draws"):
        assert not hasattr(profile.indirect, name)
    for name in ("draws", "seed", "reps", "boundary", "failed"):
        assert not hasattr(profile, name)


# ---- sides without an end -----------------------------------------------------------------------------------------


class Levelling:
    """In the place of `Profile`: the cost of a value v away from .2 is v**2 below, and rises to `ceiling` above."""

    ceiling = 3.0

    def __init__(self, *_):
        pass

    def middle(self, target):
        return self.hold(target, 0.2)

    def has_two_ways(self, target, cost):
        return False

    def hold(self, target, value, path=()):
        v, top = value - 0.2, self.ceiling
        if v <= 0:
            return HeldFit(value, v**2, 2 * v, 2.0, np.zeros(1), np.zeros(1))
        cost, slope = v**2 / (1 + v**2 / top), 2 * v / (1 + v**2 / top) ** 2
        bend = 2 * (1 - 3 * v**2 / top) / (1 + v**2 / top) ** 3
        return HeldFit(value, cost, slope, bend, np.zeros(1), np.zeros(1))


def test_a_limit_that_does_not_exist_is_open_and_said_to_be(small, monkeypatch):
    monkeypatch.setattr(likelihood_profiles, "Profile", Levelling)
    profile = small.profile()
    low, high = profile.indirect.ci
    assert low == pytest.approx(0.2 - np.sqrt(LIMIT)) and high == np.inf
    text = " ".join(profile.summary().split())
    assert "profile interval of the average indirect effect is open above" in text and "no more than W = 3.00" in text
    assert "open below" not in text
    beside = small.intervals(reps=20, draws=1000, seed=1)
    assert beside.loc[("indirect", "profile"), "ci high"] == np.inf
    assert any("open above" in note for note in beside.notes)
    ax = beside.plot()
    assert "[−1.760, ∞)" in {text.get_text() for text in ax.texts}


def test_a_limit_far_away_is_found_all_the_same(small, monkeypatch):
    """The cost only just reaches the quantile, some 40 standard errors away."""
    monkeypatch.setattr(likelihood_profiles, "Profile", Levelling)
    monkeypatch.setattr(Levelling, "ceiling", LIMIT * 1.005)
    high = small.profile().indirect.ci[1]
    assert Levelling().hold(None, high).cost == pytest.approx(LIMIT, abs=1e-6) and high > 20
