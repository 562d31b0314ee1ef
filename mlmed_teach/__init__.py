"""A teaching kit for multilevel mediation, step by step after UCLA's Stata FAQ (Method 2)."""

from . import published
from .data import load_ml_sim
from .errors import MlmedError
from .listing import correlate, list_rows, summarize, tabulate

__all__ = ["MlmedError", "correlate", "list_rows", "load_ml_sim", "published", "summarize", "tabulate"]
