"""Power of several intervals of the same tables, beside each other; and one number in whatever wrapping."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import mlmed_teach as mt
from mlmed_teach.models import SES
from mlmed_teach.studies import study_runs

WEAK = mt.Population(a=0.3, b=0.3, cov_ab=0.03)
SMALL = {"population": WEAK, "clusters": (12, 30), "sizes": 6, "reps": 30, "seed": 3, "progress": False}
BOTH = ("wald", "monte_carlo")


@pytest.fixture(scope="module")
def several():
    return mt.power(**SMALL, interval=BOTH, se=SES)


def test_each_interval_has_the_power_that_it_has_alone(several):
    assert list(several.columns) == ["clusters", "size", "effect", "interval", "se", "power", "mc se"]
    assert len(several) == 2 * 3 * 2 * 3
    for interval in BOTH:
        for se in SES:
            alone = mt.power(**SMALL, interval=interval, se=se)
            rows = several[(several["interval"] == interval) & (several["se"] == se)]
            ours = rows.drop(columns=["interval", "se"]).reset_index(drop=True)
            pd.testing.assert_frame_equal(pd.DataFrame(ours), pd.DataFrame(alone))
    by_kind = several.query("effect == 'indirect' and clusters == 30").groupby(["interval", "se"])["power"].first()
    assert by_kind.nunique() > 1  # or all of this would show nothing


def test_a_column_stands_there_where_there_is_a_choice():
    options = SMALL | {"clusters": 12, "reps": 3}
    assert "se" not in mt.power(**options, interval=BOTH) and "interval" in mt.power(**options, interval=BOTH)
    assert "interval" not in mt.power(**options, se=SES) and "se" in mt.power(**options, se=SES)
    twice = mt.power(**options, interval=("wald", "wald"), se=["joint"])
    assert list(twice.columns) == ["clusters", "size", "effect", "power", "mc se"] and len(twice) == 3


def test_clusters_needed_and_picture_keep_them_apart(several):
    needed = several.clusters_needed(power=0.3)
    assert needed.index.names == ["size", "interval", "se"] and len(needed) == 6
    alone = mt.power(**SMALL, interval="monte_carlo", se="robust").clusters_needed(power=0.3)
    assert alone.index.names == ["size"]
    assert needed.loc[(6, "monte_carlo", "robust")].tolist() == alone.loc[6].tolist()
    ax = several.plot()
    labels = [container.get_label() for container in ax.containers]
    assert len(labels) == 6 and "6 rows a cluster, Monte Carlo, robust" in labels
    lines = {container.get_label(): container.lines[0].get_ydata().tolist() for container in ax.containers}
    rows = several.query("effect == 'indirect' and interval == 'wald' and se == 'gls'")
    assert lines["6 rows a cluster, Wald, gls"] == rows["power"].tolist()


def test_both_columns_are_shown(several):
    assert "Interval" in str(several) and "monte carlo" in str(several) and "robust" in str(several)
    assert "monte carlo" in several._repr_html_()


def test_power_and_coverage_count_the_same_tables(tmp_path, monkeypatch):
    """Where the truth is as good as 0, rejecting it is missing it; and what one study has fitted serves the other."""
    nearly = replace(WEAK, b=1e-9, cov_ab=0.0, cprime=1e-9)
    options = {"population": nearly, "clusters": 10, "sizes": 4, "reps": 40, "progress": False, "se": SES}
    path = tmp_path / "study.jsonl"
    power = mt.power(**options, interval=BOTH, file=path)

    def fit_again(*job):
        raise AssertionError("these tables are in the file")

    monkeypatch.setattr(study_runs, "draw_and_fit", fit_again)
    study = mt.coverage(**options, shapes="normal", intervals=BOTH, file=path)
    keys = ["effect", "interval", "se"]
    ours, theirs = power.set_index(keys)["power"], 1 - study.set_index(keys)["coverage"]
    assert ours.nunique() > 2
    pd.testing.assert_series_equal(ours, theirs, check_names=False)


@pytest.mark.parametrize("function", [mt.power, mt.coverage])
def test_a_number_in_an_array_without_an_axis_is_a_number(function):
    options = {"reps": 2, "progress": False}
    wrapped = function(clusters=np.array(8), sizes=np.array(4), **options)
    pd.testing.assert_frame_equal(pd.DataFrame(wrapped), pd.DataFrame(function(clusters=8, sizes=4, **options)))
    for wrong in (np.array(8.5), np.array("8"), np.array(None)):
        with pytest.raises(mt.MlmedError, match="clusters must be a whole number of at least 6, but it is "):
            function(clusters=wrong, **options)


def test_a_word_in_an_array_without_an_axis_is_a_word():
    options = SMALL | {"clusters": 12, "reps": 2}
    assert len(mt.power(**options, interval=np.array("monte_carlo"), se=np.array("gls"))) == 3
    with pytest.raises(mt.MlmedError, match="interval must be 'wald' or 'monte_carlo', but it is 't'"):
        mt.power(**options, interval=np.array("t"))
    with pytest.raises(mt.MlmedError, match="interval must be one or more of"):
        mt.power(**options, interval=())
