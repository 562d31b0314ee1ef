"""The registry of the FAQ's figures is whole, and a comparison with it cannot pass by accident."""

import tomllib
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

import mlmed_teach as mt
from mlmed_teach import published
from mlmed_teach.faq.data_files import data_file


class Result:
    def __init__(self, figures):
        self._figures = figures

    def figures(self):
        return self._figures


def page(section):
    return dict(published.table(section)[["quantity", "value"]].itertuples(index=False))


def unit(printed):
    return float(Decimal(10) ** Decimal(printed).as_tuple().exponent)


def strings(block):
    """Every string in a parsed TOML table, apart from titles and column names."""
    if isinstance(block, str):
        return [block] if block else []
    if isinstance(block, list):
        return [text for item in block for text in strings(item)]
    return [text for key, item in block.items() if key not in ("title", "columns") for text in strings(item)]


def test_table_lists_every_string_of_the_file_once():
    content = tomllib.loads(data_file("published.toml").read_text(encoding="utf-8"))
    stopped_early = content.pop("stopped early")
    table = published.table()
    assert sorted(table["printed"]) == sorted(strings(content))
    assert not table.duplicated(["section", "quantity"]).any()
    assert list(content) == list(published.SECTIONS) == list(table["section"].unique())
    for section, blocks in content.items():
        assert sorted(published.table(section)["printed"]) == sorted(strings(blocks))
    for section, units in stopped_early.items():
        assert set(units) <= set(published.table(section)["quantity"])
        assert all(isinstance(number, int) and number > 1 for number in units.values())


def test_figures_where_stata_stopped_early_have_their_stated_allowance_and_no_more():
    section, quantity, units = (
        "y on m and x",
        "var(x): estimate",
        published.STOPPED_EARLY["y on m and x"]["var(x): estimate"],
    )
    figures = page(section)
    printed = published.table(section).set_index("quantity").loc[quantity, "printed"]
    for off, agrees in ((units, True), (units + 1, False)):
        shifted = Result(figures | {quantity: figures[quantity] - off * unit(printed)})
        assert published.compare(shifted, section).set_index("quantity").loc[quantity, "agrees"] == agrees
        assert not published.compare(shifted, section, rtol=0).agrees.all()


def test_table_gives_strings_and_their_values():
    table = published.table()
    assert list(table.columns) == ["section", "quantity", "printed", "value"]
    assert [float(text) for text in table["printed"]] == table["value"].tolist()


def test_table_can_be_changed_without_changing_the_registry():
    table = published.table("effects")
    table["value"] = 0.0
    assert (published.table("effects")["value"] != 0).all()


@pytest.mark.parametrize("section", published.SECTIONS)
def test_the_page_agrees_with_itself_at_any_tolerance(section):
    for rtol in (0, published.STATA_RTOL):
        frame = published.compare(Result(page(section)), section, rtol=rtol)
        assert list(frame.columns) == ["quantity", "FAQ", "here", "difference", "agrees"]
        assert frame["agrees"].all() and len(frame) == len(page(section))


@pytest.mark.parametrize("section", published.SECTIONS)
@pytest.mark.parametrize("sign", [-1, 1])
def test_every_figure_may_be_off_by_one_unit_and_not_by_more(section, sign):
    table = published.table(section)
    decimals = table["printed"].str.contains(".", regex=False)
    units = table["printed"].map(unit)
    near = dict(zip(table["quantity"], table["value"] + sign * units.where(decimals, 0), strict=True))
    far = dict(zip(table["quantity"], table["value"] + sign * units * 1.01, strict=True))
    assert published.compare(Result(near), section, rtol=0)["agrees"].all()
    assert not published.compare(Result(far), section, rtol=0)["agrees"].any()


def test_relative_tolerance_is_for_fractions_only():
    values = page("stacked")
    far = {name: value * (1 + 1e-4) for name, value in values.items()}
    frame = published.compare(far, "stacked", rtol=1.01e-4)
    whole = ~frame["FAQ"].str.contains(".", regex=False)
    assert whole.any() and not frame.loc[whole, "agrees"].any()
    assert frame.loc[~whole, "agrees"].all()
    assert not published.compare(far, "stacked")["agrees"].all()


def test_stata_rtol_is_its_stopping_error_and_no_cover_for_wrong_figures():
    assert 1.2e-6 <= published.STATA_RTOL <= 2e-6


def test_a_figure_missing_here_disagrees():
    values = page("effects")
    name = next(iter(values))
    del values[name]
    row = published.compare(Result(values), "effects").set_index("quantity").loc[name]
    assert np.isnan(row["here"]) and row["FAQ"] and row["agrees"] == False  # noqa: E712
    with pytest.raises(mt.MlmedError, match=f"1 of .*\n  {name}: FAQ .*missing here"):
        published.check(Result(values), "effects")


def test_a_figure_missing_on_the_page_disagrees():
    frame = published.compare(Result(page("effects") | {"extra": 1.0}), "effects")
    row = frame.set_index("quantity").loc["extra"]
    assert row["FAQ"] == "" and row["here"] == 1 and not row["agrees"]
    with pytest.raises(mt.MlmedError, match="extra: not on the page, here 1"):
        published.check(Result(page("effects") | {"extra": 1.0}), "effects")


@pytest.mark.parametrize("value", [np.nan, np.inf, None, pd.NA])
def test_no_number_never_agrees(value):
    values = page("y on x")
    values[next(iter(values))] = value
    assert (~published.compare(Result(values), "y on x", rtol=1e6)["agrees"]).sum() >= 1


def test_check_returns_the_comparison_or_lists_what_disagrees():
    values = page("y on x")
    pd.testing.assert_frame_equal(
        pd.DataFrame(published.check(Result(values), "y on x")), pd.DataFrame(published.compare(values, "y on x"))
    )
    values["x: coef"] += 0.01
    printed = published.table("y on x").set_index("quantity").loc["x: coef", "printed"]
    with pytest.raises(mt.MlmedError) as caught:
        published.check(Result(values), "y on x")
    lines = str(caught.value).splitlines()
    assert len(lines) == 2 and f"1 of {len(values)}" in lines[0]
    assert "x: coef" in lines[1] and printed in lines[1] and f"{values['x: coef']:.9g}" in lines[1]


def test_check_keeps_a_long_list_of_errors_short():
    values = {name: value + 1 for name, value in page("stacked").items()}
    with pytest.raises(mt.MlmedError) as caught:
        published.check(values, "stacked")
    assert str(caught.value).splitlines()[-1] == f"  and {len(values) - 24} more"


@pytest.mark.parametrize("call", [published.table, lambda name: published.compare({"a": 1.0}, name)])
def test_an_unknown_section_is_answered_with_all_sections(call):
    with pytest.raises(mt.MlmedError) as caught:
        call("z on x")
    assert "'z on x'" in str(caught.value)
    assert all(repr(name) in str(caught.value) for name in published.SECTIONS)


@pytest.mark.parametrize("result", [3.5, None, {}, Result({}), Result, Result(None)])
def test_a_result_without_figures_is_refused(result):
    with pytest.raises(mt.MlmedError, match="no figures"):
        published.compare(result, "effects")


def test_figures_that_are_text_are_refused():
    with pytest.raises(mt.MlmedError, match="must be numbers"):
        published.compare({"a": "big"}, "effects")


@pytest.mark.parametrize("rtol", [-1e-6, np.nan, np.inf, "small", True, None])
def test_an_impossible_tolerance_is_refused(rtol):
    with pytest.raises(mt.MlmedError, match="rtol"):
        published.compare({"a": 1.0}, "effects", rtol=rtol)


@pytest.mark.parametrize("section", ["listing", "summarize", "corr", "tab"])
def test_the_embedded_data_agree_with_the_page_to_the_printed_digit(df, section):
    assert published.check(df, section, rtol=0)["agrees"].all()


@pytest.mark.parametrize("section", ["listing", "summarize", "corr", "tab"])
def test_the_original_data_agree_with_the_page(original_path, section):
    assert published.check(mt.load_ml_sim(original_path), section)["agrees"].all()


def test_a_view_and_its_table_compare_alike(df):
    views = {
        "listing": mt.list_rows(df),
        "summarize": mt.summarize(df, ["x", "m", "y"]),
        "corr": mt.correlate(df, ["x", "m", "y"]),
        "tab": mt.tabulate(df, "id"),
    }
    for section, view in views.items():
        assert published.check(view, section)["here"].tolist() == published.compare(df, section)["here"].tolist()


def test_a_stacked_table_is_compared_by_its_first_rows():
    values = page("stacked listing")
    columns = list(dict.fromkeys(name.partition(": ")[2] for name in values))
    rows = list(dict.fromkeys(name.partition(": ")[0] for name in values))
    table = pd.DataFrame([[values[f"{row}: {name}"] for name in columns] for row in rows], columns=columns)
    more = pd.concat([table, table]).assign(syx=0.0)
    assert len(published.check(more, "stacked listing")) == len(values)
    more.iloc[3, columns.index("z")] += 1
    with pytest.raises(mt.MlmedError, match="row 4: z"):
        published.check(more, "stacked listing")
    with pytest.raises(mt.MlmedError, match="row 16: fid: FAQ .* missing here"):
        published.check(table.head(15), "stacked listing")


def test_a_table_that_lacks_a_column_of_the_page_is_refused_by_name(df):
    for section in ("listing", "summarize", "corr"):
        with pytest.raises(mt.MlmedError, match="no column 'm'"):
            published.compare(df.drop(columns="m"), section)


@pytest.mark.parametrize("section", ["y on x", "stacked", "effects"])
def test_a_plain_table_is_no_fitted_model(section):
    with pytest.raises(mt.MlmedError, match="Pass the fitted model"):
        published.compare(pd.DataFrame({"x": [1.0]}), section)


def test_the_display_counts_what_agrees_and_always_shows_what_does_not():
    values = page("stacked")
    name = list(values)[len(values) // 2]
    shown = published.compare(values, "stacked")
    assert name not in str(shown) and f"{len(values)} of {len(values)} figures agree" in str(shown)
    values[name] += 1
    shown = published.compare(values, "stacked")
    for text in (str(shown), shown._repr_html_()):
        assert name in text and "NO" in text and f"{len(values) - 1} of {len(values)} figures agree" in text


def test_the_display_has_the_digits_of_the_page_and_no_more():
    values = {name: value * (1 + 1e-12) for name, value in page("effects").items()}
    lines = [line.partition("|")[2].split() for line in str(published.compare(values, "effects")).splitlines()[4:]]
    assert len(lines) == len(values) and all(faq == here for faq, here, _ in lines)
