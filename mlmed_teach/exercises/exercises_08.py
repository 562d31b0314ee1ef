"""Exercises of lesson 8: truth and coverage."""

from __future__ import annotations

import warnings
from functools import lru_cache

import numpy as np
import pandas as pd

from ..errors import BoundaryWarning
from ..mediation import mediate
from ..studies import Population, coverage, simulate
from .exercise_data import Exercise, Landmark, Option, Slip
from .facts import Facts

OBJECTIVES = {
    "08.draw": "draw samples from a population whose average indirect effect you know",
    "08.promise": "say what 95% promises, and to whom",
    "08.study": "read a simulation study: bias, standard errors, coverage, Monte Carlo error",
    "08.trust": "say when the page's intervals can be trusted, and when more data do not help",
}

_TRUTH = Population()
_EXIST, _TABLES, _SHARE = 160, 200, 0.88  # of the study in the prompt of 08.4
_SAMPLES = 30  # of 08.5

_CODE = (
    "import warnings\n"
    "limits = []\n"
    "with warnings.catch_warnings():\n"
    '    warnings.simplefilter("ignore")  # of the boundary\n'
    f"    for seed in range(1, {_SAMPLES + 1}):\n"
    "        med = mt.mediate(mt.simulate(seed=seed))\n"
    "        limits.append(med.indirect.ci)\n"
    "low, high = np.array(limits).T\n"
)

_COUNT = "answer = ((low < truth) & (truth < high)).mean()"


def _error(share: float, n: int) -> float:
    return float(np.sqrt(share * (1 - share) / n))


@lru_cache(maxsize=1)
def _intervals() -> tuple[np.ndarray, np.ndarray]:
    """Limits of the Wald intervals of samples with the seeds 1, 2, ..."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BoundaryWarning)
        limits = [mediate(simulate(seed=seed)).indirect.ci for seed in range(1, _SAMPLES + 1)]
    low, high = np.array(limits, dtype=float).T
    return low, high


def _held(truth: float) -> int:
    low, high = _intervals()
    return int(((low < truth) & (truth < high)).sum())


@lru_cache(maxsize=1)
def _two_designs() -> tuple[pd.Series, pd.Series]:
    """Rows of a study for 100 clusters of 8 and for 40 of 20."""
    studies = (
        coverage(n, size, "normal", reps=100, intervals=("wald",), seed=2, progress=False)
        for n, size in ((100, 8), (40, 20))
    )
    many, few = (study[study["effect"] == "indirect"].iloc[0] for study in studies)
    return many, few


def _which_design(f: Facts) -> str:
    many, few = _two_designs()
    sizes = {True: "100 clusters of 8", False: "40 clusters of 20"}
    smaller, rarer = sizes[many["sd"] < few["sd"]], sizes[many["boundary"] < few["boundary"]]
    return f"{smaller} scatter less; {rarer} lie on the boundary less often"


def _monte_carlo_beside_wald(f: Facts) -> str:
    interval = f.med.monte_carlo(seed=1).to_frame().loc["indirect"]
    low, high = (interval.iloc[at] > limit for at, limit in zip((1, 2), f.effects.indirect.ci, strict=True))
    sides = {
        (True, True): "both to the right",
        (False, False): "both to the left",
        (False, True): "both further out",
        (True, False): "both further in",
    }
    return sides[bool(low), bool(high)]


EXERCISES = (
    Exercise(
        id="08.1",
        kind="choice",
        objective="08.trust",
        prompt="From lesson 7. Beside the Wald interval of the indirect effect, the two limits of its Monte Carlo "
        "interval lie ...",
        answer=_monte_carlo_beside_wald,
        options=(
            Option(
                "both to the left", "A product has its long tail where its factors are large. On which side is that?"
            ),
            Option(
                "both to the right",
                "The product of two positive paths is skewed to the right, which a symmetric interval cannot show.",
            ),
            Option(
                "both further out",
                "That would be an interval with more uncertainty, but as symmetric as before. What does a product do "
                "to the shape?",
            ),
            Option("both further in", "Fewer values would then be plausible. Why should drawing a and b tell more?"),
        ),
        hints=("Think of the shape of a product of two estimates.", "Errors upwards grow, errors downwards shrink."),
        solution="The product is a little skewed: its right tail is the longer one, so that both limits move up.",
        code='mc = mt.mediate(df).monte_carlo(seed=1)\nmc\nanswer = "b"',
        misconception="Other methods only make an interval wider or narrower.",
        minutes=1,
    ),
    Exercise(
        id="08.2",
        kind="choice",
        objective="08.trust",
        prompt="From lesson 7. 25 clusters, and the fit lies on the boundary. Which interval of the indirect effect "
        "does the lesson advise to report?",
        answer=lambda f: "a profile or a percentile bootstrap interval",
        options=(
            Option("Wald, with gls standard errors", "They take variances as known. Are those of 25 clusters?"),
            Option("none", "The estimates are a maximum of the likelihood there, too. Which methods need no more?"),
            Option("a 90% interval instead of a 95% one", "That promises less. Does it keep what it promises?"),
            Option(
                "a profile or a percentile bootstrap interval",
                "One asks the likelihood, the other fits again and again; neither holds the rank of G.",
            ),
        ),
        hints=(
            "The table of lesson 7 has a row for few clusters.",
            "Ask which methods do not take the variances of so few clusters as known.",
        ),
        solution="With fewer than 50 clusters the profile likelihood or a percentile bootstrap of whole clusters.",
        code='answer = "d"',
        misconception="A fit on the boundary is a failure, and says nothing.",
        minutes=1,
    ),
    Exercise(
        id="08.3",
        kind="number",
        objective="08.draw",
        prompt="Your own sample: take a number of four digits as the seed, mine = mt.simulate(seed=...). How far does "
        "its estimate of the average indirect effect lie from the truth (estimate minus truth)?",
        answer=lambda f: f.effects.indirect.estimate - _TRUTH.indirect,
        digits=3,
        right="This distance is what nobody knows of a study of the real world. Compare it with your standard error.",
        slips=(
            Slip(
                lambda f: f.effects.indirect.estimate,
                "the estimate itself",
                "Only the truth makes an error of it. Which attribute of mt.Population() is the truth?",
            ),
            Slip(
                lambda f: f.product - _TRUTH.indirect,
                "the distance of the product of the two average slopes",
                "The truth holds the covariance of the slopes. Does your estimate?",
            ),
            Slip(
                lambda f: f.effects.indirect.estimate - _TRUTH.a * _TRUTH.b,
                "the distance from the population's a b",
                "In the population, too, slopes covary. What has to be added to a b there?",
            ),
            Slip(
                lambda f: f.effects.total.estimate - _TRUTH.total,
                "the distance of the total effect",
                "It counts c' as well. Which effect is asked for?",
            ),
        ),
        landmark=Landmark(
            "No distance at all",
            lambda f: 0.0,
            "Is your estimate as far above the truth?",
            "Is your estimate as far below the truth?",
        ),
        hints=(
            "mt.mediate(mine) estimates it; mt.Population() knows the truth.",
            "Subtract mt.Population().indirect from med.indirect.estimate, and give the table to mt.check as data=.",
        ),
        solution="Estimate minus truth, where the truth is mt.Population().indirect.",
        code="med = mt.mediate(df)\nanswer = med.indirect.estimate - mt.Population().indirect",
        misconception="The truth is a b; a good study finds the truth.",
        minutes=4,
        own_data=True,
    ),
    Exercise(
        id="08.4",
        kind="number",
        objective="08.study",
        prompt=f"A study drew {_TABLES} tables; {_EXIST} of them could be fitted, and {_SHARE:.0%} of these intervals "
        "hold the truth. What is the Monte Carlo error of this coverage, as a share?",
        answer=lambda f: _error(_SHARE, _EXIST),
        digits=4,
        right="Two such errors on either side do not reach 95%: this study speaks against the promise.",
        slips=(
            Slip(
                lambda f: _error(_SHARE, _TABLES),
                "the error of a share of all tables",
                "Some tables have no fit, and no say in this share. How many have one?",
            ),
            Slip(
                lambda f: _error(0.95, _EXIST),
                "the error of a coverage of .95",
                "That is what was promised. Which share was found?",
            ),
            Slip(
                lambda f: float(np.sqrt(_SHARE * (1 - _SHARE))),
                "the standard deviation of a single yes or no",
                "The share is a mean of many. What makes a mean more certain than a single value?",
            ),
            Slip(
                lambda f: _error(_SHARE, _EXIST) ** 2,
                "the variance of the share",
                "A standard error has the units of the share. What is left to do?",
            ),
            Slip(
                lambda f: 1.96 * _error(_SHARE, _EXIST),
                "the half width of an interval around the share",
                "An interval reaches out by some standard errors. How large is one?",
            ),
            Slip(
                lambda f: float(np.sqrt(_SHARE / _EXIST)),
                "the root of p / n",
                "It lacks a factor, so that a share of 1 would have an error, too. Which one?",
            ),
        ),
        landmark=Landmark(
            "The error of a coverage of .95 from 2,000 intervals",
            lambda f: _error(0.95, 2000),
            "Does a study of fewer intervals tell less, and how much less?",
            "Can a study of fewer intervals be more certain?",
        ),
        hints=("The formula stands in the lesson: a root of p (1 - p) / n.", "n counts what the share is taken of."),
        solution=r"$\sqrt{p(1-p)/n}$ with the share that was found, and $n$ the intervals that exist.",
        code=f"p, n = {_SHARE}, {_EXIST}\nanswer = np.sqrt(p * (1 - p) / n)",
        misconception="A simulated coverage is exact; tables without a fit count.",
        minutes=3,
    ),
    Exercise(
        id="08.5",
        kind="number",
        objective="08.study",
        prompt=f"Bug hunt. This code runs and is to give the coverage of the Wald intervals of {_SAMPLES} samples, but "
        "what it gives is far too low. What does the mended code give?",
        given=_CODE + "truth = mt.Population().a * mt.Population().b\n" + _COUNT,
        answer=lambda f: _held(_TRUTH.indirect) / _SAMPLES,
        digits=3,
        right="In the population, too, slopes covary: what the intervals are to hold is a b plus that covariance.",
        slips=(
            Slip(
                lambda f: _held(_TRUTH.a * _TRUTH.b) / _SAMPLES,
                "what the code gives as it stands",
                "It asks for a b. What is the average of a_j b_j in a population whose slopes covary?",
            ),
            Slip(
                lambda f: 1 - _held(_TRUTH.indirect) / _SAMPLES,
                "the share of samples that do not hold the truth",
                "Coverage counts those that hold it. How many are these?",
            ),
            Slip(
                lambda f: 1 - _held(_TRUTH.a * _TRUTH.b) / _SAMPLES,
                "the share of samples that do not hold a b",
                "Coverage counts those that hold the truth. Which of the two is it: a b, or a b plus a covariance?",
            ),
        ),
        landmark=Landmark(
            "What was promised",
            lambda f: 0.95,
            "Does that lie within what chance does to so few intervals?",
            "Which value are the intervals to hold?",
        ),
        hints=("Print truth, and compare it with that of the lesson.", "mt.Population() has it as .indirect."),
        solution="The truth is mt.Population().indirect, a b plus the covariance of the slopes.",
        code=_CODE + "truth = mt.Population().indirect\n" + _COUNT,
        misconception="The average indirect effect of a population is the product of its average slopes.",
        minutes=6,
    ),
    Exercise(
        id="08.6",
        kind="choice",
        objective="08.study",
        prompt="You can afford 800 rows, normal effects: 100 clusters of 8, or 40 clusters of 20? Decide, then run a "
        "small study of both. How do the estimates of the indirect effect behave?",
        answer=_which_design,
        options=(
            Option(
                "100 clusters of 8 scatter less; 100 clusters of 8 lie on the boundary less often",
                "Rows tell a cluster's slopes apart from chance. Which of the designs has more rows in a cluster?",
            ),
            Option(
                "100 clusters of 8 scatter less; 40 clusters of 20 lie on the boundary less often",
                "An average over clusters gets certain with many clusters; variances of slopes are seen well in "
                "clusters with many rows.",
            ),
            Option(
                "40 clusters of 20 scatter less; 100 clusters of 8 lie on the boundary less often",
                "The effect is an average over clusters. Over how many is it taken in either design?",
            ),
            Option(
                "40 clusters of 20 scatter less; 40 clusters of 20 lie on the boundary less often",
                "More rows in a cluster do tell its slopes better. But how many clusters is the average taken over?",
            ),
        ),
        hints=(
            "mt.coverage takes clusters=, sizes=, reps= and intervals=; look at sd and boundary.",
            "For sd, think of the number of clusters; for the boundary, of what one cluster tells of its own slopes.",
        ),
        solution="sd is smaller with 100 clusters, boundary is rarer with 20 rows in each.",
        code='options = dict(shapes="normal", reps=100, intervals="wald", seed=2, progress=False)\n'
        "many = mt.coverage(clusters=100, sizes=8, **options)\n"
        "few = mt.coverage(clusters=40, sizes=20, **options)\n"
        'pd.concat([many, few]).query("effect == \'indirect\'")[["clusters", "boundary", "sd", "mean_se"]]\n'
        'answer = "b"',
        misconception="Only the number of rows counts.",
        minutes=4,
    ),
    Exercise(
        id="08.7",
        kind="choice",
        objective="08.trust",
        prompt="50 clusters, and slopes that are clearly skewed over clusters. A reviewer doubts the Wald interval. "
        "What brings its coverage nearer to 95%?",
        answer=lambda f: "none of these; report a bootstrap of clusters instead",
        options=(
            Option(
                "200 clusters instead of 50", "What did the picture of the full study show from 50 to 200 clusters?"
            ),
            Option(
                "16 rows in a cluster instead of 8",
                "More rows tell each slope better. Do they change how the slopes are distributed over clusters?",
            ),
            Option(
                "a Monte Carlo interval",
                "It draws with the same standard errors. Are those right for skewed effects?",
            ),
            Option(
                "none of these; report a bootstrap of clusters instead",
                "The standard error itself is too small, and its formula is one for normal effects. The bootstrap asks "
                "the clusters themselves; of many clusters, it comes near its promise.",
            ),
        ),
        hints=(
            "Compare mean_se with sd for skewed effects.",
            "Their ratio stays where it is as clusters are added: look for a way without that formula.",
        ),
        solution="The ratio of mean_se to sd stays near .7: the formula is at fault, not the amount of data.",
        code='answer = "d"',
        misconception="More data make every interval right.",
        minutes=2,
    ),
    Exercise(
        id="08.8",
        kind="choice",
        objective="08.promise",
        prompt="A study reports a 95% interval from .32 to .52. Which sentence does it support?",
        answer=lambda f: "The method behind it holds the truth in 95 of 100 samples, if its assumptions are right.",
        options=(
            Option(
                "The truth lies in this interval with a probability of 95%.",
                "The truth does not move, and this interval does not either. What is it that varies from sample to "
                "sample?",
            ),
            Option(
                "95 of 100 new estimates will lie in this interval.",
                "New estimates scatter around the truth. Is the middle of this interval the truth?",
            ),
            Option(
                "The method behind it holds the truth in 95 of 100 samples, if its assumptions are right.",
                "It is a promise of the method. This one interval holds the truth, or it does not.",
            ),
            Option(
                "95 of 100 clusters have an effect in this interval.",
                "It is about an average over clusters. Which number says how single clusters differ?",
            ),
        ),
        hints=("Look at the hundred intervals again: each is right or not.", "Ask what the 95% is a share of."),
        solution="Coverage is a property of a method over many samples.",
        code='answer = "c"',
        misconception="95% is the probability of this interval (Hoekstra et al. 2014).",
        minutes=2,
    ),
)
