"""`mt.progress`: what was tried and solved, on the road of the lessons and as a table."""

from __future__ import annotations

import html

import pandas as pd

from ..show import html_table, text_table
from ..words import agree, counted
from .all_exercises import EXERCISES, LESSONS
from .attempts import Attempts, attempts

_STEP, _RADIUS = 62, 19


def progress(reset: bool = False) -> Progress:
    """
    What you have tried and solved, with how many attempts.

    It is kept in a folder of your own: the one that the environment variable MLMED_TEACH_PROGRESS names ("off" keeps
    nothing), or the usual place of the operating system for the data of a user. Where Python runs in a browser, it is
    the folder progress among the files that this browser keeps for the lessons.

    Parameters
    ----------
    reset : bool
        Forget all of it first. This cannot be undone.

    Returns
    -------
    Progress
        With ``table`` (DataFrame); shows itself as the last line of a cell. Where progress cannot be kept or read, it
        says so.

    Examples
    --------
    >>> import mlmed_teach as mt
    >>> list(mt.progress().table.columns)
    ['lesson', 'tried', 'solved', 'attempts']
    """
    if reset:
        attempts().reset()
    return Progress(attempts(), "Everything was forgotten." if reset else "")


class Progress:
    """What was tried and solved when `progress` was called.

    Attributes
    ----------
    table : DataFrame
        One row for each exercise, by id: lesson, tried, solved (bool), attempts (until the first right answer).
    lessons : DataFrame
        One row for each lesson: exercises, tried, solved, attempts.
    notes : list of str
        What a reader must know, such as that nothing can be kept.
    """

    def __init__(self, kept: Attempts, said: str = "") -> None:
        tallies = kept.tallies({one.id: one.version for one in EXERCISES.values()})
        rows = [(EXERCISES[id].lesson, t.attempts > 0, t.solved, t.attempts) for id, t in tallies.items()]
        columns = ["lesson", "tried", "solved", "attempts"]
        self.table = pd.DataFrame(rows, index=pd.Index(tallies, name="id"), columns=columns)
        by_lesson = self.table.groupby("lesson")
        sums = by_lesson[columns[1:]].sum().astype(int)
        sums.insert(0, "exercises", by_lesson.size())
        self.lessons = sums.reindex(list(LESSONS), fill_value=0)
        self.notes = [text for text in (said, kept.note) if text]

    def __repr__(self) -> str:
        table = text_table("lesson", list(self.lessons), self._rows(), [11, 8, 8, 10], 8)
        return "\n".join([table, self.sentence, *self.notes])

    @property
    def sentence(self) -> str:
        """All lessons together."""
        tried, solved = int(self.table["tried"].sum()), int(self.table["solved"].sum())
        return f"{tried} of {counted(len(self.table), 'exercise')} tried, {solved} solved."

    def _repr_html_(self) -> str:
        tried = self.table[self.table["tried"]]
        each = [
            [id, "solved" if row.solved else "open", f"{row.attempts} {agree(row.attempts, 'attempt', 'attempts')}"]
            for id, row in zip(tried.index, tried.itertuples(), strict=True)
        ]
        lessons = html_table(["lesson", *self.lessons.columns], self._rows(), notes=[self.sentence, *self.notes])
        single = html_table(["exercise", "state", "attempts"], each) if each else ""
        folded = f"<details><summary>Each exercise that was tried</summary>{single}</details>" if each else ""
        return f"<div>{self.road()}{lessons}{folded}</div>"

    def _rows(self) -> list[list[object]]:
        names = (f"{int(number)} · {LESSONS[number]}" for number in self.lessons.index)
        return [[name, *row] for name, row in zip(names, self.lessons.to_numpy(), strict=True)]

    def road(self) -> str:
        """The lessons as stations on a road, each as full as it is solved: an SVG for light and dark themes."""
        width, parts = _STEP * len(self.lessons), []
        parts.append(f'<path d="M{_STEP / 2} 26H{width - _STEP / 2}" stroke="currentColor" stroke-opacity=".35"/>')
        for number, (lesson, row) in enumerate(self.lessons.iterrows()):
            x, share = _STEP * (number + 0.5), row["solved"] / row["exercises"] if row["exercises"] else 0.0
            around = 2 * 3.14159265 * (_RADIUS - 2)
            ring = f'cx="{x}" cy="26" r="{_RADIUS - 2}" fill="none" stroke-width="4"'
            parts.append(f'<circle cx="{x}" cy="26" r="{_RADIUS}" fill="var(--jp-layout-color1, Canvas)"/>')
            parts.append(f'<circle {ring} stroke="currentColor" stroke-opacity=".2"/>')
            if share:
                dashes = f'stroke-dasharray="{around * share:.1f} {around:.1f}"'
                parts.append(f'<circle {ring} stroke="#009e73" {dashes} transform="rotate(-90 {x} 26)"/>')
            text = f'text-anchor="middle" fill="currentColor" x="{x}"'
            parts.append(f'<text {text} y="31" font-size="14" font-weight="600">{int(str(lesson))}</text>')
            of = f"{row['solved']} of {row['exercises']}" if row["exercises"] else "none"
            parts.append(f'<text {text} y="62" font-size="12">{of}</text>')
        words = html.escape(f"Road of the lessons. {self.in_words}", quote=True)
        return (
            f'<svg role="img" aria-label="{words}" viewBox="0 0 {width} 70" style="width: 100%; max-width: {width}px; '
            f'display: block" xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
        )

    @property
    def in_words(self) -> str:
        """The road in words."""
        shown = self.lessons[self.lessons["exercises"] > 0]
        return "; ".join(
            f"lesson {int(str(lesson))}: {row['solved']} of {row['exercises']} solved"
            for lesson, row in shown.iterrows()
        )
