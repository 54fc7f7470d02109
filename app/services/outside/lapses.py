"""Whether a piece of work had to do without something that a provider may give the next time: noted where it happens,
asked by whoever decides how long the result is good for. Work that it starts in tasks of its own counts with it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_noted: ContextVar[list[str] | None] = ContextVar("noted", default=None)


@contextmanager
def noting() -> Iterator[list[str]]:
    """The providers that failed the work within, as it happens."""
    lapses: list[str] = []
    token = _noted.set(lapses)
    try:
        yield lapses
    finally:
        _noted.reset(token)


def note(provider: str) -> None:
    lapses = _noted.get()
    if lapses is not None:
        lapses.append(provider)
