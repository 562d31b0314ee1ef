"""The likelihood with an effect held: the nearest beta is the nearest of all, and the derivatives are right."""

import numpy as np
import pytest
from helpers.designs import random_design
from scipy import optimize

from mlmed_teach import engine
from mlmed_teach.engine.cluster_sums import CrossProducts, cross_products
from mlmed_teach.engine.held_effect import Target, evaluate_held, nearest
from mlmed_teach.engine.linalg import lower_triangle

TARGETS = [Target((0, 1), (0, 2), 2), Target((0, 2), (1, 1)), Target((0, 1)), Target(single=1)]
STEP = 1e-5  # of central differences, whose error is about its square


def setting(target, groups=2):
    """Cross-products, a G and s2 off the maximum, and the effect in the units of the search."""
    y, X, Z, cluster, residual = random_design()
    residual = residual if groups == 2 else np.zeros_like(residual)
    units = engine.standardize(y, X, Z, residual, keep_zeros=False)
    cp = cross_products(*units.apply(y, X, Z, residual), cluster, residual, groups)
    rng = np.random.default_rng(2)
    L = np.tril(rng.normal(size=(Z.shape[1],) * 2)) / 2 + np.eye(Z.shape[1]) / 2
    return cp, L @ L.T, np.array([0.5, 0.8])[:groups], target.in_units(units), units


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_the_effect_is_at_its_value_and_no_other_beta_that_holds_it_is_likelier(target):
    cp, G, s2, effect, units = setting(target)
    free = engine.evaluate(cp, G, s2, reml=False)
    information = np.linalg.inv(free.cov_beta)
    rng = np.random.default_rng(1)

    def lost(beta):
        return (beta - free.beta) @ information @ (beta - free.beta)

    def off(beta):
        return target.value(units.beta(beta), units.G(G)) - value

    at_free = float(target.value(units.beta(free.beta), units.G(G)))
    for value in at_free + np.array([-3.0, -0.4, 0.0, 0.2, 2.0]):
        held = evaluate_held(cp, G, s2, effect, value)
        assert off(held.beta) == pytest.approx(0, abs=1e-12 * (1 + abs(value)))
        others = []
        for _ in range(8):  # from many sides: a hyperbola has two branches
            start = free.beta + 3 * np.linalg.cholesky(free.cov_beta) @ rng.normal(size=len(free.beta))
            found = optimize.minimize(
                lost, start, method="SLSQP", constraints={"type": "eq", "fun": off}, options={"ftol": 1e-13}
            )
            others += [found.fun] if found.success and abs(off(found.x)) < 1e-8 else []
        assert float(held.m2ll - free.m2ll) == pytest.approx(lost(held.beta), rel=1e-9, abs=1e-9)
        assert float(held.m2ll - free.m2ll) == pytest.approx(min(others), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_derivatives_are_those_of_the_constrained_likelihood(target, groups):
    cp, G, s2, effect, units = setting(target, groups)
    (i, j), _ = lower_triangle(len(G))
    double = np.where(i == j, 1, 2)

    def at(phi, value):
        moved = np.zeros_like(G)
        moved[i, j] = moved[j, i] = phi[: len(i)]
        return evaluate_held(cp, moved, phi[len(i) :], effect, value)

    def gradient(ev):
        return np.append(ev.grad_G[i, j] * double, ev.grad_s2)

    def differences(function):
        return np.array([function(STEP * unit) - function(-STEP * unit) for unit in np.eye(len(phi))]) / (2 * STEP)

    phi = np.append(G[i, j], s2)
    value = float(target.value(units.beta(engine.evaluate(cp, G, s2, False).beta), units.G(G))) - 0.3
    ev = at(phi, value)
    up, down = at(phi, value + STEP), at(phi, value - STEP)
    close = {"rtol": 1e-5, "atol": 1e-6 * np.abs(ev.hess).max()}
    np.testing.assert_allclose(differences(lambda d: at(phi + d, value).m2ll), gradient(ev), **close)
    np.testing.assert_allclose(differences(lambda d: gradient(at(phi + d, value))), ev.hess, **close)
    np.testing.assert_allclose((up.m2ll - down.m2ll) / (2 * STEP), ev.multiplier, **close)
    np.testing.assert_allclose((up.multiplier - down.multiplier) / (2 * STEP), ev.by_value, **close)
    np.testing.assert_allclose((up.grad_G - down.grad_G) / (2 * STEP), ev.grad_G_by_value, **close)
    np.testing.assert_allclose((up.grad_s2 - down.grad_s2) / (2 * STEP), ev.grad_s2_by_value, **close)


def test_a_batch_of_held_likelihoods_is_each_by_itself():
    cp, G, s2, effect, _ = setting(TARGETS[0])
    tables = CrossProducts(*(np.stack([part, part], 1) for part in (cp.zz, cp.zw, cp.ww, cp.n)))
    Gs, s2s, values = np.stack([G, 1.5 * G]), np.stack([s2, s2 / 2]), np.array([0.1, -2.0])
    batch = evaluate_held(tables, Gs, s2s, effect, values)
    for k in range(2):
        one = evaluate_held(cp, Gs[k], s2s[k], effect, values[k])
        for name in one.__dataclass_fields__:
            np.testing.assert_allclose(getattr(batch, name)[k], getattr(one, name), rtol=1e-9, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("first", [(0.7, -0.2), (0.0, 0.0), (1.0, 1.0), (1.0, -1.0), (2.0, -1.99)])
@pytest.mark.parametrize("rise", [-4.0, -0.3, 0.3, 4.0])
def test_nearest_point_is_the_nearest_of_both_branches(first, rise):
    """u v + first'(u, v) = rise. With (1, -1) or (0, 0), two points are nearest alike: the hard case."""
    M = np.array([[0.0, 1.0], [1.0, 0.0]])
    z, mu = nearest(np.array(first), M, np.array(rise))
    assert z[0] * z[1] + z @ first == pytest.approx(rise, rel=1e-10)
    away = np.geomspace(1e-4, 50, 200_000)  # of u from the asymptote: both branches, densely
    u = np.concatenate([away, -away]) - first[1]
    v = (rise - first[0] * u) / (u + first[1])
    assert z @ z == pytest.approx((u**2 + v**2).min(), rel=1e-6)
    np.testing.assert_allclose(z, mu * (np.array(first) + M @ z), atol=1e-8)  # along the gradient


def test_an_effect_without_a_product_is_held_in_one_step():
    first = np.array([0.3, -2.0, 0.0])
    z, mu = nearest(first, np.zeros((3, 3)), np.array(1.7))
    np.testing.assert_allclose(z, first * 1.7 / (first @ first))
    np.testing.assert_allclose(mu, 1.7 / (first @ first))
