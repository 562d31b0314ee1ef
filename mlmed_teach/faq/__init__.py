"""What the page shows: its data, its listings, its printed figures and how a result compares with them."""

from . import published
from .data_files import data_file
from .listing import correlate, list_rows, summarize, tabulate
from .ml_sim import load_ml_sim

__all__ = ["correlate", "data_file", "list_rows", "load_ml_sim", "published", "summarize", "tabulate"]
