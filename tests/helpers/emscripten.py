"""Makes the Python that imports this look like one in a browser, as far as that concerns the package.

Measured with Pyodide 0.27 and 314: no threads, no processes, no locks on files, some modules of the standard library
left out; of the package's own needs, those that its wheel leaves to other systems.
"""

import fcntl
import importlib.abc
import sys
import sysconfig
import threading
import types

NOT_THERE = ("_multiprocessing", "_posixsubprocess", "msvcrt", "lzma", "_lzma", "pooch", "platformdirs", "jupyterlab")


class NotThere(importlib.abc.MetaPathFinder):
    """Modules that cannot be imported."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in NOT_THERE:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def start(self):
    raise RuntimeError("can't start new thread")


sysconfig.get_config_vars()  # while it still knows this system
sys.platform = "emscripten"
sys.meta_path.insert(0, NotThere())
threading.Thread.start = start
del fcntl.flock
# How threadpoolctl asks the page which libraries were loaded.
libraries = types.SimpleNamespace(as_object_map=dict)
sys.modules["pyodide_js"] = types.ModuleType("pyodide_js")
sys.modules["pyodide_js"]._module = types.SimpleNamespace(LDSO=types.SimpleNamespace(loadedLibsByName=libraries))
