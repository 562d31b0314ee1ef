"""The analysis as a script of another program."""

from __future__ import annotations

from ..validation import one_of
from .program_parts import Analysis, parts_of
from .program_python import in_python
from .program_r import in_r

WRITERS = {"R": in_r, "Python": in_python}


def write_code(med: Analysis, language: str) -> str:
    return WRITERS[language](parts_of(med))
