"""Exercises of lesson 5: the delta transform; the first two are in `exercises_05_recall`."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from . import exercises_05_recall as recall
from .exercise_data import Exercise, Landmark, Option, Slip
from .facts import Facts

OBJECTIVES = {
    **recall.OBJECTIVES,
    "05.names": "read Stata's names for variances and covariances, such as lns1_1_2 and atr1_1_2_4",
    "05.delta": "carry a standard error through a function: with a slope, with a gradient, and in one line",
    "05.correlation": "choose a good interval for a correlation",
    "05.test": "put the delta method to the test by simulation, and read the result",
}

_Z = stats.norm.ppf(0.975)
_A_C = ["atr1_1_2_5", "lns1_1_2", "lns1_1_5"]  # what cov(a_j, c'_j) is made of
_RESIDUALS = ["lns2_1_1", "lnsig_e"]


def _kept(f: Facts, name: str) -> float:
    return float(f.fit.stata_params[name])


def _kept_se(f: Facts, name: str) -> float:
    return float(np.sqrt(f.fit.stata_cov.loc[name, name]))


def _sd_c(f: Facts) -> float:
    return float(np.exp(_kept(f, "lns1_1_5")))


def _lower(f: Facts, times: float) -> float:
    """A limit of the correlation of a_j and c'_j, carried back from atr."""
    return float(np.tanh(_kept(f, _A_C[0]) + times * _kept_se(f, _A_C[0])))


def _lower_symmetric(f: Facts) -> float:
    r = np.tanh(_kept(f, _A_C[0]))
    return float(r - _Z * (1 - r**2) * _kept_se(f, _A_C[0]))


def _se_cov(f: Facts, slope_of_tanh, V: pd.DataFrame | None = None) -> float:
    """SE of cov(a_j, c'_j) by the delta method, with a slope for tanh and a covariance matrix to choose."""
    V = f.fit.stata_cov.loc[_A_C, _A_C] if V is None else V
    r = np.tanh(_kept(f, _A_C[0]))
    sds = np.exp(_kept(f, _A_C[1]) + _kept(f, _A_C[2]))
    g = np.array([slope_of_tanh(r), r, r]) * sds
    return float(np.sqrt(g @ V.to_numpy() @ g))


def _diagonal(V: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(np.diag(np.diag(V)), index=V.index, columns=V.columns)


def _se_var_m(f: Facts, factor: float = 2.0, related: bool = True) -> float:
    """SE of Var(e_M), the sum of two variances that are kept as ln(sd)."""
    V = f.fit.stata_cov.loc[_RESIDUALS, _RESIDUALS]
    g = factor * np.exp(2 * f.fit.stata_params[_RESIDUALS].to_numpy())
    return float(np.sqrt(g @ (V if related else _diagonal(V)).to_numpy() @ g))


def _sum_of_ses(f: Facts) -> float:
    return float(f.fit.re_params.loc[["fid: var(sm)", "var(Residual)"], "se"].sum())


EXERCISES = (
    *recall.EXERCISES,
    Exercise(
        id="05.3",
        kind="number",
        objective="05.names",
        prompt="Which of the stored numbers belongs to the correlation of a_j (smx) and c'_j (syx)? What is that "
        "correlation?",
        answer=lambda f: float(np.tanh(_kept(f, _A_C[0]))),
        digits=3,
        right="It is tanh of atr1_1_2_5: smx is the second random effect, syx the fifth.",
        slips=(
            Slip(
                lambda f: _kept(f, _A_C[0]),
                "the stored atr itself",
                "It has no fences, a correlation has. Which function undoes atanh?",
            ),
            Slip(
                lambda f: float(np.tanh(_kept(f, "atr1_1_2_4"))),
                "the correlation of a_j and b_j",
                "The order is sm smx sy sym syx. Which number in it has syx?",
            ),
            Slip(
                lambda f: float(np.tanh(_kept(f, "atr1_1_1_5"))),
                "the correlation of m's intercept and c'_j",
                "The order is sm smx sy sym syx. Which number in it has smx?",
            ),
            Slip(
                lambda f: float(f.G.loc["smx", "syx"]),
                "their covariance",
                "It is in units of the slopes. What has none?",
            ),
            Slip(
                lambda f: float(np.exp(_kept(f, _A_C[0]))),
                "exp of the stored atr",
                "exp undoes ln, for standard deviations. What undoes atanh?",
            ),
        ),
        landmark=Landmark(
            "The covariance of the two",
            lambda f: float(f.G.loc["smx", "syx"]),
            "What sign has a correlation whose covariance is negative?",
            "Which of the stored numbers did you start from?",
        ),
        hints=(
            "fit.stata_labels says in words what each name stands for.",
            "The last two digits of the name are places in sm smx sy sym syx.",
        ),
        solution=r"$\tanh$ of atr1_1_2_5, which fit.stata_labels calls atr(smx,syx).",
        code='fit = mt.fit_stacked(mt.stack(df))\nanswer = np.tanh(fit.stata_params["atr1_1_2_5"])',
        misconception="What is stored is the correlation itself.",
        minutes=3,
    ),
    Exercise(
        id="05.4",
        kind="number",
        objective="05.delta",
        prompt="What is the standard error of the standard deviation of c'_j (syx), by the delta method?",
        answer=lambda f: _sd_c(f) * _kept_se(f, "lns1_1_5"),
        digits=4,
        right="The slope of exp is exp itself: the standard deviation times the standard error of its logarithm.",
        slips=(
            Slip(
                lambda f: _kept_se(f, "lns1_1_5"),
                "the standard error of ln(sd)",
                "A small step of ln(sd) becomes a step of the sd times a slope. How steep is exp there?",
            ),
            Slip(
                lambda f: float(f.fit.re_params.loc["var(syx)", "se"]),
                "the standard error of the variance",
                "A variance is e to twice the stored number. Which function gives the standard deviation?",
            ),
            Slip(
                _sd_c,
                "the standard deviation itself",
                "That is what is estimated. How far off may it be?",
            ),
            Slip(
                lambda f: float(np.exp(_kept_se(f, "lns1_1_5"))),
                "exp of the standard error",
                "exp carries an estimate, or the limits of an interval. By what is a standard error multiplied?",
            ),
            Slip(
                lambda f: float(np.sqrt(f.fit.re_params.loc["var(syx)", "se"])),
                "the root of the variance's standard error",
                "The root takes a variance to a standard deviation. Does it take their standard errors along?",
            ),
        ),
        landmark=Landmark(
            "The standard deviation itself",
            _sd_c,
            "Would that leave room for saying that it is above 0?",
            "By which slope did you multiply?",
        ),
        hints=(
            "The stored number is lns1_1_5.",
            "Its standard error times the slope of exp; or mt.diparm with f=np.exp, which has a .se.",
        ),
        solution=r"$\operatorname{se}(e^s) \approx e^s \operatorname{se}(s)$ with $s$ = lns1_1_5.",
        code='fit = mt.fit_stacked(mt.stack(df))\nanswer = mt.diparm(fit, "lns1_1_5", f=np.exp).se',
        misconception="A function that carries an estimate carries its standard error.",
        minutes=4,
    ),
    Exercise(
        id="05.5",
        kind="number",
        objective="05.correlation",
        prompt="What is the lower limit of a good 95% interval for the correlation of a_j (smx) and c'_j (syx), one "
        "that cannot leave the range of a correlation?",
        answer=lambda f: _lower(f, -_Z),
        digits=3,
        right="The limits are taken where there is no fence, and tanh carries them back.",
        slips=(
            Slip(
                _lower_symmetric,
                "the lower limit of the symmetric interval",
                "With a little more uncertainty it would pass the fence. Where is there none?",
            ),
            Slip(
                lambda f: _kept(f, _A_C[0]) - _Z * _kept_se(f, _A_C[0]),
                "the lower limit for atr",
                "Can a correlation be so far from 0?",
            ),
            Slip(
                lambda f: _lower(f, _Z),
                "the upper limit",
                "It is on the other side of the estimate. Which sign goes before 1.96?",
            ),
            Slip(
                lambda f: _lower(f, -1.0),
                "a limit one standard error below",
                "Such an interval would hold the truth about two times in three. How many standard errors does 95% "
                "take?",
            ),
            Slip(
                lambda f: _lower(f, -stats.norm.ppf(0.95)),
                "the lower limit of a 90% interval",
                "How much may a 95% interval leave on either side?",
            ),
        ),
        landmark=Landmark(
            "The correlation itself",
            lambda f: float(np.tanh(_kept(f, _A_C[0]))),
            "Can a lower limit lie above it?",
            "How many standard errors of atr are you below it?",
        ),
        hints=(
            "mt.diparm with one name and no f shows the stored number and its interval.",
            "tanh of a limit of atr is a limit of the correlation.",
        ),
        solution=r"$\tanh\{\text{atr} - 1.96\,\operatorname{se}(\text{atr})\}$.",
        code='fit = mt.fit_stacked(mt.stack(df))\nanswer = np.tanh(mt.diparm(fit, "atr(smx,syx)").ci[0])',
        misconception="An interval is always estimate ± 1.96 standard errors.",
        minutes=4,
    ),
    Exercise(
        id="05.6",
        kind="number",
        objective="05.delta",
        prompt="The mediator's residual variance stands in no table: it is the sum of fid: var(sm) and var(Residual), "
        "each e to twice a stored number (lns2_1_1 and lnsig_e). What is its standard error?",
        answer=_se_var_m,
        digits=4,
        right="It is smaller than the one of its first part: where the fid variance comes out large, the residual one "
        "comes out small.",
        slips=(
            Slip(
                lambda f: _se_var_m(f, related=False),
                "the root of the sum of squares of two standard errors",
                "That takes the two estimates as unrelated. What stands beside the diagonal of their matrix?",
            ),
            Slip(
                _sum_of_ses,
                "the sum of two standard errors",
                "Errors of a sum may cancel. In which of the two do estimates go up when the other goes down?",
            ),
            Slip(
                lambda f: _se_var_m(f, 1.0),
                "the delta method with half the slope",
                "What is the derivative of e to twice s?",
            ),
            Slip(
                lambda f: _se_var_m(f) ** 2,
                "the variance of the estimate",
                "g V g is in squared units. What is left to do?",
            ),
            Slip(
                lambda f: float(f.fit.re_params.loc["fid: var(sm)", "se"]),
                "the standard error of the fid term's variance alone",
                "It is one of two parts. Which one is missing?",
            ),
        ),
        landmark=Landmark(
            "The standard error of var(Residual)",
            lambda f: float(f.fit.re_params.loc["var(Residual)", "se"]),
            "Did the covariance of the two estimates enter with its sign?",
            "Did both parts enter?",
        ),
        hints=(
            "mt.diparm takes two names and a function of two numbers.",
            "The function is the sum of np.exp of twice each of them.",
        ),
        solution=r"$\sqrt{g^\top V g}$ with $g = (2e^{2s}, 2e^{2e})$, or mt.diparm, which finds the slopes itself.",
        code="def var_m_of(s, e):\n    return np.exp(2 * s) + np.exp(2 * e)\n\n\n"
        "fit = mt.fit_stacked(mt.stack(df))\n"
        'answer = mt.diparm(fit, "lns2_1_1", "lnsig_e", f=var_m_of).se',
        misconception="Variances of parts add up.",
        minutes=5,
    ),
    Exercise(
        id="05.7",
        kind="number",
        objective="05.delta",
        prompt="Bug hunt. A standard error for cov(a_j, c'_j), with slopes worked out on paper. The code runs, and one "
        "of the slopes is not what it should be; central differences would have shown it. What does the mended code "
        "give?",
        given='fit = mt.fit_stacked(mt.stack(df))\nnames = ["atr1_1_2_5", "lns1_1_2", "lns1_1_5"]\n'
        "t, s, u = fit.stata_params[names]\n"
        "r, sds = np.tanh(t), np.exp(s + u)\ng = [(1 - r) * sds, r * sds, r * sds]\n"
        "V = fit.stata_cov.loc[names, names]\nanswer = np.sqrt(g @ V @ g)",
        answer=lambda f: _se_cov(f, lambda r: 1 - r**2),
        digits=4,
        right="The derivative of tanh is 1 minus its square, and the result is the standard error in Stata's table.",
        slips=(
            Slip(
                lambda f: _se_cov(f, lambda r: 1 - r),
                "what the code gives as it stands",
                "Move t up and down by a tiny h: how much does tanh(t) change?",
            ),
            Slip(
                lambda f: _se_cov(f, lambda r: r),
                "the standard error with tanh as its own slope",
                "That is a habit of exp. Where is tanh flat?",
            ),
            Slip(
                lambda f: _se_cov(f, lambda r: 1 - r**2) ** 2,
                "the variance",
                "The last line takes a root. Is it still there?",
            ),
            Slip(
                lambda f: _se_cov(f, lambda r: 1.0),
                "the standard error with a slope of 1 for tanh",
                "tanh has slope 1 at 0 only. Where is t?",
            ),
            Slip(
                lambda f: f.se_cov,
                "the standard error of cov(a_j, b_j)",
                "The names in the code are those of the second and the fifth random effect. Which are they?",
            ),
        ),
        landmark=Landmark(
            "The size of the covariance itself",
            lambda f: abs(float(f.G.loc["smx", "syx"])),
            "Which slope in g did you change?",
            "Are all three slopes still in g?",
        ),
        hints=(
            "mt.diparm without d finds the slopes by central differences; its .gradient can be set beside g.",
            "It is the first of the three, the slope of tanh.",
        ),
        solution=r"$\partial f/\partial t = (1 - \tanh^2 t)\,e^{s+u}$: the square was missing.",
        code='fit = mt.fit_stacked(mt.stack(df))\nnames = ["atr1_1_2_5", "lns1_1_2", "lns1_1_5"]\n'
        "t, s, u = fit.stata_params[names]\n"
        "r, sds = np.tanh(t), np.exp(s + u)\ng = [(1 - r**2) * sds, r * sds, r * sds]\n"
        "V = fit.stata_cov.loc[names, names]\nanswer = np.sqrt(g @ V @ g)",
        misconception="A derivative worked out on paper needs no check.",
        minutes=5,
    ),
    Exercise(
        id="05.8",
        kind="choice",
        objective="05.test",
        prompt="The draws of check 1 scattered more than the delta method says, the refits of check 2 did not. How is "
        "that possible?",
        answer=lambda f: "The draws took atr to be normal and as uncertain as its standard error says.",
        options=(
            Option(
                "250 refits are too few to tell.",
                "An sd of 250 numbers is off by about 5%. How far apart are the two scatters?",
            ),
            Option(
                "The delta method is exact for a covariance.",
                "A tangent leaves the curve sooner or later. Which of the three stored numbers enters through a curve "
                "that bends strongly?",
            ),
            Option(
                "The draws took atr to be normal and as uncertain as its standard error says.",
                "In new data atr scattered less. The tangent took the same standard error, but its second error, "
                "leaving the curve out, went the other way.",
            ),
        ),
        hints=(
            "Compare in the table what was promised with what was seen.",
            "Each check starts from a supposition. Ask what had to be supposed to make the draws.",
        ),
        solution="The draws rest on a normal distribution and on the standard error of atr, .45; in new data the "
        "standard deviation of atr was smaller.",
        code='answer = "c"',
        misconception="A simulation is always nearer to the truth than a formula.",
        minutes=2,
    ),
)
