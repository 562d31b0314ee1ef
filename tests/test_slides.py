"""Slides: where they begin, and files that show everything without a network."""

import re

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools import run, slides
from tools.refresh import NOTEBOOKS
from tools.stored import dump, normalize, read

LESSONS = sorted(NOTEBOOKS.glob("*.ipynb"))
SOLUTION = {"tags": ["solution"]}
SETUP = "import mlmed_teach as mt\n\nmt.plots.use_style()"
TABLE = new_output("execute_result", {"text/html": "<b>what came out</b>"})
CELLS = (
    ("slide", new_markdown_cell("# 1 · Title")),
    ("-", new_markdown_cell("A word. `## no heading`\n\n```\n# nor this\n```")),
    ("skip", new_code_cell(SETUP)),
    ("slide", new_markdown_cell("On the title.\n\n## A question\n\n**Predict:** how many?")),
    ("subslide", new_code_cell("1 + 1", outputs=[TABLE])),
    ("-", new_code_cell("2 + 2")),
    ("-", new_markdown_cell("Another.")),
    ("-", new_code_cell('mt.predict("01.1")')),
    ("subslide", new_code_cell('mt.predict("01.1", 3)')),
    ("skip", new_code_cell("# your turn")),
    ("skip", new_code_cell("4", metadata=SOLUTION)),
    ("skip", new_markdown_cell("**References**\n\n* one")),
)


def small():
    return new_notebook(cells=[cell for _, cell in CELLS])


def test_headings_begin_slides_and_answers_wait_for_the_guess():
    assert slides.slide_types(small()) == [kind for kind, _ in CELLS]


def test_marking_says_so_in_the_cells_and_twice_is_once():
    marked = slides.mark(small())
    assert [cell.metadata.get("slideshow", {}).get("slide_type", "-") for cell in marked.cells] == [k for k, _ in CELLS]
    assert dump(slides.mark(marked)) == dump(marked)


def test_pages_keep_a_comment_with_what_it_comments_on():
    sources = [[cell.source for cell in page] for page in slides.pages(small())]
    assert [len(page) for page in sources] == [3, 1, 4, 1]
    assert sources[0][-1] == "On the title."
    assert sources[1][0].startswith("## A question")


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_lesson_is_marked_by_the_rule_or_not_at_all(path):
    nb = read(path)
    marks = [cell.metadata.get("slideshow", {}).get("slide_type", "-") for cell in nb.cells]
    if set(marks) == {"-"}:
        pytest.skip("not marked yet: python3 start.py slides --mark")
    assert marks == slides.slide_types(nb), "run: python3 start.py slides --mark"


def test_formulas_become_mathml_and_code_stays():
    pytest.importorskip("latex2mathml", reason="needs the package latex2mathml")
    done = slides.with_formulas(lambda text: f"<p>{text}</p>", "Cost \\$5, $a_j$ and `$HOME`: $$\\frac{1}{2}$$")
    assert done.count("<math") == 2 and "<mfrac>" in done and 'display="block"' in done
    assert "`$HOME`" in done and "$5" in done


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_slides_show_all_without_a_network(path):
    pytest.importorskip("latex2mathml", reason="needs the package latex2mathml")
    nb = read(path)
    text = slides.as_slides(nb, path.stem)
    assert text.count("<section>") == len(list(slides.pages(nb))) > 8
    assert not re.search(r"<(script|link|img|iframe)[^>]*(src|href)=\"(?!data:)", text)
    assert not re.search(r"@import|url\((?!data:)|MathJax|merror|endofformula", text)
    shown = [cell for page in slides.pages(nb) for cell in page if cell.cell_type == "code"]
    pictures = sum("image/png" in out.get("data", {}) for cell in shown for out in cell.outputs)
    assert text.count("data:image/png") == pictures
    prose = re.sub(r"<(pre|style|script|code|math)\b.*?</\1>", "", text, flags=re.DOTALL)
    assert not re.search(r"\$\S|\\(frac|mathrm|sqrt|text)\b", prose)  # a formula that was missed


def test_command_writes_files_and_marks_nothing(tmp_path, capsys, monkeypatch):
    pytest.importorskip("latex2mathml", reason="needs the package latex2mathml")
    before = LESSONS[0].read_bytes()
    assert slides.main(["00", "--to", str(tmp_path / "class")]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "class" / "00_start_here.html")
    assert LESSONS[0].read_bytes() == before
    assert run.COMMANDS["slides"].module == slides.__name__
    copy = tmp_path / "00.ipynb"
    copy.write_bytes(before)
    monkeypatch.setattr(slides, "chosen", lambda names: [copy])
    assert slides.main(["--mark"]) == 0
    assert copy.read_text(encoding="utf-8") == dump(normalize(slides.mark(read(LESSONS[0]))))


def test_a_lesson_that_is_not_there(capsys):
    assert slides.main(["77"]) == 1
    assert "There is no notebook '77'" in capsys.readouterr().err
