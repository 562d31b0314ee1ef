"""How much memory does `mediate` need, and how long does it take, with very many clusters?

Run:  python benchmarks/memory.py               100,000 clusters of 8, about a minute and a half
      python benchmarks/memory.py --clusters N

Each variant is fitted in a process of its own, whose greatest resident set counts: that of the whole program, with the
packages and the table itself, which are what "before mediate" has. Of two runs of this script the seconds differ by
what else the machine does; gigabytes differ by a few hundredths.
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
    return size / (1e9 if sys.platform == "darwin" else 1e6)


def fit(variant: str, clusters: int) -> None:
    """Fit one variant in this process, and print what it took."""
    data = table(clusters)
    before, start = peak(), time.perf_counter()
    med = mt.mediate(data, **VARIANTS[variant])
    seconds = time.perf_counter() - start
    print(f"{variant:<24}{before:>18.2f}{peak():>10.2f}{seconds:>9.1f}{med.fit.optimum.iterations:>8}{med.indirect.estimate:>12.6f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clusters", type=int, default=100_000, help="of 8 rows each; 100,000 by default")
    parser.add_argument("--variant", choices=VARIANTS, help="this one only, in this process")
    arguments = parser.parse_args()
    if arguments.variant:
        fit(arguments.variant, arguments.clusters)
    else:
        print(f"{f'{arguments.clusters:,} clusters of 8':<24}{'before mediate GB':>18}{'peak GB':>10}{'seconds':>9}{'steps':>8}{'indirect':>12}")
        for name in VARIANTS:
            options = ["--clusters", str(arguments.clusters), "--variant", name]
            subprocess.run([sys.executable, __file__, *options], check=True)
