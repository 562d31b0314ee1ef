"""Exercises of lesson 2: three models."""

from __future__ import annotations

import numpy as np

from ..models import MixedResult, fit_mixed
from .exercise_data import Exercise, Landmark, Option, Slip
from .facts import Facts

OBJECTIVES = {
    "02.recall": "recall what clusters do to standard errors and to slopes",
    "02.formula": "read the formula of a model with a random intercept and random slopes, and fit it",
    "02.output": "read the output of statsmodels and of Stata, and take the right number from it",
    "02.se": "explain why the standard errors of the two programs differ, and which to trust for what",
    "02.open": "say what the three models tell about mediation, and what they leave open",
}


def _sd(fit: MixedResult, name: str) -> float:
    return float(fit.cov_re.loc[name, name]) ** 0.5


def _spread(f: Facts, times: float) -> float:
    return float(f.y_on_x.params["x"]) + times * _sd(f.y_on_x, "x")


def _least_squares_sd(f: Facts) -> float:
    slopes = []
    for _, rows in f.df.groupby("id"):
        predictors = np.column_stack([np.ones(len(rows)), rows["m"], rows["x"]])
        slopes.append(np.linalg.lstsq(predictors, rows["y"], rcond=None)[0][1])
    return float(np.std(slopes, ddof=1))


def _by_reml_both(f: Facts) -> MixedResult:
    return fit_mixed("y ~ m + x", f.df, groups="id", re_formula="~ m + x")


def _wanted(f: Facts) -> MixedResult:
    return fit_mixed("y ~ m + x", f.df, groups="id", re_formula="~ m", reml=False)


def _by_reml(f: Facts) -> MixedResult:
    return fit_mixed("y ~ m + x", f.df, groups="id", re_formula="~ m")


def _other_slope(f: Facts) -> MixedResult:
    return fit_mixed("y ~ m + x", f.df, groups="id", re_formula="~ x", reml=False)


def _without_x(f: Facts) -> MixedResult:
    return fit_mixed("y ~ m", f.df, groups="id", re_formula="~ m", reml=False)


def _parallel(f: Facts) -> MixedResult:
    return fit_mixed("y ~ m + x", f.df, groups="id", re_formula="~ 1", reml=False)


EXERCISES = (
    Exercise(
        id="02.1",
        kind="choice",
        objective="02.recall",
        prompt="From lesson 1: somebody computes the standard error of a mean from 800 rows in 100 clusters as if the "
        "rows were independent. What comes out?",
        answer=lambda f: "a standard error that is too small",
        options=(
            Option(
                "a standard error that is too small",
                "Rows of one cluster partly repeat each other, so that 800 of them tell less than 800 separate ones.",
            ),
            Option(
                "a standard error that is too large",
                "It would be, if rows of one cluster were less alike than rows of different ones. Are they?",
            ),
            Option(
                "the same as from the cluster means",
                "It would be with shuffled ids. What did the sorted clusters look like in the picture?",
            ),
        ),
        hints=("Think of asking one person eight times.", "Count the independent pieces of information."),
        solution="The independent pieces are the clusters. Dividing by the root of 800 claims more than there is.",
        code='answer = "a"',
        misconception="Each row is a separate piece of information.",
        minutes=1,
    ),
    Exercise(
        id="02.2",
        kind="choice",
        objective="02.recall",
        prompt="Also from lesson 1: what is the slope of a regression on the raw values of x, when rows stand in "
        "clusters?",
        answer=lambda f: "a blend of the slope within clusters and the slope between them",
        options=(
            Option(
                "the slope within clusters",
                "It would be if the cluster means had been taken away first. Were they?",
            ),
            Option(
                "the slope between clusters",
                "It would be if each cluster had been replaced by its means. What else do raw values hold?",
            ),
            Option(
                "a blend of the slope within clusters and the slope between them",
                "In our data the two are alike, so that the blend does no harm; lesson 9 has data where they are not.",
            ),
        ),
        hints=(
            "Each x is its cluster's mean plus the distance from it.",
            "Think of the typists: a raw slope would know both stories.",
        ),
        solution=r"$x_{ij} = \bar x_j + (x_{ij} - \bar x_j)$: both parts go into a slope on raw values.",
        code='answer = "c"',
        misconception="A slope on raw values is the one within clusters.",
        minutes=1,
    ),
    Exercise(
        id="02.3",
        kind="number",
        objective="02.output",
        prompt="Fit y on m and x, both slopes random, by ML. By how much do the slopes on m, the b_j, vary over "
        "clusters: what is their standard deviation?",
        answer=lambda f: _sd(f.y_on_mx, "m"),
        digits=3,
        right="It is the root of var(m), and in the units of the slope: clusters differ, and by so much.",
        slips=(
            Slip(
                lambda f: float(f.y_on_mx.cov_re.loc["m", "m"]),
                "the variance of the slopes",
                "It is in squared units. What leads back to those of the slope?",
            ),
            Slip(
                lambda f: float(f.y_on_mx.bse["m"]),
                "the standard error of the average slope",
                "That one shrinks as clusters are added. Does the spread of the slopes?",
            ),
            Slip(
                lambda f: _sd(f.y_on_mx, "x"),
                "the standard deviation of the slopes on x",
                "Those are the c'_j. Which predictor does b belong to?",
            ),
            Slip(
                lambda f: _sd(f.once(_by_reml_both), "m"),
                "the standard deviation from a fit by REML",
                "REML is for lesson 4. Which argument of fit_mixed asks for ML?",
            ),
            Slip(
                lambda f: float(f.y_on_mx.params["m"]),
                "the average slope",
                "It is where the clusters' slopes lie on average. Which part of the table says how far apart they are?",
            ),
            Slip(
                _least_squares_sd,
                "the standard deviation of 100 slopes that were fitted one by one",
                "Each of them rests on eight rows, and chance adds to their scatter. What separates the two?",
            ),
        ),
        landmark=Landmark(
            "The standard deviation of the intercepts",
            lambda f: _sd(f.y_on_mx, f.y_on_mx.cov_re.index[0]),
            "Which row of the random-effects parameters did you take?",
            "Did you take a root, and of which row?",
        ),
        hints=(
            "fit.cov_re is G, with names on its rows and columns.",
            "A variance stands on its diagonal; one step is left.",
        ),
        solution=r"$\sqrt{\operatorname{var}(m)}$, from the random-effects parameters.",
        code='fit = mt.fit_mixed("y ~ m + x", df, groups="id", re_formula="~ m + x", reml=False)\n'
        'answer = np.sqrt(fit.cov_re.loc["m", "m"])',
        misconception="The standard error of an average slope is the spread of the slopes.",
        minutes=3,
    ),
    Exercise(
        id="02.4",
        kind="number",
        objective="02.output",
        prompt="Bug hunt. The code is to give the lower end of the interval in which 95% of the clusters' true slopes "
        "of y on x lie, if they are normal. Mend it.",
        given='fit = mt.fit_mixed("y ~ x", df, groups="id", re_formula="~ x", reml=False)\n'
        'answer = fit.params["x"] - 1.96 * fit.bse["x"]',
        answer=lambda f: _spread(f, -1.96),
        digits=2,
        right="Some clusters have a negative slope, though the average is far from 0: a standard error belongs to the "
        "average, a standard deviation to the clusters.",
        slips=(
            Slip(
                lambda f: float(f.y_on_x.params["x"] - 1.96 * f.y_on_x.bse["x"]),
                "what the code gives as it stands",
                "It is about the average slope, and narrows with more clusters. Would clusters become more alike?",
            ),
            Slip(
                lambda f: float(f.y_on_x.params["x"] - 1.96 * f.y_on_x.cov_re.loc["x", "x"]),
                "the limit with the variance of the slopes",
                "A variance is in squared units. What has to be done before it may be taken from a slope?",
            ),
            Slip(
                lambda f: _spread(f, -(1.96**2)),
                "the average slope less 1.96 squared standard deviations",
                "The square belongs to chi-square tests. How many standard deviations hold 95% of a normal curve?",
            ),
            Slip(
                lambda f: _spread(f, 1.96),
                "the upper end",
                "It lies above the average. Which end is asked for?",
            ),
            Slip(
                lambda f: _spread(f, -1.0),
                "the average slope less one standard deviation",
                "Two thirds of the clusters lie that near. How many are asked for?",
            ),
            Slip(
                lambda f: float(f.y_on_x.params["x"]) - 1.96 * _sd(f.y_on_x, f.y_on_x.cov_re.index[0]),
                "the limit with the standard deviation of the intercepts",
                "Heights of lines and their slopes vary each in their own way. Which row of G is that of the slopes?",
            ),
        ),
        landmark=Landmark(
            "The lower limit for the average slope",
            lambda f: float(f.y_on_x.params["x"] - 1.96 * f.y_on_x.bse["x"]),
            "Do single clusters scatter less than their average is uncertain?",
            "How many standard deviations of the slopes did you go down?",
        ),
        hints=(
            "Ask what would happen to the interval with a million clusters.",
            "The spread of clusters stands in fit.cov_re, as a variance.",
        ),
        solution='The spread of the slopes has to stand in the place of bse: np.sqrt(fit.cov_re.loc["x", "x"]).',
        code='fit = mt.fit_mixed("y ~ x", df, groups="id", re_formula="~ x", reml=False)\n'
        'answer = fit.params["x"] - 1.96 * np.sqrt(fit.cov_re.loc["x", "x"])',
        misconception="The confidence interval of an average slope holds 95% of the clusters.",
        minutes=4,
    ),
    Exercise(
        id="02.5",
        kind="model",
        objective="02.formula",
        prompt="Fit y on m and x by ML, so that clusters may differ in their intercept and in their slope on m, while "
        "one slope on x serves all of them. The fitted model is the answer.",
        answer=lambda f: f.once(_wanted),
        right="The fixed part holds both predictors; the random part only those whose slopes may vary.",
        slips=(
            Slip(
                lambda f: f.y_on_mx,
                "the model in which both slopes vary over clusters",
                "One slope on x is to serve all clusters. Which formula lets it vary?",
            ),
            Slip(
                lambda f: f.once(_other_slope),
                "the model in which the slope on x varies, and that on m does not",
                "Which of the two is to differ between clusters?",
            ),
            Slip(
                lambda f: f.once(_by_reml),
                "the model, fitted by REML",
                "The page uses ML here. Which argument says so?",
            ),
            Slip(
                lambda f: f.once(_parallel),
                "the model with a random intercept only",
                "Its clusters have parallel lines. What has to stand behind the tilde of re_formula?",
            ),
            Slip(
                lambda f: f.once(_without_x),
                "the model without x",
                "One slope on x is wanted, the same for all. In which of the two formulas does a fixed slope stand?",
            ),
        ),
        hints=(
            "Two formulas: the first is for the average line, re_formula for how clusters depart from it.",
            "x stands in one of them, m in both.",
        ),
        solution='The formula is "y ~ m + x", and re_formula is "~ m"; reml=False.',
        code='answer = mt.fit_mixed("y ~ m + x", df, groups="id", re_formula="~ m", reml=False)',
        misconception="Whatever has a fixed slope has a random one.",
        minutes=3,
    ),
    Exercise(
        id="02.6",
        kind="choice",
        objective="02.se",
        prompt="For y on m and x, statsmodels prints a larger standard error of b than Stata, and the same estimate. "
        "Why?",
        answer=lambda f: "Stata takes the variances as known; statsmodels counts that they were estimated.",
        options=(
            Option(
                "One of them stopped before the top of the likelihood.",
                "Then the estimates would differ as well. Do they?",
            ),
            Option(
                "Stata takes the variances as known; statsmodels counts that they were estimated.",
                "Neither is a bug: lme4 and nlme do as Stata, glmmTMB does as statsmodels. Reports say which.",
            ),
            Option(
                "statsmodels divides by n - 1, Stata by n.",
                "That would change all three of them by the same small share. Does it?",
            ),
            Option(
                "statsmodels forgot the clusters.",
                "That would change the estimates too. Which of its lines names the groups?",
            ),
        ),
        hints=(
            "The estimates agree, so that both programs found the same model.",
            "Ask what each treats as certain when it says how uncertain b is.",
        ),
        solution="The matrix of generalized least squares takes the variances as given. To invert the second "
        "derivatives by all parameters jointly adds what their uncertainty does to b.",
        code='answer = "b"',
        misconception="Two programs that differ cannot both be right.",
        minutes=2,
    ),
    Exercise(
        id="02.7",
        kind="choice",
        objective="02.open",
        prompt="A colleague has the three models of this lesson, with all their output. Can the average indirect "
        "effect be computed from it?",
        answer=lambda f: "No: no model of the three knows how a_j and b_j go together over clusters.",
        options=(
            Option(
                "Yes: it is the slope on m times the slope on x in m's model.",
                "That is the product of two averages. Is it the average of the products?",
            ),
            Option(
                "Yes: it is what the slope of x lost when m came in.",
                "In linear regression that is algebra. Did the two ways of counting agree in the mixed models?",
            ),
            Option(
                "Yes: the third model's G has a covariance of the slopes on m and x.",
                "Those are b_j and c'_j, both of y's equation. Which equation does a_j belong to?",
            ),
            Option(
                "No: no model of the three knows how a_j and b_j go together over clusters.",
                "a_j is in one model and b_j in another. Lesson 3 begins to put them into one.",
            ),
        ),
        hints=(
            "Three things go into the average of a_j b_j; look for each of them in the output.",
            "Ask which pairs of random slopes ever stand in the same G.",
        ),
        solution=r"$\operatorname{cov}(a_j, b_j)$ belongs to two equations, and needs a model that holds both.",
        code='answer = "d"',
        misconception="Three separate models hold all that the indirect effect needs.",
        minutes=2,
    ),
)
