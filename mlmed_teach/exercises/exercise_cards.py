"""An exercise on the screen: the question, where to answer, Check, Hint and Solution."""

from __future__ import annotations

import html
from typing import Any

import ipywidgets as widgets

from ..labs import heading
from ..labs import words as as_html
from .all_exercises import find_exercise
from .attempts import attempts
from .checking import judged
from .exercise_data import Exercise
from .judging import NOT_YET

_STYLE = """<style>
.mlmed-card p { margin: 4px 0 6px; }
.mlmed-card .widget-radio-box { width: auto; max-width: 100%; margin: 0; }
.mlmed-card .widget-radio { width: auto; }
.mlmed-card .widget-radio-box label { font-size: 14px; line-height: 1.5; height: auto; padding: 2px 0;
  color: var(--jp-ui-font-color1, #1a1a1a); white-space: normal; }
.mlmed-card .asked { color: var(--jp-ui-font-color2, #555555); }
.mlmed-card pre { margin: 6px 0; padding: 6px 10px; overflow-x: auto; font-size: 13px; line-height: 1.4;
  background: var(--jp-layout-color2, #eeeeee); color: var(--jp-ui-font-color1, #1a1a1a); }
</style>"""

_HINTS = ("Hint 1 of 2", "Hint 2 of 2", "No more hints")
_LOCKED, _SHOW, _HIDE = "Solution (after one attempt)", "Solution", "Hide the solution"


def exercise(id: str) -> ExerciseCard:
    """
    A card for an exercise: the question, where to answer it, hints, and the solution after one attempt.

    Parameters
    ----------
    id : str
        Lesson and number of the exercise, as in ``"06.3"``.

    Returns
    -------
    ExerciseCard
        Shows itself as the last line of a cell.

    Raises
    ------
    MlmedError
        When there is no such exercise.

    Examples
    --------
    >>> import mlmed_teach as mt
    >>> card = mt.exercise("06.3")
    >>> len(card.control.options)
    4
    """
    return ExerciseCard(find_exercise(id))


def solution(id: str) -> SolutionButton:
    """
    A button that shows the solution of an exercise; nothing of it is stored in the notebook.

    Parameters
    ----------
    id : str
        Lesson and number of the exercise, as in ``"06.1"``.

    Returns
    -------
    SolutionButton
        Shows itself as the last line of a cell.

    Raises
    ------
    MlmedError
        When there is no such exercise.

    Examples
    --------
    >>> import mlmed_teach as mt
    >>> mt.solution("06.1")
    mt.solution("06.1"): run the cell, then press the button.
    """
    return SolutionButton(find_exercise(id))


class SolutionButton(widgets.VBox):
    """A button that fills in the solution, and takes it away again.

    Attributes
    ----------
    button : ipywidgets.Button
    text : ipywidgets.HTMLMath
        Empty until the button is pressed; formulas are typeset then.
    """

    def __init__(self, exercise: Exercise) -> None:
        super().__init__()
        self.add_class("mlmed-card")
        self.exercise = exercise
        self.button = _button(_SHOW)
        self.button.on_click(lambda _: self.toggle())
        self.text = widgets.HTMLMath("")
        self.children = [widgets.HTML(_STYLE), self.button, self.text]

    def toggle(self) -> None:
        """Show the solution, or hide it."""
        self.text.value = "" if self.text.value else _solution(self.exercise)
        self.button.description = _HIDE if self.text.value else _SHOW

    def __repr__(self) -> str:
        return f'mt.solution("{self.exercise.id}"): run the cell, then press the button.'

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The live button; for pages without a kernel a line of text."""
        data = super()._repr_mimebundle_(**kwargs)
        data["text/plain"] = repr(self)
        return data, {}


class ExerciseCard(widgets.VBox):
    """The question, where to answer it, and what is said to the answer.

    Attributes
    ----------
    exercise : Exercise
    control : ipywidgets.Text, ipywidgets.RadioButtons or None
        Where the answer is typed or chosen; a table or a model is handed to ``mt.check`` instead.
    check, hint, solve : ipywidgets.Button
    status : ipywidgets.HTML
        The verdict.
    hints : ipywidgets.HTML
    text : ipywidgets.HTMLMath
        The solution, empty until it is asked for.
    """

    def __init__(self, exercise: Exercise) -> None:
        super().__init__()
        self.add_class("mlmed-lab")
        self.add_class("mlmed-card")
        self.exercise = exercise
        self.control: Any = _control(exercise)
        self.check, self.hint, self.solve = map(_button, ("Check", _HINTS[0], _LOCKED))
        self.check.on_click(lambda _: self._check())
        self.hint.on_click(lambda _: self._hint())
        self.solve.on_click(lambda _: self._solve())
        self.status, self.hints, self.text = widgets.HTML(), widgets.HTML(), widgets.HTMLMath("")
        self._hinted = 0
        asked = widgets.HTML(f"{heading(f'Exercise {exercise.id}')}{_STYLE}{_question(exercise)}")
        answered = [self.control] if self.control is not None else []
        buttons = [*([self.check] if answered else []), self.hint, self.solve]
        row = widgets.HBox(buttons, layout=widgets.Layout(flex_flow="row wrap"))
        self.children = [asked, *answered, row, self.status, self.hints, self.text]
        attempts().show_in(exercise.id, self)
        self.refresh()

    def refresh(self) -> None:
        """Unlock the solution once there was an attempt, wherever it was made."""
        tried = attempts().tally(self.exercise.id, self.exercise.version).attempts > 0
        self.solve.disabled = not tried and not self.text.value
        if not self.text.value:
            self.solve.description = _SHOW if tried else _LOCKED

    def _check(self) -> None:
        given = self.control.value
        if given is None or not given.strip():
            says = "Choose an option first." if given is None else f"Type {self.exercise.asks} first."
            self.status.value = f'<p role="status">{as_html(f"{NOT_YET} {says}")}</p>'
        else:
            self.status.value = judged(self.exercise, given).html

    def _hint(self) -> None:
        self._hinted = min(self._hinted + 1, 2)
        shown = "".join(f"<p>{as_html(hint)}</p>" for hint in self.exercise.hints[: self._hinted])
        self.hints.value = f'<div role="status">{shown}</div>'
        self.hint.description = _HINTS[self._hinted]

    def _solve(self) -> None:
        self.text.value = "" if self.text.value else _solution(self.exercise)
        self.solve.description = _HIDE if self.text.value else _SHOW

    # ---- where there is no kernel

    def __repr__(self) -> str:
        asked = self.exercise
        lines = [asked.prompt, *asked.given.splitlines(), *(asked.lettered or [f"Asked for is {asked.asks}."])]
        return "\n  ".join([f'mt.exercise("{asked.id}"):', *lines])

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The live card; for pages without a kernel the question, and nothing of its solution."""
        data = super()._repr_mimebundle_(**kwargs)
        options = "".join(f"<p>{as_html(line)}</p>" for line in self.exercise.lettered)
        data["text/plain"] = repr(self)
        head = f"<p><b>Exercise {self.exercise.id}.</b></p>"
        data["text/html"] = f"{head}{_question(self.exercise)}{options}<p>(Run the cell to answer.)</p>"
        return data, {}


def _question(exercise: Exercise) -> str:
    """The question as HTML, with the code that belongs to it and how to answer."""
    code = f"<pre><code>{html.escape(exercise.given)}</code></pre>" if exercise.given else ""
    how = ""
    if exercise.kind == "number":
        how = f'<p class="asked">Answer with {exercise.asks}.</p>'
    if exercise.kind in ("table", "model") or exercise.own_data:
        data = ", data=table" if exercise.own_data else ""
        how = (
            f'<p class="asked">Make {exercise.asks} in a cell of your own, and end it with '
            f"<code>mt.check(&quot;{exercise.id}&quot;, answer{data})</code>.</p>"
        )
    return f"<p>{as_html(exercise.prompt)}</p>{code}{how}"


def _solution(exercise: Exercise) -> str:
    code = f"<pre><code>{html.escape(exercise.code)}</code></pre>" if exercise.code else ""
    return f'<div role="status"><p>{html.escape(exercise.solution, quote=False)}</p>{code}</div>'


def _control(exercise: Exercise) -> widgets.Widget | None:
    style = {"description_width": "90px"}
    if exercise.own_data:
        return None
    if exercise.kind == "number":
        return widgets.Text(
            description="Your answer", continuous_update=False, layout=widgets.Layout(width="240px"), style=style
        )
    if exercise.kind == "choice":
        return widgets.RadioButtons(
            options=exercise.lettered,
            value=None,
            description="Your answer",
            layout=widgets.Layout(width="auto"),
            style=style,
        )
    return None


def _button(label: str) -> widgets.Button:
    return widgets.Button(description=label, layout=widgets.Layout(width="auto"))
