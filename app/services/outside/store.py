"""Where providers' answers and the counts of their calls are kept, for all replicas; a worker root hands in Redis."""

from collections.abc import Awaitable
from typing import Protocol


class FactStore(Protocol):
    """Raises RoundTableError where it is away for the moment; whoever asks goes on without."""

    async def get(self, owner: str, digest: str) -> bytes | None:
        """What was put there; None where nothing is, or its time is over."""
        ...

    def put(self, owner: str, digest: str, raw: bytes, ttl_s: int) -> Awaitable[None]: ...

    async def count_call(self, owner: str, period: str, ttl_s: int) -> int:
        """How many calls there were in that period (`2026-11-29`, `2026-11`), with this one. Kept for `ttl_s` more."""
        ...

    async def take_turn(self, owner: str, interval_ms: int) -> float:
        """0 where it is our turn, which then is over for everybody for so long; else seconds until somebody's is."""
        ...

    async def end_turn(self, owner: str) -> None:
        """Somebody else's turn may come at once."""
        ...


class NoStore:
    """Remembers nothing: for a look from outside any fleet, such as the doctor's."""

    async def get(self, owner: str, digest: str) -> bytes | None:
        return None

    async def put(self, owner: str, digest: str, raw: bytes, ttl_s: int) -> None:
        return None

    async def count_call(self, owner: str, period: str, ttl_s: int) -> int:
        return 1

    async def take_turn(self, owner: str, interval_ms: int) -> float:
        return 0.0

    async def end_turn(self, owner: str) -> None:
        return None
