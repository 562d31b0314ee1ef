"""Exercises of lesson 4: the stacked model."""

from __future__ import annotations

import numpy as np

from ..models import MixedResult, fit_mixed
from ..stacked_model import fit_stacked, stack
from .exercise_data import Exercise, Landmark, Option, Slip
from .facts import Facts

OBJECTIVES = {
    "04.recall": "say what a row of the stacked table carries, and when the average of a_j b_j is not a b",
    "04.fit": "fit both equations as one model, and change what is random in it",
    "04.fid": "explain what the fid term does, and what it cannot do",
    "04.se": "say why the standard errors of the two programs differ",
    "04.covariance": "say in plain words what a positive covariance of a_j and b_j means, and in which units it is",
}

_FORMULA = "z ~ 0 + sm + smx + sy + sym + syx"
_ALL_BUT_C = "~ 0 + sm + smx + sy + sym"


def _feeds_b(f: Facts) -> str:
    """Which stacked rows have a sym other than 0."""
    outcome = set(f.long.loc[f.long["sym"] != 0, "sy"]) == {1}
    return "The rows with sy = 1." if outcome else "The rows with sm = 1."


def _var_e_m(f: Facts) -> float:
    return float(f.fit.optimum.s2[1])


def _var_e_y(f: Facts) -> float:
    return float(f.fit.optimum.s2[0])


def _halved(f: Facts) -> MixedResult:
    return fit_stacked(stack(f.df.assign(m=f.df["m"] / 2)))


def _changed_by_halving(f: Facts) -> str:
    """Which of a, b, a b and cov(a_j, b_j) are others after all values of m were halved."""
    halved = f.once(_halved)
    a, b, cov = halved.params["smx"], halved.params["sym"], halved.cov_re.loc["smx", "sym"]
    same_a, same_b, same_ab, same_cov = np.isclose([a, b, a * b, cov], [f.a, f.b, f.product, f.cov_ab], rtol=1e-4)
    return {
        (False, False, True, True): "a and b only",
        (False, False, True, False): "a, b and the covariance",
        (True, False, False, False): "b, a b and the covariance",
        (True, True, True, True): "none of them",
    }[bool(same_a), bool(same_b), bool(same_ab), bool(same_cov)]


def _c_fixed(f: Facts) -> MixedResult:
    return fit_mixed(_FORMULA, f.long, groups="id", re_formula=_ALL_BUT_C)


def _c_fixed_by_ml(f: Facts) -> MixedResult:
    return fit_mixed(_FORMULA, f.long, groups="id", re_formula=_ALL_BUT_C, reml=False)


def _intercepts_only(f: Facts) -> MixedResult:
    return fit_mixed(_FORMULA, f.long, groups="id", re_formula="~ 0 + sm + sy")


EXERCISES = (
    Exercise(
        id="04.1",
        kind="choice",
        objective="04.recall",
        prompt="From lesson 3. In the stacked table, which rows does the estimate of path b come from?",
        answer=_feeds_b,
        options=(
            Option(
                "The rows with sm = 1.",
                "There z holds m, as an outcome. Which value does sym = sy times m have where sy is 0?",
            ),
            Option(
                "The rows with sy = 1.",
                "There z holds y, and sym holds the m of the same row; elsewhere sym is 0.",
            ),
            Option(
                "All rows.",
                "Every original row has an m, but not every stacked row shows it as a predictor. In which of them is "
                "sym 0?",
            ),
        ),
        hints=("b is the coefficient of sym.", "A term that is 0 in a row does not touch that row."),
        solution="sym is sy times m, so that only rows of y's equation can tell anything about b.",
        code='long = mt.stack(df)\nanswer = "b" if set(long.loc[long["sym"] != 0, "sy"]) == {1} else "a"',
        misconception="All stacked rows inform all coefficients.",
        minutes=1,
    ),
    Exercise(
        id="04.2",
        kind="choice",
        objective="04.recall",
        prompt="From lesson 3. When is the average of a_j b_j over clusters larger than the product of the averages?",
        answer=lambda f: "When clusters with a larger a_j tend to have a larger b_j.",
        options=(
            Option(
                "Always.",
                "Let two clusters have (a_j, b_j) = (0, 1) and (1, 0). What is the average product?",
            ),
            Option(
                "When a_j and b_j vary much.",
                "Two slopes can vary much and go their own ways. What would their products average to then?",
            ),
            Option(
                "When clusters with a larger a_j tend to have a larger b_j.",
                "The average of a product is the product of the averages plus the covariance.",
            ),
            Option(
                "When a and b are both positive.",
                "With four clusters of equal slopes the two would be the same, whatever the sign. What has to differ "
                "between clusters?",
            ),
        ),
        hints=(
            "Try it with two clusters and slopes of 0 and 1.",
            "The two differ by one number, which has a sign.",
        ),
        solution=r"$E(a_j b_j) = ab + \operatorname{cov}(a_j, b_j)$, so the sign of the covariance decides.",
        code='answer = "c"',
        misconception="Variation of the slopes alone moves the average of their product.",
        minutes=1,
    ),
    Exercise(
        id="04.3",
        kind="number",
        objective="04.fid",
        prompt="The lesson halved all values of m. Now double them instead: m in units half as large. Which variance "
        "does the fid term get?",
        answer=lambda f: 4 * _var_e_m(f) - _var_e_y(f),
        digits=3,
        right="Var(e_M) becomes four times as large, Var(e_Y) stays, and the fid term is their difference.",
        slips=(
            Slip(
                lambda f: 4 * (_var_e_m(f) - _var_e_y(f)),
                "four times the old variance of the fid term",
                "That would be right if the part that it shares with y grew fourfold, too. In whose units is "
                "var(Residual)?",
            ),
            Slip(
                lambda f: _var_e_m(f) - _var_e_y(f),
                "the variance of the fid term for m as it is",
                "The residuals of m have doubled with m. What does that do to their variance?",
            ),
            Slip(
                lambda f: 2 * _var_e_m(f) - _var_e_y(f),
                "what is left if Var(e_M) doubles",
                "A standard deviation doubles with the values. What does a variance do?",
            ),
            Slip(
                lambda f: 4 * _var_e_m(f),
                "the whole residual variance of the doubled m",
                "The model has one part of it in var(Residual) already. How much is left for the fid term?",
            ),
        ),
        landmark=Landmark(
            "Var(e_Y)",
            _var_e_y,
            "By how much does the residual variance of the doubled m exceed it?",
            "Which of the two outcomes has the larger residual variance now?",
        ),
        hints=(
            'df.assign(m=2 * df["m"]) is the new table. Or think which of the two residual variances changes.',
            "The fid term is Var(e_M) minus Var(e_Y), and a variance is in squared units.",
        ),
        solution=r"$\tau^2 = \mathrm{Var}(e_M) - \mathrm{Var}(e_Y)$, and doubling $m$ multiplies the first by 4.",
        code='doubled = mt.fit_stacked(mt.stack(df.assign(m=2 * df["m"])))\n'
        'answer = doubled.re_params.loc["fid: var(sm)", "estimate"]',
        misconception="The variance of the fid term is the mediator's residual variance.",
        minutes=4,
    ),
    Exercise(
        id="04.4",
        kind="choice",
        objective="04.se",
        prompt="Both programs find the same b, but the standard error of statsmodels is larger than Stata's. Why?",
        answer=lambda f: "It counts that the variances and covariances were estimated, too.",
        options=(
            Option(
                "It counts that the variances and covariances were estimated, too.",
                "Stata's GLS standard errors take them as known. For a and the intercept of m that makes no "
                "difference; for b and c' it does.",
            ),
            Option(
                "It stops before the maximum.",
                "Then log likelihood and coefficients would differ as well. Do they?",
            ),
            Option(
                "It divides by the number of clusters, and Stata by the number of rows.",
                "Then all standard errors would differ by the same factor. How much do those of sm and smx differ?",
            ),
            Option(
                "It fits by ML, and Stata by REML.",
                "Look at the head of both tables: what do they name as the method?",
            ),
        ),
        hints=(
            "Compare the gap at smx with the gap at sym.",
            "One program takes something as known that the other takes as uncertain.",
        ),
        solution="The joint standard error adds what the uncertainty of the variances and covariances does to b; the "
        "GLS one leaves that out.",
        code='answer = "a"',
        misconception="Programs that agree on estimates agree on standard errors.",
        minutes=2,
    ),
    Exercise(
        id="04.5",
        kind="choice",
        objective="04.covariance",
        prompt="cov(a_j, b_j) is positive in the stacked model. What does that say?",
        answer=lambda f: "Where x moves m more than usual, m moves y more than usual.",
        options=(
            Option(
                "Clusters with a high m have a high y.",
                "That is about levels, the two random intercepts. What are a_j and b_j, levels or slopes?",
            ),
            Option(
                "A sample that makes a too large makes b too large.",
                "That is the covariance of two estimates, over samples. Over what do a_j and b_j vary?",
            ),
            Option(
                "In every cluster both slopes are positive.",
                "A covariance says how two numbers move together around their averages. Does it say where these "
                "averages are?",
            ),
            Option(
                "Where x moves m more than usual, m moves y more than usual.",
                "The two links of the chain are strong in the same clusters.",
            ),
        ),
        hints=(
            "Read a_j and b_j as sentences first: each says what moves what, and where.",
            "The index j runs over clusters.",
        ),
        solution="a_j is how much x moves m in cluster j, b_j how much m moves y there. They are large in the same "
        "clusters.",
        code='answer = "d"',
        misconception="A covariance of slopes is one of levels, or of estimates.",
        minutes=2,
    ),
    Exercise(
        id="04.6",
        kind="choice",
        objective="04.covariance",
        prompt="In halved, all values of m were divided by 2. Which of a, b, a b and cov(a_j, b_j) are not the same as "
        "in fit?",
        answer=_changed_by_halving,
        options=(
            Option(
                "a and b only",
                "a is half as large, b twice as large. Their product and their covariance are in units of y per unit "
                "of x: how m is measured does not matter to them.",
            ),
            Option(
                "a, b and the covariance",
                "Each a_j is halved and each b_j doubled. What happens to the product of their deviations?",
            ),
            Option(
                "b, a b and the covariance",
                "a says how far m moves for one unit of x. In which units is it?",
            ),
            Option(
                "none of them",
                "One unit of the new m is two of the old ones. How far does it move y?",
            ),
        ),
        hints=(
            "Write the units beside each of the four.",
            "Compare halved.params and halved.cov_re with those of fit.",
        ),
        solution="a is in units of m per unit of x, b in units of y per unit of m. In the product, and in the "
        "covariance, the units of m cancel.",
        code='halved = mt.fit_stacked(mt.stack(df.assign(m=df["m"] / 2)))\nfit = mt.fit_stacked(mt.stack(df))\n'
        'same = np.isclose(halved.cov_re.loc["smx", "sym"], fit.cov_re.loc["smx", "sym"], rtol=1e-4)\n'
        'answer = "a" if same else "b"',
        misconception="The indirect effect depends on the units of the mediator.",
        minutes=3,
    ),
    Exercise(
        id="04.7",
        kind="number",
        objective="04.covariance",
        prompt="Bug hunt. This script for the average indirect effect is making the rounds. It runs, and adds two "
        "numbers that do not belong together. What does the mended code give?",
        given='fit = mt.fit_stacked(mt.stack(df))\na, b = fit.params["smx"], fit.params["sym"]\n'
        "sd = np.sqrt(np.diag(fit.cov_re))\ntogether = fit.cov_re / np.outer(sd, sd)\n"
        'answer = a * b + together.loc["smx", "sym"]',
        answer=lambda f: f.effects.indirect.estimate,
        digits=4,
        right="a b and the covariance are both in units of y per unit of x; a correlation has no units.",
        slips=(
            Slip(
                lambda f: f.product + f.correlation,
                "what the code gives as it stands: a b plus the correlation of the slopes",
                "Measure x in cents, and a b becomes a hundredth of itself. What does the correlation do?",
            ),
            Slip(
                lambda f: f.product,
                "a b alone",
                "That is the effect in clusters whose slopes do not go together. Do these?",
            ),
            Slip(
                lambda f: float(f.m_on_x.params["x"] * f.y_on_mx.params["m"]),
                "the product of the slopes of two separate models",
                "Two separate models have no number for how a_j and b_j go together. Which model has one?",
            ),
            Slip(
                lambda f: f.product * f.correlation,
                "a b times the correlation",
                "The average of a product is a sum. Which two numbers with the same units are added in it?",
            ),
            Slip(
                lambda f: f.cov_ab,
                "the covariance alone",
                "It would be the average of a_j b_j only if a or b were 0. Are they?",
            ),
        ),
        landmark=Landmark(
            "The product a b",
            lambda f: f.product,
            "Is what was added to it in the same units?",
            "What sign has the covariance of the slopes?",
        ),
        hints=(
            "Write the units beside each number in the last line.",
            "The third and the fourth line turn a matrix into one without units.",
        ),
        solution=r"Leave the division out: $ab + \operatorname{cov}(a_j, b_j)$, with the covariance from fit.cov_re.",
        code='fit = mt.fit_stacked(mt.stack(df))\na, b = fit.params["smx"], fit.params["sym"]\n'
        'answer = a * b + fit.cov_re.loc["smx", "sym"]',
        misconception="Correlation and covariance are interchangeable.",
        minutes=4,
    ),
    Exercise(
        id="04.8",
        kind="model",
        objective="04.fit",
        prompt="Suppose that c' is the same in all clusters. Fit such a model to the stacked table with mt.fit_mixed: "
        "the same five terms without a constant, one residual variance, REML; random over clusters is every term but "
        "syx. The fitted model is the answer.",
        answer=_c_fixed,
        right="The variance of c'_j has gone, and with it its covariances with the four others.",
        slips=(
            Slip(
                lambda f: f.fit_common,
                "the model in which all five terms are random",
                "If c' is the same everywhere, it has no variance over clusters. Which term has to leave re_formula?",
            ),
            Slip(
                _c_fixed_by_ml,
                "the right model, fitted by ML",
                "In this lesson ML was the exception. Which argument asks for it?",
            ),
            Slip(
                _intercepts_only,
                "a model in which only the two intercepts are random",
                "Then a_j and b_j are the same in all clusters as well. Is that what was asked?",
            ),
            Slip(
                lambda f: f.fit,
                "the page's model, as fit_stacked fits it",
                "It lets c' differ between clusters, and has two residual variances. Which function leaves the choice "
                "of random terms to you?",
            ),
        ),
        hints=(
            "The formula is that of statsmodels in this lesson; so are the names of the arguments.",
            "Fixed effects stay as they are. In re_formula one of the five is missing; vc_formula is not needed.",
        ),
        solution="syx stays in the formula, since c' is still estimated. It leaves re_formula, since it does not vary.",
        code=f'answer = mt.fit_mixed(\n    "{_FORMULA}",\n    mt.stack(df),\n    groups="id",\n'
        f'    re_formula="{_ALL_BUT_C}",\n)',
        misconception="A slope that does not vary leaves the model.",
        minutes=5,
    ),
)
