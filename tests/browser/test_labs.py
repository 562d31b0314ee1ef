"""What a learner sees and does in a lab, in a real browser, without a mouse. Fast: one notebook holds all labs."""

import re

import browser_tools
import numpy as np
import pytest
from helpers.how_much import ALL
from helpers.pictures import colours
from lab_recipes import RECIPES, steps
from lab_view import as_read, elsewhere

from mlmed_teach import labs
from mlmed_teach.labs.controls import Number, Press, Typed

EVERY_LAB = pytest.mark.parametrize("name", labs.__all__)
# A lab that moves when it is told to run has tests of its own.
MOVING = [name for name in labs.__all__ if name != "own_data"]
EVERY_MOVING_LAB = pytest.mark.parametrize("name", MOVING)
# What is the same code in all, with a lab of points, one of curves and one of tables.
SOME_MOVING_LABS = pytest.mark.parametrize("name", MOVING if ALL else ["paths", "planning", "reshape"])
# axe-core's rules of WCAG 2.0 to 2.2, levels A and AA
AXE = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}

_NAME = "() => document.activeElement.labels?.[0]?.innerText ?? document.activeElement.innerText"
_CHANGE_THEME = "theme => { window.jupyterapp.commands.execute('apputils:change-theme', {theme}); }"
# The colour of a text, and that of the first ground below it that is not transparent.
_COLOURS = """cell => {
  let below = cell;
  while (/rgba\\(.*, 0\\)/.test(getComputedStyle(below).backgroundColor)) below = below.parentElement;
  return [getComputedStyle(cell).color, getComputedStyle(below).backgroundColor];
}"""


@pytest.fixture
def view(in_lab, name):
    view = in_lab[name].in_front()
    view.root.scroll_into_view_if_needed()
    view.reset()
    return view


def numbers_of(view):
    return {name: ask for name, ask in view.expected.asks.items() if isinstance(ask, Number)}


@EVERY_MOVING_LAB
def test_each_control_moves_the_lab_by_keyboard(view):
    for name, ask in view.expected.asks.items():
        before = view.image.get_attribute("src"), view.readout()
        view.set(name, None if isinstance(ask, Press) else elsewhere(ask, ask.start))
        view.settle()
        assert view.image.get_attribute("src") != before[0], name
        assert view.readout() != before[1], name
    picture = view.pixels()
    for edge in (picture[0], picture[-1], picture[:, 0], picture[:, -1]):
        assert (edge == 255).all()  # not cut
    assert colours(picture) > 20  # not blank


@EVERY_MOVING_LAB
def test_arrow_keys_step_a_number_box(view):
    name, ask = next(iter(numbers_of(view).items()))
    view.control(name).focus()
    view.page.keyboard.press("ArrowDown")
    view.expected.controls[name].value = ask.nearest(ask.start - ask.step)
    view.settle()


@EVERY_MOVING_LAB
def test_tab_alone_visits_every_control_in_order(view):
    names = [ask.label for ask in view.expected.asks.values()]
    first = next(iter(view.expected.asks))
    view.control(first, view.expected.controls[first].value).focus()
    seen = []
    for _ in range(30):
        seen.append(view.page.evaluate(_NAME))
        if seen[-1] == "Reset":
            break
        view.page.keyboard.press("Tab")
    numbers = [ask.label for ask in numbers_of(view).values()]
    assert [text for text in seen if text in numbers] == numbers
    assert seen[-1] == "Reset"
    assert len(seen) >= len(names) + 1
    assert all(seen), "a Tab stop without a name"


@SOME_MOVING_LABS
def test_changes_without_waiting_end_on_the_last_values(view):
    for _ in range(2):
        for name, ask in list(numbers_of(view).items())[:3]:
            view.set(name, elsewhere(ask, view.expected.controls[name].value))
    view.settle()


@SOME_MOVING_LABS
def test_dragging_fast_queues_nothing(view):
    name, ask = next(iter(numbers_of(view).items()))
    bar = view.root.locator(".widget-slider", has_text=ask.label).locator(".noUi-base").bounding_box()
    y, mouse = bar["y"] + bar["height"] / 2, view.page.mouse
    mouse.move(bar["x"] + 0.9 * bar["width"], y)
    mouse.down()
    for share in np.tile(np.linspace(0.9, 0.1, 20), 2):
        mouse.move(bar["x"] + share * bar["width"], y)
    view.image.evaluate(
        """image => {
            image.pictures = 0;
            new MutationObserver(() => image.pictures++).observe(image, {attributes: true, attributeFilter: ["src"]});
        }"""
    )
    mouse.up()
    value = view.resting_value(name)
    assert abs(value - ask.nearest(ask.low + 0.1 * (ask.high - ask.low))) <= 1.01 * ask.step
    view.expected.controls[name].value = value
    view.settle(missions=False)  # the way there may have led past a goal
    assert view.image.evaluate("image => image.pictures") <= 3  # the last value, and what was under way


@SOME_MOVING_LABS
def test_numbers_out_of_range_are_refused_in_words(view):
    name, ask = next(iter(numbers_of(view).items()))  # the others are tested without a browser
    view.type(name, ask.high + 100)
    view.notice().wait_for()
    assert as_read(ask.label) in view.notice().inner_text()
    view.settle()  # picture, numbers and missions are as they were
    view.wait_for_value(name, ask.start)
    view.set(name, elsewhere(ask, ask.start))
    view.settle()
    assert view.notice().count() == 0


@SOME_MOVING_LABS
def test_what_is_no_number_changes_nothing(view):
    name, ask = next(iter(numbers_of(view).items()))
    for text in ("1e999", "-", ""):
        view.type(name, text)
        view.settle()
        view.wait_for_value(name, ask.start)


@EVERY_LAB
def test_missions_are_reached_and_noticed(view):
    for number, (mission, recipe) in enumerate(zip(view.expected.missions, RECIPES[view.expected.name], strict=True)):
        for name, value in steps(recipe):
            view.set(name, value)
            view.settle()
        assert view.tasks()[number] == f"Done: {as_read(mission.task)}"
        for name, _ in steps(recipe):
            if not isinstance(view.expected.asks[name], Press | Typed):
                view.set(name, view.expected.asks[name].start)
    view.settle()
    assert all(text.startswith("Done: ") for text in view.tasks())
    view.reset()
    assert not any(text.startswith("Done") for text in view.tasks())


@EVERY_LAB
def test_axe_finds_no_serious_fault(view):
    from axe_playwright_python.sync_playwright import Axe

    view.root.evaluate("element => { element.id = 'lab-under-axe'; }")
    found = Axe().run(view.page, context="#lab-under-axe", options=AXE).response["violations"]
    view.root.evaluate("element => { element.removeAttribute('id'); }")
    serious = [
        f"{v['id']}: {node['html']}" for v in found if v["impact"] in ("serious", "critical") for node in v["nodes"]
    ]
    assert serious == []
    assert view.image.get_attribute("title") == view.expected.image.description


@pytest.mark.parametrize("theme", ["Dark", "Light"])
def test_text_stands_out_in_both_themes(in_lab, theme):
    """And screenshots are kept, to be looked at."""
    page = next(iter(in_lab.values())).in_front().page
    page.evaluate(_CHANGE_THEME, f"JupyterLab {theme}")
    page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=f"JupyterLab {theme}")
    browser_tools.SCREENSHOTS.mkdir(exist_ok=True)
    for name, view in in_lab.items():
        view.root.scroll_into_view_if_needed()
        view.reset()
        view.root.screenshot(path=browser_tools.SCREENSHOTS / f"{name}_{theme.lower()}.png")
        text, ground = view.root.locator("td").first.evaluate(_COLOURS)
        assert contrast(text, ground) > 7


def contrast(one, other):
    """Ratio of the luminances of two colours as WCAG defines it."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour):
    parts = np.array([float(part) for part in re.findall(r"[\d.]+", colour)[:3]]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]


@SOME_MOVING_LABS
def test_a_lab_works_by_keyboard_in_notebook_7(in_notebook, name):
    view = in_notebook[name].in_front()
    view.root.scroll_into_view_if_needed()
    view.settle()
    for control, ask in view.expected.asks.items():
        view.set(control, None if isinstance(ask, Press) else elsewhere(ask, ask.start))
        view.settle()
    name, ask = next(iter(numbers_of(view).items()))
    before = view.expected.controls[name].value
    view.control(name).focus()
    key, sign = ("ArrowUp", 1) if before + ask.step <= ask.high else ("ArrowDown", -1)
    view.page.keyboard.press(key)
    view.expected.controls[name].value = ask.nearest(before + sign * ask.step)
    view.settle()
