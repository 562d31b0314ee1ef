"""What scripts compute after their model, read as Python with our estimates: the effects of the analysis."""

import itertools
import re
import shutil
import subprocess

import numpy as np
import pytest
from helpers.fits import mediate_quietly
from helpers.programs import MODELS, MODERATED, all_effects, estimates, fitted, script_name, without_comments

import mlmed_teach as mt

PATHS = {"smx": "a", "sym": "b", "syx": "cprime"}


def expected(med):
    """Estimates and gls standard errors: effects at the usual place, effects at the places, products, changes."""
    frame = all_effects(med.with_se("gls"))[["estimate", "se"]]
    plain = frame.loc[med.to_frame().index]
    if not med.spec.moderators:
        return plain, None, None, None
    k, n = len(med.conditional()), sum(" by " in name for name in med.moderation.index)
    rest = frame.iloc[len(plain) :]
    return plain, rest.iloc[:k], rest.iloc[k : k + n], rest.iloc[k + n :]


def by_level(frame, med):
    """Rows in the order of scripts: level after level."""
    if frame is None or len(med.levels) == 1:
        return frame
    parts = [frame.loc[[f"{level.level}: " in str(name) for name in frame.index]] for level in med.levels]
    assert sum(map(len, parts)) == len(frame)
    return np.concatenate([part.to_numpy() for part in parts])


# ---- SPSS ------------------------------------------------------------------------------------------------------------


class Matrix:
    """A matrix as MATRIX takes it: * is the matrix product, indices begin at 1."""

    def __init__(self, values):
        self.values = np.atleast_2d(np.asarray(values, dtype=float))

    def __call__(self, *at):
        if len(at) == 1:
            return float(self.values.ravel()[int(at[0]) - 1])
        found = self.values[tuple(place if isinstance(place, slice) else int(place) - 1 for place in at)]
        if np.ndim(found) == 0:
            return float(found)
        return Matrix(found)

    def __mul__(self, other):
        if not isinstance(other, Matrix):
            return Matrix(self.values * other)
        found = self.values @ other.values
        return float(found[0, 0]) if found.shape == (1, 1) else Matrix(found)

    __rmul__ = __mul__

    def __add__(self, other):
        return Matrix(self.values + other.values)

    def __sub__(self, other):
        return Matrix(self.values - other.values)


def run_matrix(block):
    """The variables after a MATRIX block, and what it fills row by row: a list for each MAKE."""
    spss = {"SQRT": np.sqrt, "T": lambda M: Matrix(M.values.T), "MAKE": lambda r, c, v: [], "ALL": slice(None)}
    spss |= {"Matrix": Matrix, "span": lambda first, last: slice(int(first) - 1, int(last))}
    made = []

    def as_python(text):
        text = re.sub(r"\{([^}]*)\}", lambda k: f"Matrix([[{k[1].replace(';', '], [')}]])", text.replace("\n", " "))
        text = re.sub(r"\((\([^()]*\)):(\([^()]*\)), :\)", r"(span(\1, \2), ALL)", text)
        return text.replace(", :)", ", ALL)")

    def run(commands):
        for command in commands:
            if isinstance(command, tuple):
                head, inside = command
                last = int(re.fullmatch(r"LOOP k = 1 TO (\d+)", head)[1])
                for k in range(1, last + 1):
                    spss["k"] = k
                    run(inside)
            elif row := re.fullmatch(r"COMPUTE found\(k, :\) = \{(.*)\}", command, re.DOTALL):
                spss["found"].append(eval(f"[{as_python(row[1])}]", spss))
            elif set_to := re.fullmatch(r"COMPUTE (\w+) = (.*)", command, re.DOTALL):
                spss[set_to[1]] = eval(as_python(set_to[2]), spss)
                if set_to[1] == "found":
                    made.append(spss["found"])
            else:
                assert command.startswith("PRINT"), command

    commands, loop = [], None
    for command in re.split(r"\.\n", block.strip() + "\n"):
        if not command:
            continue
        if command.startswith("LOOP"):
            loop = (command, [])
        elif command == "END LOOP":
            commands.append(loop)
            loop = None
        else:
            (commands if loop is None else loop[1]).append(command)
    run(commands)
    return spss, made


def blocks_of_spss(med):
    return re.findall(r"^MATRIX\.\n(.*?)^END MATRIX", med.code("SPSS"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("model", MODELS)
def test_matrix_blocks_of_spss_compute_our_gls_numbers(model):
    med = fitted(model)[1]
    plain, places, _, changes = expected(med)
    found, at_places, of_changes = [], [], []
    for block in blocks_of_spss(med):
        values, made = run_matrix(block)
        if made:
            at_places += [pair for row in made[0] for pair in zip(row[::2], row[1::2], strict=True)]
            of_changes += [row for table in made[1:] for row in table]
        else:
            found += [(values["indirect"], values["v_ind"] ** 0.5), (values["c"], values["v_cc"] ** 0.5)]
            found.append((values["total"], values["v_tot"] ** 0.5))
    assert np.array(found) == pytest.approx(plain.to_numpy(), rel=1e-6)
    if med.spec.moderators:
        assert np.array(at_places) == pytest.approx(np.asarray(by_level(places, med)), rel=1e-6)
        assert np.array(of_changes).reshape(-1, 2) == pytest.approx(np.asarray(by_level(changes, med)), rel=1e-6)


@pytest.mark.parametrize("model", MODELS)
def test_names_of_matrix_variables_have_at_most_8_characters(model):
    for block in blocks_of_spss(fitted(model)[1]):
        names = set(re.findall(r"COMPUTE (\w+)", block))
        assert names and max(map(len, names)) <= 8 and "T" not in {name.upper() for name in names}


def test_loops_of_spss_may_be_longer_than_its_default():
    """Two moderators with seven categories each: 49 places, where MATRIX stops after 40 unless it is told."""
    table = mt.simulate(clusters=84, size=6, seed=3)
    table["g"] = (table["id"] % 7).map("g{}".format)
    table["h"] = (table["id"] // 7 % 7).map("h{}".format)
    med = mediate_quietly(table, random=(), moderators={"a": "g", "b": "h"})
    assert "SET MXLOOPS=49." in med.code("SPSS")
    assert "MXLOOPS" not in fitted("v and grades")[1].code("SPSS")


@pytest.mark.skipif(shutil.which("pspp") is None, reason="needs PSPP (apt-get install pspp)")
def test_pspp_runs_the_matrix_blocks(tmp_path):
    """PSPP has the MATRIX language of SPSS, but not MIXED."""
    for model in MODERATED:
        blocks = "".join(f"MATRIX.\n{block}END MATRIX.\n" for block in blocks_of_spss(fitted(model)[1]))
        (tmp_path / "blocks.sps").write_text(blocks, encoding="ascii")
        done = subprocess.run(["pspp", "blocks.sps"], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0 and ": error:" not in done.stdout, done.stdout
        rows = [list(map(float, line.split())) for line in re.findall(r"^[-\d. ]+$", done.stdout, re.M) if line.strip()]
        found = [pair for row in rows for pair in zip(row[::2], row[1::2], strict=True)]
        every = []
        for block in blocks_of_spss(fitted(model)[1]):
            values, made = run_matrix(block)
            if made:
                every += [pair for t in made for row in t for pair in zip(row[::2], row[1::2], strict=True)]
            else:
                every += [(values["indirect"], values["v_ind"] ** 0.5), (values["c"], values["v_cc"] ** 0.5)]
                every.append((values["total"], values["v_tot"] ** 0.5))
        assert np.array(found) == pytest.approx(np.array(every), abs=1e-6)


# ---- Stata -----------------------------------------------------------------------------------------------------------


def run_stata(med):
    """What the lines after the model display: effects at the usual place and at others, products, changes."""
    b, V, G, se_cov = estimates(med)
    code = med.code("Stata").replace("///\n", "")
    block = re.findall(r"\|\|\s+id:(.*?),\s+noconstant", code)[0].split()
    stata = {"sqrt": np.sqrt, "b": b, "V": V, "tanh": np.tanh, "exp": np.exp}
    stata["log_sd"] = lambda i: np.log(G.loc[block[i - 1], block[i - 1]]) / 2

    def atanh_r(i, j):
        first, second = block[i - 1], block[j - 1]
        return np.arctanh(G.loc[first, second] / np.sqrt(G.loc[first, first] * G.loc[second, second]))

    stata["atanh_r"] = atanh_r
    plain, places, products, changes = [], [], [], []

    def as_python(text):
        text = re.sub(r"_b\[z:(\w+)\]", r"b['\1']", text)
        text = re.sub(r"_b\[lns1_1_(\d):_cons\]", r"log_sd(\1)", text)
        text = re.sub(r"_b\[atr1_1_(\d)_(\d):_cons\]", r"atanh_r(\1, \2)", text)
        text = re.sub(r'el\(V, rownumb\(V, "z:(\w+)"\), colnumb\(V, "z:(\w+)"\)\)', r"V.loc['\1', '\2']", text)
        text = re.sub(r"\b(P|VP|C|VC)\[(\d), (\d)\]", lambda k: f"{k[1]}[{int(k[2]) - 1}, {int(k[3]) - 1}]", text)
        return text.replace("^", "**")

    def scalars(lines, shown):
        for line in lines:
            if line.startswith("scalar"):
                name, _, text = line.removeprefix("scalar ").partition(" = ")
                stata[name] = eval(as_python(text), stata)
            elif line.startswith("display") and "total " in line:
                shown.append((stata["indirect"], stata["v_ind"] ** 0.5))
                shown.append((stata["path_c"], stata["v_cc"] ** 0.5))
                shown.append((stata["total"], stata["v_tot"] ** 0.5))

    body = re.search(r"program define effects_at\n(.*?)^end$", code, re.DOTALL | re.MULTILINE)
    inside = [line.strip() for line in body[1].splitlines()] if body else []
    rest = code.replace(body[0], "") if body else code
    for line in rest.splitlines():
        if line.startswith("nlcom tanh"):
            value = eval(as_python(line.removeprefix("nlcom ")), stata)
            stata |= {"C": np.array([[value]]), "VC": np.array([[se_cov**2]])}
        elif line.startswith("local terms"):
            terms = line.split()[2:]
            stata |= {"theta": b[terms].to_numpy()[None], "S": V.loc[terms, terms].to_numpy()}
        elif line.startswith("matrix T"):
            rows = line.partition(" = (")[2].rstrip().removesuffix(")").split("\\")
            stata["T"] = np.array([eval(f"[{row}]") for row in rows])
        elif line.startswith("effects_at"):
            T = stata["T"]
            assert inside[1:3] == ["matrix P = theta * T'", "matrix VP = T * S * T'"]
            stata |= {"P": stata["theta"] @ T.T, "VP": T @ stata["S"] @ T.T}
            scalars(inside[3:], places)
        elif line.startswith("nlcom (change:"):
            changes.append(_delta(as_python(line[len("nlcom (change:") : -1]), b, V))
        elif line.startswith("nlcom"):
            products.append(_delta(as_python(line.removeprefix("nlcom ")), b, V))
        else:
            scalars([line], plain)
    return plain, places, products, changes


def _delta(formula, b, V):
    """A function of fixed effects with its delta standard error, as nlcom has it."""
    steps = np.sqrt(np.diag(V)) * 1e-4
    ends = [
        [eval(formula, {"b": b + sign * step * (np.arange(len(b)) == k)}) for sign in (1, -1)]
        for k, step in enumerate(steps)
    ]
    slope = np.array([(up - down) / (2 * step) for (up, down), step in zip(ends, steps, strict=True)])
    return eval(formula, {"b": b}), float(np.sqrt(slope @ V.to_numpy() @ slope))


@pytest.mark.parametrize("model", [model for model in MODELS if model != "on the boundary"])
def test_lines_of_stata_compute_our_gls_numbers(model):
    """On the boundary a correlation may be 1, whose atanh is infinite."""
    med = fitted(model)[1]
    wanted = expected(med)
    for found, ours in zip(run_stata(med), wanted, strict=True):
        if ours is None:
            assert not found
        else:
            assert np.array(found).reshape(-1, 2) == pytest.approx(np.asarray(by_level(ours, med)), rel=1e-8)


# ---- SAS -------------------------------------------------------------------------------------------------------------


def data_step(code, tables, macro):
    """The rows that a data step puts out, from its do loops, arrays, and reads of tables by number."""
    code = re.sub(r"/\*.*?\*/", "", code, flags=re.DOTALL)
    code = re.sub(r"&(\w+)", lambda k: repr(macro[k[1]]), code)
    lines, depth = [], 0
    for statement in (piece.strip() for piece in re.split(r";", code)):
        statement = re.sub(r"\s+", " ", statement)
        put = None
        if array := re.fullmatch(r"array (\w+)\{([\d,]+)\}( \$ \d+)? _temporary_(?: \((.*)\))?", statement):
            name, sizes, text, values = array.groups()
            shape = tuple(int(size) + 1 for size in sizes.split(","))  # from 1
            if text:
                put = f"{name} = [None, *{re.findall(chr(34) + '(.*?)' + chr(34), values)!r}]"
            else:
                put = f"{name} = np.full({shape}, np.nan)"
                if values and values.endswith("*0"):
                    put = f"{name} = np.zeros({shape})"
                elif values:
                    put = f"{name} = [None, {values.replace(' ', ', ')}]"
        elif re.match(r"array column\{", statement) or statement.startswith(("length", "data ", "keep")):
            continue
        elif loop := re.fullmatch(r"do (\w+) = (\d+) to (\d+)( by 2)?", statement):
            put = f"for {loop[1]} in range({loop[2]}, {loop[3]} + 1{', 2' if loop[4] else ''}):"
        elif statement == "end":
            depth -= 1
            continue
        elif statement.startswith("set paths"):
            put = "Estimate = tables['paths'][at - 1]"
        elif statement.startswith("set covb"):
            put = "column = [None, *tables['covb'][at - 1]]"
        elif statement.endswith("output"):
            condition = re.fullmatch(r"(?:if (.*) then )?output", statement)[1]
            row = "(place, indirect, se_indirect, direct, se_direct, total, se_total)"
            put = f"if {condition or True}: rows.append({row})"
        elif statement == "stop":
            break
        elif "=" in statement:
            put = statement.replace("= .", "= np.nan") if statement.endswith("= .") else statement
            put = re.sub(r"\{", "[", re.sub(r"\}", "]", put))
        assert put is not None, statement
        lines.append("    " * depth + put)
        depth += put.endswith(":")
    names = {"np": np, "tables": tables, "rows": [], "sqrt": np.sqrt}
    exec("\n".join(lines), names)
    return names["rows"]


@pytest.mark.parametrize("model", MODELS)
def test_lines_of_sas_compute_our_gls_numbers(model):
    med = fitted(model)[1]
    b, V, G, se_cov = estimates(med)
    code = med.code("SAS")
    terms = re.search(r"model z = (.*?) / noint", code, re.DOTALL)[1].split()
    random = re.search(r"^  random (.*?) /", code, re.MULTILINE)[1].split()
    tables = {"paths": b[terms].to_numpy(), "covb": V.loc[terms, terms].to_numpy()}
    found, at_places, of_changes = [], [], []
    for block in code.split("proc sql noprint;")[1:]:
        macro = {"cab": 0.0, "secab": 0.0}
        for what, name, row in re.findall(
            r'select (\w+) format=best32\. into :(\w+) trimmed from \w+ where Effect = "(\w+)"', block
        ):
            macro[name] = float(b[row] if what == "Estimate" else V.loc[row, terms[int(what[3:]) - 1]])
        for j, i in re.findall(r"UN\((\d),(\d)\)", block):
            macro |= {"cab": float(G.loc[random[int(j) - 1], random[int(i) - 1]]), "secab": float(se_cov)}
        values = {"sqrt": np.sqrt}
        for name, text in re.findall(r"(\w+) = ([^;]*);", block.partition("data effects;")[2].partition("  low")[0]):
            values[name] = eval(re.sub(r"&(\w+)", lambda k, macro=macro: f"({macro[k[1]]!r})", text), {}, values)
        found += [(values[kind], values[f"se_{kind}"]) for kind in ("indirect", "direct", "total")]
        step = re.search(r"^data conditional;.*?^run;", block, re.MULTILINE | re.DOTALL)
        for row in data_step(step[0], tables, macro) if step else []:
            numbers = np.array(row[1:]).reshape(3, 2)
            if np.isnan(numbers[1:]).all():
                of_changes.append(numbers[0])
            else:
                at_places += list(numbers)
    plain, places, _, changes = expected(med)
    assert np.array(found) == pytest.approx(plain.to_numpy(), rel=1e-9)
    if med.spec.moderators:
        assert np.array(at_places) == pytest.approx(np.asarray(by_level(places, med)), rel=1e-9)
        assert np.array(of_changes).reshape(-1, 2) == pytest.approx(np.asarray(by_level(changes, med)), rel=1e-9)


# ---- Mplus -----------------------------------------------------------------------------------------------------------


def labelled(med):
    """Label -> our estimate, found by what the labelled line of the model regresses on what."""
    code = without_comments(med.code("Mplus"), "Mplus")
    b, G = estimates(med)[0], med.fit.cov_re
    made = dict(re.findall(r"^  (\w+) = (\w+)(?: \*|;)", code, re.MULTILINE))  # of a product, its first factor
    roles = dict(zip(re.search(r"NAMES = id (\w+ \w+ \w+)", code)[1].split(), "xmy", strict=True))
    halves = {name: f"s{role}" for name, role in roles.items()}
    values, count = {}, {}
    for outcome, predictor, label in re.findall(r"^  (\w+) ON (\w+) \((\w+)\);", code, re.MULTILINE):
        first = made.get(predictor, predictor)
        product = predictor in made and predictor != "mcopy"
        mean = first.endswith("mean") and first not in roles
        role = roles.get(first, first[0])
        term = f"{halves[outcome]}{role}{'_mean' if mean else ''}"
        if product:  # as many as there are columns of the moderator, in their order
            columns = [c for m in med.moderators if PATHS[term.removesuffix("_mean")] in m.paths for c in m.center]
            k = count[term] = count.get(term, -1) + 1
            term = script_name(f"{term}:{columns[k]}")
        values[label] = b[term]
    for slope, label in re.findall(r"\[(s[abc])\] \((\w+)\);", code):
        values[label] = b[{"sa": "smx", "sb": "sym", "sc": "syx"}[slope]]
    if "(cab)" in code:
        values["cab"] = G.loc["smx", "sym"]
    return values


@pytest.mark.parametrize("model", MODELS)
def test_constraints_of_mplus_are_our_effects(model):
    med = fitted(model)[1]
    code = without_comments(med.code("Mplus"), "Mplus").partition("MODEL CONSTRAINT:")[2]
    named = re.search(r"NEW\((.*?)\);", code, re.DOTALL)[1].split()
    values = labelled(med)
    assert not set(named) & set(values) and max(map(len, [*named, *values])) <= 8
    for name, formula in re.findall(r"^  (\w+) = (.*?);", code, re.MULTILINE | re.DOTALL):
        values[name] = eval(" ".join(formula.split()), {}, values)
    assert set(named) == set(values) - set(labelled(med))
    plain, places, _, changes = expected(med)
    for level in med.levels:
        end, tag = {"within": "w", "between": "b"}.get(level.level, ""), f"{level.level}: " if level.level else ""
        assert values[f"ind{end}"] == pytest.approx(plain.loc[f"{tag}indirect", "estimate"])
        assert values[f"tot{end}"] == pytest.approx(plain.loc[f"{tag}total", "estimate"])
        if not med.spec.moderators:
            continue
        own = places.loc[[tag in str(name) for name in places.index]] if tag else places
        for kind in ("ind", "tot"):
            ours = own["estimate"].iloc[0 if kind == "ind" else 2 :: 3]
            theirs = [values[f"{kind}{end}{k}"] for k in range(1, len(ours) + 1)]
            assert theirs == pytest.approx(ours.to_numpy())
        own = changes.loc[[str(name).startswith(tag) for name in changes.index]]
        theirs = [values[f"chg{end}{k}"] for k in range(1, len(own) + 1)]
        assert theirs == pytest.approx(own["estimate"].to_numpy())


def second_input(med):
    """The input for latent means, out of its comment."""
    after = med.code("Mplus").partition("! ---- A second input")[2]
    lines = [line[2:] for line in after.splitlines() if line.startswith("! ")]
    return "\n".join(lines[next(k for k, line in enumerate(lines) if line.startswith("DATA:")) :])


@pytest.mark.parametrize("model", ["decomposed", "2-1-1", "decomposed, no slope"])
def test_second_input_of_mplus_is_the_model_with_latent_means(model):
    med = fitted(model)[1]
    script = med.code("Mplus")
    assert max(map(len, script.partition("! ---- A second input")[2].splitlines())) <= 90
    code = second_input(med)
    x, m, y = re.search(r"NAMES = id (\w+) (\w+) (\w+)", code).groups()
    lists = {name: re.search(rf"^  {name} = (.*?);", code, re.MULTILINE | re.DOTALL) for name in ("WITHIN", "BETWEEN")}
    listed = {name: found[1].split() if found else [] for name, found in lists.items()}
    latent_x = "x" in med.latent.reliability.index
    assert m not in listed["WITHIN"] and y not in listed["WITHIN"]  # split into latent parts
    assert (x in listed["BETWEEN"]) == (not latent_x) and x not in listed["WITHIN"]
    within, _, between = code.partition("%WITHIN%")[2].partition("MODEL CONSTRAINT")[0].partition("%BETWEEN%")
    paths = {"a": (m, x), "b": (y, m), "c": (y, x)}
    for label, (outcome, predictor) in paths.items():
        assert f"{outcome} ON {predictor} ({label}b);" in between
        assert (f"{outcome} ON {predictor} ({label});" in within) == (latent_x or label == "b")
    slopes = {"sa": ("a", f"{m} ON xdev"), "sb": ("b", f"{y} ON mdev"), "sc": ("cprime", f"{y} ON xdev")}
    random = [slope for slope, (path, _) in slopes.items() if path in med.spec.random]
    for slope in random:
        assert f"{slope} | {slopes[slope][1]};" in within and f"[{slope}@0];" in between
        assert (f"{slope} WITH {x}@0;" in between) == latent_x
    effects = [*random, m, y]
    for pair in itertools.combinations(effects, 2):
        assert (f"{' WITH '.join(pair)}" in between) == (pair != (m, y))
    for name in med.spec.covariates["m"]:  # x has a model, too
        column = re.sub(r"\W", "_", name)[:4]
        assert len(re.findall(rf"^  {x} ON {column}", code, re.MULTILINE)) == (
            len(re.findall(rf"^  {m} ON {column}", code, re.MULTILINE)) if latent_x else 0
        )
    values = {"ab": 2.0, "bb": 3.0, "cb": 5.0, "a": 0.5, "b": 0.25, "c": 0.125, "cab": 0.0625}
    for name, formula in re.findall(r"^  (\w+) = ([^;]*);", code.partition("MODEL CONSTRAINT:")[2], re.MULTILINE):
        values[name] = eval(formula, {}, values)
    assert (values["indb"], values["totb"]) == (6.0, 11.0)
    if latent_x:
        assert values["totw"] == 0.125 + 0.125 + ("sb" in random and "sa" in random) * 0.0625
