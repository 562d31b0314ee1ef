"""A lab in a stored notebook: a still with its numbers, which nbval can compare anywhere, as it does in the lessons."""

import nbformat

from mlmed_teach import labs
from tools.refresh import run_notebook
from tools.stored import WIDGET_VIEW, complaints, dump, normalize, read

LABS = labs.__all__[:2]  # the lessons hold all of them, stored, and nbval compares them there


def test_a_stored_lab_is_a_still(tmp_path):
    path = tmp_path / "lab.ipynb"
    sources = ["import mlmed_teach as mt", *(f"mt.labs.{name}()" for name in LABS)]
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    nbformat.write(nb, path)
    ran = run_notebook(path)
    assert all(WIDGET_VIEW in cell.outputs[0].data for cell in ran.cells[1:])
    ran = normalize(ran)
    assert complaints(ran) == []
    for name, cell in zip(LABS, ran.cells[1:], strict=True):
        assert set(cell.outputs[0].data) == {"text/plain", "image/png"}
        assert cell.outputs[0].data["text/plain"] == repr(getattr(labs, name)())
        assert cell.outputs[0].metadata["image/png"]["alt"]
    path.write_text(dump(ran), encoding="utf-8")
    assert dump(normalize(read(path))) == dump(ran)
