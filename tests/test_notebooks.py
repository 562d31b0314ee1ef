"""The stored notebooks are references that nbval can compare with anywhere; nbval itself runs their cells."""

import pytest

from tools.refresh import NOTEBOOKS, run_notebook
from tools.stored import complaints, dump, normalize, read

LESSONS = sorted(NOTEBOOKS.glob("*.ipynb"))
BY_NAME = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)


@BY_NAME
def test_stored_outputs_are_complete_and_hold_nothing_of_this_machine(path):
    assert complaints(read(path)) == []


@BY_NAME
def test_notebook_is_stored_in_normal_form(path):
    text = path.read_text(encoding="utf-8")
    assert text == dump(normalize(read(path))), f"run: python3 start.py refresh {path.stem}"


@BY_NAME
def test_lesson_runs_on_the_original_data(path, original_path):
    """Every lesson compares itself with the published figures and fails when one disagrees."""
    run_notebook(path, {"MLMED_TEACH_DATA": str(original_path)})
