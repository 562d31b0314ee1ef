"""The record of progress: kept in one file, never lost, never in the way."""

import json
import multiprocessing
import os
import stat
from pathlib import Path

import pytest

import mlmed_teach as mt
from mlmed_teach.exercises import EXERCISES
from mlmed_teach.exercises import attempts as room
from mlmed_teach.exercises.all_exercises import LESSONS
from mlmed_teach.exercises.attempts import FILE, Attempts, attempts


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    folder = tmp_path / "kept"
    monkeypatch.setenv("MLMED_TEACH_PROGRESS", str(folder))
    monkeypatch.delenv("MLMED_TEACH_DATA", raising=False)
    return folder


def lines(folder):
    return (folder / FILE).read_text().splitlines()


def test_attempts_are_kept_by_id_until_the_first_right_answer(folder, df):
    for answer in (..., "", 1.2259, "no number", 0.3736, 0.4725, 0.9):
        mt.check("06.1", answer)
    mt.check("06.3", "a")
    assert [json.loads(line)["solved"] for line in lines(folder)] == [False, False, True, False, False]
    table = mt.progress().table
    assert table.loc["06.1"].to_list() == ["06", True, True, 3]
    assert table.loc["06.3"].to_list() == ["06", True, False, 1]
    assert not table.loc["06.2", "tried"]
    lesson = mt.progress().lessons.loc["06"]
    assert lesson["tried"] == 2 and lesson["solved"] == 1 and lesson["attempts"] == 4


def test_another_kernel_finds_what_this_one_kept(folder):
    mt.check("06.3", "c")
    assert Attempts(folder).tally("06.3", EXERCISES["06.3"].version).solved


def test_another_version_of_an_exercise_does_not_count(folder):
    attempts().add("06.3", EXERCISES["06.3"].version + 1, True)
    assert not mt.progress().table.loc["06.3", "tried"]


def add_many(folder, id, count):
    kept = Attempts(Path(folder))
    for _ in range(count):
        kept.add(id, 1, False)


def test_two_kernels_at_once_lose_nothing(folder):
    context = multiprocessing.get_context("spawn")
    both = [context.Process(target=add_many, args=(str(folder), id, 200)) for id in ("06.1", "06.2")]
    for process in both:
        process.start()
    add_many(folder, "06.3", 200)
    for process in both:
        process.join(60)
    found = Attempts(folder).tallies({"06.1": 1, "06.2": 1, "06.3": 1})
    assert [tally.attempts for tally in found.values()] == [200, 200, 200]
    assert len(lines(folder)) == 600


@pytest.mark.parametrize(
    "damage", [b"{half a li", b"\xff\xfe\x00\n", b"[]\n", b'{"id": 1, "version": 1, "solved": true}\n', b"null\n"]
)
def test_a_damaged_file_is_put_aside_and_the_rest_is_kept(folder, damage):
    mt.check("06.3", "a")
    with (folder / FILE).open("ab") as file:
        file.write(damage)
    before = (folder / FILE).read_bytes()
    attempts().add("06.3", 1, True)
    report = mt.progress()
    assert report.table.loc["06.3"].to_list() == ["06", True, True, 2]
    aside = folder / "attempts.damaged-1.jsonl"
    assert aside.read_bytes().startswith(before)
    assert str(aside) in repr(report) and str(aside) in report._repr_html_()
    assert len(lines(folder)) == 2
    (folder / FILE).write_bytes(damage)
    mt.progress()
    assert (folder / "attempts.damaged-2.jsonl").read_bytes() == damage and aside.exists()


def test_reset_forgets_everything(folder):
    mt.check("06.3", "c")
    assert "1 solved" in mt.progress().sentence
    report = mt.progress(reset=True)
    assert "0 solved" in report.sentence and "Everything was forgotten." in repr(report)
    assert lines(folder) == []
    mt.check("06.3", "c")
    assert "1 solved" in mt.progress().sentence


def test_where_nothing_can_be_kept_it_is_said_and_this_kernel_remembers(tmp_path, monkeypatch):
    (tmp_path / "a file").write_text("")
    monkeypatch.setenv("MLMED_TEACH_PROGRESS", str(tmp_path / "a file" / "within"))
    mt.check("06.3", "c")
    report = mt.progress()
    assert report.table.loc["06.3", "solved"]
    assert "cannot be kept" in repr(report)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a folder that may not be written to")
def test_a_folder_that_is_read_only_is_no_reason_to_stop(tmp_path, monkeypatch):
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(stat.S_IRUSR | stat.S_IXUSR)
    monkeypatch.setenv("MLMED_TEACH_PROGRESS", str(locked / "within"))
    assert mt.check("06.3", "c").correct
    assert "cannot be kept" in repr(mt.progress())


@pytest.mark.parametrize(
    "setting, words", [("off", "forgotten when this kernel ends"), ("here/below", "must be a whole path")]
)
def test_a_setting_may_say_that_nothing_is_kept(setting, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLMED_TEACH_PROGRESS", setting)
    mt.check("06.3", "c")
    assert mt.progress().table.loc["06.3", "solved"] and words in repr(mt.progress())
    mt.progress(reset=True)
    assert not list(tmp_path.iterdir())


def test_without_a_setting_it_is_a_folder_of_the_users_own(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    file = room._made("").file
    assert file.name == FILE and file.parent.name == "mlmed-teach"
    assert Path(mt.__file__).parent.parent not in file.parents and Path.cwd() not in file.parents


def test_the_report_shows_the_road_and_a_table():
    mt.check("06.3", "c")
    shown = mt.progress()._repr_html_()
    assert 'role="img"' in shown and "lesson 6: 1 of" in shown and "<table" in shown
    assert shown.count('font-weight="600"') == len(LESSONS)  # stations
    assert mt.progress()._repr_html_() == shown
