"""The analysis as a script of R: nlme for the paths with its standard errors, glmmTMB for all parameters together."""

from __future__ import annotations

from collections.abc import Iterable

from .program_parts import Parts, Term
from .program_text import quote, wrapped

_FORMULA = """\
# The paper's formula. p: a, b, c', cov(a_j, b_j); V: covariance matrix of these four estimates. The last row of V is 0
# beside its diagonal where the variances were taken as known (gls).
effects <- function(p, V) {
  a <- p[1]; b <- p[2]; c1 <- p[3]; cov_ab <- p[4]
  indirect <- a * b + cov_ab
  v_indirect <- b^2 * V[1, 1] + a^2 * V[2, 2] + 2 * a * b * V[1, 2] + V[1, 1] * V[2, 2] + V[1, 2]^2 +
    V[4, 4] + 2 * b * V[1, 4] + 2 * a * V[2, 4]
  v_total <- v_indirect + V[3, 3] + 2 * b * V[1, 3] + 2 * a * V[2, 3] + 2 * V[3, 4]
  cbind(estimate = c(indirect, c1, indirect + c1), se = sqrt(c(v_indirect, V[3, 3], v_total)))
}"""

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
# nlme cannot hold one covariance at 0. glmmTMB has the same standard errors inside: those of the fixed effects when all
# variances are taken as known.
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


def _nlme(parts: Parts) -> list[str]:
    lines = ["# ---- nlme: REML, a residual variance for each half, the standard errors of Stata's mixed (gls)"]
    if parts.split:
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


def _glmmtmb(parts: Parts) -> list[str]:
    k = len(parts.random)
    lines = [
        "# ---- glmmTMB: the same model; its standard errors count that the variances are estimates too (joint)",
    ]
    held = ""
    if parts.apart:
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
        *wrapped("                   us(0 + ", parts.random, " | id),", " + "),
        "                 data = long, dispformula = ~ 0 + factor(sm), REML = TRUE,",
        *([held] if held else []),
        "                 control = glmmTMBControl(optCtrl = list(iter.max = 1000, eval.max = 1000)))",
        _JOINT,
        "",
    ]
    if parts.split:
        lines += [_GLS, ""]
    return lines


def _covariance(parts: Parts) -> list[str]:
    k = len(parts.random)
    pairs = [parts.covariance(level) for level in parts.levels if level.covary]
    if not pairs:
        return ["# No covariance of two random slopes in this model: cov(a_j, b_j) is 0.", "cov_ab <- function(p) 0"]
    i, j = pairs[0]
    correlations = f"theta[-(1:{k})]"
    if parts.apart:
        correlations = f"c(0, {correlations})"
    return [
        f"# cov(a_j, b_j) of the estimates p. Random effects are numbered as in us(...): a_j and b_j are {i} and {j}.",
        "cov_ab <- function(p) {",
        '  theta <- p[names(p) == "theta"]',
        f"  root <- diag({k})",
        f"  root[upper.tri(root)] <- {correlations}",
        f"  exp(theta[[{i}]] + theta[[{j}]]) * cov2cor(crossprod(root))[{i}, {j}]",
        "}",
    ]


def _effects(parts: Parts) -> list[str]:
    lines = [
        "# ---- effects: indirect = a b + cov(a_j, b_j), total = indirect + c'",
        *_covariance(parts),
        "",
        _FORMULA,
        "",
        "# Jacobian of the four by all estimates.",
        "four <- function(p, terms, covary)",
        '  c(p[names(p) == "beta"][match(terms, names_fixed)], if (covary) cov_ab(p) else 0)',
        "jacobian <- function(f) sapply(seq_along(est), function(i) {",
        "  step <- replace(0 * est, i, 1e-5 * max(1, abs(est[i])))",
        "  (f(est + step) - f(est - step)) / (2 * step[i])",
        "})",
        "level <- function(label, terms, covary) {",
        "  J <- jacobian(function(p) four(p, terms, covary))",
        "  V_joint <- J %*% V_all %*% t(J)",
        "  # gls: the covariance matrix of the paths, and the variance of the covariance alone beside it.",
        "  V <- rbind(cbind(V_gls[terms, terms], 0), 0)",
        "  V[4, 4] <- V_joint[4, 4]",
        "  p <- four(est, terms, covary)",
        "  page <- effects(c(gls_estimates[terms], p[4]), V)",
        "  all <- effects(p, V_joint)",
        '  data.frame(row.names = paste0(label, c("indirect", "direct", "total")), gls_estimate = page[, "estimate"],',
        '             se_gls = page[, "se"], joint_estimate = all[, "estimate"], se_joint = all[, "se"])',
        "}",
    ]
    calls = [
        f"level({quote(level.tag)}, {_texts((level.a, level.b, level.c))}, {'TRUE' if level.covary else 'FALSE'})"
        for level in parts.levels
    ]
    lines += wrapped("table_of_effects <- rbind(", calls, ")")
    if not calls:
        lines[-1] = "# No level has both parts of an indirect effect."
    chosen = "gls" if parts.se == "gls" else "joint"
    quantile = f"qt(.975, {parts.df:.0f})" if parts.df < 1e6 else "qnorm(.975)"
    if parts.se == "robust":
        lines += [
            "# You asked for robust standard errors, which neither package gives for all parameters of this model",
            "# (clubSandwich has them for the fixed effects of lme): below are gls and joint ones.",
        ]
    lines += [
        f'half <- {quantile} * table_of_effects[, "se_{chosen}"]',
        f'table_of_effects$low <- table_of_effects[, "{chosen}_estimate"] - half',
        f'table_of_effects$high <- table_of_effects[, "{chosen}_estimate"] + half',
        "print(table_of_effects, digits = 8)",
        "",
    ]
    return lines


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
        "library(nlme)",
        "library(glmmTMB)",
        "library(Matrix)  # comes with R",
        "options(width = 150)",
        "",
        *_table(parts),
        "",
        *_stacked(parts),
        "",
        *([*nlme, ""] if nlme else []),
        *_glmmtmb(parts),
        *_effects(parts),
        "# lme4 has one residual variance for all rows: lmer needs a random effect of the rows of the half with the",
        "# larger one, as in (0 + sm | row), and gives no standard error of cov(a_j, b_j).",
        "",
    ]
    return "\n".join(lines)
