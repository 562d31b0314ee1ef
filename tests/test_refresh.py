"""tools/refresh.py and tools/stored.py: what is run, what is stored, what is refused."""

import base64
import io
import json

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image, PngImagePlugin

from tools import refresh, stored


def png(shade, comment=""):
    """A small grey picture as base64; the comment changes its bytes, not its pixels."""
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", comment)
    file = io.BytesIO()
    Image.fromarray(np.full((4, 4), shade, dtype=np.uint8)).save(file, "PNG", pnginfo=info)
    return base64.b64encode(file.getvalue()).decode()


def ran(source, *outputs, count=1, **more):
    return new_code_cell(source, outputs=list(outputs), execution_count=count, **more)


def picture(shade, comment=""):
    return new_output("display_data", data={"image/png": png(shade, comment), "text/plain": "<Figure>"})


def stream(text, name="stdout"):
    return new_output("stream", name=name, text=text)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(refresh, "NOTEBOOKS", tmp_path)
    return tmp_path


def write(folder, name, *cells, **metadata):
    path = folder / f"{name}.ipynb"
    nbformat.write(new_notebook(cells=list(cells), metadata=metadata), path)
    return path


# ---- what is stored --------------------------------------------------------------------------------------------------


def test_passing_metadata_goes_and_tags_stay():
    cell = ran("1", metadata={"execution": {"iopub.status.busy": "now"}, "ExecuteTime": {}, "tags": ["solution"]})
    nb = new_notebook(
        cells=[cell],
        metadata={"widgets": {"state": {}}, "kernelspec": {"name": "mine", "display_name": "Mine"}, "title": "T"},
    )
    nb = stored.normalize(nb)
    assert nb.cells[0].metadata == {"tags": ["solution"]}
    assert nb.metadata == {"title": "T", "kernelspec": stored.KERNELSPEC, "language_info": stored.LANGUAGE}


def test_picture_with_the_same_pixels_keeps_its_stored_bytes():
    old = new_notebook(cells=[ran("plot", picture(7, "old"), id="a")])
    new = new_notebook(cells=[ran("plot", picture(7, "a newer version wrote this"), id="a")])
    assert new.cells[0].outputs[0].data["image/png"] != png(7, "old")
    assert stored.normalize(new, old).cells[0].outputs[0].data["image/png"] == png(7, "old")


def test_picture_with_other_pixels_is_replaced():
    old = new_notebook(cells=[ran("plot", picture(7), id="a")])
    new = new_notebook(cells=[ran("plot", picture(8), id="a")])
    assert stored.normalize(new, old).cells[0].outputs[0].data["image/png"] == png(8)


def test_view_of_a_widget_is_not_stored():
    data = {stored.WIDGET_VIEW: {"model_id": "random"}, "text/plain": "FloatSlider(value=0.5)"}
    nb = stored.normalize(new_notebook(cells=[ran("s", new_output("display_data", data=data))]))
    assert nb.cells[0].outputs[0].data == {"text/plain": "FloatSlider(value=0.5)"}


def test_missing_and_repeated_cell_ids_are_filled_from_the_content(tmp_path):
    path = tmp_path / "old.ipynb"
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["one\n", "two"]},
        {"cell_type": "markdown", "metadata": {}, "source": "three", "id": "kept"},
        {"cell_type": "markdown", "metadata": {}, "source": "four", "id": "kept"},
    ]
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 2}))
    ids = [cell.id for cell in stored.read(path).cells]
    assert ids == [cell.id for cell in stored.read(path).cells]
    assert ids[1] == "kept" and len(set(ids)) == 3
    assert stored.read(path).nbformat_minor == 5


def test_file_text_is_plain_and_ends_with_one_line_feed(tmp_path):
    nb = stored.normalize(new_notebook(cells=[new_markdown_cell("σ² and ρ", id="a")]))
    text = stored.dump(nb)
    assert "σ² and ρ" in text
    assert text.endswith("}\n") and not text.endswith("\n\n")
    path = tmp_path / "nb.ipynb"
    path.write_text(text, encoding="utf-8")
    assert stored.dump(stored.normalize(stored.read(path))) == text


# ---- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (new_code_cell("1"), "was not run"),
        (ran("  "), "is empty"),
        (ran("f()", stream("careful", "stderr")), "writes to stderr: 'careful'"),
        (ran("f()", new_output("error", ename="KeyError", evalue="'z'", traceback=[])), "error: KeyError: 'z'"),
        (ran("f()", stream("\x1b[31mred")), "colour codes"),
        (ran("f()", stream("saved in /home/ann/x.csv")), "folder of this machine"),
        (ran("f()", stream(r"saved in C:\Users\ann")), "folder of this machine"),
        (ran("f()", stream(f"{stored.ROOT}/x")), "names the folder"),
        (ran("f()", new_output("execute_result", data={"text/plain": "<A at 0x7f00aa11>"})), "memory address"),
        (
            ran("f()", new_output("display_data", data={"image/svg+xml": "<svg>/Users/b</svg>"})),
            "folder of this machine",
        ),
    ],
)
def test_outputs_of_this_machine_are_refused(cell, words):
    findings = stored.complaints(new_notebook(cells=[new_markdown_cell("text"), cell]))
    assert any(finding.startswith("cell 2 ") and words in finding for finding in findings)


def test_ordinary_outputs_are_accepted():
    table = new_output("execute_result", data={"text/plain": "a  b", "text/html": "<table></table>"})
    nb = new_notebook(cells=[ran("t", table), ran("p", picture(1)), ran("x = 1"), ran("print()", stream("0.6253\n"))])
    assert stored.complaints(nb) == []


# ---- running ---------------------------------------------------------------------------------------------------------


def test_kernels_get_one_thread_the_inline_backend_and_never_the_original_data():
    given = {"MLMED_TEACH_DATA": "original", "MPLBACKEND": "Agg", "OMP_NUM_THREADS": "8", "KEPT": "1"}
    env = refresh.kernel_environment(given)
    assert not {"MLMED_TEACH_DATA", "MPLBACKEND"} & set(env)
    assert (env["OMP_NUM_THREADS"], env["PYTHONHASHSEED"], env["KEPT"]) == ("1", "0", "1")
    assert given["OMP_NUM_THREADS"] == "8"
    assert env["MLMED_TEACH_PROGRESS"] == "off"


def test_names_choose_notebooks_by_their_beginning(folder):
    paths = [write(folder, name) for name in ("00_start", "01_data", "02_models")]
    assert refresh.chosen([], folder) == paths
    assert refresh.chosen(["02", "notebooks/00_start.ipynb"], folder) == [paths[0], paths[2]]
    with pytest.raises(refresh.RefreshError, match="no notebook '07'. There are: 00_start, 01_data"):
        refresh.chosen(["07"], folder)


def test_refresh_stores_outputs_once_and_leaves_the_source(folder):
    source = "import os\nprint(os.environ['OMP_NUM_THREADS'], 'α')"
    path = write(folder, "nb", new_markdown_cell("# T"), new_code_cell(source))
    assert refresh.refresh(path) == "stored"
    cell = stored.read(path).cells[1]
    assert (cell.source, cell.execution_count, cell.outputs[0].text) == (source, 1, "1 α\n")
    assert refresh.refresh(path) == "unchanged"


def test_failing_cell_is_named_and_nothing_is_stored(folder, capsys):
    path = write(folder, "nb", new_markdown_cell("# T"), new_code_cell("x = 1"), new_code_cell("1 / 0"))
    before = path.read_bytes()
    assert refresh.refresh_all([path]) == 1
    assert "nb: cell 3 ('1 / 0') fails\n  ZeroDivisionError: division by zero" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_stalled_cell_is_tried_twice_and_named(folder, capsys):
    path = write(folder, "nb", new_code_cell("x = 1"), new_code_cell("import time\ntime.sleep(60)"))
    with pytest.raises(refresh.RefreshError, match=r"nb: cell 2 \('import time'\): took too long, twice"):
        refresh.run_notebook(path, cell_seconds=1)
    assert "trying once more" in capsys.readouterr().out


def test_dry_run_stores_nothing_and_honours_the_choice_of_data(folder, monkeypatch):
    path = write(folder, "nb", new_code_cell("import os\nassert os.environ['MLMED_TEACH_DATA'] == 'mine'"))
    before = path.read_bytes()
    monkeypatch.setenv("MLMED_TEACH_DATA", "mine")
    assert refresh.refresh(path, dry_run=True) == "runs"
    assert path.read_bytes() == before
    with pytest.raises(refresh.RefreshError, match="KeyError"):
        refresh.refresh(path)
