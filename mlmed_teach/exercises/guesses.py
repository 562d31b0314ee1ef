"""The guesses that were made in this kernel, and the cards on the screen that show them."""

from __future__ import annotations

from collections import defaultdict
from typing import Protocol
from weakref import WeakSet

from .prediction import Answer, Value


class Card(Protocol):
    """What shows a guess, and is told when it changes."""

    def refresh(self) -> None:
        """Show what is known now."""


class Guesses:
    """Guess and value of each prediction, by id. All copies of a card show the same guess."""

    def __init__(self) -> None:
        self._made: dict[str, Answer] = {}
        self._found: dict[str, Value] = {}
        self._cards: defaultdict[str, WeakSet[Card]] = defaultdict(WeakSet)

    def guess(self, id: str) -> Answer | None:
        """The latest guess, None before there is one."""
        return self._made.get(id)

    def found(self, id: str) -> Value | None:
        """The value that the lesson's cell found when it last ran."""
        return self._found.get(id)

    def make(self, id: str, guess: Answer) -> None:
        """Keep a guess in the place of an earlier one."""
        self._made[id] = guess
        self._tell(id)

    def find(self, id: str, value: Value) -> None:
        """Keep a value."""
        self._found[id] = value
        self._tell(id)

    def show_in(self, id: str, card: Card) -> None:
        """Tell a card of every change, as long as it lives."""
        self._cards[id].add(card)

    def forget(self) -> None:
        """Forget all guesses and values."""
        for id in {*self._made, *self._found}:
            self._made.pop(id, None)
            self._found.pop(id, None)
            self._tell(id)

    def _tell(self, id: str) -> None:
        for card in list(self._cards[id]):
            card.refresh()


GUESSES = Guesses()
