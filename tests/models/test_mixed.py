"""Mixed models on a DataFrame: agreement with statsmodels, Stata's view of its results, the page, and messages."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from helpers.fits import mediate_quietly
from scipy import stats
from statsmodels.regression.mixed_linear_model import MixedLMParams

import mlmed_teach as mt
from mlmed_teach.models import SES
from mlmed_teach.models.fitting import check_identified

MODELS = {"y on x": ("y ~ x", "~ x"), "m on x": ("m ~ x", "~ x"), "y on m and x": ("y ~ m + x", "~ m + x")}


@pytest.fixture(scope="module")
def of_statsmodels(df):
    """The page's models fitted by statsmodels."""
    return {
        section: smf.mixedlm(formula, df, groups="id", re_formula=random).fit(reml=False)
        for section, (formula, random) in MODELS.items()
    }


@pytest.fixture(params=MODELS)
def pair(request, results, of_statsmodels):
    """The same model fitted by statsmodels and by the engine."""
    return request.param, of_statsmodels[request.param], results[request.param]


def test_estimates_are_those_of_statsmodels(pair):
    _, theirs, ours = pair
    # statsmodels stops when its gradient is about 1e-5 of the likelihood: hundredths of a standard error at most.
    np.testing.assert_allclose(ours.params[theirs.fe_params.index], theirs.fe_params, atol=1e-2 * ours.bse.min())
    np.testing.assert_allclose(ours.cov_re.to_numpy(), theirs.cov_re.to_numpy(), atol=1e-3)
    np.testing.assert_allclose(ours.scale, theirs.scale, rtol=1e-3)
    assert -1e-9 < ours.llf - theirs.llf < 1e-3
    assert ours.nobs == theirs.nobs == 800


def test_xtmixed_shows_the_engines_fit_of_a_statsmodels_model(pair):
    section, theirs, ours = pair
    view = mt.xtmixed(theirs)
    assert mt.published.check(view, section).agrees.all()
    # The same optimum, both to 1e-8 standard errors; the rest is rounding.
    np.testing.assert_allclose(view.llf, ours.llf, rtol=1e-13)
    for name, value in ours.figures().items():
        np.testing.assert_allclose(view.figures()[name], value, rtol=1e-6, atol=1e-9, err_msg=name)
    assert view.optimum.iterations <= ours.optimum.iterations


def test_standard_errors_are_gls_and_not_those_of_statsmodels(pair):
    _, theirs, ours = pair
    design, G = ours.design, ours.cov_re.to_numpy()
    information = sum(
        design.X[rows].T
        @ np.linalg.solve(design.Z[rows] @ G @ design.Z[rows].T + ours.scale * np.eye(8), design.X[rows])
        for rows in (design.cluster == j for j in range(100))
    )
    np.testing.assert_allclose(ours.bse, np.sqrt(np.diag(np.linalg.inv(information))), rtol=1e-9)
    ratio = theirs.bse_fe / ours.bse[theirs.bse_fe.index]
    assert (ratio >= 1 - 1e-3).all() and ratio.max() > 1.0005


def test_statistics_follow_from_estimates_and_standard_errors(results):
    res = results["y on m and x"]
    np.testing.assert_allclose(res.zvalues, res.params / res.bse)
    np.testing.assert_allclose(res.pvalues, 2 * stats.norm.sf(abs(res.zvalues)))
    ci = res.conf_int()
    assert list(ci.columns) == [0, 1]
    np.testing.assert_allclose(ci[1] - ci[0], 2 * stats.norm.ppf(0.975) * res.bse)
    assert (res.conf_int(0.01)[0] < ci[0]).all()
    slopes = ["m", "x"]
    b = res.params[slopes]
    np.testing.assert_allclose(res.wald.chi2, b @ np.linalg.inv(res.cov_params().loc[slopes, slopes]) @ b)
    one = results["y on x"]  # with one slope the Wald test is that of its z
    np.testing.assert_allclose([one.wald.chi2, one.wald.p], [one.zvalues["x"] ** 2, one.pvalues["x"]])
    assert one.wald.df == 1 and res.wald.df == 2
    var, cov = res.re_params.loc["var(x)"], res.re_params.loc["cov(m,x)"]
    half = stats.norm.ppf(0.975) * var["se"] / var["estimate"]
    np.testing.assert_allclose([var["ci low"], var["ci high"]], var["estimate"] * np.exp([-half, half]))
    np.testing.assert_allclose((cov["ci low"] + cov["ci high"]) / 2, cov["estimate"])
    np.testing.assert_allclose(cov["estimate"], res.cov_re.loc["m", "x"], rtol=1e-12)


def test_lr_test_compares_with_least_squares(df, results):
    ols = smf.ols("y ~ x", df).fit()
    res = results["y on x"]
    np.testing.assert_allclose(res.lr_test.chi2, 2 * (res.llf - ols.llf), rtol=1e-9)
    one = mt.fit_mixed("y ~ x", df, groups="id", reml=False)
    np.testing.assert_allclose(one.lr_test.p, stats.chi2.sf(one.lr_test.chi2, 1) / 2)
    assert one.lr_test.df == 1 and "chibar2(01)" in one.summary()


def test_blups_and_residuals_are_those_of_statsmodels(df, results, of_statsmodels):
    theirs, ours = of_statsmodels["y on x"], results["y on x"]
    blups = pd.DataFrame(theirs.random_effects).T
    np.testing.assert_allclose(ours.random_effects.to_numpy(), blups.to_numpy(), atol=1e-3)
    np.testing.assert_allclose(ours.fittedvalues, theirs.fittedvalues, atol=2e-3)
    np.testing.assert_allclose(ours.resid + ours.fittedvalues, df["y"])
    assert list(ours.random_effects.index) == list(range(1, 101))


@pytest.mark.parametrize("section", MODELS)
def test_summary_prints_the_pages_strings(results, section):
    printed = mt.published.table(section)["printed"]
    text, html = results[section].summary(), results[section]._repr_html_()
    assert [figure for figure in printed if figure not in text] == []
    assert "Group variable: id" in text and "Mixed-effects ML regression" in text
    coefficients = mt.published.table(section).query("quantity.str.contains(': coef|: estimate|: se')")["printed"]
    assert [figure for figure in coefficients if figure not in html] == []


def test_stata_metric_is_ln_sd_and_atanh_correlation(results):
    res = results["y on x"]
    G, stata = res.cov_re, res.stata_params
    assert list(stata.index) == ["lns1_1_1", "lns1_1_2", "atr1_1_1_2", "lnsig_e"]
    assert res.stata_labels["lns1_1_2"] == "lns(_cons)"  # Stata puts the constant last
    np.testing.assert_allclose(np.exp(2 * stata["lns1_1_1"]), G.loc["x", "x"])
    np.testing.assert_allclose(np.exp(2 * stata["lns1_1_2"]), G.loc["Intercept", "Intercept"])
    sd = np.sqrt(G.loc["x", "x"] * G.loc["Intercept", "Intercept"])
    np.testing.assert_allclose(np.tanh(stata["atr1_1_1_2"]) * sd, G.loc["x", "Intercept"])
    np.testing.assert_allclose(np.exp(2 * stata["lnsig_e"]), res.scale)
    # d var = 2 var d lns: the standard errors of the two metrics belong together.
    se = np.sqrt(np.diag(res.stata_cov))
    np.testing.assert_allclose(2 * G.loc["x", "x"] * se[0], res.re_params.loc["var(x)", "se"])


def test_covariances_that_are_fixed_at_0_are_not_listed_and_all_others_are(levels):
    """Of a decomposed model the intercepts do not covary; every other pair does, in Stata's order."""
    fit = levels[1].fit
    names = list(fit.cov_re)
    pairs = [(one, other) for at, one in enumerate(names) for other in names[at + 1 :]]
    listed = [f"var({name})" for name in names] + [f"cov({a},{b})" for a, b in pairs if {a, b} != {"sm", "sy"}]
    assert list(fit.re_params.index) == [*listed, "fid: var(sm)", "var(Residual)"]
    for a, b in pairs:
        if {a, b} != {"sm", "sy"}:
            np.testing.assert_allclose(fit.re_params.loc[f"cov({a},{b})", "estimate"], fit.cov_re.loc[a, b])


def test_groups_are_counted_with_their_sizes(levels):
    table, med = levels
    rows = 2 * table["id"].value_counts()  # each row became two
    np.testing.assert_allclose(med.fit.groups.loc["id"], [80, rows.min(), rows.mean(), rows.max()])
    assert rows.min() < rows.mean() < rows.max()
    np.testing.assert_allclose(med.fit.groups.loc["fid"], [len(table), 2, 2, 2])
    assert list(med.fit.groups.columns) == ["groups", "obs min", "obs avg", "obs max"]


def test_structure_of_the_random_effects_is_named(df, results):
    blocks = [("id: Unstructured", ["var(x)", "var(_cons)", "cov(x,_cons)"]), ("", ["var(Residual)"])]
    assert results["y on x"].random_blocks == blocks and "id: Unstructured" in results["y on x"].summary()
    assert "id: Identity" in mt.fit_mixed("y ~ x", df, groups="id").summary()


def test_categories_and_transformations_work_in_formulas(df):
    table = df.assign(school=np.where(df["id"] % 3 == 0, "north", "south"))
    res = mt.fit_mixed("y ~ x + C(school) + np.exp(x / 10)", table, groups="id")
    assert "C(school)[T.south]" in res.params.index
    assert len(res.params) == 4 and res.cov_re.shape == (1, 1)


def test_text_ids_in_any_order_give_the_same_fit(df):
    base = mt.fit_mixed("y ~ x", df, groups="id", re_formula="~ x")
    shuffled = df.sample(frac=1, random_state=4).assign(id=lambda t: "school " + t["id"].astype(str))
    res = mt.fit_mixed("y ~ x", shuffled, groups="id", re_formula="~ x")
    np.testing.assert_allclose(res.params, base.params, rtol=1e-8)
    np.testing.assert_allclose(res.random_effects.loc["school 7"], base.random_effects.loc[7], rtol=1e-6)


def test_boundary_fit_says_so_in_words():
    rng = np.random.default_rng(2)
    table = pd.DataFrame({"id": np.repeat(np.arange(12), 6), "x": rng.normal(size=72)})
    table["y"] = table["x"] + rng.normal(size=72)
    res = mt.fit_mixed("y ~ x", table, groups="id", re_formula="~ x")
    assert res.singular and any("Boundary" in note for note in res.notes)
    assert "Boundary" in res.summary() and "Boundary" in res._repr_html_()
    assert (res.re_params["se"] > 0).all() and (res.cov_theta().loc["x", "x"] == res.cov_params().loc["x", "x"])
    with pytest.raises(mt.MlmedError, match="boundary"):
        _ = res.stata_params


def test_a_variance_of_0_has_no_standard_error_and_all_else_has():
    rng = np.random.default_rng(3)
    table = pd.DataFrame({"id": np.repeat(np.arange(20), 6), "x": rng.normal(size=120), "y": rng.normal(size=120)})
    table["y"] -= table.groupby("id")["y"].transform("mean")  # less variance between clusters than chance makes
    for se in SES:
        res = mt.fit_mixed("y ~ x", table, groups="id", se=se)
        assert "the variance of _cons is estimated as 0" in " ".join(res.notes)
        assert res.re_params.loc["var(_cons)", ["se", "ci low", "ci high"]].isna().all()
        assert (res.cov_theta().loc["var(_cons)"] == 0).all() and (res.bse > 0).all()
        assert res.re_params.loc["var(Residual)", "se"] > 0
        row = next(line for line in res.summary().splitlines() if "var(_cons)" in line)
        assert row.split()[-3:] == ["."] * 3 and "nan" not in res.summary()


# ---- whose standard errors -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tight(df):
    """statsmodels' fit, from our optimum, so that its information is evaluated there."""
    fit = mt.fit_mixed("y ~ m + x", df, groups="id", re_formula="~ m + x")
    model = smf.mixedlm("y ~ m + x", df, groups="id", re_formula="~ m + x")
    G = fit.cov_re.to_numpy() / fit.scale
    start = MixedLMParams.from_components(fe_params=fit.params.to_numpy(), cov_re=G)
    return fit, model.fit(start_params=start, method="bfgs", gtol=1e-10)


def test_joint_standard_errors_are_those_of_statsmodels(tight):
    fit, theirs = tight
    np.testing.assert_allclose(theirs.llf, fit.llf, atol=1e-8)
    ours = fit.with_se("joint").bse[theirs.bse_fe.index]
    # its Hessian is exact; its optimum is good to 1e-5 standard errors at best
    np.testing.assert_allclose(theirs.bse_fe, ours, rtol=1e-4)
    assert (ours > fit.bse[ours.index]).all()
    assert mt.xtmixed(theirs, se="joint").bse.to_dict() == pytest.approx(ours.to_dict(), rel=1e-6)


def test_everything_on_the_page_follows_the_choice_of_standard_errors(results, df):
    gls = results["y on m and x"]
    for se in ("joint", "robust"):
        res = gls.with_se(se)
        direct = mt.fit_mixed("y ~ m + x", df, groups="id", re_formula="~ m + x", reml=False, se=se)
        assert res.figures() == pytest.approx(direct.figures()) and res.optimum is gls.optimum
        theta = res.cov_theta()
        assert list(theta.index) == [*res.params.index, *res.re_params.index]
        pd.testing.assert_frame_equal(theta.loc[res.params.index, res.params.index], res.cov_params())
        np.testing.assert_allclose(res.bse, np.sqrt(np.diag(res.cov_params())))
        np.testing.assert_allclose(res.re_params["se"], np.sqrt(np.diag(theta))[3:])
        slopes = ["m", "x"]
        b = res.params[slopes]
        np.testing.assert_allclose(res.wald.chi2, b @ np.linalg.inv(res.cov_params().loc[slopes, slopes]) @ b)
        # lns is ln(var) / 2
        half = res.re_params.loc["var(m)"]
        np.testing.assert_allclose(
            np.sqrt(res.stata_cov.loc["lns1_1_1", "lns1_1_1"]), half["se"] / (2 * half["estimate"])
        )
        assert f"Standard errors: {se}" in " ".join(res.summary().split())
        assert res.with_se("gls").summary() == gls.summary()
    joint, robust = gls.with_se("joint"), gls.with_se("robust")
    np.testing.assert_array_equal(joint.re_params, gls.re_params)
    assert not np.allclose(robust.re_params["se"], gls.re_params["se"], rtol=0.01)
    assert (gls.cov_theta().loc["m":"x", "var(m)":] == 0).all(axis=None)


def test_standard_errors_do_not_depend_on_units_and_row_order(df):
    fits = [
        mt.fit_mixed("y ~ m + x", table, groups="id", re_formula="~ m + x")
        for table in (df, df.assign(y=1000 * df["y"] + 5, x=df["x"] / 7).sample(frac=1, random_state=2))
    ]
    for se in SES:
        one, two = (fit.with_se(se) for fit in fits)
        scale = pd.Series({"Intercept": 1000.0, "m": 1000.0, "x": 7000.0})
        np.testing.assert_allclose(two.bse[["m", "x"]], (one.bse * scale)[["m", "x"]], rtol=1e-6)
        np.testing.assert_allclose(
            two.re_params.loc["var(x)", "se"], 7000**2 * one.re_params.loc["var(x)", "se"], rtol=1e-6
        )


def test_unknown_standard_errors_are_refused_before_anything_is_fitted(df, results):
    for call in (
        lambda: mt.fit_mixed("y ~ nothing", df, groups="id", se="hc3"),
        lambda: mt.fit_stacked(df, se="hc3"),
        lambda: results["y on x"].with_se("hc3"),
        lambda: mt.mediate(df, y="nothing", se="hc3"),
    ):
        with pytest.raises(mt.MlmedError, match="se must be one of 'gls', 'joint', 'robust', but it is 'hc3'"):
            call()


def spoil(df, **columns):
    return df.assign(**columns)


@pytest.mark.parametrize(
    "formula, change, words",
    [
        ("y ~ w", {}, ["'w'", "no column"]),
        ("y ~ x", {"x": 1.0}, ["'x'", "constant"]),
        ("y ~ x", {"x": "a lot"}, ["'x'", "not numeric"]),
        ("y ~ x", {"y": np.where(np.arange(800) == 9, np.nan, 1.0 * np.arange(800))}, ["'y'", "missing", "id 2"]),
        ("y ~ x", {"m": 1, "id": 1}, ["cluster"]),
        ("y ~ x", {"id": np.where(np.arange(800) < 3, np.nan, 5.0)}, ["'id'", "missing"]),
        ("y ~ x + z", {"z": lambda t: 2 * t["x"] + 1}, ["collinear", "'z'"]),
        ("y ~ x +", {}, ["formula", "'y ~ x +'"]),
        ("~ x", {}, ["response"]),
        ("y ~ 0", {}, ["terms"]),
        ("y ~ np.log(x)", {}, ["np.log(x)", "not finite"]),
        ("y ~ C(k)", {"k": "one"}, ["'k'", "category"]),
        ("y ~ C(k)", {"k": [None, *"ab"] * 266 + ["a", "b"]}, ["'k'", "missing"]),
        ("y ~ nosuch(x)", {}, ["nosuch"]),
    ],
)
@pytest.mark.filterwarnings(
    "ignore:invalid value encountered:RuntimeWarning"
)  # the student's own log of a negative number
def test_bad_input_gets_one_message_that_names_it(df, formula, change, words):
    with pytest.raises(mt.MlmedError) as caught:
        mt.fit_mixed(formula, spoil(df, **change), groups="id")
    for word in words:
        assert word in str(caught.value), str(caught.value)


@pytest.mark.parametrize(
    "formula, change, options, words",
    [
        ("C(y) ~ x", {}, {}, "is a category"),
        ("t ~ x", {"t": lambda d: pd.Categorical(d["id"] % 2)}, {}, "is a category"),
        ("y ~ m + Intercept", {"Intercept": lambda d: d["x"]}, {}, "taken for the model's constant"),
        ("y ~ x + (1 | id)", {}, {}, "re_formula"),
        ("y = x", {}, {}, "cannot be read"),
        ("y ~ x", {}, {"reml": "ML"}, "reml must be True"),
        ("y ~ x", {}, {"groups": ["id"]}, "given by its name"),
        ("y ~ x", {"id": lambda d: [[k] for k in d["id"]]}, {}, "holds list"),
        ("y ~ x", {"x": lambda d: [{"a": 1}] * len(d)}, {}, "holds dict"),
        ("y ~ x + C(t)", {"t": lambda d: [[1]] * len(d)}, {}, "holds lists"),
        ("y ~ k", {"k": lambda d: d["id"] % 2}, {"re_formula": "~ k"}, "does not vary within any cluster"),
        ("y ~ k", {"k": lambda d: (np.arange(len(d)) == 5) * 1}, {"re_formula": "~ k"}, "tell the variances"),
    ],
)
def test_misuse_gets_a_message_of_its_own(df, formula, change, options, words):
    with pytest.raises(mt.MlmedError, match=words.replace("(", r"\(")) as caught:
        mt.fit_mixed(formula, df.assign(**change), **({"groups": "id"} | options))
    assert "\x1b" not in str(caught.value)


def test_ids_that_cannot_be_sorted_together_are_fine(df):
    mixed = df.assign(id=[pd.Timestamp(2020, 1, k % 28 + 1) if k % 2 else f"s{k}" for k in df["id"]])
    assert mt.fit_mixed("y ~ x", mixed, groups="id").ngroups == mixed["id"].nunique()


def test_intervals_need_a_level_between_0_and_1(df):
    with pytest.raises(mt.MlmedError, match="alpha must lie between"):
        mt.fit_mixed("y ~ x", df, groups="id").conf_int(95)


def test_more_random_effects_than_rows_are_told_apart_by_predictors_that_differ_between_clusters(df):
    pairs = df.groupby("id").head(2)
    fit = mt.fit_mixed("y ~ m + x", pairs, groups="id", re_formula="~ m + x")
    theirs = smf.mixedlm("y ~ m + x", pairs, groups="id", re_formula="~ m + x").fit(reml=True)
    assert fit.llf > theirs.llf - 1e-6  # statsmodels stops early on the boundary


@pytest.mark.parametrize(
    ("rows", "re_formula", "advice"),
    [
        (1, "~ 1", "one row only.*Use ordinary regression"),
        (2, "~ t", "at most 2 rows.*Leave out the random effect of t: what remains can be told"),
    ],
)
def test_the_same_few_rows_in_every_cluster_are_refused_with_a_model_that_can_be_fitted(df, rows, re_formula, advice):
    same = df.assign(t=df.groupby("id").cumcount() + 0.0).query("t < @rows")
    with pytest.raises(mt.MlmedError, match=f"cannot tell the variances.*{advice}"):
        mt.fit_mixed("y ~ t" if rows > 1 else "y ~ x", same, groups="id", re_formula=re_formula)
    if rows > 1:
        assert np.isfinite(mt.fit_mixed("y ~ t", same, groups="id", re_formula="~ 1").llf)


def test_random_formula_with_a_response_is_refused(df):
    with pytest.raises(mt.MlmedError, match="no left side"):
        mt.fit_mixed("y ~ x", df, groups="id", re_formula="y ~ x")


def test_collinear_random_effects_are_refused(df):
    with pytest.raises(mt.MlmedError, match="random effects are collinear"):
        mt.fit_mixed("y ~ x", df.assign(w=lambda t: 3 * t["x"]), groups="id", re_formula="~ x + w")


# What xtmixed cannot express


def test_xtmixed_refuses_crossed_components(df):
    table = df.assign(item=np.arange(800) % 8)
    crossed = smf.mixedlm(
        "y ~ x", table, groups="id", re_formula="~ 1", vc_formula={"item": "0 + C(item)", "x": "0 + x"}
    )
    with pytest.raises(mt.MlmedError, match=r"cannot express the variance components.*item.*lme4"):
        mt.xtmixed(crossed.fit(reml=True))


def test_xtmixed_refuses_components_without_random_effects(df):
    model = smf.mixedlm("y ~ x", df, groups="id", re_formula="0", vc_formula={"id": "0 + C(id)"})
    with pytest.raises(mt.MlmedError, match="re_formula"):
        mt.xtmixed(model.fit())


def test_xtmixed_refuses_constrained_covariances(df):
    from statsmodels.regression.mixed_linear_model import MixedLMParams

    model = smf.mixedlm("y ~ x", df, groups="id", re_formula="~ x")
    free = MixedLMParams.from_components(np.ones(2), np.eye(2))
    with pytest.raises(mt.MlmedError, match="constrained"):
        mt.xtmixed(model.fit(free=free))


@pytest.mark.parametrize("as_arrays", [False, True])
def test_xtmixed_knows_the_constant_and_the_names_without_a_formula(df, results, as_arrays):
    from statsmodels.regression.mixed_linear_model import MixedLM

    X = df.assign(const=1.0)[["const", "m", "x"]]
    parts = (df["y"], X, df["id"], X[["const", "m", "x"]])
    if as_arrays:
        parts = tuple(part.to_numpy() for part in parts)
    view = mt.xtmixed(MixedLM(*parts).fit(reml=False))
    base = results["y on m and x"]
    assert view.wald.df == 2 and view.params.index[0] == view.cov_re.index[0] == "Intercept"
    np.testing.assert_allclose(view.params, base.params, rtol=1e-7)
    assert "Group variable: group" in view.summary() and "_cons" in view.summary()


def test_xtmixed_shows_a_variance_of_one_row_a_cluster(df):
    first = df.assign(first=(df.groupby("id").cumcount() == 0) * 1.0)
    first["y"] += first["first"] * np.random.default_rng(3).normal(scale=1.5, size=len(df))
    theirs = smf.mixedlm("y ~ x", first, groups="id", re_formula="1", vc_formula={"first": "0 + first"}).fit()
    view = mt.xtmixed(theirs)
    assert -1e-6 < view.llf - theirs.llf < 1e-2 and len(view.optimum.s2) == 2


@pytest.mark.parametrize("thing", [3, "y ~ x", None])
def test_xtmixed_refuses_what_is_no_mixedlm(thing):
    with pytest.raises(mt.MlmedError, match="xtmixed needs a fitted statsmodels MixedLM"):
        mt.xtmixed(thing)


def test_xtmixed_refuses_an_ols_fit(df):
    with pytest.raises(mt.MlmedError, match="MixedLM"):
        mt.xtmixed(smf.ols("y ~ x", df).fit())


def test_xtmixed_shows_the_rows_that_statsmodels_kept(df):
    holes = df.assign(y=df["y"].where(df.index > 4))
    view = mt.xtmixed(smf.mixedlm("y ~ x", holes, groups="id", missing="drop").fit())
    assert view.nobs == 795 and view.groups["obs min"].iloc[0] == 3
    base = mt.fit_mixed("y ~ x", df[df.index > 4], groups="id")
    np.testing.assert_allclose(view.params, base.params, rtol=1e-8)


def test_xtmixed_says_when_statsmodels_stopped_short(df):
    short = smf.mixedlm("y ~ m + x", df, groups="id", re_formula="~ m + x")
    with pytest.warns(Warning):
        view = mt.xtmixed(short.fit(reml=False, method="bfgs", maxiter=1))
    assert any("stopped" in note for note in view.notes)
    assert mt.published.check(view, "y on m and x").agrees.all()


def test_three_rows_a_cluster_show_three_random_effects_of_an_equation(df):
    few = df.groupby("id").head(3)
    assert mt.fit_stacked(mt.stack(few)).llf == pytest.approx(mediate_quietly(few).fit.llf, abs=1e-8)


def test_a_fit_has_passed_the_check(df):
    res = mt.fit_mixed("y ~ x", df, groups="id")
    assert check_identified(res.design) is None
