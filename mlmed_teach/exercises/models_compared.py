"""How a learner's fitted model differs from the right one, in the order in which one would look."""

from __future__ import annotations

import numpy as np

from ..errors import MlmedError
from ..models import MixedResult, xtmixed
from ..stacked_model import MediationEffects
from ..words import counted, described, quoted_list

_LIKELIHOOD = 0.005  # statsmodels stops a little before the optimum
_STANDARD_ERRORS = 0.01


def as_model(answer: object) -> MixedResult:
    """The fitted model of an answer: one of this package, of statsmodels, or that of a mediation analysis.

    Raises
    ------
    MlmedError
        When there is none.
    """
    if isinstance(answer, MediationEffects):
        return answer.fit
    if isinstance(answer, MixedResult):
        return answer
    if hasattr(answer, "fit") and not hasattr(answer, "params"):
        raise MlmedError("This model is not fitted yet: call its fit().")
    if hasattr(answer, "cov_re") and hasattr(answer, "model"):
        return xtmixed(answer)
    raise MlmedError(f"This is {described(answer)}, which is no fitted mixed model.")


def model_deviations(given: MixedResult, right: MixedResult) -> dict[str, str]:
    """Name of each deviation -> what is said to it.

    Names of terms and their order do not matter where the model is the same.

    Parameters
    ----------
    given, right : MixedResult

    Returns
    -------
    dict
        Keys among "rows", "clusters", "method", "fixed", "random", "residual", "data".
    """
    if _same(given, right):
        return {}
    found = {}
    if given.nobs != right.nobs:
        found["rows"] = (
            f"This model was fitted to {counted(given.nobs, 'row')}, and the one that is asked for has "
            f"{right.nobs:,}. Which table went into it?"
        )
    if given.ngroups != right.ngroups:
        found["clusters"] = (
            f"This model has {counted(given.ngroups, 'group')}, and the one that is asked for has {right.ngroups:,}. "
            "Which column says what belongs together?"
        )
    if given.reml != right.reml:
        has, wants = ("REML", "ML") if given.reml else ("ML", "REML")
        found["method"] = (
            f"This model was fitted by {has}, and {wants} is asked for. {wants} counts the fixed effects as "
            f"{'estimated' if right.reml else 'known'}: what does that do to the variances?"
        )
    for key, kind, own, other in (
        ("fixed", "fixed effects", given.params.index, right.params.index),
        ("random", "random effects", given.cov_re.index, right.cov_re.index),
    ):
        if len(own) != len(other):
            found[key] = (
                f"This model has {counted(len(own), kind[:-1])}, {quoted_list(own)}, and {len(other)} are asked for. "
                "What is each of them for?"
            )
    if (given.design.residual is None) != (right.design.residual is None):
        one = "one residual variance for all rows" if given.design.residual is None else "two residual variances"
        found["residual"] = f"This model has {one}. Are the residuals of all rows of one kind?"
    if not found:
        found["data"] = (
            "This model has the form that is asked for, but other estimates. "
            f"Its fixed effects are {quoted_list(given.params.index)}: does each column hold what its name says?"
        )
    return found


def _same(given: MixedResult, right: MixedResult) -> bool:
    shapes = [(m.nobs, m.ngroups, m.reml, len(m.params), len(m.cov_re)) for m in (given, right)]
    if shapes[0] != shapes[1] or abs(given.llf - right.llf) > _LIKELIHOOD:
        return False
    names = [name for name in right.params.index if name in given.params.index]
    if len(names) == len(right.params):
        one, other, se = given.params[names], right.params[names], right.bse[names]
    else:
        one, other, se = given.params.sort_values(), right.params.sort_values(), float(right.bse.min())
    return bool((np.abs(np.asarray(one) - np.asarray(other)) <= _STANDARD_ERRORS * np.asarray(se)).all())
