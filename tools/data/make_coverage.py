"""Make data/coverage.csv: do the intervals of the indirect effect hold the truth as often as they promise?

    python -m tools.data.make_coverage       an interrupted study goes on where it stopped

The column `scenario` says where the tables come from and what is fitted to them:

* page: the population of Bauer, Preacher & Gil (2006), normal, skewed or heavy-tailed random effects, all slopes random
* slopes left out: slopes of that population vary over clusters (without a covariance of a_j and b_j), none is random
* traits, treatment: no slope varies; m has stable traits, and x is a treatment of every other row
* traits, pairs: stable traits, two rows a cluster, x as in the population of the article

Wald and Monte Carlo intervals of all three kinds of standard errors and the profile likelihood are made of the same
2,000 tables of each of these designs, and bootstrap intervals (percentile and BCa, 299 replicates) of the first 300 of
them in eight designs. So that all intervals can be compared on the same tables, the others are there for those 300,
too: `tables` says which rows these are. The rest of the page's grid has 1,000 tables a design, without a bootstrap.
Results come into files coverage-*.jsonl in data/ (not part of the repository).
"""

from dataclasses import replace
from functools import partial

import joblib
import pandas as pd

import mlmed_teach as mt
from tools.data import DATA

SEED = 2006
REPS, GRID_REPS, BOOTSTRAP_TABLES, REPLICATES = 2000, 1000, 300, 299

FIXED = mt.Population(a=0.3, b=0.3, var_a=0.0, var_b=0.0, var_cprime=0.0, cov_ab=0.0)  # no slope varies

# scenario, population, random slopes, (clusters, size, shape) with 2,000 tables each
SCENARIOS = (
    (
        "page",
        mt.Population(),
        ("a", "b", "cprime"),
        (
            (100, 8, "normal"),
            (25, 8, "normal"),
            (50, 8, "normal"),
            (100, 4, "normal"),
            (30, 15, "normal"),
            (100, 8, "skewed"),
            (25, 8, "skewed"),
            (50, 8, "skewed"),
            (100, 8, "heavy"),
        ),
    ),
    ("slopes left out", mt.Population(cov_ab=0.0), (), ((100, 8, "normal"),)),
    (
        "traits, treatment",
        replace(FIXED, var_d_m=4.0, var_d_y=0.05, var_e_m=0.3, treatment=True),
        (),
        ((100, 8, "normal"),),
    ),
    ("traits, pairs", replace(FIXED, var_d_m=2.0, var_d_y=0.2), (), ((200, 2, "normal"),)),
)

# a bootstrap of these takes minutes, and shows little that the others do not show
NOT_BOOTSTRAPPED = ((100, 4, "normal"), (30, 15, "normal"), (50, 8, "skewed"), (100, 8, "heavy"))

# the rest of the grid that lesson 8 shows, 1,000 tables each
GRID = [
    (clusters, size, shape)
    for clusters in (25, 50, 100, 200)
    for size in (4, 8, 16)
    for shape in ("normal", "skewed")
    if (clusters, size, shape) not in SCENARIOS[0][3]
]


def head(version: str = mt.__version__) -> str:
    """What stands above the table: what it is and how it was made."""
    return (
        "# How often 95% intervals hold the truth: mlmed_teach.coverage (scenarios: see tools/data/make_coverage.py).\n"
        f"# Made by: python -m tools.data.make_coverage (seed {SEED}, mlmed_teach {version}).\n"
    )


def _cell(
    number: int, population: mt.Population, random: tuple[str, ...], design: tuple[int, int, str], reps: int
) -> pd.DataFrame:
    """The intervals of one design: those made of standard errors and the profile, then both bootstraps."""
    clusters, size, shape = design
    study = partial(
        mt.coverage, clusters=clusters, sizes=size, shapes=shape, population=population, random=random, seed=SEED
    )
    name = f"{number}-{clusters}-{size}-{shape}"
    others = partial(
        study,
        intervals=("wald", "monte_carlo", "profile"),
        se=("gls", "joint", "robust"),
        file=DATA / f"coverage-{name}.jsonl",
    )
    found = [others(reps=reps)]
    if reps == REPS and design not in NOT_BOOTSTRAPPED:
        bootstrap = study(
            reps=BOOTSTRAP_TABLES,
            intervals=("bootstrap", "bca"),
            bootstrap_reps=REPLICATES,
            file=DATA / f"coverage-bootstrap-{name}.jsonl",
        )
        found += [others(reps=BOOTSTRAP_TABLES), bootstrap]  # the same tables, which the file of the others holds
    return pd.concat(found, ignore_index=True)


def main() -> None:
    """Run all studies and write the table."""
    tables = []
    with joblib.parallel_config(backend="loky", n_jobs=-1):
        for number, (scenario, population, random, designs) in enumerate(SCENARIOS):
            for design in designs:
                tables.append(_cell(number, population, random, design, REPS).assign(scenario=scenario))
        for design in GRID:
            tables.append(_cell(0, *SCENARIOS[0][1:3], design, GRID_REPS).assign(scenario="page"))
    table = pd.concat(tables, ignore_index=True)
    table.insert(0, "scenario", table.pop("scenario"))
    table = table.sort_values(["scenario", "shape", "clusters", "size"], kind="stable")
    text = head() + table.to_csv(index=False, float_format="%.6g", lineterminator="\n")
    (DATA / "coverage.csv").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
