"""Own data in a real browser: uploaded, analysed, downloaded, by keyboard in JupyterLab and in Notebook 7."""

from pathlib import Path

import pytest

from mlmed_teach import simulate


@pytest.fixture(scope="module")
def view(each_app):
    return each_app["own_data"].in_front()


def test_a_file_is_uploaded_analysed_and_taken_home(view, tmp_path):
    table = simulate(clusters=40, size=6, seed=2).rename(columns={"x": "stress", "m": "sleep", "y": "mood"})
    path = tmp_path / "diary.csv"
    table.to_csv(path, index=False, sep=";", decimal=",")
    view.reset()
    with view.page.expect_file_chooser() as chooser:
        view.control("file").focus()
        view.page.keyboard.press("Enter")
    chooser.value.set_files(path)
    view.root.get_by_text("240 rows (columns separated by semicolons, decimal commas)").wait_for()
    content = path.read_bytes()
    file = {"name": path.name, "type": "text/csv", "size": len(content), "last_modified": 0}
    view.expected.controls["file"].set_state({"value": [file | {"content": memoryview(content)}]})
    for role, column in {"x": "stress", "m": "sleep", "y": "mood"}.items():
        view.set(role, column)
        assert view.control(role).input_value() == column
    view.set("run", None)
    view.settle()
    assert view.notice().count() == 0
    assert view.tasks()[0].startswith("Done: ")
    for name, ending in (("HTML", "html"), ("Markdown", "md")):
        link = view.root.get_by_role("link", name=f"Report as {name}")
        link.focus()
        with view.page.expect_download() as download:
            view.page.keyboard.press("Enter")
        assert download.value.suggested_filename == f"mediation_report.{ending}"
        text = Path(download.value.path()).read_text(encoding="utf-8")
        assert "multilevel mediation model" in text and "stress" in text
    lines = view.root.locator("pre").inner_text()
    assert 'table = pd.read_csv("diary.csv", sep=";", decimal=",")' in lines


def test_columns_are_suggested_and_arrow_keys_stay_in_the_box(view):
    view.reset()
    box = view.control("m")
    suggested = "box => [...box.list.options].map(option => option.value).join()"
    view.page.wait_for_function(f"box => ({suggested})(box) === 'id,x,m,y'", arg=box.element_handle())
    box.focus()
    for key in ("ArrowDown", "ArrowUp", "End", "Home"):
        view.page.keyboard.press(key)
        assert box.evaluate("box => document.activeElement === box")
    view.page.keyboard.press("Escape")  # closes the suggestions
    view.type("m", "z")
    view.expected.controls["m"].value = "z"
    view.set("run", None)
    view.notice().filter(has_text="There is no column 'z', named for m.").wait_for()
    view.set("m", "m")
    view.set("run", None)
    view.settle()


def test_tab_alone_visits_every_control(view):
    view.reset()
    view.control("file").focus()
    seen = []
    for _ in range(30):
        seen.append(
            view.page.evaluate(
                "() => document.activeElement.labels?.[0]?.innerText ?? document.activeElement.innerText"
            ).strip()
        )
        if seen[-1] == "Reset":
            break
        view.page.keyboard.press("Tab")
    wanted = ["or its path", "x", "m", "y", "clusters", "within and between apart", "leave out incomplete rows", "Run"]
    assert seen[0].startswith("Open a file")
    assert [text for text in seen if text in wanted] == wanted
    assert seen[-1] == "Reset" and all(seen)
