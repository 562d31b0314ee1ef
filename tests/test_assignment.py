"""Assignments: the teacher's copy passes its own hidden tests; in the students' copy nothing of a solution is left."""

import ast
import os
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec

import nbformat
import pytest

from mlmed_teach import MlmedError
from mlmed_teach.exercises import EXERCISES
from tools import assignment, run
from tools.in_process import run_cells

KINDS = {one.kind: one for one in EXERCISES.values() if not one.own_data}
BUG_HUNT = next(one for one in EXERCISES.values() if one.given)


@pytest.fixture(autouse=True)
def no_progress(monkeypatch):
    monkeypatch.setenv("MLMED_TEACH_PROGRESS", "off")
    monkeypatch.delenv("MLMED_TEACH_DATA", raising=False)


def some():
    """One exercise of each kind, and a bug hunt."""
    return assignment.chosen([*(one.id for one in KINDS.values()), BUG_HUNT.id])


def answers_wrongly(path, exercise):
    """A copy of the teacher's notebook in which one solution is gone."""
    nb = nbformat.read(path, 4)
    (cell,) = [cell for cell in nb.cells if cell.id == f"answer-{exercise.id.replace('.', '-')}"]
    begin, _, rest = cell.source.partition("### BEGIN SOLUTION")
    cell.source = begin + rest.partition("### END SOLUTION\n")[2]
    copy = path.with_stem("wrong")
    nbformat.write(nb, copy)
    return copy


def test_names_choose_lessons_and_exercises_in_order():
    lesson = BUG_HUNT.lesson
    whole = [id for id, one in EXERCISES.items() if one.lesson == lesson]
    assert [one.id for one in assignment.chosen([lesson])] == whole
    assert [one.id for one in assignment.chosen([str(int(lesson)), BUG_HUNT.id])] == whole
    assert [one.id for one in assignment.chosen([f"{int(lesson)}.1"])] == whole[:1]
    assert assignment.name_of(assignment.chosen([lesson])) == f"lesson-{lesson}"
    for name in ("77", f"{lesson}.99", "x"):
        with pytest.raises(MlmedError, match=f'no exercises for "{name}"'):
            assignment.chosen([name])


def test_teachers_copy_passes_its_own_tests_and_a_question_without_answer_fails(tmp_path):
    path = assignment.write(some(), tmp_path)
    run_cells(path)
    for exercise in (KINDS["number"], BUG_HUNT):
        with pytest.raises(AssertionError) as caught:
            run_cells(answers_wrongly(path, exercise))
        assert f'mt.check("{exercise.id}"' in caught.value.__notes__[0]


def test_every_cell_says_what_nbgrader_must_know(tmp_path):
    nb = nbformat.read(assignment.write(some(), tmp_path), 4)
    nbformat.validate(nb)
    marks = [cell.metadata["nbgrader"] for cell in nb.cells]
    assert len({mark["grade_id"] for mark in marks}) == len(nb.cells)
    assert [mark.get("points") for mark in marks if mark["grade"]] == [one.minutes for one in some()]
    assert all(mark["locked"] != mark["solution"] and mark["schema_version"] == 3 for mark in marks)


def test_a_course_of_the_teachers_own_is_kept_and_git_ignores_the_folder(tmp_path):
    (tmp_path / "nbgrader_config.py").write_text("mine")
    assignment.write(some(), tmp_path)
    assert (tmp_path / "nbgrader_config.py").read_text() == "mine"
    assert (tmp_path / ".gitignore").read_text() == "*\n"
    compile(assignment.CONFIG, "nbgrader_config.py", "exec")


def test_command(tmp_path, capsys, monkeypatch):
    assert run.COMMANDS["assignment"].module == assignment.__name__
    assert assignment.main(["77", "--to", str(tmp_path)]) == 1
    assert "no exercises" in capsys.readouterr().err
    mine, other = KINDS["number"], KINDS["choice"]
    monkeypatch.setattr(assignment, "chosen", lambda names: [replace(mine, own_data=True), other])
    assert assignment.main([other.id, "--to", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert f"another table: {mine.id}." in said and f"1 questions, {other.minutes} points" in said
    monkeypatch.setattr(assignment, "chosen", lambda names: [replace(mine, own_data=True)])
    assert assignment.main([mine.id, "--to", str(tmp_path)]) == 1


@pytest.mark.skipif(find_spec("nbgrader") is None, reason="needs nbgrader (pip install nbgrader)")
def test_students_get_no_solution_and_a_notebook_that_runs(tmp_path):
    exercises = [one for one in EXERCISES.values() if not one.own_data]
    name = assignment.name_of(exercises)
    assignment.write(exercises, tmp_path)
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", name, "--no-db"]
    private = {variable: str(tmp_path / variable) for variable in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR")}
    done = subprocess.run(command, cwd=tmp_path, env=os.environ | private, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    path = tmp_path / "release" / name / f"{name}.ipynb"
    given = "\n".join(cell.source for cell in nbformat.read(path, 4).cells)
    for mark in ("BEGIN", "END", "mt.check", "verdict", "NotImplementedError"):
        assert mark not in given
    assert given.count(assignment.STUB) == len(exercises) + 1  # the introduction names it, too
    known = {line.strip() for one in exercises for line in (one.given, assignment.SETUP) for line in line.splitlines()}
    for one in exercises:
        assert one.solution not in given
        assert not one.right or one.right not in given
        for line in {line.strip() for line in one.code.splitlines()} - known:
            assert line not in given or len(line) < 12, f"{one.id}: {line}"
        for option in one.options:
            assert option.reply not in given
    run_cells(path)
    names = [node.id for node in ast.walk(ast.parse(given_code(path))) if isinstance(node, ast.Name)]
    assert {f"answer_{one.id.replace('.', '_')}" for one in exercises} <= set(names)


def given_code(path):
    return "\n".join(cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "code")
