"""One server and one browser for all tests of what is on the screen."""

import browser_tools
import pytest


@pytest.fixture(scope="session", autouse=True)
def needed():
    reason = browser_tools.why_not()
    if reason:
        pytest.skip(reason)


@pytest.fixture(scope="session")
def server(tmp_path_factory, needed):
    with browser_tools.running(tmp_path_factory.mktemp("jupyter")) as server:
        yield server


@pytest.fixture(scope="session")
def browser(needed):
    with browser_tools.chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def new_page(browser):
    """A function that opens a page; all are closed at the end."""
    context = browser.new_context(viewport={"width": 1280, "height": 1400})
    context.set_default_timeout(15_000)
    yield context.new_page
    context.close()
