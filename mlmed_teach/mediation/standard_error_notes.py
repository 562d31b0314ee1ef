"""Where gls, joint and robust standard errors disagree, in words."""

from __future__ import annotations

from typing import Protocol

from ..models import SE, MixedResult
from ..show import percent, stata_number
from ..stacked_model import Effect, LevelEffects, MediationEffects, where
from ..words import and_list

GLS_TOO_SMALL = 1.10
"""Joint over gls from which gls is said to be too small: its 95% intervals are then such of 92.5%."""

ROBUST_LARGER = 1.20
"""Robust over joint from which random effects are said to vary otherwise than the model has it: 95% intervals of joint
are then such of 90%. Of 1,000 tables of 100 clusters of 8, 3 pass it by chance where all is normal (of 50 clusters, 30;
of 25, 62), 564 with skewed random effects, and all with random slopes left out."""

MANY_CLUSTERS = 50
"""From which on the note on robust ones speaks: with fewer clusters they say too little themselves."""

SHOWN = 1.02
"""Ratio of two standard errors from which a reader of two digits sees the difference."""


class WithStandardErrors(Protocol):
    """What the notes need of a mediation; `Mediation` documents each."""

    fit: MixedResult

    @property
    def levels(self) -> list[LevelEffects]: ...


def disagreements(med: WithStandardErrors) -> list[str]:
    """Notes on standard errors that are too small for what the data show; empty if there is nothing to say.

    Parameters
    ----------
    med : WithStandardErrors

    Returns
    -------
    list of str
    """
    found, chosen = [], med.fit.se
    joint = _looked_at(med, "joint")
    if chosen == "gls":
        large = _larger(joint, _looked_at(med, "gls"), GLS_TOO_SMALL)
        if large:
            found.append(
                "Standard errors of gls take the variances and covariances as known. Those of all parameters together "
                f'are larger: {_in_percent(large)}. Report these: se="joint".'
            )
    if chosen != "robust" and med.fit.ngroups >= MANY_CLUSTERS:
        large = _larger(_looked_at(med, "robust"), joint, ROBUST_LARGER)
        if large:
            found.append(
                f"Robust standard errors are larger than joint ones: {_in_percent(large)}. Random effects may be "
                "skewed, or slopes that vary over clusters may have been left out. Report robust ones, "
                'se="robust", or a bootstrap.'
            )
    return found


def of_gls(med: WithStandardErrors) -> str:
    """What gls would give where a reader sees the difference; "" for a fit that shows gls, or where there is none."""
    if med.fit.se == "gls":
        return ""
    gls = _everything(med, "gls")
    pairs = zip(_everything(med, med.fit.se), gls, strict=True)
    shown = [small for large, small in pairs if not 1 / SHOWN < _ratio(large, small) < SHOWN]
    if not shown:
        return ""
    return (
        "Standard errors of gls (Stata's) would be: "
        + ", ".join(f"{_label(e)} {stata_number(e.se)}" for e in shown)
        + "."
    )


def _everything(med: WithStandardErrors, se: SE) -> list[Effect]:
    """Paths and effects with one kind of standard errors; the direct effect is the path c'."""
    levels = MediationEffects(med.fit.with_se(se)).levels
    return [part for level in levels for part in (*level.paths, level.indirect, level.total)]


def _looked_at(med: WithStandardErrors, se: SE) -> list[Effect]:
    """b, c' and the indirect effect: a has one equation of its own, where gls is hardly ever too small."""
    return [part for part in _everything(med, se) if part.kind in ("b", "cprime", "indirect")]


def _larger(ours: list[Effect], theirs: list[Effect], limit: float) -> list[tuple[Effect, float]]:
    ratios = [(one, _ratio(one, two)) for one, two in zip(ours, theirs, strict=True)]
    return [(one, ratio) for one, ratio in ratios if ratio > limit]


def _ratio(one: Effect, two: Effect) -> float:
    return one.se / two.se if two.se > 0 else 1.0


def _label(effect: Effect) -> str:
    at = where(effect.level) if effect.kind != "cov_ab" else ""
    return effect.path_words if effect.kind not in ("indirect", "total") else f"{effect.kind} effect{at}"


def _in_percent(large: list[tuple[Effect, float]]) -> str:
    return and_list([f"{_label(effect)} by {percent(ratio - 1, 0)}" for effect, ratio in large])
