"""Pictures that check a fit: residuals, an estimate without one cluster, correlations of random effects."""

import numpy as np
import pandas as pd
import pytest
from helpers.pictures import assert_readable, legend, texts
from matplotlib.colors import to_rgba
from scipy import stats

import mlmed_teach as mt
from mlmed_teach import plots


@pytest.fixture(scope="module")
def table():
    """Few clusters of unequal sizes, rows in random order, columns with names that are no mathematics."""
    data = mt.simulate(clusters=30, size=(4, 9), seed=5).sample(frac=1, random_state=1)
    return data.rename(columns={"id": "school", "x": "praise", "m": "cost ($)", "y": "work"})


@pytest.fixture(scope="module")
def med(table):
    return mt.mediate(table, x="praise", m="cost ($)", y="work", group="school", random="b")


# Residuals


def test_residuals_against_normal_quantiles_in_the_middle_of_many_samples(med):
    axes = plots.residuals(med).axes
    for ax, role in zip(axes, "ym", strict=False):
        dots = ax.lines[0]
        assert dots.get_ydata() == pytest.approx(np.sort(med.residuals[role]))
        n = len(med.residuals)
        middle = stats.beta.ppf(0.5, np.arange(1, n + 1), n - np.arange(n))  # medians of sorted uniform numbers
        assert dots.get_xdata() == pytest.approx(stats.norm.ppf(middle), abs=2e-3)
        slope, level = np.polyfit(dots.get_xdata(), dots.get_ydata(), 1)
        assert ax.lines[1].get_slope() == pytest.approx(slope)
        assert ax.lines[1].get_xy1() == pytest.approx((0, level))


def test_residuals_of_y_stand_above_their_cluster(med, table):
    below = plots.residuals(med).axes[2]
    places, values = below.lines[1].get_data()
    schools = table["school"].to_numpy()
    assert len(set(places)) == table["school"].nunique() == 30
    for place in set(places):
        (school,) = set(schools[places == place])
        assert sorted(values[places == place]) == sorted(med.residuals["y"].to_numpy()[schools == school])
    assert below.get_xlabel() == "30 clusters of school, one column of dots for each"


def test_residuals_are_named_after_the_columns_or_as_asked(med):
    own = texts(plots.residuals(med))
    assert {r"residual of cost (\$)", "residual of work"} <= set(own)
    asked = plots.residuals(med, labels=("cost (euros)", "work (hours)"), title="Mine")
    assert_readable(asked)
    axes = asked.axes
    assert axes[1].get_ylabel() == "residual of cost (euros)"
    assert axes[0].get_ylabel() == axes[2].get_ylabel() == "residual of work (hours)"
    assert asked.get_suptitle() == "Mine"


def test_residuals_refuse_other_things(med):
    for wrong in (med.fit, med.residuals, None):
        with pytest.raises(mt.MlmedError, match="needs the result of a mediation"):
            plots.residuals(wrong)
    for labels in ("my", ("m",), ("x", "m", "y"), 7):
        with pytest.raises(mt.MlmedError, match="two names, for cost"):
            plots.residuals(med, labels=labels)


# Without one cluster


WITHOUT = pd.Series({"S3": 0.57, "S1": 0.2, "S2": 0.5, "S4": 0.45})


def test_leave_one_out_sorts_the_estimates_and_names_those_that_matter_most():
    ax = plots.leave_one_out(WITHOUT, 0.5, 0.1)
    line, dots = ax.lines
    assert dots.get_ydata().tolist() == [0.2, 0.45, 0.5, 0.57] and list(dots.get_xdata()) == [0, 1, 2, 3]
    assert set(line.get_ydata()) == {0.5}
    named = {text.get_text(): tuple(text.xy) for text in ax.texts}
    assert named == {"S1": (0, 0.2), "S3": (3, 0.57)}
    (band,) = ax.patches
    assert band.get_y() == pytest.approx(0.4) and band.get_height() == pytest.approx(0.2)
    assert legend(ax) == ["± 1 standard error", "all clusters", "without one of them"]
    assert_readable(ax.figure)


def test_leave_one_out_without_a_standard_error_and_with_other_words():
    ax = plots.leave_one_out(WITHOUT.rename_axis("student"), 0.5, named=0, ylabel="a_j of others")
    assert not ax.patches and not ax.texts
    assert ax.get_xlabel() == "student left out, sorted by the result" and ax.get_ylabel() == "$a_j$ of others"
    assert plots.leave_one_out(WITHOUT, 0.5, xlabel="school").get_xlabel() == "school"
    assert len(plots.leave_one_out(WITHOUT, 0.5, named=9).texts) == len(WITHOUT)


def test_leave_one_out_names_do_not_cover_dots_or_each_other():
    values = pd.Series(np.tanh(np.linspace(-1.5, 4, 60)), index=[f"S{k:02}" for k in range(60)])
    ax = plots.leave_one_out(values, 0.0, named=9)
    assert_readable(ax.figure)
    boxes = [text.get_window_extent() for text in ax.texts]
    dots = ax.transData.transform(np.column_stack(ax.lines[1].get_data()))
    assert not any(box.contains(*dot) for box in boxes for dot in dots)
    assert not any(one.overlaps(other) for k, one in enumerate(boxes) for other in boxes[:k])
    names = [name for text in ax.texts for name in text.get_text().split(", ")]
    assert sorted(names) == sorted(values.abs().nlargest(9).index)
    assert len(ax.texts) == 1  # nine dots at one height share a line

    ax = plots.leave_one_out(values, 0.9, named=3)
    assert {text.get_text(): text.xy[0] for text in ax.texts} == {"S00, S01, S02": 0}


@pytest.mark.parametrize(
    "arguments, words",
    [
        (([0.1, 0.2], 0.1), "needs a Series"),
        ((pd.Series(dtype=float), 0.1), "needs a Series"),
        ((pd.Series([0.1, np.nan]), 0.1), "needs a Series of finite"),
        ((pd.Series(["low", "high"]), 0.1), "needs a Series of finite"),
        ((WITHOUT, np.nan), "estimate must be a number, but it is nan"),
        ((WITHOUT, 0.5, 0), "se must be above 0, but it is 0"),
        ((WITHOUT, 0.5, np.nan), "se must be a number, but it is nan"),
    ],
)
def test_leave_one_out_refuses_what_is_no_estimate(arguments, words):
    with pytest.raises(mt.MlmedError, match=words):
        plots.leave_one_out(*arguments)
    with pytest.raises(mt.MlmedError, match="named must be a whole number"):
        plots.leave_one_out(WITHOUT, 0.5, named=1.5)


# Correlations


COV = pd.DataFrame([[4.0, -3.0, 0.0], [-3.0, 9.0, 2.7], [0.0, 2.7, 1.0]], index=list("uvw"), columns=list("uvw"))


def numbers(ax):
    return {tuple(map(int, text.get_position())): text.get_text() for text in ax.texts}


def test_correlations_are_covariances_over_standard_deviations():
    ax = plots.correlations(COV)
    expected = [["1.00", "−0.50", "0.00"], ["−0.50", "1.00", "0.90"], ["0.00", "0.90", "1.00"]]
    assert numbers(ax) == {(column, row): expected[row][column] for row in range(3) for column in range(3)}
    (image,) = ax.images
    assert image.get_clim() == (-1, 1)
    assert np.asarray(image.get_array())[0] == pytest.approx([1, -0.5, 0])
    assert [label.get_text() for label in ax.get_xticklabels()] == list("uvw")
    assert [label.get_text() for label in ax.get_yticklabels()] == list("uvw")


def test_a_correlation_matrix_shows_itself_and_a_tiny_one_has_no_sign():
    r = pd.DataFrame([[1, -0.001], [-0.001, 1]], index=["a_j", "b_j"], columns=["a_j", "b_j"])
    ax = plots.correlations(r)
    assert numbers(ax)[0, 1] == "0.00"
    assert [label.get_text() for label in ax.get_xticklabels()] == ["$a_j$", "$b_j$"]


def test_numbers_can_be_read_on_their_ground():
    for text in plots.correlations(COV).texts:
        dark = abs(float(text.get_text().replace("−", "-"))) > 0.6
        assert to_rgba(text.get_color()) == to_rgba("white" if dark else "black")


def test_without_variance_there_is_no_correlation():
    flat = COV.copy()
    flat.loc["v"] = flat["v"] = 0.0
    shown = numbers(plots.correlations(flat))
    assert set(shown) == {(0, 0), (2, 0), (0, 2), (2, 2)}


def test_long_names_of_random_effects_do_not_run_into_each_other():
    names = [f"slope of hours {k}" for k in range(8)]
    ax = plots.correlations(pd.DataFrame(np.eye(8), index=names, columns=names))
    assert_readable(ax.figure)
    first, second = (label.get_window_extent() for label in ax.get_xticklabels()[:2])
    assert {label.get_rotation() for label in ax.get_xticklabels()} == {40}
    assert first.x1 < second.x1 - 20


@pytest.mark.parametrize(
    "wrong, words",
    [
        (np.eye(2), "a DataFrame with the same names"),
        (pd.DataFrame(), "a DataFrame with the same names"),
        (COV.iloc[:2], "a DataFrame with the same names"),
        (COV[["v", "u", "w"]], "a DataFrame with the same names"),
        (COV.map(lambda value: "high" if value == 2.7 else value), "finite numbers only"),
        (COV.replace(2.7, np.nan), "finite numbers only"),
        (COV + np.eye(3, k=1), "is symmetric"),
        (COV.replace(4.0, -4.0), "not negative"),
        (COV.replace(-3.0, -7.0), "larger than the two variances allow"),
        (pd.DataFrame(np.eye(9)), "numbers of 9 variables"),
    ],
)
def test_correlations_refuse_what_is_no_covariance_matrix(wrong, words):
    with pytest.raises(mt.MlmedError, match=words):
        plots.correlations(wrong)
