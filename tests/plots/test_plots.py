"""What the pictures promise: the right numbers, labels that can be read, no trace in the user's settings."""

import warnings
from pathlib import Path
from types import SimpleNamespace

import matplotlib
import numpy as np
import pandas as pd
import pytest
from helpers.pictures import BETWEEN, WITHIN, assert_readable, figure_of, legend, predictions, texts
from matplotlib import pyplot as plt
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.patches import Ellipse, FancyArrowPatch
from scipy import stats

import mlmed_teach as mt
from mlmed_teach import plots
from mlmed_teach.stacked_model import Effect


@pytest.fixture(scope="module")
def m_on_x(results):
    return results["m on x"]


def spread_alike():
    return np.random.default_rng(1).normal(0.1, 0.02, 4000)


def intervals():
    index = pd.MultiIndex.from_product([["indirect"], ["Wald", "Monte Carlo", "bootstrap", "profile"]])
    return pd.DataFrame({"estimate": 0.47, "ci low": 0.37, "ci high": [0.57, 0.58, 0.58, 0.59]}, index=index)


def profile(low=0.37, high=0.59):
    """A profile that costs 3.84 at both limits, steeper on the side where the limit is nearer."""
    value = np.array([low, 0.47, high])
    curve = pd.DataFrame({"value": value, "W": [3.84, 0, 3.84]})
    return SimpleNamespace(estimate=0.47, ci=(low, high), curve=curve)


def by_moderator():
    w = pd.Index(np.linspace(0, 2, 9), name="w")
    return pd.DataFrame({"estimate": 0.4 * w - 0.1, "ci low": 0.4 * w - 0.2, "ci high": 0.4 * w}, index=w)


def study():
    """The shipped one, what lesson 8 draws of it."""
    table = pd.read_csv(Path(__file__).parents[2] / "data" / "coverage.csv", comment="#")
    return table[
        (table["scenario"] == "page") & (table["tables"] >= 1000) & (table["shape"] != "heavy") & (table["size"] == 8)
    ]


def powers():
    designs = pd.MultiIndex.from_product([[8, 16], [25, 50, 100]], names=["size", "clusters"])
    return pd.DataFrame(
        {"effect": "indirect", "power": [0.3, 0.6, 0.9, 0.5, 0.8, 1.0], "mc se": 0.02}, designs
    ).reset_index()


DRAWINGS = {
    "path_diagram": lambda k: plots.path_diagram(0.6, 0.6, 0.2, 0.1),
    "two_level_diagram": lambda k: plots.two_level_diagram(WITHIN, BETWEEN),
    "cluster_lines": lambda k: plots.cluster_lines(k["df"], "x", "y", "id", average=(0, 0.7)),
    "cluster_panels": lambda k: plots.cluster_panels(k["df"], "x", "m", "id", range(1, 8), k["m_on_x"]),
    "within_between": lambda k: plots.within_between(k["df"], "x", "y", "id"),
    "sorted_clusters": lambda k: plots.sorted_clusters(k["df"], "y", "id", np.roll(k["df"]["id"], 3)),
    "standard_errors": lambda k: plots.standard_errors(
        pd.DataFrame({"A": k["stacked"].bse, "B": 1.1 * k["stacked"].bse})
    ),
    "stacking": lambda k: plots.stacking(k["df"]),
    "caterpillar": lambda k: plots.caterpillar(predictions(), 0.3),
    "slopes": lambda k: plots.slopes(k["stacked"]),
    "residual_variances": lambda k: plots.residual_variances({"common": k["common"], "per outcome": k["stacked"]}),
    "correlations": lambda k: plots.correlations(k["stacked"].cov_re),
    "residuals": lambda k: plots.residuals(k["med"]),
    "leave_one_out": lambda k: plots.leave_one_out(pd.Series([0.1, 0.12, 0.15]), 0.12, 0.03),
    "tangent": lambda k: plots.tangent(np.exp, -1.0, 0.1),
    "sampling_distribution": lambda k: plots.sampling_distribution(spread_alike(), 0.1, 0.02, truth=0.11),
    "effect_parts": lambda k: plots.effect_parts(mt.effects(k["stacked"])),
    "effects_by_rho": lambda k: k["med"].sensitivity().plot(),
    "power_by_clusters": lambda k: plots.power_by_clusters(powers()),
    "interval_methods": lambda k: plots.interval_methods(intervals(), truth=0.473),
    "coverage_panels": lambda k: plots.coverage_panels(study()),
    "profile_curve": lambda k: plots.profile_curve(profile(), 0.05),
    "cluster_effects": lambda k: plots.cluster_effects(spread_alike(), 0.09, 0.1),
    "effect_by_moderator": lambda k: plots.effect_by_moderator(by_moderator(), [0, 1, 1.5, 2], [0.5]),
    "effect_intervals": lambda k: plots.effect_intervals(mt.effects(k["stacked"]).to_frame()),
}
DIAGRAMS = {"path_diagram", "two_level_diagram", "stacking"}


@pytest.fixture(params=DRAWINGS)
def drawing(request, df, stacked, common, m_on_x, med):
    known = {"df": df, "stacked": stacked, "common": common, "m_on_x": m_on_x, "med": med}
    return request.param, lambda: DRAWINGS[request.param](known)


def test_every_drawing_function_is_tried_here():
    offered = {name: getattr(plots, name) for name in plots.__all__}
    drawing = {name for name, f in offered.items() if callable(f) and not f.__module__.endswith(".style")}
    assert drawing == set(DRAWINGS)


def test_a_picture_has_labels_and_a_title_and_gives_no_warning(drawing):
    name, draw = drawing
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = figure_of(draw())
        figure.canvas.draw()
    panels = [ax for ax in figure.axes if ax.get_visible()]
    assert figure.get_suptitle() or all(ax.get_title() for ax in panels)
    if name not in DIAGRAMS:
        # In a grid of panels the label stands at the lowest and at the leftmost one.
        columns = {ax.get_subplotspec().colspan.start for ax in panels}
        rows = {ax.get_subplotspec().rowspan.start for ax in panels}
        assert {ax.get_subplotspec().colspan.start for ax in panels if ax.get_xlabel()} == columns
        assert {ax.get_subplotspec().rowspan.start for ax in panels if ax.get_ylabel()} == rows


def test_nothing_written_is_cut_off_or_small(drawing):
    assert_readable(figure_of(drawing[1]()))


def test_drawing_leaves_the_users_settings_alone_and_the_background_white(drawing):
    with plt.rc_context({"figure.facecolor": "black", "font.size": 5.0}):
        before = dict(matplotlib.rcParams)
        drawn = drawing[1]()
        assert dict(matplotlib.rcParams) == before
    assert to_hex(figure_of(drawn).get_facecolor()) == "#ffffff"


def test_use_style_sets_what_the_functions_use():
    with plt.rc_context():
        plots.use_style()
        assert matplotlib.rcParams["figure.dpi"] == 100
        assert matplotlib.rcParams["axes.prop_cycle"].by_key()["color"][0] == plots.COLOURS["a"]


def test_given_axes_are_drawn_on_and_returned(stacked):
    ax = plt.subplots()[1]
    assert plots.slopes(stacked, ax=ax) is ax
    assert len(plt.get_fignums()) == 1
    with pytest.raises(mt.MlmedError, match="one matplotlib Axes"):
        plots.slopes(stacked, ax=plt.subplots(1, 2)[1])


def test_a_title_replaces_the_own_one(df):
    assert plots.path_diagram(title="Of my own").get_title() == "Of my own"
    assert plots.within_between(df, "x", "y", "id", title="Of my own").get_suptitle() == "Of my own"


# Path diagram and stacking


def test_path_diagram_names_the_paths_or_shows_their_numbers():
    assert {"$a_j$", "$b_j$", "$c'_j$", "x", "m", "y"} <= set(texts(plots.path_diagram()))
    shown = texts(plots.path_diagram(0.6118, "b = ?", -0.25, 0.09896, labels=("praise", "mood", "work")))
    assert {"$a$ = 0.612", "b = ?", "$c'$ = -0.250", "cov($a_j$, $b_j$) = 0.099", "praise", "mood", "work"} <= set(
        shown
    )


def test_path_diagram_draws_the_covariance_only_when_it_is_given():
    def arrows(ax):
        return [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]

    assert len(arrows(plots.path_diagram())) == 3
    assert len(arrows(plots.path_diagram(cov_ab=0.0))) == 4
    with pytest.raises(mt.MlmedError, match="three names"):
        plots.path_diagram(labels=("x", "y"))


def test_stacking_shows_the_rows_that_stack_makes(df, long):
    shown = texts(plots.stacking(df, rows=2))
    for number in [*df[["x", "m", "y"]].head(2).to_numpy().ravel()]:
        # x and m stand in three rows, m once more in z; y in its row and in z
        assert shown.count(f"{number:.2f}") >= 2
    assert "4 rows, stacked: z is y, then m" in shown
    heads = [text for text in shown if text in ("fid", "sm", "id", "x", "m", "y", "z", "sy")]
    assert heads == ["id", "x", "m", "y", "fid", "sm", "id", "x", "m", "z", "sy"]


def test_stacking_colours_each_z_by_where_it_came_from(df, long):
    ax = plots.stacking(df, rows=3).axes[0]
    cells = {patch.get_xy(): to_hex(patch.get_facecolor()) for patch in ax.patches if hasattr(patch, "get_xy")}
    from_m, from_y = cells[(2, 2.5)], cells[(3, 2.5)]
    found = [cells[(5.6 + 5, 1 + row)] for row in range(6)]
    assert from_m != from_y
    assert found == [from_m if sm else from_y for sm in long["sm"].head(6)]


def test_stacking_with_other_names_and_a_wrong_number_of_rows(df):
    other = df.rename(columns={"id": "school", "x": "praise", "m": "mood", "y": "work"})
    shown = texts(plots.stacking(other, x="praise", m="mood", y="work", group="school"))
    assert {"school", "praise", "mood", "work"} <= set(shown)
    for rows in (0, 7, 2.5, "two"):
        with pytest.raises(mt.MlmedError, match="from 1 to 6"):
            plots.stacking(df, rows=rows)


# Clusters


def test_cluster_lines_are_each_clusters_least_squares_line(df):
    ax = plots.cluster_lines(df, "x", "m", "id")
    segments = next(c for c in ax.collections if isinstance(c, LineCollection)).get_segments()
    assert len(segments) == df["id"].nunique()
    for (_, rows), ((x0, y0), (x1, y1)) in zip(df.groupby("id"), segments, strict=True):
        slope, intercept = np.polyfit(rows["x"], rows["m"], 1)
        assert (x0, x1) == (rows["x"].min(), rows["x"].max())
        assert [y0, y1] == pytest.approx([intercept + slope * x0, intercept + slope * x1])


def test_cluster_lines_draws_the_given_average_and_only_the_chosen_clusters(df):
    ax = plots.cluster_lines(df, "x", "m", "id", average=(1.0, 0.5), clusters=[3, 5])
    bold = max(ax.lines, key=lambda line: line.get_linewidth())
    assert bold.get_ydata() == pytest.approx(1.0 + 0.5 * bold.get_xdata())
    assert legend(ax)[1] == "average cluster: slope 0.500"
    assert len(ax.collections[0].get_segments()) == 2
    assert len(ax.lines[0].get_xdata()) == df["id"].isin([3, 5]).sum()


def test_cluster_lines_says_how_many_clusters_have_no_line(df):
    flat = df.copy()
    flat.loc[flat["id"] == 4, "x"] = 1.0
    ax = plots.cluster_lines(flat, "x", "m", "id")
    assert len(ax.collections[0].get_segments()) == df["id"].nunique() - 1
    assert "(1 without one: x does not vary)" in legend(ax)[0]
    flat["x"] = flat["id"] * 1.0
    with pytest.raises(mt.MlmedError, match="varies in none of the clusters"):
        plots.cluster_lines(flat, "x", "m", "id")


def test_cluster_panels_draw_own_line_model_line_and_average(df, m_on_x):
    figure = plots.cluster_panels(df, "x", "m", "id", [2, 9], m_on_x)
    for ax, cluster in zip(figure.axes, [2, 9], strict=True):
        lines = {line.get_label(): line for line in ax.lines}
        rows = df[df["id"] == cluster]
        assert ax.get_title() == f"id {cluster}"
        assert lines["rows of the cluster"].get_xdata() == pytest.approx(rows["x"].to_numpy())
        u = m_on_x.random_effects.loc[cluster]
        own = np.polyfit(rows["x"], rows["m"], 1)
        fixed = m_on_x.params[["x", "Intercept"]].to_numpy()
        expected = {
            "its own least-squares line": own,
            "the model's line for it": fixed + u[["x", "Intercept"]].to_numpy(),
            "average cluster": fixed,
        }
        for label, line in expected.items():
            assert lines[label].get_ydata() == pytest.approx(np.polyval(line, lines[label].get_xdata())), label
    assert len(figure.legends) == 1
    assert len(figure.legends[0].get_texts()) == 4


def test_cluster_panels_mark_a_cluster_without_a_line(df):
    flat = df.copy()
    flat.loc[flat["id"] == 4, "x"] = 1.0
    figure = plots.cluster_panels(flat, "x", "m", "id", [3, 4])
    assert "no line: x does not vary" in figure.axes[1].get_title()


def test_cluster_panels_refuse_unknown_clusters_and_other_models(df, stacked, m_on_x):
    with pytest.raises(mt.MlmedError, match="no cluster 101, 'five'.*100 clusters: 1, 2"):
        plots.cluster_panels(df, "x", "m", "id", [1, 101, "five"])
    with pytest.raises(mt.MlmedError, match="at least one cluster"):
        plots.cluster_panels(df, "x", "m", "id", [])
    for wrong in (stacked, "a model", m_on_x):
        with pytest.raises(mt.MlmedError, match="a model of y on x with a random slope"):
            plots.cluster_panels(df, "x", "y", "id", [1], wrong)
    part = mt.fit_mixed("m ~ x", df[df["id"] > 5], groups="id", re_formula="~ x")
    with pytest.raises(mt.MlmedError, match="without cluster 1"):
        plots.cluster_panels(df, "x", "m", "id", [1, 7], part)


def test_within_between_titles_give_the_slopes_of_polyfit(df):
    between, within = plots.within_between(df, "x", "y", "id").axes
    means = df.groupby("id")[["x", "y"]].mean()
    inside = df[["x", "y"]] - df.groupby("id")[["x", "y"]].transform("mean")
    for ax, part, name in ((between, means, "Between"), (within, inside, "Within")):
        slope, intercept = np.polyfit(part["x"], part["y"], 1)
        assert ax.get_title() == f"{name}: slope {slope:.3f}"
        points, line = ax.lines
        assert sorted(points.get_xdata()) == pytest.approx(sorted(part["x"]))
        assert line.get_ydata() == pytest.approx(intercept + slope * line.get_xdata())
    # Equal slopes must look equally steep.
    assert np.ptp(between.get_xlim()) == pytest.approx(np.ptp(within.get_xlim()))
    assert np.ptp(between.get_ylim()) == pytest.approx(np.ptp(within.get_ylim()))


def test_within_between_refuses_a_predictor_without_one_of_the_parts(df):
    with pytest.raises(mt.MlmedError, match="does not vary within clusters"):
        plots.within_between(df.assign(x=df["id"] * 0.1), "x", "y", "id")
    centred = df["x"] - df.groupby("id")["x"].transform("mean")
    with pytest.raises(mt.MlmedError, match="all have the same mean"):
        plots.within_between(df.assign(x=centred), "x", "y", "id")


def test_sorted_clusters_stand_in_the_order_of_their_means(df):
    real, other = plots.sorted_clusters(df, "y", "id", shuffled=[1] * 400 + [2] * 400).axes
    means = df.groupby("id")["y"].mean().sort_values()
    rows, line = real.lines
    for place, cluster in ((1, means.index[0]), (100, means.index[-1])):
        assert sorted(rows.get_ydata()[rows.get_xdata() == place]) == sorted(df.loc[df["id"] == cluster, "y"])
    assert line.get_ydata()[::8] == pytest.approx(means.to_numpy())
    assert set(other.lines[0].get_xdata()) == {1, 2}
    assert len(plots.sorted_clusters(df, "y", "id").axes) == 1
    with pytest.raises(mt.MlmedError, match="one id for each of the 800 rows"):
        plots.sorted_clusters(df, "y", "id", shuffled=[1, 2])


@pytest.mark.parametrize("draw", [plots.cluster_lines, plots.within_between])
def test_a_missing_column_or_value_is_named(df, draw):
    with pytest.raises(mt.MlmedError, match="no column 'z'"):
        draw(df, "z", "y", "id")
    with pytest.raises(mt.MlmedError, match="Column 'y' has 1 missing value"):
        draw(df.assign(y=df["y"].where(df.index != 3)), "x", "y", "id")


# Fitted models


def test_standard_errors_places_one_dot_for_each_value():
    frame = pd.DataFrame({"lme4": [0.05, 0.2], "statsmodels": [0.055, np.nan]}, index=["smx", "sym"])
    ax = plots.standard_errors(frame)
    assert ax.lines[0].get_xdata() == pytest.approx([0.05, 0.2])
    assert ax.lines[1].get_xdata() == pytest.approx([0.055, np.nan], nan_ok=True)
    assert ax.lines[0].get_marker() != ax.lines[1].get_marker()
    assert legend(ax) == ["lme4", "statsmodels (1 missing)"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["smx", "sym"]
    assert ax.get_title() == "Standard errors differ by up to 10.0%"
    assert plots.standard_errors(frame[["lme4"]].assign(R=frame["lme4"])).get_title().endswith("agree")


@pytest.mark.parametrize("frame", [None, pd.DataFrame(), pd.DataFrame({"A": ["x"]}), pd.DataFrame({"A": [-0.1]})])
def test_standard_errors_refuses_what_is_none(frame):
    with pytest.raises(mt.MlmedError, match="standard_errors needs|does not hold standard errors"):
        plots.standard_errors(frame)


def test_slopes_ellipse_is_the_estimated_normal_distribution(stacked):
    ax = plots.slopes(stacked)
    ellipse = next(patch for patch in ax.patches if isinstance(patch, Ellipse))
    pair = ["smx", "sym"]
    mean, cov = stacked.params[pair].to_numpy(), stacked.cov_re.loc[pair, pair].to_numpy()
    assert ellipse.center == pytest.approx(mean)
    # Every point of its outline has the Mahalanobis distance that 95% of a bivariate normal do not exceed.
    outline = ellipse.get_patch_transform().transform(np.column_stack([np.cos(np.arange(9)), np.sin(np.arange(9))]))
    distance = np.einsum("ij,jk,ik->i", outline - mean, np.linalg.inv(cov), outline - mean)
    assert distance == pytest.approx(stats.chi2.ppf(0.95, 2))
    assert np.column_stack(ax.lines[0].get_data()) == pytest.approx(mean + stacked.random_effects[pair].to_numpy())
    correlation = cov[0, 1] / np.sqrt(cov[0, 0] * cov[1, 1])
    assert f"covariance {cov[0, 1]:.3f}\ncorrelation {correlation:.3f}" in texts(ax)


def test_slopes_says_how_the_slopes_go_together(stacked):
    assert stacked.cov_re.loc["smx", "sym"] > 0 > stacked.cov_re.loc["smx", "syx"]
    assert plots.slopes(stacked).get_title().endswith("large, too")
    ax = plots.slopes(stacked, "smx", "syx", labels=("a_j", "c'_j"))
    assert ax.get_title().endswith("small")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$a_j$", "$c'_j$")


def test_slopes_and_residual_variances_refuse_other_models(m_on_x, stacked):
    with pytest.raises(mt.MlmedError, match="fixed and random smx and sym"):
        plots.slopes(m_on_x)
    with pytest.raises(mt.MlmedError, match="'mine' is not a fitted stacked model"):
        plots.residual_variances({"mine": m_on_x})
    with pytest.raises(mt.MlmedError, match="must be a dict"):
        plots.residual_variances(stacked)


def test_residual_variances_are_those_of_m_and_y(stacked, common):
    ax = plots.residual_variances({"common": common, "per outcome": stacked})
    mediator, outcome = ([bar.get_height() for bar in container] for container in ax.containers)
    extra = stacked.re_params.loc["fid: var(sm)", "estimate"]
    assert mediator == pytest.approx([common.scale, stacked.scale + extra])
    assert outcome == pytest.approx([common.scale, stacked.scale])
    assert legend(ax) == ["m", "y"]
    assert "one for each" in ax.get_title()


# Delta method and effects


def test_tangent_draws_curve_and_tangent_and_both_intervals():
    ax = plots.tangent(np.exp, 1.0, 0.5)
    curve, straight = ax.lines[:2]
    grid = curve.get_xdata()
    assert curve.get_ydata() == pytest.approx(np.exp(grid))
    assert straight.get_ydata() == pytest.approx(np.e * (1 + grid - 1.0))
    by_curve, by_tangent = (line.get_ydata() for line in ax.lines if line.get_linewidth() == 6)
    assert by_curve == pytest.approx([np.exp(0.5), np.exp(1.5)])
    assert by_tangent == pytest.approx([np.e * 0.5, np.e * 1.5])
    assert "2.718 $\\pm$ 1.359" in legend(ax)[2]


def test_tangent_takes_a_derivative_as_number_or_function():
    for derivative in (2.0, lambda value: 2 * value):
        ax = plots.tangent(lambda value: value**2, 1.0, 0.1, derivative)
        assert "(slope 2.000)" in legend(ax)[2]


def test_tangent_copes_with_a_curve_that_ends_and_refuses_one_that_ends_too_early():
    ax = plots.tangent(np.log, 1.0, 0.5)  # not defined at 1 - 2.6 * .5
    assert np.isnan(ax.lines[0].get_ydata()).any()
    with np.errstate(all="ignore"), pytest.raises(mt.MlmedError, match="one standard error away"):
        plots.tangent(np.log, 1.0, 1.5)
    with pytest.raises(mt.MlmedError, match="se must be above 0"):
        plots.tangent(np.exp, 1.0, 0.0)
    with pytest.raises(mt.MlmedError, match="derivative must be a number"):
        plots.tangent(np.exp, 1.0, 0.1, derivative="steep")


def test_sampling_distribution_compares_draws_with_the_normal_curve():
    draws = spread_alike()
    ax = plots.sampling_distribution(draws, 0.1, 0.02, truth=0.11, xlabel="cov(a_j, b_j)")
    assert sum(bar.get_height() * bar.get_width() for bar in ax.patches) == pytest.approx(1)
    curve = ax.lines[0]
    assert curve.get_ydata() == pytest.approx(stats.norm.pdf(curve.get_xdata(), 0.1, 0.02))
    assert f"4,000 simulated estimates: sd {draws.std(ddof=1):.3f}" in legend(ax)
    assert "true value 0.110" in legend(ax)
    assert "alike" in ax.get_title()
    assert "50% above" in plots.sampling_distribution(draws, 0.1, 1.5 * draws.std(ddof=1)).get_title()
    centred = plots.sampling_distribution(draws, None, 0.02).lines[0]
    assert centred.get_xdata()[np.argmax(centred.get_ydata())] == pytest.approx(draws.mean(), abs=0.001)


def test_sampling_distribution_refuses_draws_that_are_missing_or_equal():
    with pytest.raises(mt.MlmedError, match="1 of 3 are missing"):
        plots.sampling_distribution([0.1, np.nan, 0.2], 0.1, 0.02)
    for draws in ([0.1], [0.1, 0.1], ["a", "b"]):
        with pytest.raises(mt.MlmedError, match="at least two finite numbers"):
            plots.sampling_distribution(draws, 0.1, 0.02)


def test_effect_parts_add_up_to_the_total_effect(stacked):
    effects = mt.effects(stacked)
    ax = plots.effect_parts(effects)
    bars = [container[0] for container in ax.containers]
    assert [bar.get_width() for bar in bars] == pytest.approx([effects.a * effects.b, effects.cov_ab, effects.cprime])
    assert bars[2].get_x() == pytest.approx(effects.indirect.estimate)
    assert bars[2].get_x() + bars[2].get_width() == pytest.approx(effects.total.estimate)
    assert len({bar.get_y() for bar in bars}) == 1
    ends = sorted(max(line.get_xdata()) for line in ax.lines if len(line.get_xdata()) == 4)
    assert ends == pytest.approx([effects.indirect.estimate, effects.total.estimate])
    with pytest.raises(mt.MlmedError, match="effect_parts needs"):
        plots.effect_parts(stacked)


def test_effect_parts_of_different_signs_do_not_hide_each_other(df):
    effects = mt.mediate(df.assign(x=-df["x"]))  # a and c' change sign, and so does the covariance
    assert effects.cov_ab < 0 and effects.cprime < 0
    effects.cprime *= -1
    effects.total = Effect("", "total", effects.indirect.estimate + effects.cprime, 0.1)
    bars = [container[0] for container in plots.effect_parts(effects).containers]
    assert len({bar.get_y() for bar in bars}) == 3
    assert sum(bar.get_width() for bar in bars) == pytest.approx(effects.total.estimate)


def test_effect_intervals_show_estimates_limits_and_whether_zero_is_inside():
    frame = pd.DataFrame(
        {"estimate": [0.5, -0.1], "ci low": [0.3, -0.4], "ci high": [0.8, 0.2]}, index=["indirect", "direct"]
    )
    ax = plots.effect_intervals(frame)
    points, _, (bars,) = ax.containers[0]
    assert points.get_xdata() == pytest.approx([0.5, -0.1])
    assert [segment[:, 0].tolist() for segment in bars.get_segments()] == [
        pytest.approx([0.3, 0.8]),
        pytest.approx([-0.4, 0.2]),
    ]
    assert {"0.500 [0.300, 0.800]", "-0.100 [-0.400, 0.200]", "indirect", "direct"} <= set(texts(ax))
    assert ax.get_title() == "1 of the 2 intervals includes zero"
    assert any(list(line.get_xdata()) == [0, 0] for line in ax.lines)


def test_effect_intervals_refuse_wrong_tables():
    frame = pd.DataFrame({"estimate": [0.5], "ci low": [0.3], "ci high": [0.8]}, index=["indirect"])
    with pytest.raises(mt.MlmedError, match="no column 'ci high'"):
        plots.effect_intervals(frame.drop(columns="ci high"))
    with pytest.raises(mt.MlmedError, match="'ci low' must hold a finite number"):
        plots.effect_intervals(frame.assign(**{"ci low": np.nan}))
    with pytest.raises(mt.MlmedError, match="'indirect' does not hold its estimate"):
        plots.effect_intervals(frame.assign(estimate=0.9))


def test_a_profile_shows_its_limits_and_says_on_which_side_the_likelihood_falls_faster():
    ax = plots.profile_curve(profile(), 0.05)
    assert [text.get_text() for text in ax.texts] == ["0.370", "0.590"]
    assert "faster on the left" in ax.get_title()
    assert "faster on the right" in plots.profile_curve(profile(0.3, 0.5), 0.05).get_title()
    assert "both sides" in plots.profile_curve(profile(0.37, 0.57), 0.05).get_title()
    values, wald = ax.lines[1].get_data()
    np.testing.assert_allclose(wald, ((values - 0.47) / 0.05) ** 2)


@pytest.mark.parametrize("given, se", [(None, 0.05), (profile(), 0.0)])
def test_what_is_no_profile_or_no_standard_error_is_refused(given, se):
    with pytest.raises(mt.MlmedError):
        plots.profile_curve(given, se)


def test_effects_of_clusters_stand_beside_product_and_average():
    ax = plots.cluster_effects([0.1, 0.2, 0.6], 0.2, 0.3)
    product, average = (line.get_xdata()[0] for line in ax.lines)
    assert (product, average) == (0.2, 0.3)
    assert "mean of the clusters: 0.300" in ax.get_legend().get_texts()[1].get_text()
    with pytest.raises(mt.MlmedError, match="not all equal"):
        plots.cluster_effects([0.1, np.nan], 0.2, 0.3)
