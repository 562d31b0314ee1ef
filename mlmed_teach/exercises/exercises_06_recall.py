"""What lesson 6 asks about lesson 5 before it begins; the other exercises of lesson 6 are in `exercises_06`."""

from __future__ import annotations

from .exercise_data import Exercise, Option

OBJECTIVES = {
    "06.recall": "say how a standard error gets through a function, and when an interval should take another way",
}

EXERCISES = (
    Exercise(
        id="06.9",
        kind="choice",
        objective="06.recall",
        prompt="From lesson 5. The estimate of atr is by far the least certain of the three numbers that cov(a_j, b_j) "
        "is made of, and still only 39% of the squared standard error come from it. Why?",
        answer=lambda f: "Its error counts only times the slope of tanh, which is nearly flat there.",
        options=(
            Option(
                "Its error counts only times the slope of tanh, which is nearly flat there.",
                "The delta method multiplies each standard error by a slope. Near a correlation of 1 a large step of "
                "atr is a small step of the correlation.",
            ),
            Option(
                "A covariance depends on the two standard deviations only.",
                "It is their product times the correlation. Where does atr enter?",
            ),
            Option(
                "Squaring makes a large standard error small.",
                "Squaring .45 and .12 makes their ratio larger. What was each standard error multiplied by first?",
            ),
        ),
        hints=(
            "The gradient had three slopes; one of them was much smaller than the two others.",
            "Think of the picture of tanh, far to the right.",
        ),
        solution=r"$\partial f/\partial t = (1 - r^2)\,e^{s+u}$, and $1 - r^2$ is .27 at $r = .85$.",
        code='answer = "a"',
        misconception="The least certain part decides, whatever is done with it.",
        minutes=1,
    ),
    Exercise(
        id="06.10",
        kind="choice",
        objective="06.recall",
        prompt="From lesson 5. The symmetric interval of a correlation of .85 ended above 1. What is the remedy?",
        answer=lambda f: "Take the limits for atr, and carry these through tanh.",
        options=(
            Option(
                "Cut it off at 1.",
                "Its other end would stay where it was. What did the interval from atr say about the lower limit?",
            ),
            Option(
                "Carry the standard error of atr through tanh.",
                "A standard error is a width, not a place on the axis. What is tanh good for, places or widths?",
            ),
            Option(
                "Take the limits for atr, and carry these through tanh.",
                "atr has no fence to pass, and tanh of any number is a correlation.",
            ),
        ),
        hints=(
            "In one of the two metrics there is no fence.",
            "What may be carried through a curve are numbers on its axis.",
        ),
        solution=r"$\tanh\{\text{atr} \pm 1.96\,\operatorname{se}(\text{atr})\}$, which is lopsided and stays inside.",
        code='answer = "c"',
        misconception="An interval is always symmetric; a standard error can be transformed like an estimate.",
        minutes=1,
    ),
)
