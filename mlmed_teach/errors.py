"""The one exception class of the package."""


class MlmedError(ValueError):
    """What is wrong with the input, in which column, cluster or file, and what to do about it."""
