"""y stacked on m: the paths, the stacked design, and the paper's formulas for the average effects."""

from .average_effects import (
    HTML_HEADS,
    TEXT_HEADS,
    TEXT_SPANS,
    Effect,
    LevelEffects,
    MediationEffects,
    effects,
    table_rows,
)
from .formulas import combine, product_sd, share_negative
from .paths import BETWEEN, KINDS, PATHS, WITHIN, in_words, mean_of
from .specification import Specification, specify
from .stacking import TERMS, fit_stacked, stack

__all__ = [
    "BETWEEN",
    "Effect",
    "HTML_HEADS",
    "KINDS",
    "LevelEffects",
    "MediationEffects",
    "PATHS",
    "Specification",
    "TERMS",
    "TEXT_HEADS",
    "TEXT_SPANS",
    "WITHIN",
    "combine",
    "effects",
    "fit_stacked",
    "in_words",
    "mean_of",
    "product_sd",
    "share_negative",
    "specify",
    "stack",
    "table_rows",
]
