"""Files in data/ say by which script they were made, and readers find it there."""

import re

import pandas as pd
import pytest

import mlmed_teach as mt
from tools.data import DATA, make_coverage, make_power

ROOT = DATA.parent


def test_scripts_that_files_and_lessons_name_exist():
    named = set()
    for path in (*DATA.glob("*.md"), *DATA.glob("*.csv"), *ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("*.md")):
        named |= set(re.findall(r"tools[./]data[./](\w+)", path.read_text(encoding="utf-8")))
    assert {"make_coverage", "make_diary", "reconstruct"} <= named
    assert named <= {path.stem for path in (ROOT / "tools" / "data").glob("*.py")}


def test_the_study_of_the_intervals_begins_as_its_script_begins_it():
    text = (DATA / "coverage.csv").read_text(encoding="utf-8")
    version = re.search(r"mlmed_teach ([\d.]+)\)", text)
    assert version and text.startswith(make_coverage.head(version[1]) + "scenario,clusters,size,shape,")


@pytest.mark.parametrize("name, columns", [("power.csv", "population,clusters,"), ("pilots.csv", "pilot,estimate,")])
def test_the_studies_of_power_begin_as_their_script_begins_them(name, columns):
    text = (DATA / name).read_text(encoding="utf-8")
    version = re.search(r"mlmed_teach ([\d.]+)\)", text)
    assert version and text.startswith(make_power.head(make_power.HEADS[name], version[1]) + columns)


def test_a_stored_power_is_what_a_fresh_study_of_the_first_tables_agrees_with():
    stored = pd.read_csv(DATA / "power.csv", comment="#").query("clusters == 40 and size == 16 and se == 'joint'")
    rows = stored.query("population == 'plan' and interval == 'wald'").set_index("effect")
    assert (rows["tables"] > 0.99 * make_power.REPS).all()
    found = mt.power(make_power.PLAN, 40, 16, reps=100, seed=make_power.SEED, progress=False).set_index("effect")
    for effect, row in rows.iterrows():
        # the first 100 of its 2,000 tables: four of their Monte Carlo errors
        assert abs(found["power"][effect] - row["power"]) < 4 * (row["power"] * (1 - row["power"]) / 100) ** 0.5
    null = stored.query("population == 'no effect'")
    assert (null["truth"] == 0).all() and set(null["effect"]) == {"indirect"}
    assert null["power"].tolist() == pytest.approx((1 - null["coverage"]).tolist(), abs=1e-5)


def test_a_stored_pilot_is_what_its_seed_gives():
    stored = pd.read_csv(DATA / "pilots.csv", comment="#").set_index("pilot")
    assert len(stored) == make_power.PILOTS and (stored["ci low"] > 0).any()
    for seed in (1, 500):
        for name, value in make_power.pilot(seed).items():
            if name != "pilot":
                # six digits are stored; two fits agree to a small part of a standard error
                assert stored.loc[seed, name] == pytest.approx(value, rel=2e-3, abs=2e-4), (seed, name)
