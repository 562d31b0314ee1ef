"""DataFrames that show themselves in a layout of their own."""

from dataclasses import dataclass

import pandas as pd

from ..errors import MlmedError


@dataclass(frozen=True, slots=True)
class Sheet:
    """
    How a view shows itself.

    Attributes
    ----------
    text, html : str
        The table for a terminal and for a notebook.
    figures : dict
        The numbers that it shows: name of the figure -> float.
    """

    text: str
    html: str
    figures: dict


class View(pd.DataFrame):
    """
    A DataFrame with a display of its own.

    It holds full numbers and can be used like any DataFrame. Whatever is sliced or computed from it is an ordinary
    DataFrame; after columns or rows were added in place it shows itself as an ordinary one, too.

    Parameters
    ----------
    frame : pandas.DataFrame
        The content.
    layout : callable
        Takes the content, gives a `Sheet`.
    """

    _metadata = ["_layout", "_born"]
    _layout = _born = None

    def __init__(self, frame, layout):
        super().__init__(frame)
        self._layout = layout
        self._born = (tuple(frame.columns), len(frame))

    @property
    def _constructor(self):
        return pd.DataFrame

    def _sheet(self):
        intact = self._layout is not None and self._born == (tuple(self.columns), len(self))
        return self._layout(pd.DataFrame(self)) if intact else None

    def figures(self):
        """
        The numbers that the view shows, under the names that `mlmed_teach.published` uses.

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

    def __repr__(self):
        sheet = self._sheet()
        return sheet.text if sheet else repr(pd.DataFrame(self))

    __str__ = __repr__

    def _repr_html_(self):
        sheet = self._sheet()
        return sheet.html if sheet else pd.DataFrame(self)._repr_html_()
