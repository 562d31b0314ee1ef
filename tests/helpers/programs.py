"""Models whose scripts are looked at, and what scripts of other programs say, read as Python."""

import functools
import re
import textwrap

import numpy as np
import pandas as pd

import mlmed_teach as mt
from helpers.fits import mediate_quietly


def table_of(seed=2):
    """40 clusters of 6 whose fits lie inside the boundary, with covariates at either level."""
    table = mt.simulate(clusters=40, size=6, seed=seed)
    rng = np.random.default_rng(1)
    table["hours a week"] = rng.normal(size=len(table))
    table["grade"] = rng.choice(["lo", "mid", "hi"], len(table))
    table["remote"] = rng.random(len(table)) < 0.4
    table["size"] = table["id"].map(dict(enumerate(rng.normal(size=41))))
    return table


def with_holes():
    table = table_of()
    table.loc[5, "m"] = table.loc[[17, 60], "y"] = table.loc[[23, 90], "hours a week"] = np.nan
    table.loc[31, "grade"] = None
    return table


def of_clusters():
    """x is a treatment of whole clusters."""
    table = table_of().drop(columns="x")
    table["x"] = (table["id"] % 2).astype(bool)
    return table


def with_hard_names():
    """Names with blanks, long ones, one that is a word of the scripts, and ids that are text in two columns."""
    table = table_of().rename(columns={"x": "job demands (all of the team)", "m": "sm", "y": "Erschöpfung am Abend"})
    table["school"] = "S" + (table["id"] // 10).astype(str)
    table["class"] = table["id"] % 10
    return table.drop(columns="id")


def with_kinds():
    """Clusters of three kinds, of sizes that differ: the mean of a number over clusters is not that over rows."""
    table = table_of()
    table["kind"] = (table["id"] % 3).map({0: "day's", 1: 'so-called "late"', 2: "night & 5%"})
    return table.drop(index=table.index[(table["id"] < 10) & (np.arange(len(table)) % 6 > 2)]).reset_index(drop=True)


def on_the_edge():
    return table_of(4)


HARD = {"x": "job demands (all of the team)", "m": "sm", "y": "Erschöpfung am Abend", "group": ["school", "class"]}
BOTH = {"m": ["hours a week"], "y": ["hours a week", "grade", "size"]}
PLAIN = {
    "all slopes": (table_of, {}),
    "a and b": (table_of, {"random": ("a", "b"), "se": "gls"}),
    "b": (table_of, {"random": ("b",)}),
    "covariates and holes": (with_holes, {"random": ("a", "b"), "covariates": BOTH, "missing": "drop"}),
    "decomposed": (table_of, {"decompose": True, "covariates": ["grade", "remote"]}),
    "2-1-1": (of_clusters, {"random": "auto", "decompose": True}),
    "decomposed, no slope": (with_hard_names, {**HARD, "random": (), "decompose": True}),
    "one intercept": (with_hard_names, {**HARD, "random": ("a", "b"), "intercepts": ("y",)}),
}
MODERATED = {
    "w on a": (table_of, {"moderators": {"a": "size"}}),
    "w on a and b": (with_kinds, {"random": ("b",), "moderators": {"a": "size", "b": "size"}, "se": "gls"}),
    "kinds on b": (with_kinds, {"random": ("a", "b"), "moderators": {"b": "kind"}}),
    "v and grades": (
        with_holes,
        {"random": (), "moderators": {"a": "hours a week", "cprime": "grade"}, "missing": "drop"},
    ),
    "w, decomposed": (table_of, {"random": ("a", "b"), "moderators": {"a": "size", "b": "size"}, "decompose": True}),
}
MODELS = PLAIN | MODERATED | {"on the boundary": (on_the_edge, {})}


@functools.cache
def fitted(model):
    """Table and result; fitted once, and not to be changed."""
    make, options = MODELS[model]
    table = make()
    return table, mediate_quietly(table, **options)


def printed_rows(text, columns):
    """Label -> numbers of the rows that end in so many numbers."""
    number = r"-?\d+(?:\.\d*)?(?:e[-+]?\d+)?"
    rows = re.findall(rf"^(\S.*?\S)((?:\s+{number}){{{columns}}})\s*$", text, re.MULTILINE)
    return {label: np.array(values.split(), dtype=float) for label, values in rows}


def all_effects(med):
    """Every row that a script shows of a result: label -> estimate, se, ..., as in `to_frame`."""
    frame = med.to_frame()
    if not med.spec.moderators:
        return frame
    conditional = med.conditional()
    names = conditional.index.names[:-1]
    labels = []
    for *values, effect in conditional.index:
        shown = [v if isinstance(v, str) else f"{v:.4g}" if abs(v) < 1000 else f"{v:.6g}" for v in values]
        place = [f"{name} = {value}" for name, value in zip(names, shown, strict=True)]
        labels.append(f"{', '.join(place)}: {effect}")
    return pd.concat([frame, pd.DataFrame(conditional).set_axis(labels), pd.DataFrame(med.moderation)])


def preparation(script, program):
    """The lines of Python in a script's comment."""
    if program == "Mplus":
        lines = [line[2:] for line in script.splitlines() if line.startswith("! ")]
        start = lines.index("import pandas as pd")
        end = next(k for k, line in enumerate(lines) if "to_csv" in line)
        return "\n".join(lines[start : end + 1])
    found = re.search(r"^ *import pandas.*?to_csv\(.*?$", script, re.MULTILINE | re.DOTALL)[0]
    return textwrap.dedent(found)


def without_comments(script, program):
    kinds = {
        "Stata": r"/\*.*?\*/|(?<!/)//(?!/).*?$",
        "SAS": r"/\*.*?\*/",
        "SPSS": r"^\*.*?\.$",
        "Mplus": r"!.*?$",
    }
    return re.sub(kinds[program], "", script, flags=re.MULTILINE | re.DOTALL)


def script_name(term):
    """Of a term: "sm:hours a week" is sm_hours_a_week."""
    return re.sub(r"\W+", "_", term).rstrip("_")


def estimates(med):
    """Fixed effects with their gls covariance matrix, and random effects, under the names of scripts."""
    fit = med.with_se("gls").fit
    names = [script_name(name) for name in fit.params.index]
    V = pd.DataFrame(fit.cov_params().to_numpy(), index=names, columns=names)
    return pd.Series(fit.params.to_numpy(), index=names), V, fit.cov_re, med.with_se("gls").se_cov_ab
