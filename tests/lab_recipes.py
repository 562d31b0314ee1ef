"""How each mission of each lab can be reached with its controls, in the order of the missions.

A recipe is a dict, control -> value, or a list of pairs where a control moves twice; a button that is pressed has the
value None.
"""

from pathlib import Path

ML_SIM = str(Path(__file__).resolve().parents[1] / "data" / "ml_sim.csv")  # wherever a kernel runs
DRAWN_20 = [("draw_20", None)]

RECIPES = {
    "paths": [{"a": 0.2, "b": 0.2, "correlation": -0.6}, {"b": 0}],
    "confounding": [{"rho": 0.45}, {"rho": 0.66}, {"on_y": 0.8, "b": 0}],
    "levels": [{"between": -1}, {"between": 0.5}],
    "sampling": [
        [("shape", "skewed"), *DRAWN_20 * 7],
        [("clusters", 50), ("size", 4), *DRAWN_20, ("clusters", 10), ("size", 20), *DRAWN_20],
    ],
    "planning": [
        {"clusters": 90, "size": 5},
        [("clusters", 16), ("size", 20), ("keep", None), ("clusters", 64), ("size", 5)],
        [("clusters", 20), ("size", 4), ("run", None), ("run", None)],
    ],
    "own_data": [{"path": ML_SIM, "run": None}, {"random": ("a", "b"), "run": None}],
    "delta": [{"se": 0.5}, {"se": 0.01, "atr": 1.25}],
    "intervals": [{"a": 2.1, "b": 2.1, "correlation": -0.7}, {"a": 2.4, "b": 2.4}],
    "likelihood": [{"value": 0.1}, {"times": 4}],
    "moderation": [
        {"a_by_w": 0.3, "cov": -0.1},
        {"a_by_w": 0.4, "b_by_w": 0.25, "w": -1.6},
        {"a_by_w": 0.05, "b_by_w": -0.2},
    ],
    "reshape": [
        {"holds": "y"},
        {"holds": "y", "swapped": True},
        [("holds", "y"), ("swapped", True), ("swapped", False)],
    ],
}


def steps(recipe):
    """Its pairs (control, value), in order."""
    return list(recipe.items()) if isinstance(recipe, dict) else recipe
