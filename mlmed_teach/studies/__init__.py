"""A known truth, and what intervals promise."""

from .coverage_study import coverage
from .population import Population, simulate

__all__ = ["Population", "coverage", "simulate"]
