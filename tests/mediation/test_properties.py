"""What must not change, and what must: the same data in other orders, names and units give the same answer.

Drawn by hypothesis: the sizes of the clusters, the paths with random slopes, the level, and what is done to the table.
"""

import numpy as np
import pandas as pd
import pytest
from helpers.fits import mediate_quietly as mediate
from helpers.how_much import ALL
from hypothesis import given, settings
from hypothesis import strategies as st

import mlmed_teach as mt
from mlmed_teach.models import near_boundary, on_boundary

# some three fits of 50 ms in each example
quick = settings(max_examples=12 if ALL else 6, derandomize=True, deadline=None, database=None)

# The search's own units undo a shift or a change of units, so that rounding is all that is left: some 1e-13 as a rule,
# four digits more after a shift by ten thousand standard deviations.
INTERIOR = 1e-8  # in standard errors; for these themselves, relative
# On the boundary and near it the likelihood is flat in some directions, and there may be several maxima of one height:
# a rounding may send the search to another point that LLF cannot tell from the first.
BOUNDARY = 1e-4
LLF = 1e-7  # the log likelihoods are some hundreds

SUBSETS = [("a", "b", "cprime"), ("a", "b"), ("b", "cprime"), ("a",), ("b",), ()]


@st.composite
def tables(draw, covariates=False):
    """A table with unequal clusters and slopes that vary, and options of `mediate` that it can bear."""
    seed, smallest = draw(st.integers(0, 2**20)), draw(st.integers(3, 6))
    population = mt.Population(
        var_a=draw(st.sampled_from([0.16, 0.6])), var_cprime=0.3, b_between=draw(st.sampled_from([None, 1.0]))
    )
    table = mt.simulate(population, draw(st.integers(14, 24)), (smallest, smallest + 6), seed)
    if covariates:
        rng = np.random.default_rng(seed)
        table["age"] = rng.normal(40, 10, len(table)).round(1)
        table["grade"] = rng.choice(["low", "mid", "top"], len(table))
        table["y"] += 0.03 * table["age"] + 0.5 * (table["grade"] == "top")
    return table, {"random": draw(st.sampled_from(SUBSETS)), "decompose": draw(st.booleans())}


def tolerance(*fits):
    return BOUNDARY if any(map(at_an_edge, fits)) else INTERIOR


def at_an_edge(med):
    """On the boundary or near it; a note says so too, but looks for a model inside first, which takes long."""
    fit = med.fit
    names = fit.design.re_names
    return near_boundary(fit.optimum, names) is not None or on_boundary(fit.optimum, fit.design, names) is not None


def assert_same_numbers(two, one, k, limit):
    """Estimates, standard errors and z of `two` are those of `one`, multiplied by k."""
    assert list(one.index) == list(two.index)
    # Where a standard error does not exist, the largest of the others says what is small.
    size = np.abs(k) * one["se"].fillna(one["se"].max())
    np.testing.assert_array_less(np.abs(two["estimate"] - k * one["estimate"]), limit * size)
    # Two roundings of one maximum may differ in whether it counts as singular, where standard errors end.
    both = np.isfinite(one["se"]) & np.isfinite(two["se"])
    np.testing.assert_allclose(two["se"][both], (np.abs(k) * one["se"])[both], rtol=limit)
    np.testing.assert_allclose(two["z"][both], (np.sign(k) * one["z"])[both], rtol=limit, atol=limit)


def assert_same(other, med, llf=0.0, **units):
    """All numbers are the same, but for the factors by which the paths (a, b, cprime) were multiplied.

    Parameters
    ----------
    llf : float
        What the log likelihood gains.
    """
    limit = tolerance(med, other)
    np.testing.assert_allclose(other.fit.llf, med.fit.llf + llf, rtol=0, atol=LLF)
    for two, one in ((other.to_frame(), med.to_frame()), (other.paths, med.paths)):
        k = [units.get(name.rpartition(": ")[2], units.get("cprime", 1.0)) for name in one.index]
        assert_same_numbers(two, one, pd.Series(k, one.index), limit)


shifts = st.floats(-1e4, 1e4).map(lambda value: round(value, 2))
factors = st.sampled_from([-1000.0, -1.0, 1e-6, 0.01, 60.0, 1000.0, 1e6])


# ---- orders and names ------------------------------------------------------------------------------------------------


@quick
@given(drawn=tables(), seed=st.none() | st.integers(0, 2**20))
def test_the_order_of_the_rows_does_not_matter(drawn, seed):
    """Shuffled rows; or first one row of each cluster, then a second one of each, and so on."""
    table, options = drawn
    if seed is None:
        other = table.iloc[np.argsort(table.groupby("id").cumcount(), kind="stable")]
    else:
        other = table.sample(frac=1, random_state=seed)
    assert_same(mediate(other, **options), mediate(table, **options))


@quick
@given(drawn=tables(), seed=st.integers(0, 2**20), kind=st.sampled_from(["text", "tuple", "date", "category", "float"]))
def test_the_names_of_the_clusters_do_not_matter(drawn, seed, kind):
    table, options = drawn
    number = np.random.default_rng(seed).permutation(100)[table["id"]]
    ids = {
        "text": [f"class {k}" for k in number],
        "tuple": pd.Series([("school", int(k)) for k in number]),
        "date": pd.Timestamp("2020-01-01") + pd.to_timedelta(number, unit="D"),
        "category": pd.Categorical(number, categories=range(100)),
        "float": number / 7,
    }
    assert_same(mediate(table.assign(id=ids[kind]), **options), mediate(table, **options))


@quick
@given(drawn=tables(covariates=True), labels=st.permutations(["A", "b", "1", "\N{GREEK SMALL LETTER ALPHA}", "not so"]))
def test_other_labels_of_a_category_in_the_same_order_change_nothing(drawn, labels):
    table, options = drawn
    levels = ["low", "mid", "top"]
    renamed = pd.Categorical(table["grade"], levels).rename_categories(labels[:3])
    med, other = (mediate(t, covariates=["grade"], **options) for t in (table, table.assign(grade=renamed)))
    assert_same(other, med)
    np.testing.assert_allclose(other.fit.params, med.fit.params, rtol=1e-6, atol=1e-8)
    assert list(other.fit.params.index[-2:]) == [f"sy:grade[{label}]" for label in labels[1:3]]


@quick
@given(drawn=tables(covariates=True))
def test_the_order_of_covariates_does_not_matter(drawn):
    table, options = drawn
    med, other = (mediate(table, covariates=names, **options) for names in (["age", "grade"], ["grade", "age"]))
    assert_same(other, med)


@quick
@given(drawn=tables(), seed=st.integers(0, 2**20), column=st.sampled_from("xm"))
def test_rows_without_x_or_m_are_as_good_as_not_there(drawn, seed, column):
    table, options = drawn
    holes = np.random.default_rng(seed).random(len(table)) < 0.05
    other = mediate(table.assign(**{column: table[column].mask(holes)}), missing="drop", **options)
    med = mediate(table[~holes], **options)
    assert_same(other, med)
    assert len(other.notes) - len(med.notes) == holes.any()


# ---- shifts and units ------------------------------------------------------------------------------------------------


@quick
@given(drawn=tables(), x=shifts, m=shifts, y=shifts)
def test_a_constant_added_to_a_variable_changes_intercepts_only(drawn, x, m, y):
    """For any random slopes: the intercepts are random and covary with the slopes, so they take the shift up."""
    table, options = drawn
    other = mediate(table.assign(x=table["x"] + x, m=table["m"] + m, y=table["y"] + y), **options)
    assert_same(other, mediate(table, **options))


@quick
@given(drawn=tables(), x=factors, m=factors, y=factors)
def test_other_units_change_effects_by_their_factor_and_no_z_value(drawn, x, m, y):
    """y in thousands, x in millimetres, m the other way round; in the restricted likelihood, a term counts too."""
    table, options = drawn
    med = mediate(table, **options)
    other = mediate(table.assign(x=x * table["x"], m=m * table["m"], y=y * table["y"]), **options)
    n, levels = len(table), 2 if options["decompose"] else 1  # terms of x, and of m, in an equation
    llf = -(n - 1 - levels) * np.log(abs(m)) - (n - 1 - 2 * levels) * np.log(abs(y))
    llf -= levels * (2 * np.log(abs(x)) + np.log(abs(m)))
    assert_same(other, med, llf, a=m / x, b=y / m, cprime=y / x)


@quick
@given(drawn=tables(covariates=True), factor=factors, shift=shifts)
def test_other_units_of_a_covariate_change_its_coefficient_and_the_intercepts_only(drawn, factor, shift):
    table, options = drawn
    med = mediate(table, covariates=["age", "grade"], **options)
    other = mediate(table.assign(age=factor * (table["age"] + shift)), covariates=["age", "grade"], **options)
    limit = tolerance(med, other)
    assert_same(other, med, llf=-2 * np.log(abs(factor)))  # one term in each of two equations
    one, two = (pd.DataFrame({"estimate": m.fit.params, "se": m.fit.bse}) for m in (med, other))
    one, two = (frame.assign(z=frame["estimate"] / frame["se"]).drop(["sm", "sy"]) for frame in (one, two))
    k = pd.Series([1 / factor if name.endswith(":age") else 1.0 for name in one.index], one.index)
    assert_same_numbers(two, one, k, limit)


@quick
@given(drawn=tables(covariates=True), a=st.sampled_from([1.0, -2.0, 1e-3]), b=st.sampled_from([0.0, 3.0]), c=shifts)
def test_a_copy_or_a_combination_of_covariates_is_refused(drawn, a, b, c):
    table, options = drawn
    table["more"] = table["x"].round(1) ** 2
    table["copy"] = a * table["age"] + b * table["more"] + c
    for names in (["age", "more", "copy"], ["copy", "more", "age"], {"y": ["more", "copy", "age"]}):
        with pytest.raises(mt.MlmedError, match="collinear"):
            mt.mediate(table, covariates=names, **options)


# ---- what must change ------------------------------------------------------------------------------------------------


@quick
@given(drawn=tables(), data=st.data())
def test_one_cluster_under_two_names_is_two_clusters(drawn, data):
    table, options = drawn
    sizes = table["id"].value_counts()
    torn = data.draw(st.sampled_from(sorted(sizes.index)))
    half = (table["id"] == torn) & (table.groupby("id").cumcount() % 2 == 1)
    med, other = mediate(table, **options), mediate(table.assign(id=table["id"].mask(half, 1000)), **options)
    assert (
        other.spec.clusters == med.spec.clusters + 1 and len(other.cluster_effects()) == len(med.cluster_effects()) + 1
    )
    assert abs(other.fit.llf - med.fit.llf) > 1e-4  # equal by accident only; with means as predictors, not even then


# ---- within clusters -------------------------------------------------------------------------------------------------


@quick
@given(drawn=tables(), seed=st.integers(0, 2**20))
def test_without_random_slopes_the_effects_within_are_those_of_least_squares_with_a_dummy_for_each_cluster(drawn, seed):
    """Deviations from cluster means are orthogonal to all that is constant in clusters, whatever its variances.

    So a constant of each cluster, added to x, m and y, changes nothing within. (With random slopes it would: the
    weights of the clusters depend on variances that are estimated from both levels.)
    """
    table, _ = drawn
    options = {"random": (), "decompose": True}
    constant = 5 * np.random.default_rng(seed).normal(size=(3, 100))[:, table["id"]]
    moved = table.assign(**{name: table[name] + constant[k] for k, name in enumerate("xmy")})
    med, other = mediate(table, **options), mediate(moved, **options)
    limit = tolerance(med, other) * med.paths["se"].max()
    dummies = pd.get_dummies(table["id"], dtype=float).to_numpy()
    (a, *_), (b, c, *_) = (
        np.linalg.lstsq(np.column_stack([table[list(names)], dummies]), table[response], rcond=None)[0]
        for names, response in (("x", "m"), ("mx", "y"))
    )
    for fit in (med, other):
        np.testing.assert_allclose([fit.a, fit.b, fit.cprime], [a, b, c], rtol=0, atol=limit)
