"""A lab in a stored notebook: a still with its numbers, that nbval can compare with anywhere."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat

from mlmed_teach import labs
from tools.refresh import run_notebook
from tools.stored import WIDGET_VIEW, complaints, dump, normalize, read

ROOT = Path(labs.__file__).resolve().parents[2]
LABS = labs.__all__[:2]  # the lessons hold all of them, stored, and nbval compares them there


def test_a_stored_lab_is_a_still_and_passes_nbval(tmp_path):
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
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    command += ["-c", str(ROOT / "pyproject.toml"), "--nbval", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=os.environ, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout
