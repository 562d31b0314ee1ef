"""DataFrames that show themselves in a layout of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from ..errors import MlmedError


@dataclass(frozen=True, slots=True)
class Sheet:
    """How a view shows itself.

    Attributes
    ----------
    text, html : str
        The table for a terminal and for a notebook.
    figures : dict
        The numbers that it shows: name of the figure -> float.
    """

    text: str
    html: str
    figures: dict[str, float]


class View(pd.DataFrame):
    """A DataFrame with a display of its own.

    It holds full numbers and can be used like any DataFrame. Whatever is sliced or computed from it is an ordinary
    DataFrame; after columns or rows were added in place it shows itself as an ordinary one, too.

    Parameters
    ----------
    frame : DataFrame
        The content.
    layout : callable
        Takes the content, gives a `Sheet`.
    """

    _metadata = ["_layout", "_born"]
    _layout: Callable[[pd.DataFrame], Sheet] | None = None
    _born: tuple | None = None

    def __init__(self, frame: pd.DataFrame, layout: Callable[[pd.DataFrame], Sheet]):
        super().__init__(frame)
        self._layout = layout
        self._born = (tuple(frame.columns), len(frame))

    @property
    def _constructor(self) -> type[pd.DataFrame]:
        return pd.DataFrame

    def _sheet(self) -> Sheet | None:
        if self._layout is None or self._born != (tuple(self.columns), len(self)):
            return None
        return self._layout(pd.DataFrame(self))

    def figures(self) -> dict[str, float]:
        """The numbers that the view shows, under the names that `mlmed_teach.published` uses.

        Returns
        -------
        dict
            Name -> float, not rounded.

        Raises
        ------
        MlmedError
            If rows or columns were added or removed, so that the names no longer fit.
        """
        sheet = self._sheet()
        if sheet is None:
            raise MlmedError("This view was changed after it was made. Make it anew from the data.")
        return dict(sheet.figures)

    def __repr__(self) -> str:
        sheet = self._sheet()
        return sheet.text if sheet else repr(pd.DataFrame(self))

    __str__ = __repr__

    def _repr_html_(self) -> str:
        sheet = self._sheet()
        return sheet.html if sheet else pd.DataFrame(self)._repr_html_()
