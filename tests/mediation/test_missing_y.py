"""Rows without y: their m counts in m's equation, and everything that follows a fit works with such tables."""

import numpy as np
import pandas as pd
import pytest

import mlmed_teach as mt

TRUTH = 0.473  # a b + cov(a_j, b_j) of the default population


def table_without_y(clusters, seed):
    """y is missing in some 30% of rows, more often the larger m is."""
    table = mt.simulate(clusters=clusters, size=8, seed=seed)
    gone = np.random.default_rng(seed).random(len(table)) < 1 / (1 + np.exp(1.35 - 1.3 * table["m"]))
    return table.assign(y=table["y"].mask(gone))


@pytest.fixture(scope="module")
def holes():
    table = table_without_y(60, 3)
    return table.assign(y=table["y"].mask(table["id"] == table["id"].iloc[0]))  # one cluster has no y at all


@pytest.fixture(scope="module")
def fits(holes):
    options = {"missing": "drop", "random": ("a", "b")}
    return {decompose: mt.mediate(holes, decompose=decompose, **options) for decompose in (False, True)}


def test_the_effect_is_right_where_y_is_missing_by_m_and_wrong_without_these_rows():
    """1,000 clusters; 100 tables of 200 give .479 (.0045) for kept halves and .398 (.0041) for dropped rows."""
    table = table_without_y(1000, 1)
    kept, dropped = mt.mediate(table, missing="drop"), mt.mediate(table.dropna())
    for estimate, truth in ((kept.indirect, TRUTH), (kept.levels[0].a, 0.6)):
        assert abs(estimate.estimate - truth) < 3 * estimate.se
    assert dropped.indirect.estimate < TRUTH - 3 * dropped.indirect.se
    assert dropped.a < 0.6 - 3 * dropped.levels[0].a.se


def test_every_row_with_m_counts_and_the_remark_says_so(holes, fits):
    med, lacking = fits[False], int(holes["y"].isna().sum())
    assert (med.spec.rows, med.spec.outcome_rows) == (len(holes), len(holes) - lacking)
    assert med.fit.nobs == 2 * len(holes) - lacking
    assert f"Left out of the equation of 'y' only: {lacking} rows of {len(holes)}" in med.notes[0]
    assert f"({len(holes) - lacking} with y)" in med.summary()
    assert f"y known in {len(holes) - lacking} of them" in med.report()


def test_the_stacked_table_is_the_same_model(holes, fits):
    long = mt.stack(holes, missing="drop")
    assert len(long) == fits[False].fit.nobs
    fit, med = mt.fit_stacked(long), mt.mediate(holes, missing="drop")
    np.testing.assert_allclose(fit.llf, med.fit.llf, atol=1e-7)
    assert mt.stack(holes.dropna()).equals(mt.stack(holes.dropna(), missing="drop"))


@pytest.mark.parametrize("decompose", [False, True])
def test_a_row_without_m_is_left_out_as_before(holes, decompose):
    without = holes.assign(m=holes["m"].mask(holes.index % 50 == 0))
    med = mt.mediate(without, missing="drop", random=("a", "b"), decompose=decompose)
    same = mt.mediate(without.dropna(subset=["m"]), missing="drop", random=("a", "b"), decompose=decompose)
    np.testing.assert_allclose(med.indirect.estimate, same.indirect.estimate, rtol=1e-9)


def test_cluster_means_are_those_of_all_rows_with_m(holes, fits):
    design = fits[True].fit.design
    mean = pd.Series(design.X[:, design.fe_names.index("sym_mean")][: fits[True].spec.outcome_rows])
    of_row = holes.groupby("id")["m"].transform("mean")[holes["y"].notna()].reset_index(drop=True)
    np.testing.assert_allclose(mean, of_row, atol=1e-12)


def test_a_covariate_of_y_alone_may_be_missing_too(holes):
    w = pd.Series(np.random.default_rng(5).normal(size=len(holes))).mask(holes.index % 40 == 0)
    table = holes.assign(w=w.to_numpy(), g=np.where(holes.index % 3 == 0, "p", "q"))
    options = {"random": ("a", "b"), "missing": "drop"}
    one = mt.mediate(table, covariates={"m": ["g"], "y": ["w", "g"]}, **options)
    assert one.spec.rows == len(table) and one.spec.outcome_rows < table["y"].notna().sum()
    both = mt.mediate(table, covariates=["w", "g"], **options)
    assert both.spec.rows == table["w"].notna().sum()


@pytest.mark.parametrize("decompose", [False, True])
def test_new_values_of_y_come_from_the_rows_own_new_m(fits, decompose):
    """With residuals as they are, and predictions in place of random effects, new tables are the table itself."""
    from mlmed_teach.uncertainty.refits import new_tables, problem

    fit = fits[decompose].fit
    task = problem(fit)
    z, X, Z = new_tables(task, fit.optimum.blups[None], fit.resid[None])
    for new, old in ((z[0], fit.design.y), (X[0], fit.design.X), (Z[0], fit.design.Z)):
        np.testing.assert_allclose(new, old, atol=1e-10)


@pytest.mark.parametrize("decompose", [False, True])
def test_intervals_predictions_and_pictures_work(fits, decompose):
    med = fits[decompose]
    se = med.indirect.se
    for kind in ("cluster", "parametric", "residual"):
        found = med.bootstrap(reps=60, kind=kind, seed=1)
        assert found.failed == 0
        assert 0.5 * se < found.indirect.se < 2 * se
    low, high = med.profile().indirect.ci
    assert low < med.indirect.estimate < high
    assert np.isfinite(med.monte_carlo(draws=1000, seed=1).indirect.ci).all()
    assert med.cluster_effects().notna().all().all()
    residuals = med.residuals
    assert residuals["m"].notna().all() and residuals["y"].notna().sum() == med.spec.outcome_rows
    mt.plots.residuals(med)
    med.plot()


def test_no_y_at_all_is_refused(holes):
    with pytest.raises(mt.MlmedError, match="none is left"):
        mt.mediate(holes.assign(y=np.nan), missing="drop")
