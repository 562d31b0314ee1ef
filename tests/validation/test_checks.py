"""One validation for every table: it names the column, counts the rows and says what to do."""

import numpy as np
import pandas as pd
import pytest
from helpers.fits import mediate_quietly

import mlmed_teach as mt
from mlmed_teach.validation.tables import check_table


@pytest.fixture
def table():
    return pd.DataFrame(
        {"id": np.repeat([1, 2, 3], 4), "x": np.arange(12.0), "m": np.arange(12) % 5, "y": np.arange(12) ** 2.0}
    )


def message(table, numeric=("x", "m", "y"), group="id", **options):
    with pytest.raises(mt.MlmedError) as caught:
        check_table(table, numeric, group, **options)
    return str(caught.value)


def has(text, *parts):
    missing = [part for part in parts if part not in text]
    assert not missing, f"{missing} not in: {text}"


def test_a_sound_table_passes_unchanged(table):
    before = table.copy()
    assert check_table(table, ["x", "m", "y"], "id") is None
    pd.testing.assert_frame_equal(table, before)


@pytest.mark.parametrize("kind", ["bool", "int8", "Int64", "Float64", "float32", "boolean"])
def test_every_numeric_type_passes(table, kind):
    check_table(table.assign(m=(table["m"] > 1).astype(kind)), ["x", "m"], "id")


@pytest.mark.parametrize("ids", [list("aaaabbbbcccc"), pd.Categorical(list("aaaabbbbcccc")), np.repeat([0.5, 1, 2], 4)])
def test_cluster_ids_may_be_of_any_type(table, ids):
    check_table(table.assign(id=ids), ["x"], "id")


def test_what_is_no_table_is_refused(table):
    has(message(table["x"]), "DataFrame is needed", "Series")
    has(message(table.to_dict("list")), "DataFrame is needed", "dict")


def test_an_empty_table_is_refused(table):
    has(message(table.head(0)), "no rows")


def test_missing_columns_are_named_with_close_matches(table):
    text = message(table.rename(columns={"m": "Mediator"}), ["x", "mediatr", "why"])
    has(text, "no column 'mediatr', 'why'", "Did you mean 'Mediator' for 'mediatr'?", "4 columns", "'id', 'x'")
    assert "for 'why'" not in text
    has(message(table, group="ID"), "no column 'ID'. Did you mean 'id'?")


def test_doubled_column_names_are_refused_only_where_they_matter(table):
    doubled = pd.concat([table, table[["x"]]], axis=1)
    has(message(doubled), "More than one column is called 'x'")
    check_table(doubled, ["m", "y"], "id")


def test_columns_with_several_levels_are_refused(table):
    table.columns = pd.MultiIndex.from_product([["a"], table.columns])
    has(message(table), "several levels")


def test_missing_values_are_counted_and_located(table):
    table.index = table.index + 100
    table.loc[[101, 105, 106], "x"] = np.nan
    text = message(table)
    has(
        text, "'x' has 3 missing values", "rows 101, 105, 106", "ids 1, 2", "table.dropna(subset=['x', 'm', 'y', 'id'])"
    )


def test_one_missing_value_is_in_the_singular(table):
    table.loc[9, "y"] = np.nan
    has(message(table), "'y' has 1 missing value (row 9; id 3)")


def test_missing_values_of_nullable_columns_are_found(table):
    has(message(table.assign(m=table["m"].astype("Int64").where(table["m"] > 0))), "'m' has 3 missing values")


def test_many_missing_values_are_shortened(table):
    table["x"] = np.nan
    has(message(table), "12 missing values (first rows 0, 1, 2, 3, 4;")


def test_infinite_values_are_told_from_missing_ones(table):
    table.loc[3, "x"] = -np.inf
    text = message(table)
    has(text, "'x' has 1 infinite value (row 3; id 1)", "logarithm of 0")
    assert "missing" not in text


def test_all_problems_come_in_one_message(table):
    table.loc[3, "x"] = np.inf
    table.loc[4, "m"] = np.nan
    table["y"] = 7.0
    text = message(table)
    has(text, "3 problems:\n- ", "'x' has 1 infinite", "'m' has 1 missing", "'y' is constant: it is 7 in all 12 rows")


def test_a_constant_column_is_refused_unless_allowed(table):
    table["x"] = 1.5
    has(message(table), "'x' is constant: it is 1.5 in all 12 rows")
    check_table(table, ["x", "y"], "id", constant_ok=["x"])


def test_words_in_a_numeric_column_are_quoted_and_located(table):
    table["x"] = table["x"].astype(object)
    table.loc[[2, 7, 9], "x"] = ["n/a", "many", None]
    has(message(table), "'x' is not numeric: 2 of 12 values are no numbers, 'n/a', 'many' (rows 2, 7; ids 1, 2)")


def test_numbers_stored_as_text_come_with_their_remedy(table):
    table["x"] = table["x"].astype(str)
    has(message(table), "'x' holds its numbers as text", "table['x'] = pandas.to_numeric(table['x'])")


def test_decimal_commas_are_recognized(table):
    table["x"] = table["x"].map(lambda value: f"{value / 2:.1f}".replace(".", ","))
    has(message(table), "12 of 12 values", "The decimal sign is a comma", 'decimal=","')


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (pd.Categorical(["a", "b"] * 6), "category"),
        (pd.date_range("2020-01-01", periods=12), "datetime64"),
        (np.arange(12) * 1j, "complex128"),
    ],
)
def test_other_types_are_named(table, column, kind):
    has(message(table.assign(x=column)), "'x' is not numeric: its type is", kind)


def test_missing_cluster_ids_are_counted_and_located(table):
    table["id"] = table["id"].where(table.index != 5)
    has(message(table), "cluster id 'id' is missing in 1 row (row 5)")
    table["id"] = None
    has(message(table), "'id' is missing in 12 rows (first rows 0, 1, 2, 3, 4)")


def test_a_single_cluster_is_refused(table):
    table["id"] = "north"
    has(message(table), "only one cluster (id is north everywhere)", "at least two")


def test_ids_of_hundreds_of_digits_are_ids_or_refused_with_a_line_that_works(table):
    """pandas before 3 cannot have them in an index."""
    m, y = np.random.default_rng(1).normal(size=(2, 12))
    table = table.assign(m=m, y=y, id=pd.Series([10**400 + k for k in table["id"]], dtype=object))
    calls = {
        "mediate": lambda t: mediate_quietly(t, random=()).fit.design.labels,
        "mediate, with a list": lambda t: mediate_quietly(t, group=["id"], random=()).fit.design.labels,
        "fit_mixed": lambda t: mt.fit_mixed("y ~ x", t, "id").design.labels,
        "stack": lambda t: mt.stack(t)["id"].unique(),
        "tabulate": lambda t: mt.tabulate(t, "id").index[:-1],
    }
    for name, call in calls.items():
        try:
            ids = call(table)
        except mt.MlmedError as error:
            has(str(error), "'id' holds whole numbers of more than 308 digits")
            changed = table.copy()
            exec(str(error).split("Make text of them: ")[1].split("\n")[0], {"table": changed})
            ids = map(int, call(changed))
        assert list(ids) == [10**400 + k for k in (1, 2, 3)], name


def test_a_categorical_id_with_unused_levels_counts_the_clusters_that_occur(table):
    table["id"] = pd.Categorical(["a"] * 12, categories=["a", "b"])
    has(message(table), "only one cluster")


@pytest.mark.parametrize("factor", [1e70, 1e-70])
def test_numbers_whose_squares_overflow_are_refused_with_advice(df, factor):
    with pytest.raises(mt.MlmedError, match="Column 'x' ranges from .* Change its unit"):
        check_table(df.assign(x=df["x"] * factor), ["x"], "id")
