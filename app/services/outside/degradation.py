"""Whether a result is degraded: made without something that a provider may give the next time. Each failure is recorded
where it happens, and whoever decides how long the result is kept asks for all of them. Failures in tasks that the work
has started count as well.
"""

from contextvars import ContextVar

_providers: ContextVar[list[str] | None] = ContextVar("degraded_by", default=None)


def track_degradation() -> list[str]:
    """A list that grows by the name of each provider that fails the current task from now on."""
    providers: list[str] = []
    _providers.set(providers)
    return providers


def record_degradation(provider: str) -> None:
    """That provider has failed the current task; without effect where nobody tracks it."""
    providers = _providers.get()
    if providers is not None:
        providers.append(provider)
