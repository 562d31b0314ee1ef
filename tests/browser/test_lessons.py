"""Each lesson opens in JupyterLab with all that is stored in it, and its widgets come alive, in a copy.

All cells of a lesson are run by nbval; a browser adds what happens on the screen. So here three lessons are opened, and
run the cells that show a lab or a card, and those that they need; all labs, and cards of all kinds, are in test_labs.py
and test_exercises_on_screen.py. With MLMED_TEACH_TESTS=all every lesson is opened and runs through.
"""

import browser_tools
import pytest
from helpers.how_much import ALL
from needed_cells import needed, shows_a_widget

from tools.stored import read

LESSONS = sorted((browser_tools.ROOT / "notebooks").glob("*.ipynb"))
BY_NAME = pytest.mark.parametrize(
    "lesson", [path for path in LESSONS if ALL or path.stem[:2] in ("00", "06", "13")], ids=lambda path: path.stem
)


@pytest.fixture(scope="module")
def page(server, new_page):
    page = new_page()
    browser_tools.open_lab(page, server)
    yield page
    page.close()


def code_of(lesson):
    return [cell for cell in read(lesson).cells if cell.cell_type == "code"]


@BY_NAME
def test_a_lesson_opens_with_all_that_is_stored_in_it(server, page, lesson):
    stored = code_of(lesson)
    with browser_tools.beside(page, server.copy(lesson)):
        found = browser_tools.code_cells(page)
    assert [cell["source"] for cell in found] == [cell.source for cell in stored]
    assert [cell["shown"] for cell in found] == [len(cell.outputs) for cell in stored]


@BY_NAME
def test_widgets_of_a_lesson_come_alive(server, page, lesson):
    sources = [cell.source for cell in code_of(lesson)]
    numbers = list(range(len(sources))) if ALL else needed(sources)
    with browser_tools.beside(page, server.copy(lesson)):
        cells = browser_tools.run(page, numbers, seconds=600)
        assert browser_tools.faults(cells) == []
        assert [cells[number]["count"] for number in numbers] == list(range(1, len(numbers) + 1))
        for number in numbers:
            assert bool(browser_tools.views(cells[number])) == shows_a_widget(sources[number]), sources[number]
        assert browser_tools.dead(page) == []


@pytest.mark.parametrize(
    ("source", "words"),
    [("1 / 0", "ZeroDivisionError"), ("import warnings; warnings.warn('careful')", "careful")],
)
def test_an_error_or_a_warning_in_a_notebook_is_found(server, page, source, words):
    with browser_tools.beside(page, server.write("wrong.ipynb", [source, "2"])):
        found = browser_tools.faults(browser_tools.run(page))
    assert len(found) == 1 and words in found[0]


def test_a_widget_that_stays_dead_is_found(server, page):
    nowhere = "traitlets.Unicode('Nowhere').tag(sync=True)"
    sources = [
        f"import ipywidgets, traitlets\nclass Dead(ipywidgets.IntSlider):\n    {trait} = {nowhere}\nDead()"
        for trait in ("_view_name", "_model_name")
    ]
    with browser_tools.beside(page, server.write("dead.ipynb", [*sources, "ipywidgets.IntSlider()"])):
        assert browser_tools.faults(browser_tools.run(page)) == []
        assert browser_tools.dead(page, seconds=3) == sources


def test_what_a_widget_needs_is_found_by_its_names():
    sources = [
        "import numpy as np\nimport mlmed_teach as mt",
        "rows, other = [], 2",
        "np.seterr()\nnp.zeros(3)",
        "def double(x):\n    return 2 * x",
        "for k in range(3):\n    rows.append(double(k))",
        "rows",
        "other += 1\nother",
        "table = np.array(rows)",
        "table[0] = 5",
        "table.sum()",
        'mt.predict("06.1", table.mean())',
        "table = None",
        "mt.labs.delta()",
    ]
    assert needed(sources) == [0, 1, 3, 4, 7, 8, 10, 12]
    assert [number for number, source in enumerate(sources) if shows_a_widget(source)] == [10, 12]
