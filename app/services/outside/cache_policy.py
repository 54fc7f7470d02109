"""What the cache may be used for while a chain asks its providers. A chain first asks all of them for fresh answers,
and takes an outdated one only where none has any: a live answer of the second is worth more than yesterday's of the
first.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

CachePolicy = Literal["stale_if_error", "fresh_only", "cache_only"]
"""`stale_if_error`: an outdated entry will do where the provider fails. `fresh_only`: the provider's error is raised
even where there is an outdated entry. `cache_only`: the provider is not called; an entry will do, outdated or not."""

_policy: ContextVar[CachePolicy] = ContextVar("cache_policy", default="stale_if_error")


def current_policy() -> CachePolicy:
    return _policy.get()


@contextmanager
def cache_policy(policy: CachePolicy) -> Iterator[None]:
    """Holds for every question that is asked within, also by tasks that are started within."""
    token = _policy.set(policy)
    try:
        yield
    finally:
        _policy.reset(token)
