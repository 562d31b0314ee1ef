"""How many clusters? The share of tables whose interval excludes 0, by simulation over a grid of designs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .. import plots
from ..errors import MlmedError
from ..models import SE, SES
from ..show import Sheet, View, fixed, html_table, text_table
from ..stacked_model import KINDS, PATHS
from ..validation import one_of, share, some_of, whole
from .clusters_for_power import clusters_at
from .population import Population
from .simulated_fits import WITH_SE
from .store import Cell
from .study_runs import cells_of, checked_population, run_study


class PowerTable(View):
    """Power by design and effect, a DataFrame with columns clusters, size, effect, power, mc se.

    Attributes
    ----------
    tables : Series of int
        Tables with an interval, for each row: those whose search did not converge do not count.
    """

    _metadata = [*View._metadata, "tables"]

    def __init__(self, frame: pd.DataFrame, tables: pd.Series):
        super().__init__(frame, _show)
        self.tables = tables

    def clusters_needed(self, power: float = 0.8, effect: str = "indirect") -> pd.DataFrame:
        """How many clusters give an effect this power, for each size.

        Simulated powers are made to rise with the number of clusters (neighbours that fall are averaged), and joined
        by lines on the scale on which power is nearly straight: its normal quantile over the square root of the number
        of clusters. The interval is that of 1000 studies with the same numbers of tables, drawn from these
        powers: it counts the chance of the simulation, not that in the estimates of a pilot study. Nothing is guessed
        beyond the grid.

        Parameters
        ----------
        power : float
            Between 0 and 1.
        effect : {"indirect", "direct", "total"}

        Returns
        -------
        DataFrame
            One row for each size, its index: ``clusters``, rounded up, and its 95% interval, ``ci low`` and ``ci
            high``. Infinite where more are needed than were simulated; the least number that was simulated stands for
            itself or fewer. ``remark`` says so, and what to do.

        Raises
        ------
        MlmedError
            A power that is not between 0 and 1, an effect that has none, a grid with one number of clusters.
        """
        power = share(power, "power", "power=0.8")
        found = {}
        for size, rows in self._of(effect).groupby("size"):
            rows = rows.dropna(subset="power").sort_values("clusters")
            if len(rows) < 2:
                raise MlmedError(
                    "clusters_needed reads between designs, so that it needs two numbers of clusters or more: "
                    "mt.power(clusters=(25, 50, 100))."
                )
            found[size] = clusters_at(power, rows["clusters"], rows["power"], self.tables[rows.index])
        return pd.DataFrame(found.values(), index=pd.Index(found.keys(), name="size"))

    def plot(self, effect: str = "indirect", power: float = 0.8, ax: Axes | None = None) -> Axes:
        """Power against the number of clusters, a line for each size.

        Parameters
        ----------
        effect : {"indirect", "direct", "total"}
        power : float
            The level to compare with.
        ax : Axes, optional

        Returns
        -------
        Axes

        Raises
        ------
        MlmedError
            An effect that has no power, a power that is not between 0 and 1.
        """
        power = share(power, "power", "power=0.8")
        return plots.power_by_clusters(self._of(effect), effect, power, ax=ax)

    def _of(self, effect: str) -> pd.DataFrame:
        """The rows of an effect."""
        frame = pd.DataFrame(self)
        frame = frame[frame["effect"] == one_of(effect, "effect", KINDS)]
        if frame.empty:
            raise MlmedError(f"The {effect} effect of this population is 0: no number of clusters gives it power.")
        return frame


def power(
    population: Population | None = None,
    clusters: Sequence[int] | int = (25, 50, 100, 200),
    sizes: Sequence[int] | int = 8,
    reps: int = 1000,
    interval: str = "wald",
    seed: int = 1,
    *,
    se: SE = "joint",
    random: Sequence[str] | None = None,
    n_jobs: int | None = None,
    file: str | Path | None = None,
    progress: bool = True,
) -> PowerTable:
    """How often would a study find the effects? Draw tables from a population, fit each, count intervals without 0.

    Parameters
    ----------
    population : Population, optional
        What is supposed to be true, as from ``mt.Population.from_result(pilot)``; by default that of Bauer, Preacher &
        Gil (2006).
    clusters, sizes : int or sequence of int
        Numbers of clusters, and of rows in each; every combination is a design.
    reps : int
        Tables for each design.
    interval : {"wald", "monte_carlo"}
        Which 95% interval has to exclude 0.
    seed : int
        The same seed gives the same results, with any number of workers; and the same tables as in `coverage`.
    se : {"joint", "gls", "robust"}
        Whose standard errors the interval is made of, as in `mediate`.
    random : sequence of str, optional
        Paths with a random slope in the model that is fitted, any of "a", "b", "cprime"; by default those that vary in
        the population.
    n_jobs, file, progress
        As in `coverage`: workers; where results are saved as they come, so that a study that was interrupted goes on;
        a progress bar.

    Returns
    -------
    PowerTable
        A DataFrame with one row for each design and effect: clusters, size, effect, power, mc se (its Monte Carlo
        error). An effect that is 0 in the population has no power and no row. ``clusters_needed(power=.8)`` reads off
        the number of clusters, ``plot()`` draws power against it.

    Raises
    ------
    MlmedError
        An impossible design, a population without an indirect effect, or a file of another study.

    Examples
    --------
    >>> import mlmed_teach as mt
    >>> found = mt.power(clusters=(10, 20, 40), reps=50, progress=False)
    >>> list(found.columns)
    ['clusters', 'size', 'effect', 'power', 'mc se']
    >>> found.clusters_needed(power=0.8).index.tolist()
    [8]
    """
    population = checked_population(population, "power")
    if abs(population.indirect) < 1e-12:
        raise MlmedError(
            "This population has no indirect effect (a b + cov_ab is 0): what is not there cannot be found. Give it "
            "one, as in mt.Population(a=0.4, b=0.4). For the rate of false alarms, use mt.coverage: it is 1 - coverage."
        )
    chosen = one_of(interval.replace(" ", "_") if isinstance(interval, str) else interval, "interval", WITH_SE)
    kind = one_of(se, "se", SES)
    slopes = _slopes(population, random)
    cells = cells_of(clusters, sizes, [population.shape], slopes)
    cells = sorted(set(cells), key=lambda cell: (cell.size, cell.clusters))
    study = {
        "seed": whole(seed, "seed", 0),
        "intervals": [chosen],
        "se": [kind],
        "random": slopes,
        "bootstrap_reps": None,
    }
    reps = whole(reps, "reps", 2)
    store = run_study("power", population, study, cells, reps, n_jobs, file, progress)
    effects = [effect for effect in KINDS if abs(getattr(population, effect)) > 1e-12]
    rows = [
        _row(cell, effect, f"{effect} {chosen} {kind}", results)
        for cell in cells
        for results in [store.rows(cell, reps)]
        for effect in effects
    ]
    frame = pd.DataFrame(rows)
    tables = frame.pop("tables")
    return PowerTable(frame, tables)


def _slopes(population: Population, random: Sequence[str] | None) -> list[str]:
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


def _row(cell: Cell, effect: str, name: str, results: pd.DataFrame) -> dict[str, Any]:
    limits = results.loc[results["converged"] == 1, [f"{name} low", f"{name} high"]].dropna()
    low, high = limits.to_numpy().T
    n = len(limits)
    found = float(((low > 0) | (high < 0)).mean()) if n else np.nan
    error = np.sqrt(found * (1 - found) / n) if n else np.nan
    return {
        "clusters": cell.clusters,
        "size": cell.size,
        "effect": effect,
        "power": found,
        "mc se": error,
        "tables": n,
    }


def _show(frame: pd.DataFrame) -> Sheet:
    heads = ["Size", "Effect", "Power", "MC SE"]
    rows = [
        [str(clusters), str(size), effect, fixed(found, 3), fixed(error, 3)]
        for clusters, size, effect, found, error in frame.itertuples(index=False)
    ]
    return Sheet(
        text_table("Clusters", heads, list(rows), [6, 11, 9, 9], 8), html_table(["Clusters", *heads], list(rows)), {}
    )
