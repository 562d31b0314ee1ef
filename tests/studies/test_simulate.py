"""Tables with a known truth have that truth."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import mlmed_teach as mt
from mlmed_teach.studies.population import _coefficients

PAPER = {"a": 0.6, "b": 0.6, "cprime": 0.2, "indirect": 0.473, "total": 0.673}


def test_default_population_is_that_of_the_paper():
    population = mt.Population()
    for name, value in PAPER.items():
        assert getattr(population, name) == pytest.approx(value, abs=1e-12)
    np.testing.assert_array_equal(np.diag(population.covariance), [0.6, 0.16, 0.4, 0.16, 0.04])
    assert population.covariance[1, 3] == 0.113


@pytest.mark.parametrize("shape, skewness, kurtosis", [("normal", 0, 0), ("skewed", 2, 6), ("heavy", 0, 6)])
def test_shapes_share_means_and_covariances(shape, skewness, kurtosis):
    population = mt.Population(shape=shape)
    u = _coefficients(population, 400_000, np.random.default_rng(3))
    np.testing.assert_allclose(u.mean(0), [0, 0.6, 0, 0.6, 0.2], atol=0.006)  # five standard errors of a mean
    np.testing.assert_allclose(np.cov(u.T), population.covariance, atol=0.012)
    a = u[:, 1]  # not a mixture of two variables, as b is
    assert stats.skew(a) == pytest.approx(skewness, abs=0.15)
    if shape != "heavy":  # the eighth moment of t with 5 df does not exist, so its kurtosis converges too slowly
        assert stats.kurtosis(a) == pytest.approx(kurtosis, abs=1)
    else:
        assert stats.kurtosis(a) > 3


def test_rows_follow_the_equations():
    """Large clusters: least squares within a cluster finds its own slopes."""
    population = mt.Population(var_e_m=1e-4, var_e_y=1e-4)
    table = mt.simulate(population, clusters=8, size=200, seed=7)
    u = _coefficients(population, 8, np.random.default_rng(7))
    for j, rows in table.groupby("id"):
        one = np.ones(len(rows))
        m = np.linalg.lstsq(np.column_stack([one, rows["x"]]), rows["m"], rcond=None)[0]
        y = np.linalg.lstsq(np.column_stack([one, rows["m"], rows["x"]]), rows["y"], rcond=None)[0]
        np.testing.assert_allclose([*m, *y], u[j - 1], atol=0.5)
        np.testing.assert_allclose(m, u[j - 1, :2], atol=0.01)


def test_x_varies_within_and_between_as_asked_for():
    table = mt.simulate(mt.Population(var_x_within=4.0, var_x_between=0.25), clusters=2000, size=10, seed=1)
    by = table.groupby("id")["x"]
    assert by.var().mean() == pytest.approx(4, rel=0.05)
    assert by.mean().var() == pytest.approx(0.25 + 0.4, rel=0.15)


def test_effect_between_clusters_is_that_of_the_mean():
    population = mt.Population(b_between=-1.0, var_d_y=1e-4, var_cprime=0.0, var_e_y=1e-4)
    means = mt.simulate(population, clusters=300, size=8, seed=2).groupby("id")[["x", "m", "y"]].mean()
    X = np.column_stack([np.ones(300), means["m"], means["x"]])
    slopes = np.linalg.lstsq(X, means["y"], rcond=None)[0]
    np.testing.assert_allclose(slopes, [0, -1.0, 0.2], atol=0.01)


@pytest.mark.parametrize("size, least, largest", [(8, 8, 8), ((2, 10), 2, 10), ([3, 4, 5, 6, 7], 3, 7)])
def test_sizes_of_clusters(size, least, largest):
    clusters = len(size) if isinstance(size, list) else 60
    counts = mt.simulate(clusters=clusters, size=size, seed=1)["id"].value_counts()
    assert (counts.min(), counts.max()) == (least, largest)
    if isinstance(size, list):
        assert list(counts.sort_index()) == size


def test_the_same_seed_gives_the_same_table():
    pd.testing.assert_frame_equal(mt.simulate(seed=5), mt.simulate(seed=5))
    assert not mt.simulate(seed=5).equals(mt.simulate(seed=6))
    rng = np.random.default_rng(5)
    pd.testing.assert_frame_equal(mt.simulate(seed=rng), mt.simulate(seed=5))
    assert not mt.simulate(seed=rng).equals(mt.simulate(seed=5))  # a generator goes on


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"cov_ab": 0.5}, "cov_ab = 0.5 is impossible.*-0.16 and 0.16"),
        ({"var_a": -1}, "var_a is a variance"),
        ({"a": "big"}, "a must be a number"),
        ({"b": float("nan")}, "b must be a number"),
        ({"shape": "round"}, "'normal', 'skewed', 'heavy'"),
    ],
)
def test_impossible_populations_are_refused(wrong, words):
    with pytest.raises(mt.MlmedError, match=words):
        mt.Population(**wrong)


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"population": {"a": 1}}, "mt.Population"),
        ({"clusters": 0}, "clusters must be a whole number"),
        ({"clusters": 2.5}, "clusters must be a whole number"),
        ({"size": 0}, "size must be a whole number"),
        ({"size": (5, 2)}, "least, largest"),
        ({"size": [1, 2, 3]}, "one for each of the 100 clusters"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"seed": "x"}, "seed must be a whole number"),
    ],
)
def test_impossible_tables_are_refused(wrong, words):
    with pytest.raises(mt.MlmedError, match=words):
        mt.simulate(**wrong)
