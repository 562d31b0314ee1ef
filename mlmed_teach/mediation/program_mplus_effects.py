"""MODEL CONSTRAINT of Mplus: indirect and total effects, also at values of moderators, and changes with them."""

from __future__ import annotations

import textwrap

from .program_names import plain
from .program_parts import Level, Parts
from .program_places import Place, path_sum

WIDE = 86  # Mplus reads 90 characters of a line
SLOPES = {"smx": "sa", "sym": "sb", "syx": "sc"}
"""Term -> what its random slope is called."""

_ENDS = {"within": "w", "between": "b"}


def _statement(name: str, formula: str) -> list[str]:
    """A definition, over as many lines as it needs."""
    return textwrap.wrap(
        f"{name} = {formula};", WIDE, initial_indent="  ", subsequent_indent="    ", break_long_words=False
    )


def _remark(text: str) -> list[str]:
    return textwrap.wrap(plain(text), WIDE, initial_indent="  ! ", subsequent_indent="  !   ")


def _effects_at(level: Level, place: Place, number: str, labels: dict[str, str]) -> tuple[list[str], list[str]]:
    """Names and definitions of the effects at a place."""
    end = _ENDS.get(level.label, "")
    paths = [path_sum(path, labels.__getitem__) for path in place.paths]
    formulas = {f"ind{end}{number}": f"{paths[0]} * {paths[1]}{' + cab' if level.covary else ''}"}
    direct = paths[2]
    if len(place.c) > 1:  # else it is that of every place
        direct = f"dir{end}{number}"
        formulas[direct] = paths[2]
    formulas[f"tot{end}{number}"] = f"ind{end}{number} + {direct}"
    return list(formulas), [line for name, formula in formulas.items() for line in _statement(name, formula)]


def constraint(parts: Parts, labels: dict[str, str]) -> list[str]:
    """The lines of MODEL CONSTRAINT.

    Parameters
    ----------
    parts : Parts
    labels : dict
        Term -> label of its coefficient.

    Returns
    -------
    list of str
        Empty without effects.
    """
    lines: list[str] = []
    new: list[str] = []
    for level in parts.levels:
        end = _ENDS.get(level.label, "")
        a, b, c = (labels[term] for term in (level.a, level.b, level.c))
        new += [f"ind{end}", f"tot{end}"]
        if parts.spec.moderators:
            lines += _remark(parts.heading(level))
        lines += [f"  ind{end} = {a}*{b}{' + cab' if level.covary else ''};", f"  tot{end} = ind{end} + {c};"]
        for k, place in enumerate(level.places, 1):
            names, found = _effects_at(level, place, str(k), labels)
            new += names
            lines += [*_remark(f"{place.label}: {level.tag}".removesuffix(": ")), *found]
        for k, change in enumerate(level.changes, 1):
            new.append(f"chg{end}{k}")
            lines += _remark(f"{level.tag}{change.label}")
            lines += _statement(f"chg{end}{k}", change.expression(labels.__getitem__))
    if not new:
        return []
    named = textwrap.wrap(f"NEW({' '.join(new)});", WIDE, initial_indent="  ", subsequent_indent="    ")
    return ["MODEL CONSTRAINT:", *named, *lines]
