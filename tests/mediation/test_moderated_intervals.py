"""Intervals by draws and profiles for what moderators make of the effects."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.fits import mediate_quietly

import mlmed_teach as mt
from mlmed_teach.uncertainty.refits import drawn_errors, new_tables, problem

FOLDER = Path(__file__).parents[1] / "reference" / "moderation"
INDEX = "index of moderated mediation"


@pytest.fixture(scope="module")
def table():
    return pd.read_csv(FOLDER / "equal.csv")


@pytest.fixture(scope="module")
def one_path(table):
    return mediate_quietly(table, moderators={"a": "w"})


@pytest.fixture(scope="module")
def both_paths(table):
    return mediate_quietly(table, moderators={"a": "w", "b": "w"})


def test_monte_carlo_effects_at_a_value_are_those_of_drawn_paths(both_paths):
    """(a0 + a1 d)(b0 + b1 d) + cov of each draw of the five, d being the distance from the mean of w."""
    mc = both_paths.monte_carlo(draws=4000, seed=3)
    theta = mc.estimates.draws[""]
    names = ["smx", "sym", "syx", "smx:w", "sym:w"]
    np.testing.assert_allclose(mc.estimates.at[""][:-1], both_paths.fit.params[names])
    d = 4 - both_paths.moderators[0].usual
    indirect = (theta[:, 0] + d * theta[:, 3]) * (theta[:, 1] + d * theta[:, 4]) + theta[:, 5]
    found = both_paths.conditional(4, intervals=mc).loc[(4, "indirect")]
    np.testing.assert_allclose(found[["ci low", "ci high"]], np.quantile(indirect, [0.025, 0.975]))
    assert found["se"] == pytest.approx(indirect.std(ddof=1))
    assert found["estimate"] == pytest.approx(both_paths.conditional(4).loc[(4, "indirect"), "estimate"])


def test_draws_have_the_covariances_of_all_estimates(both_paths):
    theta = both_paths.monte_carlo(draws=100_000, seed=1).estimates.draws[""]
    names = ["smx", "sym", "syx", "smx:w", "sym:w", "cov(smx,sym)"]
    V = both_paths.fit.cov_theta().loc[names, names].to_numpy()
    size = np.sqrt(np.outer(np.diag(V), np.diag(V)))
    np.testing.assert_allclose(np.cov(theta.T) / size, V / size, atol=0.02)  # six Monte Carlo errors


def test_the_index_has_every_kind_of_interval(one_path):
    """It is a product: of draws that of the draws; all kinds agree about its width."""
    mc, boot = one_path.monte_carlo(draws=20_000, seed=1), one_path.bootstrap(200, seed=1)
    profile = one_path.profile()
    wald = one_path.moderation.loc[INDEX, ["ci low", "ci high"]].to_numpy()
    theta = mc.estimates.draws[""]
    assert mc.effects[INDEX].ci == pytest.approx(np.quantile(theta[:, 3] * theta[:, 1], [0.025, 0.975]))
    for made in (mc, boot, profile):
        low, high = made.effects[INDEX].ci
        assert low < made.effects[INDEX].estimate < high
        assert high - low == pytest.approx(wald[1] - wald[0], rel=0.25)
        assert "a by w" in made.to_frame().index
    assert boot.draws[INDEX].std() == pytest.approx(boot.effects[INDEX].se)


def test_a_profile_of_the_index_loses_the_likelihood_that_it_says(one_path, table):
    """With b at its estimate's profile value the product path is index / b: no other search reaches a higher one."""
    low, high = one_path.profile().effects[INDEX].ci
    scaled = mediate_quietly(table.assign(w=10 - 5 * table["w"]), moderators={"a": "w"}).profile().effects[INDEX].ci
    assert scaled == pytest.approx((-high / 5, -low / 5), rel=1e-3)  # another unit of w, turned round
    exact = mediate_quietly(table, moderators={"a": "w"}, random=()).profile()
    curve = exact.effects["a by w"].curve
    root = np.sign(curve["value"] - exact.effects["a by w"].estimate) * np.sqrt(curve["W"])
    slope = np.polyfit(curve["value"], root, 1)[0]
    se = mediate_quietly(table, moderators={"a": "w"}, random=()).moderation.loc["a by w", "se"]
    assert 1 / slope == pytest.approx(se, rel=0.02)  # a coefficient of a linear model: nearly a parabola


def test_differences_of_curved_effects_have_draws_but_no_profile(both_paths):
    (name,) = [row for row in both_paths.moderation.index if row.startswith("indirect, w = ")]
    low, high = map(float, re.findall(r"[\d.]+", name)[::-1])
    mc = both_paths.monte_carlo(draws=5000, seed=1)
    shown = both_paths.contrast(low, high, intervals=mc).loc["indirect"]
    assert mc.effects[name].ci == pytest.approx(tuple(shown[["ci low", "ci high"]]), rel=2e-3)  # the name rounds w
    assert name not in both_paths.profile().effects
    table = both_paths.intervals(reps=20, draws=200, seed=1)
    assert set(table.loc[name].index) == {"Wald", "Monte Carlo", "bootstrap"}
    assert "at the mean" not in table.plot(name).get_xlabel()


def test_a_decomposed_model_has_them_at_both_levels(table):
    med = mediate_quietly(table, moderators={"b": "w"}, decompose=True)
    mc = med.monte_carlo(draws=3000, seed=1)
    found = med.conditional([3, 6], intervals=mc)
    assert list(found.loc[3].index) == list(med.conditional(3).loc[3].index)
    theta = mc.estimates.draws["between"]
    assert (theta[:, -1] == 0).all()  # no slopes vary between clusters
    d = 3 - med.moderators[0].usual
    limits = np.quantile(theta[:, 0] * (theta[:, 1] + d * theta[:, 3]), [0.025, 0.975])
    np.testing.assert_allclose(found.loc[(3, "between: indirect"), ["ci low", "ci high"]], limits)


@pytest.mark.parametrize("interval", ["percentile", "basic", "bca"])
def test_bootstrap_effects_at_the_usual_value_are_those_of_its_own_table(one_path, interval):
    boot = one_path.bootstrap(40, interval=interval, seed=2)
    usual = one_path.moderators[0].usual
    found = one_path.conditional(usual, intervals=boot).loc[usual, ["ci low", "ci high"]]
    np.testing.assert_allclose(found, boot.to_frame().loc[found.index, ["ci low", "ci high"]], rtol=1e-6)


@pytest.mark.parametrize("decompose", [False, True])
def test_new_tables_have_the_products_of_the_new_m(table, decompose):
    """Drawn from the fitted model, m is new, and so is its product with a moderator."""
    labels = np.where(table["w"] > 6, "high", np.where(table["w"] > 3, "middle", "low"))
    for moderator, columns in (("w", ["w"]), ("kind", ["kind[low]", "kind[middle]"])):
        med = mediate_quietly(table.assign(kind=labels), moderators={"b": moderator}, decompose=decompose)
        task = problem(med.fit, med.moderators)
        z, X, _ = new_tables(task, *drawn_errors(task, 2, np.random.default_rng(1)))
        fe, n = list(med.fit.design.fe_names), med.spec.outcome_rows
        assert not np.allclose(X[:, :n, fe.index("sym")], med.fit.design.X[:n, fe.index("sym")])
        for column in columns:
            away = X[:, :n, fe.index(f"sy:{column}")] - med.moderators[0].center[column]
            for term in ("sym", "sym_mean")[: 1 + decompose]:
                product = X[:, :n, fe.index(f"{term}:{column}")]
                np.testing.assert_allclose(product, X[:, :n, fe.index(term)] * away, atol=1e-12)
        if not decompose:
            np.testing.assert_array_equal(X[:, :n, fe.index("sym")], z[:, n:])


def test_what_draws_cannot_answer_is_refused_in_words(one_path, both_paths):
    for wrong in (one_path.profile(), "monte_carlo", 3):
        with pytest.raises(mt.MlmedError, match=r"must be made of draws.*monte_carlo\(seed=1\)"):
            one_path.conditional(intervals=wrong)
    with pytest.raises(mt.MlmedError, match="belong to another result"):
        one_path.contrast(1, 2, intervals=both_paths.monte_carlo(draws=100, seed=1))
    again = one_path.with_se("gls").monte_carlo(draws=100, seed=1)
    assert len(one_path.conditional(4, intervals=again)) == 3  # the same estimates, with other standard errors


def test_the_band_and_the_text_are_those_of_the_draws(one_path):
    mc = one_path.monte_carlo(draws=2000, seed=1, level=0.9)
    found = one_path.conditional(intervals=mc)
    text = re.sub(r"\s+", " ", repr(found))
    assert "90% low" in text and "Monte Carlo, 2,000 draws" in text and "P>|z|" not in text
    ax = found.plot()
    assert "90% interval" in ax.get_ylabel()
    band = ax.collections[0].get_paths()[0].vertices
    lowest = band[np.isclose(band[:, 0], one_path.moderators[0].values.min()), 1].min()
    at = float(one_path.moderators[0].values.min())
    assert lowest == pytest.approx(one_path.conditional(at, intervals=mc).loc[(at, "indirect"), "ci low"])


def test_the_diagram_shows_what_moderates_which_path(table):
    med = mediate_quietly(table, moderators={"a": "w", "b": "w"})
    texts = [text.get_text() for text in med.plot().texts]
    assert texts.count("w") == 2 and any("$a$ and $b$ depend on w" in text for text in texts)
    figure = mediate_quietly(table, moderators={"cprime": "w"}, decompose=True).plot()
    assert [sum(text.get_text() == "w" for text in ax.texts) for ax in figure.axes] == [1, 1]
    with pytest.raises(mt.MlmedError, match="path -> the name of what it depends on"):
        mt.plots.path_diagram(moderators={"d": "w"})
