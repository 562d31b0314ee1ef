"""How often do intervals of conditional effects hold the truth?

Run:  python benchmarks/moderation.py                          30, 60 and 120 clusters of 8, 1,000 tables each
      python benchmarks/moderation.py --clusters 60 --tables N

Both a and b depend on w, which describes clusters; c' depends on v, which varies within them; all slopes are random
and cov(a_j, b_j | w) = .1. Coverage of 95% intervals, in %, has a Monte Carlo error of .7 with 1,000 tables.
"""

from __future__ import annotations

import argparse
import warnings

import numpy as np
import pandas as pd

import mlmed_teach as mt

VALUES = (-1.5, 0.0, 1.0)
ENDS = (-1.0, 1.0)


def table(clusters: int, size: int, seed: int) -> pd.DataFrame:
    """a = .5 + .3 w, b = .6 - .2 w, c' = .2 + .3 v; w moves m and y, too."""
    rng = np.random.default_rng(seed)
    G = np.diag([0.5, 0.16, 0.4, 0.16, 0.04])
    G[1, 3] = G[3, 1] = 0.1
    d_m, u_a, d_y, u_b, u_c = np.repeat(rng.multivariate_normal(np.zeros(5), G, clusters), size, 0).T
    w = np.repeat(rng.normal(size=clusters), size)
    x, v, e_m, e_y = rng.normal(size=(4, clusters * size))
    m = d_m + 0.4 * w + (0.5 + 0.3 * w + u_a) * x + 0.8 * e_m
    y = d_y - 0.5 * w + 0.3 * v + (0.6 - 0.2 * w + u_b) * m + (0.2 + 0.3 * v + u_c) * x + 0.7 * e_y
    return pd.DataFrame({"id": np.repeat(np.arange(clusters), size), "x": x, "m": m, "y": y, "w": w, "v": v})


def indirect(w: float) -> float:
    """The true conditional indirect effect."""
    return (0.5 + 0.3 * w) * (0.6 - 0.2 * w) + 0.1


def holds(row: pd.Series, value: float) -> bool:
    """Whether an interval holds a value."""
    return bool(row["ci low"] <= value <= row["ci high"])


def coverage(clusters: int, tables: int) -> pd.DataFrame:
    """Share of intervals that hold the truth, by kind of interval, and the share of fits on the boundary."""
    held: dict[str, list[dict[str, bool]]] = {"Wald": [], "Monte Carlo": []}
    boundary = 0
    for seed in range(tables):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", mt.BoundaryWarning)
            med = mt.mediate(table(clusters, 8, 10_000 + seed), moderators={"a": "w", "b": "w", "cprime": "v"})
        boundary += med.fit.singular
        draws = med.monte_carlo(draws=4000, seed=seed)
        for kind, intervals in (("Wald", None), ("Monte Carlo", draws)):
            at = med.conditional({"w": list(VALUES), "v": 0}, intervals=intervals)
            change = med.contrast({"w": ENDS[0]}, {"w": ENDS[1]}, intervals=intervals)
            found = {f"indirect at {w:g}": holds(at.loc[(w, 0, "indirect")], indirect(w)) for w in VALUES}
            found |= {f"total at {w:g}": holds(at.loc[(w, 0, "total")], indirect(w) + 0.2) for w in VALUES}
            truth = indirect(ENDS[1]) - indirect(ENDS[0])
            found["indirect, 1 minus -1"] = holds(change.loc["indirect"], truth)
            held[kind].append(found)
    print(f"\n{clusters} clusters of 8, {tables:,} tables, {boundary / tables:.0%} on the boundary")
    return pd.DataFrame({kind: 100 * pd.DataFrame(rows).mean() for kind, rows in held.items()}).round(1)


def main() -> None:
    """Print a table for each number of clusters."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clusters", type=int, nargs="+", default=[30, 60, 120])
    parser.add_argument("--tables", type=int, default=1000)
    options = parser.parse_args()
    for clusters in options.clusters:
        print(coverage(clusters, options.tables).to_string())


if __name__ == "__main__":
    main()
