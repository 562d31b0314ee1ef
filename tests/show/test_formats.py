"""Numbers look as Stata prints them; HTML tables are safe, plain and accessible."""

import math

import numpy as np
import pandas as pd
import pytest

from mlmed_teach import published
from mlmed_teach.show.numbers import fixed, stata_number
from mlmed_teach.show.tables import escape, html_table, text_table

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
