"""How much memory does `mediate` need, and how long does it take, with very many clusters?

Run:  python benchmarks/memory.py               100,000 clusters of 8, about a minute and a half
      python benchmarks/memory.py --clusters N

Each variant is fitted in a process of its own. What counts is the greatest resident set of that process, of which
"GB before" are the packages and the table itself. Gigabytes are the same from run to run but for a few hundredths;
seconds depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time

import numpy as np
import pandas as pd

import mlmed_teach as mt

COVARIATES = ["age", "school type"]

VARIANTS: dict[str, dict] = {
    "plain": {},
    "covariates": {"covariates": COVARIATES},
    "decompose": {"decompose": True},
    "decompose, covariates": {"decompose": True, "covariates": COVARIATES},
}


def table(clusters: int) -> pd.DataFrame:
    """Rows of the paper's population, with a number and a text of three values that have no effect."""
    data, rng = mt.simulate(clusters=clusters, size=8, seed=1), np.random.default_rng(1)
    age, school = rng.normal(40, 10, len(data)), rng.choice(["first", "second", "third"], len(data))
    return data.assign(**dict(zip(COVARIATES, (age, school), strict=True)))


def peak() -> float:
    """Greatest resident set of this process so far, in GB."""
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size * (1 if sys.platform == "darwin" else 1024) / 1e9


def line(name: str, *values: object) -> str:
    """One row of the table."""
    return f"{name:<24}" + "".join(f"{value:>12}" for value in values)


def fit(variant: str, clusters: int) -> None:
    """Fit one variant in this process, and print what it took."""
    data = table(clusters)
    before, start = peak(), time.perf_counter()
    med = mt.mediate(data, **VARIANTS[variant])
    seconds = time.perf_counter() - start
    figures = f"{before:.2f}", f"{peak():.2f}", f"{seconds:.1f}", med.fit.optimum.iterations
    print(line(variant, *figures, f"{med.indirect.estimate:.6f}"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clusters", type=int, default=100_000, help="of 8 rows each; 100,000 by default")
    parser.add_argument("--variant", choices=VARIANTS, help="this one only, in this process")
    arguments = parser.parse_args()
    if arguments.variant:
        fit(arguments.variant, arguments.clusters)
    else:
        print(line(f"{arguments.clusters:,} clusters of 8", "GB before", "peak GB", "seconds", "steps", "indirect"))
        for name in VARIANTS:
            options = ["--clusters", str(arguments.clusters), "--variant", name]
            subprocess.run([sys.executable, __file__, *options], check=True)
