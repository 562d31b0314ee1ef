"""A learner's file as a table: what is read, and what is refused in words."""

import pandas as pd
import pytest

from mlmed_teach import MlmedError
from mlmed_teach.labs import table_files
from mlmed_teach.labs.table_files import MOST_ROWS, example, from_bytes, from_path, in_short

FRAME = pd.DataFrame({"id": [1, 1, 2], "x": [0.5, 1.25, -2.0], "who": ["Ann", "Bj\u00f6rn", "C, D"]})


@pytest.mark.parametrize(
    ("name", "options", "encoding", "code"),
    [
        ("t.csv", {}, "utf-8", 'pd.read_csv("t.csv")'),
        ("t.csv", {}, "utf-8-sig", 'pd.read_csv("t.csv")'),
        ("t.csv", {"sep": ";", "decimal": ","}, "utf-8", 'pd.read_csv("t.csv", sep=";", decimal=",")'),
        ("t.txt", {"sep": ";"}, "utf-8", 'pd.read_csv("t.txt", sep=";")'),
        ("t.tsv", {"sep": "\t", "decimal": ","}, "cp1252", None),
        ("t.csv", {"sep": "|"}, "utf-16", None),
    ],
)
def test_text_is_read_whatever_its_separator_decimal_sign_and_encoding(
    name, options, encoding, code, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    FRAME.to_csv(name, index=False, encoding=encoding, **options)
    table = from_path(name)
    pd.testing.assert_frame_equal(table.frame, FRAME)
    assert code is None or table.code == code
    pd.testing.assert_frame_equal(eval(table.code, {"pd": pd}), table.frame)


def test_a_stata_file_is_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    FRAME.to_stata("t.dta", write_index=False, version=118)
    table = from_path("t.dta")
    assert table.code == 'pd.read_stata("t.dta")'
    assert table.frame["x"].tolist() == FRAME["x"].tolist() and table.frame["who"].tolist() == FRAME["who"].tolist()


def test_spss_and_spreadsheets_are_read_where_their_packages_are(monkeypatch):
    read = {}
    monkeypatch.setattr(table_files, "find_spec", lambda name: object())
    monkeypatch.setattr(pd, "read_excel", lambda file: read.update(excel=file.read()) or FRAME)
    monkeypatch.setattr(pd, "read_spss", lambda path: read.update(spss=path.read_bytes()) or FRAME)
    assert from_bytes("t.xlsx", b"one").code == 'pd.read_excel("t.xlsx")'
    assert from_bytes("T.SAV", b"two").code == 'pd.read_spss("T.SAV")'
    assert read == {"excel": b"one", "spss": b"two"}


@pytest.mark.parametrize(("ending", "package"), [("xlsx", "openpyxl"), ("sav", "pyreadstat")])
def test_where_they_are_not_it_is_said(ending, package, monkeypatch):
    monkeypatch.setattr(table_files, "find_spec", lambda name: None)
    with pytest.raises(MlmedError, match=f"package {package}, which is not installed here. Save the table as csv"):
        from_bytes(f"t.{ending}", b"PK")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("t.csv", b"", "t.csv is empty"),
        ("t.csv", b"\n \n", "blank lines only"),
        ("t.csv", b"x,y\n", "a line of names and no rows"),
        ("t.csv", b"x\n1\n2\n", "one column only, 'x'"),
        ("t.csv", b"x,y\n1,2\n1,2,3,4\n", "Line 3 has 4 values, and the first line has 2"),
        ("t.csv", b"x,y\n1,2,3\n1,2,3\n", "Line 2 has 3 values, and the first line has 2"),
        ("t.csv", b"\x89PNG\r\n\0\0\0", "is no text"),
        ("photo", b"\0\1\2", "Kinds that can"),
        ("t.dta", b"no Stata file", "not a table of the kind .dta, or is damaged"),
        ("t.csv", b"x,y\n" + b"1,2\n" * (MOST_ROWS + 1), "100,001 rows"),
        ("t.csv", b"1" * 50_000_001, "50 MB, and this lab reads up to 50"),
    ],
)
def test_what_is_no_table_is_refused_in_words(name, content, words):
    with pytest.raises(MlmedError, match=words):
        from_bytes(name, content)


def test_a_path_that_leads_nowhere_is_answered_with_what_is_there(tmp_path):
    for name in ("diary.csv", "other.dta", "notes.doc"):
        (tmp_path / name).write_text("a,b\n1,2\n")
    with pytest.raises(MlmedError, match=r"Did you mean 'diary\.csv'\?"):
        from_path(str(tmp_path / "diray.csv"))
    with pytest.raises(
        MlmedError, match=r"There is no file '.*zzz'\. Tables in the folder .*: diary\.csv, other\.dta\."
    ):
        from_path(str(tmp_path / "zzz"))
    with pytest.raises(MlmedError, match=r"is a folder. Tables in"):
        from_path(str(tmp_path))
    for wrong in (str(tmp_path / "no" / "such.csv"), "a\0b"):
        with pytest.raises(MlmedError):
            from_path(wrong)


def test_a_file_that_must_not_be_read_is_said(tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n")

    def refuse(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "read_bytes", refuse)
    with pytest.raises(MlmedError, match="Permission denied"):
        from_path(str(path))


def test_a_file_that_is_too_large_is_not_even_read(tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    with path.open("wb") as file:
        file.truncate(50_000_001)
    monkeypatch.setattr(type(path), "read_bytes", lambda self: pytest.fail("was read"))
    with pytest.raises(MlmedError, match="up to 50"):
        from_path(str(path))


def test_the_example_is_the_data_of_the_lessons_and_says_its_columns():
    table = example()
    assert table.frame.shape == (800, 4)
    assert in_short(table) == "The data of the lessons: 800 rows; columns: id, x, m, y."
    wide = from_bytes("w.csv", ",".join(f"v{k}" for k in range(40)).encode() + b"\n" + b",".join([b"1"] * 40))
    assert in_short(wide).endswith("v29 and 10 more.")
    assert "1 row (columns separated by commas)" in in_short(wide)
