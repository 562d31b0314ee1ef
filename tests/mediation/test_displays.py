"""What a result prints: every number under its head and beside its name, as text and as HTML."""

import html
import re

import mlmed_teach as mt
from mlmed_teach.show import fixed, stata_number

TEXT_HEADS = "Estimate  Std. Err.        z   P>|z|   [95% Conf.   Interval]"
HTML_HEADS = ["Estimate", "Std. Err.", "z", "P>|z|", "95% low", "95% high"]
BETWEEN_MINUS_WITHIN = ["a: between - within", "b: between - within", "c': between - within"]


def text_rows(text):
    """Label and cells of every row of the text tables; heads have the label ""."""
    lines = [line.split("|", 1) for line in text.splitlines() if "|" in line]
    return [(label.strip(), cells.strip()) for label, cells in lines]


def html_rows(text):
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall(r"<tr.*?</tr>", text)]
    texts = [[html.unescape(cell) for cell in row] for row in rows]
    return [(row[0], row[1:]) for row in texts if len(row) > 1]  # the others are remarks


def cells_of(row):
    """A row of `to_frame` as Stata prints it."""
    return [*map(stata_number, row[["estimate", "se"]]), fixed(row["z"], 2), fixed(row["p"], 3),
            *map(stata_number, row[["ci low", "ci high"]])]  # fmt: skip


def assert_shown(text, page, tables):
    """Both displays hold these tables, which are frames with the labels of their rows, in this order."""
    rows, cells = [], []
    for head, parts in tables:
        rows.append(("", TEXT_HEADS))
        cells.append((head, HTML_HEADS))
        for frame, labels in parts:
            assert len(frame) == len(labels)
            for label, (_, row) in zip(labels, frame.iterrows(), strict=True):
                rows.append((label, " ".join(cells_of(row))))
                cells.append((label, cells_of(row)))
    assert [(label, " ".join(found.split()) if label else found) for label, found in text_rows(text)] == rows
    assert html_rows(page) == cells


def test_numbers_stand_under_their_heads(med):
    effects = [f"average {kind} effect" for kind in ("indirect", "direct", "total")]
    paths = ["a", "b", "c'", "cov(a_j, b_j)"]
    tables = [("Effect", [(med.to_frame(), effects)]), ("Path", [(med.paths, paths)])]
    assert_shown(med.summary(), med._repr_html_(), tables)
    steps = mt.effects(med.fit)
    assert_shown(steps.summary(), steps._repr_html_(), [("", [(med.to_frame(), effects)])])
    for name, value in zip(paths, med.paths["estimate"], strict=True):
        assert f"{name} = {stata_number(value)}" in steps.summary()


def test_numbers_of_both_levels_stand_beside_their_names(levels):
    _, med = levels
    kinds = ("indirect", "direct", "total")
    within = [f"average {kind} effect within clusters" for kind in kinds]
    latent, observed = (
        [f"{kind} effect between clusters ({means} means)" for kind in kinds] for means in ("latent", "observed")
    )
    letters = ("a", "b", "c'")
    paths = [*(f"{letter} within clusters" for letter in letters), "cov(a_j, b_j)"]
    of_latent, of_observed = (
        [f"{letter} between clusters ({means} means)" for letter in letters] for means in ("latent", "observed")
    )
    effects, beyond = med.to_frame(), [f"{letter}: between - within" for letter in letters]
    own = med.latent.to_frame()
    tables = [
        ("Effect", [(effects.iloc[:3], within), (own.iloc[:3], latent), (effects.iloc[3:], observed)]),
        (
            "Path",
            [
                (med.paths.iloc[:4], paths),
                (own.iloc[3:], of_latent),
                (med.paths.iloc[4:], of_observed),
                (med.latent.contextual, [f"{label} (latent)" for label in beyond]),
                (med.contextual, [f"{label} (observed)" for label in beyond]),
            ],
        ),
    ]
    assert_shown(med.summary(), med._repr_html_(), tables)
    for name, sd in zip(("a_j", "b_j", "c'_j"), med.sd_slopes, strict=True):
        assert f"{name} {stata_number(sd)}" in med.summary()
    steps = mt.effects(med.fit).summary()
    assert f"Within clusters: a = {stata_number(med.within.a.estimate)}" in steps
    assert f"Between clusters: a = {stata_number(med.between.a.estimate)}" in steps


def test_tables_have_one_row_for_each_effect_and_the_same_columns(levels):
    _, med = levels
    for frame in (med.to_frame(), med.paths, med.contextual):
        assert list(frame.columns) == ["estimate", "se", "z", "p", "ci low", "ci high"]
    assert list(med.contextual.index) == ["a", "b", "cprime"]
