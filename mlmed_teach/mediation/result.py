"""What `mediate` returns."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import plots
from ..errors import MlmedError
from ..models import MixedResult, boundary_note, near_boundary, near_boundary_note, on_boundary
from ..show import fixed, html_table, stata_number, text_table, wrapped
from ..stacked_model import (
    HTML_HEADS,
    PATHS,
    RANDOM_EFFECTS,
    TEXT_HEADS,
    TEXT_SPANS,
    Effect,
    LevelEffects,
    MediationEffects,
    Specification,
    letter_of,
    table_rows,
)
from ..uncertainty import Intervals, IntervalTable, bootstrap, monte_carlo, profile, side_by_side
from .apa_report import Report, report
from .clusters import ClusterEffects, cluster_effects


class Mediation(MediationEffects):
    """What `mediate` returns: the average effects, with the model and the table that they come from.

    Attributes
    ----------
    spec : Specification
        Columns, random slopes, covariates, and what was left out.
    indirect, direct, total, a, b, cprime, cov_ab, within, between, contextual, paths, fit
        As in `MediationEffects`.
    """

    def __init__(self, fit: MixedResult, spec: Specification):
        super().__init__(fit)
        self.spec = spec

    @property
    def residual_variances(self) -> pd.Series:
        """Variances of the residuals of m and y, and, if the former is the larger, Stata's ``fid: var(sm)``."""
        e_y, e_m = map(float, self.fit.optimum.s2)
        values = {"m": e_m, "y": e_y} | ({"fid: var(sm)": e_m - e_y} if self.fit.has_extra_variance else {})
        return pd.Series(values, name="residual variance")

    @property
    def notes(self) -> list[str]:
        """What a reader of the numbers must know: rows left out, the design, the boundary. Empty if all is ordinary."""
        return [*self.spec.remarks, *([text] if (text := self._boundary()) else [])]

    def _boundary(self) -> str | None:
        names = [RANDOM_EFFECTS[name] for name in self.fit.design.re_names]
        optimum = self.fit.optimum
        if (what := near_boundary(optimum, names)) is not None:
            return near_boundary_note(what)
        if (what := on_boundary(optimum, self.fit.design, names)) is None:
            return None
        more = ", and with that of cov(a_j, b_j) neither do those of the indirect and the total effect"
        advice = ""
        if "cprime" in self.spec.random:
            rest = tuple(path for path in self.spec.random if path != "cprime")
            advice = f"A model with fewer random slopes, such as random={rest!r}, may have its optimum inside."
        return boundary_note(what, more if np.isnan(self.indirect.se) else "", advice)

    def cluster_effects(self) -> ClusterEffects:
        """Each cluster's predicted a_j, b_j, c'_j, indirect and total effect (BLUPs).

        Returns
        -------
        ClusterEffects
            A DataFrame, one row for each cluster: a, b, cprime, indirect, total, and the standard errors of the
            predictions, "a se" ...; with `sd` and `share_other_sign` of the distribution that the model estimates, and
            `plot()`, the caterpillar plot. The indirect effect is the mean of a_j b_j given the data, which is the
            product of the predictions plus the covariance of their errors.

        Raises
        ------
        MlmedError
            x does not vary within clusters, so that no cluster has an effect of its own.
        """
        if not self.spec.within:
            raise MlmedError(
                f"{self.spec.x!r} does not vary within clusters (a 2-1-1 design), so that no cluster has an effect of "
                f"{self.spec.x!r} of its own. The random slopes of m are in med.fit.random_effects."
            )
        return cluster_effects(self)

    def plot(self, ax: Axes | None = None) -> Axes | Figure:
        """The path diagram with the estimates; of a decomposed model, one for each level.

        Parameters
        ----------
        ax : Axes, optional
            Where to draw; not for a decomposed model, which has a figure of its own.

        Returns
        -------
        Axes or Figure
        """
        labels = (str(self.spec.x), str(self.spec.m), str(self.spec.y))
        if self.between is None:
            level = self.levels[0]
            return plots.path_diagram(level.a, level.b, level.cprime, level.cov_ab, labels, ax=ax, sd=self.sd_slopes)
        if ax is not None:
            raise MlmedError("The diagram of two levels has a figure of its own: leave ax out.")
        within: LevelEffects | dict[str, Effect] | None = self.within
        if within is None:  # x does not vary within clusters, but m does
            within = {path.kind: path for path in self.path_effects if path.level == "within"}
        return plots.two_level_diagram(within, self.between, labels, sd=self.sd_slopes)

    def report(self) -> Report:
        """A results paragraph and a table in APA style, from the numbers of this fit.

        Returns
        -------
        Report
            Its text is Markdown (it is a str); `html` has the same for a word processor or a web page.
        """
        return report(self)

    def monte_carlo(self, draws: int = 100_000, seed: int | None = None, level: float = 0.95) -> Intervals:
        """Monte Carlo intervals: the estimates are drawn again and again, and the effects computed of each draw.

        a, b and c' are drawn from a normal distribution with their covariance matrix, and cov(a_j, b_j) from one with
        its standard error, independent of them (Preacher & Selig 2012 for products of paths). The effects of the draws
        need not be normal: a product is skewed.

        Parameters
        ----------
        draws : int
        seed : int, optional
            The same seed gives the same draws.
        level : float
            Confidence level.

        Returns
        -------
        Intervals
            `indirect`, `direct`, `total` with `estimate`, `ci`, `se`, `draws`.

        Raises
        ------
        MlmedError
            A fit on the boundary, where cov(a_j, b_j) has no standard error; an impossible number.
        """
        return monte_carlo(self, draws, seed, level)

    def bootstrap(
        self,
        reps: int = 1000,
        kind: str = "cluster",
        interval: str = "percentile",
        seed: int | None = None,
        n_jobs: int | None = None,
        level: float = 0.95,
        progress: bool = False,
    ) -> Intervals:
        """Bootstrap intervals: the model is fitted again to many new tables.

        Parameters
        ----------
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
        Intervals
            `indirect`, `direct`, `total` with `estimate`, `ci`, `se`, `draws`; how many replicates lie on the
            `boundary` or `failed`. After an interruption, the intervals of the finished replicates, with a note.

        Raises
        ------
        MlmedError
            Too few clusters to draw from, an unknown kind or interval, an impossible number.
        """
        return bootstrap(self, reps, kind, interval, seed, n_jobs, level, progress)

    def profile(self, level: float = 0.95) -> Intervals:
        """Profile-likelihood intervals: the values of an effect that the likelihood does not speak against.

        The effect is held at a value and everything else maximized; the interval is where twice the log likelihood
        falls by less than the quantile of chi-square (3.84 for 95%). By ML, since a restricted likelihood has no fixed
        effects to hold. Good on the boundary too.

        Parameters
        ----------
        level : float
            Confidence level.

        Returns
        -------
        Intervals
            With the ML estimates; `draws` holds the curves.

        Raises
        ------
        MlmedError
            A constrained fit that could not be found.
        """
        return profile(self, level)

    def intervals(
        self,
        reps: int = 1000,
        draws: int = 100_000,
        seed: int | None = None,
        n_jobs: int | None = None,
        level: float = 0.95,
        progress: bool = False,
    ) -> IntervalTable:
        """Every kind of interval side by side: Wald, Monte Carlo, cluster bootstrap (percentile), profile likelihood.

        Parameters
        ----------
        reps, draws, seed, n_jobs, level, progress
            As in `bootstrap` and `monte_carlo`.

        Returns
        -------
        IntervalTable
            A DataFrame: index effect and method, columns estimate, ci low, ci high; `plot()` draws it. Intervals that
            do not exist are missing, with a note.
        """
        return side_by_side(self, reps, draws, seed, n_jobs, level, progress)

    def _head(self) -> list[str]:
        spec, size = self.spec, np.bincount(self.fit.design.cluster) // 2
        each = f"{size.min()}" if size.min() == size.max() else f"{size.min()} to {size.max()}"
        slopes = ", ".join(map(letter_of, spec.random)) or "none"
        return [
            f"{'1-1-1' if spec.within else '2-1-1'} mediation, {spec.x} -> {spec.m} -> {spec.y}: {spec.rows:,} rows in "
            f"{spec.clusters:,} clusters of {spec.group} ({each} rows each)",
            f"Stacked model{', within and between clusters' if spec.decompose else ''}, REML; random slopes: {slopes}; "
            f"log likelihood {fixed(self.fit.llf, 4)}",
        ]

    def _path_rows(self) -> list[list[str] | None]:
        """Rows of the paths, and of the differences between the levels."""
        rows: list[list[str] | None] = [*table_rows(self.path_effects, lambda path: path.path_words)]
        if self.between:
            first = len(rows) - len(self.between.paths)
            differences = table_rows(self.differences, lambda path: f"{path.path_words}: between - within")
            rows = [*rows[:first], None, *rows[first:], None, *differences]
        return rows

    def _notes(self) -> list[str]:
        slopes = ", ".join(f"{PATHS[path].slope} {stata_number(sd)}" for path, sd in self.sd_slopes.items())
        variance = self.residual_variances
        residuals = f"Residual variances: m {stata_number(variance['m'])}, y {stata_number(variance['y'])}"
        if "fid: var(sm)" in variance:
            residuals += f" (in Stata, fid: var(sm) {stata_number(variance['fid: var(sm)'])})"
        return [*([f"SD over clusters: {slopes}."] if slopes else []), f"{residuals}.", *self.notes]

    def summary(self) -> str:
        """Design, effects, paths, variances and remarks as text."""
        effects, paths = (
            text_table("", TEXT_HEADS, rows, TEXT_SPANS, 32) for rows in (self._rows(), self._path_rows())
        )
        return "\n".join([*wrapped(self._head(), effects), "", effects, "", paths, *wrapped(self._notes(), effects)])

    def _repr_html_(self) -> str:
        effects = html_table(["Effect", *HTML_HEADS], self._rows(), " ".join(f"{line}." for line in self._head()))
        paths = html_table(["Path", *HTML_HEADS], self._path_rows(), notes=self._notes())
        return f"<div>\n{effects}\n{paths}\n</div>"
