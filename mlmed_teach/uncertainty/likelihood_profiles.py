"""Intervals by the profile likelihood."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import optimize, stats

from ..engine import Profile, Target, one_blas_thread, profile_of
from ..stacked_model import KINDS, Effect, MediationEffects
from ..validation import check_level
from .interval_results import ProfileInterval, ProfileIntervals
from .limits import ABOVE, BELOW, NEITHER
from .columns_of_paths import columns_of
from .refits import problem

STEPS = 12  # standard errors that the search for an end goes beyond the Wald limit, before it is called infinite


def profile_intervals(med: MediationEffects, level: float = 0.95) -> ProfileIntervals:
    """Profile-likelihood intervals: the values of an effect that the likelihood does not speak against.

    The effect is held at a value and everything else maximized; the interval is where twice the log likelihood
    falls by less than the quantile of chi-square (3.84 for 95%). By ML, since a restricted likelihood has no fixed
    effects to hold. Good on the boundary too.

    Parameters
    ----------
    med : MediationEffects
        As a method, the result itself.
    level : float
        Confidence level.

    Returns
    -------
    ProfileIntervals
        `indirect`, `direct`, `total` with `estimate` (by ML), `ci` and `curve`; there are no draws.

    Raises
    ------
    MlmedError
        A constrained fit that could not be found.
    """
    confidence = check_level(level)
    with one_blas_thread():
        search = profile_of(problem(med.fit), med.fit.design.y)
        targets = [columns.target(kind) for columns in columns_of(med) for kind in KINDS]
        made = [
            _interval(search, target, effect, confidence) for target, effect in zip(targets, med.effects, strict=True)
        ]
    note = "Estimates and intervals are those of ML, not REML: a restricted likelihood cannot hold a fixed effect."
    return ProfileIntervals(
        method="Profile likelihood",
        effects={interval.name: interval for interval in made},
        curve=pd.concat([one.curve.assign(effect=one.name) for one in made], ignore_index=True)[
            ["effect", "value", "W"]
        ],
        confidence=confidence,
        notes=(note,),
    )


def side_missed(search: Profile, target: Target, value: float, confidence: float) -> str:
    """On which side the profile interval of an effect misses a value; one constrained fit tells, at the value.

    Parameters
    ----------
    search : Profile
    target : Target
    value : float
    confidence : float

    Returns
    -------
    str
        "below": the interval ends below the value; "above": it begins above it; "neither".

    Raises
    ------
    MlmedError
        The constrained fit could not be found.
    """
    cost, _ = search.fit(target, value)
    if cost <= highest_cost(confidence):
        return NEITHER
    return ABOVE if search.target_value(target) > value else BELOW


def highest_cost(confidence: float) -> float:
    """What values in an interval cost at most: the quantile of chi-square with one degree of freedom."""
    return float(stats.chi2.ppf(confidence, 1))


def _interval(search: Profile, target: Target, effect: Effect, confidence: float) -> ProfileInterval:
    middle = search.target_value(target)
    step = effect.se if np.isfinite(effect.se) else _rough_se(search, target, middle)
    points = [(middle, 0.0)]
    low, high = (_end(search, target, middle, side * step, highest_cost(confidence), points) for side in (-1, 1))
    curve = pd.DataFrame(sorted(points), columns=["value", "W"])
    return ProfileInterval(effect.level, effect.kind, middle, (low, high), confidence, curve)


def _rough_se(search: Profile, target: Target, middle: float) -> float:
    """A standard error from the curvature of the profile, where there is none by the delta method."""
    step = 0.05 * max(abs(middle), 0.1)
    cost = search.fit(target, middle + step)[0]
    return float(step / np.sqrt(max(cost, 1e-6)))


def _end(
    search: Profile, target: Target, middle: float, step: float, limit: float, points: list[tuple[float, float]]
) -> float:
    """The value on one side at which the cost reaches the limit; every value that was tried is added to `points`."""
    missing = _missing(search, target, limit, points)
    inside, outside = middle, middle + np.sqrt(limit) * step
    for _ in range(STEPS):
        if missing(outside) > 0:
            break
        inside, outside = outside, outside + step
    else:
        return float(np.copysign(np.inf, step))
    at_middle = -np.sqrt(limit)
    return float(
        optimize.brentq(lambda v: missing(v) if v != middle else at_middle, inside, outside, xtol=1e-5 * abs(step))
    )


def _missing(
    search: Profile, target: Target, limit: float, points: list[tuple[float, float]]
) -> Callable[[float], float]:
    """What is missing from the root of the cost to that of the limit, which is nearly linear in the value.

    Each constrained fit starts from the one before.
    """
    theta = search.best

    def missing(value: float) -> float:
        nonlocal theta
        cost, theta = search.fit(target, value, theta)
        points.append((value, cost))
        return float(np.sqrt(cost) - np.sqrt(limit))

    return missing
