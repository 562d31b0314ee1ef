"""What the scripts of all programs have in common: short names of columns, the terms of the stacked model, the levels."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from ..errors import MlmedError
from ..models import SE, MixedResult
from ..stacked_model import PATHS, TERMS, LevelEffects, Specification, mean_of
from ..version import __version__
from ..words import and_list

FILE = "mediation.csv"
"""The file that scripts of programs without Python read."""

LONGEST = 24  # characters of a name: with sm_ before it, it still fits into the 32 of Stata and SAS

_OWN = (
    *("id", "fid", "sm", "sy", "z", "which", "kind", "m_copy", "x_mean", "x_dev", "m_mean", "m_dev"),
    *(name for term in TERMS for name in (term, mean_of(term))),
    *("d", "a", "b", "c", "e", "v", "f", "t", "i", "long", "table", "data", "sa", "sb", "sc", "cab", "ind", "tot"),
)
_WORDS = (
    *("all", "and", "as", "at", "between", "break", "by", "byte", "class", "cluster", "define", "do", "double", "else"),
    *("end", "eq", "false", "float", "for", "function", "ge", "gt", "if", "in", "inf", "int", "is", "le", "lt", "mean"),
    *("model", "na", "nan", "ne", "next", "not", "null", "of", "on", "or", "output", "repeat", "run", "set", "str"),
    *("strl", "then", "to", "true", "using", "while", "with", "within", "are", "names", "missing", "cov"),
)
_TAKEN = {*_OWN, *_WORDS}


class Analysis(Protocol):
    """What a script needs to know of a mediation analysis."""

    @property
    def fit(self) -> MixedResult: ...

    @property
    def spec(self) -> Specification: ...

    @property
    def levels(self) -> list[LevelEffects]: ...


@dataclass(frozen=True, slots=True)
class Variable:
    """A column of the user's table under the name that it has in a script.

    Attributes
    ----------
    name, column : str
        In the script, and in the table.
    category : str, optional
        It is 1 in the rows of this category, and 0 in the others.
    """

    name: str
    column: str
    category: str | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the stacked model.

    Attributes
    ----------
    name : str
        Its column of the stacked table.
    half : {"sm", "sy"}
        The indicator that switches it on.
    value : str
        The variable that it holds in that half; "" for a constant.
    """

    name: str
    half: Literal["sm", "sy"]
    value: str


@dataclass(frozen=True, slots=True)
class Level:
    """The terms that carry the paths of a level, and whether both slopes of an indirect effect are random there."""

    label: str
    a: str
    b: str
    c: str
    covary: bool

    @property
    def tag(self) -> str:
        """What goes before the name of an effect."""
        return f"{self.label}: " if self.label else ""


@dataclass(frozen=True)
class Parts:
    """An analysis as scripts need it.

    Attributes
    ----------
    x, m, y : Variable
    covariates : dict of str to list of Variable
        "m" and "y" -> those of either equation, categories coded.
    terms : list of Term
        The fixed effects.
    random : list of str
        Names of the terms with a random effect, intercepts first.
    apart : bool
        The covariance of the two random intercepts is fixed at 0.
    levels : list of Level
    ids : list of str
        Columns that are the id of the clusters.
    recode : bool
        Ids are text, or of several columns: programs that read numbers need others.
    needed, needed_y : list of Variable
        What a row needs to be used, and what it needs beside that in the half of y.
    """

    spec: Specification
    se: SE
    df: float
    x: Variable
    m: Variable
    y: Variable
    covariates: dict[str, list[Variable]]
    terms: list[Term]
    random: list[str]
    apart: bool
    levels: list[Level]
    ids: list[str]
    recode: bool

    @property
    def variables(self) -> list[Variable]:
        """All variables but the id, each once."""
        return list(dict.fromkeys([self.x, self.m, self.y, *self.covariates["m"], *self.covariates["y"]]))

    @property
    def needed(self) -> list[str]:
        return list(dict.fromkeys(v.name for v in (self.x, self.m, *self.covariates["m"])))

    @property
    def needed_y(self) -> list[str]:
        return [v.name for v in self.covariates["y"] if v.name not in self.needed]

    @property
    def fixed(self) -> str:
        """The fixed effects, with blanks between."""
        return " ".join(term.name for term in self.terms)

    @property
    def decomposed(self) -> list[tuple[str, Variable]]:
        """Role and variable of those whose cluster means or deviations are predictors."""
        if not self.spec.decompose:
            return []
        used = {term.value.partition("_")[0] for term in self.terms if term.value in _PARTS}
        return [(role, variable) for role, variable in (("x", self.x), ("m", self.m)) if role in used]

    def at(self, term: str) -> int:
        """Position of a random effect, from 1."""
        return self.random.index(term) + 1

    def of(self, half: str) -> list[Term]:
        """The terms of a half of the stacked table."""
        return [term for term in self.terms if term.half == half]

    def covariance(self, level: Level) -> tuple[int, int]:
        """Positions of the two random slopes of a level, the smaller first."""
        first, second = sorted((self.at(level.a), self.at(level.b)))
        return first, second

    @property
    def head(self) -> list[str]:
        """What the script is, in a few lines."""
        spec = self.spec
        slopes = ", ".join(PATHS[path].letter for path in spec.random) or "none"
        intercepts = and_list(str(getattr(spec, role)) for role in spec.intercepts) if spec.intercepts else "none"
        lines = [
            f"{spec.x} -> {spec.m} -> {spec.y} in clusters of {spec.group}: multilevel mediation, y stacked on m, REML"
            + (", within and between clusters" if spec.decompose else ""),
            f"(Bauer, Preacher & Gil 2006). Random slopes: {slopes}; random intercepts of: {intercepts}.",
            f"Written by mlmed_teach {__version__}.",
        ]
        return [" ".join(line.split()) for line in lines]

    @property
    def renamed(self) -> list[str]:
        """A line for each column that goes by another name in the script."""
        return [
            f"{v.name} is {json.dumps(v.column, ensure_ascii=False)}"
            + ("" if v.category is None else f": 1 where it is {json.dumps(v.category, ensure_ascii=False)}, 0 elsewhere")
            for v in self.variables
            if v.name != v.column
        ]

    @property
    def preparation(self) -> list[str]:
        """Lines of Python that write `FILE`, a table of numbers with short names, for programs that need one."""
        spec = self.spec
        coded = {v.column: None for v in self.variables if v.category is not None}
        where = f"[{', '.join(map(repr, self.ids))}]"
        id_ = f'table.groupby({where}).ngroup() + 1,  # clusters by number' if self.recode else f"table[{self.ids[0]!r}],"
        text = {name: "str" for name in coded}
        lines = [
            "import pandas as pd",
            f'table = pd.read_csv("table.csv"{reading(text, self.recode and self.ids)})',
            "data = pd.DataFrame({",
            f'    "id": {id_}',
        ]
        for v in self.variables:
            value = f"table[{v.column!r}]"
            if v.category is not None:
                value = f"(table[{v.column!r}] == {v.category!r}).where(table[{v.column!r}].notna()).astype(float)"
            lines.append(f'    "{v.name}": {value},')
        lines.append("}) * 1  # true and false become 1 and 0")
        if spec.missing == "drop":
            lines.append(f"data = data.dropna(subset={['id', *self.needed]!r})")
            if self.needed_y:
                lines += [
                    f"others = {self.needed_y!r}  # a row without one of them keeps the half that holds {self.m.name}",
                    f'data["{self.y.name}"] = data["{self.y.name}"].where(data[others].notna().all(axis=1))',
                    "data[others] = data[others].fillna(0)",
                ]
        return lines


_PARTS = {"x_mean", "x_dev", "m_mean", "m_dev"}


def reading(text: dict[str, str], ids: Iterable[str] | Literal[False]) -> str:
    """Arguments of pandas.read_csv that keep categories and ids text; "" if there are none."""
    as_text = [*text, *(ids or [])]
    if not as_text:
        return ""
    kinds = ", ".join(f"{name!r}: str" for name in as_text)
    return f', dtype={{{kinds}}}, keep_default_na=False, na_values=["", "NA", "nan"]'


def legal(column: object, taken: set[str], longest: int) -> str:
    """A name that all programs accept: letters, digits and _, a letter first, not too long, not in use.

    Parameters
    ----------
    column : object
        What the column is called.
    taken : set of str
        Names in use, in small letters; the new one is added.
    longest : int

    Returns
    -------
    str
    """
    plain = unicodedata.normalize("NFKD", str(column)).encode("ascii", "ignore").decode()
    plain = re.sub(r"\W+", "_", plain).strip("_")
    if not plain[:1].isalpha():
        plain = f"v{plain}"
    name, number = plain[:longest].rstrip("_"), 1
    while name.lower() in taken:
        number += 1
        name = plain[: longest - len(str(number))].rstrip("_") + str(number)
    taken.add(name.lower())
    return name


def parts_of(med: Analysis, longest: int = LONGEST) -> Parts:
    """What a script must hold, with names of at most so many characters.

    Parameters
    ----------
    med : Mediation
    longest : int

    Returns
    -------
    Parts

    Raises
    ------
    MlmedError
        The model has terms that scripts cannot hold yet.
    """
    spec, design = med.spec, med.fit.design
    taken = set(_TAKEN)
    x, m, y = (Variable(legal(column, taken, longest), str(column)) for column in (spec.x, spec.m, spec.y))
    made: dict[tuple[str, str | None], Variable] = {}
    covariates: dict[str, list[Variable]] = {"m": [], "y": []}
    known: dict[str, Term] = {}
    for half in ("sm", "sy"):
        known[half] = Term(half, half, "")  # type: ignore[arg-type]
    dev = ("x_dev", "m_dev") if spec.decompose else (x.name, m.name)
    known |= {
        "smx": Term("smx", "sm", dev[0]),
        "sym": Term("sym", "sy", dev[1]),
        "syx": Term("syx", "sy", dev[0]),
        "smx_mean": Term("smx_mean", "sm", "x_mean"),
        "sym_mean": Term("sym_mean", "sy", "m_mean"),
        "syx_mean": Term("syx_mean", "sy", "x_mean"),
    }
    for equation, names in spec.covariates.items():
        for column in names:
            for category in spec.categories.get(column, (None,)):
                key = f"s{equation}:{column}" + ("" if category is None else f"[{category}]")
                if key not in design.fe_names:  # the reference
                    continue
                of = (str(column), category)
                if of not in made:
                    wanted = str(column) if category is None else f"{str(column)[: longest // 2]}_{category}"
                    made[of] = Variable(legal(wanted, taken, longest), *of)
                covariates[equation].append(made[of])
                name = f"s{equation}_{made[of].name}"
                known[key] = Term(name, f"s{equation}", made[of].name)  # type: ignore[arg-type]
    strange = [name for name in design.fe_names if name not in known]
    if strange:
        raise MlmedError(
            f"This model has terms that code() cannot write yet: {and_list(strange)}. Fit it without them for a "
            "script, and add them there by hand."
        )
    random = sorted(design.re_names, key=lambda name: name not in ("sm", "sy"))
    levels = []
    for level in med.levels:
        if level.whole:
            a, b, c = (path.term_of(level.level) for path in PATHS.values())
            levels.append(Level(level.level, a, b, c, level.cov_ab is not None))
    ids = [str(name) for name in spec.id_columns]
    return Parts(
        spec,
        med.fit.se,
        med.fit.df,
        x,
        m,
        y,
        covariates,
        [known[name] for name in design.fe_names],
        random,
        bool(design.zeros),
        levels,
        ids,
        len(ids) > 1 or design.labels.dtype.kind not in "iuf",
    )
