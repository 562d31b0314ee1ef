"""y stacked on m: the paths, the stacked design, and the paper's formulas for the average effects."""

from .average_effects import MediationEffects, covariance_of_paths, effects
from .effect import (
    HTML_HEADS,
    TEXT_HEADS,
    TEXT_SPANS,
    ChangeOfEffect,
    Effect,
    LevelEffects,
    critical_value,
    effects_frame,
    table_rows,
)
from .estimates_at import At, EstimatesAt, difference_of_effects, effects_at, products_of, terms_of
from .formulas import combine, effects_of_paths, product_sd, product_variance, share_negative
from .latent_means import LatentEffects, between_slopes, latent_effects, terms_used
from .latent_residuals import residuals_between
from .moderators import Moderator, product_of
from .paths import (
    KINDS,
    PATHS,
    RANDOM_EFFECTS,
    TERMS,
    Level,
    Path,
    average,
    effect_name,
    in_words,
    letter_of,
    level_and_kind,
    mean_of,
    where,
)
from .random_effects import EQUATIONS, not_identified
from .specification import Specification, specify
from .stacking import fit_stacked, stack

__all__ = [
    "EQUATIONS",
    "HTML_HEADS",
    "KINDS",
    "PATHS",
    "RANDOM_EFFECTS",
    "TERMS",
    "TEXT_HEADS",
    "TEXT_SPANS",
    "At",
    "ChangeOfEffect",
    "Effect",
    "EstimatesAt",
    "LatentEffects",
    "Level",
    "LevelEffects",
    "MediationEffects",
    "Moderator",
    "Path",
    "Specification",
    "combine",
    "covariance_of_paths",
    "critical_value",
    "difference_of_effects",
    "effect_name",
    "effects",
    "effects_at",
    "effects_frame",
    "effects_of_paths",
    "fit_stacked",
    "average",
    "between_slopes",
    "in_words",
    "latent_effects",
    "letter_of",
    "level_and_kind",
    "mean_of",
    "not_identified",
    "product_of",
    "products_of",
    "product_sd",
    "product_variance",
    "residuals_between",
    "share_negative",
    "specify",
    "stack",
    "table_rows",
    "terms_of",
    "terms_used",
    "where",
]
