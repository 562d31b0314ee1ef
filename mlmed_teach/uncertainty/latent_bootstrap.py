"""Bootstrap intervals of effects between clusters with latent means: clusters drawn again, all models fitted again."""

from __future__ import annotations

from typing import Protocol, cast

import numpy as np
import pandas as pd

from ..engine import BatchOptimum, Problem, cross_products, in_waves, refit_clusters, standardize
from ..errors import MlmedError
from ..models import MixedResult
from ..stacked_model import LatentEffects, between_slopes, effects_of_paths, terms_used
from ..typing import Array, IntArray
from ..validation import check_level, seed_sequence, whole
from ..words import counted
from .bootstrapping import bootstrap_notes, in_chunks, refuse_few_clusters
from .interval_results import BootstrapIntervals, drawn_intervals
from .limits import percentile_limits
from .refits import draw_clusters


class WithLatentMeans(Protocol):
    """What is needed of a mediation; `Mediation` documents each."""

    fit: MixedResult

    @property
    def latent(self) -> LatentEffects | None: ...


def bootstrap_latent(
    med: WithLatentMeans, reps: int = 1000, seed: int | None = None, n_jobs: int | None = None, level: float = 0.95
) -> BootstrapIntervals:
    """Percentile intervals of the effects between clusters with latent means, from whole clusters drawn again.

    In each replicate the model of x and the one of m and y given x are fitted to the same clusters. Where the means are
    not reliable the estimates of a product are skewed, and these intervals are not symmetric about it.

    Parameters
    ----------
    med : WithLatentMeans
        As a method, the result itself; of a decomposed model.
    reps : int
        Number of replicates.
    seed : int, optional
        The same seed gives the same replicates, with any number of workers.
    n_jobs : int, optional
        Workers, as joblib counts them.
    level : float
        Confidence level.

    Returns
    -------
    BootstrapIntervals
        `indirect`, `direct`, `total`. A replicate in which the latent means do not vary has no effect, and counts as
        failed.

    Raises
    ------
    MlmedError
        There are no effects of latent means, or too few clusters to draw from; an impossible number.
    """
    reps, confidence, sequence = whole(reps, "reps", 2), check_level(level), seed_sequence(seed)
    latent = med.latent
    if latent is None:
        raise MlmedError(
            "This result has no effects of latent means: they need decompose=True, and means of x and m that vary over "
            "clusters by more than chance."
        )
    refuse_few_clusters(latent.fit.ngroups, "Report the effects within clusters")
    tasks = _problems(latent)
    jobs = [(latent, tasks, size, child) for size, child in in_chunks(reps, sequence)]
    parts = [found for wave in in_waves(_replicates, jobs, n_jobs, each=4) for _, found in wave]
    every = np.concatenate([effects for effects, _ in parts])
    found = BatchOptimum.join([optimum for _, optimum in parts])
    fitted = np.isfinite(every).all(1)
    if fitted.sum() < 2:
        raise MlmedError("Hardly any replicate could be fitted: there are too few clusters, or too few rows in each.")
    effects, draws = latent.effects, every[fitted]
    return BootstrapIntervals(
        method=f"Cluster bootstrap, percentile intervals, {counted(len(every), 'replicate')}",
        effects=drawn_intervals(effects, draws, percentile_limits(draws, confidence), confidence),
        draws=pd.DataFrame(every, columns=[effect.name for effect in effects]),
        confidence=confidence,
        reps=len(every),
        boundary=int((found.singular & fitted).sum()),
        failed=int((~fitted).sum()),
        seed=cast(int, sequence.entropy),
        notes=bootstrap_notes(fitted, found.singular & fitted, None),
    )


def _problems(latent: LatentEffects) -> tuple[Problem, Problem | None]:
    """Both models, ready to be fitted again."""
    design, optimum = latent.fit.design, latent.fit.optimum
    assert design.residual is not None  # a stacked model has a residual variance for each outcome
    both = _problem(design.y, design.X, design.Z, design.cluster, design.residual.codes, optimum.G, optimum.s2)
    if latent.fit_x is None or latent.x is None:
        return both, None
    x, X, cluster = latent.x
    one = np.ones((len(x), 1))
    return both, _problem(x, X, one, cluster, np.zeros(len(x), dtype=np.intp), latent.fit_x.G, latent.fit_x.s2)


def _problem(y: Array, X: Array, Z: Array, cluster: IntArray, residual: IntArray, G: Array, s2: Array) -> Problem:
    units = standardize(y, X, Z, residual, keep_zeros=False)
    cp = cross_products(*units.apply(y, X, Z, residual), cluster, residual, len(s2))
    return Problem(X=X, Z=Z, cluster=cluster, residual=residual, units=units, cp=cp, G=G, s2=s2, reml=True, zeros=())


def _replicates(
    latent: LatentEffects, tasks: tuple[Problem, Problem | None], reps: int, seed: np.random.SeedSequence
) -> tuple[Array, BatchOptimum]:
    """Effects of some replicates, NaN where there are none, and the fits of m and y."""
    both, of_x = tasks
    times = draw_clusters(both, reps, np.random.default_rng(seed))
    found = refit_clusters(both, times)
    beta, G, s2 = both.units.beta(found.beta), both.units.G(found.G), both.units.s2(found.s2)
    design = latent.fit.design
    slopes_of, means_of = terms_used(of_x is not None)
    at = [design.fe_names.index(name) for name in (*slopes_of, *means_of)]
    m, y = design.re_names.index("sm"), design.re_names.index("sy")
    x = np.zeros((reps, 0))
    converged = found.converged
    if of_x is not None:
        alone = refit_clusters(of_x, times)
        x = np.column_stack([of_x.units.G(alone.G)[:, 0, 0], of_x.units.s2(alone.s2)[:, 0]])
        converged = converged & alone.converged
    of_fit = np.column_stack([beta[:, at[:3]], G[:, m, [m, y]], beta[:, at[3:]]])
    spread = np.column_stack([G[:, y, y], s2[:, ::-1]])
    slopes = np.array(
        [
            between_slopes(one, own, rest, np.repeat(latent.sizes, n.astype(int)))
            for one, own, rest, n in zip(of_fit, x, spread, times, strict=True)
        ]
    )
    effects = effects_of_paths(slopes[:, 0], slopes[:, 1], slopes[:, 2], 0.0)
    return np.where(converged[:, None], effects, np.nan), found
