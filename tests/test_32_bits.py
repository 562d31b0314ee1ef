"""On a 32-bit build of Python, such as the one in a browser, everything works and gives the same numbers."""

import sys

import numpy as np
import pandas as pd
import pytest

import mlmed_teach as mt

pytestmark = pytest.mark.filterwarnings("ignore::mlmed_teach.BoundaryWarning")


def narrowed(values):
    """As a 32-bit build returns positions and counts."""
    return values.astype(np.int32) if isinstance(values, np.ndarray) and values.dtype == np.int64 else values


def as_index(values):
    """As a 32-bit build takes positions and counts: 64-bit ones are not cast."""
    if isinstance(values, np.ndarray) and not np.can_cast(values.dtype, np.int32, "safe"):
        raise TypeError(f"Cannot cast array data from {values.dtype!r} to dtype('int32') according to the rule 'safe'")
    return values


class Of32Bits:
    """A library as a module of ours sees it, with some of its functions as on a 32-bit build."""

    def __init__(self, library, **functions):
        self.__dict__.update(functions)
        self._library = library

    def __getattr__(self, name):
        return getattr(self._library, name)


def narrow(function):
    return lambda *args, **options: narrowed(function(*args, **options))


NUMPY = Of32Bits(
    np,
    intp=np.int32,
    **{
        name: narrow(getattr(np, name))
        for name in ("arange", "argsort", "cumsum", "flatnonzero", "full", "tile", "unique")
    },
    bincount=lambda x, weights=None, minlength=0: narrowed(np.bincount(as_index(x), weights, minlength)),
    repeat=lambda a, repeats, axis=None: narrowed(np.repeat(a, as_index(repeats), axis)),
)
PANDAS = Of32Bits(pd, factorize=lambda *args, **options: tuple(map(narrowed, pd.factorize(*args, **options))))


def see_32_bits(monkeypatch):
    """From here on every module of the package sees NumPy and pandas as they are on a 32-bit build."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "mlmed_teach":
            for alias, stand_in in (("np", NUMPY), ("pd", PANDAS)):
                if hasattr(module, alias):
                    monkeypatch.setattr(module, alias, stand_in)


def drawn(size=(3, 8)):
    return mt.simulate(clusters=15, size=size, seed=4)


def bootstrap(data, kind):
    return mt.mediate(data, decompose=kind == "residual").bootstrap(20, kind, seed=1).draws


def coverage():
    options = {"intervals": ("wald", "profile", "bootstrap"), "bootstrap_reps": 20, "progress": False}
    return mt.coverage(12, 5, "normal", reps=8, **options).select_dtypes("number")


def moderated(data):
    """A category of clusters for a and a number of rows for b: coded, centred and multiplied."""
    kinds = pd.Series(pd.factorize(data["id"])[0] % 3).map({0: "p", 1: "q", 2: "r"})
    w = np.sin(np.arange(len(data), dtype=float))
    med = mt.mediate(data.assign(kind=kinds.to_numpy(), w=w), moderators={"a": "kind", "b": "w"})
    return med.conditional().select_dtypes("number")


def power():
    return mt.power(clusters=12, sizes=5, reps=8, interval=("wald", "monte_carlo"), progress=False)["power"]


PARTS = {
    "simulate": lambda data: drawn(),
    "simulate, sizes listed": lambda data: drawn([*range(2, 17)]),
    "fit_mixed": lambda data: mt.fit_mixed("y ~ m + x", data, groups="id", re_formula="~ m").params,
    "fit_stacked": lambda data: mt.fit_stacked(mt.stack(data)).params,
    "mediate": lambda data: mt.mediate(data, decompose=True).fit.params,
    "predictions": lambda data: mt.mediate(data).cluster_effects(),
    "latent means": lambda data: mt.mediate(data, decompose=True).latent.to_frame(),
    "moderation": moderated,
    "sensitivity": lambda data: mt.mediate(data).sensitivity([-0.4, 0.3]).select_dtypes("number"),
    "power": lambda data: power(),
    "cluster bootstrap": lambda data: bootstrap(data, "cluster"),
    "parametric bootstrap": lambda data: bootstrap(data, "parametric"),
    "residual bootstrap": lambda data: bootstrap(data, "residual"),
    "coverage": lambda data: coverage(),
}


@pytest.mark.parametrize("part", PARTS)
def test_same_numbers(part, monkeypatch):
    data = drawn()
    expected = np.asarray(PARTS[part](data))
    see_32_bits(monkeypatch)
    np.testing.assert_array_equal(np.asarray(PARTS[part](data)), expected)
