"""What can happen to a column of numbers, to ids and to names of columns; `damaged.Case` picks from these."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd

import mlmed_teach as mt


def some(rng, n, share=0.1):
    """A few of n rows, at least one."""
    return rng.choice(n, max(1, int(rng.random() * share * n)), replace=False) if n else np.array([], dtype=int)


def with_cells(column, rng, values):
    """The column as objects with some cells replaced."""
    cells = list(column.astype(object))
    for row in some(rng, len(cells)):
        cells[row] = values[int(rng.integers(len(values)))]
    out = pd.Series(np.empty(len(cells), dtype=object), index=column.index)
    for row, cell in enumerate(cells):
        out.iat[row] = cell
    return out


def number(column):
    """The values as floats, whatever an earlier damage made of them: 0, 1, 2 ... if they are numbers no longer."""
    try:
        values = np.asarray(np.real(np.asarray(column)), dtype=float)
    except (TypeError, ValueError, OverflowError):
        values = np.arange(len(column), dtype=float)
    return np.where(np.isfinite(values), values, 0.0)


def whole(column):
    return np.clip(np.round(2 * number(column)), -100, 100).astype(np.int64)


def per_cluster(column, ids):
    try:
        codes = pd.factorize(ids)[0]
    except TypeError:
        codes = np.zeros(len(ids), dtype=int)
    return pd.Series(number(column)).groupby(codes).transform("mean").to_numpy()


SOFT = {  # what a model can live with, mostly
    "boolean": lambda c, r, t: number(c) > np.median(number(c)) if len(c) else c,
    "int8": lambda c, r, t: whole(c).astype("int8"),
    "uint64": lambda c, r, t: (whole(c) + 1000).astype("uint64"),
    "float16": lambda c, r, t: np.clip(number(c), -1e4, 1e4).astype("float16"),
    "float32": lambda c, r, t: np.clip(number(c), -1e30, 1e30).astype("float32"),
    "Int64": lambda c, r, t: pd.array(whole(c), dtype="Int64"),
    "Float64": lambda c, r, t: pd.array(number(c), dtype="Float64"),
    "sparse": lambda c, r, t: pd.arrays.SparseArray(number(c)),
    "rounded": lambda c, r, t: np.clip(np.round(number(c)), -3, 3),
    "three values": lambda c, r, t: np.sign(np.round(number(c) / 2)),
    "outlier": lambda c, r, t: (
        np.where(np.arange(len(c)) == r.integers(max(len(c), 1)), 10.0 ** r.integers(3, 14), c)
        if np.issubdtype(np.asarray(c).dtype, np.number)
        else c
    ),
    "far from 0": lambda c, r, t: number(c) + 10.0 ** r.integers(2, 10),
    "other unit": lambda c, r, t: number(c) * 10.0 ** r.integers(-12, 13),
    "skewed": lambda c, r, t: np.exp(np.clip(3 * number(c), -50, 50)),
    "heavy tails": lambda c, r, t: number(c) + r.standard_cauchy(len(c)),
    "zeros mostly": lambda c, r, t: np.where(r.random(len(c)) < 0.8, 0.0, number(c)),
    "noise": lambda c, r, t: r.normal(size=len(c)),
    "missing": lambda c, r, t: with_cells(c, r, [np.nan]).astype(float) if c.dtype.kind == "f" else c,
    "NA": lambda c, r, t: pd.array(with_cells(pd.Series(number(c)), r, [pd.NA]), dtype="Float64"),
}
HARD = {  # what must be refused, mostly
    "text": lambda c, r, t: c.map(str),
    "decimal comma": lambda c, r, t: [f"{v:.2f}".replace(".", ",") for v in number(c)],
    "padded text": lambda c, r, t: [f"  {v:.3f} " for v in number(c)],
    "words": lambda c, r, t: with_cells(c, r, ["n/a", "", "many", "\N{SNOWMAN}", "1e3", "-", "."]),
    "words only": lambda c, r, t: r.choice(["yes", "no", "perhaps"], len(c)),
    "objects": lambda c, r, t: with_cells(c, r, [object(), mt, len]),
    "containers": lambda c, r, t: with_cells(c, r, [[1, 2], {"a": 1}, {3}, (4,), np.zeros(2), pd.Series([1.0])]),
    "bytes": lambda c, r, t: with_cells(c, r, [b"1.0", bytearray(b"x")]),
    "None": lambda c, r, t: with_cells(c, r, [None, pd.NA, pd.NaT, np.nan]),
    "only None": lambda c, r, t: pd.Series([None] * len(c), index=c.index, dtype=object),
    "only NaN": lambda c, r, t: np.full(len(c), np.nan),
    "decimals": lambda c, r, t: [Decimal(repr(float(v))) for v in number(c)],
    "fractions": lambda c, r, t: [Fraction(int(v), 3) for v in whole(c)],
    "dates": lambda c, r, t: pd.Timestamp("2020-01-01") + pd.to_timedelta(whole(c), unit="D"),
    "dates with zone": lambda c, r, t: pd.date_range("2020-01-01", periods=len(c), tz="Asia/Tokyo"),
    "durations": lambda c, r, t: pd.to_timedelta(whole(c), unit="h"),
    "periods": lambda c, r, t: pd.period_range("2020-01", periods=len(c), freq="M"),
    "intervals": lambda c, r, t: pd.interval_range(0, periods=len(c)) if len(c) else c,
    "complex": lambda c, r, t: number(c) + 1j,
    "complex cells": lambda c, r, t: with_cells(c, r, [1j]),
    "category": lambda c, r, t: pd.Categorical(whole(c), categories=range(-100, 101)),
    "truth with NA": lambda c, r, t: pd.array([None, *(number(c)[1:] > 0)], dtype="boolean") if len(c) else c,
    "infinite": lambda c, r, t: (
        np.where(np.isin(np.arange(len(c)), some(r, len(c))), r.choice([-1, 1]) * np.inf, 1) * (number(c) + 0.123)
    ),
    "beyond int64": lambda c, r, t: pd.Series([int(v) * 10**30 for v in whole(c)], index=c.index, dtype=object),
    "beyond float": lambda c, r, t: with_cells(c, r, [10**400]),
    "huge": lambda c, r, t: number(c) * 10.0 ** r.choice([50, 58, 62, 100, 300]),
    "tiny": lambda c, r, t: number(c) * 10.0 ** -r.choice([50, 58, 62, 100, 300, 320]),
    "one huge": lambda c, r, t: np.where(np.arange(len(c)) == 0, 1e300, number(c)),
    "largest": lambda c, r, t: np.where(number(c) > 0, 1, -1) * np.finfo(float).max,
    "constant": lambda c, r, t: np.full(len(c), 3.0),
    "nearly constant": lambda c, r, t: 1e6 + 1e-9 * number(c),
    "two values": lambda c, r, t: np.where(number(c) > np.median(number(c)), 5, 2) if len(c) else c,
    "one other value": lambda c, r, t: (np.arange(len(c)) == 0) * 1.0,
    "of clusters": lambda c, r, t: per_cluster(c, t["id"]) if list(t.columns).count("id") == 1 else c,
    "within clusters": lambda c, r, t: number(c) - per_cluster(c, t["id"]) if list(t.columns).count("id") == 1 else c,
}


def ids_of(*makers):
    """Cluster ids, one maker's value for each of the old ids."""
    return lambda t, r: [makers[int(code) % len(makers)](int(code)) for code in pd.factorize(t["id"])[0]]


IDS_SOFT = {
    "unicode ids": ids_of(lambda k: "\N{GREEK SMALL LETTER ALPHA}\N{SNOWMAN}" * (k + 1)),
    "emoji ids": ids_of(lambda k: chr(0x1F600 + k)),
    "an empty id": ids_of(lambda k: "z" * k),
    "ids with quotes": ids_of(lambda k: f"'{k}\"\n\\%s{{}}<b>"),
    "mixed ids": ids_of(lambda k: k, lambda k: f"{k}"),
    "more mixed ids": ids_of(
        lambda k: k, str, lambda k: (k,), lambda k: k + 0.5, lambda k: b"%d" % k, lambda k: pd.Timestamp(k, unit="D")
    ),
    "tuples as ids": ids_of(lambda k: ("class", k)),
    "nested tuples as ids": ids_of(lambda k: ("class", k), lambda k: ("class", (k, "a"))),
    "dates as ids": ids_of(lambda k: pd.Timestamp("2020-01-01") + pd.Timedelta(days=k)),
    "long ids": ids_of(lambda k: f"{k}" * 5000),
    "frozensets as ids": ids_of(lambda k: frozenset([k])),
    "infinite id": ids_of(lambda k: np.inf if k == 0 else float(k)),
    "huge ids": ids_of(lambda k: 10**25 + k),
    "complex ids": ids_of(lambda k: complex(k, 1)),
    "category ids": lambda t, r: pd.Categorical(pd.factorize(t["id"])[0], categories=range(-3, 50)),
    "Int64 ids": lambda t, r: pd.array(pd.factorize(t["id"])[0], dtype="Int64"),
    "zero and minus zero": ids_of(lambda k: 0.0 if k == 0 else -float(k)),
    "unequal clusters": lambda t, r: np.where(r.random(len(t)) < 0.7, 0, r.integers(0, 9, len(t))),
    "single rows": lambda t, r: np.where(r.random(len(t)) < 0.3, np.arange(len(t)) + 100, r.integers(0, 8, len(t))),
    "shuffled ids": lambda t, r: r.permutation(t["id"].to_numpy()),
}
IDS_HARD = {
    "missing ids": lambda t, r: with_cells(t["id"], r, [None, np.nan, pd.NaT, pd.NA]),
    "NaN ids": lambda t, r: np.where(r.random(len(t)) < 0.1, np.nan, pd.factorize(t["id"])[0]),
    "NaT ids": lambda t, r: pd.Series(pd.to_datetime(pd.factorize(t["id"])[0], unit="D")).where(r.random(len(t)) < 0.9),
    "Int64 ids with NA": lambda t, r: pd.array([None, *pd.factorize(t["id"])[0][1:]], dtype="Int64"),
    "no ids": lambda t, r: [None] * len(t),
    "lists as ids": lambda t, r: [[int(code)] for code in pd.factorize(t["id"])[0]],
    "a set as id": lambda t, r: with_cells(t["id"], r, [{1}, {"a": 2}]),
    "one cluster": lambda t, r: np.full(len(t), 7),
    "two clusters": lambda t, r: np.arange(len(t)) % 2,
    "four clusters": lambda t, r: np.arange(len(t)) % 4,
    "truth values as ids": lambda t, r: np.arange(len(t)) % 3 == 0,
    "one row a cluster": lambda t, r: np.arange(len(t)),
    "two rows a cluster": lambda t, r: np.arange(len(t)) // 2,
}

NAMES = [  # of columns
    *("sm", "sy", "smx", "sym", "syx", "z", "fid", "Intercept", "_cons", "sm:x", "sy:w", "smx_mean", "residual"),
    *(
        "a b",
        " x",
        "it's",
        'say "x"',
        "x[1]",
        "C(x)",
        "`x`",
        "{x}",
        "%s",
        "a\nb",
        "\\",
        "",
        " ",
        "<b>x</b>",
        "$x$",
        "*x",
    ),
    *("\N{GREEK SMALL LETTER MU}", chr(0x1F600), "x" * 300, "np.exp", "import", "True", "level_0", "index", "0", "m|n"),
    *(0, 1, -5, 2.5, True, None, np.nan, pd.NaT, ("a", "b"), (), pd.Timestamp("2020-01-01"), b"x", frozenset({1}), 1j),
]
