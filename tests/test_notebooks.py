"""The stored notebooks are references that nbval can compare with anywhere; nbval itself runs their cells."""

import nbformat
import pytest
from helpers.how_much import ALL

import mlmed_teach as mt
from tools.in_process import run_cells
from tools.refresh import NOTEBOOKS
from tools.stored import complaints, dump, normalize, read

LESSONS = sorted(NOTEBOOKS.glob("*.ipynb"))
BY_NAME = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
# The others make their own tables, so that nbval has run them on all data that they know. From lesson 7 on they compare
# few figures in much time.
OF_THE_PAGE = [
    path for path in LESSONS if "load_ml_sim" in path.read_text(encoding="utf-8") and (ALL or path.stem < "07")
]


@BY_NAME
def test_stored_outputs_are_complete_and_hold_nothing_of_this_machine(path):
    assert complaints(read(path)) == []


@BY_NAME
def test_notebook_is_stored_in_normal_form(path):
    text = path.read_text(encoding="utf-8")
    assert text == dump(normalize(read(path))), f"run: python3 start.py refresh {path.stem}"


@pytest.mark.parametrize("path", OF_THE_PAGE, ids=lambda path: path.stem)
def test_lesson_runs_on_the_original_data(path, original_path, monkeypatch):
    """Every lesson about the page compares itself with the published figures, which fails when one disagrees."""
    compared, check = [], mt.published.check

    def noted(result, section, *options):
        compared.append(section)
        return check(result, section, *options)

    monkeypatch.setattr(mt.published, "check", noted)
    monkeypatch.setenv("MLMED_TEACH_DATA", str(original_path))
    monkeypatch.chdir(NOTEBOOKS)
    run_cells(path)
    assert compared


def test_a_cell_that_fails_is_named(tmp_path):
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        nbformat.v4.new_markdown_cell("text"),
        *map(nbformat.v4.new_code_cell, ["a = 1", "a\n1 / (a - 1)"]),
    ]
    nbformat.write(notebook, tmp_path / "99.ipynb")
    with pytest.raises(ZeroDivisionError) as caught:
        run_cells(tmp_path / "99.ipynb")
    assert "in cell 3 of 99.ipynb" in caught.value.__notes__[0]
