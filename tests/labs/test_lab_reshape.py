"""Lab `reshape`: its arithmetic, beside the package's stacked table and plain regressions."""

import itertools

import numpy as np
import pandas as pd
import pytest

import mlmed_teach as mt
from mlmed_teach import labs
from mlmed_teach.labs.lab_reshape import ROWS, ReshapePicture, chosen_row, least_squares, stacked, words

ROWS_AND_KINDS = list(itertools.product(range(1, ROWS + 1), "my"))


@pytest.mark.parametrize(("row", "holds"), ROWS_AND_KINDS)
def test_a_row_is_that_of_the_stacked_table(row, holds):
    df = mt.load_ml_sim()
    state = chosen_row(row, holds, swapped=False)
    line = mt.stack(df).iloc[state.stacked_row - 1]
    assert (line["fid"], line["z"]) == (row, state.z) and state.z == df[holds].iloc[row - 1]
    assert state.terms == pytest.approx(line[list(state.terms)].to_dict())
    assert state.equation == holds
    assert state.feeds == (("d_M", "a") if holds == "m" else ("d_Y", "b", "c'"))


@pytest.mark.parametrize(("row", "holds"), ROWS_AND_KINDS)
def test_swapped_it_carries_the_other_equation(row, holds):
    right, wrong = chosen_row(row, holds, swapped=False), chosen_row(row, holds, swapped=True)
    assert wrong.z == right.z and wrong.equation != holds
    other = chosen_row(row, "y" if holds == "m" else "m", swapped=False)
    assert wrong.terms == other.terms
    assert f"holds {holds} but carries {wrong.equation}'s equation" in words(wrong)


def test_least_squares_are_the_two_regressions():
    df = mt.load_ml_sim()
    one, x, m = np.ones(len(df)), df["x"], df["m"]
    of_m = np.linalg.lstsq(np.column_stack([one, x]), m, rcond=None)[0]
    of_y = np.linalg.lstsq(np.column_stack([one, m, x]), df["y"], rcond=None)[0]
    assert list(least_squares(False)) == ["sm", "smx", "sy", "sym", "syx"]
    assert list(least_squares(False).values()) == pytest.approx([*of_m, *of_y], abs=1e-9)


def test_swapped_m_explains_itself_and_a_is_the_slope_of_y_on_x():
    df = mt.load_ml_sim()
    fit = least_squares(True)
    assert (fit["sy"], fit["sym"], fit["syx"]) == (0, 1, 0)
    assert [fit["smx"], fit["sm"]] == pytest.approx(np.polyfit(df["x"], df["y"], 1), abs=1e-9)


def test_the_swapped_table_is_whole_and_the_stacked_model_refuses_it():
    long, right = stacked(True), stacked(False)
    assert (long["sm"] + long["sy"] == 1).all() and (long["sm"] != right["sm"]).all()
    unchanged = ["fid", "id", "x", "m", "z"]
    pd.testing.assert_frame_equal(long[unchanged], right[unchanged])
    with pytest.raises(mt.MlmedError, match="reproduce the response exactly"):
        mt.fit_stacked(long)


def test_only_what_was_broken_can_be_mended():
    lab = labs.reshape()
    done = lambda: [mission.done for mission in lab.missions]  # noqa: E731
    lab.controls["swapped"].value = True  # a row with m: no row with y was looked at
    lab.controls["swapped"].value = False
    assert done() == [False, False, False]
    lab.controls["swapped"].value = True
    lab.controls["holds"].value = "y"
    assert done() == [False, True, False]
    lab.controls["swapped"].value = False
    assert done() == [True, True, True]
    lab.reset()
    lab.controls["row"].value = 3
    assert done() == [False, False, False]


@pytest.mark.parametrize("swapped", [False, True])
def test_the_picture_shows_every_term_and_marks_the_row(swapped):
    picture = ReshapePicture()
    state = chosen_row(3, "y", swapped)
    picture.move(state)
    shown = np.reshape([float(cell.get_text().replace("\N{MINUS SIGN}", "-")) for cell in picture.cells], (5, -1)).T
    assert shown == pytest.approx(state.table, abs=0.005)
    assert len(picture.grounds["m"].get_paths()) + len(picture.grounds["y"].get_paths()) == np.sum(state.table != 0)
    texts = [text.get_text().replace("\N{MINUS SIGN}", "-") for text in picture.fit]
    assert np.array(texts, dtype=float) == pytest.approx(list(state.fit.values()), abs=0.005)
    box = picture.boxes[1].get_bbox()
    inside = [box.y0 < cell.get_position()[1] < box.y1 for cell in picture.cells[: 2 * ROWS]]
    assert np.flatnonzero(inside) == state.stacked_row - 1
