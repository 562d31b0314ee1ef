"""A mixed model on a DataFrame: formulas in, a result out, Stata's view of it, the delta method."""

from .boundary import boundary_note, boundary_warning, near_boundary, near_boundary_note, on_boundary
from .delta import DeltaEstimate, central_differences, delta_method, diparm
from .design import Design, ResidualGroups
from .fitting import fit_design, what_to_leave_out, why_not_identified
from .formulas_in import fit_mixed
from .from_statsmodels import xtmixed
from .result import MixedResult
from .smaller_models import first_inside
from .standard_errors import SE, SES, check_se, degrees_of_freedom, se_note
from .stata_parameters import Z95

__all__ = [
    "DeltaEstimate",
    "Design",
    "MixedResult",
    "ResidualGroups",
    "SE",
    "SES",
    "Z95",
    "central_differences",
    "check_se",
    "degrees_of_freedom",
    "delta_method",
    "diparm",
    "fit_design",
    "first_inside",
    "fit_mixed",
    "boundary_note",
    "boundary_warning",
    "near_boundary",
    "near_boundary_note",
    "on_boundary",
    "se_note",
    "what_to_leave_out",
    "why_not_identified",
    "xtmixed",
]
