"""A known truth, what intervals promise, and how many clusters a study needs."""

from .coverage_study import coverage
from .large_samples import errors_of_one_cluster, expected_power, wald_power
from .population import SHAPES, Population, simulate
from .power_study import PowerTable, power
from .simulated_fits import fit_tables

__all__ = [
    "Population",
    "PowerTable",
    "coverage",
    "expected_power",
    "power",
    "simulate",
    # for labs
    "SHAPES",
    "errors_of_one_cluster",
    "fit_tables",
    "wald_power",
]
