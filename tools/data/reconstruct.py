"""Rebuild data/ml_sim.csv from nothing but a seed and the figures that the Stata FAQ prints.

    python -m tools.data.reconstruct             write data/ml_sim.csv anew (minutes; needs .[reconstruct])
    python -m tools.data.reconstruct --check     compare the file with every printed figure (seconds, without torch)
    python -m tools.data.reconstruct --picture   draw data/reconstruction.png
    ... --out PATH                               another file instead of data/ml_sim.csv

The original data are not read here, and nothing in this file was tuned with them. The steps:

1. `simulate`: draw 98 clusters of 8 rows from the published population; rows 1-16 are the page's own listing.
2. `choose_targets`: the page rounds its figures, and many hang together (z, limits, tests follow from estimates and
   standard errors). Find one set of unrounded figures that lies well inside all rounding intervals at once.
3. `solve`: move rows 17-800 as little as possible (least-norm Gauss-Newton steps) until each model's optimum, log
   likelihood and standard errors are those figures. The equations and their derivatives are in `printed_model.py`.
4. `round_cells`: store each value with as many digits as the listing shows, up or down as suits the figures best.
"""

import argparse
import math
import sys
from pathlib import Path

import numpy as np
import pandas as pd

import mlmed_teach as mt
from tools.data import DATA

CLUSTERS, SIZE = 100, 8
ROWS = CLUSTERS * SIZE
CSV, PICTURE = DATA / "ml_sim.csv", DATA / "reconstruction.png"
SEED = 1685  # data/README.md says how it was picked
ICC_X = 0.5  # share of x's variance that lies between clusters: our assumption, the page does not print it

POPULATION = mt.Population()  # Bauer, Preacher & Gil (2006), supplement: what the original rows were drawn from


def load_model():
    """Import the equations late: only rebuilding needs torch, and `--check` must run without."""
    try:
        from tools.data import printed_model
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        sys.exit(
            "Rebuilding the data set needs PyTorch, which the lessons do not. Install it with\n"
            "    pip install -e '.[reconstruct]'\n"
            "or check the committed file without it: python -m tools.data.reconstruct --check"
        )
    return printed_model


def printed_figures():
    """All printed strings as {(section, quantity): string}, named as `mlmed_teach.published` names them."""
    return {(row.section, row.quantity): row.printed for row in mt.published.table().itertuples()}


def rounding_interval(key, text):
    """Centre and half-width of the values that print as `text`.

    Stata's %9.0g, the format of `summarize` and of the models' tables, drops trailing zeros: .04657 stands there for
    .0465700. It shows seven digits after the point below 1, six from 1 to 10.
    """
    section, quantity = key
    value, decimals = float(text), len(text.partition(".")[2])
    general = ("coef", "se", "estimate", "ci low", "ci high", "mean", "std dev", "min", "max")
    if section not in ("effects", "corr", "tab") and quantity.rpartition(": ")[2] in general:
        decimals = 7 if abs(value) < 1 else 6
    return value, 0.5 * 10.0**-decimals


def intervals_of(figures):
    return {key: rounding_interval(key, text) for key, text in figures.items()}


def listing_rows(figures):
    """The page's 16 rows as (3, 2, 8) numbers: x, m, y of clusters 1 and 2."""
    values = [[float(figures["listing", f"row {r}: {v}"]) for r in range(1, 17)] for v in "xmy"]
    return np.array(values).reshape(3, 2, SIZE)


def simulate(seed, figures, icc=ICC_X):
    """(3, 100, 8) values of x, m, y: the page's listing, then 98 clusters drawn from the population."""
    rng = np.random.default_rng(seed)
    mean, sd = (float(figures["summarize", f"x: {c}"]) for c in ("mean", "std dev"))
    n = CLUSTERS - 2
    x = mean + sd * (math.sqrt(icc) * rng.normal(size=(n, 1)) + math.sqrt(1 - icc) * rng.normal(size=(n, SIZE)))
    p = POPULATION
    average = [p.d_m, p.a, p.d_y, p.b, p.cprime]
    d_m, a, d_y, b, c = rng.multivariate_normal(average, p.covariance, size=n).T[..., None]
    m = d_m + a * x + math.sqrt(p.var_e_m) * rng.normal(size=(n, SIZE))
    y = d_y + b * m + c * x + math.sqrt(p.var_e_y) * rng.normal(size=(n, SIZE))
    return np.concatenate([listing_rows(figures), np.stack([x, m, y])], axis=1)


def pin_extremes(values, figures):
    """Set each variable's lowest and highest drawn value to the printed extremes; return which cells stay free."""
    free = np.ones_like(values, dtype=bool)
    free[:, :2] = False
    for v, name in enumerate("xmy"):
        drawn = values[v, 2:]
        for side, where in (("min", drawn.argmin()), ("max", drawn.argmax())):
            cell = (v, 2 + where // SIZE, where % SIZE)
            values[cell], free[cell] = float(figures["summarize", f"{name}: {side}"]), False
    return free


def seed_distance(seed, figures, icc=ICC_X):
    """How far a draw's means, sds and extremes lie from the printed ones (sum of squares, in sds of the variable)."""
    total = 0.0
    for name, v in zip("xmy", simulate(seed, figures, icc), strict=True):
        got = {"mean": v.mean(), "std dev": v.std(ddof=1), "min": v.min(), "max": v.max()}
        total += sum((got[k] - float(figures["summarize", f"{name}: {k}"])) ** 2 for k in got) / v.var()
    return total


def choose_targets(model, intervals):
    """Unrounded primary figures {key: value}, well inside all rounding intervals at once.

    With d_i(p) the distance of printed figure i from the centre of its interval in half-widths: first a linear program
    for the p with the smallest max |d_i|, then Newton steps towards the largest sum of log(1 - d_i^2), the analytic
    centre, so that figures with room take it.
    """
    from scipy.optimize import linprog

    keys = model.primary_keys()
    p, unit = np.array([intervals[k] for k in keys]).T
    for _ in range(4):
        d, jacobian = model.distances(intervals, p)
        jacobian, ones = jacobian * unit, np.ones((len(d), 1))
        bounds = [(-1000, 1000)] * len(keys) + [(0, None)]
        block = np.block([[jacobian, -ones], [-jacobian, -ones]])
        p = p + linprog(np.r_[0 * unit, 1.0], A_ub=block, b_ub=np.r_[-d, d], bounds=bounds).x[:-1] * unit
    if np.abs(model.distances(intervals, p)[0]).max() >= 1:
        sys.exit("The printed figures contradict each other: no data set can round to all of them.")
    for _ in range(100):
        d, jacobian = model.distances(intervals, p)
        jacobian, slack = jacobian * unit, 1 - d**2
        gradient = jacobian.T @ (2 * d / slack)
        hessian = (jacobian.T * ((2 + 2 * d**2) / slack**2)) @ jacobian
        step = -np.linalg.solve(hessian, gradient)
        step *= min(1.0, 0.7 / np.abs(jacobian @ step / (1 - np.abs(d))).max())  # stay inside
        p = p + step * unit
        if -gradient @ step < 1e-12:
            break
    return dict(zip(keys, p.tolist(), strict=True))


def scales(targets):
    """A unit for each primary figure that makes them comparable: its standard error where it has one."""
    units = []
    for (section, name), value in targets.items():
        term, _, column = name.rpartition(": ")
        if column in ("coef", "estimate"):
            units.append(targets[section, f"{term}: se"])
        else:  # standard errors and sds relative to themselves; log likelihoods move by about 20 between samples
            units.append(20.0 if "likelihood" in name else 1.0 if column == "mean" or section == "corr" else abs(value))
    return np.array(units, dtype=float)


def solve(model, start, free, targets):
    """Move the free cells until all primary figures are the targets: damped least-norm Gauss-Newton steps.

    Step: -J'(JJ' + lambda I)^-1 (figures - targets), at most 0.25 rms long, halved until it helps; lambda falls with
    the squared distance, so that the last steps are plain Gauss-Newton ones.
    """
    goal, unit = np.array(list(targets.values())), scales(targets)

    def residuals(data, jacobian):
        values, j = model.evaluate(data, targets, jacobian=jacobian)
        return (values - goal) / unit, j[:, free.reshape(-1)] / unit[:, None] if jacobian else None

    data = start.copy()
    for iteration in range(60):
        r, j = residuals(data, jacobian=True)
        size, moved = np.sqrt(np.mean(r**2)), np.sqrt(np.mean((data - start)[free] ** 2))
        print(f"  step {iteration:2d}: distance from the targets {size:.1e}, moved {moved:.3f} (rms)", flush=True)
        if size < 1e-12:
            return data
        gram = j @ j.T
        ridge = 1e-2 * min(size, 1.0) ** 2 * np.trace(gram) / len(r)
        step = -j.T @ np.linalg.solve(gram + ridge * np.eye(len(r)), r)
        step *= min(1.0, 0.25 / np.sqrt(np.mean(step**2)))
        for _ in range(12):
            trial = data.copy()
            trial[free] += step
            new, _ = residuals(trial, jacobian=False)
            if np.isfinite(new).all() and np.mean(new**2) < size**2:
                break
            step /= 2
        else:
            break
        data = trial
    sys.exit("The search got stuck. Another seed may do: python -m tools.data.reconstruct --seed NUMBER --out PATH")


def digits_of(values):
    """Digits after the point that the listing shows for a single-precision value: eight below 1, seven from 1 on."""
    return np.where(np.abs(values) < 1, 8, 7)


def round_cells(model, values, free, targets, intervals):
    """Round every free cell down or up so that the printed figures keep as much of their room as possible.

    With g_i the distance of figure i from the centre of its interval (half-widths), the rounding errors e of the cells
    move it by (dg_i/dcells) e. Starting from rounding to nearest, flip the one cell that most lowers the sum of
    squares of these moves, each relative to the room that figure i has left, until no flip helps.
    """
    _, j = model.evaluate(values, targets, newton=True)
    d, d_primary = model.distances(intervals, list(targets.values()))
    effect = (d_primary @ j)[:, free.reshape(-1)] / (1 - np.abs(d))[:, None]
    exact = values[free]
    unit = 10.0 ** -digits_of(exact)
    low = np.floor(exact / unit)
    up = np.round(exact / unit) > low
    move = effect * unit
    moved, square = effect @ ((low + up) * unit - exact), (move**2).sum(0)
    for _ in range(20_000):
        flip = np.where(up, -1.0, 1.0)
        gain = 2 * flip * (moved @ move) + square
        best = gain.argmin()
        if gain[best] >= -1e-15:
            break
        moved = moved + flip[best] * move[:, best]
        up[best] = ~up[best]
    rounded = values.copy()
    rounded[free] = (low + up) * unit
    return rounded


def cell_text(value):
    """A value with the digits that the page's listing shows, no trailing zeros: 0.10680165, -3.6484285."""
    return f"{value:.{digits_of(value)}f}".rstrip("0").rstrip(".")


def write_csv(values, path):
    rows = values.reshape(3, ROWS).T
    lines = [f"{r // SIZE + 1}," + ",".join(map(cell_text, row)) for r, row in enumerate(rows)]
    Path(path).write_text("id,x,m,y\n" + "\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def rebuild(seed, path):
    """The whole way from a seed to the file."""
    model, figures = load_model(), printed_figures()
    intervals = intervals_of(figures)
    targets = choose_targets(model, intervals)
    start = simulate(seed, figures)
    free = pin_extremes(start, figures)
    print(f"Solving for {free.sum()} values, {len(targets)} equations:")
    data = round_cells(model, solve(model, start, free, targets), free, targets, intervals)
    for v, name in enumerate("xmy"):
        low, high = (float(figures["summarize", f"{name}: {side}"]) for side in ("min", "max"))
        if data[v].min() < low or data[v].max() > high:
            sys.exit(f"A value of {name} went past the printed minimum or maximum. Another seed may do.")
        moved = np.sqrt(np.mean((data[v] - simulate(seed, figures)[v])[2:] ** 2)) / data[v].std()
        print(f"  {name}: values moved by {moved:.2f} sd (rms)")
    write_csv(data, path)
    print(f"Wrote {path}")


def fits_of(frame):
    """{section: what `mlmed_teach.published.compare` takes}, every section of the page computed anew."""
    long = mt.stack(frame, x="x", m="m", y="y", group="id")
    stacked = mt.fit_stacked(long)
    results = dict.fromkeys(("listing", "summarize", "corr", "tab"), frame)
    for section in ("y on x", "m on x", "y on m and x"):
        outcome, terms = section.replace("and", "+").split(" on ")
        results[section] = mt.fit_mixed(f"{outcome} ~ {terms}", frame, groups="id", re_formula=f"~ {terms}", reml=False)
    return results | {"stacked listing": long, "stacked": stacked, "effects": mt.effects(stacked)}


def check(path=CSV):
    """Compare a file with every printed figure. Prints a report; returns the number of figures that do not agree.

    Stricter than the package's own comparison: a figure must round to the printed string, and where Stata's format
    drops trailing zeros, to the digits that it would have shown.
    """
    frame, intervals, total, wrong = pd.read_csv(path), intervals_of(printed_figures()), 0, []
    print(f"{path} beside the page\n{'section':<18}{'figures':>8}{'round to the printed string':>30}")
    for section, result in fits_of(frame).items():
        table = mt.published.compare(result, section, rtol=0)
        bad = []
        for row in table.itertuples():
            centre, half = intervals.get((section, row.quantity), (np.nan, np.nan))
            whole = "." not in row.FAQ
            if not row.agrees or not abs(row.here - centre) <= (0 if whole else half * (1 + 1e-6)):
                bad.append(f"  {section}, {row.quantity}: printed {row.FAQ or 'nothing'}, here {row.here:.10g}")
        print(f"{section:<18}{len(table):>8}{len(table) - len(bad):>30}")
        total, wrong = total + len(table), wrong + bad
    print(f"{'all':<18}{total:>8}{total - len(wrong):>30}")
    print("\n".join(wrong) if wrong else "Every printed figure comes out.")
    return len(wrong)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare the file with the printed figures")
    parser.add_argument("--picture", action="store_true", help="draw reconstruction.png from the file")
    parser.add_argument("--out", type=Path, default=CSV, metavar="PATH", help="the file (default: data/ml_sim.csv)")
    parser.add_argument("--seed", type=int, default=SEED, help=f"seed of the simulated start (default: {SEED})")
    options = parser.parse_args(argv)
    if (options.check or options.picture) and not options.out.is_file():
        parser.error(f"there is no file {options.out}; python -m tools.data.reconstruct makes one")
    if options.check:
        return 1 if check(options.out) else 0
    if options.picture:
        from tools.data import reconstruction_picture

        reconstruction_picture.draw(options.out, PICTURE)
        return 0
    rebuild(options.seed, options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
