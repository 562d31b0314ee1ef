"""Make data/diary.csv, the diary of lesson 10, from a seed: simulated, and dirty in ways that real exports are.

    python -m tools.data.make_diary               write data/diary.csv anew, the same file every time
    python -m tools.data.make_diary --out PATH    another file

No real person stands behind a row. One row is one morning of one student: stress of the day before (0 to 10), hours of
sleep (to a quarter of an hour), mood now (0 to 10), whether it is a weekend, the student's year of study.

What was planted, with S and M for a student's usual stress and usual sleep (TRUTH below):

* sleep = 7.2 + u - .10 (S - 5) + a_j (stress - S) + .6 weekend - .2 or .4 (second, third year) + e, sd(e) = .8
* M is 7.2 + u - .10 (S - 5) - .2 or .4: sleep without that day's stress, weekend and chance
* mood = 5.2 + v - .30 (S - 5) + 1.00 (M - 7.2) - .15 (stress - S) + b_j (sleep - M) + .3 weekend + e, sd(e) = .7
* a_j has mean -.30 and sd .20 over students, b_j has mean .50 and sd .30; their correlation is .6, so that
  cov(a_j, b_j) = .036. The direct effect is the same for all students. sd(u) = .5, sd(v) = .6
* so within students the average indirect effect is -.30 * .50 + .036 = -.114, the total effect -.264; between students
  the indirect effect is -.10 * 1.00 = -.10, the direct one -.30
* stress has sd 1.2 between students and 1.5 within, and is .8 lower on weekends

60 students, S01 to S60: 57 with 4 to 14 mornings out of a fortnight, three with one. What was spoiled then (`spoil`):

* a European export: semicolons between the columns, commas for decimal points
* missing values as "n/a", as nothing and as "-"; one student (S23) has no sleep at all
* ids in small letters or with blanks around them
* three students write hours with their unit, "7,5 h"
* a sleep of 75 hours (a lost comma; it was 7.5), and a stress of 999 (another program's code for missing), twice
* one row exactly twice, another one twice with its id spelled in two ways
* `wave` is the same in all rows, and nobody needs `comment`

The seed was picked. Of the seeds 1 to 40 those were considered for which no mood leaves its scale, the model with all
slopes random ends on the boundary, and the model with random a and b ends inside, with and without any single student;
of these, it is the one whose average effects lie nearest to the planted ones. Another draw would miss them by a
standard error or so.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from tools.data import DATA

CSV = DATA / "diary.csv"
SEED = 30
STUDENTS, ONCE, NO_SLEEP = 60, (14, 38, 57), 23
WITH_UNIT = ("S01", "S19", "S42")
YEARS = ("first", "second", "third")
COMMENTS = ("", "", "", "", "", "", "exam", "müde", "party", "late café", "sick", "train at 6")

TRUTH = {
    "a": -0.30,
    "b": 0.50,
    "cprime": -0.15,
    "sd a": 0.20,
    "sd b": 0.30,
    "cov_ab": 0.036,
    "indirect": -0.114,
    "total": -0.264,
    "between: a": -0.10,
    "between: b": 1.00,
    "between: cprime": -0.30,
    "weekend on sleep": 0.6,
    "weekend on mood": 0.3,
}


def draw(seed=SEED):
    """The diary as it should be: one row for each morning, NaN where an answer is missing.

    Parameters
    ----------
    seed : int

    Returns
    -------
    DataFrame
        student, day, stress, sleep, mood, weekend, year, wave, comment; sorted by student and day.
    """
    rng = np.random.default_rng(seed)
    mornings = rng.integers(4, 15, STUDENTS)
    mornings[np.array(ONCE) - 1] = 1
    day = np.concatenate([np.sort(rng.permutation(14)[:n]) + 1 for n in mornings])
    j = np.repeat(np.arange(STUDENTS), mornings)
    n = len(j)
    weekend = ((day + rng.integers(0, 7, STUDENTS)[j]) % 7 >= 5).astype(int)
    year = rng.integers(0, 3, STUDENTS)
    t = TRUTH

    usual_stress = 5 + 1.2 * rng.standard_normal(STUDENTS)
    stress = usual_stress[j] - 0.8 * weekend + 1.5 * rng.standard_normal(n)
    stress = np.clip(stress, 0, 10).round(1)
    shared, own = rng.standard_normal((2, STUDENTS))
    correlation = t["cov_ab"] / (t["sd a"] * t["sd b"])
    a = t["a"] + t["sd a"] * shared
    b = t["b"] + t["sd b"] * (correlation * shared + np.sqrt(1 - correlation**2) * own)
    u, v = rng.standard_normal((2, STUDENTS)) * [[0.5], [0.6]]
    usual_sleep = 7.2 + u + t["between: a"] * (usual_stress - 5) - 0.2 * year
    more_stress = stress - usual_stress[j]
    sleep = usual_sleep[j] + a[j] * more_stress + t["weekend on sleep"] * weekend + 0.8 * rng.standard_normal(n)
    sleep = np.round(4 * sleep) / 4
    mood = 5.2 + v + t["between: cprime"] * (usual_stress - 5) + t["between: b"] * (usual_sleep - 7.2)
    mood = mood[j] + t["cprime"] * more_stress + b[j] * (sleep - usual_sleep[j]) + t["weekend on mood"] * weekend
    mood = (mood + 0.7 * rng.standard_normal(n)).round(1)

    table = pd.DataFrame({"student": [f"S{k + 1:02d}" for k in j], "day": day})
    for name, values in (("stress", stress), ("sleep", sleep), ("mood", mood)):
        table[name] = np.where(rng.random(n) < 0.02, np.nan, values)
    table.loc[j == NO_SLEEP - 1, "sleep"] = np.nan
    table["weekend"] = weekend
    table["year"] = np.array(YEARS)[year][j]
    table["wave"] = 1
    table["comment"] = np.array(COMMENTS)[rng.integers(0, len(COMMENTS), n)]
    return table


def spoil(table, seed=SEED):
    """The rows of the file as text: `table` with all its dirt.

    Parameters
    ----------
    table : DataFrame
        From `draw`.
    seed : int

    Returns
    -------
    list of list of str
        The first is the header.
    """
    rng = np.random.default_rng([seed, 2])
    n = len(table)
    values = table[["stress", "sleep", "mood"]].to_numpy()
    text = table.astype(object)
    for name, holes in (("stress", ("", "n/a")), ("sleep", ("n/a", "")), ("mood", ("", "-"))):
        hole = np.array(holes)[rng.integers(0, len(holes), n)]
        text[name] = [comma(value) if value == value else gap for value, gap in zip(table[name], hole, strict=True)]
    unit = table["student"].isin(WITH_UNIT) & table["sleep"].notna()
    text.loc[unit, "sleep"] += " h"

    complete = np.flatnonzero(np.isfinite(values).all(1) & ~unit)
    lost_comma = rng.choice(complete[table["sleep"].iloc[complete] == 7.5])
    text.loc[lost_comma, "sleep"] = "75"
    gaps = rng.choice(np.flatnonzero(table["stress"].isna() & table["sleep"].notna()), 2, replace=False)
    text.loc[gaps, "stress"] = "999"

    styles = (str.lower, lambda who: f"{who} ", lambda who: f" {who}", lambda who: f"{who.lower()} ")
    for row in rng.choice(np.flatnonzero(table["day"] > 2), 16, replace=False):
        text.loc[row, "student"] = styles[rng.integers(len(styles))](table["student"][row])
    rows = [list(map(str, row)) for row in text.itertuples(index=False)]
    plain = complete[(text["student"] == table["student"]).to_numpy()[complete]]
    exact, respelled = sorted(map(int, rng.choice(plain[plain > n // 3], 2, replace=False)))
    again = [rows[respelled][0].lower(), *rows[respelled][1:]]
    rows[respelled + 1 : respelled + 1] = [again]
    rows[exact + 1 : exact + 1] = [rows[exact]]
    return [list(table.columns), *rows]


def comma(number):
    """A number as its shortest text, with a decimal comma."""
    return f"{number:g}".replace(".", ",")


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=CSV, metavar="PATH", help="the file (default: data/diary.csv)")
    options = parser.parse_args(argv)
    lines = [";".join(row) for row in spoil(draw())]
    options.out.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
