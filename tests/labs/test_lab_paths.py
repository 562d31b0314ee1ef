"""Lab `paths`: its arithmetic."""

import numpy as np
import pytest

from mlmed_teach.labs.lab_paths import CLUSTERS, PathsPicture, clusters_slopes


@pytest.mark.parametrize(
    ("a", "b", "sd", "correlation"),
    [(0.6, 0.6, 0.4, 0.7), (0.2, -0.3, 0.5, -1), (0, 0, 0, 1), (-0.8, 0.8, 0.1, 0)],
)
def test_clusters_have_the_moments_that_the_controls_say(a, b, sd, correlation):
    state = clusters_slopes(a, b, sd, correlation)
    assert len(state.a_j) == len(state.b_j) == CLUSTERS
    assert [state.a_j.mean(), state.b_j.mean()] == pytest.approx([a, b], abs=1e-12)
    cov = np.cov(state.a_j, state.b_j, ddof=0)
    expected = sd**2 * np.array([[1, correlation], [correlation, 1]])
    assert cov == pytest.approx(expected, abs=1e-12)
    assert np.mean(state.a_j * state.b_j) == pytest.approx(state.indirect, abs=1e-12)
    assert state.indirect == pytest.approx(a * b + correlation * sd**2, abs=1e-15)
    assert state.negative == np.mean(np.sign(state.a_j) * np.sign(state.b_j) < 0)


def test_clusters_move_they_are_not_drawn_anew():
    here, there = clusters_slopes(0.6, 0.6, 0.4, 0.7), clusters_slopes(0.1, 0.6, 0.2, 0.7)
    assert (there.a_j - 0.1) / 0.2 == pytest.approx((here.a_j - 0.6) / 0.4)


@pytest.mark.parametrize("correlation", [-1, -0.5, 0, 0.5, 1])
def test_the_axes_hold_every_cluster_at_the_ends_of_the_controls(correlation):
    for a in (-0.8, 0.8):
        for b in (-0.8, 0.8):
            state = clusters_slopes(a, b, 0.5, correlation)
            low, high = PathsPicture().positive.axes.get_xlim()
            assert low < min(state.a_j.min(), state.b_j.min())
            assert max(state.a_j.max(), state.b_j.max()) < high


def test_the_picture_shows_each_cluster_on_its_side():
    picture = PathsPicture()
    state = clusters_slopes(0.3, -0.2, 0.4, 0.2)
    picture.move(state)
    a_j, b_j = picture.negative.get_data()
    assert len(a_j) == round(state.negative * CLUSTERS)
    assert (a_j * b_j < 0).all()
    assert len(picture.positive.get_xdata()) == CLUSTERS - len(a_j)
    assert list(picture.mean.get_xdata()) == [state.indirect] * 2
    assert list(picture.cov.get_xdata()) == [state.product, state.indirect]
