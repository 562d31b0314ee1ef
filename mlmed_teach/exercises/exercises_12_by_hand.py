"""Exercises of lesson 12 that need no simulation: the error of a simulated power, and clusters by a formula."""

from __future__ import annotations

from scipy.stats import norm

from .exercise_data import Exercise, Landmark, Slip

_POWER, _ERROR = 0.85, 0.01  # of 12.3
_SE, _CLUSTERS, _LEAST = 0.06, 50, 0.12  # of 12.4


def _needed(power: float = 0.8, limit: float = 0.975, exponent: int = 2) -> float:
    """Clusters that the formula asks for."""
    ratio = (norm.ppf(limit) + norm.ppf(power)) * _SE / _LEAST
    return float(_CLUSTERS * ratio**exponent)


EXERCISES = (
    Exercise(
        id="12.3",
        kind="number",
        objective="12.error",
        prompt=f"A power near {_POWER:.2f} is to be simulated with a Monte Carlo error of {_ERROR}. How many tables "
        "does that take (rounded to a whole number)?",
        answer=lambda f: _POWER * (1 - _POWER) / _ERROR**2,
        digits=0,
        right="Half the error takes four times as many: a first look with 100 tables, the final plan with thousands.",
        slips=(
            Slip(
                lambda f: _POWER * (1 - _POWER) / _ERROR,
                "p (1 - p) over the error",
                "The formula has a root. What happens to the error when it is solved for R?",
            ),
            Slip(
                lambda f: 0.25 / _ERROR**2,
                "the number for a power of one half",
                "There a share is most uncertain. How uncertain is it here?",
            ),
            Slip(
                lambda f: 1.96**2 * _POWER * (1 - _POWER) / _ERROR**2,
                "the number for a 95% interval that reaches as far",
                "One Monte Carlo error is asked for. Which factor is too much?",
            ),
            Slip(
                lambda f: _POWER / _ERROR**2,
                "p over the squared error",
                "A power of 1 would then have an error, too. Which factor makes it 0 there?",
            ),
        ),
        landmark=Landmark(
            "The number of tables for an error of .02",
            lambda f: _POWER * (1 - _POWER) / 0.02**2,
            "How many times as many does half the error take?",
            "Can a smaller error take fewer tables?",
        ),
        hints=("Set the error equal to the root of p (1 - p) / R.", "Square both sides, and solve for R."),
        solution=r"$R = p(1-p) / \text{error}^2$.",
        code=f"p, error = {_POWER}, {_ERROR}\nanswer = p * (1 - p) / error**2",
        misconception="A simulated power is exact; half the error takes twice the tables.",
        minutes=3,
    ),
    Exercise(
        id="12.4",
        kind="number",
        objective="12.design",
        prompt=f"With {_CLUSTERS} clusters the expected standard error of the indirect effect is {_SE}. The smallest "
        f"effect that matters to you is {_LEAST}. How many clusters does the formula ask for, for a power of 80% "
        "(before rounding up)?",
        answer=lambda f: _needed(),
        digits=1,
        right="And for an effect half as large it would be four times as many. As a check, simulate the plan.",
        slips=(
            Slip(
                lambda f: _needed(power=0.5),
                "the number for a power of 50%",
                "An estimate that sits on 1.96 is found in every second sample. How far beyond must it sit?",
            ),
            Slip(
                lambda f: _needed(exponent=1),
                "a number without the square",
                "Four times the clusters halve the standard error. What does that make of the ratio?",
            ),
            Slip(
                lambda f: _needed(power=0.9),
                "the number for a power of 90%",
                "Which quantile belongs to 80%?",
            ),
            Slip(
                lambda f: _needed() / _CLUSTERS,
                "how many times the clusters that you have",
                "The standard error was that of a certain number of clusters. Of how many?",
            ),
            Slip(
                lambda f: _needed(limit=0.95),
                "the number for a 90% interval",
                "How much does a 95% interval leave out on each side?",
            ),
        ),
        landmark=Landmark(
            "The number of clusters that the standard error belongs to",
            lambda f: float(_CLUSTERS),
            "Is effect / SE smaller than 2.80 with these?",
            "Is effect / SE larger than 2.80 with these?",
        ),
        hints=(
            "The standard error of a single cluster is that of 50 times the root of 50.",
            "J is the square of (1.96 + .84) times it over the effect; norm.ppf gives both quantiles exactly.",
        ),
        solution=r"$J = 50 \cdot \left(\frac{(1.96 + .84) \cdot .06}{.12}\right)^2$.",
        code="from scipy.stats import norm\n"
        f"ratio = (norm.ppf(0.975) + norm.ppf(0.8)) * {_SE} / {_LEAST}\nanswer = {_CLUSTERS} * ratio**2",
        misconception="To be found, an effect of 1.96 standard errors is enough.",
        minutes=4,
    ),
)
