"""Write the tables that reference.R fits: seeded simulations of our own, with shuffled rows."""

from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
FIXED = {"d_M": 0.2, "a": 0.6, "d_Y": -0.1, "b": 0.5, "c'": 0.2}
VARIANCES = (0.5, 0.25, 0.4, 0.25, 0.2)  # over clusters, in the order of FIXED


def table(
    rng: np.random.Generator,
    sizes: np.ndarray,
    variances: tuple[float, ...] = VARIANCES,
    corr_ab: float = 0.4,
    sd_m: float = 0.9,
    sd_y: float = 0.6,
    between: float = 0.0,
) -> pd.DataFrame:
    """A 1-1-1 table with random paths. Between clusters, a and b are larger than within by `between`, c' is smaller."""
    J, n = len(sizes), int(np.sum(sizes))
    cluster = np.repeat(np.arange(J), sizes)
    corr = np.eye(5)
    corr[1, 3] = corr[3, 1] = corr_ab
    root = np.linalg.cholesky(corr) * np.sqrt(variances)[:, None]
    d_M, a, d_Y, b, c = (np.array(list(FIXED.values())) + rng.normal(size=(J, 5)) @ root.T)[cluster].T
    x = rng.normal(0.5, 0.8, J)[cluster] + rng.normal(size=n)
    m = d_M + a * x + between * _mean(x, cluster) + rng.normal(scale=sd_m, size=n)
    y = d_Y + b * m + c * x + between * _mean(m - x, cluster) + rng.normal(scale=sd_y, size=n)
    return pd.DataFrame({"id": cluster, "x": x, "m": m, "y": y})


def _mean(values: np.ndarray, cluster: np.ndarray) -> np.ndarray:
    """Each row's cluster mean."""
    return (np.bincount(cluster, values) / np.bincount(cluster))[cluster]


def with_covariates(rng: np.random.Generator, frame: pd.DataFrame) -> pd.DataFrame:
    """Add w, which goes along with x, and grade, which does not; both matter for m and for y."""
    w = 2.0 + 0.4 * frame["x"] + rng.normal(size=len(frame))
    grade = rng.choice(["a", "b", "c"], len(frame), p=[0.5, 0.3, 0.2])
    m = frame["m"] + 0.3 * w + 0.5 * (grade == "b")
    y = frame["y"] + 0.5 * (m - frame["m"]) - 0.2 * w - 0.4 * (grade == "c")
    return frame.assign(m=m, y=y, w=w, grade=grade)


def with_cluster_covariate(rng: np.random.Generator, frame: pd.DataFrame) -> pd.DataFrame:
    """Add a w that is the same for all rows of a cluster."""
    w = rng.normal(size=frame["id"].max() + 1)[frame["id"]]
    return frame.assign(y=frame["y"] + 0.3 * w, w=w)


def centred(frame: pd.DataFrame) -> pd.DataFrame:
    """x, m and y as deviations from their cluster means; made of six decimals, so that these are 0 to rounding."""
    means = {name: _mean(frame[name].to_numpy(), frame["id"].to_numpy()) for name in "xmy"}
    return frame.assign(**{name: frame[name] - mean for name, mean in means.items()})


def without_y(rng: np.random.Generator, frame: pd.DataFrame) -> pd.DataFrame:
    """y is missing more often the larger m is, and in one cluster altogether."""
    gone = rng.random(len(frame)) < 1 / (1 + np.exp(1.5 - frame["m"]))
    return frame.assign(y=frame["y"].mask(gone | (frame["id"] == 3)))


def tables() -> dict[str, pd.DataFrame]:
    """The tables by name. Seeds of few, near_singular and boundary are such that the optimum is where it should be."""
    sizes = np.random.default_rng(100)
    rng = np.random.default_rng
    scale = table(rng(8), np.full(50, 8))
    return {
        "balanced": table(rng(1), np.full(60, 6)),
        "unbalanced": with_covariates(rng(21), table(rng(2), np.append(sizes.integers(2, 16, 45), np.ones(6, int)))),
        "few": table(rng(55), np.full(8, 12), variances=(0.5, 0.5, 0.6, 0.5, 0.4)),
        "near_singular": table(rng(40), np.full(70, 9), corr_ab=0.95),
        "boundary": table(rng(5), np.full(14, 5), variances=(0.5, 0.0, 0.3, 0.0, 0.0)),
        "precise_mediator": table(rng(11), sizes.integers(4, 11, 50), sd_m=0.4, sd_y=0.8),
        "levels": with_cluster_covariate(rng(71), table(rng(7), sizes.integers(3, 12, 60), between=0.4)),
        "scale": scale.assign(x=1e-3 * scale["x"], y=1e6 + 1e4 * scale["y"]),
        "many": table(rng(9), np.full(300, 5)),
        "singles": table(rng(10), np.append(np.ones(50, int), sizes.integers(4, 10, 50))),
        "centred": centred(table(rng(12), sizes.integers(8, 15, 60))),
        "missing_y": without_y(rng(13), table(rng(14), sizes.integers(5, 12, 60))),
    }


NUMBERED = {"few": 1, "precise_mediator": 1000, "many": 0, "scale": -20}  # ids are integers from here on, else text
DECIMALS = {"scale": {"x": 9, "m": 6, "y": 2}}

if __name__ == "__main__":
    for k, (name, frame) in enumerate(tables().items()):
        first = NUMBERED.get(name)
        ids = [f"c{j:02d}" for j in frame["id"]] if first is None else frame["id"] + first
        frame = frame.assign(id=ids).iloc[np.random.default_rng([k, 200]).permutation(len(frame))]
        frame.round(DECIMALS.get(name, 6)).to_csv(HERE / f"{name}.csv", index=False, lineterminator="\n")
