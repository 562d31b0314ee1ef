"""What holds for every test, the notebooks' cells included: nbval's kernels inherit this environment."""

import os

from tools.refresh import kernel_environment

_wanted = kernel_environment()
for _name in set(os.environ) - set(_wanted):
    del os.environ[_name]
os.environ.update(_wanted)  # before anything loads NumPy, which reads the number of threads once

import matplotlib  # noqa: E402

# No windows from unit tests. Not by environment variable: the kernels must keep their inline backend.
matplotlib.use("agg")
