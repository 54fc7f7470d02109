"""Names of places, looked up once."""

import asyncio
from typing import Any

import httpx2
import pytest

from app.api import places
from app.api.errors import FieldError

pytestmark = pytest.mark.anyio


async def test_a_name_that_was_asked_for_before_needs_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "_remembered", {})
    first = await places.known_places(destination="Lisbon", origin="Berlin")

    async def refuse(*_: object) -> None:
        raise AssertionError("a thread was asked")

    monkeypatch.setattr(asyncio, "to_thread", refuse)
    assert await places.known_places(destination="Lisbon", origin="Berlin") == first


async def test_not_more_names_are_remembered_than_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "_remembered", {})
    monkeypatch.setattr(places, "REMEMBER_AT_MOST", 2)
    for name in ("Lisbon", "Berlin", "Rome", "Oslo", "Paris"):
        assert name in await places.known_places(destination=name)
        assert len(places._remembered) <= 2


async def test_a_name_that_is_none_is_refused_each_time() -> None:
    for _ in range(2):
        with pytest.raises(FieldError):
            await places.known_places(destination="Nowhere at all 123")


async def test_a_plan_needs_no_thread(
    client: httpx2.AsyncClient, trip: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The framework gives what is not async to one; each would cost a plan more than all of Redis."""
    assert (await client.post("/api/v1/plan-trip", json=trip)).status_code == 200

    async def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a thread was asked")

    monkeypatch.setattr("anyio.to_thread.run_sync", refuse)
    monkeypatch.setattr("starlette.concurrency.run_in_threadpool", refuse)
    monkeypatch.setattr("fastapi.dependencies.utils.run_in_threadpool", refuse)
    monkeypatch.setattr(places, "resolve_place", refuse)
    assert (await client.post("/api/v1/plan-trip", json=trip)).json()["status"] == "completed"
