"""How each mission of each lab can be reached with its controls, in the order of the missions.

A tuple is the values that a control gets one after the other.
"""

RECIPES = {
    "paths": [{"a": 0.2, "b": 0.2, "correlation": -0.6}, {"b": 0}],
    "delta": [{"se": 0.5}, {"se": 0.01, "atr": 1.25}],
    "intervals": [{"a": 2.1, "b": 2.1, "correlation": -0.7}, {"a": 2.4, "b": 2.4}],
    "likelihood": [{"value": 0.1}, {"times": 4}],
    "reshape": [{"holds": "y"}, {"holds": "y", "swapped": True}, {"holds": "y", "swapped": (True, False)}],
}


def moves(recipe):
    """(name of a control, its new value), in turn."""
    return [(name, one) for name, value in recipe.items() for one in (value if isinstance(value, tuple) else (value,))]
