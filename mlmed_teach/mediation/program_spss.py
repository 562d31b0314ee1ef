"""The analysis as syntax of SPSS."""

from __future__ import annotations

import re
import textwrap

from .program_names import plain
from .program_parts import Level, Parts
from .program_places import Place, rows_of
from .program_table import FILE, preparation
from .program_text import wrapped


def _commented(first: str, lines: list[str]) -> list[str]:
    """One comment over several lines, which ends with a full stop."""
    return [f"* {first}:", *(f"    {line}" for line in lines), "    ."]


def _remark(*lines: str) -> list[str]:
    """One comment for each sentence: a full stop at the end of a line ends it."""
    found: list[str] = []
    for sentence in re.split(r"\.\s+", " ".join(lines).rstrip(".")) if lines else []:
        found += textwrap.wrap(f"* {sentence}.", 100, subsequent_indent="  ")
    return found


def _random(parts: Parts) -> list[str]:
    def block(names: list[str], structure: str) -> list[str]:
        kind = structure if len(names) > 1 else "ID"
        return [f"  /RANDOM={' '.join(names)} | SUBJECT(id) COVTYPE({kind})"]

    if not parts.apart:
        return block(parts.random, "UN")
    if len(parts.random) == 2:
        return block(parts.random, "DIAG")
    return [*block([name for name in parts.random if name != "sy"], "UN"), *block(["sy"], "ID")]


_FORMULA = [
    "COMPUTE indirect = a * b + cov_ab.",
    "COMPUTE v_ind = b * b * v_aa + a * a * v_bb + 2 * a * b * v_ab + v_aa * v_bb + v_ab * v_ab + v_cov.",
    "COMPUTE total = indirect + c.",
    "COMPUTE v_tot = v_ind + v_cc + 2 * b * v_ac + 2 * a * v_bc.",
]


def _level(parts: Parts, level: Level) -> list[str]:
    a, b, c, cov = (*level.estimates[:3], level.estimates[-1])
    V = level.V
    names = f"{level.a}, {level.b}, {level.c}"
    lines = [
        *_remark(f"Effects, {parts.heading(level)}"),
        *_remark(
            f"SPSS cannot compute with its own output: these are the numbers of mlmed_teach (gls) for {names}, "
            "which should be those of the tables above; put in those of your output"
        ),
    ]
    if level.covary:
        i, j = parts.covariance(level, apart="sy")
        lines += _remark(f"cov_ab is UN ({j},{i}) of the random effects, and v_cov the square of its standard error")
    lines.append("MATRIX.")
    values = {"a": a, "b": b, "c": c, "cov_ab": cov, "v_aa": V[0, 0], "v_bb": V[1, 1], "v_cc": V[2, 2]}
    values |= {"v_ab": V[0, 1], "v_ac": V[0, 2], "v_bc": V[1, 2], "v_cov": V[-1, -1]}
    for name, value in values.items():
        lines.append(f"COMPUTE {name} = {value:.10g}.")
    return [
        *lines,
        *_FORMULA,
        f'PRINT {{indirect, SQRT(v_ind)}} /TITLE="{level.tag}indirect effect, standard error" /FORMAT=F12.6.',
        f'PRINT {{c, SQRT(v_cc)}} /TITLE="{level.tag}direct effect, standard error" /FORMAT=F12.6.',
        f'PRINT {{total, SQRT(v_tot)}} /TITLE="{level.tag}total effect, standard error" /FORMAT=F12.6.',
        "END MATRIX.",
        "",
        *(_moderated(level) if level.places else []),
    ]


def _matrix(name: str, rows: list[list[str]]) -> list[str]:
    """A matrix of MATRIX, one row a line."""
    texts = [", ".join(row) for row in rows]
    return [f"COMPUTE {name} = {{", *(f"  {text};" for text in texts[:-1]), f"  {texts[-1]}}}."]


def _table(places: list[Place], terms: list[str]) -> list[list[str]]:
    return [row for place in places for row in rows_of(place, terms)]


def _moderated(level: Level) -> list[str]:
    """Effects at values of the moderators, and changes of the indirect effect."""
    terms, k = level.terms, len(level.terms)
    where = f", {level.label} clusters" if level.label else ""
    numbers = [f"{number}: {plain(place.label)}" for number, place in enumerate(level.places, 1)]
    changes = [f"{number}: {plain(change.label)}" for number, change in enumerate(level.changes, 1)]
    lines = [
        *_remark(f"Effects at values of moderators{where}"),
        *_remark(f"theta and v: estimates and covariance matrix (gls) of {', '.join(terms)}"),
        *_remark("Three rows of places make a, b and c' at each place"),
        *_remark(f"Places: {'; '.join(numbers)}"),
        *(_remark(f"Changes: {'; '.join(changes)}") if changes else []),
        # A loop of MATRIX stops there, whatever its index says.
        *([f"SET MXLOOPS={longest}."] if (longest := max(len(numbers), len(changes))) > _MOST_LOOPS else []),
        "MATRIX.",
        *_matrix("theta", [[f"{value:.10g}"] for value in level.estimates[:k]]),
        *_matrix("v", [[f"{value:.10g}" for value in row[:k]] for row in level.V[:k]]),
        f"COMPUTE cov_ab = {level.estimates[-1]:.10g}.",
        f"COMPUTE v_cov = {level.V[-1, -1]:.10g}.",
        *_matrix("places", _table(level.places, terms)),
        f"COMPUTE found = MAKE({len(level.places)}, 6, 0).",
        f"LOOP k = 1 TO {len(level.places)}.",
        "COMPUTE map = places((3 * k - 2):(3 * k), :).",
        "COMPUTE p = map * theta.",
        "COMPUTE s = map * v * T(map).",
        *(f"COMPUTE {path} = p({i})." for i, path in enumerate("abc", 1)),
        *(f"COMPUTE v_{pair} = s({i}, {j})." for pair, (i, j) in _PAIRS.items()),
        *_FORMULA,
        "COMPUTE found(k, :) = {indirect, SQRT(v_ind), c, SQRT(v_cc), total, SQRT(v_tot)}.",
        "END LOOP.",
        f'PRINT found /TITLE="{level.tag}effects at these places, each with its standard error" /FORMAT=F12.6',
        '  /CLABELS="indirect", "se", "direct", "se", "total", "se".',
    ]
    if level.changes:
        count = len(level.changes)
        lines += [
            *_matrix("low", _table([change.low for change in level.changes], terms)),
            *_matrix("high", _table([change.high for change in level.changes], terms)),
            f"COMPUTE found = MAKE({count}, 2, 0).",
            f"LOOP k = 1 TO {count}.",
            *(
                f"COMPUTE {path}_{end} = {end}(3 * k - {less}, :)."
                for end in ("low", "high")
                for path, less in (("a", 2), ("b", 1))
            ),
            "COMPUTE change = (a_high * theta) * (b_high * theta) - (a_low * theta) * (b_low * theta).",
            "COMPUTE slope = (b_high * theta) * a_high + (a_high * theta) * b_high.",
            "COMPUTE slope = slope - (b_low * theta) * a_low - (a_low * theta) * b_low.",
            "COMPUTE found(k, :) = {change, SQRT(slope * v * T(slope))}.",
            "END LOOP.",
            f'PRINT found /TITLE="{level.tag}changes of the indirect effect, standard error" /FORMAT=F12.6.',
        ]
    return [*lines, "END MATRIX.", ""]


_MOST_LOOPS = 40  # what MXLOOPS is unless it is set

_PAIRS = {"aa": (1, 1), "bb": (2, 2), "cc": (3, 3), "ab": (1, 2), "ac": (1, 3), "bc": (2, 3)}


def in_spss(parts: Parts) -> str:
    """The syntax, for SPSS.

    Parameters
    ----------
    parts : Parts

    Returns
    -------
    str
    """
    variables = ["id", *(v.name for v in parts.variables)]
    kept = ["id", "fid", *(v.name for v in parts.variables if v != parts.y)]
    kept += [f"{role}_{part}" for role, _ in parts.decomposed for part in ("mean", "dev")]
    lines = [
        *_remark(*parts.head),
        *_remark("Read against the manual of SPSS, but not run: a subcommand may need a change"),
        *(line for renamed in parts.renamed for line in _remark(f"In this syntax, {renamed}")),
        "",
        *_commented(
            "The table, numbers only and with names that SPSS accepts, comes from these lines of Python",
            preparation(parts),
        ),
        f'GET DATA /TYPE=TXT /FILE="{FILE}" /DELIMITERS="," /FIRSTCASE=2',
        *wrapped("  /VARIABLES=", [f"{name} F32.0" for name in variables], ".", " "),
        "",
    ]
    if parts.decomposed:
        made = " ".join(f"/{role}_mean=MEAN({v.name})" for role, v in parts.decomposed)
        lines += [
            *_remark("Means of the clusters, and deviations from them"),
            f"AGGREGATE /OUTFILE=* MODE=ADDVARIABLES /BREAK=id {made}.",
            *(f"COMPUTE {role}_dev = {v.name} - {role}_mean." for role, v in parts.decomposed),
            "",
        ]
    lines += [
        *_remark("y stacked on m: two rows for each row, the first with y, the second with m"),
        "COMPUTE fid = $CASENUM.",
        f"COMPUTE m_copy = {parts.m.name}.",
        f"VARSTOCASES /MAKE z FROM {parts.y.name} m_copy /INDEX=which",
        *wrapped("  /KEEP=", kept, ".", " "),
        "COMPUTE sm = which - 1.",
        "COMPUTE sy = 1 - sm.",
        *(f"COMPUTE {term.name} = {term.half} * {term.value}." for term in parts.terms if term.value),
        "EXECUTE.",
        "",
        *_remark("One model for both; REPEATED gives each half a residual variance of its own"),
    ]
    if parts.split:
        lines += _remark(
            "In a decomposed model the two random intercepts do not covary. MIXED cannot hold one covariance at 0:",
            "here the intercept of y is a block of its own, so that its covariances with the slopes are 0, too, and",
            "results differ a little from those of mlmed_teach (R and SAS can fit the same model)",
        )
    if parts.se != "gls":
        lines += _remark(
            f"You asked for {parts.se} standard errors. MIXED takes the variances as known (gls):",
            "its standard errors are those of med.with_se('gls')",
        )
    lines += _remark(*parts.without_latent("MIXED"))
    lines += [
        *wrapped("MIXED z WITH ", [term.name for term in parts.terms], "", " "),
        "  /METHOD=REML",
        *wrapped("  /FIXED=", [term.name for term in parts.terms], " | NOINT", " "),
        *_random(parts),
        "  /REPEATED=which | SUBJECT(id*fid) COVTYPE(DIAG)",
        "  /PRINT=SOLUTION COVB TESTCOV.",
        "",
    ]
    for level in parts.levels:
        lines += _level(parts, level)
    return "\n".join(lines)
