"""Names that Stata, SAS, SPSS, Mplus and R all accept."""

from __future__ import annotations

import re
import unicodedata

from ..stacked_model import TERMS, mean_of

LONGEST = 24  # characters of a name: with sm_ before it, it still fits into the 32 of Stata and SAS

_OWN = (
    *("id", "fid", "sm", "sy", "z", "which", "kind", "m_copy", "x_mean", "x_dev", "m_mean", "m_dev"),
    *("xmean", "xdev", "mmean", "mdev", "mcopy", "indw", "totw", "indb", "totb", "ab", "bb", "cb"),
    *("path_a", "path_b", "path_c", "v_aa", "v_bb", "v_cc", "v_ab", "v_ac", "v_bc", "v_cov", "v_ind", "v_tot"),
    *("cov_ab", "indirect", "direct", "total"),
    *(name for term in TERMS for name in (term, mean_of(term))),
    *("d", "a", "b", "c", "e", "v", "f", "t", "i", "long", "table", "data", "sa", "sb", "sc", "cab", "ind", "tot"),
    *("g", "h", "j", "k", "p", "s", "vp", "at", "est", "theta", "terms", "low", "high", "place", "change", "effects"),
)
_NUMBERED = re.compile(r"([abc]b?p|(ind|dir|tot|chg)[wb]?|col)\d+")  # labels of Mplus, columns of SAS
_WORDS = (
    *("all", "and", "as", "at", "between", "break", "by", "byte", "class", "cluster", "define", "do", "double", "else"),
    *("end", "eq", "false", "float", "for", "function", "ge", "gt", "if", "in", "inf", "int", "is", "le", "lt", "mean"),
    *("model", "na", "nan", "ne", "next", "not", "null", "of", "on", "or", "output", "repeat", "run", "set", "str"),
    *("strl", "then", "to", "true", "using", "while", "with", "within", "are", "names", "missing", "cov"),
)
TAKEN = frozenset([*_OWN, *_WORDS])
"""Names that the scripts use themselves, and words of the programs, in small letters."""


def legal(column: object, taken: set[str], longest: int) -> str:
    """A name that all programs accept: letters, digits and _, a letter first, not too long, not in use.

    Parameters
    ----------
    column : object
        What the column is called.
    taken : set of str
        Names in use, in small letters; the new one is added.
    longest : int

    Returns
    -------
    str
    """
    plain = unicodedata.normalize("NFKD", str(column)).encode("ascii", "ignore").decode()
    plain = re.sub(r"\W+", "_", plain).strip("_")
    taken_anyway = plain.lower().startswith(("sm_", "sy_")) or _NUMBERED.fullmatch(plain.lower())  # the terms, labels
    if not plain[:1].isalpha() or taken_anyway:
        plain = f"v{plain}"
    name, number = plain[:longest].rstrip("_"), 1
    while name.lower() in taken:
        number += 1
        name = plain[: longest - len(str(number))].rstrip("_") + str(number)
    taken.add(name.lower())
    return name


def plain(label: str) -> str:
    """A label that can stand between quotes in all programs: ASCII, without characters that one of them acts on."""
    text = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode()
    return re.sub(r"[^\w .,=+:()<>/-]", "_", text)
