"""Numbers and tables as Stata prints them, and DataFrames with a display of their own."""

from .numbers import as_number, fixed, stata_number
from .tables import escape, html_table, text_table, wrapped
from .views import Sheet, View

__all__ = ["Sheet", "View", "as_number", "escape", "fixed", "html_table", "stata_number", "text_table", "wrapped"]
