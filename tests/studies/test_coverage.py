"""Studies of the intervals: the numbers are those of single fits, and an interrupted study goes on."""

import json

import numpy as np
import pandas as pd
import pytest

import mlmed_teach as mt
from mlmed_teach import engine
from mlmed_teach.models import SES
from mlmed_teach.stacked_model import PATHS
from mlmed_teach.studies import simulated_fits, study_runs
from mlmed_teach.studies.population import SHAPES, simulate
from mlmed_teach.studies.store import Cell, Job
from mlmed_teach.uncertainty.limits import bca_limits
from mlmed_teach.uncertainty.refits import problem

SMALL = {"clusters": 30, "sizes": 6, "shapes": "normal", "reps": 50, "seed": 3, "progress": False}
SMALL |= {"se": SES}


@pytest.fixture(scope="module")
def study():
    return mt.coverage(**SMALL)


def chunk_generator(cell, seed, chunk):
    """The random numbers of a chunk of a study."""
    key = (cell[0], cell[1], SHAPES.index(cell[2]), chunk)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def tables(cell, seed, chunk, size):
    """The tables of a chunk, drawn as the study draws them."""
    rng = chunk_generator(cell, seed, chunk)
    return [simulate(mt.Population(shape=cell[2]), cell[0], cell[1], rng) for _ in range(size)]


def test_rows_are_what_single_fits_say(study):
    drawn = [table for chunk in (0, 1) for table in tables((30, 6, "normal"), 3, chunk, 25)]
    effects = [mt.effects(mt.fit_stacked(mt.stack(table))) for table in drawn]
    row = study[(study["effect"] == "indirect") & (study["interval"] == "wald") & (study["se"] == "gls")].iloc[0]
    estimates = np.array([eff.indirect.estimate for eff in effects])
    # the batch stops at 1e-4 standard errors
    np.testing.assert_allclose(row["bias"], estimates.mean() - 0.473, atol=1e-4)
    np.testing.assert_allclose(row["sd"], estimates.std(ddof=1), rtol=1e-3)
    assert row["with_interval"] == row["tables"] == 50
    boundary = np.mean([eff.fit.singular for eff in effects])
    assert 0 < boundary < 1
    np.testing.assert_allclose(row["boundary"], boundary)
    held = np.mean([eff.indirect.ci[0] <= 0.473 <= eff.indirect.ci[1] for eff in effects])
    np.testing.assert_allclose(row["coverage"], held, atol=1e-9)
    np.testing.assert_allclose(row["mc_error"], np.sqrt(held * (1 - held) / 50))
    below, above = (
        np.mean([eff.indirect.ci[1] < 0.473 for eff in effects]),
        np.mean([eff.indirect.ci[0] > 0.473 for eff in effects]),
    )
    assert below != above  # so that an exchange of the two would show
    np.testing.assert_allclose(row[["missed_below", "missed_above"]].tolist(), [below, above])
    for se, rows in study[study["interval"] == "wald"].groupby("se"):
        for effect, mean in rows.set_index("effect")["mean_se"].items():
            ours = np.mean([getattr(mt.effects(eff.fit, se=se), effect).se for eff in effects])
            np.testing.assert_allclose(mean, ours, rtol=1e-3, err_msg=f"{se} {effect}")


def test_monte_carlo_limits_are_quantiles_of_drawn_estimates():
    """By hand for two tables: the draws of the chunk, the estimates and standard errors of single fits."""
    asked = {"random": list(PATHS), "seed": 5, "intervals": ["monte_carlo"], "bootstrap_reps": None, "se": ["gls"]}
    found = simulated_fits.draw_and_fit(mt.Population(), asked, Job(Cell(100, 16, "normal"), 1, 2))
    rng = chunk_generator((100, 16, "normal"), 5, 1)
    drawn = [simulate(mt.Population(), 100, 16, rng) for _ in range(2)]
    normal = rng.normal(size=(simulated_fits.MC_DRAWS, 4))
    for k, table in enumerate(drawn):
        eff = mt.effects(mt.fit_stacked(mt.stack(table)))
        V = eff.fit.cov_params().loc[["smx", "sym", "syx"], ["smx", "sym", "syx"]]
        a, b, c = (np.array([eff.a, eff.b, eff.cprime]) + normal[:, :3] @ np.linalg.cholesky(V).T).T
        indirect = a * b + eff.cov_ab + eff.se_cov_ab * normal[:, 3]
        for effect, values in {"indirect": indirect, "direct": c, "total": indirect + c}.items():
            limits = [found[f"{effect} monte_carlo gls {end}"][k] for end in ("low", "high")]
            np.testing.assert_allclose(limits, np.quantile(values, [0.025, 0.975]), atol=1e-4)


def test_bootstrap_limits_are_quantiles_of_refitted_tables():
    """By hand: the clusters that the chunk draws for its tables, refits that start from single fits."""
    asked = {"random": list(PATHS), "seed": 5, "intervals": ["bootstrap"], "bootstrap_reps": 40, "se": ["gls"]}
    found = simulated_fits.draw_and_fit(mt.Population(), asked, Job(Cell(60, 16, "normal"), 0, 2))
    rng = chunk_generator((60, 16, "normal"), 5, 0)
    drawn = [simulate(mt.Population(), 60, 16, rng) for _ in range(2)]
    for k, table in enumerate(drawn):
        task = problem(mt.fit_stacked(mt.stack(table)))
        refits = engine.refit_clusters(task, rng.multinomial(60, np.full(60, 1 / 60), 40).astype(float))
        beta, G = task.units.beta(refits.beta), task.units.G(refits.G)
        assert refits.converged.all()
        indirect = beta[:, 1] * beta[:, 3] + G[:, 1, 3]  # TERMS: sm, smx, sy, sym, syx
        for effect, values in {"indirect": indirect, "direct": beta[:, 4], "total": indirect + beta[:, 4]}.items():
            limits = [found[f"{effect} bootstrap {end}"][k] for end in ("low", "high")]
            np.testing.assert_allclose(limits, np.quantile(values, [0.025, 0.975]), atol=1e-4)


def test_bca_limits_are_those_of_the_same_replicates():
    """The same replicates as the percentile interval's, corrected by refits that lack one cluster each."""
    asked = {"random": list(PATHS), "seed": 5, "intervals": ["bootstrap", "bca"], "bootstrap_reps": 40, "se": ["gls"]}
    found = simulated_fits.draw_and_fit(mt.Population(), asked, Job(Cell(60, 16, "normal"), 0, 1))
    rng = chunk_generator((60, 16, "normal"), 5, 0)
    fit = mt.fit_stacked(mt.stack(simulate(mt.Population(), 60, 16, rng)))
    task, eff = problem(fit), mt.effects(fit)
    refits = engine.refit_clusters(task, rng.multinomial(60, np.full(60, 1 / 60), 40).astype(float))
    without = engine.refit_clusters(task, 1.0 - np.eye(60))
    draws, left_out = (
        task.units.beta(f.beta)[:, 1] * task.units.beta(f.beta)[:, 3] + task.units.G(f.G)[:, 1, 3]
        for f in (refits, without)
    )
    wanted = bca_limits(draws[:, None], [eff.indirect.estimate], left_out[:, None], 0.95)[:, 0]
    limits = [found[f"indirect bca {end}"][0] for end in ("low", "high")]
    np.testing.assert_allclose(limits, wanted, atol=1e-3)
    assert limits != [found[f"indirect bootstrap {end}"][0] for end in ("low", "high")]


def test_a_model_without_slopes_is_fitted_where_it_is_asked_for():
    """Treatment in every other row, no slope varies: the study's estimates are those of single fits without slopes."""
    population = mt.Population(a=0.3, var_a=0, var_b=0, var_cprime=0, cov_ab=0, var_d_m=2, treatment=True)
    table = simulate(population, 60, 4, chunk_generator((60, 4, "normal"), 8, 0))
    assert table.groupby("id")["x"].apply(list).map(tuple).unique().tolist() == [(0, 1, 0, 1)]
    asked = {"random": [], "seed": 8, "intervals": ["wald"], "bootstrap_reps": None, "se": list(SES)}
    found = simulated_fits.draw_and_fit(population, asked, Job(Cell(60, 4, "normal"), 0, 1))
    for se in SES:
        med = mt.mediate(table, random=(), se=se)
        np.testing.assert_allclose(found["indirect"][0], med.indirect.estimate, atol=1e-4)
        np.testing.assert_allclose(found[f"indirect {se} se"][0], med.indirect.se, rtol=1e-3)
        limits = [found[f"indirect wald {se} {end}"][0] for end in ("low", "high")]
        np.testing.assert_allclose(limits, med.indirect.ci, atol=2e-4)


def test_each_table_says_on_which_side_its_intervals_miss():
    """Limits that were computed are kept with it; of a profile, only the side is known."""
    asked = {"random": list(PATHS), "seed": 3, "intervals": ["wald", "profile"], "bootstrap_reps": None, "se": ["gls"]}
    found = simulated_fits.draw_and_fit(mt.Population(), asked, Job(Cell(50, 8, "skewed"), 0, 25))
    sides = []
    for low, high in zip(found["indirect wald gls low"], found["indirect wald gls high"], strict=True):
        exists = low is not None
        sides.append(None if not exists else "below" if high < 0.473 else "above" if low > 0.473 else "neither")
    assert found["indirect wald gls missed"] == sides and {"below", "neither"} <= set(sides)
    assert set(found["indirect profile missed"]) <= {"below", "above", "neither"}
    assert not any(name.startswith("indirect profile") for name in found.keys() - {"indirect profile missed"})


def test_every_cell_effect_and_interval_has_a_row():
    study = mt.coverage(clusters=(40, 60), sizes=(8, 9), shapes=("normal", "heavy"), reps=25, seed=1, progress=False)
    assert len(study) == 2 * 2 * 2 * 3 * 2 and study.index.is_unique
    np.testing.assert_allclose(study["missed_below"] + study["missed_above"] + study["coverage"], 1)
    assert set(study["truth"].round(3)) == {0.473, 0.2, 0.673}


@pytest.mark.filterwarnings("ignore::mlmed_teach.BoundaryWarning")
def test_profile_and_bootstrap_cover_as_their_intervals_do():
    options = {"clusters": 40, "sizes": 8, "shapes": "normal", "seed": 2, "progress": False}
    study = mt.coverage(**options, reps=6, intervals=("profile", "bootstrap"), bootstrap_reps=40)
    drawn = tables((40, 8, "normal"), 2, 0, 6)
    held = []
    for table in drawn:
        low, high = mt.mediate(table).profile().indirect.ci
        held.append(low <= 0.473 <= high)
    row = study[study["interval"] == "profile"].iloc[0]
    assert row["effect"] == "indirect" and row["coverage"] == pytest.approx(np.mean(held))
    assert (study[study["interval"] == "bootstrap"]["with_interval"] == 6).all()


def test_an_interrupted_study_goes_on_where_it_stopped(tmp_path, study, monkeypatch):
    path, done = tmp_path / "study.jsonl", []
    real = study_runs.draw_and_fit

    def interrupted(population, asked, job):
        if done:
            raise KeyboardInterrupt
        done.append(job)
        return real(population, asked, job)

    monkeypatch.setattr(study_runs, "in_waves", lambda work, jobs, n_jobs: _one_by_one(work, jobs))
    monkeypatch.setattr(study_runs, "draw_and_fit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        mt.coverage(**SMALL, file=path)
    lines = path.read_text().splitlines()
    assert len(lines) == 2 and json.loads(lines[0])["study"]["seed"] == 3
    path.write_text("\n".join(lines) + '\n{"cell": [30, 6, "nor')  # the power went off in the middle of a line
    monkeypatch.undo()
    counted = []
    monkeypatch.setattr(study_runs, "draw_and_fit", lambda *job: counted.append(job) or real(*job))
    resumed = mt.coverage(**SMALL, file=path)
    assert len(counted) == 1  # only what was missing
    pd.testing.assert_frame_equal(resumed, study)
    pd.testing.assert_frame_equal(mt.coverage(**SMALL, file=path), study)  # and once more, from the file alone
    assert len(counted) == 1


def _one_by_one(work, jobs):
    for job in jobs:
        yield [(job, work(*job))]


def test_the_same_seed_gives_the_same_results_in_any_order_and_with_any_workers(study):
    two = mt.coverage(**SMALL | {"clusters": (12, 30)}, n_jobs=2)
    part = two[two["clusters"] == 30].reset_index(drop=True)
    pd.testing.assert_frame_equal(part, study)


def test_a_file_of_another_study_is_refused(tmp_path, study):
    path = tmp_path / "study.jsonl"
    mt.coverage(**SMALL | {"reps": 25}, file=path)
    with pytest.raises(mt.MlmedError, match="another study: its seed is not"):
        mt.coverage(**SMALL | {"seed": 4}, file=path)
    with pytest.raises(mt.MlmedError, match="its intervals, population are not"):
        mt.coverage(**SMALL, intervals="wald", population=mt.Population(a=0.5), file=path)
    pd.testing.assert_frame_equal(mt.coverage(**SMALL, file=path), study)  # more tables go into the same file
    older = tmp_path / "older.jsonl"
    first, *lines = path.read_text().splitlines()
    header = json.loads(first)
    del header["study"]["format"]
    older.write_text("\n".join([json.dumps(header), *lines]) + "\n")
    with pytest.raises(mt.MlmedError, match="another study: its format is not"):
        mt.coverage(**SMALL, file=older)
    other = tmp_path / "notes.txt"
    other.write_text("hello\n")
    with pytest.raises(mt.MlmedError, match="not one of mt.coverage"):
        mt.coverage(**SMALL, file=other)
    with pytest.raises(mt.MlmedError, match="cannot be written"):
        mt.coverage(**SMALL, file=tmp_path / "nowhere" / "study.jsonl")


def test_the_least_study_is_done():
    study = mt.coverage(clusters=6, sizes=4, shapes="normal", reps=2, seed=0, progress=False)
    assert (study["tables"] <= 2).all() and len(study) == 6


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"clusters": 3}, "clusters must be a whole number of at least 6"),
        ({"sizes": 2}, "sizes must be a whole number of at least 4"),
        ({"shapes": "round"}, "'normal', 'skewed', 'heavy'"),
        ({"reps": 1}, "reps must be"),
        ({"intervals": "t"}, "'wald', 'monte_carlo', 'profile', 'bootstrap'"),
        ({"se": "sandwich"}, "se must be one of 'gls', 'joint', 'robust'"),
        ({"intervals": ()}, "intervals must be one or more of"),
        ({"population": 3}, "mt.Population"),
        ({"population": mt.Population(b_between=1.0)}, "b_between"),
        ({"seed": "x"}, "seed must be"),
        ({"intervals": "bootstrap", "bootstrap_reps": 5}, "bootstrap_reps must be"),
    ],
)
def test_impossible_studies_are_refused(wrong, words):
    with pytest.raises(mt.MlmedError, match=words):
        mt.coverage(**SMALL | wrong)
