"""From an analysis to the parts of its script."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import numpy as np

from ..errors import MlmedError
from ..models import Design, MixedResult, on_boundary
from ..stacked_model import (
    PATHS,
    RANDOM_EFFECTS,
    LatentEffects,
    LevelEffects,
    Specification,
    covariance_of_paths,
    products_of,
    terms_of,
)
from ..words import and_list
from .program_names import LONGEST, TAKEN, legal
from .program_parts import Level, Parts, Term, Variable
from .program_places import changes_of, less, places_of


class Analysis(Protocol):
    """What a script needs to know of a mediation analysis."""

    @property
    def fit(self) -> MixedResult: ...

    @property
    def spec(self) -> Specification: ...

    @property
    def levels(self) -> list[LevelEffects]: ...

    @property
    def latent(self) -> LatentEffects | None: ...


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
        The model has terms that scripts cannot hold.
    """
    spec, design = med.spec, med.fit.design
    taken = set(TAKEN)
    x, m, y = (Variable(legal(column, taken, longest), str(column)) for column in (spec.x, spec.m, spec.y))
    made: dict[str, Variable] = {}  # column of the design -> variable
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
                of = str(column) if category is None else f"{column}[{category}]"
                key = f"s{equation}:{of}"
                if key not in design.fe_names:  # the reference
                    continue
                if of not in made:
                    wanted = str(column) if category is None else f"{str(column)[: longest // 2]}_{category}"
                    made[of] = Variable(legal(wanted, taken, longest), str(column), category)
                covariates[equation].append(made[of])
                name = f"s{equation}_{made[of].name}"
                known[key] = Term(name, f"s{equation}", made[of].name)  # type: ignore[arg-type]
    known |= _products(spec, known, made, taken, longest)
    strange = [name for name in design.fe_names if name not in known]
    if strange:
        raise MlmedError(
            f"This model has terms that code() cannot write: {and_list(strange)}. Fit it without them for a "
            "script, and add them there by hand."
        )
    e_y, e_m = map(float, med.fit.optimum.s2)
    edge = on_boundary(med.fit.optimum, design, [RANDOM_EFFECTS[name] for name in design.re_names])
    random = sorted(design.re_names, key=lambda name: name not in ("sm", "sy"))
    terms = [
        replace(known[name], between=_of_clusters(design, k, spec.outcome_rows))
        for k, name in enumerate(design.fe_names)
    ]
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
        [_level(med, level, known) for level in med.levels if level.whole],
        ids,
        len(ids) > 1 or design.labels.dtype.kind not in "iuf",
        med.fit.cov_re.loc[random, random].to_numpy(),
        (e_y, e_m),
        edge or "",
        len(random) - med.fit.optimum.null_space.shape[1],
        med.latent is not None,
    )


def _products(
    spec: Specification, known: dict[str, Term], made: dict[str, Variable], taken: set[str], longest: int
) -> dict[str, Term]:
    """Products of paths and moderators: term of the stacked model -> that of scripts."""
    found: dict[str, Term] = {}
    as_variable: dict[str, str] = {}  # the same product stands in both equations
    for level in ("", "between") if spec.decompose else ("",):
        for path, moderator, column, key in products_of(spec.moderators, level):
            of, variable, center = known[PATHS[path].term_of(level)], made[column], moderator.center[column]
            factor = variable.name if moderator.levels else f"({less(variable.name, center)})"
            value = f"{of.value} * {factor}"
            if value not in as_variable:
                as_variable[value] = legal(f"{of.value.replace('_', '')[:3]}_{variable.name}", taken, longest)
            name = legal(f"{of.name}_{variable.name}", taken, longest + 8)
            found[key] = Term(name, of.half, value, of=of.name, made=as_variable[value])
    return found


def _level(med: Analysis, level: LevelEffects, known: dict[str, Term]) -> Level:
    """The paths of a level, with their products, and the places where a moderated model is looked at."""
    moderators, of = med.spec.moderators, level.level
    keys = terms_of(moderators, of)
    products = {f"{path} by {column}": known[key].name for path, _, column, key in products_of(moderators, of)}
    V = covariance_of_paths(med.fit.with_se("gls"), keys)
    if level.cov_ab is None:
        V[-1], V[:, -1] = 0.0, 0.0
    cov = level.cov_ab.estimate if level.cov_ab else 0.0
    a, b, c = (known[key].name for key in keys[:3])
    names = {key: term.name for key, term in known.items()}
    return Level(
        of,
        a,
        b,
        c,
        products,
        level.cov_ab is not None,
        (*med.fit.params[keys].astype(float), cov),
        V,
        places_of(moderators, of, names),
        changes_of(moderators, of, names),
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
