"""Lab `sampling`: its samples, their tallies, and what it remembers."""

import threading
import warnings

import numpy as np
import pytest

from mlmed_teach import BoundaryWarning, MlmedError, Population, labs, mediate, simulate
from mlmed_teach.labs.lab_sampling import MOST, SHOWN, SamplingPicture, look_at, numbers, words
from mlmed_teach.labs.samples import TRUTH, Design, Memory, Samples, draw_samples, running_coverage, sides, tally

DESIGN = Design(30, 6, "normal")


@pytest.fixture(scope="module")
def samples():
    return draw_samples(7, DESIGN, 0, 12)


def test_an_interval_is_that_of_a_single_fit(samples):
    for number in (0, 5):
        rng = np.random.default_rng(np.random.SeedSequence(7, spawn_key=(30, 6, 0, number)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", BoundaryWarning)
            med = mediate(simulate(Population(), 30, 6, rng))
        assert samples.estimate[number] == pytest.approx(med.indirect.estimate, abs=2e-4)
        assert samples.limits["wald"][number] == pytest.approx(med.indirect.ci, abs=5e-4, nan_ok=True)


def test_drawn_one_by_one_they_are_the_same(samples):
    for number in (0, 7):
        one = draw_samples(7, DESIGN, number, 1)
        assert one.estimate == pytest.approx(samples.estimate[[number]], abs=2e-4)
        for method in ("wald", "monte_carlo"):
            assert one.limits[method] == pytest.approx(samples.limits[method][[number]], abs=5e-4, nan_ok=True)


def test_each_seed_design_and_number_has_a_sample_of_its_own(samples):
    others = [draw_samples(8, DESIGN, 0, 1), draw_samples(7, Design(30, 6, "skewed"), 0, 1)]
    estimates = [*samples.estimate, *(other.estimate[0] for other in others)]
    assert len(np.unique(np.round(estimates, 3))) == len(estimates)


LIMITS = np.array([[0.4, 0.6], [0.5, 0.7], [np.nan, np.nan], [0.2, 0.4], [0.3, 0.5]])


def test_a_tally_counts_each_side():
    found = tally(np.array([0.5, 0.6, 0.9, 0.3, 0.4]), LIMITS)
    assert (found.drawn, found.exist, found.held, found.below, found.above) == (5, 4, 2, 1, 1)
    assert found.coverage == 0.5 and found.mc_error == 0.25
    assert found.width == pytest.approx(0.2)
    assert found.sd == pytest.approx(np.std([0.5, 0.6, 0.9, 0.3, 0.4], ddof=1))
    assert list(sides(LIMITS)[[0, 1, 3]]) == [0, 1, -1] and np.isnan(sides(LIMITS)[2])
    count, share = running_coverage(LIMITS)
    assert list(count) == [1, 2, 3, 4]
    assert share == pytest.approx([1, 1 / 2, 1 / 3, 2 / 4])


def test_without_an_interval_there_is_no_coverage_and_no_number_is_made_up():
    found = tally(np.array([0.5]), np.full((1, 2), np.nan))
    assert found.exist == 0 and np.isnan([found.coverage, found.mc_error, found.width, found.sd]).all()
    assert [len(part) for part in running_coverage(np.full((3, 2), np.nan))] == [0, 0]


def of(estimate, limits):
    """A memory that holds these samples."""
    memory = Memory(3)
    memory._samples[DESIGN] = Samples(np.asarray(estimate), {"wald": np.asarray(limits), "monte_carlo": LIMITS + 1})
    return memory


def test_the_read_out_says_what_has_no_interval():
    found = numbers(look_at(of([0.5, 0.6, 0.9, 0.3, 0.4], LIMITS), DESIGN, "wald"))
    assert found["Samples"] == "5, 1 without an interval"
    assert found["Hold the truth"] == "2 of 4 intervals"
    assert found["Coverage \u00b1 MC error"] == "50.0% \u00b1 25.0%"
    assert found["Latest"] == "0.400, 0.300 to 0.500"
    state = look_at(of([0.5], np.full((1, 2), np.nan)), DESIGN, "wald")
    assert numbers(state)["Coverage \u00b1 MC error"] == "no interval yet"
    assert numbers(state)["Latest"] == "0.500, no interval"
    assert "0 of 0 intervals hold it" in words(state) and "1 sample without an interval" in words(state)
    assert state.line == "3: .500 [none] 30x6 wald normal"


def test_the_picture_sorts_intervals_by_what_happened_and_keeps_the_latest():
    picture = SamplingPicture()
    many = np.tile(LIMITS, (20, 1))
    picture.move(look_at(of(np.tile([0.5, 0.6, 0.9, 0.3, 0.4], 20), many), DESIGN, "wald"))
    drawn = [len(marks.get_xdata()) for marks in picture.marks]
    assert drawn == [2 * SHOWN // 5, 2 * SHOWN // 5, SHOWN // 5]
    holds, misses, none = (lines.get_segments() for lines in picture.lines)
    assert all(low < TRUTH < high for (low, _), (high, _) in holds)
    assert not any(low < TRUTH < high for (low, _), (high, _) in misses)
    assert len(none) == 0
    assert picture.latest.get_data() == (pytest.approx([80]), pytest.approx([0.6]))  # 50%, at the lower edge


def test_another_method_shows_other_intervals_of_the_same_samples():
    lab = labs.sampling()
    lab.controls["draw_20"].click()
    before = lab.state
    lab.controls["method"].value = "monte_carlo"
    assert (lab.state.estimate == before.estimate).all()
    assert (np.isnan(lab.state.limits) == np.isnan(before.limits)).all()
    assert not np.array_equal(lab.state.limits, before.limits, equal_nan=True)


def test_designs_that_were_tried_are_remembered_and_go_on_where_they_stopped():
    lab = labs.sampling()
    lab.controls["draw_20"].click()
    first = lab.state
    for clusters in (50, 20):
        lab.controls["clusters"].value = clusters  # only looked at
    assert len(lab.state.estimate) == 1
    assert numbers(lab.state)["Before: 100 \u00d7 8, normal"].startswith(f"{first.now.coverage:.0%} of")
    assert sum(name.startswith("Before") for name in numbers(lab.state)) == 1
    lab.controls["clusters"].value = 100
    assert (lab.state.estimate == first.estimate).all()
    assert not any(name.startswith("Before") for name in numbers(lab.state))
    lab.reset()
    assert len(lab.state.estimate) == 1 and not lab.state.tried


def test_a_seed_gives_each_student_the_same_samples_again_and_others_other_ones():
    one, same, other = labs.sampling(seed=1234), labs.sampling(1234), labs.sampling(seed=1235)
    assert one.state.line == same.state.line and one.state.line.startswith("1234: ")
    assert one.state.estimate[0] != other.state.estimate[0]
    assert one.state.line in one.paste.value
    one.reset()
    assert one.state.line == same.state.line
    for wrong in (-1, 2.5, "me"):
        with pytest.raises(MlmedError, match="seed"):
            labs.sampling(seed=wrong)


def test_too_many_samples_are_refused_in_words():
    lab = labs.sampling()
    design = lab.state.design
    lab.memory._samples[design] = of(np.full(MOST - 5, 0.5), np.tile([0.4, 0.6], (MOST - 5, 1))).samples(DESIGN)
    lab.controls["draw_20"].click()
    assert lab.state.now.drawn == MOST
    lab.controls["draw_1"].click()
    assert "1,000 samples of this design are drawn" in lab.readout.value


def test_presses_at_once_draw_different_samples():
    """Some kernels answer each message in a thread of its own."""
    lab = labs.sampling()
    threads = [threading.Thread(target=lab.pressed, args=("draw_1",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lab.move()
    assert lab.state.now.drawn == 5 and len(np.unique(lab.state.estimate)) == 5


@pytest.mark.parametrize("seed", [2, 77])
def test_the_first_mission_is_no_luck_of_one_seed(seed):
    lab = labs.sampling(seed)
    lab.controls["shape"].value = "skewed"
    for _ in range(15):
        lab.controls["draw_20"].click()
        if lab.missions[0].done:
            break
    assert lab.missions[0].done and lab.state.now.exist >= 100


def test_the_second_mission_needs_enough_of_both_designs_with_effects_alike():
    lab = labs.sampling()

    def draw(clusters, size, shape):
        for name, value in (("clusters", clusters), ("size", size), ("shape", shape)):
            lab.controls[name].value = value
        lab.controls["draw_20"].click()

    draw(50, 4, "normal")
    draw(10, 20, "skewed")
    assert not lab.missions[1].done
    draw(10, 20, "normal")
    assert lab.missions[1].done
