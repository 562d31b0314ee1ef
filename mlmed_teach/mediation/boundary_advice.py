"""What can be done about a fit on the boundary, or near it: nothing is advised that was not looked up for this fit."""

from __future__ import annotations

from itertools import combinations

from ..errors import MlmedError
from ..models import boundary_note, first_inside, near_boundary, near_boundary_note, on_boundary
from ..stacked_model import PATHS, RANDOM_EFFECTS, MediationEffects, Specification
from ..uncertainty import FEWEST, profile_intervals

LOOKED_UP = 12
"""Clusters up to which a profile is tried before it is named: only with few have profiles been seen to fail, and with
many a note would be long in the making."""


def about_boundary(med: MediationEffects, spec: Specification) -> str:
    """The note of a fit on the boundary, or near it; "" for any other.

    Parameters
    ----------
    med : MediationEffects
    spec : Specification

    Returns
    -------
    str
    """
    optimum, design = med.fit.optimum, med.fit.design
    names = [RANDOM_EFFECTS[name] for name in design.re_names]
    if (what := near_boundary(optimum, names)) is not None:
        return near_boundary_note(what, _intervals(med))
    if (what := on_boundary(optimum, design, names)) is not None:
        return boundary_note(what, " ".join(filter(None, [_intervals(med), _smaller_model(med, spec)])))
    return ""


def _intervals(med: MediationEffects) -> str:
    """The intervals that do not rest on the curvature at the optimum, as far as this fit has them."""
    few = med.fit.ngroups < FEWEST
    bootstrap = 'a parametric bootstrap, bootstrap(kind="parametric"),' if few else "a bootstrap of whole clusters"
    if _has_profile(med):
        return f"{bootstrap[0].upper()}{bootstrap[1:]} or a profile likelihood shows more."
    return f"{bootstrap[0].upper()}{bootstrap[1:]} shows more."


def _has_profile(med: MediationEffects) -> bool:
    if med.fit.ngroups > LOOKED_UP:
        return True
    try:
        profile_intervals(med)
    except MlmedError:
        return False
    return True


def _smaller_model(med: MediationEffects, spec: Specification) -> str:
    """The largest model with fewer random effects whose optimum lies inside, as arguments of `mediate`."""
    slopes = [
        PATHS[path].term for path in reversed(spec.random)
    ]  # c' first: its slope is no part of the indirect effect
    intercepts = [f"s{equation}" for equation in spec.intercepts]
    fewer = [out for k in range(1, len(slopes) + 1) for out in combinations(slopes, k)]
    fewer += [(intercept,) for intercept in intercepts] if slopes else []
    out = first_inside(med.fit.design, med.fit.optimum, med.fit.reml, fewer)
    if out is None:
        return ""
    rest = tuple(path for path in spec.random if PATHS[path].term not in out)
    left = tuple(equation for equation in spec.intercepts if f"s{equation}" not in out)
    argument = f"random={rest!r}" if rest != spec.random else f"intercepts={left!r}"
    return f"With {argument} the optimum lies inside."
