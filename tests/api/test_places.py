"""Names of places, looked up once."""

import asyncio

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
