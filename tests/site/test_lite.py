"""JupyterLite: what is on the site, that its list of packages is complete and right, and that a page opens a lesson."""

import ast
import base64
import hashlib
import json
import sys
import tomllib
import zipfile
from importlib.metadata import distribution
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import nbformat
import pytest
from jupyterlite_pyodide_kernel.constants import PYODIDE_CDN_URL, PYODIDE_VERSION
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename
from site_tools import served

from tools.setting_up import ROOT, Problem
from tools.site import lite, lite_lock, lite_wheels

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# What the package imports only where there is a system beneath it, as tests/test_in_a_browser.py shows.
ELSEWHERE = {"pooch", "requests", "platformdirs", "msvcrt"}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder, built where nothing from outside can be reached."""
    target = tmp_path_factory.mktemp("site") / "lite"
    with pytest.MonkeyPatch.context() as patch:
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            patch.setenv(name, "http://127.0.0.1:9")
        lite.build_lite(target)
    return target


@pytest.fixture(scope="module")
def lock(site):
    return json.loads((site / lite.LOCK).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def settings(site):
    page = json.loads((site / "jupyter-lite.json").read_text(encoding="utf-8"))["jupyter-config-data"]
    return page | {"python": page["litePluginSettings"][f"{lite.KERNEL}:kernel"]}


def on_the_site(packages):
    return {name: entry for name, entry in packages.items() if "://" not in entry["file_name"]}


# ---- what is there


def test_every_lesson_is_there_as_it_is_and_what_it_reads_beside_it(site):
    assert len(lite.lessons()) >= 11 and {path.name for path in lite.data_of_lessons()} >= {"coverage.csv", "diary.csv"}
    for source in [*lite.lessons(), *lite.data_of_lessons()]:
        place = source.relative_to(ROOT)
        assert (site / "files" / place).read_bytes() == source.read_bytes()
        listed = json.loads((site / "api" / "contents" / place.parent / "all.json").read_text())["content"]
        assert place.name in [entry["name"] for entry in listed]


def test_the_page_has_python_and_labs_and_nothing_else_of_this_machine(site, settings):
    assert (site / "lab" / "index.html").is_file()
    assert {extension["name"] for extension in settings["federated_extensions"]} == set(lite.EXTENSIONS.values())
    assert not list(site.rglob("*.map")) and not (site / "tree").exists()
    assert settings["appName"] == lite.TITLE
    assert json.loads((site / "lab" / "jupyter-lite.json").read_text())  # a file that the page asks for


def test_what_was_there_before_is_replaced(tmp_path, monkeypatch):
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "lesson.ipynb").touch()

    def stop(folder):
        raise Problem("stopped here")

    monkeypatch.setattr(lite, "_run", stop)
    with pytest.raises(Problem, match="stopped here"):
        lite.build_lite(tmp_path / "old")
    assert not (tmp_path / "old").exists()


# ---- the list of packages


def test_files_on_the_site_have_the_checksums_of_the_list_and_all_others_an_address_at_the_runtime(site, lock):
    ours = on_the_site(lock["packages"])
    assert set(ours) == {"mlmed-teach", "piplite", "ipykernel", "pyodide-kernel", *lite_lock.PACKED}
    for name, entry in lock["packages"].items():
        if name in ours:
            content = (site / entry["file_name"]).read_bytes()
            assert hashlib.sha256(content).hexdigest() == entry["sha256"], name
        else:
            assert entry["file_name"] == f"{PYODIDE_CDN_URL}/{Path(entry['file_name']).name}"
            assert len(bytes.fromhex(entry["sha256"])) == 32
        file_name, version, *_ = parse_wheel_filename(Path(entry["file_name"]).name)
        assert (canonicalize_name(file_name), str(version)) == (name, entry["version"])


def test_the_page_takes_the_runtime_that_its_kernel_was_made_for(lock, settings):
    """When this fails after an update, the head of lite_lock.py says what to do."""
    assert lite_lock.runtime()["version"] == PYODIDE_VERSION
    assert settings["python"]["pyodideUrl"] == f"{PYODIDE_CDN_URL}/pyodide.mjs"
    assert settings["python"]["loadPyodideOptions"]["lockFileURL"] == f"./{lite.LOCK}"
    assert lock["info"] == lite_lock.runtime()["info"] and lock["info"]["arch"] == "wasm32"


def test_what_loads_with_python_brings_every_package_of_the_list_and_no_name_is_missing(lock, settings):
    preloaded = settings["python"]["loadPyodideOptions"]["packages"]
    assert "mlmed-teach" in preloaded
    assert lite_lock.closed(lock["packages"], preloaded) == set(lock["packages"])


def test_every_version_is_one_that_our_packages_ask_for(site, lock):
    asked = [*PROJECT["dependencies"]]
    for entry in on_the_site(lock["packages"]).values():
        with zipfile.ZipFile(site / entry["file_name"]) as wheel:
            (about,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
            lines = wheel.read(about).decode().split("\n\n")[0].splitlines()
        asked += [line.partition(": ")[2] for line in lines if line.startswith("Requires-Dist: ")]
    compared = 0
    for line in asked:
        for name in lite_lock.needed_in_a_browser([line], lock["info"]["python"]):
            assert lock["packages"][name]["version"] in Requirement(line).specifier, line
            compared += 1
    assert compared > 20


def imported(code):
    """Top-level modules that a text of Python imports, within functions too."""
    found = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def test_every_module_that_lessons_and_package_import_is_in_the_list(site, lock):
    there = {module.partition(".")[0] for entry in lock["packages"].values() for module in entry["imports"]}
    wanted = {"the package": set()}
    with zipfile.ZipFile(site / lock["packages"]["mlmed-teach"]["file_name"]) as wheel:
        for name in wheel.namelist():
            if name.endswith(".py"):
                wanted["the package"] |= imported(wheel.read(name).decode("utf-8"))
    for path in (site / "files" / "notebooks").glob("*.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        code = [imported(cell.source) for cell in cells if cell.cell_type == "code"]
        wanted[path.name] = set().union(*code)
    assert "numpy" in wanted["the package"] and all("mlmed_teach" in names for names in list(wanted.values())[1:])
    for who, names in wanted.items():
        allowed = there | set(sys.stdlib_module_names) | (ELSEWHERE if who == "the package" else set())
        assert not names - allowed, who


def test_a_name_that_is_nowhere_stops_the_build():
    packages = {"a": {"depends": ["b"]}, "b": {"depends": ["C_d"]}}
    with pytest.raises(Problem, match="b needs c-d"):
        lite_lock.closed(packages, ["a"])
    assert lite_lock.closed(packages | {"c-d": {"depends": ["a"]}}, ["b"]) == {"a", "b", "c-d"}


def test_another_generation_of_pyodide_is_noticed(monkeypatch):
    monkeypatch.setattr(lite_lock, "PYODIDE_VERSION", "999.0.1")
    with pytest.raises(Problem, match="made for Pyodide 999.0.1"):
        lite_lock.runtime()


def test_the_part_of_pyodides_own_list_is_what_the_lessons_need():
    known = lite_lock.runtime()
    full = {"info": known["info"], "packages": known["packages"] | {"other": {"depends": ["numpy"]}}}
    assert lite_lock.reduced(full) == known
    del full["packages"]["scipy"]
    with pytest.raises(Problem, match="scipy"):
        lite_lock.reduced(full)


# ---- the wheels of the site


def test_the_package_brings_its_data(site, lock):
    with zipfile.ZipFile(site / lock["packages"]["mlmed-teach"]["file_name"]) as wheel:
        for name in ("ml_sim.csv", "wards.csv", "published.toml"):
            assert wheel.read(f"mlmed_teach/_data/{name}") == (ROOT / "data" / name).read_bytes()


@pytest.mark.parametrize("name", lite_lock.PACKED)
def test_a_packed_wheel_holds_what_is_installed_and_lists_it(name, site, lock, tmp_path):
    entry = lock["packages"][name]
    with zipfile.ZipFile(site / entry["file_name"]) as wheel:
        held = {path: wheel.read(path) for path in wheel.namelist()}
    (record,) = [path for path in held if path.endswith(".dist-info/RECORD")]
    listed = {}
    for line in held[record].decode().splitlines():
        path, digest, size = line.rsplit(",", 2)
        listed[path] = digest
        if digest:
            whole = base64.urlsafe_b64encode(hashlib.sha256(held[path]).digest()).decode().rstrip("=")
            assert (digest, int(size)) == (f"sha256={whole}", len(held[path]))
    assert set(listed) == set(held)
    package = distribution(name)
    assert entry["version"] == package.version
    modules = {file.as_posix() for file in package.files if file.suffix == ".py"}
    assert modules == {path for path in held if path.endswith(".py")} and modules
    again = lite_wheels.packed(name, tmp_path)
    assert hashlib.sha256(again.read_bytes()).hexdigest() == entry["sha256"]


def test_what_is_compiled_is_not_packed(tmp_path):
    with pytest.raises(Problem, match="numpy is not pure"):
        lite_wheels.packed("numpy", tmp_path)


def test_what_is_no_longer_as_it_was_installed_is_not_packed(tmp_path, monkeypatch):
    info = tmp_path / "thing-1.0.dist-info"
    info.mkdir()
    (tmp_path / "thing.py").write_text("x = 1\n")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n")
    (info / "WHEEL").write_text("Wheel-Version: 1.0\nTag: py3-none-any\n")
    (info / "RECORD").write_text("thing.py,sha256=" + "A" * 43 + ",6\nthing-1.0.dist-info/RECORD,,\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(Problem, match="thing.py of thing is not as it was installed"):
        lite_wheels.packed("thing", tmp_path)


def test_a_package_that_cannot_be_built_says_why(tmp_path, monkeypatch):
    monkeypatch.setattr(lite_wheels, "ROOT", tmp_path)
    with pytest.raises(Problem, match="could not be made into a wheel"):
        lite_wheels.own_wheel(tmp_path)


def test_a_part_of_the_page_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setattr(lite, "distribution", lambda name: SimpleNamespace(files=[]))
    with pytest.raises(Problem, match="jupyterlab-widgets is installed without"):
        lite._extension("jupyterlab-widgets", lite.EXTENSIONS["jupyterlab-widgets"])


# ---- in the browser

# Stands in for Pyodide, which comes from elsewhere: takes the list and every file of the site as Pyodide does, with
# their checksums, and says what it was asked for and what it got.
PYODIDE = """
const integrity = hex => 'sha256-' + btoa(String.fromCharCode(...hex.match(/../g).map(two => parseInt(two, 16))));
export async function loadPyodide(options) {
  const lock = await (await fetch(options.lockFileURL)).json();
  const got = {};
  for (const [name, entry] of Object.entries(lock.packages)) {
    if (entry.file_name.includes('://')) continue;
    const address = new URL(entry.file_name, options.lockFileURL);
    const answer = await fetch(address, {integrity: integrity(entry.sha256)});
    got[name] = (await answer.arrayBuffer()).byteLength;
  }
  console.log('ASKED ' + JSON.stringify({indexURL: options.indexURL, packages: options.packages, got}));
  return new Promise(() => {});
}
"""


@pytest.fixture(scope="module")
def address(site):
    with served(site) as address:
        yield address


def test_the_link_opens_a_lesson_and_python_is_asked_for_with_files_that_are_there(browser, site, address, lock):
    asked, hosts = [], set()

    def read(message):
        if message.text.startswith("ASKED "):
            asked.append(json.loads(message.text.removeprefix("ASKED ")))

    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.route(
        f"{PYODIDE_CDN_URL}/**",
        lambda route: route.fulfill(
            body=PYODIDE, content_type="text/javascript", headers={"Access-Control-Allow-Origin": "*"}
        ),
    )
    page = context.new_page()
    page.on("console", read)
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    page.goto(f"{address}lab/index.html?path=notebooks/01_data.ipynb")
    page.wait_for_selector(".jp-Notebook .jp-Cell h1", timeout=60_000)
    title = page.inner_text(".jp-Notebook .jp-Cell h1")
    for _ in range(600):
        if asked:
            break
        page.wait_for_timeout(50)
    context.close()
    first = nbformat.read(lite.lessons()[1], as_version=4).cells[0].source.splitlines()[0]
    assert title.rstrip("¶") == first.removeprefix("# ")
    (asked_for,) = asked
    assert asked_for["indexURL"] == f"{PYODIDE_CDN_URL}/" and asked_for["packages"] == list(lite.PRELOADED)
    sizes = {name: (site / entry["file_name"]).stat().st_size for name, entry in on_the_site(lock["packages"]).items()}
    assert asked_for["got"] == sizes
    assert hosts - {None, ""} == {"127.0.0.1", urlsplit(PYODIDE_CDN_URL).hostname}
