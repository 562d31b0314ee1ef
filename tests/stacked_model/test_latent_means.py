"""Effects between clusters with latent means: another program's, those of a known truth, and what cannot be had."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.fits import mediate_quietly

import mlmed_teach as mt
from mlmed_teach.stacked_model import latent_effects

REFERENCE = Path(__file__).parents[1] / "reference" / "latent" / "reference.csv"
A, B, C = -0.6, 0.3, 0.1  # between clusters, in `diary`


def diary(persons, days, seed, spread=0.3, slopes=0.0):
    """Exercise, tiredness, mood: the first path has another sign between persons, and so has the second."""
    rng = np.random.default_rng(seed)
    days = rng.integers(days[0], days[1] + 1, persons) if isinstance(days, tuple) else np.full(persons, days)
    person = np.repeat(np.arange(persons), days)
    n = len(person)
    habit, d_m, d_y = rng.normal(scale=[1, spread, 0.5], size=(persons, 3))[person].T
    today, e_m, e_y = rng.normal(scale=[0.5, 0.8, 0.6], size=(n, 3)).T
    a, b = (rng.normal(mean, slopes, persons)[person] for mean in (0.4, -0.6))
    z = rng.integers(0, 2, n)
    mean = A * habit + d_m
    deviation = a * today + e_m
    m = mean + deviation + 0.5 * z
    y = b * deviation + B * mean + C * (habit + today) + 0.7 * z + d_y + e_y
    return pd.DataFrame({"id": person, "x": habit + today, "m": m, "y": y, "z": z})


def test_slopes_are_those_of_three_outcomes_with_three_random_intercepts():
    """By ML, clusters of one size: glmmTMB's. It stops at "singular convergence", 1e-5 from the optimum."""
    table = mt.simulate(mt.Population(b_between=0.1), 80, 5, seed=11)
    ours = latent_effects(mediate_quietly(table, random=(), decompose=True).fit.design, "joint", reml=False)
    theirs = pd.read_csv(REFERENCE, index_col="path")["estimate"]
    for path, value in theirs.items():
        assert getattr(ours, path).estimate == pytest.approx(value, abs=2e-5), path


@pytest.mark.parametrize(
    ("days", "slopes", "covariates"), [(4, 0.0, []), ((2, 9), 0.0, []), (6, 0.2, []), ((3, 6), 0.0, ["z"])]
)
def test_the_truth_is_found_with_few_rows_unequal_sizes_random_slopes_and_a_covariate(days, slopes, covariates):
    """3,000 persons; observed means are far off, latent ones within four standard errors."""
    table = diary(3000, days, seed=5, slopes=slopes)
    if not covariates:
        table = table.assign(m=table["m"] - 0.5 * table["z"], y=table["y"] - 0.7 * table["z"])
        table["y"] += 0.0
    med = mediate_quietly(table, random=("a", "b") if slopes else (), decompose=True, covariates=covariates)
    for effect, truth in ((med.latent.a, A), (med.latent.b, B), (med.latent.cprime, C), (med.latent.indirect, A * B)):
        assert abs(effect.estimate - truth) < 4 * effect.se, effect.name
    assert abs(med.between.b.estimate - B) > 10 * med.between.b.se
    assert med.latent.total.estimate == pytest.approx(A * B + C, abs=4 * med.latent.total.se)


def test_sizes_that_differ_much_do_not_move_the_slopes():
    """20,000 clusters of 2 or of 30 rows. One average of what is left of x, for all clusters, leaves b_B 6 SEs off."""
    rng = np.random.default_rng(1)
    cluster = np.repeat(np.arange(20_000), rng.choice([2, 2, 2, 2, 30], 20_000))
    habit, d_m, d_y = rng.normal(scale=[1, 0.5, 0.5], size=(20_000, 3))[cluster].T
    today, e_m, e_y = rng.normal(scale=[0.5, 0.8, 0.6], size=(len(cluster), 3)).T
    mean, deviation = A * habit + d_m, 0.4 * today + e_m
    y = B * mean - 0.6 * deviation + C * (habit + today) + d_y + e_y
    table = pd.DataFrame({"id": cluster, "x": habit + today, "m": mean + deviation, "y": y})
    latent = mediate_quietly(table, random=(), decompose=True).latent
    for effect, truth in ((latent.a, A), (latent.b, B), (latent.cprime, C), (latent.indirect, A * B)):
        assert abs(effect.estimate - truth) < 3 * effect.se, effect.name


def test_standard_errors_are_the_scatter_of_the_estimates_and_intervals_hold_the_truth():
    """150 tables of 60 clusters of 8, means of m with a reliability of .86 (facts: coverage .96 of the product)."""
    found = []
    for seed in range(150):
        latent = mediate_quietly(diary(60, 8, seed, spread=0.7071), random=(), decompose=True, covariates=["z"]).latent
        found.append([latent.b.estimate, latent.b.se, *latent.indirect.ci])
    b, se, low, high = np.array(found).T
    assert 0.85 < se.mean() / b.std(ddof=1) < 1.15  # 150 tables give the sd to 6%
    assert abs(b.mean() - B) < 4 * b.std() / np.sqrt(150)
    assert 0.90 <= ((low < A * B) & (A * B < high)).mean() <= 0.99  # .95 give or take two of .018


def test_a_population_says_which_mean_acts_and_each_analysis_is_right_of_its_own():
    """4,000 clusters of 5, b within .6 and between -.2."""
    for acts in ("observed", "latent"):
        population = mt.Population(b_between=-0.2, mean_of_m=acts, var_a=0, var_b=0, var_cprime=0, cov_ab=0)
        med = mediate_quietly(mt.simulate(population, 4000, 5, seed=8), random=(), decompose=True)
        right, wrong = (med.between.b, med.latent.b) if acts == "observed" else (med.latent.b, med.between.b)
        assert abs(right.estimate + 0.2) < 4 * right.se, acts
        assert abs(wrong.estimate + 0.2) > 4 * wrong.se, acts
    with pytest.raises(mt.MlmedError, match="mean_of_m must be"):
        mt.Population(mean_of_m="true")


def test_reliability_is_that_of_the_variances():
    med = mediate_quietly(diary(2000, 4, seed=3), random=(), decompose=True, covariates=["z"])
    assert med.latent.reliability["m"] == pytest.approx(0.09 / (0.09 + 0.64 / 4), abs=0.06)
    assert med.latent.reliability["x"] == pytest.approx(1 / (1 + 0.25 / 4), abs=0.02)
    assert med.latent.low
    assert any("med.bootstrap_latent()" in note for note in med.notes)


def test_where_x_belongs_to_the_cluster_only_m_is_latent():
    rng = np.random.default_rng(2)
    cluster = np.repeat(np.arange(2000), 5)
    x = rng.normal(size=2000)[cluster]
    mean = 0.5 * x + rng.normal(scale=0.5, size=2000)[cluster]
    deviation = rng.normal(size=10_000)
    y = 0.8 * deviation - 0.4 * mean + 0.2 * x + rng.normal(scale=0.4, size=2000)[cluster] + rng.normal(size=10_000)
    table = pd.DataFrame({"id": cluster, "x": x, "m": mean + deviation, "y": y})
    med = mediate_quietly(table, random="auto", decompose=True)
    for effect, truth in ((med.latent.a, 0.5), (med.latent.b, -0.4), (med.latent.cprime, 0.2)):
        assert abs(effect.estimate - truth) < 4 * effect.se, effect.name
    assert [effect.kind for effect in med.latent.differences] == ["b"]
    assert abs(med.between.b.estimate + 0.4) > 5 * med.between.b.se


def test_units_and_origins_of_the_variables_do_not_matter():
    table = diary(100, 5, seed=4)
    other = table.assign(x=100 + 10 * table["x"], m=table["m"] / 5 - 30, y=7 * table["y"])
    one, two = (mediate_quietly(t, random=("b",), decompose=True).latent for t in (table, other))
    for name, factor in (("a", 1 / 50), ("b", 35), ("cprime", 0.7), ("indirect", 0.7), ("total", 0.7)):
        ours, theirs = getattr(one, name), getattr(two, name)
        assert theirs.estimate == pytest.approx(factor * ours.estimate, rel=1e-4, abs=1e-6), name
        assert theirs.se == pytest.approx(factor * ours.se, rel=1e-3), name


def test_without_means_that_vary_there_are_no_latent_effects_and_a_note_says_so():
    rng = np.random.default_rng(1)
    cluster = np.repeat(np.arange(40), 10)
    x, m = rng.normal(size=(2, 400))
    table = pd.DataFrame({"id": cluster, "x": x, "m": m - pd.Series(m).groupby(cluster).transform("mean"), "y": m + x})
    table["m"] += 1e-3 * rng.normal(size=40)[cluster]
    table["y"] += rng.normal(size=400)
    med = mediate_quietly(table, random=(), decompose=True)
    assert med.latent is None
    assert any("do not vary over clusters beyond chance" in note for note in med.notes)
    assert "latent means)" not in med.summary()
    with pytest.raises(mt.MlmedError, match="no effects of latent means"):
        med.bootstrap_latent()


def test_standard_errors_follow_the_kind_that_is_asked_for():
    med = mediate_quietly(diary(60, 6, seed=9), random=(), decompose=True)
    ses = {se: med.with_se(se).latent.b.se for se in ("gls", "joint", "robust")}
    assert len(set(ses.values())) == 3
    assert mt.mediate(diary(60, 6, seed=9), x="x", m="m", y="y", group="id", random=()).latent is None


def test_bootstrap_intervals_are_those_of_the_seed_and_lean_with_the_product():
    med = mediate_quietly(diary(60, 5, seed=6, spread=0.5), random=(), decompose=True)
    one, two = med.bootstrap_latent(reps=200, seed=3), med.bootstrap_latent(reps=200, seed=3, n_jobs=2)
    assert one.indirect.ci == two.indirect.ci and one.reps == 200
    assert one.indirect.estimate == med.latent.indirect.estimate
    # replicates scatter as much as the delta method says, roughly: 200 of them, and a skewed product
    assert 0.5 < one.draws["latent: total"].std() / med.latent.total.se < 1.6
    assert one.indirect.ci[0] < med.latent.indirect.estimate < one.indirect.ci[1]


def test_summary_report_and_diagram_lead_with_latent_means(tmp_path):
    med = mediate_quietly(diary(60, 5, seed=6, spread=0.5), random=(), decompose=True)
    text = med.summary()
    assert text.index("effect between clusters (latent means)") < text.index("effect between clusters (observed means)")
    assert text.index("between - within (latent)") < text.index("between - within (observed)")
    assert "Reliability of the observed means: " in text
    report = med.report()
    assert (
        report.index("with latent cluster means") < report.index("With observed cluster means")
        and "Zyphur, M. J., & Zhang, Z. (2010)" in report
    )
    assert [ax.get_title(loc="left") for ax in med.plot().axes][0] == "Between clusters (latent means)"
    assert list(med.to_frame().index)[3:] == ["between: indirect", "between: direct", "between: total"]
