"""One validation, with one style of message, for every function that takes a table or arguments."""

from .arguments import check_level, check_reml, check_roles, is_name, seed_sequence, whole
from .columns import cluster_codes, is_category, numeric_values
from .tables import check_categories, check_table, require_columns

__all__ = [
    "check_categories",
    "check_level",
    "check_reml",
    "check_roles",
    "check_table",
    "cluster_codes",
    "is_category",
    "is_name",
    "numeric_values",
    "require_columns",
    "seed_sequence",
    "whole",
]
