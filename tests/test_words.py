"""Lists, counts and values in English."""

import numpy as np
import pandas as pd
import pytest

from mlmed_teach import words


@pytest.mark.parametrize("parts, text", [("a", "a"), ("ab", "a and b"), ("abc", "a, b and c")])
def test_items_become_a_phrase(parts, text):
    assert words.and_list(parts) == text


@pytest.mark.parametrize("number, text", [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1600, "1,600 rows")])
def test_counts_agree_with_their_noun(number, text):
    assert words.counted(number, "row") == text


def test_other_words_agree_with_a_number_too():
    assert [words.agree(number, "is", "are") for number in (0, 1, 2)] == ["are", "is", "are"]


def test_a_range_of_equal_ends_is_one_number():
    assert (words.range_of(8, 8), words.range_of(3, 12)) == ("8", "3 to 12")


def test_long_lists_are_cut_and_say_so():
    assert words.listed(range(5)) == "0, 1, 2, 3, 4"
    assert words.listed(range(6)) == "0, 1, 2, 3, 4, ..."
    assert words.quoted_list(["a", 1, np.float64(0.5)]) == "'a', 1, 0.5"
    assert words.quoted_list("abc", 2) == "'a', 'b', ..."


@pytest.mark.parametrize("value", ["z" * 60, "a b", 5])
def test_short_texts_stay_as_they_are(value):
    assert words.shortened(value) == str(value)


def test_long_texts_are_cut_to_one_line():
    text = words.shortened("a long\nname " * 20)
    assert len(text) <= 60 and text.endswith("...") and "\n" not in text
    assert words.shortened("a school with a long name", 9, "~") == "a school~"


@pytest.mark.parametrize(
    "value, text",
    [
        (None, "None"),
        (5, "5"),
        ("ML", "'ML'"),
        (np.int64(5), "5"),
        (np.nan, "nan"),
        ([1], "a list"),
        (np.zeros(2), "a NumPy array"),
        (pd.Series([1.0]), "a Series"),
        (pd.Index([1]), "an Index"),
    ],
)
def test_what_was_given_is_described_without_its_content_unless_that_is_short(value, text):
    assert words.described(value) == text


def test_an_object_without_text_of_its_own_is_quoted_by_its_type():
    assert words.quoted(object()) == "an object of type object"
