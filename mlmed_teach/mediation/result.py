"""What `mediate` returns."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import plots
from ..errors import MlmedError
from ..models import (
    SE,
    MixedResult,
    degrees_of_freedom,
    se_note,
)
from ..show import fixed, html_table, stata_number, text_table, wrapped_notes
from ..stacked_model import (
    EQUATIONS,
    HTML_HEADS,
    PATHS,
    TEXT_HEADS,
    TEXT_SPANS,
    Effect,
    LevelEffects,
    MediationEffects,
    Specification,
    letter_of,
    table_rows,
)
from ..uncertainty import all_intervals, bootstrap_intervals, monte_carlo_intervals, profile_intervals
from ..words import counted
from .apa_report import rows_each, write_report
from .boundary_advice import about_boundary
from .clusters import predict_clusters
from .standard_error_notes import disagreements, of_gls


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
    def residuals(self) -> pd.DataFrame:
        """Residuals m and y of the rows that were used, shape (n, 2), under the row labels of the table.

        Each is the value minus what the model predicts for the row: the fixed effects and the predicted random effects
        of its cluster. NaN where y is missing.
        """
        y = np.full(self.spec.rows, np.nan)
        y[self.spec.observed], m = np.split(self.fit.resid, [self.spec.outcome_rows])  # those of the outcome come first
        return pd.DataFrame({"m": m, "y": y}, index=self.spec.index)

    @property
    def notes(self) -> list[str]:
        """What a reader must know: rows left out, the design, the boundary, standard errors that disagree.

        Empty if all is ordinary.
        """
        return [*self.spec.remarks, *filter(None, [self._boundary]), *disagreements(self)]

    def with_se(self, se: SE) -> Mediation:
        """The same fit with other standard errors, in everything that is made of them.

        Parameters
        ----------
        se : {"gls", "joint", "robust"}
            As in `mediate`.

        Returns
        -------
        Mediation

        Raises
        ------
        MlmedError
            `se` is none of these.
        """
        return Mediation(self.fit.with_se(se), self.spec)

    @cached_property
    def _boundary(self) -> str:
        return about_boundary(self, self.spec)

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

    # Each of these is the function of its room, documented there; the first argument is the result itself.
    cluster_effects = predict_clusters
    report = write_report
    monte_carlo = monte_carlo_intervals
    bootstrap = bootstrap_intervals
    profile = profile_intervals
    intervals = all_intervals

    def _head(self) -> list[str]:
        spec, each = self.spec, rows_each(self)
        slopes = ", ".join(map(letter_of, spec.random)) or "none"
        if spec.intercepts != EQUATIONS:
            slopes += f"; random intercepts: {', '.join(getattr(spec, role) for role in spec.intercepts) or 'none'}"
        return [
            f"{'1-1-1' if spec.within else '2-1-1'} mediation, {spec.x} -> {spec.m} -> {spec.y}: "
            f"{counted(spec.rows, 'row')}{_with_outcome(spec)} in "
            f"{counted(spec.clusters, 'cluster')} of {spec.group} ({each} rows each)",
            f"Stacked model{', within and between clusters' if spec.decompose else ''}, REML; random slopes: {slopes}; "
            f"log likelihood {fixed(self.fit.llf, 4)}",
            se_note(self.fit.se).removesuffix(".") + self._distribution(),
        ]

    def _distribution(self) -> str:
        df = degrees_of_freedom(self.fit.se, self.fit.ngroups)
        return f"; p values and intervals by t with {df:.0f} df" if np.isfinite(df) else ""

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
        gls = of_gls(self)
        return [
            *([f"SD over clusters: {slopes}."] if slopes else []),
            f"{residuals}.",
            *([gls] if gls else []),
            *self.notes,
        ]

    def summary(self) -> str:
        """Design, effects, paths, variances and remarks as text."""
        effects, paths = (
            text_table("", TEXT_HEADS, rows, TEXT_SPANS, 32) for rows in (self._rows(), self._path_rows())
        )
        return "\n".join(
            [*wrapped_notes(self._head(), effects), "", effects, "", paths, *wrapped_notes(self._notes(), effects)]
        )

    def _repr_html_(self) -> str:
        effects = html_table(["Effect", *HTML_HEADS], self._rows(), " ".join(f"{line}." for line in self._head()))
        paths = html_table(["Path", *HTML_HEADS], self._path_rows(), notes=self._notes())
        return f"<div>\n{effects}\n{paths}\n</div>"


def _with_outcome(spec: Specification) -> str:
    return f" ({spec.outcome_rows:,} with {spec.y})" if spec.outcome_rows < spec.rows else ""
