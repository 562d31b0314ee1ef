"""Write the tables that reference.R fits: seeded simulations of our own, with unequal clusters and shuffled rows."""

from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
COVARIANCE = {  # of d_M, a, d_Y, b, c' over clusters
    "unbalanced": np.array(
        [
            [0.6, 0.0, 0.0, 0.0, 0.0],
            [0.0, 0.25, 0.0, 0.1, 0.0],
            [0.0, 0.0, 0.4, 0.0, 0.0],
            [0.0, 0.1, 0.0, 0.25, 0.0],
            [0.0, 0.0, 0.0, 0.0, 0.2],
        ]
    ),
    "boundary": np.diag([0.5, 0.0, 0.3, 0.0, 0.0]),
}


def table(name: str, sizes: np.ndarray, seed: int) -> pd.DataFrame:
    """A 1-1-1 table with random paths; the mediator's residual variance is the larger one."""
    rng = np.random.default_rng(seed)
    J, n = len(sizes), int(sizes.sum())
    cluster = np.repeat(np.arange(J), sizes)
    u = rng.multivariate_normal(np.zeros(5), COVARIANCE[name], J, method="eigh")[cluster]
    x = rng.normal(0.5, 0.8, J)[cluster] + rng.normal(size=n)
    m = 0.2 + u[:, 0] + (0.6 + u[:, 1]) * x + rng.normal(scale=0.9, size=n)
    y = -0.1 + u[:, 2] + (0.5 + u[:, 3]) * m + (0.2 + u[:, 4]) * x + rng.normal(scale=0.6, size=n)
    frame = pd.DataFrame({"id": [f"c{k:02d}" for k in cluster], "x": x, "m": m, "y": y})
    return frame.iloc[rng.permutation(n)].round(6)


def two_maxima() -> pd.DataFrame:
    """Five small clusters for which the likelihood of y ~ x + m with a random slope of x has two maxima."""
    rng = np.random.default_rng(34)
    J = int(rng.choice([5, 8, 15, 30]))
    sizes = rng.integers(2, 9, J)
    sizes[0] = 8
    cluster = np.repeat(np.arange(J), sizes)
    n = len(cluster)
    x = rng.normal(size=n) + rng.normal(size=J)[cluster]
    m = rng.normal(size=n)
    u = (rng.normal(size=(J, 3)) * rng.choice([0, 0.3, 1], 3))[cluster]
    y = 0.3 * x + u[:, 0] + u[:, 1] * x + u[:, 2] * m + rng.normal(size=n)
    return pd.DataFrame({"id": [f"c{k:02d}" for k in cluster], "x": x, "m": m, "y": y}).round(6)


if __name__ == "__main__":
    two_maxima().to_csv(HERE / "two_maxima.csv", index=False, lineterminator="\n")
    rng = np.random.default_rng(11)
    table("unbalanced", rng.integers(3, 14, 60), 12).to_csv(HERE / "unbalanced.csv", index=False, lineterminator="\n")
    table("boundary", np.full(14, 5), 15).to_csv(HERE / "boundary.csv", index=False, lineterminator="\n")
