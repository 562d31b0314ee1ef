"""Tables of the kinds that people bring: codes for missing, ids of several columns, text of every kind."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.advice import followed, lines_in
from helpers.fits import mediate_quietly

import mlmed_teach as mt
from mlmed_teach.stacked_model import specify
from tools.data import make_diary, make_wards

CASES = Path(__file__).parents[1] / "cases"
ANGER = {"x": "cond", "m": "anger", "y": "avoid", "group": "vpnr"}


@pytest.fixture(scope="module")
def codes99():
    return pd.read_csv(CASES / "codes99.csv")


@pytest.fixture(scope="module")
def restart():
    return pd.read_csv(CASES / "ids_restart.csv")


@pytest.fixture(scope="module")
def pasted(restart):
    """The same table with one id that somebody pasted together, and its result."""
    table = restart.assign(pupil=restart["class"] + "/" + restart["student"].astype(str))
    return mediate_quietly(table, group="pupil")


def remark(med, words):
    found = [note for note in med.notes if words in note]
    assert len(found) == 1, med.notes
    return found[0]


# ---- codes for missing ---------------------------------------------------------------------------------------------


def test_codes_for_missing_are_named_with_the_line_that_gives_the_result_without_them(codes99):
    med = mediate_quietly(codes99, **ANGER)
    text = remark(med, "codes for missing?")
    assert "'anger' has 99 in 18 rows, while all others lie between 1 and 5" in text
    assert "'avoid' has 99 in 9 rows, while all others lie between 1 and 7" in text
    mended = mediate_quietly(followed(text, codes99), **ANGER, missing="drop")
    by_hand = codes99.assign(**{name: codes99[name].where(codes99[name] < 99) for name in ("anger", "avoid")})
    expected = mediate_quietly(by_hand, **ANGER, missing="drop")
    assert med.indirect.estimate < 0 < expected.indirect.estimate == mended.indirect.estimate
    assert not any("codes" in note for note in mended.notes)
    assert text in med.report().replace("\\", "") and "codes for missing?" in med.summary()


def test_codes_in_numeric_covariates_are_named_and_categories_are_left_alone(codes99):
    table = mt.simulate(clusters=30, size=6, seed=1)
    rng = np.random.default_rng(1)
    table["age"] = rng.integers(20, 60, len(table))
    table["grade"] = pd.Categorical(rng.choice([1, 2, 99], len(table)))
    table.loc[3, "age"] = 999
    text = remark(mediate_quietly(table, covariates=["age", "grade"], random=()), "missing?")
    assert text.startswith("'age' has 999 in 1 row,") and "grade" not in text


@pytest.mark.parametrize("column", ["x", "m"])
def test_a_search_that_fails_beside_one_code_says_so_and_how_to_mend_it(column):
    table = mt.simulate(clusters=50, size=9, seed=1)
    spoiled = table.copy()
    spoiled.loc[100, column] = 99999.0
    with pytest.raises(mt.MlmedError, match="could not be maximized") as caught:
        mt.mediate(spoiled)
    text = str(caught.value)
    assert f"Look at this first: '{column}' has 99999 in 1 row, while all others lie between" in text
    mended = mt.mediate(followed(text, spoiled), missing="drop")
    assert mended.indirect.estimate == mt.mediate(table.drop(index=100)).indirect.estimate


def test_beside_one_999_in_450_rows_the_search_ends_and_the_remark_is_there():
    table = mt.simulate(clusters=50, size=9, seed=1)
    table.loc[100, "m"] = 999.0
    assert remark(mediate_quietly(table), "missing?").startswith("'m' has 999 in 1 row,")


def test_a_search_that_fails_without_a_code_says_nothing_of_one():
    table = mt.simulate(clusters=50, size=9, seed=1)
    table.loc[100, "m"] = 98765.4
    with pytest.raises(mt.MlmedError, match="could not be maximized") as caught:
        mt.mediate(table)
    assert "missing" not in str(caught.value)


# ---- ids of several columns ----------------------------------------------------------------------------------------


def test_ids_that_begin_anew_are_named_with_the_list_that_mends_them(restart, pasted):
    med = mediate_quietly(restart, group="student")
    text = remark(med, "lie in blocks far apart")
    assert med.spec.clusters == 6 and "48 clusters instead of 6: `group=['class', 'student']`" in text
    mended = mediate_quietly(restart, group=["class", "student"])
    assert mended.spec.clusters == 48 and mended.indirect.estimate == pasted.indirect.estimate
    assert not any("blocks" in note for note in (*mended.notes, *pasted.notes))


@pytest.fixture(scope="module")
def listed(restart):
    return mediate_quietly(restart, group=["class", "student"])


def test_a_list_of_columns_is_the_id_of_one_level_and_a_remark_says_what_is_left_out(listed):
    assert (listed.spec.group, listed.spec.id_columns) == ("class and student", ("class", "student"))
    text = remark(listed, "the only level of the model")
    assert "the 48 combinations of class and student" in text and "What rows of one class (8 in all)" in text


def test_a_list_of_columns_gives_the_result_of_one_pasted_column_everywhere(listed, pasted):
    assert list(listed.cluster_effects().index) == list(pasted.cluster_effects().index)
    np.testing.assert_array_equal(listed.cluster_effects().to_numpy(), pasted.cluster_effects().to_numpy())
    assert listed.cluster_effects().index.name == "class and student"
    draws = [med.bootstrap(reps=50, seed=1).indirect.ci for med in (listed, pasted)]
    assert draws[0] == draws[1]
    for show in (listed.summary(), listed.report(), listed.report().html):
        assert "48 clusters of class and student" in show
    listed.plot(), listed.cluster_effects().plot(), mt.plots.residuals(listed)


def test_one_column_in_a_list_is_that_column(restart, pasted):
    table = restart.assign(pupil=restart["class"] + "/" + restart["student"].astype(str))
    med = mediate_quietly(table, group=["pupil"])
    assert med.spec == pasted.spec


def test_a_column_of_the_id_may_be_a_covariate(restart):
    med = mediate_quietly(restart, group=["class", "student"], covariates=["class"], random=())
    assert "sm:class[class B]" in med.fit.params


def test_missing_ids_and_values_come_with_columns_that_the_table_has(restart):
    holes = restart.astype({"student": float})
    holes.loc[3, "student"], holes.loc[5, "m"] = np.nan, np.nan
    with pytest.raises(mt.MlmedError) as caught:
        mt.mediate(holes, group=["class", "student"])
    assert "dropna(subset=['x', 'm', 'y', 'class', 'student'])" in str(caught.value)
    left = holes.dropna(subset=["x", "m", "y", "class", "student"])
    dropped = mediate_quietly(holes, group=["class", "student"], missing="drop")
    assert dropped.spec.rows == len(left) == 286
    assert dropped.indirect.estimate == mediate_quietly(left, group=["class", "student"]).indirect.estimate
    assert dropped.spec.clusters == 48 and "class A/1" in dropped.fit.design.labels


def test_stacking_by_hand_takes_the_same_list(restart, listed):
    fit = mt.fit_stacked(mt.stack(restart, group=["class", "student"]))
    assert fit.llf == pytest.approx(listed.fit.llf, abs=1e-6)


def test_ids_that_look_alike_are_named_and_mended(restart, pasted):
    ids = restart["class"] + "/" + restart["student"].astype(str)
    odd = restart.index % 5
    table = restart.assign(id=ids.mask(odd == 1, ids.str.upper()).mask(odd == 2, ids + " "))
    text = remark(mediate_quietly(table, group="id"), "look alike")
    mended = mediate_quietly(followed(text, table), group="id")
    assert mended.spec.clusters == 48 and mended.indirect.estimate == pasted.indirect.estimate
    assert not any("alike" in note for note in mended.notes)


@pytest.mark.parametrize("index", ["id", ["id", "day"], ["id", "wave"]])
def test_an_id_in_the_index_comes_with_reset_index(restart, index):
    table = restart.assign(id=restart["class"] + restart["student"].astype(str), wave=restart["day"])
    spoiled = table.set_index(index, drop=True)
    if "wave" in index:
        spoiled["wave"] = 1  # reset_index() alone would end in an error of pandas
    with pytest.raises(mt.MlmedError, match=r"no column 'id': 'id' is in its index\. .*reset_index\(") as caught:
        mt.mediate(spoiled, group="id")
    mended = mediate_quietly(followed(str(caught.value), spoiled), group="id")
    assert mended.indirect.estimate == mediate_quietly(table, group="id").indirect.estimate


# ---- text, and the tables that draw no remark ----------------------------------------------------------------------


@pytest.mark.parametrize("backend", [None, "numpy_nullable", "pyarrow"])
def test_a_table_read_with_any_backend_of_pandas_gives_the_same_result(backend):
    if backend == "pyarrow":
        pytest.importorskip("pyarrow")
    plain = mt.mediate(pd.read_csv(CASES / "diary_text.csv"), covariates=["site"])
    other = pd.read_csv(
        CASES / "diary_text.csv", **({"dtype_backend": backend} if backend else {"dtype": {"site": object}})
    )
    assert mt.mediate(other, covariates=["site"]).indirect.estimate == plain.indirect.estimate
    text = str(pytest.raises(mt.MlmedError, mt.mediate, other, x="site").value)
    assert lines_in(text) == ["df['site'] = df['site'].map({'North': 0, 'South': 1}).astype(float)"]


def test_what_was_planted_in_the_second_file_of_lesson_10_is_named_and_nothing_once_it_is_mended():
    wards = pd.read_csv(make_wards.CSV).query("hospital != 'Mean'").drop_duplicates()
    columns = {"x": "support", "m": "energy", "y": "quality", "group": ["hospital", "ward"], "missing": "drop"}
    raw = mediate_quietly(wards, **columns)
    mended = followed(" ".join(raw.spec.remarks), wards)
    assert mended[["energy", "quality"]].max().max() <= 7 and mended["hospital"].nunique() == len(make_wards.HOSPITALS)
    said = mediate_quietly(mended, **columns).spec.remarks
    assert len(said) == 2 and "with missing values" in said[0] and "only level" in said[1]


REFERENCES = sorted((Path(__file__).parents[1] / "reference" / "mediate").glob("*.csv"))


@pytest.mark.parametrize("path", REFERENCES, ids=lambda path: path.stem)
def test_tables_of_the_references_draw_no_such_remark(path):
    table = pd.read_csv(path)
    if {"id", "x", "m", "y"} <= set(table):  # the others hold cases and results
        spec, _ = specify(table, "x", "m", "y", "id", "auto", (), decompose=False, missing="drop")
        assert not [note for note in spec.remarks if "missing?" in note or "alike" in note or "blocks" in note]


def test_what_was_planted_in_the_diary_of_lesson_10_is_named_and_nothing_once_it_is_mended():
    diary = pd.read_csv(make_diary.CSV, sep=";", decimal=",", na_values="-")
    diary["sleep"] = pd.to_numeric(diary["sleep"].str.removesuffix(" h").str.replace(",", "."))
    columns = {"x": "stress", "m": "sleep", "y": "mood", "group": "student", "missing": "drop"}
    raw = mediate_quietly(diary, **columns)
    remark(raw, "'stress' has 999 in"), remark(raw, "Ids of student that look alike")
    mended = followed(" ".join(raw.spec.remarks), diary)
    mended["sleep"] = mended["sleep"].where(mended["sleep"] <= 24)
    (said,) = mediate_quietly(mended.drop_duplicates(), **columns).spec.remarks
    assert "with missing values" in said
