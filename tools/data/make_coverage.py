"""Make data/coverage.csv: do the intervals of the indirect effect hold the truth as often as they promise?

    python -m tools.data.make_coverage       about an hour on two cores; an interrupted study goes on where it stopped

Two studies of the population of Bauer, Preacher & Gil (2006), normal and skewed random effects:

* all sizes (25 to 200 clusters of 4 to 16 rows): Wald, Monte Carlo and profile likelihood, 1,000 tables a cell
* 25 clusters of 4 and 100 of 8: the cluster bootstrap as well, 300 tables a cell with 299 replicates each

Results come into coverage-main.jsonl and coverage-bootstrap.jsonl in data/ (not part of the repository).
"""

import joblib
import pandas as pd

import mlmed_teach as mt
from tools.data import DATA

SEED = 2006
SHAPES = ("normal", "skewed")


def head(version: str = mt.__version__) -> str:
    """What stands above the table: what it is and how it was made."""
    return (
        "# How often 95% intervals hold the truth: mlmed_teach.coverage, population of Bauer, Preacher & Gil (2006).\n"
        f"# Made by: python -m tools.data.make_coverage (seed {SEED}, mlmed_teach {version}).\n"
    )


def main() -> None:
    """Run both studies and write the table."""
    with joblib.parallel_config(backend="loky", n_jobs=-1):
        every = mt.coverage(
            clusters=(25, 50, 100, 200),
            sizes=(4, 8, 16),
            shapes=SHAPES,
            reps=1000,
            intervals=("wald", "monte_carlo", "profile"),
            seed=SEED,
            file=DATA / "coverage-main.jsonl",
        )
        bootstrap = [
            mt.coverage(
                clusters=clusters,
                sizes=size,
                shapes=SHAPES,
                reps=300,
                intervals="bootstrap",
                bootstrap_reps=299,
                seed=SEED,
                file=DATA / "coverage-bootstrap.jsonl",
            )
            for clusters, size in ((25, 4), (100, 8))
        ]
    table = pd.concat([every, *bootstrap], ignore_index=True)
    text = head() + table.to_csv(index=False, float_format="%.6g", lineterminator="\n")
    (DATA / "coverage.csv").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
