"""The same optimum as R's lme4 and nlme (tests/reference/reference.R)."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlmed_teach import engine
from mlmed_teach.engine import search

REFERENCE = Path(__file__).parents[1] / "reference"

# lme4 and nlme stop when the deviance changes by about 1e-10, which moves an estimate by 1e-5 of its standard error.
LLF_ATOL = 1e-6
IN_STANDARD_ERRORS = 1e-4


def fitted(model):
    """The engine's fit of a model of reference.R, with the names that R gives the parameters."""
    table = {"boundary": "boundary", "two maxima": "two_maxima"}.get(model.partition(":")[0], "unbalanced")
    d = pd.read_csv(REFERENCE / f"{table}.csv")
    one, x, m, y = np.ones(len(d)), *(d[name].to_numpy() for name in ("x", "m", "y"))
    cluster = pd.factorize(d["id"])[0]
    residual = None
    if model.startswith("stacked"):
        zero = np.zeros(len(d))
        names = ["sm", "smx", "sy", "sym", "syx"]
        top, bottom = np.column_stack([zero, zero, one, m, x]), np.column_stack([one, x, zero, zero, zero])
        X = Z = np.vstack([top, bottom])
        y, cluster = np.concatenate([y, m]), np.tile(cluster, 2)
        fe = re = names
        if "per outcome" in model:
            residual = np.repeat([0, 1], len(d))
    else:
        response, _, right = model.rpartition(": ")[2].partition(" ~ ")
        columns = {"(Intercept)": one, "x": x, "m": m}
        fe = ["(Intercept)", *right.partition(",")[0].split(" + ")]
        re = ["(Intercept)"] if "intercept" in right else ["(Intercept)", "x"] if "two maxima" in model else fe
        X, Z = (np.column_stack([columns[name] for name in names]) for names in (fe, re))
        y = y if response == "y" else m
    return engine.maximize(y, X, Z, cluster, residual, model.endswith("REML")), fe, re


REFERENCES = pd.read_csv(REFERENCE / "reference.csv")


@pytest.mark.parametrize("model", REFERENCES["model"].unique())
def test_optimum_is_that_of_lme4_and_nlme(model):
    reference = REFERENCES[REFERENCES["model"] == model].set_index("quantity")["value"]
    fit, fe, re = fitted(model)
    ours = {"llf": fit.llf}
    se = np.sqrt(np.diag(fit.cov_beta))
    ours |= {f"b[{name}]": b for name, b in zip(fe, fit.beta, strict=True)}
    ours |= {f"se[{name}]": s for name, s in zip(fe, se, strict=True)}
    ours |= {f"G[{a},{b}]": fit.G[i, j] for i, a in enumerate(re) for j, b in enumerate(re[: i + 1])}
    ours |= {"s2": fit.s2[0]} if len(fit.s2) == 1 else {f"s2[sm={k}]": fit.s2[k] for k in (0, 1)}
    assert set(ours) == set(reference.index)
    # Never a worse likelihood than theirs, and theirs up to the deviance tolerance that they stop at.
    assert -1e-8 <= fit.llf - reference["llf"] <= LLF_ATOL
    for name, value in ours.items():
        if name.startswith("b["):
            assert abs(value - reference[name]) < IN_STANDARD_ERRORS * reference["se" + name[1:]], name
        elif name != "llf":  # standard errors, variances and covariances, against their own scale
            scale = abs(reference[name]) if name[0] != "G" else _scale(reference, name)
            assert abs(value - reference[name]) < 1e-3 * scale, name
    assert fit.singular == model.startswith(("boundary", "two maxima"))


def _scale(reference, name):
    """Of a covariance, the product of its two standard deviations; of a variance, itself."""
    a, b = name[2:-1].split(",")
    return np.sqrt(reference[f"G[{a},{a}]"] * reference[f"G[{b},{b}]"])


@pytest.mark.parametrize("model", ["boundary: y ~ m + x, ML", "boundary: m ~ x, REML"])
def test_boundary_optimum_is_found_and_named(model):
    fit, _, re = fitted(model)
    assert fit.singular and fit.cov.finite
    assert fit.gradient < search.GRADIENT_TOLERANCE
    assert len(fit.null_space) == len(re) and fit.null_space.shape[1] >= 1
    variance = np.einsum("ik,ij,jk->k", fit.null_space, fit.G, fit.null_space)
    np.testing.assert_allclose(variance, 0, atol=1e-9)
