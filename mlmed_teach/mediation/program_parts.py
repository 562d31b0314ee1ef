"""What scripts of all programs say of an analysis: its variables, the terms of the stacked model, the levels."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Literal

from ..models import SE
from ..stacked_model import PATHS, Moderator, Specification
from ..typing import Array
from ..version import __version__
from ..words import agree, and_list
from .moderator_values import usual_place
from .program_places import Change, Place, number
from .program_text import quote

PARTS = {"x_mean", "x_dev", "m_mean", "m_dev"}
"""Variables that are made of others."""


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
        The variable that it holds in that half, or a product of one and a moderator; "" for a constant.
    between : bool
        It has one value in each cluster.
    of : str
        Of a product, the term of the path that is moderated; "" of any other.
    made : str
        Of a product, what it is called as a variable of its own.
    """

    name: str
    half: Literal["sm", "sy"]
    value: str
    between: bool = False
    of: str = ""
    made: str = ""


@dataclass(frozen=True, slots=True)
class Level:
    """The paths of a level.

    Attributes
    ----------
    label : str
    a, b, c : str
        Terms that carry the paths.
    products : dict of str to str
        What the product of a path and a moderator is called in `moderation` -> its term.
    covary : bool
        Both slopes of the indirect effect are random.
    estimates : tuple of float
        a, b, c', the products, cov(a_j, b_j).
    V : ndarray
        Their covariance matrix of gls.
    places : list of Place
        Where effects of a moderated model are shown.
    changes : list of Change
        Changes of the indirect effect with moderators.
    """

    label: str
    a: str
    b: str
    c: str
    products: dict[str, str]
    covary: bool
    estimates: tuple[float, ...]
    V: Array
    places: list[Place]
    changes: list[Change]

    @property
    def terms(self) -> list[str]:
        """Those of the paths, then the products."""
        return [self.a, self.b, self.c, *self.products.values()]

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
    rank : int
        Of G: less than its size on the boundary.
    latent : bool
        The analysis has effects between clusters with latent means, too.
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
    rank: int
    latent: bool

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
        used = {term.value.partition("_")[0] for term in self.terms if term.value in PARTS}
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
        if spec.decompose:
            other = ", not med.latent" if self.latent else ""
            lines.insert(2, f"Effects between clusters are those of observed means (med.between{other}).")
        lines += [_dependence(moderator) for moderator in spec.moderators]
        if self.edge:
            lines.append(
                f"Here the optimum lies on the boundary ({self.edge}): programs may stop there, or give no standard "
                "errors. If so, leave a random slope out, here and there."
            )
        return [piece for line in lines for piece in textwrap.wrap(" ".join(line.split()), 84)]

    def without_latent(self, command: str) -> list[str]:
        """What is said of latent means where a command cannot have them; empty where there are none to have."""
        if not self.latent:
            return []
        text = (
            "Not here: med.latent. Latent means take x, m and y as three outcomes with latent parts, while the "
            f"predictors of {command} are observed."
        )
        return textwrap.wrap(text, 100)

    def heading(self, level: Level) -> str:
        """Whose effects those of a level are: "average", "within clusters, at the mean of w (2.9)"."""
        where = [f"{level.label} clusters"] if level.label else []
        where += [f"at {usual_place(self.spec)}"] if self.spec.moderators else []
        return ", ".join(where) or "average"

    @property
    def renamed(self) -> list[str]:
        """A line for each column that goes by another name in the script."""
        return [
            f"{v.name} is {quote(v.column)}"
            + ("" if v.category is None else f": 1 where it is {quote(v.category)}, 0 elsewhere")
            for v in self.variables
            if v.name != v.column
        ]


def _dependence(moderator: Moderator) -> str:
    """Which paths depend on a moderator, and how it stands in the products."""
    paths = and_list(PATHS[path].letter for path in moderator.paths)
    verb = agree(len(moderator.paths), "depends", "depend")
    if moderator.levels:
        return (
            f"{paths} {verb} on {moderator.name}: products with an indicator of each category but the "
            f"reference, {moderator.usual}."
        )
    (center,) = moderator.center.values()
    return (
        f"{paths} {verb} on {moderator.name}: products with {moderator.name} less its mean over "
        f"{'clusters' if moderator.of_clusters else 'rows'}, {number(center)}, so that a path without products is that "
        "at the mean."
    )
