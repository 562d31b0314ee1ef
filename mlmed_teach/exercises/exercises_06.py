"""Exercises of lesson 6, first half; more are in `exercises_06_more` and, on lesson 5, in `exercises_06_recall`."""

from __future__ import annotations

import numpy as np
from scipy import stats

from . import exercises_06_more
from . import exercises_06_recall as recall
from .exercise_data import Exercise, Landmark, Option, Slip
from .facts import Facts
from .wrong_ses import se_indirect, se_statsmodels, sobel, unrelated

OBJECTIVES = {
    **recall.OBJECTIVES,
    "06.sum": "explain why the average of a product is not the product of the averages, and add what is missing",
    "06.se": "build the standard errors of the average indirect and total effect term by term",
    "06.call": "get effects and intervals from a fitted stacked model, and tell its parts apart",
    "06.read": "say what the interval of an average effect tells, and what it does not",
}


def _separate(f: Facts) -> float:
    return float(f.m_on_x.params["x"] * f.y_on_mx.params["m"])


def _total_beside_unrelated(f: Facts) -> str:
    apart = np.hypot(f.effects.indirect.se, f.effects.direct.se)
    return "smaller" if f.effects.total.se < apart else "larger"


EXERCISES = (
    Exercise(
        id="06.1",
        kind="number",
        objective="06.sum",
        prompt="Fit the stacked model to df. What is the average indirect effect of x on y?",
        answer=lambda f: f.effects.indirect.estimate,
        digits=4,
        right="The average of a_j b_j is a b plus the covariance of a_j and b_j: where clusters with a steep first "
        "path also have a steep second one, the product gains.",
        slips=(
            Slip(
                lambda f: f.product + f.correlation,
                "a b plus the correlation of the slopes",
                "A correlation has no units: what would happen to your answer if x were measured in cents?",
            ),
            Slip(
                lambda f: f.product,
                "the product of the two average slopes of the stacked model",
                "That would be the average of a_j b_j if a_j and b_j were unrelated over clusters. "
                "Does the model say that they are?",
            ),
            Slip(
                _separate,
                "the product of the slopes of two separate models",
                "Neither of these models knows the slope of the other. Which number of the stacked model could they "
                "not give you?",
            ),
            Slip(
                lambda f: f.cov_ab,
                "the covariance of a_j and b_j alone",
                "It says how two slopes vary together around their averages. What would an indirect effect be if "
                "nothing varied?",
            ),
            Slip(
                lambda f: f.product + float(f.V.loc["a", "b"]),
                "a b plus the covariance of the two estimates, from cov_params()",
                "That one says how estimates vary from sample to sample. Where does the model keep how the slopes of "
                "clusters vary?",
            ),
            Slip(
                lambda f: f.effects.total.estimate,
                "the average total effect",
                "It counts the way past m as well. Which path does not lead through m?",
            ),
            Slip(
                lambda f: f.fit_ml.params["smx"] * f.fit_ml.params["sym"] + f.fit_ml.cov_re.loc["smx", "sym"],
                "the average indirect effect of a fit by ML",
                "The page fits the stacked model by REML, and so does fit_stacked unless told. What does ML do to "
                "variances and covariances?",
            ),
        ),
        landmark=Landmark(
            "The average slope a",
            lambda f: f.a,
            "Is there a b for which a b, plus the little that the slopes covary, becomes so large?",
            "Which terms did you add up?",
        ),
        hints=(
            "Each cluster has an indirect effect of its own, a_j b_j. The average of a product is not the product of "
            "the averages.",
            "Three numbers go into it: two from fit.params and one from fit.cov_re.",
        ),
        solution=r"$E(a_j b_j) = ab + \operatorname{cov}(a_j, b_j)$. Both slopes are in fit.params, their covariance "
        "over clusters in fit.cov_re.",
        code="fit = mt.fit_stacked(mt.stack(df))\n"
        'a, b = fit.params["smx"], fit.params["sym"]\n'
        'answer = a * b + fit.cov_re.loc["smx", "sym"]',
        misconception="The average of a product is the product of the averages.",
        minutes=4,
    ),
    Exercise(
        id="06.2",
        kind="number",
        objective="06.se",
        prompt="What is the standard error of the average indirect effect, with the page's formula and Stata's "
        "standard errors?",
        answer=lambda f: f.effects.indirect.se,
        digits=4,
        right="Six terms go into its square: two of Sobel's, the two tiny products, the covariance of the estimates of "
        "a and b, and the variance of cov(a_j, b_j).",
        slips=(
            Slip(
                lambda f: f.effects.indirect.se**2,
                "the variance of the average indirect effect",
                "The page calls this se_avg_ind_eff, and takes the root a few lines later. In which units is it?",
            ),
            Slip(
                lambda f: se_indirect(f, unrelated(f.V)),
                "the standard error without Cov(a,b), as if the two estimates were unrelated",
                "The same clusters were drawn for both. If a sample happens to hold clusters with steep a_j, what do "
                "you expect of its b?",
            ),
            Slip(
                sobel,
                "the old Sobel standard error, for slopes that do not vary over clusters",
                "It has two of six terms. What else was estimated here besides a and b?",
            ),
            Slip(
                lambda f: se_indirect(f, var_cov=0.0),
                "the standard error of a b alone",
                "The covariance of a_j and b_j is an estimate too. Where did lesson 5 put its uncertainty?",
            ),
            Slip(
                lambda f: se_indirect(f, var_cov=f.se_cov),
                "the root of a sum to which the standard error of cov(a_j, b_j) was added as it is",
                "All other terms are variances. What has to be done with a standard error before it may join them?",
            ),
            Slip(
                lambda f: stats.norm.ppf(0.975) * f.effects.indirect.se,
                "half the width of the 95% interval",
                "The interval reaches 1.96 standard errors to either side. What is left when you take that out?",
            ),
            Slip(
                se_statsmodels,
                "the same formula with the variances of the estimates that statsmodels gives",
                "These count that the variances of the random effects were estimated, and Stata's do not. Which of the "
                "two does the page print?",
            ),
        ),
        landmark=Landmark(
            "The standard error of the slope a",
            lambda f: float(np.sqrt(f.V.loc["a", "a"])),
            "Which of your terms is the largest, and is it in squared units of the effect?",
            "Which of the six terms did you add up?",
        ),
        hints=(
            "Write down the six terms of lesson 6 and look where each is: fit.cov_params() for the estimates, "
            "fit.re_params for the covariance of the slopes.",
            "Everything that you add has to be a variance or a covariance of estimates. The last step leads back from "
            "squared units.",
        ),
        solution=r"$\sqrt{b^2 V_a + a^2 V_b + V_a V_b + 2ab\,C_{ab} + C_{ab}^2 + V_{\operatorname{cov}}}$",
        code='fit = mt.fit_stacked(mt.stack(df))\nV, (a, b) = fit.cov_params(), fit.params[["smx", "sym"]]\n'
        'V_a, V_b, C_ab = V.loc["smx", "smx"], V.loc["sym", "sym"], V.loc["smx", "sym"]\n'
        'V_cov = fit.re_params.loc["cov(smx,sym)", "se"] ** 2\n'
        "answer = np.sqrt(b**2 * V_a + a**2 * V_b + V_a * V_b + 2 * a * b * C_ab + C_ab**2 + V_cov)",
        misconception="A variance is taken for a standard error; estimates from one sample are taken as unrelated.",
        minutes=6,
    ),
    Exercise(
        id="06.3",
        kind="choice",
        objective="06.read",
        prompt="A report gives the average indirect effect with its 95% interval. Which reading is right?",
        answer=lambda f: "Intervals made in this way hold the average effect in 95% of samples, if the model is right.",
        options=(
            Option(
                "In 95% of the clusters the indirect effect lies in the interval.",
                "The interval is about the average over clusters. Look at the histogram of a_j b_j in this lesson: how "
                "many clusters lie in so narrow a band?",
            ),
            Option(
                "With probability 95% the average effect lies between these two numbers.",
                "The average effect of the population is one number, and these two are fixed as well by now. What was "
                "left to chance before the sample was drawn?",
            ),
            Option(
                "Intervals made in this way hold the average effect in 95% of samples, if the model is right.",
                "The 95% belong to the procedure, not to these two numbers; lesson 8 counts how often it keeps its "
                "promise.",
            ),
            Option(
                "A new study would find an average effect in this interval with probability 95%.",
                "A new study has an error of its own, besides the one of this study. What happens to a difference of "
                "two numbers that are both uncertain?",
            ),
        ),
        hints=(
            "Ask of each sentence what varies in it: clusters, samples, or the effect of the population.",
            "The interval would be another one with another sample of clusters; what it aims at would not.",
        ),
        solution="The interval is made from a sample. Over many samples, 95% of such intervals hold the average effect "
        "of the population; whether this one does is not known.",
        code='answer = "c"',
        misconception="An interval of an average describes single clusters (Hoekstra et al. 2014).",
        minutes=3,
    ),
    Exercise(
        id="06.4",
        kind="choice",
        objective="06.se",
        prompt="Suppose the estimates of the indirect effect and of c' were unrelated. Beside the real one, the "
        "standard error of the total effect would then be ...",
        answer=lambda f: {"smaller": "larger", "larger": "smaller"}[_total_beside_unrelated(f)],
        options=(
            Option(
                "larger",
                "2 b C_ac' + 2 a C_bc' is negative here: when a sample makes b look too large it makes c' look too "
                "small, and in the total the errors partly cancel.",
            ),
            Option(
                "smaller",
                "It would be smaller if the errors of the two went in the same direction. What sign have C_ac' and "
                "C_bc' in the matrix of the estimates?",
            ),
            Option(
                "the same",
                "It would be the same if C_ac' and C_bc' were 0. What are they in fit.cov_params()?",
            ),
        ),
        hints=(
            "The variance of a sum is the sum of the variances and of twice the covariance.",
            "Look at the last column of the matrix of the estimates, and at the signs in it.",
        ),
        solution=r"$\operatorname{Var}(\text{total}) = \operatorname{Var}(\text{indirect}) + V_{c'} + 2b\,C_{ac'} + "
        r"2a\,C_{bc'}$. Without the last two terms only the first two are left.",
        code="eff = mt.effects(mt.fit_stacked(mt.stack(df)))\n"
        "unrelated = np.sqrt(eff.indirect.se**2 + eff.direct.se**2)\n"
        'answer = "larger" if unrelated > eff.total.se else "smaller"',
        misconception="Uncertainties of parts always add up.",
        minutes=3,
    ),
    *exercises_06_more.EXERCISES,
    *recall.EXERCISES,
)
