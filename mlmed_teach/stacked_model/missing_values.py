"""Which rows have what either equation needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from ..errors import MlmedError
from ..typing import BoolArray
from ..validation import missing_in
from ..words import agree, counted, listed


def known_rows(
    data: pd.DataFrame, both: list[str], of_y: list[str], group: str, m: str
) -> tuple[pd.DataFrame, BoolArray, list[str]]:
    """The rows with all that the equation of m needs, which of them have what that of y needs, and a sentence.

    m is an outcome, too. Where y is missing because of m, rows without y say what rows with y alone would get wrong.
    """
    holes = {name: missing_in(data[name]) for name in dict.fromkeys([*both, *of_y])}
    bad, without = (np.any([holes[name] for name in names], axis=0) for names in (both, of_y))
    if not (bad | without).any():
        return data, ~without, []
    if (bad | without).all():
        raise MlmedError(
            f"Every one of the {counted(len(data), 'row')} lacks a value in at least one column of the model, so that "
            f"none is left. Missing values: {_by_column(holes, holes, ~np.zeros_like(bad))}."
        )
    kept, text = data[~bad], ""
    if bad.any():
        text = f"Left out: {counted(int(bad.sum()), 'row')} of {len(data):,} with missing values "
        text += f"({_by_column(holes, both, bad)})"
        try:
            left = set(kept[group])
            gone = [label for label in pd.unique(data[group][~holes[group]]) if label not in left]
        except TypeError:  # ids that are no ids get their own message
            gone = []
        if len(gone):
            text += f", and with them all rows of {counted(len(gone), 'cluster')} ({group} {listed(gone)})"
        text += ". "
    partly = ~bad & without
    if partly.any():
        text += (
            f"Left out of the equation of {of_y[0]!r} only: {counted(int(partly.sum()), 'row')}"
            f"{' more' if text else f' of {len(data):,} with missing values'} ({_by_column(holes, of_y, partly)}). In "
            f"that of {m!r} {agree(int(partly.sum()), 'it counts', 'they count')}."
        )
    return kept, ~without[~bad], [text.strip()]


def _by_column(holes: Mapping[str, BoolArray], names: Iterable[str], rows: BoolArray) -> str:
    """How many of these rows lack each column."""
    return ", ".join(f"{name}: {n:,}" for name in dict.fromkeys(names) if (n := int(holes[name][rows].sum())))
