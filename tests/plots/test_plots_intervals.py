"""Pictures of intervals and of their coverage show what the tables say."""

import numpy as np
import pandas as pd
import pytest

import mlmed_teach as mt
from mlmed_teach import plots

METHODS = ["Wald", "Monte Carlo", "bootstrap", "profile"]


@pytest.fixture
def table():
    index = pd.MultiIndex.from_product([["indirect", "total"], METHODS], names=["effect", "method"])
    low, high = np.linspace(0.3, 0.37, 8), np.linspace(0.6, 0.67, 8)
    return pd.DataFrame({"estimate": 0.47, "ci low": low, "ci high": high}, index=index)


def test_every_method_has_a_row_with_its_limits(table):
    ax = plots.interval_methods(table, truth=0.473)
    assert [text.get_text() for text in ax.get_yticklabels()] == METHODS
    written = [text.get_text() for text in ax.texts]
    assert written[0] == "[0.300, 0.600]" and len(written) == 4
    lines = [line.get_xdata() for line in ax.lines if len(line.get_xdata()) == 2 and np.ptp(line.get_xdata()) > 0]
    np.testing.assert_allclose(lines, table.loc["indirect", ["ci low", "ci high"]])
    assert (
        "average indirect effect" in ax.get_xlabel() and "true value 0.473" in ax.get_legend().get_texts()[0].get_text()
    )


def test_another_effect_can_be_chosen_and_missing_intervals_are_said(table):
    table.loc[("total", "Wald"), ["ci low", "ci high"]] = np.nan
    ax = plots.interval_methods(table, "total", level=0.9)
    assert [text.get_text() for text in ax.texts][0] == "0.470, none"
    assert ax.get_xlabel() == "average total effect, 90% intervals"


def test_wrong_tables_are_refused(table):
    with pytest.raises(mt.MlmedError, match="no effect 'direct'"):
        plots.interval_methods(table, "direct")
    for wrong in (table.reset_index(), 3):
        with pytest.raises(mt.MlmedError, match="med.intervals"):
            plots.interval_methods(wrong)


@pytest.fixture(scope="module")
def study():
    """A made-up study: 20% of Wald intervals exist with 25 clusters."""
    rows = []
    for clusters in (25, 100):
        for shape in ("normal", "skewed"):
            for k, interval in enumerate(("wald", "monte_carlo", "profile")):
                rows.append((clusters, 8, shape, "indirect", interval, 0.9 + 0.01 * k, 0.01, 1000, 1000))
    names = ["clusters", "size", "shape", "effect", "interval", "coverage", "mc_error", "with_interval", "tables"]
    table = pd.DataFrame(rows, columns=names)
    table.loc[(table["clusters"] == 25) & (table["interval"] == "wald"), "with_interval"] = 200
    return table


def test_coverage_has_a_panel_for_each_shape_and_a_look_for_each_interval(study):
    figure = plots.coverage_panels(study)
    assert [ax.get_title() for ax in figure.axes] == ["normal random effects", "skewed random effects"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["Wald", "Monte Carlo", "profile likelihood"]
    dots = [line for line in figure.axes[0].lines if line.get_linestyle() == "None" and len(line.get_xdata())]
    heights = sorted(float(y) for line in dots for y in line.get_ydata())
    np.testing.assert_allclose(heights, [90, 90, 91, 91, 92, 92])
    hollow = [line for line in dots if line.get_markerfacecolor() == "white"]
    assert len(hollow) == 1 and len(hollow[0].get_xdata()) == 1


def test_coverage_of_several_kinds_of_standard_errors_has_a_line_for_each(study):
    wald = study[study["interval"] == "wald"]
    two = pd.concat([study.assign(se="joint"), wald.assign(se="robust", coverage=0.99)])
    two.loc[two["interval"] == "profile", "se"] = np.nan  # as a file of results gives it back
    figure = plots.coverage_panels(two)
    labels = ["Wald, joint", "Wald, robust", "Monte Carlo", "profile likelihood"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == labels
    dashed = [line for line in figure.axes[0].lines if line.get_linestyle() == "--" and len(line.get_xdata()) == 2]
    assert any(np.allclose(line.get_ydata(), 99) for line in dashed)


def test_coverage_of_two_studies_at_once_is_refused(study):
    with pytest.raises(mt.MlmedError, match="several rows for the same"):
        plots.coverage_panels(pd.concat([study, study.assign(tables=500)]))


def test_coverage_of_what_is_not_there_is_refused(study):
    with pytest.raises(mt.MlmedError, match="no row for the indirect effect with 5 rows"):
        plots.coverage_panels(study, size=5)
    with pytest.raises(mt.MlmedError, match="no column"):
        plots.coverage_panels(study.drop(columns="coverage"))
