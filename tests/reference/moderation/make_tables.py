"""Tables whose paths depend on w (a number of the cluster), v (one of the row) and g (three kinds of clusters).

Run in this folder: python3 make_tables.py && Rscript reference.R
"""

import numpy as np
import pandas as pd

KINDS = np.array(["high", "low", "mid"])


def table(seed, sizes):
    rng = np.random.default_rng(seed)
    clusters = len(sizes)
    kind = np.arange(clusters) % 3
    w = rng.normal(5, 2, clusters) + kind
    G = np.diag([0.6, 0.3, 0.4, 0.25, 0.15])  # d_m, a, d_y, b, c'
    G[1, 3] = G[3, 1] = 0.1
    u = rng.multivariate_normal(np.zeros(5), G, clusters)
    of = np.repeat(np.arange(clusters), sizes)
    n = len(of)
    x = rng.normal(size=n) + rng.normal(0, 0.7, clusters)[of]
    v = rng.normal(size=n) + 1
    a = (0.5 + 0.1 * (w - 5) + 0.2 * (kind == 1) + u[:, 1])[of]
    b = (0.6 - 0.1 * (w - 5) - 0.2 * (kind == 2) + u[:, 3])[of]
    m = u[of, 0] + 0.2 * w[of] + a * x + 0.1 * v + rng.normal(0, 0.8, n)
    y = u[of, 2] - 0.1 * w[of] + b * m + (0.2 + u[of, 4] + 0.15 * v) * x + rng.normal(0, 0.7, n)
    found = pd.DataFrame({"id": of + 1, "x": x, "m": m, "y": y, "w": w[of], "v": v}).round(4)
    return found.assign(g=KINDS[kind][of])


if __name__ == "__main__":
    table(1, [8] * 60).to_csv("equal.csv", index=False)
    table(2, np.random.default_rng(3).integers(4, 15, 60)).to_csv("unequal.csv", index=False)
    table(4, [6] * 60).to_csv("small.csv", index=False)
