# Fits the cases of cases.csv with glmmTMB (REML) and writes reference.csv: log likelihood, fixed effects, cov(a_j, b_j),
# and the joint covariance matrix of all these. The products are those of raw columns, without centers, so that terms
# like smx are the paths where the moderator is 0: mlmed_teach centres, and must give the same effects.
# Run in this folder: python3 make_tables.py && Rscript reference.R
# (R with r-cran-glmmtmb, r-cran-numderiv; needed only to regenerate. Written with R 4.2.2, glmmTMB 1.1.5.)
suppressMessages({library(glmmTMB); library(numDeriv)})

columns_of <- function(d, name) {
  if (is.numeric(d[[name]])) return(setNames(list(d[[name]]), name))
  levels <- sort(unique(d[[name]]))[-1]
  setNames(lapply(levels, function(level) as.numeric(d[[name]] == level)), paste0(name, "[", level = levels, "]"))
}

equation <- function(d, sign, predictors, case) {
  decompose <- case$decompose == 1
  terms <- list()
  terms[[sign]] <- rep(1, nrow(d))
  moderators <- unique(Filter(nzchar, unlist(case[c("a", "b", "cprime")])))
  for (name in moderators) for (k in names(columns_of(d, name))) terms[[paste0(sign, ":", k)]] <- columns_of(d, name)[[k]]
  for (path in names(predictors)) {
    name <- predictors[[path]]
    mean <- ave(d[[name]], d$id)
    parts <- setNames(list(d[[name]]), paste0(sign, name))
    if (decompose) parts <- setNames(list(d[[name]] - mean, mean), paste0(sign, name, c("", "_mean")))
    for (term in names(parts)) {
      terms[[term]] <- parts[[term]]
      if (nzchar(case[[path]])) {
        for (k in names(columns_of(d, case[[path]])))
          terms[[paste0(term, ":", k)]] <- parts[[term]] * columns_of(d, case[[path]])[[k]]
      }
    }
  }
  as.data.frame(terms, optional = TRUE)
}

fit_case <- function(case) {
  d <- read.csv(paste0(case$table, ".csv"))
  m <- equation(d, "sm", list(a = "x"), case)
  y <- equation(d, "sy", list(b = "m", cprime = "x"), case)
  fixed <- c(names(m), names(y))
  long <- rbind(cbind(id = factor(d$id), z = d$y, m * 0, y), cbind(id = factor(d$id), z = d$m, m, y * 0))
  names(long) <- c("id", "z", paste0("t", seq_along(fixed)))
  long$sm <- rep(0:1, each = nrow(d))
  random <- c("sm", "sy", "smx", "sym", "syx")  # the covariance of the intercepts is one element of a Cholesky factor
  of <- function(names) paste0("t", match(names, fixed), collapse = " + ")
  theta <- rep(0, 15)
  map <- if (case$decompose == 1) list(theta = factor(replace(seq_along(theta), 6, NA))) else list()
  formula <- as.formula(paste0("z ~ 0 + ", of(fixed), " + (0 + ", of(random), " | id)"))
  fit <- glmmTMB(formula, long, dispformula = ~ 0 + factor(sm), REML = TRUE, map = map, start = list(theta = theta),
                 se = FALSE, control = glmmTMBControl(optCtrl = list(iter.max = 1000, eval.max = 1000, rel.tol = 1e-14)))
  obj <- fit$obj
  gradient <- function(par) as.vector(obj$gr(par))
  hessian <- function(par) { H <- jacobian(gradient, par); (H + t(H)) / 2 }
  par <- fit$fit$par
  H <- hessian(par)
  stopifnot(min(eigen(H)$values) > 0)  # an optimum inside
  for (k in 1:3) par <- par - solve(H, gradient(par))
  g <- gradient(par)
  llf <- -obj$fn(par)
  last <- obj$env$last.par
  cov_ab <- function(par) {
    at <- obj$report(replace(last, -obj$env$random, par))
    at$corr[[1]][3, 4] * at$sd[[1]][3] * at$sd[[1]][4]
  }
  H <- hessian(par)
  left <- sqrt(sum(g * solve(H, g)))
  stopifnot(left < 1e-6)
  joint <- as.matrix(TMB::sdreport(obj, par, hessian.fixed = H, getJointPrecision = TRUE)$jointPrecision)
  joint <- solve(joint)
  beta <- rownames(joint) == "beta"
  phi <- !(rownames(joint) %in% c("beta", "b"))
  J <- matrix(jacobian(cov_ab, par), 1)
  names <- c(fixed, "cov_ab")
  V <- rbind(cbind(joint[beta, beta], joint[beta, phi] %*% t(J)),
             cbind(J %*% joint[phi, beta], J %*% joint[phi, phi] %*% t(J)))
  at <- which(lower.tri(V, TRUE), arr.ind = TRUE)
  message(sprintf("%s: log likelihood %.9f, left %.1g", case$case, llf, left))
  values <- c(llf, last[names(last) == "beta"], cov_ab(par), V[at])
  data.frame(case = case$case, first = c("llf", names, names[at[, 1]]), second = c("", rep("", length(names)), names[at[, 2]]),
             value = sprintf("%.12g", values))
}

cases <- read.csv("cases.csv", na.strings = character(), colClasses = "character")
out <- do.call(rbind, lapply(seq_len(nrow(cases)), function(k) fit_case(cases[k, ])))
write.csv(out, "reference.csv", row.names = FALSE)
