"""The one call for your own table: options, designs without an answer, levels, clusters, the boundary in words."""

import numpy as np
import pandas as pd
import pytest
from helpers.fits import mediate_quietly

import mlmed_teach as mt
from mlmed_teach.models import SES
from mlmed_teach.stacked_model.formulas import product_sd, share_negative

ALL = ("a", "b", "cprime")


# ---- residuals -------------------------------------------------------------------------------------------------------


def test_residuals_stand_under_the_row_labels_of_the_table(df):
    table = df.sample(frac=1, random_state=2).set_axis([f"row {k}" for k in range(len(df))])
    holes = table.assign(m=table["m"].where(table["y"] < 3))
    med = mt.mediate(holes, missing="drop")
    kept = holes.dropna()
    assert 0 < len(holes) - len(kept) and list(med.residuals.index) == list(kept.index)
    beta, u = med.fit.params, med.fit.random_effects.loc[kept["id"]].to_numpy()
    d_m, a, d_y, b, cprime = (beta.to_numpy() + u).T
    m = kept["m"] - d_m - a * kept["x"]
    y = kept["y"] - d_y - b * kept["m"] - cprime * kept["x"]
    pd.testing.assert_frame_equal(med.residuals, pd.DataFrame({"m": m, "y": y}), rtol=1e-9)


# ---- the default, and the random slopes ------------------------------------------------------------------------------


def test_one_call_is_the_same_as_all_steps(med, results):
    steps = results["effects"]
    # the rows stand in another order, so sums differ in their last bits
    np.testing.assert_allclose(med.to_frame(), steps.to_frame(), rtol=1e-9)
    np.testing.assert_allclose(med.fit.llf, steps.fit.llf, rtol=1e-13)
    assert mt.published.check(med.fit, "stacked", rtol=0).agrees.all()
    assert mt.published.check(med, "effects", rtol=0).agrees.all()
    assert mt.mediate(mt.simulate(clusters=100, size=15, seed=7), se="joint").notes == []


@pytest.mark.parametrize("random", [ALL, ("a", "b"), ("a", "cprime"), ("b",), ()])
def test_slopes_that_are_left_out_leave_the_model_with_their_covariances(df, random):
    med = mt.mediate(df, random=random)
    names = ["sm", "smx", "sy", "sym", "syx"]
    gone = {"smx", "sym", "syx"} - {{"a": "smx", "b": "sym", "cprime": "syx"}[path] for path in random}
    assert list(med.fit.cov_re) == [name for name in names if name not in gone]
    assert not any(name in row for row in med.fit.re_params.index for name in gone)
    both = {"a", "b"} <= set(random)
    assert (med.cov_ab != 0) == both and (med.se_cov_ab != 0) == both
    assert med.indirect.estimate == med.a * med.b + med.cov_ab and med.indirect.se > 0
    assert set(med.sd_slopes.index) == set(random)


def test_order_and_spelling_of_random_do_not_matter(df):
    assert mt.mediate(df, random=["cprime", "b", "a"]).fit.llf == mt.mediate(df, random="auto").fit.llf
    assert mt.mediate(df, random="b").fit.llf == mt.mediate(df, random=("b",)).fit.llf


def test_without_random_slopes_the_model_is_two_random_intercept_models_that_covary(df, long):
    """statsmodels fits the same model: two intercepts, two residual variances."""
    import statsmodels.formula.api as smf

    med = mt.mediate(df, random=())
    theirs = smf.mixedlm(
        "z ~ 0 + sm + smx + sy + sym + syx",
        long,
        groups="id",
        re_formula="~ 0 + sm + sy",
        vc_formula={"fid": "0 + C(fid):sm"},
    ).fit()
    # statsmodels stops at a gradient of some 1e-3
    np.testing.assert_allclose(med.fit.llf, theirs.llf, atol=1e-4)
    np.testing.assert_allclose(med.fit.params, theirs.fe_params[med.fit.params.index], atol=1e-4)


@pytest.mark.parametrize("random", [5, None, "c", ["a", "d"], [["a"]], {"a": 1, "x": 2}])
def test_unknown_slopes_are_named(df, random):
    with pytest.raises(mt.MlmedError, match="random names the paths.*'a', 'b', 'cprime'"):
        mt.mediate(df, random=random)


@pytest.mark.parametrize("wrong", [{"decompose": "yes"}, {"decompose": None}, {"missing": "ignore"}, {"missing": True}])
def test_unknown_options_are_named(df, wrong):
    with pytest.raises(mt.MlmedError, match=next(iter(wrong))):
        mt.mediate(df, **wrong)


# ---- covariates ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rich(df):
    rng = np.random.default_rng(0)
    grade = rng.choice(["low", "mid", "top"], len(df))
    age = rng.normal(40, 10, len(df))
    return df.assign(age=age, grade=grade, y=df["y"] + 0.03 * age + (grade == "top"))


def test_covariates_stand_in_both_equations_or_where_they_were_asked_for(rich):
    both = mt.mediate(rich, covariates=["age", "grade"]).fit.params
    assert list(both.index[5:]) == [f"s{e}:{c}" for e in "my" for c in ("age", "grade[mid]", "grade[top]")]
    some = mt.mediate(rich, covariates={"m": ["age"], "y": ["grade"]}).fit.params
    assert list(some.index[5:]) == ["sm:age", "sy:grade[mid]", "sy:grade[top]"]
    np.testing.assert_allclose(both["sy:age"], 0.03, atol=0.012)  # four standard errors
    np.testing.assert_allclose(both["sy:grade[top]"], 1, atol=0.3)


def test_indicators_by_hand_are_the_same_as_categories(rich):
    hand = rich.assign(mid=(rich["grade"] == "mid") * 1, top=rich["grade"] == "top")
    ours, theirs = mt.mediate(rich, covariates="grade"), mt.mediate(hand, covariates=["mid", "top"])
    np.testing.assert_allclose(ours.fit.params, theirs.fit.params, rtol=1e-9)


def test_categories_keep_their_order_and_unused_ones_do_not_count(rich):
    grade = pd.Categorical(rich["grade"], categories=["none", "top", "mid", "low"])
    names = mt.mediate(rich.assign(grade=grade), covariates={"y": ["grade"]}).fit.params.index
    assert list(names[5:]) == ["sy:grade[mid]", "sy:grade[low]"]


@pytest.mark.parametrize(
    ("covariates", "words"),
    [
        (["age", "age"], "given twice"),
        (["x"], "already, as x"),
        (["id"], "already, as group"),
        (["size"], "no column 'size'"),
        (["one"], "'one' is constant"),
        (["copy", "age"], "collinear.*'age' adds nothing"),
        ({"z": ["age"]}, "'z' is no equation"),
        (["name"], "looks like an id"),
        (["digits"], "'digits' is not numeric: 1 of 800"),
        (["mean_m"], "cluster means of 'm'.*decompose=True"),
        (3, "names of their columns"),
    ],
)
def test_covariates_that_cannot_be_used_are_refused(rich, covariates, words):
    table = rich.assign(
        one=1,
        copy=2 * rich["age"] - 3,
        name=[f"p{k}" for k in range(len(rich))],
        digits=["n/a", *rich["age"].astype(str)[1:]],
        mean_m=rich.groupby("id")["m"].transform("mean"),
    )
    with pytest.raises(mt.MlmedError, match=words):
        mt.mediate(table, covariates=covariates)


# ---- missing values --------------------------------------------------------------------------------------------------


def test_missing_values_are_refused_with_the_option_that_drops_them(df):
    with pytest.raises(mt.MlmedError, match=r'\'m\' has 3 missing values.*missing="drop"'):
        mt.mediate(df.assign(m=df["m"].where(df.index > 2)))


def test_rows_that_are_dropped_are_counted_by_column_and_cluster(df):
    holes = df.assign(m=df["m"].where(df["id"] != 7), y=df["y"].where(df.index % 200 != 0), note=np.nan)
    med = mt.mediate(holes, missing="drop")
    assert (med.spec.rows, med.spec.outcome_rows, med.spec.clusters) == (800 - 8, 800 - 8 - 4, 99)
    assert med.notes[0] == (
        "Left out: 8 rows of 800 with missing values (m: 8), and with them all rows of 1 cluster (id 7). "
        "Left out of the equation of 'y' only: 4 rows more (y: 4). In that of 'm' they count."
    )
    assert "Left out: 8 rows" in med.summary() and "Left out: 8 rows" in med.report()
    same = mt.mediate(holes.drop(columns="note").dropna(subset=["m"]), missing="drop")
    np.testing.assert_allclose(med.to_frame(), same.to_frame(), rtol=1e-12)


def test_a_table_with_nothing_left_is_refused(df):
    with pytest.raises(mt.MlmedError, match="Every one of the 800 rows"):
        mt.mediate(df.assign(m=np.nan), missing="drop")


# ---- designs that have no answer -------------------------------------------------------------------------------------


def of_cluster(df, column):
    return df.groupby("id")[column].transform("mean")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: {"x": of_cluster(d, "x")}, "2-1-1 design.*a and cprime cannot be random.*random='auto'"),
        (lambda d: {"m": of_cluster(d, "m")}, "1-2-1 design.*'m' at level 2"),
        (lambda d: {"x": of_cluster(d, "x"), "m": of_cluster(d, "m")}, "2-2-1 design.*one row for each cluster"),
        (lambda d: {"y": of_cluster(d, "y")}, "1-1-2 design.*single-level mediation"),
        (lambda d: {"y": 3.5}, "'y' is constant"),
        (lambda d: {"y": (d["y"] > 0) * 1}, "'y', the outcome, is binary.*0 and 1 only"),
        (lambda d: {"m": d["m"] > 0}, "'m', the mediator, is binary"),
        (lambda d: {"id": range(len(d))}, "Every cluster has one row only"),
        (lambda d: {"id": d["id"] % 4}, "4 clusters .*for 5 random effects.*random="),
    ],
)
def test_designs_without_an_answer_get_one_message_with_a_remedy(df, change, words):
    with pytest.raises(mt.MlmedError, match=words) as caught:
        mt.mediate(df.assign(**change(df)))
    assert "\n" not in str(caught.value)


def test_a_binary_predictor_is_fine(df):
    assert mt.mediate(df.assign(x=df["x"] > 0), random=("a", "b")).indirect.se > 0


def test_three_clusters_are_enough_for_a_model_without_random_slopes(df):
    assert mediate_quietly(df[df["id"] <= 3], random=()).indirect.se > 0


def test_a_predictor_of_the_clusters_is_fitted_when_asked_for_and_said(df):
    table = df.assign(x=of_cluster(df, "x"))
    raw = mt.mediate(table, random="auto")
    assert list(raw.fit.cov_re) == ["sm", "sy", "sym"] and raw.cov_ab == 0
    assert "2-1-1" in raw.notes[0] and "cannot vary" in raw.notes[0] and "decompose=True" in raw.notes[0]
    split = mt.mediate(table, random="auto", decompose=True)
    assert split.within is None and split.indirect.name == "between: indirect"
    assert split.indirect.estimate == split.fit.params["smx_mean"] * split.fit.params["sym_mean"]
    assert list(split.contextual.index) == ["b"] and "within: b" in split.paths.index
    assert "between clusters" in split.summary() and "within clusters" in split.summary()
    with pytest.raises(mt.MlmedError, match="does not vary within clusters"):
        split.cluster_effects()
    assert "2-1-1" in split.report()


# ---- within and between ----------------------------------------------------------------------------------------------


def test_decomposed_effects_recover_their_truth(levels):
    """Within: .473, as ever; b between clusters is -.5 by construction."""
    _, med = levels
    for effect, truth in ((med.within.indirect, 0.473), (med.within.total, 0.673), (med.between.b, -0.5)):
        assert abs(effect.estimate - truth) < 3 * effect.se, effect
    assert med.indirect == med.within.indirect and med.a == med.within.a.estimate
    assert med.between.indirect.estimate == med.between.a.estimate * med.between.b.estimate
    assert med.between.cov_ab is None


def test_between_effects_are_unbiased_with_honest_standard_errors():
    """The covariance of the intercepts is fixed at 0: with it, b between would scatter five times as much."""
    population = mt.Population(b_between=1.2)
    fits = [mediate_quietly(mt.simulate(population, seed=seed), decompose=True) for seed in range(60)]
    b = np.array([fit.between.b.estimate for fit in fits])
    se = np.array([fit.between.b.se for fit in fits])
    assert abs(b.mean() - 1.2) < 4 * b.std(ddof=1) / np.sqrt(len(b))
    np.testing.assert_allclose(se.mean(), b.std(ddof=1), rtol=0.3)  # the sd of 60 draws is known to 9 %
    assert all(fit.fit.cov_re.loc["sm", "sy"] == 0 for fit in fits)


def test_predictors_are_deviations_and_means(levels):
    table, med = levels
    mean = table.groupby("id")[["x", "m"]].transform("mean")
    X = pd.DataFrame(med.fit.design.X, columns=med.fit.design.fe_names)
    n = len(table)
    np.testing.assert_allclose(X["sym"][:n], table["m"] - mean["m"], atol=1e-12)
    np.testing.assert_allclose(X["syx_mean"][:n], mean["x"], atol=1e-12)
    np.testing.assert_allclose(X["smx"][n:], table["x"] - mean["x"], atol=1e-12)
    np.testing.assert_allclose(med.fit.design.y[n:], table["m"])


def test_contextual_effect_is_the_coefficient_of_the_mean_beside_raw_scores(levels):
    """Between minus within is what a model with raw scores and means shows as the effect of the mean."""
    _, med = levels
    V = med.fit.cov_params()
    se = np.sqrt(V.loc["sym_mean", "sym_mean"] + V.loc["sym", "sym"] - 2 * V.loc["sym", "sym_mean"])
    row = med.contextual.loc["b"]
    np.testing.assert_allclose(row["estimate"], med.between.b.estimate - med.within.b.estimate)
    np.testing.assert_allclose(row["se"], se)
    assert row["p"] < 1e-6 and med.contextual.loc["a", "p"] > 0.01


def test_standard_error_of_the_product_between(levels):
    """The delta method, and the variance that the product of two normal variables has beyond it."""
    _, med = levels
    terms = ["smx_mean", "sym_mean"]
    V = med.fit.cov_params().loc[terms, terms].to_numpy()
    first = mt.delta_method(lambda a, b: a * b, med.fit.params[terms], V).se
    np.testing.assert_allclose(med.between.indirect.se**2, first**2 + V[0, 0] * V[1, 1] + V[0, 1] ** 2, rtol=1e-9)


def test_levels_are_labelled_in_words(levels):
    _, med = levels
    assert list(med.to_frame().index) == [
        f"{w}: {e}" for w in ("within", "between") for e in ("indirect", "direct", "total")
    ]
    for text in (med.summary(), med._repr_html_()):
        for words in (
            "average indirect effect within clusters",
            "indirect effect between clusters",
            "between - within",
        ):
            assert words in text
    assert "within clusters" in med.report() and "between clusters" in med.report()


def test_too_few_clusters_for_effects_between_them_are_refused():
    table = mt.simulate(clusters=3, size=20, seed=1)
    with pytest.raises(mt.MlmedError, match="3 terms describe clusters.*only 3 clusters"):
        mt.mediate(table, random=(), decompose=True)


# ---- clusters --------------------------------------------------------------------------------------------------------


def test_predictions_and_their_errors_are_those_of_the_mixed_model_equations():
    """Henderson's equations with the whole matrices: another way to the BLUPs and the covariance of their errors."""
    med = mediate_quietly(mt.simulate(clusters=12, size=(2, 9), seed=8), random=("a", "b"))
    fit, design = med.fit, med.fit.design
    J, q, p = 12, len(design.re_names), len(design.fe_names)
    Z = np.zeros((len(design.y), J * q))
    for row, j in enumerate(design.cluster):
        Z[row, j * q : (j + 1) * q] = design.Z[row]
    G = np.kron(np.eye(J), fit.cov_re + 1e-11 * np.eye(q))  # on the boundary G has no inverse
    R = 1 / fit.optimum.s2[design.residual.codes]
    W = np.hstack([design.X, Z])
    C = W.T @ (R[:, None] * W)
    C[p:, p:] += np.linalg.inv(G)
    C = np.linalg.inv(C)
    solution = C @ (W.T @ (R * design.y))
    fe, re = list(design.fe_names), list(design.re_names)
    ours = med.cluster_effects()
    for j in range(J):
        T = np.zeros((3, len(C)))
        for row, term in enumerate(("smx", "sym", "syx")):
            T[row, fe.index(term)] = 1
            if term in re:
                T[row, p + j * q + re.index(term)] = 1
        a, b, c = T @ solution
        V = T @ C @ T.T
        row = ours.iloc[j]
        np.testing.assert_allclose(row[["a", "b", "cprime"]], [a, b, c], rtol=1e-5)
        np.testing.assert_allclose(row[["a se", "b se", "cprime se"]], np.sqrt(np.diag(V)), rtol=1e-5)
        np.testing.assert_allclose(row["indirect"], a * b + V[0, 1], rtol=1e-5)


def test_predicted_indirect_effects_average_to_the_average_effect(med):
    table = med.cluster_effects()
    assert isinstance(table, pd.DataFrame) and len(table) == 100 and table.index.name == "id"
    assert abs(table["indirect"].mean() - med.indirect.estimate) < 0.1 * med.indirect.se
    np.testing.assert_allclose(table["total"], table["indirect"] + table["cprime"])
    np.testing.assert_allclose(table["a"].mean(), med.a, rtol=1e-8)


def test_predictions_have_the_errors_that_they_say():
    """With known truth: true minus predicted, over its standard error, has standard deviation 1."""
    table, z = mt.simulate(clusters=400, size=10, seed=5), []
    from mlmed_teach.studies.population import Population, _coefficients

    truth = _coefficients(Population(), 400, np.random.default_rng(5))  # the first draws of simulate
    ours = mt.mediate(table).cluster_effects()
    for column, true in (("a", truth[:, 1]), ("b", truth[:, 3]), ("indirect", truth[:, 1] * truth[:, 3])):
        z.append(np.std((ours[column] - true) / ours[f"{column} se"]))
    np.testing.assert_allclose(z, 1, atol=0.15)  # four standard deviations of an sd of 400 draws


DISTRIBUTIONS = [
    (0.6, 0.6, 0.16, 0.16, 0.113),
    (0.6, -0.3, 0.16, 0.2, 0.05),
    (0.1, 0.2, 1.0, 0.5, -0.6),
    (-0.4, -0.2, 0.3, 0.0, 0.0),
    (-0.4, 0.3, 0.0, 0.2, 0.0),
    (0.5, 0.5, 0.25, 0.25, 0.25),
    (0.0, 0.3, 0.2, 0.1, 0.05),
]


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_spread_and_sign_of_the_clusters_effects_are_those_of_a_simulation(distribution):
    a, b, var_a, var_b, cov = distribution
    draws = np.random.default_rng(1).multivariate_normal([a, b], [[var_a, cov], [cov, var_b]], 400_000, method="eigh")
    product = draws.prod(1)
    np.testing.assert_allclose(product_sd(*distribution), product.std(), rtol=0.02)
    # five Monte Carlo standard errors of a share of 400,000 draws
    np.testing.assert_allclose(share_negative(*distribution), (product < 0).mean(), atol=5 * 0.5 / np.sqrt(400_000))


def test_without_random_slopes_all_clusters_have_the_average_effect(df):
    med = mt.mediate(df, random=())
    clusters = med.cluster_effects()
    assert clusters.sd == 0 and clusters.share_other_sign == 0
    np.testing.assert_allclose(clusters["a"], med.a)


def test_caterpillar_plot_shows_every_cluster(med):
    ax = med.cluster_effects().plot()
    assert "indirect effect" in ax.get_title()
    shown = np.concatenate([line.get_ydata() for line in ax.lines if line.get_label() == "_clusters"])
    np.testing.assert_allclose(np.sort(shown), np.sort(med.cluster_effects()["indirect"]))


# ---- the boundary, in words ------------------------------------------------------------------------------------------


def boundary_fit(table, **options):
    with pytest.warns(mt.BoundaryWarning) as caught:
        med = mt.mediate(table, **options)
    assert caught[0].filename == __file__  # the line of the caller, not one of ours
    return med, str(caught[0].message)


def test_a_boundary_fit_is_named_with_what_to_use_instead():
    table = mt.simulate(mt.Population(var_cprime=0.0, cov_ab=0.05), clusters=200, size=12, seed=13)
    med, message = boundary_fit(table)
    what = "a_j and c'_j are estimated as perfectly dependent"
    assert what in message
    note = med.notes[0]
    assert note.startswith(f"Boundary: {what}")
    assert "bootstrap" in note and "random=('a', 'b')" in note
    assert note.replace(" ", "") in med.summary().replace("\n", "").replace(" ", "")
    assert np.isfinite(med.to_frame().to_numpy()).all()
    reduced = mt.mediate(table, random=("a", "b"))
    assert reduced.notes == []
    # Nothing of c'_j is left in the indirect effect: its standard error is nearly that of the smaller model.
    np.testing.assert_allclose(med.indirect.se, reduced.indirect.se, rtol=0.05)
    assert "nan" not in med.report().lower()


def test_perfect_correlation_of_two_slopes_is_named():
    from mlmed_teach.engine.search import Optimum
    from mlmed_teach.models.boundary import on_boundary
    from mlmed_teach.models.design import Design

    u = np.array([0.5, 0.8, 0.0])
    empty = np.empty(0)
    fields = dict.fromkeys(("llf", "ols_llf", "gradient", "iterations"), 0.0)
    fields |= dict.fromkeys(("beta", "cov", "blups"), empty)
    optimum = Optimum(**fields, G=np.outer(u, u), s2=np.ones(1), singular=True, null_space=np.eye(3)[:, :1])
    one = np.ones((4, 3))
    design = Design(one[:, 0], one, one, np.zeros(4, dtype=int), pd.Index([1]), "y", "id", ("a",) * 3, ("a",) * 3)
    said = on_boundary(optimum, design, ["a_j", "b_j", "c'_j"])
    assert said == "the variance of c'_j is estimated as 0 and the correlation of a_j and b_j is estimated as 1"


def test_a_fit_near_the_boundary_is_told_apart():
    table = mt.simulate(mt.Population(cov_ab=0.158), clusters=120, size=12, seed=4)
    med = mt.mediate(table, random=("a", "b"))
    assert not med.fit.singular and med.indirect.se > 0
    assert med.notes[0].startswith("Near the boundary: the correlation of a_j and b_j is estimated as 0.989")


# ---- whose standard errors -------------------------------------------------------------------------------------------


def test_standard_errors_are_joint_unless_asked_otherwise(df, med):
    default = mt.mediate(df)
    assert default.fit.se == "joint" and med.fit.se == "gls"
    assert mt.published.check(default.with_se("gls"), "effects").agrees.all()
    for se in SES:
        asked, changed = mt.mediate(df, se=se), default.with_se(se)
        pd.testing.assert_frame_equal(asked.to_frame(), changed.to_frame())
        pd.testing.assert_frame_equal(asked.paths, changed.paths)
        assert changed.spec is default.spec and asked.summary() == changed.summary()
        assert f"Standard errors: {se} (" in asked.summary() and f"Standard errors: {se} (" in asked._repr_html_()
    ses = pd.DataFrame({se: default.with_se(se).paths["se"] for se in SES})
    assert (ses.loc[["b", "cprime"], "joint"] > 1.05 * ses.loc[["b", "cprime"], "gls"]).all()


def test_summary_says_what_gls_would_give_where_it_differs(df, med):
    joint = mt.mediate(df)
    note = next(line for line in joint._notes() if line.startswith("Standard errors of gls"))
    for name, part in {"b": med.paths.loc["b"], "indirect effect": med.to_frame().loc["indirect"]}.items():
        assert f" {name} {part['se']:.7f}".replace(" 0.", " .")[:-1] in note.replace(" 0.", " .")
    assert " a " not in note and "cov(a_j, b_j)" not in note  # the same to two digits
    assert not any("would be" in line for line in med._notes())


def test_report_names_the_standard_errors(df):
    words = {"gls": "generalized least squares", "joint": "all parameters together", "robust": "cluster-robust"}
    for se, text in words.items():
        report = mt.mediate(df, random=("a", "b"), se=se).report()
        assert text in report and not any(other in report for other in words.values() if other != text)


def test_gls_is_said_to_be_too_small_where_joint_is_larger_by_a_tenth(df, med):
    ratios = mt.mediate(df).paths["se"] / med.paths["se"]
    assert ratios["b"] > 1.1 and ratios["cprime"] > 1.1
    note = med.notes[-1]
    assert f"b by {ratios['b'] - 1:.0%} and c' by {ratios['cprime'] - 1:.0%}" in note and 'se="joint"' in note
    assert mt.mediate(df).notes == [] and mt.mediate(df, se="robust").notes == []
    mild = mt.simulate(clusters=60, size=40, seed=2)  # many rows in a cluster: the variances are as good as known
    assert mt.mediate(mild, se="gls").notes == []


def test_slopes_left_out_call_for_robust_standard_errors():
    table = mt.simulate(mt.Population(cov_ab=0.0), clusters=60, size=8, seed=1)
    note = mt.mediate(table, random=()).notes[-1]
    assert note.startswith("Robust standard errors are larger than joint ones: b by") and 'se="robust"' in note
    assert "indirect effect by" in note
    assert mt.mediate(table, random=(), se="robust").notes == []
    few = table[table["id"] <= 40]  # robust ones say too little themselves
    assert mt.mediate(few, random=()).notes == []


# ---- display ---------------------------------------------------------------------------------------------------------


def test_summary_shows_the_fid_variance_where_it_exists(df, med):
    assert "fid: var(sm) .1377656" in med.summary()
    np.testing.assert_allclose(
        med.residual_variances["fid: var(sm)"], med.residual_variances["m"] - med.residual_variances["y"]
    )
    assert "fid" not in mt.mediate(df.assign(m=df["m"] / 2)).summary()


def test_plot_shows_the_estimates(med, levels):
    texts = " ".join(text.get_text() for text in med.plot().texts)
    assert "0.612" in texts and "0.611" in texts and "0.221" in texts
    figure = levels[1].plot()
    assert len(figure.axes) == 2
