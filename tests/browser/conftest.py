"""One server and one browser for all tests of what is on the screen, and one notebook with all labs and cards.

It is open in JupyterLab and in Notebook 7, once each: what loads a page, starts a kernel and fills it takes longer than
what the tests do there.
"""

import browser_tools
import exercise_cells
import pytest
from lab_view import LabView

from mlmed_teach import labs


@pytest.fixture(scope="session")
def server(tmp_path_factory, browser):
    with browser_tools.running(tmp_path_factory.mktemp("jupyter")) as server:
        yield server


@pytest.fixture(scope="session")
def new_page(browser):
    """A function that opens a page; all are closed at the end."""
    context = browser.new_context(viewport={"width": 1280, "height": 1400})
    context.set_default_timeout(15_000)
    yield context.new_page
    context.close()


@pytest.fixture(scope="session")
def in_lab(server, new_page):
    """Name -> `LabView` of every lab, in JupyterLab."""
    return opened(server, new_page(), "lab")


@pytest.fixture(scope="session")
def in_notebook(server, new_page):
    """The same in Notebook 7."""
    if not server.has_notebook():
        pytest.skip("needs the Python package notebook")
    return opened(server, new_page(), "notebooks")


def opened(server, page, app):
    sources = ["import mlmed_teach as mt", *(f"mt.labs.{name}()" for name in labs.__all__), *exercise_cells.SOURCES]
    path = server.write(f"screen_{app}.ipynb", sources)
    browser_tools.open_notebook(page, server.url(path, app))
    assert browser_tools.faults(browser_tools.run(page)) == []
    return {name: LabView(page, getattr(labs, name)()) for name in labs.__all__}


@pytest.fixture(scope="module", params=["in_lab", "in_notebook"])
def each_app(request):
    """`in_lab`, then `in_notebook`."""
    return request.getfixturevalue(request.param)
