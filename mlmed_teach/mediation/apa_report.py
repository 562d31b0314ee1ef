"""A results paragraph and a table in APA style, in Markdown and HTML, with every number taken from the fit."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ..show import DASH, p_value, percent, precise_number, typeset
from ..stacked_model import (
    EQUATIONS,
    KINDS,
    PATHS,
    ChangeOfEffect,
    Effect,
    LevelEffects,
    average,
    where,
)
from ..version import __version__
from ..words import and_list, counted, range_of
from .clusters import ClusterEffects
from .report_layout import Report, as_given, html, markdown
from .sensitivity import Confounded
from .sensitivity_report import REFERENCE, sensitivity_paragraph

_ORDER = ("", "within", "latent", "between")  # of the levels in the table


_SE = {
    "gls": "are those of generalized least squares",
    "joint": "come from the information of all parameters together",
    "robust": "are cluster-robust (a sandwich of the clusters' scores)",
}


_REFERENCES = {
    "Bauer": "Bauer, D. J., Preacher, K. J., & Gil, K. M. (2006). Conceptualizing and testing random indirect effects "
    "and moderated mediation in multilevel models: New procedures and recommendations. *Psychological Methods, 11*(2), "
    f"142{DASH}163.",
    "Imai": REFERENCE,
    "Preacher": "Preacher, K. J., Zyphur, M. J., & Zhang, Z. (2010). A general multilevel SEM framework for assessing "
    f"multilevel mediation. *Psychological Methods, 15*(3), 209{DASH}233.",
    "Zhang": "Zhang, Z., Zyphur, M. J., & Preacher, K. J. (2009). Testing multilevel mediation using hierarchical "
    f"linear models: Problems and solutions. *Organizational Research Methods, 12*(4), 695{DASH}719.",
}


class Reported(Confounded, Protocol):
    """What the report needs of a mediation; `Mediation` documents each."""

    @property
    def place(self) -> str: ...
    @property
    def shown_levels(self) -> list[LevelEffects]: ...
    @property
    def levels(self) -> list[LevelEffects]: ...
    @property
    def effects(self) -> list[Effect]: ...
    @property
    def path_effects(self) -> list[Effect]: ...
    @property
    def differences(self) -> list[Effect]: ...
    @property
    def sd_slopes(self) -> pd.Series: ...
    @property
    def residual_variances(self) -> pd.Series: ...
    @property
    def notes(self) -> list[str]: ...
    @property
    def changes(self) -> list[ChangeOfEffect]: ...
    def cluster_effects(self) -> ClusterEffects: ...


def write_report(med: Reported, sensitivity: bool | ArrayLike = False) -> Report:
    """A results paragraph and a table in APA style, from the numbers of this fit.

    Parameters
    ----------
    med : Reported
        As a method, the result itself.
    sensitivity : bool or array_like, optional
        True: with a paragraph on how strong an unmeasured common cause of m and y would have to be, as
        `Mediation.sensitivity` finds it. A correlation, or several: with the indirect effects for these, too.

    Returns
    -------
    Report
        Its text is Markdown (it is a str); `html` has the same for a word processor or a web page.

    Raises
    ------
    MlmedError
        A sensitivity is wanted that this model does not have, or for what is no correlation.
    """
    what_if = sensitivity_paragraph(med, sensitivity, _names(med))
    paragraphs = [
        _method(med),
        _results(med),
        *([_clusters(med)] if med.spec.within else []),
        *filter(None, [what_if]),
        *_remarks(med),
    ]
    cited = {"Bauer"} | ({"Zhang"} if med.spec.decompose else set())
    cited |= ({"Preacher"} if med.latent else set()) | ({"Imai"} if what_if else set())
    wanted = [text for name, text in _REFERENCES.items() if name in cited]
    title, rows = _title(med), _table(med)
    note = (
        f"*Note.* {counted(med.spec.rows, 'observation')} in {counted(med.spec.clusters, 'cluster')}. "
        "*SE* = standard error; CI = Wald confidence interval."
    )
    head = ("", "Estimate", "*SE*", _statistic(med.effects[0]), "*p*", "95% CI")
    return Report(
        markdown(paragraphs, title, head, rows, note, wanted), html(paragraphs, title, head, rows, note, wanted)
    )


# ---- what is said -------------------------------------------------------------------------------------------------


def _names(med: Reported) -> dict[str, str]:
    return {role: as_given(getattr(med.spec, role)) for role in ("x", "m", "y", "group")}


def _statistics(effect: Effect, precision: float) -> str:
    estimate, se, low, high = (precise_number(value, precision) for value in (effect.estimate, effect.se, *effect.ci))
    ratio = f"{_statistic(effect)} = {typeset(effect.z, '.2f')}"
    return f"{estimate}, *SE* = {se}, {ratio}, *p* {p_value(effect.p)}, 95% CI [{low}, {high}]"


def _statistic(effect: Effect) -> str:
    return f"*t*({effect.df:.0f})" if math.isfinite(effect.df) else "*z*"


def _precision(effects: Iterable[Effect]) -> float:
    """The smallest standard error of numbers that have one unit, so that all of them get the same decimals."""
    return min((effect.se for effect in effects if effect.se > 0), default=math.nan)


def _method(med: Reported) -> str:
    spec, names = med.spec, _names(med)
    each, seen = f"{rows_each(med)} each", ""
    if spec.outcome_rows < spec.rows:
        seen = f", {names['y']} known in {spec.outcome_rows:,} of them"
    text = (
        f"We estimated how far the effect of {names['x']} on {names['y']} runs through {names['m']}, in a "
        f"{'1-1-1' if spec.within else '2-1-1'} multilevel mediation model ({counted(spec.rows, 'observation')}"
        f"{seen} in "
        f"{counted(spec.clusters, 'cluster')} of {names['group']}, {each}). The equations of {names['m']} and "
        f"{names['y']} were fitted as one stacked mixed model (Bauer et al., 2006) by restricted maximum likelihood, "
        f"with a residual variance for each equation and {_random(med)}"
    )
    if spec.decompose:
        text += (
            ". Predictors were centred within clusters, and their cluster means were added as predictors (Zhang et "
            "al., 2009)"
        )
        if len(spec.intercepts) > 1:
            text += (
                "; the covariance of the two random intercepts was fixed at 0, and all other random effects were free "
                "to covary"
            )
        if med.latent:
            text += (
                ". Effects of latent cluster means come from a model with raw predictors in which the covariance of "
                "the intercepts is free (Preacher et al., 2010)"
            )
    else:
        text += ", which were free to covary" if len(med.fit.cov_re) > 1 else ""
        if spec.intercepts == EQUATIONS:
            text += ". Predictors were not centred, so that effects within and between clusters were not told apart"
    text += (
        f".{_covariates(med)}{_moderators(med)} Standard errors {_SE[med.fit.se]}, and those of effects follow by the "
    )
    return text + f"delta method. The analysis used mlmed_teach {__version__}."


def rows_each(med: Reported) -> str:
    """How many rows the clusters have: "8", "3 to 9"."""
    size = np.bincount(med.fit.design.cluster[med.spec.outcome_rows :])  # the rows of the outcome come first
    return range_of(size.min(), size.max())


def _random(med: Reported) -> str:
    """The random effects: "random intercepts and random slopes of the paths a and b"."""
    spec = med.spec
    intercepts = [f"a random intercept of {_names(med)[role]}" for role in spec.intercepts]
    parts = ["random intercepts"] if len(intercepts) > 1 else intercepts
    slopes = [f"*{_letter(path)}*" for path in spec.random]
    parts += [f"random slopes of the paths {and_list(slopes)}"] if len(slopes) > 1 else []
    parts += [f"a random slope of the path {slopes[0]}"] if len(slopes) == 1 else []
    return " and ".join(parts)


def _covariates(med: Reported) -> str:
    names, covariates = _names(med), med.spec.covariates
    if covariates["m"] == covariates["y"]:
        return f" Covariates of both equations: {and_list(map(as_given, covariates['m']))}." if covariates["m"] else ""
    parts = [f"{and_list(map(as_given, covariates[role]))} ({names[role]})" for role in "my" if covariates[role]]
    return f" Covariates (equation): {'; '.join(parts)}."


def _moderators(med: Reported) -> str:
    """Which path depends on what: moderators are covariates of both equations besides."""
    parts = [
        f"{and_list(f'*{_letter(path)}*' for path in moderator.paths)} on {as_given(moderator.name)}"
        for moderator in med.spec.moderators
    ]
    return f" Paths that were let depend on a moderator: {and_list(parts)}." if parts else ""


def _results(med: Reported) -> str:
    sentences, precision = [], _precision(med.effects)
    for level in med.shown_levels:
        at = where(level.level).partition(" (")[0]
        before = "conditional " if med.place else average(level.level)
        start = "With observed cluster means the" if level.level == "between" and med.latent else "The"
        end = ", with latent cluster means" if level.level == "latent" else ""
        formula = "*ab* + cov(*a*, *b*)" if level.cov_ab else "*ab*"
        indirect, direct, total = (_statistics(effect, precision) for effect in level.effects)
        sentences.append(
            f"{start} {before}indirect effect{at}, {formula}, was {indirect}; the {before}direct effect{at} was "
            f"{direct}, and the {before}total effect{at} {total}{end}."
        )
    if med.place:
        at = as_given(med.place)
        sentences.insert(0, f"Effects are those at {at}.")
        sentences += _changes(med)
    differences = med.latent.differences if med.latent else med.differences
    sentences += [
        f"Path *b* between{' (latent means)' if med.latent else ''} minus within clusters was "
        f"{_statistics(path, path.se)}."
        for path in differences
        if path.kind == "b"
    ]
    return " ".join(sentences)


def _changes(med: Reported) -> list[str]:
    """The index of moderated mediation, or the differences in its place."""
    changes = [change.effect for change in med.changes if not change.is_coefficient]
    return [f"The {as_given(_change(effect))} was {_statistics(effect, effect.se)}." for effect in changes]


def _change(effect: Effect) -> str:
    return effect.kind.replace("indirect,", "difference of indirect effects,") + where(effect.level)


def _clusters(med: Reported) -> str:
    spread = med.cluster_effects()
    if not spread.sd:
        same = f"all clusters at {as_given(spread.place)}" if spread.place else "all clusters"
        return f"Without random slopes of *a* and *b*, the model has the same indirect effect in {same}."
    share = spread.share_other_sign
    expected = "less than 0.1%" if share < 0.001 else percent(share, 1)
    of, around = ("", "average")
    if spread.place:
        of, around = f" at {as_given(spread.place)}", "conditional effect there"
    return (
        f"The indirect effect of single clusters{of} was estimated to vary with a standard deviation of "
        f"{precise_number(spread.sd)} around the {around}; for {expected} of clusters the model expects an indirect "
        "effect of the other sign."
    )


def _remarks(med: Reported) -> list[str]:
    return [as_given(note) for note in med.notes]


def _title(med: Reported) -> str:
    names = _names(med)
    return f"Multilevel Mediation of {names['x']} on {names['y']} by {names['m']}"


def _table(med: Reported) -> list[list[str] | str]:
    """Rows of the table; a str is a heading."""
    names = _names(med)
    rows: list[list[str] | str] = []
    effects = [effect for level in med.shown_levels for effect in level.effects]
    latent = med.latent.paths if med.latent else []
    paths = sorted([*med.path_effects, *latent], key=lambda path: _ORDER.index(path.level))
    precision = dict.fromkeys(KINDS, _precision(effects))
    for path in paths:
        precision[path.kind] = _precision([other for other in paths if other.kind == path.kind])
    for level in dict.fromkeys(part.level for part in (*paths, *effects)):
        if level:
            rows.append(where(level).strip().capitalize())
        rows += [_row(f"{e.kind.capitalize()} effect", e, precision[e.kind]) for e in effects if e.level == level]
        rows += [
            _row(_path_label(path.kind, names), path, precision[path.kind]) for path in paths if path.level == level
        ]
    if med.spec.decompose:
        beyond = {"latent": med.latent.differences if med.latent else [], "observed": med.differences}
        for means, differences in beyond.items():
            if differences:
                rows.append(f"Between ({means} means) minus within")
                rows += [_row(_path_label(path.kind, names), path, precision[path.kind]) for path in differences]
    products = [change.effect for change in med.changes if change.is_coefficient]
    if products:
        rows.append("Products with moderators")
        rows += [_row(as_given(product.name), product, product.se) for product in products]
    fixed = med.fit.coefficients
    for outcome in "my":
        terms = [term for term in fixed.index if term.startswith(f"s{outcome}:")]
        if terms:
            rows.append(f"Covariates of {names[outcome]}")
            for term in terms:
                coef, se = fixed.loc[term, ["coef", "se"]].astype(float)
                effect = Effect("", term, coef, se, effects[0].df)
                rows.append(_row(as_given(term.partition(":")[2]), effect, effect.se))
    rows.append("Standard deviations")
    rows += [_estimate_alone(f"*{_letter(path)}* over clusters", sd) for path, sd in med.sd_slopes.items()]
    variance = med.residual_variances
    rows += [_estimate_alone(f"Residual of {names[role]}", math.sqrt(variance[role])) for role in "my"]
    return rows


def _path_label(path: str, names: dict[str, str]) -> str:
    if path == "cov_ab":
        return "cov(*a*, *b*) over clusters"
    start, end = names[PATHS[path].start], names[PATHS[path].end]
    return f"*{_letter(path)}*: {start} \N{RIGHTWARDS ARROW} {end}"


def _letter(path: str) -> str:
    return PATHS[path].letter.replace("'", "\N{PRIME}")


def _row(label: str, effect: Effect, precision: float) -> list[str]:
    if not effect.se > 0:  # the covariance of two slopes that do not vary
        return _estimate_alone(label, effect.estimate)
    estimate, se, low, high = (precise_number(value, precision) for value in (effect.estimate, effect.se, *effect.ci))
    return [label, estimate, se, typeset(effect.z, ".2f"), p_value(effect.p).removeprefix("= "), f"[{low}, {high}]"]


def _estimate_alone(label: str, estimate: float) -> list[str]:
    return [label, precise_number(estimate), *[DASH] * 4]
