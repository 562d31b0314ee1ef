"""Intervals by the profile likelihood."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats
from scipy.interpolate import KroghInterpolator

from ..engine import HeldFit, Profile, Target, one_blas_thread
from ..errors import MlmedError
from ..stacked_model import KINDS, ChangeOfEffect, Effect, MediationEffects, in_words
from ..validation import check_level
from .columns_of_paths import columns_of
from .interval_results import ProfileInterval, ProfileIntervals
from .refits import problem

FIRST = 0.5  # of the way to a limit by the curvature at the maximum: the first fit
CLOSE = 1e-3  # step, in standard errors, that need not be taken any more: what is left is about its cube
OFF = 0.05  # of the root of the limit: a fit farther from it than this is none that the last step starts from
STEPS = 100  # fits on one side; twenty are many
APART = 0.1  # of the root of the limit: fits nearer to each other than this do not span a curve
LIKELIER = 1e-5  # cost that tells two fits at one value apart
STRETCH = 3.0  # no step goes farther than this many times the distance from the estimate
FARTHEST = 1e5  # standard errors from the estimate: a limit beyond them does not exist
BEYOND = 1.25  # times the square root of the cost at a limit: where a curve ends


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
        `indirect`, `direct`, `total` with `estimate` (by ML), `ci` and `curve`; there are no draws. A side on which the
        likelihood never falls that far is open: its limit is infinite, and a note says so. With moderators `effects`
        has the products and the indices of `moderation` as well, but no differences of effects that are not linear.

    Raises
    ------
    MlmedError
        A constrained fit that could not be found.
    """
    confidence = check_level(level)
    with one_blas_thread():
        search = Profile(problem(med.fit))
        targets = [columns.target(kind) for columns in columns_of(med) for kind in KINDS]
        wanted = list(zip(targets, med.effects, strict=True))
        wanted += [
            (_target(change, med.fit.design.fe_names), change.effect) for change in med.changes if change.product
        ]
        made = [_interval(search, target, effect, confidence) for target, effect in wanted]
    note = "Estimates and intervals are those of ML, not REML: a restricted likelihood cannot hold a fixed effect."
    return ProfileIntervals(
        method="Profile likelihood",
        effects={interval.name: interval for interval in made},
        curve=pd.concat([one.curve.assign(effect=one.name) for one in made], ignore_index=True)[
            ["effect", "value", "W"]
        ],
        confidence=confidence,
        notes=(
            note,
            *(_open_side(one, bool(med.place)) for one in made if not np.isfinite(one.ci).all()),
            *med.place_notes,
        ),
    )


def _target(change: ChangeOfEffect, fixed: Sequence[str]) -> Target:
    """A product with a moderator, or an index that is one times the other path, as something that a profile holds."""
    places = [list(fixed).index(term) for term in change.product]
    return Target(single=places[0]) if len(places) == 1 else Target(product=(places[0], places[1]))


def _open_side(interval: ProfileInterval, conditional: bool) -> str:
    """What a reader must know about an interval without an end."""
    open_sides = [word for word, end in zip(("below", "above"), interval.ci, strict=True) if not np.isfinite(end)]
    side, highest = " and ".join(open_sides), interval.curve["W"].iloc[[0, -1]][~np.isfinite(interval.ci)].max()
    effect = in_words(interval.level, interval.kind, conditional)
    return (
        f"The profile interval of the {effect} is open {side}. However far the effect "
        f"is held from its estimate, the likelihood falls by no more than W = {highest:.2f}, so these data rule out no "
        "value there."
    )


def highest_cost(confidence: float) -> float:
    """What values in an interval cost at most: the quantile of chi-square with one degree of freedom."""
    return float(stats.chi2.ppf(confidence, 1))


def _interval(search: Profile, target: Target, effect: Effect, confidence: float) -> ProfileInterval:
    curve = _Curve(search, target, highest_cost(confidence))
    ends = curve.limit(-1), curve.limit(1)
    points = pd.DataFrame([(fit.value, fit.cost) for fit in curve.fits], columns=["value", "W"])
    return ProfileInterval(effect.level, effect.kind, curve.middle.value, ends, confidence, points)


class _Curve:
    """The cost of holding one effect, fit by fit.

    The root r of the cost is nearly linear in the value, and every fit knows the slope and the curvature of its cost.
    So the next value is where a curve through two fits, with their slopes and curvatures, takes r to the root of the
    limit. Distances t from the estimate are in standard errors, those of the curvature at the maximum, and outwards.

    Attributes
    ----------
    middle : HeldFit
        The maximum.
    fits : list of HeldFit
        In the order of their values.
    """

    def __init__(self, search: Profile, target: Target, limit: float):
        self._search, self._target, self._goal = search, target, float(np.sqrt(limit))
        self._two_ways, self._from_all = search.has_two_ways(target, limit), False
        self.middle = search.middle(target)
        self._unit = float(np.sqrt(2 / self.middle.curvature))
        self.fits = [self.middle]

    def limit(self, side: int) -> float:
        """The value on one side (-1: below, 1: above) at which the cost reaches the limit; infinite if there is none.

        One fit lies a little beyond it, where a picture of the curve ends.
        """
        self._from_all = False
        self._hold(side, FIRST * self._goal)
        for _ in range(STEPS):
            out = self._outwards(side)
            reached = next((k for k, fit in enumerate(out) if fit.cost >= self._goal**2), len(out))
            low = self._distance(side, out[reached - 1])
            high = self._distance(side, out[reached]) if reached < len(out) else np.inf
            t = self._predict(side, self._goal)
            near = out[reached] if abs(t - high) < abs(t - low) else out[reached - 1]
            close = abs(t - self._distance(side, near)) < CLOSE
            if close and abs(np.sqrt(near.cost) - self._goal) > OFF * self._goal:
                close, t = False, np.nan  # a curve through fits of two ways
            if jump := not close and high - low < CLOSE**2 * high:
                t = (low + high) / 2
            if close or jump:
                other = self._likelier(side, t) if self._two_ways or jump else None
                if other is None:
                    break
                # Fits that go on along one curve would come to the other way again.
                self._from_all = True
                self.fits = [fit for fit in self.fits if self._distance(side, fit) <= 0] + [other]
                self.fits.sort(key=lambda fit: fit.value)
                continue
            if low > FARTHEST:
                return side * np.inf
            if not low < t < min(high, STRETCH * low):
                t = (low + high) / 2 if np.isfinite(high) else STRETCH * low
            self._hold(side, t)
        else:
            raise MlmedError(
                f"No {'lower' if side < 0 else 'upper'} end of a profile interval was found: the search did not settle "
                f"after {STEPS} fits. Use a bootstrap instead."
            )
        last, beyond = self._distance(side, out[-1]), self._predict(side, BEYOND * self._goal)
        if last < beyond < STRETCH * last:
            self._hold(side, beyond)
        return self.middle.value + side * t * self._unit

    def _likelier(self, side: int, t: float) -> HeldFit | None:
        """A fit at a limit that costs less than the limit, if another way to hold the effect is likelier there."""
        found = self._search.hold_from_all(self._target, self.middle.value + side * t * self._unit)
        return found if found.cost < self._goal**2 - LIKELIER else None

    def _outwards(self, side: int) -> list[HeldFit]:
        """The fits of one side, from the maximum."""
        at = self.fits.index(self.middle)
        return self.fits[at:] if side > 0 else self.fits[at::-1]

    def _distance(self, side: int, fit: HeldFit) -> float:
        return side * (fit.value - self.middle.value) / self._unit

    def _hold(self, side: int, t: float) -> None:
        """Add the fit at a distance."""
        value = self.middle.value + side * t * self._unit
        path = sorted(self._outwards(side), key=lambda fit: -abs(fit.value - value))
        ways = [self._search.hold(self._target, value, path)]
        if self._from_all:
            ways.append(self._search.hold_from_all(self._target, value))
        self.fits.append(min(ways, key=lambda fit: fit.cost))
        self.fits.sort(key=lambda fit: fit.value)

    def _predict(self, side: int, root: float) -> float:
        """The distance at which the cost has a root, by two fits whose roots are near it; NaN if unknown."""
        near = sorted(self._outwards(side), key=lambda fit: abs(np.sqrt(fit.cost) - root))
        two = [near[0], *(fit for fit in near if abs(np.sqrt(fit.cost) - np.sqrt(near[0].cost)) > APART * self._goal)]
        at, curve = [], []
        for fit in sorted(two[:2], key=lambda fit: fit.cost):
            r = np.sqrt(fit.cost)
            if fit is self.middle:
                found = [0.0, 1.0]
            else:
                slope = side * fit.slope * self._unit / (2 * r)
                if not slope > 0:
                    return np.nan
                bend = (fit.curvature * self._unit**2 - 2 * slope**2) / (2 * r)
                found = [self._distance(side, fit), 1 / slope, -bend / slope**3]
            at += [r] * len(found)
            curve += found
        return float(KroghInterpolator(at, curve)(root))
