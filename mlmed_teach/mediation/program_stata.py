"""The analysis as a do-file of Stata."""

from __future__ import annotations

from .program_names import plain
from .program_parts import Level, Parts, Term
from .program_places import rows_of
from .program_table import FILE, preparation
from .program_text import in_block

_WIDTH = 100


def _value(term: Term) -> str:
    return f"{term.half} * {term.value}" if term.value else term.half


def _long(words: list[str]) -> list[str]:
    """A command over several lines, with Stata's mark at the end of each but the last."""
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + len(word) > _WIDTH:
            lines[-1] += " ///"
            lines.append("   ")
        lines[-1] += f" {word}"
    return lines


def _model(parts: Parts) -> list[str]:
    names = [term.name for term in parts.terms]
    k = len(parts.random)
    lines, random = [], [parts.random]
    if parts.split:
        lines = [
            "// In a decomposed model the two random intercepts do not covary. mixed cannot hold one covariance at 0:",
            "// here the intercept of y is a block of its own, so that its covariances with the slopes are 0, too,",
            "// and results differ a little from those of mlmed_teach (R and SAS can fit the same model).",
        ]
        random = [[name for name in parts.random if name != "sy"], ["sy"]]
    words = ["mixed", "z", *names, ",", "noconstant"]
    for block in random:
        words += ["||", "id:", *block, ",", "noconstant"]
        if len(block) > 1:
            words.append("covariance(independent)" if parts.apart and k == 2 else "covariance(unstructured)")
    words += ["reml", "residuals(independent,", "by(sm))"]
    return [*lines, *(line.replace(" ,", ",") for line in _long(words))]


_FORMULA = [
    "scalar indirect = path_a * path_b + cov_ab",
    "scalar total = indirect + path_c",
    "scalar v_ind = path_b^2 * v_aa + path_a^2 * v_bb + 2 * path_a * path_b * v_ab + v_aa * v_bb + v_ab^2 + v_cov",
    "scalar v_tot = v_ind + v_cc + 2 * path_b * v_ac + 2 * path_a * v_bc",
]


def _displayed(tag: str) -> list[str]:
    """What shows the effects; tag: what goes before their names."""
    return [
        f'display "{tag}indirect " indirect "  se " sqrt(v_ind) "  95% " ///',
        '    indirect - invnormal(.975) * sqrt(v_ind) " to " indirect + invnormal(.975) * sqrt(v_ind)',
        f'display "{tag}direct   " path_c "  se " sqrt(v_cc)',
        f'display "{tag}total    " total "  se " sqrt(v_tot)',
    ]


def _level(parts: Parts, level: Level) -> list[str]:
    def cov(first: str, second: str) -> str:
        return f'el(V, rownumb(V, "z:{first}"), colnumb(V, "z:{second}"))'

    lines = [
        f"// ---- effects, {parts.heading(level)} ----",
        f"scalar path_a = {_coefficient(level.a)}",
        f"scalar path_b = {_coefficient(level.b)}",
        f"scalar path_c = {_coefficient(level.c)}",
        f"scalar v_aa = {cov(level.a, level.a)}",
        f"scalar v_bb = {cov(level.b, level.b)}",
        f"scalar v_cc = {cov(level.c, level.c)}",
        f"scalar v_ab = {cov(level.a, level.b)}",
        f"scalar v_ac = {cov(level.a, level.c)}",
        f"scalar v_bc = {cov(level.b, level.c)}",
        "scalar cov_ab = 0",
        "scalar v_cov = 0",
    ]
    if level.covary:
        i, j = parts.covariance(level, apart="sy")
        lines[-2:] = [
            f"// Stata estimates logarithms of standard deviations and atanh of correlations; {i}, {j}: the slopes.",
            "// (mixed, coeflegend lists the names; matrix list e(b) shows all estimates.)",
            f"nlcom tanh(_b[atr1_1_{i}_{j}:_cons]) * exp(_b[lns1_1_{i}:_cons] + _b[lns1_1_{j}:_cons])",
            "matrix C = r(b)",
            "matrix VC = r(V)",
            "scalar cov_ab = C[1, 1]",
            "scalar v_cov = VC[1, 1]",
        ]
    lines += [*_FORMULA, *_displayed(level.tag), ""]
    if level.places:
        lines += _moderated(level)
    return lines


def _coefficient(term: str) -> str:
    return f"_b[z:{term}]"


def _program() -> list[str]:
    """The program that makes effects at a place."""
    inside = ["args label", "matrix P = theta * T'", "matrix VP = T * S * T'"]
    inside += [f"scalar path_{path} = P[1, {k}]" for k, path in enumerate("abc", 1)]
    pairs = {"aa": (1, 1), "bb": (2, 2), "cc": (3, 3), "ab": (1, 2), "ac": (1, 3), "bc": (2, 3)}
    inside += [f"scalar v_{pair} = VP[{i}, {j}]" for pair, (i, j) in pairs.items()]
    inside += [*_FORMULA, *_displayed("`label'")]
    return [
        "// Effects at values of moderators: theta and S are estimates and their covariance matrix, of which T makes",
        "// a, b and c'.",
        "capture program drop effects_at",
        "program define effects_at",
        *(f"    {line}" for line in inside),
        "end",
        "",
    ]


def _moderated(level: Level) -> list[str]:
    """Effects at values of the moderators, and changes of the indirect effect."""
    terms = level.terms
    k = len(terms)
    lines = [
        f"// ---- effects at values of moderators{f', {level.label} clusters' if level.label else ''} ----",
        *_long(["local terms", *terms]),
        f"matrix theta = J(1, {k}, 0)",
        f"matrix S = J({k}, {k}, 0)",
        f"forvalues i = 1/{k} {{",
        "    local row : word `i' of `terms'",
        "    matrix theta[1, `i'] = _b[z:`row']",
        f"    forvalues j = 1/{k} {{",
        "        local column : word `j' of `terms'",
        "        matrix S[`i', `j'] = el(V, rownumb(V, \"z:`row'\"), colnumb(V, \"z:`column'\"))",
        "    }",
        "}",
    ]
    for place in level.places:
        rows = " \\ ".join(", ".join(row) for row in rows_of(place, terms))
        lines += [*_long(f"matrix T = ({rows})".split(" ")), f'effects_at "{plain(f"{place.label}: {level.tag}")}"']
    for name, term in level.products.items():
        lines += [f'display "{plain(level.tag + name)}"', f"nlcom {_coefficient(term)}"]
    for change in level.changes:
        formula = f"nlcom (change: {change.expression(_coefficient)})"
        lines += [f'display "{plain(level.tag + change.label)}"', *_long(formula.split(" "))]
    return [*lines, ""]


def in_stata(parts: Parts) -> str:
    """The do-file, for Stata 13 or later.

    Parameters
    ----------
    parts : Parts

    Returns
    -------
    str
    """
    lines = [
        *(f"// {line}" for line in parts.head),
        "// Read against Stata's help, but not run: an option may need a change.",
        *(f"// In this file, {line}." for line in parts.renamed),
        "",
        "set varabbrev off  // or the name of a scalar may stand for a variable that begins with it",
        "",
        "// The table, numbers only and with names that Stata accepts, comes from these lines of Python:",
        *in_block(preparation(parts)),
        f'import delimited using "{FILE}", clear case(preserve) asdouble',
        "",
    ]
    if parts.decomposed:
        lines.append("// Means of the clusters, and deviations from them.")
    for role, v in parts.decomposed:
        lines += [
            f"egen double {role}_mean = mean({v.name}), by(id)",
            f"generate double {role}_dev = {v.name} - {role}_mean",
        ]
    lines += [
        "// y stacked on m: two rows for each row, the first with y, the second with m.",
        "generate long fid = _n",
        "expand 2",
        "bysort fid: generate byte sm = _n - 1",
        "generate byte sy = 1 - sm",
        f"generate double z = cond(sm, {parts.m.name}, {parts.y.name})  // rows without z are left out by mixed",
        *(f"generate double {term.name} = {_value(term)}" for term in parts.terms if term.value),
        "",
        "// One model for both: a residual variance for each half.",
        *_model(parts),
        "matrix V = e(V)",
        "",
    ]
    if parts.se != "gls":
        lines += [
            f"// You asked for {parts.se} standard errors. mixed with reml takes the variances as known (gls), and has",
            '// no vce(robust) there: compare with med.with_se("gls"), which has the standard errors of this file.',
        ]
    lines += [f"// {line}" for line in parts.without_latent("mixed")]
    lines += [""] if parts.latent else []
    if parts.spec.moderators:
        lines += _program()
    for level in parts.levels:
        lines += _level(parts, level)
    return "\n".join(lines)
