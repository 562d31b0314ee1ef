"""The diary of lesson 10: made and spoiled as its script says, and good for what the lesson does with it."""

import numpy as np
import pandas as pd
import pytest
from helpers.fits import mediate_quietly

import mlmed_teach as mt
from tools.data import make_diary

COLUMNS = {"x": "stress", "m": "sleep", "y": "mood", "group": "student"}
ALL_SLOPES = {"covariates": ["weekend", "year"], "decompose": True, "missing": "drop"}
FINAL = {**ALL_SLOPES, "random": ("a", "b")}


@pytest.fixture(scope="module")
def lines():
    return make_diary.CSV.read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="module")
def cleaned():
    """The table after the steps of the lesson."""
    diary = pd.read_csv(make_diary.CSV, sep=";", decimal=",", na_values="-")
    diary["sleep"] = pd.to_numeric(diary["sleep"].str.removesuffix(" h").str.replace(",", "."))
    diary["stress"] = diary["stress"].where(diary["stress"] <= 10)
    diary["sleep"] = diary["sleep"].where(diary["sleep"] <= 24)
    diary["student"] = diary["student"].str.strip().str.upper()
    return diary.drop_duplicates()


@pytest.fixture(scope="module")
def final(cleaned):
    return mt.mediate(cleaned, **COLUMNS, **FINAL)


def test_the_script_writes_the_same_file_byte_for_byte(tmp_path):
    path = tmp_path / "again.csv"
    assert make_diary.main(["--out", str(path)]) == 0
    assert path.read_bytes() == make_diary.CSV.read_bytes()


def test_the_steps_of_the_lesson_give_back_what_was_drawn(cleaned):
    drawn = make_diary.draw()
    lost = cleaned["sleep"].isna().to_numpy() & drawn["sleep"].notna().to_numpy()
    assert drawn["sleep"][lost].tolist() == [7.5]  # written as 75, which the lesson does not guess at
    drawn.loc[lost, "sleep"] = np.nan
    drawn["comment"] = drawn["comment"].replace("", np.nan)
    pd.testing.assert_frame_equal(cleaned.reset_index(drop=True), drawn, check_dtype=False)


def test_every_kind_of_dirt_is_in_the_file(lines):
    cells = [line.split(";") for line in lines[1:]]
    assert {len(row) for row in cells} == {9}
    student, _, stress, sleep, mood, _, _, wave, comment = map(list, zip(*cells, strict=True))
    assert all("." not in value for value in [*stress, *sleep, *mood]) and "," in "".join(mood)
    assert {"", "n/a"} <= set(stress) and {"", "n/a"} <= set(sleep) and {"", "-"} <= set(mood)
    assert stress.count("999") == 2 and sleep.count("75") == 1
    assert {who for who, hours in zip(student, sleep, strict=True) if hours.endswith(" h")} >= {"S01", "S19"}
    assert len(set(student)) > len({who.strip().upper() for who in student}) == 60
    assert len(lines) - len(set(lines)) == 1  # one row exactly twice; another under a second spelling of its id
    assert set(wave) == {"1"} and "müde" in comment


def test_students_have_the_planted_numbers_of_mornings():
    drawn = make_diary.draw()
    mornings = drawn.groupby("student").size()
    assert (mornings == 1).sum() == 3 and mornings[mornings > 1].between(4, 14).all() and mornings.nunique() > 8
    assert not drawn.duplicated(["student", "day"]).any()
    assert drawn.loc[drawn["sleep"].notna(), "student"].nunique() == 59
    assert drawn["mood"].between(0, 10).sum() == drawn["mood"].notna().sum()


def test_planted_effects_follow_from_the_planted_paths():
    t = make_diary.TRUTH
    assert t["indirect"] == pytest.approx(t["a"] * t["b"] + t["cov_ab"])
    assert t["total"] == pytest.approx(t["indirect"] + t["cprime"])
    assert abs(t["cov_ab"]) < t["sd a"] * t["sd b"]


def test_other_draws_have_the_planted_effects_on_average():
    """30 diaries; three standard errors of their mean, and .01 for the error in the means of few mornings."""
    estimates = []
    for seed in range(100, 130):
        med = mediate_quietly(make_diary.draw(seed), **COLUMNS, **FINAL)
        row = {"a": med.a, "b": med.b, "cprime": med.cprime, "cov_ab": med.cov_ab}
        row |= {"indirect": med.indirect.estimate, "total": med.total.estimate}
        row |= {"weekend on sleep": med.fit.params["sm:weekend"], "weekend on mood": med.fit.params["sy:weekend"]}
        estimates.append(row)
    table = pd.DataFrame(estimates)
    distance = (table.mean() - pd.Series(make_diary.TRUTH)[table.columns]).abs()
    assert (distance < 3 * table.std() / np.sqrt(len(table)) + 0.01).all(), distance


def test_estimates_of_the_file_lie_near_the_planted_effects(final):
    """Within two standard errors; between students, where few mornings blur the means, within three."""
    rows = pd.concat([final.to_frame(), final.paths])
    for name in ("a", "b", "cprime", "indirect", "total", "between: a", "between: b", "between: cprime"):
        between = name.startswith("between: ")
        estimate, se = rows.loc[name if between else f"within: {name}", ["estimate", "se"]]
        assert abs(estimate - make_diary.TRUTH[name]) < (3 if between else 2) * se, name


def test_all_slopes_end_on_the_boundary_and_two_inside_whoever_is_left_out(cleaned, final):
    with pytest.warns(mt.BoundaryWarning):
        mt.mediate(cleaned, **COLUMNS, **ALL_SLOPES)
    assert not final.fit.singular and "S23" in final.notes[0]
    assert len(final.notes) == 1 and "Reliability of the observed means" in final.summary()
    for who in cleaned["student"].unique():
        med = mt.mediate(cleaned[cleaned["student"] != who], **COLUMNS, **FINAL)  # a warning would fail the lesson
        assert not med.fit.singular and abs(med.indirect.estimate - final.indirect.estimate) < final.indirect.se
