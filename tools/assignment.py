"""Exercises of a lesson as an assignment for nbgrader, which gives students a copy without solutions and grades it.

    python3 start.py assignment 04                 all exercises of lesson 4, into the folder assignments
    python3 start.py assignment 04 06.1 06.3       these exercises, in one assignment
    python3 start.py assignment 04 --to FOLDER     another folder; git ignores what is written there

The folder is a course of nbgrader's: nbgrader_config.py and source/lesson-04/lesson-04.ipynb. Then, in that folder:

    nbgrader generate_assignment lesson-04         release/lesson-04 is what students get
    nbgrader autograde lesson-04 --create          grades what lies in submitted/NAME/lesson-04

nbgrader is not among the lessons' packages: activate .venv (nbgrader calls a helper, alembic, by its bare name), then
pip install nbgrader. An exercise is worth as many points as it takes minutes. The hidden test of each asks `mt.check`,
so that what is right is said once.
"""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from mlmed_teach import MlmedError
from mlmed_teach.exercises import EXERCISES, Exercise
from tools.refresh import ROOT
from tools.stored import dump, normalize

STUB = "# your turn"
CONFIG = f"""\
# Written by start.py assignment; nbgrader reads it in this folder.
c = get_config()
c.CourseDirectory.course_id = "mlmed-teach"
# nbgrader's own words would stop a run of the notebook at the first question.
c.ClearSolutions.code_stub = {{"python": "{STUB}"}}
"""
INTRODUCTION = """\
# Assignment: {title}

For each question, write your answer below `# your turn`: whatever stands in the name `answer` at the end of the cell is
graded. Leave the other cells as they are, do not rename or copy any, and run all of them once before you hand in
(*Kernel*, *Restart Kernel and Run All Cells*). A question without an answer does not stop the run.
"""
SETUP = """\
import numpy as np
import pandas as pd

import mlmed_teach as mt

df = mt.load_ml_sim()
"""


def chosen(names: Iterable[str]) -> list[Exercise]:
    """The exercises of lessons ("04", "4") and ids ("04.2"), in their order, each once.

    Raises
    ------
    MlmedError
        When there are none for a name.
    """
    wanted: set[str] = set()
    for name in names:
        lesson, point, _ = name.partition(".")
        full = lesson.zfill(2) + name[len(lesson) :]
        hits = [id for id, one in EXERCISES.items() if (id == full if point else one.lesson == full)]
        if not hits:
            lessons = ", ".join(sorted({one.lesson for one in EXERCISES.values()}))
            raise MlmedError(
                f'There are no exercises for "{name}". A name is a lesson ({lessons}) or an id, as "06.1".'
            )
        wanted.update(hits)
    return [one for id, one in EXERCISES.items() if id in wanted]


def name_of(exercises: list[Exercise]) -> str:
    """What the assignment is called: by its lesson, or lessons."""
    lessons = list(dict.fromkeys(one.lesson for one in exercises))
    return "-".join(["lesson" if len(lessons) == 1 else "lessons", *lessons])


# ---- the notebook ----------------------------------------------------------------------------------------------------


def _marked(cell: NotebookNode, grade_id: str, **marks: object) -> NotebookNode:
    """A cell that nbgrader knows: read-only unless it says otherwise."""
    plain = {
        "schema_version": 3,
        "grade_id": grade_id,
        "grade": False,
        "solution": False,
        "locked": True,
        "task": False,
    }
    cell["id"] = grade_id
    cell.metadata["nbgrader"] = {**plain, **marks}
    return cell


def cells_of(exercise: Exercise) -> list[NotebookNode]:
    """Question, answer and hidden test of one exercise."""
    end = exercise.id.replace(".", "-")
    kept = f"answer_{end.replace('-', '_')}"
    options = "".join(f"\n* {line}" for line in exercise.lettered) if exercise.kind == "choice" else ""
    question = f"## {exercise.id}\n\n{exercise.prompt}\n{options}\n\n`answer` is {exercise.asks}.".replace(
        "\n\n\n", "\n\n"
    )
    start = exercise.given.rstrip() or "answer = ..."
    solved = f"{start}\n### BEGIN SOLUTION\n{exercise.code.rstrip()}\n### END SOLUTION\n{kept} = answer"
    test = (
        f"# {exercise.id} is graded here; leave this cell as it is.\n"
        f"### BEGIN HIDDEN TESTS\n"
        f'verdict = mt.check("{exercise.id}", {kept})\n'
        f"assert verdict.correct, verdict.says\n"
        f"### END HIDDEN TESTS"
    )
    return [
        _marked(new_markdown_cell(question), f"question-{end}"),
        _marked(new_code_cell(solved), f"answer-{end}", solution=True, locked=False),
        _marked(new_code_cell(test), f"test-{end}", grade=True, points=exercise.minutes),
    ]


def notebook(exercises: list[Exercise]) -> NotebookNode:
    """The teacher's notebook, with solutions and hidden tests."""
    title = name_of(exercises).replace("-", " ")
    cells = [
        _marked(new_markdown_cell(INTRODUCTION.format(title=title)), "introduction"),
        _marked(new_code_cell(SETUP.rstrip()), "set-up"),
        *(cell for exercise in exercises for cell in cells_of(exercise)),
    ]
    return normalize(new_notebook(cells=cells))


def write(exercises: list[Exercise], folder: Path) -> Path:
    """Write a course with this assignment; the folder tells git to ignore it. Returns the notebook's path."""
    name = name_of(exercises)
    path = folder / "source" / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dump(notebook(exercises)), encoding="utf-8", newline="\n")
    for file, text in (("nbgrader_config.py", CONFIG), (".gitignore", "*\n")):
        if not (folder / file).exists():  # a teacher may have changed it
            (folder / file).write_text(text, encoding="utf-8", newline="\n")
    return path


# ---- command line ----------------------------------------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="start.py assignment", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="+", help="lessons (04) or exercises (06.1)")
    parser.add_argument(
        "--to", type=Path, default=ROOT / "assignments", metavar="FOLDER", help="the folder of the course"
    )
    options = parser.parse_args(arguments)
    try:
        exercises = chosen(options.names)
    except MlmedError as error:
        print(error, file=sys.stderr)
        return 1
    own = [one.id for one in exercises if one.own_data]
    exercises = [one for one in exercises if not one.own_data]
    if own:
        print(f"Left out, since everyone answers with another table: {', '.join(own)}.")
    if not exercises:
        print("Nothing is left to write.", file=sys.stderr)
        return 1
    path = write(exercises, options.to)
    points = sum(one.minutes for one in exercises)
    print(f"{path}\n{len(exercises)} questions, {points} points. Next, in {options.to}:")
    print(f"  nbgrader generate_assignment {name_of(exercises)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
