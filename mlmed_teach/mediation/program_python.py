"""The analysis as a script of this package."""

from __future__ import annotations

from ..stacked_model import PATHS
from .program_parts import Parts
from .program_table import reading


def in_python(parts: Parts) -> str:
    """The script, for Python.

    Parameters
    ----------
    parts : Parts

    Returns
    -------
    str
    """
    spec = parts.spec
    group = repr(parts.ids[0]) if len(parts.ids) == 1 else repr(parts.ids)
    moderators = {path: str(of.name) for path in PATHS for of in spec.moderators if path in of.paths}
    covariates = {
        equation: [str(name) for name in names if str(name) not in moderators.values()]
        for equation, names in spec.covariates.items()
    }
    categories = {str(name): list(levels) for name, levels in spec.categories.items()}
    arguments = {
        "x": repr(str(spec.x)),
        "m": repr(str(spec.m)),
        "y": repr(str(spec.y)),
        "group": group,
        "random": repr(spec.random),
        "intercepts": repr(spec.intercepts),
        "covariates": repr(covariates) if any(covariates.values()) else "",
        "moderators": repr(moderators) if moderators else "",
        "decompose": "True" if spec.decompose else "",
        "missing": repr(spec.missing) if spec.missing != "error" else "",
        "se": repr(parts.se),
    }
    lines = [
        *(f"# {line}" for line in parts.head),
        "import pandas as pd",
        "",
        "import mlmed_teach as mt",
        "",
        "# Your table, one row for each observation; change the name of the file.",
        f'table = pd.read_csv("table.csv"{reading(categories, parts.recode and parts.ids)})',
    ]
    if categories:
        lines.append("# The first category is the reference, with which the others are compared.")
    for name, levels in categories.items():
        lines.append(f"table[{name!r}] = pd.Categorical(table[{name!r}], categories={levels!r})")
    lines += ["", "med = mt.mediate(", "    table,"]
    lines += [f"    {name}={value}," for name, value in arguments.items() if value]
    lines += [
        ")",
        "print(med.summary())",
        "",
        "# The effects alone, with more digits.",
        _shown("med.to_frame()"),
    ]
    if moderators:
        lines += [
            "",
            "# At values of the moderators: their quartiles, their categories, or all if they are few.",
            _shown("med.conditional()"),
            "",
            "# The products, and how the indirect effect changes.",
            _shown("med.moderation"),
        ]
    if parts.latent:
        lines += ["", "# Between clusters, with latent means.", _shown("med.latent.to_frame()")]
    lines.append("")
    return "\n".join(lines)


def _shown(table: str) -> str:
    return f'print({table}.to_string(float_format="{{:.8g}}".format))'
