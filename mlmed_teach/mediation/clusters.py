"""What the model predicts for each cluster, and how the clusters' effects are distributed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .. import plots
from ..engine import prediction_covariance
from ..errors import MlmedError
from ..models import MixedResult
from ..show import Sheet, View, html_table, percent, stata_number, text_table, wrapped_notes
from ..stacked_model import PATHS, Effect, Moderator, Specification, combine, product_of, product_sd, share_negative

_SHOWN = 5  # clusters at either end of the display


def predicted_effects(fit: MixedResult, moderators: Sequence[Moderator] = ()) -> pd.DataFrame:
    """Paths and effects of each cluster as the model predicts them (BLUPs), with standard errors of prediction.

    The indirect effect is predicted by the mean of a_j b_j given the data, which is the product of the two predictions
    plus the covariance of their errors: products of shrunken slopes alone would be too close to each other, and their
    average too small by cov(a_j, b_j). Its variance is that of a product of two normal variables.

    Parameters
    ----------
    fit : MixedResult
        The stacked model.
    moderators : sequence of Moderator, optional
        Variables on which paths depend: the paths of a cluster are those at its own values. One that varies within
        clusters is held at its mean, or in its first category.

    Returns
    -------
    DataFrame
        One row for each cluster; columns a, b, cprime, indirect, total and "a se", ... A path without random slope is
        the same in all clusters.
    """
    design, optimum = fit.design, fit.optimum
    terms = [path.term for path in PATHS.values()]
    fixed = np.array([[name == term for name in design.fe_names] for term in terms], dtype=float)
    random = np.array([[name == term for name in design.re_names] for term in terms], dtype=float)
    if any(moderator.of_clusters for moderator in moderators):
        fixed = np.repeat(fixed[None], len(design.labels), axis=0)
        for moderator in moderators:
            for path in moderator.paths:
                for column, values in moderator.of_each_cluster.items():
                    place = design.fe_names.index(product_of(PATHS[path].term, column))
                    fixed[:, list(PATHS).index(path), place] = values
    residual = None if design.residual is None else design.residual.codes
    paths = fixed @ optimum.beta + optimum.blups @ random.T
    C = prediction_covariance(design.X, design.Z, design.cluster, residual, optimum, fixed, random)
    a, b, c = paths.T
    # Given the data a_j, b_j, c'_j have these means and this covariance: mean and SD of a_j b_j and of a_j b_j + c'_j.
    effects, effect_ses = combine(a, b, c, C[:, 0, 1], np.pad(C, ((0, 0), (0, 1), (0, 1))))
    names = [*PATHS, "indirect", "total"]
    values = np.column_stack([paths, effects[:, [0, 2]]])
    ses = np.column_stack([np.sqrt(np.maximum(np.diagonal(C, axis1=1, axis2=2), 0.0)), effect_ses[:, [0, 2]]])
    columns = [*names, *(f"{name} se" for name in names)]
    return pd.DataFrame(
        np.column_stack([values, ses]), index=pd.Index(design.labels, name=design.group), columns=columns
    )


class ClusterEffects(View):
    """The predicted effects of the clusters, a DataFrame with a display of its own.

    Attributes
    ----------
    average : float
        Average indirect effect.
    sd : float
        Standard deviation of the indirect effects a_j b_j over clusters, as the model estimates it (`product_sd`).
    share_other_sign : float
        Share of clusters whose true indirect effect has the sign that the average has not, if a_j and b_j are normal
        (`share_negative`).
    place : str
        Where these three hold, of a model with moderators: "the mean of w (2.5)"; "" for any other.
    """

    _metadata = [*View._metadata, "average", "sd", "share_other_sign", "place"]

    def __init__(self, frame: pd.DataFrame, average: float, sd: float, share_other_sign: float, place: str = ""):
        super().__init__(frame, self._show)
        self.average, self.sd, self.share_other_sign, self.place = average, sd, share_other_sign, place

    def plot(self, effect: str = "indirect", ax: Axes | None = None) -> Axes:
        """Caterpillar plot: every cluster's predicted effect with its 95% interval, sorted.

        Parameters
        ----------
        effect : str
            "indirect", "total", "a", "b" or "cprime".
        ax : Axes, optional

        Returns
        -------
        Axes
        """
        return plots.caterpillar(
            self, self.average if effect == "indirect" and not self.place else None, effect=effect, ax=ax
        )

    def _show(self, frame: pd.DataFrame) -> Sheet:
        heads = list(frame.columns[:5])
        rows: list[list[str] | str] = [
            [str(label), *map(stata_number, row)]
            for label, row in zip(frame.index, frame[heads].to_numpy(), strict=True)
        ]
        if len(rows) > 2 * _SHOWN:
            rows = [*rows[:_SHOWN], f"... {len(rows) - 2 * _SHOWN:,} more ...", *rows[-_SHOWN:]]
        at = f" at {self.place}" if self.place else ""
        note = (
            f"Indirect effects over clusters{at}: average {stata_number(self.average)}, SD {stata_number(self.sd)}; "
            f"the model expects {percent(self.share_other_sign, 1)} of clusters with the other sign. Columns such as "
            "'indirect se' hold the standard errors of the predictions."
        )
        text = text_table(str(frame.index.name), heads, rows, [11] * 5, 12)
        return Sheet(
            "\n".join([text, *wrapped_notes([note], text)]),
            html_table([str(frame.index.name), *heads], rows, notes=[note]),
            {},
        )


class Predictable(Protocol):
    """What `predict_clusters` needs of a mediation; `Mediation` documents each."""

    fit: MixedResult
    spec: Specification
    a: float
    b: float
    indirect: Effect

    @property
    def place(self) -> str: ...


def predict_clusters(med: Predictable) -> ClusterEffects:
    """Each cluster's predicted a_j, b_j, c'_j, indirect and total effect (BLUPs).

    Parameters
    ----------
    med : Predictable
        As a method, the result itself.

    Returns
    -------
    ClusterEffects
        A DataFrame, one row for each cluster: a, b, cprime, indirect, total, and the standard errors of the
        predictions, "a se" ...; with `sd` and `share_other_sign` of the distribution that the model estimates, and
        `plot()`, the caterpillar plot. The indirect effect is the mean of a_j b_j given the data, which is the
        product of the predictions plus the covariance of their errors. With moderators of clusters the paths of a
        cluster are those at its own values, while `sd` is what is left at one value.

    Raises
    ------
    MlmedError
        x does not vary within clusters, so that no cluster has an effect of its own.
    """
    if not med.spec.within:
        raise MlmedError(
            f"{med.spec.x!r} does not vary within clusters (a 2-1-1 design), so that no cluster has an effect of "
            f"{med.spec.x!r} of its own. The random slopes of m are in med.fit.random_effects."
        )
    slopes = [PATHS[name].term for name in "ab"]
    G = med.fit.cov_re.reindex(index=slopes, columns=slopes).fillna(0.0).to_numpy()
    distribution = med.a, med.b, float(G[0, 0]), float(G[1, 1]), float(G[0, 1])
    negative = share_negative(*distribution)
    average = med.indirect.estimate
    other = negative if average > 0 else 1 - negative
    frame = predicted_effects(med.fit, med.spec.moderators)
    return ClusterEffects(frame, average, product_sd(*distribution), other, med.place)
