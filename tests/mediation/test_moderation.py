"""Moderated mediation: glmmTMB's fits, plain algebra, simulated tables whose effects are known, and what is refused."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.fits import mediate_quietly
from scipy import stats

import mlmed_teach as mt
from mlmed_teach.models import fit_design

FOLDER = Path(__file__).parents[1] / "reference" / "moderation"
CASES = pd.read_csv(FOLDER / "cases.csv", keep_default_na=False).set_index("case")
REFERENCE = pd.read_csv(FOLDER / "reference.csv", keep_default_na=False)
PATHS = ("a", "b", "cprime")
TERMS = {"a": "smx", "b": "sym", "cprime": "syx"}

LLF_ATOL = 1e-5
IN_STANDARD_ERRORS = 1e-5
SE_RTOL = 1e-5  # glmmTMB's come from a numerical Hessian of exact gradients


def moderators_of(case):
    return {path: CASES.loc[case, path] for path in PATHS if CASES.loc[case, path]}


@pytest.fixture(scope="module")
def fits():
    """Each case is fitted once."""
    found = {}

    def fit(case):
        if case not in found:
            row = CASES.loc[case]
            table = pd.read_csv(FOLDER / f"{row['table']}.csv")
            found[case] = mediate_quietly(table, moderators=moderators_of(case), decompose=bool(row["decompose"]))
        return found[case]

    return fit


class Theirs:
    """glmmTMB's estimates, with raw products: terms like smx are the paths where a moderator is 0."""

    def __init__(self, case):
        rows = REFERENCE[REFERENCE["case"] == case]
        single = rows[rows["second"] == ""].set_index("first")["value"]
        self.llf, self.theta = single["llf"], single.drop("llf")
        V = rows[rows["second"] != ""].pivot(index="first", columns="second", values="value")
        V = V.reindex(index=self.theta.index, columns=self.theta.index)
        self.V = V.combine_first(V.T).to_numpy()
        self.names = list(self.theta.index)
        self.moderators = moderators_of(case)

    def paths(self, place, level=""):
        """a, b, c', cov(a_j, b_j) at values of the moderators, and their covariance matrix."""
        T = np.zeros((4, len(self.names)))
        for k, path in enumerate(PATHS):
            term = TERMS[path] + ("_mean" if level == "between" else "")
            T[k, self.names.index(term)] = 1
            name = self.moderators.get(path)
            if name is None:
                continue
            for product in [one for one in self.names if one.startswith(f"{term}:{name}")]:
                category = re.search(r"\[(.*)\]", product)
                T[k, self.names.index(product)] = float(category[1] == place[name]) if category else place[name]
        T[3, -1] = level != "between"
        return T @ self.theta.to_numpy(), T @ self.V @ T.T

    def effects(self, place, level=""):
        """Estimates and standard errors, the variance of the product as in Bauer, Preacher & Gil (2006)."""
        (a, b, c, cov), V = self.paths(place, level)
        g = np.array([b, a, 0, 1])
        extra = V[0, 0] * V[1, 1] + V[0, 1] ** 2
        total = g + [0, 0, 1, 0]
        variances = g @ V @ g + extra, V[2, 2], total @ V @ total + extra
        return np.array([a * b + cov, c, a * b + cov + c]), np.sqrt(variances)


@pytest.mark.parametrize("case", CASES.index)
def test_the_likelihood_is_that_of_glmmtmb(fits, case):
    assert fits(case).fit.llf == pytest.approx(Theirs(case).llf, abs=LLF_ATOL, rel=0)


@pytest.mark.parametrize("case", CASES.index)
def test_conditional_effects_are_those_of_glmmtmb(fits, case):
    theirs, found = Theirs(case), fits(case).conditional()
    names = found.index.names[:-1]
    assert len(found) >= 6
    for *values, effect in found.index:
        level, _, kind = effect.rpartition(": ")
        estimates, ses = theirs.effects(dict(zip(names, values, strict=True)), level)
        k = ["indirect", "direct", "total"].index(kind)
        row = found.loc[(*values, effect)]
        assert abs(row["estimate"] - estimates[k]) < IN_STANDARD_ERRORS * ses[k], (values, effect)
        assert row["se"] == pytest.approx(ses[k], rel=SE_RTOL), (values, effect)
        reach = stats.t.ppf(0.975, fits(case).fit.df) * row["se"]
        assert row["ci low"] == pytest.approx(row["estimate"] - reach, abs=1e-9)
        assert row["ci high"] == pytest.approx(row["estimate"] + reach, abs=1e-9)


@pytest.mark.parametrize("case", CASES.index)
def test_products_are_those_of_glmmtmb(fits, case):
    theirs, found = Theirs(case), fits(case).moderation
    ses = dict(zip(theirs.names, np.sqrt(np.diag(theirs.V)), strict=True))
    products = [name for name in theirs.names if re.match(r"s(mx|ym|yx)(_mean)?:", name)]
    assert len(products) == sum(" by " in name for name in found.index) > 0
    path_of = {term: path for path, term in TERMS.items()}
    for name in products:
        term, _, column = name.partition(":")
        level = "" if not CASES.loc[case, "decompose"] else "between: " if term.endswith("_mean") else "within: "
        row = found.loc[f"{level}{path_of[term.removesuffix('_mean')]} by {column}"]
        assert abs(row["estimate"] - theirs.theta[name]) < IN_STANDARD_ERRORS * ses[name]
        assert row["se"] == pytest.approx(ses[name], rel=SE_RTOL)


def test_the_index_is_the_product_times_the_other_path(fits):
    for case, product, other, label in (("w on a", "smx:w", "sym", "a"), ("w on b", "sym:w", "smx", "b")):
        theirs, med = Theirs(case), fits(case)
        at = [theirs.names.index(name) for name in (product, other)]
        slope, path = theirs.theta.iloc[at]
        g = np.array([path, slope])
        index = med.moderation.loc["index of moderated mediation"]
        assert index["estimate"] == pytest.approx(slope * path, rel=1e-4), label
        assert index["se"] == pytest.approx(np.sqrt(g @ theirs.V[np.ix_(at, at)] @ g), rel=1e-4)
        change = med.contrast(1, 4).loc["indirect"]
        assert change["estimate"] == pytest.approx(3 * index["estimate"])
        assert change["se"] == pytest.approx(3 * index["se"])


def test_with_two_moderated_paths_the_difference_takes_the_place_of_the_index(fits):
    med, theirs = fits("w on a and b"), Theirs("w on a and b")
    assert not [name for name in med.moderation.index if "index" in name]
    low, high = np.quantile(med.spec.moderators[0].values, [0.25, 0.75])
    row = med.moderation.iloc[-1]
    effects = [theirs.effects({"w": w})[0][0] for w in (low, high)]
    assert row["estimate"] == pytest.approx(effects[1] - effects[0], abs=1e-5 * row["se"])

    def indirect(theta, w):
        at = dict(zip(theirs.names, theta, strict=True))
        return (at["smx"] + at["smx:w"] * w) * (at["sym"] + at["sym:w"] * w) + at["cov_ab"]

    theta, step = theirs.theta.to_numpy(), 1e-6
    g = np.array(
        [
            sum(s * (indirect(theta + s * step * e, high) - indirect(theta + s * step * e, low)) for s in (1, -1))
            for e in np.eye(len(theta))
        ]
    ) / (2 * step)
    assert row["se"] == pytest.approx(np.sqrt(g @ theirs.V @ g), rel=1e-5)
    pd.testing.assert_series_equal(med.contrast(low, high).loc["indirect"], row, check_names=False)


def test_contrast_is_the_difference_of_conditional_effects(fits):
    med = fits("w on a and g on b")
    found = med.conditional({"w": [3, 6], "g": ["low", "mid"]})["estimate"]
    contrast = med.contrast({"w": 3, "g": "low"}, {"w": 6, "g": "mid"})["estimate"]
    for kind in ("indirect", "direct", "total"):
        assert contrast[kind] == pytest.approx(found[(6, "mid", kind)] - found[(3, "low", kind)], abs=1e-12)


def test_the_result_itself_is_that_at_the_mean_or_in_the_first_category(fits):
    med = fits("w on a and b")
    table = pd.read_csv(FOLDER / "equal.csv")
    mean = table.groupby("id")["w"].first().mean()
    at_mean = med.conditional(mean).droplevel(0)
    pd.testing.assert_frame_equal(at_mean, med.to_frame(), check_names=False)
    assert "the mean of w" in " ".join(med.notes)
    first = fits("three categories").conditional("high").droplevel(0)
    pd.testing.assert_frame_equal(first, fits("three categories").to_frame(), check_names=False)


def test_gls_and_robust_standard_errors_reach_the_conditional_effects(fits):
    med = fits("w on a and b")
    for se in ("gls", "robust"):
        other = med.with_se(se)
        at_mean = other.conditional(other.spec.moderators[0].usual).droplevel(0)
        pd.testing.assert_frame_equal(at_mean, other.to_frame(), check_names=False)
        assert not np.allclose(other.conditional()["se"], med.conditional()["se"], rtol=1e-3)


def test_it_is_the_stacked_design_with_products_made_by_hand():
    """Rows of y on rows of m, raw columns and their products, fitted as they are; then the algebra at w = 4."""
    table = pd.read_csv(FOLDER / "equal.csv")
    med = mediate_quietly(table, moderators={"a": "w", "b": "w"})
    x, m, y, w = (table[name].to_numpy() for name in "xmyw")
    n, one = len(table), np.ones(len(table))
    X = np.zeros((2 * n, 9))
    X[n:, :4] = np.column_stack([one, x, w, x * w])
    X[:n, 4:] = np.column_stack([one, m, x, w, m * w])
    names = ("sm", "smx", "sm:w", "smx:w", "sy", "sym", "syx", "sy:w", "sym:w")
    own = med.fit.design
    np.testing.assert_array_equal(own.y, np.r_[y, m])
    Z = X[:, [names.index(name) for name in own.re_names]]
    fit = fit_design(replace(own, X=X, Z=Z, fe_names=names), reml=True, se="joint")
    assert fit.llf == pytest.approx(med.fit.llf, abs=1e-7)
    b = fit.params
    product = (b["smx"] + 4 * b["smx:w"]) * (b["sym"] + 4 * b["sym:w"])
    by_hand = product + fit.re_params.loc["cov(smx,sym)", "estimate"]
    assert med.conditional(4).loc[(4, "indirect"), "estimate"] == pytest.approx(by_hand, rel=1e-5)
    assert med.plot().get_title() == f"Paths at {med.place}"


# ---- known truth ---------------------------------------------------------------------------------------------------


def simulated(clusters=2000, size=8, seed=1):
    """a = .5 + .3 w, b = .6 - .2 w, c' = .2 + .3 v; w moves m and y, too, and cov(a_j, b_j | w) = .1."""
    rng = np.random.default_rng(seed)
    G = np.diag([0.5, 0.16, 0.4, 0.16, 0.04])
    G[1, 3] = G[3, 1] = 0.1
    d_m, u_a, d_y, u_b, u_c = (rng.multivariate_normal(np.zeros(5), G, clusters)[:, None, :]).T
    w = rng.normal(size=(1, clusters))
    x, v, e_m, e_y = rng.normal(size=(4, size, clusters))
    m = d_m + 0.4 * w + (0.5 + 0.3 * w + u_a) * x + 0.8 * e_m
    y = d_y - 0.5 * w + 0.3 * v + (0.6 - 0.2 * w + u_b) * m + (0.2 + 0.3 * v + u_c) * x + 0.7 * e_y
    a_j, b_j = 0.5 + 0.3 * w + u_a, 0.6 - 0.2 * w + u_b
    values = {"x": x, "m": m, "y": y, "w": w + 0 * x, "v": v, "a_j": a_j + 0 * x, "b_j": b_j + 0 * x}
    return pd.DataFrame(
        {"id": np.tile(np.arange(clusters), size)} | {name: value.ravel() for name, value in values.items()}
    )


@pytest.fixture(scope="module")
def large():
    return mediate_quietly(simulated(), moderators={"a": "w", "b": "w", "cprime": "v"})


@pytest.mark.parametrize("w", [-1.5, 0.0, 1.0])
@pytest.mark.parametrize("v", [-1.0, 2.0])
def test_known_conditional_effects_come_back(large, w, v):
    found = large.conditional({"w": w, "v": v}).loc[(w, v)]
    indirect, direct = (0.5 + 0.3 * w) * (0.6 - 0.2 * w) + 0.1, 0.2 + 0.3 * v
    for kind, value in {"indirect": indirect, "direct": direct, "total": indirect + direct}.items():
        assert abs(found.loc[kind, "estimate"] - value) < 4 * found.loc[kind, "se"] < 0.2, kind


def test_paths_of_a_cluster_are_those_at_its_own_value(large):
    """Errors of prediction over their standard errors are standard normal, also in the clusters with w > 1."""
    truth, found = simulated().groupby("id").first(), large.cluster_effects()
    for path in ("a", "b"):
        z = (found[path] - truth[f"{path}_j"]) / found[f"{path} se"]
        for part in (z, z[truth["w"] > 1], z[truth["w"] < -1]):
            assert abs(part.mean()) < 4 / np.sqrt(len(part)), path
            assert part.std() == pytest.approx(1, abs=4 / np.sqrt(2 * len(part))), path
    z = (found["indirect"] - truth["a_j"] * truth["b_j"]) / found["indirect se"]
    assert abs(z.mean()) < 4 / np.sqrt(len(z)) and z.std() == pytest.approx(1, abs=0.1)
    assert "at the mean of w" in repr(found).replace("\n", " ")


def test_the_main_effect_is_in_both_equations_though_only_a_depends_on_it():
    """Left out of y's equation, a w that moves y is taken for a part of b."""
    med = mediate_quietly(simulated(500), moderators={"a": "w"})
    assert {"sm:w", "sy:w", "smx:w"} <= set(med.fit.params.index)
    assert not {"sym:w", "syx:w"} & set(med.fit.params.index)


def test_standard_errors_are_as_large_as_estimates_scatter():
    estimates, ses = [], []
    for seed in range(40):
        row = (
            mediate_quietly(simulated(80, seed=seed), moderators={"a": "w", "b": "w"})
            .conditional(1)
            .loc[(1, "indirect")]
        )
        estimates.append(row["estimate"])
        ses.append(row["se"])
    assert np.mean(ses) == pytest.approx(np.std(estimates), rel=0.35)  # three Monte Carlo errors


# ---- how it is asked for -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def table():
    return pd.read_csv(FOLDER / "unequal.csv")


def test_a_moderator_that_is_a_covariate_already_is_not_doubled(table):
    one = mediate_quietly(table, moderators={"a": "w"})
    for covariates in (["w"], {"m": ["w"]}, {"y": ["w"]}):
        two = mediate_quietly(table, moderators={"a": "w"}, covariates=covariates)
        pd.testing.assert_series_equal(one.fit.params, two.fit.params)


def test_an_affine_change_of_the_moderator_changes_no_effect(table):
    one = mediate_quietly(table, moderators={"a": "w", "b": "w"})
    two = mediate_quietly(table.assign(w=100 - 20 * table["w"]), moderators={"a": "w", "b": "w"})
    first, second = one.conditional([3, 7]), two.conditional([40, -40])
    np.testing.assert_allclose(first.to_numpy(), second.to_numpy(), rtol=1e-5)


def test_a_moderator_that_was_centred_is_said_to_have_the_mean_0(table):
    """The mean of deviations from the mean is some 1e-17."""
    w = table.groupby("id")["w"].transform("first")
    away = table.assign(w=w - table.groupby("id")["w"].first().mean())
    assert mediate_quietly(away, moderators={"a": "w"}).place == "the mean of w (0)"


def test_two_values_are_two_categories(table):
    """As numbers 0 and 1, and as categories: the same effects in each."""
    late = table["id"] > 30
    number = mediate_quietly(table.assign(late=late.astype(int)), moderators={"a": "late", "b": "late"})
    truth = mediate_quietly(table.assign(late=late), moderators={"a": "late", "b": "late"})
    words = mediate_quietly(table.assign(late=np.where(late, "yes", "no")), moderators={"a": "late", "b": "late"})
    assert list(number.conditional().index.get_level_values(0).unique()) == [0, 1]
    for other in (truth, words):
        np.testing.assert_allclose(number.conditional().to_numpy(), other.conditional().to_numpy(), rtol=1e-5)


def test_defaults_are_quartiles_over_clusters_or_over_rows(fits, table):
    of_w = fits("w on b").conditional().index.get_level_values("w").unique()
    np.testing.assert_allclose(of_w, table.groupby("id")["w"].first().quantile([0.25, 0.5, 0.75]))
    of_v = fits("v within clusters, on b and cprime").conditional().index.get_level_values("v").unique()
    np.testing.assert_allclose(of_v, table["v"].quantile([0.25, 0.5, 0.75]))


def test_a_moderator_left_out_is_held_and_that_is_said(fits):
    med = fits("w on a and g on b")
    found = med.conditional({"w": [4, 5]})
    assert set(found.index.get_level_values("g")) == {"high"}
    assert "g = high" in " ".join(found.notes)
    assert "the mean of w" in " ".join(med.conditional({"g": "mid"}).notes)


def test_clusters_of_a_category_share_its_path(fits):
    """Without random slopes, a cluster's paths are those of its category."""
    table = pd.read_csv(FOLDER / "small.csv")
    med = mediate_quietly(table, moderators={"a": "g", "b": "g"}, random=())
    found = med.cluster_effects()["indirect"].groupby(table.groupby("id")["g"].first()).agg(["min", "max"])
    at = med.conditional().xs("indirect", level="effect")["estimate"]
    for category in ("high", "low", "mid"):
        # Products of predictions hold the covariance of their errors, too: a hundredth of the effect.
        np.testing.assert_allclose(found.loc[category], at[category], atol=0.02)


def test_a_value_outside_the_data_draws_a_remark(fits):
    med = fits("w on a")
    assert not any("observed from" in note for note in med.conditional([4, 5]).notes)
    notes = " ".join(med.conditional([4, 50]).notes)
    assert "observed from" in notes and "at 50 " in notes
    assert "at 50 " in repr(med.conditional([4, 50])).replace("\n", " ")


def test_missing_moderators_are_refused_or_dropped(table):
    holes = table.copy()
    holes.loc[[3, 40], "w"] = np.nan
    with pytest.raises(mt.MlmedError, match="'w' has 2 missing values"):
        mediate_quietly(holes, moderators={"a": "w"})
    dropped = mediate_quietly(holes, moderators={"a": "w"}, missing="drop")
    whole = mediate_quietly(table.drop(index=[3, 40]), moderators={"a": "w"})
    pd.testing.assert_frame_equal(dropped.conditional([4, 6]), whole.conditional([4, 6]))


def test_a_category_without_known_outcomes_is_refused_in_words(table):
    lost = table.assign(y=table["y"].where(table["g"] != "high"))
    with pytest.raises(mt.MlmedError, match="category 'high' .* in no cluster where the outcome is known"):
        mediate_quietly(lost, moderators={"a": "g"}, missing="drop")
    partly = table.assign(y=table["y"].where(table.index % 5 > 0))
    found = mediate_quietly(partly, moderators={"a": "g", "b": "g"}, missing="drop")
    assert found.spec.outcome_rows < found.spec.rows and len(found.conditional()) == 9


def test_intervals_of_every_kind_run_on_a_moderated_model(fits):
    med = fits("w on a and b")
    low, high = med.monte_carlo(draws=2000, seed=1).indirect.ci
    assert low < med.indirect.estimate < high
    low, high = med.profile().indirect.ci
    assert low < med.indirect.estimate < high
    table = med.intervals(reps=20, draws=200, seed=1)
    for shown in (repr(table), repr(med.profile()), table.plot().get_xlabel()):
        text = re.sub(r"\s+", " ", shown)
        assert "the mean of w" in text and "average" not in text


def test_it_speaks_of_conditional_effects(fits):
    for case in ("w on a", "w on a and g on b", "decomposed, w on a and b"):
        med = fits(case)
        for text in (med.summary(), med.report().markdown, med._repr_html_()):
            assert "conditional" in text and "average" not in text, case
    report = fits("w on a").report()
    assert "ndex of moderated mediation" in report and "a by w" in report and "at the mean of w" in report


def test_displays(fits):
    med = fits("w on a and g on b")
    assert "w, g" in repr(med.conditional()) and "<table" in med.conditional()._repr_html_()
    assert "a by w" in repr(med.moderation) and "<table" in med.moderation._repr_html_()
    assert "a by w" in med.summary()


def test_sensitivity_needs_c_prime_to_follow_a(table):
    with pytest.raises(mt.MlmedError, match=r"moderators=\{'a': 'w', 'cprime': 'w'\}"):
        mediate_quietly(table, moderators={"a": "w"}).sensitivity()
    med = mediate_quietly(table, moderators={"a": "w", "cprime": "w"})
    assert med.sensitivity(0.0).loc[(0.0, "indirect"), "estimate"] == pytest.approx(med.indirect.estimate)


# ---- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moderators", "words"),
    [
        ("w", r"as in \{'a': 'w', 'b': 'w'\}, but it is 'w'"),
        (["w"], "but it is a list"),
        ({"c": "w"}, "'c' is no path"),
        ({"a": ["w", "v"]}, "A path has one moderator"),
        ({"a": None}, "this is None"),
        ({"a": "x"}, "'x' of path 'a' is in the model already, as x"),
        ({"b": "m"}, "as m"),
        ({"b": "y"}, "as y"),
        ({"b": "id"}, "as group"),
        ({"b": "nothing"}, "nothing"),
        ({"b": "same"}, "'same' is constant"),
        ({"b": "word"}, "one category only"),
        ({"b": "lonely"}, "category 'odd' of the moderator 'lonely' occurs in one cluster only"),
        ({"b": "dummy"}, "value 1 of the moderator 'dummy' occurs in one cluster only"),
        ({"b": "many"}, r"moderator 'many'.*categories"),
        ({"b": "lists"}, "lists"),
    ],
)
def test_what_is_no_moderator_is_refused_in_words(table, moderators, words):
    table = table.assign(same=3, word="one", lonely=np.where(table["id"] == 4, "odd", "even"))
    table["lonely"] = np.where(table["id"] % 2, "third", table["lonely"])
    table = table.assign(dummy=(table["id"] == 4).astype(int), many=[f"r{k}" for k in range(len(table))])
    table["lists"] = [[1]] * len(table)
    with pytest.raises(mt.MlmedError, match=words):
        mediate_quietly(table, moderators=moderators)


def test_a_moderator_of_rows_is_refused_in_a_decomposed_model_and_the_advice_works(table):
    with pytest.raises(mt.MlmedError, match="varies within clusters"):
        mediate_quietly(table, moderators={"a": "v"}, decompose=True)
    means = table.assign(v=table.groupby("id")["v"].transform("mean"))
    assert len(mediate_quietly(means, moderators={"a": "v"}, decompose=True).conditional()) == 18
    assert len(mediate_quietly(table, moderators={"a": "v"}).conditional()) == 9


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ("much", "must be a number, but it is 'much'"),
        ([1, None], "must be a number"),
        (np.nan, "must be a number"),
        ([], "of none"),
        ([[1, 2]], "one value or a list"),
        ([1, 1], "given twice"),
        ({"v": 1}, "'v' is no moderator of this model, which has 'w'"),
    ],
)
def test_values_that_the_moderator_cannot_have_are_refused_in_words(fits, values, words):
    with pytest.raises(mt.MlmedError, match=words):
        fits("w on a").conditional(values)


def test_other_wrong_questions(fits, table):
    with pytest.raises(mt.MlmedError, match="'other' is no category of the moderator 'g'"):
        fits("three categories").conditional("other")
    with pytest.raises(mt.MlmedError, match="has 2 moderators, 'w' and 'g'"):
        fits("w on a and g on b").conditional([1, 2])
    with pytest.raises(mt.MlmedError, match="must be one value"):
        fits("w on a").contrast([1, 2], 3)
    with pytest.raises(mt.MlmedError, match="has no moderator"):
        mediate_quietly(table).conditional()
    with pytest.raises(mt.MlmedError, match="has no moderator"):
        _ = mediate_quietly(table).moderation


def test_where_x_describes_clusters(table):
    flat = table.assign(x=table.groupby("id")["x"].transform("mean"))
    med = mediate_quietly(flat, random="auto", decompose=True, moderators={"a": "w"})
    assert "smx_mean:w" in med.fit.params.index and "smx:w" not in med.fit.params.index
    assert set(med.conditional(5).index.get_level_values("effect")) == {
        f"between: {kind}" for kind in ("indirect", "direct", "total")
    }


# ---- the picture ---------------------------------------------------------------------------------------------------


def test_the_picture_shows_the_effect_over_all_that_was_observed(fits):
    med = fits("w on a and b")
    ax = med.conditional().plot()
    (line,) = [line for line in ax.lines if len(line.get_xdata()) > 50 and line.get_linestyle() == "-"]
    observed = med.spec.moderators[0].values
    np.testing.assert_allclose(line.get_xdata()[[0, -1]], [observed.min(), observed.max()])
    ends = med.conditional([observed.min(), observed.max()]).xs("indirect", level="effect")["estimate"]
    np.testing.assert_allclose(line.get_ydata()[[0, -1]], ends)
    (rug,) = [line for line in ax.lines if line.get_marker() == "|"]
    np.testing.assert_allclose(rug.get_xdata(), np.unique(observed))


def test_the_picture_marks_where_the_band_leaves_0(fits):
    med = fits("w on a and b")
    written = [text.get_text() for text in med.conditional().plot().texts]
    turns = [float(text.partition(" = ")[2].replace("\N{MINUS SIGN}", "-")) for text in written]
    assert turns  # a goes up with w and b down: an effect in the middle only
    for turn in turns:
        row = med.conditional(turn).loc[(turn, "indirect")]
        assert min(abs(row["ci low"]), abs(row["ci high"])) < 0.05 * row["se"]


def test_the_picture_of_categories_and_of_other_effects(fits):
    med = fits("w on a and g on b")
    ax = med.conditional().plot("direct", by="g")
    assert [label.get_text() for label in ax.get_xticklabels()] == ["high", "low", "mid"]
    assert "direct effect" in ax.get_ylabel()
    with pytest.raises(mt.MlmedError, match="by must be a moderator"):
        med.conditional().plot(by="v")
    with pytest.raises(mt.MlmedError, match="effect must be one of"):
        med.conditional().plot("within")
