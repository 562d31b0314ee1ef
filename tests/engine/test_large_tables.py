"""Tables of many rows: their blocks of rows say what the rows say, and a fit holds no copies of them."""

import tracemalloc

import numpy as np
import pytest
from helpers.designs import random_design

from mlmed_teach import engine
from mlmed_teach.engine import cluster_sums, linalg

RTOL = 1e-11  # rounding of sums over some thousand rows
UNITS = "Tx", "Tz", "offset", "scale"


@pytest.fixture
def rows():
    """50,000 rows of four columns: 24 blocks, whose triangles are one block."""
    rng = np.random.default_rng(12)
    X = rng.normal(size=(50_000, 4))
    X[:, 0], X[:, 1] = 1.0, 1e4 + X[:, 1]
    return X


@pytest.fixture
def in_one_block(monkeypatch):
    """Have the numbers that are factored at a time exceed any table."""
    return lambda: monkeypatch.setattr(linalg, "IN_CACHE", 10**9)


def peak(call):
    """Bytes that a call holds at most, beside what there was before."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("n", "k"), [(1, 1), (3, 5), (1_600, 5), (50_001, 4), (9_999, 200), (300, 250)])
def test_blocks_are_all_rows_in_order_and_far_longer_than_wide(n, k):
    blocks = linalg.row_blocks(n, k)
    assert np.array_equal(np.concatenate([np.arange(n)[rows] for rows in blocks]), np.arange(n))
    assert len(blocks) == 1 or min(rows.stop - rows.start for rows in blocks) >= 4 * k


@pytest.mark.parametrize("size", [40, linalg.IN_CACHE])  # blocks of triangles of blocks, too; or these only
def test_factors_of_blocks_are_those_of_the_table(rows, monkeypatch, size):
    monkeypatch.setattr(linalg, "IN_CACHE", size)
    Q, R = linalg.orthogonalized(rows)
    assert len(linalg.row_blocks(*rows.shape)) > 20 and not np.tril(R, -1).any()
    np.testing.assert_allclose(Q @ R, rows, rtol=RTOL, atol=RTOL)
    np.testing.assert_allclose(Q.T @ Q, np.eye(4), atol=RTOL)
    np.testing.assert_allclose(np.abs(linalg.triangle(rows)), np.abs(R), rtol=1e-9)  # up to signs


def test_least_squares_in_blocks_finds_the_coefficients_that_made_the_response(rows):
    rng = np.random.default_rng(1)
    noise = rng.normal(size=len(rows))
    noise -= rows @ np.linalg.lstsq(rows, noise)[0]
    beta = np.array([3.0, -1.0, 0.5, 2.0])
    found, remainder, R = linalg.least_squares(rows @ beta + noise, rows)
    np.testing.assert_allclose(found, beta, rtol=1e-8)
    np.testing.assert_allclose(remainder, noise, atol=1e-8)  # of a mean of 10,000
    np.testing.assert_allclose(R.T @ R, rows.T @ rows, rtol=RTOL, atol=1e-6)


@pytest.mark.parametrize("keep_zeros", [False, True])
@pytest.mark.parametrize("same", [False, True])
@pytest.mark.parametrize("sorted_rows", [False, True])
def test_units_are_the_same_in_blocks_and_at_once(in_one_block, keep_zeros, same, sorted_rows):
    y, X, Z, _, residual = random_design(J=3_000, R=2)
    if sorted_rows:  # blocks with rows of one group only
        order = np.argsort(residual, kind="stable")
        y, X, Z, residual = y[order], X[order], Z[order], residual[order]
    arguments = 100 * y + 1e4 * residual, X, X if same else Z, residual, keep_zeros
    assert len(linalg.row_blocks(len(y), X.shape[1] + 1)) > 2
    blocks = engine.standardize(*arguments)
    in_one_block()
    whole = engine.standardize(*arguments)
    for name in UNITS:
        np.testing.assert_allclose(np.abs(getattr(blocks, name)), np.abs(getattr(whole, name)), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("tables", [(), (3,)])
def test_cross_products_in_small_steps_are_those_of_each_cluster(monkeypatch, tables):
    monkeypatch.setattr(cluster_sums, "AT_ONCE", 200)
    *one, cluster, residual = random_design()
    factor = np.arange(1.0, 1.0 + np.prod(tables, dtype=int)).reshape(tables)  # of each table
    y, X, Z = factor[..., None] * one[0], factor[..., None, None] * one[1], factor[..., None, None] * one[2]
    cp = engine.cross_products(y, X, Z, cluster, residual, 2)
    W = np.column_stack([one[1], one[0]])
    for r, j in np.ndindex(2, cluster.max() + 1):
        rows = (residual == r) & (cluster == j)
        for found, left, right in ((cp.zz, one[2], one[2]), (cp.zw, one[2], W), (cp.ww, W, W)):
            expected = factor[..., None, None] ** 2 * (left[rows].T @ right[rows])
            np.testing.assert_allclose(found[r, ..., j, :, :], expected, rtol=RTOL, atol=RTOL)
        assert (cp.n[r, ..., j] == rows.sum()).all()


def test_cross_products_need_little_memory_beside_themselves():
    y, X, Z, cluster, residual = random_design(J=5_000)
    held = []
    most = peak(lambda: held.append(engine.cross_products(y, X, Z, cluster, residual, 2)))
    (cp,) = held
    steps = 8 * 4 * cluster_sums.AT_ONCE  # rows, their parts before they are joined, products
    assert most < cp.zz.nbytes + cp.zw.nbytes + cp.ww.nbytes + 5 * y.nbytes + steps


def test_units_are_found_without_a_copy_of_the_table_and_least_squares_with_one(rows):
    y, residual = rows @ np.arange(4.0) + np.sin(np.arange(len(rows))), np.arange(len(rows)) % 2
    assert peak(lambda: engine.standardize(y, rows, rows[:, :2], residual, False)) < 0.5 * rows.nbytes
    assert peak(lambda: linalg.least_squares(y, rows)) < 2 * rows.nbytes
    assert peak(lambda: linalg.dependent_column(rows)) < 0.5 * rows.nbytes
