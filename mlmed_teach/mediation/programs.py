"""The analysis as a script of another program, or of this one."""

from __future__ import annotations

from ..validation import one_of
from .program_analysis import Analysis, parts_of
from .program_mplus import LONGEST_MPLUS, in_mplus
from .program_names import LONGEST
from .program_python import in_python
from .program_r import in_r
from .program_sas import in_sas
from .program_spss import in_spss
from .program_stata import in_stata

WRITERS = {
    "R": in_r,
    "Stata": in_stata,
    "SAS": in_sas,
    "SPSS": in_spss,
    "Mplus": in_mplus,
    "Python": in_python,
}
"""Program -> what writes its script."""


def write_code(med: Analysis, language: str) -> str:
    """The script of another program, or of this one, for this very analysis.

    It reads the table, stacks y on m, fits the model with the same random effects, covariates, products with moderators
    and residual variances by REML, and puts indirect and total effect with their standard errors together by the
    paper's formula; with moderators also at the values that `conditional` shows by default, and the changes of
    `moderation`. What a program cannot do, such as REML in Mplus or joint standard errors in Stata, a comment of the
    script says.

    Parameters
    ----------
    med : Mediation
    language : {"R", "Stata", "SAS", "SPSS", "Mplus", "Python"}
        R takes nlme, for gls standard errors, and glmmTMB, for joint ones; on the boundary glmmTMB for both, with
        random effects of reduced rank. Scripts for R and Python read ``table.csv``, your table as it is
        (``table.to_csv("table.csv", index=False)``). The others read a file of numbers with names that they accept;
        each begins with the lines of Python that write it. Of a decomposed model, Python and a second input of Mplus
        have the effects between clusters with latent means; the others have those with observed means.

    Returns
    -------
    str

    Raises
    ------
    MlmedError
        Another language, or a model with terms that scripts cannot hold.

    Notes
    -----
    Tests run the scripts for Python always, and those for R where R is installed; they print the numbers of `mediate`.
    Those for Stata, SAS, SPSS and Mplus were never run. Their commands were read against help files and manuals as far
    as these could be had, and tests compute the lines that make effects of estimates, with our estimates in the place
    of the program's (those for SPSS also in PSPP, where that is installed). Not seen in a manual, and so the first to
    suspect: in Mplus, a fixed slope of a latent predictor beside a random one of its observed deviations, in the second
    input; in SPSS, a block of random effects by cluster together with residuals by row. An option may need a change.

    In a decomposed model on the boundary glmmTMB cannot hold a covariance at 0 and the rank as well: that script of R
    may stop, and says what to do.

    Examples
    --------
    >>> import mlmed_teach as mt
    >>> med = mt.mediate(mt.load_ml_sim(), x="x", m="m", y="y", group="id")
    >>> print(next(line for line in med.code("SAS").splitlines() if "random sm" in line).strip())
    random sm sy smx sym syx / subject=id type=un;
    """
    name = one_of(language, "language", list(WRITERS))
    return WRITERS[name](parts_of(med, LONGEST_MPLUS if name == "Mplus" else LONGEST))
