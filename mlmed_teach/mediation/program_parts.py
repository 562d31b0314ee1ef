"""What the scripts of all programs have in common: names of columns, terms of the stacked model, the levels."""

from __future__ import annotations

import json
import re
import textwrap
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np

from ..errors import MlmedError
from ..models import SE, Design, MixedResult, on_boundary
from ..stacked_model import PATHS, RANDOM_EFFECTS, TERMS, LevelEffects, Specification, covariance_of_paths, mean_of
from ..typing import Array
from ..version import __version__
from ..words import and_list

FILE = "mediation.csv"
"""The file that scripts of programs without Python read."""

LONGEST = 24  # characters of a name: with sm_ before it, it still fits into the 32 of Stata and SAS

_OWN = (
    *("id", "fid", "sm", "sy", "z", "which", "kind", "m_copy", "x_mean", "x_dev", "m_mean", "m_dev"),
    *("xmean", "xdev", "mmean", "mdev", "mcopy", "indw", "totw", "indb", "totb", "ab", "bb", "cb"),
    *("path_a", "path_b", "path_c", "v_aa", "v_bb", "v_cc", "v_ab", "v_ac", "v_bc", "v_cov", "v_ind", "v_tot"),
    *("cov_ab", "indirect", "direct", "total"),
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
    between : bool
        It has one value in each cluster.
    """

    name: str
    half: Literal["sm", "sy"]
    value: str
    between: bool = False


@dataclass(frozen=True, slots=True)
class Level:
    """The paths of a level.

    Attributes
    ----------
    label : str
    a, b, c : str
        Terms that carry the paths.
    covary : bool
        Both slopes of the indirect effect are random.
    estimates : tuple of float
        a, b, c', cov(a_j, b_j).
    V : ndarray, shape (4, 4)
        Their covariance matrix of gls.
    """

    label: str
    a: str
    b: str
    c: str
    covary: bool
    estimates: tuple[float, float, float, float]
    V: Array

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
    G : ndarray
        Estimated covariance matrix of the random effects, in their order.
    residual : tuple of float
        Residual variances of y and of m.
    edge : str
        What lies on the boundary; "" if nothing does.
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
    G: Array
    residual: tuple[float, float]
    edge: str

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
    def decomposed(self) -> list[tuple[str, Variable]]:
        """Role and variable of those whose cluster means or deviations are predictors."""
        if not self.spec.decompose:
            return []
        used = {term.value.partition("_")[0] for term in self.terms if term.value in _PARTS}
        return [(role, variable) for role, variable in (("x", self.x), ("m", self.m)) if role in used]

    @property
    def split(self) -> bool:
        """One covariance among several is fixed at 0, which some programs can only do to a whole row of them."""
        return self.apart and len(self.random) > 2

    def covariance(self, level: Level, apart: str = "") -> tuple[int, int]:
        """Positions of the two random slopes of a level from 1, the smaller first.

        Parameters
        ----------
        level : Level
        apart : str
            Random effect that goes into a block of its own, where the model must be split.
        """
        block = [name for name in self.random if not (self.split and name == apart)]
        first, second = sorted((block.index(level.a) + 1, block.index(level.b) + 1))
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
        if self.edge:
            lines.append(
                f"Here the optimum lies on the boundary ({self.edge}): programs may stop there, or give no standard "
                "errors. If so, leave a random slope out, here and there."
            )
        return [piece for line in lines for piece in textwrap.wrap(" ".join(line.split()), 84)]

    @property
    def renamed(self) -> list[str]:
        """A line for each column that goes by another name in the script."""
        return [
            f"{v.name} is {quote(v.column)}"
            + ("" if v.category is None else f": 1 where it is {quote(v.category)}, 0 elsewhere")
            for v in self.variables
            if v.name != v.column
        ]

    @property
    def preparation(self) -> list[str]:
        """Lines of Python that write `FILE`, a table of numbers with short names, for programs that need one."""
        spec = self.spec
        coded = {v.column: None for v in self.variables if v.category is not None}
        where = f"[{', '.join(map(repr, self.ids))}]"
        id_ = f"table[{self.ids[0]!r}],"
        if self.recode:
            id_ = f"table.groupby({where}).ngroup() + 1,  # clusters by number"
        lines = [
            "import pandas as pd",
            *f'table = pd.read_csv("table.csv"{reading(coded, self.recode and self.ids)})'.split("\n"),
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


def reading(text: Iterable[str], ids: Iterable[str] | Literal[False]) -> str:
    """Arguments of pandas.read_csv that keep categories and ids text; "" if there are none."""
    as_text = [*text, *(ids or [])]
    if not as_text:
        return ""
    kinds = ", ".join(f"{name!r}: str" for name in as_text)
    return f',\n    dtype={{{kinds}}},\n    keep_default_na=False, na_values=["", "NA"]'


def quote(value: str) -> str:
    """Text between double quotes, as R and a reader of a comment take it."""
    return json.dumps(value, ensure_ascii=False)


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
    if not plain[:1].isalpha() or plain.lower().startswith(("sm_", "sy_")):  # the terms are called that
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
        known[half] = Term(half, half, "")
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
    e_y, e_m = map(float, med.fit.optimum.s2)
    edge = on_boundary(med.fit.optimum, design, [RANDOM_EFFECTS[name] for name in design.re_names])
    random = sorted(design.re_names, key=lambda name: name not in ("sm", "sy"))
    terms = [
        replace(known[name], between=_of_clusters(design, k, spec.outcome_rows))
        for k, name in enumerate(design.fe_names)
    ]
    levels, gls = [], med.fit.with_se("gls")
    for level in med.levels:
        if level.whole:
            a, b, c = (path.term_of(level.level) for path in PATHS.values())
            covary = level.cov_ab is not None
            found = (level.a.estimate, level.b.estimate, level.cprime.estimate)
            cov = level.cov_ab.estimate if level.cov_ab else 0.0
            V = covariance_of_paths(gls, [a, b, c])
            V[3] *= covary
            V[:, 3] *= covary
            levels.append(Level(level.level, a, b, c, covary, (*found, cov), V))
    ids = [str(name) for name in spec.id_columns]
    return Parts(
        spec,
        med.fit.se,
        med.fit.df,
        x,
        m,
        y,
        covariates,
        terms,
        random,
        bool(design.zeros),
        levels,
        ids,
        len(ids) > 1 or design.labels.dtype.kind not in "iuf",
        med.fit.cov_re.loc[random, random].to_numpy(),
        (e_y, e_m),
        edge or "",
    )


def _of_clusters(design: Design, k: int, outcome_rows: int) -> bool:
    """Whether a column of the design has one value in each cluster, in its own half: y's rows come first."""
    half = slice(outcome_rows) if design.fe_names[k].startswith("sy") else slice(outcome_rows, None)
    values, cluster = design.X[half, k], design.cluster[half]
    low, high = np.full(len(design.labels), np.inf), np.full(len(design.labels), -np.inf)
    np.minimum.at(low, cluster, values)
    np.maximum.at(high, cluster, values)
    seen = np.unique(cluster)
    return bool((high[seen] - low[seen]).max() <= 1e-9 * np.ptp(values))


def wrapped(first: str, items: list[str], last: str, between: str = ", ", width: int = 116) -> list[str]:
    """Items after a beginning, in as many lines as they need."""
    lines, line = [], first
    for k, item in enumerate(items):
        piece = item + (between if k < len(items) - 1 else last)
        if len(line) + len(piece.rstrip()) > width and line.strip():
            lines.append(line.rstrip())
            line = "  "
        line += piece
    return [*lines, line]


def in_block(lines: list[str]) -> list[str]:
    """Lines as one comment of Stata or SAS."""
    return ["/*", *(line.replace("*/", "* /") for line in lines), "*/"]
