"""An exercise as data: what is asked, how right and well-known wrong answers are computed, what is said to them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from ..words import counted
from .answers import written
from .facts import Facts

Kind: TypeAlias = Literal["number", "choice", "table", "model"]

LETTERS = "abcdefgh"


@dataclass(frozen=True)
class Slip:
    """A wrong answer that is known, and what is said to it: "<answer> is <done>. <ask>".

    Attributes
    ----------
    value : function
        From the facts to the wrong answer: a number, a table or a fitted model.
    done : str
        What was done to get it; follows "is", without a full stop.
    ask : str
        The contrast, and one question back.
    seen : function, optional
        Of a table or a model, from answer and facts to whether this slip was made. By default an answer that agrees
        with `value`.
    """

    value: Callable[[Facts], Any]
    done: str
    ask: str
    seen: Callable[[Any, Facts], bool] | None = None


@dataclass(frozen=True)
class Option:
    """One answer of a choice.

    Attributes
    ----------
    text : str
    reply : str
        What is said to who chooses it: an explanation, or a contrast with one question back.
    """

    text: str
    reply: str


@dataclass(frozen=True)
class Landmark:
    """A number that the learner knows, for comparison with an answer that nobody expected.

    Attributes
    ----------
    name : str
        What it is; begins a sentence.
    value : function
        From the facts to the number.
    above, below : str
        A question to who is above it, and below it.
    """

    name: str
    value: Callable[[Facts], float]
    above: str
    below: str


@dataclass(frozen=True)
class Exercise:
    """One exercise of a lesson.

    Attributes
    ----------
    id : str
        Lesson and number, as in "06.1".
    kind : {"number", "choice", "table", "model"}
        What the answer is: a number, an option, a DataFrame, a fitted model.
    objective : str
        Key of the objective that it serves, in the OBJECTIVES of its lesson.
    prompt : str
        The question; how exactly to answer is added.
    answer : function
        From the facts to the right answer: a number, the text of an option, a DataFrame, a fitted model.
    right : str
        Why it is right; said to a right answer. A choice has it in the reply of the option.
    hints : tuple of two str
        The first points to the way, the second goes half of it.
    solution : str
        In words; formulas between dollar signs.
    code : str
        Python that computes it into the name `answer`. Known are mt, np, pd and df.
    misconception : str
        What it is after, for the teacher.
    minutes : int
        How long it takes.
    version : int
        Raised when the question changes, so that progress in the old one does not count.
    digits, significant : int, optional
        Decimals, or significant digits, that are asked for: of a number one of them, of a table decimals or none.
    unit : str
        "%" for a number that is asked for in percent; nothing else is needed.
    slips : tuple of Slip
    options : tuple of Option
        Of a choice.
    landmark : Landmark, optional
        Of a number.
    given : str
        Code that is shown with the question. Of a bug hunt: it runs, and its `answer` is wrong.
    own_data : bool
        Whether the question is about a table of the learner's own, ``mt.check(id, answer, data=table)``.
    """

    id: str
    kind: Kind
    objective: str
    prompt: str
    answer: Callable[[Facts], Any]
    hints: tuple[str, str]
    solution: str
    code: str
    misconception: str
    right: str = ""
    minutes: int = 3
    version: int = 1
    digits: int | None = None
    significant: int | None = None
    unit: str = ""
    slips: tuple[Slip, ...] = ()
    options: tuple[Option, ...] = ()
    landmark: Landmark | None = None
    given: str = ""
    own_data: bool = False

    @property
    def lesson(self) -> str:
        """Number of its lesson, as in "06"."""
        return self.id.partition(".")[0]

    @property
    def known(self) -> int:
        """How many wrong answers are recognized by name."""
        return len(self.options) - 1 if self.kind == "choice" else len(self.slips)

    @property
    def asks(self) -> str:
        """What the answer has to be, in words."""
        if self.kind == "choice":
            return "one of the letters " + ", ".join(self.letters)
        if self.kind != "number":
            return {"table": "a DataFrame", "model": "a fitted model"}[self.kind]
        if self.significant is not None:
            exact = f"with {counted(self.significant, 'significant digit')}"
        else:
            exact = f"with {counted(self.digits, 'decimal')}" if self.digits else "without decimals"
        return f"a number{' in percent' if self.unit == '%' else ''} {exact}"

    @property
    def letters(self) -> dict[str, Option]:
        """The options of a choice by the letters that stand before them."""
        return dict(zip(LETTERS, self.options, strict=False))

    @property
    def lettered(self) -> list[str]:
        """The options of a choice as they are read."""
        return [f"{letter}) {option.text}" for letter, option in self.letters.items()]

    def decimals(self, value: float) -> int:
        """Decimals with which a number as large as `value` is asked for."""
        if self.significant is None or value == 0:
            return self.digits or 0
        return self.significant - 1 - math.floor(math.log10(abs(value)))

    def tolerance(self, right: float) -> float:
        """Half a unit of the last digit that is asked for; a little more, for what binary fractions add."""
        return 0.5 * 10.0 ** -self.decimals(right) * (1 + 1e-6)

    def told(self, value: float, right: float) -> str:
        """A number as it is written in a reply: with the digits that are asked for, or more if it is tiny."""
        decimals = self.decimals(right)
        if value and abs(value) < 10.0**-decimals:
            decimals = 1 - math.floor(math.log10(abs(value)))
        return written(value, max(decimals, 0)) + self.unit
