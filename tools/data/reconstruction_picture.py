"""The picture of `python -m tools.data.reconstruct --picture`: does the rebuilt data set look like data?"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy import stats

import mlmed_teach as mt
from tools.data import reconstruct

BLUE, ORANGE, GREEN, PINK, SKY, GREY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#666666"  # Okabe & Ito
SHAPES = {"sm": (BLUE, "o"), "smx": (ORANGE, "s"), "sy": (GREEN, "^"), "sym": (PINK, "D"), "syx": (SKY, "v")}
LISTED = "rows 1-16, from the page"
TITLES = {
    "x": "x: one hump, the page's rows all over it",
    "m": "m: longer tails, since slopes vary",
    "y": "y: longer still, as its printed extremes",
}


def parts(frame):
    """Level-1 residuals of m and y (given the predicted random effects), and those random effects, 100 x 5."""
    long = mt.stack(frame, x="x", m="m", y="y", group="id")
    fit = mt.fit_stacked(long)
    mediator = long["sm"].to_numpy() == 1
    return fit.resid[mediator], fit.resid[~mediator], fit.random_effects


def quantiles(ax, values, colour, marker, label):
    values = np.sort((values - values.mean()) / values.std())
    normal = stats.norm.ppf((np.arange(len(values)) + 0.5) / len(values))
    ax.plot(normal, values, marker, color=colour, markersize=3, alpha=0.7, label=label)


def scatter(ax, x, y, listed, xlabel, ylabel, title):
    ax.plot(x[~listed], y[~listed], "o", color=BLUE, markersize=2.5, alpha=0.5)
    ax.plot(x[listed], y[listed], "s", color=ORANGE, markersize=5, label=LISTED)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)


def draw(source, target):
    """Nine panels from the CSV `source`, saved as `target`."""
    frame = pd.read_csv(source)
    listed = np.arange(len(frame)) < 16
    residual_m, residual_y, effects = parts(frame)
    plt.rcParams["axes.titlesize"] = 11
    figure, axes = plt.subplots(3, 3, figsize=(12, 11), layout="constrained")
    figure.suptitle("The rebuilt data set: bell shapes, straight lines, clouds without holes or stray groups")
    for ax, name in zip(axes[0], "xmy", strict=True):
        ax.hist(frame[name], bins=30, color=SKY, edgecolor="white", linewidth=0.3)
        ax.plot(frame[name][listed], np.full(16, -2.0), "|", color=ORANGE, markersize=9, label=LISTED)
        ax.set(xlabel=name, ylabel="rows", title=TITLES[name])
    axes[0, 0].set_ylim(top=1.2 * axes[0, 0].get_ylim()[1])
    axes[0, 0].legend(fontsize=8)

    qq, blups, slopes = axes[1]
    quantiles(qq, residual_m, BLUE, "o", "residuals of m")
    quantiles(qq, residual_y, ORANGE, "s", "residuals of y")
    qq.set(title="Residuals within clusters follow the normal line")
    for name, (colour, marker) in SHAPES.items():
        quantiles(blups, effects[name].to_numpy(), colour, marker, name)
    blups.set(title="So do the predicted random effects")
    for ax in (qq, blups):
        ax.axline((0, 0), slope=1, color=GREY, linewidth=1)
        ax.set(xlabel="normal quantile", ylabel="standardised value")
        ax.legend(fontsize=8)
    first = effects.index.isin([1, 2])
    scatter(slopes, *effects[["smx", "sym"]].to_numpy().T, first, "predicted $a_j - a$ (smx)", "", "")
    slopes.set(ylabel="predicted $b_j - b$ (sym)", title="Slopes vary together; 1 and 2 blend in")
    slopes.lines[1].set_label("clusters 1 and 2")
    slopes.legend(fontsize=8)

    x, m, y = (frame[v].to_numpy() for v in "xmy")
    scatter(axes[2, 0], x, m, listed, "x", "m", "m on x: an even cloud")
    scatter(axes[2, 1], m, y, listed, "m", "y", "y on m: an even cloud")
    start = reconstruct.simulate(reconstruct.SEED, reconstruct.printed_figures())[2].reshape(-1)
    scatter(axes[2, 2], start, y, listed, "y in the simulated start", "y as stored", "Solving moved values a little")
    axes[2, 2].axline((0, 0), slope=1, color=GREY, linewidth=1)
    figure.savefig(target, dpi=110)
    plt.close(figure)
    print(f"Wrote {target}")
