"""From an analysis to the parts of its script."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import numpy as np

from ..errors import MlmedError
from ..models import Design, MixedResult, on_boundary
from ..stacked_model import PATHS, RANDOM_EFFECTS, LevelEffects, Specification, covariance_of_paths
from ..words import and_list
from .program_names import LONGEST, TAKEN, legal
from .program_parts import Level, Parts, Term, Variable


class Analysis(Protocol):
    """What a script needs to know of a mediation analysis."""

    @property
    def fit(self) -> MixedResult: ...

    @property
    def spec(self) -> Specification: ...

    @property
    def levels(self) -> list[LevelEffects]: ...


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
    taken = set(TAKEN)
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
