"""Lab `confounding`: its arithmetic."""

import itertools

import numpy as np
import pytest

from mlmed_teach.labs.lab_confounding import (
    GRID,
    NEAR,
    ConfoundingLab,
    ConfoundingPicture,
    numbers,
    supposed,
    sworn,
    words,
)

WORLDS = [(0.7, 0.6, 0.3), (1, -1, 0.8), (1, 1, 0), (0, 0.5, 0.4), (0.3, 0.9, 0.2), (0.5, -0.8, 0)]
BY_WORLD = pytest.mark.parametrize(("on_m", "on_y", "b"), WORLDS)


@BY_WORLD
def test_residuals_correlate_as_the_state_says(on_m, on_y, b):
    state = supposed(0.2, on_m, on_y, b, True)
    assert np.corrcoef(state.world.e_m, state.world.e_y)[0, 1] == pytest.approx(state.actual, abs=1e-9)


@BY_WORLD
def test_at_the_actual_rho_the_corrected_effect_meets_the_truth(on_m, on_y, b):
    """To a hundredth in each of these: what is left is what chance does to a table without confounding."""
    actual = supposed(0, on_m, on_y, b, True).actual
    state = supposed(actual, on_m, on_y, b, True)
    assert state.corrected.estimate == pytest.approx(state.truth, abs=NEAR)
    assert state.corrected.low < state.truth < state.corrected.high
    if abs(actual) > 0.2:
        assert abs(state.fitted.estimate - state.truth) > 5 * NEAR


@BY_WORLD
def test_at_rho_0_it_is_the_fit_and_the_curve_runs_through_what_is_supposed(on_m, on_y, b):
    none = supposed(0, on_m, on_y, b, False)
    assert none.corrected.estimate == pytest.approx(none.fitted.estimate, abs=1e-12)
    assert none.corrected.low == pytest.approx(none.fitted.low, abs=1e-9)
    at = 20
    state = supposed(float(GRID[at]), on_m, on_y, b, False)
    estimate, low, high = state.world.curve[:, at]
    assert (state.corrected.estimate, state.corrected.low, state.corrected.high) == pytest.approx((estimate, low, high))
    assert (np.diff(state.world.curve[0]) < 0).all()  # a is positive


def test_a_move_of_rho_needs_no_new_fit():
    assert supposed(0.1, 0.7, 0.6, 0.3, False).world is supposed(-0.8, 0.7, 0.6, 0.3, True).world


def test_an_effect_out_of_nothing_and_one_that_is_hidden():
    nothing = supposed(0, 1, 1, 0, False)
    assert nothing.truth == 0 and sworn(nothing) and nothing.fitted.estimate > 0.3
    hidden = supposed(0, 0.8, -0.5, 0.3, False)
    assert hidden.truth > 0.15 and not sworn(hidden)


def test_the_truth_is_said_only_when_it_is_asked_for():
    shut, open_ = (supposed(0.3, 0.7, 0.6, 0.3, shown) for shown in (False, True))
    assert numbers(shut)["Truth: rho"] == numbers(shut)["Truth: indirect effect"] == "hidden"
    assert "0.180" not in words(shut) and "0.460" not in words(shut)
    assert (numbers(open_)["Truth: indirect effect"], numbers(open_)["Truth: rho"]) == ("0.180", "0.460")
    assert "0.180" in words(open_) and "0.460" in words(open_)
    assert numbers(shut)["the same if rho = 0.3"] == str(shut.corrected)


def test_the_picture_shows_the_points_and_the_truth_when_it_is_asked_for():
    picture = ConfoundingPicture()
    for shown in (True, False):
        state = supposed(0.4, 0.7, 0.6, 0.3, shown)
        picture.move(state)
        fitted, there, truth = (point.get_data() for point in picture.points)
        assert (fitted[0][0], fitted[1][0]) == (0, state.fitted.estimate)
        assert (there[0][0], there[1][0]) == (0.4, state.corrected.estimate)
        assert [*map(len, truth)] == [shown, shown] and len(picture.level.get_xdata()) == 2 * shown
        if shown:
            assert (truth[0][0], truth[1][0]) == (state.actual, state.truth)


def test_fits_of_the_corners_are_inside_the_boundary_and_their_points_inside_the_axes():
    ax = ConfoundingPicture().curve.axes
    low, high = ax.get_ylim()
    for on_m, on_y, b in itertools.product((0, 1), (-1, 0, 1), (0, 0.8)):
        state = supposed(0, on_m, on_y, b, True)
        assert not state.world.med.fit.singular
        assert low < state.fitted.low and state.fitted.high < high


def test_no_mission_is_reached_by_another_ones_way():
    lab = ConfoundingLab()
    lab.controls["rho"].value = 0.45
    assert [mission.done for mission in lab.missions] == [True, False, False]
    lab.reset()
    lab.controls["rho"].value = 0.66
    assert [mission.done for mission in lab.missions] == [False, True, False]
    lab.reset()
    lab.controls["b"].value = 0
    assert [mission.done for mission in lab.missions] == [False, False, True]
