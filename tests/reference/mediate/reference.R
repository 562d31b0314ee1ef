# Fits the cases of cases.csv with nlme, glmmTMB and lme4, converged as tightly as they go, and writes reference.csv.
# Run in this folder: python3 make_tables.py && Rscript reference.R
# (R with r-cran-nlme, r-cran-glmmtmb, r-cran-lme4, r-cran-numderiv; needed only to regenerate, three minutes. Written
# with R 4.2.2, nlme 3.1-162, glmmTMB 1.1.5, TMB 1.9.2, lme4 1.1-31, numDeriv 2016.8-1.1.)
suppressMessages({library(nlme); library(glmmTMB); library(lme4); library(numDeriv)})
EFFECTS <- c("sm", "smx", "sy", "sym", "syx")
SLOPES <- c(a = "smx", b = "sym", cprime = "syx")
# In its own units glmmTMB and lme4 stop far from the optimum of this table: fitted in these, results taken back.
UNITS <- list(scale = c(x = 1e-3, m = 1, y = 1e4, zero = 1e6))
words <- function(text) strsplit(text, " ")[[1]]

# ---- the stacked model of a case -------------------------------------------------------------------------------------

# Columns of one equation: the constant, its predictors, in a decomposed model also their means, and covariates.
equation <- function(d, sign, predictors, covariates, decompose) {
  terms <- list()
  terms[[sign]] <- rep(1, nrow(d))
  for (name in predictors) {
    mean <- if (decompose) ave(d[[name]], d$id) else 0
    terms[[paste0(sign, name)]] <- d[[name]] - mean
    if (diff(range(mean)) > 1e-9) terms[[paste0(sign, name, "_mean")]] <- mean
  }
  for (name in covariates) {
    if (is.numeric(d[[name]])) terms[[paste0(sign, ":", name)]] <- d[[name]]
    else for (level in sort(unique(d[[name]]))[-1])
      terms[[paste0(sign, ":", name, "[", level, "]")]] <- as.numeric(d[[name]] == level)
  }
  as.data.frame(terms, optional = TRUE)
}

stacked <- function(case) {
  d <- read.csv(paste0(case$table, ".csv"))
  unit <- if (is.null(UNITS[[case$table]])) c(x = 1, m = 1, y = 1, zero = 0) else UNITS[[case$table]]
  d <- transform(d, x = x / unit["x"], m = m / unit["m"], y = (y - unit["zero"]) / unit["y"])
  decompose <- case$decompose == 1
  m <- equation(d, "sm", "x", words(case$covariates_m), decompose)
  y <- equation(d, "sy", c("m", "x"), words(case$covariates_y), decompose)
  rows <- data.frame(id = factor(d$id), fid = factor(seq_len(nrow(d))))
  long <- rbind(cbind(rows, z = d$y, m * 0, y), cbind(rows, z = d$m, m, y * 0))
  fixed <- c(names(m), names(y))
  names(long) <- make.names(names(long))
  long <- long[!is.na(long$z), ]  # of a row without y, the half that holds m stays
  # The two intercepts come first: their covariance is then one element of a Cholesky factor.
  random <- c(if (case$intercepts != "none") paste0("s", words(case$intercepts)),
              intersect(EFFECTS, SLOPES[words(case$random)]))
  list(data = long, fixed = fixed, random = random, decompose = decompose, unit = unit,
       terms = paste(c("z ~ 0", make.names(fixed)), collapse = " + "),
       effects = paste(c("0", random), collapse = " + "))
}

# ---- one fit by each program: list(converged, llf, b, V, G, s2) ------------------------------------------------------

by_nlme <- function(s) {
  if (s$decompose && length(s$random) > 2) return(NULL)  # it has no pdMat that fixes one covariance at 0
  random <- list(id = (if (s$decompose) pdDiag else pdSymm)(as.formula(paste("~", s$effects))))
  # optim comes first: its central differences lead closer to the optimum than nlminb. fnscale shortens its first step,
  # which otherwise may end where lme cannot compute.
  for (opt in c("optim", "nlminb")) {
    fit <- try(lme(as.formula(s$terms), s$data, random, weights = varIdent(form = ~ 1 | sm), method = "REML",
                   control = lmeControl(opt = opt, fnscale = 100, msTol = 1e-15, msMaxIter = 2000, msMaxEval = 5000,
                                        niterEM = 400, apVar = FALSE)), silent = TRUE)
    if (!inherits(fit, "try-error")) break
  }
  if (inherits(fit, "try-error")) return(list(converged = 0))
  ratio <- coef(fit$modelStruct$varStruct, unconstrained = FALSE, allCoef = TRUE)
  G <- as.matrix(getVarCov(fit))
  fitted <- list(converged = 1, llf = as.numeric(logLik(fit)))
  # On the boundary lme's parameters are infinite: it comes near in likelihood, not in the estimates.
  if (min(eigen(cov2cor(G))$values) < 1e-6) return(fitted)
  c(fitted, list(b = fixef(fit), V = fit$varFix, G = G, s2 = (fit$sigma * ratio[c("0", "1")])^2))
}

# Newton steps from where an optimizer stopped; `left` is what a further one would move, in standard errors.
newton <- function(par, gradient, hessian) {
  H <- hessian(par)
  H <- (H + t(H)) / 2
  if (min(eigen(H)$values) <= 0) return(list(par = par, left = Inf))
  for (k in 1:3) par <- par - solve(H, gradient(par))
  g <- gradient(par)
  list(par = par, left = sqrt(sum(g * solve(H, g))))
}

by_glmmTMB <- function(s) {
  k <- length(s$random)
  theta <- rep(0, k * (k + 1) / 2)  # k log standard deviations, then the correlations, that of sm and sy first
  map <- if (s$decompose) list(theta = factor(replace(seq_along(theta), k + 1, NA))) else list()
  fit <- glmmTMB(as.formula(paste0(s$terms, " + (", s$effects, " | id)")), s$data, dispformula = ~ 0 + factor(sm),
                 REML = TRUE, map = map, start = list(theta = theta), se = FALSE,
                 control = glmmTMBControl(optCtrl = list(iter.max = 1000, eval.max = 1000, rel.tol = 1e-14)))
  obj <- fit$obj
  gradient <- function(par) as.vector(obj$gr(par))
  hessian <- function(par) jacobian(gradient, par)
  best <- newton(fit$fit$par, gradient, hessian)
  fitted <- list(converged = as.numeric(best$left < 1e-8), llf = -obj$fn(best$par))
  if (!fitted$converged) return(fitted)
  last <- obj$env$last.par
  integrated <- obj$env$random
  variances <- function(par) {
    at <- obj$report(replace(last, -integrated, par))
    G <- at$corr[[1]] * outer(at$sd[[1]], at$sd[[1]])
    c(G, exp(par[names(best$par) == "betad"]))
  }
  # With REML the fixed effects are integrated out: their block of the inverse Hessian is (X'V^-1 X)^-1. The standard
  # errors that glmmTMB prints are other ones, from the joint Hessian of all parameters (TMB's joint precision).
  beta <- names(last)[integrated] == "beta"
  V <- solve(obj$env$spHess(last, random = TRUE), diag(length(integrated))[, beta])[beta, ]
  J <- jacobian(variances, best$par)
  H <- hessian(best$par)
  se <- sqrt(rowSums((J %*% solve(H)) * J))  # observed information, delta method
  precision <- TMB::sdreport(obj, best$par, hessian.fixed = H, getJointPrecision = TRUE)$jointPrecision
  joint <- solve(as.matrix(precision))
  of_beta <- rownames(precision) == "beta"
  of_phi <- !(rownames(precision) %in% c("beta", "b"))
  square <- function(v) matrix(v[seq_len(k^2)], k, dimnames = list(s$random, s$random))
  values <- variances(best$par)
  c(fitted, list(b = last[names(last) == "beta"], V = V, G = square(values), s2 = values[-seq_len(k^2)],
                 se_G = square(se), se_s2 = se[-seq_len(k^2)], V_joint = joint[of_beta, of_beta],
                 across = joint[of_beta, of_phi] %*% t(J[seq_len(k^2), ])))
}

by_lme4 <- function(s) {
  # One residual variance only: the larger one is the smaller plus the variance of a random effect of the rows.
  for (larger in c("sm", "sy")) {
    f <- lFormula(as.formula(paste0(s$terms, " + (", s$effects, " | id) + (0 + ", larger, " | fid)")), s$data,
                  control = lmerControl(check.scaleX = "ignore", check.nobs.vs.nRE = "ignore"))
    devfun <- do.call(mkLmerDevfun, f)
    theta <- f$reTrms$theta  # that of fid, which has the most levels; then the lower triangle for id by columns
    free <- if (s$decompose) seq_along(theta)[-3] else seq_along(theta)
    deviance <- function(par) devfun(replace(theta, free, par))
    theta[free] <- minqa::bobyqa(theta[free], deviance, f$reTrms$lower[free], control = list(rhoend = 1e-9))$par
    if (theta[1] > 1e-3) break
  }
  # A diagonal element that is 0 stays there; the optimum is then an ordinary one in the others.
  free <- free[f$reTrms$lower[free] < 0 | theta[free] > 1e-4]
  theta[-free] <- 0
  # Steps of 1e-2, as the deviance has noise of 1e-11; Richardson extrapolation makes up for their width.
  wide <- list(d = 1e-2, eps = 1e-2)
  best <- newton(theta[free], function(par) grad(deviance, par, method.args = wide),
                 function(par) hessian(deviance, par))
  theta[free] <- best$par
  fit <- mkMerMod(environment(devfun), list(par = theta, fval = devfun(theta), conv = 0), f$reTrms, f$fr)
  s2 <- sigma(fit)^2 + c(0, VarCorr(fit)$fid)
  list(converged = as.numeric(best$left < 1e-5), llf = as.numeric(logLik(fit)), b = fixef(fit),
       V = as.matrix(vcov(fit)), G = VarCorr(fit)$id, s2 = if (larger == "sm") s2 else rev(s2))
}

# ---- back to the units of the table, and out -------------------------------------------------------------------------

in_units <- function(r, s) {
  u <- s$unit
  per <- c(sm = u[["m"]], smx = u[["m"]] / u[["x"]],
           sy = u[["y"]], sym = u[["y"]] / u[["m"]], syx = u[["y"]] / u[["x"]])
  fixed <- per[sub("_mean$|:.*$", "", s$fixed)]
  # The density of z by its units, and log|X'V^-1 X| of the restricted likelihood by those of the coefficients.
  r$llf <- r$llf - nrow(s$data) / 2 * log(u[["m"]] * u[["y"]]) + sum(log(fixed))
  if (is.null(r$b)) return(r)
  r$b <- r$b * fixed + u[["zero"]] * (s$fixed == "sy")
  r$V <- r$V * outer(fixed, fixed)
  random <- outer(per[s$random], per[s$random])
  residual <- u[c("y", "m")]^2
  r$G <- r$G * random
  r$s2 <- r$s2 * residual
  if (!is.null(r$se_G)) {
    r$se_G <- r$se_G * random
    r$se_s2 <- r$se_s2 * residual
    r$V_joint <- r$V_joint * outer(fixed, fixed)
    r$across <- r$across * outer(fixed, as.vector(random))
  }
  r
}

table_of <- function(r, s) {
  label <- function(values, what, names) setNames(values, paste0(what, "[", names, "]"))
  triangle <- function(M, what, names, diagonal) {
    M <- M[names, names]
    at <- which(lower.tri(M, diagonal), arr.ind = TRUE)
    label(M[at], what, paste(names[at[, 1]], names[at[, 2]], sep = ","))
  }
  values <- c(converged = r$converged, llf = r$llf)
  if (!is.null(r$b)) {
    random <- intersect(EFFECTS, s$random)
    V <- matrix(r$V, nrow(r$V), dimnames = list(s$fixed, s$fixed))
    values <- c(values, label(r$b, "b", s$fixed), label(sqrt(diag(V)), "se", s$fixed),
                triangle(V, "cov", SLOPES, FALSE),
                triangle(r$G, "G", random, TRUE), label(r$s2, "s2", c("sm=0", "sm=1")))
    if (!is.null(r$se_G))
      values <- c(values, triangle(r$se_G, "seG", random, TRUE), label(r$se_s2, "ses2", c("sm=0", "sm=1")),
                  of_joint(r, s, label, triangle))
  }
  values <- values[!(s$decompose & names(values) %in% c("G[sy,sm]", "seG[sy,sm]"))]  # fixed at 0
  data.frame(quantity = names(values), value = sprintf("%.15g", values))
}

# From the joint covariance matrix: standard errors, covariances of the paths, and theirs with cov(a_j, b_j).
of_joint <- function(r, s, label, triangle) {
  V <- matrix(r$V_joint, nrow(r$V_joint), dimnames = list(s$fixed, s$fixed))
  values <- c(label(sqrt(diag(V)), "joint", s$fixed), triangle(V, "jointcov", SLOPES, FALSE))
  if (!all(c("smx", "sym") %in% s$random)) return(values)
  k <- length(s$random)
  across <- r$across[, match("sym", s$random) + k * (match("smx", s$random) - 1)]
  c(values, label(across[match(SLOPES, s$fixed)], "across", SLOPES))
}

cases <- read.csv("cases.csv", na.strings = character(), colClasses = "character")
programs <- list(nlme = by_nlme, glmmTMB = by_glmmTMB, lme4 = by_lme4)
out <- NULL
for (k in seq_len(nrow(cases))) {
  s <- stacked(cases[k, ])
  for (program in names(programs)) {
    r <- suppressWarnings(programs[[program]](s))  # of optimizers that were asked for more digits than they have
    if (is.null(r)) next
    if (!is.null(r$llf)) r <- in_units(r, s)
    message(sprintf("%s, %s: converged %g, log likelihood %.9f", cases$case[k], program, r$converged, c(r$llf, NA)[1]))
    out <- rbind(out, data.frame(case = cases$case[k], program = program, table_of(r, s)))
  }
}
write.csv(out, "reference.csv", row.names = FALSE, quote = 3)  # names such as G[smx,sm] hold commas
