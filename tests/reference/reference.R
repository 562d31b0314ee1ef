# Fits the tables of make_tables.py with lme4 and nlme, converged as tightly as they go, and writes reference.csv.
# Run in this folder: python3 make_tables.py && Rscript reference.R
# (R with r-cran-lme4 and r-cran-nlme; needed only to regenerate. Written with R 4.2.2, lme4 1.1-31, nlme 3.1-162.)
suppressMessages({library(lme4); library(nlme)})
out <- data.frame()
add <- function(model, quantity, value)
  out <<- rbind(out, data.frame(model = model, quantity = quantity, value = sprintf("%.12g", value)))

record <- function(model, llf, b, V, G, s2) {
  add(model, "llf", llf)
  add(model, paste0("b[", names(b), "]"), b)
  add(model, paste0("se[", names(b), "]"), sqrt(diag(V)))
  for (i in seq_len(nrow(G))) for (j in seq_len(i)) add(model, paste0("G[", rownames(G)[i], ",", rownames(G)[j], "]"), G[i, j])
  add(model, names(s2), s2)
}

tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-12, maxfun = 1e6),
                     check.conv.singular = "ignore", calc.derivs = FALSE)
with_lmer <- function(model, formula, data, REML) {
  fit <- lmer(formula, data, REML = REML, control = tight)
  G <- VarCorr(fit)[["id"]]; attributes(G) <- attributes(G)[c("dim", "dimnames")]
  record(model, as.numeric(logLik(fit)), fixef(fit), as.matrix(vcov(fit)), G, c(s2 = sigma(fit)^2))
}

d <- read.csv("unbalanced.csv")
with_lmer("y ~ x, ML", y ~ x + (x | id), d, FALSE)
with_lmer("y ~ m + x, REML", y ~ m + x + (m + x | id), d, TRUE)
with_lmer("m ~ x, intercept, REML", m ~ x + (1 | id), d, TRUE)

d$fid <- seq_len(nrow(d))
long <- rbind(transform(d, sm = 0, z = y), transform(d, sm = 1, z = m))
long <- transform(long, sy = 1 - sm)
long <- transform(long, smx = sm * x, sym = sy * m, syx = sy * x)
with_lmer("stacked, common, REML",
          z ~ 0 + sm + smx + sy + sym + syx + (0 + sm + smx + sy + sym + syx | id), long, TRUE)
fit <- lme(z ~ 0 + sm + smx + sy + sym + syx, random = ~ 0 + sm + smx + sy + sym + syx | id, data = long,
           weights = varIdent(form = ~ 1 | sm), method = "REML",
           control = lmeControl(tolerance = 1e-12, msTol = 1e-14, msMaxIter = 1000, niterEM = 400, opt = "nlminb"))
G <- as.matrix(getVarCov(fit)); attributes(G) <- attributes(G)[c("dim", "dimnames")]
ratio <- coef(fit$modelStruct$varStruct, unconstrained = FALSE, allCoef = TRUE)
s2 <- setNames((fit$sigma * ratio[c("0", "1")])^2, c("s2[sm=0]", "s2[sm=1]"))
record("stacked, per outcome, REML", as.numeric(logLik(fit)), fixef(fit), fit$varFix, G, s2)

b <- read.csv("boundary.csv")
with_lmer("boundary: y ~ m + x, ML", y ~ m + x + (m + x | id), b, FALSE)
with_lmer("boundary: m ~ x, REML", m ~ x + (x | id), b, TRUE)

t <- read.csv("two_maxima.csv")
with_lmer("two maxima: y ~ x + m, ML", y ~ x + m + (x | id), t, FALSE)
write.csv(out, "reference.csv", row.names = FALSE, quote = TRUE)
