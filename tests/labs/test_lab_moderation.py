"""Lab `moderation`: its arithmetic."""

import itertools

import numpy as np
import pandas as pd
import pytest
from helpers.fits import mediate_quietly

import mlmed_teach as mt
from mlmed_teach.labs.lab_moderation import DATA, PATH, SD, ModerationPicture, leaning_paths, numbers, words

SLOPES = (-0.4, -0.15, 0, 0.3)
SETTINGS = list(itertools.product(SLOPES, SLOPES, (-0.15, 0, 0.1)))
MINUS = "\N{MINUS SIGN}"


def moments(u, v):
    u, v = u - u.mean(), v - v.mean()
    return np.mean(u**2), np.mean(v**2), np.mean(u * v)


@pytest.mark.parametrize(("a_by_w", "b_by_w", "cov"), SETTINGS)
def test_what_w_leaves_over_of_the_clusters_has_the_covariance_that_is_shown(a_by_w, b_by_w, cov):
    state = leaning_paths(0, a_by_w, b_by_w, cov)
    w, a_j, b_j = state.of_clusters
    u_a, u_b = a_j - (PATH + a_by_w * w), b_j - (PATH + b_by_w * w)
    assert (u_a.mean(), u_b.mean()) == (pytest.approx(0, abs=1e-12), pytest.approx(0, abs=1e-12))
    assert moments(u_a, u_b) == pytest.approx((SD**2, SD**2, cov))


@pytest.mark.parametrize(("a_by_w", "b_by_w", "cov"), SETTINGS)
def test_the_effect_is_the_average_product_of_clusters_with_this_w(a_by_w, b_by_w, cov):
    """Whatever w leaves over has the same covariance everywhere, so all clusters can be put at one w."""
    state = leaning_paths(0, a_by_w, b_by_w, cov)
    own, a_j, b_j = state.of_clusters
    for w in (-2.5, 0, 1.3):
        away = w - own
        assert np.mean((a_j + a_by_w * away) * (b_j + b_by_w * away)) == pytest.approx(state.indirect(w))


@pytest.mark.parametrize(("a_by_w", "b_by_w", "cov"), SETTINGS)
def test_slope_index_and_turn_are_those_of_the_curve(a_by_w, b_by_w, cov):
    state = leaning_paths(0, a_by_w, b_by_w, cov)
    for w in (-1.0, 0.0, 2.0):
        rise = (state.indirect(w + 1e-4) - state.indirect(w - 1e-4)) / 2e-4
        assert state.slope(w) == pytest.approx(rise, abs=1e-8)
    if a_by_w and b_by_w:
        assert state.index is None
        assert state.slope(state.turn) == pytest.approx(0, abs=1e-12)
        data = np.linspace(-DATA, DATA, 2001)[1:-1]
        lowest = data[np.argmin(state.indirect(data))]
        inside = abs(lowest - state.turn) < 0.01
        assert state.has_bottom == inside
    else:
        assert state.turn is None and not state.has_bottom
        assert state.index == pytest.approx(state.indirect(2) - state.indirect(1))


def test_a_model_fitted_to_such_clusters_finds_these_effects():
    """The lab's formula is the one of `mediate`: rows without noise, so that estimates are the clusters' own."""
    state = leaning_paths(0, 0.3, -0.2, 0.1)
    w, a_j, b_j = (np.repeat(values, 6) for values in state.of_clusters)
    rng = np.random.default_rng(1)
    x, e_m, e_y = rng.normal(size=(3, len(w)))
    m = a_j * x + 0.05 * e_m
    frame = {"id": np.repeat(np.arange(60), 6), "x": x, "m": m, "y": b_j * m + 0.05 * e_y, "w": w}
    med = mediate_quietly(pd.DataFrame(frame), moderators={"a": "w", "b": "w"}, random=("a", "b"))
    found = med.conditional([-1, 1]).xs("indirect", level="effect")["estimate"]
    assert found.to_numpy() == pytest.approx([state.indirect(-1), state.indirect(1)], abs=0.06)


def test_lines_and_points_of_the_picture_are_where_the_numbers_say():
    picture = ModerationPicture()
    state = leaning_paths(1.5, 0.3, -0.2, -0.1)
    picture.move(state)
    for line, at in (
        (picture.paths[0], 0.95),
        (picture.paths[1], 0.2),
        (picture.product, 0.19),
        (picture.effect, 0.09),
    ):
        w, height = line.get_data()
        assert np.interp(1.5, w, height) == pytest.approx(at, abs=1e-3)
    heights = [point.get_ydata()[0] for point in (*picture.points, picture.here)]
    assert heights == pytest.approx([0.95, 0.2, 0.09])
    assert picture.gap.get_ydata() == pytest.approx([0.19, 0.09])


def test_legends_stand_above_the_pictures():
    picture = ModerationPicture()
    picture.move(leaning_paths(0, 0.2, 0, 0.05))
    top = max(ax.get_position().y1 for ax in picture.figure.axes)
    for text in (*picture._says, *picture._sums):
        assert text.get_window_extent().y0 > top * picture.figure.bbox.height


def test_read_out_and_words_say_what_shape_it_has():
    line, level, curve = (leaning_paths(0.5, *slopes, 0.05) for slopes in ((0.2, 0), (0, 0), (0.3, 0.3)))
    assert numbers(line)["Index"] == "0.100" and "a straight line with slope 0.100" in words(line)
    assert numbers(level)["Index"] == "0.000" and "which is level" in words(level)
    assert numbers(curve)["Index"] == "none, it is a curve" and f"lowest at w = {MINUS}1.667" in words(curve)
    assert numbers(curve)["It turns at"] == f"w = {MINUS}1.667"
    assert "highest" in words(leaning_paths(0, 0.3, -0.3, 0))
    assert "where there are no data" in words(leaning_paths(2.5, 0.2, 0, 0.05))
    assert "where there are no data" not in words(line)
    assert numbers(line)["Indirect effect (w = 0.5)"] == "0.350"


@pytest.mark.parametrize(
    "mission, settings",
    [
        (0, (0, 0.3, 0.3, -0.1)),  # both lean
        (0, (-1, 0.4, 0, 0.05)),  # not 0 at -1
        (0, (-1, -0.3, 0, -0.3)),  # 0 nowhere near, and negative at 1
        (1, (-1.2, 0.4, 0.25, 0)),  # stands beside the bottom
        (1, (-2, 0.25, 0.25, 0)),  # it turns at the end of the data
        (1, (0.4, 0.4, -0.25, 0)),  # a top
        (2, (0, -0.05, -0.2, 0)),  # a falls, too
        (2, (0, 0.3, -0.2, 0)),  # a is below 0 at -2
        (2, (0, 0.05, -0.3, 0)),  # b is below 0 at 2
        (2, (0, 0.2, -0.2, 0)),  # it rises at first
    ],
)
def test_missions_are_not_done_by_what_comes_near(mission, settings):
    lab = mt.labs.moderation()
    assert not lab.goals[mission].reached(leaning_paths(*settings))
