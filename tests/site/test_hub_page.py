"""The page for those who run a hub: a row for every lesson, and advice that follows from the rows."""

import re

from tools.setting_up import ROOT
from tools.site.lessons import lessons

PAGE = (ROOT / "docs" / "hub.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| (\d+|the server itself) \| (\d+) \|$", PAGE, re.MULTILINE))


def test_memory_was_measured_for_every_lesson_and_the_server():
    """A lesson is missing? python benchmarks/kernels.py NN prints its row."""
    assert list(ROWS) == [str(lesson.number) for lesson in lessons()] + ["the server itself"]


def test_the_advice_follows_from_the_rows():
    *kernels, server = map(int, ROWS.values())
    (allowed,) = map(float, re.findall(r"Allow \*\*([\d.]+) GB\*\*", PAGE))
    (guaranteed,) = map(int, re.findall(r"Guarantee (\d+) MB", PAGE))
    kernels.sort()
    assert server + kernels[-1] + 2 * kernels[-3] <= 1000 * allowed
    assert server + kernels[len(kernels) // 2] <= guaranteed
    (largest,) = re.findall(r"^\* Lesson (\d+) draws", PAGE, re.MULTILINE)
    assert int(ROWS[largest]) == kernels[-1]


def test_the_lessons_that_need_the_data_folder_are_named():
    (named,) = re.findall(r"lessons ([\d, and]+) read `data/`", PAGE)
    reading = [lesson.number for lesson in lessons() if "../data/" in lesson.file.read_text(encoding="utf-8")]
    assert list(map(int, re.findall(r"\d+", named))) == reading
