"""Reshaping and the stacked model."""

import numpy as np
import pandas as pd
import pytest

import mlmed_teach as mt


def test_every_row_becomes_two_and_nothing_is_lost(df, long):
    assert list(long.columns) == ["fid", "sm", "id", "x", "m", "z", "sy", "smx", "sym", "syx"]
    assert len(long) == 2 * len(df)
    np.testing.assert_array_equal(long["z"][long["sm"] == 0], df["y"])
    np.testing.assert_array_equal(long["z"][long["sm"] == 1], df["m"])
    np.testing.assert_array_equal(long["fid"], np.repeat(np.arange(1, 801), 2))
    np.testing.assert_array_equal(long["id"], np.repeat(df["id"], 2))


def test_products_switch_each_path_on_where_it_belongs(long):
    mediator, outcome = long[long["sm"] == 1], long[long["sy"] == 1]
    np.testing.assert_array_equal(mediator["smx"], mediator["x"])
    np.testing.assert_array_equal(outcome["sym"], outcome["m"])
    np.testing.assert_array_equal(outcome["syx"], outcome["x"])
    assert (mediator[["sy", "sym", "syx"]] == 0).all(axis=None) and (outcome[["sm", "smx"]] == 0).all(axis=None)


def test_other_column_names_and_text_ids_are_stacked_alike(df, long):
    renamed = df.rename(columns={"x": "stress", "m": "sleep", "y": "mood"}).assign(school=df["id"].astype(str))
    other = mt.stack(renamed, x="stress", m="sleep", y="mood", group="school")
    pd.testing.assert_frame_equal(other.drop(columns="id"), long.drop(columns="id"))
    assert list(other["id"][:2]) == ["1", "1"]


def test_input_is_left_as_it_was(df):
    before = df.copy(deep=True)
    mt.fit_stacked(mt.stack(df))
    pd.testing.assert_frame_equal(df, before)


def test_fid_variance_is_the_difference_of_two_residual_variances(stacked):
    s2 = stacked.optimum.s2
    np.testing.assert_allclose(stacked.re_params.loc["fid: var(sm)", "estimate"], s2[1] - s2[0], rtol=1e-12)
    np.testing.assert_allclose(stacked.scale, s2[0])
    assert stacked.groups.loc["fid", "groups"] == 800


def test_smaller_residual_variance_of_the_mediator_is_fitted_and_said(df, stacked):
    quiet = df.assign(m=0.2 * df["m"])  # the mediator in a smaller unit: its residual variance is the smaller one
    fit = mt.fit_stacked(mt.stack(quiet))
    assert fit.optimum.s2[1] < fit.optimum.s2[0] and not fit.has_extra_variance
    assert "fid" not in fit.groups.index and "Residual: var(sm=1)" in fit.re_params.index
    for k in (0, 1):
        assert fit.re_params.loc[f"Residual: var(sm={k})", "estimate"] == fit.optimum.s2[k]
    assert fit.stata_labels["lnsig_e0"] == "lnsig_e(sm=0)" and fit.random_blocks[-1][0] == "Residual: by sm"
    assert "|| fid: sm" in fit.summary()
    assert {"lnsig_e0", "lnsig_e1"} <= set(fit.stata_params.index)
    # The same model in other units: a is a fifth, b five times as large, and the effect as it was.
    ours, theirs = mt.effects(fit), mt.effects(stacked)
    np.testing.assert_allclose(ours.a, theirs.a / 5, rtol=1e-7)
    np.testing.assert_allclose(ours.indirect.estimate, theirs.indirect.estimate, rtol=1e-7)
    np.testing.assert_allclose(ours.indirect.se, theirs.indirect.se, rtol=1e-6)


def test_common_residual_variance_is_the_smaller_model(stacked, common):
    assert stacked.llf > common.llf
    assert stacked.lr_test.df == common.lr_test.df + 1 == 16
    s2 = stacked.optimum.s2
    assert s2.min() < common.scale < s2.max()


def test_row_order_of_the_stacked_table_does_not_matter(long, stacked):
    other = mt.fit_stacked(long.sample(frac=1, random_state=1))
    np.testing.assert_allclose(other.params, stacked.params, rtol=1e-9)
    np.testing.assert_allclose(other.re_params, stacked.re_params, rtol=1e-6)


def test_summary_prints_the_pages_strings(stacked):
    text = stacked.summary()
    assert [figure for figure in mt.published.table("stacked")["printed"] if figure not in text] == []


@pytest.mark.parametrize(
    "change, words",
    [
        ({"columns": "sy"}, "'sy'"),
        ({"sm": 2}, "sm must be 1"),
    ],
)
def test_a_table_that_is_not_stacked_is_refused(long, change, words):
    bad = long.drop(**change) if "columns" in change else long.assign(sm=long["sm"].replace(1, 2))
    with pytest.raises(mt.MlmedError, match=words):
        mt.fit_stacked(bad)


@pytest.mark.parametrize(
    "name, spoil",
    [
        ("smx", lambda t: t["x"]),
        ("sym", lambda t: t["sym"].sample(frac=1, random_state=1).to_numpy()),
        ("syx", lambda t: 2 * t["syx"]),
        ("fid", lambda t: t["fid"].where(t["fid"] > 3)),
    ],
)
def test_spoiled_products_are_refused(long, name, spoil):
    with pytest.raises(mt.MlmedError, match=f"Column '{name}' .*mt.stack"):
        mt.fit_stacked(long.assign(**{name: spoil}))


def test_products_are_checked_without_x_and_m_too(long, stacked):
    bare = long.drop(columns=["x", "m"])
    assert mt.fit_stacked(bare).llf == stacked.llf
    with pytest.raises(mt.MlmedError, match="'smx' is not sm"):
        mt.fit_stacked(bare.assign(smx=bare["smx"] + bare["sy"]))


@pytest.mark.parametrize("column, term", [("x", "smx"), ("m", "sym")])
def test_a_variable_of_the_clusters_gets_no_random_slope(df, column, term):
    with pytest.raises(mt.MlmedError, match=rf"random slope of '{term}|random slope of 'syx'"):
        mt.fit_stacked(mt.stack(df.assign(**{column: df["id"] % 7 + df["id"] / 100})))


def test_unknown_residual_is_refused(long):
    with pytest.raises(mt.MlmedError, match="per outcome"):
        mt.fit_stacked(long, residual="both")


def test_one_column_in_two_roles_is_refused(df):
    with pytest.raises(mt.MlmedError, match="both the column 'x'"):
        mt.stack(df, x="x", m="x")


@pytest.mark.parametrize("bad", [{"x": np.nan}, {"m": "text"}, {"y": 3.0}, {"id": 1}])
def test_bad_tables_are_refused_before_they_are_stacked(df, bad):
    with pytest.raises(mt.MlmedError, match=f"'{list(bad)[0]}'"):
        mt.stack(df.assign(**bad))
