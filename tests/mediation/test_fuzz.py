"""Damaged tables and options: every call ends in a result or in one message that a student can use.

Each table is made by `Case(seed)`, so that a failure can be repeated from the seed in its message.
"""

import re
import warnings
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

import mlmed_teach as mt
from mlmed_teach.stacked_model.stacking import TERMS

TABLES, BLOCK = 1000, 100
OTHER_TABLES = 300
LEAST_RESULTS = 0.33  # share of the calls that must reach a fit, so that refusals alone cannot pass
PYTHON_INSIDE = re.compile(
    r"Traceback| at 0x|NoneType|<class|numpy\.|np\.\w+\(|dtype\(|Error\(|unhashable|site-packages"
)
OPTION = re.compile(
    r"\b(x|m|y|group|random|covariates?|decompose|missing|first|sep|width|reml|residual) (is|are|must|has|names|and)\b"
    r"|[Tt]he formula|No column is named"
)
# What a refusal begins with if it concerns no single column.
OF_THE_TABLE = (
    "A pandas DataFrame is needed",
    "The table has no columns",
    "The table has no numeric column",
    "This is not a stacked table",
    "The table has no rows",
    "The table's columns have several levels",
    "Every one of the ",
)
OF_THE_MODEL = (
    "A residual variance goes to 0",
    "The data cannot tell the variances",
    "The likelihood could not be maximized",
    "The variables are so large or so small",
    "No cluster has more than",
    "The predictors reproduce the response",  # of fit_mixed and fit_stacked, whose caller has one equation in mind
)


# ---- a sound table, and what can happen to it ------------------------------------------------------------------------


def sound(rng):
    """Few small clusters with random slopes, and three covariates: a number, words, a truth value."""
    clusters = int(rng.integers(5, 13))
    size = rng.integers(4, 14, clusters)
    id = np.repeat(np.arange(1, clusters + 1), size)
    n = len(id)
    u = rng.normal(size=(clusters, 5))[id - 1] * [1.5, 1.0, 1.2, 1.0, 0.8]
    x = rng.normal(size=clusters)[id - 1] + rng.normal(size=n)
    m = u[:, 0] + (0.6 + u[:, 1]) * x + rng.normal(size=n)
    y = u[:, 2] + (0.6 + u[:, 3]) * m + (0.2 + u[:, 4]) * x + rng.normal(size=n)
    extra = {"age": rng.normal(40, 10, n), "grade": rng.choice(["low", "mid", "top"], n), "flag": rng.random(n) < 0.5}
    return pd.DataFrame({"id": id, "x": x, "m": m, "y": y} | extra)


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


def relate(case, rng):
    """One variable computed from others, exactly or nearly so."""
    t = case.table
    if not all(list(t.columns).count(name) == 1 for name in ("x", "m", "y")):
        return
    x, m, y = (number(t[name]) for name in "xmy")
    noise = 10.0 ** rng.integers(-15, -3) * rng.normal(size=len(t))
    kind = int(rng.integers(8))
    case.done.append(f"related {kind}")
    if kind == 0:
        t["m"] = 2 * x - 1
    elif kind == 1:
        t["y"] = 0.5 * m - x + 3
    elif kind == 2:
        t["m"] = x + noise
    elif kind == 3:
        t["y"] = m + x + noise
    elif kind == 4:
        t["y"] = y[::-1] if rng.random() < 0.5 else x
    elif kind == 5:
        t["y"] = per_cluster(t["y"], t["id"]) + m if "id" in t else m
    elif kind == 6:
        t["x"] = np.round(per_cluster(t["x"], t["id"]), 1) if "id" in t else x
    else:
        t["m"] = per_cluster(t["m"], t["id"]) + noise if "id" in t else m


def structure(case, rng):
    """The table as a whole."""
    t, kind = case.table, int(rng.integers(20))
    case.done.append(f"structure {kind}")
    if kind == 0:
        case.table = t.head(int(rng.integers(0, 4)))
    elif kind == 1:
        case.table = pd.DataFrame(index=t.index) if rng.random() < 0.5 else pd.DataFrame()
    elif kind in (2, 3):
        names = list(t.columns)
        case.table = pd.concat([t, t[[names[int(rng.integers(len(names)))]]]], axis=1)
    elif kind in (4, 5):
        t.index = rng.integers(0, 3, len(t))
    elif kind == 6:
        t.index = pd.MultiIndex.from_arrays([np.arange(len(t)) % 2, np.arange(len(t))], names=["id", None])
    elif kind == 7:
        t.columns = pd.MultiIndex.from_product([["a"], range(t.shape[1])])
    elif kind == 8:
        others = [
            t.to_dict("list"),
            t.to_numpy(),
            list(t),
            None,
            "table.csv",
            t.iloc[:, 0],
            5,
            t.groupby(np.zeros(len(t))),
        ]
        case.table = others[int(rng.integers(len(others)))]
    elif kind in (9, 10, 11):
        case.table = t.sample(frac=1, random_state=int(rng.integers(1e6)))
    elif kind == 12:
        t.index = [None, np.nan, *range(2, len(t))][: len(t)]
    elif kind == 13:
        t.index = pd.Index(t.iloc[:, 0], name="id")
    elif kind == 14:
        t.columns = pd.CategoricalIndex(t.columns)
    elif kind == 15:
        case.table = t.drop(columns=t.columns[int(rng.integers(4))])
    elif kind == 16:
        case.table = pd.concat([t, t])
    elif kind == 17:
        case.table = mt.list_rows(t, first=max(len(t), 1))
    elif kind == 18:
        t.columns.name = "id"
        t.attrs["note"] = "kept"
    else:
        case.table = t.astype(object)


def rename(case, rng):
    """Columns with other names, and the options with them."""
    if case.table.columns.nlevels > 1:
        return
    old = [name for name in ("x", "m", "y", "id", "age", "grade", "flag") if name in list(case.table.columns)]
    count = int(rng.integers(1, len(old) + 1)) if old else 0
    chosen = rng.choice(old, count, replace=False) if count else []
    new = dict(zip(map(str, chosen), (NAMES[k] for k in rng.permutation(len(NAMES))), strict=False))
    case.done.append(f"renamed {new}")
    names = [new.get(name, name) for name in case.table.columns]
    case.table.columns = pd.Index(names, dtype=object, tupleize_cols=False)
    case.names |= new


class Case:
    """A damaged table with options.

    Attributes
    ----------
    table : DataFrame, or what was given in its place
    names : dict
        x, m, y, id and the covariates -> what the column is called.
    options : dict
        All other arguments of `mediate`.
    done : list of str
        What was done to it.
    """

    def __init__(self, seed):
        self.rng = rng = np.random.default_rng(seed)
        self.seed, self.table, self.done = seed, sound(rng), []
        self.names = {name: name for name in self.table}
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what counts are the warnings of the calls below
            for _ in range(int(rng.choice([1, 2, 3], p=[0.5, 0.3, 0.2]))):
                self.damage(rng)
            if rng.random() < 0.2 and isinstance(self.table, pd.DataFrame):
                rename(self, rng)
        self.options = self.sound_options(rng)
        if rng.random() < 0.12:
            self.damage_options(rng)

    def damage(self, rng):
        t, kind = self.table, rng.random()
        if not isinstance(t, pd.DataFrame) or t.columns.nlevels > 1 or not t.size:
            return
        once = [name for name in t.columns if list(t.columns).count(name) == 1]
        if kind < 0.58:
            kinds = SOFT if kind < 0.36 else HARD
            columns = [name for name in ("x", "m", "y", "age", "grade", "flag") if name in once]
            if columns:
                weight = np.array([3 if name in "xmy" else 1 for name in columns]) * 1.0
                name = str(rng.choice(columns, p=weight / weight.sum()))
                what = str(rng.choice(list(kinds)))
                self.done.append(f"{name}: {what}")
                self.put(name, kinds[what](t[name], rng, t))
        elif kind < 0.78:
            kinds = IDS_SOFT if kind < 0.69 else IDS_HARD
            if "id" in once and len(t):
                what = str(rng.choice(list(kinds)))
                self.done.append(what)
                try:
                    self.put("id", kinds[what](t, rng))
                except TypeError:  # ids that an earlier damage made unhashable
                    self.done[-1] += " (impossible)"
        elif kind < 0.86:
            relate(self, rng)
        else:
            structure(self, rng)

    def put(self, name, values):
        """A new column in the place of an old one, cell by cell if it is a list (of tuples, say)."""
        if isinstance(values, list):
            column = np.empty(len(values), dtype=object)
            for row, value in enumerate(values):
                column[row] = value
            values = column if any(isinstance(v, tuple | frozenset | list) for v in values) else values
        self.table[name] = values.to_numpy() if isinstance(values, pd.Series) and values.dtype.kind == "f" else values

    def sound_options(self, rng):
        options = {}
        if rng.random() < 0.9:
            kinds = (("a", "b", "cprime"), "auto", ("a", "b"), ("b",), (), "a", ["cprime"], ("b", "cprime"), {"a"}, ())
            options["random"] = kinds[int(rng.integers(len(kinds)))]
        if rng.random() < 0.45:
            of = [self.names[name] for name in ("age", "grade", "flag")]
            names = [of[k] for k in rng.permutation(3)[: rng.integers(1, 3)]]
            options["covariates"] = [names, tuple(names), {"m": names}, {"y": names, "m": []}, names[0]][
                int(rng.integers(5))
            ]
        if rng.random() < 0.4:
            options["decompose"] = bool(rng.random() < 0.8)
        if rng.random() < 0.5:
            options["missing"] = "drop"
        return options

    def damage_options(self, rng):
        table = self.table
        column = table.iloc[:, 0] if isinstance(table, pd.DataFrame) and table.shape[1] else pd.Series([1.0])
        wrong = {
            "random": [5, "abc", ["a", "a"], None, [["a"]], {"a": 1}, [None], "", ["A"], column, 1.5, ["b", 3], "none"],
            "covariates": [
                *({"z": ["age"]}, {"x": "age"}, {"age"}, None, [None], 5, [["age"]], ["age", "age"], ["nowhere"], ""),
                *(column, table, ["x"], ["id"], {"m": "m"}, {"m": {"age"}}, {1: 2}, [column], {"m": None}, [], {}),
                *([("age",)], [np.array(["age"])], np.array(["age"]), iter(["age"]), True, [slice(1)], [{"age": 1}]),
            ],
            "decompose": ["yes", None, 1, 0, "False", [True], column, np.True_],
            "missing": [None, "ignore", True, ["drop"], column, "DROP", 0],
            "x": [column, None, 5, ["x"], "m", "X", "nowhere", {"x"}, {"x": 1}, ("x",), table, np.nan, "y"],
            "m": [column, None, "y", ["m"], "M ", np.array(["m"]), slice(None), lambda: 0],
            "y": [column, None, "id", "z", 0, b"y", object(), "x"],
            "id": [column, None, ["id"], "ID", "x", "cluster", ["id", "x"], {"id"}, ""],
        }
        option = str(rng.choice(list(wrong)))
        value = wrong[option][int(rng.integers(len(wrong[option])))]
        self.done.append(f"{option} = {type(value).__name__}")
        if option in self.names:
            self.names[option] = value
        else:
            self.options[option] = value

    @property
    def arguments(self):
        """Of `mediate`, but for the table."""
        return {{"id": "group"}.get(name, name): self.names[name] for name in ("x", "m", "y", "id")} | self.options

    def __str__(self):
        options = ", ".join(f"{name}={' '.join(repr(value).split()):.60}" for name, value in self.arguments.items())
        return f"Case({self.seed}): {'; '.join(self.done)}; {options}"


# ---- what every call must keep ---------------------------------------------------------------------------------------


def fingerprint(table):
    """The content of a table as text, with types and names."""
    if not isinstance(table, pd.DataFrame):
        return repr(table) if not isinstance(table, np.ndarray) else table.tobytes()
    columns = [table.iloc[:, at] for at in range(table.shape[1])]
    plain = [isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf" for column in columns]
    cells = [c.to_numpy().tobytes() if fast else repr(c.tolist()) for c, fast in zip(columns, plain, strict=True)]
    return repr(list(table.columns)), repr(list(table.index)), list(map(str, table.dtypes)), cells


def call(what, table, function):
    """The result, or the MlmedError; fails on any other exception or warning and if the table was changed."""
    before = fingerprint(table)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = function()
        except mt.MlmedError as error:
            result = error
        except Exception as error:
            raise AssertionError(f"{what}\nended in {type(error).__name__}: {error}") from error
    strange = [str(w.message) for w in caught if not issubclass(w.category, mt.BoundaryWarning)]
    assert not strange, f"{what}\nwarned: {strange}"
    assert fingerprint(table) == before, f"{what}\nchanged the table"
    return result


def check_message(what, error, names=()):
    """One message that names a column or an option, without anything from inside Python."""
    text = str(error)
    assert len(text) > 30, f"{what}\nsaid only: {text!r}"
    for name in names:  # a name may hold anything
        text = text.replace(repr(name), "'it'")
    assert not PYTHON_INSIDE.search(text), f"{what}\nspoke of Python's inside: {text}"
    named = "'it'" in text or OPTION.search(text) or text.startswith(OF_THE_TABLE + OF_THE_MODEL)
    assert named, f"{what}\nnamed neither column nor option: {text}"


def used_names(case):
    """Names of the columns that the call is about, as far as they are names."""
    covariates = case.options.get("covariates", ())
    parts = covariates.values() if isinstance(covariates, dict) else [covariates]
    covariates = [name for part in parts for name in (part if isinstance(part, list | tuple) else [part])]
    roles = [case.arguments[role] for role in ("x", "m", "y", "group")]
    plain = str | bytes | int | float | complex | tuple | frozenset | pd.Timestamp | type(pd.NaT)
    return [name for name in (*roles, *covariates) if isinstance(name, plain)]


def check_mediation(what, med, display):
    """Whatever is NaN or infinite has a note that says so; with `display`, it can also be shown in all ways."""
    for frame in (med.to_frame(), med.paths, med.contextual):
        if not np.isfinite(frame.to_numpy(dtype=float)).all():
            said = any("do not exist" in note or "Boundary" in note for note in med.notes)
            assert said, f"{what}\nhas NaN without a word:\n{frame}\nnotes: {med.notes}"
    assert (med.residual_variances > 0).all() and np.isfinite(med.fit.llf), what
    assert (med.sd_slopes >= 0).all(), what
    for show in (med.summary, med._repr_html_, med.report) if display else ():
        assert len(show()) > 200, what
    if display and med.spec.within:
        clusters = med.cluster_effects()
        assert len(clusters) == med.spec.clusters and np.isfinite(clusters.to_numpy()).all(), f"{what}\n{clusters}"


def run(case):
    return mt.mediate(case.table, **case.arguments)


@pytest.fixture(scope="module")
def outcomes():
    """Seed -> the options of a call that reached a fit, None of one that was refused."""
    return {}


@pytest.mark.parametrize("first", range(0, TABLES, BLOCK))
def test_every_damaged_table_ends_in_a_result_or_in_a_message(first, outcomes):
    for seed in range(first, first + BLOCK):
        case = Case(seed)
        result = call(case, case.table, lambda case=case: run(case))
        if isinstance(result, mt.MlmedError):
            outcomes[seed] = None
            check_message(case, result, used_names(case))
        else:
            assert isinstance(result, mt.Mediation), case
            outcomes[seed] = case.options
            call(case, case.table, lambda case=case, med=result: check_mediation(case, med, case.seed % 4 == 0))


def test_many_of_the_damaged_tables_reach_a_fit_of_every_kind(outcomes):
    if len(outcomes) < TABLES:
        pytest.skip("not all tables were run")
    fitted = [options for options in outcomes.values() if options is not None]
    assert len(fitted) > LEAST_RESULTS * TABLES
    decomposed = [options for options in fitted if options.get("decompose")]
    subsets = [options for options in fitted if options.get("random", "auto") not in ("auto", ("a", "b", "cprime"))]
    covariates = [options for options in fitted if options.get("covariates")]
    assert min(len(decomposed), len(subsets), len(covariates)) > 0.1 * TABLES


# ---- the other functions that take a table ---------------------------------------------------------------------------


def pick(rng, *values):
    return values[int(rng.integers(len(values)))]


def call_stack(case, rng):
    return mt.stack(case.table, *(case.arguments[role] for role in ("x", "m", "y", "group")))


def call_fit_stacked(case, rng):
    return mt.fit_stacked(case.table, **case.options)


def call_fit_mixed(case, rng):
    x, m, y, grade, flag = (case.names[name] for name in ("x", "m", "y", "grade", "flag"))
    sound = (
        f"{y} ~ {m} + {x}",
        f"{y} ~ {m} * {x}",
        f"{y} ~ C({grade}) + {x}",
        f"{m} ~ center({x})",
        f"{y} ~ {x} + {flag}",
    )
    wrong = (
        *(f"{y} ~ {grade}", f"{y} ~ I({x}**2)", f"{grade} ~ {x}", f"{y} ~ nowhere", f"{y} ~ {y}", f"{y} ~ 0", f"~ {x}"),
        *(f"{y} ~ {x} | id", "", None, 5, f"{y} ~ ((", f"{y} + {m} ~ {x}", f"{y} ~ .", f"{y} ~ 1/{x}", "y x"),
    )
    formula = pick(rng, *(sound if rng.random() < 0.7 else wrong))
    re_formula = (
        pick(rng, f"~ {x} + {m}", f"~ 0 + {x}", f"~ C({grade})", "~ 0", 5, f"{y} ~ {x}") if rng.random() < 0.3 else None
    )
    return mt.fit_mixed(formula, case.table, case.arguments["group"], re_formula, pick(rng, True, True, False, "ML"))


def call_summarize(case, rng):
    columns = pick(rng, None, None, case.names["x"], ["x", "m"], [], 5, [None], case.table)
    return mt.summarize(case.table, columns)


def call_correlate(case, rng):
    return mt.correlate(case.table, pick(rng, None, None, case.names["x"], ["x", "m"], ["y"], {"x": 1}, [["x"]]))


def call_tabulate(case, rng):
    return mt.tabulate(case.table, pick(rng, *case.names.values(), None, ["x"]))


def call_list_rows(case, rng):
    options = {"first": pick(rng, 16, 3, 0, -1, "a", 2.5, None, 10**6)} if rng.random() < 0.3 else {}
    if rng.random() < 0.3:
        options |= pick(
            rng, {"sep": 0}, {"sep": -1}, {"width": 9}, {"width": 3}, {"width": {"x": 8}}, {"width": {"q": 8}}
        )
    return mt.list_rows(case.table, **options)


def damaged_stack(case):
    """The case's table becomes a stacked one with a damage of its own, mostly."""
    rng = case.rng
    case.done, case.options = ["stacked"], {}
    if rng.random() < 0.8:
        case.table = long = mt.stack(sound(rng))
        for _ in range(int(rng.integers(0, 3))):
            kinds = SOFT if rng.random() < 0.5 else HARD
            name, what = str(rng.choice(["fid", "id", "z", *TERMS])), str(rng.choice(list(kinds)))
            case.done.append(f"{name}: {what}")
            case.put(name, kinds[what](long[name], rng, long))
        if rng.random() < 0.3:
            structure(case, rng)
    if rng.random() < 0.3:
        case.options["reml"] = pick(rng, True, False, "ML", None, 1)
    if rng.random() < 0.3:
        case.options["residual"] = pick(rng, "common", "per outcome", "none", None, ["common"])


CALLS = [call_stack, call_fit_stacked, call_fit_mixed, call_summarize, call_correlate, call_tabulate, call_list_rows]


@pytest.mark.parametrize("function", CALLS, ids=lambda function: function.__name__.removeprefix("call_"))
def test_other_functions_end_in_a_result_or_in_a_message(function):
    results, tables = 0, OTHER_TABLES // len(CALLS) + 1
    for seed in range(10_000, 10_000 + tables):
        case = Case(seed)
        if function is call_fit_stacked:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                damaged_stack(case)
        what = f"{function.__name__} {case}"
        result = call(what, case.table, lambda case=case: function(case, case.rng))
        if isinstance(result, mt.MlmedError):
            columns = list(case.table) if isinstance(case.table, pd.DataFrame) else []
            check_message(what, result, [*used_names(case), *columns])
            continue
        results += 1
        call(what, case.table, lambda result=result: (repr(result), result._repr_html_()))
    assert results > 0.2 * tables, f"only {results} of {tables}"


# ---- what damaged tables have taught the messages to say -------------------------------------------------------------


def one_row(table, column, value):
    return {column: table[column].where(table.index != 5, value)}


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        (lambda t: one_row(t, "x", 1e9), {}, r"'x' has the value 1e\+09 \(row 5; id 2\), so far from all others"),
        (lambda t: {"y": 1e9 + 1e-7 * t["y"].round(0)}, {}, "'y' varies by .* too little beside its size"),
        (lambda t: {"y": t["m"] - t["x"]}, {}, "'y' can be computed exactly from 'm' and 'x', so that"),
        (
            lambda t: {"m": t["x"] + 7 * t["id"]},
            {},
            "'m' can be computed exactly from 'x' and a constant in each cluster",
        ),
        (lambda t: {"x": t["x"].where(t["id"] == 3, 1.0)}, {}, r"Only one of 8 clusters \(id 3\).*random=\('b',\)"),
        (
            lambda t: {"id": np.arange(len(t)) // 2},
            {},
            "more than 2 rows, but in the equation of 'm' each has 2 random eff",
        ),
        (
            lambda t: {"id": t["id"] % 2},
            {"random": "b"},
            r"There are 2 clusters of 'id' for 3 .* as in random=\(\), or",
        ),
        (lambda t: {"x": pd.Timestamp(0) + pd.to_timedelta(t["x"], unit="D")}, {}, r"days since the first.*\.dt\.days"),
        (lambda t: {"m": t["m"].astype("category")}, {}, r"table\['m'\]\.astype\(float\)"),
        (lambda t: {"y": [10**400] * len(t)}, {}, "'y' holds whole numbers with more digits"),
        (lambda t: {"y": np.nan}, {"missing": "drop"}, "Every one of the 40 rows .* Missing values: y: 40"),
        (
            lambda t: {1: t["x"] ** 2, "1": t["x"] ** 3},
            {"covariates": [1, "1"]},
            "Two covariates would both be called '1'",
        ),
        (lambda t: {"class": t["id"]} | one_row(t, "y", np.nan), {"group": "class"}, r"\(row 5; cluster 2\)"),
        (lambda t: {}, {"x": None}, "x is given by the name of its column, as in x='age', but this is None"),
        (lambda t: {}, {"covariates": [np.zeros(3)]}, "this list holds a NumPy array"),
    ],
)
def test_what_is_wrong_is_said_in_the_terms_of_the_table(change, options, words):
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {"id": np.repeat(np.arange(1, 9), 5)} | dict(zip("xmy", rng.normal(size=(3, 40)), strict=True))
    )
    with pytest.raises(mt.MlmedError, match=f"(?s){words}"):
        mt.mediate(pd.DataFrame(dict(table) | change(table), index=table.index), **options)


@pytest.mark.parametrize("missing", ["error", "drop"])
def test_ids_that_are_tuples_are_one_id_each(missing):
    table = mt.simulate(clusters=20, size=6, seed=1)
    ids = pd.Series([("class", int(k)) for k in table["id"]])
    table = table.assign(id=ids, y=table["y"].mask((table.index < 6) & (missing == "drop")))
    med = mt.mediate(table, random="b", missing=missing)
    assert list(med.cluster_effects().index) == [("class", k) for k in range(1 + (missing == "drop"), 21)]
    assert missing == "error" or "1 cluster (id ('class', 1))" in med.notes[0]


def test_factors_of_a_stacked_table_that_are_no_numbers_are_refused():
    long = mt.stack(sound(np.random.default_rng(1)))
    for values in ("a", 1j, pd.Timestamp("2020-01-01")):
        result = call(values, long, lambda values=values: mt.fit_stacked(long.assign(x=[values] * len(long))))
        assert isinstance(result, mt.MlmedError)


def test_infinite_and_huge_numbers_are_summarized_without_warnings():
    table = pd.DataFrame({"infinite": [1.0, np.inf, 2.0], "huge": [1e300, -1e300, 0.0]})
    call("summarize", table, lambda: repr(mt.summarize(table)))


def test_the_logarithm_of_a_negative_number_is_refused_in_words_alone():
    table = sound(np.random.default_rng(1))
    result = call("log", table, lambda: mt.fit_mixed("y ~ log(x)", table, "id"))
    check_message("log", result)


def test_clusters_are_predicted_whatever_the_units_of_m_and_y():
    table = sound(np.random.default_rng(3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mt.BoundaryWarning)
        one, two = (mt.mediate(t).cluster_effects() for t in (table, table.assign(y=1e50 * table["y"])))
    np.testing.assert_allclose(two["indirect se"], 1e50 * one["indirect se"], rtol=1e-6)
