"""Exercises of lesson 1: the data."""

from __future__ import annotations

import pandas as pd

from .exercise_data import Exercise, Landmark, Option, Slip
from .facts import Facts
from .outcomes import slopes_of_levels

OBJECTIVES = {
    "01.recall": "recall what the average indirect effect and the direct effect are made of",
    "01.describe": "list, summarize, correlate and tabulate a table in pandas, and name the Stata command for each",
    "01.icc": "measure how much the rows of a cluster resemble each other (the intraclass correlation)",
    "01.errors": "say how much less 800 rows in clusters tell than 800 independent ones",
    "01.levels": "split a correlation into a part within and a part between clusters",
}


def _squares(f: Facts, name: str) -> tuple[float, float, int]:
    """Mean squares between and within clusters (of equal size), and the rows of one."""
    groups = f.df.groupby("id")[name]
    size = len(f.df) // groups.ngroups
    away = f.df[name] - groups.transform("mean")
    return size * float(groups.mean().var()), float((away**2).sum()) / (len(f.df) - groups.ngroups), size


def _icc(f: Facts, name: str) -> float:
    between, within, size = _squares(f, name)
    return (between - within) / (between + (size - 1) * within)


def _share_of_means(f: Facts) -> float:
    return float(f.df.groupby("id")["m"].mean().var() / f.df["m"].var())


def _second(f: Facts) -> pd.Series:
    return f.df.loc[f.df["id"] == 2, "m"]


def _means(f: Facts, name: str = "m") -> pd.Series:
    return f.df.groupby("id")[name].mean()


def _correlation(f: Facts, part: str) -> float:
    columns = f.df[["x", "m"]]
    means = columns.groupby(f.df["id"]).transform("mean")
    return float({"raw": columns, "within": columns - means, "between": means}[part].corr().iloc[0, 1])


def _misaligned(f: Facts) -> float:
    away = f.df[["x", "m"]] - f.df.groupby("id")[["x", "m"]].mean()
    return float(away["x"].corr(away["m"]))


EXERCISES = (
    Exercise(
        id="01.1",
        kind="choice",
        objective="01.recall",
        prompt="From lesson 0: what has to be added to the product a b of the average slopes, to get the average "
        "indirect effect over clusters?",
        answer=lambda f: "the covariance of a_j and b_j",
        options=(
            Option(
                "the direct effect c'",
                "With it one gets from the indirect effect to the total. What is missing before that?",
            ),
            Option(
                "the correlation of a_j and b_j",
                "A correlation has no units, a b has. What would the sum be if x were measured in cents?",
            ),
            Option(
                "the covariance of a_j and b_j",
                "Where clusters with a steep first path also have a steep second one, the products gain; lesson 3 "
                "shows it with two clusters.",
            ),
            Option(
                "nothing, if there are enough clusters",
                "More clusters make the two averages more exact. Do they change how a_j and b_j go together?",
            ),
        ),
        hints=(
            "The picture of lesson 0 has a bow between two of its arrows.",
            "It is in the units of a product of slopes, and it is 0 when the two slopes are unrelated over clusters.",
        ),
        solution=r"$E(a_j b_j) = ab + \operatorname{cov}(a_j, b_j)$.",
        code='answer = "c"',
        misconception="The average of a product is the product of the averages.",
        minutes=1,
    ),
    Exercise(
        id="01.2",
        kind="choice",
        objective="01.recall",
        prompt="Also from lesson 0: what does c' say?",
        answer=lambda f: "how much y changes with one unit more of x while m stays put",
        options=(
            Option(
                "how much y changes with one unit more of x, whatever m does",
                "When m may move, part of the change comes through m. Which effect holds that part too?",
            ),
            Option(
                "how much y changes with one unit more of x while m stays put",
                "It is the direct effect: the way from x to y that does not touch m.",
            ),
            Option(
                "how much y changes with one unit more of m while x stays put",
                "That arrow begins at m. Where does the arrow of c' begin?",
            ),
        ),
        hints=("Find c' in the picture of lesson 0.", "Each slope of y's equation holds the other predictor fixed."),
        solution="c' is the slope of y on x in an equation that also holds m.",
        code='answer = "b"',
        misconception="The direct effect is the slope of y on x alone.",
        minutes=1,
    ),
    Exercise(
        id="01.3",
        kind="number",
        objective="01.describe",
        prompt="What is the standard deviation of m in cluster 2, as Stata's summarize would print it?",
        answer=lambda f: float(_second(f).std()),
        digits=4,
        right="It divides by n - 1, as pandas does. With eight rows that choice shows in the second digit.",
        slips=(
            Slip(
                lambda f: float(_second(f).std(ddof=0)),
                "the root of the squares divided by n, NumPy's default",
                "One piece of information went into the mean. By what does Stata divide?",
            ),
            Slip(
                lambda f: float(_second(f).var()),
                "the variance",
                "It is in squared units. Which function gives the other one?",
            ),
            Slip(
                lambda f: float(f.df["m"].std()),
                "the standard deviation of m in all rows",
                "It holds the differences between clusters too. How do you keep the rows of one cluster?",
            ),
            Slip(
                lambda f: float(f.df["m"].iloc[2 * 8 : 3 * 8].std()),
                "the standard deviation in cluster 3",
                "Python counts positions from 0, ids count from 1. Which rows have id 2?",
            ),
            Slip(
                lambda f: float(f.df.loc[f.df["id"] == 2, "y"].std()),
                "the standard deviation of y in that cluster",
                "Which column is asked for?",
            ),
        ),
        landmark=Landmark(
            "The standard deviation of m in all rows",
            lambda f: float(f.df["m"].std()),
            "Are the rows of one cluster further apart than all of them?",
            "Did you take the column of m?",
        ),
        hints=(
            'df["id"] == 2 says which rows to keep.',
            "Of their m, ask pandas for std(), or NumPy with ddof set.",
        ),
        solution="Keep the rows with id 2, and take the standard deviation that divides by n - 1.",
        code='answer = df.loc[df["id"] == 2, "m"].std()',
        misconception="Every program divides by the same number.",
        minutes=3,
    ),
    Exercise(
        id="01.4",
        kind="number",
        objective="01.icc",
        prompt="What is the intraclass correlation of m, from the two mean squares?",
        answer=lambda f: _icc(f, "m"),
        digits=2,
        right="Subtracting the mean square within takes out what chance alone puts into the cluster means.",
        slips=(
            Slip(
                lambda f: _icc(f, "y"),
                "the intraclass correlation of y",
                "The lesson computes that one. Which column is asked for?",
            ),
            Slip(
                _share_of_means,
                "the variance of the cluster means as a share of the whole variance",
                "Means of eight rows differ by chance as well, even with shuffled ids. What takes that out?",
            ),
            Slip(
                lambda f: 1 - _icc(f, "m"),
                "the share of the variance within clusters",
                "Those are differences of rows from their own cluster. Which share is left?",
            ),
            Slip(
                lambda f: _squares(f, "m")[0] / _squares(f, "m")[1],
                "the ratio of the two mean squares",
                "It has no upper end, while a share stops at 1. What do the formula's numerator and denominator hold?",
            ),
            Slip(
                lambda f: (_squares(f, "m")[0] - _squares(f, "m")[1]) / sum(_squares(f, "m")[:2]),
                "the formula for clusters of two rows",
                "In the denominator the mean square within counts k - 1 times. How many rows has a cluster here?",
            ),
        ),
        landmark=Landmark(
            "The intraclass correlation with ids that mean nothing",
            lambda f: 0.0,
            "Which two parts of the variance did you compare?",
            "Can there be less likeness than with meaningless ids, in these data?",
        ),
        hints=(
            "The function icc(values, ids) of the lesson does it for y.",
            "Another column goes in; all else stays.",
        ),
        solution=r"$(\mathrm{MS}_B - \mathrm{MS}_W) / (\mathrm{MS}_B + (k-1)\,\mathrm{MS}_W)$, with $k = 8$.",
        code='groups = df.groupby("id")["m"]\nbetween = 8 * groups.mean().var()\n'
        'within = ((df["m"] - groups.transform("mean")) ** 2).sum() / (800 - 100)\n'
        "answer = (between - within) / (between + 7 * within)",
        misconception="The variance of observed means is the variance between clusters.",
        minutes=3,
    ),
    Exercise(
        id="01.5",
        kind="choice",
        objective="01.icc",
        prompt="The intraclass correlation of y is large here. Does that tell whether slopes differ from cluster to "
        "cluster?",
        answer=lambda f: "No. Parallel lines at different heights can give the same number.",
        options=(
            Option(
                "Yes. With one slope for all clusters it would be 0.",
                "Think of parallel lines, some high and some low. Would rows of one line resemble each other?",
            ),
            Option(
                "Yes. It is the share of clusters whose slope is a different one.",
                "It is a share of the variance of y. Did x enter the formula anywhere?",
            ),
            Option(
                "No. Parallel lines at different heights can give the same number.",
                "It compares levels. Whether slopes vary is another question, and lesson 2's random slopes answer it.",
            ),
        ),
        hints=("Look which columns the function icc uses.", "Draw three parallel lines, far apart."),
        solution="The ICC speaks of how far apart clusters lie. Slopes may vary without it, and it may be large with "
        "slopes that are all equal.",
        code='answer = "c"',
        misconception="A large ICC means varying slopes.",
        minutes=2,
    ),
    Exercise(
        id="01.6",
        kind="number",
        objective="01.errors",
        prompt="What is the standard error of the mean of m, when the clusters are respected?",
        answer=lambda f: float(_means(f).std()) / 10,
        digits=3,
        right="The cluster means are independent, so that their spread and their number say how exact the mean is.",
        slips=(
            Slip(
                lambda f: float(f.df["m"].std()) / len(f.df) ** 0.5,
                "the standard error of 800 independent rows",
                "Rows of one cluster partly repeat each other. Which numbers are independent here?",
            ),
            Slip(
                lambda f: float(_means(f).std()),
                "the standard deviation of the cluster means",
                "It says how far apart clusters lie. How does a mean of 100 of them do better?",
            ),
            Slip(
                lambda f: float(_means(f).std()) / len(f.df) ** 0.5,
                "the spread of the cluster means divided by the root of 800",
                "How many cluster means are there?",
            ),
            Slip(
                lambda f: float(f.df.groupby("id")["m"].first().std()) / 10,
                "the standard error from the first row of each cluster",
                "These rows are independent, and seven of eight rows were thrown away. Which number of each cluster "
                "uses all of its rows?",
            ),
            Slip(
                lambda f: float(_means(f, "y").std()) / 10,
                "the standard error of the mean of y",
                "The lesson computes that one. Which column is asked for?",
            ),
        ),
        landmark=Landmark(
            "The standard error of 800 independent rows",
            lambda f: float(f.df["m"].std()) / len(f.df) ** 0.5,
            "Which spread did you divide, and by the root of how many?",
            "Can rows that repeat each other tell more than independent ones?",
        ),
        hints=(
            "The lesson does it for y: first the mean of each cluster.",
            "The spread of the means, divided by the root of their number.",
        ),
        solution=r"$s_{\text{means}} / \sqrt{100}$, with the 100 cluster means of $m$.",
        code='answer = df.groupby("id")["m"].mean().std() / np.sqrt(100)',
        misconception="Each row is a separate piece of information.",
        minutes=3,
    ),
    Exercise(
        id="01.7",
        kind="number",
        objective="01.levels",
        prompt="Bug hunt. This code is to give the correlation of x and m within clusters. It runs without a word, and "
        "most of its rows were lost on the way. Mend it.",
        given='means = df.groupby("id")[["x", "m"]].mean()\n'
        'away = df[["x", "m"]] - means\n'
        'answer = away["x"].corr(away["m"])',
        answer=lambda f: _correlation(f, "within"),
        digits=3,
        right="pandas lines tables up by their labels: a table by cluster has to be spread over the rows before it can "
        "be subtracted.",
        slips=(
            Slip(
                _misaligned,
                "what the code gives as it stands",
                "It subtracts the mean of cluster 5 from the row that is labelled 5. How does each row get the mean of "
                "its own cluster?",
            ),
            Slip(
                lambda f: _correlation(f, "raw"),
                "the correlation of the raw values",
                "It blends two levels. What has to be taken away before rows of different clusters may be compared?",
            ),
            Slip(
                lambda f: _correlation(f, "between"),
                "the correlation between clusters",
                "It is that of the means. What is left of a row when they are taken away?",
            ),
            Slip(
                lambda f: slopes_of_levels(f.df, "x", "m", "id")[1],
                "the slope within clusters",
                "A slope is in units of m for one of x. Which number has no units?",
            ),
        ),
        landmark=Landmark(
            "The correlation of the raw values",
            lambda f: _correlation(f, "raw"),
            "How many rows went into yours?",
            "How many rows, without a gap, went into yours?",
        ),
        hints=(
            "Look at away.count(): it says how many rows have a value.",
            'transform("mean") writes the mean of the cluster beside each of its rows.',
        ),
        solution='means = df.groupby("id")[["x", "m"]].transform("mean") has a row for each row of df.',
        code='means = df.groupby("id")[["x", "m"]].transform("mean")\n'
        'away = df[["x", "m"]] - means\n'
        'answer = away["x"].corr(away["m"])',
        misconception="Code that runs has used all rows.",
        minutes=4,
    ),
)
