"""Exercises of lesson 13: what if m and y have a common cause that nobody measured."""

from __future__ import annotations

import numpy as np

from ..mediation import Mediation, mediate
from .exercise_data import Exercise, Landmark, Option, Slip
from .facts import Facts

OBJECTIVES = {
    "13.simulate": "simulate a hidden cause of m and y, and say which effects it moves",
    "13.correct": "correct an indirect effect for a supposed correlation of the residuals",
    "13.read": "read the curve over rho, its band and its tipping point",
    "13.data": "say why the data cannot tell rho",
    "13.design": "say which hidden causes a coin for x takes care of, and which the clusters do",
}

_RHO = 0.3  # of 13.3 and 13.4
_BUG = -0.4  # of 13.8
_SHARE = 0.5  # of 13.6
_HUNDREDTHS = np.round(np.arange(0, 0.9, 0.01), 2)

_MED = "med = mt.mediate(df)\n"
_KAPPA = 'kappa = rho / np.sqrt(1 - rho**2) * np.sqrt(s2["y"] / s2["m"])\n'
_OF_COLUMNS = 'kappa = rho / np.sqrt(1 - rho**2) * df["y"].std() / df["m"].std()\n'


def _med(f: Facts) -> Mediation:
    return mediate(f.df)


def _ratio(f: Facts) -> float:
    """Standard deviation of the residuals of y, over that of m."""
    s2 = f.once(_med).residual_variances
    return float(np.sqrt(s2["y"] / s2["m"]))


def _kappa(f: Facts, rho: float, power: float = 1) -> float:
    return float(rho / np.sqrt(1 - rho**2) * _ratio(f) ** power)


def _of_columns(f: Facts, rho: float) -> float:
    """kappa with the standard deviations of the columns."""
    return float(rho / np.sqrt(1 - rho**2) * f.df["y"].std() / f.df["m"].std())


def _indirect(f: Facts) -> float:
    return f.once(_med).indirect.estimate


def _corrected(f: Facts) -> float:
    return _indirect(f) - _kappa(f, _RHO) * f.once(_med).a


def _rho_zero(f: Facts) -> float:
    return f.once(_med).sensitivity(0.0).rho_zero


def _holds_0(f: Facts) -> float:
    """Smallest rho in hundredths at which the interval holds 0."""
    low = f.once(_med).sensitivity(_HUNDREDTHS).xs("indirect", level="effect")["ci low"].to_numpy()
    return float(_HUNDREDTHS[low <= 0][0])


def _band_of_0(f: Facts) -> float:
    """rho at which the interval of rho = 0, moved along without a change of its width, comes to 0."""
    k = f.once(_med).indirect.ci[0] / f.once(_med).a / _ratio(f)
    return float(k / np.sqrt(1 + k**2))


def _direct(f: Facts) -> float:
    return f.once(_med).cprime + _kappa(f, _BUG) * f.once(_med).a


EXERCISES = (
    Exercise(
        id="13.1",
        kind="choice",
        objective="13.design",
        prompt="From lesson 9. You compare rows of the same cluster only, with decompose=True. Which unmeasured causes "
        "cannot distort that comparison?",
        answer=lambda f: "Those that are the same in all rows of a cluster.",
        options=(
            Option("All that are not in the table.", "Can rows of one cluster differ in something nobody wrote down?"),
            Option(
                "Those that are the same in all rows of a cluster.",
                "A cluster compared with itself has them on both sides. Causes that differ from row to row remain, and "
                "this lesson is about them.",
            ),
            Option("Those that differ from row to row.", "Two rows of a cluster: do they have such a cause in common?"),
            Option("None.", "What do two rows of one cluster certainly share?"),
        ),
        hints=("Ask of each cause whether two rows of a cluster differ in it.", "Think of a person's two days."),
        solution="What does not vary within clusters cannot go together with anything within them.",
        code='answer = "b"',
        misconception="Comparing within clusters removes all confounding, or none.",
        minutes=1,
    ),
    Exercise(
        id="13.2",
        kind="choice",
        objective="13.simulate",
        prompt="From lesson 10. With weekend as a covariate the indirect effect of stress on mood by way of sleep was "
        "−.11, without it −.15. Why did it move?",
        answer=lambda f: "Weekends move stress, sleep and mood, and had passed for an effect of stress.",
        options=(
            Option("More covariates make every effect smaller.", "What would a covariate do that moves nothing else?"),
            Option(
                "Weekends move stress, sleep and mood, and had passed for an effect of stress.",
                "A common cause that was written down, so that it could be put into the model. Here it will not have "
                "been.",
            ),
            Option("Weekends lie between stress and mood.", "Does stress make it a weekend?"),
            Option("The covariate used up degrees of freedom.", "Does that move an estimate, or its standard error?"),
        ),
        hints=("Draw the arrows that start at weekend.", "Count the columns that they lead to."),
        solution="A common cause left out is credited to whatever goes along with it.",
        code='answer = "b"',
        misconception="Covariates are a matter of precision.",
        minutes=1,
    ),
    Exercise(
        id="13.3",
        kind="number",
        objective="13.correct",
        prompt=f"Suppose that the residuals of m and y in df correlate with {_RHO}. What is the indirect effect then? "
        "By hand, with a calculator or Python, from four numbers of the fit.",
        answer=_corrected,
        digits=4,
        right="The four numbers are the effect, a, and the two residual variances; no new fit is needed.",
        slips=(
            Slip(
                lambda f: _indirect(f) - _RHO * _ratio(f) * f.once(_med).a,
                "what comes out with rho itself in the place of rho / √(1 − rho²)",
                "The fit shows the scatter of e', which is smaller than that of e_Y. By which factor?",
            ),
            Slip(
                lambda f: _indirect(f) - _kappa(f, _RHO, -1) * f.once(_med).a,
                "what comes out with the two residual scatters upside down",
                "kappa turns a unit of m's residual into units of y's. Which of the two is the divisor?",
            ),
            Slip(
                lambda f: _indirect(f) - _kappa(f, _RHO, 2) * f.once(_med).a,
                "what comes out with variances in the place of standard deviations",
                "A slope is in units, not in squared ones. What is missing?",
            ),
            Slip(
                lambda f: _indirect(f) - _kappa(f, _RHO) * f.once(_med).b,
                "kappa b taken away",
                "b is too large by kappa. What is it multiplied with on the way from x to y?",
            ),
            Slip(
                lambda f: _indirect(f) + _kappa(f, _RHO) * f.once(_med).a,
                "kappa a added",
                "A cause that moves m and y the same way makes b look larger. Which way does the correction go?",
            ),
            Slip(
                lambda f: f.once(_med).cprime + _kappa(f, _RHO) * f.once(_med).a,
                "the direct effect for this rho",
                "It takes up what the other one loses. Which is asked for?",
            ),
        ),
        landmark=Landmark(
            "The indirect effect as fitted",
            _indirect,
            "A cause that moves m and y the same way: does the fit make too much of the effect, or too little?",
            "Did you take away kappa a, once?",
        ),
        hints=(
            "mt.mediate(df) has indirect.estimate, a and residual_variances.",
            "kappa is rho / √(1 − rho²), times the residual standard deviation of y over that of m.",
        ),
        solution=r"$\kappa = \rho / \sqrt{1 - \rho^2} \cdot sd(e') / sd(e_M)$, and the indirect effect less $\kappa "
        r"a$.",
        code=_MED
        + "s2, rho = med.residual_variances, .3\n"
        + _KAPPA
        + "answer = med.indirect.estimate - kappa * med.a",
        misconception="kappa is the correlation itself.",
        minutes=4,
    ),
    Exercise(
        id="13.4",
        kind="choice",
        objective="13.simulate",
        prompt=f"At rho = {_RHO} the indirect effect of df is about .17 smaller than as fitted. Where did these .17 "
        f"go?",
        answer=lambda f: "in the direct effect",
        options=(
            Option("in the direct effect", "The total effect has not moved, so what one way loses the other gains."),
            Option("nowhere: the total effect is smaller, too", "Is m anywhere in the regression of y on x alone?"),
            Option(
                "in cov(a_j, b_j)", "b_j moves by the same kappa in every cluster. What does that do to how it varies?"
            ),
            Option("in path a", "Which equation is a estimated from, and is y in it?"),
        ),
        hints=("Add up the two ways from x to y.", "See which column of the table in this lesson stays the same."),
        solution=r"$c'$ of the fit is the true one less $\kappa a$: taken together the two corrections cancel.",
        code='answer = "a"',
        misconception="Confounding of m and y spoils the total effect, too.",
        minutes=1,
    ),
    Exercise(
        id="13.5",
        kind="number",
        objective="13.read",
        prompt="The tipping point is where the estimate comes to 0. The interval holds 0 before that. What is the "
        "smallest rho, in steps of .01, at which the 95% interval of the indirect effect of df holds 0?",
        answer=_holds_0,
        digits=2,
        right="From there on the data no longer show that there is an effect, and at the tipping point the best guess "
        "is that there is none.",
        slips=(
            Slip(
                lambda f: round(_rho_zero(f), 2),
                "the tipping point",
                "There the estimate is 0. How far above 0 is the lower end of its interval then?",
            ),
            Slip(
                lambda f: round(_band_of_0(f), 2),
                "where the interval of rho = 0 comes to, moved along as it is",
                "Is the band as wide at this rho as at 0?",
            ),
            Slip(
                lambda f: round(float(f.once(_med).indirect.ci[0]), 2),
                "the lower limit of the effect as fitted",
                "That is an effect, not a correlation. Which column of the sensitivity has to change its sign?",
            ),
        ),
        landmark=Landmark(
            "The tipping point",
            _rho_zero,
            "Can the interval hold 0 only after the estimate has passed it?",
            "Did you look at the lower limit, from rho = 0 upwards?",
        ),
        hints=(
            "med.sensitivity takes a list, such as np.round(np.arange(0, .9, .01), 2).",
            'Its rows of one effect are .xs("indirect", level="effect"); look at "ci low".',
        ),
        solution='The first rho whose "ci low" is below 0.',
        code=_MED + "rho = np.round(np.arange(0, .9, .01), 2)\n"
        'low = med.sensitivity(rho).xs("indirect", level="effect")["ci low"].to_numpy()\n'
        "answer = rho[low <= 0][0]",
        misconception="Up to the tipping point the effect is safe.",
        minutes=4,
    ),
    Exercise(
        id="13.6",
        kind="number",
        objective="13.read",
        prompt=f"A hidden cause makes up {_SHARE:.0%} of the variance of e_M in df. How much of the variance of e_Y "
        f"would "
        "it have to make up, to explain the whole indirect effect away?",
        answer=lambda f: 100 * _rho_zero(f) ** 2 / _SHARE,
        digits=0,
        unit="%",
        right="The squared correlation is the product of the two shares: what one lacks the other must have.",
        slips=(
            Slip(
                lambda f: 100 * _rho_zero(f),
                "the share that is needed of both, if both are the same",
                "One of them is smaller here. Can the other stay as it is?",
            ),
            Slip(
                lambda f: 100 * _rho_zero(f) ** 2,
                "the product of the two shares",
                "One of the factors is given. What is the other?",
            ),
            Slip(
                lambda f: 200 * _rho_zero(f) - 100 * _SHARE,
                "what comes out if the mean of the two shares is the tipping point",
                "Which mean is a correlation, of shares that are multiplied?",
            ),
            Slip(
                lambda f: 100 * _rho_zero(f) / _SHARE,
                "the tipping point over the share",
                "A share cannot be more than all. Which power of the correlation is a product of shares?",
            ),
        ),
        landmark=Landmark(
            "The tipping point, in percent,",
            lambda f: 100 * _rho_zero(f),
            "Did you divide the square of the correlation by the share?",
            "The share of e_M is below the tipping point. Can that of e_Y be below it as well?",
        ),
        hints=("rho is the geometric mean of the two shares.", "So rho² is their product."),
        solution=r"$\rho_0^2 / .5$.",
        code=_MED + "answer = 100 * med.sensitivity().rho_zero ** 2 / .5",
        misconception="A correlation is the mean of the shares.",
        minutes=3,
    ),
    Exercise(
        id="13.7",
        kind="choice",
        objective="13.design",
        prompt="An app draws lots, every evening, whether it sends a reminder (x). Sleep (m) and mood (y) are what "
        "they are. What do the lots protect from unmeasured common causes?",
        answer=lambda f: "the effects of x on m and of x on y in all",
        options=(
            Option("every effect of the model", "Did anybody draw lots for sleep?"),
            Option(
                "the effects of x on m and of x on y in all",
                "Nothing can be a common cause of a coin. For the arrow from m to y no lots were drawn, so that b is "
                "as exposed as ever, and with it how the total splits into indirect and direct.",
            ),
            Option(
                "the indirect effect, not the direct one", "Of which paths is it made, and were lots drawn for both?"
            ),
            Option("nothing", "What could move the lots and mood at the same time?"),
        ),
        hints=("Ask of each arrow what could move both of its ends.", "Nothing moves the lots."),
        solution="a and the total effect; not b, and so neither the indirect nor the direct effect.",
        code='answer = "b"',
        misconception="An experiment on x identifies mediation.",
        minutes=2,
    ),
    Exercise(
        id="13.8",
        kind="number",
        objective="13.correct",
        prompt=f"Bug hunt. A colleague supposes rho = {str(_BUG).replace('-', chr(0x2212)).replace('0.', '.')} and "
        f"wants "
        "the direct effect. The code runs, and one line is at fault. What does the mended code give?",
        given=_MED + f"rho = {_BUG}\n" + _OF_COLUMNS + "answer = med.cprime + kappa * med.a",
        answer=_direct,
        digits=4,
        right="rho is a correlation of residuals. The columns scatter more: clusters differ, and x moves both.",
        slips=(
            Slip(
                lambda f: f.once(_med).cprime + _of_columns(f, _BUG) * f.once(_med).a,
                "what the code gives as it stands",
                "Which variables does rho belong to, and whose scatter is in the third line?",
            ),
            Slip(
                lambda f: f.once(_med).cprime - _kappa(f, _BUG) * f.once(_med).a,
                "the last line turned around",
                "It was in order: what the indirect effect loses the direct one gains. Where do the standard "
                "deviations come from?",
            ),
            Slip(
                lambda f: _indirect(f) - _kappa(f, _BUG) * f.once(_med).a,
                "the indirect effect for this rho",
                "kappa is in order now. Which effect is asked for?",
            ),
            Slip(
                lambda f: f.once(_med).cprime + _kappa(f, _BUG, 2) * f.once(_med).a,
                "what comes out with residual variances",
                "A slope is a ratio of standard deviations. What is missing?",
            ),
            Slip(
                lambda f: f.once(_med).cprime + _kappa(f, _BUG, -1) * f.once(_med).a,
                "what comes out with the residuals of m over those of y",
                "kappa carries m's residual into y. Which one is the divisor?",
            ),
        ),
        landmark=Landmark(
            "The direct effect as fitted",
            lambda f: f.once(_med).cprime,
            "A negative rho: which way does kappa a move the direct effect?",
            "Did you use the scatter of the residuals, in units and not in squared ones?",
        ),
        hints=("Ask whose correlation rho is.", "med.residual_variances has two of the numbers."),
        solution="The third line takes the scatter of the columns in the place of that of the residuals.",
        code=_MED + f"s2, rho = med.residual_variances, {_BUG}\n" + _KAPPA + "answer = med.cprime + kappa * med.a",
        misconception="Any standard deviation of m and y will do.",
        minutes=4,
    ),
    Exercise(
        id="13.9",
        kind="choice",
        objective="13.data",
        prompt="A colleague fits the model with rho = −.5, 0 and .5, and is going to report the one with the highest "
        "log likelihood. What will happen?",
        answer=lambda f: "All three fit alike, to the last digit.",
        options=(
            Option(
                "The one near the true rho fits best.",
                "Two worlds with one and the same table: what could tell them apart?",
            ),
            Option(
                "rho = 0 fits best, being simpler.", "Does it have fewer numbers to fit than a model with rho = .5?"
            ),
            Option(
                "All three fit alike, to the last digit.",
                "What rho takes from the residuals b and c' give back. So a choice among them rests on knowledge, "
                "not on these data.",
            ),
            Option("The largest sample decides.", "Would more rows of the same table tell two worlds apart?"),
        ),
        hints=("Look at the column of log likelihoods.", "Think of one table and two stories."),
        solution="The model with any fixed rho is the same family of distributions, written in other letters.",
        code='answer = "c"',
        misconception="More data, or a likelihood, can estimate rho.",
        minutes=2,
    ),
)
