"""Exercises of lesson 11: for whom; the first two are in `exercises_11_recall`."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from ..mediation import Mediation, mediate
from . import exercises_11_recall
from .exercise_data import Exercise, Landmark, Option, Slip
from .facts import Facts

OBJECTIVES = {
    "11.lean": "let a path lean on a variable w, and say what the numbers mean",
    "11.hand": "compute an indirect effect at a value of w by hand, and with one call",
    "11.ask": "answer whether the effect depends on w with the index, or a difference of effects",
    "11.groups": "compare groups without taking 'significant here, not there' for a difference",
    "11.terms": "say why w itself stands in both equations, and where its zero is",
}

_A, _A_BY_W, _B, _B_BY_W, _COV, _W = 0.4, 0.1, 0.5, -0.2, 0.03, 2  # of 11.3

_PEOPLE = (
    "rng = np.random.default_rng(5)\n"
    "w = np.linspace(-2, 2, 80)  # one value for each person\n"
    "j = np.repeat(np.arange(80), 6)\n"
    "d_m, d_y, u_a, u_b = rng.normal(scale=.3, size=(4, 80))\n"
    "x, e_m, e_y = rng.normal(scale=.8, size=(3, 480))\n"
    "m = d_m[j] + (.5 + .2 * w + u_a)[j] * x + e_m\n"
    "y = d_y[j] + (.5 + .2 * w + u_b)[j] * m + .2 * x + e_y\n"
    'table = pd.DataFrame({"id": j, "x": x, "m": m, "y": y, "w": w[j]})\n'
)
_AGE = (
    'table["age"] = 45 + 10 * table["w"]\n'
    'med = mt.mediate(table, random=("a", "b"), moderators={"a": "age", "b": "age"})\n'
    'a_1, b_1 = med.moderation.loc[["a by age", "b by age"], "estimate"]\n'
)
_AT_60 = "answer = (med.a + a_1 * 60) * (med.b + b_1 * 60) + med.cov_ab  # effect at 60 years"


@lru_cache(maxsize=1)
def _people() -> pd.DataFrame:
    """The table of 11.6, made by the very lines that the learner reads."""
    made: dict[str, object] = {"np": np, "pd": pd}
    exec(_PEOPLE, made)
    return pd.DataFrame(made["table"])


@lru_cache(maxsize=1)
def _both() -> Mediation:
    return mediate(_people(), random=("a", "b"), moderators={"a": "w", "b": "w"})


def _effect(w: float) -> float:
    """Conditional indirect effect."""
    return float(_both().conditional(w).loc[(w, "indirect"), "estimate"])


def _of_clusters(f: Facts) -> pd.DataFrame:
    """The page's table with the clusters' means of x, for 11.5."""
    return f.df.assign(w=f.df.groupby("id")["x"].transform("mean"))


def _by_mean(f: Facts) -> Mediation:
    return mediate(_of_clusters(f), moderators={"a": "w", "b": "w"})


def _only_a(f: Facts) -> Mediation:
    return mediate(_of_clusters(f), moderators={"a": "w"})


def _change(f: Facts, low: float, high: float) -> float:
    return float(f.once(_by_mean).contrast(low, high).loc["indirect", "estimate"])


def _product(name: str) -> float:
    return float(_both().moderation.loc[name, "estimate"])


def _by_hand(a_1: float, b_1: float, cov: float, w: float = _W) -> float:
    return (_A + a_1 * w) * (_B + b_1 * w) + cov


def _uncentred() -> float:
    """What the code of 11.6 gives: slopes times 60 years, from paths at the mean age."""
    a_1, b_1 = _product("a by w") / 10, _product("b by w") / 10
    return (_both().a + 60 * a_1) * (_both().b + 60 * b_1) + float(_both().cov_ab or 0.0)


EXERCISES = (
    *exercises_11_recall.EXERCISES,
    Exercise(
        id="11.3",
        kind="number",
        objective="11.hand",
        prompt="A table shows, at w = 0, a = .40 and b = .50; a by w is .10, b by w is −.20, and cov(a_j, b_j), given "
        f"w, is .03. What is the conditional indirect effect at w = {_W}?",
        answer=lambda f: _by_hand(_A_BY_W, _B_BY_W, _COV),
        digits=3,
        right="a has risen, b has fallen by more, and what is left of the effect is a third covariance.",
        slips=(
            Slip(
                lambda f: _by_hand(_A_BY_W, _B_BY_W, 0.0),
                "the product of the two paths there",
                "The average of a product has one more part, also among people with the same w. Which?",
            ),
            Slip(
                lambda f: _by_hand(0.0, 0.0, _COV),
                "the indirect effect at w = 0",
                "Both paths lean. What are they where w is larger?",
            ),
            Slip(
                lambda f: _by_hand(_A_BY_W, 0.0, _COV),
                "the effect if only a leaned on w",
                "What does b by w say?",
            ),
            Slip(
                lambda f: _by_hand(0.0, _B_BY_W, _COV),
                "the effect if only b leaned on w",
                "What does a by w say?",
            ),
            Slip(
                lambda f: _by_hand(_A_BY_W, _B_BY_W, _COV, -_W),
                "the effect on the other side of 0",
                "Which sign has the w that is asked for?",
            ),
            Slip(
                lambda f: _A * _B + _COV + _W * _A_BY_W * _B_BY_W,
                "the effect at w = 0, changed by w times the product of the two products",
                "Each path changes by itself first. What are a and b where you want the effect?",
            ),
        ),
        landmark=Landmark(
            "The effect at w = 0",
            lambda f: _by_hand(0.0, 0.0, _COV),
            "Which of the paths becomes smaller when w grows, and by how much?",
            "What are a and b there, each by itself?",
        ),
        hints=(
            "First both paths at that w, then their product, then the rest.",
            "a is .40 plus twice .10, and b goes the same way.",
        ),
        solution=r"$(a_0 + a_1 w)(b_0 + b_1 w) + \operatorname{cov}(a_j, b_j \mid w)$ with $w = 2$.",
        code="a, b = .40 + .10 * 2, .50 - .20 * 2\nanswer = a * b + .03",
        misconception="The covariance is left out; products of products are multiplied by w.",
        minutes=3,
    ),
    Exercise(
        id="11.4",
        kind="choice",
        objective="11.ask",
        prompt="Only a leans on w: a by w is .21, p < .001. b is .02, with the standard error .05. What may you write?",
        answer=lambda f: "a depends on w; that the indirect effect does is not shown.",
        options=(
            Option(
                "The indirect effect depends on w, as the p value of the product shows.",
                "The change of a has still to come through to y. Which path does it take, and how sure is that one?",
            ),
            Option(
                "a depends on w; that the indirect effect does is not shown.",
                "The index, .21 times .02, has to do with both estimates, and b may well be 0.",
            ),
            Option(
                "The indirect effect is the same for all w.",
                "An index that may be 0 may be something else as well. What would its interval have to be like?",
            ),
            Option(
                "w moderates nothing.",
                "One path clearly leans. What is it that needs both paths?",
            ),
        ),
        hints=("Compute the index.", "Look at each of its two factors for whether it may be 0."),
        solution=r"The index is $a_1 b_0$, and $b_0$ may be 0.",
        code='answer = "b"',
        misconception="A significant product is a moderated indirect effect.",
        minutes=2,
    ),
    Exercise(
        id="11.5",
        kind="number",
        objective="11.ask",
        prompt="With the table of the page, the df of lessons 1 to 7: let w be each cluster's mean of x, and let a and "
        "b both lean on it. What is the indirect effect at w = 2 minus the one at w = −2?",
        answer=lambda f: _change(f, -2, 2),
        digits=3,
        right="The difference is an effect of its own. contrast gives its interval, too, and only that says whether "
        "the effect is shown to depend on w.",
        slips=(
            Slip(
                lambda f: float(f.once(_by_mean).moderation["estimate"].iloc[-1]),
                "the difference between the quartiles of w, which moderation shows",
                "They lie nearer to each other than −2 and 2. Which call takes the values that you name?",
            ),
            Slip(
                lambda f: _change(f, 2, -2),
                "the one at w = −2 minus the one at w = 2",
                "Which of the two arguments of contrast is taken away from the other?",
            ),
            Slip(
                lambda f: _change(f, 0, 2),
                "the effect at w = 2 minus the one at w = 0",
                "How large is it at w = −2?",
            ),
            Slip(
                lambda f: float(f.once(_by_mean).conditional(2)["estimate"].iloc[0]),
                "the effect at w = 2",
                "How large is it at the other end?",
            ),
            Slip(
                lambda f: 4 * float(f.once(_only_a).moderation["estimate"].iloc[-1]),
                "four times the index of a model in which only a leans",
                "Which moderators does your call name?",
            ),
            Slip(
                lambda f: 4 * float(f.once(_by_mean).moderation["estimate"].iloc[0]),
                "how much a changes from w = −2 to 2",
                "What does that do to the effect, together with b?",
            ),
        ),
        landmark=Landmark(
            "The effect at the mean of w",
            lambda f: f.once(_by_mean).indirect.estimate,
            "Is it a difference of two effects, and not a sum?",
            "Which two effects are to be compared, and which is taken away?",
        ),
        hints=(
            'df.groupby("id")["x"].transform("mean") writes the mean of its cluster beside each row.',
            "med.contrast(low, high) gives the difference of two effects.",
        ),
        solution="contrast(-2, 2), the row of the indirect effect.",
        code='table = df.assign(w=df.groupby("id")["x"].transform("mean"))\n'
        'med = mt.mediate(table, moderators={"a": "w", "b": "w"})\n'
        'answer = med.contrast(-2, 2).loc["indirect", "estimate"]',
        misconception="With two leaning paths one slope serves for all w.",
        minutes=4,
    ),
    Exercise(
        id="11.6",
        kind="number",
        objective="11.terms",
        prompt="Bug hunt. People of 25 to 65, with age in years. A colleague works out the indirect effect at 60 years "
        "by hand. The code runs, and its answer is far beyond all that the model says of these ages. What does the "
        "mended code give?",
        given=_PEOPLE + _AGE + _AT_60,
        answer=lambda f: _effect(1.5),
        digits=3,
        right="a and b are the paths at the mean age, 45: from there to 60 it is 15 years, not 60.",
        slips=(
            Slip(
                lambda f: _uncentred(),
                "what the code gives as it stands",
                "med.a and med.b are the paths at some age. Read the notes of med: at which?",
            ),
            Slip(
                lambda f: _effect(1.5) - float(_both().cov_ab or 0.0),
                "the product of the two paths at 60 years",
                "The covariance was in the code. Where did it go?",
            ),
            Slip(
                lambda f: _effect(0),
                "the effect at the mean age",
                "How many years are there from the mean age to 60?",
            ),
            Slip(
                lambda f: _effect(-1.5),
                "the effect at 30 years",
                "Is 60 above the mean age, or below it?",
            ),
            Slip(
                lambda f: (_both().a + 1.5 * _product("a by w")) * _both().b + float(_both().cov_ab or 0.0),
                "the effect at 60 years if b were the one at the mean age",
                "Both paths lean. What is b at 60?",
            ),
        ),
        landmark=Landmark(
            "The effect at the mean age",
            lambda f: _effect(0),
            "How many years is 60 away from there?",
            "Do the paths rise or fall with age?",
        ),
        hints=(
            "Print med: one of its notes says where its paths are taken.",
            "med.conditional(60) does it without centring by hand.",
        ),
        solution="The slopes are multiplied by the distance from the mean age, 60 − 45.",
        code=_PEOPLE + _AGE + "answer = (med.a + a_1 * 15) * (med.b + b_1 * 15) + med.cov_ab",
        misconception="A coefficient of a product model is the same wherever zero is.",
        minutes=5,
    ),
    Exercise(
        id="11.7",
        kind="choice",
        objective="11.terms",
        prompt="Only a leans on w, says theory. A reviewer: 'Then w has no business in the equation of y, leave it out "
        "there.' w also raises both m and y by itself. What happens to b without it?",
        answer=lambda f: "It is too large: it takes up what w does to y.",
        options=(
            Option(
                "Nothing: w moderates a, and b is another path.",
                "People with a high w have much of m and much of y. Which slope sees these two go together?",
            ),
            Option(
                "It is too large: it takes up what w does to y.",
                "w is a common cause of m and y. Whichever path it moderates, it belongs into both equations.",
            ),
            Option(
                "It is too small: w explains a part of m already.",
                "That part is held in the equation of m. Who explains y's part, when w may not?",
            ),
            Option(
                "Nothing: the random intercepts take care of it.",
                "They are what w leaves over in m's equation. How could they then stand for w in the other one?",
            ),
        ),
        hints=("Draw w with its arrows to m and to y.", "A cause of both that is held in one equation only."),
        solution="w confounds m and y; lesson 11's table shows by how much.",
        code='answer = "b"',
        misconception="A moderator belongs only where its product is.",
        minutes=3,
    ),
    Exercise(
        id="11.8",
        kind="choice",
        objective="11.groups",
        prompt="Conditional indirect effects: large firms .24 [.12, .36], small firms .19 [−.03, .41]. The difference "
        "is .05 [−.20, .30]. What may you write?",
        answer=lambda f: "Firms of the two sizes are not shown to differ; they may, by as much as .30.",
        options=(
            Option(
                "The effect exists in large firms only.",
                "The second interval reaches from below 0 to .41. Does that show that there is nothing?",
            ),
            Option(
                "The size of a firm moderates the effect.",
                "That is a sentence about a difference. Which of the three intervals is about it?",
            ),
            Option(
                "Firms of the two sizes are not shown to differ; they may, by as much as .30.",
                "Two effects are compared by their difference and its interval, not by which of them is clear.",
            ),
            Option(
                "The effect is the same in large and small firms.",
                "The interval of the difference is wide. Which differences does it leave open?",
            ),
        ),
        hints=("Three intervals answer three questions.", "The last one is about the comparison."),
        solution="The interval of the difference holds 0, and much else.",
        code='answer = "c"',
        misconception="Significant in one group and not in the other is a difference; not shown to differ is equal.",
        minutes=2,
    ),
)
