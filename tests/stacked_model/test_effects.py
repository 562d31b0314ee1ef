"""Average effects: formulas, standard errors against a simulation with known truth, and the one call."""

import numpy as np
import pytest
from scipy import stats

import mlmed_teach as mt
from mlmed_teach.models import SES
from mlmed_teach.stacked_model import combine


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
    gls = mt.effects(med.fit, se="gls")
    a, b = rng.multivariate_normal(gls.fit.params[pair], gls.fit.cov_params().loc[pair, pair], 400_000).T
    formula = np.sqrt(gls.indirect.se**2 - gls.se_cov_ab**2)
    np.testing.assert_allclose((a * b).std(), formula, rtol=0.006)  # 5 Monte Carlo errors of 1 / sqrt(2 * 400,000)


def test_variances_of_effects_are_exact_for_normal_estimates_with_any_covariances():
    """A simulation of a, b, c' and cov(a_j, b_j), all correlated, as joint and robust have them."""
    rng = np.random.default_rng(8)
    root = rng.normal(size=(4, 4)) * 0.3
    mean = np.array([0.3, -0.4, 0.2, 0.1])
    a, b, c, cov = (mean + rng.normal(size=(400_000, 4)) @ root.T).T
    _, ses = combine(*mean, root @ root.T)
    simulated = [(a * b + cov).std(), c.std(), (a * b + cov + c).std()]
    np.testing.assert_allclose(ses, simulated, rtol=0.015)  # products have heavier tails than a normal


def test_effects_of_a_fit_take_its_standard_errors_or_others(stacked):
    for se in SES:
        eff = mt.effects(stacked, se=se)
        again = mt.effects(stacked.with_se(se))
        np.testing.assert_array_equal(eff.to_frame(), again.to_frame())
        assert eff.fit.se == se and eff.indirect.estimate == mt.effects(stacked).indirect.estimate
        whole = eff.fit.cov_theta().loc[["smx", "sym", "syx", "cov(smx,sym)"], ["smx", "sym", "syx", "cov(smx,sym)"]]
        first = mt.delta_method(
            lambda a, b, c, cov: a * b + cov + c, [eff.a, eff.b, eff.cprime, eff.cov_ab], whole.to_numpy()
        )
        exact = whole.loc["smx", "smx"] * whole.loc["sym", "sym"] + whole.loc["smx", "sym"] ** 2
        np.testing.assert_allclose(eff.total.se**2, first.se**2 + exact, rtol=1e-8)
    with pytest.raises(mt.MlmedError, match="'gls', 'joint', 'robust'"):
        mt.effects(stacked, se="sandwich")


# SE of the indirect effect of the original data, computed apart from this package (six decimals).
ORIGINAL = {("a", "b", "cprime"): (0.053330, 0.054760, 0.056444), ("a", "b"): (0.052833, 0.052532, 0.054414)}


@pytest.mark.parametrize("random", ORIGINAL)
def test_standard_errors_of_the_original_data(original_path, random):
    med = mt.mediate(mt.load_ml_sim(original_path), random=random)
    found = [med.with_se(se).indirect.se for se in SES]
    np.testing.assert_allclose(found, ORIGINAL[random], atol=6e-7)
    if "cprime" in random:
        joint = med.with_se("joint")
        found = joint.paths.loc["b", "se"], joint.direct.se, joint.total.se
        np.testing.assert_allclose(found, [0.050142, 0.041546, 0.056210], atol=6e-7)


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
    for se in SES:
        np.testing.assert_allclose(other.with_se(se).total.z, med.with_se(se).total.z, rtol=1e-6)


def test_mediate_accepts_other_names_ids_and_row_orders(df, med):
    table = df.rename(columns={"x": "stress", "m": "sleep", "y": "mood"}).assign(id="s" + df["id"].astype(str))
    other = mt.mediate(table.sample(frac=1, random_state=3), x="stress", m="sleep", y="mood", group="id")
    np.testing.assert_allclose(other.indirect.estimate, med.indirect.estimate, rtol=1e-9)
    for se in SES:
        np.testing.assert_allclose(other.with_se(se).indirect.se, med.with_se(se).indirect.se, rtol=1e-6)


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


def test_boundary_fit_has_estimates_and_standard_errors_and_says_what_they_take_as_it_is():
    rng = np.random.default_rng(4)
    table = mt.simulate(clusters=8, size=6, seed=4).assign(y=lambda t: t["x"] + rng.normal(size=48))
    with pytest.warns(mt.BoundaryWarning):
        med = mt.mediate(table)
    assert med.fit.singular and np.isfinite(med.indirect.estimate)
    assert "Boundary" in med.summary() and "Boundary" in med._repr_html_()
    for se in SES:
        frame = med.with_se(se).to_frame()
        assert np.isfinite(frame.to_numpy()).all() and (frame["se"] > 0).all()


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
