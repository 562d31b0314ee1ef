"""The second file of lesson 10: made and spoiled as its script says, and good for what its exercises ask."""

import numpy as np
import pandas as pd
import pytest
from helpers.fits import mediate_quietly

import mlmed_teach as mt
from tools.data import make_wards

COLUMNS = {"x": "support", "m": "energy", "y": "quality", "group": "id", "decompose": True, "missing": "drop"}


@pytest.fixture(scope="module")
def cleaned():
    """The table after the points of the checklist."""
    wards = pd.read_csv(make_wards.CSV)
    wards = wards[wards["hospital"] != "Mean"].drop_duplicates()
    wards["hospital"] = wards["hospital"].str.strip().str.title()
    wards[["energy", "quality"]] = wards[["energy", "quality"]].replace(make_wards.NO_ANSWER, np.nan)
    wards["id"] = wards["hospital"] + wards["ward"].astype(int).astype(str)
    return wards


def test_the_script_writes_the_same_file_byte_for_byte(tmp_path):
    path = tmp_path / "again.csv"
    assert make_wards.main(["--out", str(path)]) == 0
    assert path.read_bytes() == make_wards.CSV.read_bytes()


def test_cleaning_gives_back_what_was_drawn(cleaned):
    drawn = make_wards.draw()
    pd.testing.assert_frame_equal(cleaned[list(drawn)].reset_index(drop=True), drawn, check_dtype=False)


def test_every_kind_of_dirt_is_in_the_file(cleaned):
    file = pd.read_csv(make_wards.CSV)
    assert file["hospital"].iloc[-1] == "Mean" and set(make_wards.SPELLINGS) < set(file["hospital"])
    assert len(file) == len(cleaned) + 2 and file["nurse"].duplicated().sum() == 1
    assert (file[["energy", "quality"]] == make_wards.NO_ANSWER).sum().min() > 1
    assert file["ward"].nunique() < cleaned["id"].nunique() == sum(make_wards.HOSPITALS.values())
    sizes = cleaned.groupby("id").size()
    assert sizes.min() == 2 and sizes.max() == 24


def test_all_slopes_end_on_the_boundary_and_two_inside_near_what_was_planted(cleaned):
    assert mediate_quietly(cleaned, **COLUMNS).fit.singular
    two = mt.mediate(cleaned, **COLUMNS, random=("a", "b"))
    assert not two.fit.singular
    truth = make_wards.TRUTH
    planted = truth["a"] * truth["b"] + truth["cov_ab"]
    assert abs(two.indirect.estimate - planted) < two.indirect.se
    assert abs(two.a - truth["a"]) < 2 * two.within.a.se and abs(two.b - truth["b"]) < 2 * two.within.b.se
