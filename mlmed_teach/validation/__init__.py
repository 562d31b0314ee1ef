"""One validation, with one style of message, for every function that takes a table or arguments."""

from .arguments import (
    check_level,
    check_reml,
    check_roles,
    flag,
    is_name,
    one_of,
    real,
    seed_sequence,
    share,
    some_of,
    whole,
)
from .columns import cluster_codes, is_category, numeric_values
from .tables import check_categories, check_table, require_columns, too_long

__all__ = [
    "check_categories",
    "check_level",
    "check_reml",
    "check_roles",
    "check_table",
    "cluster_codes",
    "flag",
    "is_category",
    "is_name",
    "numeric_values",
    "one_of",
    "real",
    "require_columns",
    "seed_sequence",
    "share",
    "some_of",
    "too_long",
    "whole",
]
