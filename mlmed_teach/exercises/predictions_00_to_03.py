"""Predictions of lessons 0 to 3: the data, three separate models, one table for two equations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .outcomes import by_size, nearest, slopes_of_levels
from .prediction import Prediction


def _levels_alike(table: Any) -> str:
    between, within = slopes_of_levels(table, "x", "m", "id")
    if between * within < 0:
        return "opposite signs"
    small, large = sorted((abs(between), abs(within)))
    if small >= large / 3:
        return "alike"
    return "only between" if abs(between) > abs(within) else "only within"


def _agree(one_level: Any, mixed: Any) -> str:
    agree = [math.isclose(product, difference, abs_tol=1e-6) for product, difference in (one_level, mixed)]
    places = {
        (True, True): "in both",
        (True, False): "in linear regression only",
        (False, True): "in the mixed models only",
        (False, False): "nowhere",
    }
    return places[agree[0], agree[1]]


def _same(stacked: Any, separate: Any) -> str:
    if np.allclose(stacked, separate, rtol=1e-9):
        return "the same"
    return "similar" if np.allclose(stacked, separate, atol=0.1) else "quite different"


def _smaller_or_larger(stacked: Any, separate: Any) -> str:
    ratio = np.asarray(stacked, dtype=float) / np.asarray(separate, dtype=float)
    smaller, larger = bool((ratio < 1 - 1e-6).any()), bool((ratio > 1 + 1e-6).any())
    if smaller and larger:
        return "some smaller, some larger"
    return "all smaller" if smaller else "all larger" if larger else "the same"


PREDICTIONS = (
    Prediction(
        "00.1",
        "choice",
        "On average, m rises by about .61 with x, and y by about .61 with m; .61 × .61 is .37. "
        "How large will the average indirect effect be?",
        given="med.indirect.estimate",
        options=("less than .37", ".37", "more than .37"),
        outcome=by_size("less than .37", ".37", "more than .37", limit=0.37, within=0.01),
        detail=lambda estimate: f"{estimate:.2f}".lstrip("0"),
        why="clusters with a steep first path tend to have a steep second one",
    ),
    Prediction(
        "01.1",
        "number",
        "If id meant nothing, the 100 cluster means of y would have one eighth of the variance of y. "
        "How many times that variance do they really have?",
        given="observed / expected",
        high=10,
        step=0.1,
        digits=1,
        unit=" times",
        marks={1: "id means nothing"},
        why="the rows of a cluster resemble each other",
        contrast=(", more than you thought", ", less than you thought", ", about as much as you thought"),
    ),
    Prediction(
        "01.2",
        "choice",
        "Typists who are faster make fewer errors, but a typist who hurries makes more. "
        "In our data: are the slopes of m on x between clusters and within clusters alike?",
        given="df",
        options=("alike", "opposite signs", "only between", "only within"),
        outcome=_levels_alike,
        found="they are {value}",
        why="the panels give both slopes; in other data they need not be so",
    ),
    Prediction(
        "02.1",
        "number",
        "The slopes of the 100 separate lines have a standard deviation of about .6. Part of it is chance. "
        "What is the standard deviation of the true slopes?",
        given='np.sqrt(first.cov_re.loc["x", "x"])',
        high=1,
        step=0.02,
        digits=2,
        marks={0.6: "the 100 lines, about .6"},
        found="the model says {value}",
        why="the rest of the scatter of the lines is chance",
        contrast=(", less of it than you thought", ", more of it than you thought", ", about as much as you thought"),
    ),
    Prediction(
        "02.2",
        "number",
        "Two predictors with random slopes, a random intercept, and a residual. "
        "How many variances and covariances will the model estimate, all in all?",
        given="len(y_on_mx.re_params)",
        low=1,
        high=15,
        whole=True,
        why="three variances, three covariances, one for each pair, and the residual variance",
    ),
    Prediction(
        "02.3",
        "choice",
        "Write y in tenths, so that each value is 10 times as large. "
        "How large does var(x) become, and so must its standard error?",
        given='times["var(x)"]',
        options=("as large as before", "10 times as large", "100 times as large", "1,000 times as large"),
        outcome=nearest(
            {
                "as large as before": 1,
                "10 times as large": 10,
                "100 times as large": 100,
                "1,000 times as large": 1000,
            }
        ),
        why="a variance is in squared units, and a standard error that does not follow it is wrong",
    ),
    Prediction(
        "02.4",
        "sketch",
        "Cluster 2: its own slope is .53, the average slope is .69. "
        "Put a mark where the model's slope for cluster 2 will be.",
        given='predicted.loc[2, "slope"]',
        low=0.2,
        high=1.2,
        step=0.01,
        digits=2,
        marks={0.53: "own, .53", 0.69: "average, .69"},
        said="You put it at {guess}",
        found="the model puts it at {value}",
        why="the whole line is pulled, and with a higher intercept it must rise more steeply to meet the points",
    ),
    Prediction(
        "02.5",
        "choice",
        "The product a × b, and what the slope of x lost when m came in: where will the two agree exactly?",
        given="one_level, mixed",
        options=("in both", "in linear regression only", "in the mixed models only", "nowhere"),
        outcome=_agree,
        found="they agree {value}",
        why="there it is algebra; in the mixed models something is still missing",
    ),
    Prediction(
        "03.1",
        "number",
        "Two clusters. In the first, both slopes are .2; in the second, both are 1.0. "
        "What is the average of the two products?",
        given='toy.loc["average", "a_j b_j"]',
        high=1,
        step=0.01,
        digits=2,
        marks={0.36: "average a × average b, .36"},
        found="it is {value} and not .36",
        why="big times big counts for more than small times small takes away",
    ),
    Prediction(
        "03.2",
        "number",
        "The five terms and a column of ones: six columns. What is their rank?",
        given='ranks["with a constant"]',
        low=1,
        high=6,
        whole=True,
        why="sm and sy add up to the constant already, so the sixth column says nothing new",
    ),
    Prediction(
        "03.3",
        "choice",
        "One regression of z on all five terms, instead of two regressions. Its five coefficients will be ...",
        given="ols_z.params, separate",
        options=("the same", "similar", "quite different"),
        outcome=_same,
        found="they are {value}",
        why="each term is 0 in the rows of the other equation, so the two sets never meet",
    ),
    Prediction(
        "03.4",
        "choice",
        "The stacked regression has 1,600 rows instead of 800. Its standard errors will be ...",
        given="ols_z.bse, separate_se",
        options=("all smaller", "all larger", "the same", "some smaller, some larger"),
        outcome=_smaller_or_larger,
        found="they are {value}",
        why="the rows only repeat, and one residual variance now serves both equations, "
        "too small for m and too large for y",
    ),
    Prediction(
        "03.5",
        "sketch",
        "Fit each cluster alone: 100 pairs of slopes. Put a mark at the correlation of a_j and b_j "
        "that you expect to see.",
        given="r",
        low=-1,
        high=1,
        step=0.05,
        digits=1,
        marks={0: "no relation"},
        said="You put it at {guess}",
        found="the picture shows {value}",
        why="each point is blurred by its few rows, so the true one must be further from 0 (lesson 4 finds it)",
    ),
)
