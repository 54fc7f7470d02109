"""A stand-in for a provider, and what a worker's providers share, on a store in Redis' place."""

from collections.abc import AsyncIterator

import pytest

from app.services.outside.provider_hub import ProviderHub
from tests.services.stand_in import StandIn, stand_in


class MemoryStore:
    """Keeps what it is given; nothing expires, `take_turn` counts by the calls."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], bytes] = {}
        self.ttls_s: dict[tuple[str, str], int] = {}
        self.calls: dict[tuple[str, str], int] = {}
        self.turns: list[str] = []

    async def get(self, owner: str, digest: str) -> bytes | None:
        return self.entries.get((owner, digest))

    async def put(self, owner: str, digest: str, raw: bytes, ttl_s: int) -> None:
        self.entries[owner, digest] = raw
        self.ttls_s[owner, digest] = ttl_s

    async def count_call(self, owner: str, period: str, ttl_s: int) -> int:
        self.calls[owner, period] = self.calls.get((owner, period), 0) + 1
        return self.calls[owner, period]

    async def take_turn(self, owner: str, interval_ms: int) -> float:
        # Turns of one question among processes have its digest; the others are a provider's pace.
        if len(owner.rpartition("-")[2]) < 32:
            self.turns.append(owner)
        return 0.0

    async def end_turn(self, owner: str) -> None:
        return None


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
async def provider() -> AsyncIterator[StandIn]:
    async with stand_in() as server:
        yield server


@pytest.fixture
async def hub(store: MemoryStore) -> AsyncIterator[ProviderHub]:
    shared = ProviderHub(store, "Ringmaster Round Table/test")
    yield shared
    await shared.aclose()
