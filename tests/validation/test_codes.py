"""Values that look like codes for missing: found where they were planted, hardly ever in honest columns."""

import numpy as np
import pandas as pd
import pytest
from helpers.advice import followed

from mlmed_teach.validation import codes_for_missing
from mlmed_teach.validation.codes import suspected_codes

ROWS, TABLES = 450, 200
HONEST = {
    "normal": lambda rng: rng.normal(size=ROWS),
    "whole numbers around 50": lambda rng: np.round(rng.normal(50, 20, ROWS)),
    "lognormal": lambda rng: rng.lognormal(0, 1, ROWS),
    "skewed whole numbers": lambda rng: np.round(rng.lognormal(3, 1, ROWS)),
    "money in hundreds": lambda rng: np.round(rng.lognormal(8, 1, ROWS), -2),
    "prices that end in 9": lambda rng: 10 * np.round(rng.lognormal(2, 1, ROWS)) + 9,
    "few events": lambda rng: rng.poisson(0.3, ROWS),
    "events": lambda rng: rng.poisson(4, ROWS),
    "overdispersed counts": lambda rng: rng.negative_binomial(0.5, 0.1, ROWS),
    "counts with many zeros": lambda rng: np.where(rng.random(ROWS) < 0.6, 0, rng.poisson(5, ROWS)),
    "cigarettes": lambda rng: np.where(rng.random(ROWS) < 0.7, 0, 5 * np.round(rng.lognormal(1, 0.7, ROWS))),
    "outliers": lambda rng: rng.standard_cauchy(ROWS),
    "rounded outliers": lambda rng: np.round(10 * rng.standard_t(2, ROWS)),
    "binary": lambda rng: rng.binomial(1, rng.uniform(0.01, 0.99), ROWS),
    "ages": lambda rng: np.round(rng.uniform(18, rng.uniform(60, 99), ROWS)),
    "doses": lambda rng: rng.choice([0, 1, 3, 9], ROWS),
    "years of school": lambda rng: rng.choice([9, 10, 12, 13, 16], ROWS),
    "slider that ends at 9": lambda rng: np.round(rng.normal(7, 3, ROWS).clip(0, 9), 2),
    "slider": lambda rng: np.round(rng.normal(60, 30, ROWS).clip(0, 100)),
} | {
    f"scale of 1 to {top}": lambda rng, top=top: np.clip(
        np.round(rng.normal(rng.uniform(1, top), rng.uniform(0.7, 2.5), ROWS)), 1, top
    )
    for top in (5, 7, 9, 10)
}


@pytest.mark.parametrize("kind", HONEST)
def test_honest_columns_hardly_ever_draw_the_remark(kind):
    """Of 10,000 columns of each of the 23 kinds, two did, both of whole numbers around 50."""
    rng = np.random.default_rng(list(HONEST).index(kind))
    found = [suspected_codes(HONEST[kind](rng).astype(float)) for _ in range(TABLES)]
    assert not any(found), [codes for codes in found if codes]


SCALE = np.tile(np.arange(1.0, 6), 90)
AGES = np.random.default_rng(1).integers(18, 86, ROWS).astype(float)
TEMPERATURES = np.round(np.random.default_rng(2).normal(37, 0.6, ROWS), 1)
COUNTS = np.random.default_rng(3).poisson(3, ROWS).astype(float)
SLIDER = np.tile(np.arange(0.0, 101), 5)[:ROWS]
SCORES = np.random.default_rng(4).normal(size=ROWS)


@pytest.mark.parametrize(
    "values, codes",
    [
        (SCALE, {9: 1}),
        (SCALE, {99: 18}),
        (SCALE, {9999: 1}),
        (SCALE, {-9: 4}),
        (SCALE, {-1: 20}),
        (SCALE, {88: 7, 99: 12}),
        (SCALE, {-99: 3, 999: 5}),
        (SCALE % 2, {9: 3}),
        (AGES, {99: 12}),
        (AGES, {-9: 2}),
        (TEMPERATURES, {0: 6}),
        (TEMPERATURES, {99: 1}),
        (COUNTS, {99: 1}),
        (COUNTS, {-9: 5}),
        (SLIDER, {999: 1}),
        (SLIDER, {-99: 1}),
        (SCORES, {9: 3}),
        (SCORES, {555: 8}),
        (SCORES, {-99.5: 4}),
    ],
)
def test_planted_codes_are_found_and_counted(values, codes):
    values = values.copy()
    values[: sum(codes.values())] = np.repeat(list(map(float, codes)), list(codes.values()))
    assert suspected_codes(values) == codes


@pytest.mark.parametrize("values", [[], [np.nan], [9.0], [1.0, 99.0], [np.inf, 1, 2, 99], [9.0] * 5 + [np.nan]])
def test_columns_with_hardly_any_values_draw_no_remark(values):
    assert suspected_codes(np.array(values, dtype=float)) == {}


def test_one_outlier_that_is_no_usual_code_draws_no_remark():
    assert suspected_codes(np.append(SCORES, 1234.5)) == {}


@pytest.mark.parametrize("kind", ["int8", "int64", "float32", "float64", "Int64", "Float64", "double[pyarrow]"])
def test_the_line_to_copy_makes_codes_missing_in_columns_of_every_type(kind):
    if "pyarrow" in kind:
        pytest.importorskip("pyarrow")
    first, last = SCALE.copy(), SCALE.copy()
    first[:7], last[-3:] = 99, -9
    table = pd.DataFrame({"a b": first, "it's": last}).astype(kind)
    text = codes_for_missing(table, list(table))
    assert "'a b' has 99 in 7 rows, while all others lie between 1 and 5" in text and '"it\'s" has -9 in 3 rows' in text
    assert list(followed(text, table).isna().sum()) == [7, 3]


def test_text_and_truth_values_are_passed_over():
    table = pd.DataFrame({"text": list("ab") * 20, "truth": [True, False] * 20, "fine": np.arange(40.0)})
    assert codes_for_missing(table, list(table)) == ""
