"""Numbers look as Stata prints them, or as a text or a picture needs them; HTML tables are safe, plain, accessible."""

import math

import numpy as np
import pandas as pd
import pytest

from mlmed_teach import published
from mlmed_teach.show import (
    escape,
    fixed,
    html_table,
    limit_heads,
    p_value,
    percent,
    picture_number,
    precise_number,
    stata_number,
    text_table,
    typeset,
    wrapped_notes,
)

# Which columns of the page Stata prints with a fixed number of decimals; all other figures are in general format.
FIXED = {"z", "p", "percent", "cum", "obs avg", "Wald chi2", "Wald p", "LR chi2", "LR p", "obs per group, avg"}


def is_fixed(row):
    if "listing" in row.section:  # z is a variable there
        return False
    return row.section == "corr" or row.quantity.rpartition(": ")[2] in FIXED


def published_strings(wanted):
    return [row.printed for row in published.table().itertuples() if is_fixed(row) == wanted]


def test_general_format_reproduces_every_string_on_the_page():
    strings = published_strings(False)
    assert len(strings) > 300
    for text in strings:
        width = 10 if len(text.lstrip("-").replace(".", "")) == 8 else 9
        assert stata_number(float(text), width) == text


def test_general_format_does_not_depend_on_digits_beyond_those_shown():
    for text in published_strings(False):
        if "." in text:
            width = 10 if len(text.lstrip("-").replace(".", "")) == 8 else 9
            assert stata_number(float(text) * (1 + 1e-10), width) == text


def test_fixed_format_reproduces_every_string_on_the_page():
    strings = published_strings(True)
    assert len(strings) > 50
    for text in strings:
        assert fixed(float(text), len(text.partition(".")[2])) == text


@pytest.mark.parametrize(
    ("value", "width", "text"),
    [
        (math.pi, 9, "3.141593"),  # display %9.0g _pi
        (math.pi, 10, "3.1415927"),  # display _pi
        (1 / 3, 9, ".3333333"),
        (-1 / 3, 10, "-.33333333"),
        (0.0, 9, "0"),
        (-0.0, 9, "0"),
        (0.99999999, 9, "1"),
        (9.99999999, 9, "10"),
        (1234567, 9, "1234567"),
        (1e7, 9, "1.00e+07"),
        (9999999.6, 9, "1.00e+07"),
        (-12345678, 9, "-1.23e+07"),
        (12345678, 10, "12345678"),
        (1e-5, 9, ".00001"),
        (0.0000123, 9, ".0000123"),
        (0.00000912, 9, "9.12e-06"),
        (2e-5 / 3, 10, "6.667e-06"),
        (np.finfo(float).max, 10, "1.798e+308"),
        (-np.finfo(float).max, 9, "-1.8e+308"),
    ],
)
def test_general_format_handles_large_small_and_carried_numbers(value, width, text):
    assert stata_number(value, width) == text


def test_general_format_never_exceeds_its_width():
    rng = np.random.default_rng(1)
    for value in rng.normal(size=2000) * 10.0 ** rng.uniform(-12, 12, 2000):
        for width in (8, 9, 10):
            text = stata_number(value, width)
            assert len(text) <= width
            assert float(text) == pytest.approx(value, rel=10.0 ** (8 - width))


@pytest.mark.parametrize("missing", [None, math.nan, np.nan, pd.NA])
def test_missing_values_are_a_point(missing):
    assert stata_number(missing) == "."
    assert fixed(missing, 3) == "."


def test_infinite_values_are_not_shown_as_missing():
    assert [stata_number(math.inf), stata_number(-math.inf)] == ["inf", "-inf"]
    assert [stata_number(10**400), stata_number(-(10**400))] == ["inf", "-inf"]  # integers that no float holds


def test_general_format_is_that_of_estimates_unless_asked_for():
    assert stata_number(1 / 3) == stata_number(1 / 3, 9) == ".3333333"


@pytest.mark.parametrize(
    ("value", "precision", "text"),
    [
        (0.4725466, 0.0533, "0.473"),
        (-0.4725466, 0.0533, "\N{MINUS SIGN}0.473"),
        (0.4725466, None, "0.473"),
        (1234.5678, 12.3, "1,235"),
        (1234.5678, 0.0123, "1,234.568"),
        (-0.4725466, None, "\N{MINUS SIGN}0.473"),
        (0.0, None, "0.00"),
        (0.5, math.nan, "0.500"),
        (0.5, 0.0, "0.500"),
        (3.21e-10, None, "3.21e\N{MINUS SIGN}10"),
        (math.nan, 0.1, "\N{EN DASH}"),
    ],
)
def test_in_a_text_the_precision_decides_about_decimals(value, precision, text):
    assert precise_number(value, precision) == text


@pytest.mark.parametrize(
    ("value", "like", "text"),
    [
        (0.61185, None, "0.612"),
        (-0.61185, None, "\N{MINUS SIGN}0.612"),
        (0.0, None, "0.000"),
        (1234.5, None, "1.23e+03"),
        (0.0007, None, "0.0007"),
        (0.0007, 0.07, "0.001"),
        (0.5, math.nan, "0.500"),
        (0.5, 0.0, "0.500"),
        (-0.5, None, "\N{MINUS SIGN}0.500"),
        (0.01, None, "0.010"),
        (1000.4, None, "1e+03"),
        (-50.0, 0.0001, "\N{MINUS SIGN}50.000"),
    ],
)
def test_in_a_picture_numbers_have_three_decimals_or_three_digits(value, like, text):
    assert picture_number(value, like) == text


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.0342, "= .034"),
        (0.5, "= .500"),
        (0.001, "= .001"),
        (0.00099, "< .001"),
        (0.0, "< .001"),
        (0.9996, "> .999"),
        (math.nan, "= \N{EN DASH}"),
    ],
)
def test_p_values_are_in_apa_style(p, text):
    assert p_value(p) == text


def test_shares_are_in_percent():
    assert [percent(0.95), percent(0.999), percent(0.0342, 1), percent(0.5, 0)] == ["95%", "99.9%", "3.4%", "50%"]
    assert limit_heads(0.9) == ["90% low", "90% high"]


def test_minus_signs_are_true_ones():
    assert typeset(-1.256, ".2f") == "\N{MINUS SIGN}1.26"


def test_html_table_escapes_every_text():
    html = html_table(["<a>", "b&"], [['"q"', "<script>"], "<i>"], caption="x < y", notes=["1 & 2"])
    assert "<script>" not in html and "<i>" not in html and "<a>" not in html
    for text in ("<a>", "b&", '"q"', "<script>", "x < y", "1 & 2"):
        assert escape(text) in html


def test_html_table_has_scopes_and_leaves_colours_to_the_theme():
    html = html_table(["name", "n"], [["x", "1"], None, ["y", "2"], "a remark"])
    assert html.count('scope="col"') == 2 and html.count('scope="row"') == 2
    assert 'colspan="2"' in html
    assert not any(word in html for word in ("color", "background", "#", " id=", "class="))
    ruled = [line for line in html.splitlines() if "border-top" in line]
    assert len(ruled) == 1 and ">y<" in ruled[0]


def test_text_table_widens_its_first_column_for_long_names():
    text = text_table("name", ["n"], [["a_name_longer_than_twelve", "1"], None, ["x", "2"]], [5], 12)
    assert len({line.index("|") for line in text.splitlines() if "|" in line}) == 1
    assert not any(line != line.rstrip() for line in text.splitlines())


def test_notes_are_no_wider_than_the_table_above_them():
    table = text_table("name", ["n"], [["x", "1"]], [5], 12)
    width = len(table.splitlines()[0])
    (note,) = wrapped_notes(["word " * 20], table)
    assert max(map(len, note.splitlines())) <= width and note.split() == ["word"] * 20
    (wider,) = wrapped_notes(["word " * 20], table, 30)
    assert width < max(map(len, wider.splitlines())) <= width + 30
