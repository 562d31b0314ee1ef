"""Which slopes and intercepts are random: the wishes, what exists, and what the table can show."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import MlmedError
from ..models import Design, what_to_leave_out, why_not_identified
from ..typing import Array
from ..words import agree, and_list, counted, listed, quoted_list
from .paths import PATHS, RANDOM_EFFECTS
from .study_design import Rows

EQUATIONS = ("m", "y")
"""The equations of m and y; each may have a random intercept."""


def intercepts_that_exist(
    rows: dict[str, Rows],
    columns: dict[str, str],
    coded: dict[str, dict[str, dict[str, Array]]],
    wanted: tuple[str, ...],
    slopes: tuple[str, ...],
    means: dict[str, str] | None,
) -> tuple[tuple[str, ...], list[str]]:
    """Where the cluster means of the response and of all its predictors are equal, no intercept can vary.

    In a decomposed model, `means` says whose means are predictors; deviations from them have none.
    """
    none = []
    for outcome, predictors in (("m", "x"), ("y", "mx")):
        own = rows[outcome]
        values = [own.values[role] for role in (outcome, *(predictors if means is None else means[outcome]))]
        values += [value for covariate in coded[outcome].values() for value in covariate.values()]
        if outcome in wanted and all(own.centred(value) for value in values):
            none.append(outcome)
    if not none:
        return wanted, []
    rest = tuple(outcome for outcome in wanted if outcome not in none)
    if not rest and not slopes:
        return wanted, []  # a mixed model has some random effect: these two stay, and their variances become 0
    named = and_list([repr(columns[outcome]) for outcome in none])
    equations = agree(len(none), "the equation of", "the equations of")
    text = (
        f"No random {agree(len(none), 'intercept', 'intercepts')} in {equations} {named}: the variables there have the "
        "same mean in all clusters (they were centred within clusters), so that intercepts cannot vary."
    )
    return rest, [text]


def check_numbers(
    equations: dict[str, Rows], columns: dict[str, str], group: str, slopes: tuple[str, ...], levels: tuple[str, ...]
) -> None:
    """Random effects need at least as many clusters, and predictors that vary within several of them."""
    clusters, effects = len(equations["m"].labels), len(levels) + len(slopes)
    if clusters < effects:
        fewer = "random=('b',) or random=()" if clusters > 2 and slopes != ("b",) else "random=()"
        intercepts = f"{counted(len(levels), 'intercept')} and " if levels else ""
        raise MlmedError(
            f"There are {counted(clusters, 'cluster')} of {group!r} for {effects} random effects ({intercepts}the "
            f"{agree(len(slopes), 'slope', 'slopes')} {', '.join(slopes)}): so few clusters "
            f"cannot show how so many effects vary together. Leave slopes out, as in {fewer}, or collect more clusters."
        )
    for role, paths in (("x", ("a", "cprime")), ("m", ("b",))):
        shown = {p: equations[PATHS[p].end].clusters_that_show(role) for p in paths if p in slopes}
        used = [path for path, where in shown.items() if len(where) < 2]
        if used:
            labels = equations["m"].labels[shown[used[0]]]
            rest = tuple(path for path in slopes if path not in used)
            raise MlmedError(
                f"Only one of {counted(clusters, 'cluster')} ({group} {listed(labels)}) has different "
                f"values of {columns[role]!r}, so that nothing can be said about how its effect differs "
                f"between clusters: {and_list(used)} cannot be random. Leave out slopes, as in random={rest!r}."
            )


def wanted_slopes(random: Sequence[str] | str) -> tuple[str, ...] | None:
    """The random slopes in the order of the paths; None for "auto"."""
    if isinstance(random, str):
        if random == "auto":
            return None
        random = (random,)
    chosen: list[str] = []
    unknown: list[object]
    try:
        chosen = list(random)
        unknown = [name for name in chosen if name not in PATHS]
    except TypeError:
        unknown = [random]
    if unknown:
        raise MlmedError(
            f"random names the paths with a random slope, any of {quoted_list(PATHS)}, or is 'auto', but it "
            f"holds {quoted_list(unknown, 5)}. Without any random slope it is ()."
        )
    return tuple(path for path in PATHS if path in chosen)


def wanted_intercepts(intercepts: Sequence[str] | str) -> tuple[str, ...]:
    """The equations with a random intercept."""
    chosen: list[object] = []
    try:
        chosen = [intercepts] if isinstance(intercepts, str) else list(intercepts)
        unknown = [name for name in chosen if name not in EQUATIONS]
    except TypeError:
        unknown = [intercepts]
    if unknown:
        raise MlmedError(
            f"intercepts names the equations with a random intercept, any of {quoted_list(EQUATIONS)}, whatever the "
            f"columns are called, but it holds {quoted_list(unknown, 5)}. Without any random intercept it is ()."
        )
    return tuple(name for name in EQUATIONS if name in chosen)


def not_identified(design: Design, choices: list[tuple[int, ...]], x: str, m: str, y: str) -> str:
    """That a model is not identified, and with which arguments of `mediate` it is.

    Parameters
    ----------
    design : Design
    choices : list of tuple of int
        As in `UnidentifiedError`.
    x, m, y : str
        Columns.

    Returns
    -------
    str
    """
    out = what_to_leave_out(design, choices)
    rest = {path: PATHS[path].term for path in PATHS if PATHS[path].term in design.re_names}
    slopes = tuple(path for path, term in rest.items() if term not in out)
    left = tuple(name for name in EQUATIONS if f"s{name}" in design.re_names and f"s{name}" not in out)
    advice = [f"random={slopes!r}"] if len(slopes) < len(rest) else []
    if any(term in out for term in ("sm", "sy")):
        advice.append(f"intercepts={left!r}")
    named = and_list([RANDOM_EFFECTS[term] for term in out])
    return (
        f"The data cannot tell how {named} {agree(len(out), 'varies', 'vary')} between clusters (x: {x}, m: {m}, "
        f"y: {y}): different variances fit exactly alike. {why_not_identified(design)} With "
        f"{', '.join(advice)} all variances can be told."
    )
