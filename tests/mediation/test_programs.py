"""`med.code` writes scripts that do this very analysis: those of Python and R print its numbers."""

import dataclasses
import re
import shutil
import subprocess
import sys
import textwrap
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import mlmed_teach as mt

PROGRAMS = ("R", "Stata", "SAS", "SPSS", "Mplus", "Python")
OTHERS = ("Stata", "SAS", "SPSS", "Mplus")  # never run: here only their form is looked at
LONGEST = {"Stata": 32, "SAS": 32, "SPSS": 64, "Mplus": 8}


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


HARD = {"x": "job demands (all of the team)", "m": "sm", "y": "Erschöpfung am Abend", "group": ["school", "class"]}
BOTH = {"m": ["hours a week"], "y": ["hours a week", "grade", "size"]}
MODELS = {
    "all slopes": (table_of, {}),
    "a and b": (table_of, {"random": ("a", "b"), "se": "gls"}),
    "b": (table_of, {"random": ("b",)}),
    "covariates and holes": (with_holes, {"random": ("a", "b"), "covariates": BOTH, "missing": "drop"}),
    "decomposed": (table_of, {"decompose": True, "covariates": ["grade", "remote"]}),
    "2-1-1": (of_clusters, {"random": "auto", "decompose": True}),
    "decomposed, no slope": (with_hard_names, {**HARD, "random": (), "decompose": True}),
    "one intercept": (with_hard_names, {**HARD, "random": ("a", "b"), "intercepts": ("y",)}),
}


@pytest.fixture(scope="module")
def fitted():
    """Model -> table and result."""
    found = {}
    for name, (make, options) in MODELS.items():
        table = make()
        found[name] = table, mt.mediate(table, **options)
    return found


def printed_rows(text, columns):
    """Label -> numbers of the rows that end in so many numbers."""
    number = r"-?\d+(?:\.\d*)?(?:e[-+]?\d+)?"
    rows = re.findall(rf"^(\S.*?\S)((?:\s+{number}){{{columns}}})\s*$", text, re.MULTILINE)
    return {label: np.array(values.split(), dtype=float) for label, values in rows}


# ---- Python and R are run --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_python_script_prints_the_numbers_of_the_analysis(model, fitted, tmp_path, monkeypatch, capsys):
    table, med = fitted[model]
    table.to_csv(tmp_path / "table.csv", index=False)
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(med.code("Python"), names)
    pd.testing.assert_frame_equal(names["med"].to_frame(), med.to_frame(), rtol=1e-6)
    rows = printed_rows(capsys.readouterr().out.rpartition("estimate")[2], 6)
    for name, row in med.to_frame().iterrows():
        assert rows[name][:2] == pytest.approx(row[["estimate", "se"]].to_numpy(), rel=1e-6)


def test_python_script_runs_by_itself(fitted, tmp_path):
    table, med = fitted["covariates and holes"]
    table.to_csv(tmp_path / "table.csv", index=False)
    done = subprocess.run([sys.executable, "-c", med.code("Python")], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert med.summary().splitlines()[0] in done.stdout


def test_r_scripts_print_the_numbers_of_the_analysis(fitted, tmp_path):
    if shutil.which("Rscript") is None:
        pytest.skip("needs R (apt-get install r-base-core)")
    wanted = 'quit(status = !all(sapply(c("nlme", "glmmTMB"), requireNamespace, quietly = TRUE)))'
    if subprocess.run(["Rscript", "-e", wanted], capture_output=True).returncode:
        pytest.skip("needs R's nlme and glmmTMB")
    lines = []
    for k, (table, med) in enumerate(fitted.values()):
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
    for text, (model, (_, med)) in zip(texts, fitted.items(), strict=True):
        rows = printed_rows(text, 6)
        ours = {se: med.with_se(se).to_frame() for se in ("gls", "joint")}
        assert set(ours["gls"].index) <= set(rows), model
        for name in ours["gls"].index:
            estimate, se_gls, estimate_joint, se_joint, low, high = rows[name]
            # lme and glmmTMB stop a little before the optimum.
            assert estimate == pytest.approx(ours["gls"].loc[name, "estimate"], rel=1e-3), (model, name)
            assert se_gls == pytest.approx(ours["gls"].loc[name, "se"], rel=1e-3), (model, name)
            assert estimate_joint == pytest.approx(ours["joint"].loc[name, "estimate"], rel=1e-4), (model, name)
            assert se_joint == pytest.approx(ours["joint"].loc[name, "se"], rel=1e-4), (model, name)
            limits = med.to_frame().loc[name, ["ci low", "ci high"]].to_numpy()
            assert (low, high) == pytest.approx(limits, abs=1e-3 * (high - low)), (model, name)


# ---- the others: their form ------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("program", OTHERS)
@pytest.mark.parametrize("model", MODELS)
def test_parentheses_and_quotes_are_closed(model, program, fitted):
    code = without_comments(fitted[model][1].code(program), program)
    for left, right in ("()", "[]", "{}"):
        assert code.count(left) == code.count(right)
    assert code.count('"') % 2 == 0
    ends = {"SAS": ";", "Mplus": ";", "SPSS": "."}
    if program in ends:
        assert code.rstrip().endswith(ends[program])
    assert code.isascii()  # names as the program takes them


@pytest.mark.parametrize("program", OTHERS)
@pytest.mark.parametrize("model", ["covariates and holes", "decomposed", "one intercept"])
def test_file_for_programs_without_python_holds_the_rows_of_the_analysis(model, program, fitted, tmp_path, monkeypatch):
    """A fit of that file, by the names in the script, is the fit of the table."""
    table, med = fitted[model]
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
    again = mt.mediate(
        data, x=x, m=m, y=y, group=group, covariates=sides, random=med.spec.random, intercepts=med.spec.intercepts,
        decompose=med.spec.decompose, missing="drop", se=med.fit.se,
    )  # fmt: skip
    pd.testing.assert_frame_equal(again.to_frame(), med.to_frame(), rtol=1e-5)


@pytest.mark.parametrize("program", OTHERS)
def test_names_that_a_program_would_refuse_are_changed_and_said(program, fitted):
    script = fitted["one intercept"][1].code(program)
    for column in ("job demands (all of the team)", "sm", "Erschöpfung am Abend"):
        assert f'is "{column}"' in re.sub(r"\s+", " ", script), column
    code = without_comments(script, program)
    assert "job demands (" not in code and "Ersch" in code


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_column_is_named(program, fitted):
    script = fitted["covariates and holes"][1].code(program)
    for column in ("x", "m", "y", "id", "hours a week", "grade", "size"):
        assert column in script


RANDOM = {
    "R": r"us\(0 \+ (.*?) \| id\)",
    "Stata": r"\|\|\s+id:(.*?),\s+noconstant",
    "SAS": r"^  random (.*?) /",
    "SPSS": r"/RANDOM=(.*?) \|",
}


@pytest.mark.parametrize("program", RANDOM)
@pytest.mark.parametrize("model", MODELS)
def test_random_effects_are_those_of_the_analysis(model, program, fitted):
    med = fitted[model][1]
    blocks = re.findall(RANDOM[program], med.code(program).replace("///\n", ""), re.DOTALL | re.MULTILINE)
    named = [name for block in blocks for name in re.findall(r"\w+", block)]
    assert sorted(named) == sorted(med.fit.design.re_names)


@pytest.mark.parametrize("model", MODELS)
def test_slopes_and_intercepts_of_mplus_are_those_of_the_analysis(model, fitted):
    med = fitted[model][1]
    code = without_comments(med.code("Mplus"), "Mplus")
    slopes = {"sa": "a", "sb": "b", "sc": "cprime"}
    assert {slopes[name] for name in re.findall(r"(s[abc]) \|", code)} == set(med.spec.random)
    between = code.partition("%BETWEEN%")[2]
    assert len(re.findall(r"^  \w+@0;", between, re.MULTILINE)) == 2 - len(med.spec.intercepts)
    assert ("(cab)" in code) == ({"a", "b"} <= set(med.spec.random))
    assert max(map(len, code.splitlines())) <= 90


def test_mplus_puts_variables_of_clusters_between(fitted):
    code = fitted["covariates and holes"][1].code("Mplus")
    between = re.search(r"^  BETWEEN = (.*?);", code, re.MULTILINE)[1].split()
    within = re.search(r"^  WITHIN = (.*?);", code, re.MULTILINE)[1].split()
    assert between == ["size"] and {"x", "mcopy", "hours_a", "grad_lo", "grad_mid"} == set(within)


def test_sas_holds_the_covariance_of_the_intercepts_at_zero(fitted):
    med = fitted["decomposed"][1]
    values = re.findall(r"\((-?[\d.e-]+)\)", re.search(r"parms (.*?) / hold=2;", med.code("SAS"), re.DOTALL)[1])
    effects = len(med.fit.design.re_names)
    assert len(values) == effects * (effects + 1) // 2 + 2 and float(values[1]) == 0
    assert "hold" not in fitted["all slopes"][1].code("SAS")


def test_spss_block_computes_our_gls_numbers(fitted):
    """Its MATRIX block, read as Python."""
    for _, med in fitted.values():
        frame = med.with_se("gls").to_frame()
        blocks = re.findall(r"^MATRIX\.\n(.*?)^END MATRIX", med.code("SPSS"), re.MULTILINE | re.DOTALL)
        found = []
        for block in blocks:
            values = {}
            for name, expression in re.findall(r"COMPUTE (\w+) = (.*)\.$", block, re.MULTILINE):
                values[name] = eval(expression, {}, values)
            found += [(values["indirect"], values["v_ind"]), (values["c"], values["v_cc"])]
            found.append((values["total"], values["v_tot"]))
        expected = np.column_stack([frame["estimate"], frame["se"] ** 2])
        assert np.array(found) == pytest.approx(expected, rel=1e-6)


def script_name(term):
    """Of a term: "sm:hours a week" is sm_hours_a_week."""
    return re.sub(r"\W+", "_", term).rstrip("_")


def ours(med):
    """Fixed effects with their gls covariance matrix, and random effects, under the names of scripts."""
    fit = med.with_se("gls").fit
    names = [script_name(name) for name in fit.params.index]
    V = pd.DataFrame(fit.cov_params().to_numpy(), index=names, columns=names)
    return pd.Series(fit.params.to_numpy(), index=names), V, fit.cov_re, med.with_se("gls").se_cov_ab


@pytest.mark.parametrize("model", MODELS)
def test_lines_of_stata_compute_our_gls_numbers(model, fitted):
    """Those after the model, read as Python, with our estimates in the place of Stata's."""
    med = fitted[model][1]
    b, V, G, se_cov = ours(med)
    code = med.code("Stata").replace("///\n", "")
    block = re.findall(RANDOM["Stata"], code)[0].split()

    def log_sd(name):
        return np.log(G.loc[name, name]) / 2

    def atanh_r(name, other):
        return np.arctanh(G.loc[name, other] / np.sqrt(G.loc[name, name] * G.loc[other, other]))

    values, found = {"sqrt": np.sqrt}, []
    for line in code.splitlines():
        if line.startswith("nlcom"):
            text = re.sub(
                r"_b\[/lns1_1_(\d)\]", lambda k: f"log_sd({block[int(k[1]) - 1]!r})", line.removeprefix("nlcom ")
            )
            text = re.sub(
                r"_b\[/atr1_1_(\d)_(\d)\]",
                lambda k: f"atanh_r({block[int(k[1]) - 1]!r}, {block[int(k[2]) - 1]!r})",
                text,
            )
            values["C"] = eval(text, {"tanh": np.tanh, "exp": np.exp, "log_sd": log_sd, "atanh_r": atanh_r})
        elif line.startswith("scalar"):
            name, _, text = line.removeprefix("scalar ").partition(" = ")
            text = re.sub(r"_b\[z:(\w+)\]", r"b['\1']", text).replace("^", "**").replace("VC[1, 1]", "se_cov**2")
            text = re.sub(r'el\(V, rownumb\(V, "z:(\w+)"\), colnumb\(V, "z:(\w+)"\)\)', r"V.loc['\1', '\2']", text)
            values[name] = eval(text.replace("C[1, 1]", "C"), {"b": b, "V": V, "se_cov": se_cov}, values)
        elif "total " in line and line.startswith("display"):
            found += [(values["indirect"], values["v_ind"]), (values["path_c"], values["v_cc"])]
            found.append((values["total"], values["v_tot"]))
    frame = med.with_se("gls").to_frame()
    assert np.array(found) == pytest.approx(np.column_stack([frame["estimate"], frame["se"] ** 2]), rel=1e-9)


@pytest.mark.parametrize("model", MODELS)
def test_lines_of_sas_compute_our_gls_numbers(model, fitted):
    """Those after the model, read as Python, with our estimates in the place of those of PROC MIXED."""
    med = fitted[model][1]
    b, V, G, se_cov = ours(med)
    code = med.code("SAS")
    terms = re.search(r"model z = (.*?) / noint", code, re.DOTALL)[1].split()
    random = re.search(RANDOM["SAS"], code, re.MULTILINE)[1].split()
    found = []
    for block in code.split("proc sql noprint;")[1:]:
        macro = {"cab": 0.0, "secab": 0.0}
        for what, name, row in re.findall(
            r'select (\w+) format=best32\. into :(\w+) trimmed from \w+ where Effect = "(\w+)"', block
        ):
            macro[name] = b[row] if what == "Estimate" else V.loc[row, terms[int(what[3:]) - 1]]
        for j, i in re.findall(r"UN\((\d),(\d)\)", block):
            macro |= {"cab": G.loc[random[int(j) - 1], random[int(i) - 1]], "secab": se_cov}
        values = {"sqrt": np.sqrt}
        for name, text in re.findall(r"(\w+) = ([^;]*);", block.partition("data effects;")[2].partition("  low")[0]):
            values[name] = eval(re.sub(r"&(\w+)", lambda k, macro=macro: f"({float(macro[k[1]])!r})", text), {}, values)
        found += [(values[kind], values[f"se_{kind}"]) for kind in ("indirect", "direct", "total")]
    frame = med.with_se("gls").to_frame()
    assert np.array(found) == pytest.approx(frame[["estimate", "se"]].to_numpy(), rel=1e-9)


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
    ],
)
def test_what_a_program_cannot_do_is_said(model, program, said, fitted):
    assert said in fitted[model][1].code(program)


def test_robust_standard_errors_are_asked_for_where_they_exist(fitted):
    med = fitted["all slopes"][1].with_se("robust")
    assert "ESTIMATOR = MLR" in med.code("Mplus") and "empirical" in med.code("SAS")
    for program in ("R", "Stata", "SPSS"):
        assert "asked for robust" in med.code(program)


def test_a_fit_on_the_boundary_says_that_programs_may_stop():
    with pytest.warns(mt.BoundaryWarning):
        med = mt.mediate(table_of(4))
    for program in PROGRAMS:
        assert "boundary" in med.code(program)


def test_terms_that_no_script_knows_are_refused(med):
    design = dataclasses.replace(med.fit.design, fe_names=(*med.fit.design.fe_names[:-1], "smx:w"))
    other = SimpleNamespace(spec=med.spec, levels=med.levels, fit=SimpleNamespace(design=design))
    with pytest.raises(mt.MlmedError, match="smx:w"):
        mt.Mediation.code(other, "R")


def test_an_unknown_language_is_refused_with_the_six(med):
    with pytest.raises(mt.MlmedError) as error:
        med.code("Julia")
    assert all(repr(program) in str(error.value) for program in PROGRAMS) and "'Julia'" in str(error.value)
