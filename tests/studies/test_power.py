"""Power: the coverage study's own rejection rate, a pilot that comes back, and a number of clusters off a curve."""

from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import mlmed_teach as mt
from mlmed_teach.studies import PowerTable, simulated_fits, study_runs
from mlmed_teach.studies.clusters_for_power import clusters_at
from mlmed_teach.studies.population import SHAPES, _triangle, simulate

WEAK = mt.Population(a=0.3, b=0.3, cov_ab=0.03)
SMALL = {"population": WEAK, "clusters": (12, 30), "sizes": 6, "reps": 40, "seed": 3, "progress": False}


@pytest.fixture(scope="module")
def found():
    return mt.power(**SMALL)


def single_fits(clusters):
    """The tables of a study, drawn as it draws them and fitted one by one."""
    for chunk, size in enumerate((25, 15)):
        key = (clusters, 6, SHAPES.index("normal"), chunk)
        rng = np.random.default_rng(np.random.SeedSequence(3, spawn_key=key))
        for table in [simulate(WEAK, clusters, 6, rng) for _ in range(size)]:
            yield mt.effects(mt.fit_stacked(mt.stack(table)), se="joint")


@pytest.mark.filterwarnings("ignore::mlmed_teach.BoundaryWarning")
def test_power_is_the_share_of_single_fits_whose_interval_excludes_0(found):
    fits = list(single_fits(30))
    rows = found[found["clusters"] == 30].set_index("effect")["power"]
    for effect in ("indirect", "direct", "total"):
        limits = [getattr(fit, effect).ci for fit in fits]
        share = np.mean([low > 0 or high < 0 for low, high in limits])
        assert 0 < share < 1
        assert rows[effect] == pytest.approx(share)


@pytest.mark.parametrize("interval", ["wald", "monte_carlo"])
@pytest.mark.parametrize("se", ["gls", "robust"])
def test_with_an_effect_near_0_power_is_the_rejection_rate_of_the_coverage_study(interval, se):
    """An interval that misses the truth excludes 0, where the truth is as good as 0."""
    nearly = mt.Population(a=0.3, b=1e-9, cov_ab=0, cprime=1e-9)
    options = {"population": nearly, "clusters": 10, "sizes": 4, "reps": 40, "progress": False, "se": se}
    ours = mt.power(**options, interval=interval).set_index("effect")["power"]
    study = mt.coverage(**options, shapes="normal", intervals=interval).set_index("effect")
    assert ours.max() > 0
    pd.testing.assert_series_equal(ours, 1 - study["coverage"], check_names=False)


def test_every_design_and_effect_has_a_row(found):
    assert list(found.columns) == ["clusters", "size", "effect", "power", "mc se"]
    assert len(found) == 6 and list(found["clusters"].unique()) == [12, 30]
    by_design = found[found["effect"] == "indirect"]["power"].tolist()
    assert by_design[0] < by_design[1]
    np.testing.assert_allclose(found["mc se"], np.sqrt(found["power"] * (1 - found["power"]) / found.tables))
    assert "indirect" in str(found) and "<table" in found._repr_html_()


def test_an_effect_of_0_has_no_row_and_no_number_of_clusters():
    found = mt.power(replace(WEAK, cprime=0.0), clusters=(8, 12), sizes=6, reps=5, progress=False)
    assert set(found["effect"]) == {"indirect", "total"}
    with pytest.raises(mt.MlmedError, match="direct effect of this population is 0"):
        found.clusters_needed(effect="direct")


def test_an_interrupted_study_goes_on_and_workers_change_nothing(tmp_path, found, monkeypatch):
    path, counted = tmp_path / "power.jsonl", []
    mt.power(**SMALL | {"clusters": 12}, file=path)
    real = study_runs.draw_and_fit
    monkeypatch.setattr(study_runs, "draw_and_fit", lambda *job: counted.append(job) or real(*job))
    pd.testing.assert_frame_equal(mt.power(**SMALL, file=path), found, check_frame_type=False)
    assert [job.cell.clusters for _, _, job in counted] == [30, 30]  # 25 and 15 tables
    monkeypatch.undo()
    pd.testing.assert_frame_equal(mt.power(**SMALL, n_jobs=2), found, check_frame_type=False)
    with pytest.raises(mt.MlmedError, match="another study: its population is not"):
        mt.power(**SMALL | {"population": replace(WEAK, a=0.4)}, file=path)


def test_the_fitted_model_has_the_slopes_that_vary(monkeypatch):
    asked = []
    real = study_runs.draw_and_fit
    monkeypatch.setattr(study_runs, "draw_and_fit", lambda *job: asked.append(job[1]["random"]) or real(*job))
    few = replace(WEAK, var_cprime=0.0)
    options = {"clusters": 10, "sizes": 6, "reps": 2, "progress": False}
    mt.power(few, **options)
    mt.power(few, **options, random=("cprime", "a"))
    mt.power(few, **options, random=())
    assert asked == [["a", "b"], ["a", "cprime"], []]


COVARIANCES = {
    "cov_d_m_d_y": 0.1,
    "cov_d_m_a": -0.04,
    "cov_d_m_b": 0.03,
    "cov_d_m_cprime": 0.03,
    "cov_d_y_a": 0.03,
    "cov_d_y_b": -0.04,
    "cov_d_y_cprime": -0.02,
    "cov_a_cprime": 0.02,
    "cov_b_cprime": -0.01,
}


def test_the_pilot_of_a_large_table_gives_back_its_population():
    truth = mt.Population(**COVARIANCES, d_m=1.0, d_y=-2.0, var_x_between=0.5)
    med = mt.mediate(mt.simulate(truth, clusters=1500, size=10, seed=2))
    found = asdict(mt.Population.from_result(med))
    for name, value in asdict(truth).items():
        if isinstance(value, float):
            # standard errors of these estimates are at most .025
            assert found[name] == pytest.approx(value, abs=0.075), name
    assert not found["treatment"]


def test_where_x_is_zero_in_the_pilot_does_not_matter():
    table = mt.simulate(clusters=60, size=8, seed=4)
    here = mt.Population.from_result(mt.mediate(table))
    there = mt.Population.from_result(mt.mediate(table.assign(x=table["x"] + 3)))
    for name, value in asdict(here).items():
        # two fits of the same model agree to a small part of a standard error
        assert asdict(there)[name] == pytest.approx(value, abs=2e-4), name
    med = mt.mediate(table)
    assert here.indirect == pytest.approx(med.indirect.estimate)
    assert here.d_m == pytest.approx(med.fit.params["sm"] + med.a * table["x"].mean())
    assert here.d_y == pytest.approx(med.fit.params["sy"] + med.cprime * table["x"].mean())
    assert (here.var_e_m, here.var_e_y) == tuple(med.residual_variances[["m", "y"]])


@pytest.mark.filterwarnings("ignore::mlmed_teach.BoundaryWarning")
def test_a_treatment_stays_one_and_x_of_clusters_has_no_variance_within():
    trial = mt.simulate(mt.Population(treatment=True), clusters=40, size=7, seed=5)
    assert mt.Population.from_result(mt.mediate(trial)).treatment
    table = mt.simulate(clusters=60, size=8, seed=6)
    table["x"] = table.groupby("id")["x"].transform("first")
    pilot = mt.Population.from_result(mt.mediate(table, random="auto"))
    assert pilot.var_x_within == 0 and pilot.var_a == 0
    assert pilot.var_x_between == pytest.approx(table.groupby("id")["x"].first().var())
    assert len(mt.power(pilot, clusters=10, sizes=4, reps=2, progress=False)) == 3
    with pytest.raises(mt.MlmedError, match="random=\\('b',\\)"):
        mt.power(pilot, clusters=10, sizes=4, reps=2, random=("a", "b"), progress=False)


@pytest.mark.filterwarnings("ignore::mlmed_teach.BoundaryWarning")
def test_covariates_take_their_part_of_x():
    table = mt.simulate(clusters=80, size=8, seed=7)
    table["age"] = np.random.default_rng(1).normal(40, 2, len(table))
    table["x"] += table["age"]
    plain, given = (mt.Population.from_result(mt.mediate(table, covariates=some)) for some in (None, ["age"]))
    assert plain.var_x_within == pytest.approx(0.9 + 4, rel=0.2)
    assert given.var_x_within == pytest.approx(0.9, rel=0.2)


def test_other_models_are_refused_as_pilots():
    table = mt.simulate(clusters=40, size=8, seed=8)
    table["w"] = table["id"] % 5
    with pytest.raises(mt.MlmedError, match="decompose=False"):
        mt.Population.from_result(mt.mediate(table, decompose=True))
    with pytest.raises(mt.MlmedError, match="without moderators"):
        mt.Population.from_result(mt.mediate(table, moderators={"a": "w"}))
    with pytest.raises(mt.MlmedError, match=r"what mt.mediate\(...\) gave"):
        mt.Population.from_result(table)


def test_a_triangle_of_a_singular_matrix_gives_it_back():
    half = np.random.default_rng(0).normal(size=(5, 2))
    for G in (half @ half.T, mt.Population(**COVARIANCES).covariance, mt.Population(var_a=0, cov_ab=0).covariance):
        L = _triangle(G)
        np.testing.assert_allclose(L @ L.T, G, atol=1e-8)
        assert not np.triu(L, 1).any()


def curve(J):
    """Power that is straight on the scale of the fit."""
    return norm.cdf(0.3 * np.sqrt(J) - 1.96)


def test_clusters_needed_finds_them_on_a_known_curve():
    J = np.array([25, 50, 100, 200])
    exact = ((norm.ppf(0.8) + 1.96) / 0.3) ** 2
    found = clusters_at(0.8, J, curve(J), np.full(4, 1000))
    assert found["clusters"] == np.ceil(exact) and found["remark"] == ""
    assert 50 < found["ci low"] < exact < found["ci high"] < 110
    more = clusters_at(0.8, J, curve(J), np.full(4, 100_000))
    assert more["ci high"] - more["ci low"] < 0.2 * (found["ci high"] - found["ci low"])


def test_the_interval_of_clusters_needed_holds_the_truth_as_often_as_it_says():
    J, n, rng = np.array([25, 50, 100, 200]), np.full(4, 400), np.random.default_rng(11)
    exact = ((norm.ppf(0.8) + 1.96) / 0.3) ** 2
    held = [
        found["ci low"] - 1 <= exact <= found["ci high"]
        for found in (clusters_at(0.8, J, rng.binomial(n, curve(J)) / n, n) for _ in range(60))
    ]
    assert 0.85 < np.mean(held)


def test_powers_that_fall_by_chance_are_made_to_rise():
    level = clusters_at(0.7, [20, 30, 40, 90], [0.5, 0.66, 0.62, 0.9], [500] * 4)
    assert level == clusters_at(0.7, [20, 30, 40, 90], [0.5, 0.64, 0.64, 0.9], [500] * 4)


def test_nothing_is_guessed_beyond_the_grid():
    few = clusters_at(0.8, [10, 20], [0.3, 0.5], [1000, 1000])
    assert few["clusters"] == np.inf and "more than 20" in few["remark"]
    many = clusters_at(0.8, [10, 20], [0.9, 1.0], [1000, 1000])
    assert many["clusters"] == 10 and "10 or fewer" in many["remark"]
    near = clusters_at(0.8, [10, 20], [0.3, 0.801], [100, 100])
    assert near["ci high"] == np.inf and "beyond the grid" in near["remark"]
    assert 10 < clusters_at(0.8, [10, 20], [0.0, 1.0], [50, 50])["clusters"] < 20


def test_each_size_has_a_row_of_clusters_needed():
    J = np.array([20, 40, 80])
    frames = [
        pd.DataFrame({"clusters": J, "size": size, "effect": "indirect", "power": curve(J * size / 8), "mc se": 0.01})
        for size in (8, 16)
    ]
    frame = pd.concat(frames, ignore_index=True)
    found = PowerTable(frame, pd.Series(1000, frame.index)).clusters_needed(power=0.6)
    assert list(found.index) == [8, 16] and found["clusters"][16] == pytest.approx(found["clusters"][8] / 2, abs=1)


def test_the_picture_has_a_line_a_size_through_the_simulated_powers(found):
    ax = found.plot(effect="total", power=0.9)
    (line,) = [container.lines[0] for container in ax.containers]
    assert line.get_xdata().tolist() == [12, 30]
    assert line.get_ydata().tolist() == found[found["effect"] == "total"]["power"].tolist()
    assert "total effect" in ax.get_title() and "0.90" in ax.get_ylabel()


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"clusters": ()}, "at least one number each, as in"),
        ({"sizes": []}, "at least one number each"),
        ({"clusters": (-5, 20)}, "clusters must be a whole number of at least 6, but it is -5"),
        ({"sizes": 2}, "sizes must be a whole number of at least 4"),
        ({"sizes": (4, (8, 12))}, "sizes must be a whole number"),
        ({"reps": -1}, "reps must be"),
        ({"seed": -1}, "seed must be"),
        ({"population": 3}, "mt.Population"),
        ({"population": mt.Population(a=0, cov_ab=0)}, "no indirect effect"),
        ({"population": mt.Population(b_between=1.0)}, "b_between.*power"),
        ({"interval": "bootstrap"}, "interval must be 'wald' or 'monte_carlo'"),
        ({"interval": None}, "interval must be"),
        ({"se": "sandwich"}, "se must be one of"),
        ({"random": "d"}, "random must be"),
    ],
)
def test_impossible_studies_are_refused(wrong, words):
    with pytest.raises(mt.MlmedError, match=words):
        mt.power(**SMALL | wrong)


def test_impossible_questions_and_populations_are_refused(found):
    with pytest.raises(mt.MlmedError, match="power must lie between 0 and 1"):
        found.clusters_needed(power=80)
    with pytest.raises(mt.MlmedError, match="effect must be one of"):
        found.clusters_needed(effect="a")
    with pytest.raises(mt.MlmedError, match="two numbers of clusters or more"):
        mt.power(**SMALL | {"clusters": 8, "reps": 2}).clusters_needed()
    with pytest.raises(mt.MlmedError, match="impossible together"):
        mt.Population(cov_d_m_a=0.9)
    with pytest.raises(mt.MlmedError, match="impossible together"):
        mt.Population(var_cprime=0, cov_a_cprime=0.01)


def test_a_space_in_the_name_of_an_interval_does_no_harm():
    options = SMALL | {"clusters": 12, "reps": 3}
    pd.testing.assert_frame_equal(
        mt.power(**options, interval="monte carlo"), mt.power(**options, interval="monte_carlo")
    )
    assert "monte_carlo" in simulated_fits.WITH_SE
