"""`med.code` writes scripts that do this very analysis: those of Python and R print its numbers."""

import dataclasses
import re
import shutil
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from helpers.fits import mediate_quietly
from helpers.programs import MODELS, all_effects, fitted, preparation, printed_rows, without_comments

import mlmed_teach as mt

PROGRAMS = ("R", "Stata", "SAS", "SPSS", "Mplus", "Python")
OTHERS = ("Stata", "SAS", "SPSS", "Mplus")  # never run: here only their form is looked at
LONGEST = {"Stata": 32, "SAS": 32, "SPSS": 64, "Mplus": 8}


# ---- Python and R are run --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [model for model in MODELS if model != "on the boundary"])
def test_python_script_prints_the_numbers_of_the_analysis(model, tmp_path, monkeypatch, capsys):
    table, med = fitted(model)
    table.to_csv(tmp_path / "table.csv", index=False)
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(med.code("Python"), names)
    pd.testing.assert_frame_equal(names["med"].to_frame(), med.to_frame(), rtol=1e-6)
    pd.testing.assert_frame_equal(all_effects(names["med"]), all_effects(med), rtol=1e-6)
    printed = capsys.readouterr().out
    again = names["med"]
    shown = [again.to_frame()]
    shown += [again.conditional(), again.moderation] if med.spec.moderators else []
    shown += [again.latent.to_frame()] if med.latent else []
    for frame in shown:
        assert pd.DataFrame(frame).to_string(float_format="{:.8g}".format) in printed


def test_python_script_runs_by_itself(tmp_path):
    table, med = fitted("covariates and holes")
    table.to_csv(tmp_path / "table.csv", index=False)
    done = subprocess.run([sys.executable, "-c", med.code("Python")], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert med.summary().splitlines()[0] in done.stdout


def test_r_scripts_print_the_numbers_of_the_analysis(tmp_path):
    if shutil.which("Rscript") is None:
        pytest.skip("needs R (apt-get install r-base-core)")
    wanted = 'quit(status = !all(sapply(c("nlme", "glmmTMB"), requireNamespace, quietly = TRUE)))'
    if subprocess.run(["Rscript", "-e", wanted], capture_output=True).returncode:
        pytest.skip("needs R's nlme and glmmTMB")
    lines = []
    for k, model in enumerate(MODELS):
        table, med = fitted(model)
        folder = tmp_path / str(k)
        folder.mkdir()
        table.to_csv(folder / "table.csv", index=False)
        (folder / "script.R").write_text(med.code("R"), encoding="utf-8")
        lines.append(
            f'setwd("{folder.as_posix()}"); cat("== {k}\\n"); source("script.R", local = new.env(), encoding = "UTF-8")'
        )
    # One process for all: R's packages take seconds to load.
    script = tmp_path / "all.R"
    script.write_text("\n".join(lines), encoding="utf-8")
    done = subprocess.run(["Rscript", str(script)], capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    texts = done.stdout.split("== ")[1:]
    assert len(texts) == len(MODELS)
    for text, model in zip(texts, MODELS, strict=True):
        med = fitted(model)[1]
        rows = printed_rows(text, 6)
        ours = {se: all_effects(med.with_se(se)) for se in ("gls", "joint")}
        assert set(ours["gls"].index) <= set(rows), model
        shown = all_effects(med)
        for name in ours["gls"].index:
            estimate, se_gls, estimate_joint, se_joint, low, high = rows[name]
            size = abs(ours["joint"].loc[name, "estimate"]) + ours["joint"].loc[name, "se"]
            # lme and glmmTMB stop a little before the optimum.
            assert estimate == pytest.approx(ours["gls"].loc[name, "estimate"], abs=1e-3 * size), (model, name)
            assert se_gls == pytest.approx(ours["gls"].loc[name, "se"], rel=1e-3), (model, name)
            assert estimate_joint == pytest.approx(ours["joint"].loc[name, "estimate"], abs=1e-4 * size), (model, name)
            assert se_joint == pytest.approx(ours["joint"].loc[name, "se"], rel=1e-4), (model, name)
            limits = shown.loc[name, ["ci low", "ci high"]].to_numpy()
            assert (low, high) == pytest.approx(limits, abs=1e-3 * (high - low)), (model, name)


# ---- the others: their form ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("program", OTHERS)
@pytest.mark.parametrize("model", MODELS)
def test_parentheses_and_quotes_are_closed(model, program):
    code = without_comments(fitted(model)[1].code(program), program)
    for left, right in ("()", "[]", "{}"):
        assert code.count(left) == code.count(right)
    assert code.count('"') % 2 == 0
    ends = {"SAS": ";", "Mplus": ";", "SPSS": "."}
    if program in ends:
        assert code.rstrip().endswith(ends[program])
    assert code.isascii()  # names as the program takes them


@pytest.mark.parametrize("program", OTHERS)
@pytest.mark.parametrize(
    "model", ["covariates and holes", "decomposed", "one intercept", "w on a and b", "w, decomposed"]
)
def test_file_for_programs_without_python_holds_the_rows_of_the_analysis(model, program, tmp_path, monkeypatch):
    """A fit of that file, by the names in the script, is the fit of the table."""
    table, med = fitted(model)
    table.to_csv(tmp_path / "table.csv", index=False)
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(preparation(med.code(program), program), names)
    if program == "Mplus":
        columns = re.search(r"NAMES = (.*?);", med.code(program), re.DOTALL)[1].split()
        data = pd.read_csv("mediation.dat", header=None, names=columns).replace(-9999, np.nan)
    else:
        data = pd.read_csv("mediation.csv")
    assert all(kind.kind in "iuf" for kind in data.dtypes)
    for name in data:
        assert re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII) and len(name) <= LONGEST[program], name
    group, x, m, y, *others = data.columns
    sides = {"m": [], "y": []}
    for equation, columns in med.spec.covariates.items():
        for column in columns:
            start = re.sub(r"\W", "_", column)[:4]
            sides[equation] += [name for name in others if name.startswith(start[:4])]
    if program == "Mplus" and med.spec.decompose:  # Mplus takes these from the file
        assert np.allclose(data["xmean"], data.groupby("id")["x"].transform("mean"))
        assert np.allclose(data["mdev"], data["m"] - data["mmean"])
    again = mt.mediate(
        data, x=x, m=m, y=y, group=group, covariates=sides, random=med.spec.random, intercepts=med.spec.intercepts,
        decompose=med.spec.decompose, missing="drop", se=med.fit.se,
        moderators={path: moderator.name for moderator in med.moderators for path in moderator.paths},
    )  # fmt: skip
    pd.testing.assert_frame_equal(again.to_frame(), med.to_frame(), rtol=1e-5)


@pytest.mark.parametrize("program", OTHERS)
def test_names_that_a_program_would_refuse_are_changed_and_said(program):
    script = fitted("one intercept")[1].code(program)
    for column in ("job demands (all of the team)", "sm", "Erschöpfung am Abend"):
        assert f'is "{column}"' in re.sub(r"\s+", " ", script), column
    code = without_comments(script, program)
    assert "job demands (" not in code and "Ersch" in code


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_column_is_named(program):
    script = fitted("covariates and holes")[1].code(program)
    for column in ("x", "m", "y", "id", "hours a week", "grade", "size"):
        assert column in script


RANDOM = {
    "R": r"(?:us|rr)\(0 \+ (.*?) \| id(?:, d = \d)?\)",
    "Stata": r"\|\|\s+id:(.*?),\s+noconstant",
    "SAS": r"^  random (.*?) /",
    "SPSS": r"/RANDOM=(.*?) \|",
}


@pytest.mark.parametrize("program", RANDOM)
@pytest.mark.parametrize("model", MODELS)
def test_random_effects_are_those_of_the_analysis(model, program):
    med = fitted(model)[1]
    blocks = re.findall(RANDOM[program], med.code(program).replace("///\n", ""), re.DOTALL | re.MULTILINE)
    named = [name for block in blocks for name in re.findall(r"\w+", block)]
    assert sorted(named) == sorted(med.fit.design.re_names)


@pytest.mark.parametrize("model", MODELS)
def test_slopes_and_intercepts_of_mplus_are_those_of_the_analysis(model):
    med = fitted(model)[1]
    code = without_comments(med.code("Mplus"), "Mplus")
    slopes = {"sa": "a", "sb": "b", "sc": "cprime"}
    assert {slopes[name] for name in re.findall(r"(s[abc]) \|", code)} == set(med.spec.random)
    between = code.partition("%BETWEEN%")[2]
    assert len(re.findall(r"^  \w+@0;", between, re.MULTILINE)) == 2 - len(med.spec.intercepts)
    assert ("(cab)" in code) == ({"a", "b"} <= set(med.spec.random))
    assert max(map(len, code.splitlines())) <= 90


def test_mplus_puts_variables_of_clusters_between():
    code = fitted("covariates and holes")[1].code("Mplus")
    between = re.search(r"^  BETWEEN = (.*?);", code, re.MULTILINE)[1].split()
    within = re.search(r"^  WITHIN = (.*?);", code, re.MULTILINE)[1].split()
    assert between == ["size"] and {"x", "mcopy", "hours_a", "grad_lo", "grad_mid"} == set(within)


def test_sas_holds_the_covariance_of_the_intercepts_at_zero():
    med = fitted("decomposed")[1]
    values = re.findall(r"\((-?[\d.e-]+)\)", re.search(r"parms (.*?) / hold=2;", med.code("SAS"), re.DOTALL)[1])
    effects = len(med.fit.design.re_names)
    assert len(values) == effects * (effects + 1) // 2 + 2 and float(values[1]) == 0
    assert "hold" not in fitted("all slopes")[1].code("SAS")


@pytest.mark.parametrize(
    ("model", "program", "said"),
    [
        ("all slopes", "Mplus", "no REML"),
        ("all slopes", "Stata", "You asked for joint"),
        ("all slopes", "SPSS", "You asked for joint"),
        ("all slopes", "R", "lme4 has one residual variance"),
        ("decomposed", "Stata", "mixed cannot hold"),
        ("decomposed", "SPSS", "MIXED cannot hold"),
        ("decomposed", "R", "nlme cannot hold"),
        ("decomposed", "R", "Not here: med.latent"),
        ("decomposed", "Stata", "Not here: med.latent"),
        ("decomposed", "SAS", "Not here: med.latent"),
        ("decomposed", "SPSS", "Not here: med.latent"),
        ("decomposed", "Mplus", "A second input"),
        ("on the boundary", "R", "rr, for reduced rank"),
    ],
)
def test_what_a_program_cannot_do_is_said(model, program, said):
    assert said in fitted(model)[1].code(program)


def test_robust_standard_errors_are_asked_for_where_they_exist():
    med = fitted("all slopes")[1].with_se("robust")
    assert "ESTIMATOR = MLR" in med.code("Mplus") and "empirical" in med.code("SAS")
    for program in ("R", "Stata", "SPSS"):
        assert "asked for robust" in med.code(program)


@pytest.mark.parametrize("program", PROGRAMS)
def test_latent_means_are_not_spoken_of_where_there_are_none(program):
    for model in ("all slopes", "w, decomposed"):
        assert "latent means" not in fitted(model)[1].code(program).lower()


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_fit_on_the_boundary_says_that_programs_may_stop(program):
    assert "boundary" in fitted("on the boundary")[1].code(program)


def test_r_holds_the_rank_of_effects_that_span_the_others_first():
    """Of two perfectly dependent ones, or one without variance, the second goes last: its loadings may be 0."""
    table = mt.simulate(mt.Population(var_cprime=0.0, cov_ab=0.05), clusters=10, size=8, seed=2)
    med = mediate_quietly(table, random=("a", "b"))
    named, rank = re.search(r"rr\(0 \+ (.*?) \| id, d = (\d)\)", med.code("R")).groups()
    order = named.split(" + ")
    G = med.fit.cov_re.loc[order, order].to_numpy()
    assert np.linalg.matrix_rank(G, tol=1e-8 * np.trace(G)) == int(rank) < len(order)
    pivots = np.linalg.cholesky(G[: int(rank), : int(rank)]).diagonal()
    assert (pivots**2 > 0.01 * np.diag(G)[: int(rank)]).all()


def test_a_decomposed_model_on_the_boundary_keeps_its_covariance_of_0():
    """glmmTMB cannot hold both a covariance at 0 and a rank: there the script says what to do if it stops."""
    med = mediate_quietly(mt.simulate(clusters=12, size=5, seed=0), decompose=True)
    assert med.fit.singular and "us(0 +" in med.code("R") and "Leave a random slope out" in med.code("R")


def test_terms_that_no_script_knows_are_refused(med):
    design = dataclasses.replace(med.fit.design, fe_names=(*med.fit.design.fe_names[:-1], "smx:w"))
    other = SimpleNamespace(spec=med.spec, levels=med.levels, fit=SimpleNamespace(design=design))
    with pytest.raises(mt.MlmedError, match="smx:w"):
        mt.Mediation.code(other, "R")


def test_an_unknown_language_is_refused_with_the_six(med):
    with pytest.raises(mt.MlmedError) as error:
        med.code("Julia")
    assert all(repr(program) in str(error.value) for program in PROGRAMS) and "'Julia'" in str(error.value)
