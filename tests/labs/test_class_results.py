"""The lines of a class, as students paste them."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from mlmed_teach import MlmedError, labs

LINES = ["1: .471 [.360, .580] 100x8 wald normal", "2: .340 [.231, .449] 100x8 wald normal"]


@pytest.mark.parametrize(
    "line",
    [
        "1:.471[.360,.580]100x8 wald normal",
        "  1 :\t.471  [ .360 ,\t.580 ]  100 x 8   wald\tnormal  ",
        "1: 0,471 [0,360, 0,580] 100x8 wald normal",
        "1: ,471 [,360,,580] 100x8 wald normal",
        "1: ,471 [,360; ,580] 100x8 wald normal",
        "1: 0.471 [0.360 0.580] 100\u00d78 Wald Normal",
        "> 1: .471 [.360, .580] 100x8 wald normal (Ann)",
        "1; .471 (.360, .580) 100x8 wald normal",
    ],
)
def test_a_line_is_read_however_it_was_pasted(line):
    found = labs.class_intervals(line)
    assert found.iloc[0].tolist() == [1, 0.471, 0.36, 0.58, 100, 8, "wald", "normal", "holds it"]
    assert found.notes == []


def test_negative_numbers_and_missing_intervals():
    found = labs.class_intervals("3: -.012 [\u2212.2, .176] 10x20 monte_carlo skewed\n4: .500 [none] 10x20 wald skewed")
    assert found["low"].tolist() == pytest.approx([-0.2, np.nan], nan_ok=True)
    assert found["method"].tolist() == ["monte_carlo", "wald"]
    assert found["outcome"].tolist() == ["ends below", "no interval"]
    assert found.coverage == 0


def test_a_class_adds_up_sorted_with_its_coverage():
    found = labs.class_intervals("\n\n".join([*LINES, "3: .700 [.590, .810] 100x8 wald normal"]))
    assert found["seed"].tolist() == [2, 1, 3]
    assert found["outcome"].tolist() == ["ends below", "holds it", "begins above"]
    assert found.coverage == pytest.approx(1 / 3)
    assert found.mc_error == pytest.approx(np.sqrt(2 / 27))
    for text in (repr(found), found._repr_html_()):
        assert "1 of 3 intervals hold the truth, 0.473: coverage 33.3%" in " ".join(text.split())


def test_doubled_lines_count_once_bad_ones_are_named_and_odd_ones_told():
    bad = ["hello", "5: .4 [.3] 100x8 wald normal", "6: .4 [.5, .3] 100x8 wald normal"]
    found = labs.class_intervals("\n".join([LINES[0], LINES[0] + " ", *bad, LINES[1].replace("2:", "1:")]))
    assert len(found) == 2
    assert [note for note in found.notes if note.startswith("Line")] == [
        f"Line {at} could not be read and is left out: {line!r}." for at, line in enumerate(bad, 3)
    ]
    assert "1 line came twice and counts once." in found.notes
    assert any(note.startswith("Seed 1 came with more than one result") for note in found.notes)
    none = labs.class_intervals("4: .500 [none] 10x20 wald skewed\n4: .500 [none] 10x20 wald skewed")
    assert len(none) == 1 and np.isnan(none.coverage)
    assert "None of 1 sample has an interval." in repr(none)


def test_lines_of_several_designs_are_told():
    found = labs.class_intervals(LINES[0] + "\n" + LINES[1].replace("100x8", "50x4"))
    assert found.notes == ["The lines are of 2 designs and methods: their coverages need not be alike."]


@pytest.mark.parametrize("text", ["", "  \n\t\n", "no line at all"])
def test_no_line_at_all_is_answered_with_an_example(text):
    with pytest.raises(MlmedError, match=r"A line looks like this: 1234: \.471"):
        labs.class_intervals(text)


def test_something_else_than_text_is_refused():
    with pytest.raises(MlmedError, match="one text"):
        labs.class_intervals(LINES)


def test_what_the_lab_shows_is_what_is_read():
    lines = []
    for seed in range(3):
        lab = labs.sampling(seed)
        lines.append(lab.state.line)
        lab.controls["method"].value = "monte_carlo"
        lines.append(lab.state.line)
    found = labs.class_intervals("\n".join(lines))
    assert sorted(set(found["seed"])) == [0, 1, 2] and len(found) == 6
    assert found.notes == ["The lines are of 2 designs and methods: their coverages need not be alike."]


def test_the_picture_shows_every_sample():
    found = labs.class_intervals("\n".join([*LINES, "4: .500 [none] 100x8 wald normal"]))
    ax = found.plot()
    assert [text.get_text() for text in ax.figure.legends[0].get_texts()] == [
        "holds it: 1",
        "misses it: 1",
        "no interval: 1",
    ]
    assert "0.473" in ax.get_title()
    plt.close(ax.figure)
    figure, own = plt.subplots()
    assert found.plot(ax=own) is own
    plt.close(figure)
