"""One look and one set of rules for all code, notebooks included, and types: the test command is all that CI needs."""

import os
import subprocess
import sys

import pytest

from tools.setting_up import ROOT


@pytest.mark.parametrize(
    "command",
    [
        "ruff check --quiet --no-cache .",
        "ruff format --check --quiet --no-cache .",
        "mypy --no-error-summary",
    ],
)
def test_nothing_is_found_by(command):
    if command.startswith("mypy") and not (ROOT / ".mypy_cache").exists():
        command += f" --cache-dir={os.devnull}"  # in a fresh clone, where writing a cache takes a fifth of the time
    done = subprocess.run([sys.executable, "-m", *command.split()], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, f"\n{done.stdout}{done.stderr}\npython -m {command}"
