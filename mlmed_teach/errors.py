"""The one exception class of the package, and its one warning."""


class MlmedError(ValueError):
    """What is wrong with the input, in which column, cluster or file, and what to do about it."""


class BoundaryWarning(UserWarning):
    """The optimum lies on the boundary of the parameter space, where standard errors are those of moves along it."""
