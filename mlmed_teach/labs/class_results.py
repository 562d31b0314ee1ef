"""The samples of a class, one pasted line each."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ..errors import MlmedError
from ..plots import COLOURS, WIDTH, finish, styled
from ..show import Sheet, View, html_table, text_table, wrapped_notes
from ..show import picture_number as number
from ..typing import Array
from ..words import counted, quoted
from .samples import METHODS, TRUTH, Design, sides, tally

OUTCOMES = {0.0: "holds it", -1.0: "ends below", 1.0: "begins above"}
NONE = "no interval"
_LINE = re.compile(
    r"(?P<seed>\d+)\s*[:;]\s*(?P<estimate>[-+\u2212]?\d*[.,]?\d+)\s*[\[(](?P<limits>[^\])]*)[\])]\s*"
    r"(?P<clusters>\d+)\s*[x\u00d7*]\s*(?P<size>\d+)\s+(?P<method>wald|monte[ _]?carlo)\s+(?P<shape>\w+)",
    re.IGNORECASE,
)
_EXAMPLE = "1234: .471 [.360, .580] 100x8 wald normal"
_SHOWN = 60  # intervals above which the rows of the picture get thinner


def class_line(seed: int, estimate: float, limits: Array, design: Design, method: str) -> str:
    """One sample as a line of text, as `class_intervals` reads it."""
    ends = ", ".join(_short(limit) for limit in limits) if np.isfinite(limits).all() else "none"
    return f"{seed}: {_short(estimate)} [{ends}] {design.clusters}x{design.size} {method} {design.shape}"


def _short(value: float) -> str:
    return re.sub(r"^(-?)0\.", r"\1.", f"{value:.3f}")


class ClassIntervals(View):
    """The intervals of a class, a DataFrame with a display of its own.

    Columns are seed, estimate, low, high, clusters, size, method, shape and outcome, sorted by estimate.

    Attributes
    ----------
    truth : float
    coverage, mc_error : float
        Share of the intervals that hold the truth, and its Monte Carlo error; NaN if there is no interval.
    notes : list of str
        Lines that could not be read, and lines that came twice.
    """

    _metadata = [*View._metadata, "truth", "coverage", "mc_error", "notes"]

    def __init__(self, frame: pd.DataFrame, truth: float, notes: list[str]) -> None:
        super().__init__(frame, self._layout_of)
        found = tally(frame["estimate"].to_numpy(), frame[["low", "high"]].to_numpy(), truth)
        self.truth, self.notes = truth, notes
        self.coverage, self.mc_error, self._tally = found.coverage, found.mc_error, found

    def _says(self) -> list[str]:
        found = self._tally
        if not found.exist:
            return [f"None of {counted(found.drawn, 'sample')} has an interval.", *self.notes]
        return [
            f"{found.held} of {counted(found.exist, 'interval')} hold the truth, {number(self.truth)}: coverage "
            f"{self.coverage:.1%}, Monte Carlo error {self.mc_error:.1%}. {found.below} end below it, {found.above} "
            f"begin above it; {counted(found.drawn - found.exist, 'sample')} without an interval.",
            *self.notes,
        ]

    def _layout_of(self, frame: pd.DataFrame) -> Sheet:
        heads = ["Estimate", "Low", "High", "Design", "Outcome"]
        rows = [
            [str(row.seed), *(_short(v) if np.isfinite(v) else "" for v in (row.estimate, row.low, row.high))]
            + [f"{row.clusters}x{row.size} {METHODS[row.method]}, {row.shape}", row.outcome]
            for row in frame.itertuples()
        ]
        text = text_table("Seed", heads, rows, [9, 9, 9, 30, 14], 10)
        notes = self._says()
        html = html_table(["Seed", *heads], rows, notes=notes)
        return Sheet("\n".join([text, *wrapped_notes(notes, text)]), html, {})

    @styled
    def plot(self, ax: Axes | None = None) -> Axes:
        """All intervals below each other, sorted by estimate, around the truth.

        Parameters
        ----------
        ax : Axes, optional

        Returns
        -------
        Axes
        """
        frame = pd.DataFrame(self)
        count = len(frame)
        if ax is None:
            ax = plt.subplots(figsize=(WIDTH, 1.6 + min(count, _SHOWN) * 0.085))[1]
        side, place = sides(frame[["low", "high"]].to_numpy(), self.truth), np.arange(count)
        looks: tuple[tuple[Any, str, dict[str, Any], float], ...] = (
            (side == 0, "holds it", {"marker": "o", "color": COLOURS["a"], "ms": 4}, 1.6),
            (
                np.abs(side) == 1,
                "misses it",
                {"marker": "X", "color": COLOURS["b"], "ms": 7.5, "mec": "white", "mew": 0.5},
                3.0,
            ),
            (np.isnan(side), NONE, {"marker": "o", "mfc": "white", "mec": COLOURS["x"], "ms": 5}, 0.0),
        )
        for chosen, name, style, thick in looks:
            rows = frame[chosen]
            if thick:
                ax.hlines(place[chosen], rows["low"], rows["high"], color=style["color"], lw=thick)
            label = f"{name}: {len(rows)}" if len(rows) else None
            ax.plot(rows["estimate"], place[chosen], ls="none", label=label, **style)
        ax.axvline(self.truth, color=COLOURS["average"], ls=(0, (4, 2)), lw=1.5, zorder=1)
        ax.set(yticks=[], ylim=(count - 0.2, -0.8))
        title = f"The truth is {number(self.truth)}; {counted(count, 'sample')} of a class"
        finish(ax, title, "average indirect effect, 95% intervals", "samples", grid="x")
        ax.figure.legend(loc="outside lower center", ncols=3)
        return ax


def read_class(text: str, truth: float = TRUTH) -> ClassIntervals:
    """Read the lines of a class; see `mlmed_teach.labs.class_intervals`."""
    if not isinstance(text, str):
        raise MlmedError(f'The lines of a class are one text, as in """{_EXAMPLE}""", but this is {quoted(text)}.')
    lines = [" ".join(line.split()) for line in text.splitlines()]
    found: dict[tuple, int] = {}
    notes = []
    for at, line in enumerate(lines, 1):
        if not line:
            continue
        row = _row(line)
        if row is None:
            notes.append(f"Line {at} could not be read and is left out: {quoted(line)}.")
        else:
            found[row] = found.get(row, 0) + 1
    if not found:
        raise MlmedError("\n".join([f"No line could be read. A line looks like this: {_EXAMPLE}", *notes]))
    doubled = sum(times - 1 for times in found.values())
    if doubled:
        notes.append(f"{counted(doubled, 'line')} came twice and {'counts' if doubled == 1 else 'count'} once.")
    columns = ["seed", "estimate", "low", "high", "clusters", "size", "method", "shape"]
    frame = (
        pd.DataFrame(list(found), columns=columns)
        .astype({"low": float, "high": float})
        .sort_values(["estimate", "seed"], ignore_index=True)
    )
    side = sides(frame[["low", "high"]].to_numpy(), truth)
    frame["outcome"] = [OUTCOMES.get(value, NONE) for value in side]
    return ClassIntervals(frame, truth, [*notes, *_differences(frame)])


def _row(line: str) -> tuple | None:
    """The values of a line, or None if it is none."""
    match = _LINE.search(line)
    if match is None:
        return None
    ends = _numbers(match["limits"])
    if len(ends) not in (0, 2) or (ends and ends[0] > ends[1]):
        return None
    low, high = ends or (None, None)  # not NaN, which is not equal to itself: such lines may come twice, too
    method = "wald" if match["method"].lower() == "wald" else "monte_carlo"
    sizes = int(match["clusters"]), int(match["size"])
    return int(match["seed"]), _number(match["estimate"]), low, high, *sizes, method, match["shape"].lower()


def _numbers(text: str) -> list[float]:
    """The numbers in a pair of brackets, whether their decimal sign is a dot or a comma."""
    for pattern in (r"[-+\u2212]?\d*\.\d+", r"[-+\u2212]?\d*,\d+", r"[-+\u2212]?\d+"):
        if found := re.findall(pattern, text):
            return [_number(part) for part in found]
    return []


def _number(text: str) -> float:
    return float(text.replace(",", ".").replace("\u2212", "-"))


def _differences(frame: pd.DataFrame) -> Iterable[str]:
    """What is odd about lines that could be read."""
    same = ["seed", "clusters", "size", "method", "shape"]
    seeds = frame.loc[frame.duplicated(same, keep=False), "seed"].unique()
    if len(seeds):
        yield (
            f"Seed {', '.join(map(str, seeds))} came with more than one result for the same design. The same seed "
            "gives the same samples: look at these lines again."
        )
    designs = frame[same[1:]].drop_duplicates()
    if len(designs) > 1:
        yield f"The lines are of {len(designs)} designs and methods: their coverages need not be alike."
