"""A known truth, what intervals promise, and how many clusters a study needs."""

from .coverage_study import coverage
from .population import SHAPES, Population, simulate
from .power_study import PowerTable, power
from .simulated_fits import fit_tables

__all__ = [
    "Population",
    "PowerTable",
    "coverage",
    "power",
    "simulate",
    # for labs
    "SHAPES",
    "fit_tables",
]
