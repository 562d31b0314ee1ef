"""What lesson 11 asks about lessons 9 and 10 before it begins; its other exercises are in `exercises_11`."""

from __future__ import annotations

from .exercise_data import Exercise, Option

EXERCISES = (
    Exercise(
        id="11.1",
        kind="choice",
        objective="11.lean",
        prompt="From lesson 10. The average indirect effect of stress was −.111 with the standard error .027; over "
        "students it had the standard deviation .11. Twice as many students keep the diary. Which of the two will be "
        "clearly smaller?",
        answer=lambda f: "the standard error",
        options=(
            Option(
                "the standard error",
                "It says how well we know the average. How far students differ is a fact about them, and today we ask "
                "for its reasons.",
            ),
            Option(
                "the standard deviation",
                "It says how far students differ from each other. Do they become more alike when more of them are "
                "asked?",
            ),
            Option("both", "One of them is a feature of students, not of our knowledge. Which?"),
            Option("neither", "What becomes of the uncertainty of a mean when it is taken over more students?"),
        ),
        hints=("One is about knowledge, one is about students.", "Imagine a million students."),
        solution="Standard errors shrink with more clusters; the standard deviation over clusters is better known.",
        code='answer = "a"',
        misconception="The spread of clusters' effects is an error that more data remove.",
        minutes=1,
    ),
    Exercise(
        id="11.2",
        kind="choice",
        objective="11.lean",
        prompt="From lesson 9. Exercise is written down as hours more or less than usual for the person, so that its "
        "mean is the same for everybody. The raw slope of sleep on it is then ...",
        answer=lambda f: "the slope within persons",
        options=(
            Option(
                "the slope within persons",
                "Nothing of exercise is left between persons, so that a raw slope has only one comparison to make.",
            ),
            Option(
                "the slope between persons",
                "It would compare persons whose means of exercise differ. How far do they differ here?",
            ),
            Option("a blend of the two", "Each slope gets weight where exercise varies. Does it vary between persons?"),
        ),
        hints=("Ask where exercise varies.", "Persons with the same mean cannot be compared by that mean."),
        solution="x varies within persons only.",
        code='answer = "a"',
        misconception="A raw slope is always a blend.",
        minutes=1,
    ),
)
