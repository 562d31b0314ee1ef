"""Average effects: formulas, standard errors against a simulation with known truth, and the one call."""

import numpy as np
import pytest
from scipy import stats

import mlmed_teach as mt


def test_effects_add_up(med):
    assert med.indirect.estimate == med.a * med.b + med.cov_ab
    np.testing.assert_allclose(med.total.estimate, med.indirect.estimate + med.direct.estimate)
    assert med.direct.estimate == med.cprime == med.fit.params["syx"]
    assert med.direct.se == med.fit.bse["syx"]


def test_statistics_and_limits_follow_from_the_standard_error(med):
    for effect in (med.indirect, med.direct, med.total):
        np.testing.assert_allclose(effect.z, effect.estimate / effect.se)
        np.testing.assert_allclose(effect.p, 2 * stats.norm.sf(abs(effect.z)))
        np.testing.assert_allclose(effect.ci, effect.estimate + effect.se * np.array([-1, 1]) * stats.norm.ppf(0.975))
    frame = med.to_frame()
    assert list(frame.index) == ["indirect", "direct", "total"]
    assert tuple(frame.loc["total", ["ci low", "ci high"]]) == med.total.ci


def test_variance_of_a_product_of_normals_is_the_formula(med):
    """Var(ab) of the paper is exact for normal estimates a and b: a simulation of their joint distribution agrees."""
    pair = ["smx", "sym"]
    rng = np.random.default_rng(7)
    a, b = rng.multivariate_normal(med.fit.params[pair], med.fit.cov_params().loc[pair, pair], 400_000).T
    formula = np.sqrt(med.indirect.se**2 - med.se_cov_ab**2)
    np.testing.assert_allclose((a * b).std(), formula, rtol=0.006)  # 5 Monte Carlo errors of 1 / sqrt(2 * 400,000)


def test_estimates_center_on_the_truth_with_the_spread_that_the_standard_error_says():
    population = mt.Population()
    fits = [mt.fit_stacked(mt.stack(mt.simulate(population, seed=seed))) for seed in range(120)]
    meds = [mt.effects(fit) for fit in fits if not fit.singular]
    for name in ("indirect", "total", "direct"):
        effects, truth = [getattr(m, name) for m in meds], getattr(population, name)
        assert len(effects) > 80
        estimates, ses = (np.array([getattr(e, k) for e in effects]) for k in ("estimate", "se"))
        spread = estimates.std(ddof=1)
        assert abs(estimates.mean() - truth) < 4 * spread / np.sqrt(len(estimates)), name
        # The standard deviation of some 100 estimates is known to 7 %: three times that.
        np.testing.assert_allclose(ses.mean(), spread, rtol=0.21, err_msg=name)


def test_units_change_the_effect_as_they_must(df, med):
    other = mt.mediate(df.assign(x=df["x"] * 10, y=df["y"] * 1000), x="x", m="m", y="y", group="id")
    np.testing.assert_allclose(other.indirect.estimate, 100 * med.indirect.estimate, rtol=1e-8)
    np.testing.assert_allclose(other.total.z, med.total.z, rtol=1e-6)


def test_mediate_accepts_other_names_ids_and_row_orders(df, med):
    table = df.rename(columns={"x": "stress", "m": "sleep", "y": "mood"}).assign(id="s" + df["id"].astype(str))
    other = mt.mediate(table.sample(frac=1, random_state=3), x="stress", m="sleep", y="mood", group="id")
    np.testing.assert_allclose(other.indirect.estimate, med.indirect.estimate, rtol=1e-9)
    np.testing.assert_allclose(other.indirect.se, med.indirect.se, rtol=1e-6)


def test_displays_show_the_printed_effects(med):
    page = mt.published.table("effects").set_index("quantity")["value"]
    for text in (med.summary(), med._repr_html_()):
        for quantity in ("average indirect effect: estimate", "average total effect: se"):
            assert f"{page[quantity]:.5f}"[1:] in text  # the page's figure to five digits, without the leading 0
        assert "average direct effect" in text


def test_effects_needs_a_stacked_model(df):
    plain = mt.fit_mixed("y ~ m + x", df, groups="id", re_formula="~ m + x")
    for thing in (plain, df, None):
        with pytest.raises(mt.MlmedError, match="needs the stacked model"):
            mt.effects(thing)


def test_boundary_fit_keeps_estimates_and_says_that_the_standard_error_is_missing():
    rng = np.random.default_rng(4)
    table = mt.simulate(clusters=8, size=6, seed=4).assign(y=lambda t: t["x"] + rng.normal(size=48))
    with pytest.warns(mt.BoundaryWarning):
        med = mt.mediate(table)
    assert med.fit.singular and np.isfinite(med.indirect.estimate)
    assert np.isnan(med.indirect.se) and "Boundary" in med.summary() and "Boundary" in med._repr_html_()


@pytest.mark.parametrize(
    "change, words",
    [
        ({"x": 1.0}, "'x' is constant"),
        ({"m": "many"}, "'m' is not numeric"),
        ({"id": 7}, "one cluster"),
    ],
)
def test_bad_tables_get_one_clear_message(df, change, words):
    with pytest.raises(mt.MlmedError, match=words):
        mt.mediate(df.assign(**change))


def test_missing_column_is_named_with_a_suggestion(df):
    with pytest.raises(mt.MlmedError, match="Did you mean 'x'"):
        mt.mediate(df, x="X")


def test_mediator_that_copies_the_predictor_is_refused(df):
    with pytest.raises(mt.MlmedError, match="reproduce|collinear"):
        mt.mediate(df.assign(m=2 * df["x"]))
