"""What holds for every lab, without a kernel and without a browser."""

import base64
import io
import itertools
import math
import warnings
from functools import cache

import ipywidgets as widgets
import matplotlib
import numpy as np
import pytest
from helpers.pictures import colours
from lab_recipes import RECIPES, steps
from matplotlib import pyplot as plt
from matplotlib.text import Text
from PIL import Image

from mlmed_teach import labs
from mlmed_teach.labs.controls import Number, Press


@cache
def shared(name):
    return getattr(labs, name)()


@pytest.fixture(params=labs.__all__)
def lab(request):
    """One copy for all tests, put back before each: a new one takes five times as long."""
    lab = shared(request.param)
    lab.reset()
    return lab


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def numbers_of(lab):
    return {name: ask for name, ask in lab.asks.items() if isinstance(ask, Number)}


def shown(lab):
    return lab.image.value, lab.image.description, lab.readout.value


def test_every_lab_has_a_recipe_for_each_mission():
    assert set(RECIPES) == set(labs.__all__)


def test_a_lab_has_three_to_five_controls_with_names_that_work_by_keyboard(lab):
    assert 3 <= len(lab.controls) - sum(len(names) - 1 for names in lab.together) <= 5
    lost = (widgets.Dropdown, widgets.Select, widgets.ToggleButtons, widgets.Accordion, widgets.SelectionSlider)
    for control in lab.controls.values():
        assert control.description
        assert not isinstance(control, lost)


def test_the_picture_is_sharp_white_at_its_edges_and_not_blank(lab):
    picture = pixels(lab.image.value)
    assert picture.shape[1] == 1400 and int(lab.image.width) == 700
    assert colours(picture) > 20
    for edge in (picture[0], picture[-1], picture[:, 0], picture[:, -1]):
        assert (edge == 255).all()


def test_each_number_moves_picture_read_out_and_text_alternative(lab):
    for name, ask in numbers_of(lab).items():
        before = shown(lab)
        lab.controls[name].value = ask.low if ask.start - ask.low > ask.high - ask.start else ask.high
        for old, new in zip(before, shown(lab), strict=True):
            assert old != new, name
        lab.reset()


def test_slider_and_box_of_a_number_move_together(lab):
    sliders = [w for w in descendants(lab) if isinstance(w, widgets.FloatSlider)]
    assert [slider.description for slider in sliders] == [ask.label for ask in numbers_of(lab).values()]
    for slider, (name, ask) in zip(sliders, numbers_of(lab).items(), strict=True):
        before = shown(lab)
        slider.value = ask.high
        assert lab.controls[name].value == ask.high
        lab.controls[name].value = ask.start
        assert slider.value == ask.start
        assert shown(lab) == before


def descendants(widget):
    for child in getattr(widget, "children", ()):
        yield child
        yield from descendants(child)


@pytest.mark.parametrize("wrong", [math.nan, math.inf, 1e12, -1e12])
def test_a_number_that_cannot_be_is_refused_in_words_and_the_picture_stays(lab, wrong):
    for name, ask in numbers_of(lab).items():
        before = shown(lab)
        for send in (lambda box: setattr(box, "value", wrong), lambda box: box.set_state({"value": wrong})):
            send(lab.controls[name])
            assert lab.controls[name].value == ask.start
            assert shown(lab)[:2] == before[:2]
            assert 'role="alert"' in lab.readout.value and ask.label.split(",")[0] in lab.readout.value
        lab.controls[name].value = ask.low
        assert 'role="alert"' not in lab.readout.value
        lab.reset()


def test_the_browser_sends_null_for_an_endless_number(lab):
    for name, ask in numbers_of(lab).items():
        lab.controls[name].set_state({"value": None})
        assert lab.controls[name].value == ask.start
        assert "must be a number" in lab.readout.value


def follow(lab, recipe):
    for name, value in steps(recipe):
        ask = lab.asks[name]
        if isinstance(ask, Press):
            lab.controls[name].click()
            continue
        if isinstance(ask, Number):
            count = (value - ask.start) / ask.step
            assert ask.low <= value <= ask.high and abs(count - round(count)) < 1e-9, name
        lab.controls[name].value = value


def test_missions_are_open_at_first_can_be_reached_by_steps_and_stay_done_until_reset(lab):
    for mission, recipe in zip(lab.missions, RECIPES[lab.name], strict=True):
        assert mission.task and not mission.done
        follow(lab, recipe)
        assert mission.done, mission.task
        for name, ask in numbers_of(lab).items():
            lab.controls[name].value = ask.start
        assert mission.done
        assert f"Done: {mission.task[:5]}" in lab._tasks.value
        lab.reset()
        assert not any(mission.done for mission in lab.missions)
        assert "Done" not in lab._tasks.value


def test_reset_shows_what_was_there_at_first(lab):
    before = shown(lab)
    follow(lab, RECIPES[lab.name][-1])
    lab.reset()
    assert shown(lab) == before


def test_two_copies_share_nothing_and_show_the_same(lab):
    other = getattr(labs, lab.name)()
    assert shown(other) == shown(lab)
    before = shown(other)
    follow(lab, RECIPES[lab.name][-1])
    assert shown(other) == before
    assert shown(lab) != before


def test_a_moved_picture_is_the_one_that_a_new_copy_draws(lab):
    """Nothing of an earlier picture is left in a later one."""
    rng = np.random.default_rng(1)
    for _ in range(6):
        for name, ask in numbers_of(lab).items():
            lab.controls[name].value = ask.low + ask.step * rng.integers(0, round((ask.high - ask.low) / ask.step))
    other = getattr(labs, lab.name)()
    assert (pixels(other.picture.png(lab.state)) == pixels(lab.image.value)).all()


def test_corners_of_the_controls_are_drawn_without_a_warning_and_hold_what_is_written(lab):
    ends = [(ask.low, ask.high) for ask in numbers_of(lab).values()]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for corner in itertools.product(*ends):
            for name, value in zip(numbers_of(lab), corner, strict=True):
                lab.controls[name].value = value
            assert 'role="alert"' not in lab.readout.value
            figure = lab.picture.figure
            assert np.isfinite(figure.get_tightbbox().extents).all()
            for text in figure.findobj(Text):
                if text.get_text() and text.get_visible() and written(text):
                    box = text.get_window_extent()
                    assert text.get_fontsize() >= 10
                    assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1, (corner, text.get_text())
                    assert figure.bbox.y0 <= box.y0 and box.y1 <= figure.bbox.y1, (corner, text.get_text())


def written(text):
    """Whether a text is drawn: labels of ticks beyond the limits exist, but are not."""
    for ax in text.get_figure().axes:
        for axis in (ax.xaxis, ax.yaxis):
            drawn = axis._update_ticks()
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                if text in (tick.label1, tick.label2):
                    return tick in drawn
    return True


def test_pyplot_and_the_users_settings_are_left_alone(lab):
    with plt.rc_context({"figure.facecolor": "black", "font.size": 5.0}):
        before, open_figures = dict(matplotlib.rcParams), plt.get_fignums()
        other = getattr(labs, lab.name)()
        for name, ask in numbers_of(lab).items():
            other.controls[name].value = ask.high
        assert dict(matplotlib.rcParams) == before
        assert plt.get_fignums() == open_figures
    assert (pixels(other.image.value)[0] == 255).all()


def test_without_a_kernel_a_still_stands_in_with_its_numbers(lab):
    data, metadata = lab._repr_mimebundle_()
    assert set(data) == {"text/plain", "image/png", "application/vnd.jupyter.widget-view+json"}
    still = pixels(base64.b64decode(data["image/png"]))
    assert still.shape[1] == 1400 and still.shape[0] > pixels(lab.image.value).shape[0]
    assert metadata["image/png"] == {"width": 700, "alt": lab.image.description}
    for name, text in lab.numbers(lab.state).items():
        assert f"{name}: {text}" in data["text/plain"]
    again = getattr(labs, lab.name)()._repr_mimebundle_()[0]
    assert all(again[kind] == data[kind] for kind in ("text/plain", "image/png"))


def test_every_number_of_the_read_out_is_text_in_a_table(lab):
    assert lab.numbers(lab.state)
    for text in lab.numbers(lab.state).values():
        assert f"<td>{text}</td>" in lab.readout.value


def test_buttons_never_raise(lab):
    for name, ask in lab.asks.items():
        if isinstance(ask, Press):
            lab.controls[name].click()
            assert 'role="alert"' not in lab.readout.value
