"""The cards of exercises: nothing is given away, everything works by keyboard, nothing is stored."""

import html
import re

import ipywidgets as widgets
import pytest

import mlmed_teach as mt
from mlmed_teach.exercises import EXERCISES

EACH = pytest.mark.parametrize("asked", EXERCISES.values(), ids=EXERCISES)
VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(autouse=True)
def no_record(monkeypatch):
    monkeypatch.setenv("MLMED_TEACH_PROGRESS", "off")
    monkeypatch.delenv("MLMED_TEACH_DATA", raising=False)
    mt.progress(reset=True)
    yield
    mt.progress(reset=True)


def text_of(card):
    shown = [child.value for child in card.children if isinstance(child, widgets.HTML)]
    return re.sub(r"<style>.*?</style>|<[^>]+>", "", " ".join(shown), flags=re.S)


def test_a_number_is_answered_wrongly_and_then_rightly():
    card = mt.exercise("06.1")
    card.control.value = "1,226"
    card.check.click()
    assert "correlation of the slopes" in card.status.value and card.text.value == ""
    card.control.value = "0,4725"
    card.check.click()
    assert "is right" in card.status.value and 'role="status"' in card.status.value
    assert mt.progress().table.loc["06.1"].to_list() == ["06", True, True, 2]


def test_an_option_is_chosen():
    card = mt.exercise("06.3")
    card.check.click()
    assert "Choose an option first." in text_of(card) and card.solve.disabled
    for letter, words in (("a", "not it"), ("c", "is right")):
        card.control.value = next(option for option in card.control.options if option.startswith(letter))
        card.check.click()
        assert words in text_of(card)


@EACH
def test_the_solution_is_locked_until_there_was_an_attempt(asked):
    card = mt.exercise(asked.id)
    assert card.solve.disabled and card.text.value == ""
    mt.check(asked.id, ...)
    mt.check(asked.id, "")
    assert card.solve.disabled
    if asked.own_data:
        return
    mt.check(asked.id, asked.options[0].text if asked.options else asked.slips[0].value(mt_facts()))
    assert not card.solve.disabled and card.text.value == ""
    card.solve.click()
    assert html.escape(asked.code.splitlines()[0], quote=True) in card.text.value
    card.solve.click()
    assert card.text.value == ""
    assert not mt.exercise(asked.id).solve.disabled


def mt_facts():
    from mlmed_teach.exercises.facts import loaded_facts

    return loaded_facts()


@EACH
def test_hints_come_one_after_the_other(asked):
    card = mt.exercise(asked.id)
    shown = []
    for _ in range(3):
        card.hint.click()
        shown.append(len(re.findall("<p>", card.hints.value)))
    assert shown == [1, 2, 2]
    assert not card.hint.disabled  # it would lose the keyboard's place
    assert card.text.value == "" and card.solve.disabled


@EACH
def test_controls_have_names_and_work_by_keyboard(asked):
    card = mt.exercise(asked.id)
    if asked.kind in ("number", "choice") and not asked.own_data:
        assert isinstance(card.control, widgets.Text | widgets.RadioButtons)
        assert card.control.description == "Your answer" and not card.control.value
    else:
        assert card.control is None and f'mt.check("{asked.id}", answer' in text_of(card).replace("&quot;", '"')


@EACH
def test_nothing_of_the_solution_is_stored(asked):
    mt.check(asked.id, "a")
    for make in (mt.exercise, mt.solution):
        (one, _), (other, _) = (make(asked.id)._repr_mimebundle_() for _ in range(2))
        assert {k: v for k, v in one.items() if k != VIEW} == {k: v for k, v in other.items() if k != VIEW}
        stored = " ".join(str(v) for k, v in one.items() if k != VIEW)
        assert asked.solution not in stored and asked.hints[0] not in stored
        assert asked.code not in stored or len(asked.code) < 15
    assert asked.prompt in mt.exercise(asked.id)._repr_mimebundle_()[0]["text/plain"]


def test_a_solution_button_fills_in_and_empties():
    button = mt.solution("06.1")
    assert button.text.value == "" and isinstance(button.text, widgets.HTMLMath)
    button.button.click()
    assert r"\operatorname{cov}(a_j, b_j)$" in button.text.value
    button.button.click()
    assert button.text.value == ""
