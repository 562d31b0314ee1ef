"""Many independent jobs on several workers: threads, processes or other machines, through joblib."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import joblib

from .threads import one_blas_thread


def in_waves(
    work: Callable[..., Any], jobs: Sequence[tuple], n_jobs: int | None, each: int = 2
) -> Iterator[list[tuple[tuple, Any]]]:
    """Do jobs, a few for each worker at a time, so that an interruption loses little.

    Most of the time is spent inside NumPy, where threads run side by side; a backend chosen with
    ``joblib.parallel_config`` (processes, Dask) goes first. Every worker keeps to one BLAS thread.

    Parameters
    ----------
    work : callable
        Takes the items of a job as its arguments.
    jobs : sequence of tuple
    n_jobs : int, optional
        Workers, as joblib counts them.
    each : int
        Jobs for each worker in a wave.

    Yields
    ------
    list of (job, result)
    """
    at_once = each * joblib.effective_n_jobs(n_jobs)
    with one_blas_thread():
        for at in range(0, len(jobs), at_once):
            wave = jobs[at : at + at_once]
            results = joblib.Parallel(n_jobs=n_jobs, prefer="threads")(
                joblib.delayed(_alone)(work, job) for job in wave
            )
            yield list(zip(wave, results, strict=True))


def _alone(work: Callable[..., Any], job: tuple) -> Any:
    with one_blas_thread():
        return work(*job)
