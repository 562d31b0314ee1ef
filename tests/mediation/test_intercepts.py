"""Random intercepts that cannot exist are left out; others by name."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.fits import mediate_quietly

import mlmed_teach as mt

BLCH9 = Path(os.environ.get("MLMED_TEACH_ORIGINAL", "") or "none").with_name("BLch9.csv")  # beside the original table
MEANS_ARE_EQUAL = "the variables there have the same mean in all clusters"


def centred(table, columns="xmy"):
    return table.assign(**{name: table[name] - table.groupby("id")[name].transform("mean") for name in columns})


@pytest.fixture(scope="module")
def table():
    return mt.simulate(clusters=60, size=10, seed=5)


def test_intercepts_of_centred_variables_are_left_out_with_a_remark(table):
    med = mt.mediate(centred(table))
    assert med.spec.intercepts == () and list(med.fit.cov_re) == ["smx", "sym", "syx"]
    assert (
        med.notes[0].startswith("No random intercepts in the equations of 'm' and 'y'")
        and MEANS_ARE_EQUAL in med.notes[0]
    )
    assert "random intercepts: none" in med.summary()
    assert "with a residual variance for each equation and random slopes of the paths" in med.report()


def test_rounded_deviations_are_centred_too(table):
    assert mt.mediate(centred(table).round(2)).spec.intercepts == ()


def test_an_intercept_stays_where_only_some_variables_are_centred(table):
    """x with means of its own moves the mean of m: with m centred, the intercepts of m have to make up for it."""
    for columns in ("m", "y", "my", "x"):
        assert mediate_quietly(centred(table, columns)).spec.intercepts == ("m", "y")
    assert mediate_quietly(centred(table, "xm")).spec.intercepts == ("y",)
    age = np.random.default_rng(1).normal(size=60)[table["id"] - table["id"].min()]
    assert mediate_quietly(centred(table).assign(age=age), covariates=["age"]).spec.intercepts == ("m", "y")


def test_an_intercept_can_be_left_out_by_name(table):
    med = mediate_quietly(table, intercepts=("y",))
    assert list(med.fit.cov_re) == ["smx", "sy", "sym", "syx"]
    assert med.notes == mediate_quietly(table, intercepts="y").notes
    assert "random intercepts: y" in med.summary() and "a random intercept of y" in med.report()
    one_less = mediate_quietly(table, intercepts=("y",), decompose=True)
    assert one_less.fit.design.zeros == ()


@pytest.mark.parametrize("wrong", [("a",), 3, "id", ("m", "mood")])
def test_unknown_intercepts_are_refused(table, wrong):
    with pytest.raises(mt.MlmedError, match="intercepts names the equations"):
        mt.mediate(table, intercepts=wrong)


def test_a_model_without_random_effects_is_refused(table):
    with pytest.raises(mt.MlmedError, match="Nothing is random"):
        mt.mediate(table, random=(), intercepts=())


def test_intercepts_of_centred_variables_stay_where_nothing_else_is_random(table):
    assert mediate_quietly(centred(table), random=()).spec.intercepts == ("m", "y")


def test_intervals_work_without_intercepts(table):
    med = mt.mediate(centred(table), random=("a", "b"))
    se = med.indirect.se
    for kind in ("cluster", "parametric", "residual"):
        assert 0.5 * se < med.bootstrap(reps=60, kind=kind, seed=1).indirect.se < 2 * se
    low, high = med.profile().indirect.ci
    assert low < med.indirect.estimate < high
    assert med.cluster_effects().notna().all().all()


@pytest.mark.skipif(not BLCH9.exists(), reason="needs BLch9.csv of the R package bmlm beside the original data set")
def test_a_centred_table_has_the_published_standard_errors():
    """Bolger & Laurenceau (2013, ch. 9), Mplus: all slopes random; glmmTMB, REML, a and b random: .0614 (.0142)."""
    diary = pd.read_csv(BLCH9)
    med = mediate_quietly(diary)
    published = {"indirect": (0.059, 0.014), "total": (0.164, 0.027)}
    for effect, (estimate, se) in published.items():
        found = getattr(med, effect)
        assert (round(found.estimate, 3), round(found.se, 3)) == (estimate, se)
    for path, (estimate, se) in {"a": (0.190, 0.035), "b": (0.149, 0.029), "cov_ab": (0.031, 0.011)}.items():
        found = getattr(med.levels[0], path)
        assert (round(found.estimate, 3), round(found.se, 3)) == (estimate, se)
    two = mediate_quietly(diary, random=("a", "b"))
    assert not two.fit.singular
    assert (round(two.indirect.estimate, 4), round(two.indirect.se, 4)) == (0.0614, 0.0142)
