"""start.py ready: each thing that can be missing is noticed, told in plain words, and weighs what it should."""

import shutil
import socket
import webbrowser
from collections import namedtuple
from contextlib import closing

import matplotlib
import nbformat
import psutil
import pytest

from tools import ready
from tools.refresh import NOTEBOOKS
from tools.setting_up import ROOT


def lesson(folder, name, *cells):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbformat.write(notebook, folder / f"{name}.ipynb")
    return folder / f"{name}.ipynb"


def test_a_lesson_that_fails_is_named_with_its_cell_and_the_others_run(tmp_path):
    paths = [lesson(tmp_path, "00_good", "print(1)"), lesson(tmp_path, "01_bad", "a = 1", "a / 0\n# two lines")]
    failed, all_of_them = ready.lessons(paths, at_once=1)
    assert (failed.state, failed.says) == ("NOT", "in cell 2 of 01_bad.ipynb: ZeroDivisionError: division by zero")
    assert all_of_them.state == "ok" and all_of_them.says.startswith("2 run")


def test_releases_are_compared_with_the_lock(tmp_path):
    lock = tmp_path / "requirements.lock"
    release = next(line for line in (ROOT / "requirements.lock").read_text().splitlines() if line.startswith("psutil"))
    lock.write_text(f"# a comment\n{release}\n    # via something\nno-such-thing==1 ; sys_platform == 'nowhere'\n")
    found = ready.packages(lock)
    assert found.state in ("ok", "look")  # look, where this very Python was not set up from the lock
    lock.write_text("psutil==0.1\n")
    found = ready.packages(lock)
    assert found.state == "look" and f"psutil {psutil.__version__} (not 0.1)" in found.says
    lock.write_text("psutil==0.1\nno-such-thing==1\n")
    found = ready.packages(lock)
    assert found.state == "NOT" and "missing: no-such-thing." in found.says


def test_browser_opens_or_is_here_or_is_missing(monkeypatch):
    monkeypatch.setattr(webbrowser, "get", lambda: webbrowser.GenericBrowser("firefox"))
    assert ready.browser() == ready.Finding("browser", "ok", "firefox will open")

    def none():
        raise webbrowser.Error("could not locate runnable browser")

    monkeypatch.setattr(webbrowser, "get", none)
    assert ready.browser({"chromium": "/usr/bin/chromium"}.get).state == "look"
    assert ready.browser(lambda name: None).state == "NOT"


def test_fonts_and_their_signs(monkeypatch):
    assert ready.fonts().state == "ok"
    monkeypatch.setattr(ready, "SIGNS", "x\N{CJK UNIFIED IDEOGRAPH-6C34}")
    assert ready.fonts().says == "DejaVu Sans has no \N{CJK UNIFIED IDEOGRAPH-6C34}: boxes will stand in pictures."
    with matplotlib.rc_context({"font.sans-serif": ["No Such Font"]}):
        found = ready.fonts()
    assert found.state == "look" and "No Such Font was not found" in found.says


@pytest.mark.parametrize(("free", "state"), [(0.2e9, "NOT"), (30e9, "ok")])
def test_disk(monkeypatch, free, state):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: namedtuple("Usage", "free")(free))
    assert ready.disk().state == state


def test_a_folder_where_nothing_can_be_saved(tmp_path):
    found = ready.disk(tmp_path)  # it has no notebooks
    assert found.state == "NOT" and "cannot be saved" in found.says


@pytest.mark.parametrize(("free", "state"), [(0.2e9, "look"), (8e9, "ok")])
def test_memory(monkeypatch, free, state):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: namedtuple("Memory", "available")(free))
    assert ready.memory().state == state


def test_ports_taken():
    with closing(socket.socket()) as ours:
        ours.bind(("127.0.0.1", 0))
        ours.listen()
        taken = ours.getsockname()[1]
        assert ready.port(range(taken, taken + 1)).state == "NOT"
        found = ready.port(range(taken, taken + 40))
    assert found.state == "look" and f"{taken} is taken" in found.says


@pytest.mark.parametrize(
    ("states", "code", "last"),
    [(("ok", "ok"), 0, "Ready. Good night."), (("look", "ok"), 0, "lines that say look."), (("look", "NOT"), 1, "NOT")],
)
def test_last_line_and_exit_code(monkeypatch, capsys, states, code, last):
    for name in ("packages", "browser", "fonts", "disk", "memory", "port"):
        monkeypatch.setattr(ready, name, lambda name=name: ready.Finding(name, states[0], "as it is"))
    asked = []

    def run(paths):
        asked.extend(paths)
        yield ready.Finding("lessons", states[1], "as they are")

    monkeypatch.setattr(ready, "lessons", run)
    monkeypatch.setattr(ready.os, "environ", {})
    assert ready.main(["00", "03"]) == code
    assert [path.stem for path in asked] == ["00_start_here", "03_reshape"]
    assert all(path.parent == NOTEBOOKS for path in asked)
    assert last in capsys.readouterr().out.splitlines()[-1]


def test_a_lesson_that_is_not_there(capsys):
    assert ready.main(["77"]) == 1
    assert "There is no notebook '77'" in capsys.readouterr().err
