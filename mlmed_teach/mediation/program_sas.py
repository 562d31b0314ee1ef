"""The analysis as a program of SAS."""

from __future__ import annotations

from .program_parts import Level, Parts
from .program_sas_places import moderated_in_sas
from .program_table import FILE, preparation
from .program_text import in_block, wrapped


def _started(parts: Parts) -> list[str]:
    """PARMS with one covariance held at 0; the other values are where the search starts."""
    G = parts.G
    k = len(parts.random)
    values = [f"({G[i, j]:.6g})" for i in range(k) for j in range(i + 1)]
    values += [f"({value:.6g})" for value in parts.residual]
    return [
        "  /* In a decomposed model the two random intercepts do not covary: the second parameter, UN(2,1), is held",
        "     at 0; the other values, those of mlmed_teach, are only where the search starts. */",
        *wrapped("  parms ", values, " / hold=2;", " "),
    ]


def _level(parts: Parts, level: Level) -> list[str]:
    column = {term.name: k for k, term in enumerate(parts.terms, 1)}
    a, b, c = level.a, level.b, level.c

    def covariance(name: str, row: str, other: str) -> str:
        return f'  select Col{column[other]} format=best32. into :{name} trimmed from covb where Effect = "{row}";'

    lines = [
        f"/* ---- effects, {parts.heading(level).replace('*/', '* /')} ---- */",
        "proc sql noprint;",
        *(
            f'  select Estimate format=best32. into :{name} trimmed from paths where Effect = "{term}";'
            for name, term in (("pa", a), ("pb", b), ("pc", c))
        ),
        covariance("vaa", a, a),
        covariance("vbb", b, b),
        covariance("vcc", c, c),
        covariance("vab", a, b),
        covariance("vac", a, c),
        covariance("vbc", b, c),
    ]
    if level.covary:
        i, j = parts.covariance(level)
        lines.append(
            "  select Estimate format=best32., StdErr format=best32. into :cab trimmed, :secab trimmed\n"
            f'    from variances where CovParm = "UN({j},{i})";'
        )
    lines.append("quit;")
    if not level.covary:
        lines += ["%let cab = 0;", "%let secab = 0;"]
    return [
        *lines,
        "data effects;",
        "  indirect = (&pa) * (&pb) + (&cab);",
        "  a = &pa; b = &pb; vaa = &vaa; vbb = &vbb; vab = &vab;",
        "  se_indirect = sqrt(b**2 * vaa + a**2 * vbb + 2 * a * b * vab + vaa * vbb + vab**2 + (&secab)**2);",
        "  direct = &pc;",
        "  se_direct = sqrt(&vcc);",
        "  total = indirect + direct;",
        "  se_total = sqrt(se_indirect**2 + &vcc + 2 * b * (&vac) + 2 * a * (&vbc));",
        "  low = indirect - quantile('NORMAL', .975) * se_indirect;",
        "  high = indirect + quantile('NORMAL', .975) * se_indirect;",
        "  drop a b vaa vbb vab;",
        "run;",
        f'title "{level.tag}effects";',
        "proc print data=effects noobs;",
        "run;",
        "",
        *(moderated_in_sas(parts, level) if level.places else []),
    ]


def in_sas(parts: Parts) -> str:
    """The program, for SAS.

    Parameters
    ----------
    parts : Parts

    Returns
    -------
    str
    """
    names = " ".join(["id", *(v.name for v in parts.variables)])
    means = [v.name for _, v in parts.decomposed]
    robust = " empirical" if parts.se == "robust" else ""
    lines = [
        *(f"/* {line.replace('*/', '* /')} */" for line in parts.head),
        "/* Read against SAS's documentation, but not run: an option may need a change. */",
        *(f"/* In this program, {line.replace('*/', '* /')}. */" for line in parts.renamed),
        "",
        "/* The table, numbers only and with names that SAS accepts, comes from these lines of Python: */",
        *in_block(preparation(parts)),
        "data d;",
        f'  infile "{FILE}" dsd firstobs=2 truncover;',
        f"  input {names};",
        "run;",
        "",
    ]
    if means:
        lines += [
            "/* Means of the clusters. */",
            "proc sort data=d;",
            "  by id;",
            "run;",
            "proc means data=d noprint;",
            "  by id;",
            f"  var {' '.join(means)};",
            f"  output out=means(keep=id {' '.join(f'{role}_mean' for role, _ in parts.decomposed)}) "
            f"mean={' '.join(f'{role}_mean' for role, _ in parts.decomposed)};",
            "run;",
            "data d;",
            "  merge d means;",
            "  by id;",
            *(f"  {role}_dev = {v.name} - {role}_mean;" for role, v in parts.decomposed),
            "run;",
            "",
        ]
    lines += [
        "/* y stacked on m: two rows for each row; kind, a class variable, tells the residual variances apart. */",
        "data stacked;",
        "  set d;",
        "  fid = _n_;",
        "  do sm = 0 to 1;",
        "    sy = 1 - sm;",
        "    kind = sm;",
        f"    if sm then z = {parts.m.name}; else z = {parts.y.name};",
        *(f"    {term.name} = {term.half} * {term.value};" for term in parts.terms if term.value),
        "    output;",
        "  end;",
        "run;",
        "",
        *(
            [
                "/* You asked for joint standard errors. PROC MIXED takes the variances as known (gls): compare with",
                '   med.with_se("gls"), which has the standard errors of this program. */',
            ]
            if parts.se == "joint"
            else []
        ),
        *(
            [
                "/* empirical: standard errors of the fixed effects from the spread of the clusters; that of the",
                "   covariance of the slopes stays model-based, and covariances of the two are left out. */",
            ]
            if robust
            else []
        ),
        *(f"/* {line} */" for line in parts.without_latent("PROC MIXED")),
        "ods output SolutionF=paths CovB=covb CovParms=variances;",
        f"proc mixed data=stacked method=reml covtest{robust};",
        "  class id kind;",
        *wrapped("  model z = ", [term.name for term in parts.terms], " / noint solution covb;", " "),
        f"  random {' '.join(parts.random)} / subject=id type=un;",
        "  repeated / subject=id group=kind;",
        *(_started(parts) if parts.apart else []),
        "run;",
        "",
    ]
    for level in parts.levels:
        lines += _level(parts, level)
    return "\n".join(lines)
