"""How fast is the engine? Side by side with statsmodels (same process) and lme4 (its own process, if R is there).

Run:  python benchmarks/engine.py            the stacked model of the lessons, about half a minute
      python benchmarks/engine.py --large    also 1,000 to 100,000 clusters, about a minute more

Every time is the median of several runs, after one run that is not counted; what counts are the ratios of one run of
this script. "All standard errors" means those of the fixed effects and of every variance and covariance.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.formula.api as smf

import mlmed_teach as mt
from mlmed_teach import engine

TERMS = "sm + smx + sy + sym + syx"

LME4 = f"""
suppressMessages(library(lme4))
long <- read.csv("long.csv")
fit <- function() lmer(z ~ 0 + {TERMS} + (0 + {TERMS} | id) + (0 + sm | fid), long, REML = TRUE,
  control = lmerControl(check.nobs.vs.nlev = "ignore", check.nobs.vs.nRE = "ignore", check.conv.singular = "ignore"))
fit()
cat(sprintf("%.6f %.6f", median(replicate(5, system.time(fit())[["elapsed"]])), logLik(fit())))
"""


def median_time(call: Callable[[], object], runs: int) -> float:
    """Median seconds of `runs` calls after one that is not counted."""
    call()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def time_lme4(long: pd.DataFrame) -> tuple[float, float] | None:
    """Seconds and log likelihood of lme4's fit, or None without R and lme4."""
    if shutil.which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        long.to_csv(Path(folder) / "long.csv", index=False)
        run = subprocess.run(["Rscript", "-e", LME4], cwd=folder, capture_output=True, text=True, check=False)
    return tuple(map(float, run.stdout.split()[-2:])) if run.returncode == 0 else None


def lessons_model() -> None:
    """The stacked model of the lessons: 100 clusters of 8, 1,600 stacked rows."""
    long = mt.stack(mt.load_ml_sim())

    def ours() -> mt.result.MixedResult:
        fit = mt.fit_stacked(long)
        _ = fit.bse, fit.re_params
        return fit

    def theirs() -> object:
        components = {"fid": "0 + C(fid):sm"}
        return smf.mixedlm(
            f"z ~ 0 + {TERMS}", long, groups="id", re_formula=f"~ 0 + {TERMS}", vc_formula=components
        ).fit()

    seconds = median_time(ours, 30)
    rows = [("mlmed_teach, with all standard errors", seconds, ours().llf)]
    rows.append(("statsmodels MixedLM", median_time(theirs, 3), theirs().llf))
    lme4 = time_lme4(long)
    if lme4:
        rows.append(("lme4 lmer (no standard errors of variances)", *lme4))
    print(f"{'stacked model, 1,600 rows':<46}{'ms':>10}{'times ours':>12}{'log likelihood':>18}")
    for name, value, llf in rows:
        print(f"{name:<46}{1e3 * value:>10.1f}{value / seconds:>12.1f}{llf:>18.6f}")
    if not lme4:
        print("(lme4 not timed: Rscript with lme4 is not installed)")

    X = long[TERMS.split(" + ")].to_numpy(dtype=float)
    cluster, sm = pd.factorize(long["id"])[0], long["sm"].to_numpy()
    cp = engine.cross_products(long["z"].to_numpy(), X, X, cluster, sm, 2)
    G, s2 = 0.2 * np.eye(5), np.array([0.5, 0.6])
    gradient = median_time(lambda: engine.evaluate(cp, G, s2, True, hessian=False), 200)
    hessian = median_time(lambda: engine.evaluate(cp, G, s2, True), 200)
    batch = 200
    weights = np.random.default_rng(1).multinomial(100, np.full(100, 0.01), batch).astype(float)
    many_G, many_s2 = np.broadcast_to(G, (batch, 5, 5)), np.broadcast_to(s2, (batch, 2))
    each = median_time(lambda: engine.evaluate(cp, many_G, many_s2, True, weights, hessian=False), 5) / batch
    print(f"one likelihood with gradient {1e3 * gradient:.2f} ms, with Hessian too {1e3 * hessian:.2f} ms; ")
    print(f"in a batch of {batch} bootstrap weights, gradient: {1e3 * each:.2f} ms each")


def stacked_arrays(clusters: int, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """z, design, cluster and outcome codes of a table drawn from the paper's population."""
    long = mt.stack(mt.simulate(clusters=clusters, size=size, seed=1))
    X = long[TERMS.split(" + ")].to_numpy(dtype=float)
    return long["z"].to_numpy(), X, long["id"].to_numpy(), long["sm"].to_numpy()


def large() -> None:
    """How time grows with clusters, and with rows a cluster."""
    heads = f"{'stacked rows':>14}{'first pass s':>14}{'whole fit s':>13}{'steps':>7}{'peak GB':>9}"
    print(f"\n{'clusters x rows':<22}{heads}")
    for clusters, size in [(1_000, 8), (10_000, 8), (100_000, 8), (1_000, 80), (1_000, 800)]:
        z, X, cluster, sm = stacked_arrays(clusters, size)
        start = time.perf_counter()
        engine.cross_products(z, X, X, cluster, sm, 2)
        middle = time.perf_counter()
        fit = engine.maximize(z, X, X, cluster, sm)
        end = time.perf_counter()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        label = f"{clusters:,} x {size}"
        print(f"{label:<22}{len(z):>14,}{middle - start:>14.2f}{end - middle:>13.2f}{fit.iterations:>7}{peak:>9.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--large", action="store_true", help="also large tables")
    arguments = parser.parse_args()
    lessons_model()
    if arguments.large:
        large()
