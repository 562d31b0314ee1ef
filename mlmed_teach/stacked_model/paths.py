"""The paths of the model, the terms that carry them, and the effects that they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["", "within", "between", "latent"]
"""Of raw scores, within clusters, between observed means of clusters, or between latent means."""

TERMS = ("sm", "smx", "sy", "sym", "syx")
"""Columns of the stacked model: intercept and path a of m's equation; intercept, paths b and c' of y's."""

KINDS = ("indirect", "direct", "total")
"""Kinds of effects; the paths, "a" to "cov_ab", are the kinds of their parts."""


@dataclass(frozen=True, slots=True)
class Path:
    """A path of the model.

    Attributes
    ----------
    name : str
        In code: "a", "b", "cprime".
    term : str
        Column of the stacked model whose coefficient it is; in a decomposed model that of the deviations.
    letter : str
        How it is written.
    start, end : str
        Roles of the variables that it joins: "x", "m", "y".
    """

    name: str
    term: str
    letter: str
    start: str
    end: str

    @property
    def slope(self) -> str:
        """How the slope of a cluster is written: ``a_j``."""
        return f"{self.letter}_j"

    def term_of(self, level: Level) -> str:
        """The term that carries the path at a level."""
        return mean_of(self.term) if level == "between" else self.term


PATHS = {
    path.name: path
    for path in (
        Path("a", "smx", "a", "x", "m"),
        Path("b", "sym", "b", "m", "y"),
        Path("cprime", "syx", "c'", "x", "y"),
    )
}
"""Name -> path."""

RANDOM_EFFECTS = {
    "sm": "the intercept of m",
    "sy": "the intercept of y",
    **{path.term: path.slope for path in PATHS.values()},
}
"""Term of the stacked model -> what its random effect is called."""


def mean_of(term: str) -> str:
    """Name of the fixed effect of the cluster means beside the within-cluster term: ``smx_mean`` for ``smx``."""
    return f"{term}_mean"


def letter_of(kind: str) -> str:
    """How a path, or the covariance of two slopes, is written."""
    return "cov(a_j, b_j)" if kind == "cov_ab" else PATHS[kind].letter


def effect_name(level: Level, kind: str) -> str:
    """How an effect is called in a table: "indirect", "within: indirect"."""
    return f"{level}: {kind}" if level else kind


def level_and_kind(name: str) -> tuple[str, str]:
    """The parts of a name that was read from a table; "" for a table of one level."""
    level, _, kind = name.rpartition(": ")
    return level, kind


def in_words(level: str, kind: str, conditional: bool = False) -> str:
    """An effect as a label: "average indirect effect", "indirect effect between clusters (latent means)".

    With moderators, "conditional indirect effect": no average over all, but that at one place.
    """
    if kind not in KINDS:  # of a moderated model: a product, an index or a difference
        return f"{kind}{where(level)}"
    return f"{'conditional ' if conditional else average(level)}{kind} effect{where(level)}"


def average(level: str) -> str:
    """What goes before an effect of a level: an average over clusters, unless it is one between them."""
    return "" if level in ("between", "latent") else "average "


def where(level: str) -> str:
    """A level as it follows the name of an effect or a path; "" for raw scores."""
    return _WHERE[level]


_WHERE = {
    "": "",
    "within": " within clusters",
    "between": " between clusters (observed means)",
    "latent": " between clusters (latent means)",
}
