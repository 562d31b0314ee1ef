"""The analysis as input of Mplus."""

from __future__ import annotations

import re
from itertools import combinations

from .program_mplus_effects import SLOPES, WIDE, constraint
from .program_mplus_latent import latent_in_mplus
from .program_parts import Parts, Term
from .program_table import FILE_MPLUS, preparation
from .program_text import wrapped

LONGEST_MPLUS = 8
_SAVING = f'data.fillna(-9999).to_csv("{FILE_MPLUS}", index=False, header=False)'
_PARTS = {"x_mean": "xmean", "x_dev": "xdev", "m_mean": "mmean", "m_dev": "mdev"}
_LABELS = {"smx": "a", "sym": "b", "syx": "c", "smx_mean": "ab", "sym_mean": "bb", "syx_mean": "cb"}


def _predictor(parts: Parts, term: Term) -> str:
    """What a term is in Mplus: m as a predictor is a copy, so that Mplus does not split it into latent parts."""
    name = term.made or _PARTS.get(term.value, term.value)
    return "mcopy" if term.value == parts.m.name else name


def labels_of(parts: Parts) -> dict[str, str]:
    """Term -> label of its coefficient, of paths and of their products with moderators: a, ap1, ap2."""
    labels, count = dict(_LABELS), dict.fromkeys(_LABELS, 0)
    for term in parts.terms:
        if term.of:
            count[term.of] += 1
            labels[term.name] = f"{_LABELS[term.of]}p{count[term.of]}"
    return labels


def _regressions(parts: Parts, between: bool) -> list[str]:
    lines, labels = [], labels_of(parts)
    for term in parts.terms:
        if not term.value or term.between != between:
            continue
        outcome = parts.m.name if term.half == "sm" else parts.y.name
        on = f"{outcome} ON {_predictor(parts, term)}"
        if term.name in parts.random:
            lines.append(f"  {SLOPES[term.name]} | {on};")
        else:
            label = f" ({labels[term.name]})" if term.name in labels else ""
            lines.append(f"  {on}{label};")
    return lines


def _between(parts: Parts) -> list[str]:
    names = {"sm": parts.m.name, "sy": parts.y.name} | SLOPES
    lines = [f"  [{SLOPES[term]}] ({_LABELS[term]});" for term in SLOPES if term in parts.random]
    lines += _regressions(parts, True)
    for half in ("sm", "sy"):
        if half not in parts.random:
            lines.append(f"  {names[half]}@0;  ! no random intercept")
    for first, second in combinations(sorted(parts.random, key=list(names).index, reverse=True), 2):
        pair = f"  {names[first]} WITH {names[second]}"
        if {first, second} == {"sm", "sy"} and parts.apart:
            lines.append(f"{pair}@0;  ! in a decomposed model")
        else:
            lines.append(f"{pair}{' (cab)' if {first, second} == {'smx', 'sym'} else ''};")
    return lines


def _prepared(parts: Parts) -> list[str]:
    """Lines of Python that make means and deviations, which Mplus would not take for further products."""
    used = {term.value.partition(" * ")[0] for term in parts.terms}
    lines = []
    for role, v in parts.decomposed:
        lines.append(f'data["{role}mean"] = data.groupby("id")["{v.name}"].transform("mean")')
        if f"{role}_dev" in used:
            lines.append(f'data["{role}dev"] = data["{v.name}"] - data["{role}mean"]')
    return lines


def _defined(parts: Parts) -> list[str]:
    """Lines that make variables in Mplus."""
    lines = []
    for term in {term.made: term for term in parts.terms if term.made}.values():
        first, _, factor = term.value.partition(" * ")
        lines.append(f"  {term.made} = {_PARTS.get(first, first)} * {factor};")
    if any(term.value == parts.m.name for term in parts.terms):
        lines.append(f"  mcopy = {parts.m.name};  ! the predictor, which Mplus must not split into latent parts")
    return ["DEFINE:", *lines] if lines else []


def in_mplus(parts: Parts) -> str:
    """The input, for Mplus.

    Parameters
    ----------
    parts : Parts
        With names of at most `LONGEST_MPLUS` characters.

    Returns
    -------
    str
    """
    used = {_predictor(parts, term): term.between for term in parts.terms if term.value}
    made = ["mcopy", *dict.fromkeys(term.made for term in parts.terms if term.made)]
    in_file = [v.name for v in parts.variables] + re.findall(r'^data\["(\w+)"\]', "\n".join(_prepared(parts)), re.M)
    taken = [name for name in in_file if name in (parts.m.name, parts.y.name) or name in used]
    within = [name for name, between in used.items() if not between]
    between = [name for name, between in used.items() if between]
    random = any(name in SLOPES for name in parts.random)
    estimator = "MLR" if parts.se == "robust" else "ML"

    def names(first: str, items: list[str]) -> list[str]:
        return wrapped(first, items, ";", " ", WIDE)

    lines = [
        *(f"! {line}" for line in parts.head),
        "! Read against the guide of Mplus as far as it could be had, but not run: an option may",
        "! need a change.",
        "! Mplus has no REML for this model: variances and standard errors come by maximum",
        "! likelihood, so that numbers differ a little from those of mlmed_teach, the less the",
        "! more clusters there are. No stacking is needed: Mplus takes m and y at once.",
        *([] if parts.se != "gls" else ['! Its standard errors are joint ones: compare with med.with_se("joint").']),
        *(f"! In this input, {line}." for line in parts.renamed),
        "",
        "! The table, numbers only, without a line of names, comes from these lines of Python:",
        *(f"! {line}" for line in preparation(parts, [*_prepared(parts), _SAVING])),
        "",
        f"DATA:     FILE = {FILE_MPLUS};",
        "VARIABLE:",
        *names("  NAMES = ", ["id", *in_file]),
        *names("  USEVARIABLES = ", [*taken, *(name for name in made if name in used)]),
        "  MISSING = ALL (-9999);",
        "  CLUSTER = id;",
        *(names("  WITHIN = ", within) if within else []),
        *(names("  BETWEEN = ", between) if between else []),
        *_defined(parts),
        f"ANALYSIS: TYPE = TWOLEVEL{' RANDOM' if random else ''};  ESTIMATOR = {estimator};",
        "MODEL:",
        "  %WITHIN%",
        *_regressions(parts, False),
        f"  {parts.m.name} WITH {parts.y.name}@0;  ! residuals of the two equations are independent",
        "  %BETWEEN%",
        *_between(parts),
        *constraint(parts, labels_of(parts)),
        "OUTPUT:   CINTERVAL;",
        "",
        *(latent_in_mplus(parts, in_file, estimator) if parts.latent else []),
    ]
    return "\n".join(lines)
