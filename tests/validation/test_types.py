"""Text, labels and missing values of every type that pandas has."""

import numpy as np
import pandas as pd
import pytest
from helpers.advice import followed, lines_in

import mlmed_teach as mt
from mlmed_teach.validation import is_category, missing_in
from mlmed_teach.validation.tables import check_table

WORDS = ("control", "rejection")


def arrow(values, kind):
    pa = pytest.importorskip("pyarrow")
    kinds = {
        "string": pa.string(),
        "large_string": pa.large_string(),
        "dictionary": pa.dictionary(pa.int32(), pa.string()),
    }
    values = [None if value is None or value is np.nan else value for value in values]
    return pd.Series(pd.array(pa.array(values).cast(kinds[kind]), dtype=pd.ArrowDtype(kinds[kind])))


TEXTS = {
    "object": lambda values: pd.Series(values, dtype=object),
    "string[python]": lambda values: pd.Series(values, dtype="string[python]"),
    "category": lambda values: pd.Series(pd.Categorical(values)),
    "string[pyarrow]": lambda values: pytest.importorskip("pyarrow") and pd.Series(values, dtype="string[pyarrow]"),
    "string of Arrow": lambda values: arrow(values, "string"),
    "large_string of Arrow": lambda values: arrow(values, "large_string"),
    "dictionary of Arrow": lambda values: arrow(values, "dictionary"),
}


@pytest.fixture
def table():
    return mt.simulate(clusters=25, size=6, seed=3)


def refused(table, **options):
    with pytest.raises(mt.MlmedError) as caught:
        mt.mediate(table, **options)
    return str(caught.value)


@pytest.mark.parametrize("kind", TEXTS)
def test_text_of_every_type_is_a_covariate_with_categories(table, kind):
    values = np.where(table["id"] % 3 == 0, "South", np.where(table["id"] % 3 == 1, "East", "North"))
    plain = mt.mediate(table.assign(site=values.astype(object)), covariates=["site"], random=())
    med = mt.mediate(table.assign(site=TEXTS[kind](list(values))), covariates=["site"], random=())
    assert list(med.fit.params.index) == list(plain.fit.params.index) and "sy:site[South]" in med.fit.params
    assert med.indirect.estimate == plain.indirect.estimate


@pytest.mark.parametrize("kind", TEXTS)
def test_a_predictor_of_two_words_is_offered_its_coding(table, kind):
    high = table["x"] > 0
    table["x"] = high.astype(float)
    expected = mt.mediate(table, random=()).indirect.estimate
    words = table.assign(x=TEXTS[kind]([WORDS[value] for value in high]))
    mended = followed(refused(words, random=()), words)
    assert mt.mediate(mended, random=()).indirect.estimate == expected


@pytest.mark.parametrize("kind", TEXTS)
def test_the_coding_leaves_missing_values_missing(table, kind):
    values = [WORDS[value] for value in table["x"] > 0]
    values[3] = None
    words = table.assign(x=TEXTS[kind](values))
    mended = followed(refused(words), words)
    assert np.flatnonzero(mended["x"].isna()).tolist() == [3]


@pytest.mark.parametrize("kind", TEXTS)
def test_a_predictor_of_several_words_is_offered_columns_of_0_and_1(table, kind):
    arm = np.arange(len(table)) % 3
    values = [("none", "drug", "talk")[k] for k in arm]
    values[4] = None
    words = table.assign(x=TEXTS[kind](values))
    text = refused(words)
    assert "such as 'x_none'" in text
    mended = followed(text, words)
    med = mt.mediate(mended, x="x_none", covariates=["x_talk"], random=())
    by_hand = table.assign(x=(arm == 0) * 1.0, talk=(arm == 2) * 1.0).drop(index=4)
    assert med.indirect.estimate == pytest.approx(mt.mediate(by_hand, covariates=["talk"], random=()).indirect.estimate)


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize(("role", "called"), [("m", "mediator"), ("y", "outcome")])
def test_a_mediator_or_outcome_of_two_words_is_refused_as_binary_at_once(table, kind, role, called):
    words = table.assign(**{role: TEXTS[kind]([WORDS[value] for value in table[role] > 0])})
    text = refused(words)
    assert f"'{role}', the {called}, is binary: it takes the values 'control' and 'rejection' only" in text
    assert not lines_in(text)


@pytest.mark.parametrize("kind", ["object", "category", "string of Arrow", "dictionary of Arrow"])
def test_a_mediator_of_several_words_is_offered_no_columns_of_0_and_1(table, kind):
    words = table.assign(m=TEXTS[kind]([("low", "middle", "top")[k % 3] for k in range(len(table))]))
    assert not lines_in(refused(words))


@pytest.mark.parametrize("kind", TEXTS)
def test_numbers_as_text_are_told_from_words(table, kind):
    numbers = TEXTS[kind]([str(value) for value in range(9)] + ["many"] * 2 + [None])
    assert is_category(numbers) == (kind == "category" or kind.startswith("dictionary"))
    assert is_category(TEXTS[kind](["1", "many", "few", None]))


def test_numbers_as_text_of_arrow_come_with_their_remedy(table):
    table["x"] = arrow(list(table["x"].astype(str)), "string")
    assert "holds its numbers as text" in refused(table) and "= pandas.to_numeric(table['x'])" in refused(table)
    assert mt.mediate(table.assign(x=pd.to_numeric(table["x"])), random=())


@pytest.mark.parametrize(
    ("numbers", "line"),
    [([1, 2, 3], "table['x'].astype(float)"), (["1", "2", "3"], "pd.to_numeric(df['x'].astype(object))")],
)
def test_numbers_as_categories_come_with_what_makes_numbers_of_them(table, numbers, line):
    table["x"] = pd.Categorical([numbers[k % 3] for k in range(len(table))])
    assert refused(table).endswith(f"make numbers of them: {line}")
    assert eval(line, {"df": table, "table": table, "pd": pd}).tolist() == [1 + k % 3 for k in range(len(table))]


# ---- missing values ------------------------------------------------------------------------------------------------


def nan_and_na(kind):
    """1, NaN, missing, 2: NaN that a type tells from what is missing, as far as this pandas does."""
    if kind == "double[pyarrow]":
        pa = pytest.importorskip("pyarrow")
        return pd.Series(pd.array(pa.array([1.0, np.nan, None, 2.0]), dtype=pd.ArrowDtype(pa.float64())))
    values, mask = np.array([1.0, np.nan, 0.0, 2.0]), np.array([False, False, True, False])
    return pd.Series(pd.arrays.FloatingArray(values, mask))


@pytest.mark.parametrize("kind", ["Float64", "double[pyarrow]"])
def test_nan_inside_a_nullable_type_is_missing(kind):
    assert list(missing_in(nan_and_na(kind))) == [False, True, True, False]


@pytest.mark.parametrize("kind", ["Float64", "double[pyarrow]"])
def test_nan_inside_a_nullable_type_is_left_out_and_counted(table, kind):
    sound = table.drop(index=[1, 2])
    table["m"] = pd.concat([nan_and_na(kind), table["m"].iloc[4:].astype(kind)])
    sound.loc[[0, 3], "m"] = [1.0, 2.0]
    med = mt.mediate(table, missing="drop", random=())
    assert "Left out: 2 rows of 150 with missing values (m: 2)" in med.notes[0]
    assert med.indirect.estimate == mt.mediate(sound, random=()).indirect.estimate
    stacked = mt.stack(table, missing="drop")
    assert len(stacked) == 2 * len(sound) and stacked["z"].notna().all()


@pytest.mark.parametrize("kind", ["Float64", "double[pyarrow]"])
def test_nan_inside_a_nullable_type_comes_with_what_to_do_before_it_is_dropped(table, kind):
    table["m"] = pd.concat([nan_and_na(kind), table["m"].iloc[4:].astype(kind)])
    text = refused(table)
    assert "'m' has 2 missing values (rows 1, 2; id 1)" in text and "df['m'] = df['m'].astype(float)" in text
    assert len(followed(text, table).dropna(subset=["m"])) == len(table) - 2


def test_where_only_y_is_missing_inside_a_nullable_type_its_row_keeps_m(table):
    holes = table["y"].where(table.index % 7 > 0)
    med = mt.mediate(table.assign(y=holes.astype("Float64")), missing="drop", random=())
    assert med.indirect.estimate == mt.mediate(table.assign(y=holes), missing="drop", random=()).indirect.estimate
    assert "In that of 'm' they count" in med.notes[0]


def test_truth_values_of_arrow_are_numbers(table):
    pytest.importorskip("pyarrow")
    check_table(table.assign(x=(table["x"] > 0).astype("bool[pyarrow]")), ["x", "m"], "id")


# ---- files of statistics programs ----------------------------------------------------------------------------------

CONDITIONS = {0.0: "control", 1.0: "rejection"}
ANSWERS = {1.0: "not at all", 7.0: "very much"}


def coded(table):
    """The table as a file holds it: codes, of which some have labels."""
    anger = np.clip(np.round(table["m"] + 4), 1, 7)
    return pd.DataFrame({"id": table["id"] * 1.0, "x": (table["x"] > 0) * 1.0, "m": anger, "y": table["y"]})


def test_labels_of_a_stata_file_come_with_how_to_read_its_codes(table, tmp_path):
    codes, path = coded(table), tmp_path / "table.dta"
    labels = {"x": {int(k): v for k, v in CONDITIONS.items()}, "m": {int(k): v for k, v in ANSWERS.items()}}
    codes.astype({"x": int, "m": int}).to_stata(path, write_index=False, value_labels=labels)
    read = pd.read_stata(path)
    for column in ("x", "m"):
        text = refused(codes.assign(**{column: read[column]}), random=())
        assert "pd.read_stata(..., convert_categoricals=False)" in text
    again = pd.read_stata(path, convert_categoricals=False)
    assert mt.mediate(again, random=()).indirect.estimate == mt.mediate(codes, random=()).indirect.estimate
    mended = followed(refused(codes.assign(x=read["x"]), random=()), codes.assign(x=read["x"]))
    assert mended["x"].tolist() == codes["x"].tolist()


def test_labels_of_an_spss_file_come_with_how_to_read_its_codes(table, tmp_path):
    pyreadstat = pytest.importorskip("pyreadstat")
    codes, path = coded(table), tmp_path / "table.sav"
    pyreadstat.write_sav(codes, path, variable_value_labels={"x": CONDITIONS, "m": ANSWERS})
    labelled, _ = pyreadstat.read_sav(path, apply_value_formats=True)
    for read in (labelled, pd.read_spss(path)):
        for column in ("x", "m"):
            text = refused(codes.assign(**{column: read[column]}), random=())
            assert "pyreadstat.read_sav(..., apply_value_formats=False)" in text
            assert "pd.read_spss(..., convert_categoricals=False)" in text
    expected = mt.mediate(codes, random=()).indirect.estimate
    for again in (
        pyreadstat.read_sav(path, apply_value_formats=False)[0],
        pd.read_spss(path, convert_categoricals=False),
    ):
        assert mt.mediate(again, random=()).indirect.estimate == expected
