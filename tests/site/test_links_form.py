"""The form of the landing page: links for Binder and for nbgitpuller, by keyboard, without anything being sent."""

import pytest

from tools.site.pages import LOOK

BINDER, OPENS = "https://mybinder.org/v2/", "?urlpath=lab%2Ftree%2Fnotebooks%2F"
LESSON = "00_start_here"


@pytest.fixture(scope="module")
def page(browser):
    form = (LOOK / "links.html").read_text(encoding="utf-8")
    options = "".join(f'<option value="{stem}">{stem}</option>' for stem in (LESSON, "04_stacked_model"))
    script = (LOOK / "static" / "links.js").read_text(encoding="utf-8")
    form = form.replace("{{lessons}}", options).partition("<script")[0]
    page = browser.new_page()
    page.on("request", lambda request: pytest.fail(f"asks for {request.url}"))
    page.set_content(f"<!doctype html><title>Links</title>{form}<script>{script}</script>")
    yield page
    page.close()


@pytest.fixture(autouse=True)
def emptied(page):
    page.locator("form").evaluate("form => { form.reset(); form.dispatchEvent(new Event('input')); }")


def box(page, label):
    return page.get_by_label(label)


def made(page):
    """Both links, as they are shown."""
    return [page.locator(f"#links-{name}").inner_text() for name in ("binder", "nbgitpuller")]


@pytest.mark.parametrize(
    ("address", "where"),
    [
        ("https://github.com/ada/kit", "gh/ada/kit/HEAD"),
        ("  github.com/ada/kit/ ", "gh/ada/kit/HEAD"),
        ("git@github.com:ada/kit.git", "gh/ada/kit/HEAD"),
        ("https://github.com/ada/kit/tree/autumn", "gh/ada/kit/autumn"),
        ("https://github.com/ada/kit/blob/autumn/notebooks/01_data.ipynb", "gh/ada/kit/autumn"),
        ("https://github.com/ada/kit/issues", "gh/ada/kit/HEAD"),
        ("https://gitlab.com/school/stats/kit", "gl/school%2Fstats%2Fkit/HEAD"),
        ("https://gitlab.com/school/stats/kit/-/tree/autumn", "gl/school%2Fstats%2Fkit/autumn"),
        ("https://git.example.org/ada/kit.git", "git/https%3A%2F%2Fgit.example.org%2Fada%2Fkit/HEAD"),
        ("ssh://git@git.example.org/ada/kit.git", "git/https%3A%2F%2Fgit.example.org%2Fada%2Fkit/HEAD"),
    ],
)
def test_binder_by_the_address_as_people_have_it(page, address, where):
    box(page, "Address of the repository").fill(address)
    assert made(page)[0] == f"{BINDER}{where}{OPENS}{LESSON}.ipynb"


def test_branch_and_lesson_are_chosen(page):
    box(page, "Address of the repository").fill("https://github.com/ada/kit/tree/autumn")
    box(page, "Branch").fill("class/2")
    box(page, "Lesson that opens").select_option("04_stacked_model")
    assert made(page)[0] == f"{BINDER}gh/ada/kit/class%2F2{OPENS}04_stacked_model.ipynb"


@pytest.mark.parametrize("hub", ["https://hub.example.org", "hub.example.org/", "https://hub.example.org/"])
def test_nbgitpuller_for_a_hub(page, hub):
    box(page, "Address of the repository").fill("https://gitlab.com/school/stats/kit.git")
    assert made(page)[1] == "Needs the address of your hub."
    box(page, "Address of your JupyterHub").fill(hub)
    start = "https://hub.example.org/hub/user-redirect/git-pull?repo=https%3A%2F%2Fgitlab.com%2Fschool%2Fstats%2Fkit"
    assert made(page)[1] == f"{start}&urlpath=lab%2Ftree%2Fkit%2Fnotebooks%2F{LESSON}.ipynb"
    box(page, "Branch").fill("autumn")
    assert "&branch=autumn&" in made(page)[1]


def test_a_hub_below_a_path_keeps_it(page):
    box(page, "Address of the repository").fill("https://github.com/ada/kit")
    box(page, "Address of your JupyterHub").fill("https://uni.example.org/jupyter")
    assert made(page)[1].startswith("https://uni.example.org/jupyter/hub/user-redirect/git-pull?repo=")


@pytest.mark.parametrize(
    "address", ["kit", "https://github.com/ada", "C:\\kit", "https://", "javascript:alert(1)//a/b"]
)
def test_what_is_no_address_is_said(page, address):
    box(page, "Address of the repository").fill(address)
    box(page, "Address of your JupyterHub").fill("https://hub.example.org")
    assert all("address of a repository" in said for said in made(page))
    assert page.get_by_role("button").evaluate_all("buttons => buttons.every(button => button.disabled)")


def test_by_keyboard_alone(page):
    """From box to box, to the link and to its button, which copies or, where that is not allowed, marks it."""
    box(page, "Address of the repository").focus()
    for text in ("https://github.com/ada/kit", "", "", "hub.example.org"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    names = []
    for _ in range(4):
        names.append(page.evaluate("() => document.activeElement.id || document.activeElement.dataset.copies"))
        page.keyboard.press("Tab")
    assert names == ["links-binder", "links-binder", "links-nbgitpuller", "links-nbgitpuller"]
    page.get_by_role("button", name="Copy the link for Binder").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.getElementById('links-said').textContent")
    said = page.locator("#links-said").inner_text()
    marked = page.evaluate("() => String(getSelection())")
    assert (said, marked) in (("Copied.", ""), ("Marked: press Ctrl+C to copy.", made(page)[0]))
