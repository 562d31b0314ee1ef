"""What every call must keep, whatever table it is given: a result or one message that a student can use."""

import re
import warnings

import numpy as np
import pandas as pd

import mlmed_teach as mt

PYTHON_INSIDE = re.compile(
    r"Traceback| at 0x|NoneType|<class|numpy\.|np\.\w+\(|dtype\(|Error\(|unhashable|site-packages"
)
OPTION = re.compile(
    r"\b(x|m|y|group|random|covariates?|decompose|missing|first|sep|width|reml|residual) (is|are|must|has|names|and)\b"
    r"|[Tt]he formula|No column is named"
)
# What a refusal begins with if it concerns no single column.
OF_THE_TABLE = (
    "A pandas DataFrame is needed",
    "The table has no columns",
    "The table has no numeric column",
    "This is not a stacked table",
    "The table has no rows",
    "The table's columns have several levels",
    "Every one of the ",
)
OF_THE_MODEL = (
    "A residual variance goes to 0",
    "The data cannot tell ",
    "The likelihood could not be maximized",
    "The variables are so large or so small",
    "The predictors reproduce the response",  # of fit_mixed and fit_stacked, whose caller has one equation in mind
)


def fingerprint(table):
    """The content of a table as text, with types and names."""
    if not isinstance(table, pd.DataFrame):
        return repr(table) if not isinstance(table, np.ndarray) else table.tobytes()
    columns = [table.iloc[:, at] for at in range(table.shape[1])]
    plain = [isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf" for column in columns]
    cells = [c.to_numpy().tobytes() if fast else repr(c.tolist()) for c, fast in zip(columns, plain, strict=True)]
    return repr(list(table.columns)), repr(list(table.index)), list(map(str, table.dtypes)), cells


def call(what, table, function):
    """The result, or the MlmedError; fails on any other exception or warning and if the table was changed."""
    before = fingerprint(table)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = function()
        except mt.MlmedError as error:
            result = error
        except Exception as error:
            raise AssertionError(f"{what}\nended in {type(error).__name__}: {error}") from error
    strange = [str(w.message) for w in caught if not issubclass(w.category, mt.BoundaryWarning)]
    assert not strange, f"{what}\nwarned: {strange}"
    assert fingerprint(table) == before, f"{what}\nchanged the table"
    return result


def check_message(what, error, names=()):
    """One message that names a column or an option, without anything from inside Python."""
    text = str(error)
    assert len(text) > 30, f"{what}\nsaid only: {text!r}"
    for name in names:  # a name may hold anything
        text = text.replace(repr(name), "'it'")
    assert not PYTHON_INSIDE.search(text), f"{what}\nspoke of Python's inside: {text}"
    named = "'it'" in text or OPTION.search(text) or text.startswith(OF_THE_TABLE + OF_THE_MODEL)
    assert named, f"{what}\nnamed neither column nor option: {text}"


def used_names(case):
    """Names of the columns that the call is about, as far as they are names."""
    covariates = case.options.get("covariates", ())
    parts = covariates.values() if isinstance(covariates, dict) else [covariates]
    covariates = [name for part in parts for name in (part if isinstance(part, list | tuple) else [part])]
    roles = [case.arguments[role] for role in ("x", "m", "y", "group")]
    plain = str | bytes | int | float | complex | tuple | frozenset | pd.Timestamp | type(pd.NaT)
    return [name for name in (*roles, *covariates) if isinstance(name, plain)]


def check_mediation(what, med, display):
    """Whatever is NaN or infinite has a note that says so; with `display`, it can also be shown in all ways."""
    for frame in (med.to_frame(), med.paths, med.contextual):
        if not np.isfinite(frame.to_numpy(dtype=float)).all():
            said = any("do not exist" in note or "Boundary" in note for note in med.notes)
            assert said, f"{what}\nhas NaN without a word:\n{frame}\nnotes: {med.notes}"
    assert (med.residual_variances > 0).all() and np.isfinite(med.fit.llf), what
    assert (med.sd_slopes >= 0).all(), what
    for show in (med.summary, med._repr_html_, med.report) if display else ():
        assert len(show()) > 200, what
    if display and med.spec.within:
        clusters = med.cluster_effects()
        assert len(clusters) == med.spec.clusters and np.isfinite(clusters.to_numpy()).all(), f"{what}\n{clusters}"
