"""start.py: plain words where something is missing, a .venv that is made once, the commands."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import start
from tools import run
from tools.setting_up import ROOT, OldestVenv, Problem, Venv, explain, lower_bounds

SETS_UP = ("start.py", "tools/__init__.py", "tools/run.py", "tools/setting_up.py")  # before anything is installed


# ---- plain words before anything else --------------------------------------------------------------------------------


def test_what_sets_up_imports_only_the_standard_library_and_itself():
    for name in SETS_UP:
        source = (ROOT / name).read_text(encoding="utf-8")
        modules = set(re.findall(r"^\s*(?:import|from) (\w+)", source, re.MULTILINE))
        assert modules <= sys.stdlib_module_names | {"start", "tools"}, name


def test_start_parses_where_python_is_far_too_old():
    source = (ROOT / "start.py").read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source, feature_version=(3, 4))):
        # What Python 2 does not know either: f-strings, annotations, keyword-only arguments, "raise ... from".
        assert not isinstance(node, ast.JoinedStr | ast.AnnAssign | ast.Nonlocal | ast.AsyncFunctionDef)
        assert not (isinstance(node, ast.Raise) and node.cause)
        assert not (isinstance(node, ast.FunctionDef) and (node.args.kwonlyargs or node.returns))
    assert source.isascii()


@pytest.mark.parametrize(
    ("situation", "newer", "words"),
    [
        ({"version": (2, 7, 18)}, ["python3.12"], r"need Python 3\.11 .* 2\.7\.18\.\n.*python3\.12 start\.py"),
        ({"version": (3, 10, 13)}, [], r"this is Python 3\.10\.13\.\nInstall a newer Python"),
        ({"maxsize": 2**31 - 1}, [], "64-bit"),
        ({"root": "/elsewhere"}, [], "Unpack the whole folder"),
    ],
)  # fmt: skip
def test_a_python_that_will_not_do_is_told_what_to_do(monkeypatch, situation, newer, words):
    monkeypatch.setattr(start, "newer_pythons", lambda: newer)
    assert start.complaint() is None
    assert re.search(words, start.complaint(**situation))


@pytest.mark.skipif(os.name == "nt", reason="the stand-ins are shell scripts")
def test_newer_pythons_are_only_commands_that_start(monkeypatch, tmp_path):
    for name, code in (("python3.13", 0), ("python3.12", 127)):
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {code}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert start.newer_pythons() == ["python3.13"]


@pytest.fixture
def clone(tmp_path):
    """A folder with just enough of the project for start.py, its path with a space in it."""
    folder = tmp_path / "my lessons"
    (folder / "tools").mkdir(parents=True)
    for name in (*SETS_UP, "requirements.lock", "pyproject.toml"):
        (folder / name).write_bytes((ROOT / name).read_bytes())
    return folder


def run_start(root, *arguments, **env):
    """start.py as a person would call it, from another folder: (exit code, stdout, stderr)."""
    command = [sys.executable, str(Path(root, "start.py")), *arguments]
    done = subprocess.run(command, cwd=os.path.abspath(os.sep), env=os.environ | env, capture_output=True, text=True)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def test_missing_part_of_python_gives_the_command_that_installs_it(clone, tmp_path):
    (tmp_path / "ensurepip.py").write_text("raise ImportError")
    code, _, said = run_start(clone, "test", PYTHONPATH=str(tmp_path))
    assert code == 1 and "its module ensurepip is missing" in said
    if Path("/etc/debian_version").exists():
        assert "sudo apt install python{}.{}-venv".format(*sys.version_info) in said
    assert not (clone / ".venv").exists()


def test_help_and_unknown_commands_are_answered_without_setting_up(clone):
    code, said, _ = run_start(clone, "--help")
    assert code == 0
    assert all(f"start.py {word}" in said for word in run.COMMANDS)
    code, _, said = run_start(clone, "tset")
    assert code == 1 and 'no command "tset". Choose lab, test, refresh, ready, slides, site or assignment' in said
    assert not (clone / ".venv").exists()


def test_a_venv_of_someone_else_is_left_alone(clone):
    (clone / ".venv").mkdir()
    (clone / ".venv" / "precious").touch()
    code, _, said = run_start(clone, "test")
    assert code == 1 and "start.py did not make" in said
    assert [path.name for path in (clone / ".venv").iterdir()] == ["precious"]


# ---- when .venv is made, updated, left alone -------------------------------------------------------------------------


def pretend_to_be_made(venv):
    venv.programs.mkdir(parents=True)
    venv.python.touch()
    (venv.folder / "pyvenv.cfg").write_text(f"home = {venv.root}\nversion = 3.11.7\n")


@pytest.fixture
def venv(clone):
    """A .venv that claims to be finished."""
    venv = Venv(clone)
    pretend_to_be_made(venv)
    venv.marker.touch()
    venv.stamp.write_text(json.dumps(venv.wanted()))
    return venv


def test_finished_venv_is_not_touched_and_line_ends_change_nothing(venv, monkeypatch):
    monkeypatch.setattr(venv, "step", lambda *_: pytest.fail("something was run"))
    venv.lock.write_bytes(venv.lock.read_bytes().replace(b"\n", b"\r\n"))
    venv.set_up()


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_other_packages_mean_an_update(venv, name):
    with open(venv.root / name, "a") as file:
        file.write("# changed\n")
    assert venv.state() == "update"


@pytest.mark.parametrize(
    "damage",
    [
        lambda venv: venv.stamp.unlink(),
        lambda venv: venv.stamp.write_text('{"python": '),
        lambda venv: venv.stamp.write_text("[1]"),
        lambda venv: venv.stamp.write_text(json.dumps(venv.wanted() | {"python": "another"})),
        lambda venv: venv.stamp.write_text(json.dumps(venv.wanted() | {"folder": "moved"})),
        lambda venv: venv.python.unlink(),
        lambda venv: (venv.folder / "pyvenv.cfg").write_text(f"home = {venv.root / 'gone'}\n"),
    ],
    ids=["no stamp", "torn stamp", "not a stamp", "another Python", "moved", "no python", "its Python gone"],
)
def test_damaged_or_moved_venv_is_built_anew(venv, damage):
    assert venv.state() == "ready"
    damage(venv)
    assert venv.state() == "build"


def test_a_failed_step_leaves_no_stamp_and_the_next_run_builds_anew(venv, monkeypatch):
    venv.stamp.write_text(json.dumps(venv.wanted() | {"content": "other"}))

    def fail(title, *_):
        raise Problem(title)

    monkeypatch.setattr(venv, "step", fail)
    with pytest.raises(Problem, match="Installing the packages"):
        venv.set_up()
    assert venv.state() == "build"


def test_set_up_runs_its_steps_in_order_and_then_is_ready(venv, monkeypatch):
    venv.stamp.unlink()
    (venv.folder / "left over").touch()
    steps = []

    def note(title, command, *_):
        steps.append(command)
        if command[1:3] == ["-m", "venv"]:
            assert [path.name for path in venv.folder.iterdir()] == [venv.marker.name]
            pretend_to_be_made(venv)

    monkeypatch.setattr(venv, "step", note)
    venv.set_up()
    assert venv.state() == "ready"
    assert [command[2] for command in steps[:3]] == ["venv", "pip", "pip"]
    assert all("--no-deps" in command for command in steps[1:3]) and "--no-build-isolation" in steps[2]


def test_oldest_installs_the_lower_bounds_and_what_these_need(clone, monkeypatch):
    venv, steps = OldestVenv(clone), []

    def note(title, command, *_):
        steps.append(command)
        if command[1:3] == ["-m", "venv"]:
            pretend_to_be_made(venv)

    monkeypatch.setattr(venv, "step", note)
    venv.set_up()
    assert venv.state() == "ready" and Venv(clone).state() == "build"
    assert "--no-deps" not in steps[1] and "--no-deps" in steps[2]
    assert steps[1][-1].read_text().split() == lower_bounds(ROOT / "pyproject.toml")


def test_nothing_from_outside_reaches_the_venv(venv, monkeypatch):
    for name in ("PYTHONPATH", "PIP_TARGET", "MPLBACKEND"):
        monkeypatch.setenv(name, "/somewhere")
    variables = venv.variables()
    assert "/somewhere" not in variables.values()
    assert variables["PIP_USER"] == "0" and variables["PATH"].startswith(str(venv.programs))


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("PermissionError: [Errno 13] Permission denied: 'x'", "may not write here"),
        ("Failed to establish a new connection: -3\nNo matching distribution found for a==1", "internet"),
        ("ERROR: No matching distribution found for scipy==1.17.1", r"no scipy==1\.17\.1 for this Python"),
        ("something else", "delete the folder .venv"),
    ],
)
def test_installer_output_is_explained(output, words):
    assert re.search(words, explain(output))


def test_failed_step_shows_the_last_lines_and_the_log(venv):
    code = "import sys; print('first'); print('No space left on device'); sys.exit(3)"
    with pytest.raises(Problem, match=r"(?s)A step failed.*No space left.*disk is full.*set-up\.log"):
        venv.step("A step", [sys.executable, "-c", code])
    assert "first" in venv.log.read_text()


# ---- handing over ----------------------------------------------------------------------------------------------------


LAB = ["jupyterlab", *run.LAB]


@pytest.mark.parametrize(
    ("arguments", "program"),
    [
        ([], LAB),
        (["--no-browser"], [*LAB, "--no-browser"]),
        (["lab", "--port", "1"], [*LAB, "--port", "1"]),
        (["test", "-x", "--help"], ["pytest", *run.TWO_AT_ONCE, "-x", "--help"]),
        (["refresh", "02"], ["tools.refresh", "02"]),
    ],
)
def test_arguments_reach_the_right_program_inside_the_venv(monkeypatch, arguments, program):
    monkeypatch.setattr(Venv, "set_up", lambda venv: None)
    monkeypatch.setattr(run, "hand_over", lambda command, env: (command, env["VIRTUAL_ENV"]))
    assert run.main(arguments) == ([str(Venv().python), "-m", *program], str(ROOT / ".venv"))


def test_oldest_runs_the_unit_tests_in_a_folder_of_its_own(monkeypatch):
    monkeypatch.setattr(Venv, "set_up", lambda venv: None)
    monkeypatch.setattr(run, "hand_over", lambda command, env: (command, env["VIRTUAL_ENV"]))
    command, folder = run.main(["test", "--oldest", "-x"])
    assert folder == str(ROOT / ".venv-oldest") and command[0] == str(OldestVenv().python)
    assert command[1:] == ["-m", "pytest", *run.TWO_AT_ONCE, *run.UNIT_TESTS, "-x"]


def test_exit_code_and_folder_are_those_of_the_program():
    program = [sys.executable, "-c", "import os, sys; print(os.getcwd()); sys.exit(7)"]
    code = f"import os, sys; from tools import run; sys.exit(run.hand_over({program}, dict(os.environ)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 7 and os.path.samefile(done.stdout.strip(), ROOT)


def test_ctrl_c_leaves_no_traceback(monkeypatch, capsys):
    def interrupted(venv):
        raise KeyboardInterrupt

    monkeypatch.setattr(Venv, "set_up", interrupted)
    assert run.main(["test"]) == 130
    assert "Stopped" in capsys.readouterr().err
