"""Values that look like codes for missing: they stand apart from all others of their column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from ..typing import Array, IntArray
from ..words import agree, and_list, counted
from .columns import numeric_values

_DIGITS = "99 999 9999 99999 88 888 8888 77 777 7777 98 998 9998 97 997 9997".split()
USUAL = frozenset({9.0, *map(float, _DIGITS), *(-float(code) for code in _DIGITS), *map(float, range(-9, 0))})
"""What questionnaires and statistics programs write for "no answer" and the like."""

# Tuned on simulated columns (tests/validation/test_codes.py), so that honest ones hardly ever draw the remark.
_FAR = 3.0  # distance, in ranges of all others, that no scale and hardly any tail leaves empty
_NEAR = 0.085  # distance below which a value may be the end of a scale; -9 beside 0 to 100 is not that near
_MOST, _MOST_UNUSUAL = 0.5, 0.05  # share of rows with a code
_FEW, _MOST_OF_FEW = 4, 0.05  # beside less than four others a frequent value may be one of them, as in doses of 1, 3, 9
_THICK = 5  # rows with the outermost of the others, from which a column may end there instead of thinning out
_CHANCE = 1e-4
_CHANCE_BELOW_0 = 0.0015  # where no other value is negative: three rows of -9 beside 0, two of -99
_CHANCE_OF_ONE = 0.016  # one row, but half the range of all others below them
_CHANCE_OF_TAIL = 1e-3


def codes_for_missing(table: pd.DataFrame, columns: Iterable[str]) -> str:
    """A remark on values that look like codes for missing, with the line that makes them missing.

    Parameters
    ----------
    table : DataFrame
    columns : iterable of str
        Columns of numbers; others, and missing values, are passed over.

    Returns
    -------
    str
        "" if no value looks like one.
    """
    found: dict[str, dict[float, int]] = {}
    said = []
    for name in dict.fromkeys(columns):
        values = numeric_values(table[name])
        if values is None or pd.api.types.is_bool_dtype(table[name].dtype):
            continue
        counts = suspected_codes(values)
        if not counts:
            continue
        found[name] = counts
        others = values[np.isfinite(values) & ~np.isin(values, list(counts))]
        has = and_list(f"{_written(code)} in {counted(count, 'row')}" for code, count in counts.items())
        said.append(f"{name!r} has {has}, while all others lie between {others.min():g} and {others.max():g}")
    if not found:
        return ""
    one = sum(map(len, found.values())) == 1
    return (
        f"{'; '.join(said)}: {agree(one, 'a code', 'codes')} for missing? Then `{line_to_replace(found)}` makes "
        f'{agree(one, "it", "them")} missing, and missing="drop" leaves out what cannot be used.'
    )


def line_to_replace(codes: Mapping[str, Iterable[float]]) -> str:
    """The line of Python that makes codes missing."""
    parts = [
        f"{name!r}: {{{', '.join(f'{_written(code)}: np.nan' for code in of_column)}}}"
        for name, of_column in codes.items()
    ]
    return f"df = df.replace({{{', '.join(parts)}}})"


def suspected_codes(values: Array) -> dict[float, int]:
    """Values of a column that look like codes for missing, with the number of rows that have them.

    A usual code is one where it stands apart from all others in a way that neither the end of a scale nor the tail of
    a distribution explains; any other value, where it repeats, far away from all others.

    Parameters
    ----------
    values : ndarray, shape (n,)
        NaN where missing.

    Returns
    -------
    dict of float to int
    """
    found, count = np.unique(values[np.isfinite(values)], return_counts=True)
    suspects: dict[float, int] = {}
    for sign in (1, -1):  # those above all others, then those below
        at, rows = (sign * found)[::sign], count[::sign]
        outer = _usual_outside(at, rows, sign)
        if not outer and _unusual_outside(at, rows):
            outer = 1
        keep = len(at) - outer
        suspects |= {float(sign * at[k]): int(rows[k]) for k in range(keep, len(at))}
        found, count = (sign * at[:keep])[::sign], rows[:keep][::sign]
    return dict(sorted(suspects.items()))


def _usual_outside(at: Array, rows: IntArray, sign: int) -> int:
    """How many of the largest values are usual codes that stand apart from the others, as many as can be."""
    candidates = 0
    while candidates < len(at) - 2 and sign * at[-1 - candidates] in USUAL:
        candidates += 1
    for outer in range(candidates, 0, -1):
        if _stands_apart(at, rows, outer, sign):
            return outer
    return 0


def _stands_apart(at: Array, rows: IntArray, outer: int, sign: int) -> bool:
    """Whether the `outer` largest values, all of them usual codes, are no part of the others' distribution."""
    others, of_others, k = at[:-outer], rows[:-outer], int(rows[-outer])
    spread, gap = others[-1] - others[0], at[-outer] - others[-1]
    share = rows[-outer:].sum() / rows.sum()
    if share > _MOST or (len(others) < _FEW and share > max(_MOST_OF_FEW, of_others.min() / (2 * rows.sum()))):
        return False
    if gap >= _FAR * spread and (k > 1 or abs(at[-outer]) >= 10):
        return True
    if (sign * at[-outer:] > 0).all() != (sign > 0):  # 9 below 12, 13 and 16 years of school is none
        return False
    cells = _cells(gap, others)
    chance = cells**-k  # that rows of a tail, thinner and thinner, skip all of them but the last
    if gap < _NEAR * spread:
        return False
    if sign < 0 and others[-1] <= 0:
        return chance <= (_CHANCE_OF_ONE if k == 1 and gap >= spread / 2 else _CHANCE_BELOW_0)
    return (k > 1 and chance <= _CHANCE) or _too_sudden(int(of_others[-1]), cells, k)


def _unusual_outside(at: Array, rows: IntArray) -> bool:
    """Whether the largest value repeats, and lies so far from all others that it hardly is one of them."""
    if len(at) <= _FEW or not 1 < rows[-1] <= _MOST_UNUSUAL * rows.sum():
        return False
    others = at[:-1]
    gap = at[-1] - others[-1]
    return gap >= _FAR * (others[-1] - others[0]) and _cells(gap, others) ** -rows[-1] <= _CHANCE


def _cells(gap: float, others: Array) -> float:
    """How many values had been possible on the way to one so far from the others, if all lie on their grid."""
    return gap / max(np.diff(others).min(), 1e-9 * (others[-1] - others[0]))


def _too_sudden(edge: int, cells: float, k: int) -> bool:
    """Whether no geometric tail, whatever its slope, jumps from `edge` rows over empty values to `k` rows."""
    if edge < _THICK or cells < 1.5:
        return False
    ratio = np.linspace(0.01, 0.99, 99)
    empty = -edge * (ratio[:, None] ** np.arange(1, min(round(cells), 1000))).sum(1)
    expected = np.log(edge) + cells * np.log(ratio)
    there = k * expected - np.exp(expected) - np.log(np.arange(1, k + 1)).sum()  # log of Poisson's probability
    return bool((empty + there).max() <= np.log(_CHANCE_OF_TAIL))


def _written(code: float) -> str:
    return str(int(code)) if code.is_integer() and abs(code) < 1e15 else repr(code)
