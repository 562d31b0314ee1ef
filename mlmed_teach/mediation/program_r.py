"""The analysis as a script of R: nlme for the paths with its standard errors, glmmTMB for all parameters together."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .program_parts import Parts, Term
from .program_r_effects import effects_in_r
from .program_text import quote, wrapped

_JOINT = """\
# All estimates and their covariance matrix: fixed effects, residual variances, and theta, the parameters of the random
# effects. The random effects themselves (b) are integrated out.
at <- joint$obj$env$last.par.best
precision <- TMB::sdreport(joint$obj, getJointPrecision = TRUE)$jointPrecision
if (is.null(precision))
  stop("glmmTMB found no optimum inside: a variance is near 0 or a correlation near 1. Leave a random slope out.")
b <- rownames(precision) == "b"
integrated <- precision[!b, !b] - precision[!b, b] %*% solve(precision[b, b], precision[b, !b])
V_all <- solve(as.matrix(integrated))
est <- at[!b]
names_fixed <- colnames(model.matrix(joint))"""

_GLS = """\
# glmmTMB has the standard errors of nlme inside: those of the fixed effects when all variances are taken as known.
known <- joint$obj$env$spHess(at, random = TRUE)
fixed <- names(at)[joint$obj$env$random] == "beta"
known <- known[fixed, fixed] - known[fixed, !fixed] %*% solve(known[!fixed, !fixed], known[!fixed, fixed])
V_gls <- solve(as.matrix(known))
dimnames(V_gls) <- list(names_fixed, names_fixed)
gls_estimates <- setNames(est[names(est) == "beta"], names_fixed)"""


def _texts(values: Iterable[str]) -> str:
    return f"c({', '.join(map(quote, values))})"


def _half(parts: Parts, half: str) -> list[str]:
    response, name = (parts.m.name, "m_half") if half == "sm" else (parts.y.name, "y_half")

    def value(term: Term) -> str:
        return "0" if term.half != half else term.value or "1"

    columns = ["id = id", f"z = {response}", f"sm = {int(half == 'sm')}", f"sy = {int(half == 'sy')}"]
    columns += [f"{term.name} = {value(term)}" for term in parts.terms if term.name not in ("sm", "sy")]
    return wrapped(f"{name} <- with(d, data.frame(", columns, "))")


def _table(parts: Parts) -> list[str]:
    spec = parts.spec
    text = list(dict.fromkeys(v.column for v in parts.variables if v.category is not None))
    text += parts.ids if parts.recode else []
    as_text = ", ".join(f'{quote(name)} = "character"' for name in text)
    kinds = f", colClasses = c({as_text})" if text else ""
    columns = [f"table[[{quote(name)}]]" for name in parts.ids]
    cluster = f"factor({columns[0]})" if len(columns) == 1 else f"interaction({', '.join(columns)}, drop = TRUE)"
    lines = [
        "# ---- the table: one row for each observation; change the name of the file",
        f'table <- read.csv("table.csv", check.names = FALSE, encoding = "UTF-8", na.strings = c("", "NA"){kinds})',
        "# True and False, as Python writes them, are 1 and 0.",
        "number <- function(v) {",
        '  as.numeric(if (is.character(v) && all(v %in% c("True", "False", NA))) v == "True" else v)',
        "}",
        "d <- data.frame(",
        f"  id = {cluster},",
    ]
    values = []
    for v in parts.variables:
        value = f"table[[{quote(v.column)}]]"
        code = f"number({value})" if v.category is None else f"as.numeric({value} == {quote(v.category)})"
        values.append(f"  {v.name} = {code}")
    lines += [*(f"{value}," for value in values[:-1]), values[-1], ")"]
    for name, categories in spec.categories.items():
        lines.append(f"# {quote(str(name))} is coded; the reference is {quote(categories[0])}.")
    if spec.missing == "drop":
        lines += [
            f"# A row needs these; one without {parts.y.name} keeps the half that holds {parts.m.name}.",
            f"d <- droplevels(d[complete.cases(d[{_texts(['id', *parts.needed])}]), ])",
        ]
    if parts.decomposed:
        lines.append("# Means of the clusters, and deviations from them.")
    for role, v in parts.decomposed:
        lines += [f"d${role}_mean <- ave(d${v.name}, d$id)", f"d${role}_dev <- d${v.name} - d${role}_mean"]
    return lines


def _stacked(parts: Parts) -> list[str]:
    return [
        "# ---- y stacked on m: each row of the table becomes two, and 0 switches off the other half",
        *_half(parts, "sy"),
        *_half(parts, "sm"),
        "long <- rbind(y_half, m_half)",
        "long <- long[complete.cases(long), ]",
    ]


def _without_nlme(parts: Parts) -> str:
    """Why glmmTMB has to do what nlme cannot; "" if nlme can."""
    if parts.split:
        return "# nlme cannot hold one covariance at 0."
    return "# nlme may stop on the boundary." if parts.edge else ""


def _nlme(parts: Parts) -> list[str]:
    lines = ["# ---- nlme: REML, a residual variance for each half, the standard errors of Stata's mixed (gls)"]
    if _without_nlme(parts):
        return []
    structure = "pdDiag" if parts.apart else "pdSymm"
    if parts.apart:
        lines.append("# pdDiag: the two random intercepts do not covary in a decomposed model.")
    lines += [
        *wrapped("gls <- lme(z ~ 0 + ", [term.name for term in parts.terms], ", long,", " + "),
        *wrapped(f"           random = list(id = {structure}(~ 0 + ", parts.random, ")),", " + "),
        '           weights = varIdent(form = ~ 1 | sm), method = "REML",',
        '           control = lmeControl(opt = "optim", msTol = 1e-12, msMaxIter = 1000, niterEM = 100))',
        "gls_estimates <- fixef(gls)",
        "V_gls <- gls$varFix",
        "print(VarCorr(gls))",
    ]
    return lines


def _reduced(parts: Parts) -> bool:
    """Whether the rank of G is less than full and can be held there."""
    return 0 < parts.rank < len(parts.random) and not parts.apart


def _order(parts: Parts) -> list[str]:
    """The random effects; where the rank is held, first those that span the others: loadings of the first may be 0."""
    if not _reduced(parts):
        return parts.random
    left = parts.G.copy()
    order: list[int] = []
    own = np.maximum(np.diag(left).copy(), 1e-300)
    for _ in parts.random:
        share = np.diag(left) / own
        share[order] = -np.inf
        k = int(share.argmax())
        order.append(k)
        if len(order) <= parts.rank:
            left = left - np.outer(left[:, k], left[k]) / left[k, k]
    return [parts.random[k] for k in order]


def _glmmtmb(parts: Parts) -> list[str]:
    k = len(parts.random)
    lines = [
        "# ---- glmmTMB: the same model; its standard errors count that the variances are estimates too (joint)",
    ]
    held, structure, rank = "", "us", ""
    if _reduced(parts):
        structure, rank = "rr", f", d = {parts.rank}"
        lines += [
            "# The optimum lies on the boundary: the covariance matrix of the random effects has a rank of "
            f"{parts.rank}, less than {k}.",
            "# rr, for reduced rank (glmmTMB 1.1 or later), holds it there, as mlmed_teach does for its",
            "# standard errors.",
        ]
    elif parts.apart:
        lines += [
            f"# theta: {k} log standard deviations, then what makes the correlations. The first of these is that of",
            "# the two random intercepts, which map holds at 0: in a decomposed model the data cannot tell it from",
            "# the paths between clusters.",
            f"theta <- rep(0, {k * (k + 1) // 2})",
        ]
        held = (
            f"                 map = list(theta = factor(replace(seq_along(theta), {k + 1}, NA))), "
            "start = list(theta = theta),"
        )
    lines += [
        *wrapped("joint <- glmmTMB(z ~ 0 + ", [term.name for term in parts.terms], " +", " + "),
        *wrapped(f"                   {structure}(0 + ", _order(parts), f" | id{rank}),", " + "),
        "                 data = long, dispformula = ~ 0 + factor(sm), REML = TRUE,",
        *([held] if held else []),
        "                 control = glmmTMBControl(optCtrl = list(iter.max = 1000, eval.max = 1000)))",
        _JOINT,
        "",
    ]
    if _without_nlme(parts):
        lines += [_without_nlme(parts), _GLS, ""]
    return lines


def _covariance(parts: Parts) -> list[str]:
    k, rank = len(parts.random), parts.rank
    level = next((level for level in parts.levels if level.covary), None)
    if not level:
        return ["# No covariance of two random slopes in this model: cov(a_j, b_j) is 0.", "cov_ab <- function(p) 0"]
    if _reduced(parts):
        i, j = sorted(_order(parts).index(name) + 1 for name in (level.a, level.b))
        root = [
            f"  loadings <- matrix(0, {k}, {rank})  # lower triangular: theta has its diagonal, then what is below",
            f"  diag(loadings) <- theta[1:{rank}]",
            f"  loadings[lower.tri(loadings)] <- theta[-(1:{rank})]",
            f"  tcrossprod(loadings)[{i}, {j}]",
        ]
        return _function_of_theta("rr", i, j, root)
    i, j = parts.covariance(level)
    correlations = f"theta[-(1:{k})]"
    if parts.apart:
        correlations = f"c(0, {correlations})"
    root = [
        f"  root <- diag({k})",
        f"  root[upper.tri(root)] <- {correlations}",
        f"  exp(theta[[{i}]] + theta[[{j}]]) * cov2cor(crossprod(root))[{i}, {j}]",
    ]
    return _function_of_theta("us", i, j, root)


def _function_of_theta(structure: str, i: int, j: int, lines: list[str]) -> list[str]:
    return [
        f"# cov(a_j, b_j) of the estimates p. Random effects are numbered as in {structure}(...): those of a and b are "
        f"{i} and {j}.",
        "cov_ab <- function(p) {",
        '  theta <- p[names(p) == "theta"]',
        *lines,
        "}",
    ]


def _latent(parts: Parts) -> list[str]:
    said = [f"# {line}" for line in parts.without_latent("lme and glmmTMB")]
    return [*said, "# lavaan has two-level models with latent means, but no random slopes in them.", ""] if said else []


def in_r(parts: Parts) -> str:
    """The script, for R.

    Parameters
    ----------
    parts : Parts

    Returns
    -------
    str
    """
    nlme = _nlme(parts)
    lines = [
        *(f"# {line}" for line in parts.head),
        *(f"# In this script, {line}." for line in parts.renamed),
        '# Once: install.packages(c("nlme", "glmmTMB"))',
        *(["library(nlme)"] if nlme else []),
        "library(glmmTMB)",
        "library(Matrix)  # comes with R",
        f"options(width = {500 if parts.spec.moderators else 150})  # a row of the last table in one line",
        "",
        *_table(parts),
        "",
        *_stacked(parts),
        "",
        *([*nlme, ""] if nlme else []),
        *_glmmtmb(parts),
        *effects_in_r(parts, _covariance(parts)),
        *_latent(parts),
        "# lme4 has one residual variance for all rows: lmer needs a random effect of the rows of the half with the",
        "# larger one, as in (0 + sm | row), and gives no standard error of cov(a_j, b_j).",
        "",
    ]
    return "\n".join(lines)
