"""The package's reference: which name stands on which page. Its text is in the docstrings."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from importlib import import_module
from operator import attrgetter

import pandas as pd

import mlmed_teach as mt
from mlmed_teach import labs, plots

PACKAGE = mt.__name__


@dataclass(frozen=True, slots=True)
class Group:
    """A page of the reference.

    Attributes
    ----------
    page : str
        Its file, without the suffix.
    title : str
        What a reader looks for.
    says : str
        One sentence below the title, as reStructuredText.
    names : tuple of str
        What is called as ``mt.NAME``.
    results : tuple of str
        Classes of the objects that these return: room and name, such as "models.result.MixedResult".
    """

    page: str
    title: str
    says: str
    names: tuple[str, ...]
    results: tuple[str, ...] = ()


# What mt.plots offers to those who draw pictures of their own in the package.
NOT_FOR_READERS = {"WIDTH", "finish", "light", "names", "styled", "title_lines"}

GROUPS = (
    Group(
        "mediate",
        "Your own table: mt.mediate",
        "One call, and all that its result offers.",
        ("mediate", "Mediation"),
    ),
    Group(
        "effects",
        "Effects and their intervals",
        "What ``med.indirect`` or ``med.latent`` is, and what ``med.intervals()`` and its kind return.",
        (),
        (
            "stacked_model.effect.Effect",
            "stacked_model.effect.LevelEffects",
            "stacked_model.latent_means.LatentEffects",
            "uncertainty.comparison.IntervalTable",
            "uncertainty.interval_results.Intervals",
            "uncertainty.interval_results.IntervalEstimate",
            "uncertainty.interval_results.DrawnIntervals",
            "uncertainty.interval_results.DrawnInterval",
            "uncertainty.interval_results.BootstrapIntervals",
            "uncertainty.interval_results.ProfileIntervals",
            "uncertainty.interval_results.ProfileInterval",
        ),
    ),
    Group(
        "answers",
        "For whom, what if, and the report",
        "What ``med.conditional()``, ``med.moderation``, ``med.sensitivity()``, ``med.cluster_effects()`` and "
        "``med.report()`` return.",
        (),
        (
            "mediation.effects_at_values.ConditionalEffects",
            "mediation.moderation.ModerationTable",
            "mediation.sensitivity_result.Sensitivity",
            "mediation.clusters.ClusterEffects",
            "mediation.report_layout.Report",
        ),
    ),
    Group(
        "stacked",
        "The stacked model, step by step",
        "The way of lessons 3 to 6: stack the table, fit both equations as one model, read off the effects.",
        ("stack", "fit_stacked", "effects"),
        ("stacked_model.average_effects.MediationEffects",),
    ),
    Group(
        "models",
        "Any mixed model, and Stata's view of it",
        "One grouping factor, any formula; and functions of its parameters by the delta method.",
        ("fit_mixed", "xtmixed", "delta_method", "diparm"),
        ("models.result.MixedResult", "models.delta.DeltaEstimate"),
    ),
    Group(
        "data",
        "The data, and the figures of the page",
        "The table of the lessons, Stata's commands that show it, and every figure that UCLA's page prints.",
        (
            *("load_ml_sim", "list_rows", "summarize", "correlate", "tabulate"),
            *("published.table", "published.check", "published.compare"),
        ),
        ("show.views.View",),
    ),
    Group(
        "studies",
        "Simulation, coverage and power",
        "Tables with a known truth, what intervals promise, and how many clusters a study needs.",
        ("Population", "simulate", "coverage", "power", "expected_power"),
        ("studies.power_study.PowerTable",),
    ),
    Group(
        "plots",
        "Pictures: mt.plots",
        "All in one style. Each returns its Axes or Figure and leaves ``plt.show()`` to you.",
        tuple(f"plots.{name}" for name in plots.__all__ if name not in NOT_FOR_READERS),
    ),
    Group(
        "labs",
        "Labs: mt.labs",
        "Pictures that answer when a control moves, each with tasks that it ticks off.",
        tuple(f"labs.{name}" for name in labs.__all__),
        ("labs.kit.Lab",),
    ),
    Group(
        "exercises",
        "Predictions and exercises",
        "What the lessons ask, and what answers.",
        ("predict", "exercise", "check", "solution", "progress", "exercises.table"),
    ),
    Group(
        "troubles",
        "When something is wrong",
        "The one exception, the one warning, and a look at the installation.",
        ("MlmedError", "BoundaryWarning", "check_installation"),
    ),
)


def page_of(group: Group) -> str:
    """A group's page for Sphinx: a heading, and a directive for each name."""
    lines = [group.title, "=" * len(group.title), "", group.says, ""]
    for name in (*group.names, *group.results):
        lines += [*_directive(name), ""]
    return "\n".join(lines)


def _directive(name: str) -> list[str]:
    wing, _, rest = name.partition(".")
    module = import_module(f"{PACKAGE}.{name.rpartition('.')[0]}") if rest.count(".") else mt
    thing = attrgetter(name.rpartition(".")[2] if rest.count(".") else name)(module)
    path = f"{PACKAGE}.{name}"
    if not inspect.isclass(thing):
        return [f".. {'autofunction' if callable(thing) else 'autodata'}:: {path}"]
    if issubclass(thing, Exception):
        return [f".. autoexception:: {path}"]
    # Of a table or a widget, only what it adds: pandas and ipywidgets document the rest.
    own = issubclass(thing, (pd.DataFrame, str)) or wing == "labs"
    return [f".. autoclass:: {path}", "   :members:", *([] if own else ["   :inherited-members:"])]


def index() -> str:
    """The reference's first page: what to look for where."""
    title = "Reference"
    lines = [
        title,
        "=" * len(title),
        "",
        "Everything here comes from the package's own docstrings: ``help(mt.mediate)`` shows the same.",
    ]
    for group in GROUPS:
        said = ", ".join(f"``mt.{name}``" for name in group.names)
        lines += ["", f":doc:`{group.title} <{group.page}>`", f"    {group.says}{' ' + said + '.' if said else ''}"]
    return "\n".join([*lines, "", ".. toctree::", "   :hidden:", "", *(f"   {group.page}" for group in GROUPS), ""])
