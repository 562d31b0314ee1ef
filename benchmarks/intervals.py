"""How fast are the intervals? 1,000 cluster-bootstrap refits side by side with nlme and statsmodels; memory; coverage.

Run:  python benchmarks/intervals.py        about a minute; nlme is timed where Rscript with nlme is installed

The stacked model of the lessons, 100 clusters of 8, all paths random. Every replicate of the other programs is a table
of clusters drawn with replacement, as in a bootstrap; what counts are the ratios of one run of this script.
"""

from __future__ import annotations

import resource
import shutil
import statistics
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.formula.api as smf

import mlmed_teach as mt

TERMS = "sm + smx + sy + sym + syx"
REPLICATES = 5  # of the other programs

NLME = f"""
suppressMessages(library(nlme))
times <- sapply(1:{REPLICATES}, function(k) {{
  long <- read.csv(paste0("long", k, ".csv"))
  system.time(try(lme(z ~ 0 + {TERMS}, random = ~ 0 + {TERMS} | id, weights = varIdent(form = ~ 1 | sm), data = long,
    control = lmeControl(opt = "optim", msMaxIter = 200, returnObject = TRUE)), silent = TRUE))[["elapsed"]]
}})
cat(median(times))
"""


def resampled(df: pd.DataFrame, seed: int) -> pd.DataFrame:
    """A stacked table of clusters drawn with replacement, each copy a cluster of its own."""
    rng = np.random.default_rng(seed)
    by = [rows for _, rows in df.groupby("id")]
    drawn = rng.integers(0, len(by), len(by))
    return mt.stack(pd.concat([by[j].assign(id=copy) for copy, j in enumerate(drawn)], ignore_index=True))


def timed(call: Callable[[], object]) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def nlme(tables: list[pd.DataFrame]) -> float | None:
    """Median seconds of a refit by nlme, or None without it."""
    if shutil.which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        for k, long in enumerate(tables, 1):
            long.to_csv(Path(folder) / f"long{k}.csv", index=False)
        run = subprocess.run(["Rscript", "-e", NLME], cwd=folder, capture_output=True, text=True, check=False)
    return float(run.stdout.split()[-1]) if run.returncode == 0 else None


def statsmodels(long: pd.DataFrame) -> object:
    """One refit by statsmodels."""
    components = {"fid": "0 + C(fid):sm"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on convergence; this is a benchmark
        model = smf.mixedlm(f"z ~ 0 + {TERMS}", long, groups="id", re_formula=f"~ 0 + {TERMS}", vc_formula=components)
        return model.fit()


def main() -> None:
    """Print the table."""
    df = mt.load_ml_sim()
    med = mt.mediate(df)
    med.bootstrap(reps=64, seed=0)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    runs = [timed(lambda: med.bootstrap(reps=1000, seed=1, n_jobs=2)) for _ in range(3)]
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    seconds = statistics.median(runs)
    one = timed(lambda: med.bootstrap(reps=1000, seed=1, n_jobs=1))
    print(f"1,000 cluster-bootstrap refits: two threads {seconds:.2f} s (of 3 runs), one thread {one:.2f} s")
    print(f"memory: {after:.0f} MB at most for the whole process, {after - before:.0f} MB of it by the bootstrap")
    for kind in ("parametric", "residual"):
        print(f"1,000 {kind} refits: {timed(lambda kind=kind: med.bootstrap(1000, kind, seed=1, n_jobs=2)):.2f} s")
    print(f"profile intervals of three effects: {timed(med.profile):.2f} s")
    print(f"Monte Carlo, 100,000 draws: {timed(lambda: med.monte_carlo(seed=1)):.2f} s")
    study = {"clusters": (25, 100), "sizes": 8, "reps": 200, "progress": False, "n_jobs": 2}
    print(f"live coverage study, 2 x 2 cells of 200 tables: {timed(lambda: mt.coverage(**study)):.2f} s")

    tables = [resampled(df, seed) for seed in range(REPLICATES)]
    each = seconds / 1000
    rows = [("mlmed_teach, two threads", each), ("mlmed_teach, one thread", one / 1000)]
    if (found := nlme(tables)) is not None:
        rows.append(("nlme, lme with varIdent", found))
    rows.append(("statsmodels MixedLM", statistics.median(timed(lambda t=t: statsmodels(t)) for t in tables)))
    print(f"\n{'a refit by':<30}{'ms':>10}{'times ours':>12}")
    for name, value in rows:
        print(f"{name:<30}{1e3 * value:>10.2f}{value / each:>12.0f}")


if __name__ == "__main__":
    main()
