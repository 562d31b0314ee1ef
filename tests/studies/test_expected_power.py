"""Power by formula: standard errors as those of large tables, powers as simulated where clusters are many."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm, t

import mlmed_teach as mt
from mlmed_teach.studies import errors_of_one_cluster, wald_power

PLAN = mt.Population(a=0.3, b=0.3, cprime=0.05, var_a=0.09, var_b=0.09, cov_ab=0.03, var_e_m=1, var_e_y=1)
KINDS = ["indirect", "direct", "total"]


@pytest.mark.parametrize("shape", ["normal", "skewed"])
def test_standard_errors_are_those_of_a_large_table(shape):
    population = replace(PLAN, shape=shape)
    med = mt.mediate(mt.simulate(population, clusters=3000, size=8, seed=3))
    for se in ("gls", "joint", "robust"):
        fit = med.with_se(se)
        found = mt.expected_power(population, clusters=3000, se=se)["se"]
        # both tables are samples: of 1,000 and of 3,000 clusters; robust errors of skewed effects scatter more
        allowed = 0.15 if (se, shape) == ("robust", "skewed") else 0.06
        assert found.tolist() == pytest.approx([getattr(fit, kind).se for kind in KINDS], rel=allowed)


def test_four_times_the_clusters_halve_the_standard_error():
    found = mt.expected_power(PLAN, clusters=(160, 40), sizes=(8, 4))
    assert list(found.columns) == ["clusters", "size", "effect", "se", "power"]
    assert found["size"].tolist() == [4] * 6 + [8] * 6 and found["clusters"].tolist() == ([40] * 3 + [160] * 3) * 2
    few, many = (found[found["clusters"] == J]["se"].to_numpy() for J in (40, 160))
    np.testing.assert_allclose(few, 2 * many)


def test_power_is_the_area_beyond_the_limits():
    row = mt.expected_power(PLAN, clusters=40).iloc[0]
    ratio, limit = PLAN.indirect / row["se"], t.ppf(0.975, 39)
    assert row["power"] == pytest.approx(norm.sf(limit - ratio) + norm.cdf(-limit - ratio))
    gls = mt.expected_power(PLAN, clusters=40, se="gls").iloc[0]
    assert gls["power"] == pytest.approx(norm.sf(1.959964 - PLAN.indirect / gls["se"]), abs=1e-5)
    assert wald_power(0.0, 1.0, 1000, "gls") == pytest.approx(0.05)
    assert wald_power(-0.3, 0.1, 1000, "gls") == wald_power(0.3, 0.1, 1000, "gls")
    many = wald_power(0.3, 1 / np.sqrt([20, 90, 400]), np.array([20, 90, 400]), "joint")
    assert many.shape == (3,) and (np.diff(many) > 0).all()


def test_with_many_clusters_it_is_the_simulated_power():
    expected = mt.expected_power(PLAN, clusters=80).set_index("effect")["power"]
    found = mt.power(PLAN, clusters=80, reps=120, seed=5, progress=False).set_index("effect")
    for kind in KINDS:
        # three Monte Carlo errors, and what 80 clusters are still too few for
        assert abs(found["power"][kind] - expected[kind]) < 3 * found["mc se"][kind] + 0.03
    assert expected["direct"] < expected["total"] < expected["indirect"]


def test_it_moves_smoothly_with_the_population():
    here, there = (errors_of_one_cluster(replace(PLAN, a=a), 8, "joint") for a in (0.3, 0.3001))
    np.testing.assert_allclose(here, there, rtol=1e-3)
    assert not np.array_equal(here, there)


def test_more_rows_in_a_cluster_never_make_it_less_certain():
    errors = np.array([errors_of_one_cluster(PLAN, size, "joint") for size in (4, 5, 6, 7, 8, 9, 12, 20)])
    assert (np.diff(errors, axis=0) < 0).all()


def test_a_population_on_the_boundary_is_next_to_one_inside():
    edge = replace(PLAN, cov_ab=0.09)
    inside = replace(PLAN, cov_ab=0.0899)
    at, near = (errors_of_one_cluster(population, 8, "joint") for population in (edge, inside))
    np.testing.assert_allclose(at, near, rtol=0.01)


@pytest.mark.filterwarnings("ignore::mlmed_teach.BoundaryWarning")
def test_other_populations_have_the_models_that_are_fitted_to_them():
    trial = replace(PLAN, treatment=True, var_cprime=0.0)
    med = mt.mediate(mt.simulate(trial, clusters=1500, size=6, seed=1), random=("a", "b"))
    found = mt.expected_power(trial, clusters=1500, sizes=6)["se"]
    assert found.tolist() == pytest.approx([getattr(med, kind).se for kind in KINDS], rel=0.08)
    flat = mt.Population(a=0.3, b=0.3, var_a=0, var_b=0, var_cprime=0, cov_ab=0)
    med = mt.mediate(mt.simulate(flat, clusters=1500, size=3, seed=1), random=())
    found = mt.expected_power(flat, clusters=1500, sizes=3)["se"]
    assert found.tolist() == pytest.approx([getattr(med, kind).se for kind in KINDS], rel=0.08)


def test_an_effect_of_0_has_no_row():
    assert mt.expected_power(replace(PLAN, cprime=0.0), clusters=20)["effect"].tolist() == ["indirect", "total"]


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"population": 3}, "mt.Population"),
        ({"population": mt.Population(a=0, cov_ab=0)}, "no indirect effect"),
        ({"population": mt.Population(b_between=1.0)}, "which expected_power does not fit"),
        ({"clusters": 3}, "clusters must be a whole number of at least 6"),
        ({"sizes": (8, 2)}, "sizes must be a whole number of at least 4"),
        ({"sizes": ()}, "at least one number each"),
        ({"se": "sandwich"}, "se must be one of"),
    ],
)
def test_impossible_questions_are_refused(wrong, words):
    with pytest.raises(mt.MlmedError, match=words):
        mt.expected_power(**{"population": PLAN} | wrong)
