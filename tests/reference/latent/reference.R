# Slopes between clusters with latent means, as a model of three outcomes: x, m and y with a random intercept each, free
# covariances, a residual variance each, fitted by ML. Run in this folder:
#
#   python -c "import mlmed_teach as mt; mt.simulate(mt.Population(b_between=0.1), 80, 5, seed=11).to_csv('table.csv', index=False)"
#   Rscript reference.R            writes reference.csv (glmmTMB 1.1.5); table.csv is not kept
library(glmmTMB)
d <- read.csv("table.csv")
n <- nrow(d)
long <- data.frame(id = rep(d$id, 3), z = c(d$x, d$m, d$y), o = factor(rep(c("x", "m", "y"), each = n)))
for (k in c("x", "m", "y")) long[[paste0("s", k)]] <- as.numeric(long$o == k)
long$smx <- long$sm * rep(d$x, 3)
long$sym <- long$sy * rep(d$m, 3)
long$syx <- long$sy * rep(d$x, 3)
fit <- glmmTMB(z ~ 0 + sx + sm + smx + sy + sym + syx + (0 + sx + sm + sy | id), dispformula = ~ 0 + o, data = long,
               control = glmmTMBControl(optCtrl = list(iter.max = 2000, eval.max = 2000, rel.tol = 1e-14)))
b <- fixef(fit)$cond
S <- VarCorr(fit)$cond$id[1:3, 1:3]
gamma <- S["sm", "sx"] / S["sx", "sx"]
beta <- solve(S[c("sm", "sx"), c("sm", "sx")], S["sy", c("sm", "sx")])
found <- c(a = unname(b["smx"] + gamma), b = unname(b["sym"] + beta["sm"]),
           cprime = unname(b["syx"] + beta["sx"] - beta["sm"] * b["smx"]))
write.csv(data.frame(path = names(found), estimate = sprintf("%.9f", found)), "reference.csv", row.names = FALSE, quote = FALSE)
print(found)
