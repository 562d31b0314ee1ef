"""The teacher's guide agrees with the lessons: names, minutes and numbers, each by looking or computing."""

import re
import shutil
import subprocess

import nbformat
import pytest

import mlmed_teach as mt
from mlmed_teach.exercises import EXERCISES, PREDICTIONS
from tools.refresh import NOTEBOOKS
from tools.setting_up import ROOT
from tools.stored import output_texts

GUIDE = ROOT / "docs" / "teaching"
PAGES = {path.name: path.read_text(encoding="utf-8") for path in sorted(GUIDE.glob("*.md"))}
BY_PAGE = pytest.mark.parametrize("page", PAGES)
LESSONS = {path.stem[:2]: nbformat.read(path, 4) for path in sorted(NOTEBOOKS.glob("*.ipynb"))}
LABS = {
    "paths",
    "reshape",
    "likelihood",
    "delta",
    "intervals",
    "sampling",
    "levels",
    "own_data",
    "moderation",
    "planning",
    "confounding",
}
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WORDS_SPOKEN, WORDS_READ = 130, 200  # a minute


def prose(text):
    return FENCED.sub("", text)


def blocks(page, language):
    return [code for kind, code in FENCED.findall(PAGES[page]) if kind == language]


def rows(text):
    """Cells of the rows of all tables, heads and rulers left out."""
    for table in re.findall(r"(?:^\|.*\n)+", text + "\n", re.MULTILINE):
        for line in table.splitlines()[2:]:
            yield [cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def sections(text, level=2):
    """Heading and text of each section."""
    return re.findall(rf"^#{{{level}}} ([^\n]+)\n(.*?)(?=^#{{1,{level}}} |\Z)", prose(text), re.MULTILINE | re.DOTALL)


def minutes_of_lessons():
    """Minutes by lesson; "50 + 30" is 80."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    lessons = [row for row in rows(readme) if len(row) == 4 and row[0].isdigit()]
    return {row[0].zfill(2): sum(map(int, row[-1].split(" + "))) for row in lessons}


def exercises_in(text):
    return re.findall(r"\bE (\d\d\.\d+)", text)


def minutes_of_exercises(ids):
    return sum(EXERCISES[id].minutes for id in ids)


def plain(text):
    """Words of a table's cell without the marks of Markdown and LaTeX."""
    for mark, letter in {r"\mathrm{cov}": "cov", r"\sigma^2": "σ²", r"\Sigma": "Σ"}.items():
        text = text.replace(mark, letter)
    return re.sub(r"[$*`{}]", "", text).strip()


# ---- what is named is there ------------------------------------------------------------------------------------------


@BY_PAGE
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\((.+?)\)", PAGES[page]):
        path, _, anchor = target.partition("#")
        file = (GUIDE / path).resolve() if path else GUIDE / page
        assert file.is_file(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def test_index_names_every_page_and_how_long_it_takes_to_read():
    listed = {re.search(r"\((.+?)\)", first)[1]: int(minutes) for first, _, minutes in rows(PAGES["README.md"])}
    assert listed == {
        page: round(len(re.findall(r"\w[\w'.-]*", prose(text))) / WORDS_READ)
        for page, text in PAGES.items()
        if page != "README.md"
    }


@BY_PAGE
def test_predictions_and_exercises_that_are_named_exist(page):
    assert set(re.findall(r"\bP (\d\d\.\d)", PAGES[page])) <= set(PREDICTIONS)
    assert set(exercises_in(PAGES[page])) <= set(EXERCISES)


def test_labs_that_are_named_exist_with_their_missions():
    missing = set()
    for text in PAGES.values():
        for name, numbers in re.findall(r"`mt\.labs\.(\w+)\(\)`(?:, missions? ((?:\d|,| and )+))?", text):
            assert name in LABS
            if name not in mt.labs.__all__:
                missing.add(name)
            elif numbers:
                assert max(map(int, re.findall(r"\d", numbers))) <= len(getattr(mt.labs, name)().missions)
    if missing:
        pytest.skip(f"not built yet: {missing}")


@BY_PAGE
def test_commands_of_start_py_exist(page):
    from tools.run import COMMANDS

    assert set(re.findall(r"start\.py (\w+)", PAGES[page])) <= set(COMMANDS)


@BY_PAGE
def test_sections_of_lessons_and_their_questions_exist(page):
    for lesson, title in re.findall(r'lesson (\d+), "(.+?)"', PAGES[page]):
        assert any(title in cell.source for cell in LESSONS[lesson.zfill(2)].cells), (lesson, title)


def test_misconceptions_cover_every_lesson_and_every_prediction():
    found = sections(PAGES["misconceptions.md"])
    assert [heading.partition(" ")[0].zfill(2) for heading, _ in found] == list(LESSONS)
    for heading, text in found:
        lesson = heading.partition(" ")[0].zfill(2)
        assert {id for id in PREDICTIONS if id[:2] == lesson} <= set(re.findall(r"\bP (\d\d\.\d)", text)), heading
        assert any(id.startswith(lesson) for id in exercises_in(text)), heading
    assert set(exercises_in(PAGES["misconceptions.md"])) == set(EXERCISES)
    questions = len(sections(PAGES["concept_questions.md"]))
    assert {int(n) for text in PAGES.values() for n in re.findall(r"\bCQ (\d+)", text)} <= set(range(1, questions + 1))


def test_glossary_says_what_lesson_0_says():
    """Each symbol and each word of the lesson has a row that begins with the lesson's meaning."""
    pairs = [row for row in rows(PAGES["glossary.md"]) if len(row) == 2]
    listed = {plain(word).lower(): plain(meaning) for word, meaning in pairs}
    assert len(listed) == len(pairs)
    (symbols,) = [cell.source for cell in LESSONS["00"].cells if "| Symbol | Meaning |" in cell.source]
    (words,) = [cell.source for cell in LESSONS["00"].cells if "* **Average effect**" in cell.source]
    meanings = [*rows(symbols), *re.findall(r"^\* \*\*(.+?)\*\*: (.+?)(?: \(lesson \d+\))?\.$", words, re.MULTILINE)]
    assert len(meanings) == symbols.count("\n|") - 2 + words.count("* **")
    for word, meaning in meanings:
        assert listed[plain(word).lower()].startswith(plain(meaning)), word


# ---- the clock -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 2])
def test_a_class_fills_ninety_minutes_and_leaves_time_beside_speaking(number):
    (text,) = [text for heading, text in sections(PAGES["run_sheets.md"]) if heading.startswith(f"Class {number}:")]
    at = 0
    for time, say, ask, *_ in rows(text):
        begin, end = (60 * int(h) + int(m) for h, m in re.findall(r"(\d):(\d\d)", time))
        assert begin == at and end > begin, time
        assert len(say.split()) / WORDS_SPOKEN <= (end - begin) / 2, time
        assert len(say.split()) / WORDS_SPOKEN + minutes_of_exercises(exercises_in(ask)) <= end - begin, time
        at = end
    assert at == 90


def test_homework_takes_as_long_as_its_lessons_and_their_exercises():
    lessons_in = r"\*\*Homework:\*\* lessons (\d) to (\d)(?: and (\d))? ?[^,]*, (\d+) minutes, and (\d+) for"
    found = re.findall(lessons_in, PAGES["run_sheets.md"])
    assert len(found) == 2
    for first, last, another, minutes, exercises in found:
        lessons = {f"{n:02}" for n in [*range(int(first), int(last) + 1), *map(int, another)]}
        assert sum(minutes_of_lessons()[lesson] for lesson in lessons) == int(minutes)
        assert minutes_of_exercises(id for id in EXERCISES if id[:2] in lessons) == int(exercises)


def test_evenings_take_as_long_as_their_lessons():
    minutes = minutes_of_lessons()
    (text,) = [text for heading, text in sections(PAGES["run_sheets.md"]) if heading == "Four evenings alone"]
    done = []
    for _, what, length, exercises, length_of_exercises, *_ in rows(text):
        lessons = [number.zfill(2) for number in re.findall(r"\d+", what.partition(";")[0])]
        assert sum(minutes[lesson] for lesson in lessons) == int(length)
        assert {id[:2] for id in exercises_in(exercises)} == set(lessons)
        assert minutes_of_exercises(exercises_in(exercises)) == int(length_of_exercises)
        done += lessons
    of_a_lesson = [minutes_of_exercises(id for id in EXERCISES if id[:2] == lesson) for lesson in minutes]
    assert f"take {min(of_a_lesson)} to {max(of_a_lesson)} minutes" in text
    left = [lesson for lesson in minutes if lesson not in done]
    assert re.search(r"lessons remain, (\d+) minutes", text)[1] == str(sum(minutes[lesson] for lesson in left))
    assert set(left) == {number.zfill(2) for number in re.findall(r"lesson (\d+)", text.partition("remain")[2])}


# ---- numbers ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def names():
    """What the index's Python defines."""
    found = {}
    (code,) = blocks("README.md", "python")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        exec(code, found)
    return found


def agrees(value, written):
    """Whether a number rounds to what is written."""
    decimals = len(written.partition(".")[2])
    return abs(float(value) - float(written)) <= 0.5000001 * 10.0**-decimals


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "computed")])
def test_numbers_are_what_their_python_gives(page, names):
    (lines,) = blocks(page, "computed")
    text = PAGES[page].replace(lines, "")
    for line in lines.splitlines():
        expression, _, written = line.rpartition(" -> ")
        assert agrees(eval(expression, names), written), line
        assert re.search(rf"(?<![\d.]){re.escape(written)}(?!\d)", text), f"{written} is computed, but not on the page"


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "shown")])
def test_numbers_of_lessons_stand_in_their_outputs(page):
    for line in blocks(page, "shown")[0].splitlines():
        lesson, _, words = line.partition(" ")
        shown = [
            text for cell in LESSONS[lesson].cells for out in cell.get("outputs", []) for text in output_texts(out)
        ]
        assert any(words in text for text in shown), line


# ---- questions -------------------------------------------------------------------------------------------------------


def test_twelve_concept_questions_with_four_options_each_explained():
    found = sections(PAGES["concept_questions.md"])
    assert [int(heading.partition(" ")[0]) for heading, _ in found] == list(range(1, 13))
    for heading, text in found:
        assert re.search(r"\(lessons? [\d, ]+\)$", heading), heading
        options, _, reasons = text.partition("\n**")
        assert re.findall(r"(?:^|· |\s)([A-D])\) ", options) == list("ABCD"), heading
        right = reasons[0]
        others = set("ABCD") - {right}
        explained = set(re.findall(r"(?:^|[.;?*] |\n)([A-D]):", reasons.partition("**Contrast")[0]))
        assert reasons[1:3] == ".*" and explained == others, heading
        assert "**Contrast:**" in reasons


def test_right_answers_are_not_always_the_same_letter():
    letters = re.findall(r"^\*\*([A-D])\.\*\*", PAGES["concept_questions.md"], re.MULTILINE)
    assert len(letters) == 12 and max(map(letters.count, "ABCD")) <= 7


def test_quiz_has_a_key_for_every_question():
    questions = re.findall(r"^(\d+)\. ", PAGES["quiz.md"].partition("## Key")[0], re.MULTILINE)
    key = [row[0] for row in rows(PAGES["quiz.md"])]
    assert questions == key == [str(number) for number in range(1, 11)]


# ---- commands --------------------------------------------------------------------------------------------------------


def commands_of(column):
    """Commands of one program in the first table: those in backticks."""
    table = PAGES["commands.md"].partition("| Step | SAS")[0]
    return [row[column].strip("`") for row in rows(table) if row[column].startswith("`")]


def test_python_commands_run(names, df):
    for command in commands_of(3):
        assert eval(command, names) is not None
    (code,) = blocks("commands.md", "python")
    mine = dict(names)
    exec(code, mine)
    assert mine["covariance"]["se"] == mine["fit"].re_params.loc["cov(smx,sym)", "se"]
    assert mine["effects"].indirect.estimate == names["eff"].indirect.estimate


def test_r_commands_run_and_agree(names):
    if shutil.which("Rscript") is None:
        pytest.skip("needs R (apt-get install r-base-core)")
    wanted = 'quit(status = !all(sapply(c("nlme", "glmmTMB", "numDeriv"), requireNamespace, quietly = TRUE)))'
    if subprocess.run(["Rscript", "-e", wanted], capture_output=True).returncode:
        pytest.skip("needs R's nlme, glmmTMB and numDeriv")
    (code,) = blocks("commands.md", "r")
    code += "\n".join(f"invisible({{{command}}})" for command in commands_of(2))
    done = subprocess.run(["Rscript", "-e", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    cov, se_cov, indirect, se, se_joint = map(float, done.stdout.split()[-5:])
    effect = names["eff"].indirect
    # R's programs stop a little before the optimum; four digits are what the page claims.
    assert cov == pytest.approx(names["cov_ab"], abs=5e-6)
    assert se_cov == pytest.approx(names["fit"].re_params.loc["cov(smx,sym)", "se"], abs=5e-6)
    assert (indirect, se) == (pytest.approx(effect.estimate, abs=5e-5), pytest.approx(effect.se, abs=5e-5))
    (line,) = re.findall(r"^The last line prints .*$", PAGES["commands.md"], re.MULTILINE)
    assert all(map(agrees, (cov, se_cov, indirect, se, se_joint), re.findall(r"\.\d{4}", line)))
