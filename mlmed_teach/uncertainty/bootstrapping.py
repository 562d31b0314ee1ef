"""Bootstrap intervals: the model is fitted again to many new tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import cast

import numpy as np
import pandas as pd

from ..engine import BatchOptimum, Problem, bar_of, in_waves, one_blas_thread, refit_clusters
from ..errors import MlmedError
from ..stacked_model import EstimatesAt, MediationEffects
from ..typing import Array, BoolArray
from ..validation import check_level, one_of, seed_sequence, whole
from ..words import counted
from .columns_of_paths import PathColumns, columns_of, replicate_effects, replicate_estimates
from .interval_results import BootstrapIntervals, DrawnInterval, drawn_intervals, intervals_of_changes
from .limits import INTERVALS, basic_limits, bca_limits, percentile_limits
from .limits_of_functions import DrawnEstimates
from .refits import KINDS, StackedProblem, draw_clusters, problem, refit_new

CHUNK = 128  # replicates that are fitted, and get their random numbers, together: the same with any number of workers


FEWEST = 10  # clusters from which to draw clusters


ROUGH = 200  # replicates below which the ends of an interval are rough


def bootstrap_limits(
    task: Problem,
    columns: PathColumns,
    estimates: Array,
    intervals: Collection[str],
    reps: int,
    rng: np.random.Generator,
    confidence: float,
) -> dict[str, Array]:
    """Limits of the effects from one cluster bootstrap.

    Parameters
    ----------
    task : Problem
    columns : PathColumns
    estimates : ndarray, shape (3,)
        Indirect, direct and total effect of the table itself.
    intervals : collection of str
        Any of "percentile", "bca"; the latter fits the tables without one cluster each as well.
    reps : int
        Replicates.
    rng : numpy.random.Generator
    confidence : float

    Returns
    -------
    dict of str to ndarray, shape (2, 3)
        Interval -> low and high limits of the indirect, the direct and the total effect; NaN if hardly a replicate can
        be fitted.
    """
    found = refit_clusters(task, draw_clusters(task, reps, rng))
    draws = replicate_effects(task.units, found, [columns])[found.converged]
    if len(draws) < 2:
        return dict.fromkeys(intervals, np.full((2, 3), np.nan))
    limits = {}
    if "percentile" in intervals:
        limits["percentile"] = percentile_limits(draws, confidence)
    if "bca" in intervals:
        left_out = _without_each(task)
        without = replicate_effects(task.units, left_out, [columns])[left_out.converged]
        limits["bca"] = bca_limits(draws, estimates, without, confidence)
    return limits


def bootstrap_intervals(
    med: MediationEffects,
    reps: int = 1000,
    kind: str = "cluster",
    interval: str = "percentile",
    seed: int | None = None,
    n_jobs: int | None = None,
    level: float = 0.95,
    progress: bool = False,
) -> BootstrapIntervals:
    """Bootstrap intervals: the model is fitted again to many new tables.

    Parameters
    ----------
    med : MediationEffects
        As a method, the result itself.
    reps : int
        Number of replicates.
    kind : {"cluster", "parametric", "residual"}
        New tables from whole clusters, drawn with replacement; from the normal distributions that the fit says; or
        from predicted random effects and residuals, drawn with replacement and rescaled (Carpenter, Goldstein &
        Rasbash 2003).
    interval : {"percentile", "basic", "bca"}
        Quantiles of the replicates; quantiles reflected at the estimate; bias-corrected and accelerated quantiles
        (Efron 1987).
    seed : int, optional
        The same seed gives the same replicates, with any number of workers.
    n_jobs : int, optional
        Workers, as joblib counts them: -1 for all cores; ``joblib.parallel_config`` chooses where they run.
    level : float
        Confidence level.
    progress : bool
        Show a progress bar.

    Returns
    -------
    BootstrapIntervals
        `indirect`, `direct`, `total` with `estimate`, `ci`, `se`, `draws`; how many replicates lie on the
        `boundary` or `failed`. With moderators `effects` and `to_frame` have the rows of `moderation` as well, and
        ``med.conditional(values, intervals=...)`` takes the result. After an interruption, the intervals of the
        finished replicates, with a note.

    Raises
    ------
    MlmedError
        Too few clusters to draw from, an unknown kind or interval, an impossible number.
    """
    reps, confidence = whole(reps, "reps", 2), check_level(level)
    kind, interval = one_of(kind, "kind", KINDS), one_of(interval, "interval", INTERVALS)
    task, sequence = problem(med.fit, med.moderators), seed_sequence(seed)
    if kind != "parametric":
        refuse_few_clusters(task.clusters, "Use kind='parametric', which draws from the fitted model")
    found, interrupted = _replicates(task, kind, reps, sequence, n_jobs, progress)
    if found.converged.sum() < 2:
        raise MlmedError(
            "Hardly any replicate could be fitted. The model is too large for these data: leave slopes out."
        )
    columns, left_out = columns_of(med), None
    every = replicate_effects(task.units, found, columns)
    draws, estimates = every[found.converged], np.array([effect.estimate for effect in med.effects])
    if interval == "percentile":
        limits = percentile_limits(draws, confidence)
    elif interval == "basic":
        limits = basic_limits(draws, estimates, confidence)
    else:
        left_out = _without_each(task)
        limits = bca_limits(
            draws, estimates, replicate_effects(task.units, left_out, columns)[left_out.converged], confidence
        )
    drawn = _estimates(med, task, found, left_out, interval, confidence)
    effects = drawn_intervals(med.effects, draws, limits, confidence) | intervals_of_changes(drawn, med.changes)
    return BootstrapIntervals(
        method=f"{kind.capitalize()} bootstrap, {interval} intervals, {counted(len(every), 'replicate')}",
        effects=effects,
        draws=_by_replicate(effects, found.converged),
        estimates=drawn,
        confidence=confidence,
        reps=len(every),
        boundary=int((found.singular & found.converged).sum()),
        failed=int((~found.converged).sum()),
        seed=cast(int, sequence.entropy),
        notes=(
            *bootstrap_notes(found.converged, found.singular & found.converged, reps if interrupted else None),
            *med.place_notes,
        ),
    )


def bootstrap_notes(has_fit: BoolArray, on_boundary: BoolArray, wanted: int | None) -> tuple[str, ...]:
    """What a reader must know about the replicates.

    Parameters
    ----------
    has_fit, on_boundary : ndarray of bool, shape (B,)
    wanted : int or None
        How many an interruption was to leave, if there was one.

    Returns
    -------
    tuple of str
    """
    made, fitted, boundary = len(has_fit), int(has_fit.sum()), int(on_boundary.sum())
    notes = []
    if wanted is not None:
        notes.append(
            f"Interrupted: {made:,} of {counted(wanted, 'replicate')} were finished; the intervals are made of these."
        )
    if fitted < made:
        notes.append(
            f"{made - fitted:,} of {counted(made, 'replicate')} had no optimum. They are left out, not replaced."
        )
    if boundary:
        notes.append(
            f"{boundary:,} of {counted(made, 'replicate')} have their optimum on the boundary. "
            "They count like all others."
        )
    if fitted < ROUGH:
        notes.append(f"From fewer than {ROUGH} replicates the ends of an interval are rough: use reps=1000 or more.")
    return tuple(notes)


def refuse_few_clusters(clusters: int, instead: str) -> None:
    """Clusters can be drawn only from enough of them.

    Parameters
    ----------
    clusters : int
    instead : str
        What else can be done, as the beginning of a sentence.

    Raises
    ------
    MlmedError
        There are fewer than `FEWEST`.
    """
    if clusters < FEWEST:
        raise MlmedError(
            f"There are only {clusters} clusters to draw from, too few to show how estimates vary from sample to "
            f"sample. {instead}, or collect more clusters."
        )


def in_chunks(
    reps: int, sequence: np.random.SeedSequence, chunk: int = CHUNK
) -> list[tuple[int, np.random.SeedSequence]]:
    """Replicates by chunks, each with random numbers of its own: the same with any number of workers.

    Parameters
    ----------
    reps : int
    sequence : numpy.random.SeedSequence
    chunk : int

    Returns
    -------
    list of (int, SeedSequence)
    """
    sizes = [min(chunk, reps - at) for at in range(0, reps, chunk)]
    return list(zip(sizes, sequence.spawn(len(sizes)), strict=True))


def _replicates(
    task: StackedProblem, kind: str, reps: int, sequence: np.random.SeedSequence, n_jobs: int | None, progress: bool
) -> tuple[BatchOptimum, bool]:
    """All replicates, or those that were finished before an interruption."""
    rows, columns = task.X.shape
    chunk = int(np.clip(20_000_000 // (rows * (columns + len(task.G) + 1)), 1, CHUNK)) if kind != "cluster" else CHUNK
    jobs = [(task, kind, size, child) for size, child in in_chunks(reps, sequence, chunk)]
    found: list[BatchOptimum] = []
    interrupted = False
    with bar_of(reps, f"{kind} bootstrap", "fit", progress) as bar:
        try:
            for wave in in_waves(refit_new, jobs, n_jobs, each=4):
                found += [result for _, result in wave]
                bar.update(sum(len(result.m2ll) for _, result in wave))
        except KeyboardInterrupt:
            interrupted = True
            if not found:
                raise
    return BatchOptimum.join(found), interrupted


def _without_each(task: Problem) -> BatchOptimum:
    """Fits of the tables that lack one cluster each, J of them."""
    with one_blas_thread():
        return refit_clusters(task, 1.0 - np.eye(task.clusters))


def _estimates(
    med: MediationEffects,
    task: Problem,
    found: BatchOptimum,
    left_out: BatchOptimum | None,
    interval: str,
    confidence: float,
) -> DrawnEstimates:
    """The estimates of all replicates that could be fitted, level by level."""
    columns, levels = columns_of(med), [level.level for level in med.levels]
    own = {level: EstimatesAt(med, level).theta for level in levels}
    draws, without = (
        dict(zip(levels, replicate_estimates(task.units, fits, columns), strict=True)) if fits else {}
        for fits in (found, left_out)
    )
    return DrawnEstimates(own, draws, without, interval, confidence)


def _by_replicate(effects: Mapping[str, DrawnInterval], has_fit: BoolArray) -> pd.DataFrame:
    """One row for each replicate, missing where the fit failed."""
    draws = pd.DataFrame(np.nan, index=range(len(has_fit)), columns=list(effects))
    draws[has_fit] = np.column_stack([effect.draws for effect in effects.values()])
    return draws
