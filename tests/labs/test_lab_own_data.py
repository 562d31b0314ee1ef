"""Lab `own_data`: from a file to the report and the lines of Python."""

import base64
import html
import re

import numpy as np
import pandas as pd
import pytest

from mlmed_teach import MlmedError, labs, load_ml_sim, mediate, simulate
from mlmed_teach.labs.own_analysis import analyse, numbers, python_lines, words
from mlmed_teach.labs.table_files import example, from_bytes, from_path

ROLES = {"x": "x", "m": "m", "y": "y", "group": "id"}


@pytest.fixture
def lab():
    return labs.own_data()


@pytest.fixture
def diary(tmp_path):
    """A table with names of its own, some values missing, decimal commas."""
    table = simulate(clusters=60, size=8, seed=5).rename(columns={"x": "stress", "m": "sleep", "y": "mood"})
    table = table.rename(columns={"id": "student"})
    table.loc[[3, 70], "sleep"] = np.nan
    path = tmp_path / "diary.csv"
    table.to_csv(path, index=False, sep=";", decimal=",")
    return path


def fill(lab, x, m, y, group):
    for name, value in {"x": x, "m": m, "y": y, "group": group}.items():
        lab.controls[name].value = value


def upload(lab, name, content):
    """As the browser sends it."""
    file = {"name": name, "type": "", "size": len(content), "last_modified": 0, "content": memoryview(content)}
    lab.controls["file"].set_state({"value": [file]})


def test_it_starts_with_the_data_of_the_lessons(lab):
    expected = mediate(load_ml_sim("embedded"), random="auto").indirect
    assert lab.state.med.indirect.estimate == pytest.approx(expected.estimate)
    assert numbers(lab.state)["Indirect effect"] == "0.473 [0.365, 0.580]"
    assert numbers(lab.state)["SD of a_j, b_j, c'_j"] == "0.347, 0.334, 0.180"
    assert "800 rows; columns: id, x, m, y." in lab.about.value
    assert "goes nowhere else" in lab.about.value


def test_from_a_path_to_its_numbers(lab, diary):
    before = lab.image.value
    lab.controls["path"].value = str(diary)
    assert "480 rows (columns separated by semicolons, decimal commas)" in lab.about.value
    assert lab.controls["m"].options == ("student", "stress", "sleep", "mood")
    assert lab.controls["m"].value == ""  # the table has no m
    assert "press Run" in lab.readout.value and lab.image.value == before
    fill(lab, "stress", "sleep", "mood", "student")
    assert lab.image.value == before
    lab.controls["run"].click()
    assert "Column 'sleep' has 2 missing values" in html.unescape(lab.readout.value) and lab.image.value == before
    lab.controls["drop"].value = True
    lab.controls["run"].click()
    assert 'role="alert"' not in lab.readout.value and lab.image.value != before
    assert lab.state.med.spec.rows == 478
    assert "Left out: 2 rows of 480" in lab.along.value
    assert lab.missions[0].done and not lab.missions[1].done
    lab.controls["random"].value = ()
    lab.controls["run"].click()
    assert lab.missions[1].done


def test_an_upload_does_the_same_and_is_not_kept_in_the_control(lab, diary):
    upload(lab, "diary.csv", diary.read_bytes())
    assert lab.controls["file"].value == ()
    assert "diary.csv: 480 rows" in lab.about.value
    fill(lab, "stress", "sleep", "mood", "student")
    lab.controls["drop"].value = True
    lab.controls["run"].click()
    assert lab.state.med.spec.rows == 478
    assert 'pd.read_csv("diary.csv", sep=";", decimal=",")' in python_lines(lab.state)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("t.csv", b"", "t.csv is empty"),
        ("t.csv", b"x\n1\n", "one column only"),
        ("t.png", b"\x89PNG\0", "is no text"),
        ("t.xlsx", b"PK\3\4\0", "t.xlsx|ends? in .xlsx|end in .xlsx"),
    ],
)
def test_an_upload_that_is_no_table_is_refused_and_the_lab_goes_on(lab, name, content, says):
    picture, state = lab.image.value, lab.state
    upload(lab, name, content)
    assert re.search(says, lab.readout.value) and 'role="alert"' in lab.readout.value
    assert lab.image.value == picture and lab.state is state
    assert "800 rows" in lab.about.value
    lab.controls["random"].value = ("a", "b")
    lab.controls["run"].click()
    assert 'role="alert"' not in lab.readout.value and lab.image.value != picture


@pytest.mark.parametrize(
    ("roles", "says"),
    [
        ({"x": "m"}, "x and m are both the column 'm'"),
        ({"x": ""}, "Name the column of x. The columns are id, x, m, y."),
        ({"group": "ID"}, "There is no column 'ID', named for the clusters. Did you mean 'id'?"),
        ({"y": "income"}, "There is no column 'income', named for y. The columns are id, x, m, y."),
        ({"group": "y", "y": "id"}, "cluster"),
    ],
)
def test_columns_that_cannot_be_are_answered_in_words(lab, roles, says):
    picture = lab.image.value
    for role, name in roles.items():
        lab.controls[role].value = name
    lab.controls["run"].click()
    assert says in html.unescape(lab.readout.value) and 'role="alert"' in lab.readout.value
    assert lab.image.value == picture
    fill(lab, **ROLES)
    lab.controls["run"].click()
    assert 'role="alert"' not in lab.readout.value


def test_a_fit_that_is_refused_is_said_as_it_is(lab, tmp_path):
    table = load_ml_sim("embedded").assign(m=1.0)
    table.to_csv(tmp_path / "t.csv", index=False)
    lab.controls["path"].value = str(tmp_path / "t.csv")
    lab.controls["run"].click()
    assert "Column 'm' is constant" in html.unescape(lab.readout.value)
    assert lab.state.table.name == "The data of the lessons"


def test_blank_paths_and_reset_bring_the_lessons_data_back(lab, diary):
    lab.controls["path"].value = str(diary)
    lab.controls["path"].value = ""
    assert "The data of the lessons" in lab.about.value
    lab.controls["path"].value = str(diary)
    lab.reset()
    assert "The data of the lessons" in lab.about.value
    assert lab.controls["m"].value == "m" and lab.controls["m"].options == ("id", "x", "m", "y")
    assert lab.state.table.name == "The data of the lessons" and not any(m.done for m in lab.missions)


def same_numbers(one, other):
    assert one.to_frame().to_numpy() == pytest.approx(other.to_frame().to_numpy(), nan_ok=True)


@pytest.mark.parametrize(
    "options", [{}, {"decompose": True, "random": ("a", "b"), "missing": "drop"}, {"random": (), "missing": "drop"}]
)
def test_the_lines_of_python_run_as_they_are_and_do_the_same(options, diary, monkeypatch):
    monkeypatch.chdir(diary.parent)
    if "missing" in options:
        state = analyse(from_path("diary.csv"), "stress", "sleep", "mood", "student", **options)
    else:
        state = analyse(example(), **ROLES, random="auto", decompose=False, missing="error")
    names: dict = {}
    exec(python_lines(state), names)
    same_numbers(names["med"], state.med)
    assert ("decompose" in python_lines(state)) == ("decompose" in options)


def test_names_that_are_numbers_or_hold_quotes_stay_what_they_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame = load_ml_sim("embedded").rename(columns={"x": "it's", "m": 'a "b"', "y": "cost ($)"})
    frame.to_csv("t.csv", index=False)
    state = analyse(from_path("t.csv"), "it's", 'a "b"', "cost ($)", "id")
    names: dict = {}
    exec(python_lines(state), names)
    same_numbers(names["med"], state.med)
    lab = labs.own_data()
    assert lab.picture.png(state) != lab.image.value


def links(lab):
    found = re.findall(r'<a download="([^"]+)" href="data:([^;]+);charset=utf-8;base64,([^"]+)">', lab.along.value)
    return {name: (kind, base64.b64decode(content).decode()) for name, kind, content in found}


def test_the_report_is_in_the_links(lab):
    lab.controls["decompose"].value = True
    lab.controls["run"].click()
    found, report = links(lab), lab.state.med.report()
    assert found["mediation_report.md"] == ("text/markdown", report.markdown)
    kind, page = found["mediation_report.html"]
    assert kind == "text/html" and report.html in page and '<meta charset="utf-8">' in page
    assert html.escape(python_lines(lab.state)) in lab.along.value


def test_the_boundary_has_no_interval_in_read_out_picture_and_words(lab, tmp_path):
    simulate(clusters=10, size=4, seed=3).to_csv(tmp_path / "t.csv", index=False)
    lab.controls["path"].value = str(tmp_path / "t.csv")
    lab.controls["run"].click()
    indirect = lab.state.med.indirect
    missing = not np.isfinite(indirect.se)
    assert numbers(lab.state)["Indirect effect"].endswith("no interval") == missing
    assert ("no interval" in words(lab.state)) == missing
    line, dot, _, value = lab.picture.rows[0]
    assert (len(line.get_xdata()) == 0) == missing == ("no CI" in value.get_text())
    assert list(dot.get_xdata()) == [indirect.estimate]
    assert html.escape(lab.state.med.notes[0]) in lab.along.value


def test_a_predictor_of_clusters_has_no_paths_within(lab, tmp_path):
    table = load_ml_sim("embedded")
    table["x"] = table.groupby("id")["x"].transform("mean")
    table.to_csv(tmp_path / "t.csv", index=False)
    lab.controls["path"].value = str(tmp_path / "t.csv")
    for decompose in (False, True):
        lab.controls["decompose"].value = decompose
        lab.controls["run"].click()
        assert 'role="alert"' not in lab.readout.value
        shown = [name.get_text() for _, _, name, _ in lab.picture.rows if name.get_text()]
        assert shown == [effect.name for effect in lab.state.med.effects]


def test_after_two_levels_one_leaves_nothing_behind(lab):
    first = lab.image.value
    for decompose in (True, False):
        lab.controls["decompose"].value = decompose
        lab.controls["run"].click()
    assert lab.image.value == first


def test_an_unforeseen_fault_is_said(lab, monkeypatch):
    def fail(*args):
        raise RuntimeError("odd")

    monkeypatch.setattr("mlmed_teach.labs.lab_own_data.from_path", fail)
    lab.controls["path"].value = "t.csv"
    assert "RuntimeError: odd" in lab.readout.value


def test_a_column_of_a_spreadsheet_may_be_called_by_a_number():
    frame = load_ml_sim("embedded").rename(columns={"x": 2024})
    table = from_bytes("t.csv", frame.to_csv(index=False).encode())
    table = type(table)(table.name, frame, table.code)
    assert analyse(table, "2024", "m", "y", "id").model["x"] == 2024
    with pytest.raises(MlmedError, match="no column '2025'"):
        analyse(table, "2025", "m", "y", "id")
    assert pd.Series(list(table.columns)).tolist() == ["id", "2024", "m", "y"]
