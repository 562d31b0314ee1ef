"""A known truth, and what intervals promise."""

from .coverage_study import coverage
from .population import SHAPES, Population, simulate
from .simulated_fits import fit_tables

__all__ = [
    "Population",
    "coverage",
    "simulate",
    # for labs
    "SHAPES",
    "fit_tables",
]
