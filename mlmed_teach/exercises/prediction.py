"""A prediction as data: what is asked, how guess and value are read, and the sentence that tells both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np

from ..errors import MlmedError
from ..words import described
from .answers import one_number, quoted_text, typed_number, written

Answer: TypeAlias = float | str


@dataclass(frozen=True)
class Value:
    """What a cell found: a number or one of the options, and how it is written."""

    answer: Answer
    text: str


@dataclass(frozen=True)
class Prediction:
    """One question that a lesson asks before it shows the answer.

    Attributes
    ----------
    id : str
        Lesson and number, as in "06.1".
    kind : {"number", "choice", "sketch"}
        A number typed or set with a slider, one of the options, or a mark on a line that is drawn at once.
    prompt : str
        The question.
    given : str
        What the lesson hands over as the value, in its own names: ``mt.predict(id, <given>)``.
    why : str
        What is to be learned from the value, whatever the guess was; follows the value after a colon.
    options : tuple of str
        Of a choice, two or more.
    low, high, step : float
        Of a number or a sketch. Guesses lie within them; a value need not.
    digits : int
        Decimals with which a value is written.
    whole : bool
        Whether a guess has to be a whole number.
    unit : str
        What follows a number in a sentence, such as "%" or " of 100".
    marks : Mapping of float to str
        Numbers marked on the line, with their names.
    said, found : str
        How the guess and the value are told.
    contrast : tuple of three str
        What follows `why` when the value is above the guess, below it, and close to it (a twentieth of the line).
    outcome : function, optional
        From what the lesson hands over to the value; a number, or an option, needs none.
    detail : function, optional
        From the same to what stands in brackets behind an option, such as the number that decides it.
    """

    id: str
    kind: Literal["number", "choice", "sketch"]
    prompt: str
    given: str
    why: str
    options: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 100.0
    step: float = 1.0
    digits: int = 0
    whole: bool = False
    unit: str = ""
    marks: Mapping[float, str] = field(default_factory=dict)
    said: str = "You said {guess}"
    found: str = "it is {value}"
    contrast: tuple[str, str, str] = ("", "", "")
    outcome: Callable[..., Answer] | None = None
    detail: Callable[..., str] | None = None

    @property
    def asks(self) -> str:
        """What a guess has to be, in words."""
        if self.kind == "choice":
            return " / ".join(self.options)
        number = "a whole number" if self.whole else "a number"
        return f"{number} from {written(self.low)} to {written(self.high)}"

    # ---- reading

    def guess(self, given: Answer) -> Answer:
        """A guess, read from what was typed, moved or chosen.

        Raises
        ------
        MlmedError
            When it is no number, lies outside of the range, or is none of the options.
        """
        if self.kind == "choice":
            if given not in self.options:
                raise MlmedError(f"Choose one of: {self.asks}.")
            return given
        number = typed_number(given) if isinstance(given, str) else one_number(given)
        if number is None:
            raise MlmedError(f"Type {self.asks}; {quoted_text(str(given))} is none.")
        if not self.low <= number <= self.high:
            raise MlmedError(f"The guess is {self.asks}; {written(number)} lies outside.")
        if self.whole and number != int(number):
            raise MlmedError(f"The guess is {self.asks}; {written(number)} is none.")
        return number

    def value(self, *given: Any) -> Value:
        """What a cell found, read from what the lesson hands over.

        Raises
        ------
        MlmedError
            When it cannot be read as a number, or as one of the options.
        """
        return self._option(given) if self.kind == "choice" else self._number(given)

    def _number(self, given: tuple[Any, ...]) -> Value:
        found: Any = given[0] if len(given) == 1 else None
        if self.outcome is not None and (len(given) > 1 or np.ndim(found)):
            found = self._computed(self.outcome, given)
        elif len(given) > 1:
            raise MlmedError(f"Prediction {self.id} takes one number as its value, not {len(given)}. {self._call}")
        try:
            number = one_number(found)
        except MlmedError as error:
            raise MlmedError(f"Prediction {self.id} takes one number as its value; {error}. {self._call}") from None
        return Value(number, self.number(number, self.digits))

    def _option(self, given: tuple[Any, ...]) -> Value:
        if len(given) == 1 and isinstance(given[0], str):
            if given[0] not in self.options:
                raise MlmedError(
                    f"Prediction {self.id} knows the answers {self.asks}; {quoted_text(given[0])} is none of them."
                )
            return Value(given[0], given[0])
        assert self.outcome is not None, self.id
        option = self._computed(self.outcome, given)
        detail = f" ({self.detail(*given)})" if self.detail else ""
        return Value(option, option + detail)

    def _computed(self, outcome: Callable[..., Answer], given: tuple[Any, ...]) -> Any:
        try:
            return outcome(*given)
        except (TypeError, ValueError, LookupError, AttributeError):
            what = described(given[0]) if len(given) == 1 else f"{len(given)} objects"
            raise MlmedError(f"Prediction {self.id} finds no value in {what}. {self._call}") from None

    @property
    def _call(self) -> str:
        return f'The lesson writes mt.predict("{self.id}", {self.given}).'

    # ---- telling

    def number(self, value: float, digits: int | None = None) -> str:
        """A number with its unit; a guess as it was made, a value with a given count of decimals."""
        return f"{written(value, digits)}{self.unit}"

    def told(self, guess: Answer) -> str:
        """A guess as text."""
        return guess if isinstance(guess, str) else self.number(guess)

    def says(self, guess: Answer | None, value: Value) -> str:
        """Guess and value in one sentence, with what is to be learned; without a guess only the value."""
        found = self.found.format(value=value.text)
        if guess is None:
            return f"No guess was made. {found[0].upper()}{found[1:]}: {self.why}."
        said = self.said.format(guess=self.told(guess))
        return f"{said}; {found}: {self.why}{self._contrast(guess, value.answer)}."

    def _contrast(self, guess: Answer, value: Answer) -> str:
        if isinstance(guess, str) or isinstance(value, str):
            return ""
        above, below, close = self.contrast
        difference = value - guess
        return close if abs(difference) <= (self.high - self.low) / 20 else above if difference > 0 else below
