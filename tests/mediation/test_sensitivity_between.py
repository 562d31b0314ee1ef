"""What an unmeasured feature of clusters would do to the effects between them: latent means, a known correlation."""

import re

import numpy as np
import pandas as pd
import pytest
from helpers.fits import mediate_quietly

import mlmed_teach as mt
from mlmed_teach.models import central_differences
from mlmed_teach.stacked_model import combine, residuals_between

A, B, C = -0.6, 0.3, 0.1  # between clusters
VAR_M, VAR_Y = 0.5, 0.25  # of what the paths leave of the clusters' means


def clusters_with(rho, rho_rows=0.0, clusters=4000, size=8, seed=1, slopes=0.0, x_varies=True):
    """Features of clusters that move m and y, with correlation rho; and, if asked for, residuals of rows that do."""
    rng = np.random.default_rng(seed)
    size = rng.integers(size[0], size[1] + 1, clusters) if isinstance(size, tuple) else np.full(clusters, size)
    id = np.repeat(np.arange(clusters), size)
    habit = rng.normal(size=clusters)[id]
    shared = rho * np.sqrt(VAR_M * VAR_Y)
    u_m, u_y = rng.multivariate_normal([0, 0], [[VAR_M, shared], [shared, VAR_Y]], clusters)[id].T
    e_m, e_y = rng.multivariate_normal([0, 0], [[0.64, rho_rows * 0.48], [rho_rows * 0.48, 0.36]], len(id)).T
    a, b = (rng.normal(mean, slopes, clusters)[id] for mean in (0.4, -0.6))
    today = 0.5 * rng.normal(size=len(id)) if x_varies else np.zeros(len(id))
    mean, deviation = A * habit + u_m, a * today + e_m
    y = B * mean + b * deviation + C * (habit + today) + u_y + e_y
    return pd.DataFrame({"id": id, "x": habit + today, "m": mean + deviation, "y": y})


@pytest.fixture(scope="module")
def levels():
    return mediate_quietly(clusters_with(0.4, clusters=200), random=(), decompose=True)


@pytest.mark.parametrize(
    ("rho", "options"),
    [
        (0.5, {}),
        (-0.4, {"slopes": 0.2}),
        (0.4, {"size": (3, 12)}),
        (0.5, {"x_varies": False}),
        (-0.3, {"rho_rows": 0.5}),
    ],
    ids=["plain", "random slopes", "sizes differ", "2-1-1", "rows confounded, too"],
)
def test_the_truth_comes_back_if_rho_is_known(rho, options):
    """4,000 clusters, within four standard errors, which are a tenth of the bias or less."""
    random = ("a", "b") if "slopes" in options else "auto" if "x_varies" in options else ()
    med = mediate_quietly(clusters_with(rho, **options), random=random, decompose=True)
    found = med.sensitivity(rho, level="between").loc[rho]
    kappa = rho * np.sqrt(VAR_Y / VAR_M)
    assert abs(med.latent.indirect.estimate - A * B) > 6 * med.latent.indirect.se  # confounding does harm
    for kind, value in [("indirect", A * B), ("direct", C), ("total", A * B + C)]:
        assert abs(found.loc[kind, "estimate"] - value) < 4 * found.loc[kind, "se"] < 0.13, kind
    values, _ = residuals_between(med.latent)
    expected = [A, B + kappa, C - kappa * A, VAR_Y * (1 - rho**2), VAR_M]
    np.testing.assert_allclose(values, expected, atol=0.08)


def test_the_two_correlations_do_not_mix():
    """Rows confounded: latent means stay right. Clusters confounded: the effects within do."""
    of_rows = mediate_quietly(clusters_with(0.0, rho_rows=0.5), random=(), decompose=True)
    assert abs(of_rows.latent.indirect.estimate - A * B) < 4 * of_rows.latent.indirect.se
    assert abs(of_rows.within.b.estimate + 0.6) > 20 * of_rows.within.b.se
    of_clusters = mediate_quietly(clusters_with(0.5), random=(), decompose=True)
    assert abs(of_clusters.within.b.estimate + 0.6) < 4 * of_clusters.within.b.se


def test_without_correlation_it_is_the_latent_result_itself(levels):
    found = levels.sensitivity(0, level="between").loc[0.0]
    own = [[effect.estimate, effect.se] for effect in levels.latent.effects]
    np.testing.assert_allclose(found[["estimate", "se"]].to_numpy(), own, rtol=1e-5)  # derivatives by differences


def test_the_total_effect_stays_and_at_the_tipping_point_nothing_is_left(levels):
    what_if = levels.sensitivity(level="between")
    np.testing.assert_allclose(what_if.xs("total", level="effect")["estimate"], levels.latent.total.estimate)
    (at_zero,) = levels.sensitivity(what_if.rho_zero, level="between").xs("indirect", level="effect")["estimate"]
    assert at_zero == pytest.approx(0, abs=1e-9)
    assert abs(what_if.rho_ci) < abs(what_if.rho_zero)


def test_standard_errors_are_those_of_derivatives_of_the_whole_formula(levels):
    """The closed form's gradient against differences of indirect - kappa a in the five parameters."""
    rho = 0.45
    values, V = residuals_between(levels.latent)

    def direct(a, b, c, of_y, of_m):
        return c + rho / np.sqrt(1 - rho**2) * np.sqrt(of_y / of_m) * a

    g = central_differences(direct, values, np.sqrt(np.diag(V)))
    se = levels.sensitivity(rho, level="between").loc[(rho, "direct"), "se"]
    assert se == pytest.approx(np.sqrt(g @ V @ g), rel=1e-6)
    b = central_differences(lambda a, b, c, y, m: b - rho / np.sqrt(1 - rho**2) * np.sqrt(y / m), values, np.ones(5))
    T = np.array([[1, 0, 0, 0, 0], b, g, [0] * 5])
    kappa = rho / np.sqrt(1 - rho**2) * np.sqrt(values[3] / values[4])
    parts = values[0], values[1] - kappa, values[2] + kappa * values[0], 0.0
    _, ses = combine(*parts, T @ V @ T.T)
    assert levels.sensitivity(rho, level="between").loc[(rho, "indirect"), "se"] == pytest.approx(ses[0], rel=1e-4)


def test_standard_errors_are_the_scatter_over_tables_and_intervals_hold_the_truth():
    """60 tables; over 1,000 of 200 clusters of 8 the interval holds the truth in .945 of them (rho = .4)."""
    found = []
    for seed in range(60):
        med = mediate_quietly(clusters_with(0.4, clusters=200, seed=100 + seed), random=(), decompose=True)
        row = med.sensitivity(0.4, level="between").loc[(0.4, "indirect")]
        found.append(row[["estimate", "se", "ci low", "ci high"]])
    estimate, se, low, high = np.array(found, dtype=float).T
    assert 0.7 < se.mean() / estimate.std(ddof=1) < 1.4  # four times the error of an sd of 60
    assert ((low < A * B) & (A * B < high)).sum() >= 51  # below that with a true coverage of .95 once in 500 runs


def test_it_shows_itself_and_says_that_it_is_about_clusters(levels):
    what_if = levels.sensitivity(level="between")
    shown = re.sub(r"\s+", " ", repr(what_if))
    assert "indirect effect between clusters would be 0" in shown and "an unmeasured feature of clusters" in shown
    assert f"{100 * abs(what_if.rho_zero):.1f}%" in shown
    assert what_if.level == "between"
    assert "between clusters" in what_if.plot().get_xlabel()


def test_levels_have_tipping_points_of_their_own(levels):
    assert levels.sensitivity(level="between").rho_zero != pytest.approx(levels.sensitivity().rho_zero, abs=0.01)
    with pytest.raises(mt.MlmedError, match="level must be"):
        levels.sensitivity(level="latent")


def test_without_effects_between_it_is_refused_with_what_would_do(levels, df):
    with pytest.raises(mt.MlmedError, match="decompose=True"):
        mediate_quietly(df).sensitivity(level="between")
    rng = np.random.default_rng(3)
    table = clusters_with(0.4, clusters=60)
    table["w"] = rng.normal(size=60)[table["id"]]
    moderated = mediate_quietly(table, random=(), decompose=True, moderators={"b": "w"})
    with pytest.raises(mt.MlmedError, match="not offered with moderators"):
        moderated.sensitivity(level="between")
    alone = mediate_quietly(table, random=(), decompose=True, intercepts=("m",))
    with pytest.raises(mt.MlmedError, match="this result has none"):
        alone.sensitivity(level="between")
    same = table["m"] - table.groupby("id")["m"].transform("mean")
    level_m = mediate_quietly(table.assign(m=same + 1e-3 * rng.normal(size=60)[table["id"]]), random=(), decompose=True)
    with pytest.raises(mt.MlmedError, match="this result has none"):
        level_m.sensitivity(level="between")


def test_of_a_2_1_1_design_the_level_that_exists_is_named():
    med = mediate_quietly(clusters_with(0.4, clusters=80, x_varies=False), random="auto", decompose=True)
    with pytest.raises(mt.MlmedError, match=r"sensitivity\(level='between'\)"):
        med.sensitivity()
    assert np.isfinite(med.sensitivity(0.2, level="between")["estimate"]).all()


def test_where_nothing_is_left_of_y_between_clusters_it_is_refused():
    """y's mean is a function of those of m and x: no residual with which anything could correlate."""
    table = clusters_with(0.0, clusters=80)
    table["y"] = table["y"] - table.groupby("id")["y"].transform("mean") + table.groupby("id")["m"].transform("mean")
    med = mediate_quietly(table, random=(), decompose=True)
    assert med.latent is not None
    with pytest.raises(mt.MlmedError, match="leave nothing of that of y"):
        med.sensitivity(level="between")
