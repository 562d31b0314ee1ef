"""Exercises of lesson 6: the average effects and their standard errors; two more are in `exercises_06_recall`."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from ..models import MixedResult, fit_mixed
from ..stacked_model import product_variance
from . import exercises_06_recall as recall
from .exercise_data import Exercise, Landmark, Option, Slip
from .facts import Facts, by_path

OBJECTIVES = {
    **recall.OBJECTIVES,
    "06.sum": "explain why the average of a product is not the product of the averages, and add what is missing",
    "06.se": "build the standard errors of the average indirect and total effect term by term",
    "06.call": "get effects and intervals from a fitted stacked model, and tell its parts apart",
    "06.read": "say what the interval of an average effect tells, and what it does not",
}


def _separate(f: Facts) -> float:
    return float(f.m_on_x.params["x"] * f.y_on_mx.params["m"])


def _se_indirect(f: Facts, V: pd.DataFrame | None = None, var_cov: float | None = None) -> float:
    """SE of the indirect effect with other variances of the estimates, or another variance of the covariance."""
    V = f.V if V is None else V
    var = product_variance(f.a, f.b, V.loc["a", "a"], V.loc["b", "b"], V.loc["a", "b"])
    return float(np.sqrt(var + (f.se_cov**2 if var_cov is None else var_cov)))


def _unrelated(V: pd.DataFrame) -> pd.DataFrame:
    """A covariance matrix without its covariances."""
    return pd.DataFrame(np.diag(np.diag(V)), index=V.index, columns=V.columns)


def _sobel(f: Facts) -> float:
    return float(np.sqrt(f.b**2 * f.V.loc["a", "a"] + f.a**2 * f.V.loc["b", "b"]))


def _se_statsmodels(f: Facts) -> float:
    return _se_indirect(f, by_path(f.statsmodels.cov_params()))


def _se_total(f: Facts, V: pd.DataFrame) -> float:
    """SE of the total effect, with a matrix in the place of that of the estimates."""
    more = V.loc["cprime", "cprime"] + 2 * f.b * V.loc["a", "cprime"] + 2 * f.a * V.loc["b", "cprime"]
    return float(np.sqrt(_se_indirect(f, V) ** 2 + more))


def _upper(f: Facts, times: float) -> float:
    return f.effects.indirect.estimate + times * f.effects.indirect.se


def _limits(f: Facts) -> pd.DataFrame:
    return f.effects.to_frame().loc[["indirect", "total"], ["estimate", "se", "ci low", "ci high"]]


def _limits_of_variances(f: Facts) -> pd.DataFrame:
    return _with_ses(f, lambda se: se**2)


def _limits_without_covariances(f: Facts) -> pd.DataFrame:
    table = _limits(f)
    se = float(np.hypot(f.effects.indirect.se, f.effects.direct.se))
    low, high = table.loc["total", "estimate"] + np.array([-1, 1]) * stats.norm.ppf(0.975) * se
    table.loc["total", ["se", "ci low", "ci high"]] = [se, low, high]
    return table


def _with_ses(f: Facts, change) -> pd.DataFrame:
    table = _limits(f)
    table["se"] = change(table["se"])
    half = stats.norm.ppf(0.975) * table["se"]
    return table.assign(**{"ci low": table["estimate"] - half, "ci high": table["estimate"] + half})


def _fixed_slopes(f: Facts) -> MixedResult:
    return fit_mixed("z ~ 0 + sm + smx + sy + sym + syx", f.long, groups="id", re_formula="~ 0 + sm + sy")


def _total_beside_unrelated(f: Facts) -> str:
    unrelated = np.hypot(f.effects.indirect.se, f.effects.direct.se)
    return "smaller" if f.effects.total.se < unrelated else "larger"


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
                lambda f: _se_indirect(f, _unrelated(f.V)),
                "the standard error without Cov(a,b), as if the two estimates were unrelated",
                "The same clusters were drawn for both. If a sample happens to hold clusters with steep a_j, what do "
                "you expect of its b?",
            ),
            Slip(
                _sobel,
                "the old Sobel standard error, for slopes that do not vary over clusters",
                "It has two of six terms. What else was estimated here besides a and b?",
            ),
            Slip(
                lambda f: _se_indirect(f, var_cov=0.0),
                "the standard error of a b alone",
                "The covariance of a_j and b_j is an estimate too. Where did lesson 5 put its uncertainty?",
            ),
            Slip(
                lambda f: _se_indirect(f, var_cov=f.se_cov),
                "the root of a sum to which the standard error of cov(a_j, b_j) was added as it is",
                "All other terms are variances. What has to be done with a standard error before it may join them?",
            ),
            Slip(
                lambda f: stats.norm.ppf(0.975) * f.effects.indirect.se,
                "half the width of the 95% interval",
                "The interval reaches 1.96 standard errors to either side. What is left when you take that out?",
            ),
            Slip(
                _se_statsmodels,
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
    Exercise(
        id="06.5",
        kind="number",
        objective="06.call",
        prompt="What is the upper 95% limit of the average indirect effect, with the exact normal quantile? "
        "(The page types 1.96.)",
        answer=lambda f: f.effects.indirect.ci[1],
        digits=6,
        right="The exact quantile is 1.959964; 1.96 would show in the sixth decimal.",
        slips=(
            Slip(
                lambda f: _upper(f, 1.96),
                "the limit with 1.96, as the page types it",
                "The difference decides nothing, but it tells programs apart. Which function gives the quantile to all "
                "digits?",
            ),
            Slip(
                lambda f: f.effects.indirect.ci[0],
                "the lower limit",
                "It lies below the estimate. Which limit is asked for?",
            ),
            Slip(
                lambda f: _upper(f, stats.norm.ppf(0.95)),
                "the upper limit of a 90% interval",
                "The quantile at .95 leaves 5% above it and, on the other side, 5% below. How much may a 95% interval "
                "leave on either side?",
            ),
            Slip(
                lambda f: _upper(f, stats.norm.ppf(0.975) ** 2),
                "the estimate plus 1.96 squared standard errors",
                "The square belongs to chi-square tests on one degree of freedom. By how many standard errors does a "
                "normal interval reach out?",
            ),
            Slip(
                lambda f: f.effects.indirect.estimate + stats.norm.ppf(0.975) * f.effects.indirect.se**2,
                "a limit in which the variance stands in the place of the standard error",
                "It lies very close to the estimate. What did the page's se_avg_ind_eff turn out to be?",
            ),
            Slip(
                lambda f: _upper(f, 1.0),
                "the estimate plus one standard error",
                "That interval would miss about one time in three. How many standard errors does 95% take?",
            ),
            Slip(
                lambda f: f.product + stats.norm.ppf(0.975) * f.effects.indirect.se,
                "a limit around a b",
                "The interval is centred on the average indirect effect. What has to be added to a b to get there?",
            ),
            Slip(
                lambda f: f.effects.total.ci[1],
                "the upper limit of the average total effect",
                "It counts c' as well. Which row of the table is asked for?",
            ),
        ),
        landmark=Landmark(
            "The estimate",
            lambda f: f.effects.indirect.estimate,
            "How many standard errors above it is your limit?",
            "Can an upper limit lie there?",
        ),
        hints=(
            "The limit is the estimate plus a number of standard errors.",
            "scipy.stats.norm.ppf gives quantiles; ask it for the point that leaves 2.5% above it. Or look what an "
            "effect of mt.effects(fit) offers.",
        ),
        solution=r"$\text{estimate} + z_{.975} \cdot \text{SE}$ with $z_{.975} = 1.959964$.",
        code="eff = mt.effects(mt.fit_stacked(mt.stack(df)))\nanswer = eff.indirect.ci[1]",
        misconception="1.96 is exact; a 95% interval ends at the quantile of 95%.",
        minutes=3,
    ),
    Exercise(
        id="06.6",
        kind="table",
        objective="06.call",
        prompt="Make a table of the average indirect and the average total effect: rows indirect and total, columns "
        "estimate, se, ci low and ci high (95%, exact quantile).",
        answer=_limits,
        digits=4,
        right="The total effect is known better than its two parts suggest, since their errors partly cancel.",
        slips=(
            Slip(
                _limits_of_variances,
                "a table whose column se holds variances",
                "The limits become far too narrow with them. What do the page's formulas give before the last step?",
            ),
            Slip(
                _limits_without_covariances,
                "a table whose total effect has the standard error of two unrelated parts",
                "Indirect and direct effect come from the same sample. Which two terms say how their estimates vary "
                "together?",
            ),
            Slip(
                lambda f: _limits(f).assign(estimate=lambda t: t["estimate"] - f.cov_ab),
                "a table whose estimates leave the covariance of the slopes out",
                "Its standard errors allow for that covariance. Do its estimates?",
            ),
        ),
        hints=(
            "mt.effects(fit) knows all of these numbers.",
            "Its method to_frame() gives a table of which you need some rows and some columns.",
        ),
        solution="All of it is in the table of the effects.",
        code="table = mt.effects(mt.fit_stacked(mt.stack(df))).to_frame()\n"
        'answer = table.loc[["indirect", "total"], ["estimate", "se", "ci low", "ci high"]]',
        misconception="What a formula calls se is a standard error.",
        minutes=4,
    ),
    Exercise(
        id="06.7",
        kind="model",
        objective="06.call",
        prompt="Fit the model that the effects are computed from: y stacked on m, all five terms random over clusters, "
        "a residual variance for each outcome, by REML. The fitted model is the answer.",
        answer=lambda f: f.fit,
        right="It holds both equations, so that it has a covariance of a_j and b_j; two separate models have none.",
        slips=(
            Slip(
                lambda f: f.fit_ml,
                "the stacked model, fitted by ML",
                "ML takes the fixed effects as known when it estimates variances. In which direction does that move "
                "them?",
            ),
            Slip(
                lambda f: f.fit_common,
                "the stacked model with one residual variance for both outcomes",
                "Residuals of m and of y need not be equally large. Which term of the page's model is for that?",
            ),
            Slip(
                _fixed_slopes,
                "the stacked model with random intercepts only",
                "With the same slopes in all clusters there is nothing that could covary. Which terms have to be "
                "random for cov(a_j, b_j)?",
            ),
            Slip(
                lambda f: f.y_on_mx,
                "the separate model of y",
                "It knows b and c', and nothing of m's own equation. Which table holds both equations?",
            ),
            Slip(
                lambda f: f.m_on_x,
                "the separate model of m",
                "It knows a, and nothing of y. Which table holds both equations?",
            ),
        ),
        hints=(
            "First stack, then fit.",
            "mt.stack(df) makes the table; one function of mt fits it, and needs no options.",
        ),
        solution="The defaults of fit_stacked are those of the page.",
        code="answer = mt.fit_stacked(mt.stack(df))",
        misconception="ML and REML are two words for one thing; one residual variance will do.",
        minutes=3,
    ),
    Exercise(
        id="06.8",
        kind="number",
        objective="06.se",
        prompt="Bug hunt. This code runs, and the standard error of the total effect that it gives is far too large: "
        "one of its objects is not what its name says. What does the mended code give?",
        given="fit = mt.fit_stacked(mt.stack(df))\n"
        'a, b = fit.params["smx"], fit.params["sym"]\n'
        "V = fit.cov_re\n"
        'V_a, V_b, V_c = V.loc["smx", "smx"], V.loc["sym", "sym"], V.loc["syx", "syx"]\n'
        'C_ab, C_ac, C_bc = V.loc["smx", "sym"], V.loc["smx", "syx"], V.loc["sym", "syx"]\n'
        'V_cov = fit.re_params.loc["cov(smx,sym)", "se"] ** 2\n'
        "indirect = b**2 * V_a + a**2 * V_b + V_a * V_b + 2 * a * b * C_ab + C_ab**2 + V_cov\n"
        "answer = np.sqrt(indirect + V_c + 2 * b * C_ac + 2 * a * C_bc)",
        answer=lambda f: f.effects.total.se,
        digits=4,
        right="V has to say how the estimates vary from sample to sample, fit.cov_params(). fit.cov_re says how "
        "clusters vary, and would not shrink with more of them.",
        slips=(
            Slip(
                lambda f: _se_total(f, by_path(f.G)),
                "what the code gives as it stands",
                "Its V holds how the slopes of clusters vary, a feature of the world. Which matrix says how far off "
                "our estimates may be?",
            ),
            Slip(
                lambda f: float(np.hypot(f.effects.indirect.se, f.effects.direct.se)),
                "the standard error without the two covariances with c'",
                "The code has them, and they are negative. Was a line lost?",
            ),
            Slip(
                lambda f: f.effects.indirect.se,
                "the standard error of the indirect effect",
                "The last line adds three more terms. Which effect do they belong to?",
            ),
            Slip(
                lambda f: f.effects.total.se**2,
                "the variance of the total effect",
                "The last line takes a root. In which units is your number?",
            ),
            Slip(
                lambda f: float(np.sqrt(_se_total(f, f.V) ** 2 - f.se_cov**2)),
                "the standard error without the variance of cov(a_j, b_j)",
                "V_cov was right in the code as it stood. Where did it go?",
            ),
            Slip(
                lambda f: _se_total(f, by_path(f.statsmodels.cov_params())),
                "the standard error with the matrix that statsmodels gives",
                "It counts that variances were estimated; the page does not. Which of the two does fit hold?",
            ),
        ),
        landmark=Landmark(
            "The standard error of the indirect effect",
            lambda f: f.effects.indirect.se,
            "Which of the terms in your sum is the largest?",
            "Which term could have made it smaller?",
        ),
        hints=(
            "Print V, and compare the roots of its diagonal with fit.bse.",
            "Two matrices have the same names on their rows: one for clusters, one for estimates.",
        ),
        solution="One line changes: V = fit.cov_params(). The variances in fit.cov_re are those of the slopes over "
        "clusters, not of the estimates.",
        code='fit = mt.fit_stacked(mt.stack(df))\na, b = fit.params["smx"], fit.params["sym"]\n'
        "V = fit.cov_params()\n"
        'V_a, V_b, V_c = V.loc["smx", "smx"], V.loc["sym", "sym"], V.loc["syx", "syx"]\n'
        'C_ab, C_ac, C_bc = V.loc["smx", "sym"], V.loc["smx", "syx"], V.loc["sym", "syx"]\n'
        'V_cov = fit.re_params.loc["cov(smx,sym)", "se"] ** 2\n'
        "indirect = b**2 * V_a + a**2 * V_b + V_a * V_b + 2 * a * b * C_ab + C_ab**2 + V_cov\n"
        "answer = np.sqrt(indirect + V_c + 2 * b * C_ac + 2 * a * C_bc)",
        misconception="How clusters vary is taken for how estimates vary.",
        minutes=6,
    ),
    *recall.EXERCISES,
)
