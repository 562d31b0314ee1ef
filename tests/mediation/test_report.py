"""The report says what was fitted, and every number in it is one of the fit, in Markdown and in HTML alike."""

import html
import math
import re

import numpy as np
import pytest
from helpers.fits import mediate_quietly
from scipy import stats

import mlmed_teach as mt
from mlmed_teach.show import p_value
from mlmed_teach.stacked_model import where

ALONE = ["\N{EN DASH}"] * 4  # what stands beside an estimate without a standard error
LABELS = {
    "a": "*a*: x \N{RIGHTWARDS ARROW} m",
    "b": "*b*: m \N{RIGHTWARDS ARROW} y",
    "cprime": "*c\N{PRIME}*: x \N{RIGHTWARDS ARROW} y",
    "cov_ab": "cov(*a*, *b*) over clusters",
}
LETTERS = {"a": "*a*", "b": "*b*", "cprime": "*c\N{PRIME}*"}


def rows_of(report):
    """Cells of the Markdown table, without its head; a heading is its text alone."""
    lines = [line for line in report.splitlines() if line.startswith("|")]
    head = r"\|  \| Estimate \| \*SE\* \| (\*z\*|\*t\*\(\d+\)) \| \*p\* \| 95% CI \|"
    assert re.fullmatch(head, lines[0]) and lines[1] == "|:---|" + "---:|" * 5
    rows = [line[2:-2].split(" | ") for line in lines[2:]]
    assert {len(row) for row in rows} == {6}
    return [row[0].strip("*") if not any(row[1:]) else row for row in rows]


def rows_of_html(report):
    """The same of the HTML table, as far as text goes."""
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall(r"<tr.*?</tr>", report.html)]
    texts = [[html.unescape(re.sub(r"</?em>", "*", cell)) for cell in row] for row in rows]
    return texts[0], [row[0] if len(row) == 1 else row for row in texts[1:]]


def assert_rounded(text, value):
    """A number of a text is this one, rounded to the decimals that it shows."""
    text = text.replace("\N{MINUS SIGN}", "-").replace(",", "")
    assert float(text) == round(value, len(text.partition(".")[2])), (text, value)


def assert_row(row, label, effect):
    name, estimate, se, z, p, interval = row
    assert name == label
    low, high = re.fullmatch(r"\[(.*), (.*)\]", interval).groups()
    for text, value in zip((estimate, se, low, high), (effect.estimate, effect.se, *effect.ci), strict=True):
        assert_rounded(text, value)
    assert len({text.partition(".")[2] and len(text.partition(".")[2]) for text in (estimate, se, low, high)}) == 1
    assert float(se) == pytest.approx(effect.se, rel=0.05)  # two digits of it at least
    assert_rounded(z, effect.z)
    assert len(z.partition(".")[2]) == 2
    assert p == p_value(effect.p).removeprefix("= ")


def assert_table(med):
    """The rows of effects, paths and differences in their order, then the standard deviations."""
    rows, expected = rows_of(med.report()), []
    for level in med.shown_levels:
        expected += [where(level.level).strip().capitalize()] if level.level else []
        expected += [(f"{effect.kind.capitalize()} effect", effect) for effect in level.effects]
        expected += [(LABELS[path.kind], path) for path in level.paths]
    if med.between:
        for means, differences in (("latent", med.latent.differences), ("observed", med.differences)):
            expected += [f"Between ({means} means) minus within"]
            expected += [(LABELS[path.kind], path) for path in differences]
    for row, wanted in zip(rows, expected, strict=False):
        if isinstance(wanted, str):
            assert row == wanted
        else:
            assert_row(row, *wanted)
    assert rows[len(expected)] == "Standard deviations"
    spread = {f"{LETTERS[path]} over clusters": sd for path, sd in med.sd_slopes.items()}
    spread |= {f"Residual of {role}": math.sqrt(med.residual_variances[role]) for role in "my"}
    rest = rows[len(expected) + 1 :]
    assert [row[0] for row in rest] == list(spread)
    for row in rest:
        assert_rounded(row[1], spread[row[0]])
        assert row[2:] == ALONE


def test_every_number_of_the_table_is_one_of_the_fit(med):
    assert_table(med)


def test_each_sort_of_number_has_the_decimals_of_its_unit(df):
    """With x in thousandths, a and c' have three decimals more and b has none."""
    fits = [mediate_quietly(df.assign(x=df["x"] * unit), random=("a",)) for unit in (1, 1000)]
    decimals = [
        {row[0]: [len(text.partition(".")[2]) for text in row[1:3]] for row in rows_of(med.report()) if row[2:3]}
        for med in fits
    ]
    for label, more in {LABELS["a"]: 3, LABELS["b"]: 0, LABELS["cprime"]: 3, "Indirect effect": 3}.items():
        assert decimals[1][label] == [count + more for count in decimals[0][label]], label


def test_table_of_a_decomposed_model_has_both_levels_and_their_difference(levels):
    assert_table(levels[1])


@pytest.mark.parametrize("which", ["med", "levels"])
def test_html_table_has_the_cells_of_the_other(which, request):
    found = request.getfixturevalue(which)
    report = (found[1] if which == "levels" else found).report()
    head, rows = rows_of_html(report)
    df = (found[1] if which == "levels" else found).effects[0].df
    statistic = "*z*" if math.isinf(df) else f"*t*({df:.0f})"
    assert head == ["", "Estimate", "*SE*", statistic, "*p*", "95% CI"]
    assert rows == rows_of(report)
    headings = sum(isinstance(row, str) for row in rows)
    assert report.html.count('scope="rowgroup" colspan="6"') == headings
    assert report.html.count('scope="row"') == len(rows) - headings


def test_numbers_of_the_text_are_those_of_the_fit(med):
    report = med.report()
    statistics = r"(\S+), \*SE\* = (\S+), \*z\* = (\S+), \*p\* (. \.\d+), 95% CI \[(\S+), (\S+)\]"
    for effect in med.effects:
        said = re.search(rf"average {effect.kind} effect(?:, \S+ \+ \S+ \S+)?(?: was)? {statistics}", report)
        estimate, se, z, p, low, high = said.groups()
        values = (effect.estimate, effect.se, effect.z, *effect.ci)
        for text, value in zip((estimate, se, z, low, high), values, strict=True):
            assert_rounded(text, value)
        assert p == p_value(effect.p)
    assert "*ab* + cov(*a*, *b*), was" in report


def test_text_of_a_decomposed_model_tells_the_levels_apart(levels):
    table, med = levels
    report = med.report()
    assert "average indirect effect within clusters, *ab* + cov(*a*, *b*), was" in report
    assert "The indirect effect between clusters, *ab*, was" in report  # of latent means
    assert "With observed cluster means the indirect effect between clusters, *ab*, was" in report
    (b,) = [path for path in med.latent.differences if path.kind == "b"]
    said = re.search(r"Path \*b\* between \(latent means\) minus within clusters was (\S+), \*SE\* = (\S+),", report)
    assert_rounded(said[1], b.estimate)
    assert_rounded(said[2], b.se)
    size = table["id"].value_counts()
    assert f"({len(table)} observations in 80 clusters of id, {size.min()} to {size.max()} each)" in report
    assert "centred within clusters" in report and "Zhang, Z." in report and "Bauer, D. J." in report


def test_model_is_described_as_it_was_fitted(med):
    report = med.report()
    assert "1-1-1 multilevel mediation model (800 observations in 100 clusters of id, 8 each)" in report
    assert "random slopes of the paths *a*, *b* and *c\N{PRIME}*, which were free to covary" in report
    assert "not centred" in report and "Zhang" not in report
    assert "*Note.* 800 observations in 100 clusters." in report
    assert "Multilevel Mediation of x on y by m" in report and "Covariates" not in report


@pytest.mark.parametrize(
    ("random", "words"),
    [
        (("a", "b"), "random intercepts and random slopes of the paths *a* and *b*, which"),
        (("b",), "random intercepts and a random slope of the path *b*, which"),
        ((), "random intercepts, which"),
    ],
)
def test_random_slopes_are_named(df, random, words):
    med = mediate_quietly(df, random=random)
    report = med.report()
    assert words in report
    assert ("cov(*a*, *b*)" in report) == (len(random) == 2)
    assert ("the same indirect effect in all clusters" in report) == (not random)


def test_spread_over_clusters_is_that_of_the_predictions(med):
    spread = med.cluster_effects()
    said = re.search(r"a standard deviation of (\S+) around the average; for (\d+\.\d)% of clusters", med.report())
    assert_rounded(said[1], spread.sd)
    assert_rounded(said[2], 100 * spread.share_other_sign)
    assert 0.001 < spread.share_other_sign < 0.5


def test_a_share_too_small_to_print_is_not_called_zero():
    population = mt.Population(a=2.0, b=2.0, var_a=0.05, var_b=0.05, cov_ab=0.0)
    med = mt.mediate(mt.simulate(population, clusters=60, size=12, seed=1), random=("a", "b"))
    assert 0 <= med.cluster_effects().share_other_sign < 0.001
    assert "for less than 0.1% of clusters" in med.report()


@pytest.mark.parametrize(
    ("covariates", "sentence", "headings"),
    [
        (["age", "score"], "Covariates of both equations: age and score.", {"m": "age score", "y": "age score"}),
        ({"m": ["age"]}, "Covariates (equation): age (m).", {"m": "age"}),
        ({"m": ["age"], "y": ["score"]}, "Covariates (equation): age (m); score (y).", {"m": "age", "y": "score"}),
    ],
)
def test_covariates_stand_under_the_equation_that_has_them(df, covariates, sentence, headings):
    rng = np.random.default_rng(0)
    table = df.assign(age=rng.normal(40, 10, len(df)), score=rng.normal(size=len(df)))
    med = mediate_quietly(table, covariates=covariates, random=("a",))
    report = med.report()
    assert sentence in report
    rows = rows_of(report)
    assert {equation for equation in "my" if f"Covariates of {equation}" in rows} == set(headings)
    for equation, names in headings.items():
        first = rows.index(f"Covariates of {equation}") + 1
        for at, name in enumerate(names.split()):
            row, found = rows[first + at], med.fit.coefficients.loc[f"s{equation}:{name}"]
            assert row[0] == name
            for text, column in zip(row[1:4], ("coef", "se", "z"), strict=True):
                assert_rounded(text, found[column])


def test_on_the_boundary_every_effect_has_a_standard_error_and_the_report_says_where_the_fit_lies():
    med = mediate_quietly(mt.simulate(clusters=25, size=4, seed=1))
    report = med.report()
    rows = {row[0]: row for row in rows_of(report) if isinstance(row, list)}
    for kind, effect in (("Indirect", med.indirect), ("Direct", med.direct), ("Total", med.total)):
        assert math.isfinite(effect.se)
        assert_row(rows[f"{kind} effect"], f"{kind} effect", effect)
    assert "Boundary: " in report and "nan" not in report.lower()


def test_with_few_clusters_joint_statistics_are_those_of_t_and_the_page_says_so():
    """25 clusters: t with 24 df; gls stays normal, as Stata's; from 100 clusters on all are normal."""
    table = mt.simulate(clusters=25, size=8, seed=4)
    for se, distribution in (("joint", stats.t(24)), ("robust", stats.t(24)), ("gls", stats.norm())):
        med = mediate_quietly(table, se=se)
        effect = med.indirect
        assert effect.ci[1] - effect.estimate == pytest.approx(distribution.ppf(0.975) * effect.se)
        assert effect.p == pytest.approx(2 * distribution.sf(abs(effect.z)))
        assert ("t with 24 df" in " ".join(med.summary().split())) == ("*t*(24) = " in med.report()) == (se != "gls")
    assert math.isinf(mediate_quietly(mt.simulate(seed=1)).indirect.df)


def test_names_with_signs_that_mean_something_are_quoted(df):
    table = df.rename(columns={"x": "a_b*c", "m": "m|n", "y": "<y>"})
    report = mt.mediate(table, x="a_b*c", m="m|n", y="<y>").report()
    assert r"a\_b\*c" in report and r"m\|n" in report and r"\<y\>" in report
    assert "a_b*c" in report.html and "&lt;y&gt;" in report.html and "<y>" not in report.html


def test_report_is_text_and_shows_itself_as_html(med):
    report = med.report()
    assert isinstance(report, str) and report.markdown == str(report) == repr(report)
    assert report._repr_html_() == report.html and report.html.startswith("<div>")
    for text in (report, report.html):
        for part in ("restricted maximum likelihood", "References", "Table 1", mt.__version__):
            assert part in text
