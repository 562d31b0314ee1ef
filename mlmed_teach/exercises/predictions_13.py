"""Predictions of lesson 13: what if m and y have a common cause."""

from __future__ import annotations

from typing import Any

import numpy as np

from .prediction import Prediction

_CLEARLY = 0.1  # as far as a hidden cause must move a number to count; chance moves them by half of that


def _moved(table: Any) -> str:
    """Which of a, b, c', the covariance and the total effect a hidden cause moves."""
    away = (table["u left out"] - table["u measured"]).abs() > _CLEARLY
    a, b, direct, cov, total = away[["a", "b", "c'", "cov(a_j, b_j)", "total"]]
    found = {
        (False, True, False, False, False): "b alone",
        (False, True, True, False, False): "b and c'",
        (True, True, True, False, False): "a, b and c'",
        (False, True, True, False, True): "b, c' and the total effect",
        (True, True, True, True, True): "all five",
    }
    return found[bool(a), bool(b), bool(direct), bool(cov), bool(total)]


def _highest(llf: Any) -> str:
    """At which of the values of rho, in ascending order around 0, the log likelihood is highest."""
    values = np.asarray(llf, dtype=float)
    if np.ptp(values) < 1e-6:
        return "nowhere (it is the same for all)"
    at, middle = int(values.argmax()), len(values) // 2
    return "at rho = 0" if at == middle else "at a rho above 0" if at > middle else "at a rho below 0"


def _off(b: Any) -> str:
    """Which of three estimates of b, with the truth before them, is off."""
    truth, own, stacked, within = (float(value) for value in b)
    options = {
        (False, False, False): "none",
        (True, False, False): "that of y's own model",
        (True, True, False): "y's own and the stacked model's",
        (True, True, True): "all three",
    }
    return options[abs(own - truth) > 0.05, abs(stacked - truth) > 0.05, abs(within - truth) > 0.05]


PREDICTIONS = (
    Prediction(
        "13.1",
        "sketch",
        "A coin decides about x. The hidden u moves m and y, and the analysis does not know it. The true indirect "
        "effect is .473: put a mark where it will be found.",
        given="blind.indirect.estimate",
        low=0,
        high=1,
        step=0.01,
        digits=2,
        marks={0.473: "truth, .473"},
        said="You put it at {guess}",
        why="what u does to both m and y passes for an effect of m, and the coin does not prevent it",
    ),
    Prediction(
        "13.2",
        "choice",
        "The indirect effect is off. Which of a, b, c', cov(a_j, b_j) and the total effect are off as well, by more "
        "than .1?",
        given="table",
        options=("b alone", "b and c'", "a, b and c'", "b, c' and the total effect", "all five"),
        outcome=_moved,
        why="b has too much and c' too little, in such a way that their sum over both ways stays what it was",
    ),
    Prediction(
        "13.3",
        "sketch",
        "rho is the correlation that a hidden cause leaves between the residuals of m and y. The page's indirect "
        "effect is .473. Put a mark at the rho that would make all of it an illusion.",
        given="what_if.rho_zero",
        low=-0.9,
        high=0.9,
        step=0.02,
        digits=2,
        marks={0: "no hidden cause"},
        said="You put it at {guess}",
        why="much has to be hidden to undo this effect; whether it is there, no number of this page says",
    ),
    Prediction(
        "13.4",
        "choice",
        "The model fitted for rho = −.6, −.3, 0, .3 and .6. Its log likelihood is highest ...",
        given='fits["log likelihood"]',
        options=("at rho = 0", "at a rho above 0", "at a rho below 0", "nowhere (it is the same for all)"),
        outcome=_highest,
        found="it is highest {value}",
        why="each rho tells another story about the same table",
    ),
    Prediction(
        "13.5",
        "choice",
        "Now u is the same on all evenings of a person, and a coin decides about x. Three models, three estimates of "
        "b: y's own model (lesson 2), the stacked one (lesson 4), the one within persons (lesson 9). Which are off?",
        given='stable.loc["coin", "b"]',
        options=("none", "that of y's own model", "y's own and the stacked model's", "all three"),
        outcome=_off,
        why="intercepts that may go together, or rows compared within a person, take up what stays the same",
    ),
)
