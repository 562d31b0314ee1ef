"""How the printed figures follow from the rows: the equations that `reconstruct.py` solves, in torch for derivatives.

"Primary" figures are those that the others follow from: means, sds, correlations, each model's estimates, standard
errors and log likelihood, the Wald tests with several slopes, the standard errors of the two effects. `primary_keys`
names them, `evaluate` computes them from the rows with their derivatives, `derive` computes every other printed figure
from them. A figure is known by its section and quantity in published.toml.
"""

import itertools
import math

import numpy as np
import torch

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)  # the same order of additions every time: the same file every time

ROWS = 800

# Section of published.toml: outcome, terms (the order of the fixed effects), random terms, REML?
MODELS = {
    "y on x": (["x", "_cons"], ["x", "_cons"], False),
    "m on x": (["x", "_cons"], ["x", "_cons"], False),
    "y on m and x": (["m", "x", "_cons"], ["m", "x", "_cons"], False),
    "stacked": (["sm", "smx", "sy", "sym", "syx"], ["sm", "smx", "sy", "sym", "syx"], True),
}
COEF_COLUMNS, RANDOM_COLUMNS = ("coef", "se"), ("estimate", "se")
Z95 = 1.959963984540054


def random_names(terms):
    """Names of the covariance parameters as printed: variances first, then covariances row by row."""
    return [f"var({t})" for t in terms] + [f"cov({s},{t})" for s, t in itertools.combinations(terms, 2)]


def residual_names(section):
    return ["fid: var(sm)", "var(Residual)"] if section == "stacked" else ["var(Residual)"]


def log_likelihood_name(section):
    return "log restricted-likelihood" if section == "stacked" else "log likelihood"


def has_joint_test(section):
    """Whether Wald chi2 is a figure of its own: with one slope it is z squared."""
    return section in ("y on m and x", "stacked")


def primary_keys():
    """The figures that the others follow from; the unknowns of `choose_targets`, the targets of `equations`."""
    keys = [("summarize", f"{v}: {c}") for c in ("mean", "std dev") for v in "xmy"]
    keys += [("corr", "m: x"), ("corr", "y: x"), ("corr", "y: m")]
    for section, (fixed, random, _) in MODELS.items():
        keys += [(section, f"{t}: {c}") for c in COEF_COLUMNS for t in fixed]
        keys += [(section, f"{t}: {c}") for c in RANDOM_COLUMNS for t in random_names(random) + residual_names(section)]
        keys.append((section, log_likelihood_name(section)))
        keys += [(section, "Wald chi2")] if has_joint_test(section) else []
    return keys + [("effects", f"average {e} effect: se") for e in ("indirect", "total")]


def derive(p):
    """Every printed figure that is not a plain count, from the primary ones `p` (a dict of 0-d tensors)."""
    out = dict(p)
    for section, (fixed, random, _) in MODELS.items():
        for t in fixed:
            b, se = p[section, f"{t}: coef"], p[section, f"{t}: se"]
            out[section, f"{t}: z"] = b / se
            out[section, f"{t}: p"] = torch.erfc((b / se).abs() / math.sqrt(2))
            out[section, f"{t}: ci low"], out[section, f"{t}: ci high"] = b - Z95 * se, b + Z95 * se
        for t in random_names(random) + residual_names(section):
            v, se = p[section, f"{t}: estimate"], p[section, f"{t}: se"]
            for side, sign in (("ci low", -Z95), ("ci high", Z95)):  # variances: interval of the logarithm
                out[section, f"{t}: {side}"] = v * torch.exp(sign * se / v) if "var(" in t else v + sign * se
        if not has_joint_test(section):
            out[section, "Wald chi2"] = (p[section, "x: coef"] / p[section, "x: se"]) ** 2
        out[section, "LR chi2"] = 2 * (p[section, log_likelihood_name(section)] - ols_log_likelihood(p, section))
    a, b, c = (p["stacked", f"{t}: coef"] for t in ("smx", "sym", "syx"))
    cov = p["stacked", "cov(smx,sym): estimate"]
    out |= {("effects", "a"): a, ("effects", "b"): b, ("effects", "c prime"): c, ("effects", "cov(aj,bj)"): cov}
    for name, estimate in (("average indirect effect", a * b + cov), ("average total effect", a * b + cov + c)):
        se = p["effects", f"{name}: se"]
        out["effects", f"{name}: estimate"], out["effects", f"{name}: ratio"] = estimate, estimate / se
        out["effects", f"{name}: ci low"] = estimate - 1.96 * se  # the page's display lines use 1.96, not 1.959964
        out["effects", f"{name}: ci high"] = estimate + 1.96 * se
    return out


def ols_log_likelihood(p, section):
    """Log likelihood without random effects, from means, sds and correlations alone (ML, or REML when stacked)."""
    sxx, smm, syy = ((ROWS - 1) * p["summarize", f"{v}: std dev"] ** 2 for v in "xmy")
    xm, xy, my = (p["corr", k] for k in ("m: x", "y: x", "y: m"))
    rss_y_x, rss_m_x = syy * (1 - xy**2), smm * (1 - xm**2)
    rss_y_mx = syy * (1 - xy**2 - my**2 - xm**2 + 2 * xy * my * xm) / (1 - xm**2)
    if section != "stacked":
        rss = {"y on x": rss_y_x, "m on x": rss_m_x, "y on m and x": rss_y_mx}[section]
        return -ROWS / 2 * (torch.log(2 * math.pi * rss / ROWS) + 1)
    df = 2 * ROWS - 5
    # |X'X| of m on (1, x), and that of y on (1, m, x)
    log_det = torch.log(ROWS * sxx) + torch.log(ROWS * sxx * rss_m_x)
    return -df / 2 * (torch.log(2 * math.pi * (rss_m_x + rss_y_mx) / df) + 1) - log_det / 2


def distances(intervals, p):
    """How far each figure lies from the centre of its interval, in half-widths, and the Jacobian in the primary `p`.

    `intervals` is {key: (centre, half-width)} of all figures that count; `p` is ordered as `primary_keys`.
    """
    keys, p = primary_keys(), torch.as_tensor(p)
    names = [k for k in derive(dict(zip(keys, p, strict=True))) if k in intervals]
    centre, half = np.array([intervals[k] for k in names]).T

    def values(q):
        out = derive(dict(zip(keys, q, strict=True)))
        return torch.stack([out[k] for k in names])

    jacobian = torch.autograd.functional.jacobian(values, p).numpy()
    return (values(p).numpy() - centre) / half, jacobian / half[:, None]


def design(data, section):
    """Response (100, n), fixed and random designs (100, n, .), residual masks (list of (n,)) of one model."""
    x, m, y = data
    one, zero = torch.ones_like(x), torch.zeros_like(x)
    if section != "stacked":
        columns = {"x": x, "m": m, "_cons": one}
        fixed, random, _ = MODELS[section]
        stack = lambda terms: torch.stack([columns[t] for t in terms], -1)  # noqa: E731
        return (m if section == "m on x" else y), stack(fixed), stack(random), [torch.ones(x.shape[1])]
    halves = ([one, x, zero, zero, zero], [zero, zero, one, m, x])  # sm smx sy sym syx: first the rows of m, then of y
    full = torch.cat([torch.stack(h, -1) for h in halves], 1)
    mask = torch.cat([torch.ones(x.shape[1]), torch.zeros(x.shape[1])])
    return torch.cat([m, y], 1), full, full, [mask, 1 - mask]


class Fit:
    """Everything that a model's printed page needs, at given covariance parameters phi (GLS for the fixed effects).

    V_j = sum_k phi_k D_jk is linear in phi: the entries of G and the residual variances. Formulas: Lindstrom & Bates
    (1988); with P = V^-1 - V^-1 X (X'V^-1X)^-1 X'V^-1, r = y - X beta and T = P for REML, V^-1 for ML,
        score_k = (r'V^-1 D_k V^-1 r - tr(T D_k)) / 2
        observed information of the profile likelihood, kl = r'V^-1 D_k P D_l V^-1 r - tr(T D_k T D_l) / 2.
    """

    def __init__(self, y, x, z, masks, reml, phi):
        q = z.shape[-1]
        pairs = [(k, k) for k in range(q)] + list(itertools.combinations(range(q), 2))
        d = torch.stack(
            [z[..., :, None, a] * z[..., None, :, a] if a == b else
             z[..., :, None, a] * z[..., None, :, b] + z[..., :, None, b] * z[..., None, :, a] for a, b in pairs]
            + [torch.diag(m).expand(len(y), -1, -1) for m in masks], 1)  # fmt: skip
        v = torch.einsum("k,jkab->jab", phi, d)
        vi = torch.linalg.inv(v)
        vix = vi @ x
        self.cov_beta = torch.linalg.inv(torch.einsum("jap,jaq->pq", x, vix))
        self.beta = self.cov_beta @ torch.einsum("jap,ja->p", vix, y)
        vir = torch.einsum("jab,jb->ja", vi, y - x @ self.beta)  # V^-1 r
        w = torch.einsum("jkab,jb->jka", d, vir)  # D_k V^-1 r
        vid = vi[:, None] @ d  # V^-1 D_k
        trace = torch.einsum("jkaa->k", vid)
        trace2 = torch.einsum("jkab,jlba->kl", vid, vid)
        if reml:  # tr(P D_k) and tr(P D_k P D_l), with X'V^-1 D_k V^-1 X for the part that P takes away
            dvix = d @ vix[:, None]
            m1 = torch.einsum("jap,jkaq->kpq", vix, dvix)
            m2 = torch.einsum("jkap,jab,jlbq->klpq", dvix, vi, dvix)
            s, sm1 = self.cov_beta, self.cov_beta @ m1
            trace = trace - torch.einsum("kpp->k", sm1)
            trace2 = trace2 - 2 * torch.einsum("pq,klqp->kl", s, m2) + torch.einsum("kpq,lqp->kl", sm1, sm1)
        self.score = (torch.einsum("jka,ja->k", w, vir) - trace) / 2
        xviw = torch.einsum("jap,jka->kp", vix, w)
        quadratic = torch.einsum("jka,jab,jlb->kl", w, vi, w) - xviw @ self.cov_beta @ xviw.T
        self.cov_phi = torch.linalg.inv(quadratic - trace2 / 2)
        self.phi = phi
        df = y.numel() - (x.shape[-1] if reml else 0)
        r_vi_r = torch.einsum("ja,ja->", y - x @ self.beta, vir)
        self.loglik = -(df * math.log(2 * math.pi) + torch.linalg.slogdet(v)[1].sum() + r_vi_r) / 2
        if reml:
            self.loglik = self.loglik + torch.linalg.slogdet(self.cov_beta)[1] / 2


def printed_view(fit, section):
    """(value, standard error) vectors of the covariance parameters as printed: var(fid) = Var(e_M) - Var(e_Y)."""
    view = torch.eye(len(fit.phi))
    if section == "stacked":
        view[-2, -1] = -1
    return view @ fit.phi, torch.sqrt(torch.diagonal(view @ fit.cov_phi @ view.T))


def phi_of(section, targets):
    fixed, random, _ = MODELS[section]
    names = random_names(random) + residual_names(section)
    phi = torch.stack([targets[section, f"{t}: estimate"] for t in names])
    if section == "stacked":
        phi[-2] = phi[-2] + phi[-1]
    return phi


def wald(fit, section):
    """b' Cov(b)^-1 b over all slopes (all five terms when stacked: that model has no constant)."""
    keep = [k for k, t in enumerate(MODELS[section][0]) if t != "_cons"]
    return fit.beta[keep] @ torch.linalg.solve(fit.cov_beta[keep][:, keep], fit.beta[keep])


def effect_errors(fit):
    """Standard errors of the average indirect and total effect (Bauer, Preacher & Gil 2006), as the page codes them."""
    a, b = fit.beta[1], fit.beta[3]
    v = fit.cov_beta
    where = random_names(MODELS["stacked"][1]).index("cov(smx,sym)")
    indirect = b**2 * v[1, 1] + a**2 * v[3, 3] + v[1, 1] * v[3, 3] + 2 * a * b * v[1, 3] + v[1, 3] ** 2
    indirect = indirect + fit.cov_phi[where, where]
    total = indirect + v[4, 4] + 2 * b * v[1, 4] + 2 * a * v[3, 4]
    return [torch.sqrt(indirect), torch.sqrt(total)]


def summaries(data):
    """Means, sds and the three correlations, in the order of `primary_keys`."""
    flat = torch.stack([v.reshape(-1) for v in data])
    corr = torch.corrcoef(flat)
    return torch.cat([flat.mean(1), flat.std(1), torch.stack([corr[0, 1], corr[0, 2], corr[1, 2]])])


def model_figures(data, section, targets, newton):
    """One model's primary figures, in the order of `primary_keys`, from the rows.

    With `newton`, at the model's own optimum (one Newton step away from the target, exact to second order); without,
    the estimates stand as the target plus a score in units of the target's standard error, which is less curved.
    """
    y, x, z, masks = design(data, section)
    reml = MODELS[section][2]
    phi = phi_of(section, targets)
    fit = Fit(y, x, z, masks, reml, phi)
    if newton:
        fit = Fit(y, x, z, masks, reml, phi + fit.cov_phi @ fit.score)
    estimate, se = printed_view(fit, section)
    if not newton:
        names = random_names(MODELS[section][1]) + residual_names(section)
        estimate = estimate + fit.score * torch.stack([targets[section, f"{t}: se"] for t in names]) ** 2
    parts = [fit.beta, torch.sqrt(torch.diagonal(fit.cov_beta)), estimate, se]
    last = [fit.loglik]
    if has_joint_test(section):
        last.append(wald(fit, section))
    if section == "stacked":
        last += effect_errors(fit)
    return torch.cat([*parts, torch.stack(last)])


def evaluate(data, targets, newton=False, jacobian=True):
    """Primary figures of the (3, 100, 8) values `data`, and their Jacobian in them (figures, 2400), as arrays.

    One reverse pass for each figure: 105 of them take less memory, and hardly more time, than one vectorized pass.
    """
    values, rows = [], []
    targets = {key: torch.tensor(value) for key, value in targets.items()}
    for part in ("data", *MODELS):
        leaf = torch.tensor(data, requires_grad=jacobian)
        out = summaries(leaf) if part == "data" else model_figures(leaf, part, targets, newton)
        values.append(out.detach().numpy())
        if jacobian:
            rows += [torch.autograd.grad(o, leaf, retain_graph=True)[0].reshape(-1).numpy() for o in out]
    return np.concatenate(values), np.stack(rows) if jacobian else None
