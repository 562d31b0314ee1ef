"""Writes what Sphinx reads: a folder laid out as the repository is, so that links between its files hold."""

from __future__ import annotations

import html
import re
import shutil
from pathlib import Path

from nbformat import NotebookNode

from tools.refresh import ROOT
from tools.site import reference
from tools.site.lessons import Lesson, lessons, pictures_in_words
from tools.stored import dump, read

LOOK = Path(__file__).with_name("look")
LINK = re.compile(r"\]\(([^)\s:#]+)")  # of Markdown, to a file

# The pages that are not lessons, in the order of the sidebar.
TEACHING = ("README", "run_sheets", "concept_questions", "misconceptions", "glossary", "commands", "quiz", "no_network")
FOR_TEACHERS = (*(f"docs/teaching/{name}" for name in TEACHING), "docs/site", "docs/hub")
THE_KIT = ("README", "data/README", "CONTRIBUTING", "LICENSE-lessons")


def write(folder: Path) -> dict[str, str]:
    """Fill a folder with the sources of the site.

    Parameters
    ----------
    folder : Path
        Made here.

    Returns
    -------
    dict
        What each stored picture shows, see `pictures_in_words`.
    """
    words: dict[str, str] = {}
    for lesson in lessons():
        nb = read(lesson.file)
        words |= pictures_in_words(nb)
        _say_where_it_runs(nb, lesson)
        _write(folder / "notebooks" / lesson.file.name, dump(nb))
    for name in (*FOR_TEACHERS, *THE_KIT):
        _copy_with_what_it_links(f"{name}.md", folder)
    for group in reference.GROUPS:
        _write(folder / "reference" / f"{group.page}.rst", reference.page_of(group))
    _write(folder / "reference" / "index.rst", reference.index())
    _write(folder / "index.md", landing())
    return words


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def _say_where_it_runs(nb: NotebookNode, lesson: Lesson) -> None:
    """Below the title: the same lesson as a notebook that runs in the browser."""
    first = nb.cells[0]
    title, _, rest = first.source.partition("\n")
    link = f'<p class="run-it"><a href="../{lesson.live}">Run this lesson in the browser</a></p>'
    first.source = f"{title}\n\n{link}\n{rest}"


def _copy_with_what_it_links(name: str, folder: Path) -> None:
    """A page, and the files beside it that are no pages: pictures, tables, licences."""
    source = ROOT / name
    text = source.read_text(encoding="utf-8")
    _write(folder / name, text)
    for target in LINK.findall(text):
        file = (source.parent / target).resolve()
        if file.suffix not in (".md", ".ipynb") and file.is_file():
            copy = folder / file.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)


# ---- the landing page ------------------------------------------------------------------------------------------------


def landing() -> str:
    """The first page: `look/landing.md`, filled from the README, so that nothing is said twice."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (lead, for_whom) = re.findall(r"^# .+?\n\n(.+?)\n\n!\[.+?\)\n\n(.+?)\n\n", readme, re.DOTALL)[0]
    picture = re.findall(r"\[!\[[^]]+\]\(docs/lab-[^|]+?\)\]\([^|]+?\)", readme)[0]
    start = lessons(readme)[0]
    parts = {
        "lead": lead,
        "picture": picture,
        "for_whom": for_whom,
        "begin": _button(start.page, "Read the first lesson") + _button(start.live, "Run it in the browser"),
        "lessons": lesson_table(lessons(readme)),
        "links": (LOOK / "links.html").read_text(encoding="utf-8").replace("{{lessons}}", _options(lessons(readme))),
        "pages_of_lessons": "\n".join(f"notebooks/{lesson.stem}" for lesson in lessons(readme)),
        "pages_for_teachers": "\n".join(FOR_TEACHERS),
        "pages_of_the_kit": "\n".join(THE_KIT),
    }
    text = (LOOK / "landing.md").read_text(encoding="utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], text)


def _button(address: str, text: str) -> str:
    return f'<a class="button" href="{address}">{text}</a>\n'


def _options(listed: list[Lesson]) -> str:
    return "\n".join(
        f'<option value="{lesson.stem}">{lesson.number} · {html.escape(lesson.title)}</option>' for lesson in listed
    )


def lesson_table(listed: list[Lesson]) -> str:
    """HTML of the table of lessons, each to be read or run; the links' names tell them apart without their row."""
    rows = []
    for lesson in listed:
        said = f'<span class="unseen"> lesson {lesson.number}</span>'
        doors = f'<a href="{lesson.page}">Read{said}</a> <a href="{lesson.live}">Run{said} in the browser</a>'
        rows.append(
            f'<tr><td class="number">{lesson.number}</td>'
            f'<th scope="row">{html.escape(lesson.title)}<br><span class="what">{html.escape(lesson.what)}</span><br>'
            f'<span class="doors">{doors}</span></th><td class="minutes">{lesson.minutes}</td></tr>'
        )
    heads = '<td></td><th scope="col">Lesson</th><th scope="col">Minutes</th>'
    return f'<table class="lessons"><thead><tr>{heads}</tr></thead><tbody>\n' + "\n".join(rows) + "\n</tbody></table>"
