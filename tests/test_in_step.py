"""Every file that names a package, a Python or a version says the same; CI runs what the README says."""

import ast
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import PackageNotFoundError, distribution

import pandas as pd
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import start
from mlmed_teach import __version__
from tools import run
from tools.setting_up import ROOT, lower_bounds


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


PYPROJECT = tomllib.loads(text("pyproject.toml"))
EXTRAS = PYPROJECT["project"]["optional-dependencies"]
ENVIRONMENT = yaml.safe_load(text("environment.yml"))


def requirements(lines):
    return {canonicalize_name(r.name): r for r in map(Requirement, lines)}


WANTED = requirements(PYPROJECT["project"]["dependencies"] + EXTRAS["test"] + EXTRAS["build"] + EXTRAS["site"])
LOCK_LINES = [line for line in text("requirements.lock").splitlines() if line and not line.startswith((" ", "#"))]
LOCK = requirements(LOCK_LINES)


def test_lock_names_one_version_of_each_package_and_no_address():
    assert len(LOCK) == len(LOCK_LINES)
    assert all(re.fullmatch(r"==[\w.]+", str(requirement.specifier)) for requirement in LOCK.values())
    assert not re.search(r"://|file:|--(extra-)?index-url|--find-links=|@ |/opt|/home|/root", text("requirements.lock"))


def test_lock_holds_every_dependency_within_its_bounds_and_no_extra_of_developers():
    for name, requirement in WANTED.items():
        version = str(LOCK[name].specifier).removeprefix("==")
        assert version in requirement.specifier, f"{name} {version} is locked, pyproject.toml wants {requirement}"
    apart = [line for extra in set(EXTRAS) - {"test", "build", "site"} for line in EXTRAS[extra]]
    assert not set(requirements(apart)) & set(LOCK)


def test_lock_is_complete_so_that_pip_need_not_resolve():
    for name, locked in LOCK.items():
        if locked.marker and not locked.marker.evaluate():
            continue
        try:
            package = distribution(name)
        except PackageNotFoundError:
            pytest.skip(f"not installed from the lock: there is no {name}")
        if package.version not in locked.specifier:
            pytest.skip(f"not installed from the lock: {name} is {package.version}")
        for needed in map(Requirement, package.requires or []):
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                assert canonicalize_name(needed.name) in LOCK, f"{name} needs {needed}"


def of_environment_yml():
    """Its packages, and what stands last in its list for pip."""
    entries = [entry for entry in ENVIRONMENT["dependencies"] if isinstance(entry, str)]
    (from_pip,) = [entry["pip"] for entry in ENVIRONMENT["dependencies"] if isinstance(entry, dict)]
    return requirements(re.sub(r"^(\w+)=(?=\d)", r"\1==", entry) for entry in entries + from_pip[:-1]), from_pip[-1]


def test_environment_yml_lists_the_same_packages_and_bounds():
    found, last = of_environment_yml()
    python, _ = found.pop("python"), found.pop("pip")
    assert {name: entry.specifier for name, entry in found.items()} == {n: r.specifier for n, r in WANTED.items()}
    # What Binder needs: Python pinned, conda-forge alone, and the package itself last.
    assert (
        str(python.specifier).removeprefix("==") in Requirement(f"x{PYPROJECT['project']['requires-python']}").specifier
    )
    assert (ENVIRONMENT["channels"], last) == (["conda-forge", "nodefaults"], "-e .")


def test_oldest_tries_the_lower_bound_of_every_package_in_both_lists():
    bounds = (line.split("==") for line in lower_bounds(ROOT / "pyproject.toml"))
    tried = {canonicalize_name(name): version for name, version in bounds}
    in_environment, _ = of_environment_yml()
    for listed in (WANTED, in_environment):
        parts = [(name, part) for name, requirement in listed.items() for part in requirement.specifier]
        assert {name: part.version for name, part in parts if part.operator == ">="} == tried
    assert set(tried) == set(WANTED)


def test_one_oldest_python_everywhere():
    oldest = ".".join(map(str, start.NEEDED))
    assert PYPROJECT["project"]["requires-python"] == f">={oldest}"
    assert PYPROJECT["tool"]["ruff"]["target-version"] == "py" + oldest.replace(".", "")
    assert PYPROJECT["tool"]["mypy"]["python_version"] == oldest
    assert f"--python-version {oldest}" in text("requirements.lock")
    assert f"Needs Python {oldest} or newer" in run.HELP


def test_one_version_everywhere():
    assert yaml.safe_load(text("CITATION.cff"))["version"] == __version__
    unreleased, latest = re.findall(r"^## \[(.+?)\]", text("CHANGELOG.md"), re.MULTILINE)[:2]
    assert (unreleased, latest) == ("Unreleased", __version__)


def test_wheel_carries_the_data(tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    inside = ("__init__.py", "py.typed", "_data/published.toml", "_data/ml_sim.csv")
    assert {f"mlmed_teach/{name}" for name in inside} <= names
    assert {name.split("/")[0].split("-")[0] for name in names} <= {"mlmed_teach"} | {"mlmed_teach.dist"}


def test_ci_runs_exactly_the_readmes_test_command():
    lines = [line for line in text(".ci/run").splitlines() if line.startswith("exec ")]
    assert lines == ["exec python3 start.py test </dev/null"]
    assert os.name == "nt" or os.access(ROOT / ".ci" / "run", os.X_OK)


def test_hooks_run_the_tools_of_the_lock():
    (own,) = yaml.safe_load(text(".pre-commit-config.yaml"))["repos"]
    assert own["repo"] == "local"
    assert {hook["entry"].split()[0] for hook in own["hooks"]} == {"ruff", "mypy"} <= set(LOCK)


def test_issue_form_makes_a_small_table_of_a_persons_own(df, capsys):
    fields = {
        field["id"]: field["attributes"] for field in yaml.safe_load(text(".github/ISSUE_TEMPLATE/bug.yml"))["body"]
    }
    for name in ("table", "version"):
        (snippet,) = re.findall(r"```python\n(.+?)```", fields[name]["description"], re.DOTALL)
        exec(snippet, {"df": df})
    table, versions = capsys.readouterr().out.splitlines()
    assert (pd.DataFrame(ast.literal_eval(table)) == df[["id", "x", "m", "y"]].head(20)).all(axis=None)
    assert versions.startswith(__version__)
