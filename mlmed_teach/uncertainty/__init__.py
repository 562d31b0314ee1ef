"""Every kind of interval."""

from .bootstrapping import bootstrap_intervals, bootstrap_limits
from .comparison import IntervalTable, all_intervals
from .estimates_drawn import monte_carlo_intervals, monte_carlo_limits
from .interval_results import (
    BootstrapIntervals,
    DrawnInterval,
    DrawnIntervals,
    IntervalEstimate,
    Intervals,
    ProfileInterval,
    ProfileIntervals,
)
from .likelihood_profiles import profile_intervals, side_missed
from .limits import ABOVE, BELOW, sides_missed
from .columns_of_paths import PathColumns, path_columns, path_estimates

__all__ = [
    "ABOVE",
    "BELOW",
    "BootstrapIntervals",
    "DrawnInterval",
    "DrawnIntervals",
    "IntervalEstimate",
    "IntervalTable",
    "Intervals",
    "PathColumns",
    "ProfileInterval",
    "ProfileIntervals",
    "all_intervals",
    "bootstrap_intervals",
    "bootstrap_limits",
    "monte_carlo_intervals",
    "monte_carlo_limits",
    "path_columns",
    "path_estimates",
    "profile_intervals",
    "side_missed",
    "sides_missed",
]
