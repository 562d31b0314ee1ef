"""What an answer is answered with, and how that is shown."""

from __future__ import annotations

from dataclasses import dataclass

from ..labs import words as as_html

_LOOKS: dict[bool | None, tuple[str, str]] = {
    True: ("\N{HEAVY CHECK MARK}", "#009e73"),
    False: ("\N{WHITE CIRCLE}", "#d55e00"),
    None: ("", "#999999"),
}


@dataclass(frozen=True, repr=False)
class Verdict:
    """What `mlmed_teach.check` returns; shows itself as the last line of a cell.

    Attributes
    ----------
    id : str
        The exercise.
    judged : bool or None
        Whether the answer is right; None where there is none yet, or none that can be read.
    says : str
        What there is to say about it.
    """

    id: str
    judged: bool | None
    says: str

    @property
    def correct(self) -> bool:
        """Whether the answer is right."""
        return self.judged is True

    def __repr__(self) -> str:
        return f"{self.id}: {self.says}"

    def _repr_html_(self) -> str:
        return self.html

    @property
    def html(self) -> str:
        """The words with a mark and a colour, announced by screen readers."""
        mark, colour = _LOOKS[self.judged]
        shown = f'<span aria-hidden="true">{mark} </span>' if mark else ""
        return (
            f'<div role="status" style="max-width: 740px; box-sizing: border-box; margin: 4px 0; padding: 6px 10px; '
            f'border-left: 4px solid {colour}; line-height: 1.45">{shown}<b>{self.id}</b> {as_html(self.says)}</div>'
        )
