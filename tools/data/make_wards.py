"""Make data/wards.csv, the second file of lesson 10, from a seed: simulated, small, and untidy.

    python -m tools.data.make_wards               write data/wards.csv anew, the same file every time
    python -m tools.data.make_wards --out PATH    another file

No real person stands behind a row. One row is one nurse: support from the head of the ward, energy after a shift, and
quality of care, each rated from 1 to 7. The wards are of three hospitals, each of which numbers its own from 1.

What was planted (TRUTH below), with S and E for a ward's usual support and energy:

* energy = 4 + u + .80 (S - 4) + a_j (support - S) + e, sd(u) = .4, sd(e) = .7
* quality = 4 + v + .50 (E - 4) + .10 (S - 4) + b_j (energy - E) + .10 (support - S) + e, sd(v) = .3, sd(e) = .6
* a_j has mean .40 and sd .25 over wards, b_j has mean .45 and sd .25; their correlation is .5. The direct effect is the
  same in all wards. So within wards the average indirect effect is .40 * .45 + .03125 = .211
* support has sd .6 between wards and 1 within

36 wards of 2 to 24 nurses. What was spoiled then (`spoil`): 99 stands for "no answer", in energy and in quality; one
hospital is written in three ways; one nurse's row came twice; the last row is the mean of the columns.

The seed was picked: of the seeds 1 to 40, among those with which the model with all slopes random (within and between
wards apart) ends on the boundary and the one with random a and b inside, it is the one whose average indirect effect
within wards lies nearest to the planted one. Another draw would miss it by a standard error or so.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from tools.data import DATA

CSV = DATA / "wards.csv"
SEED = 25
HOSPITALS = {"North": 14, "South": 12, "West": 10}
SPELLINGS = ("West", "west", "West ")
NO_ANSWER = 99

TRUTH = {
    "a": 0.40,
    "b": 0.45,
    "cprime": 0.10,
    "sd a": 0.25,
    "sd b": 0.25,
    "cov_ab": 0.03125,
    "between: a": 0.80,
    "between: b": 0.50,
    "between: cprime": 0.10,
}


def draw(seed=SEED):
    """The table as it should be: one row for each nurse, NaN where an answer is missing.

    Parameters
    ----------
    seed : int

    Returns
    -------
    DataFrame
        hospital, ward, nurse, support, energy, quality.
    """
    rng = np.random.default_rng(seed)
    t, wards = TRUTH, sum(HOSPITALS.values())
    sizes = np.clip(np.round(np.exp(rng.normal(2.0, 0.7, wards))).astype(int), 2, 24)
    j, n = np.repeat(np.arange(wards), sizes), sizes.sum()
    usual = 4 + 0.6 * rng.standard_normal(wards)
    support = np.clip(usual[j] + rng.standard_normal(n), 1, 7).round(1)
    shared, own = rng.standard_normal((2, wards))
    r = t["cov_ab"] / (t["sd a"] * t["sd b"])
    a = t["a"] + t["sd a"] * shared
    b = t["b"] + t["sd b"] * (r * shared + np.sqrt(1 - r**2) * own)
    u, v = rng.standard_normal((2, wards)) * [[0.4], [0.3]]
    usual_energy = 4 + u + t["between: a"] * (usual - 4)
    more = support - usual[j]
    energy = np.clip(usual_energy[j] + a[j] * more + 0.7 * rng.standard_normal(n), 1, 7).round(1)
    quality = 4 + v + t["between: b"] * (usual_energy - 4) + t["between: cprime"] * (usual - 4)
    quality = quality[j] + t["cprime"] * more + b[j] * (energy - usual_energy[j]) + 0.6 * rng.standard_normal(n)
    table = pd.DataFrame(
        {
            "hospital": np.repeat(list(HOSPITALS), list(HOSPITALS.values()))[j],
            "ward": np.concatenate([np.arange(1, count + 1) for count in HOSPITALS.values()])[j],
            "nurse": np.arange(1, n + 1),
            "support": support,
            "energy": np.where(rng.random(n) < 0.02, np.nan, energy),
            "quality": np.where(rng.random(n) < 0.02, np.nan, np.clip(quality, 1, 7).round(1)),
        }
    )
    return table


def spoil(table, seed=SEED):
    """`table` with all its dirt, as it stands in the file.

    Parameters
    ----------
    table : DataFrame
        From `draw`.
    seed : int

    Returns
    -------
    DataFrame
    """
    rng = np.random.default_rng([seed, 2])
    spoiled = table.fillna(NO_ANSWER)
    west = spoiled["hospital"] == "West"
    spoiled.loc[west, "hospital"] = rng.choice(SPELLINGS, west.sum(), p=[0.7, 0.2, 0.1])
    again = int(rng.integers(20, len(table) - 20))
    spoiled = spoiled.iloc[[*range(again + 1), *range(again, len(table))]]
    columns = ["support", "energy", "quality"]
    means = {"hospital": "Mean", **spoiled[columns].mean().round(2)}
    return pd.concat([spoiled.astype({"ward": object, "nurse": object}), pd.DataFrame([means])], ignore_index=True)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=CSV, metavar="PATH", help="the file (default: data/wards.csv)")
    options = parser.parse_args(argv)
    spoil(draw()).to_csv(options.out, index=False, lineterminator="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
