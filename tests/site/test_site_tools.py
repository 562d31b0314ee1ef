"""The walker finds planted faults, the landing page is filled from the README, a foreign folder is left alone."""

import re

import pytest

from tools.setting_up import Problem
from tools.site import build, reference
from tools.site.lessons import lessons
from tools.site.links import dead_links, is_elsewhere, pages
from tools.site.mend import mended
from tools.site.pages import landing


def write(folder, **texts):
    for name, text in texts.items():
        path = folder / f"{name.replace('__', '/')}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    "link",
    ["gone.html", "there.html#gone", "#gone", "../there.html", "empty/", "lite/lab/index.html?path=notebooks/09.ipynb"],
)
def test_a_link_that_leads_nowhere_is_found(tmp_path, link):
    (tmp_path / "empty").mkdir()
    (tmp_path / "lite" / "files" / "notebooks").mkdir(parents=True)
    (tmp_path / "lite" / "files" / "notebooks" / "01.ipynb").touch()
    right = [
        "there.html",
        "there.html#here",
        "#top",
        "lite/lab/index.html?path=notebooks/01.ipynb",
        "https://example.org/x",
    ]
    links = "".join(f'<a href="{one}">x</a>' for one in (*right, "mailto:a@example.org", link))
    write(
        tmp_path, index=f'<p id="top">{links}</p>', there='<h2 id="here">x</h2>', lite__lab__index="<a href='x'>x</a>"
    )
    assert dead_links(tmp_path) == [f"index.html: {link}"]


def test_files_that_are_not_there_and_pictures_without_words_are_found(tmp_path):
    loads = (
        '<script src="a.js"></script><img src="b.png" alt=" "><link rel="stylesheet" href="https://example.org/c.css">'
    )
    write(tmp_path, index=loads)
    assert dead_links(tmp_path) == ["index.html: a.js", "index.html: b.png"]
    ((_, page),) = pages(tmp_path)
    assert page.wordless == ["b.png"]
    assert [is_elsewhere(load) for load in page.loads] == [False, False, True]


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path, capsys):
    (tmp_path / "precious").touch()
    assert build.main(["--to", str(tmp_path)]) == 1
    assert "something else" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]


def test_a_folder_of_our_own_is_emptied(tmp_path):
    (tmp_path / build.MADE_HERE).touch()
    (tmp_path / "old.html").touch()
    build._clear(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [build.MADE_HERE]


def test_the_readmes_table_is_read_as_it_stands():
    text = "| 3 | [Re & shape](notebooks/03_reshape.ipynb) | stack `y` on m | 50 + 30 |\n"
    (lesson,) = lessons(text)
    assert (lesson.number, lesson.title, lesson.stem, lesson.minutes) == (3, "Re & shape", "03_reshape", "50 + 30")
    assert lesson.live.endswith("?path=notebooks/03_reshape.ipynb")


def test_a_part_that_cannot_be_built_is_said_in_words(tmp_path, capsys, monkeypatch):
    def fails(*_):
        raise Problem("no such part")

    monkeypatch.setattr(build, "_pages", lambda source, made, *_: made.mkdir())
    monkeypatch.setattr(build.lite, "build_lite", fails)
    assert build.main(["--to", str(tmp_path / "site")]) == 1
    assert capsys.readouterr().err == "no such part\n"


def test_the_landing_page_is_filled():
    text = landing()
    assert "{{" not in text
    assert text.count("notebooks/00_start_here.html") >= 2


def test_heads_that_say_nothing_are_mended():
    assert mended('<th class="head"><p></p></th><th></th><th>z</th>') == '<td class="head"></td><td></td><th>z</th>'


def test_every_name_of_the_reference_is_where_it_is_looked_for_and_on_one_page():
    names = [name for group in reference.GROUPS for name in (*group.names, *group.results)]
    assert len(names) == len(set(names))
    for group in reference.GROUPS:
        directives = re.findall(r"^\.\. auto(\w+):: mlmed_teach\.(.+)$", reference.page_of(group), re.MULTILINE)
        assert [name for _, name in directives] == [*group.names, *group.results]
        assert {kind for kind, name in directives if name in group.results} <= {"class"}
