"""list_rows, summarize, correlate and tabulate: Stata's layout outside, a DataFrame inside."""

import pickle

import numpy as np
import pandas as pd
import pytest

import mlmed_teach as mt


@pytest.fixture
def small():
    return pd.DataFrame({"id": [1, 1, 2, 2], "x": [0.5, 1.5, -2.0, 4.0], "y": [1.0, np.nan, 3.0, 2.5]})


def printed_rows(section):
    """Row name -> the strings of that row on the page."""
    rows = {}
    for figure in mt.published.table(section).itertuples():
        rows.setdefault(figure.quantity.rpartition(": ")[0], []).append(figure.printed)
    return rows


def cells(line):
    return line.partition("|")[2].strip("| ").split()


def test_list_rows_shows_the_strings_of_the_page(df):
    lines = [line for line in str(mt.list_rows(df)).splitlines() if line[3:4] == "."]
    assert [cells(line) for line in lines] == list(printed_rows("listing").values())


def test_list_rows_takes_the_width_of_each_column_from_an_argument():
    thirds = pd.DataFrame({"a": [1 / 3], "b": [1 / 3]})
    assert cells(str(mt.list_rows(thirds)).splitlines()[3]) == [".33333333", ".33333333"]
    assert cells(str(mt.list_rows(thirds, width=9)).splitlines()[3]) == [".3333333", ".3333333"]
    assert cells(str(mt.list_rows(thirds, width={"b": 9})).splitlines()[3]) == [".33333333", ".3333333"]


def test_list_rows_shows_single_precision_in_nine_columns():
    thirds = pd.DataFrame({"a": np.array([1 / 3], "float32"), "b": [1 / 3]})
    assert cells(str(mt.list_rows(thirds)).splitlines()[3]) == [".3333333", ".33333333"]


def test_list_rows_draws_a_rule_after_every_sep_rows_but_not_at_the_end(df):
    text = str(mt.list_rows(df, first=16, sep=8)).splitlines()
    assert [at for at, line in enumerate(text) if line.strip().startswith("|--")] == [2, 11]
    assert mt.list_rows(df, sep=8)._repr_html_().count("border-top") == 1
    assert mt.list_rows(df, sep=0)._repr_html_().count("border-top") == 0


def test_list_rows_shows_missing_values_text_and_booleans(small):
    table = small.assign(flag=[True, False, True, True], who=["a", "b", None, "d"])
    lines = str(mt.list_rows(table)).splitlines()
    assert cells(lines[4]) == ["1", "1.5", ".", "0", "b"]
    assert cells(lines[5])[-1] == "."


@pytest.mark.parametrize(
    ("arguments", "word"),
    [({"first": 0}, "first"), ({"first": 2.5}, "first"), ({"sep": -1}, "sep"), ({"width": 3}, "width")],
)
def test_list_rows_refuses_impossible_numbers(small, arguments, word):
    with pytest.raises(mt.MlmedError, match=word):
        mt.list_rows(small, **arguments)


def test_list_rows_refuses_a_width_for_an_unknown_column(small):
    with pytest.raises(mt.MlmedError, match="no column 'z'"):
        mt.list_rows(small, width={"z": 9})


def test_summarize_shows_the_strings_of_the_page(df):
    lines = str(mt.summarize(df, ["x", "m", "y"])).splitlines()[2:]
    assert {line.partition("|")[0].strip(): cells(line) for line in lines} == printed_rows("summarize")


def test_summarize_divides_by_n_minus_one_and_counts_known_values(small):
    view = mt.summarize(small)
    assert list(view.index) == ["id", "x", "y"]
    assert view.loc["y", "obs"] == 3
    assert view.loc["x", "std dev"] == pytest.approx(np.sqrt(((small["x"] - 1) ** 2).sum() / 3))
    assert view.loc["y", "mean"] == pytest.approx(6.5 / 3)


def test_summarize_of_one_value_has_no_standard_deviation(small):
    assert cells(str(mt.summarize(small.head(1), "x")).splitlines()[2]) == ["1", ".5", ".", ".5", ".5"]


def test_correlate_shows_the_lower_triangle_of_the_page(df):
    lines = str(mt.correlate(df, ["x", "m", "y"])).splitlines()
    page = {row: strings for row, strings in printed_rows("corr").items() if row}
    assert lines[0] == f"(obs={len(df)})"
    assert {line.partition("|")[0].strip(): cells(line) for line in lines[4:]} == page


def test_correlate_holds_the_whole_matrix(df):
    view = mt.correlate(df, ["x", "y"])
    expected = np.corrcoef(df["x"], df["y"])[0, 1]
    assert view.loc["x", "y"] == pytest.approx(expected) and view.loc["y", "x"] == pytest.approx(expected)


def test_correlate_says_how_many_rows_are_left_out(small):
    view = mt.correlate(small, ["x", "y"])
    assert "obs=3; 1 row with missing values left out" in str(view)
    assert "1 row with missing values left out" in view._repr_html_()
    assert view.loc["x", "y"] == pytest.approx(small[["x", "y"]].corr().loc["x", "y"])


def test_tabulate_shows_both_ends_of_a_long_table_and_says_so(df):
    view = mt.tabulate(df, "id")
    text = str(view)
    lines = {line.partition("|")[0].strip(): cells(line) for line in text.splitlines() if "|" in line}
    page = printed_rows("tab")
    for name, strings in page.items():
        assert lines[name.removeprefix("id ").replace("total", "Total")] == strings
    assert len(view) == df["id"].nunique() + 1
    omitted = f"({df['id'].nunique() - (len(page) - 1)} more values not shown)"
    assert omitted in text and omitted in view._repr_html_()


def test_tabulate_shows_a_short_table_whole_with_missing_values_counted(small):
    view = mt.tabulate(small, "y")
    assert "not shown" not in str(view)
    assert list(view["freq"]) == [1, 1, 1, 1, 4]
    assert view["cum"].iloc[-2] == 100
    assert str(view).splitlines()[5].split() == [".", "|", "1", "25.00", "100.00"]


def test_tabulate_sorts_values_of_several_types():
    assert list(mt.tabulate(pd.DataFrame({"g": ["b", 1, "a"]}), "g").index) == [1, "a", "b", "Total"]


@pytest.mark.parametrize("make", [mt.summarize, mt.correlate])
def test_views_name_a_column_that_is_missing_or_not_numeric(small, make):
    with pytest.raises(mt.MlmedError, match="no column 'X'. Did you mean 'x'"):
        make(small, ["X"])
    with pytest.raises(mt.MlmedError, match="'who' is not numeric"):
        make(small.assign(who="a"), ["x", "who"])


@pytest.mark.parametrize("make", [mt.list_rows, mt.summarize, mt.correlate])
def test_views_refuse_what_is_no_table(make):
    with pytest.raises(mt.MlmedError, match="DataFrame is needed.*list"):
        make([1, 2])


def views(table):
    return [mt.list_rows(table), mt.summarize(table), mt.correlate(table), mt.tabulate(table, "id")]


@pytest.mark.parametrize("at", range(4))
def test_views_are_dataframes_and_their_slices_ordinary_ones(small, at):
    view = views(small)[at]
    assert isinstance(view, pd.DataFrame)
    for other in (view.iloc[:2], view[list(view.columns[:1])], view.T, view.copy(), view.isna()):
        assert type(other) is pd.DataFrame
    assert type(view.iloc[0]) is pd.Series
    assert "|" not in repr(view.iloc[:2])


@pytest.mark.parametrize("at", range(4))
def test_views_survive_pickling(small, at):
    view = views(small)[at]
    again = pickle.loads(pickle.dumps(view))
    assert str(again) == str(view) and again.figures() == pytest.approx(view.figures(), nan_ok=True)


def test_views_show_changes_in_place_and_give_up_their_layout_when_the_shape_changes(small):
    view = mt.summarize(small)
    view.loc["x", "mean"] = 12.5
    assert "12.5" in str(view)
    view["more"] = 1
    assert "more" in str(view) and "|" not in str(view) and "more" in view._repr_html_()
    with pytest.raises(mt.MlmedError, match="changed"):
        view.figures()


@pytest.mark.parametrize("at", range(4))
def test_html_holds_the_same_cells_as_the_text_and_is_the_same_each_time(small, at):
    view, again = views(small)[at], views(small)[at]
    html = view._repr_html_()
    assert html == again._repr_html_()
    for line in str(view).splitlines():
        if "|" in line and not line.strip().startswith("|-"):
            assert all(f">{cell}<" in html for cell in cells(line.replace("Std. Dev.", "")))


def test_views_do_not_change_their_table(small):
    before = small.copy()
    views(small)
    listing = mt.list_rows(small)
    listing.loc[0, "x"] = 99
    assert "99" in str(listing)
    pd.testing.assert_frame_equal(small, before)


@pytest.mark.parametrize("view", [mt.summarize, mt.correlate])
def test_doubled_columns_are_named(df, view):
    with pytest.raises(mt.MlmedError, match="More than one column is called 'x'"):
        view(pd.concat([df, df[["x"]]], axis=1))
