"""Make data/power.csv and data/pilots.csv, the studies of lesson 12.

    python -m tools.data.make_power       an interrupted study goes on where it stopped

Both are about the population that the lesson plans for (`PLAN`):

* power.csv: how often Wald and Monte Carlo intervals of all three kinds of standard errors exclude 0 (``power``), and
  how often they hold the truth (``coverage``), in 2,000 tables of each design, the same tables for all of them. The
  rows "no effect" are of the same population but with b = 0 and without a covariance of a_j and b_j: there the
  indirect effect is 0, and its ``power`` is a rate of false alarms.
* pilots.csv: 1,000 pilot studies of 20 clusters of 8. What each finds (indirect effect, standard error, 95% interval,
  as ``mt.mediate`` gives them), and what a planner takes from it (``expected se``): the expected standard error of the
  indirect effect in the population that it points to (``mt.Population.from_result``), times the root of the number of
  clusters, as if there were one cluster.

Fits come into files power-*.jsonl in data/ (not part of the repository).
"""

import warnings
from dataclasses import replace
from typing import Any

import joblib
import numpy as np
import pandas as pd

import mlmed_teach as mt
from tools.data import DATA

SEED, REPS, PILOTS = 12, 2000, 1000
CLUSTERS, SIZES = (20, 40, 80, 160), (4, 8, 16)

PLAN = mt.Population(
    a=0.3,
    b=0.3,
    cprime=0.05,
    var_a=0.09,
    var_b=0.09,
    var_cprime=0.04,
    cov_ab=0.03,
    var_x_within=1.0,
    var_e_m=1.0,
    var_e_y=1.0,
)
NO_EFFECT = replace(PLAN, b=0.0, cov_ab=0.0)


def head(what: str, version: str = mt.__version__) -> str:
    """What stands above a table: what it is and how it was made."""
    made_by = f"python -m tools.data.make_power (seed {SEED}, mlmed_teach {version})"
    return f"# {what} (see tools/data/make_power.py).\n# Made by: {made_by}.\n"


HEADS = {
    "power.csv": "How often 95% intervals exclude 0 and hold the truth: mlmed_teach.power and mlmed_teach.coverage",
    "pilots.csv": "What 1,000 pilot studies of 20 clusters of 8 find and promise",
}


def study(name: str, population: mt.Population) -> pd.DataFrame:
    """Power and coverage of each design, effect and interval, of the same tables."""
    options: dict[str, Any] = {"clusters": CLUSTERS, "sizes": SIZES, "reps": REPS, "seed": SEED}
    options |= {"population": population, "se": ("joint", "gls", "robust")}
    options |= {"file": DATA / f"power-{name.replace(' ', '-')}.jsonl"}
    intervals = ["wald", "monte_carlo"]
    keys = ["clusters", "size", "effect", "interval", "se"]
    coverage = mt.coverage(**options, shapes=population.shape, intervals=intervals).set_index(keys)
    if population.indirect:
        power = mt.power(**options, interval=intervals).set_index(keys)["power"]
    else:
        coverage = coverage.query("effect == 'indirect'")
        power = 1 - coverage["coverage"]  # an interval that misses a truth of 0 excludes it
    found = coverage[["truth", "tables", "coverage"]].join(power.rename("power"))
    found["mc se"] = np.sqrt(found["power"] * (1 - found["power"]) / found["tables"])
    found.insert(0, "population", name)
    return found.reset_index().sort_values(["size", "clusters"], kind="stable")


def pilot(seed: int) -> dict[str, float]:
    """What one pilot finds, and what it says of the standard error of a study."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mt.BoundaryWarning)
        med = mt.mediate(mt.simulate(PLAN, clusters=20, size=8, seed=seed))
    expected = mt.expected_power(mt.Population.from_result(med), clusters=100).set_index("effect")["se"]
    low, high = med.indirect.ci
    found = {"pilot": seed, "estimate": med.indirect.estimate, "se": med.indirect.se, "ci low": low, "ci high": high}
    return found | {"expected se": 10 * expected["indirect"]}


def write(name: str, table: pd.DataFrame) -> None:
    """A file of data/, with its head."""
    text = head(HEADS[name]) + table.to_csv(index=False, float_format="%.6g", lineterminator="\n")
    (DATA / name).write_text(text, encoding="utf-8", newline="\n")


def main() -> None:
    """Run all studies and write the tables."""
    with joblib.parallel_config(backend="loky", n_jobs=-1):
        studies = [study("plan", PLAN), study("no effect", NO_EFFECT)]
        columns = ["population", "clusters", "size", "effect", "interval", "se", "truth", "tables", "power", "mc se"]
        write("power.csv", pd.concat(studies, ignore_index=True)[[*columns, "coverage"]])
        pilots = joblib.Parallel()(joblib.delayed(pilot)(seed) for seed in range(1, PILOTS + 1))
    write("pilots.csv", pd.DataFrame(pilots))


if __name__ == "__main__":
    main()
