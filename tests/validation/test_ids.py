"""Ids of clusters: of several columns, that look alike, that begin anew in blocks."""

import numpy as np
import pandas as pd
import pytest
from helpers.advice import followed, lines_in

import mlmed_teach as mt
from mlmed_teach.validation import cluster_codes, ids_that_begin_anew, ids_that_look_alike, one_id


def ids_of(labels):
    return pd.DataFrame({"id": pd.Series(labels, dtype=object)})


def joined(table, *columns):
    table, name, _ = one_id(table, list(columns), {})
    return table[name]


# ---- several columns -----------------------------------------------------------------------------------------------


def test_ids_of_several_columns_read_well_and_are_sorted_by_their_parts():
    table = pd.DataFrame({"class": [10, 9, 10, 9], "student": [1.0, 2.0, 3.0, 10.0]})
    ids = joined(table, "class", "student")
    assert list(ids) == ["10/1", "9/2", "10/3", "9/10"] and ids.name == "class and student"
    assert list(cluster_codes(ids)[1]) == ["9/2", "9/10", "10/1", "10/3"]
    assert list(table) == ["class", "student"]


def test_ids_whose_texts_are_the_same_stay_apart():
    ids = joined(pd.DataFrame({"a": ["1", "1/2"], "b": ["2/3", "3"]}), "a", "b")
    assert ids.nunique() == 2


def test_an_id_is_missing_where_one_of_its_columns_is():
    ids = joined(pd.DataFrame({"a": ["x", None, "y"], "b": [1.0, 2.0, np.nan]}), "a", "b")
    assert list(ids.isna()) == [False, True, True]


def test_the_name_of_the_joined_id_is_no_column_of_the_table():
    table = pd.DataFrame({"a": [1, 2], "b": [1, 2], "a and b": [0.5, 0.7]})
    assert list(one_id(table, ["a", "b"], {})[0]["a and b"]) == [0.5, 0.7]


def test_a_tuple_is_a_name_where_the_table_has_it_and_a_list_of_columns_where_it_has_those():
    table = pd.DataFrame({"a": [1, 2], "b": [1, 2]})
    assert one_id(table, ("a", "b"), {})[2] == ["a", "b"]
    table.columns = pd.Index(["a", ("a", "b")], dtype=object, tupleize_cols=False)
    assert one_id(table, ("a", "b"), {})[1:] == (("a", "b"), [("a", "b")])


@pytest.mark.parametrize(
    ("group", "says"),
    [
        ([], "this list is empty"),
        (["a", "a"], "names the column 'a' twice"),
        (["a", "x"], "x and group are both the column 'x'"),
        (["a", "nowhere"], "no column 'nowhere'"),
        (["a", ["b"]], "group is given by the name of its column"),
        (["a", "lists"], "'lists' holds lists or the like, not ids"),
    ],
)
def test_lists_that_are_no_id_are_refused(group, says):
    table = pd.DataFrame({"x": [1.0, 2], "a": [1, 2], "b": [1, 2], "lists": [[1], [2]]})
    with pytest.raises(mt.MlmedError, match=says):
        one_id(table, group, {"x": "x"})


# ---- ids that look alike -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "line"),
    [
        (["P01", "P01 ", "p01", "P02"], ".str.strip().str.upper()"),
        (["P01", "p01"], ".str.upper()"),
        ([" a", "b", "a"], ".str.strip()"),
        ([1, "1", 2], ""),
        ([1.0, "1", "2"], '.str.removesuffix(".0")'),
        (["class  A", "class A"], '.str.split().str.join(" ")'),
        (["Zo\u00eb", "Zoe\u0308"], '.str.normalize("NFKC")'),
    ],
)
def test_ids_that_look_alike_are_named_with_the_shortest_line_that_mends_them(labels, line):
    table = ids_of(labels * 3)
    text = ids_that_look_alike(table, ["id"])
    assert lines_in(text) == [f"""df['id'] = df['id'].astype("string"){line}"""]
    mended = followed(text, table)
    assert mended["id"].nunique() < len(labels) and ids_that_look_alike(mended, ["id"]) == ""


def test_the_line_leaves_missing_ids_missing():
    table = ids_of(["P01", "p01", None])
    assert followed(ids_that_look_alike(table.dropna(), ["id"]), table)["id"].isna().sum() == 1


def test_many_ids_that_look_alike_are_shortened():
    text = ids_that_look_alike(ids_of([f"{letter}{k}" for k in range(30) for letter in "Pp"]), ["id"])
    assert "'P0', 'p0'; 'P1', 'p1'" in text and "25 more such groups" in text


@pytest.mark.parametrize("labels", [["P1", "P01"], ["1.5", "15"], [1, 2.5], [("a", 1), ("a", 2)], [b"x", "x"], [1, 10]])
def test_other_ids_do_not_look_alike(labels):
    assert ids_that_look_alike(ids_of(labels), ["id"]) == ""


def test_of_several_columns_only_ids_that_are_the_same_in_all_look_alike():
    table = pd.DataFrame({"class": ["A", "A", "b", "B"], "student": ["x", "X", "x", "y"]})
    text = ids_that_look_alike(table, ["class", "student"])
    assert "('A', 'x'), ('A', 'X')" in text and len(lines_in(text)) == 1 and "df['student']" in text
    mended = followed(text, table)
    assert ids_that_look_alike(mended, ["class", "student"]) == ""


# ---- ids that begin anew -------------------------------------------------------------------------------------------


def in_blocks(rng, outer, ids, rows, alike=0.0):
    """Rows of each id in each block; with `alike`, the variance that rows of an id share over blocks."""
    at = np.repeat([(block, one) for block in range(outer) for one in range(ids)], rows, axis=0)
    of_id, of_cell = rng.normal(size=(ids, 3)) * np.sqrt(alike), rng.normal(size=(outer, ids, 3)) * 0.5
    values = of_id[at[:, 1]] + of_cell[at[:, 0], at[:, 1]] + rng.normal(size=(len(at), 3))
    table = pd.DataFrame(values, columns=["x", "m", "y"])
    return table.assign(block=[f"class {k}" for k in at[:, 0]], id=at[:, 1], row=np.arange(len(at)))


def said(table, columns=("id",)):
    code = cluster_codes(table[columns[0]])[0]
    return ids_that_begin_anew(table, columns, code, {name: table[name].to_numpy() for name in "xmy"})


def test_ids_that_begin_anew_in_each_block_are_noticed():
    found = [said(in_blocks(np.random.default_rng(seed), 8, 6, 6)) for seed in range(20)]
    assert sum("`group=['block', 'id']`" in text and "48 clusters instead of 6" in text for text in found) >= 18


def test_persons_who_come_again_in_each_session_are_not():
    found = [said(in_blocks(np.random.default_rng(seed), 4, 30, 5, alike=0.3)) for seed in range(20)]
    assert not any(found)


def test_one_row_a_day_of_each_person_is_not():
    assert not any(said(in_blocks(np.random.default_rng(seed), 14, 30, 1)) for seed in range(20))


def test_the_order_by_id_or_none_is_not():
    table = in_blocks(np.random.default_rng(1), 8, 6, 6)
    assert not said(table.sort_values(["id", "block"])) and not said(table.sample(frac=1, random_state=1))


def test_without_a_column_that_says_why_nothing_is_suggested():
    assert not said(in_blocks(np.random.default_rng(1), 8, 6, 6).drop(columns="block"))


def test_the_coarsest_column_that_says_why_is_suggested():
    table = in_blocks(np.random.default_rng(1), 8, 6, 6)
    table["teacher"] = table["block"] + "'s"
    table["pupil"] = table["block"] + table["id"].astype(str)
    table["grade"] = np.where(table["block"] < "class 4", 1, 2)  # in which an id comes four times
    assert "`group=['block', 'id']`" in said(table)
