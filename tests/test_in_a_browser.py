"""Python in a browser: no threads, no processes, no other sites; every part of the package works or says so in words.

One Python is made to look like that (helpers/emscripten.py); tests/browser/test_lite.py opens the real page.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mlmed_teach as mt
from mlmed_teach.exercises import attempts as room
from mlmed_teach.labs.controls import Number
from mlmed_teach.labs.table_files import from_bytes

TESTS = Path(__file__).parent
WHAT_IS_DONE_THERE = """
import json, sys, warnings
import helpers.emscripten
import mlmed_teach as mt

said = {}
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    med = mt.mediate(mt.load_ml_sim("embedded"))
    said["installed"] = list(mt.check_installation()["status"])
    said["bootstrap"] = med.bootstrap(30, seed=1, n_jobs=2, progress=True).draws.to_numpy().tolist()
    study = mt.coverage(12, 5, "normal", reps=25, n_jobs=2, progress=True)
    said["coverage"] = study.select_dtypes("number").to_numpy().tolist()
    said["labs"] = [getattr(mt.labs, name)().readout.value for name in mt.labs.__all__]
    said["private"] = mt.labs.own_data().about.value
    mt.check("06.3", "c")
    mt.check("06.3", "a")
    row = mt.progress().table.loc["06.3"]
    said["tally"] = [bool(row["solved"]), int(row["attempts"])]
    try:
        mt.load_ml_sim("original")
    except mt.MlmedError as error:
        said["original"] = str(error)
said["warnings"] = [str(one.message) for one in caught if not issubclass(one.category, mt.BoundaryWarning)]
said["loaded"] = sorted(sys.modules)
json.dump(said, sys.stdout)
"""


def did(code, **variables):
    """What a Python in a browser says, and where its progress is kept."""
    paths = os.pathsep.join(map(str, (TESTS, TESTS.parent)))
    env = {**os.environ, "PYTHONPATH": paths, "MPLBACKEND": "agg", **variables}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def there(folder):
    done = did(WHAT_IS_DONE_THERE, MLMED_TEACH_PROGRESS=str(folder), MLMED_TEACH_DATA="")
    return json.loads(done.stdout) | {"stderr": done.stderr}


def test_everything_that_lessons_need_loads_but_what_is_left_out_of_the_site(there):
    assert set(there["installed"]) == {"ok"}
    assert not {"pooch", "platformdirs", "jupyterlab"} & set(there["loaded"])


def test_bars_move_without_a_thread_that_watches_them_and_without_a_warning(there):
    assert there["warnings"] == []
    assert "cluster bootstrap: 100%" in there["stderr"] and "coverage: 100%" in there["stderr"]


def test_two_workers_are_one_and_give_the_same_numbers(there, df):
    here = mt.mediate(df).bootstrap(30, seed=1).draws.to_numpy()
    np.testing.assert_array_equal(np.array(there["bootstrap"]), here)
    study = mt.coverage(12, 5, "normal", reps=25, progress=False).select_dtypes("number").to_numpy()
    np.testing.assert_array_equal(np.array(there["coverage"]), study)


def test_every_lab_comes_up(there):
    assert len(there["labs"]) == len(mt.labs.__all__) and all(there["labs"])


def test_the_own_data_lab_says_that_no_file_leaves_the_browser(there):
    assert "never leaves your browser" in there["private"] and "no server" in there["private"]


def test_attempts_are_written_without_a_lock(there, folder):
    assert there["tally"] == [True, 1]
    assert len((folder / room.FILE).read_text().splitlines()) == 2


def test_the_original_is_uploaded_in_words_that_work(there):
    assert "may not fetch" in there["original"] and "file list" in there["original"]
    assert 'load_ml_sim("ml_sim.dta")' in there["original"] and "stats.idre.ucla.edu" in there["original"]


@pytest.fixture
def in_a_browser(monkeypatch):
    monkeypatch.setattr(sys, "platform", "emscripten")


def test_progress_is_kept_among_the_files_of_the_page_and_that_is_said(in_a_browser, monkeypatch, tmp_path):
    monkeypatch.setattr(room, "FILES", tmp_path)
    kept = room._made("")
    assert kept.file == tmp_path / "progress" / room.FILE
    kept.add("06.3", 1, True)
    assert room._made("").tally("06.3", 1).solved
    assert "kept by this browser, in progress/attempts.jsonl" in kept.note


def test_progress_is_mended_and_forgotten_where_an_open_file_cannot_be_cut(in_a_browser, monkeypatch, tmp_path):
    opened = Path.open

    def whole(path, mode="r", *args, **options):
        assert "+" not in mode and "a" not in mode
        return opened(path, mode, *args, **options)

    monkeypatch.setattr(Path, "open", whole)
    kept = room.Attempts(tmp_path)
    kept.add("06.3", 1, False)
    kept.file.write_bytes(kept.file.read_bytes() + b"cut sho")
    kept.add("06.3", 1, True)
    again = room.Attempts(tmp_path)
    assert again.tally("06.3", 1) == room.Tally(2, True)
    assert "1 line could not be read" in again.note and len(kept.file.read_bytes().splitlines()) == 2
    again.reset()
    assert kept.file.read_bytes() == b"" and not kept.tally("06.3", 1).attempts


def test_where_the_page_has_no_files_progress_is_said_to_be_lost(in_a_browser, monkeypatch, tmp_path):
    monkeypatch.setattr(room, "FILES", tmp_path / "not there")
    kept = room._made("")
    assert kept.file is None and "page is closed" in kept.note


def test_a_slider_is_dragged_to_any_place_and_its_box_shows_the_nearest_step(in_a_browser):
    """There "no steps" is lost on the way, and a slider would take steps of 1."""
    box, row = Number("share", 0, 1, 0.1, 0.5).build(print)
    slider = row.children[1]
    assert 0 < slider.step <= 1e-6  # of a width that no screen shows
    slider.value = 0.5999999
    assert box.value == 0.6 and slider.value == 0.5999999


@pytest.mark.parametrize("setting", ["off", "somewhere"])
def test_a_setting_goes_before_the_browsers_place(in_a_browser, monkeypatch, tmp_path, setting):
    monkeypatch.setattr(room, "FILES", tmp_path)
    wanted = "off" if setting == "off" else str(tmp_path / setting)
    assert room._made(wanted).file == (None if setting == "off" else Path(wanted) / room.FILE)


def test_a_package_for_some_kinds_of_files_is_installed_from_a_cell(in_a_browser, monkeypatch):
    monkeypatch.setattr("mlmed_teach.labs.table_files.find_spec", lambda name: None)
    with pytest.raises(mt.MlmedError, match="run %pip install openpyxl in a cell"):
        from_bytes("table.xlsx", b"PK")


def test_a_file_that_was_uploaded_is_read_by_its_path(in_a_browser, df, tmp_path):
    """The advice of load_ml_sim("original"), followed with a copy of the embedded set."""
    df.astype({"id": "int32"}).to_stata(tmp_path / "ml_sim.dta", write_index=False)
    pd.testing.assert_frame_equal(mt.load_ml_sim(tmp_path / "ml_sim.dta"), df)
