"""What holds for every test, the notebooks' cells included: nbval's kernels inherit this environment."""

import os

from tools.refresh import kernel_environment

_wanted = kernel_environment()
for _name in set(os.environ) - set(_wanted):
    del os.environ[_name]
os.environ.update(_wanted)  # before anything loads NumPy, which reads the number of threads once
# Some sixty kernels and other Pythons are started: without bytecode each would compile the package, in half a second.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

import matplotlib  # noqa: E402

# No windows from unit tests. Not by environment variable: the kernels must keep their inline backend.
matplotlib.use("agg")

import pytest  # noqa: E402


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """The files of ``--dist loadfile``, with those in a browser as one: they share a server and its pages.

    In the order of their names, which begins with the browser: by the number of their tests, as xdist has it, the files
    with few and long ones would come last, and one worker wait for the other.
    """
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Files(LoadFileScheduling):
        def _split_scope(self, nodeid):
            folder = "tests/browser/"
            return folder if nodeid.startswith(folder) else super()._split_scope(nodeid)

    config.option.loadscopereorder = False
    return Files(config, log)
