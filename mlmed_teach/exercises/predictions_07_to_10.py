"""Predictions of lessons 7 to 10: intervals, coverage, within and between, your own data."""

from __future__ import annotations

from typing import Any

import numpy as np

from .outcomes import by_size, nearest, skewness, slopes_of_levels
from .prediction import Prediction

_RIGHT, _LEFT = "has a longer tail on the right", "has a longer tail on the left"
_SKEW_RIGHT, _SKEW_LEFT = "clearly skewed to the right", "clearly skewed to the left"


def _close_to_95(study: Any) -> str:
    """For which shapes the likelihood's intervals come close to 95%, in clusters of 8, 200 of them."""
    rows = study.query("effect == 'indirect' and size == 8 and clusters == 200 and interval != 'bootstrap'")
    normal, skewed = (bool((rows.loc[rows["shape"] == s, "coverage"] > 0.92).all()) for s in ("normal", "skewed"))
    shapes = {
        (True, True): "for normal and for skewed effects",
        (True, False): "for normal effects only",
        (False, True): "for skewed effects only",
        (False, False): "for neither",
    }
    return shapes[normal, skewed]


def _tiredness(toy: Any) -> str:
    overall = np.polyfit(toy["exercise"], toy["tired"], 1)[0] > 0
    _, within = slopes_of_levels(toy, "exercise", "tired", "person")
    signs = {
        (True, True): "more tiredness in both",
        (False, False): "less tiredness in both",
        (False, True): "less among all points, more in one person",
        (True, False): "more among all points, less in one person",
    }
    return signs[bool(overall), within > 0]


def _changed(before: Any, after: Any) -> str:
    """Which of a, b, the indirect effect and its z are others than before."""
    was, now = ([fit.a, fit.b, fit.indirect.estimate, fit.indirect.z] for fit in (before, after))
    a, b, effect, z = ~np.isclose(was, now, rtol=1e-6)
    changes = {
        (True, True, True, True): "all four",
        (True, True, False, False): "a and b",
        (True, False, False, False): "a only",
        (False, False, True, False): "the effect only",
        (False, False, False, False): "none",
    }
    return changes[bool(a), bool(b), bool(effect), bool(z)]


PREDICTIONS = (
    Prediction(
        "07.1",
        "choice",
        "a and b are exactly normal, 13 standard errors away from 0. Their product ...",
        given="products",
        options=("is exactly normal", _RIGHT, _LEFT),
        outcome=lambda draws: by_size(_LEFT, "is exactly normal", _RIGHT, limit=0, within=0.05)(skewness(draws)),
        detail=lambda draws: f"skewness {skewness(draws):.2f}".replace("0.", "."),
        said="You said it {guess}",
        found="it {value}",
        why="a product of normal variables is not normal, even if it looks so here",
    ),
    Prediction(
        "07.2",
        "choice",
        "Now both paths lie only 1.5 standard errors above 0. Compared with the picture above, the product will be ...",
        given="weak",
        options=("as nearly normal as before", _SKEW_RIGHT, _SKEW_LEFT),
        outcome=lambda draws: by_size(_SKEW_LEFT, "as nearly normal as before", _SKEW_RIGHT, limit=0, within=0.5)(
            skewness(draws)
        ),
        detail=lambda draws: f"skewness {skewness(draws):.1f}",
        why="near 0, errors upwards grow and errors downwards shrink",
    ),
    Prediction(
        "07.3",
        "number",
        "Draw 100 clusters from 100, with replacement. How many are never drawn?",
        given="(times == 0).sum()",
        why="each is missed with probability .99 to the power of 100, which is about .37",
    ),
    Prediction(
        "08.1",
        "number",
        "The truth is .473. One sample, 100 clusters of 8: how far from it will the estimate be?",
        given="abs(med.indirect.estimate - truth)",
        high=0.3,
        step=0.01,
        digits=3,
        why="about one standard error; an estimate much closer than that, such as the page's, is luck",
    ),
    Prediction(
        "08.2",
        "number",
        "100 samples, 100 intervals of 95%. How many lie beside the truth?",
        given='samples["what"].isin(happened).sum()',
        why='about 5 in 100 is what "95%" promises, no more and no less',
    ),
    Prediction(
        "08.3",
        "choice",
        "200 intervals fix a coverage of .95 to ± .015 (one standard error). How many are needed for ± .005?",
        given="0.95 * 0.05 / 0.005**2",
        options=("about 600", "about 2,000", "about 6,000"),
        outcome=nearest({"about 600": 600, "about 2,000": 2000, "about 6,000": 6000}),
        detail=lambda n: f"{n:,.0f}",
        why="a third of the error takes nine times as many",
    ),
    Prediction(
        "08.4",
        "choice",
        "More and more clusters. The coverage of the likelihood's intervals comes close to 95% ...",
        given='full[full["se"] != "robust"]',
        options=(
            "for normal and for skewed effects",
            "for normal effects only",
            "for skewed effects only",
            "for neither",
        ),
        outcome=_close_to_95,
        found="it does so {value}",
        why="with skewed effects the intervals stay near 85%, with 200 clusters as with 50",
    ),
    Prediction(
        "08.5",
        "number",
        "200 clusters of 16, skewed effects. "
        "How large is the mean standard error, as a share of the true scatter (sd)?",
        given='large.loc[("skewed", 200), "ratio"]',
        low=0.5,
        high=1.5,
        step=0.05,
        digits=2,
        marks={1: "as large as the scatter"},
        why="the formula is one for normal effects, and no number of clusters tells it otherwise",
    ),
    Prediction(
        "09.1",
        "choice",
        "More exercise goes with ... among all 25 points; and among the five days of one person?",
        given="toy",
        options=(
            "more tiredness in both",
            "less tiredness in both",
            "less among all points, more in one person",
            "more among all points, less in one person",
        ),
        outcome=_tiredness,
        said="You said it goes with {guess}",
        found="it goes with {value}",
        why="both slopes are true, and they answer two questions",
    ),
    Prediction(
        "09.2",
        "sketch",
        "True indirect effect: −.24 within people, +.36 between them. "
        'Put a mark where the raw analysis will find "the" effect.',
        given="raw_days.indirect.estimate",
        low=-0.5,
        high=0.5,
        step=0.01,
        digits=2,
        marks={-0.24: "within, −.24", 0: "0", 0.36: "between, .36"},
        said="You put it at {guess}",
        found="raw says {value}",
        why="positive, with a tiny p value, and the truth of neither question",
    ),
    Prediction(
        "09.3",
        "number",
        "The raw slope is a blend of the slope within and the slope between. "
        "How many percent is the weight of the slope within?",
        given="100 * w",
        unit="%",
        why="people differ more than days do, so the data know the slope between better, and it wins",
    ),
    Prediction(
        "09.4",
        "sketch",
        "The slope between people is −.60, the one within +.40. 50,000 people, 4 days each: "
        "put a mark where the slope of their means will be.",
        given='table.loc[4, "simulated"]',
        low=-0.8,
        high=0.6,
        step=0.01,
        digits=2,
        marks={-0.6: "between, −.60", 0.4: "within, .40"},
        said="You put it at {guess}",
        why="four days do not show a habit exactly, however many people take part, "
        "and the slope leans towards the one within",
    ),
    Prediction(
        "10.1",
        "number",
        "60 students took part. How many different ids has the file, for a program?",
        given="len(ids)",
        low=1,
        high=200,
        whole=True,
        marks={60: "students"},
        why='to a computer S45, s45 and "s45 " are three students',
    ),
    Prediction(
        "10.2",
        "sketch",
        "Without covariates the indirect effect within students is −.15. Weekends bring less stress, longer nights "
        "and better mood. Put a mark where it will be with weekend and year in the model.",
        given="final.indirect.estimate",
        low=-0.3,
        high=0.1,
        step=0.01,
        digits=3,
        marks={-0.15: "without covariates, −.15", 0: "0"},
        said="You put it at {guess}",
        why="what weekends do to all three had looked like an effect of stress",
    ),
    Prediction(
        "10.3",
        "number",
        "60 fits, each without one student. By how much does the one who matters most move the −.111?",
        given="(without - effect.estimate).abs().max()",
        high=0.1,
        step=0.002,
        digits=3,
        marks={0.028: "one standard error"},
        why="no student decides, if it is small beside the standard error of .028",
    ),
    Prediction(
        "10.4",
        "choice",
        "Sleep in minutes instead of hours. Which of a, b, the indirect effect and its z change?",
        given="final, minutes",
        options=("all four", "a and b", "a only", "the effect only", "none"),
        outcome=_changed,
        why="a grows 60 times, b shrinks 60 times, and the effect is in points of mood per point of stress",
    ),
    Prediction(
        "10.5",
        "number",
        "The average effect is −.111, with p < .001. For how many of 100 such students does stress not lower mood "
        "by way of sleep?",
        given="100 * students.share_other_sign",
        unit=" of 100",
        found="the model expects {value}",
        why="an average says little about each of those it was taken over",
    ),
)
