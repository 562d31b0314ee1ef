"""To do what a message says."""

import re

import numpy as np
import pandas as pd


def lines_in(text):
    """The lines of Python that a message offers, between backticks."""
    return [line for line in re.findall(r"`([^`]+)`", text) if line.startswith("df")]


def followed(text, table):
    """A table after all the lines of a message, copied out of it."""
    names = {"df": table.copy(), "np": np, "pd": pd}
    lines = lines_in(text)
    assert lines, f"no line to copy in: {text}"
    for line in lines:
        exec(line, names)
    return names["df"]
