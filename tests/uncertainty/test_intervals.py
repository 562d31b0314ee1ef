"""Monte Carlo, bootstrap and profile intervals: against other ways to the same number; the same with any workers."""

import inspect

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy import stats

import mlmed_teach as mt
from mlmed_teach import engine
from mlmed_teach.models import SES
from mlmed_teach.stacked_model import covariance_of_paths
from mlmed_teach.uncertainty import bootstrapping, refits
from mlmed_teach.uncertainty.refits import problem

EFFECTS = ["indirect", "direct", "total"]


@pytest.fixture(scope="module")
def small():
    """A small model whose optimum lies inside, for quick refits."""
    return mt.mediate(mt.simulate(clusters=40, size=6, seed=11), random=("a", "b"))


@pytest.fixture(scope="module")
def on_boundary():
    with pytest.warns(mt.BoundaryWarning):
        return mt.mediate(mt.simulate(clusters=25, size=4, seed=1))


# ---- Monte Carlo ------------------------------------------------------------------------------------------------


def test_monte_carlo_interval_of_the_original_data(original_path):
    """[.3724, .5816] was computed apart from this package."""
    mc = mt.mediate(mt.load_ml_sim(original_path), se="gls").monte_carlo(draws=1_000_000, seed=1)
    # 2.5% quantiles of a million draws are known to 1.5e-4, those of the other computation (100,000) to 5e-4
    np.testing.assert_allclose(mc.indirect.ci, [0.3724, 0.5816], atol=1.5e-3)


def test_monte_carlo_agrees_with_the_delta_method_in_spread_and_not_in_shape(med):
    mc = med.monte_carlo(draws=400_000, seed=2)
    for kind in EFFECTS:
        effect, wald = getattr(mc, kind), getattr(med, kind)
        assert effect.estimate == wald.estimate
        # sd of 400,000 draws: known to 0.1 %; for the total, two products make it larger by a part in a thousand
        np.testing.assert_allclose(effect.se, wald.se, rtol=0.005)
        np.testing.assert_allclose(effect.ci, np.quantile(effect.draws, [0.025, 0.975]))
    assert stats.skew(mc.indirect.draws) > 0.05 and abs(stats.skew(mc.direct.draws)) < 0.02
    assert mc.indirect.ci[0] > med.indirect.ci[0] and mc.indirect.ci[1] > med.indirect.ci[1]


def test_monte_carlo_draws_have_the_covariances_of_the_estimates(med):
    draws = med.monte_carlo(draws=400_000, seed=3).draws
    V, b = med.fit.cov_params(), med.b
    expected = b * V.loc["smx", "syx"] + med.a * V.loc["sym", "syx"]
    found = np.cov(draws["indirect"], draws["direct"])[0, 1]
    scale = med.indirect.se * med.direct.se
    assert abs(found - expected) < 0.01 * scale  # six Monte Carlo errors of a correlation


def test_level_widens_monte_carlo_intervals_of_the_same_draws(med):
    one, two = med.monte_carlo(draws=5000, seed=4), med.monte_carlo(draws=5000, seed=4, level=0.9)
    pd.testing.assert_frame_equal(one.draws, two.draws)
    assert one.indirect.ci[0] < two.indirect.ci[0] < two.indirect.ci[1] < one.indirect.ci[1]
    assert (one.confidence, two.indirect.confidence) == (0.95, 0.9)


def test_monte_carlo_draws_are_those_of_the_seed(med):
    """By hand, and so for a given seed, not only for the one that a result names."""
    rng = np.random.default_rng(4)
    terms = [name for name in med.fit.params.index if name in ("smx", "sym", "syx")]
    root = np.linalg.cholesky(med.fit.cov_params().loc[terms, terms])
    paths = dict(zip(terms, (med.fit.params[terms].to_numpy() + rng.normal(size=(2000, 3)) @ root.T).T, strict=True))
    indirect = paths["smx"] * paths["sym"] + med.cov_ab + med.se_cov_ab * rng.normal(size=2000)
    draws = med.monte_carlo(draws=2000, seed=4).draws
    np.testing.assert_allclose(draws["indirect"], indirect, rtol=1e-12)
    np.testing.assert_allclose(draws["direct"], paths["syx"], rtol=1e-12)
    assert not np.isclose(med.monte_carlo(draws=2000, seed=5).draws["indirect"], indirect).any()


@pytest.mark.parametrize("se", SES)
def test_draws_have_all_covariances_of_the_estimates(med, on_boundary, se):
    """Those of the paths with cov(a_j, b_j) too, inside and on the boundary."""
    for one in (med.with_se(se), on_boundary.with_se(se)):
        draws = one.monte_carlo(draws=200_000, seed=3).draws
        cov = covariance_of_paths(one.fit, ["smx", "sym", "syx"])
        expected = one.b * cov[0, 2] + one.a * cov[1, 2] + cov[2, 3]
        scale = one.indirect.se * one.direct.se
        assert abs(np.cov(draws["indirect"], draws["direct"])[0, 1] - expected) < 0.015 * scale
        np.testing.assert_allclose(draws.std(), one.to_frame()["se"], rtol=0.01)


def test_without_a_seed_draws_are_new_and_the_result_names_their_seed(med):
    one, two = med.monte_carlo(draws=2000), med.monte_carlo(draws=2000)
    assert one.seed != two.seed and not np.array_equal(one.draws["indirect"], two.draws["indirect"])
    pd.testing.assert_frame_equal(med.monte_carlo(draws=2000, seed=one.seed).draws, one.draws)


# ---- bootstrap --------------------------------------------------------------------------------------------------


def test_replicates_are_fits_of_resampled_tables(small):
    """One replicate by hand: the weights of its seed, its rows copied, the model fitted to them."""
    boot = small.bootstrap(reps=30, seed=7)
    child = np.random.SeedSequence(7).spawn(1)[0]  # of the first chunk
    weights = np.random.default_rng(child).multinomial(40, np.full(40, 1 / 40), 30)
    table = mt.simulate(clusters=40, size=6, seed=11)
    by = [rows for _, rows in table.groupby("id")]
    for k in (0, 17):
        drawn = np.repeat(np.arange(40), weights[k])
        again = pd.concat([by[j].assign(id=f"copy {copy}") for copy, j in enumerate(drawn)])
        long = mt.stack(again)
        design = ["sm", "smx", "sy", "sym"]
        X, Z = long[[*design, "syx"]].to_numpy(), long[design].to_numpy()
        one = engine.maximize(long["z"].to_numpy(), X, Z, pd.factorize(long["id"])[0], long["sm"].to_numpy())
        indirect = one.beta[1] * one.beta[3] + one.G[1, 3]
        np.testing.assert_allclose(boot.draws["indirect"][k], indirect, atol=1e-4)  # the batch stops at 1e-4 errors


@pytest.mark.parametrize("kind", ["cluster", "parametric", "residual"])
def test_bootstrap_spreads_like_the_standard_error(kind):
    """Normal data that fit the model: each kind must find the standard errors, within the noise of 300 replicates."""
    table = mt.simulate(clusters=80, size=10, seed=21)
    med = mt.mediate(table, random=("a", "b"))
    boot = med.bootstrap(reps=300, kind=kind, seed=1)
    assert boot.failed == 0 and len(boot.draws) == 300
    for effect in EFFECTS:
        # an sd of 300 draws is known to 4 %; the kinds and the (slightly small) GLS errors differ by up to 15 % besides
        np.testing.assert_allclose(getattr(boot, effect).se, getattr(med, effect).se, rtol=0.3)
        assert abs(getattr(boot, effect).draws.mean() - getattr(med, effect).estimate) < 0.5 * getattr(med, effect).se


def test_resampled_errors_have_the_variances_of_the_fit(small):
    """Predictions and residuals vary too little; rescaled, they vary as the fit says."""
    task = problem(small.fit)
    u, e = refits.resampled_errors(task, 4000, np.random.default_rng(1))
    found = np.cov(u.reshape(-1, u.shape[-1]).T, bias=True)
    # 160,000 draws know a variance to .4 %; those of the predictions themselves are smaller by a third and more
    np.testing.assert_allclose(found, task.G, atol=0.02 * np.sqrt(np.outer(np.diag(task.G), np.diag(task.G))).max())
    shrunken = task.model.blups.var(axis=0)
    assert (shrunken < 0.9 * np.diag(task.G)).all()
    for group, variance in enumerate(task.s2):
        rows = task.residual == group
        np.testing.assert_allclose(e[:, rows].var(), variance, rtol=0.01)  # of 960,000 draws
        assert task.model.resid[rows].var() < 0.9 * variance


def test_intervals_of_one_bootstrap_follow_their_definitions(small):
    made = {name: small.bootstrap(reps=100, seed=3, interval=name) for name in ("percentile", "basic", "bca")}
    draws, estimate = made["percentile"].indirect.draws, small.indirect.estimate
    low, high = np.quantile(draws, [0.025, 0.975])
    np.testing.assert_allclose(made["percentile"].indirect.ci, [low, high])
    np.testing.assert_allclose(made["basic"].indirect.ci, [2 * estimate - high, 2 * estimate - low])
    left = small.fit.design.cluster
    design = small.fit.design
    jack = []
    for j in range(40):
        rows = left != j
        codes = pd.factorize(left[rows])[0]
        one = engine.maximize(design.y[rows], design.X[rows], design.Z[rows], codes, design.residual.codes[rows])
        jack.append(one.beta[1] * one.beta[3] + one.G[1, 3])
    pull = np.mean(jack) - np.array(jack)
    acceleration = (pull**3).sum() / (6 * (pull**2).sum() ** 1.5)
    bias = stats.norm.ppf((draws < estimate).mean())
    z = bias + stats.norm.ppf([0.025, 0.975])
    levels = stats.norm.cdf(bias + z / (1 - acceleration * z))
    np.testing.assert_allclose(made["bca"].indirect.ci, np.quantile(draws, levels), atol=2e-3)


@pytest.mark.parametrize("kind", ["cluster", "parametric"])
def test_the_same_seed_gives_the_same_numbers_with_any_workers(small, kind):
    one = small.bootstrap(reps=300, kind=kind, seed=5, n_jobs=1)
    two = small.bootstrap(reps=300, kind=kind, seed=5, n_jobs=2)
    pd.testing.assert_frame_equal(one.draws, two.draws, rtol=0, atol=0)
    with joblib.parallel_config(backend="loky", n_jobs=2):
        processes = small.bootstrap(reps=300, kind=kind, seed=5)
    # other processes may add in another order: the last bits
    pd.testing.assert_frame_equal(one.draws, processes.draws, rtol=1e-9)


def test_a_dask_cluster_of_two_workers_gives_the_same_numbers(small):
    distributed = pytest.importorskip("distributed")
    one = small.bootstrap(reps=300, seed=5)
    study = {"clusters": 12, "sizes": 4, "shapes": "normal", "reps": 50, "progress": False}
    alone = mt.coverage(**study)
    with (
        distributed.LocalCluster(2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1") as cluster,
        distributed.Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        many = small.bootstrap(reps=300, seed=5)
        spread = mt.coverage(**study)
    pd.testing.assert_frame_equal(one.draws, many.draws, rtol=1e-9)
    pd.testing.assert_frame_equal(alone, spread, rtol=1e-9)


def test_replicates_on_the_boundary_count_and_are_counted(on_boundary):
    boot = on_boundary.bootstrap(reps=60, seed=1)
    assert boot.boundary > 10 and len(boot.indirect.draws) == 60 - boot.failed
    assert f"{boot.boundary} of 60 replicates have their optimum on the boundary" in boot.summary()
    assert np.isfinite(boot.indirect.ci).all()


def test_replicates_that_fail_are_kept_counted_and_left_out(small, monkeypatch):
    real = refits.refit_clusters

    def some_fail(task, weights):
        found = real(task, weights)
        found.converged[:3] = False
        return found

    monkeypatch.setattr(refits, "refit_clusters", some_fail)
    boot = small.bootstrap(reps=40, seed=1)
    assert boot.failed == 3 and len(boot.draws) == 40 and boot.draws["indirect"].isna().sum() == 3
    assert len(boot.indirect.draws) == 37
    assert "3 of 40 replicates had no optimum" in boot.summary()


def test_an_interrupted_bootstrap_keeps_what_is_finished(small, monkeypatch):
    calls = []

    def interrupted(task, kind, reps, seed):
        calls.append(reps)
        if len(calls) > 5:
            raise KeyboardInterrupt
        return real(task, kind, reps, seed)

    real = bootstrapping.refit_new
    monkeypatch.setattr(bootstrapping, "refit_new", interrupted)
    monkeypatch.setattr(bootstrapping, "CHUNK", 10)
    boot = small.bootstrap(reps=200, seed=1, n_jobs=1)
    assert boot.reps == 40 and len(boot.draws) == 40  # four chunks make a wave; the second one was lost
    assert "Interrupted: 40 of 200 replicates were finished" in boot.summary()
    monkeypatch.undo()
    monkeypatch.setattr(bootstrapping, "CHUNK", 10)
    whole = small.bootstrap(reps=200, seed=1)
    pd.testing.assert_frame_equal(whole.draws[:40], boot.draws, rtol=1e-9)


def test_decomposed_models_get_intervals_of_both_levels():
    med = mt.mediate(
        mt.simulate(mt.Population(b_between=-0.5), clusters=40, size=6, seed=4), random=("a",), decompose=True
    )
    names = [f"{where}: {effect}" for where in ("within", "between") for effect in EFFECTS]
    for found in (med.monte_carlo(2000, seed=1), med.bootstrap(60, seed=1), med.bootstrap(60, "parametric", seed=1)):
        assert list(found.effects) == list(found.to_frame().index) == names
        assert (found.indirect.level, found.indirect.kind) == ("within", "indirect")
        assert found.effects["between: indirect"].ci[0] < med.between.indirect.estimate
    profile = med.profile()
    assert list(profile.effects) == names
    low, high = profile.effects["between: indirect"].ci
    assert low < med.between.indirect.estimate < high


# ---- side by side -----------------------------------------------------------------------------------------------


def test_all_intervals_stand_side_by_side(small):
    table = small.intervals(reps=60, draws=2000, seed=1)
    assert list(table.index.get_level_values("method").unique()) == ["Wald", "Monte Carlo", "bootstrap", "profile"]
    wald = table.loc[("indirect", "Wald")]
    np.testing.assert_allclose([wald["ci low"], wald["ci high"]], small.indirect.ci)
    made = {
        "Monte Carlo": small.monte_carlo(draws=2000, seed=1),
        "bootstrap": small.bootstrap(reps=60, seed=1),
        "profile": small.profile(),
    }
    for method, found in made.items():
        row = table.loc[("total", method), ["ci low", "ci high"]]
        np.testing.assert_allclose(row.tolist(), found.total.ci, err_msg=method)
    ax = table.plot()
    assert {"Wald", "Monte Carlo", "bootstrap", "profile"} <= {text.get_text() for text in ax.get_yticklabels()}


def test_every_interval_exists_on_the_boundary(on_boundary):
    table = on_boundary.intervals(reps=60, draws=2000, seed=1)
    assert np.isfinite(table.to_numpy()).all()


# ---- bad input --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"reps": 0}, "reps must be a whole number"),
        ({"reps": -5}, "reps must be a whole number"),
        ({"reps": 1e3}, "reps must be a whole number"),
        ({"kind": "rows"}, "'cluster', 'parametric', 'residual'"),
        ({"interval": "t"}, "'percentile', 'basic', 'bca'"),
        ({"level": 95}, "between 0 and 1"),
        ({"seed": -1}, "seed must be a whole number"),
    ],
)
def test_impossible_bootstraps_are_refused(small, wrong, words):
    with pytest.raises(mt.MlmedError, match=words):
        small.bootstrap(**{"reps": 20} | wrong)


def test_too_few_clusters_to_draw_from_are_refused_with_another_kind():
    med = mt.mediate(mt.simulate(clusters=6, size=15, seed=3), random=())
    with pytest.raises(mt.MlmedError, match="only 6 clusters.*kind='parametric'"):
        med.bootstrap(reps=20)
    assert np.isfinite(med.bootstrap(reps=20, kind="parametric", seed=1).indirect.ci).all()


def test_impossible_draws_are_refused(small):
    for wrong, words in (
        ({"draws": 1}, "draws must be a whole number of at least 2"),
        ({"level": 1.5}, "level must lie"),
    ):
        with pytest.raises(mt.MlmedError, match=words):
            small.monte_carlo(**wrong)
    assert len(small.monte_carlo(draws=2, seed=1).draws) == 2


def test_methods_of_a_result_say_what_they_take_give_and_raise(small):
    for name in ("monte_carlo", "bootstrap", "profile", "intervals", "cluster_effects"):
        method = getattr(small, name)
        document = inspect.getdoc(method)
        for section in ("Parameters", "Returns", "Raises"):
            assert f"\n{section}\n" in document, name
        for argument in inspect.signature(method).parameters:
            assert argument in document.partition("Returns\n")[0], (name, argument)
