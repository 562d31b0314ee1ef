"""Exercises of lesson 12: plan a study; the first four are in `exercises_12_recall` and `exercises_12_by_hand`."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np

from ..errors import BoundaryWarning
from ..mediation import mediate
from ..studies import Population, expected_power, power, simulate
from . import exercises_12_by_hand
from . import exercises_12_recall as recall
from .exercise_data import Exercise, Landmark, Option, Slip
from .facts import Facts

OBJECTIVES = {
    **recall.OBJECTIVES,
    "12.power": "find the power of a design by simulation, first by hand, then in one call",
    "12.error": "say how uncertain a simulated power and a planned number of clusters are",
    "12.design": "choose between more clusters and more rows",
    "12.which": "say which effect and which interval a power belongs to",
    "12.pilot": "say what a pilot study tells about the size of a study, and what it does not",
}

PLAN = Population(
    a=0.3,
    b=0.3,
    cprime=0.05,
    var_a=0.09,
    var_b=0.09,
    cov_ab=0.03,
    var_x_within=1.0,
    var_e_m=1.0,
    var_e_y=1.0,
)
_SMALL = replace(PLAN, a=0.2, b=0.2)  # of 12.5
_PLAN = "plan = mt.Population(a=0.3, b=0.3, cprime=0.05, var_a=0.09, var_b=0.09, cov_ab=0.03, var_x_within=1, "
_CODE = _PLAN + "var_e_m=1, var_e_y=1)\n"

_STUDIES = 30  # of 12.6
_MANY, _FEW = (120, 5), (30, 20)  # designs of 12.7: 600 rows
_SLOPES = replace(PLAN, var_a=0.36, var_b=0.36, cov_ab=0.12)

_LOOP = (
    "import warnings\n"
    "found = 0\n"
    "with warnings.catch_warnings():\n"
    '    warnings.simplefilter("ignore")  # of the boundary\n'
    "    for seed in range({studies}):\n"
    "        med = mt.mediate(mt.simulate(plan, clusters=40, size=8, seed={seed}))\n"
    "        low, high = med.indirect.ci\n"
    "        found += low > 0 or high < 0\n"
    "answer = found / {studies}"
)


@lru_cache(maxsize=1)
def _intervals() -> tuple[np.ndarray, np.ndarray]:
    """Limits of the studies of 12.6, by their seeds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BoundaryWarning)
        limits = [mediate(simulate(PLAN, 40, 8, seed)).indirect.ci for seed in range(_STUDIES)]
    low, high = np.array(limits, dtype=float).T
    return low, high


def _outside(value: float) -> float:
    """Share of the intervals that leave out a value."""
    low, high = _intervals()
    return float(((low > value) | (high < value)).mean())


def _first_only() -> float:
    low, high = _intervals()
    return float(low[1] > 0 or high[1] < 0)


@lru_cache(maxsize=4)
def _simulated(population: Population, clusters: int = 60, size: int = 8, seed: int = 5) -> dict[str, float]:
    """Power of each effect in 100 tables."""
    found = power(population, clusters=clusters, sizes=size, reps=100, seed=seed, progress=False)
    return dict(zip(found["effect"], found["power"], strict=True))


def _power_of(effect: str, population: Population = _SMALL) -> Callable[[Facts], float]:
    return lambda f: _simulated(population)[effect]


@lru_cache(maxsize=4)
def _expected(population: Population, design: tuple[int, int]) -> float:
    """Power for the indirect effect by the formula."""
    found = expected_power(population, *design).set_index("effect")
    return float(found.loc["indirect", "power"])


@lru_cache(maxsize=1)
def _better_design() -> str:
    """Which design of 12.7 has more power for the indirect effect, if slopes vary much."""
    many, few = (_expected(_SLOPES, design) for design in (_MANY, _FEW))
    return "120 people with 5 days" if many > few else "30 people with 20 days"


EXERCISES = (
    *recall.EXERCISES,
    *exercises_12_by_hand.EXERCISES,
    Exercise(
        id="12.5",
        kind="number",
        objective="12.power",
        prompt="The smallest effect that matters has a = b = .2, all else as in plan: replace(plan, a=0.2, b=0.2), "
        "where replace is from dataclasses. Simulate 60 people with 8 days: 100 tables, seed=5, joint Wald interval. "
        "What is the power for the indirect effect?",
        answer=_power_of("indirect"),
        digits=2,
        right="Plan for what matters, not for what you hope for: these 60 people find the effect of the lesson far "
        "more often.",
        slips=(
            Slip(
                _power_of("total"),
                "the power for the total effect",
                "The table has a row for each effect. Which one is asked for?",
            ),
            Slip(
                _power_of("direct"),
                "the power for the direct effect",
                "The table has a row for each effect. Which one is asked for?",
            ),
            Slip(
                lambda f: 1 - _simulated(_SMALL)["indirect"],
                "the share of studies that miss it",
                "Power counts those that find it. How many are these?",
            ),
            Slip(
                _power_of("indirect", PLAN),
                "the power for a = b = .3",
                "A weaker truth is harder to find. Which population did you hand over?",
            ),
        ),
        landmark=Landmark(
            "The power for a = b = .3",
            _power_of("indirect", PLAN),
            "Can a weaker effect be found more often?",
            "Which of the effects did you read off?",
        ),
        hints=(
            "from dataclasses import replace; then mt.power(replace(plan, a=0.2, b=0.2), ...).",
            "clusters=60, sizes=8, reps=100, seed=5, progress=False; read the row of the indirect effect.",
        ),
        solution="One call of mt.power with the weaker population; the column power of the row indirect.",
        code="from dataclasses import replace\n" + _CODE + "weaker = replace(plan, a=0.2, b=0.2)\n"
        "found = mt.power(weaker, clusters=60, sizes=8, reps=100, seed=5, progress=False)\n"
        'answer = found.set_index("effect").loc["indirect", "power"]',
        misconception="A design has a power; it has one for each truth.",
        minutes=5,
    ),
    Exercise(
        id="12.6",
        kind="number",
        objective="12.power",
        prompt=f"Bug hunt. This code runs and is to give the power of 40 people with 8 days, from {_STUDIES} studies. "
        "What does the mended code give?",
        given=_CODE + _LOOP.format(studies=_STUDIES, seed=1),
        answer=lambda f: _outside(0.0),
        digits=3,
        right="Each study needs random numbers of its own; the seeds only make sure that you can do it again.",
        slips=(
            Slip(
                lambda f: _first_only(),
                "what the code gives as it stands",
                "One table was analysed again and again. What makes each table another one?",
            ),
            Slip(
                lambda f: 1 - _outside(0.0),
                "the share of studies that miss the effect",
                "Power counts those that find it. How many are these?",
            ),
            Slip(
                lambda f: _outside(PLAN.indirect),
                "the share of intervals that miss the truth",
                "A study finds the effect if its interval leaves out one number. Which?",
            ),
        ),
        landmark=Landmark(
            "The power by the formula",
            lambda f: _expected(PLAN, (40, 8)),
            "Does that lie within what chance does to so few studies?",
            "Does that lie within what chance does to so few studies?",
        ),
        hints=("Print the estimate of each study.", "The loop counts with seed; see who uses it."),
        solution="seed=1 makes the same table each time; it has to be seed=seed.",
        code=_CODE + _LOOP.format(studies=_STUDIES, seed="seed"),
        misconception="A seed is a formality.",
        minutes=5,
    ),
    Exercise(
        id="12.7",
        kind="choice",
        objective="12.design",
        prompt="You can afford 600 rows. Slopes vary a lot over people: a_j and b_j have averages of .3 and standard "
        "deviations of .6 (correlation 1/3, all else as in plan). Which design has more power for the indirect effect, "
        "and why? Decide, then ask mt.expected_power.",
        answer=lambda f: f"{_better_design()}: the effect is an average over people who differ a lot",
        options=(
            Option(
                "120 people with 5 days: the effect is an average over people who differ a lot",
                "The spread of the slopes is the larger part of the error, and only people make it smaller.",
            ),
            Option(
                "30 people with 20 days: slopes that vary a lot must be measured well",
                "More days measure the slopes of these 30 better. What do they tell about everybody else?",
            ),
            Option(
                "both alike: the number of rows decides",
                "Compare the two parts of the variance in either design. Does the first one depend on days?",
            ),
        ),
        hints=(
            "Ask which part of the variance of an average slope more days shrink.",
            "var_a=0.36, var_b=0.36, cov_ab=0.12; compare clusters=120, sizes=5 with clusters=30, sizes=20.",
        ),
        solution="Slopes' variance over the number of people: more people shrink it, more days do not.",
        code="from dataclasses import replace\n" + _CODE + "vary = replace(plan, var_a=0.36, var_b=0.36, cov_ab=0.12)\n"
        'mt.expected_power(vary, clusters=120, sizes=5).set_index("effect").loc["indirect", "power"]\n'
        'mt.expected_power(vary, clusters=30, sizes=20).set_index("effect").loc["indirect", "power"]\n'
        'answer = "a"',
        misconception="If slopes vary, each must be measured well.",
        minutes=3,
    ),
    Exercise(
        id="12.8",
        kind="choice",
        objective="12.which",
        prompt="A study of 40 people with 8 days finds the indirect effect, and c' = .06 with an interval from -.08 to "
        ".20. The authors write: 'Sleep mediates the effect completely.' What do you answer?",
        answer=lambda f: "Nothing shows that c' is 0; such a study would miss a c' of .05 nine times in ten.",
        options=(
            Option(
                "They are right: c' is not significant.",
                "How often would a study of this size find a true c' of .05?",
            ),
            Option(
                "Nothing shows that c' is 0; such a study would miss a c' of .05 nine times in ten.",
                "Its power for so small a direct effect is about .1. The interval says what remains possible: up to "
                ".20, more than the indirect effect.",
            ),
            Option(
                "They are wrong: an estimate of .06 shows that c' is not 0.",
                "Its interval holds 0. What does that leave open?",
            ),
            Option(
                "They should ask for the power after the fact.",
                "That is computed from the same estimate. What would it add to the p value?",
            ),
        ),
        hints=(
            "Look up the power for the direct effect in this design.",
            "Then read the interval: it says which values of c' remain possible.",
        ),
        solution="Not found is not absent: power for c' is low, and its interval holds 0 as well as large values.",
        code='answer = "b"',
        misconception="A direct effect that is not significant is 0: complete mediation.",
        minutes=2,
    ),
    Exercise(
        id="12.9",
        kind="choice",
        objective="12.pilot",
        prompt="A pilot of 20 people finds a significant indirect effect of .21. Its estimate goes into the formula, "
        "which asks for 27 people to reach a power of 80%. What do you expect of that study?",
        answer=lambda f: "Its true power will be well below 80%.",
        options=(
            Option(
                "Its true power will be about 80%.",
                "Only pilots with a large estimate are significant. What does that do to the effect that was put in?",
            ),
            Option(
                "Its true power will be well below 80%.",
                "With 20 people only exaggerated estimates are significant, so that the plan is too small. In the "
                "lesson every such pilot planned too few.",
            ),
            Option(
                "Its true power will be well above 80%.",
                "That takes a true effect larger than the estimate. Which way do selected estimates err?",
            ),
            Option(
                "Nothing: estimates of pilots err on both sides.",
                "All of them together do. Which ones are left after a selection by significance?",
            ),
        ),
        hints=(
            "Think of the picture of the pilots that found the effect, and of all others.",
            "Ask where the mean of the coloured bars lies, and where the truth.",
        ),
        solution="The winner's curse: selected for significance, the estimate is too large, and the plan too small.",
        code='answer = "b"',
        misconception="A significant pilot is a sound basis for a plan.",
        minutes=2,
    ),
)
