"""The analysis as input of Mplus."""

from __future__ import annotations

from itertools import combinations

from .program_parts import Parts, Term
from .program_table import preparation
from .program_text import wrapped

LONGEST_MPLUS = 8
FILE_MPLUS = "mediation.dat"
_SAVING = f'data.fillna(-9999).to_csv("{FILE_MPLUS}", index=False, header=False)'
_WIDE = 86  # Mplus reads 90 characters of a line
_PARTS = {"x_mean": "xmean", "x_dev": "xdev", "m_mean": "mmean", "m_dev": "mdev"}
_SLOPES = {"smx": "sa", "sym": "sb", "syx": "sc"}
_LABELS = {"smx": "a", "sym": "b", "syx": "c", "smx_mean": "ab", "sym_mean": "bb", "syx_mean": "cb"}


def _predictor(parts: Parts, term: Term) -> str:
    """What a term is in Mplus: m as a predictor is a copy, so that Mplus does not split it into latent parts."""
    name = _PARTS.get(term.value, term.value)
    return "mcopy" if term.value == parts.m.name else name


def _regressions(parts: Parts, between: bool) -> list[str]:
    lines = []
    for term in parts.terms:
        if not term.value or term.between != between:
            continue
        outcome = parts.m.name if term.half == "sm" else parts.y.name
        on = f"{outcome} ON {_predictor(parts, term)}"
        if term.name in parts.random:
            lines.append(f"  {_SLOPES[term.name]} | {on};")
        else:
            label = f" ({_LABELS[term.name]})" if term.name in _LABELS else ""
            lines.append(f"  {on}{label};")
    return lines


def _between(parts: Parts) -> list[str]:
    names = {"sm": parts.m.name, "sy": parts.y.name} | _SLOPES
    lines = [f"  [{_SLOPES[term]}] ({_LABELS[term]});" for term in _SLOPES if term in parts.random]
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


def _constraint(parts: Parts) -> list[str]:
    lines, new = [], []
    for level in parts.levels:
        end = {"within": "w", "between": "b"}.get(level.label, "")
        a, b, c = (_LABELS[term] for term in (level.a, level.b, level.c))
        new += [f"ind{end}", f"tot{end}"]
        lines += [f"  ind{end} = {a}*{b}{' + cab' if level.covary else ''};", f"  tot{end} = ind{end} + {c};"]
    return ["MODEL CONSTRAINT:", f"  NEW({' '.join(new)});", *lines] if new else []


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
    made = [*_PARTS.values(), "mcopy"]
    in_file = [v.name for v in parts.variables if v in (parts.m, parts.y) or v.name in used]
    within = [name for name, between in used.items() if not between]
    between = [name for name, between in used.items() if between]
    define = []
    for role, v in parts.decomposed:
        define.append(f"  {role}mean = CLUSTER_MEAN({v.name});")
        if f"{role}dev" in used:
            define.append(f"  {role}dev = {v.name} - {role}mean;")
    if "mcopy" in used:
        define.append(f"  mcopy = {parts.m.name};  ! the predictor, which Mplus must not split into latent parts")
    random = any(name in _SLOPES for name in parts.random)
    estimator = "MLR" if parts.se == "robust" else "ML"

    def names(first: str, items: list[str]) -> list[str]:
        return wrapped(first, items, ";", " ", _WIDE)

    lines = [
        *(f"! {line}" for line in parts.head),
        "! Neither run nor compared with the manual of Mplus line by line: an option may need a change.",
        "! Mplus has no REML for this model: variances and standard errors come by maximum",
        "! likelihood, so that numbers differ a little from those of mlmed_teach, the less the",
        "! more clusters there are. No stacking is needed: Mplus takes m and y at once.",
        *([] if parts.se != "gls" else ['! Its standard errors are joint ones: compare with med.with_se("joint").']),
        *(f"! In this input, {line}." for line in parts.renamed),
        "",
        "! The table, numbers only, without a line of names, comes from these lines of Python:",
        *(f"! {line}" for line in preparation(parts, _SAVING)),
        "",
        f"DATA:     FILE = {FILE_MPLUS};",
        "VARIABLE:",
        *names("  NAMES = ", ["id", *(v.name for v in parts.variables)]),
        *names("  USEVARIABLES = ", [*in_file, *(name for name in made if name in used)]),
        "  MISSING = ALL (-9999);",
        "  CLUSTER = id;",
        *(names("  WITHIN = ", within) if within else []),
        *(names("  BETWEEN = ", between) if between else []),
        *(["DEFINE:", *define] if define else []),
        f"ANALYSIS: TYPE = TWOLEVEL{' RANDOM' if random else ''};  ESTIMATOR = {estimator};",
        "MODEL:",
        "  %WITHIN%",
        *_regressions(parts, False),
        f"  {parts.m.name} WITH {parts.y.name}@0;  ! residuals of the two equations are independent",
        "  %BETWEEN%",
        *_between(parts),
        *_constraint(parts),
        "OUTPUT:   CINTERVAL;",
        "",
    ]
    return "\n".join(lines)
