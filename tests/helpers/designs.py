"""Arrays to fit mixed models to."""

import numpy as np


def random_design(J=30, sizes=(2, 9), q=3, R=2, seed=0):
    """y, X, Z, cluster, residual of a random design with an intercept, unequal clusters, rows in random order."""
    rng = np.random.default_rng(seed)
    cluster = rng.permutation(np.repeat(np.arange(J), rng.integers(*sizes, J)))
    n = len(cluster)
    X = np.column_stack([np.ones(n), rng.normal(size=(n, q))])
    Z = X[:, :q]
    residual = rng.integers(0, R, n) if R > 1 else np.zeros(n, dtype=np.intp)
    L = np.tril(rng.normal(size=(q, q))) * 0.4 + 0.5 * np.eye(q)
    u = rng.normal(size=(J, q)) @ L.T
    e = rng.normal(size=n) * np.array([0.7, 1.1])[residual]
    return X @ np.linspace(1, -1, q + 1) + (Z * u[cluster]).sum(1) + e, X, Z, cluster, residual


def dense_m2ll(y, X, Z, cluster, residual, G, s2, reml):
    """-2 log likelihood from each cluster's whole covariance matrix: another way to the same number."""
    XVX, XVy, yVy, logdet = 0.0, 0.0, 0.0, 0.0
    for j in np.unique(cluster):
        rows = cluster == j
        V = Z[rows] @ G @ Z[rows].T + np.diag(s2[residual[rows]])
        Vi = np.linalg.inv(V)
        XVX = XVX + X[rows].T @ Vi @ X[rows]
        XVy = XVy + X[rows].T @ Vi @ y[rows]
        yVy += y[rows] @ Vi @ y[rows]
        logdet += np.linalg.slogdet(V)[1]
    rss = yVy - XVy @ np.linalg.solve(XVX, XVy)
    m2ll = logdet + rss + (len(y) - X.shape[1] * reml) * np.log(2 * np.pi)
    return m2ll + (np.linalg.slogdet(XVX)[1] if reml else 0.0)


def symmetric(lower):
    """The symmetric matrix whose lower triangle, row by row, this is."""
    q = int(np.sqrt(2 * len(lower)))
    G, (i, j) = np.zeros((q, q)), np.tril_indices(q)
    G[i, j] = G[j, i] = lower
    return G
