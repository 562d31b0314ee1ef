"""A teaching kit for multilevel mediation, step by step after UCLA's Stata FAQ (Method 2)."""

from . import plots, published
from .data import load_ml_sim
from .delta import delta_method, diparm
from .effects import effects
from .errors import MlmedError
from .listing import correlate, list_rows, summarize, tabulate
from .mediate import mediate
from .mixed import fit_mixed, xtmixed
from .stacked import fit_stacked, stack

__all__ = [
    "MlmedError",
    "correlate",
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
    "stack",
    "summarize",
    "tabulate",
    "xtmixed",
]
