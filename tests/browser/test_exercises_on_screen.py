"""One exercise of each kind, answered wrongly and then rightly in a real browser, without a mouse."""

import browser_tools
import pytest
from browser_tools import expect
from exercise_cells import CHOICE, MODEL, NUMBER, TABLE
from lab_view import as_read
from test_labs import _CHANGE_THEME, _COLOURS, AXE, contrast

from mlmed_teach.exercises import EXERCISES


@pytest.fixture(scope="module")
def page(each_app):
    return next(iter(each_app.values())).in_front().page


def card(page, id):
    found = page.locator(".mlmed-card", has=page.locator("h4", has_text=f"Exercise {id}"))
    found.wait_for()
    found.scroll_into_view_if_needed()
    return found


def code_cell(page, id):
    cell = page.locator(".jp-CodeCell", has=page.locator(".cm-content", has_text=f'mt.check("{id}"'))
    cell.scroll_into_view_if_needed()
    return cell


def press(card, label):
    card.get_by_role("button", name=label, exact=True).focus()
    card.page.keyboard.press("Enter")


def says(card, words):
    card.get_by_role("status").filter(has_text=as_read(words)).first.wait_for()


def test_a_number_by_keyboard(page):
    here = card(page, NUMBER)
    expect(here.get_by_role("button", name="Solution (after one attempt)")).to_be_disabled()
    press(here, "Hint 1 of 2")
    says(here, EXERCISES[NUMBER].hints[0])
    box = here.get_by_role("textbox", name="Your answer")
    for typed, words in (("1.226", "correlation of the slopes"), ("0,4725", ".4725 is right")):
        box.focus()
        page.keyboard.press("Control+A")
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
        assert page.evaluate("() => document.activeElement.innerText") == "Check"
        page.keyboard.press("Enter")
        says(here, words)
        assert here.locator("mjx-container, .MathJax").count() == 0
    press(here, "Solution")
    here.locator("mjx-container, .MathJax").first.wait_for()
    here.get_by_role("button", name="Hide the solution").wait_for()


def test_a_choice_by_keyboard(page):
    here = card(page, CHOICE)
    for letter, words in (("a", "a) is not it"), ("c", "c) is right")):
        option = f"{letter}) {EXERCISES[CHOICE].letters[letter].text}"
        here.get_by_label(option, exact=True).focus()
        page.keyboard.press("Space")
        press(here, "Check")
        says(here, words)


@pytest.mark.parametrize(
    ("id", "wrong", "right"),
    [
        (TABLE, "mt.effects(fit).to_frame() ** 2", "mt.effects(fit).to_frame()"),
        (MODEL, "ml", "fit"),
    ],
)
def test_a_table_and_a_model_in_a_cell(page, id, wrong, right):
    here = card(page, id)
    assert here.get_by_role("button", name="Check").count() == 0
    expect(here.get_by_role("button", name="Solution (after one attempt)")).to_be_disabled()
    for answer, words in ((wrong, "differs" if id == TABLE else "by ML"), (right, "This is right")):
        cell = code_cell(page, id)
        cell.locator(".cm-content").focus()
        page.keyboard.press("Control+A")
        page.keyboard.insert_text(f'mt.check("{id}", {answer})')
        page.keyboard.press("Control+Enter")
        cell.get_by_role("status").filter(has_text=words).wait_for()
    expect(here.get_by_role("button", name="Solution", exact=True)).to_be_enabled()


def test_axe_finds_no_serious_fault(page):
    from axe_playwright_python.sync_playwright import Axe

    for id in (NUMBER, CHOICE, TABLE, MODEL):
        card(page, id).evaluate("element => { element.id = 'card-under-axe'; }")
        found = Axe().run(page, context="#card-under-axe", options=AXE).response["violations"]
        card(page, id).evaluate("element => { element.removeAttribute('id'); }")
        assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []


@pytest.mark.parametrize("theme", ["Dark", "Light"])
def test_text_stands_out_in_both_themes(page, theme):
    """And screenshots are kept, to be looked at."""
    page.evaluate(_CHANGE_THEME, f"JupyterLab {theme}")
    page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=f"JupyterLab {theme}")
    browser_tools.SCREENSHOTS.mkdir(exist_ok=True)
    for id in (NUMBER, CHOICE):
        here = card(page, id)
        here.screenshot(path=browser_tools.SCREENSHOTS / f"exercise_{id}_{theme.lower()}.png")
        for text in (here.locator("p").first, here.get_by_role("status").first):
            assert contrast(*text.evaluate(_COLOURS)) > 7
    cell = code_cell(page, MODEL)
    cell.screenshot(path=browser_tools.SCREENSHOTS / f"check_{theme.lower()}.png")
    assert contrast(*cell.get_by_role("status").evaluate(_COLOURS)) > 7
