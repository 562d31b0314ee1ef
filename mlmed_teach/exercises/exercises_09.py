"""Exercises of lesson 9: within and between."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from ..mediation import Mediation, mediate
from ..models import MixedResult, fit_mixed
from .exercise_data import Exercise, Landmark, Option, Slip
from .facts import Facts

OBJECTIVES = {
    "09.question": "tell a question within clusters from a question between them",
    "09.centre": "centre a variable within clusters by hand, and with decompose=True",
    "09.read": "read within effects, between effects and their difference",
    "09.sign": "recognize a case in which the raw answer has the wrong sign",
    "09.assume": "say what the decomposed model assumes, and which effect to report",
}

_ICC, _ROWS, _WITHIN, _BETWEEN = 0.2, 5, 0.5, -0.1  # of 09.7

_DIARY = (
    "rng = np.random.default_rng(3)\n"
    "person = np.repeat(np.arange(150), 4)\n"
    "habit, d_m, d_y = rng.normal(scale=[1, .3, .5], size=(150, 3))[person].T\n"
    "today, e_m, e_y = rng.normal(scale=[.5, .8, .6], size=(600, 3)).T\n"
    "x = habit + today\n"
    "m = -.6 * habit + .4 * today + d_m + e_m\n"
    "y = -.6 * m + .1 * x + d_y + e_y\n"
    'table = pd.DataFrame({"id": person, "x": x, "m": m, "y": y})\n'
)
_OVERALL = 'table[["x", "m"]] = table[["x", "m"]] - table[["x", "m"]].mean()  # within persons\n'


@lru_cache(maxsize=1)
def _diary() -> pd.DataFrame:
    """The table of 09.5, made by the very lines that the learner reads."""
    made: dict[str, object] = {"np": np, "pd": pd}
    exec(_DIARY, made)
    return pd.DataFrame(made["table"])


@lru_cache(maxsize=2)
def _diary_fit(decompose: bool) -> Mediation:
    return mediate(_diary(), random=(), decompose=decompose)


def _parts(f: Facts) -> Mediation:
    return mediate(f.df, decompose=True)


def _path(med: Mediation, name: str) -> float:
    return float(med.paths.loc[name, "estimate"])


def _split(f: Facts) -> pd.DataFrame:
    means = f.df.groupby("id")[["x", "m"]].transform("mean")
    away = f.df[["x", "m"]] - means
    return f.df.join(means.add_suffix("_mean")).join(away.add_suffix("_dev"))


def _by_hand(f: Facts) -> MixedResult:
    return fit_mixed("y ~ m_dev + m_mean + x_dev + x_mean", _split(f), groups="id", re_formula="~ m_dev + x_dev")


def _raw(f: Facts) -> MixedResult:
    return fit_mixed("y ~ m + x", f.df, groups="id", re_formula="~ m + x")


def _observed(icc: float = _ICC, rows: int = _ROWS) -> float:
    """Slope between the means of few rows."""
    reliability = icc / (icc + (1 - icc) / rows)
    return reliability * _BETWEEN + (1 - reliability) * _WITHIN


def _nearer(f: Facts) -> str:
    low, high = f.once(_parts).contextual.loc["b", ["ci low", "ci high"]]
    return "not shown to differ" if low < 0 < high else "shown to differ"


_TEXTS = {
    "not shown to differ": "The levels are not shown to differ in b; a difference of some size remains possible.",
    "shown to differ": "The levels differ in b.",
}

EXERCISES = (
    Exercise(
        id="09.1",
        kind="choice",
        objective="09.assume",
        prompt="From lesson 8. Skewed slopes over clusters, and intervals from the likelihood. As clusters are added, "
        "their coverage ...",
        answer=lambda f: "stays clearly below 95%",
        options=(
            Option("comes close to 95%", "It does for normal effects. What does a normal formula know of skewed ones?"),
            Option(
                "stays clearly below 95%",
                "The standard error is too small by the same share, however many clusters there are: more data do not "
                "mend an assumption.",
            ),
            Option("rises above 95%", "That takes standard errors that are too large. Which way were they off?"),
        ),
        hints=("Think of the ratio of mean_se and sd.", "Compare it at 50 clusters and at 200."),
        solution="More data make an estimate more certain; they do not make an assumption true.",
        code='answer = "b"',
        misconception="With enough data assumptions do not matter.",
        minutes=1,
    ),
    Exercise(
        id="09.2",
        kind="choice",
        objective="09.question",
        prompt="From lesson 8. Of the Wald intervals of 42 simulated tables 93% hold the truth. What do you conclude?",
        answer=lambda f: "Little: chance alone moves such a share by .04.",
        options=(
            Option("Wald holds its promise in this design.", "Could the coverage be 85%, too, by this study?"),
            Option("Wald fails its promise in this design.", "How far off is 93% in Monte Carlo errors?"),
            Option(
                "Little: chance alone moves such a share by .04.",
                "That is its Monte Carlo error; anything from .85 to 1 agrees with 39 of 42.",
            ),
        ),
        hints=(
            "Compute the Monte Carlo error of a share of 42.",
            "Then see which coverages lie within two such errors.",
        ),
        solution=r"$\sqrt{.93 \cdot .07 / 42} = .04$: a larger study is needed.",
        code='answer = "c"',
        misconception="A simulated coverage is exact.",
        minutes=2,
    ),
    Exercise(
        id="09.3",
        kind="number",
        objective="09.centre",
        prompt="Centre x and m of df within clusters by hand, and fit y on both deviations and both means by REML, "
        "with random slopes of the deviations. What is the slope of y on m within clusters?",
        answer=lambda f: f.once(_by_hand).params["m_dev"],
        digits=4,
        right="It compares rows of the same cluster only: nothing that raises all rows of a cluster gets into it.",
        slips=(
            Slip(
                lambda f: f.once(_raw).params["m"],
                "the slope on raw m, of all rows",
                "Clusters as well as rows differ in m. Which of its two parts is asked for?",
            ),
            Slip(
                lambda f: f.once(_by_hand).params["m_mean"],
                "the slope on the clusters' means",
                "It compares clusters with each other. Which column compares a row with its own cluster?",
            ),
            Slip(
                lambda f: f.once(_by_hand).params["m_mean"] - f.once(_by_hand).params["m_dev"],
                "the difference of the two slopes, the contextual effect",
                "It says how far the levels differ. How steep is it within one of them?",
            ),
            Slip(
                lambda f: _path(f.once(_parts), "within: b"),
                "the b within clusters of the stacked model",
                "There the equation of m has a say, too. Which formula has y alone on its left?",
            ),
        ),
        landmark=Landmark(
            "The slope between clusters",
            lambda f: f.once(_by_hand).params["m_mean"],
            "Should rows of one cluster differ by more than clusters do?",
            "Does your formula have the mean of m and its deviation, each once?",
        ),
        hints=(
            'df.groupby("id")[["x", "m"]].transform("mean") writes the mean of its cluster beside each row.',
            "The formula is y ~ m_dev + m_mean + x_dev + x_mean, and slopes of m_dev and x_dev are random.",
        ),
        solution="The coefficient of m_dev.",
        code='means = df.groupby("id")[["x", "m"]].transform("mean")\n'
        'away = df[["x", "m"]] - means\n'
        'split = df.join(means.add_suffix("_mean")).join(away.add_suffix("_dev"))\n'
        'formula = "y ~ m_dev + m_mean + x_dev + x_mean"\n'
        'fit = mt.fit_mixed(formula, split, groups="id", re_formula="~ m_dev + x_dev")\n'
        'answer = fit.params["m_dev"]',
        misconception="Raw for within; between and within swapped.",
        minutes=5,
    ),
    Exercise(
        id="09.4",
        kind="number",
        objective="09.read",
        prompt="Decompose the mediation in df. What is the average indirect effect within clusters?",
        answer=lambda f: f.once(_parts).indirect.estimate,
        digits=4,
        right="Slopes vary over clusters, so that the average within has their covariance in it, as in lesson 6.",
        slips=(
            Slip(
                lambda f: f.effects.indirect.estimate,
                "the indirect effect of raw scores",
                "It blends the two levels. Which option of mt.mediate tells them apart?",
            ),
            Slip(
                lambda f: _path(f.once(_parts), "between: a") * _path(f.once(_parts), "between: b"),
                "the indirect effect between clusters",
                "It compares clusters by their means. Which rows of the table are about deviations?",
            ),
            Slip(
                lambda f: _path(f.once(_parts), "within: a") * _path(f.once(_parts), "within: b"),
                "the product of the two average slopes within clusters",
                "That is all there is between clusters, where no slope varies. What does vary within?",
            ),
            Slip(
                lambda f: f.once(_parts).total.estimate,
                "the average total effect within clusters",
                "It counts the way past m as well. Which path does not lead through m?",
            ),
        ),
        landmark=Landmark(
            "The direct effect within clusters",
            lambda f: f.once(_parts).direct.estimate,
            "Is it the effect by way of m, and nothing else?",
            "Which of the effects did you read?",
        ),
        hints=("decompose=True.", "The first row of the result, or med.indirect."),
        solution=r"$a_W b_W + \operatorname{cov}(a_j, b_j)$.",
        code="answer = mt.mediate(df, decompose=True).indirect.estimate",
        misconception="Raw for within; the covariance is left out.",
        minutes=2,
    ),
    Exercise(
        id="09.5",
        kind="number",
        objective="09.sign",
        prompt="Bug hunt. A colleague reads 'centre your predictors' and writes this, to get the indirect effect "
        "within persons. It runs, and its answer has the opposite sign of the truth. What does the mended code give?",
        given=_DIARY + _OVERALL + "answer = mt.mediate(table, random=()).indirect.estimate",
        answer=lambda f: _diary_fit(True).indirect.estimate,
        digits=3,
        right="One constant for everybody moves the zero of a scale, and leaves persons as far apart as they were. "
        "Centring within persons takes each one's own mean.",
        slips=(
            Slip(
                lambda f: _diary_fit(False).indirect.estimate,
                "what the code gives as it stands",
                "Take the same constant from all rows: do persons come any nearer to each other?",
            ),
            Slip(
                lambda f: _diary_fit(True).to_frame().loc["between: indirect", "estimate"],
                "the indirect effect between persons",
                "It compares habits. Which rows of the decomposed table compare the days of one person?",
            ),
            Slip(
                lambda f: _diary_fit(True).total.estimate,
                "the total effect within persons",
                "It counts c' as well. Which effect is asked for?",
            ),
            Slip(
                lambda f: _path(_diary_fit(True), "within: a"),
                "a within persons",
                "It leads to m only. What comes after it?",
            ),
        ),
        landmark=Landmark(
            "Zero",
            lambda f: 0.0,
            "More of x on a day raises m, and m lowers y: which sign has their product?",
            "Is that the way through m, within persons, and no more?",
        ),
        hints=(
            "Run it with and without the line that centres.",
            "Whose mean has to be taken away? One option of mt.mediate does it.",
        ),
        solution="The line that centres changes nothing; decompose=True takes each person's own mean.",
        code=_DIARY + "answer = mt.mediate(table, random=(), decompose=True).indirect.estimate",
        misconception="Centring at the overall mean gives effects within clusters.",
        minutes=6,
    ),
    Exercise(
        id="09.6",
        kind="choice",
        objective="09.question",
        prompt="Pupils (in classes) report how much help they get, how confident they feel, and how hard they work. "
        "The question: do pupils work harder when they get more help than others in their class? Which effect answers "
        "it?",
        answer=lambda f: "within classes",
        options=(
            Option("within classes", "It compares pupils with the others of their own class, as the question does."),
            Option(
                "between classes",
                "That compares a class where much help is given with one where little is. Are classes compared in the "
                "question?",
            ),
            Option("raw scores", "They blend two comparisons. Which weights would the question ask for?"),
            Option(
                "the contextual effect",
                "It says what the class mean adds for a pupil beyond the pupil's own value. Does the question hold "
                "something constant?",
            ),
        ),
        hints=("Look for who is compared with whom.", "'than others in their class' says it."),
        solution="More than others in the same class: a deviation from the class mean, so within.",
        code='answer = "a"',
        misconception="Level 1 data answer one question.",
        minutes=2,
    ),
    Exercise(
        id="09.7",
        kind="number",
        objective="09.assume",
        prompt=f"m has an ICC of {_ICC:.1f}, and clusters have {_ROWS} rows. Its slope within clusters is {_WITHIN}, "
        "the one between them −0.1. Which slope will the clusters' observed means show, on average?",
        answer=lambda f: _observed(),
        digits=3,
        right="Five rows do not show a cluster's level exactly, and what they show besides it follows the slope "
        "within. Here even the sign is lost.",
        slips=(
            Slip(
                lambda f: _ICC * _BETWEEN + (1 - _ICC) * _WITHIN,
                "a blend with the ICC for a weight",
                "The ICC is the reliability of one row. How many rows has a mean?",
            ),
            Slip(
                lambda f: _BETWEEN + _WITHIN - _observed(),
                "a blend with the two weights swapped",
                "The more reliable the means are, the nearer they come to one of the slopes. To which?",
            ),
            Slip(
                lambda f: _BETWEEN,
                "the slope between clusters itself",
                "Means of many rows would show it. Do means of five?",
            ),
            Slip(
                lambda f: _ICC / (_ICC + (1 - _ICC) / _ROWS),
                "the reliability of the means",
                "It is the weight of one of the slopes. What is the blend?",
            ),
        ),
        landmark=Landmark(
            "With one row in each cluster the slope",
            lambda f: _observed(rows=1),
            "Are means of five rows less reliable than single rows?",
            "How reliable is a mean of five rows?",
        ),
        hints=(
            "First the reliability of a mean: variance between, over itself plus variance within / n.",
            "With a total variance of 1, the variance between is the ICC.",
        ),
        solution=r"$\lambda = .2 / (.2 + .8 / 5)$, then $\lambda\,a_B + (1 - \lambda)\,a_W$.",
        code="weight = .2 / (.2 + .8 / 5)\nanswer = weight * -.1 + (1 - weight) * .5",
        misconception="Cluster means are the clusters' levels.",
        minutes=4,
    ),
    Exercise(
        id="09.8",
        kind="choice",
        objective="09.assume",
        prompt="Some clusters are in a better neighbourhood, which raises both m and y of all their rows; nobody "
        "measured it. Which slope of y on m is off in the decomposed model?",
        answer=lambda f: "the one between clusters",
        options=(
            Option(
                "the one between clusters",
                "Clusters with high means of m have more y for a reason that is not m. Rows of one cluster share the "
                "neighbourhood, so that comparing them leaves it out.",
            ),
            Option("the one within clusters", "Do rows of one cluster differ in their neighbourhood?"),
            Option("both", "Rows of one cluster share it. Does it distort comparisons among them?"),
            Option("neither", "Which comparison puts rows of two neighbourhoods side by side?"),
        ),
        hints=("Ask of each slope who is compared with whom.", "Rows of one cluster have the neighbourhood in common."),
        solution="What is the same for all rows of a cluster cannot distort comparisons within it.",
        code='answer = "a"',
        misconception="An unmeasured variable spoils everything, or nothing.",
        minutes=2,
    ),
    Exercise(
        id="09.9",
        kind="choice",
        objective="09.read",
        prompt="Look at the contextual effect of b in the decomposed model of df. What may you write?",
        answer=lambda f: _TEXTS[_nearer(f)],
        options=(
            Option(
                "b is the same within and between clusters.",
                "A difference that was not shown may be there. How far does its interval reach?",
            ),
            Option(
                _TEXTS["not shown to differ"],
                "The interval holds 0, and holds differences that would matter, too.",
            ),
            Option(_TEXTS["shown to differ"], "Does the interval of the difference leave out 0?"),
        ),
        hints=("mt.mediate(df, decompose=True).contextual.", "Look at both ends of the interval in row b."),
        solution="p is above .05, and the interval is wide.",
        code='mt.mediate(df, decompose=True).contextual.loc["b"]\nanswer = "b"',
        misconception="Not significant means equal.",
        minutes=2,
    ),
)
