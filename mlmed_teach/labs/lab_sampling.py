"""Lab `sampling`: sample after sample of a known truth, and how many of the intervals hold it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets
import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter

from ..errors import MlmedError
from ..plots import COLOURS, finish, light
from ..show import picture_number as number
from ..typing import Array
from ..validation import whole
from ..words import counted
from .class_results import class_line
from .controls import Choice, Number, Press
from .kit import Goal, Lab
from .picture import Picture
from .samples import METHODS, TRUTH, Design, Memory, Tally, running_coverage, sides, tally

SHOWN, MOST = 40, 1000  # intervals in the picture, samples of a design
_ENOUGH, _LESS, _EACH = 100, 0.90, 20
_TWO = ((50, 4), (10, 20))
_EFFECT = (-0.25, 1.35)


@dataclass(frozen=True)
class SamplingState:
    """What the lab shows.

    Attributes
    ----------
    seed : int
    design : Design
    method : str
    estimate, limits : ndarray, shapes (samples,), (samples, 2)
        Of the design; limits are NaN where there is no interval.
    now : Tally
    tried : dict
        Design -> tally by the same method, for designs of which more than one sample was drawn, the latest last.
    """

    seed: int
    design: Design
    method: str
    estimate: Array
    limits: Array
    now: Tally
    tried: dict[Design, Tally]

    @property
    def line(self) -> str:
        """The first sample as a line for the class."""
        return class_line(self.seed, self.estimate[0], self.limits[0], self.design, self.method)


def look_at(memory: Memory, design: Design, method: str) -> SamplingState:
    """What was drawn of a design, by a method, and beside it the other designs that were tried."""
    samples = memory.samples(design)
    limits = samples.limits[method]
    tried = {other: tally(its.estimate, its.limits[method]) for other, its in memory.tried()}
    now = tally(samples.estimate, limits)
    return SamplingState(memory.seed, design, method, samples.estimate, limits, now, tried)


def compared(state: SamplingState) -> bool:
    """Whether enough samples of both designs of the second mission were drawn."""
    shapes: dict[tuple[int, int], set[str]] = {pair: set() for pair in _TWO}
    for design, found in state.tried.items():
        if found.drawn >= _EACH:
            shapes.get((design.clusters, design.size), set()).add(design.shape)
    return bool(set.intersection(*shapes.values()))


def numbers(state: SamplingState) -> dict[str, str]:
    """The read-out."""
    now, found = state.now, {}
    without = now.drawn - now.exist
    found["Samples"] = f"{now.drawn:,}" + (f", {without:,} without an interval" if without else "")
    found["Hold the truth"] = f"{now.held:,} of {counted(now.exist, 'interval')}"
    found["Coverage \u00b1 MC error"] = _coverage(now)
    found["Miss it"] = f"{now.below} below, {now.above} above"
    found["Mean width"] = _or_none(now.width)
    found["SD of estimates"] = _or_none(now.sd)
    found["Latest"] = f"{number(state.estimate[-1])}, {_interval(state.limits[-1])}"
    for design, tried in list(state.tried.items())[-6:]:
        if design != state.design:
            found[f"Before: {design}"] = _in_short(tried)
    return found


def _coverage(found: Tally) -> str:
    return f"{found.coverage:.1%} \u00b1 {found.mc_error:.1%}" if found.exist else "no interval yet"


def _or_none(value: float) -> str:
    return number(value) if np.isfinite(value) else "\N{EN DASH}"


def _interval(limits: Array) -> str:
    return f"{number(limits[0])} to {number(limits[1])}" if np.isfinite(limits[0]) else "no interval"


def _in_short(found: Tally) -> str:
    covered = f"{found.coverage:.0%} of {found.exist:,}" if found.exist else f"0 of {found.drawn:,}"
    return f"{covered}, width {_or_none(found.width)}, SD {_or_none(found.sd)}"


def words(state: SamplingState) -> str:
    """The picture in words."""
    now = state.now
    shown = min(now.drawn, SHOWN)
    which = "the only one" if now.drawn == 1 else f"the last {shown} of {now.drawn:,}" if now.drawn > SHOWN else "all"
    return (
        f"{METHODS[state.method]} intervals of the average indirect effect in {counted(now.drawn, 'sample')} of "
        f"{state.design.clusters} clusters of {state.design.size} rows, {state.design.shape} random effects; {which} "
        f"drawn as lines below each other, around the true value {number(TRUTH)}. {now.held} of "
        f"{counted(now.exist, 'interval')} hold it, {now.below} end below it, {now.above} begin above it; "
        f"{counted(now.drawn - now.exist, 'sample')} without an interval. Beside them the coverage as it ran, now "
        f"{_coverage(now)}, and the promised 95%."
    )


class SamplingPicture(Picture):
    """Left the stack of intervals, right the coverage as it ran."""

    height = 4.2

    def build(self, figure: Figure) -> None:
        self._build_stack(figure)
        self._build_coverage(figure)

    def _build_stack(self, figure: Figure) -> None:
        ax = figure.add_axes((0.03, 0.13, 0.575, 0.745))
        finish(ax, None, "average indirect effect, 95% intervals", "", grid="x")
        ax.set(xlim=_EFFECT, ylim=(SHOWN - 0.2, -0.8), yticks=[], xticks=(0, 0.5, 1))
        ax.set_xticklabels(["0", ".5", "1"])
        ax.spines["left"].set_visible(False)
        ax.axvline(TRUTH, color=COLOURS["average"], lw=1.5, ls=(0, (4, 2)), zorder=1)
        ax.text(TRUTH, 1.008, f"truth {number(TRUTH)}", transform=ax.get_xaxis_transform(), ha="center", va="bottom")
        styles: dict[str, dict[str, Any]] = {
            "holds it": {"marker": "o", "color": COLOURS["a"], "ms": 4},
            "misses it": {"marker": "X", "color": COLOURS["b"], "ms": 7.5, "mec": "white", "mew": 0.5},
            "no interval": {"marker": "o", "mfc": "white", "mec": COLOURS["x"], "mew": 1.3, "ms": 5},
        }
        self.lines: list[Any] = []
        self.marks: list[Line2D] = []
        for place, (name, style) in zip((0.0, 0.33, 0.67), styles.items(), strict=True):
            thick = {"holds it": 1.6, "misses it": 3.2, "no interval": 0}[name]
            collection: Any = LineCollection([], colors=style.get("color", "none"), linewidths=thick, zorder=2)
            self.lines.append(self.moving(ax.add_collection(collection)))
            self.marks.append(self.moving(ax.plot([], [], ls="none", zorder=3, **style)[0]))
            ends: dict[str, Any] = {"transform": ax.transAxes, "clip_on": False}
            if thick:
                ax.plot([place, place + 0.06], [1.105] * 2, lw=thick, color=style["color"], **ends)
            ax.plot([place + 0.03], [1.105], ls="none", **style, **ends)
            ax.text(place + 0.075, 1.105, name, transform=ax.transAxes, va="center")

    def _build_coverage(self, figure: Figure) -> None:
        ax = figure.add_axes((0.715, 0.13, 0.255, 0.745))
        finish(ax, None, "intervals so far", "", grid="y")
        ax.set_xscale("log")
        ax.set(xlim=(0.9, MOST), ylim=(0.6, 1.012), yticks=(0.6, 0.7, 0.8, 0.9, 0.95, 1))
        ax.set_yticklabels(["60%", "70%", "80%", "90%", "95%", "100%"])
        ax.set_xticks((1, 10, 100, 1000), ["1", "10", "100", "1000"])
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.text(0.5, 1.105, "coverage", transform=ax.transAxes, ha="center", va="center", fontsize=12)
        ax.text(0.5, 1.008, "95% is the promise", transform=ax.transAxes, ha="center", va="bottom")
        ax.text(0.98, 0.03, "grey: chance", transform=ax.transAxes, ha="right", va="bottom")
        count = np.geomspace(0.9, MOST, 60)
        error = np.sqrt(0.95 * 0.05 / count)
        band: dict[str, Any] = {"color": light(COLOURS["cluster"], 0.4), "lw": 0, "zorder": 0.5}
        ax.fill_between(count, np.maximum(0.95 - 2 * error, 0), np.minimum(0.95 + 2 * error, 1), **band)
        ax.axhline(0.95, color=COLOURS["text"], lw=1.2, ls=(0, (4, 2)), zorder=1)
        self.running = self.moving(ax.plot([], [], color=COLOURS["a"], lw=2, zorder=3)[0])
        self.latest = self.moving(ax.plot([], [], "D", ms=7, color=COLOURS["a"], mec="white", zorder=4)[0])

    def move(self, state: SamplingState) -> None:
        estimate, limits = state.estimate[-SHOWN:], state.limits[-SHOWN:]
        side, place = sides(limits), np.arange(len(estimate))
        for lines, marks, chosen in zip(
            self.lines, self.marks, (side == 0, np.abs(side) == 1, np.isnan(side)), strict=True
        ):
            at = np.clip(estimate[chosen], *_EFFECT)
            marks.set_data(at, place[chosen])
            height = np.repeat(place[chosen][:, None], 2, axis=1)
            lines.set_segments([] if np.isnan(side[chosen]).any() else np.stack([limits[chosen], height], axis=2))
        count, share = running_coverage(state.limits)
        self.running.set_data(count, share)
        self.latest.set_data(count[-1:], np.maximum(share[-1:], 0.6))


class SamplingLab(Lab):
    """Sample after sample of a known truth.

    Parameters
    ----------
    seed : int
        The same seed gives the same samples.
    """

    name = "sampling"
    title = "Sample after sample of a known truth"
    asks = {
        "clusters": Number("clusters", 10, 200, 5, 100, whole=True),
        "size": Number("rows in a cluster", 4, 20, 1, 8, whole=True),
        "shape": Choice("random effects", {"normal": "normal", "skewed": "skewed"}, "normal"),
        "method": Choice("interval", {words: method for method, words in METHODS.items()}, "wald"),
        "draw_1": Press("Draw 1"),
        "draw_20": Press("Draw 20"),
    }
    together = (("draw_1", "draw_20"),)
    goals = (
        Goal(
            f"Find a design whose intervals hold the truth in less than {_LESS:.0%}, with at least {_ENOUGH} "
            "intervals, so that it is not luck.",
            lambda state: state.now.exist >= _ENOUGH and state.now.coverage < _LESS,
        ),
        Goal(
            f"200 rows, as 50 \u00d7 4 or as 10 \u00d7 20? Draw at least {_EACH} samples of each, and compare their "
            "widths and SDs.",
            compared,
        ),
    )
    drawn = SamplingPicture
    numbers = staticmethod(numbers)
    words = staticmethod(words)

    def __init__(self, seed: int = 1) -> None:
        self.memory = Memory(whole(seed, "seed", 0))
        self._adding = threading.Lock()  # two presses at once must not draw the same samples twice
        self.paste = widgets.HTML()
        super().__init__()
        self.children = [*self.children, self.paste]

    def compute(self, clusters: int, size: int, shape: str, method: str) -> SamplingState:
        """What was drawn so far of the design that the controls say."""
        return look_at(self.memory, Design(clusters, size, shape), method)

    def pressed(self, name: str) -> None:
        """Draw more."""
        values = self.values
        design, count = Design(values["clusters"], values["size"], values["shape"]), {"draw_1": 1, "draw_20": 20}[name]
        with self._adding:
            so_far = len(self.memory.samples(design))
            if so_far >= MOST:
                raise MlmedError(f"{so_far:,} samples of this design are drawn; choose another one, or Reset.")
            self.memory.add(design, min(count, MOST - so_far))

    def forget(self) -> None:
        """Forget all samples."""
        self.memory = Memory(self.memory.seed)

    def _show(self, state: SamplingState) -> None:
        super()._show(state)
        self.paste.value = (
            "Your first sample of this design, a line for your class: "
            f'<code style="user-select: all">{state.line}</code><br>'
            'The lines of all, put together: <code>mt.labs.class_intervals(""" ... """)</code>'
        )
