"""One look and one set of rules for all code, notebooks included, and types: the test command is all that CI needs."""

import subprocess
import sys

import pytest

from tools.setting_up import ROOT


@pytest.mark.parametrize(
    "command",
    [
        "ruff check --quiet --no-cache .",
        "ruff format --check --quiet --no-cache .",
        pytest.param("mypy --no-error-summary", marks=pytest.mark.skip(reason="types are still being written")),
    ],
)
def test_nothing_is_found_by(command):
    done = subprocess.run([sys.executable, "-m", *command.split()], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, f"\n{done.stdout}{done.stderr}\npython -m {command}"
