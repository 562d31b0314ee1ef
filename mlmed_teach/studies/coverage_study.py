"""Do the intervals keep their promise? Bias, standard errors and coverage over many tables with a known truth."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from tqdm.auto import tqdm

from ..engine import (
    BatchOptimum,
    CrossProducts,
    Problem,
    Profile,
    Target,
    Units,
    cross_products,
    in_waves,
    lower_triangle,
    maximize_batch,
    refit_clusters,
    standardize,
)
from ..errors import MlmedError
from ..models import Z95
from ..stacked_model import KINDS, PATHS, TERMS, combine
from ..typing import Array
from ..validation import whole
from ..version import __version__
from .population import SHAPES, Population, simulate
from .store import CHUNK, Cell, _Store

INTERVALS = ("wald", "monte_carlo", "profile", "bootstrap")


MC_DRAWS = 10_000


def coverage(
    clusters: Sequence[int] | int = (25, 50, 100, 200),
    sizes: Sequence[int] | int = (4, 8, 16),
    shapes: Sequence[str] | str = ("normal", "skewed"),
    reps: int = 1000,
    intervals: Sequence[str] = ("wald", "monte_carlo"),
    population: Population | None = None,
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
        Any of "wald", "monte_carlo", "profile" (of the indirect effect; some 50 ms a table) and "bootstrap" (of whole
        clusters, percentile; about 2 s a table).
    population : Population, optional
        By default that of Bauer, Preacher & Gil (2006); its shape is replaced.
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
        One row for each cell, effect and interval: clusters, size, shape, effect, interval; ``truth``; ``tables`` and
        how many of them have an interval (``with_interval``; on the boundary some have none); ``boundary``, share of
        optima there; ``bias`` of the estimates, their ``sd``, ``mean_se``; ``coverage`` with its Monte Carlo error
        ``mc_error``; ``missed_below`` and ``missed_above``, shares of intervals that end below or begin above the
        truth. All of these are shares of the intervals that exist, and missing where none does.

    Raises
    ------
    MlmedError
        An impossible design, an unknown interval, or a file of another study.

    Examples
    --------
    >>> import mlmed_teach as mt
    >>> study = mt.coverage(clusters=50, sizes=8, shapes="normal", reps=50, progress=False)
    >>> list(study["interval"].unique()), int(study["tables"].iloc[0])
    (['wald', 'monte_carlo'], 50)
    """
    population = Population() if population is None else population
    if not isinstance(population, Population):
        raise MlmedError(f"population must be an mt.Population(...), but this is a {type(population).__name__}.")
    if population.b_between is not None:
        raise MlmedError("A population with b_between needs the decomposed model, which coverage does not fit.")
    chosen = [intervals] if isinstance(intervals, str) else list(intervals)
    unknown = [name for name in chosen if name not in INTERVALS]
    if unknown or not chosen:
        raise MlmedError(f"intervals holds any of {', '.join(map(repr, INTERVALS))}, but it is {intervals!r}.")
    cells = _cells(clusters, sizes, shapes)
    reps, seed = whole(reps, "reps", 2), whole(seed, "seed", 0)
    study = {
        "seed": seed,
        "intervals": chosen,
        "bootstrap_reps": whole(bootstrap_reps, "bootstrap_reps", 20) if "bootstrap" in chosen else None,
        "population": {name: value for name, value in asdict(population).items() if name != "shape"},
        "version": __version__,
    }
    store = _Store(file, study)
    jobs = [
        (cell, chunk, min(CHUNK, reps - CHUNK * chunk))
        for cell in cells
        for chunk in range(-(-reps // CHUNK))
        if (cell, chunk, min(CHUNK, reps - CHUNK * chunk)) not in store.done
    ]
    calls = [(population, study, *job) for job in jobs]
    with tqdm(total=sum(size for *_, size in jobs), disable=not progress, desc="coverage", unit="table") as bar:
        for wave in in_waves(_tables, calls, n_jobs):
            for (_, _, *job), found in wave:
                store.add(tuple(job), found)
                bar.update(job[-1])
    return pd.concat([_summary(population, cell, chosen, store.rows(cell, reps)) for cell in cells], ignore_index=True)


def _cells(clusters: object, sizes: object, shapes: object) -> list[Cell]:
    numbers = [[values] if np.ndim(values) == 0 else list(values) for values in (clusters, sizes)]
    numbers[0] = [whole(value, "clusters", 6) for value in numbers[0]]
    numbers[1] = [whole(value, "sizes", 4) for value in numbers[1]]
    shapes = [shapes] if isinstance(shapes, str) else list(shapes)
    unknown = [shape for shape in shapes if shape not in SHAPES]
    if unknown or not all([*numbers, shapes]):
        raise MlmedError(f"shapes holds any of {', '.join(map(repr, SHAPES))}; clusters and sizes hold numbers.")
    return [Cell(*values) for values in itertools.product(*numbers, shapes)]


# ---- one chunk of tables --------------------------------------------------------------------------------------------


def _tables(population: Population, study: dict, cell: Cell, chunk: int, size: int) -> dict[str, list]:
    """Draw and fit some tables: estimates, standard errors, limits. None stands for what does not exist."""
    key = (cell.clusters, cell.size, SHAPES.index(cell.shape), chunk)
    rng = np.random.default_rng(np.random.SeedSequence(study["seed"], spawn_key=key))
    population = replace(population, shape=cell.shape)
    tables = [simulate(population, cell.clusters, cell.size, rng) for _ in range(size)]
    z, X, cluster, residual = _stacked(tables)
    units = standardize(z[0], X[0], X[0], residual, keep_zeros=False)
    cp = cross_products(*units.apply(z, X, X, residual), cluster, residual, 2)
    truth = population.covariance  # in the order of TERMS: d_M, a, d_Y, b, c'
    s2 = np.array([population.var_e_y, population.var_e_m])
    found = maximize_batch(cp, *units.start(truth, s2, ()), reml=True)
    fits = _fits(units.beta(found.beta), units.G(found.G), units.cov_beta(found.cov_beta), found, units)
    estimates, ses = combine(*fits)
    results: dict[str, Sequence] = {"converged": found.converged, "boundary": found.singular}
    for k, effect in enumerate(KINDS):
        results |= {effect: estimates[:, k], f"{effect} se": ses[:, k]}
    if "wald" in study["intervals"]:
        results |= _limits("wald", estimates - Z95 * ses, estimates + Z95 * ses)
    if "monte_carlo" in study["intervals"]:
        results |= _monte_carlo(fits, rng)
    one_by_one = [name for name in ("profile", "bootstrap") if name in study["intervals"]]
    if one_by_one:
        tasks = [
            Problem(
                X[k],
                X[k],
                cluster,
                residual,
                units,
                CrossProducts(*(part[:, k] for part in (cp.zz, cp.zw, cp.ww, cp.n))),
                units.G(found.G[k]),
                units.s2(found.s2[k]),
                True,
                (),
            )
            for k in range(size)
        ]
    if "profile" in study["intervals"]:
        ml = maximize_batch(cp, *units.start(truth, s2, ()), reml=False)
        results |= _profile(population, tasks, ml)
    if "bootstrap" in study["intervals"]:
        results |= _bootstrap(tasks, study["bootstrap_reps"], rng)
    return {name: [None if not np.isfinite(v) else float(v) for v in values] for name, values in results.items()}


def _stacked(tables: list[pd.DataFrame]) -> tuple[Array, Array, NDArray[np.int64], NDArray[np.int64]]:
    """Stacked responses (B, 2 n), designs (B, 2 n, 5), and the clusters and outcomes that all tables have alike."""
    x, m, y = (np.array([table[name] for table in tables]) for name in ("x", "m", "y"))
    one, zero = np.ones_like(x), np.zeros_like(x)
    outcome, mediator = (zero, zero, one, m, x), (one, x, zero, zero, zero)
    X = np.concatenate([np.stack(columns, -1) for columns in (outcome, mediator)], 1)
    cluster = tables[0]["id"].to_numpy() - 1
    return np.concatenate([y, m], 1), X, np.tile(cluster, 2), np.repeat([0, 1], len(cluster))


def _fits(beta: Array, G: Array, V: Array, found: BatchOptimum, units: Units) -> tuple[Array, ...]:
    """a, b, c', cov(a_j, b_j), the covariance matrix of the paths, and the covariance's standard error, by table."""
    paths = [TERMS.index(path.term) for path in PATHS.values()]
    a, b, _ = paths
    return *beta[:, paths].T, G[:, a, b], V[:, np.array(paths)[:, None], paths], _se_of_covariance(found, units, a, b)


def _se_of_covariance(found: BatchOptimum, units: Units, a: int, b: int) -> Array:
    """Standard errors of a covariance of two random effects, shape (B,); NaN on the boundary."""
    (i, _), D = lower_triangle(len(units.Tz))
    row = np.zeros(found.hess.shape[-1])
    row[: len(i)] = np.kron(units.Tz[a], units.Tz[b]) @ D
    inside = found.converged & ~found.singular
    variance = np.full(len(inside), np.nan)
    variance[inside] = 2 * np.linalg.solve(found.hess[inside], row[:, None])[..., 0] @ row  # the Hessian is of -2 ll
    return np.sqrt(np.where(variance > 0, variance, np.nan))


def _limits(interval: str, low: Array, high: Array) -> dict[str, Array]:
    found = {f"{effect} {interval} low": low[:, k] for k, effect in enumerate(KINDS)}
    return found | {f"{effect} {interval} high": high[:, k] for k, effect in enumerate(KINDS)}


def _monte_carlo(fits: tuple[Array, ...], rng: np.random.Generator) -> dict[str, Array]:
    a, b, c, cov_ab, V, se_cov = fits
    normal = rng.normal(size=(MC_DRAWS, 4))
    limits = np.full((2, len(a), 3), np.nan)
    for k in np.flatnonzero(np.isfinite(se_cov)):
        draws = (np.array([a[k], b[k], c[k]]) + normal[:, :3] @ np.linalg.cholesky(V[k]).T).T
        indirect = draws[0] * draws[1] + cov_ab[k] + se_cov[k] * normal[:, 3]
        limits[:, k] = np.quantile(np.stack([indirect, draws[2], indirect + draws[2]]), [0.025, 0.975], axis=1)
    return _limits("monte_carlo", *limits)


def _profile(population: Population, tasks: list[Problem], ml: BatchOptimum) -> dict[str, list]:
    """Does the profile interval of the indirect effect hold the truth? One constrained fit tells, at the truth."""
    a, b = TERMS.index(PATHS["a"].term), TERMS.index(PATHS["b"].term)
    target, limit = Target((a, b), (a, b)), stats.chi2.ppf(0.95, 1)
    low, high = [], []
    for k, task in enumerate(tasks):
        units = task.units
        try:
            search = Profile(task, units.beta(ml.beta[k]), units.G(ml.G[k]), units.s2(ml.s2[k]))
            cost, _ = search.fit(target, population.indirect)
        except MlmedError:
            low.append(np.nan), high.append(np.nan)
            continue
        # An interval that holds the truth is written (-1, 1) around it, others as an end on the side of the estimate.
        above = search.target_value(target) > population.indirect
        ends = (-1.0, 1.0) if cost <= limit else (0.5, 1.0) if above else (-1.0, -0.5)
        low.append(population.indirect + ends[0]), high.append(population.indirect + ends[1])
    return {"indirect profile low": low, "indirect profile high": high}


def _bootstrap(tasks: list[Problem], reps: int, rng: np.random.Generator) -> dict[str, Array]:
    a, b, c = (TERMS.index(path.term) for path in PATHS.values())
    limits = np.full((2, len(tasks), 3), np.nan)
    for k, task in enumerate(tasks):
        J = task.clusters
        found = refit_clusters(task, rng.multinomial(J, np.full(J, 1 / J), reps).astype(float))
        good = found.converged
        beta, G = task.units.beta(found.beta[good]), task.units.G(found.G[good])
        indirect = beta[:, a] * beta[:, b] + G[:, a, b]
        limits[:, k] = np.quantile(np.stack([indirect, beta[:, c], indirect + beta[:, c]]), [0.025, 0.975], axis=1)
    return _limits("bootstrap", *limits)


# ---- what a cell comes to -------------------------------------------------------------------------------------------


def _summary(population: Population, cell: Cell, intervals: list[str], rows: pd.DataFrame) -> pd.DataFrame:
    found = []
    rows = rows[rows["converged"] == 1]
    for effect in KINDS:
        truth, estimates = getattr(population, effect), rows[effect]
        for interval in intervals:
            if f"{effect} {interval} low" not in rows:
                continue
            low, high = (rows[f"{effect} {interval} {end}"].dropna() for end in ("low", "high"))
            below, above = (high < truth).mean(), (low > truth).mean()
            covered = 1 - below - above
            found.append(
                {
                    **asdict(cell),
                    "effect": effect,
                    "interval": interval,
                    "truth": truth,
                    "tables": len(rows),
                    "with_interval": len(low),
                    "boundary": rows["boundary"].mean(),
                    "bias": estimates.mean() - truth,
                    "sd": estimates.std(),
                    "mean_se": rows[f"{effect} se"].mean(),
                    "coverage": covered,
                    "mc_error": np.sqrt(covered * (1 - covered) / len(low)) if len(low) else np.nan,
                    "missed_below": below,
                    "missed_above": above,
                }
            )
    return pd.DataFrame(found)
