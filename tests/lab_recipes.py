"""How each mission of each lab can be reached with its controls, in the order of the missions."""

RECIPES = {
    "paths": [{"a": 0.2, "b": 0.2, "correlation": -0.6}, {"b": 0}],
    "levels": [{"between": -1}, {"between": 0.5}],
    "delta": [{"se": 0.5}, {"se": 0.01, "atr": 1.25}],
}
