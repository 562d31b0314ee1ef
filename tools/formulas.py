"""Formulas as MathML, which every browser of today draws by itself: nothing is fetched, and screen readers read it."""

from __future__ import annotations


def as_mathml(formula: str, block: bool = False) -> str:
    """LaTeX to an element <math>.

    Parameters
    ----------
    formula : str
        Without its dollar signs.
    block : bool
        Whether it stands on a line of its own.

    Returns
    -------
    str
    """
    from latex2mathml.converter import convert

    done: str = convert(formula, display="block" if block else "inline")
    return done
