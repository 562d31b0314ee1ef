"""Whether a model with fewer random effects has its optimum inside the parameter space."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from ..engine import Optimum, maximize
from ..errors import MlmedError
from .design import Design


def first_inside(
    design: Design, optimum: Optimum, reml: bool, left_out: Iterable[tuple[str, ...]]
) -> tuple[str, ...] | None:
    """The first of several smaller models whose optimum is no boundary one, each fitted from the larger one's.

    Parameters
    ----------
    design : Design
    optimum : Optimum
        That of the whole model.
    reml : bool
    left_out : iterable of tuple of str
        Random effects that a smaller model lacks.

    Returns
    -------
    tuple of str, or None
        What that model lacks; None if there is no such model.
    """
    for names in left_out:
        kept = [k for k, name in enumerate(design.re_names) if name not in names]
        if kept and not _fit(design, optimum, reml, kept).singular:
            return names
    return None


def _fit(design: Design, optimum: Optimum, reml: bool, kept: list[int]) -> Optimum:
    zeros = tuple((kept.index(i), kept.index(j)) for i, j in design.zeros if i in kept and j in kept)
    small = replace(design, Z=design.Z[:, kept], zeros=zeros)
    residual = None if small.residual is None else small.residual.codes
    start = optimum.G[np.ix_(kept, kept)], optimum.s2
    try:
        return maximize(small.y, small.X, small.Z, small.cluster, residual, reml, start, zeros)
    except MlmedError:  # a model that cannot be fitted is no advice
        return optimum
