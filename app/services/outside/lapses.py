"""Whether a piece of work had to do without something that a provider may give the next time: noted where it happens,
asked by whoever decides how long the result is good for. Work that it starts in tasks of its own counts with it.
"""

from contextvars import ContextVar

_noted: ContextVar[list[str] | None] = ContextVar("noted", default=None)


def noted_from_here() -> list[str]:
    """The providers that fail this task from now on, as it happens."""
    lapses: list[str] = []
    _noted.set(lapses)
    return lapses


def note(provider: str) -> None:
    lapses = _noted.get()
    if lapses is not None:
        lapses.append(provider)
