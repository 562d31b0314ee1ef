"""The part of the script of R that makes effects of estimates: indirect, direct, total, and what moderators change."""

from __future__ import annotations

from collections.abc import Iterable

from .program_parts import Level, Parts
from .program_places import Weight
from .program_text import quote

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
}

# The fixed effects among all estimates, and how a function of estimates changes with each of them.
coefficients_of <- function(p) setNames(p[names(p) == "beta"], names_fixed)
jacobian <- function(f, at = est) sapply(seq_along(at), function(i) {
  step <- replace(0 * at, i, 1e-5 * max(1, abs(at[i])))
  (f(at + step) - f(at - step)) / (2 * step[i])
})

# Effects of one level, or at one place. Each path is a sum of coefficients, times the numbers given.
level <- function(label, a, b, c1, covary) {
  terms <- unique(names(c(a, b, c1)))
  weights <- rbind(a[terms], b[terms], c1[terms])
  weights[is.na(weights)] <- 0
  four <- function(p) c(weights %*% coefficients_of(p)[terms], if (covary) cov_ab(p) else 0)
  J <- jacobian(four)
  V_joint <- J %*% V_all %*% t(J)
  # gls: the covariance matrix of the paths, and the variance of the covariance alone beside it.
  V <- rbind(cbind(weights %*% V_gls[terms, terms] %*% t(weights), 0), 0)
  V[4, 4] <- V_joint[4, 4]
  p <- four(est)
  page <- effects(c(weights %*% gls_estimates[terms], p[4]), V)
  all <- effects(p, V_joint)
  data.frame(row.names = paste0(label, c("indirect", "direct", "total")), gls_estimate = page[, "estimate"],
             se_gls = page[, "se"], joint_estimate = all[, "estimate"], se_joint = all[, "se"])
}"""

_CHANGES = """\

# A product with a moderator, or a change of the indirect effect: a function f of the fixed effects, with its delta
# standard error. cov(a_j, b_j) is supposed to be the same everywhere, and cancels.
change <- function(label, f) {
  of_all <- function(p) unname(f(coefficients_of(p)))
  G <- jacobian(f, gls_estimates)
  J <- jacobian(of_all)
  data.frame(row.names = label, gls_estimate = unname(f(gls_estimates)), se_gls = sqrt(sum(G * (V_gls %*% G))),
             joint_estimate = of_all(est), se_joint = sqrt(sum(J * (V_all %*% J))))
}"""


def _vector(path: Iterable[Weight]) -> str:
    return f"c({', '.join(f'{weight.term} = ' + weight.text.strip('()') for weight in path)})"


def _coefficient(term: str) -> str:
    return f'k["{term}"]'


def _calls(level: Level) -> list[str]:
    covary = "TRUE" if level.covary else "FALSE"
    paths = [f"c({term} = 1)" for term in (level.a, level.b, level.c)]
    calls = [f"level({quote(level.tag)}, {', '.join(paths)}, {covary})"]
    for place in level.places:
        label, (of_a, of_b, of_c) = quote(f"{place.label}: {level.tag}"), map(_vector, place.paths)
        calls.append(f"level({label},\n    {of_a}, {of_b}, {of_c}, {covary})")
    for name, term in level.products.items():
        calls.append(f"change({quote(level.tag + name)}, function(k) {_coefficient(term)})")
    for change in level.changes:
        calls.append(f"change({quote(level.tag + change.label)}, function(k)\n    {change.expression(_coefficient)})")
    return calls


def effects_in_r(parts: Parts, cov_ab: list[str]) -> list[str]:
    """Lines of R after the models.

    Parameters
    ----------
    parts : Parts
    cov_ab : list of str
        The function that makes cov(a_j, b_j) of all estimates.

    Returns
    -------
    list of str
    """
    lines = ["# ---- effects: indirect = a b + cov(a_j, b_j), total = indirect + c'", *cov_ab, "", _FORMULA]
    if parts.spec.moderators:
        lines.append(_CHANGES)
    calls = [call for level in parts.levels for call in _calls(level)]
    if not calls:
        return [*lines, "# No level has both parts of an indirect effect.", ""]
    lines += ["table_of_effects <- rbind(", *(f"  {call}," for call in calls[:-1]), f"  {calls[-1]}", ")"]
    chosen = "gls" if parts.se == "gls" else "joint"
    quantile = f"qt(.975, {parts.df:.0f})" if parts.df < 1e6 else "qnorm(.975)"
    if parts.se == "robust":
        lines += [
            "# You asked for robust standard errors, which neither package gives for all parameters of this model",
            "# (clubSandwich has them for the fixed effects of lme): below are gls and joint ones.",
        ]
    return [
        *lines,
        f'half <- {quantile} * table_of_effects[, "se_{chosen}"]',
        f'table_of_effects$low <- table_of_effects[, "{chosen}_estimate"] - half',
        f'table_of_effects$high <- table_of_effects[, "{chosen}_estimate"] + half',
        "print(table_of_effects, digits = 8)",
        "",
    ]
