"""The paths of the model, the terms that carry them, and the names of effects."""

from __future__ import annotations

PATHS = {"a": "smx", "b": "sym", "cprime": "syx"}
"""Path -> its term in the stacked model."""


KINDS = ("indirect", "direct", "total")


WITHIN, BETWEEN = "within: ", "between: "


def mean_of(term: str) -> str:
    """Name of the fixed effect of the cluster means beside the within-cluster term: ``smx_mean`` for ``smx``."""
    return f"{term}_mean"


def in_words(name: str) -> str:
    """An effect's name as a label: "average indirect effect", "indirect effect between clusters"."""
    where, _, kind = name.rpartition(": ")
    if not where:
        return f"average {kind} effect"
    return f"{'average ' if where == 'within' else ''}{kind} effect {where} clusters"
