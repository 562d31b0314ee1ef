"""What `sensitivity` returns: a table over rho with a display, a picture and a sentence of its own."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .. import plots
from ..show import Sheet, View, fixed, html_table, percent, picture_number, stata_number, text_table, wrapped_notes
from ..stacked_model import Specification

SHOWN = 9  # values of rho in the display
_AXIS = {
    "within": "correlation of the residuals of m and y",
    "between": "correlation of the residuals of m and y between clusters",
}


class Sensitivity(View):
    """The effects by rho, a DataFrame with index (rho, effect) and columns as in `to_frame`.

    Attributes
    ----------
    level : {"within", "between"}
        Whose residuals correlate: those of rows, or those of clusters.
    rho_zero : float
        The tipping point: the correlation of the residuals at which the indirect effect is 0; NaN where none can make
        it so (a is 0).
    rho_ci : float
        The correlation nearest to 0, on the way to the tipping point, from which on the 95% interval of the indirect
        effect holds 0; 0 if it does so without any.
    words : str
        What a common cause would have to be like, as a sentence.
    """

    _metadata = [*View._metadata, "rho_zero", "rho_ci", "level", "words"]

    def __init__(self, frame: pd.DataFrame, rho_zero: float, rho_ci: float, level: str, spec: Specification):
        super().__init__(frame, self._show)
        self.rho_zero, self.rho_ci, self.level = rho_zero, rho_ci, level
        self.words = in_words(rho_zero, level, spec.m, spec.y)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Indirect and direct effect by rho, the first with its 95% band, and where it comes to 0.

        Parameters
        ----------
        ax : Axes, optional

        Returns
        -------
        Axes
        """
        return plots.effects_by_rho(pd.DataFrame(self), self.rho_zero, ax=ax, xlabel=_AXIS[self.level])

    def _show(self, frame: pd.DataFrame) -> Sheet:
        rhos = frame.index.get_level_values("rho").unique()
        if len(rhos) > SHOWN:
            rhos = rhos[np.round(np.linspace(0, len(rhos) - 1, SHOWN)).astype(int)]
        heads = ["Indirect", "Std. Err.", "95% low", "95% high", "Direct"]
        rows = []
        for rho in rhos:
            indirect, direct = frame.loc[(rho, "indirect")], frame.loc[(rho, "direct")]
            values = [*indirect[["estimate", "se", "ci low", "ci high"]], direct["estimate"]]
            rows.append([fixed(rho, 2), *map(stata_number, values)])
        text = text_table("rho", heads, list(rows), [11] * 5, 8)
        return Sheet(
            "\n".join([text, *wrapped_notes([self.words], text)]),
            html_table(["rho", *heads], list(rows), notes=[self.words]),
            {},
        )


def in_words(rho_zero: float, level: str, m: str, y: str) -> str:
    """The tipping point as a sentence, and what the data do not tell as another."""
    if np.isnan(rho_zero):
        return "Path a is 0: no correlation of the residuals can make an indirect effect, or take one away."
    at = " between clusters" if level == "between" else ""
    return (
        f"The indirect effect{at} would be 0 with a residual correlation of {picture_number(rho_zero)}: "
        f"{common_cause(rho_zero, level, m, y)}. The data do not tell how large the correlation is."
    )


def common_cause(rho: float, level: str, m: str, y: str) -> str:
    """The weakest kind of cause that leaves this correlation: which way it moves m and y, and how much of both it "
    "is."""
    what, where = {
        "within": ("common cause", "within clusters"),
        "between": ("feature of clusters", "from cluster to cluster"),
    }[level]
    return (
        f"an unmeasured {what} that moves {m} and {y} {'the same way' if rho > 0 else 'in opposite ways'} {where}, and "
        f"makes up {percent(abs(rho), 1)} of the variance of either residual (or two other shares with that geometric "
        "mean)"
    )
