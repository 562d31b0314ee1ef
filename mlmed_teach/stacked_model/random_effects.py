"""Which slopes and intercepts are random: the wishes, what exists, and what the table can show."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import MlmedError
from ..typing import Array
from ..words import agree, and_list, counted, listed, quoted_list
from .paths import PATHS
from .study_design import Rows

EQUATIONS = ("m", "y")
"""The equations of m and y; each may have a random intercept."""


def intercepts_that_exist(
    rows: dict[str, Rows],
    columns: dict[str, str],
    coded: dict[str, dict[str, dict[str, Array]]],
    wanted: tuple[str, ...],
    slopes: tuple[str, ...],
) -> tuple[tuple[str, ...], list[str]]:
    """Where the cluster means of the response and of all its predictors are equal, no intercept can vary."""
    none = []
    for outcome, predictors in (("m", "x"), ("y", "mx")):
        own = rows[outcome]
        values = [own.values[role] for role in (outcome, *predictors)]
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
    """Random effects need more clusters, more rows in a cluster, and predictors that vary within several clusters."""
    clusters, effects = len(equations["m"].labels), len(levels) + len(slopes)
    if clusters < effects:
        fewer = "random=('b',) or random=()" if clusters > 2 and slopes != ("b",) else "random=()"
        intercepts = f"{counted(len(levels), 'intercept')} and " if levels else ""
        raise MlmedError(
            f"There are {counted(clusters, 'cluster')} of {group!r} for {effects} random effects ({intercepts}the "
            f"{agree(len(slopes), 'slope', 'slopes')} {', '.join(slopes)}): their variances "
            f"cannot be estimated. Leave slopes out, as in {fewer}, or collect more clusters."
        )
    for outcome, paths in (("m", ("a",)), ("y", ("b", "cprime"))):
        used, rows = [path for path in paths if path in slopes], equations[outcome]
        if (outcome in levels or used) and rows.size.max() <= (outcome in levels) + len(used):
            rest = tuple(path for path in slopes if path not in used)
            its = " and ".join(
                ["its intercept"] * (outcome in levels)
                + [f"the {agree(len(used), 'slope', 'slopes')} {and_list(used)}"]
            )
            raise MlmedError(
                f"No cluster of {group!r} has more than {counted(int(rows.size.max()), 'row')}, but in the equation of "
                f"{columns[outcome]!r} each has "
                f"{counted((outcome in levels) + len(used), 'random effect')} ({its}), which cannot be told from the "
                f"residual. Leave slopes out, as in random={rest!r}, or collect more rows in each cluster."
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
