"""Exact ML and REML from per-cluster cross-products: arrays in, arrays out; no DataFrame and no mediation."""

from .bars import bar_of
from .batch import BatchOptimum, maximize_batch
from .cluster_sums import CrossProducts, cross_products
from .held_effect import EffectInUnits, Target
from .held_parameter import hold
from .identifiability import UnidentifiedError
from .information import Covariances, covariances
from .likelihood import evaluate
from .linalg import dependent_column, lower_triangle
from .parallel import in_waves
from .prediction import prediction_covariance
from .profiling import HeldFit, Profile
from .resampling import Problem, refit_clusters, refit_tables
from .search import Optimum, maximize
from .threads import one_blas_thread
from .units import Units, standardize

__all__ = [
    "BatchOptimum",
    "Covariances",
    "CrossProducts",
    "EffectInUnits",
    "HeldFit",
    "Optimum",
    "Problem",
    "Profile",
    "Target",
    "UnidentifiedError",
    "Units",
    "bar_of",
    "covariances",
    "cross_products",
    "dependent_column",
    "evaluate",
    "hold",
    "in_waves",
    "lower_triangle",
    "maximize",
    "maximize_batch",
    "one_blas_thread",
    "prediction_covariance",
    "refit_clusters",
    "refit_tables",
    "standardize",
]
