"""Predictions of lesson 12: plan a study."""

from __future__ import annotations

from typing import Any

from .prediction import Prediction

_ALIKE = 0.02  # powers that differ by less are called alike


def _which(first: str, second: str, same: str, one: float, other: float) -> str:
    return same if abs(one - other) < _ALIKE else first if one > other else second


def _doubled(people: Any, days: Any) -> str:
    return _which("twice the people", "twice the days", "both alike", float(people), float(days))


def _found_more_often(power: Any) -> str:
    return _which(
        "the total effect", "the indirect effect", "both alike", float(power["total"]), float(power["indirect"])
    )


PREDICTIONS = (
    Prediction(
        "12.1",
        "number",
        "The true indirect effect is .12. Ten studies of 40 people and 8 days each: in how many will the interval "
        "leave out 0?",
        given="found.sum()",
        high=10,
        whole=True,
        unit=" of 10",
        why="the truth is the same in all ten, and chance decides which of them find it",
    ),
    Prediction(
        "12.2",
        "number",
        "In a hundred studies of 40 people about 65 find the indirect effect. How many do with twice the people, 80?",
        given='100 * indirect.loc[80, "power"]',
        unit=" of 100",
        marks={65: "40 people"},
        why="twice the people is a smaller standard error, not twice the power, which ends at 100 of 100",
    ),
    Prediction(
        "12.3",
        "choice",
        "40 people with 8 days find the indirect effect in 69 of 100 studies. Which raises this more?",
        given="doubled[80, 8], doubled[40, 16]",
        options=("twice the people", "twice the days", "both alike"),
        outcome=_doubled,
        detail=lambda people, days: f"{float(people):.0%} against {float(days):.0%}",
        why="more people shrink every part of the error, more days only the part that the noise of rows makes",
    ),
    Prediction(
        "12.4",
        "choice",
        "40 people, 8 days: the total effect is .17, the indirect effect .12. Which of them is found more often?",
        given='three["simulated"]',
        options=("the total effect", "the indirect effect", "both alike"),
        outcome=_found_more_often,
        detail=lambda power: f"{float(power['indirect']):.0%} against {float(power['total']):.0%} for the total effect",
        why="what counts is the effect in its standard errors, and the larger effect has the larger error, too",
    ),
    Prediction(
        "12.5",
        "number",
        "The truth asks for 54 people. Of 100 pilots, how many plan between 40 and 70?",
        given='100 * pilots["people"].between(40, 70).mean()',
        unit=" of 100",
        why="20 people estimate the effect badly, and the formula squares it",
    ),
)
