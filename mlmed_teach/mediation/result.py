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
    se_note,
)
from ..show import fixed, html_table, stata_number, text_table, wrapped_notes
from ..stacked_model import (
    EQUATIONS,
    HTML_HEADS,
    PATHS,
    TEXT_HEADS,
    TEXT_SPANS,
    ChangeOfEffect,
    Effect,
    LatentEffects,
    LevelEffects,
    MediationEffects,
    Moderator,
    Specification,
    in_words,
    latent_effects,
    letter_of,
    table_rows,
)
from ..uncertainty import all_intervals, bootstrap_intervals, bootstrap_latent, monte_carlo_intervals, profile_intervals
from ..words import and_list, counted
from .apa_report import rows_each, write_report
from .boundary_advice import about_boundary
from .clusters import predict_clusters
from .effects_at_values import conditional_effects, contrast_of_effects
from .moderation import ModerationTable, moderation_changes, moderation_table
from .moderator_values import about_moderators, usual_place
from .programs import write_code
from .sensitivity import effects_if_confounded
from .standard_error_notes import disagreements, of_gls


def _difference(path: Effect, means: str) -> str:
    return f"{letter_of(path.kind)}: between - within ({means})"


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
    def place(self) -> str:
        """Where the effects hold, of a model with moderators: "the mean of w (2.5)"; "" for any other."""
        return usual_place(self.spec)

    @property
    def moderators(self) -> tuple[Moderator, ...]:
        """What the paths depend on; () for a model without moderators."""
        return self.spec.moderators

    @property
    def changes(self) -> list[ChangeOfEffect]:
        """The rows of `moderation`, as functions of the estimates: intervals of every kind are made for them."""
        return moderation_changes(self)

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
        means = self._means() if self.latent is None or self.latent.low else None
        return [
            *about_moderators(self.spec),
            *self.spec.remarks,
            *filter(None, [self._boundary]),
            *disagreements(self),
            *([means] if means else []),
        ]

    @cached_property
    def latent(self) -> LatentEffects | None:
        """Effects between clusters with latent means, which chance in the means of few rows does not pull about.

        None unless the model is decomposed, of a moderated one, and where the means of x or m do not vary over clusters
        beyond chance. See `LatentEffects`; `between` has the effects of the observed means.
        """
        if self.spec.moderators:
            return None
        if self.between is None or not self.between.whole or not {"sm", "sy"} <= set(self.fit.design.re_names):
            return None
        try:
            found = latent_effects(self.fit.design, self.fit.se)
        except MlmedError:
            return None
        return found if np.isfinite([found.indirect.estimate, found.indirect.se]).all() else None

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

    def _means(self) -> str | None:
        """How far observed means can be trusted, of a decomposed model."""
        if self.between is None:
            return None
        if not self.between.whole:
            return (
                f"Between clusters there is one path only, {letter_of(self.between.paths[0].kind)}, of observed "
                "means, which chance in few rows pulls towards the path within."
            )
        if self.spec.moderators:
            return (
                "Effects between clusters are those of observed means, which chance in few rows pulls towards those "
                "within; latent means are not offered with moderators."
            )
        if self.latent is None:
            return (
                f"Latent means of {self.spec.m} or {self.spec.x} do not vary over clusters beyond chance: effects "
                "between clusters are those of observed means, which chance moves about."
            )
        names = {"m": self.spec.m, "x": self.spec.x}
        reliable = [f"{value:.2f} for {names[str(role)]}" for role, value in self.latent.reliability.items()]
        text = f"Reliability of the observed means: {and_list(reliable)}."
        if self.latent.low:
            text += (
                " Effects of observed means are pulled towards those within clusters: report those of latent means, "
                "with an interval by med.bootstrap_latent()."
            )
        return text

    @cached_property
    def _boundary(self) -> str:
        return about_boundary(self, self.spec)

    def plot(self, ax: Axes | None = None) -> Axes | Figure:
        """The path diagram with the estimates; of a decomposed model, one for each level.

        With moderators the paths are those at their means, or in their first categories, as the title says;
        ``conditional().plot()`` draws an effect against a moderator.

        Parameters
        ----------
        ax : Axes, optional
            Where to draw; not for a decomposed model, which has a figure of its own.

        Returns
        -------
        Axes or Figure
        """
        labels = (str(self.spec.x), str(self.spec.m), str(self.spec.y))
        acting = {path: moderator.name for moderator in self.moderators for path in moderator.paths}
        if self.between is None:
            level = self.levels[0]
            return plots.path_diagram(
                level.a,
                level.b,
                level.cprime,
                level.cov_ab,
                labels,
                self._where_drawn,
                ax=ax,
                sd=self.sd_slopes,
                moderators=acting,
            )
        if ax is not None:
            raise MlmedError("The diagram of two levels has a figure of its own: leave ax out.")
        within: LevelEffects | dict[str, Effect] | None = self.within
        if within is None:  # x does not vary within clusters, but m does
            within = {path.kind: path for path in self.path_effects if path.level == "within"}
        between = self.latent or self.between
        parts = between if between.whole else {path.kind: path for path in between.paths}
        return plots.two_level_diagram(within, parts, labels, self._where_drawn, self.sd_slopes, acting)

    @property
    def _where_drawn(self) -> str | None:
        """Title of the diagram of a moderated model, whose paths are those at one place."""
        return f"Paths at {self.place}" if self.place else None

    # Each of these is the function of its room, documented there; the first argument is the result itself.
    cluster_effects = predict_clusters
    conditional = conditional_effects
    contrast = contrast_of_effects
    sensitivity = effects_if_confounded
    report = write_report
    code = write_code
    monte_carlo = monte_carlo_intervals
    bootstrap = bootstrap_intervals
    bootstrap_latent = bootstrap_latent
    profile = profile_intervals
    intervals = all_intervals

    @cached_property
    def moderation(self) -> ModerationTable:
        """The products, and how the indirect effect depends on the moderators; see `moderation_table`."""
        return moderation_table(self)

    def _rows(self) -> list[list[str] | None]:
        """Rows of the effects: within clusters, between latent means, between observed ones."""
        rows: list[list[str] | None] = []
        for level in self.shown_levels:
            rows += [*([None] if rows else []), *table_rows(level.effects, self._label)]
        return rows

    def _label(self, effect: Effect) -> str:
        """With moderators no effect is an average over all: it is that at one place."""
        return in_words(effect.level, effect.kind, bool(self.place))

    @property
    def shown_levels(self) -> list[LevelEffects]:
        """The levels in the order in which they are shown, latent means before observed ones."""
        return [level for level in (self.within, self.latent, self.between) if level and level.whole] or self.levels

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
        df = self.fit.df
        return f"; p values and intervals by t with {df:.0f} df" if np.isfinite(df) else ""

    def _path_rows(self) -> list[list[str] | None]:
        """Rows of the paths, and of the differences between the levels."""
        rows: list[list[str] | None] = [*table_rows(self.path_effects, lambda path: path.path_words)]
        if self.between:
            first = len(rows) - len(self.between.paths)
            latent = table_rows(self.latent.paths, lambda path: path.path_words) if self.latent else []
            rows = [*rows[:first], *([None, *latent] if latent else []), None, *rows[first:], None]
            rows += table_rows(self.latent.differences if self.latent else [], lambda path: _difference(path, "latent"))
            rows += table_rows(self.differences, lambda path: _difference(path, "observed"))
        products = table_rows(
            [change.effect for change in self.changes if change.is_coefficient], lambda product: product.name
        )
        return [*rows, None, *products] if products else rows

    def _notes(self) -> list[str]:
        slopes = ", ".join(f"{PATHS[path].slope} {stata_number(sd)}" for path, sd in self.sd_slopes.items())
        variance = self.residual_variances
        residuals = f"Residual variances: m {stata_number(variance['m'])}, y {stata_number(variance['y'])}"
        if "fid: var(sm)" in variance:
            residuals += f" (in Stata, fid: var(sm) {stata_number(variance['fid: var(sm)'])})"
        gls, means, notes = of_gls(self), self._means(), self.notes
        return [
            *([f"SD over clusters: {slopes}."] if slopes else []),
            f"{residuals}.",
            *([gls] if gls else []),
            *notes,
            *([means] if means and means not in notes else []),
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
