"""What lesson 12 asks about lessons 6 and 8 before it begins; its other exercises are in `exercises_12`."""

from __future__ import annotations

from .exercise_data import Exercise, Landmark, Option, Slip

OBJECTIVES = {
    "12.recall": "recall what coverage leaves for false alarms, and what an average indirect effect is made of",
}

_A = _B = 0.3  # of 12.2
_COV = 0.3 * 0.3 / 3

EXERCISES = (
    Exercise(
        id="12.1",
        kind="choice",
        objective="12.recall",
        prompt="From lesson 8. With few clusters, a 95% interval holds the truth in 92% of all samples. Now the truth "
        "is 0. In how many samples does this interval leave out 0, and so claim an effect that is not there?",
        answer=lambda f: "in 8%",
        options=(
            Option("in 5%", "That is what 95% promises. How much of the samples does this interval miss in fact?"),
            Option(
                "in 8%",
                "To miss the truth and to leave out 0 are the same thing where the truth is 0: false alarms are what "
                "coverage lacks to 100%.",
            ),
            Option("in 92%", "These are the samples in which it holds the truth. What does it do in the others?"),
            Option("in none", "That takes an interval that always holds the truth. How often does this one?"),
        ),
        hints=(
            "If the truth is 0, look for the samples whose interval is without it.",
            "Those that coverage does not count.",
        ),
        solution="1 - .92: where the truth is 0, an interval that misses the truth leaves out 0.",
        code='answer = "b"',
        misconception="False alarms are 5% whatever the interval.",
        minutes=1,
    ),
    Exercise(
        id="12.2",
        kind="number",
        objective="12.recall",
        prompt="From lesson 6. In a population the average slopes are a = b = .3, the standard deviation of either "
        "slope over clusters is .3, and a_j and b_j correlate with 1/3. What is the average indirect effect?",
        answer=lambda f: _A * _B + _COV,
        digits=2,
        right="This is the truth of this lesson: the product of the averages, plus how the slopes go together.",
        slips=(
            Slip(
                lambda f: _A * _B,
                "the product of the average slopes",
                "Clusters with a steep first slope have a steep second one, too. What does that add?",
            ),
            Slip(
                lambda f: _A * _B + 1 / 3,
                "the product plus the correlation",
                "A correlation has no units. What must it be multiplied by to become a covariance?",
            ),
            Slip(
                lambda f: _COV,
                "the covariance of the slopes alone",
                "What would be left of the effect if no slope varied?",
            ),
            Slip(
                lambda f: _A * _B - _COV,
                "the product minus the covariance",
                "Steep goes with steep here. Does that make products larger or smaller?",
            ),
        ),
        landmark=Landmark(
            "The product of the average slopes",
            lambda f: _A * _B,
            "How large is the covariance of a_j and b_j?",
            "Can a positive covariance make the effect smaller?",
        ),
        hints=(
            "A covariance is the correlation times both standard deviations.",
            "Add it to the product of the average slopes.",
        ),
        solution=r"$ab + \mathrm{cov}(a_j, b_j)$, where the covariance is $\frac{1}{3} \cdot .3 \cdot .3$.",
        code="answer = .3 * .3 + 1 / 3 * .3 * .3",
        misconception="The average indirect effect is the product of the averages.",
        minutes=2,
    ),
)
