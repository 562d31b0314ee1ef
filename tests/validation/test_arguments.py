"""Single arguments: the value comes back, or the message names it and says what it must be."""

import numpy as np
import pandas as pd
import pytest

import mlmed_teach as mt
from mlmed_teach import validation

KNOWN = ("wald", "profile", "bootstrap")


@pytest.mark.parametrize(
    "check, values",
    [
        (lambda v: validation.whole(v, "reps", 1), [1, np.int32(7)]),
        (lambda v: validation.whole(v, "rows", 1, 6), [1, 6]),
        (lambda v: validation.real(v, "a"), [-1, 0.5, np.float64(2.0), np.array(3.0)]),
        (lambda v: validation.real(v, "sd", least=0), [0, 0.1]),
        (lambda v: validation.real(v, "se", above=0), [1e-9]),
        (validation.check_level, [0.95, np.float64(0.5)]),
        (lambda v: validation.flag(v, "decompose"), [True, np.False_]),
        (lambda v: validation.one_of(v, "kind", KNOWN), KNOWN),
    ],
)
def test_good_values_come_back(check, values):
    assert [check(value) for value in values] == list(values)


def test_one_word_or_several_come_back_as_a_list():
    assert validation.some_of("wald", "intervals", KNOWN) == ["wald"]
    assert validation.some_of(("profile", "wald"), "intervals", KNOWN) == ["profile", "wald"]


@pytest.mark.parametrize("value", [0, -3, 2.0, "2", True, None, [2], np.nan])
def test_what_is_no_whole_number_or_too_small_is_refused(value):
    with pytest.raises(mt.MlmedError, match="reps must be a whole number of at least 1, but it is "):
        validation.whole(value, "reps", 1)


def test_the_largest_whole_number_is_said():
    with pytest.raises(mt.MlmedError, match="^rows must be a whole number from 1 to 6, but it is 7.$"):
        validation.whole(7, "rows", 1, 6)


@pytest.mark.parametrize("value", ["0.5", None, True, np.nan, -np.inf, 1j, [1.0, 2.0], pd.Series([1.0, 2.0])])
def test_what_is_no_finite_number_is_refused(value):
    with pytest.raises(mt.MlmedError, match="^a must be a number, but it is "):
        validation.real(value, "a")


@pytest.mark.parametrize("limit, value, words", [("least", -0.1, "at least 0"), ("above", 0, "above 0")])
def test_numbers_beyond_their_limit_are_refused(limit, value, words):
    with pytest.raises(mt.MlmedError, match=f"^se must be {words}, but it is {value}.$"):
        validation.real(value, "se", **{limit: 0})


@pytest.mark.parametrize("value", [0, 1, 95, -0.1, "0.95", True, None, np.nan])
def test_a_share_lies_between_0_and_1(value):
    with pytest.raises(mt.MlmedError, match=r"^alpha must lie between 0 and 1, as in 0\.05, but it is "):
        validation.share(value, "alpha", "0.05")


@pytest.mark.parametrize("value", [1, 0, "yes", None, ["True"]])
def test_what_is_neither_true_nor_false_is_refused(value):
    with pytest.raises(mt.MlmedError, match=r"^reml must be True \(REML\) or False \(ML\), but it is "):
        validation.check_reml(value)


@pytest.mark.parametrize("value", ["t", "", None, 5, ["wald"], pd.Series(["wald"])])
def test_unknown_words_are_refused_with_those_that_are_known(value):
    with pytest.raises(mt.MlmedError, match="^kind must be one of 'wald', 'profile', 'bootstrap', but it is "):
        validation.one_of(value, "kind", KNOWN)
    with pytest.raises(mt.MlmedError, match="^kind must be 'error' or 'drop', but it is "):
        validation.one_of(value, "kind", ("error", "drop"))


@pytest.mark.parametrize("values, given", [((), "a tuple"), (["wald", "t"], "'t'"), (5, "5"), (None, "None")])
def test_of_several_words_each_must_be_known(values, given):
    with pytest.raises(mt.MlmedError, match=f"intervals must be .*'profile', 'bootstrap', but it is {given}"):
        validation.some_of(values, "intervals", KNOWN)


def test_the_same_seed_gives_the_same_numbers_and_none_new_ones():
    one, two, new = (np.random.default_rng(validation.seed_sequence(seed)).random() for seed in (5, 5, None))
    assert one == two == np.random.default_rng(5).random() != new


@pytest.mark.parametrize("value", [None, len, ["x"], {"x": 1}, np.array(["x"]), pd.Series(["x"]), lambda: 0])
def test_values_and_functions_are_no_names_of_columns(value):
    assert not validation.is_name(value)
    with pytest.raises(mt.MlmedError, match="^group is given by the name of its column, as in group='age', but this"):
        validation.check_roles({"x": "x", "group": value})
