"""Do the intervals keep their promise? Bias, standard errors and coverage over many tables with a known truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from ..models import SE, SES
from ..stacked_model import KINDS, PATHS
from ..uncertainty import ABOVE, BELOW
from ..validation import some_of, whole
from .population import SHAPES, Population
from .simulated_fits import BOOTSTRAPS, INTERVALS, WITH_SE
from .store import Cell
from .study_runs import cells_of, checked_population, run_study


def coverage(
    clusters: Sequence[int] | int = (25, 50, 100, 200),
    sizes: Sequence[int] | int = (4, 8, 16),
    shapes: Sequence[str] | str = ("normal", "skewed"),
    reps: int = 1000,
    intervals: Sequence[str] = ("wald", "monte_carlo"),
    population: Population | None = None,
    random: Sequence[str] | str = tuple(PATHS),
    se: Sequence[SE] | SE = "joint",
    bootstrap_reps: int = 499,
    seed: int = 1,
    n_jobs: int | None = None,
    file: str | Path | None = None,
    progress: bool = True,
) -> pd.DataFrame:
    """Draw tables from a population, fit each, and see how often the 95% intervals hold the truth.

    Parameters
    ----------
    clusters, sizes : int or sequence of int
        Numbers of clusters, and of rows in each; every combination is a cell of the study.
    shapes : str or sequence of str
        Distributions of the random effects, any of "normal", "skewed", "heavy".
    reps : int
        Tables for each cell.
    intervals : sequence of str
        Any of "wald", "monte_carlo", "profile" (of the indirect effect), "bootstrap" (of whole clusters, percentile;
        about a second a table) and "bca" (of the same replicates, bias-corrected and accelerated).
    population : Population, optional
        By default that of Bauer, Preacher & Gil (2006); its shape is replaced.
    random : sequence of str
        Paths with a random slope in the model that is fitted: any of "a", "b", "cprime", all of them by default. Fewer
        than vary in the population make a wrong model, whose intervals can be watched.
    se : str or sequence of str
        Whose standard errors Wald and Monte Carlo intervals are made of, any of "gls", "joint" (as in `mediate`),
        "robust", all of the same tables.
    bootstrap_reps : int
        Replicates for each bootstrap interval.
    seed : int
        The same seed gives the same results, with any number of workers and in any order of the cells.
    n_jobs : int, optional
        Workers, as joblib counts them; ``joblib.parallel_config`` chooses where they run.
    file : path-like, optional
        Results are saved here as they come (one line of JSON for each 25 tables), and a study that was interrupted goes
        on where it stopped.
    progress : bool
        Show a progress bar.

    Returns
    -------
    DataFrame
        One row for each cell, effect and interval: clusters, size, shape, effect, interval, ``se`` (whose standard
        errors; "" for intervals that need none); ``truth``; ``tables`` and how many of them have an interval
        (``with_interval``; a profile may not be found); ``boundary``, share of optima there; ``bias`` of the estimates,
        their ``sd``, ``mean_se`` (missing where `se` is ""); ``coverage`` with its Monte Carlo error
        ``mc_error``; ``missed_below`` and ``missed_above``, shares of intervals that end below or begin above the
        truth. All of these are shares of the intervals that exist, and missing where none does.

    Raises
    ------
    MlmedError
        An impossible design, an unknown interval or kind of standard errors, or a file of another study.

    Examples
    --------
    >>> import mlmed_teach as mt
    >>> study = mt.coverage(clusters=50, sizes=8, shapes="normal", reps=50, progress=False)
    >>> list(study["interval"].unique()), int(study["tables"].iloc[0])
    (['wald', 'monte_carlo'], 50)
    """
    population = checked_population(population, "coverage")
    chosen = some_of(intervals, "intervals", INTERVALS)
    kinds = some_of(se, "se", SES)
    none = isinstance(random, Sequence) and not len(random)
    slopes = [] if none else [path for path in PATHS if path in some_of(random, "random", PATHS)]
    cells = cells_of(clusters, sizes, some_of(shapes, "shapes", SHAPES), slopes)
    reps = whole(reps, "reps", 2)
    study = {
        "seed": whole(seed, "seed", 0),
        "intervals": chosen,
        "se": kinds,
        "random": slopes,
        "bootstrap_reps": whole(bootstrap_reps, "bootstrap_reps", 20) if BOOTSTRAPS.keys() & set(chosen) else None,
    }
    store = run_study("coverage", population, study, cells, reps, n_jobs, file, progress)
    return pd.concat(
        [_summary(population, cell, chosen, kinds, store.rows(cell, reps)) for cell in cells], ignore_index=True
    )


def _summary(
    population: Population, cell: Cell, intervals: list[str], kinds: list[str], rows: pd.DataFrame
) -> pd.DataFrame:
    """What a cell comes to: one row for each effect and interval."""
    found = []
    rows = rows[rows["converged"] == 1]
    for effect in KINDS:
        truth, estimates = getattr(population, effect), rows[effect]
        for interval, se in _made(intervals, kinds):
            name = f"{effect} {interval} {se}".strip()
            if f"{name} missed" not in rows:  # of a profile only the indirect effect
                continue
            missed = rows[f"{name} missed"].dropna()
            below, above = (missed == BELOW).mean(), (missed == ABOVE).mean()
            covered = 1 - below - above
            found.append(
                {
                    **asdict(cell),
                    "effect": effect,
                    "interval": interval,
                    "se": se,
                    "truth": truth,
                    "tables": len(rows),
                    "with_interval": len(missed),
                    "boundary": rows["boundary"].mean(),
                    "bias": estimates.mean() - truth,
                    "sd": estimates.std(),
                    "mean_se": rows[f"{effect} {se} se"].mean() if se else np.nan,
                    "coverage": covered,
                    "mc_error": np.sqrt(covered * (1 - covered) / len(missed)) if len(missed) else np.nan,
                    "missed_below": below,
                    "missed_above": above,
                }
            )
    return pd.DataFrame(found)


def _made(intervals: list[str], kinds: list[str]) -> list[tuple[str, str]]:
    """Intervals with the standard errors that they are made of, "" for those that need none."""
    return [(interval, se) for interval in intervals for se in (kinds if interval in WITH_SE else [""])]
