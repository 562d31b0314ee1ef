"""Lab `levels`: its arithmetic."""

import itertools

import numpy as np
import pytest

from mlmed_teach.labs.lab_levels import CLUSTERS, LevelsPicture, numbers, two_slopes

SETTINGS = list(itertools.product((-0.7, 0, 1), (-1, 0.3), (0, 0.4, 0.95), (2, 3, 20)))


def slope(m, y):
    return np.sum((m - m.mean()) * (y - y.mean())) / np.sum((m - m.mean()) ** 2)


@pytest.mark.parametrize(("within", "between", "icc", "rows"), SETTINGS)
def test_the_points_have_the_slopes_that_are_shown(within, between, icc, rows):
    state = two_slopes(within, between, icc, rows)
    m, y = state.m, state.y
    assert m.shape == y.shape == (CLUSTERS, rows)
    for cluster in range(CLUSTERS):
        assert slope(m[cluster], y[cluster]) == pytest.approx(within, abs=1e-9)
    means = m.mean(axis=1), y.mean(axis=1)
    assert slope(*means) == pytest.approx(state.observed, abs=1e-9)
    assert slope(m.ravel(), y.ravel()) == pytest.approx(state.raw, abs=1e-9)
    assert np.var(m) == pytest.approx(1)
    assert np.var(means[0]) / np.var(m) == pytest.approx(state.weight)


@pytest.mark.parametrize(("within", "between", "icc", "rows"), SETTINGS)
def test_the_raw_slope_is_a_blend_in_two_ways(within, between, icc, rows):
    state = two_slopes(within, between, icc, rows)
    assert state.weight * state.observed + (1 - state.weight) * within == pytest.approx(state.raw, abs=1e-12)
    assert state.reliability == pytest.approx(icc / (icc + (1 - icc) / rows))


def test_more_rows_bring_the_means_nearer_to_the_truth_and_leave_the_raw_slope():
    few, many = two_slopes(0.5, -0.4, 0.4, 2), two_slopes(0.5, -0.4, 0.4, 20)
    assert abs(many.observed + 0.4) < 0.3 * abs(few.observed + 0.4)
    assert few.raw == many.raw


def test_points_move_they_are_not_drawn_anew():
    here, there = two_slopes(0.5, -0.4, 0.4, 6), two_slopes(-0.2, -0.4, 0.4, 6)
    assert (here.m == there.m).all()
    away = here.m - here.m.mean(axis=1, keepdims=True)
    moved = (here.y - here.y.mean(axis=1, keepdims=True)) - (there.y - there.y.mean(axis=1, keepdims=True))
    assert moved == pytest.approx(0.7 * away)


def test_the_axes_hold_every_point_at_the_ends_of_the_controls():
    picture = LevelsPicture()
    ax = picture.raw.axes
    for within, between, icc, rows in itertools.product((-1, 1), (-1, 1), (0, 0.5, 0.95), (2, 6, 20)):
        state = two_slopes(within, between, icc, rows)
        assert np.abs(state.m).max() < ax.get_xlim()[1]
        assert np.abs(state.y).max() < ax.get_ylim()[1]


def test_lines_of_the_picture_have_their_slopes():
    picture = LevelsPicture()
    state = two_slopes(0.5, -0.8, 0.4, 5)
    picture.move(state)
    for line, expected in ((picture.between, state.observed), (picture.raw, state.raw)):
        m, y = line.get_data()
        assert (y[1] - y[0]) / (m[1] - m[0]) == pytest.approx(expected)
    for segment in picture.within.get_segments():
        (m0, y0), (m1, y1) = segment
        assert (y1 - y0) / (m1 - m0) == pytest.approx(0.5)
    assert [mark.get_xdata()[0] for mark in picture.slopes] == [0.5, -0.8, state.observed, state.raw]


def test_the_read_out_writes_the_blend_as_a_sum():
    state = two_slopes(0.5, -0.4, 0.4, 6)
    assert numbers(state)["which is"] == "0.50 \u00d7 (\u22120.220) + 0.50 \u00d7 0.500"
    assert state.raw == pytest.approx(0.5 * -0.22 + 0.5 * 0.5)
