"""A decomposed model in which x, or m, has the same mean in all clusters: what has two parts is decomposed."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.fits import mediate_quietly

import mlmed_teach as mt

TABLE = Path(__file__).parents[1] / "reference" / "mediate" / "balanced_treatment.csv"


@pytest.fixture(scope="module")
def balanced():
    """A treatment that everyone gets as often as not; m has stable traits. Its fit is compared with glmmTMB's."""
    return mediate_quietly(pd.read_csv(TABLE), decompose=True, random=("a", "cprime"))


def test_without_means_of_x_there_is_b_between_and_nothing_else(balanced):
    assert list(balanced.to_frame().index) == ["within: indirect", "within: direct", "within: total"]
    assert list(balanced.paths.index) == ["within: a", "within: b", "within: cprime", "between: b"]
    assert list(balanced.contextual.index) == ["b"]
    assert balanced.between.b.estimate == balanced.fit.params["sym_mean"]
    assert not balanced.between.whole and balanced.latent is None
    assert np.isnan(balanced.between.indirect.estimate)
    assert balanced.contextual.loc["b", "estimate"] == pytest.approx(balanced.between.b.estimate - balanced.b)


def test_it_says_so_and_every_way_of_showing_it_works(balanced):
    (note,) = [note for note in balanced.notes if "same in all clusters" in note]
    assert "'x' has no part between clusters, and only 'm' is decomposed" in note
    assert "nan" not in balanced.summary().lower() and "nan" not in balanced.report().lower()
    assert "b between clusters (observed means)" in balanced.summary()
    assert len(balanced.plot().axes) >= 2
    assert np.isfinite(balanced.monte_carlo(seed=1).to_frame().to_numpy(dtype=float)).all()
    assert "between" not in "".join(balanced.monte_carlo(seed=1).to_frame().index)


def test_with_equal_clusters_it_is_the_model_of_raw_scores_with_the_covariance_of_the_intercepts(balanced):
    """Without a random b both have one likelihood: the means of m take the place of that covariance."""
    raw = mediate_quietly(pd.read_csv(TABLE), random=("a", "cprime"))
    assert [balanced.a, balanced.b, balanced.cprime] == pytest.approx([raw.a, raw.b, raw.cprime], rel=1e-6)


def test_known_paths_are_found():
    rng = np.random.default_rng(3)
    J, n = 3000, 4
    cluster, x = np.repeat(np.arange(J), n), np.tile([0.0, 1.0], J * n // 2)
    trait = rng.normal(size=J)[cluster]
    m = 0.9 * x + trait + rng.normal(size=J * n)
    mean = pd.Series(m).groupby(cluster).transform("mean").to_numpy()
    y = 0.4 * (m - mean) + 1.1 * mean - 0.1 * x + 0.5 * rng.normal(size=J)[cluster] + rng.normal(size=J * n)
    med = mediate_quietly(pd.DataFrame({"id": cluster, "x": x, "m": m, "y": y}), decompose=True, random=())
    found = med.paths["estimate"]
    truth = {"within: a": 0.9, "within: b": 0.4, "within: cprime": -0.1, "between: b": 1.1}
    for name, value in truth.items():
        assert abs(found[name] - value) < 4 * med.paths.loc[name, "se"] < 0.2, name


def test_m_without_means_leaves_the_direct_path_between_clusters():
    table = mt.load_ml_sim()
    table["m"] -= table.groupby("id")["m"].transform("mean")
    med = mediate_quietly(table, decompose=True)
    assert [name for name in med.paths.index if name.startswith("between")] == ["between: cprime"]
    assert med.spec.intercepts == ("y",)  # deviations of m and x have no intercepts
    assert any("only 'x' is decomposed" in note for note in med.notes)


def test_where_neither_has_means_there_is_nothing_to_decompose():
    table = mt.load_ml_sim()
    for name in "xm":
        table[name] -= table.groupby("id")[name].transform("mean")
    with pytest.raises(mt.MlmedError, match="'x' and 'm' are the same in all clusters.*decompose=False"):
        mt.mediate(table, decompose=True)
