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
from ..stacked_model import KINDS
from ..validation import as_list, one_of, share, some_of, whole
from .clusters_for_power import clusters_at
from .population import Population
from .simulated_fits import WITH_SE
from .store import Cell
from .study_runs import cells_of, effects_of, fitted_slopes, population_with_effect, run_study

SIDE_BY_SIDE = ("interval", "se")  # columns of a study of several


class PowerTable(View):
    """Power by design and effect, a DataFrame with columns clusters, size, effect, power, mc se.

    Columns interval and se stand before power where a study has several of them.

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
            One row for each size (and interval, and kind of standard errors, of a study of several), its index:
            ``clusters``, rounded up, and its 95% interval, ``ci low`` and ``ci high``. Infinite where more are needed
            than were simulated; the least number that was simulated stands for itself or fewer. ``remark`` says so,
            and what to do.

        Raises
        ------
        MlmedError
            A power that is not between 0 and 1, an effect that has none, a grid with one number of clusters.
        """
        power = share(power, "power", "power=0.8")
        found, frame = {}, self._of(effect)
        keys = ["size", *(name for name in SIDE_BY_SIDE if name in frame)]
        for key, rows in frame.groupby(keys):
            rows = rows.dropna(subset="power").sort_values("clusters")
            if len(rows) < 2:
                raise MlmedError(
                    "clusters_needed reads between designs, so that it needs two numbers of clusters or more: "
                    "mt.power(clusters=(25, 50, 100))."
                )
            found[key] = clusters_at(power, rows["clusters"], rows["power"], self.tables[rows.index])
        index = pd.MultiIndex.from_tuples(found, names=keys)
        return pd.DataFrame(found.values(), index=index if len(keys) > 1 else index.get_level_values(0))

    def plot(self, effect: str = "indirect", power: float = 0.8, ax: Axes | None = None) -> Axes:
        """Power against the number of clusters, a line for each size (and interval, and kind of standard errors).

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
    interval: Sequence[str] | str = "wald",
    seed: int = 1,
    *,
    se: Sequence[SE] | SE = "joint",
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
    interval : {"wald", "monte_carlo"}, or both of them
        Which 95% interval has to exclude 0. Several are made of the same tables.
    seed : int
        The same seed gives the same results, with any number of workers; and the same tables as in `coverage`.
    se : {"joint", "gls", "robust"}, or several of them
        Whose standard errors the intervals are made of, as in `mediate`.
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
        error). Of several intervals each has rows of its own and a column ``interval``, of several kinds of standard
        errors a column ``se``. (More power is no merit of an interval that misses the truth more often than it
        promises: see `coverage`.) An effect that is 0 in the population has no power and no row.
        ``clusters_needed(power=.8)`` reads off the number of clusters, ``plot()`` draws power against it.

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
    population = population_with_effect(population, "power")
    asked = [name.replace(" ", "_") if isinstance(name, str) else name for name in as_list(interval)]
    chosen = list(dict.fromkeys(some_of(asked, "interval", WITH_SE)))
    kinds = list(dict.fromkeys(some_of(se, "se", SES)))
    slopes = fitted_slopes(population, random)
    cells = cells_of(clusters, sizes, [population.shape], slopes)
    cells = sorted(set(cells), key=lambda cell: (cell.size, cell.clusters))
    study = {
        "seed": whole(seed, "seed", 0),
        "intervals": chosen,
        "se": kinds,
        "random": slopes,
        "bootstrap_reps": None,
    }
    reps = whole(reps, "reps", 2)
    store = run_study("power", population, study, cells, reps, n_jobs, file, progress)
    effects = effects_of(population)
    rows = [
        _row(cell, effect, made, kind, results)
        for cell in cells
        for results in [store.rows(cell, reps)]
        for effect in effects
        for made in chosen
        for kind in kinds
    ]
    frame = pd.DataFrame(rows)
    tables = frame.pop("tables")
    only = [name for name, several in zip(SIDE_BY_SIDE, (chosen, kinds), strict=True) if len(several) == 1]
    return PowerTable(frame.drop(columns=only), tables)


def _row(cell: Cell, effect: str, interval: str, se: str, results: pd.DataFrame) -> dict[str, Any]:
    name = f"{effect} {interval} {se}"
    limits = results.loc[results["converged"] == 1, [f"{name} low", f"{name} high"]].dropna()
    low, high = limits.to_numpy().T
    n = len(limits)
    found = float(((low > 0) | (high < 0)).mean()) if n else np.nan
    error = np.sqrt(found * (1 - found) / n) if n else np.nan
    return {
        "clusters": cell.clusters,
        "size": cell.size,
        "effect": effect,
        "interval": interval,
        "se": se,
        "power": found,
        "mc se": error,
        "tables": n,
    }


_HEADS = {"size": "Size", "effect": "Effect", "interval": "Interval", "se": "SE", "power": "Power", "mc se": "MC SE"}
_WIDTHS = {"size": 6, "effect": 11, "interval": 13, "se": 8, "power": 9, "mc se": 9}


def _show(frame: pd.DataFrame) -> Sheet:
    columns = list(frame.columns)[1:]
    heads, widths = [_HEADS[name] for name in columns], [_WIDTHS[name] for name in columns]
    rows = [
        [fixed(value, 3) if isinstance(value, float) else str(value).replace("_", " ") for value in row]
        for row in frame.itertuples(index=False)
    ]
    return Sheet(text_table("Clusters", heads, list(rows), widths, 8), html_table(["Clusters", *heads], list(rows)), {})
