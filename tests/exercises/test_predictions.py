"""Predictions: the questions as data, the cards that ask them, and where the lessons do."""

import ast
import base64
import io
import itertools
import re
import subprocess
import sys
from fractions import Fraction

import ipywidgets as widgets
import numpy as np
import pandas as pd
import pytest
from helpers.pictures import colours
from PIL import Image

import mlmed_teach as mt
from mlmed_teach.errors import MlmedError
from mlmed_teach.exercises import PREDICTIONS
from mlmed_teach.exercises.guesses import GUESSES
from tools.refresh import NOTEBOOKS
from tools.stored import read

NUMBERS = [p for p in PREDICTIONS.values() if p.kind != "choice"]
CHOICES = [p for p in PREDICTIONS.values() if p.kind == "choice"]
EACH = pytest.mark.parametrize("asked", PREDICTIONS.values(), ids=PREDICTIONS)
OF_EACH_KIND = pytest.mark.parametrize(
    "asked", [PREDICTIONS[id] for id in ("06.1", "05.2", "06.3")], ids=lambda p: p.kind
)


@pytest.fixture(autouse=True)
def nothing_is_guessed():
    GUESSES.forget()
    yield
    GUESSES.forget()


def middle(asked):
    """A guess, and a value as a lesson might find it."""
    if asked.kind == "choice":
        return asked.options[0], asked.options[-1]
    step = round((asked.high - asked.low) / 2 / asked.step) * asked.step
    return round(asked.low + step, 6), asked.low + 0.7 * (asked.high - asked.low)


def type_in(card, guess):
    card.control.value = guess if isinstance(guess, str) else f"{guess:g}"


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def text_of(card):
    found = [w.value for w in descendants(card) if isinstance(w, widgets.HTML)]
    return re.sub(r"<style>.*?</style>|<[^>]+>", "", " ".join(found), flags=re.S)


def descendants(widget):
    for child in getattr(widget, "children", ()):
        yield child
        yield from descendants(child)


# ---- the questions


@EACH
def test_a_question_is_complete(asked):
    assert re.fullmatch(r"\d\d\.[1-5]", asked.id)
    assert asked.prompt.rstrip(")")[-1] in "?."
    assert asked.why and not asked.why.endswith(".")
    assert "{guess}" in asked.said and "{value}" in asked.found
    ast.parse(f"f({asked.given})")
    for text in (asked.prompt, asked.why, asked.said, asked.found, *asked.contrast, *asked.options):
        assert "!" not in text
    for text in (asked.said, asked.found, *asked.contrast):
        assert not re.search(r"\b(wrong|right|correct|almost|well done|sorry)\b", text)


@pytest.mark.parametrize("asked", NUMBERS, ids=lambda p: p.id)
def test_a_range_can_be_reached_by_its_steps_and_holds_its_marks(asked):
    steps = (asked.high - asked.low) / asked.step
    assert steps >= 5 and abs(steps - round(steps)) < 1e-6
    assert all(asked.low <= mark <= asked.high and name for mark, name in asked.marks.items())
    assert not asked.options
    if asked.whole:
        assert asked.step == 1 and asked.digits == 0


@pytest.mark.parametrize("asked", CHOICES, ids=lambda p: p.id)
def test_options_differ_and_an_answer_is_read_from_what_the_lesson_finds(asked):
    assert 2 <= len(set(asked.options)) == len(asked.options) <= 5
    assert asked.outcome is not None
    assert not asked.marks


@pytest.mark.parametrize(
    "id, found, option",
    [
        ("00.1", (0.4725,), "more than .37"),
        ("00.1", (0.373,), ".37"),
        ("00.1", (0.2,), "less than .37"),
        ("02.3", (99.99,), "100 times as large"),
        ("02.5", ([0.4, 0.4], [0.38, 0.44]), "in linear regression only"),
        ("02.5", ([0.4, 0.3], [0.38, 0.44]), "nowhere"),
        ("03.3", ([1, 2], [1, 2]), "the same"),
        ("03.3", ([1, 2], [1.01, 2]), "similar"),
        ("03.4", ([1, 2], [2, 1]), "some smaller, some larger"),
        ("03.4", ([1, 1], [2, 1]), "all smaller"),
        ("05.2", (1.03,), "above 1"),
        ("05.4", (0.021, 0.02, 0.03), "the delta method's standard error"),
        ("07.1", (np.random.default_rng(1).exponential(size=1000),), "has a longer tail on the right"),
        ("07.2", (np.random.default_rng(1).normal(size=1000),), "as nearly normal as before"),
        ("08.3", (1900,), "about 2,000"),
        ("13.4", ([-5.0, -5.0, -5.0],), "nowhere (it is the same for all)"),
        ("13.4", ([-5.0, -4.0, -5.0],), "at rho = 0"),
        ("13.4", ([-5.0, -4.0, -3.0],), "at a rho above 0"),
        ("13.5", ([0.6, 0.69, 0.61, 0.6],), "that of y's own model"),
        ("13.5", ([0.6, 0.6, 0.61, 0.6],), "none"),
    ],
)
def test_the_option_that_was_found(id, found, option):
    assert PREDICTIONS[id].value(*found).answer == option


def test_levels_are_told_apart_where_their_slopes_have_opposite_signs():
    """Person means fall with x, days rise with it."""
    days = pd.DataFrame({"id": np.repeat([1, 2, 3], 3), "x": np.arange(9.0)})
    days["m"] = -3 * days["id"] * 3 + 2 * (days["x"] % 3)
    assert PREDICTIONS["01.2"].value(days).answer == "opposite signs"
    toy = days.rename(columns={"id": "person", "x": "exercise", "m": "tired"})
    assert PREDICTIONS["09.1"].value(toy).answer == "less among all points, more in one person"


# ---- the cards


@OF_EACH_KIND
def test_a_guess_and_a_value_give_picture_words_and_numbers(asked):
    guess, value = middle(asked)
    card = mt.predict(asked.id)
    assert "No guess yet." in text_of(card) and asked.prompt.split("a_j")[0][:40] in text_of(card)
    type_in(card, guess)
    assert card.guess == guess
    assert f"Your guess: {asked.told(guess)}. Run the next cells" in text_of(card)
    found = mt.predict(asked.id, value)
    assert asked.told(guess) in found.says and asked.value(value).text in found.says and asked.why in found.says
    assert asked.told(guess) in found.image.description and asked.value(value).text in found.image.description
    assert "beside the value below" in text_of(card)
    picture = pixels(found.image.value)
    assert picture.shape[1] == 1400 and colours(picture) > 10


@EACH
def test_every_picture_marks_guess_and_value_inside_its_edges(asked):
    guess, value = middle(asked)
    without = pixels(mt.predict(asked.id, value).image.value)
    type_in(mt.predict(asked.id), guess)
    picture = pixels(mt.predict(asked.id, value).image.value)
    assert picture.shape == without.shape and (picture != without).any()
    for edge in (picture[0], picture[-1], picture[:, 0], picture[:, -1]):
        assert (edge == 255).all()


def test_a_value_beyond_the_line_makes_it_longer():
    found = mt.predict("03.1", 1.7)
    assert "1.70" in found.says
    assert (pixels(found.image.value)[:, -1] == 255).all()


@OF_EACH_KIND
def test_without_a_guess_the_value_is_shown_and_said_plainly(asked):
    found = mt.predict(asked.id, middle(asked)[1])
    assert found.says.startswith("No guess was made. It is ")
    assert asked.why in found.says
    assert "No guess yet." in found.image.description


@OF_EACH_KIND
def test_a_guess_made_late_appears_beside_the_value_at_once(asked):
    guess, value = middle(asked)
    found = mt.predict(asked.id, value)
    before = found.image.value
    card = mt.predict(asked.id)
    assert "The value stands below" in text_of(card)
    type_in(card, guess)
    assert found.image.value != before
    assert asked.told(guess) in found.says and asked.told(guess) in text_of(found)


@OF_EACH_KIND
def test_copies_show_the_same_guess_and_a_changed_one_counts(asked):
    one, other = mt.predict(asked.id), mt.predict(asked.id)
    guess, value = middle(asked)
    type_in(one, guess)
    assert other.guess == guess and other.control.value == one.control.value
    changed = asked.options[1] if asked.options else asked.low
    type_in(other, changed)
    assert one.guess == changed
    assert asked.told(changed) in mt.predict(asked.id, value).says
    assert mt.predict(asked.id).control.value == one.control.value


@pytest.mark.parametrize("typed", ["0,47", ".47", "0.47", " 47/100 ", "+.47"])
def test_a_number_may_be_typed_in_many_ways(typed):
    card = mt.predict("03.1")
    card.control.value = typed
    assert card.guess == 0.47 and card.slider.value == 0.47
    assert "You said .47; it is .52" in mt.predict("03.1", 0.52).says


def test_percent_and_minus_signs_may_be_typed():
    card = mt.predict("06.2")
    card.control.value = "56 %"
    assert card.guess == 56
    card = mt.predict("09.2")
    card.control.value = "\N{MINUS SIGN},2"
    assert card.guess == -0.2
    assert "You put it at \N{MINUS SIGN}.2" in mt.predict("09.2", 0.19).says


@pytest.mark.parametrize(
    "typed, words",
    [
        ("much", '"much" is none'),
        ("120", "120 lies outside"),
        ("-1", "\N{MINUS SIGN}1 lies outside"),
        ("nan", "is none"),
        ("1/0", "is none"),
        ("1_0", "is none"),
        ("12 or 13", "is none"),
        ("<b>3</b>", "&lt;b&gt;3&lt;/b&gt;"),
    ],
)
def test_what_is_no_guess_is_said_and_the_last_one_is_kept(typed, words):
    card = mt.predict("06.1")
    card.control.value = typed
    assert card.guess is None and 'role="alert"' in card.status.value and words in card.status.value
    card.control.value = "30"
    assert 'role="alert"' not in card.status.value
    card.control.value = typed
    assert card.guess == 30 and "Your guess is still 30 of 100." in text_of(card)


def test_a_count_has_to_be_whole():
    card = mt.predict("03.2")
    card.control.value = "3.5"
    assert card.guess is None and "a whole number from 1 to 6" in text_of(card)
    card.control.value = "6"
    assert card.guess == 6


def test_slider_and_box_move_together_and_the_line_of_a_sketch_with_them():
    card = mt.predict("06.3")
    before = card.image.value
    card.slider.value = 0.06
    assert card.guess == 0.06 and card.control.value == "0.06"
    assert card.image.value != before and "Your guess: .06" in card.image.description
    card.control.value = ".05"
    assert card.slider.value == 0.05


@EACH
def test_controls_have_names_and_work_by_keyboard(asked):
    card = mt.predict(asked.id)
    lost = (widgets.Dropdown, widgets.Select, widgets.ToggleButtons, widgets.Accordion, widgets.SelectionSlider)
    assert card.control.description == "Your guess"
    assert not any(isinstance(widget, lost) for widget in descendants(card))


def test_nothing_is_chosen_at_first():
    assert mt.predict("05.2").control.value is None
    assert mt.predict("06.1").control.value == ""


@pytest.mark.parametrize(
    "value",
    [0.52, np.float64(0.52), np.float32(0.52), np.array(0.52), np.array([0.52]), pd.Series([0.52]), Fraction(52, 100)],
)
def test_a_value_may_be_a_number_of_any_type(value):
    assert "it is .52 and" in mt.predict("03.1", value).says.replace("It", "it")


@pytest.mark.parametrize(
    "value, words",
    [
        ("0.52", "not a number"),
        (None, "None"),
        (True, "True"),
        (np.nan, "missing"),
        (pd.NA, "takes one number"),
        (pd.Series([1.0, 2.0]), "a Series with 2 values"),
        (pd.DataFrame(), "a DataFrame"),
        (1j, "not a number"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_in_words(value, words):
    with pytest.raises(MlmedError, match="Prediction 03.1 takes one number") as caught:
        mt.predict("03.1", value)
    assert words in str(caught.value)
    assert """mt.predict("03.1", toy.loc["average", "a_j b_j"])""" in str(caught.value)


@pytest.mark.parametrize(
    "id, given",
    [
        ("09.1", (3,)),
        ("05.2", ("inside",)),
        ("02.5", (1, 2, 3)),
        ("05.2", (None,)),
        ("04.3", (None,)),
        ("04.3", ([[1]],)),
        ("06.1", (1, 2)),
    ],
)
def test_what_gives_no_answer_is_refused_in_words(id, given):
    with pytest.raises(MlmedError, match=f"Prediction {id}"):
        mt.predict(id, *given)


@pytest.mark.parametrize(
    "id, words",
    [
        ("6.1", 'Did you mean "06.1"'),
        (6.1, 'Did you mean "06.1"'),
        ("06.9", 'There are "06.1", "06.2" and "06.3"'),
        ("00.2", 'There is "00.1"'),
        (None, "a lesson and a number"),
        ("", "a lesson and a number"),
        ([], "a lesson and a number"),
    ],
)
def test_an_unknown_id_is_answered_with_close_ones(id, words):
    with pytest.raises(MlmedError) as caught:
        mt.predict(id)
    assert words in str(caught.value)


@OF_EACH_KIND
def test_stored_cards_are_stills_that_do_not_change(asked):
    _, value = middle(asked)
    asks, shows = (
        [make()._repr_mimebundle_() for _ in range(2)]
        for make in (lambda: mt.predict(asked.id), lambda: (GUESSES.forget(), mt.predict(asked.id, value))[1])
    )
    view = "application/vnd.jupyter.widget-view+json"
    for bundles, kinds in ((asks, {"text/plain", "text/html", view}), (shows, {"text/plain", "image/png", view})):
        assert set(bundles[0][0]) == kinds
        assert {k: v for k, v in bundles[0][0].items() if k != view} == {
            k: v for k, v in bundles[1][0].items() if k != view
        }
    assert "No guess was made." in shows[0][0]["text/plain"]
    assert shows[0][1]["image/png"]["alt"]
    assert pixels(base64.b64decode(shows[0][0]["image/png"])).shape[1] == 1400


# ---- the lessons


def calls(lesson):
    """(cell, line in it, lines of it, id, source of the value) of each `mt.predict` in a lesson, in their order."""
    found = []
    for number, cell in enumerate(read(lesson).cells):
        if cell.cell_type != "code" or "mt.predict" not in cell.source:
            continue
        tree = ast.parse(cell.source)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "mt.predict":
                id, *given = node.args
                last = isinstance(tree.body[-1], ast.Expr) and tree.body[-1].value is node
                found.append((number, last, len(tree.body), ast.literal_eval(id), ", ".join(map(ast.unparse, given))))
    return found


def same_source(one, other):
    return ast.dump(ast.parse(f"f({one})")) == ast.dump(ast.parse(f"f({other})"))


@pytest.mark.parametrize("lesson", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_each_prediction_of_a_lesson_is_asked_once_before_it_is_answered_once(lesson):
    made = calls(lesson)
    mine = [id for id in PREDICTIONS if id.startswith(lesson.stem[:2])]
    assert 1 <= len(mine) <= 5
    asked = {id: number for number, _, _, id, given in made if not given}
    answered = {id: number for number, _, _, id, given in made if given}
    assert list(asked) == list(answered) == mine and len(made) == 2 * len(mine)
    for number, last, lines, id, given in made:
        assert last, f"{id} must end its cell, to be shown"
        if given:
            assert asked[id] < number
            assert same_source(given, PREDICTIONS[id].given), id
        else:
            assert lines == 1, f"{id} is asked in a cell of one line"


@pytest.mark.parametrize("lesson", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_after_run_all_every_guess_is_open(lesson):
    shown = [
        output.data["text/plain"]
        for cell in read(lesson).cells
        for output in cell.get("outputs", ())
        if "mt.predict" in output.get("data", {}).get("text/plain", "")
    ]
    mine = [id for id in PREDICTIONS if id.startswith(lesson.stem[:2])]
    assert (
        sum("No guess yet." in text for text in shown)
        == sum("No guess was made." in text for text in shown)
        == len(mine)
    )


def test_no_lesson_asks_for_a_guess_that_cannot_be_given():
    for lesson, word in itertools.product(NOTEBOOKS.glob("*.ipynb"), ("**Predict", "**Guess", "Guess first")):
        assert not any(word in cell.source for cell in read(lesson).cells if cell.cell_type == "markdown"), lesson


def test_the_package_loads_no_widgets_before_a_prediction_is_made():
    loaded = "'ipywidgets' in sys.modules"
    code = f"import sys, mlmed_teach as mt; assert not {loaded}; mt.predict; assert {loaded}"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
