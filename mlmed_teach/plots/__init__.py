"""Pictures for the lessons, all in one style; each returns its Axes or Figure and leaves `plt.show()` to you."""

from .clusters import cluster_lines, cluster_panels, sorted_clusters, within_between
from .curves import cluster_effects, profile_curve
from .diagnostics import leave_one_out, residuals
from .diagrams import path_diagram, stacking, two_level_diagram
from .effects import effect_intervals, effect_parts, sampling_distribution, tangent
from .intervals import coverage_panels, interval_methods
from .model import correlations, residual_variances, slopes, standard_errors
from .moderated import effect_by_moderator
from .planning import power_by_clusters
from .predicted import caterpillar
from .style import COLOURS, WIDTH, finish, light, names, styled, title_lines, use_style
from .what_if import effects_by_rho

__all__ = [
    "COLOURS",
    "caterpillar",
    "cluster_effects",
    "cluster_lines",
    "cluster_panels",
    "correlations",
    "coverage_panels",
    "effect_by_moderator",
    "effect_intervals",
    "effect_parts",
    "effects_by_rho",
    "interval_methods",
    "leave_one_out",
    "path_diagram",
    "power_by_clusters",
    "profile_curve",
    "residual_variances",
    "residuals",
    "sampling_distribution",
    "slopes",
    "sorted_clusters",
    "stacking",
    "standard_errors",
    "tangent",
    "two_level_diagram",
    "use_style",
    "within_between",
    # for other wings that draw in the same style
    "WIDTH",
    "finish",
    "light",
    "names",
    "styled",
    "title_lines",
]
