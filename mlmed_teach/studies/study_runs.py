"""What the studies share: which designs, and every table drawn and fitted once."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ..engine import bar_of, in_waves
from ..errors import MlmedError
from ..stacked_model import KINDS, PATHS
from ..validation import as_list, some_of, whole
from ..version import __version__
from ..words import described
from .population import Population
from .simulated_fits import draw_and_fit
from .store import Cell, Store, jobs_of

NO_EFFECT = 1e-12  # an effect this near 0 is none


def checked_population(population: Population | None, function: str) -> Population:
    """The population of a study, by default the usual one; refused where its model is another one."""
    population = Population() if population is None else population
    if not isinstance(population, Population):
        raise MlmedError(f"population must be an mt.Population(...), but this is {described(population)}.")
    if population.b_between is not None:
        raise MlmedError(f"A population with b_between needs the decomposed model, which {function} does not fit.")
    return population


def population_with_effect(population: Population | None, function: str) -> Population:
    """The same, refused where it has no indirect effect, which nothing can find."""
    population = checked_population(population, function)
    if abs(population.indirect) < NO_EFFECT:
        raise MlmedError(
            "This population has no indirect effect (a b + cov_ab is 0): what is not there cannot be found. Give it "
            "one, as in mt.Population(a=0.4, b=0.4). For the rate of false alarms, use mt.coverage: it is 1 - coverage."
        )
    return population


def effects_of(population: Population) -> list[str]:
    """The kinds of effects that the population has."""
    return [effect for effect in KINDS if abs(getattr(population, effect)) > NO_EFFECT]


def fitted_slopes(population: Population, random: Sequence[str] | None) -> list[str]:
    """Paths with a random slope in the model that is fitted: those asked for, or those that vary; refused without x."""
    vary = [path for path in PATHS if getattr(population, f"var_{path}") > 0]
    none = random is not None and not isinstance(random, str) and np.ndim(random) == 1 and not len(random)
    asked = vary if random is None else [] if none else some_of(random, "random", PATHS)
    slopes = [path for path in PATHS if path in asked]
    if not population.treatment and population.var_x_within == 0 and {"a", "cprime"} & set(slopes):
        raise MlmedError(
            "x does not vary within the clusters of this population (var_x_within is 0), so that slopes of x cannot "
            "be told apart from intercepts: fit the model without them, random=('b',)."
        )
    return slopes


def cells_of(
    clusters: Sequence[int] | int, sizes: Sequence[int] | int, shapes: Iterable[str], slopes: Sequence[str]
) -> list[Cell]:
    """Every combination of the numbers and the shapes; with random slopes a cluster needs four rows, else two."""
    every_clusters, every_size = _numbers(clusters, "clusters", 6), _numbers(sizes, "sizes", 4 if slopes else 2)
    if not (every_clusters and every_size):
        raise MlmedError("clusters and sizes must hold at least one number each, as in clusters=(25, 50), sizes=8.")
    return [Cell(*values) for values in itertools.product(every_clusters, every_size, shapes)]


def _numbers(values: Any, name: str, least: int) -> list[int]:
    return [whole(value, name, least) for value in as_list(values)]


def run_study(
    name: str,
    population: Population,
    study: dict[str, Any],
    cells: Sequence[Cell],
    reps: int,
    n_jobs: int | None,
    file: str | Path | None,
    progress: bool,
) -> Store:
    """Draw and fit the tables of the cells, but for those that the file holds already.

    Parameters
    ----------
    name : str
        Of the study, for its progress bar.
    population : Population
        Its shape is replaced by those of the cells.
    study : dict
        As in `draw_and_fit`.
    cells : sequence of Cell
    reps : int
        Tables of each cell.
    n_jobs : int or None
    file : path-like or None
    progress : bool

    Returns
    -------
    Store
    """
    truth = {field: value for field, value in asdict(population).items() if field != "shape"}
    store = Store(file, {**study, "population": truth, "version": __version__})
    jobs = [job for cell in cells for job in jobs_of(cell, reps) if job not in store]
    calls = [(population, study, job) for job in jobs]
    with bar_of(sum(job.size for job in jobs), name, "table", progress) as bar:
        for wave in in_waves(draw_and_fit, calls, n_jobs):
            for (_, _, job), found in wave:
                store.add(job, found)
                bar.update(job.size)
    return store
