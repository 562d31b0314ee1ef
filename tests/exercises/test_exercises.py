"""The exercises as data: every answer is computed, every slip is reached, nothing gives an answer away."""

import re
from math import log10

import numpy as np
import pandas as pd
import pytest

import mlmed_teach as mt
from mlmed_teach.exercises import EXERCISES, OBJECTIVES
from mlmed_teach.exercises.all_exercises import LESSONS
from mlmed_teach.exercises.answers import typed_number
from mlmed_teach.exercises.facts import Facts
from mlmed_teach.exercises.judging import judge

EACH = pytest.mark.parametrize("asked", EXERCISES.values(), ids=EXERCISES)
NUMBERS = [one for one in EXERCISES.values() if one.kind == "number"]
CHOICES = [one for one in EXERCISES.values() if one.kind == "choice"]
SLIPS = [pytest.param(one, slip, id=f"{one.id}: {slip.done[:40]}") for one in EXERCISES.values() for slip in one.slips]


@pytest.fixture(scope="module")
def facts_for(df):
    """The facts that an exercise is judged by: of the lessons' data, or of a table of the learner's own."""
    lessons, own = Facts(df), Facts(mt.simulate(clusters=60, seed=10))
    return lambda exercise: own if exercise.own_data else lessons


def run(code, facts):
    names = {"mt": mt, "np": np, "pd": pd, "df": facts.df}
    exec(code, names)
    return names["answer"]


def texts(exercise):
    """All that a learner reads before the solution."""
    yield from (exercise.prompt, *exercise.hints)
    for slip in exercise.slips:
        yield from (slip.done, slip.ask)
    if exercise.landmark:
        yield from (exercise.landmark.above, exercise.landmark.below)


# ---- whole and well said


@EACH
def test_an_exercise_is_complete(asked):
    assert re.fullmatch(r"\d\d\.[1-9]\d?", asked.id)
    assert asked.version >= 1 and 1 <= asked.minutes <= 15
    assert asked.prompt.rstrip(")")[-1] in "?." and asked.solution and asked.misconception
    assert len(asked.hints) == 2 and all(hint.endswith(".") for hint in asked.hints)
    assert asked.unit in ("", "%")
    if asked.kind == "number":
        assert (asked.digits is None) != (asked.significant is None)
        assert asked.landmark is not None
    if asked.kind == "choice":
        assert not asked.slips and 2 <= len({option.text for option in asked.options}) == len(asked.options) <= 6
    else:
        assert asked.right.endswith(".") and not asked.options and len(asked.slips) >= 2


@EACH
def test_words_are_plain(asked):
    said = [*texts(asked), asked.right, asked.solution, *(option.reply for option in asked.options)]
    for text in said:
        assert "!" not in text
        assert not re.search(
            r"\b(almost|nearly right|good job|great|well done|unfortunately|sorry|wrong)\b", text, re.I
        )


@EACH
def test_a_slip_is_named_and_answered_with_one_question(asked):
    for slip in asked.slips:
        assert slip.done[-1] not in ".?" and slip.done[0] not in " ABCDEFGHIJKLMNOPQRSTUVWXYZ", slip.done
        assert slip.ask.endswith("?") and slip.ask.count("?") == 1, slip.ask
    if asked.landmark:
        for question in (asked.landmark.above, asked.landmark.below):
            assert question.endswith("?") and question.count("?") == 1


def test_every_objective_is_served_and_belongs_to_its_lesson():
    for one in EXERCISES.values():
        assert one.objective in OBJECTIVES and one.objective.startswith(f"{one.lesson}."), one.id
    served = {one.objective for one in EXERCISES.values()}
    begun = {one.lesson for one in EXERCISES.values()}
    assert not {key for key in OBJECTIVES if key[:2] in begun} - served
    assert list(LESSONS) == [f"{number:02}" for number in range(11)]
    assert all(sentence[0].islower() and sentence[-1] != "." for sentence in OBJECTIVES.values())


def test_exercises_are_numbered_through_in_each_lesson():
    for lesson in {one.lesson for one in EXERCISES.values()}:
        mine = [one.id for one in EXERCISES.values() if one.lesson == lesson]
        assert mine == [f"{lesson}.{number}" for number in range(1, len(mine) + 1)]


def test_no_id_is_used_twice():
    from mlmed_teach.exercises import all_exercises

    assert sum(len(room.EXERCISES) for room in all_exercises._ROOMS) == len(EXERCISES)


# ---- right answers and slips


@EACH
def test_solution_code_runs_and_is_right(asked, facts_for):
    facts = facts_for(asked)
    verdict = judge(asked, run(asked.code, facts), facts)
    assert verdict.correct, verdict.says
    assert "?" not in verdict.says


@EACH
def test_code_that_is_to_be_mended_runs_and_is_wrong(asked, facts_for):
    if not asked.given:
        pytest.skip("shows no code")
    facts = facts_for(asked)
    found = run(asked.given, facts)
    if asked.kind != "choice":
        assert judge(asked, found, facts).judged is False


@pytest.mark.parametrize("asked, slip", SLIPS)
def test_each_slip_is_reached_by_its_own_value(asked, slip, facts_for):
    facts = facts_for(asked)
    verdict = judge(asked, slip.value(facts), facts)
    assert verdict.judged is False
    assert slip.done in verdict.says and verdict.says.endswith(slip.ask)


@pytest.mark.parametrize("asked", NUMBERS, ids=lambda one: one.id)
def test_values_lie_more_than_two_tolerances_apart(asked, facts_for):
    facts = facts_for(asked)
    right = float(asked.answer(facts))
    values = sorted([right, *(float(slip.value(facts)) for slip in asked.slips)])
    assert np.isfinite(values).all()
    assert np.diff(values).min() > 2 * asked.tolerance(right)
    assert abs(asked.landmark.value(facts) - right) > asked.tolerance(right)


@pytest.mark.parametrize("asked", CHOICES, ids=lambda one: one.id)
def test_each_option_is_answered(asked, facts_for):
    facts = facts_for(asked)
    right = [option for option in asked.options if option.text == asked.answer(facts)]
    assert len(right) == 1
    for letter, option in asked.letters.items():
        for given in (letter, letter.upper(), f" {letter}) ", option.text, f"{letter}) {option.text}".upper()):
            verdict = judge(asked, given, facts)
            assert verdict.correct == (option is right[0])
            assert verdict.says.endswith(option.reply)
        assert option.reply.count("?") == (option is not right[0])


@EACH
def test_nothing_gives_the_answer_away(asked, facts_for):
    facts = facts_for(asked)
    right = asked.answer(facts)
    if asked.kind == "choice":
        others = [option.reply for option in asked.options if option.text != right]
        shown = " ".join([*asked.hints, *others]).casefold()
        assert len(right) < 12 or right.casefold().rstrip(".") not in shown
        return
    if asked.kind != "number":
        return
    for text in texts(asked):
        for found in re.findall(r"[−-]?\d*\.?\d+", text):
            number, decimals = typed_number(found), len(found.partition(".")[2])
            told = abs(number - right) <= 0.5 * 10.0**-decimals * 1.000001
            assert not (told and number and log10(abs(number)) + decimals >= 1), f"{found!r} in {text!r}"


@pytest.mark.parametrize("asked", NUMBERS, ids=lambda one: one.id)
def test_a_right_number_written_as_asked_passes_and_one_unit_more_does_not(asked, facts_for):
    facts = facts_for(asked)
    right = float(asked.answer(facts))
    decimals = asked.decimals(right)
    unit = 10.0**-decimals
    for given in (right, round(right, decimals), f"{right:.{max(decimals, 0)}f}", np.float32(right)):
        assert judge(asked, given, facts).correct, given
    assert not judge(asked, round(right, decimals) + unit, facts).correct
    assert not judge(asked, round(right, decimals) - unit, facts).correct


def test_the_table_has_a_row_for_each():
    table = mt.exercises.table()
    assert list(table["id"]) == list(EXERCISES)
    assert {"id", "lesson", "kind", "slips", "objective"} <= set(table)
    assert (table["slips"] >= 1).all() and set(table["objective"]) <= set(OBJECTIVES.values())
