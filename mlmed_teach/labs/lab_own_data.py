"""Lab `own_data`: a table of the learner's own, from the file to the report and the lines of Python."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import ipywidgets as widgets
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from ..browser import in_a_browser
from ..errors import MlmedError
from ..plots import COLOURS, finish, light
from ..show import picture_number as number
from ..stacked_model import PATHS, Effect
from ..words import shortened
from . import screen
from .controls import Choice, Press, Switch, Typed, Upload
from .kit import Goal, Lab
from .own_analysis import SLOPES, Analysis, analyse, guessed, numbers, to_take_along, words
from .picture import Picture
from .table_files import EXAMPLE, KINDS, UPLOAD_MB, Table, example, from_bytes, from_path, in_short

_START = {"x": "x", "m": "m", "y": "y", "group": "id"}
_PRIVATE = "A file is read by the kernel of this notebook and goes nowhere else"
_IN_THE_BROWSER = "Python runs inside this page: a file never leaves your browser and is sent to no server"
_SIZE = f"uploads hold up to {UPLOAD_MB} MB."


class OwnPicture(Picture):
    """Left the path diagram, right the effects with their intervals."""

    height = 3.4

    def build(self, figure: Figure) -> None:
        self._build_diagram(figure.add_axes((0.01, 0.02, 0.56, 0.96)))
        self.ax = figure.add_axes((0.605, 0.155, 0.38, 0.815))
        finish(self.ax, None, "units of y for a unit of x", "", grid="x")
        self.ax.spines["left"].set_visible(False)
        self.ax.set_yticks([])
        self.ax.locator_params(axis="x", nbins=4)
        self.zero = self.moving(self.ax.axvline(0, color=COLOURS["text"], lw=1))
        blank: dict[str, Any] = {"ls": "none", "marker": "o", "zorder": 4}
        colour = {"indirect": COLOURS["b"], "direct": COLOURS["cprime"], "total": COLOURS["average"]}
        ground = {"fc": "white", "ec": "none", "pad": 1}
        self.rows = []
        for kind in [*colour] * 2:
            line = self.moving(self.ax.plot([], [], color=colour[kind], lw=3.5, solid_capstyle="butt", zorder=3)[0])
            dot = self.moving(self.ax.plot([], [], color=colour[kind], ms=8, **blank)[0])
            words: dict[str, Any] = {"va": "center", "fontsize": 11, "zorder": 5, "bbox": ground}
            words["transform"] = self.ax.get_yaxis_transform()
            name = self.moving(self.ax.text(0, 0, "", ha="left", **words))
            value = self.moving(self.ax.text(1, 0, "", ha="right", **words))
            self.rows.append((line, dot, name, value))

    def _build_diagram(self, ax: Axes) -> None:
        ax.set(xlim=(-0.4, 10.3), ylim=(0, 9), xticks=[], yticks=[])
        ax.axis("off")
        places = {"x": (1.45, 1.9), "m": (5, 7.4), "y": (8.55, 1.9)}
        self.boxes = {}
        for role, (x, y) in places.items():
            box = FancyBboxPatch(
                (x - 1.4, y - 0.55), 2.8, 1.1, boxstyle="round,pad=0,rounding_size=.2", fc=light(COLOURS[role], 0.35)
            )
            ax.add_patch(box).set_edgecolor(COLOURS[role])
            self.boxes[role] = self.moving(ax.text(x, y, "", ha="center", va="center", fontsize=11, zorder=3))
        arrows = {"a": ((2.1, 2.6), (4.1, 6.7)), "b": ((5.9, 6.7), (7.9, 2.6)), "cprime": ((3.0, 1.9), (7.0, 1.9))}
        for path, (start, end) in arrows.items():
            style = {"arrowstyle": "-|>", "color": COLOURS[path], "lw": 2.5, "shrinkA": 0, "shrinkB": 0}
            ax.annotate("", end, start, arrowprops=style | {"mutation_scale": 18})
        says = {
            "a": (3.15, 5.6, "right"),
            "b": (6.85, 5.6, "left"),
            "cprime": (5, 1.65, "center"),
            "cov_ab": (5, 4.0, "center"),
        }
        self.says = {
            path: self.moving(
                ax.text(x, y, "", ha=side, va="top" if path == "cprime" else "center", fontsize=11, zorder=3)
            )
            for path, (x, y, side) in says.items()
        }

    def move(self, state: Analysis) -> None:
        for text, label in zip(self.boxes.values(), state.labels, strict=True):
            text.set_text(_fitting(label))
        for kind, text in self.says.items():
            text.set_text(_at_path(kind, [path for path in state.med.path_effects if path.kind == kind]))
        effects = state.med.effects
        bounds = [end for e in effects for end in ((*e.ci, e.estimate) if np.isfinite(e.se) else (e.estimate,))]
        low, high = min(0.0, *bounds), max(0.0, *bounds)
        margin = 0.06 * ((high - low) or 1.0)
        self.limits(self.ax, x=(low - margin, high + margin), y=(len(effects) - 0.45, -0.85))
        for at, (line, dot, name, value) in enumerate(self.rows):
            effect = effects[at] if at < len(effects) else None
            for artist in (line, dot):
                artist.set_data([], [])
            for text in (name, value):
                text.set_text("")
            if effect is None:
                continue
            dot.set_data([effect.estimate], [at])
            exists = bool(np.isfinite(effect.se))
            dot.set_markerfacecolor(dot.get_color() if exists else "white")
            if exists:
                line.set_data(effect.ci, [at, at])
            name.set_text(effect.name)
            value.set_text(number(effect.estimate, effect.se) + ("" if exists else ", no CI"))
            for text in (name, value):
                text.set_y(at - 0.42)


def _fitting(label: str) -> str:
    """A name in the box of a variable, where mathematics would be read into a dollar sign."""
    text = shortened(label)
    return (text if len(text) <= 12 else text[:11] + "\N{HORIZONTAL ELLIPSIS}").replace("$", r"\$")


def _at_path(kind: str, paths: list[Effect]) -> str:
    """What stands at a path: its estimates, one line a level."""
    letter = "cov" if kind == "cov_ab" else PATHS[kind].letter
    lines = [
        f"{path.level} {number(path.estimate, path.se)}"
        if path.level
        else f"{letter} = {number(path.estimate, path.se)}"
        for path in paths
    ]
    if len(lines) > 1 or (lines and paths[0].level):
        lines.insert(0, letter)
    return "\n".join(lines)


class OwnDataLab(Lab):
    """A table of the learner's own."""

    name = "own_data"
    title = "Your own data"
    asks = {
        "file": Upload("Open a file", KINDS),
        "path": Typed("or its path", "", width="340px"),
        "x": Typed("x", _START["x"]),
        "m": Typed("m", _START["m"]),
        "y": Typed("y", _START["y"]),
        "group": Typed("clusters", _START["group"]),
        "random": Choice("random slopes", SLOPES, "auto"),
        "decompose": Switch("within and between apart"),
        "drop": Switch("leave out incomplete rows"),
        "run": Press("Run"),
    }
    together = (("file", "path"), ("x", "m", "y", "group"), ("decompose", "drop"))
    goals = (
        Goal(
            "Open a table of your own, name its columns and press Run: its report is then ready to download.",
            lambda state: state.table.code != EXAMPLE,
        ),
        Goal(
            "Analyse a table in a second way, with other slopes or with the levels apart, and see what changes in the "
            "lines of Python.",
            lambda state: state.ways > 1,
        ),
    )
    drawn = OwnPicture
    numbers = staticmethod(numbers)
    words = staticmethod(words)

    def __init__(self) -> None:
        self.about, self.along = widgets.HTML(), widgets.HTML()
        self._begin()
        super().__init__()
        self._name_columns()
        head, tasks, band, image = self.children
        self.children = [head, tasks, self.about, band, image, self.along]

    def compute(self, **values: Any) -> Analysis:
        """The last analysis: only Run makes a new one."""
        return self._analysis

    def pressed(self, name: str) -> None:
        """Run."""
        values = self.values
        roles = {role: values[role] for role in _START}
        options = {"random": values["random"], "decompose": values["decompose"]}
        found = analyse(self._table, **roles, **options, missing="drop" if values["drop"] else "error")
        self._ways.add(repr(found.model))
        self._analysis = replace(found, ways=len(self._ways))

    def forget(self) -> None:
        """Back to the data of the lessons."""
        self._begin()
        self._name_columns()

    def _begin(self) -> None:
        self._table = example()
        self._analysis = analyse(self._table, **_START, random="auto")
        self._ways: set[str] = {repr(self._analysis.model)}

    def _changed(self, change: dict[str, Any]) -> None:
        if self._paused or change["new"] == change["old"]:
            return
        try:
            if change["owner"] is self.controls["file"]:
                self._uploaded(change["new"][0])
            elif change["owner"] is self.controls["path"]:
                self._open(from_path(change["new"]) if change["new"].strip() else example())
            else:
                self._say("Press Run to analyse this.")
        except MlmedError as error:
            self._say(str(error))
        except Exception as error:  # a callback that raises would leave the learner without a word
            self._say(f"This could not be read ({type(error).__name__}: {error}).")

    def _uploaded(self, file: dict[str, Any]) -> None:
        name, content = str(file["name"]), bytes(file["content"])
        # What is uploaded would be saved with the notebook, if it stayed in the control.
        self._put("file", ())
        self._open(from_bytes(name, content))

    def _open(self, table: Table) -> None:
        """Take a table, and ask for its columns."""
        self._table, self._ways = table, set()
        for role, name in guessed(table, {role: self.controls[role].value for role in _START}).items():
            self._put(role, name)
        self._name_columns()
        self._say("Name the columns of x, m, y and of the clusters, and press Run.")

    def _put(self, name: str, value: Any) -> None:
        """Set a control without an answer to it."""
        paused, self._paused = self._paused, True
        try:
            self.controls[name].value = value
        finally:
            self._paused = paused

    def _name_columns(self) -> None:
        for role in _START:
            self.controls[role].options = tuple(self._table.columns)
        private = f"{_IN_THE_BROWSER if in_a_browser() else _PRIVATE}; {_SIZE}"
        self.about.value = f"<p>{screen.words(in_short(self._table))} {screen.words(private)}</p>"

    def _show(self, state: Analysis) -> None:
        super()._show(state)
        self.along.value = to_take_along(state)
