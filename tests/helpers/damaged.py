"""Damaged tables with options: each is `Case(seed)`, so that a failure can be repeated from the seed in its message."""

import warnings

import numpy as np
import pandas as pd

import mlmed_teach as mt
from mlmed_teach.stacked_model.stacking import TERMS

from .damages import HARD, IDS_HARD, IDS_SOFT, NAMES, SOFT, number, per_cluster


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


def pick(rng, *values):
    return values[int(rng.integers(len(values)))]


def damaged_stack(seed):
    """A case of `fit_stacked`: its table is a stacked one with a damage of its own, mostly."""
    case = Case(seed)
    rng, case.done, case.options = case.rng, ["stacked"], {}
    if rng.random() < 0.8:
        case.table = long = mt.stack(sound(rng))
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
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
    return case
