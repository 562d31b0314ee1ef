"""start.py site: every page, every link, every picture; what a browser fetches; for eyes, ears and keyboard."""

import os
import re
import subprocess
import sys

import nbformat
import pytest
from browser import browser_tools
from site_tools import EVERYTHING, SHAPE, faults, served

import mlmed_teach as mt
from mlmed_teach.exercises import EXERCISES
from tools.refresh import NOTEBOOKS
from tools.setting_up import ROOT
from tools.site.lessons import lessons
from tools.site.links import dead_links, is_elsewhere, pages

# One of each kind: the landing page with its form, a lesson, code of several programs, the reference.
OF_EACH_KIND = ("index", "notebooks/00_start_here", "docs/teaching/commands", "reference/troubles")
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
PHONE, PROJECTOR = {"width": 390, "height": 844}, {"width": 1920, "height": 1080}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built by the command as a reader runs it."""
    target = tmp_path_factory.mktemp("web space") / "kit"
    command = [sys.executable, "-m", "tools.site.build", "--to", str(target)]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert str(target / "index.html") in done.stdout
    assert (target / ".nojekyll").is_file()  # without it GitHub Pages leaves _static out
    return target


@pytest.fixture(scope="module")
def known(site):
    """What each page holds, by its address from the root of the site."""
    return {path.relative_to(site).as_posix(): page for path, page in pages(site)}


def text_of(site, page):
    return (site / page).read_text(encoding="utf-8")


# ---- the pages -------------------------------------------------------------------------------------------------------


def test_every_lesson_and_every_page_for_teachers_is_there_and_linked_from_the_first(site, known):
    first = known["index.html"].links
    notebooks = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
    assert [lesson.stem for lesson in lessons()] == notebooks
    for lesson in lessons():
        assert lesson.page in known and first.count(lesson.page) >= 2  # in the table and in the sidebar
        assert first.count(lesson.live) >= 1 and f"../{lesson.live}" in known[lesson.page].links
    for path in (ROOT / "docs").rglob("*.md"):
        page = path.relative_to(ROOT).with_suffix(".html").as_posix()
        assert page in known and page in first, page


def test_every_link_and_anchor_leads_somewhere(site, known):
    assert dead_links(site) == []
    walked = sum(len(page.links) for page in known.values())
    assert walked > 40 * len(known)  # sidebars alone have as many
    assert "04_stacked_model.html" in known["notebooks/05_delta_transform.html"].links
    assert "../../README.html#lessons" in known["docs/teaching/README.html"].links


def test_lessons_show_all_pictures_with_their_words_and_all_cards(site, known):
    cards = 0
    for lesson in lessons():
        nb = nbformat.read(lesson.file, 4)
        outputs = [out for cell in nb.cells for out in cell.get("outputs", []) if "data" in out]
        words = [out.metadata["image/png"]["alt"] for out in outputs if "image/png" in out.data]
        text = text_of(site, lesson.page)
        assert [alt for alt in known[lesson.page].pictures if alt in words] == words, lesson
        cards += len(re.findall(r"<b>Exercise \d\d\.\d+\.</b>", text))
        assert "application/vnd.jupyter" not in text
    assert cards >= 0.7 * len(EXERCISES)  # some are asked in a cell of code
    for name in mt.labs.__all__:
        assert any(
            f"mt.labs.{name}(" in cell.source for lesson in lessons() for cell in nbformat.read(lesson.file, 4).cells
        )


def test_no_picture_is_without_words(known):
    assert [(page, held.wordless) for page, held in known.items() if held.wordless] == []


def test_formulas_are_drawn_by_the_browser_itself(site):
    for lesson in lessons():
        text, _, _ = text_of(site, lesson.page).partition('<aside class="toc-drawer')  # which repeats headings
        source = "\n".join(cell.source for cell in nbformat.read(lesson.file, 4).cells if cell.cell_type == "markdown")
        source = re.sub(r"^```.*?^```|`[^`\n]+`", "", source, flags=re.MULTILINE | re.DOTALL)
        formulas = re.findall(r"\$\$.+?\$\$|(?<![\\$])\$[^$\n]+?\$", source, re.DOTALL)
        assert text.count("<math ") == len(formulas), lesson
        assert "<merror" not in text and 'class="math ' not in text


def test_the_reference_has_everything_that_is_public(known):
    wings = {"plots": mt.plots, "labs": mt.labs, "exercises": mt.exercises, "published": mt.published}
    for_other_wings = {"WIDTH", "finish", "light", "names", "styled", "title_lines"}
    wanted = {f"mlmed_teach.{name}" for name in mt.__all__ if name not in wings and name != "__version__"}
    for wing in ("plots", "labs"):
        wanted |= {f"mlmed_teach.{wing}.{name}" for name in wings[wing].__all__ if name not in for_other_wings}
    wanted |= {f"mlmed_teach.{name}" for name in mt._ON_FIRST_USE if name not in wings}
    documented = set().union(*(page.anchors for name, page in known.items() if name.startswith("reference/")))
    assert wanted <= documented, wanted - documented


def test_nothing_is_fetched_from_elsewhere(site, known):
    assert [(page, load) for page, held in known.items() for load in held.loads if is_elsewhere(load)] == []
    for style in (site / "_static").rglob("*.css"):
        fetched = re.findall(r"@import|url\(\s*[\"']?(?!data:)([^)\"']+)", style.read_text(encoding="utf-8"))
        assert not any(map(is_elsewhere, fetched)), style


# ---- in a browser ----------------------------------------------------------------------------------------------------


@pytest.fixture
def open_page(browser):
    """A function that opens a page, with options of Playwright's; all are closed after the test."""
    pages = []

    def opened(**options):
        pages.append(browser.new_page(**options))
        return pages[-1]

    yield opened
    for page in pages:
        page.close()


@pytest.fixture(scope="module")
def address(site):
    with served(site) as address:
        yield address


def test_planted_faults_are_found(open_page):
    page = open_page(viewport=PHONE)
    text = '<p style="color: #ccc; width: 500px">pale and wide</p><img src="data:,">'
    page.set_content(f"<!doctype html><html lang='en'><title>x</title><main><h1>x</h1>{text}</main></html>")
    assert [fault.partition(":")[0] for fault in faults(page, SHAPE)] == ["image-alt"]
    assert [fault.partition(":")[0] for fault in faults(page, EVERYTHING)] == ["color-contrast", "image-alt"]
    assert page.evaluate(TOO_WIDE) > 0


def test_every_page_is_for_all_and_asks_nobody_else(open_page, address, known):
    """By axe-core; nothing is wider than a phone; all requests are for our own files."""
    page = open_page(viewport=PHONE)
    asked, failed, wrong = set(), [], {}
    page.on("request", lambda request: asked.add(request.url))
    page.on("response", lambda answer: failed.append(answer.url) if answer.status >= 400 else None)
    page.on("pageerror", lambda error: failed.append(str(error)))
    for name in known:
        page.goto(address + name)
        found = faults(page, SHAPE)
        found += ["wider than a phone"] if page.evaluate(TOO_WIDE) > 0 else []
        if found:
            wrong[name] = found
    assert wrong == {}
    assert failed == []
    assert len(asked) > len(known)
    assert [url for url in asked if not url.startswith((address, "data:"))] == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_in_both_themes(open_page, address, theme):
    """Colours and all else, on a projector; and pictures are kept, to be looked at."""
    browser_tools.SCREENSHOTS.mkdir(exist_ok=True)
    page = open_page(viewport=PROJECTOR, color_scheme=theme)
    grounds = set()
    for name in OF_EACH_KIND:
        page.goto(f"{address}{name}.html")
        assert faults(page, EVERYTHING) == [], name
        assert page.evaluate(TOO_WIDE) <= 0, name
        grounds.add(page.evaluate("() => getComputedStyle(document.body).backgroundColor"))
        page.screenshot(path=browser_tools.SCREENSHOTS / f"site_{name.replace('/', '_')}_{theme}.png")
    (ground,) = grounds
    assert (sum(map(int, re.findall(r"\d+", ground)[:3])) > 600) == (theme == "light")


def test_the_search_finds_a_lesson_and_a_function(open_page, address):
    page = open_page()
    for sought, found in (("boundary", "notebooks/"), ("mediate", "reference/mediate.html")):
        page.goto(f"{address}search.html?q={sought}")
        page.locator("#search-results li a").first.wait_for()
        links = page.locator("#search-results li a").evaluate_all("links => links.map(link => link.href)")
        assert any(found in link for link in links), sought


def test_what_scrolls_is_reached_by_keyboard(open_page, address):
    page = open_page(viewport=PHONE)
    page.goto(address + "notebooks/04_stacked_model.html")
    wide = page.locator("article :is(pre, .output, .formula)[tabindex='0']").first
    wide.focus()
    assert wide.evaluate("box => box.scrollLeft") == 0
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("box => box.scrollLeft > 0", arg=wide.element_handle())


def test_pages_are_reached_by_keyboard_on_a_phone(open_page, address):
    page = open_page(viewport=PHONE)
    page.goto(address + "index.html")
    link = page.get_by_role("complementary", name="All pages").get_by_role("link", name="4 · The stacked model")
    opens = page.get_by_role("button", name="All pages")
    assert link.count() == 0  # what is outside of the window takes no focus
    opens.focus()
    page.keyboard.press("Enter")
    assert opens.get_attribute("aria-expanded") == "true"
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/notebooks/04_stacked_model.html")
