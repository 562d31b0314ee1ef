"""All steps in one call."""

from __future__ import annotations

import pandas as pd

from .effects import MediationEffects, effects
from .stacked import fit_stacked, stack


def mediate(data: pd.DataFrame, x: str = "x", m: str = "m", y: str = "y", group: str = "id") -> MediationEffects:
    """Multilevel mediation with everything at level 1 and all paths random: stack, fit by REML, combine.

    Parameters
    ----------
    data : DataFrame
        One row for each observation.
    x, m, y : str
        Columns of the predictor, the mediator and the outcome.
    group : str
        Column of the cluster ids.

    Returns
    -------
    MediationEffects
        `indirect`, `direct`, `total` with `estimate`, `se`, `z`, `ci`; `a`, `b`, `cprime`, `cov_ab`; `fit`, the stacked
        model.

    Raises
    ------
    MlmedError
        The table cannot be used; the message names the column or cluster and what to do.

    Notes
    -----
    Raw scores mix effects within and between clusters. Where the two differ, the average effects here are a blend of
    both: see Zhang, Zyphur & Preacher (2009).

    Examples
    --------
    >>> import mlmed_teach as mt
    >>> med = mt.mediate(mt.load_ml_sim(), x="x", m="m", y="y", group="id")
    >>> print(f"{med.indirect.estimate:.3f} ({med.indirect.se:.3f})")
    0.473 (0.053)
    """
    return effects(fit_stacked(stack(data, x, m, y, group)))
