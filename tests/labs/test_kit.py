"""The kit itself, with a small lab of its own."""

import threading
import time

import numpy as np
import pytest

from mlmed_teach import MlmedError
from mlmed_teach.labs.controls import Choice, Number, Press, Switch
from mlmed_teach.labs.draws import even_draws, random_draws
from mlmed_teach.labs.kit import Goal, Lab
from mlmed_teach.labs.picture import Picture


class Dot(Picture):
    height = 1.0

    def build(self, figure):
        ax = figure.add_axes((0.1, 0.1, 0.8, 0.8))
        ax.set(xlim=(0, 10), ylim=(0, 1))
        self.dot = self.moving(ax.plot([], [], "o", ms=12)[0])
        self.ax = ax

    def move(self, state):
        self.dot.set_data([state["at"]], [0.5])
        self.limits(self.ax, x=(0, state["end"]))


class Small(Lab):
    name = "small"
    title = "A dot"
    asks = {
        "at": Number("place", 0, 10, 1, 5),
        "count": Number("count", 1, 9, 1, 3, whole=True),
        "end": Choice("axis to", {"ten": 10, "twenty": 20}, 10),
        "on": Switch("on", True),
        "add": Press("Add one"),
    }
    goals = (Goal("Go to 7 <right> of a_j.", lambda state: state["at"] == 7),)
    drawn = Dot

    def __init__(self):
        self.added, self.calls = 0, []
        super().__init__()

    def compute(self, at, count, end, on):
        self.calls.append(at)
        if at == 9:
            raise MlmedError("Nine is not to be.")
        if at == 8:
            raise ZeroDivisionError("division by zero")
        return {"at": at, "count": count, "end": end, "on": on, "added": self.added}

    def pressed(self, name):
        if self.added == 2:
            raise MlmedError("Two are enough.")
        self.added += 1

    def forget(self):
        self.added = 0

    @staticmethod
    def numbers(state):
        return {name: str(value) for name, value in state.items()}

    @staticmethod
    def words(state):
        return f"A dot at {state['at']}."


@pytest.fixture
def lab():
    return Small()


def test_values_reach_the_plain_function_as_it_wants_them(lab):
    assert lab.state == {"at": 5, "count": 3, "end": 10, "on": True, "added": 0}
    assert isinstance(lab.state["count"], int)
    lab.controls["at"].value = 3 * 0.1  # 0.30000000000000004
    lab.controls["end"].value = 20
    lab.controls["on"].value = False
    assert lab.state == {"at": 0.3, "count": 3, "end": 20, "on": False, "added": 0}


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("at", 11, "place must lie between 0 and 10, and 11 does not."),
        ("at", -0.5, "and \N{MINUS SIGN}0.5 does not."),
        ("at", float("nan"), "place must be a number between 0 and 10."),
        ("count", 2.5, "count must be a whole number, and 2.5 is not."),
    ],
)
def test_a_refused_number_is_named_and_the_last_one_stays(lab, name, value, words):
    kept, picture = lab.controls[name].value, lab.image.value
    lab.controls[name].value = value
    assert words in lab.readout.value
    assert lab.controls[name].value == kept
    assert lab.image.value == picture
    assert len(lab.calls) == 1


def test_a_refused_number_from_the_browser_is_sent_back(lab):
    sent = []
    box = lab.controls["at"]
    box._send = lambda message, buffers=None: sent.append(message)
    box.set_state({"value": 11})
    assert [m["state"] for m in sent if m["method"] == "update"] == [{"value": 5}]
    assert 'role="alert"' in lab.readout.value  # not wiped away by what followed


@pytest.mark.parametrize(("value", "words"), [(9, "Nine is not to be."), (8, "ZeroDivisionError: division by zero")])
def test_what_cannot_be_computed_is_said_and_the_lab_goes_on(lab, value, words):
    picture = lab.image.value
    lab.controls["at"].value = value
    assert words in lab.readout.value and 'role="alert"' in lab.readout.value
    assert lab.image.value == picture and lab.state["at"] == 5
    lab.controls["at"].value = 6
    assert 'role="alert"' not in lab.readout.value
    assert lab.image.value != picture


def test_buttons_act_and_speak(lab):
    for expected in (1, 2):
        lab.controls["add"].click()
        assert lab.state["added"] == expected
    lab.controls["add"].click()
    assert "Two are enough." in lab.readout.value and lab.state["added"] == 2
    lab.reset()
    assert lab.state["added"] == 0


def test_controls_that_belong_together_stand_in_one_row():
    class Rowed(Small):
        together = (("at", "end"), ("on", "add"))

    def names(view):
        return [view.description] if hasattr(view, "description") else [n for c in view.children for n in names(c)]

    rows = [names(row) for row in Rowed().children[2].children[0].children]
    assert rows == [["place", "place", "axis to"], ["count", "count"], ["on", "Add one"], ["Reset"]]
    assert [names(row) for row in Small().children[2].children[0].children][2:] == [
        ["axis to"],
        ["on"],
        ["Add one"],
        ["Reset"],
    ]


def test_reset_draws_once(lab):
    lab.controls["at"].value = 2
    lab.controls["count"].value = 4
    before = len(lab.calls)
    lab.reset()
    assert len(lab.calls) == before + 1
    assert lab.state["at"] == 5 and lab.state["count"] == 3


def test_moves_from_other_threads_while_drawing_are_made_once_and_last(lab, monkeypatch):
    """Some kernels answer each message in a thread of its own."""
    started, go_on = threading.Event(), threading.Event()
    compute = lab.compute

    def slow(**values):
        if values["at"] == 1:
            started.set()
            assert go_on.wait(5)
        return compute(**values)

    monkeypatch.setattr(lab, "compute", slow)
    first = threading.Thread(target=lambda: setattr(lab.controls["at"], "value", 1))
    first.start()
    assert started.wait(5)
    before = time.perf_counter()
    for value in (2, 3, 4):
        lab.controls["at"].value = value
    assert time.perf_counter() - before < 1  # nobody waits
    go_on.set()
    first.join(5)
    assert lab.calls == [5, 1, 4]
    assert lab.state["at"] == 4
    other = Small()
    other.controls["at"].value = 4
    assert other.image.value == lab.image.value


def test_words_of_a_lab_are_text_not_markup(lab):
    assert "Go to 7 &lt;right&gt; of <i>a<sub>j</sub></i>." in lab._tasks.value


def test_missions_are_announced_only_when_they_change(lab):
    seen = []
    lab._tasks.observe(lambda change: seen.append(change["new"]), "value")
    for value in (1, 2, 7, 3, 7):
        lab.controls["at"].value = value
    assert len(seen) == 1 and "Done" in seen[0] and 'role="status"' in seen[0]


def test_new_limits_draw_the_background_again(lab):
    wide = Small()
    wide.controls["end"].value = 20
    wide.controls["end"].value = 10
    assert wide.image.value == lab.image.value


@pytest.mark.parametrize("draws", [random_draws(200, 2, 5), even_draws(5000, 3)])
def test_draws_have_the_moments_of_a_standard_normal_and_cannot_be_changed(draws):
    rows = len(draws)
    assert draws.mean(axis=1) == pytest.approx([0] * rows, abs=1e-12)
    moments = draws @ draws.T / draws.shape[1]
    assert moments == pytest.approx(np.eye(rows), abs=1e-12)
    with pytest.raises(ValueError, match="read-only"):
        draws[0, 0] = 1


def test_a_scene_is_drawn_once_and_kept():
    class Scenes(Picture):
        height = 1

        def build(self, figure):
            self.text = figure.text(0.5, 0.5, "")

        def move(self, state):
            self.text.set_text(state)
            self.scene(state)

    picture = Scenes()
    drawn = []
    draw = picture.canvas.draw
    picture.canvas.draw = lambda: (drawn.append(picture.text.get_text()), draw())
    first, second = picture.png("one"), picture.png("two")
    assert first != second
    assert (picture.png("one"), picture.png("two")) == (first, second)
    assert drawn == ["one", "two"]


def test_picture_and_text_alternative_travel_in_one_message(lab):
    """The browser would load the picture anew for each."""
    sent = []
    lab.image._send = lambda message, buffers=None: sent.append(message)
    lab.controls["at"].value = 2
    assert len(sent) == 1
    assert sent[0]["state"]["tooltip"] == "A dot at 2.0."
