"""The exercises where learners meet them: in their lesson, all or none of them, and open after Run All."""

import ast

import pytest

from mlmed_teach.exercises import EXERCISES
from tools.refresh import NOTEBOOKS
from tools.stored import read

LESSONS = pytest.mark.parametrize("lesson", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
ASKING = ("mt.check", "mt.exercise")


def asked(lesson):
    """(id, cell, whether it ends the cell) of each check and card of a lesson, in their order."""
    found = []
    for cell in read(lesson).cells:
        if cell.cell_type != "code" or not any(name in cell.source for name in ASKING):
            continue
        body = ast.parse(cell.source).body
        for node in ast.walk(ast.Module(body, [])):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ASKING:
                last = isinstance(body[-1], ast.Expr) and body[-1].value is node
                found.append((ast.literal_eval(node.args[0]), cell, last))
    return found


@LESSONS
def test_a_lesson_asks_its_own_exercises(lesson):
    ids = {id for id, _, _ in asked(lesson)}
    own = {id for id, one in EXERCISES.items() if one.lesson == lesson.stem[:2]}
    assert not ids or ids == own
    assert all(last for _, _, last in asked(lesson)), "a verdict or a card is shown only where it ends its cell"


@LESSONS
def test_after_run_all_no_exercise_is_answered_and_no_solution_lies_open(lesson):
    for id, cell, _ in asked(lesson):
        text = "".join(output.get("data", {}).get("text/plain", "") for output in cell.outputs)
        if "mt.check" in cell.source:
            assert "Not answered yet." in text, id
        assert EXERCISES[id].solution not in text and (not EXERCISES[id].right or EXERCISES[id].right not in text)
