"""The embedded data set: made as data/README.md says, and looking like data."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tools.data import reconstruct, reconstruction_picture

ROOT = Path(__file__).resolve().parents[2]

# A property of one data set is held against the same property of 300 draws from the published population, which are
# data without artefacts by construction. All of them: one set in some hundreds may fall outside by chance.
DRAWS = 300


@pytest.fixture(scope="module")
def figures():
    return reconstruct.printed_figures()


@pytest.fixture(scope="module")
def cells():
    """The file's cells as written: 800 rows of id, x, m, y."""
    with reconstruct.CSV.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["id", "x", "m", "y"]
    return rows[1:]


@pytest.fixture(scope="module")
def frame():
    return pd.read_csv(reconstruct.CSV)


@pytest.fixture(scope="module")
def values(frame):
    """x, m, y as (3, 100, 8)."""
    return frame[["x", "m", "y"]].to_numpy().T.reshape(3, 100, 8)


@pytest.fixture(scope="module")
def draws(figures):
    return [reconstruct.simulate(seed, figures) for seed in range(10_000, 10_000 + DRAWS)]


@pytest.fixture(scope="module")
def parts(frame):
    return reconstruction_picture.parts(frame)


def within_draws(statistic, values, draws):
    """Whether a statistic of the file lies inside the range of that statistic over the simulated draws."""
    simulated = [statistic(v) for v in draws]
    return min(simulated) <= statistic(values) <= max(simulated)


def test_check_finds_every_printed_figure_to_the_digit(capsys):
    assert reconstruct.main(["--check"]) == 0
    assert "Every printed figure comes out." in capsys.readouterr().out


def test_check_fails_and_names_figures_when_one_value_has_changed(frame, tmp_path, capsys):
    changed = frame.copy()
    changed.loc[400, "y"] += 0.001
    changed.to_csv(tmp_path / "changed.csv", index=False)
    assert reconstruct.main(["--check", "--out", str(tmp_path / "changed.csv")]) == 1
    assert "summarize, y: mean" in capsys.readouterr().out


def test_check_runs_without_torch(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "tools.data.printed_model", raising=False)
    assert reconstruct.main(["--check"]) == 0


def test_rebuilding_without_torch_says_what_to_install(tmp_path):
    (tmp_path / "torch.py").write_text("raise ModuleNotFoundError('no torch', name='torch')")
    command = [sys.executable, "-m", "tools.data.reconstruct", "--out", str(tmp_path / "new.csv")]
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    run = {"capture_output": True, "text": True, "env": environment, "cwd": ROOT, "timeout": 120}
    rebuilding = subprocess.run(command, **run)
    assert rebuilding.returncode == 1
    assert "pip install -e '.[reconstruct]'" in rebuilding.stderr
    assert not (tmp_path / "new.csv").exists()


def test_check_of_a_file_that_is_not_there_says_so(tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        reconstruct.main(["--check", "--out", str(tmp_path / "none.csv")])
    assert stop.value.code == 2
    assert "there is no file" in capsys.readouterr().err


@pytest.fixture(scope="module")
def solved(figures):
    """(equations, intervals, targets); only where PyTorch is installed."""
    pytest.importorskip("torch", reason="only rebuilding needs PyTorch: pip install -e '.[reconstruct]'")
    model, intervals = reconstruct.load_model(), reconstruct.intervals_of(figures)
    return model, intervals, reconstruct.choose_targets(model, intervals)


def test_targets_lie_inside_all_rounding_intervals(solved):
    model, intervals, targets = solved
    assert np.abs(model.distances(intervals, list(targets.values()))[0]).max() < 1


def test_equations_hold_for_the_file(solved, values):
    model, intervals, targets = solved
    found, _ = model.evaluate(values, targets, newton=True, jacobian=False)
    assert np.abs(model.distances(intervals, found)[0]).max() < 1


def test_derivatives_of_the_equations_are_right(solved, values):
    model, _, targets = solved
    direction, step = np.random.default_rng(1).normal(size=values.shape), 1e-5
    for newton in (False, True):
        ahead, _ = model.evaluate(values + step * direction, targets, newton=newton, jacobian=False)
        back, _ = model.evaluate(values - step * direction, targets, newton=newton, jacobian=False)
        _, jacobian = model.evaluate(values, targets, newton=newton)
        slope = (ahead - back) / (2 * step)
        error = (jacobian @ direction.ravel() - slope) / np.linalg.norm(jacobian, axis=1)
        assert np.abs(error).max() < 1e-6  # differences of a step of 1e-5 are no better than about 1e-8


def test_first_16_rows_are_the_listing_of_the_page(cells, figures):
    for r, row in enumerate(cells[:16], start=1):
        printed = [figures["listing", f"row {r}: {name}"] for name in ("id", "x", "m", "y")]
        assert [float(cell) for cell in row] == [float(text) for text in printed]


def test_ids_are_100_clusters_of_8_in_order(frame):
    np.testing.assert_array_equal(frame["id"], np.repeat(np.arange(1, 101), 8))


def test_values_have_the_digits_of_a_single_precision_listing(cells):
    for row in cells:
        for cell in row[1:]:
            decimals = len(cell.partition(".")[2])
            assert decimals <= (8 if abs(float(cell)) < 1 else 7)
    # Trailing zeros are dropped, a tenth of the cells has one: the rest shows all its digits.
    full = sum(len(c.partition(".")[2]) == (8 if abs(float(c)) < 1 else 7) for row in cells[16:] for c in row[1:])
    assert 0.85 < full / (784 * 3) < 0.95


def test_last_digits_are_spread_evenly(cells):
    last = [round(abs(float(c)) * (1e8 if abs(float(c)) < 1 else 1e7)) % 10 for row in cells[16:] for c in row[1:]]
    assert stats.chisquare(np.bincount(last, minlength=10)).pvalue > 0.001


@pytest.mark.parametrize("name", ["x", "m", "y"])
def test_no_value_occurs_twice_or_nearly_so(frame, name):
    ordered = np.sort(frame[name])
    assert np.diff(ordered).min() > 1e-8


@pytest.mark.parametrize("name", ["x", "m", "y"])
def test_extremes_are_the_printed_ones_each_on_one_row(frame, figures, name):
    for side in ("min", "max"):
        printed = float(figures["summarize", f"{name}: {side}"])
        assert (frame[name] == printed).sum() == 1
        assert getattr(frame[name], side)() == printed


@pytest.mark.parametrize("variable", [0, 1, 2], ids=["x", "m", "y"])
@pytest.mark.parametrize(
    "statistic",
    [
        lambda v: stats.skew(v.ravel()),
        lambda v: stats.kurtosis(v.ravel()),
        lambda v: np.diff(np.sort(v.ravel())[40:-40]).max(),
        lambda v: np.ptp(v.mean(1)),
        lambda v: v.var(1, ddof=1).max() / np.median(v.var(1, ddof=1)),
        lambda v: v.mean(1).var(ddof=1) / v.var(),
    ],
    ids=["skewness", "kurtosis", "largest gap", "range of cluster means", "most scattered cluster", "between share"],
)
def test_marginals_lie_in_the_range_of_simulated_data(values, draws, variable, statistic):
    assert within_draws(statistic, values[variable], [d[variable] for d in draws])


@pytest.mark.parametrize("which", [0, 1], ids=["m", "y"])
def test_level_1_residuals_look_normal(parts, which):
    residual = parts[which]
    assert stats.shapiro(residual).pvalue > 0.01
    standard = residual / residual.std()
    assert np.abs(standard).max() < stats.norm.isf(0.001 / len(residual))  # no outlier
    assert abs(stats.skew(residual)) < 3 * np.sqrt(6 / len(residual))
    assert abs(stats.kurtosis(residual)) < 3 * np.sqrt(24 / len(residual))


def test_level_1_residuals_are_unrelated_to_each_other_and_to_x(parts, frame):
    residual_m, residual_y, _ = parts
    bound = 3 / np.sqrt(len(frame))
    within_x = frame["x"] - frame.groupby("id")["x"].transform("mean")
    assert abs(np.corrcoef(residual_m, residual_y)[0, 1]) < bound
    for residual in (residual_m, residual_y):
        assert abs(np.corrcoef(residual, within_x**2)[0, 1]) < bound
        assert abs(np.corrcoef(residual**2, within_x)[0, 1]) < bound


def test_random_effects_look_normal(parts):
    for name, column in parts[2].items():
        assert stats.shapiro(column).pvalue > 0.01, name
        assert abs(stats.skew(column)) < 3 * np.sqrt(6 / len(column)), name
        assert abs(stats.kurtosis(column)) < 3 * np.sqrt(24 / len(column)), name


def test_clusters_1_and_2_do_not_stand_out(parts):
    effects = parts[2]
    inverse = np.linalg.inv(np.cov(effects.to_numpy().T))
    distance = np.einsum("ij,jk,ik->i", effects, inverse, effects)
    assert distance[:2].max() < stats.chi2.isf(0.001, effects.shape[1])
    # nor do the solved rows have another residual spread than the page's own 16
    for residual in parts[:2]:
        assert stats.levene(residual[:16], residual[16:]).pvalue > 0.001


def test_pinned_extremes_fit_their_clusters(parts, frame, figures):
    for name in "xmy":
        for side in ("idxmin", "idxmax"):
            row = getattr(frame[name], side)()
            for residual in parts[:2]:
                assert abs(residual[row]) < 4 * residual.std()


def test_solving_moved_the_simulated_start_only_a_little(values, figures):
    start = reconstruct.simulate(reconstruct.SEED, figures)
    moved = values - start
    assert np.all(moved[:, :2] == 0)
    spread = values.std(axis=(1, 2))
    assert np.all(np.sqrt((moved[:, 2:] ** 2).mean(axis=(1, 2))) < 0.25 * spread)
    assert np.all(np.abs(moved).max(axis=(1, 2)) < 1.2 * spread)


def test_random_numbers_of_the_start_depend_on_the_seed_alone(figures):
    first, again, other = (reconstruct.simulate(seed, figures) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first[:, 2:] - other[:, 2:]).min() > 0
