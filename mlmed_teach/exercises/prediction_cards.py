"""A prediction on the screen: a card that asks for the guess, and one that sets guess and value side by side."""

from __future__ import annotations

import base64
from typing import Any

import ipywidgets as widgets

from ..errors import MlmedError
from ..labs import SHOWN, Image, Picture, captioned, heading
from ..labs import words as as_html
from .guesses import GUESSES
from .prediction import Answer, Prediction, Value
from .prediction_pictures import LinePicture, picture_in_words, picture_of
from .predictions import find_prediction

_STYLE = """<style>
.mlmed-card p { margin: 4px 0 6px; }
.mlmed-card .widget-radio-box { width: auto; max-width: 100%; margin: 0; }
.mlmed-card .widget-radio { width: auto; }
.mlmed-card .widget-radio-box label { font-size: 14px; line-height: 1.5; height: auto; padding: 2px 0;
  color: var(--jp-ui-font-color1, #1a1a1a); white-space: normal; }
.mlmed-card .status { margin: 4px 0 0; }
.mlmed-card .asked { color: var(--jp-ui-font-color2, #555555); }
</style>"""


def predict(id: str, *value: Any) -> AskCard | FoundCard:
    """
    Ask for a guess before a result is shown; with the value, show guess and value together.

    Parameters
    ----------
    id : str
        Lesson and number of the prediction, as in ``"06.1"``.
    *value : object
        What the lesson's cell has found. Without it the card asks for the guess.

    Returns
    -------
    AskCard or FoundCard
        Shows itself as the last line of a cell.

    Raises
    ------
    MlmedError
        When there is no such prediction, or when the value cannot be read.

    Examples
    --------
    >>> import mlmed_teach as mt
    >>> mt.predict("03.1")
    mt.predict("03.1"): Two clusters. In the first, both slopes are .2; in the second, both are 1.0. What is the average of the two products?
      a number from 0 to 1
      No guess yet.
    >>> print(mt.predict("03.1", 0.52).says)
    No guess was made. It is .52 and not .36: big times big counts for more than small times small takes away.
    """  # noqa: E501
    prediction = find_prediction(id)
    return FoundCard(prediction, *value) if value else AskCard(prediction)


class AskCard(widgets.VBox):
    """The question, a control for the guess, and what to do next.

    Attributes
    ----------
    prediction : Prediction
    control : ipywidgets.Text or ipywidgets.RadioButtons
        Where the guess is typed or chosen.
    slider : ipywidgets.FloatSlider or None
        The same for the mouse, of numbers and sketches.
    image : Image or None
        The line of a sketch.
    status : ipywidgets.HTML
        The guess as it was understood and what comes next, or what is wrong with it.
    """

    def __init__(self, prediction: Prediction) -> None:
        super().__init__()
        self.add_class("mlmed-lab")
        self.add_class("mlmed-card")
        self.prediction, self._quiet = prediction, False
        self.status = widgets.HTML()
        self.slider: widgets.FloatSlider | None = None
        self.image: Image | None = None
        view = self._choice() if prediction.kind == "choice" else self._number()
        prompt = widgets.HTML(f"{heading('Predict')}{_STYLE}<p>{as_html(prediction.prompt)}</p>")
        self.children = [prompt, *([self._line()] if prediction.kind == "sketch" else []), view, self.status]
        GUESSES.show_in(prediction.id, self)
        self.refresh()

    @property
    def guess(self) -> Answer | None:
        """The guess that is kept, None before there is one."""
        return GUESSES.guess(self.prediction.id)

    def _choice(self) -> widgets.Widget:
        self.control = widgets.RadioButtons(
            options=self.prediction.options,
            value=None,
            description="Your guess",
            layout=widgets.Layout(width="auto"),
            style={"description_width": "90px"},
        )
        self.control.observe(self._changed, "value")
        return self.control

    def _number(self) -> widgets.Widget:
        asked = self.prediction
        self.control = widgets.Text(
            description="Your guess",
            placeholder=asked.asks.removeprefix("a number "),
            continuous_update=False,
            layout=widgets.Layout(width="240px", flex="0 0 auto"),
            style={"description_width": "90px"},
        )
        slider = self.slider = widgets.FloatSlider(
            asked.low,
            min=asked.low,
            max=asked.high,
            step=asked.step,
            description="Your guess",
            readout=False,
            behavior="drag-snap",
            layout=widgets.Layout(flex="1 1 100px", min_width="100px", width="auto"),
        )
        self.control.observe(self._changed, "value")
        slider.observe(self._changed, "value")
        return widgets.HBox([self.control, slider], layout=widgets.Layout(align_items="center"))

    def _line(self) -> Image:
        self._picture = LinePicture(self.prediction)
        self.image = image = _image()
        return image

    def _changed(self, change: dict[str, Any]) -> None:
        if self._quiet or change["new"] in (None, ""):
            return
        try:
            new = change["new"]
            guess = self.prediction.guess(round(new, 10) if isinstance(new, float) else new)
        except MlmedError as error:
            kept = "" if self.guess is None else f" Your guess is still {self.prediction.told(self.guess)}."
            self.status.value = f'<p class="notice" role="alert">{as_html(f"{error}{kept}")}</p>'
        else:
            GUESSES.make(self.prediction.id, guess)

    def refresh(self) -> None:
        """Show the guess that is kept, wherever it was made."""
        self._quiet = True
        try:
            if self.guess is not None:
                if self.slider is not None:
                    self.slider.value = self.guess
                typed = self.guess if isinstance(self.guess, str) else f"{self.guess:.10g}"
                self.control.value = typed
            elif self.prediction.kind == "choice":
                self.control.value = None
            else:
                self.control.value = ""
        finally:
            self._quiet = False
        self.status.value = f'<p class="status" role="status">{as_html(self.next)}</p>'
        if self.image is not None:
            self.image.value = self._picture.png(self.guess)
            self.image.description = picture_in_words(self.prediction, self.guess, None)

    @property
    def next(self) -> str:
        """The guess as it was understood, and what to do next."""
        known = GUESSES.found(self.prediction.id) is not None
        if self.guess is None:
            return "No guess yet." + (" The value stands below; a guess appears beside it." if known else "")
        after = "It stands beside the value below." if known else "Run the next cells: they show the value beside it."
        return f"Your guess: {self.prediction.told(self.guess)}. {after}"

    # ---- where there is no kernel

    def __repr__(self) -> str:
        asked = self.prediction
        return f'mt.predict("{asked.id}"): {asked.prompt}\n  {asked.asks}\n  {self.next}'

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The live card, and for pages without a kernel the question as text."""
        data = super()._repr_mimebundle_(**kwargs)
        asked = self.prediction
        data["text/plain"] = repr(self)
        data["text/html"] = (
            f"<p><b>Predict.</b> {as_html(asked.prompt)}</p><p><i>{as_html(asked.asks)}</i></p>"
            "<p>(Run the cell to make your guess.)</p>"
        )
        return data, {}


class FoundCard(widgets.VBox):
    """Guess and value in one picture, and the sentence that sets them side by side; follows a guess that is changed.

    Attributes
    ----------
    prediction : Prediction
    value : Value
    image : Image
    sentence : ipywidgets.HTML
    """

    def __init__(self, prediction: Prediction, *given: Any) -> None:
        self.value: Value = prediction.value(*given)
        super().__init__()
        self.add_class("mlmed-lab")
        self.add_class("mlmed-card")
        self.prediction = prediction
        self._picture: Picture = picture_of(prediction, self.value)
        self.image = _image()
        self.sentence = widgets.HTML()
        asked = f'<p class="asked">{as_html(prediction.prompt)}</p>'
        self.children = [widgets.HTML(f"{heading('Guess and value')}{_STYLE}{asked}"), self.image, self.sentence]
        GUESSES.find(prediction.id, self.value)
        GUESSES.show_in(prediction.id, self)
        self.refresh()

    @property
    def guess(self) -> Answer | None:
        """The guess that is kept, None before there is one."""
        return GUESSES.guess(self.prediction.id)

    @property
    def says(self) -> str:
        """Guess and value in one sentence."""
        return self.prediction.says(self.guess, self.value)

    def refresh(self) -> None:
        """Show the guess that is kept beside the value."""
        self.image.value = self._picture.png(self.guess)
        self.image.description = picture_in_words(self.prediction, self.guess, self.value)
        self.sentence.value = f'<p role="status">{as_html(self.says)}</p>'

    # ---- where there is no kernel

    def __repr__(self) -> str:
        return f'mt.predict("{self.prediction.id}", {self.prediction.given}): {self.prediction.prompt}\n  {self.says}'

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The live card, and for pages without a kernel a still with its sentence."""
        data = super()._repr_mimebundle_(**kwargs)
        still = captioned(self._picture.png(self.guess), self.prediction.prompt, [self.says])
        data["text/plain"] = repr(self)
        data["image/png"] = base64.b64encode(still).decode()
        return data, {"image/png": {"width": SHOWN, "alt": self.image.description}}


def _image() -> Image:
    return Image(format="png", width=str(SHOWN), layout=widgets.Layout(max_width="100%", height="auto"))
