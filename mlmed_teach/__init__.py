"""A teaching kit for multilevel mediation, step by step after UCLA's Stata FAQ (Method 2)."""

from .installation import check_installation, find_problems, in_words
from .version import __version__

try:
    from . import plots
    from .errors import BoundaryWarning, MlmedError
    from .faq import correlate, list_rows, load_ml_sim, published, summarize, tabulate
    from .mediation import Mediation, mediate
    from .models import delta_method, diparm, fit_mixed, xtmixed
    from .stacked_model import effects, fit_stacked, stack
    from .studies import Population, coverage, expected_power, power, simulate
except Exception:  # of whatever kind: something that the package needs may be missing, too old or broken
    if not (problems := find_problems()):
        raise
    raise ImportError(in_words(problems)) from None

__all__ = [
    "BoundaryWarning",
    "Mediation",
    "Population",
    "MlmedError",
    "__version__",
    "check_installation",
    "correlate",
    "coverage",
    "delta_method",
    "diparm",
    "effects",
    "expected_power",
    "fit_mixed",
    "fit_stacked",
    "list_rows",
    "load_ml_sim",
    "mediate",
    "plots",
    "power",
    "published",
    "simulate",
    "stack",
    "summarize",
    "tabulate",
    "xtmixed",
]


_ON_FIRST_USE = {"labs": ".labs"} | dict.fromkeys(
    ["exercises", "predict", "check", "exercise", "solution", "progress"], ".exercises"
)


def __getattr__(name: str) -> object:
    """What needs ipywidgets, on first use: ipywidgets takes long to load, and only labs and exercises need it."""
    if name not in _ON_FIRST_USE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    wing = import_module(_ON_FIRST_USE[name], __name__)
    return getattr(wing, name, wing)
