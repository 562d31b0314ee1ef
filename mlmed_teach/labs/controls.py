"""What a learner can move: a number, a choice, a switch, a button, a text, a file.

All of them work by keyboard in JupyterLab and in Notebook 7 and have a name for screen readers, which Dropdown, Select,
ToggleButtons and Accordion do not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import ipywidgets as widgets
from traitlets import CFloat, Unicode, validate

from ..browser import in_a_browser

Says: TypeAlias = Callable[[str], None]

_LABEL = "150px"


class NumberBox(widgets.BoundedFloatText):
    """A box that refuses what is out of its range, and says so.

    ipywidgets' own box moves such a number to the nearest limit without a word, in the browser and in the kernel. So
    the browser gets a box without limits (FloatText), and the limits are kept on this side.
    """

    _model_name = Unicode("FloatTextModel").tag(sync=True)
    # JSON has no infinity: the browser sends null.
    value = CFloat(0.0).tag(sync=True, from_json=lambda value, _: math.nan if value is None else value)
    min = CFloat(0.0)  # not sent to the browser
    max = CFloat(100.0)

    def __init__(self, check: Callable[[float], str | None], says: Says, value: float, **options: Any) -> None:
        self._check, self._says, self._kept, self._dragged = check, says, value, False
        super().__init__(value=value, **options)

    @validate("value")
    def _validate_value(self, proposal: dict[str, Any]) -> float:
        complaint = self._check(proposal["value"])
        if complaint is None:
            self._kept = proposal["value"]
        else:
            self._says(complaint)
        return self._kept

    def follow(self, slider: widgets.FloatSlider, nearest: Callable[[float], float]) -> None:
        """Link with a slider, which has no steps of its own.

        A slider with steps sends the nearest step back as soon as it is shown or set, from 0.6 on 0.5999999999999999,
        and would undo what was typed between two steps. So this side does the rounding, and leaves the handle where it
        is dragged to. (In a browser alone it has tiny ones, since "no steps" gets lost on the way: see `Number.build`.)
        """

        def from_slider(change: dict[str, Any]) -> None:
            if abs(change["new"] - self.value) > 1e-6 * (slider.max - slider.min):
                self._dragged = True
                try:
                    self.value = nearest(change["new"])
                finally:
                    self._dragged = False

        def to_slider(change: dict[str, Any]) -> None:
            if not self._dragged:
                slider.value = change["new"]

        slider.observe(from_slider, "value")
        self.observe(to_slider, "value")


@dataclass(frozen=True)
class Number:
    """A slider and a box of the same name, linked.

    The box is the way for keyboard and screen reader, since sliders lose the arrow keys in Notebook 7 and their handles
    have no name; the slider is there for the mouse, and is no Tab stop.

    Attributes
    ----------
    label : str
        What it is, in a few words.
    low, high, step : float
        Limits, and what one key press adds.
    start : float
    whole : bool
        Whether only whole numbers will do.
    live : bool
        Whether the lab follows while the slider is dragged, or waits until it is let go (for what takes longer than
        0.1 s). ipywidgets sends one value at a time, the latest, so that a live lab queues nothing either.
    """

    label: str
    low: float
    high: float
    step: float
    start: float
    whole: bool = False
    live: bool = True

    def build(self, says: Says) -> tuple[widgets.Widget, widgets.Widget]:
        """The control and what is shown of it: the box, and the box beside its slider."""
        shared: dict[str, Any] = {"value": self.start, "min": self.low, "max": self.high, "description": self.label}
        shared["tooltip"] = f"{plain(self.low)} to {plain(self.high)}"
        box = NumberBox(self.complaint, says, step=self.step, style={"description_width": _LABEL}, **shared)
        box.layout = widgets.Layout(width="236px", flex="0 0 auto")
        # Python's None reaches a browser's own page as "not given", for which the slider would take steps of 1.
        step = 1e-7 * (self.high - self.low) if in_a_browser() else None
        slider = widgets.FloatSlider(
            step=step, readout=False, continuous_update=self.live, behavior="drag-snap", **shared
        )
        slider.layout = widgets.Layout(flex="1 1 100px", min_width="100px", width="auto")
        box.follow(slider, self.nearest)
        return box, widgets.HBox([box, slider], layout=widgets.Layout(align_items="center"))

    def nearest(self, value: float) -> float:
        """The step that is nearest to a value."""
        step = self.low + round((value - self.low) / self.step) * self.step
        return min(max(round(step, 10), self.low), self.high)

    def read(self, control: Any) -> float:
        """The value, without what binary fractions add to it: 0.15000000000000002 is 0.15."""
        return int(control.value) if self.whole else round(control.value, 10) + 0.0

    def complaint(self, value: float) -> str | None:
        """What is wrong with a value, if anything."""
        limits = f"between {plain(self.low)} and {plain(self.high)}"
        if not math.isfinite(value):
            return f"{self.label} must be a number {limits}."
        if not self.low <= round(value, 10) <= self.high:
            return f"{self.label} must lie {limits}, and {plain(value)} does not."
        if self.whole and value != int(value):
            return f"{self.label} must be a whole number, and {plain(value)} is not."
        return None

    def text(self, value: float) -> str:
        return plain(value)


@dataclass(frozen=True)
class Choice:
    """One of a few options, as radio buttons: each is a Tab stop, chosen with Space.

    Attributes
    ----------
    label : str
    options : dict
        What the learner reads -> value that the lab gets.
    start : object
        A value.
    """

    label: str
    options: Mapping[str, Any]
    start: Any

    def build(self, says: Says) -> tuple[widgets.Widget, widgets.Widget]:
        """The control, which is also what is shown."""
        control = widgets.RadioButtons(
            options=list(self.options.items()),
            value=self.start,
            description=self.label,
            orientation="horizontal",
            style={"description_width": _LABEL},
            layout=widgets.Layout(width="auto"),
        )
        return control, control

    def read(self, control: Any) -> Any:
        return control.value

    def text(self, value: Any) -> str:
        return next(label for label, option in self.options.items() if option == value)


@dataclass(frozen=True)
class Switch:
    """Yes or no."""

    label: str
    start: bool = False

    def build(self, says: Says) -> tuple[widgets.Widget, widgets.Widget]:
        """The control, which is also what is shown."""
        style = {"description_width": _LABEL}
        control = widgets.Checkbox(self.start, description=self.label, style=style, layout={"width": "auto"})
        return control, control

    def read(self, control: Any) -> bool:
        return control.value

    def text(self, value: bool) -> str:
        return "yes" if value else "no"


@dataclass(frozen=True)
class Press:
    """A button; when it is pressed the lab's method ``pressed(name)`` is called, then the lab moves."""

    label: str

    def build(self, says: Says) -> tuple[widgets.Widget, widgets.Widget]:
        """The control, which is also what is shown."""
        control = widgets.Button(description=self.label, layout=widgets.Layout(width="auto", align_self="flex-start"))
        return control, control


@dataclass(frozen=True)
class Typed:
    """A text to be typed, with suggestions while it is typed: give the control its ``options`` when they are known.

    Attributes
    ----------
    label : str
    start : str
    width : str
        As in CSS.
    """

    label: str
    start: str
    width: str = "160px"

    def build(self, says: Says) -> tuple[widgets.Widget, widgets.Widget]:
        """The control, which is also what is shown."""
        control = widgets.Combobox(
            value=self.start,
            description=self.label,
            continuous_update=False,
            style={"description_width": "initial"},
            layout=widgets.Layout(width=self.width),
        )
        return control, control

    def read(self, control: Any) -> str:
        return control.value

    def text(self, value: str) -> str:
        return value or "none"


@dataclass(frozen=True)
class Upload:
    """A file from the learner's machine.

    Attributes
    ----------
    label : str
    endings : sequence of str
        Which files are offered.
    """

    label: str
    endings: Sequence[str]
    start: tuple[()] = ()

    def build(self, says: Says) -> tuple[widgets.Widget, widgets.Widget]:
        """The control, which is also what is shown."""
        control = widgets.FileUpload(
            accept=",".join(self.endings), description=self.label, layout=widgets.Layout(width="auto")
        )
        return control, control

    def read(self, control: Any) -> tuple[dict[str, Any], ...]:
        return control.value

    def text(self, value: tuple[dict[str, Any], ...]) -> str:
        return value[0]["name"] if value else "none"


Control: TypeAlias = Number | Choice | Switch | Press | Typed | Upload


def plain(value: float) -> str:
    """A number that a learner chose or typed, as short as it can be."""
    return f"{value:.6g}".replace("-", "\N{MINUS SIGN}")
