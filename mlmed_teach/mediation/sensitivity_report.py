"""What the report says of an unmeasured common cause: a paragraph with the tipping points, and effects for some rho."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from ..errors import MlmedError
from ..show import DASH, precise_number, typeset
from ..stacked_model import Effect
from ..typing import Array
from ..words import and_list
from .sensitivity import Confounded, correlations, effects_if_confounded
from .sensitivity_result import Sensitivity, common_cause

REFERENCE = (
    "Imai, K., Keele, L., & Yamamoto, T. (2010). Identification, inference and sensitivity analysis for causal "
    f"mediation effects. *Statistical Science, 25*(1), 51{DASH}71."
)


def sensitivity_paragraph(med: Confounded, wanted: bool | ArrayLike, names: Mapping[str, str]) -> str:
    """The paragraph: on the effect within clusters, or of raw scores, and on the one between latent means.

    Parameters
    ----------
    med : Confounded
    wanted : bool or array_like
        False: no paragraph. True: the tipping points. Correlations: the indirect effects for these, too.
    names : Mapping
        "m" and "y": what they are called in the text.

    Returns
    -------
    str
        "" if none is wanted.

    Raises
    ------
    MlmedError
        There is no such analysis for any level of this model; a rho is no correlation.
    """
    if isinstance(wanted, bool | np.bool_):
        if not wanted:
            return ""
        rho = None
    else:
        rho = correlations(wanted)
    found, refused = [], {}
    for level in _levels(med):
        try:
            found.append(effects_if_confounded(med, rho, level))
        except MlmedError as error:
            refused[level] = error
    if not found:
        raise next(iter(refused.values()))
    sentences = [_of_level(one, med, rho, names) for one in found]
    sentences += [f"For the effect {level} clusters this model has no such analysis." for level in refused]
    return (
        f"Sensitivity to an unmeasured common cause of {names['m']} and {names['y']} was analysed after Imai et al. "
        f"(2010). {' '.join(sentences)} The data do not tell how large such a correlation is."
    )


def _levels(med: Confounded) -> list[str]:
    if not med.spec.decompose:
        return ["within"]
    return [*(["within"] if med.within else []), "between"]


def _of_level(found: Sensitivity, med: Confounded, rho: Array | None, names: Mapping[str, str]) -> str:
    effect = "indirect effect" + (f" {found.level} clusters" if med.spec.decompose else "")
    if np.isnan(found.rho_zero):
        return f"Path *a* is 0, so that no correlation of the residuals makes the {effect} 0."
    doubt = f"would include 0 from {_from(found.rho_ci)} on" if found.rho_ci else "includes 0 without any"
    text = (
        f"The {effect} would be 0 with a residual correlation of {_rho(found.rho_zero)}, and its 95% confidence "
        f"interval {doubt}. A correlation of {_rho(found.rho_zero)} takes "
        f"{common_cause(found.rho_zero, found.level, names['m'], names['y'])}."
    )
    if rho is None:
        return text
    rows = found.xs("indirect", level="effect")[["estimate", "se"]].to_numpy()
    effects = [Effect("", "indirect", float(estimate), float(se), med.fit.df) for estimate, se in rows]
    each = [f"of {_rho(value)} it would be {_in_numbers(one)}" for value, one in zip(rho, effects, strict=True)]
    return f"{text} With a correlation {and_list(each)}."


def _rho(value: float) -> str:
    return typeset(value, ".2f")


def _from(value: float) -> str:
    """Rounded away from 0, so that what is said of it holds."""
    return _rho(math.copysign(math.ceil(100 * abs(value)) / 100, value))


def _in_numbers(effect: Effect) -> str:
    estimate, se, low, high = (precise_number(value, effect.se) for value in (effect.estimate, effect.se, *effect.ci))
    return f"{estimate} (*SE* = {se}, 95% CI [{low}, {high}])"
