"""The note of a boundary fit advises what was looked up for this fit, and following it works."""

import re

import numpy as np
import pytest
from helpers.fits import mediate_quietly

import mlmed_teach as mt
from mlmed_teach.mediation import boundary_advice

NO_C = mt.Population(var_cprime=0.0, cov_ab=0.05)


def note_of(med):
    (note,) = [note for note in med.notes if note.startswith("Boundary: ")]
    return note


@pytest.fixture(scope="module")
def few():
    """Six clusters: too few to draw clusters from."""
    for seed in range(50):
        med = mediate_quietly(mt.simulate(NO_C, clusters=6, size=10, seed=seed), random=("a", "b"))
        if med.fit.singular:
            return seed, med
    raise AssertionError("none of 50 tables lies on the boundary")


def test_the_intervals_that_are_named_exist(few):
    _, med = few
    note = note_of(med)
    assert 'bootstrap(kind="parametric")' in note and "whole clusters" not in note
    with pytest.raises(mt.MlmedError, match="too few"):
        med.bootstrap(reps=20, seed=1)
    assert np.isfinite(med.bootstrap(reps=20, kind="parametric", seed=1).indirect.ci).all()
    assert "profile likelihood" in note and med.profile().indirect.ci
    many = mediate_quietly(mt.simulate(NO_C, clusters=200, size=12, seed=13))
    assert "A bootstrap of whole clusters or" in note_of(many)


def test_a_profile_that_fails_is_not_named(few, monkeypatch):
    def fails(med):
        raise mt.MlmedError("no constrained fit was found")

    monkeypatch.setattr(boundary_advice, "profile_intervals", fails)
    seed, _ = few
    again = mediate_quietly(mt.simulate(NO_C, clusters=6, size=10, seed=seed), random=("a", "b"))
    assert "profile" not in note_of(again) and "parametric" in note_of(again)


@pytest.mark.parametrize("seed", range(8))
def test_the_smaller_model_that_is_named_lies_inside(seed):
    table = mt.simulate(NO_C, clusters=15, size=6, seed=seed)
    med = mediate_quietly(table)
    if not med.fit.singular:
        return
    named = re.search(r"With (random|intercepts)=(\(.*?\)) the optimum lies inside", note_of(med))
    larger = [(), ("a",), ("b",), ("cprime",), ("a", "b"), ("a", "cprime"), ("b", "cprime")]
    if named is not None:
        wanted = {named[1]: tuple(re.findall(r"\w+", named[2]))}
        assert not mediate_quietly(table, **wanted).fit.singular
        larger = [random for random in larger if named[1] == "intercepts" or len(random) > len(wanted["random"])]
    assert all(mediate_quietly(table, random=random).fit.singular for random in larger)


def test_no_smaller_model_is_named_where_none_lies_inside(monkeypatch):
    table = mt.simulate(NO_C, clusters=200, size=12, seed=13)
    monkeypatch.setattr(boundary_advice, "first_inside", lambda *_: None)
    assert "random=" not in note_of(mediate_quietly(table))


def test_a_page_on_the_boundary_names_no_interval_that_it_has_not():
    """A MixedResult has neither bootstrap nor profile."""
    med = mediate_quietly(mt.simulate(NO_C, clusters=200, size=12, seed=13))
    (note,) = [note for note in med.fit.notes if note.startswith("Boundary: ")]
    assert "bootstrap" not in note and "profile" not in note
    assert "Without the random effect of" in note


def test_looking_is_left_to_the_note():
    """`mediate` itself looks nothing up."""
    med = mediate_quietly(mt.simulate(NO_C, clusters=200, size=12, seed=13))
    assert "_boundary" not in vars(med)
    assert med.notes and "_boundary" in vars(med)
