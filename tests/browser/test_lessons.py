"""Each lesson opens in JupyterLab and runs through, in a copy."""

import browser_tools
import pytest

LESSONS = sorted((browser_tools.ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_opens_and_runs_through(server, new_page, lesson):
    page = new_page()
    try:
        browser_tools.open_notebook(page, server.url(server.copy(lesson)))
        cells = browser_tools.run_all(page, seconds=600)
        assert browser_tools.faults(cells) == []
        assert sum(bool(cell["outputs"]) for cell in cells) > 3
        page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    finally:
        page.close()


@pytest.mark.parametrize(
    ("source", "words"),
    [("1 / 0", "ZeroDivisionError"), ("import warnings; warnings.warn('careful')", "careful")],
)
def test_an_error_or_a_warning_in_a_notebook_is_found(server, new_page, source, words):
    page = new_page()
    try:
        browser_tools.open_notebook(page, server.url(server.write("wrong.ipynb", [source, "2"])))
        found = browser_tools.faults(browser_tools.run_all(page))
        assert len(found) == 1 and words in found[0]
    finally:
        page.close()
