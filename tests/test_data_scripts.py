"""Files in data/ say by which script they were made, and readers find it there."""

import re

from tools.data import DATA, make_coverage

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
