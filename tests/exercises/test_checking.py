"""mt.check: whatever a learner hands in is answered in words, and right answers pass however they were found."""

import datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from helpers.how_much import ALL
from hypothesis import given, settings
from hypothesis import strategies as st

import mlmed_teach as mt
from mlmed_teach.errors import MlmedError
from mlmed_teach.exercises import EXERCISES
from mlmed_teach.exercises.facts import Facts, loaded_facts
from mlmed_teach.exercises.judging import judge

OF_EACH_KIND = ("06.1", "06.3", "06.6", "06.7")  # number, choice, table, model


@pytest.fixture(autouse=True)
def embedded_data_and_no_record(monkeypatch):
    monkeypatch.delenv("MLMED_TEACH_DATA", raising=False)
    monkeypatch.setenv("MLMED_TEACH_PROGRESS", "off")


@pytest.fixture(scope="module")
def facts():
    return loaded_facts()


# ---- numbers


@pytest.mark.parametrize(
    "shape",
    [
        float,
        np.float64,
        np.float32,
        np.longdouble,
        Decimal,
        Fraction,
        lambda v: Decimal(f"{v:.4f}"),
        lambda v: np.array(v),
        lambda v: np.array([[v]]),
        lambda v: [v],
        lambda v: (v,),
        lambda v: pd.Series([v], index=["a b"]),
        lambda v: pd.Series([v], dtype="Float64"),
        lambda v: pd.Series([v], dtype=object),
        lambda v: pd.DataFrame({"indirect": [v]}),
        lambda v: pd.Series([f"{v:.4f}"]),
        lambda v: f"{v:.4f}",
        lambda v: f"{v:.4f}".removeprefix("0"),
        lambda v: f" {v:.4f} ".replace(".", ","),
        lambda v: f"{10000 * v:.0f}/10000",
        lambda v: f"{100 * v:.2f}%",
        lambda v: f"{v:.6e}",
        lambda v: np.str_(f"{v:.5f}"),
    ],
)
def test_a_right_number_passes_in_whatever_it_comes(shape, facts):
    assert mt.check("06.1", shape(facts.effects.indirect.estimate)).correct


def test_results_that_hold_the_estimate_pass(facts):
    assert mt.check("06.1", facts.effects.indirect).correct
    assert mt.check("06.1", mt.delta_method(lambda v: v, [facts.effects.indirect.estimate], [[1.0]])).correct
    assert not mt.check("06.1", facts.effects.total).correct


@pytest.mark.parametrize(
    "given, words",
    [
        (lambda right: -right, "in its sign"),
        (lambda right: 100 * right, "factor of 100 (that of a percentage)"),
        (lambda right: 10 * right, "factor of 10."),
        (lambda right: right / 1000, "too small by a factor of 1,000"),
        (lambda right: right**2, "is the square of"),
        (lambda right: right**0.5, "is the square root of"),
        (lambda right: 1 / right, "1 divided by"),
        (lambda right: f"{right:.2f}", "rounded too far to tell"),
        (lambda right: "1.2", "correlation of the slopes"),
        (lambda right: 3, "not an answer that I know. The average slope a is .6119, and yours is larger"),
        (lambda right: 0, "not an answer that I know"),
        (lambda right: "0.6119", "average slope a itself"),
    ],
)
def test_what_was_done_to_a_number_is_named(given, words, facts):
    verdict = mt.check("06.1", given(facts.effects.indirect.estimate))
    assert verdict.judged is False and words in verdict.says and verdict.says.endswith("?")
    assert ".4725" not in verdict.says.partition(" ")[2]  # behind what the learner gave


@pytest.mark.parametrize(
    "lost, words",
    [
        (np.nan, "missing or infinite"),
        (Decimal("NaN"), "missing or infinite"),
        ("", "the text is empty"),
        ("  ", "the text is empty"),
        ("half", '"half" is no number'),
        (None, "None"),
        ([], "a list"),
        (pd.Series(dtype=float), "a Series with 0 values"),
        ([1.0, 2.0], "a list with 2 values"),
        (True, "True"),
        (1j, "not a number"),
        (max, "builtin_function"),
        (10**400, "an"),
    ],
)
def test_a_lost_number_is_answered_in_words(lost, words):
    verdict = mt.check("06.1", lost)
    assert verdict.judged is None and not verdict.correct
    assert words in verdict.says and verdict.says.endswith("Asked for is a number with 4 decimals.")


@pytest.mark.parametrize("lost", ["e", "", None, 3, "c or d", ["c"]])
def test_what_is_no_option_is_answered_in_words(lost):
    verdict = mt.check("06.3", lost)
    assert verdict.judged is None and "one of the letters a, b, c, d" in verdict.says


# ---- nothing raises


class Nasty:
    """Raises whatever one does with it."""

    def __getattr__(self, name):
        raise RuntimeError(name)

    def __len__(self):
        raise RuntimeError

    def __repr__(self):
        raise RuntimeError

    def __float__(self):
        raise RuntimeError


ODD = [
    Nasty(),
    object(),
    int,
    lambda: 1,
    {},
    {"a": 1},
    {1, 2},
    b"0.47",
    "<b>1</b>",
    "1e999",
    "0/0",
    float("inf"),
    pd.NA,
    pd.NaT,
    pd.Timestamp(0),
    datetime.timedelta(1),
    np.datetime64("NaT"),
    np.array(["a", None], dtype=object),
    np.empty((0, 3)),
    np.ma.masked,
    range(3),
    iter([1]),
    pd.DataFrame(),
    pd.DataFrame({"estimate": []}),
    pd.DataFrame({"estimate": ["a", "b"], "se": 1, "ci low": None, "ci high": [{}, []]}, index=["indirect", "total"]),
    pd.DataFrame([[1, 2], [3, 4]], columns=["se", "se"]),
    pd.DataFrame({("a", "b"): [1]}),
    pd.DataFrame({"estimate": [1.0, 2]}, index=["indirect", "indirect"]),
    pd.DataFrame({"x": [1]}, index=pd.MultiIndex.from_tuples([(1, 2)])),
    pd.Categorical(["a"]),
    mt.load_ml_sim,
    mt.Population(),
    smf.ols("y ~ x", mt.load_ml_sim("embedded")),
    smf.ols("y ~ x", mt.load_ml_sim("embedded")).fit(),
    smf.mixedlm("y ~ x", mt.load_ml_sim("embedded"), groups="id"),
    mt,
]


@pytest.mark.parametrize("id", OF_EACH_KIND)
@pytest.mark.parametrize("odd", ODD, ids=lambda odd: type(odd).__name__)
def test_no_odd_answer_raises(id, odd):
    verdict = mt.check(id, odd)
    assert not verdict.correct and verdict.says
    assert "<b>" not in verdict.html.replace(f"<b>{id}</b>", "")


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.complex_numbers()


@given(st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5))
@settings(max_examples=150, deadline=None)
def test_no_drawn_answer_raises(answer):
    for id in OF_EACH_KIND:
        assert judge(EXERCISES[id], answer, loaded_facts()).says


@pytest.mark.parametrize("id", EXERCISES)
def test_no_answer_yet_is_said_so_and_nothing_is_computed(id, monkeypatch):
    monkeypatch.setattr("mlmed_teach.exercises.checking.loaded_facts", lambda: None)
    for verdict in (mt.check(id, ...), mt.check(id)):
        assert verdict.judged is None and verdict.says.startswith("Not answered yet.")
    assert mt.check(id, ...)._repr_html_() == mt.check(id, ...)._repr_html_()


def test_a_verdict_shows_itself_as_text_and_to_screen_readers():
    verdict = mt.check("06.1", 1.2259)
    assert repr(verdict) == f"06.1: {verdict.says}"
    shown = verdict._repr_html_()
    assert 'role="status"' in shown and "<i>a<sub>j</sub></i>" in mt.check("06.1", 0.47253)._repr_html_()


@pytest.mark.parametrize(
    "id, words",
    [
        ("6.1", 'Did you mean "06.1"'),
        (6.1, 'Did you mean "06.1"'),
        ("06.99", 'There are "06.1"'),
        (None, "a lesson and a number"),
    ],
)
@pytest.mark.parametrize("ask", [mt.check, mt.exercise, mt.solution])
def test_an_unknown_id_is_answered_with_close_ones(ask, id, words):
    with pytest.raises(MlmedError) as caught:
        ask(id)
    assert "There is no exercise" in str(caught.value) and words in str(caught.value)


# ---- tables


def test_a_right_table_passes_however_it_was_made(facts):
    right = EXERCISES["06.6"].answer(facts)
    named = right.rename_axis("effect")
    for table in (
        right,
        right.iloc[::-1, ::-1],
        right.round(4),
        right.astype("float32"),
        right.assign(more="x"),
        right.astype(object),
        facts.effects.to_frame(),
        named,
    ):
        verdict = mt.check("06.6", table)
        assert verdict.correct, verdict.says


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda t: t.drop(columns="se"), "A column 'se' is asked for once"),
        (lambda t: t.drop(index="total"), "A row 'total' is asked for once"),
        (lambda t: t.assign(se=1.0), "What stands in 'se' differs from what is asked for in 2 rows"),
        (lambda t: t.iloc[:0], "empty"),
        (lambda t: t.to_numpy(), "a NumPy array"),
        (lambda t: t["se"], "A column 'estimate'"),
    ],
)
def test_deviations_of_a_table_are_named(change, words, facts):
    verdict = mt.check("06.6", change(EXERCISES["06.6"].answer(facts)))
    assert not verdict.correct and words in verdict.says


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda t: t, ""),
        (lambda t: t.sample(frac=1, random_state=1), ""),
        (lambda t: t.set_index("fid"), "'fid'"),
        (lambda t: t.iloc[::2], "The table has 800 rows, and 1,600 are asked for"),
        (lambda t: t.assign(sm=1 - t["sm"]), "What stands in 'sm' differs"),
    ],
)
def test_a_table_without_labels_may_have_its_rows_in_any_order(change, words, facts):
    from mlmed_teach.exercises.tables_compared import table_deviations

    found = table_deviations(change(facts.long), facts.long, None)
    assert words in str(found) if words else not found


# ---- models


def test_a_right_model_passes_however_it_was_fitted(facts):
    long = facts.long
    other_names = long.rename(columns={"smx": "slope_a"})
    for fitted in (
        facts.fit,
        facts.med,
        facts.effects,
        facts.statsmodels,
        mt.fit_stacked(long.sample(frac=1, random_state=1)),
        mt.fit_stacked(mt.stack(facts.df.astype("float32").astype({"id": int}))),
    ):
        verdict = mt.check("06.7", fitted)
        assert verdict.correct, verdict.says
    terms = "0 + sm + slope_a + sy + sym + syx"
    renamed = mt.fit_mixed(f"z ~ {terms}", other_names, groups="id", re_formula=f"~ {terms}")
    assert "one residual variance" in mt.check("06.7", renamed).says


@pytest.mark.parametrize(
    "fit, words",
    [
        (lambda f: mt.fit_stacked(f.long[f.long["id"] <= 50]), "was fitted to 800 rows"),
        (lambda f: mt.fit_stacked(f.long.assign(id=f.long["id"] % 50)), "has 50 groups"),
        (lambda f: mt.fit_stacked(mt.stack(f.df, x="m", m="x")), "other estimates"),
        (
            lambda f: mt.fit_mixed("z ~ 0 + sm + smx + sy + sym", f.long, groups="id", re_formula="~ 0 + sm + sy"),
            "has 4 fixed effects",
        ),
    ],
)
def test_deviations_of_a_model_are_named(fit, words, facts):
    verdict = mt.check("06.7", fit(facts))
    assert verdict.judged is False and words in verdict.says and verdict.says.endswith("?")


def test_a_model_that_was_not_fitted_is_answered_in_words():
    model = smf.mixedlm("y ~ x", mt.load_ml_sim(), groups="id")
    assert "call its fit()" in mt.check("06.7", model).says


# ---- which data


def test_answers_are_computed_from_the_data_that_are_given():
    table = mt.simulate(seed=4)
    own = mt.mediate(table).indirect.estimate
    assert mt.check("06.1", own, data=table).correct and not mt.check("06.1", own).correct


def test_what_does_not_exist_in_a_table_is_said():
    small = mt.simulate(mt.Population(var_cprime=0), clusters=15, size=4, seed=2)
    assert mt.fit_stacked(mt.stack(small)).singular
    assert "lies on the boundary" in mt.check("05.3", 0.1, data=small).says  # the metric of ln(sd) and atanh(r)
    se = mt.effects(mt.fit_stacked(mt.stack(small))).indirect.se
    assert mt.check("06.2", se, data=small).correct
    estimate = mt.effects(mt.fit_stacked(mt.stack(small))).indirect.estimate
    assert mt.check("06.1", estimate, data=small).correct
    assert mt.check("06.1", 77, data=small).judged is False
    tiny = mt.simulate(clusters=4, size=1, seed=1)
    assert "cannot be judged with this table" in mt.check("06.1", 0.1, data=tiny).says


def test_a_table_that_cannot_be_used_is_refused():
    with pytest.raises(MlmedError, match="cannot be checked with this table"):
        mt.check("06.1", 1, data=pd.DataFrame({"id": [1]}))


def test_the_data_are_those_that_the_setting_names(tmp_path, monkeypatch, original_path):
    monkeypatch.setenv("MLMED_TEACH_DATA", str(original_path))
    facts = loaded_facts()
    assert not facts.df.equals(mt.load_ml_sim("embedded"))
    for exercise in list(EXERCISES.values())[:: 1 if ALL else 3]:
        if not exercise.own_data:
            names = {"mt": mt, "np": np, "pd": pd, "df": facts.df}
            exec(exercise.code, names)
            assert mt.check(exercise.id, names["answer"]).correct, exercise.id


def test_facts_are_computed_once(df):
    facts = Facts(df)
    assert facts.fit is facts.fit and facts.once(len_of) is facts.once(len_of)


def len_of(facts):
    return [len(facts.df)]
