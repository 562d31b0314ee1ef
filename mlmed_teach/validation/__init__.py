"""One validation, with one style of message, for every function that takes a table or arguments."""

from .arguments import (
    as_list,
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
from .codes import codes_for_missing
from .columns import cluster_codes, is_category, missing_in, numeric_values
from .ids import ids_that_begin_anew, ids_that_look_alike, one_id, one_level_only
from .not_numeric import values_of
from .tables import check_categories, check_table, require_columns, too_long

__all__ = [
    "as_list",
    "check_categories",
    "check_level",
    "check_reml",
    "check_roles",
    "check_table",
    "cluster_codes",
    "codes_for_missing",
    "flag",
    "ids_that_begin_anew",
    "ids_that_look_alike",
    "is_category",
    "is_name",
    "missing_in",
    "numeric_values",
    "one_id",
    "one_level_only",
    "one_of",
    "real",
    "require_columns",
    "seed_sequence",
    "share",
    "some_of",
    "too_long",
    "values_of",
    "whole",
]
