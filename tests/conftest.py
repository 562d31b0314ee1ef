"""Fixtures that several test files share."""

import os
from pathlib import Path

import pytest

import mlmed_teach as mt


@pytest.fixture(scope="session")
def df():
    """The embedded data set, whatever MLMED_TEACH_DATA says."""
    return mt.load_ml_sim("embedded")


@pytest.fixture(scope="session")
def original_path():
    """A copy of the original data set, which is not ours to ship."""
    setting = os.environ.get("MLMED_TEACH_ORIGINAL", "").strip()
    if not setting:
        pytest.skip(
            "needs the original data: download https://stats.idre.ucla.edu/stat/data/ml_sim.dta "
            "and set MLMED_TEACH_ORIGINAL to the path of the file"
        )
    return Path(setting).resolve()
