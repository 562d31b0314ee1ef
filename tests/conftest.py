"""What several test files share: tables, and the fits of the page, each made once a session. Tests leave them alone."""

import gc
import os
import sys
from pathlib import Path

import pandas as pd
import pytest

pytest.register_assert_rewrite("helpers")  # their assertions say as much as those of the tests

import mlmed_teach as mt  # noqa: E402
from tools.data.reconstruct import fits_of  # noqa: E402


def pytest_collection_finish(session):
    """What lives as long as the run, thousands of tests among it, is not looked through whenever memory is tidied."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def close_figures():
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture(autouse=True, scope="module")
def close_widgets(request):
    """ipywidgets keeps all widgets of a kernel with their pictures, some gigabytes in a whole run."""
    yield
    in_use_until_the_end = Path(__file__).parent / "browser"
    if "ipywidgets" in sys.modules and in_use_until_the_end not in request.path.parents:
        sys.modules["ipywidgets"].Widget.close_all()


@pytest.fixture(scope="session")
def browser():
    """One for all tests: Playwright cannot be started twice."""
    from browser import browser_tools

    if reason := browser_tools.why_not():
        pytest.skip(reason)
    with browser_tools.chromium() as browser:
        yield browser


def unchanged(table):
    """The table for a session; when it ends, what a test has changed in place is an error."""
    before = table.copy(deep=True)
    yield table
    pd.testing.assert_frame_equal(table, before, obj="a table that all tests share")


@pytest.fixture(scope="session")
def df():
    """The embedded data set, whatever MLMED_TEACH_DATA says."""
    yield from unchanged(mt.load_ml_sim("embedded"))


@pytest.fixture(scope="session")
def original_path():
    """A copy of the original data set, which is not ours to ship."""
    setting = os.environ.get("MLMED_TEACH_ORIGINAL", "").strip()
    if not setting:
        pytest.skip(
            "needs the original data: download https://stats.idre.ucla.edu/stat/data/ml_sim.dta "
            "and set MLMED_TEACH_ORIGINAL to the path of the file"
        )
    return Path(setting).resolve()


@pytest.fixture(scope="session")
def results(df):
    """Each section of the page with the result that reproduces it, of the embedded data."""
    return fits_of(df)


@pytest.fixture(scope="session")
def long(results):
    """The stacked table of the page."""
    yield from unchanged(results["stacked listing"])


@pytest.fixture(scope="session")
def stacked(results):
    """The stacked model of the page: REML, all slopes random, one residual variance for each outcome."""
    return results["stacked"]


@pytest.fixture(scope="session")
def common(long):
    """The stacked model with one residual variance for both outcomes."""
    return mt.fit_stacked(long, residual="common")


@pytest.fixture(scope="session")
def med(df):
    """The one call for the page's data, with all slopes random and the page's standard errors."""
    return mt.mediate(df, x="x", m="m", y="y", group="id", se="gls")


@pytest.fixture(scope="session")
def levels():
    """A table whose effects differ between the levels, in unequal clusters, and its decomposed fit."""
    table = mt.simulate(mt.Population(b_between=-0.5), clusters=80, size=(3, 12), seed=3)
    return table, mt.mediate(table, decompose=True)
