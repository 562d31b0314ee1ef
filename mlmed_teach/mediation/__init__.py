"""The one call for a user's own table, and what its result offers."""

from .analysis import mediate
from .result import Mediation

__all__ = ["Mediation", "mediate"]
