"""Monte Carlo intervals: the estimates are drawn again and again."""

from __future__ import annotations

import numpy as np

from ..errors import MlmedError
from ..stacked_model import PATHS, MediationEffects
from ..validation import check_level, seed_sequence, whole
from .interval_results import Intervals, effects_of, estimates, percentile


def monte_carlo(med: MediationEffects, draws: int, seed: int | None, level: float) -> Intervals:
    """Draw a, b, c' and cov(a_j, b_j) from the normal distribution of their estimates; see `Mediation.monte_carlo`."""
    draws, level = whole(draws, "draws", 2), check_level(level)
    if np.isnan(med.indirect.se):
        raise MlmedError(
            "The fit lies on the boundary, where cov(a_j, b_j) has no standard error to draw from (see notes). Use "
            "med.bootstrap() or med.profile(), which need none, or a model with fewer random slopes."
        )
    sequence = seed_sequence(seed)
    rng = np.random.default_rng(sequence)
    beta = med.fit.params.to_numpy()
    terms = [k for k, name in enumerate(med.fit.params.index) if name in _path_terms()]
    V = med.fit.cov_params().to_numpy()[np.ix_(terms, terms)]
    root = np.linalg.cholesky(V)
    sample = np.broadcast_to(beta, (draws, len(beta))).copy()
    sample[:, terms] += rng.normal(size=(draws, len(terms))) @ root.T
    # Estimates of fixed effects and of covariance parameters are uncorrelated in large samples.
    covariance = med.cov_ab + med.se_cov_ab * rng.normal(size=draws)
    table = effects_of(med, sample, covariance)
    return Intervals(
        method=f"Monte Carlo, {draws:,} draws",
        effects=estimates(med, table, level, percentile),
        draws=table,
        level=level,
        reps=draws,
        seed=sequence.entropy,
    )


def _path_terms() -> set[str]:
    return {name for path in PATHS.values() for name in (path.term, path.term_of("between"))}
