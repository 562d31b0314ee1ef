"""Exercises of lesson 7: intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from ..mediation import Mediation, mediate
from ..uncertainty import BootstrapIntervals, DrawnIntervals
from .exercise_data import Exercise, Landmark, Option, Slip
from .facts import Facts

OBJECTIVES = {
    "07.recall": "say what makes up the average indirect effect, and which matrix its standard error needs",
    "07.skew": "say why the sampling distribution of a product is skewed, and when that matters",
    "07.make": "make Monte Carlo, bootstrap and profile-likelihood intervals, and say what each assumes",
    "07.clusters": "draw whole clusters, not rows, with ids of their own, and say why",
    "07.choose": "choose an interval to report, also with few clusters and on the boundary",
}

_A, _B, _SE = 0.25, 0.30, 0.10  # the printed estimates of 07.3


def _paper(f: Facts) -> str:
    """Which of the two intervals of a product of printed estimates hold 0."""
    rng = np.random.default_rng(3)
    draws = rng.normal(_A, _SE, 100_000) * rng.normal(_B, _SE, 100_000)
    by_wald = _A * _B - stats.norm.ppf(0.975) * _SE * np.hypot(_A, _B) <= 0
    by_draws = np.quantile(draws, 0.025) <= 0
    return {
        (True, True): "Both hold 0.",
        (True, False): "Wald holds 0, Monte Carlo does not.",
        (False, True): "Monte Carlo holds 0, Wald does not.",
        (False, False): "Neither holds 0.",
    }[bool(by_wald), bool(by_draws)]


def _drawn(f: Facts) -> np.ndarray:
    ids = f.df["id"].unique()
    return np.random.default_rng(8).choice(ids, size=len(ids))


def _replicate(f: Facts) -> Mediation:
    parts = [f.df[f.df["id"] == j].assign(id=k) for k, j in enumerate(_drawn(f))]
    return mediate(pd.concat(parts, ignore_index=True), x="x", m="m", y="y", group="id", se="gls")


def _merged(f: Facts) -> Mediation:
    table = f.df.set_index("id").loc[_drawn(f)].reset_index()
    return mediate(table, x="x", m="m", y="y", group="id", se="gls")


def _rows_drawn(f: Facts) -> Mediation:
    rows = np.random.default_rng(8).choice(len(f.df), size=len(f.df))
    return mediate(f.df.iloc[rows], x="x", m="m", y="y", group="id", se="gls")


def _monte_carlo(f: Facts) -> DrawnIntervals:
    return f.med.monte_carlo(draws=100_000, seed=1)


def _limit(f: Facts, share: float, effect: str = "indirect") -> float:
    return float(f.once(_monte_carlo).draws[effect].quantile(share))


def _boot(f: Facts) -> BootstrapIntervals:
    return f.med.bootstrap(reps=300, seed=1)


def _replicates(f: Facts, share: float) -> float:
    return float(f.once(_boot).draws["indirect"].quantile(share))


EXERCISES = (
    Exercise(
        id="07.1",
        kind="choice",
        objective="07.recall",
        prompt="From lesson 6. In a population, the average of b_j is 0. What is the average indirect effect?",
        answer=lambda f: "The covariance of a_j and b_j.",
        options=(
            Option("0.", "b_j is 0 on average, not in every cluster. What if it is above 0 just where a_j is large?"),
            Option(
                "The covariance of a_j and b_j.",
                "a b is 0 then, and the average of a_j b_j is the covariance that is left.",
            ),
            Option("c'.", "c' is the way that does not lead through m. Which way is asked for?"),
        ),
        hints=("It is a sum of two parts.", "One of the two parts is a product with b."),
        solution=r"$E(a_j b_j) = ab + \operatorname{cov}(a_j, b_j)$, and $ab = 0$.",
        code='answer = "b"',
        misconception="Without an average path there is no indirect effect.",
        minutes=1,
    ),
    Exercise(
        id="07.2",
        kind="choice",
        objective="07.recall",
        prompt="From lesson 6. The standard error of the indirect effect needs C_ab. Where is it?",
        answer=lambda f: "In fit.cov_params(), the matrix of the estimates.",
        options=(
            Option(
                "In fit.cov_params(), the matrix of the estimates.",
                "It says how the estimates of a and b would vary together from sample to sample.",
            ),
            Option(
                "In fit.cov_re, the matrix of the random effects.",
                "That one says how the slopes of clusters vary together. Would it shrink with more clusters?",
            ),
            Option(
                "It is .099, the covariance of a_j and b_j.",
                "That is a feature of the world, which a larger sample does not change. What does a standard error do "
                "in a larger sample?",
            ),
        ),
        hints=("There are two covariances of a and b.", "One of them would vanish if we knew the population."),
        solution="Uncertainty of estimates is in fit.cov_params(); Stata calls it e(V).",
        code='answer = "a"',
        misconception="How clusters vary is how estimates vary.",
        minutes=1,
    ),
    Exercise(
        id="07.3",
        kind="choice",
        objective="07.skew",
        prompt="A paper without random slopes prints a = .25 and b = .30, both with a standard error of .10. Make a "
        "95% Wald interval of a b, with the square root of b² SE_a² + a² SE_b², and a Monte Carlo interval with NumPy. "
        "Which of the two hold 0?",
        answer=_paper,
        options=(
            Option(
                "Both hold 0.",
                "The lower limit of the draws is their 2.5% quantile. On which side of 0 does it lie?",
            ),
            Option(
                "Wald holds 0, Monte Carlo does not.",
                "The long tail of a product of two positive numbers is on the far side of 0, and a symmetric interval "
                "reaches too far down.",
            ),
            Option(
                "Monte Carlo holds 0, Wald does not.",
                "Which of the two knows of the long tail, and on which side of the product is that tail?",
            ),
            Option("Neither holds 0.", "Take .075 less 1.96 times its standard error. What is the sign of it?"),
        ),
        hints=(
            "rng.normal(.25, .10, 100_000) makes draws of a; multiply them by draws of b.",
            "np.quantile(draws, [.025, .975]) is the second interval.",
        ),
        solution="Wald reaches from just below 0 to .152, Monte Carlo from .011 to .166.",
        code="rng = np.random.default_rng(3)\n"
        "draws = rng.normal(0.25, 0.10, 100_000) * rng.normal(0.30, 0.10, 100_000)\n"
        "wald = 0.25 * 0.30 - 1.96 * 0.10 * np.hypot(0.25, 0.30) <= 0\n"
        'monte_carlo = np.quantile(draws, 0.025) <= 0\nanswer = {(1, 1): "a", (1, 0): "b", (0, 1): "c", (0, 0): "d"}'
        "[int(wald), int(monte_carlo)]",
        misconception="If two intervals differ, it does not matter for the conclusion.",
        minutes=5,
    ),
    Exercise(
        id="07.4",
        kind="number",
        objective="07.make",
        prompt="With the draws of med.monte_carlo(draws=100_000, seed=1), what is the upper limit of a 90% interval of "
        "the average indirect effect?",
        answer=lambda f: _limit(f, 0.95),
        digits=3,
        right="A 90% interval leaves 5% on either side; no normal curve is laid over the draws.",
        slips=(
            Slip(
                lambda f: _limit(f, 0.975),
                "the upper limit of the 95% interval",
                "It leaves 2.5% above it. How much does a 90% interval leave there?",
            ),
            Slip(
                lambda f: _limit(f, 0.9),
                "the 90% quantile",
                "Below it lie 90%, down to the smallest draw. How much is to lie below the lower limit?",
            ),
            Slip(
                lambda f: _limit(f, 0.05),
                "the lower limit",
                "It lies below the estimate. Which limit is asked for?",
            ),
            Slip(
                lambda f: f.med.indirect.estimate + stats.norm.ppf(0.95) * f.med.indirect.se,
                "the upper limit of a 90% Wald interval",
                "That one is symmetric. Where do the draws have their longer tail?",
            ),
            Slip(
                lambda f: _limit(f, 0.95, "total"),
                "the limit for the average total effect",
                "It counts c' as well. Which column of the draws is asked for?",
            ),
        ),
        landmark=Landmark(
            "The estimate",
            lambda f: f.med.indirect.estimate,
            "How many of the draws lie above your limit?",
            "Can an upper limit lie there?",
        ),
        hints=(
            "The draws are in mc.draws, a table with a column for each effect.",
            "Its method quantile gives the number below which a share of the draws lies.",
        ),
        solution="The 95% quantile of the column indirect, since 5% are left above it.",
        code='med = mt.mediate(df, x="x", m="m", y="y", group="id", se="gls")\n'
        'answer = med.monte_carlo(draws=100_000, seed=1).draws["indirect"].quantile(0.95)',
        misconception="A 90% interval ends at the 90% quantile.",
        minutes=3,
    ),
    Exercise(
        id="07.5",
        kind="number",
        objective="07.clusters",
        prompt="Bug hunt. A colleague makes the replicate of this lesson in one line. The rows are exactly those of "
        "the lesson, and still the standard error of the indirect effect is not. What does the mended code give?",
        given='ids = df["id"].unique()\ndrawn = np.random.default_rng(8).choice(ids, size=len(ids))\n'
        'again = df.set_index("id").loc[drawn].reset_index()\n'
        'answer = mt.mediate(again, x="x", m="m", y="y", group="id", se="gls").indirect.se',
        answer=lambda f: f.once(_replicate).indirect.se,
        digits=4,
        right="A cluster that was drawn twice is two clusters and needs two ids. With one, the model sees fewer and "
        "larger clusters, and knows less.",
        slips=(
            Slip(
                lambda f: f.once(_merged).indirect.se,
                "what the code gives as it stands",
                "How many clusters does again have by its ids, and how many were drawn?",
            ),
            Slip(
                lambda f: f.med.indirect.se,
                "the standard error of the table as it is",
                "Nothing was drawn here. Which of the clusters are in the replicate?",
            ),
            Slip(
                lambda f: f.once(_rows_drawn).indirect.se,
                "the standard error with 800 rows drawn instead of 100 clusters",
                "Rows of one cluster share its slopes. What was drawn at random when the sample was made?",
            ),
        ),
        landmark=Landmark(
            "The standard error of the table as it is",
            lambda f: f.med.indirect.se,
            "How many different ids does your table have?",
            "How many clusters does your table have?",
        ),
        hints=(
            'Count again["id"].nunique().',
            "The lesson makes a part for each draw and gives it a number of its own.",
        ),
        solution="Give each draw an id of its own before the parts are put together, as the lesson does.",
        code='ids = df["id"].unique()\ndrawn = np.random.default_rng(8).choice(ids, size=len(ids))\n'
        'parts = [df[df["id"] == j].assign(id=k) for k, j in enumerate(drawn)]\n'
        "again = pd.concat(parts, ignore_index=True)\n"
        'answer = mt.mediate(again, x="x", m="m", y="y", group="id", se="gls").indirect.se',
        misconception="The same rows give the same fit, whatever the ids.",
        minutes=5,
    ),
    Exercise(
        id="07.6",
        kind="choice",
        objective="07.clusters",
        prompt="Somebody draws 800 rows from the 800, with replacement, instead of clusters. What do such replicates "
        "imitate?",
        answer=lambda f: "A study in which the same clusters are measured again, on other occasions.",
        options=(
            Option(
                "A new sample of clusters from the population.",
                "In it there would be clusters that we have never seen, and others would be missing. How many of the "
                "100 clusters are missing when 800 rows are drawn?",
            ),
            Option(
                "The same as whole clusters, only with more draws.",
                "Eight rows of one cluster share its slopes. Are they eight independent facts about slopes?",
            ),
            Option(
                "A study in which the same clusters are measured again, on other occasions.",
                "Nearly every cluster is in each replicate, so that nothing shows what drawing other "
                "clusters would have changed.",
            ),
        ),
        hints=(
            "Ask what varies between such replicates: rows, or clusters.",
            "A cluster of 8 rows is missed only if none of its rows is drawn.",
        ),
        solution="A bootstrap has to repeat what was left to chance in the sample, and that was which clusters.",
        code='answer = "c"',
        misconception="More draws of smaller units are more information.",
        minutes=2,
    ),
    Exercise(
        id="07.7",
        kind="choice",
        objective="07.choose",
        prompt="25 clusters, and the fit lies on the boundary: some combination of the random effects has no variance. "
        "What do Wald and Monte Carlo intervals take as known there, and a bootstrap of clusters does not?",
        answer=lambda f: "In how many directions clusters vary, the rank of G.",
        options=(
            Option(
                "In how many directions clusters vary, the rank of G.",
                "Their standard errors move along the boundary only. A new sample may have its optimum inside, or on "
                "another part of the boundary, and a replicate, too.",
            ),
            Option(
                "The average slopes a and b.",
                "Both have standard errors, on the boundary as anywhere. What has none?",
            ),
            Option(
                "Nothing: there is no Wald interval on the boundary.",
                "Print med.indirect.ci of the small table of this lesson. Is it NaN?",
            ),
            Option(
                "That the study has to be thrown away.",
                "In most replicates of our own table the fit was on the boundary. Did they count?",
            ),
        ),
        hints=(
            "Ask what stays the same when the parameters move along the boundary.",
            "Count the combinations of the five random effects that vary in this fit.",
        ),
        solution="The rank of G. With so few clusters a profile or a percentile bootstrap interval is the safer one.",
        code='answer = "a"',
        misconception="A singular fit is no fit.",
        minutes=2,
    ),
    Exercise(
        id="07.8",
        kind="number",
        objective="07.make",
        prompt="With med.bootstrap(reps=300, seed=1), what is the upper limit of the basic 95% interval of the average "
        "indirect effect?",
        answer=lambda f: 2 * f.med.indirect.estimate - _replicates(f, 0.025),
        digits=3,
        right="The lower percentile limit, reflected at the estimate, becomes the upper limit.",
        slips=(
            Slip(
                lambda f: _replicates(f, 0.975),
                "the upper limit of the percentile interval",
                "Basic reflects it. On which side of the estimate does a reflected limit lie?",
            ),
            Slip(
                lambda f: 2 * f.med.indirect.estimate - _replicates(f, 0.975),
                "the lower limit of the basic interval",
                "You reflected the limit that lies above. Which one has to be reflected to get there?",
            ),
            Slip(
                lambda f: _replicates(f, 0.025),
                "the lower limit of the percentile interval",
                "It lies below the estimate. What is its mirror image?",
            ),
            Slip(
                lambda f: 2 * f.med.indirect.estimate - _replicates(f, 0.05),
                "the upper limit of a basic 90% interval",
                "How many of the replicates may lie beyond each limit of a 95% interval?",
            ),
        ),
        landmark=Landmark(
            "The estimate",
            lambda f: f.med.indirect.estimate,
            "How far is it from there to the lower percentile limit?",
            "Can an upper limit lie there?",
        ),
        hints=(
            "The replicates are in boot.draws, and quantile gives the percentile limits.",
            "Basic is 2 times the estimate less a percentile limit, the one of the other side.",
        ),
        solution=r"$2 \cdot \text{estimate} - q_{.025}$, with $q_{.025}$ from the replicates.",
        code='med = mt.mediate(df, x="x", m="m", y="y", group="id", se="gls")\n'
        'low = med.bootstrap(reps=300, seed=1).draws["indirect"].quantile(0.025)\n'
        "answer = 2 * med.indirect.estimate - low",
        misconception="The long tail of the replicates lies on the side where the truth is.",
        minutes=4,
    ),
)
