"""What the report says of an unmeasured common cause: numbers of `sensitivity`, at the levels that the model has."""

import re

import numpy as np
import pytest
from helpers.fits import mediate_quietly

import mlmed_teach as mt

INTRODUCED = "Sensitivity to an unmeasured common cause of"


def paragraph(report):
    """The one about sensitivity."""
    (found,) = [part for part in report.split("\n\n") if part.startswith(INTRODUCED)]
    return found.replace("\N{MINUS SIGN}", "-")


@pytest.fixture(scope="module")
def med():
    return mediate_quietly(mt.load_ml_sim())


@pytest.fixture(scope="module")
def both():
    population = mt.Population(b_between=0.2, mean_of_m="latent")
    return mediate_quietly(mt.simulate(population, 150, 8, seed=4), random=("a", "b", "cprime"), decompose=True)


def test_it_is_there_when_it_is_asked_for(med):
    plain = med.report()
    assert INTRODUCED not in plain and "Imai" not in plain and INTRODUCED not in plain.html
    assert med.report(sensitivity=False) == plain
    report = med.report(sensitivity=True)
    assert paragraph(report) and "Imai, K., Keele, L." in report and "Imai, K., Keele, L." in report.html
    assert INTRODUCED in report.html
    rest = report.replace(next(part for part in report.split("\n\n") if part.startswith(INTRODUCED)) + "\n\n", "")
    assert [line for line in rest.splitlines() if "Imai" not in line] == plain.splitlines()


def test_its_numbers_are_those_of_sensitivity(med):
    what_if = med.sensitivity()
    text = paragraph(med.report(sensitivity=True))
    zero, ci = re.search(r"residual correlation of (\S+), and its 95% .* would include 0 from (\S+) on", text).groups()
    assert float(zero) == round(what_if.rho_zero, 2)
    assert what_if.rho_ci <= float(ci) < what_if.rho_ci + 0.01  # rounded up: there the interval does hold 0
    low = med.sensitivity(float(ci)).loc[(float(ci), "indirect"), "ci low"]
    assert low <= 0
    assert f"makes up {100 * what_if.rho_zero:.1f}% of the variance of either residual" in text
    assert "With a correlation of" not in text and "clusters would be 0" not in text


def test_effects_for_correlations_that_are_given(med):
    text = paragraph(med.report(sensitivity=[0.3, -0.2]))
    found = re.findall(r"of (-?0\.\d\d) it would be (\S+) \(\*SE\* = (\S+), 95% CI \[(\S+), (\S+)\]\)", text)
    assert [float(rho) for rho, *_ in found] == [0.3, -0.2]
    for rho, *numbers in found:
        row = med.sensitivity(float(rho)).loc[(float(rho), "indirect"), ["estimate", "se", "ci low", "ci high"]]
        assert [float(number) for number in numbers] == [round(value, 3) for value in row]
    assert "With a correlation of 0.00 it would be" in paragraph(med.report(sensitivity=0))


def test_a_decomposed_model_has_two_tipping_points(both):
    text = paragraph(both.report(sensitivity=0.1))
    for level in ("within", "between"):
        what_if = both.sensitivity(level=level)
        assert (
            f"indirect effect {level} clusters would be 0 with a residual correlation of {what_if.rho_zero:.2f}" in text
        )
    assert text.count("With a correlation of 0.10 it would be") == 2


def test_a_level_without_one_is_named_and_none_at_all_is_refused():
    table = mt.simulate(mt.Population(b_between=0.2, mean_of_m="latent"), 150, 8, seed=4)
    alone = mediate_quietly(table, random=("a", "b"), decompose=True)
    text = paragraph(alone.report(sensitivity=True))
    assert "between clusters would be 0" in text and "within clusters would be 0" not in text
    assert "For the effect within clusters this model has no such analysis." in text
    with pytest.raises(mt.MlmedError, match="add its slope"):
        mediate_quietly(table, random=("a", "b")).report(sensitivity=True)


def test_of_a_2_1_1_design_it_is_about_clusters():
    table = mt.simulate(clusters=80, size=6, seed=2)
    table["x"] = table.groupby("id")["x"].transform("mean")
    med = mediate_quietly(table, random="auto", decompose=True)
    text = paragraph(med.report(sensitivity=True))
    assert "between clusters would be 0" in text and "within clusters" not in text


def test_an_interval_that_holds_0_anyway_needs_no_correlation():
    table = mt.load_ml_sim().assign(y=np.random.default_rng(2).normal(size=800))
    text = paragraph(mediate_quietly(table, random=()).report(sensitivity=True))
    assert "interval includes 0 without any" in text


def test_names_with_signs_are_taken_as_they_are(df):
    report = mediate_quietly(df.rename(columns={"m": "m|n", "y": "<y>"}), m="m|n", y="<y>").report(sensitivity=True)
    assert r"common cause that moves m\|n and \<y\> the same way" in report
    assert "common cause that moves m|n and &lt;y&gt; the same way" in report.html


@pytest.mark.parametrize("wrong", ["yes", 1.2, [0.1, 0.1], [], None])
def test_what_is_no_correlation_is_refused(med, wrong):
    with pytest.raises(mt.MlmedError, match="rho"):
        med.report(sensitivity=wrong)
