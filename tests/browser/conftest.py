"""One server and one browser for all tests of what is on the screen."""

import jupyter
import pytest


@pytest.fixture(scope="session", autouse=True)
def needed():
    reason = jupyter.why_not()
    if reason:
        pytest.skip(reason)


@pytest.fixture(scope="session")
def server(tmp_path_factory, needed):
    server = jupyter.Server(tmp_path_factory.mktemp("jupyter"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def browser(needed):
    import shutil

    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(jupyter.CHROMIUM))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def new_page(browser):
    """A function that opens a page; all are closed at the end."""
    context = browser.new_context(viewport={"width": 1280, "height": 1400})
    context.set_default_timeout(15_000)
    yield context.new_page
    context.close()
