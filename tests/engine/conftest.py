"""Arrays that the tests of the engine share."""

import pytest
from helpers.designs import random_design


@pytest.fixture(scope="session")
def small():
    """y, X, Z, cluster, residual: 30 clusters of 2 to 8 rows, three random effects, two residual variances."""
    arrays = random_design()
    for array in arrays:
        array.flags.writeable = False
    return arrays
