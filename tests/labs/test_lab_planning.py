"""Lab `planning`: powers by formula, the tables that check them, and what it remembers."""

import threading
from dataclasses import replace

import numpy as np
import pytest

import mlmed_teach as mt
from mlmed_teach import labs
from mlmed_teach.labs.lab_planning import (
    EACH,
    MOST_TABLES,
    PlanningPicture,
    as_many_rows_other_power,
    look_at,
    numbers,
    promised_too_much,
    words,
)
from mlmed_teach.labs.planned_studies import CURVE, NONE, Design, Notebook, Runs, run_tables, share_error
from tools.data.make_power import PLAN

START = Design(40, 8, 0.3, 0.3)


def of(shares, kept=None, design=START):
    """A state in which tables were run: design -> (how many, how many of them found the effect)."""
    notebook = Notebook()
    notebook.kept = kept
    for other, (tables, found) in shares.items():
        notebook._runs[other] = Runs(np.linspace(0, 4, tables), np.arange(tables) < found)
    return look_at(notebook, design)


def test_it_begins_with_the_population_of_the_lesson():
    assert START.population == PLAN
    assert labs.planning().state.design == START


def test_power_is_that_of_the_formula():
    for design in (START, Design(120, 5, 0.45, 0.1), Design(10, 20, 0.1, 0.6)):
        row = mt.expected_power(design.population, clusters=design.clusters, sizes=design.size).iloc[0]
        assert (design.power, design.error) == (pytest.approx(row["power"]), pytest.approx(row["se"]))
        assert design.curve[CURVE == design.clusters] == pytest.approx([design.power])
        assert design.population.cov_ab == pytest.approx(design.sd**2 / 3)


def test_power_grows_with_clusters_rows_and_paths_and_falls_with_the_spread_of_slopes():
    for name, values in {"clusters": (10, 60, 200), "size": (4, 9, 20), "path": (0.1, 0.3, 0.6)}.items():
        powers = [replace(START, **{name: value}).power for value in values]
        assert powers == sorted(powers) and powers[0] < powers[-1]
    assert replace(START, sd=0.6).power < START.power < replace(START, sd=0.1).power


@pytest.mark.filterwarnings("ignore::mlmed_teach.BoundaryWarning")
def test_a_table_counts_as_its_own_analysis_does():
    design = Design(30, 6, 0.3, 0.3)
    runs = run_tables(design, 0, 12)
    rng = np.random.default_rng(np.random.SeedSequence(12, spawn_key=(30, 6, 30, 30, 0)))
    fits = [mt.mediate(mt.simulate(design.population, 30, 6, rng)).indirect for _ in range(12)]
    assert runs.z == pytest.approx([fit.z for fit in fits], abs=2e-3)
    assert runs.found.tolist() == [not fit.ci[0] <= 0 <= fit.ci[1] for fit in fits]
    assert 0 < runs.found.sum() < 12


def test_later_tables_are_others_and_designs_have_their_own():
    first, later = run_tables(START, 0, 3), run_tables(START, 3, 3)
    assert len(np.unique(np.concatenate([first.z, later.z, run_tables(replace(START, sd=0.35), 0, 3).z]))) == 9
    assert (run_tables(START, 0, 3).z == first.z).all()


def test_a_share_has_its_monte_carlo_error():
    runs = Runs(np.zeros(100), np.arange(100) < 20)
    assert (runs.share, runs.mc_error) == (0.2, pytest.approx(0.04)) and share_error(0.5, 25) == 0.1
    assert np.isnan([NONE.share, NONE.mc_error]).all()
    assert len(runs + runs) == 200 and (runs + runs).share == 0.2


def test_the_read_out_says_what_was_run_and_kept():
    found = numbers(of({}))
    assert found["Tables run"] == "0" and found["Power in them \u00b1 MC error"] == "none run yet"
    assert found["Kept"] == "\N{EN DASH}" and found["Indirect effect"] == "0.090 + 0.030 = 0.120"
    state = of({START: (100, 20)}, kept=Design(80, 4, 0.3, 0.3))
    found = numbers(state)
    assert found["Power in them \u00b1 MC error"] == "20% \u00b1 4.0%"
    assert found["Kept"] == f"80 \u00d7 4, 320 rows: {state.kept.power:.0%}"
    assert "40: 20% of 100" in words(state) and "The z of 100 tables" in words(state)
    weak = of({}, design=Design(10, 4, 0.1, 0.1))
    assert weak.needed is None and numbers(weak)["80% power from"] == "more than 200 clusters"
    needed = of({}).needed
    assert replace(START, clusters=needed).power >= 0.8 > replace(START, clusters=needed - 1).power


def test_the_picture_shows_the_tables_of_this_curve_only():
    picture = PlanningPicture()
    others = {replace(START, clusters=80): (50, 40), replace(START, size=9): (50, 10), replace(START, sd=0.4): (50, 10)}
    picture.move(of({START: (100, 20)} | others, kept=Design(80, 4, 0.3, 0.3)))
    assert [list(data) for data in picture.dots.get_data()] == [[40, 80], [0.2, 0.8]]
    (x, low), (_, high) = picture.reach.get_segments()[0]
    assert (x, low, high) == (40, pytest.approx(0.12), pytest.approx(0.28))
    assert picture.here.get_data() == ([40], [START.power])
    assert picture.kept.get_xdata() == [80]
    picture.move(of({}, kept=Design(80, 4, 0.3, 0.4)))
    assert picture.kept.get_xdata() == []  # of another population
    heights = [verts.vertices[:, 1].max() for verts in picture.heap.get_paths()]
    assert heights == []


def test_the_coloured_area_is_the_power():
    picture = PlanningPicture()
    for design in (START, Design(12, 4, 0.1, 0.3), Design(200, 20, 0.6, 0.3)):
        picture.move(of({}, design=design))
        corners = [path.vertices for path in picture.area.get_paths() if len(path.vertices) > 2]
        area = sum(abs(np.trapezoid(c[: len(c) // 2, 1], c[: len(c) // 2, 0])) for c in corners)
        assert area == pytest.approx(design.power, abs=0.03)
        assert picture.ruler.ax.get_xlim()[1] >= design.ratio + 3


def test_missions_ask_for_what_they_say():
    far = Design(16, 20, 0.3, 0.3)
    as_many = replace(far, clusters=64, size=5)
    assert as_many_rows_other_power(of({}, kept=far, design=as_many))
    assert not as_many_rows_other_power(of({}, design=as_many))
    assert not as_many_rows_other_power(of({}, kept=far, design=replace(as_many, clusters=65)))
    assert not as_many_rows_other_power(of({}, kept=far, design=replace(as_many, sd=0.2)))
    assert not as_many_rows_other_power(of({}, kept=START, design=replace(START, clusters=80, size=4)))
    low = int(100 * (START.power - 3.2 * share_error(START.power, 100)))
    assert promised_too_much(of({START: (100, low)}))
    assert not promised_too_much(of({START: (100, low + 10)}))
    assert not promised_too_much(of({START: (50, 0)}))
    assert not promised_too_much(of({START: (100, 100)}))


def test_the_first_mission_needs_the_population_as_it_is():
    lab = labs.planning()
    for name, value in (("path", 0.6), ("clusters", 80), ("size", 5)):
        lab.controls[name].value = value
    assert lab.state.design.power > 0.9 and not lab.missions[0].done
    lab.controls["path"].value = 0.3
    assert not lab.missions[0].done  # 400 rows, of which 80 x 5 is the best, do not suffice
    lab.controls["clusters"].value = 90
    assert lab.missions[0].done


def test_tables_and_the_kept_design_are_remembered_until_reset():
    lab = labs.planning()
    lab.controls["run"].click()
    lab.controls["keep"].click()
    before = lab.state.runs
    lab.controls["clusters"].value = 60
    assert len(lab.state.runs) == 0 and [J for J, _ in lab.state.beside] == [40] and lab.state.kept == START
    lab.controls["run"].click()
    assert [J for J, _ in lab.state.beside] == [40, 60]
    lab.controls["clusters"].value = 40
    assert lab.state.runs is before and len(before) == EACH
    lab.reset()
    assert len(lab.state.runs) == 0 and lab.state.kept is None


def test_too_many_tables_are_refused_in_words():
    lab = labs.planning()
    lab.notebook._runs[START] = Runs(np.zeros(MOST_TABLES), np.zeros(MOST_TABLES, dtype=bool))
    lab.controls["run"].click()
    assert "1,000 tables of this design were run" in lab.readout.value


def test_presses_at_once_run_different_tables():
    """Some kernels answer each message in a thread of its own."""
    lab = labs.planning()
    lab.controls["clusters"].value = 10
    threads = [threading.Thread(target=lab.pressed, args=("run",)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lab.move()
    assert len(lab.state.runs) == len(np.unique(lab.state.runs.z)) == 2 * EACH
