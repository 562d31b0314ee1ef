"""All steps in one call, for a user's own table."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import pandas as pd

from ..errors import BoundaryWarning, MlmedError
from ..models import SE, boundary_warning, check_se, fit_design, on_boundary
from ..stacked_model import RANDOM_EFFECTS, not_identified, specify
from .result import Mediation


def mediate(
    data: pd.DataFrame,
    x: str = "x",
    m: str = "m",
    y: str = "y",
    group: str | Sequence[str] = "id",
    *,
    random: Sequence[str] | str = ("a", "b", "cprime"),
    covariates: Sequence[str] | Mapping[str, Sequence[str]] = (),
    decompose: bool = False,
    moderators: Mapping[str, str] | None = None,
    missing: str = "error",
    se: SE = "joint",
    intercepts: Sequence[str] | str = ("m", "y"),
) -> Mediation:
    """Multilevel mediation for a table of your own: check, stack, fit by REML, combine.

    The table and its columns are what most people need; all else is given by name. Lesson 10 says which option when.

    Parameters
    ----------
    data : DataFrame
        One row for each observation. Rows in any order; clusters of any sizes.
    x, m, y : str
        Columns of the predictor, the mediator and the outcome. m and y vary from row to row.
    group : str or list of str
        Column of the cluster ids, numbers or text; or columns that are the id together, from the outermost on, as in
        ["class", "student"] where students are numbered anew in each class. That is still one level: what students of
        a class share is not modelled.
    random : sequence of str or "auto"
        Paths with a random slope, any of "a", "b", "cprime"; () for none. "auto" takes every slope that can vary within
        clusters. All random effects may covary.
    covariates : sequence of str or dict
        Columns with a fixed effect in both equations, or {"m": [...], "y": [...]}. Text and categories are coded,
        the first category being the reference; numbers enter as they are.
    decompose : bool
        Tell effects within and between clusters apart: x and m as predictors are centred within clusters, with random
        slopes of the deviations, and the cluster means get fixed effects (Zhang, Zyphur & Preacher 2009). The
        covariance of the two random intercepts is then fixed at 0; see Notes.
    moderators : dict, optional
        Which path, "a", "b" or "cprime", depends on which column, as in {"a": "w", "b": "w"}; numbers, or categories,
        that describe rows or clusters. `conditional` then has the effects at values of w, `moderation` the products;
        see Notes.
    missing : {"error", "drop"}
        What to do with missing values: refuse, or leave out what cannot be used and say so. That is a row without x, m,
        `group` or a covariate of m, and of a row without y or a covariate of y alone the half that holds y: it still
        shows how m depends on x. See Notes.
    se : {"gls", "joint", "robust"}
        Whose standard errors. "joint", the default: from the information of all parameters together, so that the fixed
        effects bear the uncertainty of the variances and covariances. "gls": these taken as known, as Stata and the
        page do, which may make the standard errors of b and c' far too small.
        "robust": the cluster sandwich, for skewed random effects or slopes left out, with many clusters (50 or more).
        `with_se` gives the same fit with others.
    intercepts : sequence of str
        Equations with a random intercept, "m" and "y" whatever the columns are called; () for none. An intercept that
        cannot vary, because all variables of its equation were centred within clusters, is left out, with a remark.

    Returns
    -------
    Mediation
        `indirect`, `direct`, `total` with `estimate`, `se`, `z`, `p`, `ci`; `a`, `b`, `cprime`, `cov_ab`; `fit`, the
        stacked model; `summary()`, `plot()`, `report()`, `cluster_effects()`, `to_frame()`, `paths`; of a decomposed
        model also `within`, `between` and `contextual`; of a moderated one `conditional()`, `moderation`, `contrast()`.

    Raises
    ------
    MlmedError
        The table cannot be used, or its design cannot answer the question; the message names the column or cluster and
        what to do.

    Warns
    -----
    BoundaryWarning
        The optimum lies on the boundary (a variance of 0, a correlation of 1). Standard errors are then those of moves
        along it: effects have theirs as anywhere; a variance of 0 has none. `notes` and `summary()` say more.

    Notes
    -----
    The two equations have residual variances of their own. Where that of m is the larger one, this is Stata's model
    with the extra random effect ``|| fid: sm``; otherwise Stata's cannot be fitted.

    Raw scores do not tell effects within and between clusters apart. Where the two differ, a is a blend of both; b lies
    near the one within, since the covariance of the random intercepts takes up what is different between clusters.

    In the decomposed model, the mean of m in a cluster and the random intercept of m say nearly the same. A covariance
    of the two random intercepts therefore acts like an effect of the mean of m: with clusters of equal sizes the data
    cannot tell the two apart at all. Fixing it at 0 means that no unobserved variable of the clusters moves both m and
    y. Cluster means of few rows are measured with error, which pulls the effects between clusters towards those within
    (Preacher, Zyphur & Zhang 2010).

    Where y is missing depending on m, rows with y alone give a wrong a, and too small an indirect effect: m is an
    outcome, too. With the halves that hold m, the likelihood is right for y missing at random given m and x (Little &
    Rubin 2019). In a decomposed model, cluster means of m and x are those of all rows in which both are known.

    A moderator w of a path adds the product of w and the path's predictor where that path is, and w itself to both
    equations, even if only a depends on it: a w that also moves y, left out there, would be taken for a part of b. The
    paths of the result are those at the mean of w, or in the first category. The effects rest on cov(a_j, b_j) of what
    w leaves over, which is supposed to be the same for all values of w (Bauer, Preacher & Gil 2006). In a decomposed
    model w describes clusters, and acts on the paths within and on those between with products of their own.

    Examples
    --------
    >>> import mlmed_teach as mt
    >>> med = mt.mediate(mt.load_ml_sim(), x="x", m="m", y="y", group="id")
    >>> print(f"{med.indirect.estimate:.3f} ({med.indirect.se:.3f})")
    0.473 (0.055)
    """
    check_se(se)
    spec, design = specify(data, x, m, y, group, random, covariates, decompose, missing, intercepts, moderators)
    try:
        fit = fit_design(design, reml=True, se=se, explain=lambda choices: not_identified(design, choices, x, m, y))
    except MlmedError as error:
        if not spec.suspects:
            raise
        raise MlmedError(f"{error} Look at this first: {spec.suspects}") from error
    med = Mediation(fit, spec)
    what = on_boundary(med.fit.optimum, design, [RANDOM_EFFECTS[name] for name in design.re_names])
    if what is not None:
        warnings.warn(boundary_warning(what), BoundaryWarning, stacklevel=2)
    return med
