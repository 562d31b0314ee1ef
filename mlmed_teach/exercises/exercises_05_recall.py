"""What lesson 5 asks about lesson 4 before it begins; the other exercises of lesson 5 are in `exercises_05`."""

from __future__ import annotations

from .exercise_data import Exercise, Option

OBJECTIVES = {
    "05.recall": "say what the fid term is for, and which model knows a covariance of a_j and b_j",
}

EXERCISES = (
    Exercise(
        id="05.1",
        kind="choice",
        objective="05.recall",
        prompt="From lesson 4. What is the fid term of the page's model for?",
        answer=lambda f: "It lets m have a larger residual variance than y.",
        options=(
            Option(
                "It adds a third level, of persons within clusters.",
                "Each fid has two rows, the y and the m of one original row. Is there anything left to be a person?",
            ),
            Option(
                "It lets the residuals of m and y of one row go together.",
                "The term is multiplied by sm, which is 0 on the rows of y. Can it reach them?",
            ),
            Option(
                "It lets m have a larger residual variance than y.",
                "A mixed model has one residual variance; the term adds a second part on the rows of m. A variance is "
                "not negative, so it cannot make m's the smaller one.",
            ),
        ),
        hints=("It is multiplied by sm.", "Ask on which rows it can do anything, and what it adds there."),
        solution=r"$\mathrm{Var}(e_M) = \tau^2 + \sigma^2$ and $\mathrm{Var}(e_Y) = \sigma^2$.",
        code='answer = "c"',
        misconception="Every group variable is a level.",
        minutes=1,
    ),
    Exercise(
        id="05.2",
        kind="choice",
        objective="05.recall",
        prompt="From lesson 4. Where do we get the covariance of a_j and b_j over clusters from?",
        answer=lambda f: "From the stacked model, as one of its parameters.",
        options=(
            Option(
                "From the stacked model, as one of its parameters.",
                "It is in the covariance matrix of the random effects, row smx and column sym.",
            ),
            Option(
                "From the predicted slopes of the two separate models.",
                "These are pulled to the average, each without knowing of the other. How much of .099 did lesson 4 "
                "find in them?",
            ),
            Option(
                "From the covariance matrix of the estimates.",
                "That one says how estimates vary from sample to sample. Which matrix says how clusters vary?",
            ),
        ),
        hints=("Two matrices have rows named smx and sym.", "A model has to hold both slopes to know it."),
        solution="fit.cov_re of the stacked model; in Stata's table the row cov(smx,sym).",
        code='answer = "a"',
        misconception="Predicted slopes covary as the slopes do; clusters and estimates vary alike.",
        minutes=1,
    ),
)
