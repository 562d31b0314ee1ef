"""Every kind of interval."""

from .bootstrapping import FEWEST, bootstrap_intervals, bootstrap_limits
from .columns_of_paths import PathColumns, path_columns, path_estimates, path_rows
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
from .latent_bootstrap import bootstrap_latent
from .likelihood_profiles import highest_cost, profile_intervals
from .limits import ABOVE, BELOW, NEITHER, sides_missed
from .limits_of_functions import DrawnEstimates

__all__ = [
    "FEWEST",
    "ABOVE",
    "BELOW",
    "BootstrapIntervals",
    "DrawnEstimates",
    "DrawnInterval",
    "DrawnIntervals",
    "IntervalEstimate",
    "IntervalTable",
    "Intervals",
    "NEITHER",
    "PathColumns",
    "ProfileInterval",
    "ProfileIntervals",
    "all_intervals",
    "bootstrap_intervals",
    "bootstrap_latent",
    "bootstrap_limits",
    "highest_cost",
    "monte_carlo_intervals",
    "monte_carlo_limits",
    "path_columns",
    "path_estimates",
    "path_rows",
    "profile_intervals",
    "sides_missed",
]
