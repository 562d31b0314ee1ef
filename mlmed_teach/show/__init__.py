"""Numbers and tables as Stata prints them, and DataFrames with a display of their own."""

from .numbers import DASH, as_number, fixed, p_value, percent, picture_number, precise_number, stata_number, typeset
from .tables import escape, html_table, limit_heads, text_table, wrapped_notes
from .views import Sheet, View

__all__ = [
    "DASH",
    "Sheet",
    "View",
    "as_number",
    "escape",
    "fixed",
    "html_table",
    "limit_heads",
    "p_value",
    "percent",
    "picture_number",
    "precise_number",
    "stata_number",
    "text_table",
    "typeset",
    "wrapped_notes",
]
