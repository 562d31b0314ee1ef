"""Exercises of lesson 6, second half: limits, tables, the model, and a bug hunt."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats

from ..models import MixedResult, fit_mixed
from .exercise_data import Exercise, Landmark, Slip
from .facts import Facts, by_path
from .wrong_ses import se_total


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


def _with_ses(f: Facts, change: Callable[[pd.Series], pd.Series]) -> pd.DataFrame:
    table = _limits(f)
    table["se"] = change(table["se"])
    half = stats.norm.ppf(0.975) * table["se"]
    return table.assign(**{"ci low": table["estimate"] - half, "ci high": table["estimate"] + half})


def _fixed_slopes(f: Facts) -> MixedResult:
    return fit_mixed("z ~ 0 + sm + smx + sy + sym + syx", f.long, groups="id", re_formula="~ 0 + sm + sy")


EXERCISES = (
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
                lambda f: se_total(f, by_path(f.G)),
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
                lambda f: float(np.sqrt(se_total(f, f.V) ** 2 - f.se_cov**2)),
                "the standard error without the variance of cov(a_j, b_j)",
                "V_cov was right in the code as it stood. Where did it go?",
            ),
            Slip(
                lambda f: se_total(f, by_path(f.statsmodels.cov_params())),
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
)
