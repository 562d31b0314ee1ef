"""Exercises of lesson 3: reshape."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..stacked_model import stack
from .exercise_data import Exercise, Landmark, Option, Slip
from .facts import Facts

OBJECTIVES = {
    "03.recall": "recall what a mixed model separates, and what its matrix G describes",
    "03.joint": "say why the slopes a_j and b_j must live in one model",
    "03.stack": "stack y on m with pandas, and check that nothing was lost",
    "03.indicators": "build the indicators sm and sy and the products smx, sym and syx",
    "03.constant": "explain why the stacked model has no constant",
}

_A, _B = np.array([0.2, 0.5, 1.1]), np.array([1.2, 0.7, 0.2])
_TERMS = ["sm", "smx", "sy", "sym", "syx"]


def _back(f: Facts, of_m: int = 1) -> pd.DataFrame:
    """The original table from the stacked one; with m taken from the rows of y if so wished."""
    of = {sm: f.long[f.long["sm"] == sm] for sm in (0, 1)}
    table = of[of_m][["id", "x"]].reset_index(drop=True)
    return table.assign(m=of[of_m]["z"].to_numpy(), y=of[1 - of_m]["z"].to_numpy())


def _doubled(f: Facts) -> pd.DataFrame:
    return f.long.rename(columns={"z": "y"})[["id", "x", "m", "y"]]


def _half(f: Facts) -> pd.DataFrame:
    return stack(f.df[f.df["id"] <= 50])


def _coefficients(long: pd.DataFrame, sy: pd.Series) -> pd.Series:
    """Least squares of z on the five terms, with another indicator of y."""
    terms = long.assign(sy=sy, sym=sy * long["m"], syx=sy * long["x"])[_TERMS].to_numpy(dtype=float)
    return pd.Series(np.linalg.lstsq(terms, long["z"].to_numpy(), rcond=None)[0], index=_TERMS)


def _right_half(f: Facts) -> pd.Series:
    long = f.once(_half)
    return _coefficients(long, 1 - long["sm"])


def _flipped_half(f: Facts) -> pd.Series:
    long = f.once(_half)
    return _coefficients(long, ~long["sm"])


def _swapped_half(f: Facts) -> pd.Series:
    long = f.once(_half)
    long = long.assign(sm=long["sy"], smx=long["sy"] * long["x"])
    return _coefficients(long, 1 - long["sm"])


EXERCISES = (
    Exercise(
        id="03.1",
        kind="choice",
        objective="03.recall",
        prompt="From lesson 2: a hundred least-squares lines, one for each cluster, had slopes with a larger standard "
        "deviation than the mixed model gives to the true slopes. Why?",
        answer=lambda f: "Each line rests on eight rows, and chance adds to the scatter of the lines.",
        options=(
            Option(
                "Each line rests on eight rows, and chance adds to the scatter of the lines.",
                "The mixed model tells the two apart: what clusters differ by, and what eight rows leave to chance.",
            ),
            Option(
                "The mixed model leaves out the clusters at the edges.",
                "All 800 rows are in it. What does it pull towards the average instead of dropping it?",
            ),
            Option(
                "The mixed model divides by n, pandas by n - 1.",
                "With 100 clusters that changes one half of a percent. How large was the difference?",
            ),
        ),
        hints=(
            "Imagine that all clusters had the same true slope, and draw their lines.",
            "They would still scatter, each around the same slope.",
        ),
        solution="Scatter of the lines = scatter of the true slopes + chance. The model estimates the first part.",
        code='answer = "a"',
        misconception="The spread of fitted lines is the spread of true lines.",
        minutes=1,
    ),
    Exercise(
        id="03.2",
        kind="choice",
        objective="03.recall",
        prompt="Also from lesson 2: what does the matrix G of a mixed model describe?",
        answer=lambda f: "how the lines of clusters vary around the average line",
        options=(
            Option(
                "how the estimates would vary from sample to sample",
                "That matrix shrinks as clusters are added. Do clusters become more alike when there are more of them?",
            ),
            Option(
                "how the lines of clusters vary around the average line",
                "Variances of intercepts and slopes, and their covariances: features of the world, in no hurry to "
                "shrink.",
            ),
            Option(
                "how rows vary around the line of their cluster",
                "That is the residual variance, a single number. What is there one of for each cluster?",
            ),
        ),
        hints=(
            "Its rows are named after random effects.",
            "There are three layers of variation: rows, clusters, samples.",
        ),
        solution="G holds the variances and covariances of the random effects: of intercepts and slopes over clusters.",
        code='answer = "b"',
        misconception="How clusters vary is taken for how estimates vary.",
        minutes=1,
    ),
    Exercise(
        id="03.3",
        kind="number",
        objective="03.joint",
        prompt="Three clusters, all there are: a_j is .2, .5 and 1.1, and b_j is 1.2, .7 and .2. "
        "What is the average indirect effect?",
        answer=lambda f: float((_A * _B).mean()),
        digits=2,
        right="The steep first paths meet flat second ones: the covariance is negative, and the average lies below the "
        "product of the averages.",
        slips=(
            Slip(
                lambda f: float(_A.mean() * _B.mean()),
                "the product of the two averages",
                "In which cluster do two average slopes meet?",
            ),
            Slip(
                lambda f: float((_A * _B).sum()),
                "the sum of the three products",
                "An average is asked for. Over how many clusters?",
            ),
            Slip(
                lambda f: float((_A * _B).mean() - _A.mean() * _B.mean()),
                "the covariance alone",
                "It is what the average of products has beyond the product of averages. Where is that product?",
            ),
            Slip(
                lambda f: float(_A.mean() * _B.mean() + np.cov(_A, _B)[0, 1]),
                "the product of the averages plus a covariance that divides by n - 1",
                "These clusters are no sample: they are all there are. By what does one divide then?",
            ),
            Slip(
                lambda f: float(_A.mean() * _B.mean() + np.corrcoef(_A, _B)[0, 1]),
                "the product of the averages plus the correlation of the slopes",
                "A correlation has no units, a product of slopes has. Which number has the units that fit?",
            ),
        ),
        landmark=Landmark(
            "The product of the averages",
            lambda f: float(_A.mean() * _B.mean()),
            "Do steep a_j and steep b_j meet in the same cluster here?",
            "Did you multiply within each cluster, and then take the average?",
        ),
        hints=(
            "Each cluster has an indirect effect of its own.",
            "Three products first, then their average.",
        ),
        solution=r"The average of the three products $a_j b_j$; it equals $ab + \operatorname{cov}(a_j, b_j)$.",
        code="a, b = np.array([0.2, 0.5, 1.1]), np.array([1.2, 0.7, 0.2])\nanswer = (a * b).mean()",
        misconception="The covariance of the slopes can only add.",
        minutes=3,
    ),
    Exercise(
        id="03.4",
        kind="table",
        objective="03.stack",
        prompt="Go back: from mt.stack(df) alone, make the table with one row for each original row and the columns "
        "id, x, m and y.",
        answer=_back,
        right="Each original row is whole again: stacking is a way of writing, and loses nothing.",
        slips=(
            Slip(
                lambda f: _back(f, of_m=0),
                "the table with m and y exchanged",
                "Where sm is 0, z holds the outcome. Into which column does it go?",
            ),
            Slip(
                _doubled,
                "the stacked table with z renamed",
                "It still has two rows for each original one. What tells you which rows belong together?",
                seen=lambda given, f: len(given) == len(f.long),
            ),
            Slip(
                lambda f: _back(f).assign(y=lambda t: t["m"]),
                "a table whose y is a copy of m",
                "In each pair of stacked rows one holds y. What do its indicators say?",
            ),
        ),
        hints=(
            "The two rows of a pair share their fid. The indicator sm says what z holds.",
            "The rows with sy = 1 have id, x, m and, in z, the y.",
        ),
        solution="Of each pair keep the row with sy = 1: its z is y, and m stayed beside it as a predictor. "
        'Or pivot: index="fid", columns="sm", values="z".',
        code="long = mt.stack(df)\n"
        'answer = long[long["sy"] == 1].rename(columns={"z": "y"})[["id", "x", "m", "y"]].reset_index(drop=True)',
        misconception="Stacked data hold more, or less, than the original.",
        minutes=4,
    ),
    Exercise(
        id="03.5",
        kind="number",
        objective="03.indicators",
        prompt="Bug hunt. By least squares, and for the first 50 clusters only: the code is to give the slope of y on "
        "m at the same x, from the stacked rows. Mend it.",
        given='long = mt.stack(df[df["id"] <= 50])\n'
        'long["sy"] = ~long["sm"]\n'
        'long["sym"] = long["sy"] * long["m"]\n'
        'long["syx"] = long["sy"] * long["x"]\n'
        'terms = ["sm", "smx", "sy", "sym", "syx"]\n'
        'answer = np.linalg.lstsq(long[terms], long["z"], rcond=None)[0][3]',
        answer=lambda f: float(f.once(_right_half)["sym"]),
        digits=3,
        right="For a whole number ~ flips every bit: 0 becomes -1 and 1 becomes -2, and the outcome's terms are "
        "switched on in every row.",
        slips=(
            Slip(
                lambda f: float(f.once(_flipped_half)["sym"]),
                "what the code gives as it stands",
                "Print the first rows of long. Which values may an indicator have?",
            ),
            Slip(
                lambda f: float(f.once(_swapped_half)["sym"]),
                "the slope with the two indicators exchanged",
                "There m explains itself. In which rows does sym have to be switched on?",
            ),
            Slip(
                lambda f: float(f.once(_right_half)["syx"]),
                "the slope of y on x at the same m",
                "Positions count from 0, in the order of terms. Which term has the coefficient b?",
            ),
            Slip(
                lambda f: float(f.once(_right_half)["smx"]),
                "the slope of m on x",
                "It belongs to the other equation. Which term is sy times m?",
            ),
            Slip(
                lambda f: float(_coefficients(f.long, f.long["sy"])["sym"]),
                "the slope from all 100 clusters",
                "The lesson prints that one. Which rows does the question keep?",
            ),
        ),
        landmark=Landmark(
            "The slope from all 100 clusters",
            lambda f: float(_coefficients(f.long, f.long["sy"])["sym"]),
            "In which rows was sym switched on in your table?",
            "What did your indicator hold in the rows of m?",
        ),
        hints=(
            "One line was translated word by word from Stata, where ~ means not.",
            "Subtract instead: what is left of 1.",
        ),
        solution='The second line has to be long["sy"] = 1 - long["sm"].',
        code='long = mt.stack(df[df["id"] <= 50])\n'
        'long["sy"] = 1 - long["sm"]\n'
        'long["sym"] = long["sy"] * long["m"]\n'
        'long["syx"] = long["sy"] * long["x"]\n'
        'terms = ["sm", "smx", "sy", "sym", "syx"]\n'
        'answer = np.linalg.lstsq(long[terms], long["z"], rcond=None)[0][3]',
        misconception="~ means not, in every language and for every type.",
        minutes=4,
    ),
    Exercise(
        id="03.6",
        kind="choice",
        objective="03.constant",
        prompt='A formula in Python says "z ~ sm + smx + sy + sym + syx". What is the trouble with it?',
        answer=lambda f: "It adds a column of ones, and sm and sy already add up to one.",
        options=(
            Option(
                "It has five terms, and the two equations have four.",
                "Count the coefficients: d_M and a, and three more in y's equation. How many are these?",
            ),
            Option(
                "It adds a column of ones, and sm and sy already add up to one.",
                "Six columns that say five things: infinitely many coefficients fit equally well. 0 + leaves the ones "
                "away.",
            ),
            Option(
                "sm and sy are correlated perfectly, so that only one of them may stay.",
                "With a constant one of them would have to go. And what are they without one?",
            ),
        ),
        hints=(
            "A formula adds something that you do not see, unless told otherwise.",
            "Add sm and sy in any row.",
        ),
        solution="In every row sm + sy = 1, which is the constant that a formula adds. So it needs 0 + or - 1.",
        code='answer = "b"',
        misconception="Every regression needs a constant.",
        minutes=2,
    ),
)
