"""Exercises of lesson 0: where to start."""

from __future__ import annotations

from ..mediation import Mediation, mediate
from .exercise_data import Exercise, Landmark, Option, Slip
from .facts import Facts

OBJECTIVES = {
    "00.mediation": "tell the indirect, the direct and the total effect apart",
    "00.arrows": "say what an arrow of the picture stands for, and what it does not prove",
    "00.levels": "name the levels of a design, such as 1-1-1",
    "00.call": "get the average effects with one call, and find them in what it shows",
}


def _swapped(f: Facts) -> Mediation:
    return mediate(f.df, x="m", m="x", y="y", group="id", se="gls")


def _percent_of_total(f: Facts, part: float) -> float:
    return 100 * part / f.effects.total.estimate


EXERCISES = (
    Exercise(
        id="00.1",
        kind="choice",
        objective="00.mediation",
        prompt="Trainees practise for some hours (x), which changes their confidence (m) and their score (y). What is "
        "the indirect effect of practice on the score?",
        answer=lambda f: "the part of the effect of practice that passes through confidence",
        options=(
            Option(
                "how much the score changes with practice at the same confidence",
                "At the same confidence nothing can pass through it. Which effect is then left?",
            ),
            Option(
                "how much the score changes with practice, all in all",
                "That holds every way from practice to the score. Which of them is asked for?",
            ),
            Option(
                "the part of the effect of practice that passes through confidence",
                "Practice moves confidence (path a), and confidence moves the score (path b): both are needed.",
            ),
            Option(
                "how much the score changes with confidence at the same practice",
                "That is one arrow. Does it begin at practice?",
            ),
        ),
        hints=(
            "Put a finger on x in the picture and follow the arrows to y. There are two ways.",
            "The indirect way has a stop on it.",
        ),
        solution="The indirect effect goes along two arrows, from x to m and from m to y; the direct effect along one.",
        code='answer = "c"',
        misconception="The direct effect, or path b alone, is the indirect effect.",
        minutes=2,
    ),
    Exercise(
        id="00.2",
        kind="choice",
        objective="00.arrows",
        prompt="In a diary nobody told people when to exercise or how long to sleep. The indirect effect through sleep "
        "comes out large, with a narrow interval. What may the report say?",
        answer=lambda f: "If the arrows are right, this much of the link between exercise and mood runs through sleep.",
        options=(
            Option(
                "Exercise improves sleep, and that lifts the mood: the narrow interval shows it.",
                "A narrow interval says that a slope is known well. Would it be any wider if a day off work caused "
                "all three?",
            ),
            Option(
                "If the arrows are right, this much of the link between exercise and mood runs through sleep.",
                "The model computes what follows from the arrows; that they point this way, and that no common cause "
                "was left out, has to come from the design of the study.",
            ),
            Option(
                "Sleep must be a cause of mood, since exercise alone explains less.",
                "Turn the arrow from sleep to mood around, and the numbers would fit as well. What in a diary of this "
                "kind tells the two apart?",
            ),
        ),
        hints=(
            "Each arrow is a regression slope. Ask what a slope knows of causes.",
            "Think of something that would make people exercise, sleep well and feel well on the same day.",
        ),
        solution="Slopes are the same whichever variable is the cause. An arrow is an assumption of ours, and the "
        "effects are as good as the arrows.",
        code='answer = "b"',
        misconception="A mediation model shows that its arrows are causes.",
        minutes=2,
    ),
    Exercise(
        id="00.3",
        kind="choice",
        objective="00.levels",
        prompt="Whole schools are assigned to a new timetable or to the old one (x). Each of their pupils reports how "
        "long they sleep (m) and how alert they are (y). Pupils are the rows, schools the clusters. What is the design "
        "called?",
        answer=lambda f: "2-1-1",
        options=(
            Option("1-1-1", "In that design x differs between the rows of a cluster. Can it, here?"),
            Option("1-1-2", "The numbers stand in the order x, m, y. Which of the three belongs to the school?"),
            Option("1-2-1", "The middle number is the level of m. Who sleeps, the school or the pupil?"),
            Option(
                "2-1-1",
                "x belongs to the school, level 2; m and y to the pupil, level 1. Then a and c' cannot vary over "
                "schools, since no school has both timetables.",
            ),
        ),
        hints=(
            "Three numbers: the level of x, of m and of y.",
            "A variable sits at level 2 if it is the same in all rows of a cluster.",
        ),
        solution="The timetable is the same for all pupils of a school: level 2. Sleep and alertness differ from pupil "
        "to pupil: level 1.",
        code='answer = "d"',
        misconception="A variable sits at level 1 because each row has a value of it.",
        minutes=2,
    ),
    Exercise(
        id="00.4",
        kind="number",
        objective="00.mediation",
        prompt="How many percent of the average total effect pass through m?",
        answer=lambda f: _percent_of_total(f, f.effects.indirect.estimate),
        digits=0,
        unit="%",
        right="The two effects add up to the total, so that a share makes sense here. It would not if they had "
        "opposite signs.",
        slips=(
            Slip(
                lambda f: _percent_of_total(f, f.product),
                "a b as a share of the total effect",
                "It leaves out that clusters with a steep first path tend to have a steep second one. Which effect "
                "counts that in?",
            ),
            Slip(
                lambda f: _percent_of_total(f, f.cprime),
                "the share of the direct effect",
                "That part goes past m. How much is left for the other way?",
            ),
            Slip(
                lambda f: 100 * f.effects.indirect.estimate / f.cprime,
                "the indirect effect as a percentage of the direct one",
                "It says how many times as large the one is as the other. What has to stand below the line for a share "
                "of the whole?",
            ),
            Slip(
                lambda f: 100 * f.effects.indirect.estimate,
                "the indirect effect itself, times 100",
                "It is in units of y for one unit of x. What is it to be compared with?",
            ),
        ),
        landmark=Landmark(
            "The whole total effect",
            lambda f: 100.0,
            "Can a part be more than the whole, when both parts are positive?",
            "Which effect did you divide by which?",
        ),
        hints=(
            "med knows both effects, each with an estimate, as in the cell above.",
            "One estimate divided by another; then make it a percentage.",
        ),
        solution="The average indirect effect divided by the average total effect, times 100.",
        code='med = mt.mediate(df, x="x", m="m", y="y", group="id", se="gls")\n'
        "answer = 100 * med.indirect.estimate / med.total.estimate",
        misconception="The share that is mediated is a b divided by the total.",
        minutes=3,
    ),
    Exercise(
        id="00.5",
        kind="number",
        objective="00.call",
        prompt="Bug hunt. This code is to give the lower 95% limit of the average indirect effect of x on y through m. "
        "It runs, and it answers another question. Mend it.",
        given='med = mt.mediate(df, x="m", m="x", y="y", group="id", se="gls")\nanswer = med.indirect.ci[0]',
        answer=lambda f: f.med.indirect.ci[0],
        digits=3,
        right="Columns are told apart by the roles that you give them; no program can know that they were exchanged.",
        slips=(
            Slip(
                lambda f: f.once(_swapped).indirect.ci[0],
                "what the code gives as it stands",
                "It takes x for the mediator. What does the question call it?",
            ),
            Slip(
                lambda f: f.med.indirect.ci[1],
                "the upper limit",
                "It lies above the estimate. Which limit is asked for?",
            ),
            Slip(
                lambda f: f.med.indirect.estimate,
                "the estimate of the average indirect effect",
                "The interval reaches from below it to above it. How does an effect give its limits?",
            ),
            Slip(
                lambda f: f.med.total.ci[0],
                "the lower limit of the average total effect",
                "It counts the direct way as well. Which row is asked for?",
            ),
        ),
        landmark=Landmark(
            "The estimate of the average indirect effect",
            lambda f: f.med.indirect.estimate,
            "Can a lower limit lie above the estimate?",
            "By how many standard errors does your limit lie below it?",
        ),
        hints=(
            "Read the call aloud: x is m, and so on.",
            "Two names stand in each other's place.",
        ),
        solution='The roles were exchanged: x="x", m="m".',
        code='med = mt.mediate(df, x="x", m="m", y="y", group="id", se="gls")\nanswer = med.indirect.ci[0]',
        misconception="A program would notice if predictor and mediator were exchanged.",
        minutes=3,
    ),
)
