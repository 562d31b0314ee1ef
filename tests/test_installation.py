"""The first call that a student makes: what is missing, too old or broken is said in words, by the import too."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import mlmed_teach as mt
from mlmed_teach import installation

ROOT = Path(mt.__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# Where the lessons run; what only the original data, matplotlib and progress need.
NOT_IMPORTED = {"jupyterlab", "ipykernel", "pooch", "pillow", "platformdirs"}


def packages():
    return [module.partition(".")[0] for module in installation.NEEDED]


def test_all_is_well_here():
    table = mt.check_installation()
    assert set(table["status"]) == {"ok"}
    assert list(table.index) == ["Python 3.11 or newer", *packages(), "mlmed_teach"]
    assert table.index.name == "needed"


def test_needed_are_the_dependencies_of_the_package_with_their_bounds():
    bounds = {r.name: r.specifier for r in map(Requirement, PROJECT["dependencies"])}
    assert set(packages()) == set(bounds) - NOT_IMPORTED
    for name, oldest in zip(packages(), installation.NEEDED.values(), strict=True):
        assert f">={oldest}" in str(bounds[name]), name
    assert PROJECT["requires-python"] == ">={}.{}".format(*installation.PYTHON)


@pytest.mark.parametrize("version", ["2.2.3", "1.10", "0.15.0rc1", "3.10.0.post1", "2.0.0+cpu", "1.4.dev0"])
def test_release_reads_the_numbers_that_pep_440_reads(version):
    assert installation._release(version) == (*Version(version).release, 0, 0)[:3]


def importing(monkeypatch, **outcomes):
    """Make the import of some packages give a release, or raise; all others are as they should be."""

    def fake(module):
        name = module.partition(".")[0]
        outcome = outcomes.get(name, "999.0")
        if isinstance(outcome, Exception):
            raise outcome
        monkeypatch.setitem(sys.modules, name, SimpleNamespace(__version__=outcome))

    monkeypatch.setattr(installation, "import_module", fake)


def missing(name):
    return ModuleNotFoundError(f"No module named {name!r}", name=name)


def said(monkeypatch, **outcomes):
    with monkeypatch.context() as patch:
        importing(patch, **outcomes)
        with pytest.raises(ImportError) as caught:
            mt.check_installation()
    return str(caught.value)


@pytest.mark.parametrize("name", sorted({module.partition(".")[0] for module in installation.NEEDED}))
def test_a_missing_package_is_named_with_what_to_do(monkeypatch, name):
    text = said(monkeypatch, **{name: missing(name)})
    assert text.startswith(f"Not found: {name}. Stop Jupyter") and "start.py" in text


def test_several_missing_packages_are_named_once_and_hide_what_fails_for_want_of_them(monkeypatch):
    broken = {"pandas": ImportError("Unable to import required dependencies:\nnumpy: No module named 'numpy'")}
    text = said(monkeypatch, numpy=missing("numpy"), scipy=missing("numpy"), statsmodels=missing("patsy"), **broken)
    assert text.startswith("Not found: numpy, patsy. Stop")


def test_old_and_broken_packages_are_named_with_the_reason(monkeypatch):
    broken = ValueError("numpy.dtype size changed\nand more lines")
    text = said(monkeypatch, numpy="1.26.4", statsmodels="0.14.6", pandas=broken)
    assert text.startswith(
        "Too old: numpy 1.26.4 (2.0 or newer is needed). "
        "Does not load: pandas (ValueError: numpy.dtype size changed). Stop"
    )


def test_a_package_that_hides_its_release_passes(monkeypatch):
    importing(monkeypatch)
    monkeypatch.setattr(installation, "import_module", lambda module: None)
    for name in packages():
        monkeypatch.setitem(sys.modules, name, SimpleNamespace())
    assert installation.find_problems() == []


def test_an_old_python_is_named(monkeypatch):
    monkeypatch.setattr(installation, "sys", SimpleNamespace(version_info=(3, 10, 4), platform="linux", modules={}))
    monkeypatch.setattr(installation, "NEEDED", {})
    assert installation.find_problems() == [("Too old", "Python 3.10.4 (3.11 or newer is needed)")]


@pytest.mark.parametrize(
    "platform, system, words",
    [
        ("linux", "posix", "python3 start.py"),
        ("win32", "nt", "py start.py"),
        ("emscripten", "posix", "Reload this page"),
    ],
)
def test_advice_is_for_the_system_at_hand(monkeypatch, platform, system, words):
    monkeypatch.setattr(installation, "sys", SimpleNamespace(platform=platform))
    monkeypatch.setattr(installation, "os", SimpleNamespace(name=system))
    text = installation.in_words([("Not found", "numpy")])
    assert words in text and ("start.py" in text) == (platform != "emscripten")


def imported_without(*names):
    """What a fresh Python says to `import mlmed_teach` when packages cannot be imported."""
    code = f"""
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names!r}:
            raise ModuleNotFoundError("blocked", name=name)
sys.meta_path.insert(0, Blocker())
import mlmed_teach
"""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env)


@pytest.mark.parametrize("name", ["numpy", "matplotlib"])
def test_the_import_itself_says_what_is_missing(name):
    done = imported_without(name)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(f"ImportError: Not found: {name}. ") and "start.py" in last


def test_the_import_passes_errors_on_that_no_installation_would_mend():
    code = "import sys; sys.modules['mlmed_teach.mediation'] = None; import mlmed_teach"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env)
    assert "mlmed_teach.mediation" in done.stderr.splitlines()[-1] and "start.py" not in done.stderr


def test_packages_that_only_some_lessons_use_are_not_needed_by_the_import():
    """statsmodels is slow to load, and ipywidgets has no use outside of a notebook: the check alone imports them."""
    done = imported_without("statsmodels", "ipywidgets")
    assert done.returncode == 0, done.stderr
