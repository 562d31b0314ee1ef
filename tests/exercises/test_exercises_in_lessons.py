"""The exercises where learners meet them: in their lesson, all or none of them, and open after Run All."""

import ast

import pytest

from mlmed_teach.exercises import EXERCISES
from tools.refresh import NOTEBOOKS
from tools.stored import read

LESSONS = pytest.mark.parametrize("lesson", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
ASKING = ("mt.check", "mt.exercise")


def asked(lesson):
    """(id, cell, whether it is shown: it ends the cell, or is displayed) of each check and card of a lesson."""
    found = []
    for cell in read(lesson).cells:
        if cell.cell_type != "code" or not any(name in cell.source for name in ASKING):
            continue
        body = ast.parse(cell.source).body
        calls = [node for node in ast.walk(ast.Module(body, [])) if isinstance(node, ast.Call)]
        shown = [arg for call in calls if ast.unparse(call.func) == "display" for arg in call.args]
        shown += [body[-1].value] if isinstance(body[-1], ast.Expr) else []
        for call in calls:
            if ast.unparse(call.func) in ASKING:
                found.append((ast.literal_eval(call.args[0]), cell, call in shown))
    return found


@LESSONS
def test_a_lesson_asks_its_own_exercises(lesson):
    ids = {id for id, _, _ in asked(lesson)}
    own = {id for id, one in EXERCISES.items() if one.lesson == lesson.stem[:2]}
    assert not ids or ids == own
    assert all(shown for _, _, shown in asked(lesson))


@LESSONS
def test_after_run_all_no_exercise_is_answered_and_no_solution_lies_open(lesson):
    for id, cell, _ in asked(lesson):
        text = "".join(output.get("data", {}).get("text/plain", "") for output in cell.outputs)
        if "mt.check" in cell.source:
            assert "Not answered yet." in text, id
        assert EXERCISES[id].solution not in text and (not EXERCISES[id].right or EXERCISES[id].right not in text)
