"""Bootstrap intervals: the model is fitted again to many new tables."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats
from tqdm.auto import tqdm

from ..engine import BatchOptimum, Problem, in_waves, refit_clusters
from ..errors import MlmedError
from ..stacked_model import PATHS, MediationEffects
from ..typing import Array
from ..validation import check_level, seed_sequence, whole
from .interval_results import Intervals, effects_of, estimates, percentile
from .refits import problem, refit_parametric, refit_residual

KINDS = ("cluster", "parametric", "residual")


INTERVALS = ("percentile", "basic", "bca")


CHUNK = 128  # replicates that are fitted, and get their random numbers, together: the same with any number of workers


FEWEST = 10  # clusters from which to draw clusters


ROUGH = 200  # replicates below which the ends of an interval are rough


def bootstrap(
    med: MediationEffects,
    reps: int,
    kind: str,
    interval: str,
    seed: int | None,
    n_jobs: int | None,
    level: float,
    progress: bool,
) -> Intervals:
    """Fit the model to new tables; see `Mediation.bootstrap`."""
    reps, level = whole(reps, "reps", 2), check_level(level)
    for name, value, known in (("kind", kind, KINDS), ("interval", interval, INTERVALS)):
        if value not in known:
            raise MlmedError(f"{name} is one of {', '.join(map(repr, known))}, not {value!r}.")
    task, sequence = problem(med.fit), seed_sequence(seed)
    if kind != "parametric" and task.clusters < FEWEST:
        raise MlmedError(
            f"There are only {task.clusters} clusters to draw from, too few to show how estimates vary from sample to "
            "sample. Use kind='parametric', which draws from the fitted model, or collect more clusters."
        )
    found, interrupted = _replicates(task, kind, reps, sequence, n_jobs, progress)
    table = _table(med, task, found)
    made, failed = len(table), int((~found.converged).sum())
    notes = []
    if interrupted:
        notes.append(f"Interrupted: {made:,} of {reps:,} replicates were finished; the intervals are made of these.")
    if failed:
        notes.append(f"{failed:,} of {made:,} replicates had no optimum. They are left out, not replaced.")
    boundary = int((found.singular & found.converged).sum())
    if boundary:
        notes.append(
            f"{boundary:,} of {made:,} replicates have their optimum on the boundary. They count like all others."
        )
    if made - failed < ROUGH:
        notes.append(f"From fewer than {ROUGH} replicates the ends of an interval are rough: use reps=1000 or more.")
    if made - failed < 2:
        raise MlmedError(
            "Hardly any replicate could be fitted. The model is too large for these data: leave slopes out."
        )
    take = {"percentile": percentile, "basic": _basic}.get(interval)
    if take is None:
        weights = 1.0 - np.eye(task.clusters)
        jackknife = [found for wave in in_waves(refit_clusters, [(task, weights)], None) for _, found in wave]
        take = _bca(_table(med, task, jackknife[0]))
    return Intervals(
        method=f"{kind.capitalize()} bootstrap, {interval} intervals, {made:,} replicates",
        effects=estimates(med, table, level, take),
        draws=table,
        level=level,
        reps=made,
        boundary=boundary,
        failed=failed,
        seed=sequence.entropy,
        notes=tuple(notes),
    )


def _replicates(
    task: Problem, kind: str, reps: int, sequence: np.random.SeedSequence, n_jobs: int | None, progress: bool
) -> tuple[BatchOptimum, bool]:
    """All replicates, or those that were finished before an interruption."""
    rows, columns = task.X.shape
    chunk = int(np.clip(20_000_000 // (rows * (columns + len(task.G) + 1)), 1, CHUNK)) if kind != "cluster" else CHUNK
    sizes = [min(chunk, reps - at) for at in range(0, reps, chunk)]
    jobs = [(task, kind, size, child) for size, child in zip(sizes, sequence.spawn(len(sizes)), strict=True)]
    found: list[BatchOptimum] = []
    interrupted = False
    with tqdm(total=reps, disable=not progress, desc=f"{kind} bootstrap", unit="fit") as bar:
        try:
            for wave in in_waves(_chunk, jobs, n_jobs, each=4):
                found += [result for _, result in wave]
                bar.update(sum(len(result.m2ll) for _, result in wave))
        except KeyboardInterrupt:
            interrupted = True
            if not found:
                raise
    return BatchOptimum.join(found), interrupted


def _chunk(task: Problem, kind: str, reps: int, seed: np.random.SeedSequence) -> BatchOptimum:
    rng = np.random.default_rng(seed)
    if kind == "cluster":
        J = task.clusters
        return refit_clusters(task, rng.multinomial(J, np.full(J, 1 / J), reps).astype(float))
    return (refit_parametric if kind == "parametric" else refit_residual)(task, reps, rng)


def _table(med: MediationEffects, task: Problem, found: BatchOptimum) -> pd.DataFrame:
    """Effects of the replicates, missing where there is no optimum."""
    names = list(med.fit.design.re_names)
    G = task.units.G(found.G)
    a, b = PATHS["a"].term, PATHS["b"].term
    cov_ab = G[:, names.index(a), names.index(b)] if a in names and b in names else np.zeros(len(G))
    table = effects_of(med, task.units.beta(found.beta), cov_ab)
    table.loc[~found.converged] = np.nan
    return table


def _basic(name: str, draws: Array, estimate: float, level: float) -> tuple[float, float]:
    low, high = percentile(name, draws, estimate, level)
    return 2 * estimate - high, 2 * estimate - low


def _bca(jackknife: pd.DataFrame) -> Callable[[str, Array, float, float], tuple[float, float]]:
    """Bias-corrected and accelerated limits (Efron 1987), the acceleration from leaving out one cluster at a time."""

    def take(name: str, draws: Array, estimate: float, level: float) -> tuple[float, float]:
        below = ((draws < estimate).sum() + 0.5 * (draws == estimate).sum()) / len(draws)
        if not 0 < below < 1:
            return percentile(name, draws, estimate, level)
        bias = stats.norm.ppf(below)
        left_out = jackknife[name].dropna().to_numpy()
        pull = left_out.mean() - left_out
        size = (pull**2).sum()
        acceleration = (pull**3).sum() / (6 * size**1.5) if size > 0 else 0.0
        z = bias + stats.norm.ppf([(1 - level) / 2, (1 + level) / 2])
        low, high = np.quantile(draws, stats.norm.cdf(bias + z / (1 - acceleration * z)))
        return float(low), float(high)

    return take
