"""Every kind of interval."""

from .bootstrapping import bootstrap
from .comparison import IntervalTable, side_by_side
from .estimates_drawn import monte_carlo
from .interval_results import Intervals
from .profile_intervals import profile
from .refits import Model

__all__ = ["IntervalTable", "Intervals", "Model", "bootstrap", "monte_carlo", "profile", "side_by_side"]
