"""A second input of Mplus: effects between clusters with latent means, into which Mplus splits x and m itself."""

from __future__ import annotations

from itertools import combinations

from .program_mplus_effects import SLOPES, WIDE
from .program_parts import Parts
from .program_table import FILE_MPLUS
from .program_text import wrapped

_DEVIATIONS = {"smx": "xdev", "sym": "mdev", "syx": "xdev"}
_PATHS = {"smx": ("m", "x", "a", "ab"), "sym": ("y", "m", "b", "bb"), "syx": ("y", "x", "c", "cb")}


def latent_in_mplus(parts: Parts, in_file: list[str], estimator: str) -> list[str]:
    """The second input as a comment of the first.

    Parameters
    ----------
    parts : Parts
        Of a decomposed model without moderators.
    in_file : list of str
        Variables of the file, after the id.
    estimator : str

    Returns
    -------
    list of str
    """
    m, y = parts.m.name, parts.y.name
    name_of = {"x": parts.x.name, "m": m, "y": y}
    within = {term.name for term in parts.terms if term.name in _PATHS}  # not those of an x of whole clusters
    x_latent = "smx" in within
    slopes = [term for term in SLOPES if term in parts.random]
    covariates = [(name_of[equation], v.name) for equation, found in parts.covariates.items() for v in found]
    if x_latent:  # x has a model, in which the covariates of m stand, too
        covariates += [(name_of["x"], v.name) for v in parts.covariates["m"]]
    of_clusters = {term.value for term in parts.terms if term.between}
    deviations = list(dict.fromkeys(_DEVIATIONS[term] for term in slopes))
    used = [name for name in in_file if name in (*name_of.values(), *deviations, *(v for _, v in covariates))]
    only_within = [name for name in used if name in deviations or name not in (*of_clusters, *name_of.values())]
    only_between = [name for name in used if name in of_clusters or (name == name_of["x"] and not x_latent)]

    def names(first: str, items: list[str]) -> list[str]:
        return wrapped(first, items, ";", " ", WIDE) if items else []

    def on(between: bool) -> list[str]:
        return [f"  {outcome} ON {v};" for outcome, v in covariates if (v in of_clusters) == between]

    lines = [
        f"DATA:     FILE = {FILE_MPLUS};",
        "VARIABLE:",
        *names("  NAMES = ", ["id", *in_file]),
        *names("  USEVARIABLES = ", used),
        "  MISSING = ALL (-9999);",
        "  CLUSTER = id;",
        *names("  WITHIN = ", only_within),
        *names("  BETWEEN = ", only_between),
        f"ANALYSIS: TYPE = TWOLEVEL{' RANDOM' if slopes else ''};  ESTIMATOR = {estimator};",
        "MODEL:",
        "  %WITHIN%",
    ]
    for term, (end, start, label, _) in _PATHS.items():
        if term in within:
            lines.append(f"  {name_of[end]} ON {name_of[start]} ({label});")
            if term in slopes:
                lines.append(f"  {SLOPES[term]} | {name_of[end]} ON {_DEVIATIONS[term]};")
    lines += [*on(False), "  %BETWEEN%"]
    lines += [f"  {name_of[end]} ON {name_of[start]} ({label});" for end, start, _, label in _PATHS.values()]
    lines += [f"  [{SLOPES[term]}@0];" for term in slopes]
    lines += on(True)
    for first, second in combinations([*(SLOPES[term] for term in slopes), m, y], 2):
        if (first, second) != (m, y):
            lines.append(f"  {first} WITH {second}{' (cab)' if (first, second) == ('sa', 'sb') else ''};")
    if x_latent:
        lines += [f"  {SLOPES[term]} WITH {name_of['x']}@0;" for term in slopes]
    lines += ["MODEL CONSTRAINT:", f"  NEW({'indw totw ' if x_latent else ''}indb totb);"]
    if x_latent:
        lines += [f"  indw = a*b{' + cab' if {'smx', 'sym'} <= set(slopes) else ''};", "  totw = indw + c;"]
    lines += ["  indb = ab*bb;", "  totb = indb + cb;", "OUTPUT:   CINTERVAL;"]
    return [
        "! ---- A second input, for the effects between clusters with latent means, med.latent:",
        '! save the lines below, without "! ", as a file of its own. Variables that are neither',
        "! WITHIN nor BETWEEN are split by Mplus into latent parts of the two levels. With ML a",
        "! random slope of such a variable would act on all of it; here random slopes act on the",
        "! observed deviations, beside a fixed one, and have a mean of 0.",
        "!",
        *(f"! {line}" for line in lines),
        "",
    ]
