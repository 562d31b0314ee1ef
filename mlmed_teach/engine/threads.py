"""One BLAS thread for small matrices: spread over all cores, their products are often ten times slower."""

from contextlib import AbstractContextManager
from functools import cache

from threadpoolctl import ThreadpoolController


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()  # looks for the libraries, which takes a few milliseconds


def one_blas_thread() -> AbstractContextManager:
    """A context in which linear algebra keeps to one thread."""
    return _controller().limit(limits=1, user_api="blas")
