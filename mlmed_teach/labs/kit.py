"""What all labs share. A lab is a picture that answers when a control moves, with a task for the learner.

How to write one, here a room `lab_paths`:

1. A frozen dataclass, the state: every number that is shown, and the arrays that are drawn.
2. A plain function from control values to the state, and two more from the state to text: `numbers` (name -> text,
   all that the read-out shows) and `words` (one paragraph that says what the picture says). No widgets in any of them:
   tests call them without a kernel. They raise `MlmedError` where there is no answer.
3. A `Picture`: ``build`` makes every artist once, ``move`` gives the moving ones new data. Random draws are made once
   (`draws`) and transformed, so that pictures morph instead of flicker.
4. A `Lab` with these as class attributes, the controls by name, and the goals; a function without arguments in
   `labs/__init__.py` that returns it, also named in ``__all__``: tests and benchmark then find it.

A lab that remembers (a growing sample, an uploaded file) keeps it on the instance, overrides `compute`, `pressed` and
`forget`, and shows more widgets by adding to ``self.children``.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import ipywidgets as widgets
from traitlets import Unicode, observe

from ..errors import MlmedError
from . import screen
from .controls import Control, Press
from .picture import SHOWN, Picture, captioned


class Image(widgets.Image):
    """An image with a text alternative, its `description`.

    The browser's part makes a title, and thereby an accessible name, of a widget's tooltip, if there is a description
    and it is empty; without one it shows nothing at all. So the browser gets the text as tooltip.
    """

    description = Unicode("").tag(sync=True, to_json=lambda value, _: "")

    @observe("description")
    def _tell(self, change: dict[str, Any]) -> None:
        self.tooltip = change["new"]


@dataclass(frozen=True)
class Goal:
    """What the learner is to reach: the task in words, and a function that says of a state whether it is reached."""

    task: str
    reached: Callable[[Any], bool]


@dataclass
class Mission:
    """A goal of one copy of a lab. Once done it stays done until the lab is reset."""

    task: str
    done: bool = False


class Lab(widgets.VBox):
    """Controls, missions, read-out and picture, wired.

    Attributes
    ----------
    controls : dict
        Name -> ipywidgets control; setting its ``value`` moves the lab.
    image : Image
        The picture as PNG; its ``description`` says what it shows.
    readout : ipywidgets.HTML
        Every number of the picture as text, and what is wrong with a value that was refused.
    missions : list of Mission
        Each with its ``task`` and ``done``.
    state : object
        What the picture shows: the last result of `compute`.

    A lab of one's own has at most five controls; names in one tuple of ``together`` stand in one row, and count as one.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    asks: ClassVar[Mapping[str, Control]]
    together: ClassVar[Sequence[Sequence[str]]] = ()
    goals: ClassVar[Sequence[Goal]] = ()
    drawn: ClassVar[type[Picture]]
    compute: Callable[..., Any]  # static in most labs, so not declared as of the class
    numbers: Callable[[Any], dict[str, str]]
    words: Callable[[Any], str]

    def __init__(self) -> None:
        super().__init__()
        self.add_class("mlmed-lab")
        self.picture = self.drawn()
        self.image = Image(format="png", width=str(SHOWN), layout=widgets.Layout(max_width="100%", height="auto"))
        self.readout = widgets.HTML()
        self.missions = [Mission(goal.task) for goal in self.goals]
        self._tasks = widgets.HTML(screen.tasks(self.missions))
        self._stale, self._paused, self._drawing = False, False, threading.Lock()
        self.controls: dict[str, widgets.Widget] = {}
        views: dict[str, widgets.Widget] = {}
        for name, ask in self.asks.items():
            self.controls[name], views[name] = ask.build(self._say)
            if isinstance(ask, Press):
                self.controls[name].on_click(lambda _, name=name: self._press(name))
            else:
                self.controls[name].observe(self._changed, "value")
        reset = widgets.Button(description="Reset", layout=widgets.Layout(width="auto", align_self="flex-start"))
        reset.on_click(lambda _: self.reset())
        self._show(self.compute(**self.values))
        left = widgets.VBox([*self._rows(views), reset], layout=widgets.Layout(flex="1 1 380px", max_width="100%"))
        self.readout.layout = widgets.Layout(flex="1 1 260px", max_width="100%")
        band = widgets.HBox([left, self.readout], layout=widgets.Layout(flex_flow="row wrap", grid_gap="8px 24px"))
        self.children = [widgets.HTML(screen.heading(self.title)), self._tasks, band, self.image]

    def _rows(self, views: Mapping[str, widgets.Widget]) -> list[widgets.Widget]:
        """What is shown of the controls, from top to bottom."""
        rows = {name: [name] for name in views} | {names[0]: names for names in self.together}
        within = {name for names in self.together for name in names[1:]}
        flow = widgets.Layout(flex_flow="row wrap", grid_gap="0 8px", align_items="center")
        return [
            views[name] if len(names) == 1 else widgets.HBox([views[n] for n in names], layout=flow)
            for name, names in rows.items()
            if name not in within
        ]

    # ---- what a lab that remembers overrides

    def pressed(self, name: str) -> None:
        """A button was pressed; the lab moves afterwards."""

    def forget(self) -> None:
        """Part of `reset`: forget what was collected."""

    # ---- moving

    @property
    def values(self) -> dict[str, Any]:
        """Name -> value of every control but the buttons, as `compute` gets them."""
        return {name: ask.read(self.controls[name]) for name, ask in self.asks.items() if not isinstance(ask, Press)}

    def reset(self) -> None:
        """Put all controls back, and open all missions again."""
        self._paused = True
        try:
            for name, ask in self.asks.items():
                if not isinstance(ask, Press):
                    self.controls[name].value = ask.start
            self.forget()
        finally:
            self._paused = False
        for mission in self.missions:
            mission.done = False
        self.move()

    def move(self) -> None:
        """Show what the controls say now. Never raises: what cannot be computed is said, and the picture stays.

        Only the latest values count: a move that comes while another one is drawn (some kernels answer the browser in
        several threads) is made by the one that draws, once, when it is ready.
        """
        self._stale = True
        while self._stale and self._drawing.acquire(blocking=False):
            try:
                self._stale = False
                self._show(self.compute(**self.values))
            except MlmedError as error:
                self._say(str(error))
            except Exception as error:  # a callback that raises would leave the learner without a word
                self._say(
                    f"This could not be computed ({type(error).__name__}: {error}). Choose other values, or Reset."
                )
            finally:
                self._drawing.release()

    def _changed(self, change: dict[str, Any]) -> None:
        # A refused number comes by with new and old alike when the browser sent it.
        if not self._paused and change["new"] != change["old"]:
            self.move()

    def _press(self, name: str) -> None:
        try:
            self.pressed(name)
        except Exception as error:
            self._say(str(error) if isinstance(error, MlmedError) else f"{type(error).__name__}: {error}")
        else:
            self.move()

    def _show(self, state: Any) -> None:
        png, numbers, words = self.picture.png(state), self.numbers(state), self.words(state)
        self.state, self._numbers = state, numbers
        with self.image.hold_sync():  # one message, so that the browser loads the picture once
            self.image.value, self.image.description = png, words
        self.readout.value = screen.table(numbers)
        for mission, goal in zip(self.missions, self.goals, strict=True):
            mission.done = mission.done or bool(goal.reached(state))
        self._tasks.value = screen.tasks(self.missions)

    def _say(self, notice: str) -> None:
        self.readout.value = screen.table(self._numbers, f"{notice} The picture shows what it showed before.")

    # ---- where there is no kernel

    def __repr__(self) -> str:
        asked, found = self._lines()
        return "\n".join([f"mt.labs.{self.name}(): {self.title}", *(f"  {line}" for line in asked + found)])

    def _lines(self) -> tuple[list[str], list[str]]:
        """What the controls say and what the read-out says, a line each."""
        values, asks = self.values, self.asks.items()
        asked = [f"{ask.label} = {ask.text(values[name])}" for name, ask in asks if not isinstance(ask, Press)]
        return asked, [f"{name}: {text}" for name, text in self._numbers.items()]

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The live lab, and for pages without a kernel a still with its numbers."""
        data = super()._repr_mimebundle_(**kwargs)
        still = captioned(self.image.value, self.title, *self._lines())
        data["text/plain"] = repr(self)
        data["image/png"] = base64.b64encode(still).decode()
        return data, {"image/png": {"width": SHOWN, "alt": self.image.description}}
