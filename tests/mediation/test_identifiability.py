"""Which random effects a table can show is computed; what a message advises has been computed, too.

The log likelihoods of tables with two and three rows a cluster are glmmTMB's, in reference/mediate.
"""

import re

import numpy as np
import pandas as pd
import pytest
from helpers.fits import mediate_quietly

import mlmed_teach as mt


def two_occasions(clusters=40, seed=1):
    """x is 0 and then 1 in every cluster: all have the same design."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"id": np.repeat(np.arange(clusters), 2), "x": np.tile([0.0, 1.0], clusters)})
    table["m"] = table["x"] + rng.normal(size=clusters).repeat(2) + rng.normal(size=2 * clusters)
    table["y"] = table["m"] + rng.normal(size=clusters).repeat(2) + rng.normal(size=2 * clusters)
    return table


def test_where_all_clusters_have_the_same_two_rows_the_slopes_of_x_are_named_and_the_advice_works():
    table = two_occasions()
    with pytest.raises(mt.MlmedError, match=r"how a_j and c'_j vary between clusters.*different variances") as refused:
        mt.mediate(table)
    (advice,) = re.findall(r"With random=(\(.*?\)) all variances can be told", str(refused.value))
    assert advice == "('b',)"  # m differs between clusters, so that they do show how b does
    assert np.isfinite(mediate_quietly(table, random=("b",)).fit.llf)


def test_only_the_slope_that_cannot_be_told_is_named():
    with pytest.raises(mt.MlmedError, match=r"how c'_j varies between clusters.*With random=\('b',\)"):
        mt.mediate(two_occasions(), random=("b", "cprime"))


def test_a_few_clusters_with_other_rows_are_enough():
    table = two_occasions()
    table.loc[table["id"] < 15, "x"] = np.random.default_rng(2).normal(size=30)
    assert np.isfinite(mediate_quietly(table).fit.llf)
