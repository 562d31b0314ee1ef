"""Damaged tables and options: every call ends in a result or in one message that a student can use."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from helpers.damaged import Case, damaged_stack, pick, sound
from helpers.fits import mediate_quietly
from helpers.how_much import ALL
from helpers.promises import call, check_mediation, check_message, used_names

import mlmed_teach as mt

TABLES, BLOCK = (400 if ALL else 100), 50  # of 1,000 that were looked at
BLOCKS = range(0, TABLES, BLOCK)
OTHER_TABLES = 300
LEAST_RESULTS = 0.33  # share of the calls that must reach a fit, so that refusals alone cannot pass


def options_of_a_fit(seed):
    """The options of a damaged call that reached a fit, None of one that was refused; whatever else is a failure."""
    case = Case(seed)
    result = call(case, case.table, lambda: mt.mediate(case.table, **case.arguments))
    if isinstance(result, mt.MlmedError):
        return check_message(case, result, used_names(case))
    assert isinstance(result, mt.Mediation), case
    call(case, case.table, lambda: check_mediation(case, result, display=seed % 4 == 0))
    return case.options


@pytest.fixture(scope="module")
def outcomes():
    """First seed of a block -> `options_of_a_fit` of its seeds, run by the test that first needs them."""
    return cache(lambda first: [options_of_a_fit(seed) for seed in range(first, first + BLOCK)])


@pytest.mark.parametrize("first", BLOCKS)
def test_every_damaged_table_ends_in_a_result_or_in_a_message(first, outcomes):
    assert len(outcomes(first)) == BLOCK  # none of them raised anything


def test_many_of_the_damaged_tables_reach_a_fit_of_every_kind(outcomes):
    fitted = [options for first in BLOCKS for options in outcomes(first) if options is not None]
    assert len(fitted) > LEAST_RESULTS * TABLES
    decomposed = [options for options in fitted if options.get("decompose")]
    subsets = [options for options in fitted if options.get("random", "auto") not in ("auto", ("a", "b", "cprime"))]
    covariates = [options for options in fitted if options.get("covariates")]
    assert min(len(decomposed), len(subsets), len(covariates)) > 0.1 * TABLES


# ---- the other functions that take a table ---------------------------------------------------------------------------


def call_stack(case, rng):
    return mt.stack(case.table, *(case.arguments[role] for role in ("x", "m", "y", "group")))


def call_fit_stacked(case, rng):
    return mt.fit_stacked(case.table, **case.options)


def call_fit_mixed(case, rng):
    x, m, y, grade, flag = (case.names[name] for name in ("x", "m", "y", "grade", "flag"))
    sound = (
        f"{y} ~ {m} + {x}",
        f"{y} ~ {m} * {x}",
        f"{y} ~ C({grade}) + {x}",
        f"{m} ~ center({x})",
        f"{y} ~ {x} + {flag}",
    )
    wrong = (
        *(f"{y} ~ {grade}", f"{y} ~ I({x}**2)", f"{grade} ~ {x}", f"{y} ~ nowhere", f"{y} ~ {y}", f"{y} ~ 0", f"~ {x}"),
        *(f"{y} ~ {x} | id", "", None, 5, f"{y} ~ ((", f"{y} + {m} ~ {x}", f"{y} ~ .", f"{y} ~ 1/{x}", "y x"),
    )
    formula = pick(rng, *(sound if rng.random() < 0.7 else wrong))
    re_formula = (
        pick(rng, f"~ {x} + {m}", f"~ 0 + {x}", f"~ C({grade})", "~ 0", 5, f"{y} ~ {x}") if rng.random() < 0.3 else None
    )
    return mt.fit_mixed(formula, case.table, case.arguments["group"], re_formula, pick(rng, True, True, False, "ML"))


def call_summarize(case, rng):
    columns = pick(rng, None, None, case.names["x"], ["x", "m"], [], 5, [None], case.table)
    return mt.summarize(case.table, columns)


def call_correlate(case, rng):
    return mt.correlate(case.table, pick(rng, None, None, case.names["x"], ["x", "m"], ["y"], {"x": 1}, [["x"]]))


def call_tabulate(case, rng):
    return mt.tabulate(case.table, pick(rng, *case.names.values(), None, ["x"]))


def call_list_rows(case, rng):
    options = {"first": pick(rng, 16, 3, 0, -1, "a", 2.5, None, 10**6)} if rng.random() < 0.3 else {}
    if rng.random() < 0.3:
        options |= pick(
            rng, {"sep": 0}, {"sep": -1}, {"width": 9}, {"width": 3}, {"width": {"x": 8}}, {"width": {"q": 8}}
        )
    return mt.list_rows(case.table, **options)


CALLS = [call_stack, call_fit_stacked, call_fit_mixed, call_summarize, call_correlate, call_tabulate, call_list_rows]


@pytest.mark.parametrize("function", CALLS, ids=lambda function: function.__name__.removeprefix("call_"))
def test_other_functions_end_in_a_result_or_in_a_message(function):
    results, tables = 0, OTHER_TABLES // len(CALLS) + 1
    for seed in range(10_000, 10_000 + tables):
        case = damaged_stack(seed) if function is call_fit_stacked else Case(seed)
        what = f"{function.__name__} {case}"
        result = call(what, case.table, lambda case=case: function(case, case.rng))
        if isinstance(result, mt.MlmedError):
            columns = list(case.table) if isinstance(case.table, pd.DataFrame) else []
            check_message(what, result, [*used_names(case), *columns])
            continue
        results += 1
        call(what, case.table, lambda result=result: (repr(result), result._repr_html_()))
    assert results > 0.2 * tables, f"only {results} of {tables}"


# ---- what damaged tables have taught the messages to say -------------------------------------------------------------


def one_row(table, column, value):
    return {column: table[column].where(table.index != 5, value)}


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        (lambda t: one_row(t, "x", 1e9), {}, r"'x' has the value 1e\+09 \(row 5; id 2\), so far from all others"),
        (lambda t: {"y": 1e9 + 1e-7 * t["y"].round(0)}, {}, "'y' varies by .* too little beside its size"),
        (lambda t: {"y": t["m"] - t["x"]}, {}, "'y' can be computed exactly from 'm' and 'x', so that"),
        (
            lambda t: {"m": t["x"] + 7 * t["id"]},
            {},
            "'m' can be computed exactly from 'x' and a constant in each cluster",
        ),
        (lambda t: {"x": t["x"].where(t["id"] == 3, 1.0)}, {}, r"Only one of 8 clusters \(id 3\).*random=\('b',\)"),
        (
            lambda t: {"id": np.arange(len(t)) // 2, "x": np.arange(len(t)) % 2},
            {},
            r"cannot tell how a_j and c'_j vary between clusters \(x: x, m: m, y: y\).*With random=\('b',\) all",
        ),
        (
            lambda t: {"id": t["id"] % 2},
            {"random": "b"},
            r"There are 2 clusters of 'id' for 3 .* as in random=\(\), or",
        ),
        (lambda t: {"x": pd.Timestamp(0) + pd.to_timedelta(t["x"], unit="D")}, {}, r"days since the first.*\.dt\.days"),
        (lambda t: {"m": t["m"].astype("category")}, {}, r"table\['m'\]\.astype\(float\)"),
        (lambda t: {"y": np.nan}, {"missing": "drop"}, "Every one of the 40 rows .* Missing values: y: 40"),
        (
            lambda t: {1: t["x"] ** 2, "1": t["x"] ** 3},
            {"covariates": [1, "1"]},
            "Two covariates would both be called '1'",
        ),
        (lambda t: {"class": t["id"]} | one_row(t, "y", np.nan), {"group": "class"}, r"\(row 5; cluster 2\)"),
        (lambda t: {}, {"x": None}, "x is given by the name of its column, as in x='age', but this is None"),
        (lambda t: {}, {"covariates": [np.zeros(3)]}, "this list holds a NumPy array"),
    ],
)
def test_what_is_wrong_is_said_in_the_terms_of_the_table(change, options, words):
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {"id": np.repeat(np.arange(1, 9), 5)} | dict(zip("xmy", rng.normal(size=(3, 40)), strict=True))
    )
    with pytest.raises(mt.MlmedError, match=f"(?s){words}"):
        mt.mediate(pd.DataFrame(dict(table) | change(table), index=table.index), **options)


def test_factors_of_a_stacked_table_that_are_no_numbers_are_refused():
    long = mt.stack(sound(np.random.default_rng(1)))
    for values in ("a", 1j, pd.Timestamp("2020-01-01")):
        result = call(values, long, lambda values=values: mt.fit_stacked(long.assign(x=[values] * len(long))))
        assert isinstance(result, mt.MlmedError)


def test_infinite_and_huge_numbers_are_summarized_without_warnings():
    table = pd.DataFrame({"infinite": [1.0, np.inf, 2.0], "huge": [1e300, -1e300, 0.0]})
    shown = call("summarize", table, lambda: repr(mt.summarize(table)))
    assert "inf" in shown and "1.00e+300" in shown


def test_the_logarithm_of_a_negative_number_is_refused_in_words_alone():
    table = sound(np.random.default_rng(1))
    result = call("log", table, lambda: mt.fit_mixed("y ~ log(x)", table, "id"))
    assert isinstance(result, mt.MlmedError)
    check_message("log", result)


def test_clusters_are_predicted_whatever_the_units_of_m_and_y():
    table = sound(np.random.default_rng(3))
    one, two = (mediate_quietly(t).cluster_effects() for t in (table, table.assign(y=1e50 * table["y"])))
    np.testing.assert_allclose(two["indirect se"], 1e50 * one["indirect se"], rtol=1e-6)
