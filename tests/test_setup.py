"""start.py, and that pyproject.toml, requirements.lock and environment.yml say the same."""

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import start  # noqa: E402

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK_TEXT = (ROOT / "requirements.lock").read_text(encoding="utf-8")
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
EXTRAS = PYPROJECT["project"]["optional-dependencies"]


def wanted():
    """Everything that start.py installs, with its bounds: name -> specifier."""
    lines = PYPROJECT["project"]["dependencies"] + EXTRAS["test"] + EXTRAS["build"]
    return {canonicalize_name(r.name): r.specifier for r in map(Requirement, lines)}


def locked():
    """The lock's lines: name -> list of (version, marker or None)."""
    found = {}
    for line in LOCK_TEXT.splitlines():
        if line and not line.startswith((" ", "#")):
            requirement = Requirement(line)
            (spec,) = requirement.specifier
            assert spec.operator == "==", line
            found.setdefault(canonicalize_name(requirement.name), []).append((spec.version, requirement.marker))
    return found


# ---- one set of packages, said three times ---------------------------------------------------------------------------


def test_lock_holds_every_dependency_within_its_bounds():
    lock = locked()
    for name, specifier in wanted().items():
        assert name in lock, f"{name} is not in requirements.lock"
        for version, _ in lock[name]:
            assert version in specifier, f"{name} {version} is locked, pyproject.toml wants {specifier}"


def test_lock_has_one_version_of_each_package_on_every_system():
    several = [name for name, entries in locked().items() if len({version for version, _ in entries}) > 1]
    assert several == []


def test_lock_leaves_out_what_only_the_reconstruction_needs():
    assert not {canonicalize_name(Requirement(line).name) for line in EXTRAS["reconstruct"]} & set(locked())


def test_lock_is_complete_so_that_pip_need_not_resolve():
    lock = locked()
    open_ends = []
    for name, entries in lock.items():
        versions = [version for version, marker in entries if marker is None or marker.evaluate()]
        if not versions:
            continue
        try:
            package = distribution(name)
        except PackageNotFoundError:
            pytest.skip(f"not installed from the lock: there is no {name}")
        if package.version not in versions:
            pytest.skip(f"not installed from the lock: {name} is {package.version}")
        for requirement in map(Requirement, package.requires or []):
            applies = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
            if applies and canonicalize_name(requirement.name) not in lock:
                open_ends.append(f"{name} needs {requirement}")
    assert open_ends == []


def test_lock_names_no_address_and_no_folder():
    assert not re.search(
        r"https?:|file:|://|--(extra-)?index-url|--find-links=|--trusted-host|@ |/opt|/home|/root", LOCK_TEXT
    )


def test_environment_yml_lists_the_same_packages_and_bounds():
    names = {}
    for entry in ENVIRONMENT["dependencies"]:
        if isinstance(entry, str):
            requirement = Requirement(re.sub(r"^(\w+)=(?=\d)", r"\1==", entry))
            names[canonicalize_name(requirement.name)] = requirement.specifier
    python = names.pop("python")
    del names["pip"]
    assert names == wanted()
    (pin,) = python
    assert pin.version in Requirement("python" + PYPROJECT["project"]["requires-python"]).specifier


def test_environment_yml_suits_binder():
    assert ENVIRONMENT["channels"] == ["conda-forge", "nodefaults"]
    assert {"pip": ["-e ."]} in ENVIRONMENT["dependencies"]


def test_one_oldest_python_everywhere():
    oldest = ".".join(map(str, start.NEEDED))
    assert PYPROJECT["project"]["requires-python"] == f">={oldest}"
    assert PYPROJECT["tool"]["ruff"]["target-version"] == "py" + oldest.replace(".", "")
    assert f"--python-version {oldest}" in LOCK_TEXT


def test_wheel_carries_the_data(tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    inside = ("__init__.py", "py.typed", "_data/published.toml", "_data/ml_sim.csv")
    assert {f"mlmed_teach/{name}" for name in inside} <= names
    assert {name.split("/")[0].split("-")[0] for name in names} <= {"mlmed_teach"} | {"mlmed_teach.dist"}


# ---- start.py: plain words before anything else ----------------------------------------------------------------------


def test_start_imports_only_the_standard_library():
    tree = ast.parse((ROOT / "start.py").read_text(encoding="utf-8"))
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in modules} <= set(sys.stdlib_module_names)


def test_start_parses_where_python_is_far_too_old():
    source = (ROOT / "start.py").read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 4))
    # What Python 2 does not know either: f-strings, annotations, keyword-only arguments, "raise ... from".
    for node in ast.walk(tree):
        assert not isinstance(node, ast.JoinedStr | ast.AnnAssign | ast.Nonlocal | ast.AsyncFunctionDef)
        assert not (isinstance(node, ast.Raise) and node.cause)
        if isinstance(node, ast.FunctionDef):
            assert not node.args.kwonlyargs and node.returns is None
    assert source.isascii()


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 6, 15), (3, 10, 13)])
def test_too_old_python_is_told_what_to_do(monkeypatch, version):
    monkeypatch.setattr(start, "newer_pythons", lambda: ["python3.12"])
    with pytest.raises(start.Problem, match=r"need Python 3\.11 or newer; this is Python .*\n.*python3\.12 start\.py"):
        start.check_python(version)


def test_too_old_python_without_a_newer_one_is_told_to_install(monkeypatch):
    monkeypatch.setattr(start, "newer_pythons", list)
    with pytest.raises(start.Problem, match="Install a newer Python"):
        start.check_python((3, 9, 0))


def test_newer_pythons_finds_only_commands_that_start(monkeypatch, tmp_path):
    if os.name == "nt":
        pytest.skip("the stand-ins are shell scripts")
    for name, code in (("python3.13", 0), ("python3.12", 127)):
        script = tmp_path / name
        script.write_text(f"#!/bin/sh\nexit {code}\n")
        script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert start.newer_pythons() == ["python3.13"]


def test_32_bit_python_is_refused():
    with pytest.raises(start.Problem, match="64-bit"):
        start.check_python(maxsize=2**31 - 1)


def run_start(root, *arguments, **env):
    """start.py as a person would call it, from another folder."""
    environment = {**os.environ, **env}
    command = [sys.executable, str(Path(root, "start.py")), *arguments]
    return subprocess.run(command, cwd=os.path.abspath(os.sep), env=environment, capture_output=True, text=True)


@pytest.fixture
def clone(tmp_path):
    """A folder with just enough of the project for start.py, its path with a space in it."""
    folder = tmp_path / "my lessons"
    folder.mkdir()
    for name in ("start.py", "requirements.lock", "pyproject.toml"):
        (folder / name).write_bytes((ROOT / name).read_bytes())
    return folder


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_missing_venv_module_gives_the_command_that_installs_it(clone, tmp_path, module):
    fakes = tmp_path / "fakes"
    fakes.mkdir()
    (fakes / f"{module}.py").write_text("raise ImportError")
    done = run_start(clone, "test", PYTHONPATH=str(fakes))
    assert done.returncode == 1
    assert f"its module {module} is missing" in done.stderr
    assert "Traceback" not in done.stderr
    if Path("/etc/debian_version").exists():
        assert "sudo apt install python{}.{}-venv".format(*sys.version_info[:2]) in done.stderr
    assert not (clone / ".venv").exists()


def test_unknown_command_is_named(clone):
    done = run_start(clone, "tset")
    assert (done.returncode, done.stdout) == (1, "")
    assert 'no command "tset"' in done.stderr
    assert "Traceback" not in done.stderr


def test_help_shows_every_command_without_setting_up(clone):
    done = run_start(clone, "--help")
    assert done.returncode == 0
    assert all(f"start.py {word}" in done.stdout for word in ("lab", "test", "refresh"))
    assert not (clone / ".venv").exists()


def test_a_venv_of_someone_else_is_left_alone(clone):
    (clone / ".venv").mkdir()
    (clone / ".venv" / "precious").touch()
    done = run_start(clone, "test")
    assert done.returncode == 1
    assert "start.py did not make" in done.stderr
    assert [path.name for path in (clone / ".venv").iterdir()] == ["precious"]


# ---- start.py: the stamp ---------------------------------------------------------------------------------------------


@pytest.fixture
def finished(clone, monkeypatch):
    """start, pointed at a folder whose .venv claims to be finished."""
    venv = clone / ".venv"
    for name, value in (("ROOT", clone), ("VENV", venv), ("STAMP", venv / "ready.json"), ("MARKER", venv / "ours.txt")):
        monkeypatch.setattr(start, name, str(value))
    monkeypatch.setattr(start, "LOG", str(venv / "log"))
    Path(start.venv_python(str(venv))).parent.mkdir(parents=True)
    Path(start.venv_python(str(venv))).touch()
    (venv / "ours.txt").touch()
    (venv / "pyvenv.cfg").write_text(f"home = {clone}\nversion = 3.11.7\n")
    (venv / "ready.json").write_text(json.dumps(start.wanted_stamp()))
    return clone


def test_finished_venv_is_ready_and_not_touched(finished, monkeypatch):
    monkeypatch.setattr(start, "run_logged", lambda *_: pytest.fail("something was run"))
    assert start.state() == "ready"
    start.set_up()


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_other_packages_mean_an_update(finished, name):
    with open(finished / name, "a") as file:
        file.write("# changed\n")
    assert start.state() == "update"


def test_windows_line_ends_change_nothing(finished):
    path = finished / "requirements.lock"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert start.state() == "ready"


@pytest.mark.parametrize("key", ["python", "folder"])
def test_another_python_or_a_moved_folder_mean_a_new_venv(finished, key):
    stamp = json.loads((finished / ".venv" / "ready.json").read_text())
    (finished / ".venv" / "ready.json").write_text(json.dumps({**stamp, key: "another"}))
    assert start.state() == "build"


@pytest.mark.parametrize("damage", ["no stamp", "torn stamp", "stamp of another kind", "no python", "its Python gone"])
def test_damaged_venv_is_built_anew(finished, damage):
    venv = finished / ".venv"
    if damage == "no stamp":
        (venv / "ready.json").unlink()
    elif damage == "torn stamp":
        (venv / "ready.json").write_text('{"python": ')
    elif damage == "stamp of another kind":
        (venv / "ready.json").write_text("[1]")
    elif damage == "no python":
        Path(start.venv_python(str(venv))).unlink()
    else:
        (venv / "pyvenv.cfg").write_text(f"home = {finished / 'gone'}\n")
    assert start.state() == "build"


def test_a_failed_step_leaves_no_stamp_and_the_next_run_builds_anew(finished, monkeypatch):
    with open(finished / "requirements.lock", "a") as file:
        file.write("# changed\n")

    def fail(title, *_):
        raise start.Problem(title)

    monkeypatch.setattr(start, "run_logged", fail)
    with pytest.raises(start.Problem, match="Installing the packages"):
        start.set_up()
    assert start.state() == "build"


def test_set_up_runs_its_steps_in_order_and_then_is_ready(finished, monkeypatch):
    Path(start.STAMP).unlink()
    (finished / ".venv" / "left over").touch()
    steps = []

    def note(title, command, *_):
        steps.append((title, command))
        if command[1:3] == ["-m", "venv"]:
            assert not (finished / ".venv" / "left over").exists()
            Path(start.venv_python(start.VENV)).parent.mkdir(parents=True)
            Path(start.venv_python(start.VENV)).touch()
            Path(start.VENV, "pyvenv.cfg").write_text(f"home = {finished}\n")

    monkeypatch.setattr(start, "run_logged", note)
    start.set_up()
    assert start.state() == "ready"
    assert [command[1:4] for _, command in steps[:3]] == [
        ["-m", "venv", start.VENV],
        ["-m", "pip", "install"],
        ["-m", "pip", "install"],
    ]
    assert all("--no-deps" in command for _, command in steps[1:3])
    assert "--no-build-isolation" in steps[2][1]


def test_nothing_from_outside_reaches_the_venv(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("PIP_TARGET", "/somewhere")
    monkeypatch.setenv("MPLBACKEND", "Agg")
    env = start.child_environment()
    assert not {"PYTHONPATH", "PIP_TARGET", "MPLBACKEND"} & set(env)
    assert env["PIP_USER"] == "0"
    assert env["PATH"].startswith(start.VENV)


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("PermissionError: [Errno 13] Permission denied: 'x'", "may not write here"),
        (
            "Failed to establish a new connection: [Errno -3]\nERROR: No matching distribution found for a==1",
            "internet",
        ),
        ("ERROR: No matching distribution found for scipy==1.17.1", r"no scipy==1\.17\.1 for this Python"),
        ("something else", "delete the folder .venv"),
    ],
)
def test_installer_output_is_explained(output, words):
    assert re.search(words, start.explain(output))


def test_failed_step_shows_the_last_lines_and_the_log(finished):
    code = "import sys; print('first'); print('No space left on device'); sys.exit(3)"
    with pytest.raises(start.Problem, match=r"(?s)A step failed.*No space left.*disk is full.*log"):
        start.run_logged("A step", [sys.executable, "-c", code])
    assert "first" in Path(start.LOG).read_text()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ("lab", [])),
        (["--no-browser"], ("lab", ["--no-browser"])),
        (["lab", "--port", "1"], ("lab", ["--port", "1"])),
        (["test", "-x", "--help"], ("test", ["-x", "--help"])),
        (["refresh", "02"], ("refresh", ["02"])),
        (["help"], ("help", [])),
    ],
)
def test_arguments_reach_the_right_program(arguments, expected):
    assert start.parse(arguments) == expected


def test_ctrl_c_leaves_no_traceback(monkeypatch, capsys):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(start, "set_up", interrupted)
    assert start.main(["test"]) == 130
    assert "Stopped" in capsys.readouterr().err


def test_exit_code_is_passed_on(clone):
    """The hand-over replaces this process (or waits for the other): its exit code is the caller's."""
    code = f"import sys; sys.path.insert(0, {str(clone)!r}); import start; "
    code += "sys.exit(start.hand_over([sys.executable, '-c', 'import os, sys; print(os.getcwd()); sys.exit(7)']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 7
    assert os.path.samefile(done.stdout.strip(), clone)


# ---- CI --------------------------------------------------------------------------------------------------------------


def test_ci_runs_exactly_the_readmes_test_command():
    lines = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if line.startswith("exec ")]
    assert lines == ["exec python3 start.py test </dev/null"]
    if os.name != "nt":
        assert os.access(ROOT / ".ci" / "run", os.X_OK)
