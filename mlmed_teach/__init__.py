"""A teaching kit for multilevel mediation, step by step after UCLA's Stata FAQ (Method 2)."""

from . import plots, published
from .coverage import coverage
from .data import load_ml_sim
from .delta import delta_method, diparm
from .effects import effects
from .errors import BoundaryWarning, MlmedError
from .listing import correlate, list_rows, summarize, tabulate
from .mediate import Mediation, mediate
from .mixed import fit_mixed, xtmixed
from .simulate import Population, simulate
from .stacked import fit_stacked, stack
from .version import __version__

__all__ = [
    "BoundaryWarning",
    "Mediation",
    "Population",
    "MlmedError",
    "__version__",
    "correlate",
    "coverage",
    "delta_method",
    "diparm",
    "effects",
    "fit_mixed",
    "fit_stacked",
    "list_rows",
    "load_ml_sim",
    "mediate",
    "plots",
    "published",
    "simulate",
    "stack",
    "summarize",
    "tabulate",
    "xtmixed",
]


def __getattr__(name: str) -> object:
    """`mlmed_teach.labs` on first use, since ipywidgets takes long to load and only labs need it."""
    if name == "labs":
        from importlib import import_module

        return import_module(".labs", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
