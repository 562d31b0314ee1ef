"""Products and sums over the clusters' axis of stacks (..., J, k, m), as few large matrix products.

The axes in front of J are a batch; weights, shape (..., J), say how many times each cluster counts (None: once).
"""

from __future__ import annotations

import numpy as np

from ..typing import Array
from .linalg import transposed


def times(stack: Array, matrix: Array) -> Array:
    """a_j M for a stack (..., J, k, m) and one M (..., m, l) for all clusters."""
    flat = stack.reshape(*stack.shape[:-3], -1, stack.shape[-1]) @ matrix
    return flat.reshape(*flat.shape[:-2], *stack.shape[-3:-1], matrix.shape[-1])


def inner(a: Array, b: Array) -> Array:
    """sum_j a_j' b_j for stacks (..., J, k, m) and (..., J, k, l): shape (..., m, l)."""
    a = a.reshape(*a.shape[:-3], -1, a.shape[-1])
    b = b.reshape(*b.shape[:-3], -1, b.shape[-1])
    return transposed(a) @ b


def outer(a: Array, b: Array) -> Array:
    """sum_j a_j (x) b_j for stacks (..., J, i, k) and (..., J, l, m): shape (..., i, k, l, m)."""
    flat = transposed(a.reshape(*a.shape[:-2], -1)) @ b.reshape(*b.shape[:-2], -1)
    return flat.reshape(*flat.shape[:-2], *a.shape[-2:], *b.shape[-2:])


def traces(a: Array, b: Array) -> Array:
    """tr(a_j' b_j) for a stack (..., J, k, m) and another, or one matrix (..., 1, k, m) for all clusters: (..., J)."""
    return np.asarray(np.einsum("...km,...km->...", a, b))


def weighted(stack: Array, weights: Array | None) -> Array:
    """weights_j a_j."""
    if weights is None:
        return stack
    flat = stack.reshape(*stack.shape[:-2], -1) * weights[..., None]  # long inner loops
    return flat.reshape(*flat.shape[:-1], *stack.shape[-2:])


def total(stack: Array, weights: Array | None) -> Array:
    """sum_j weights_j a_j: shape (..., k, m)."""
    if weights is None:
        return stack.sum(-3)
    flat = stack.reshape(*stack.shape[:-2], -1)
    flat = weights @ flat if flat.ndim == 2 else (weights[..., None, :] @ flat)[..., 0, :]
    return flat.reshape(*flat.shape[:-1], *stack.shape[-2:])


def total_of_numbers(values: Array, weights: Array | None) -> Array:
    """sum_j weights_j a_j for numbers, shape (..., J)."""
    return values.sum(-1) if weights is None else (weights * values).sum(-1)
