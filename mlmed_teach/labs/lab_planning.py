"""Lab `planning`: the power of a design by formula, and tables that check it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ..errors import MlmedError
from ..plots import COLOURS, finish, light
from ..show import picture_number as number
from ..typing import Array, BoolArray
from ..words import counted
from .controls import Number, Press
from .kit import Goal, Lab
from .picture import Picture, Ruler, outlines
from .planned_studies import CURVE, FEWEST, MOST, TARGET, Design, Notebook, Runs, share_error

EACH, MOST_TABLES = 50, 1000
_START = Design(40, 8, 0.3, 0.3)
_ROWS, _POINTS, _ENOUGH, _ERRORS = 450, 0.20, 100, 3  # of the missions


@dataclass(frozen=True)
class PlanningState:
    """What the lab shows.

    Attributes
    ----------
    design : Design
    curve : ndarray
        Power by the formula, as many rows a cluster and as many clusters as `CURVE` says.
    runs : Runs
        Tables of this design.
    beside : list of (int, Runs)
        Clusters and tables of the designs on the same curve, this one among them.
    kept : Design or None
    """

    design: Design
    curve: Array
    runs: Runs
    beside: list[tuple[int, Runs]]
    kept: Design | None

    @property
    def needed(self) -> int | None:
        """The least number of clusters with the power that is hoped for, if the curve reaches it."""
        enough = self.curve >= TARGET
        return int(CURVE[enough.argmax()]) if enough.any() else None


def look_at(notebook: Notebook, design: Design) -> PlanningState:
    """A design, and what was run and kept."""
    beside = sorted(notebook.beside(design), key=lambda pair: pair[0])
    return PlanningState(design, design.curve, notebook.of(design), beside, notebook.kept)


def as_many_rows_other_power(state: PlanningState) -> bool:
    """Whether this design has as many rows as the kept one, of the same population, and a power far from its."""
    design, kept = state.design, state.kept
    if kept is None or not kept.alike(design) or kept.rows != design.rows:
        return False
    return abs(kept.power - design.power) >= _POINTS


def promised_too_much(state: PlanningState) -> bool:
    """Whether the tables fall short of the formula by more than chance."""
    n, power = len(state.runs), state.design.power
    return n >= _ENOUGH and state.runs.share < power - _ERRORS * share_error(power, n)


def numbers(state: PlanningState) -> dict[str, str]:
    """The read-out."""
    design, runs, kept = state.design, state.runs, state.kept
    truth = design.population
    simulated = f"{runs.share:.0%} \u00b1 {runs.mc_error:.1%}" if len(runs) else "none run yet"
    return {
        "Rows in all": f"{design.rows:,}",
        "Indirect effect": f"{number(truth.a * truth.b)} + {number(truth.cov_ab)} = {number(truth.indirect)}",
        "Its expected SE": number(design.error),
        "Power by the formula": f"{design.power:.0%}",
        f"{TARGET:.0%} power from": f"{state.needed} clusters" if state.needed else f"more than {MOST} clusters",
        "Tables run": f"{len(runs):,}",
        "Power in them \u00b1 MC error": simulated,
        "Kept": f"{kept}, {kept.rows:,} rows: {kept.power:.0%}" if kept else "\N{EN DASH}",
    }


def words(state: PlanningState) -> str:
    """The picture in words."""
    design, runs = state.design, state.runs
    low, high = state.curve[[0, -1]]
    ran = ", ".join(f"{clusters}: {found.share:.0%} of {len(found)}" for clusters, found in state.beside)
    kept = f" The kept design, {state.kept}, has {state.kept.power:.0%}." if state.kept else ""
    heap = f" The z of {counted(len(runs), 'table')} that were run are a histogram behind it." if len(runs) else ""
    return (
        f"Power by the formula against the number of clusters of {design.size} rows: it rises from {low:.0%} with "
        f"{FEWEST} clusters to {high:.0%} with {MOST}; this design, {design}, has {design.power:.0%}; a line at "
        f"{TARGET:.0%}. Tables that were run, clusters and share that finds the effect: {ran or 'none'}.{kept} Beside "
        f"it the normal curve of the estimate in its standard errors, around {design.ratio:.1f}; beyond the limit of "
        f"{design.limit:.2f} lies {design.power:.0%} of it.{heap}"
    )


class PlanningPicture(Picture):
    """Left power against clusters, right where the estimate will fall, in its standard errors."""

    height = 3.7

    def build(self, figure: Figure) -> None:
        self._build_curve(figure)
        self._build_estimate(figure)

    def _build_curve(self, figure: Figure) -> None:
        ax = figure.add_axes((0.085, 0.15, 0.5, 0.7))
        finish(ax, None, "clusters", "", grid="y")
        ax.set(xlim=(0, MOST + 6), ylim=(-0.03, 1.03))
        ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        ax.set_yticks((0, 0.2, 0.4, 0.6, 0.8, 1))
        ax.axhline(TARGET, color=COLOURS["text"], lw=1.2, ls=(0, (2, 2)), zorder=1)
        self.curve = self.moving(ax.plot([], [], color=COLOURS["a"], lw=2.5, zorder=3)[0])
        reach: Any = LineCollection([], colors=COLOURS["b"], linewidths=1.8, zorder=4)
        ax.add_collection(reach)
        self.reach = self.moving(reach)
        looks: dict[str, dict[str, Any]] = {
            "tables run \u00b1 2 errors": {"marker": "o", "color": COLOURS["b"], "ms": 6},
            "this design": {"marker": "D", "color": COLOURS["average"], "ms": 8},
            "kept": {"marker": "s", "mfc": "white", "mec": COLOURS["average"], "mew": 2, "ms": 9, "color": "none"},
        }
        self.dots, self.here, self.kept = (
            self.moving(ax.plot([], [], ls="none", zorder=5, clip_on=False, **look)[0]) for look in looks.values()
        )
        ends: dict[str, Any] = {"transform": ax.transAxes, "clip_on": False}
        ax.plot([-0.13, -0.06], [1.12] * 2, lw=2.5, color=COLOURS["a"], **ends)
        ax.text(-0.035, 1.12, "power by formula", transform=ax.transAxes, va="center")
        for place, (name, look) in zip((0.41, 0.97, 1.31), looks.items(), strict=True):
            ax.plot([place], [1.12], ls="none", **look, **ends)
            ax.text(place + 0.035, 1.12, name, transform=ax.transAxes, va="center")

    def _build_estimate(self, figure: Figure) -> None:
        ax = figure.add_axes((0.66, 0.15, 0.315, 0.7))
        finish(ax, None, "", "")
        ax.grid(False)
        ax.spines["left"].set_visible(False)
        ax.set(yticks=[], ylim=(0, 0.85))
        self.ruler = Ruler(self, ax, "estimate / standard error")
        self.heap = self.bars(ax, light(COLOURS["b"], 0.45))
        area = PolyCollection([], facecolor=light(COLOURS["a"], 0.5), edgecolor="none", alpha=0.6, zorder=2.5)
        ax.add_collection(area)
        self.area = self.moving(area)
        self.normal = self.moving(ax.plot([], [], color=COLOURS["a"], lw=2, zorder=3)[0])
        line: dict[str, Any] = {"color": COLOURS["text"], "lw": 1.2, "zorder": 3.5}
        self.limit = self.moving(ax.plot([], [], ls=(0, (2, 2)), **line)[0])
        self.zero = self.moving(ax.plot([], [], **line)[0])
        style: dict[str, Any] = {"va": "top", "ha": "center", "fontsize": 11, "transform": ax.transAxes}
        self.says = self.moving(ax.text(0.5, 1, "", **style))

    def move(self, state: PlanningState) -> None:
        design, runs = state.design, state.runs
        self.curve.set_data(CURVE, state.curve)
        self.here.set_data([design.clusters], [design.power])
        kept = [state.kept] if state.kept and state.kept.alike(design) else []
        self.kept.set_data([one.clusters for one in kept], [one.power for one in kept])
        self.dots.set_data([J for J, _ in state.beside], [found.share for _, found in state.beside])
        self.reach.set_segments(
            [
                [(J, found.share - 2 * found.mc_error), (J, found.share + 2 * found.mc_error)]
                for J, found in state.beside
            ]
        )
        low, high = -3.0, max(7.0, float(np.ceil(design.ratio + 3.5)))
        self.ruler(low, high)
        grid = np.linspace(low, high, 241)
        height = np.exp(-((grid - design.ratio) ** 2) / 2) / np.sqrt(2 * np.pi)
        self.normal.set_data(grid, height)
        self.area.set_verts([_below(grid, height, grid >= design.limit), _below(grid, height, grid <= -design.limit)])
        self.limit.set_data([design.limit] * 2, [0, 0.75])
        self.zero.set_data([0, 0], [0, 0.75])
        edges = np.arange(low, high + 0.25, 0.5)
        counts, _ = np.histogram(runs.z, edges)
        self.heap.set_verts(outlines(edges, np.minimum(counts / (0.5 * max(len(runs), 1)), 0.8)))
        self.says.set_text(f"beyond {design.limit:.2f}: found")


def _below(x: Array, y: Array, which: BoolArray) -> Array:
    """Corners of the area below a part of a curve, shape (n, 2)."""
    x, y = x[which], y[which]
    return np.column_stack([np.concatenate([x, x[::-1]]), np.concatenate([y, np.zeros_like(y)])])


class PlanningLab(Lab):
    """Designs, their power by formula, and tables that check it."""

    name = "planning"
    title = "Clusters, rows and power"
    asks = {
        "clusters": Number("clusters", FEWEST, MOST, 1, _START.clusters, whole=True),
        "size": Number("rows in a cluster", 4, 20, 1, _START.size, whole=True),
        "path": Number("a and b", 0.1, 0.6, 0.05, _START.path),
        "sd": Number("SD of the slopes", 0.1, 0.6, 0.05, _START.sd),
        "run": Press(f"Run {EACH} tables"),
        "keep": Press("Keep this design"),
    }
    together = (("run", "keep"),)
    goals = (
        Goal(
            f"Leave a, b and the SD at {_START.path}: reach {TARGET:.0%} power by the formula with at most {_ROWS} "
            "rows in all.",
            lambda state: state.design.alike(_START) and state.design.rows <= _ROWS and state.design.power >= TARGET,
        ),
        Goal(
            "Keep a design, then find another one with as many rows, all else alike, whose power by the formula "
            f"differs by {100 * _POINTS:.0f} points or more.",
            as_many_rows_other_power,
        ),
        Goal(
            f"Where does the formula promise too much? Run {_ENOUGH} tables or more of a design that fall short of the "
            f"curve by more than {_ERRORS} Monte Carlo errors.",
            promised_too_much,
        ),
    )
    drawn = PlanningPicture
    numbers = staticmethod(numbers)
    words = staticmethod(words)

    def __init__(self) -> None:
        self.notebook = Notebook()
        self._adding = threading.Lock()  # two presses at once must not run the same tables twice
        super().__init__()

    def compute(self, clusters: int, size: int, path: float, sd: float) -> PlanningState:
        """The design that the controls say, with what was run and kept."""
        return look_at(self.notebook, Design(clusters, size, path, sd))

    def pressed(self, name: str) -> None:
        """Run tables of this design, or keep it."""
        design = Design(**self.values)
        if name == "keep":
            self.notebook.kept = design
            return
        with self._adding:
            if len(self.notebook.of(design)) >= MOST_TABLES:
                raise MlmedError(f"{MOST_TABLES:,} tables of this design were run; choose another one, or Reset.")
            self.notebook.run(design, EACH)

    def forget(self) -> None:
        """Forget all tables, and what was kept."""
        self.notebook = Notebook()
