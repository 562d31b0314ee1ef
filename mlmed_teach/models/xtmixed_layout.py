"""A fitted mixed model as xtmixed prints it: plain text for a terminal, HTML for a notebook."""

from __future__ import annotations

import textwrap
from typing import NamedTuple, Protocol

import pandas as pd

from ..show import fixed, html_table, stata_number, text_table

WIDTH = 78


class ChiSquareTest(NamedTuple):
    """A chi-square statistic with its degrees of freedom and p value."""

    chi2: float
    df: int
    p: float


class Page(Protocol):
    """What the page needs of a result; `MixedResult` documents each."""

    @property
    def response(self) -> str: ...
    @property
    def reml(self) -> bool: ...
    @property
    def nobs(self) -> int: ...
    @property
    def groups(self) -> pd.DataFrame: ...
    @property
    def wald(self) -> ChiSquareTest: ...
    @property
    def llf(self) -> float: ...
    @property
    def coefficients(self) -> pd.DataFrame: ...
    @property
    def random_blocks(self) -> list[tuple[str, list[str]]]: ...
    @property
    def re_params(self) -> pd.DataFrame: ...
    @property
    def lr_test(self) -> ChiSquareTest: ...
    @property
    def notes(self) -> list[str]: ...


def _title(result: Page) -> str:
    return f"Mixed-effects {'REML' if result.reml else 'ML'} regression"


def _likelihood_name(result: Page) -> str:
    return "Log restricted-likelihood" if result.reml else "Log likelihood"


def _header(result: Page) -> list[str]:
    """Number of observations and groups, Wald test, log likelihood."""

    def line(left: str, name: str, value: str) -> str:
        return f"{left:<48}{name:<18} = {value:>9}".rstrip()

    lines = [line(_title(result), "Number of obs", str(result.nobs))]
    groups = result.groups
    if len(groups) == 1:
        row = groups.iloc[0]
        lines += [
            line(f"Group variable: {groups.index[0]}", "Number of groups", str(int(row["groups"]))),
            "",
            line("", "Obs per group: min", str(int(row["obs min"]))),
            line("", f"{'avg':>18}", fixed(row["obs avg"], 1)),
            line("", f"{'max':>18}", str(int(row["obs max"]))),
        ]
    else:
        rows = [
            [
                str(name),
                str(int(row["groups"])),
                str(int(row["obs min"])),
                fixed(row["obs avg"], 1),
                str(int(row["obs max"])),
            ]
            for name, row in groups.iterrows()
        ]
        heads = ["Groups", "Minimum", "Average", "Maximum"]
        lines += ["", text_table("Group Variable", heads, rows, [9, 11, 11, 11], 15)]
    wald = result.wald
    return [
        *lines,
        "",
        line("", f"Wald chi2({wald.df})", fixed(wald.chi2, 2)),
        line(f"{_likelihood_name(result)} = {fixed(result.llf, 4)}", "Prob > chi2", fixed(wald.p, 4)),
    ]


def _coefficient_rows(result: Page) -> list[list[str]]:
    return [
        [name, *(stata_number(row[k]) for k in ("coef", "se")), fixed(row["z"], 2), fixed(row["p"], 3)]
        + [stata_number(row["ci low"]), stata_number(row["ci high"])]
        for name, row in result.coefficients.iterrows()
    ]


def _random_rows(result: Page) -> list[list[str] | str | None]:
    """Rows of the random-effects table: a string is a heading over the rows that follow, None a rule."""
    rows: list[list[str] | str | None] = []
    for heading, names in result.random_blocks:
        if rows:
            rows.append(None)
        if heading:
            rows.append(heading)
        for name in names:
            label = name.removeprefix(heading.partition(": ")[0] + ": ") if heading else name
            rows.append([label, *map(stata_number, result.re_params.loc[name])])
    return rows


def _test_line(result: Page) -> str:
    lr = result.lr_test
    # With one variance the null lies on the boundary of one parameter: Stata's chibar2(01), half the tail area.
    name = "chibar2(01)" if lr.df == 1 else f"chi2({lr.df})"
    return f"LR test vs. linear regression: {name} = {fixed(lr.chi2, 2)}   Prob > chi2 = {fixed(lr.p, 4)}"


def text(result: Page) -> str:
    """The page in xtmixed's layout.

    Parameters
    ----------
    result : Page

    Returns
    -------
    str
    """
    fixed_table = text_table(
        result.response,
        ["Coef.", "Std. Err.", "z", "P>|z|", "[95% Conf.", "Interval]"],
        _coefficient_rows(result),
        [11, 11, 9, 8, 13, 12],
        12,
    )
    random_table = text_table(
        "Random-effects Parameters",
        ["Estimate", "Std. Err.", "[95% Conf.", "Interval]"],
        _random_rows(result),
        [11, 11, 14, 12],
        28,
    )
    rule = "-" * WIDTH
    notes = [_test_line(result)]
    if result.lr_test.df > 1:
        notes.append("The LR test is conservative: variances cannot be negative, so its null lies on a boundary.")
    notes = ["\n".join(textwrap.wrap(note, WIDTH)) for note in [*notes, *result.notes]]
    return "\n".join([*_header(result), rule, fixed_table, rule, "", rule, random_table, rule, *notes])


def html(result: Page) -> str:
    """The same content as clean tables, shorter than the text on purpose.

    Parameters
    ----------
    result : Page

    Returns
    -------
    str
    """
    sizes = "; ".join(
        f"{int(row['groups'])} groups of {name} with "
        + (
            f"{int(row['obs min'])} obs each"
            if row["obs min"] == row["obs max"]
            else f"{int(row['obs min'])} to {int(row['obs max'])} obs (average {fixed(row['obs avg'], 1)})"
        )
        for name, row in result.groups.iterrows()
    )
    wald = result.wald
    caption = (
        f"{_title(result)} of {result.response}: {result.nobs} obs, {sizes}. "
        f"{_likelihood_name(result)} {fixed(result.llf, 4)}. "
        f"Wald chi2({wald.df}) = {fixed(wald.chi2, 2)}, p = {fixed(wald.p, 4)}."
    )
    coefficients = html_table(
        [result.response, "Coef.", "Std. Err.", "z", "P>|z|", "95% low", "95% high"], _coefficient_rows(result), caption
    )
    random = html_table(
        ["Random-effects parameters", "Estimate", "Std. Err.", "95% low", "95% high"],
        _random_rows(result),
        notes=[_test_line(result), *result.notes],
    )
    return f"<div>\n{coefficients}\n{random}\n</div>"
