"""How a script comes by its table: read as it is, or written anew for programs that want numbers and short names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from .program_parts import Parts

FILE = "mediation.csv"
"""The file that scripts of programs without Python read."""

FILE_MPLUS = "mediation.dat"
"""The one that Mplus reads."""


def reading(text: Iterable[str], ids: Iterable[str] | Literal[False]) -> str:
    """Arguments of pandas.read_csv that keep categories and ids text; "" if there are none."""
    as_text = [*text, *(ids or [])]
    if not as_text:
        return ""
    kinds = ", ".join(f"{name!r}: str" for name in as_text)
    return f',\n    dtype={{{kinds}}},\n    keep_default_na=False, na_values=["", "NA"]'


def preparation(parts: Parts, saving: Iterable[str] = (f'data.to_csv("{FILE}", index=False)',)) -> list[str]:
    """Lines of Python that write a table of numbers with short names, for programs that need one.

    Parameters
    ----------
    parts : Parts
    saving : iterable of str
        The last lines, which write `FILE` or another.

    Returns
    -------
    list of str
    """
    coded = {v.column: None for v in parts.variables if v.category is not None}
    where = f"[{', '.join(map(repr, parts.ids))}]"
    id_ = f"table[{parts.ids[0]!r}],"
    if parts.recode:
        id_ = f"table.groupby({where}).ngroup() + 1,  # clusters by number"
    lines = [
        "import pandas as pd",
        *f'table = pd.read_csv("table.csv"{reading(coded, parts.recode and parts.ids)})'.split("\n"),
        "data = pd.DataFrame({",
        f'    "id": {id_}',
    ]
    for v in parts.variables:
        value = f"table[{v.column!r}]"
        if v.category is not None:
            value = f"(table[{v.column!r}] == {v.category!r}).where(table[{v.column!r}].notna()).astype(float)"
        lines.append(f'    "{v.name}": {value},')
    lines.append("}) * 1  # true and false become 1 and 0")
    if parts.spec.missing == "drop":
        lines.append(f"data = data.dropna(subset={['id', *parts.needed]!r})")
        if parts.needed_y:
            lines += [
                f"others = {parts.needed_y!r}  # a row without one of them keeps the half that holds {parts.m.name}",
                f'data["{parts.y.name}"] = data["{parts.y.name}"].where(data[others].notna().all(axis=1))',
                "data[others] = data[others].fillna(0)",
            ]
    return [*lines, *saving]
