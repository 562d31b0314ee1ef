"""What a picture shows, in words: read off the figure itself, with its numbers."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pytest

import mlmed_teach as mt
from mlmed_teach.plots.in_words import in_words
from tools.refresh import NOTEBOOKS
from tools.stored import read


def test_a_diagram_is_told_with_the_numbers_of_its_paths():
    ax = mt.plots.path_diagram(a=0.61, b=0.62, cprime=0.22, cov_ab=0.099)
    words = in_words(ax.figure)
    for part in ("through m", "a = 0.610", "b = 0.620", "c' = 0.220", "cov(a_j, b_j) = 0.099"):
        assert part in words
    assert "$" not in words and "\\" not in words


def test_intervals_are_told_row_by_row(med):
    words = in_words(mt.plots.effect_intervals(med.to_frame()).figure)
    low, high = med.indirect.ci
    assert f"indirect: {low:.3g}, {med.indirect.estimate:.3g}, {high:.3g}." in words


def test_lines_are_told_by_their_slopes(df):
    figure = mt.plots.within_between(df, x="x", y="m", group="id").figure
    away = df[["x", "m"]] - df.groupby("id")[["x", "m"]].transform("mean")
    slope = np.polyfit(away["x"], away["m"], 1)[0]
    words = in_words(figure)
    assert "Panel 1: Between" in words and f"800 points and 1 line, with slope {slope:.3g}" in words


def test_bars_names_and_the_key_are_told():
    fig, ax = plt.subplots()
    ax.bar(["small", "large"], [1.5, -2.25], label="size")
    ax.set(title="How large?", ylabel="size in cm")
    ax.legend()
    words = in_words(fig).replace("\N{MINUS SIGN}", "-")
    assert words == "How large? Upwards: size in cm, from -2.44 to 1.69. small: 1.5. large: -2.25. Key: size."


def test_an_empty_picture_is_told_as_such():
    assert in_words(plt.figure()) == "An empty picture."


@pytest.mark.parametrize("draw", ["imshow", "pie", "polar", "plot_nothing", "text"])
def test_pictures_of_other_kinds_do_not_stop_it(draw):
    fig = plt.figure()
    ax = fig.add_subplot(projection="polar" if draw == "polar" else None)
    {
        "imshow": lambda: ax.imshow(np.eye(3)),
        "pie": lambda: ax.pie([1, 2], labels=["a", "b"]),
        "polar": lambda: ax.plot([0, 1], [1, 2]),
        "plot_nothing": lambda: ax.plot([], []),
        "text": lambda: ax.text(0.5, 0.5, "50 $\\times$ 2"),
    }[draw]()
    words = in_words(fig)
    assert words.endswith(".")
    if draw == "text":
        assert "Written in it: 50 × 2." in words


@pytest.mark.parametrize("lesson", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_every_stored_picture_has_an_alternative_and_those_of_a_cell_stand_below_it(lesson):
    pictures = 0
    for cell in read(lesson).cells:
        outputs = [output for output in cell.get("outputs", ()) if "data" in output]
        told = [output.data["text/html"] for output in outputs if "<details>" in output.data.get("text/html", "")]
        drawn = [output for output in outputs if "image/png" in output.data]
        assert all(output.metadata["image/png"]["alt"] for output in drawn)
        figures = [output.data["text/plain"] for output in drawn if "mt." not in output.data["text/plain"][:3]]
        assert [re.sub(r"<[^>]+>", "", html).removeprefix("The picture in words") for html in told] == [
            text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for text in figures
        ]
        pictures += len(figures)
    assert pictures >= 1  # a lab has its own words
