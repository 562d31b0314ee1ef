"""Predictions of lessons 4 to 6: the stacked model, the delta transform, the average effects."""

from __future__ import annotations

from typing import Any

import numpy as np

from .outcomes import by_size
from .prediction import Prediction


def _largest_other_correlation(covariances: Any) -> float:
    """Size of the largest correlation of the random effects, that of a_j and b_j left out."""
    sds = np.sqrt(np.diag(covariances))
    correlations = covariances / np.outer(sds, sds)
    sizes = [
        abs(correlations.loc[one, other])
        for number, one in enumerate(covariances)
        for other in list(covariances)[number + 1 :]
        if {one, other} != {"smx", "sym"}
    ]
    return float(max(sizes))


def _nearer(scatter: Any, formula: Any, draws: Any) -> str:
    by_formula = abs(float(scatter) - float(formula)) < abs(float(scatter) - float(draws))
    return "the delta method's standard error" if by_formula else "the wider scatter of the draws"


PREDICTIONS = (
    Prediction(
        "04.1",
        "number",
        "Halve all values of m. Var(e_M) is .647 now. What will it be?",
        given='halved.re_params.loc["Residual: var(sm=1)", "estimate"]',
        high=1.5,
        step=0.01,
        digits=3,
        marks={0.647: "now, .647"},
        why="a quarter, since a variance is in squared units; this is below Var(e_Y), "
        "where Stata's fid term cannot follow",
    ),
    Prediction(
        "04.2",
        "sketch",
        "The covariance of a_j and b_j is .099; their variances are .120 and .112. Put a mark at their correlation.",
        given="r",
        low=-1,
        high=1,
        step=0.05,
        digits=2,
        marks={0: "no relation"},
        said="You put it at {guess}",
        why="a covariance has units and says little about how closely two slopes go together",
    ),
    Prediction(
        "04.3",
        "number",
        "In the simulation the other nine correlations are 0. "
        "How far from 0 will the largest of the nine estimates be?",
        given="G",
        high=1,
        step=0.01,
        digits=2,
        outcome=_largest_other_correlation,
        why="100 clusters do not fix a correlation better than that, so never read one without its interval",
    ),
    Prediction(
        "04.4",
        "sketch",
        "Take the BLUPs of a_j from one separate model and of b_j from the other. "
        "The stacked model says cov = .0990. Put a mark at the covariance of the BLUPs.",
        given="shortcut",
        high=0.2,
        step=0.005,
        digits=2,
        marks={0.099: "stacked model, .099"},
        said="You put it at {guess}",
        why="BLUPs are pulled to the average, each without knowing of the other, so most of the covariance is lost",
    ),
    Prediction(
        "05.1",
        "number",
        "The standard error of atr is more than three times those of the two lns. "
        "Of the squared standard error of the covariance, how many percent come from atr alone?",
        given="100 * shares.iloc[0, 0]",
        unit="%",
        why="atr is uncertain, but tanh is nearly flat there, and an error counts only times the slope",
    ),
    Prediction(
        "05.2",
        "choice",
        "The correlation of a_j and b_j is .85. Its interval is estimate ± 1.96 standard errors by the delta method. "
        "Where will its upper limit be?",
        given="corr.ci[1]",
        options=("below 1", "exactly 1", "above 1"),
        outcome=by_size("below 1", "exactly 1", "above 1", limit=1, within=0),
        detail=lambda limit: f"{limit:.2f}",
        why="the tangent does not know that the curve stays below 1",
    ),
    Prediction(
        "05.3",
        "number",
        "Draw atr and both lns 100,000 times and compute the covariance of each draw. "
        "How many times the delta method's standard error will the draws scatter?",
        given="cov_draws.std() / cov.se",
        low=0.5,
        high=2,
        step=0.05,
        digits=2,
        unit=" times",
        marks={1: "as the delta method says"},
        why="far out the curve leaves its tangent; which of the two is right is not settled yet",
    ),
    Prediction(
        "05.4",
        "choice",
        "Now 250 new data sets and 250 fits. The scatter of the new covariances will be nearer to ...",
        given="new_cov.std(), cov.se, cov_draws.std()",
        options=("the delta method's standard error", "the wider scatter of the draws"),
        outcome=_nearer,
        found="it is nearer to {value}",
        detail=lambda *three: "{:.4f} beside {:.4f} and {:.4f}".format(*three).replace("0.", "."),
        why="atr scatters less than the draws supposed",
    ),
    Prediction(
        "05.5",
        "number",
        "Our own fit lies inside. Of 100 fits to new data from the same population, how many will lie on the boundary?",
        given="100 * share",
        unit=" of 100",
        why="with five random effects in 100 clusters of 8 the boundary is common, and the page was lucky",
    ),
    Prediction(
        "06.1",
        "number",
        "The average indirect effect is .47, and a_j and b_j vary over clusters, each with a standard deviation "
        "of a bit more than half its average. In how many of 100 clusters is a_j b_j negative?",
        given="100 * (products < 0).mean()",
        unit=" of 100",
        why="a_j and b_j mostly change their sign together, and minus times minus is plus",
    ),
    Prediction(
        "06.2",
        "number",
        "The old Sobel formula has two of the six terms, b² V_a and a² V_b. How many percent of the variance are they?",
        given="100 * shares.iloc[:2].sum()",
        unit="%",
        why="the rest comes from clusters whose slopes vary together, which a single-level formula does not know",
    ),
    Prediction(
        "06.3",
        "sketch",
        "SE of the indirect effect: .053; of c': .037. Unrelated, they would give √(.053² + .037²) = .065 "
        "for the total. "
        "Put a mark at the SE of the total.",
        given="se_total",
        high=0.1,
        step=0.001,
        digits=3,
        marks={0.037: "c'", 0.053: "indirect", 0.065: "if unrelated"},
        said="You put it at {guess}",
        why="when a sample makes b look too large it makes c' look too small, "
        "and in the total the two errors partly cancel",
    ),
)
