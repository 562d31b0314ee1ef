"""Every example in a docstring runs and gives what it says; every public name is documented."""

import doctest
import importlib
import inspect
import pkgutil

import pytest

import mlmed_teach as mt

MODULES = sorted(info.name for info in pkgutil.walk_packages(mt.__path__, "mlmed_teach."))


@pytest.mark.parametrize("name", MODULES)
def test_examples_run_as_written(name, monkeypatch):
    monkeypatch.delenv("MLMED_TEACH_DATA", raising=False)
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0


def test_the_main_functions_have_examples():
    for function in (mt.fit_mixed, mt.xtmixed, mt.stack, mt.fit_stacked, mt.diparm, mt.effects, mt.mediate):
        assert ">>>" in function.__doc__, function.__name__


def test_public_functions_say_what_they_take_give_and_raise():
    for name in mt.__all__:
        thing = getattr(mt, name)
        if inspect.isfunction(thing):
            takes = ["Parameters"] if inspect.signature(thing).parameters else []
            for section in (*takes, "Returns", "Raises"):
                assert f"\n    {section}\n" in thing.__doc__, (name, section)
