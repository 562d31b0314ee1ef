"""Pictures of a mediation: effects of the clusters, path diagrams with estimates, intervals of both levels."""

import numpy as np
import pandas as pd
import pytest
from helpers.pictures import BETWEEN, WITHIN, assert_readable, figure_of, legend, predictions, texts
from matplotlib import pyplot as plt
from matplotlib.collections import LineCollection
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path
from scipy import stats

import mlmed_teach as mt
from mlmed_teach import plots
from mlmed_teach.stacked_model import Effect, LevelEffects

Z = stats.norm.ppf(0.975)
SD = {"a": 0.35, "b": 0.336, "cprime": 0.16}
LONG = ("job_satisfaction", "hours of sleep", "perceived_supervisor_support")


# Caterpillar plot


def dots(ax):
    """Groups of clusters that are drawn alike, and the positions of all clusters."""
    groups = [line for line in ax.lines if line.get_label() == "_clusters"]
    points = np.vstack([np.column_stack(line.get_data()) for line in groups])
    return groups, points


def intervals(ax):
    return np.vstack([c.get_segments() for c in ax.collections if isinstance(c, LineCollection)])


def line_at(ax, value):
    return [line for line in ax.lines if list(line.get_ydata()) == [value, value]]


@pytest.mark.parametrize("clusters", [3, 100])
def test_caterpillar_sorts_the_clusters_and_draws_95_percent_intervals(clusters):
    table = predictions(clusters)
    ax = plots.caterpillar(table)
    place, value = (0, 1) if clusters > 25 else (1, 0)  # few clusters stand below each other
    _, points = dots(ax)
    points = points[np.argsort(points[:, place])]
    ordered = table.sort_values("indirect")
    assert points[:, place].tolist() == list(range(clusters))
    assert points[:, value] == pytest.approx(ordered["indirect"].to_numpy())
    ends = intervals(ax)
    ends = ends[np.argsort(ends[:, 0, place])]
    assert ends[:, 0, value] == pytest.approx((ordered["indirect"] - Z * ordered["indirect se"]).to_numpy())
    assert ends[:, 1, value] == pytest.approx((ordered["indirect"] + Z * ordered["indirect se"]).to_numpy())


def test_caterpillar_legend_counts_what_the_intervals_say():
    table = predictions()
    value, reach = table["indirect"], Z * table["indirect se"]
    clear = (value - reach > 0) | (value + reach < 0)
    expected = {
        "whole interval above 0": (value > 0) & clear,
        "above 0, interval includes 0": (value > 0) & ~clear,
        "below 0, interval includes 0": (value < 0) & ~clear,
        "whole interval below 0": (value < 0) & clear,
    }
    ax = plots.caterpillar(table, average=0.3)
    assert legend(ax) == ["average indirect effect 0.300", *(f"{sum(which)}: {k}" for k, which in expected.items())]
    groups, _ = dots(ax)
    assert [len(group.get_xdata()) for group in groups] == [which.sum() for which in expected.values()]
    # Told apart without colours: by shape, and by whether the mark is filled.
    looks = [(group.get_marker(), group.get_markerfacecolor() == "white") for group in groups]
    assert len(set(looks)) == 4
    assert len({group.get_color() for group in groups}) == 4


def test_caterpillar_draws_zero_and_the_average_as_the_bold_line():
    ax = plots.caterpillar(predictions(), average=0.3)
    (zero,), (average,) = line_at(ax, 0), line_at(ax, 0.3)
    assert average.get_linewidth() > zero.get_linewidth() > 0
    assert average.get_color() == plots.COLOURS["average"]
    assert not line_at(plots.caterpillar(predictions()), 0.3)


def test_caterpillar_titles_say_how_many_clusters_have_the_other_sign():
    table = predictions()
    below = (table["indirect"] < 0).sum()
    title = f"The indirect effect differs between clusters: {below} of 100 predicted below 0"
    assert plots.caterpillar(table).get_title().replace("\n", " ") == title
    flipped = table.assign(indirect=-table["indirect"])
    ax = plots.caterpillar(flipped, -0.3)
    assert ax.get_title().endswith(f"{below} of 100 predicted above 0")
    assert legend(ax)[-1].endswith("whole interval above 0")
    assert plots.caterpillar(table.assign(indirect=0.5)).get_title().endswith("is the same in all 100 clusters")
    assert "none of 2 predicted" in plots.caterpillar(table.nlargest(2, "indirect")).get_title()
    assert plots.caterpillar(table, title="Of my own").get_title() == "Of my own"


def test_caterpillar_names_few_clusters_and_counts_many():
    table = predictions(3).set_axis(pd.Index(["North", "A school with a very long name", "South"], name="school"))
    ax = plots.caterpillar(table)
    shown = [label.get_text() for label in ax.get_yticklabels()]
    order = table["indirect"].sort_values().index  # from below
    assert [name[:5] for name in shown] == [name[:5] for name in order]
    assert shown[list(order).index("A school with a very long name")].endswith("\N{HORIZONTAL ELLIPSIS}")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted indirect effect", "school")
    many = plots.caterpillar(predictions())
    assert not many.get_xticklabels()
    assert many.get_xlabel() == "100 clusters, sorted by predicted indirect effect"


def test_caterpillar_on_given_axes_names_what_has_room():
    figure, (high, low) = plt.subplots(2, figsize=(7, 9), height_ratios=[5, 1])
    assert plots.caterpillar(predictions(20), ax=high) is high
    assert len(high.get_yticklabels()) == 20
    assert "20 clusters" in plots.caterpillar(predictions(20), ax=low).get_xlabel()


def test_caterpillar_of_thousands_is_a_few_raster_artists():
    ax = plots.caterpillar(predictions(5000), 0.3)
    assert len(intervals(ax)) == 5000
    assert len(ax.lines) + len(ax.collections) <= 10
    assert all(c.get_rasterized() for c in ax.collections)
    assert ax.get_xlabel().startswith("5,000 clusters")


def test_caterpillar_draws_clusters_without_standard_error_as_dots_and_says_so():
    table = predictions(30)
    lacking = table["indirect"].nsmallest(4).index.union(table["indirect"].nlargest(3).index)
    table.loc[lacking, "indirect se"] = np.nan
    below = (table.loc[lacking, "indirect"] < 0).sum()
    assert 0 < below < 7
    ax = plots.caterpillar(table)
    assert len(intervals(ax)) == 23
    assert len(dots(ax)[1]) == 30
    assert legend(ax)[-2:] == [f"{7 - below}: above 0, no standard error", f"{below}: below 0, no standard error"]
    for nothing in (np.nan, None):
        ax = plots.caterpillar(table.assign(**{"indirect se": nothing}))
        assert not ax.collections and len(dots(ax)[1]) == 30
        assert ax.get_legend().get_title().get_text() == "clusters: predictions without intervals"


def test_caterpillar_of_a_slope_writes_its_letter():
    table = predictions().rename(columns={"indirect": "cprime", "indirect se": "cprime se"})
    ax = plots.caterpillar(table, 0.3, effect="cprime")
    assert ax.get_ylabel() == "predicted slope $c'_j$"
    assert ax.get_title().startswith("The slope $c'_j$ differs")
    assert legend(ax)[0] == "average slope $c'$ 0.300"


@pytest.mark.parametrize("clusters", [1, 3, 25, 26, 700])
def test_caterpillar_is_readable_with_any_number_of_clusters(clusters):
    table = predictions(clusters).rename(index=lambda cluster: f"a cluster with a long name, {cluster}")
    table.iloc[::3, 1] = np.nan
    assert_readable(plots.caterpillar(table, -0.1234, effect="indirect").figure)


def test_caterpillar_refuses_what_is_none():
    table = predictions()
    with pytest.raises(mt.MlmedError, match="no column 'total se'"):
        plots.caterpillar(table.assign(total=1.0), effect="total")
    with pytest.raises(mt.MlmedError, match="'indirect' must hold a finite number in every row"):
        plots.caterpillar(table.assign(indirect=table["indirect"].where(table.index > 3)))
    with pytest.raises(mt.MlmedError, match="'indirect' must hold a finite number in every row"):
        plots.caterpillar(table.head(0))
    with pytest.raises(mt.MlmedError, match="'indirect se' does not hold standard errors"):
        plots.caterpillar(table.assign(**{"indirect se": -0.1}))
    with pytest.raises(mt.MlmedError, match="'indirect se' does not hold numbers"):
        plots.caterpillar(table.assign(**{"indirect se": "small"}))
    with pytest.raises(mt.MlmedError, match="average must be one number"):
        plots.caterpillar(table, average="large")


# Path diagrams


def arrows(ax):
    return [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]


def assert_apart(figure):
    """No text covers another one or an arrow, and a text that begins in a box ends in it."""
    assert_readable(figure)
    for ax in figure.axes:
        shown = [text for text in ax.texts if text.get_text()]
        areas = [text.get_window_extent() for text in shown]
        for i, one in enumerate(areas):
            for j in range(i):
                assert not one.overlaps(areas[j]), (shown[i].get_text(), shown[j].get_text())
        for arrow in arrows(ax):
            parts = arrow.get_path().to_polygons(closed_only=False)
            points = ax.transData.transform(np.vstack([Path(part).interpolated(20).vertices for part in parts]))
            for text, area in zip(shown, areas, strict=True):
                assert not area.count_contains(points), text.get_text()
        for box in (patch.get_window_extent() for patch in ax.patches if isinstance(patch, FancyBboxPatch)):
            assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1
            for text, area in zip(shown, areas, strict=True):
                if area.overlaps(box):
                    inside = box.x0 <= area.x0 and area.x1 <= box.x1 and box.y0 <= area.y0 and area.y1 <= box.y1
                    assert inside, text.get_text()


def test_path_diagram_shows_standard_errors():
    shown = texts(plots.path_diagram((0.6119, 0.0472), Effect("", "b", -0.25, 0.5), (0.2, np.nan), (0.099, 0.0245)))
    assert {"$a$ = 0.612 (0.047)", "$b$ = -0.250 (0.500)", "$c'$ = 0.200 (no SE)"} <= set(shown)
    assert {"cov($a_j$, $b_j$) = 0.099 (0.025)", "estimate (standard error)"} <= set(shown)
    assert not any("standard error" in text for text in texts(plots.path_diagram(0.6, 0.6, 0.2, 0.1)))


def test_path_diagram_marks_the_random_slopes():
    shown = texts(plots.path_diagram(**WITHIN, sd=pd.Series({"a": 0.35, "cprime": 0.0})))
    assert {"SD of $a_j$ 0.350", "SD of $c'_j$ 0.000"} <= set(shown)
    assert not any("$b_j$ 0" in text for text in shown)
    assert any("SD: of the slope, over clusters" in text for text in shown)
    assert not any("SD" in text for text in texts(plots.path_diagram(**WITHIN, sd={})))


def test_path_diagram_title_has_the_names_of_the_variables():
    title = plots.path_diagram(labels=("praise", "cost ($)", "gain ($)")).get_title()
    assert title == r"praise acts on gain (\$) directly and through cost (\$)"
    assert plots.path_diagram().get_title() == "x acts on y directly and through m"


def test_path_diagram_keeps_the_size_that_the_lessons_store():
    for options in ({}, {"a": 0.6, "b": 0.6, "cprime": 0.2, "cov_ab": 0.16}):
        assert plots.path_diagram(**options).figure.bbox.size.tolist() == [700, 350]


@pytest.mark.parametrize("sd", [None, SD])
@pytest.mark.parametrize(
    "labels",
    [
        ("x", "m", "y"),
        LONG,
        LONG[::-1],
        ("mood_positive_affect_scale_total_score",) * 3,
        ("Arbeitszufriedenheitsbefragungsscore", "cost ($)", "y"),
    ],
)
def test_diagrams_with_names_of_any_length_stay_readable(labels, sd):
    assert_apart(plots.path_diagram(**WITHIN, labels=labels, sd=sd).figure)
    assert_apart(plots.two_level_diagram(WITHIN, BETWEEN, labels, sd=sd))


def test_diagrams_with_long_numbers_stay_readable():
    wide = {"a": (-1234.5, 0.0000123), "b": (-1.23e-5, 4.56e-6), "cprime": (-1.2e6, np.nan), "cov_ab": (-1e-5, 1.23e-5)}
    ax = plots.path_diagram(**wide, labels=LONG, sd=SD)
    assert_apart(ax.figure)
    assert {"$a$ = -1234.500", "(1.23e-05)"} <= {
        text.replace("\N{MINUS SIGN}", "-") for text in texts(ax)
    }  # in two lines


def test_long_names_are_broken_where_words_end():
    written = texts(plots.path_diagram(labels=LONG))
    assert {"job_satisfaction", "hours of sleep", "perceived_\nsupervisor_support"} <= set(written)


def test_path_diagram_refuses_what_it_cannot_read():
    for wrong, message in [
        ((1, 2, 3), "a number, a text or"),
        ((0.5, -0.1), "cannot be below 0"),
        ((np.nan, 0.1), "The estimate of a is nan"),
        (np.inf, "What stands at the path a is inf"),
    ]:
        with pytest.raises(mt.MlmedError, match=message):
            plots.path_diagram(a=wrong)
    for sd in ({"x": 1.0}, 0.35, ["a"]):
        with pytest.raises(mt.MlmedError, match="sd must be a dict"):
            plots.path_diagram(sd=sd)
    with pytest.raises(mt.MlmedError, match="standard deviation of b is below 0"):
        plots.path_diagram(sd={"b": -1.0})


def test_two_level_diagram_shows_between_above_within():
    figure = plots.two_level_diagram(WITHIN, BETWEEN, LONG, sd=SD)
    between, within = figure.axes
    assert between.get_position().y0 > within.get_position().y1
    assert between.get_title("left") == "Between clusters (cluster means)"
    assert within.get_title("left") == "Within clusters (deviations from the cluster mean)"
    shown = [[text.get_text().replace("\N{MINUS SIGN}", "-") for text in ax.texts] for ax in (between, within)]
    assert {"$a$ = 0.300 (0.110)", "$b$ = -0.100 (0.120)", "$c'$ = 0.200 (0.100)"} <= set(shown[0])
    assert {"$a$ = 0.600 (0.050)", "$b$ = 0.500 (0.040)", "$c'$ = 0.200 (0.040)"} <= set(shown[1])
    assert not any("SD" in text or "cov" in text for text in shown[0])
    assert {"cov($a_j$, $b_j$) = 0.100 (0.030)", "SD of $b_j$ 0.336", "job_satisfaction"} <= set(shown[1])
    assert (len(arrows(between)), len(arrows(within))) == (3, 4)


def test_two_level_diagram_title_gives_the_indirect_effects():
    def title(*levels):
        return plots.two_level_diagram(*levels).get_suptitle().replace("\N{MINUS SIGN}", "-")

    assert title(WITHIN, BETWEEN) == "Indirect effect of x on y: 0.400 within clusters, -0.030 between them"
    assert title(WITHIN | {"cov_ab": None}, None) == "Indirect effect of x on y: 0.300 within clusters"
    assert title({"b": (0.5, 0.1)}, BETWEEN) == "Indirect effect of x on y: -0.030 between clusters"
    assert title({"a": "?", "b": 0.5}, None) == "x acts on y directly and through m"


def test_two_level_diagram_takes_the_levels_of_a_fit():
    def level(where, cov):
        return LevelEffects(
            *(Effect(where, k, *BETWEEN[k]) for k in BETWEEN), cov, *[Effect(where, "indirect", 0.1, 0.1)] * 3
        )

    figure = plots.two_level_diagram(level("within", Effect("within", "cov_ab", 0.1, np.nan)), level("between", None))
    assert [len(arrows(ax)) for ax in figure.axes] == [3, 4]
    assert "cov($a_j$, $b_j$) = 0.100 (no SE)" in texts(figure)
    assert len(plots.two_level_diagram(pd.Series(WITHIN), None).axes) == 1


def test_two_level_diagram_of_a_2_1_1_design_says_that_x_does_not_vary_within_clusters():
    figure = plots.two_level_diagram({"b": (0.5, 0.04)}, BETWEEN, ("treatment", "m", "y"), sd={"a": 0.1, "b": 0.3})
    between, within = figure.axes
    assert (len(arrows(between)), len(arrows(within))) == (3, 1)
    shown = [text.get_text() for text in within.texts]
    assert "does not vary within clusters" in shown and "treatment" in shown
    assert "SD of $b_j$ 0.300" in shown and not any("a_j" in text for text in shown)
    assert_apart(figure)
    only = plots.two_level_diagram(None, BETWEEN, LONG)
    assert [ax.get_title("left") for ax in only.axes] == ["Between clusters (cluster means)"]
    assert_apart(only)


def test_two_level_diagram_refuses_wrong_levels():
    for within, between, message in [
        (None, None, "at least one level"),
        ({}, None, "at least one level"),
        (WITHIN, WITHIN, "belongs to the paths a and b within"),
        ({"a": 0.5, "cov_ab": 0.1}, None, "belongs to the paths a and b within"),
        ({"c": 0.5}, None, "within has a path 'c'"),
        (None, (0.5, 0.1), "between must be a dict"),
    ]:
        with pytest.raises(mt.MlmedError, match=message):
            plots.two_level_diagram(within, between)
    with pytest.raises(mt.MlmedError, match="three names"):
        plots.two_level_diagram(WITHIN, BETWEEN, labels="xmy")


# Intervals of effects


def both_levels(rows=6):
    names = [f"{where}: {kind}" for where in ("within", "between", "other") for kind in ("indirect", "direct", "total")]
    estimate = np.linspace(-0.3, 0.7, rows)
    values = {"estimate": estimate, "se": 0.1, "ci low": estimate - 0.196, "ci high": estimate + 0.196}
    return pd.DataFrame(values, index=names[:rows])


@pytest.mark.parametrize("rows", [3, 6, 9])
def test_effect_intervals_of_several_levels_are_apart_and_readable(rows):
    ax = plots.effect_intervals(both_levels(rows))
    lines = [line.get_ydata()[0] for line in ax.lines if list(line.get_xdata()) == [0, 1]]
    assert lines == [place - 0.5 for place in range(3, rows, 3)]
    assert [label.get_text() for label in ax.get_yticklabels()] == list(both_levels(rows).index)
    assert_readable(ax.figure)
    ticks = [label.get_window_extent() for label in ax.get_xticklabels()]
    assert not any(one.overlaps(other) for one, other in zip(ticks, ticks[1:], strict=False))


def test_effect_intervals_draw_a_dot_where_there_is_no_standard_error():
    frame = both_levels()
    lacking = ["within: indirect", "within: total"]
    frame.loc[lacking, ["se", "ci low", "ci high"]] = np.nan
    ax = plots.effect_intervals(frame)
    points, _, (bars,) = ax.containers[0]
    assert points.get_xdata() == pytest.approx(frame["estimate"].to_numpy())
    drawn = [segment for segment in bars.get_segments() if np.isfinite(segment).all() and len(segment)]
    assert len(drawn) == 4
    shown = texts(ax)
    assert "-0.300, no interval" in shown and "0.100, no interval" in shown
    # Of the others, direct within is [-.296, .096].
    assert ax.get_title() == "1 of the 4 intervals includes zero; 2 effects have none"
    assert plots.effect_intervals(frame.loc[lacking]).get_title() == "No standard errors, so no intervals"
    assert_readable(figure_of(ax))


def test_effect_intervals_still_refuse_half_an_interval():
    frame = both_levels()
    frame.loc["within: direct", "ci low"] = np.nan
    with pytest.raises(mt.MlmedError, match="'ci low' must hold a finite number"):
        plots.effect_intervals(frame)
