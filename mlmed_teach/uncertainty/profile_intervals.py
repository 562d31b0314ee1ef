"""Intervals by the profile likelihood."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import optimize, stats

from ..engine import Profile, Target, one_blas_thread, profile_of
from ..stacked_model import PATHS, Effect, MediationEffects
from ..validation import check_level
from .interval_results import IntervalEstimate, Intervals
from .refits import problem


def profile(med: MediationEffects, level: float) -> Intervals:
    """Where the likelihood falls by too much when an effect is held; see `Mediation.profile`."""
    level = check_level(level)
    with one_blas_thread():
        return _profile(med, level)


def _profile(med: MediationEffects, level: float) -> Intervals:
    search = profile_of(problem(med.fit), med.fit.design.y)
    limit = float(stats.chi2.ppf(level, 1))
    effects, curves = {}, []
    for effect in med.effects:
        target = target_of(med, effect)
        middle = search.target_value(target)
        step = effect.se if np.isfinite(effect.se) else _rough_se(search, target, middle)
        points = [(middle, 0.0)]
        ends = tuple(_end(search, target, middle, side * step, limit, points) for side in (-1, 1))
        values, costs = map(np.array, zip(*sorted(points), strict=True))
        curves.append(pd.DataFrame({"effect": effect.name, "value": values, "W": costs}))
        effects[effect.name] = IntervalEstimate(effect.name, middle, ends, level, values)
    note = "Estimates and intervals are those of ML, not REML: a restricted likelihood cannot hold a fixed effect."
    table = pd.concat(curves, ignore_index=True)
    return Intervals("Profile likelihood", effects, table, level, reps=len(table), notes=(note,))


def target_of(med: MediationEffects, effect: Effect) -> Target:
    """An effect as a function of the parameters."""
    fe, re = list(med.fit.design.fe_names), list(med.fit.design.re_names)
    a, b, c = (fe.index(path.term_of(effect.level)) for path in PATHS.values())
    pair = (PATHS["a"].term, PATHS["b"].term)
    vary = effect.level != "between" and all(term in re for term in pair)
    covariance = (re.index(pair[0]), re.index(pair[1])) if vary else None
    if effect.kind == "direct":
        return Target(single=c)
    return Target((a, b), covariance, None if effect.kind == "indirect" else c)


def _rough_se(search: Profile, target: Target, middle: float) -> float:
    """A standard error from the curvature of the profile, where there is none by the delta method."""
    step = 0.05 * max(abs(middle), 0.1)
    cost = search.fit(target, middle + step)[0]
    return float(step / np.sqrt(max(cost, 1e-6)))


def _end(
    search: Profile, target: Target, middle: float, step: float, limit: float, points: list[tuple[float, float]]
) -> float:
    """The value on one side at which the cost reaches the limit; the root of the cost is nearly linear in the value."""
    theta = search.best

    def missing(value: float) -> float:
        nonlocal theta
        cost, theta = search.fit(target, value, theta)
        points.append((value, cost))
        return float(np.sqrt(cost) - np.sqrt(limit))

    inside, outside = middle, middle + np.sqrt(limit) * step
    for _ in range(12):
        if missing(outside) > 0:
            break
        inside, outside = outside, outside + step
    else:
        return float(np.copysign(np.inf, step))
    return float(
        optimize.brentq(
            lambda v: missing(v) if v != middle else -np.sqrt(limit), inside, outside, xtol=1e-5 * abs(step)
        )
    )
