"""Whether outdated facts will do. A chain asks all its members for fresh ones before it takes an outdated one from any:
a live answer of the second is worth more than yesterday's of the first.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

Asking = Literal["either", "fresh", "kept"]
"""`either`: fresh, else outdated. `fresh`: an outdated one is none. `kept`: nobody is called, what is kept will do."""

_asking: ContextVar[Asking] = ContextVar("asking", default="either")


def asking() -> Asking:
    return _asking.get()


@contextmanager
def only(what: Asking) -> Iterator[None]:
    """For everything that is asked within."""
    token = _asking.set(what)
    try:
        yield
    finally:
        _asking.reset(token)
