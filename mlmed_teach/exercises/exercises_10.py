"""Exercises of lesson 10: a table of your own."""

from __future__ import annotations

import warnings
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from ..errors import BoundaryWarning
from ..faq import data_file
from ..mediation import Mediation, mediate
from .exercise_data import Exercise, Landmark, Option, Slip

OBJECTIVES = {
    "10.tidy": "turn an untidy export into a table that a model can trust, and say what you changed",
    "10.model": "choose a model for reasons that you can defend",
    "10.check": "check residuals, single clusters, units and other choices",
    "10.report": "write the report, and say what it must not claim",
}

_COLUMNS: dict[str, Any] = {"x": "support", "m": "energy", "y": "quality", "missing": "drop"}
_RATED = ["energy", "quality"]

_READ = (
    'wards = pd.read_csv(mt.faq.data_file("wards.csv"))  # ../data/wards.csv\n'
    'wards = wards[wards["hospital"] != "Mean"].drop_duplicates()\n'
    'wards["hospital"] = wards["hospital"].str.strip().str.title()\n'
)
_CODES = 'wards[["energy", "quality"]] = wards[["energy", "quality"]].mask(lambda t: t == 99)\n'
_IDS = 'wards["id"] = wards["hospital"] + wards["ward"].astype(int).astype(str)\n'
_FIT = (
    'med = mt.mediate(wards, x="support", m="energy", y="quality", group="id",\n'
    '                 random=("a", "b"), decompose=True, missing="drop")\n'
)


@lru_cache(maxsize=1)
def _file() -> pd.DataFrame:
    """The second file, as it stands."""
    return pd.read_csv(data_file("wards.csv"))


def _tidied(codes: bool = True) -> pd.DataFrame:
    """The table after cleaning; with `codes`, 99 is taken for missing."""
    table = _file()
    table = table[table["hospital"] != "Mean"].drop_duplicates()
    hospital, ward = table["hospital"].str.strip().str.title(), table["ward"].astype(int)
    table = table.assign(hospital=hospital, ward=ward, id=hospital + ward.astype(str))
    return table.assign(**table[_RATED].replace(99, np.nan)) if codes else table


@lru_cache(maxsize=8)
def _analysis(
    group: str = "id", codes: bool = True, random: tuple[str, ...] = ("a", "b"), decompose: bool = True
) -> Mediation:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BoundaryWarning)  # with the ids merged
        return mediate(_tidied(codes), **_COLUMNS, group=group, random=random, decompose=decompose)


def _energy() -> pd.Series:
    return _tidied()["energy"]


def _predicted_share() -> float:
    """Percent of the predicted indirect effects that have the other sign than the average."""
    return float(100 * (_analysis().cluster_effects()["indirect"] < 0).mean())


def _expected_share() -> float:
    return float(100 * _analysis().cluster_effects().share_other_sign)


EXERCISES = (
    Exercise(
        id="10.1",
        kind="choice",
        objective="10.model",
        prompt="From lesson 9. The slope of raw scores, of all rows, is ...",
        answer=lambda f: "a blend, weighted by what the sample knows well",
        options=(
            Option("the slope within clusters", "Do clusters, compared with each other, have no say in it?"),
            Option("the slope between clusters", "Do rows of the same cluster have no say in it?"),
            Option("the middle of the two", "That would take equal weights. What decides about the weights?"),
            Option(
                "a blend, weighted by what the sample knows well",
                "The weights depend on how much x varies within and between, and not on your question.",
            ),
        ),
        hints=("Think of the diary, where it had the sign of one slope.", "Its weights were one over a squared SE."),
        solution="Each slope counts as one over its squared standard error.",
        code='answer = "d"',
        misconception="Raw for within.",
        minutes=1,
    ),
    Exercise(
        id="10.2",
        kind="choice",
        objective="10.model",
        prompt="From lesson 9. To get effects within persons, the mean of all rows is taken away from x and m. What "
        "does this change in the average effects?",
        answer=lambda f: "nothing",
        options=(
            Option("they become effects within persons", "Take one constant from all: do persons come nearer?"),
            Option("they become effects between persons", "The distances of single days are still there. Or not?"),
            Option("nothing", "It moves the zero of a scale. Centring within persons takes away each one's own mean."),
        ),
        hints=("One constant for everybody.", "Draw two persons' points, and move all of them to the left."),
        solution="Only intercepts change; the slopes are those of raw scores.",
        code='answer = "c"',
        misconception="Any centring separates the levels.",
        minutes=1,
    ),
    Exercise(
        id="10.3",
        kind="number",
        objective="10.tidy",
        prompt="The second file: nurses of wards in three hospitals. How many wards (clusters) does it hold?",
        answer=lambda f: _tidied()["id"].nunique(),
        digits=0,
        right="Each hospital numbers its wards from 1, so that a ward is a hospital and a number together.",
        slips=(
            Slip(
                lambda f: _file()["ward"].nunique(),
                "the number of ward numbers",
                "Ward 1 in the North and ward 1 in the South are two wards. What tells them apart?",
            ),
            Slip(
                lambda f: _file().dropna().groupby(["hospital", "ward"]).ngroups,
                "the number of wards when each spelling of a hospital is one of its own",
                "Look at the values of hospital, with quotes around them. How many hospitals are there?",
            ),
            Slip(
                lambda f: _file().dropna()["nurse"].nunique(),
                "the number of nurses",
                "They are the rows. In what do they work together?",
            ),
            Slip(
                lambda f: _file()["hospital"].nunique(),
                "the number of different entries in the column hospital",
                "Three hospitals took part. And what is a ward?",
            ),
        ),
        landmark=Landmark(
            "The number of ward numbers",
            lambda f: _file()["ward"].nunique(),
            "Is a hospital spelled in more than one way?",
            "Can there be fewer wards than numbers?",
        ),
        hints=(
            "Look at the last row, at the spellings of the hospitals, and at how wards are numbered.",
            'Strip and title() the hospital, then count pairs: groupby(["hospital", "ward"]).ngroups.',
        ),
        solution="Leave out the row of means, write each hospital one way, and join hospital and ward to an id.",
        code=_READ + _IDS + 'answer = wards["id"].nunique()',
        misconception="Ids merged: a number is an id; the spelling does not matter to a program.",
        minutes=5,
    ),
    Exercise(
        id="10.4",
        kind="number",
        objective="10.tidy",
        prompt="Energy is rated from 1 to 7. What is its mean over the nurses who gave one?",
        answer=lambda f: float(_energy().mean()),
        digits=2,
        right="Only four nurses gave no answer, and as a number their code would move the mean by more than a point.",
        slips=(
            Slip(
                lambda f: float(_file()["energy"].mean()),
                "the mean of the column as it stands in the file",
                "What is its largest value?",
            ),
            Slip(
                lambda f: float(_energy().fillna(0).mean()),
                "the mean with 0 for no answer",
                "A scale from 1 to 7 has no 0. Did these nurses have no energy, or give no answer?",
            ),
            Slip(
                lambda f: float(_energy().groupby(_tidied()["id"]).mean().mean()),
                "the mean of the wards' means",
                "It counts a ward of 2 as much as one of 24. Over whom is the mean asked for?",
            ),
            Slip(
                lambda f: float(_energy().fillna(7).mean()),
                "the mean with the codes cut to the top of the scale",
                "Then those who gave no answer had the most energy. What do you know of them?",
            ),
        ),
        landmark=Landmark(
            "The middle of the scale",
            lambda f: 4.0,
            "Does a single value pull it up?",
            "Does a single value pull it down?",
        ),
        hints=("mt.summarize shows minimum and maximum.", "Set the code for no answer to missing; mean() skips it."),
        solution="The code for no answer becomes missing.",
        code=_READ + _CODES + 'answer = wards["energy"].mean()',
        misconception="A code for missing is a number.",
        minutes=3,
    ),
    Exercise(
        id="10.5",
        kind="number",
        objective="10.check",
        prompt="Bug hunt. A colleague analyses the second file: the average indirect effect of support on quality by "
        "way of energy, within wards. The code runs (and warns of the boundary), and one line is at fault. What does "
        "the mended code give?",
        given=_READ + _CODES + 'wards["id"] = wards["ward"]\n' + _FIT + "answer = med.indirect.estimate",
        answer=lambda f: _analysis().indirect.estimate,
        digits=4,
        right="With numbers for ids, three wards of three hospitals were taken for one, and their usual levels for "
        "differences among nurses.",
        slips=(
            Slip(
                lambda f: _analysis(group="ward").indirect.estimate,
                "what the code gives as it stands",
                "Look at how many clusters the fit reports. How many wards are there?",
            ),
            Slip(
                lambda f: _analysis(decompose=False).indirect.estimate,
                "the indirect effect of raw scores",
                "decompose=True was right: the question is about nurses of one ward. Where did it go?",
            ),
            Slip(
                lambda f: _analysis(codes=False).indirect.estimate,
                "the effect with the codes for no answer taken as ratings",
                "The line that sets them to missing was right. What is the largest energy in your table?",
            ),
            Slip(
                lambda f: _analysis(random=()).indirect.estimate,
                "the effect of a model without random slopes",
                "With the same slopes in all wards there is no covariance. Which paths may vary in the code?",
            ),
            Slip(
                lambda f: _analysis().a * _analysis().b,
                "the product of the average slopes",
                "The average of a product has one more part. Which?",
            ),
            Slip(
                lambda f: _analysis().to_frame().loc["between: indirect", "estimate"],
                "the indirect effect between wards",
                "It compares wards by their means. Which rows of the table are about nurses of one ward?",
            ),
        ),
        landmark=Landmark(
            "The total effect within wards",
            lambda f: _analysis().total.estimate,
            "Can the part by way of energy be larger, if c' is positive?",
            "Which of the rows and columns of the result did you read?",
        ),
        hints=(
            "Print med: its first line counts rows and clusters.",
            "Your answer to the number of wards, and the number of clusters there, should agree.",
        ),
        solution="The id of a ward is hospital and ward together.",
        code=_READ + _CODES + _IDS + _FIT + "answer = med.indirect.estimate",
        misconception="Ids merged; raw for within; a code for missing is a number.",
        minutes=6,
    ),
    Exercise(
        id="10.6",
        kind="choice",
        objective="10.model",
        prompt="With all three slopes random, the fit of the second file lies on the boundary. What is a reason to "
        "leave out the random slope of c'?",
        answer=lambda f: "The indirect effect needs cov(a_j, b_j), and c'_j is no part of it.",
        options=(
            Option(
                "Of all sets of slopes, this one gives the smallest p.",
                "A set chosen by its p has a p that means little. Which reason would you have before the fit?",
            ),
            Option(
                "The indirect effect needs cov(a_j, b_j), and c'_j is no part of it.",
                "A reason that holds before any fit. Say so in the report, and that SEs of c' may be too small.",
            ),
            Option(
                "The warning goes away.",
                "It goes away without any random slope as well. What would the average indirect effect then lack?",
            ),
            Option(
                "c' does not vary over wards.",
                "The boundary says that the data cannot tell five random effects apart. Does it say which one is 0?",
            ),
        ),
        hints=("Ask which quantity the question is about.", "Look for the terms of the average indirect effect."),
        solution=r"$ab + \operatorname{cov}(a_j, b_j)$ holds no $c'_j$.",
        code='answer = "b"',
        misconception="Slopes are chosen until the warning is gone.",
        minutes=2,
    ),
    Exercise(
        id="10.7",
        kind="number",
        objective="10.check",
        prompt="Second file, levels apart, random slopes of a and b. For which share of wards does the model expect an "
        "indirect effect below 0?",
        answer=lambda f: _expected_share(),
        digits=0,
        unit="%",
        right="It follows from average and standard deviation of the wards' effects. Predictions of single wards are "
        "pulled towards the average, so that fewer of them lie below 0.",
        slips=(
            Slip(
                lambda f: _predicted_share(),
                "the share of the predictions that lie below 0",
                "Predictions of small wards are pulled towards the average. Which attribute tells how the effects "
                "themselves are spread?",
            ),
            Slip(
                lambda f: 100 - _expected_share(),
                "the share with the sign of the average",
                "Which side of 0 is asked for?",
            ),
            Slip(
                lambda f: 100 * _analysis().cluster_effects().sd,
                "the standard deviation of the wards' effects",
                "It says how far they spread. How much of that spread lies below 0?",
            ),
        ),
        landmark=Landmark(
            "One half",
            lambda f: 50.0,
            "Is the average effect below 0?",
            "Did you read the share that the model expects, or another number?",
        ),
        hints=("med.cluster_effects() knows.", "Look for its share_other_sign."),
        solution="share_other_sign, the share that a model with these averages and covariances expects.",
        code=_READ + _CODES + _IDS + _FIT + "answer = 100 * med.cluster_effects().share_other_sign",
        misconception="A significant average holds for each cluster.",
        minutes=3,
    ),
    Exercise(
        id="10.8",
        kind="choice",
        objective="10.report",
        prompt="Swap mediator and outcome in the diary: stress, mood, sleep. That indirect effect is clear, too. Which "
        "sentence may stand in the report of the first order?",
        answer=lambda f: "The data agree with an effect by way of sleep, and with other orders.",
        options=(
            Option(
                "Sleep mediates the effect of stress on mood, as its p value shows.",
                "What would the p value of the other order then show?",
            ),
            Option(
                "The data agree with an effect by way of sleep, and with other orders.",
                "The arrows come from knowledge and from the design of a study; the model takes them as given.",
            ),
            Option(
                "The order with the smaller p value is the true one.",
                "Both models take their arrows as given. What in the data could turn an arrow around?",
            ),
            Option("There is no mediation.", "Does a second story that fits disprove the first?"),
        ),
        hints=("A fit asks how steep an arrow is.", "Nothing in it asks which way the arrow points."),
        solution="A model does not test the order of its arrows.",
        code='answer = "b"',
        misconception="A significant indirect effect proves the order of the arrows.",
        minutes=3,
    ),
)
