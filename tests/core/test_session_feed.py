"""Viewers of one session share one feed: whoever comes, leaves, comes back or sleeps sees the log, whole and once."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.session_feeds import SessionFeeds
from app.core.session_timeline import MAX_LAG_EVENTS, LogEvent
from app.core.state import SessionState
from app.messaging import channels, events
from app.messaging.broker import Broker
from app.messaging.errors import RedisUnavailableError
from app.messaging.protocols import encode_message, new_id
from app.messaging.subscriptions import Subscriptions
from tests.conftest import Bus, Logged
from tests.fake_redis import fake_redis
from tests.scripted_agents import fan_in_workflow
from tests.waiting import wait_until

pytestmark = pytest.mark.anyio

WORKFLOW = fan_in_workflow(("a", "b"), "z")
STARTED = b'{"type":"started"}'
ENDED = b'{"type":"completed","status":"completed"}'


@dataclass
class Gateway:
    """As much of one as viewers need."""

    broker: Broker
    subscriptions: Subscriptions
    feeds: SessionFeeds

    def follow(self, session_id: str, after: str = "") -> Any:
        return self.feeds.follow(SessionState.opened(session_id, WORKFLOW, {}, datetime.now(UTC), 60), after)

    async def story(self, session_id: str, after: str = "") -> list[LogEvent]:
        return [event async for event in self.follow(session_id, after)]

    async def cut_connection(self) -> None:
        self.subscriptions._connection.drop("cut by the test")


@asynccontextmanager
async def watching(bus: Bus) -> AsyncIterator[Gateway]:
    broker = bus.broker()
    subscriptions = broker.subscriptions({channels.HEALTH: lambda _, raw: None})
    subscriptions.start()
    await wait_until(lambda: subscriptions.is_connected)
    gateway = Gateway(broker, subscriptions, SessionFeeds(broker, subscriptions))
    try:
        yield gateway
    finally:
        await gateway.feeds.aclose()
        await subscriptions.aclose()


class Session:
    """A session whose log the test writes. `ids`: those of its entries."""

    def __init__(self, bus: Bus) -> None:
        self.id = new_id()
        self.key = channels.session_log(self.id)
        self.client: Any = bus.make_client()
        self.ids: list[str] = []
        self._broker = bus.broker()

    async def append(self, event: bytes, is_final: bool = False) -> None:
        if not self.ids:
            appended = await self._broker.open_log(self.id, event, request=b"", ttl_s=60)
        elif is_final:
            appended = await self._broker.end_log(self.id, event, ttl_s=60)
        else:
            appended = await self._broker.append(self.id, event)
        self.ids.append(appended.entry_id)

    async def open(self, steps: int = 0) -> None:
        await self.append(STARTED)
        await self.work(steps)

    async def work(self, steps: int) -> None:
        for number in range(steps):
            await self.append(events.progress("a", "r", f"step {number}", number % 101))

    async def end(self) -> None:
        await self.append(ENDED, is_final=True)

    async def subscribers(self) -> int:
        return int((await self.client.pubsub_numsub(self.key))[0][1])

    async def is_left(self) -> bool:
        return await self.subscribers() == 0


@asynccontextmanager
async def session_on(bus: Bus, steps: int = 0) -> AsyncIterator[Session]:
    session = Session(bus)
    await session.open(steps)
    try:
        yield session
    finally:
        await session.client.aclose()


def ids(story: Sequence[LogEvent]) -> list[str]:
    return [event.entry_id for event in story]


async def stories(tasks: Sequence["asyncio.Task[list[LogEvent]]"]) -> list[list[LogEvent]]:
    return await asyncio.wait_for(asyncio.gather(*tasks), 20)


# ---- many viewers, one feed


@pytest.mark.rows("S0-133", "S3-41")
async def test_a_thousand_viewers_cost_one_subscription_and_see_the_same(bus: Bus) -> None:
    async with watching(bus) as gateway, session_on(bus, 3) as session:
        tasks = [asyncio.create_task(gateway.story(session.id)) for _ in range(1000)]
        await wait_until(session.subscribers)
        await session.work(17)
        assert await session.subscribers() == 1
        await session.end()
        told = await stories(tasks)
        assert ids(told[0]) == session.ids
        assert all(story == told[0] for story in told)
        assert told[0][-1].event["overall_percent"] == 100
        await wait_until(session.is_left)
        assert gateway.feeds.watched(session.id) is None


async def test_each_event_is_encoded_once_for_all_viewers(fake_bus: Bus) -> None:
    encoded: list[str] = []

    def encode(event: LogEvent) -> bytes:
        encoded.append(event.entry_id)
        return json.dumps(event.event).encode()

    async def frames(gateway: Gateway, session: Session) -> list[bytes]:
        return [event.encoded(encode) async for event in gateway.follow(session.id)]

    async with watching(fake_bus) as gateway, session_on(fake_bus, 3) as session:
        tasks = [asyncio.create_task(frames(gateway, session)) for _ in range(20)]
        await session.end()
        told = await asyncio.gather(*tasks)
        assert all(story == told[0] for story in told)
        assert encoded == session.ids


@pytest.mark.rows("S0-133")
async def test_the_last_viewer_takes_everything_along(bus: Bus) -> None:
    async with watching(bus) as gateway, session_on(bus) as session:
        before = len(asyncio.all_tasks())
        tasks = [asyncio.create_task(gateway.story(session.id)) for _ in range(100)]
        await wait_until(session.subscribers)
        for task in tasks[1:]:
            task.cancel()
        await asyncio.wait(tasks[1:])
        await session.end()
        assert ids(await tasks[0]) == session.ids, "the one who stayed was not disturbed"
        await wait_until(session.is_left)
        await wait_until(lambda: len(asyncio.all_tasks()) <= before)


@pytest.mark.rows("S0-133")
async def test_a_running_sessions_feed_ends_when_nobody_watches(bus: Bus) -> None:
    async with watching(bus) as gateway, session_on(bus) as session:
        before = len(asyncio.all_tasks())
        for _ in range(5):
            viewer = gateway.follow(session.id)
            await anext(viewer)
            await viewer.aclose()
            assert gateway.feeds.watched(session.id) is None
        await wait_until(session.is_left)
        await wait_until(lambda: len(asyncio.all_tasks()) <= before)


@pytest.mark.integration
@pytest.mark.rows("S0-133")
async def test_viewers_that_leave_while_the_connection_is_away_leave_nothing_behind(
    real_bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """(fakeredis keeps the subscriptions of a connection that is gone.)"""
    monkeypatch.setattr("app.messaging.connection.RETRY_PAUSE_S", 0.01)
    monkeypatch.setattr("app.messaging.subscriptions.RETRY_PAUSE_S", 0.01)
    monkeypatch.setattr("app.core.session_feed.FIRST_RETRY_PAUSE_S", 0.01)
    async with watching(real_bus) as gateway, session_on(real_bus) as session:
        for _ in range(10):
            viewer = gateway.follow(session.id)
            await anext(viewer)
            await asyncio.gather(gateway.cut_connection(), viewer.aclose())
        await wait_until(session.is_left)
        other = asyncio.create_task(gateway.story(session.id))
        await session.end()
        assert ids(await asyncio.wait_for(other, 10)) == session.ids
        await wait_until(session.is_left)


async def test_a_stream_that_nobody_begins_to_read_costs_nothing(bus: Bus) -> None:
    async with watching(bus) as gateway, session_on(bus) as session:
        await gateway.follow(session.id).aclose()
        assert gateway.feeds.watched(session.id) is None
        assert await session.is_left()


# ---- coming back


@pytest.mark.rows("S0-06", "X-08")
async def test_every_place_can_be_taken_up_on_any_gateway_while_the_session_runs(bus: Bus) -> None:
    async with watching(bus) as one, watching(bus) as other, session_on(bus, 12) as session:
        places = ["", *session.ids]
        tasks = [asyncio.create_task(gateway.story(session.id, place)) for gateway in (one, other) for place in places]
        await wait_until(session.subscribers)
        await session.work(5)
        await session.end()
        for place, story in zip(places * 2, await stories(tasks), strict=True):
            assert ids(story) == session.ids[places.index(place) :]


@pytest.mark.rows("S0-06", "X-08")
async def test_an_ended_session_replays_and_closes(bus: Bus) -> None:
    async with watching(bus) as one, watching(bus) as other, session_on(bus, 12) as session:
        await session.end()
        whole = await one.story(session.id)
        assert ids(whole) == session.ids
        for number, place in enumerate(session.ids):
            for gateway in (one, other):
                assert await gateway.story(session.id, place) == whole[number + 1 :]
        await wait_until(session.is_left)


@pytest.mark.rows("S0-06", "X-08")
# ---- the end, and what was reported before it


async def _answered(session: "Session", gateway: Gateway, agent: str, body: bytes) -> None:
    request_id = new_id()
    await session.append(events.step_requested(agent, agent, request_id))
    ids = {"session_id": session.id, "request_id": request_id, "agent": agent}
    answer = encode_message(**ids, action="response", payload=body, metadata=b'{"timeout_ms":1000}')  # type: ignore[arg-type]
    done = events.step_completed(agent, request_id, "one", 5)
    assert (await gateway.broker.append_outcome(session.id, done, answer, request_id)).outcome == "appended"


@pytest.mark.parametrize("comes", ["before", "in the middle", "after"])
async def test_viewers_get_with_the_end_what_the_entries_before_it_report(bus: Bus, comes: str) -> None:
    session = Session(bus)
    async with watching(bus) as gateway:
        await session.open()
        live = asyncio.create_task(gateway.story(session.id)) if comes == "before" else None
        await _answered(session, gateway, "a", b'{"by":"a"}')
        live = asyncio.create_task(gateway.story(session.id)) if comes == "in the middle" else live
        await _answered(session, gateway, "b", b'{"by":"b"}')
        await session.end()
        story = await (live or gateway.story(session.id))
        (kept,) = await session.client.xrevrange(session.key, count=1)
    assert story[-1].event["data"] == {"a": {"by": "a"}, "b": {"by": "b"}, "z": None}
    assert list(story[-1].event)[-2:] == ["data", "overall_percent"]
    assert all("data" not in entry.event for entry in story[:-1])
    assert b"data" not in json.loads(kept[1][b"final"]), "the log has it once"


async def test_an_end_that_has_its_data_is_given_as_it_is(bus: Bus) -> None:
    """As an earlier version wrote it."""
    session = Session(bus)
    async with watching(bus) as gateway:
        await session.open()
        await session.append(b'{"type":"completed","status":"completed","data":{"a":1}}', is_final=True)
        story = await gateway.story(session.id)
    assert story[-1].event["data"] == {"a": 1}


async def test_a_place_that_was_never_in_the_log_goes_on_with_what_comes_after_it(bus: Bus) -> None:
    async with watching(bus) as gateway, session_on(bus, 3) as session:
        between = session.ids[1].partition("-")[0] + "-99999"
        later = int(session.ids[-1].partition("-")[0]) + 5
        await session.client.xadd(session.key, {"event": b"{}"}, id=f"{later}-0")
        await session.end()
        expected = [found for found in session.ids if int(found.split("-")[0]) > int(between.split("-")[0])]
        assert ids(await gateway.story(session.id, between)) == expected
        assert ids(await gateway.story(session.id, "0-0")) == session.ids
        assert await gateway.story(session.id, "99999999999999999999-0") == []


async def test_a_place_beyond_the_end_of_a_running_log_waits_for_what_is_beyond_it(bus: Bus) -> None:
    async with watching(bus) as gateway, session_on(bus, 2) as session:
        ahead = str(int(session.ids[-1].partition("-")[0]) + 60_000)
        story = asyncio.create_task(gateway.story(session.id, f"{ahead}-0"))
        await wait_until(session.subscribers)
        await session.work(1)
        progress = events.progress("a", "r", "far ahead", 50)
        await session.client.xadd(session.key, {"event": progress}, id=f"{ahead}-1")
        await session.end()
        assert ids(await asyncio.wait_for(story, 5)) == [f"{ahead}-1", session.ids[-1]]


@pytest.mark.rows("S0-06", "X-08")
async def test_a_cut_before_the_first_event_loses_nothing(bus: Bus) -> None:
    async with watching(bus) as gateway, session_on(bus, 2) as session:
        first = asyncio.create_task(gateway.story(session.id))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.wait([first])
        again = asyncio.create_task(gateway.story(session.id))
        await session.end()
        assert ids(await asyncio.wait_for(again, 5)) == session.ids


# ---- slow readers


@pytest.mark.rows("S3-41")
async def test_a_viewer_that_does_not_read_is_cut_with_the_reason_and_comes_back(bus: Bus) -> None:
    async with watching(bus) as gateway, session_on(bus) as session:
        slow = gateway.follow(session.id)
        seen = [await anext(slow)]
        others = [asyncio.create_task(gateway.story(session.id)) for _ in range(3)]
        await session.work(MAX_LAG_EVENTS + 1)
        await wait_until(lambda: _knows(gateway, session))
        cut = [event async for event in slow]
        assert [event.entry_id for event in cut] == [""]
        assert cut[0].event["type"] == "cut"
        assert cut[0].event["code"] == "slow_reader"
        assert cut[0].event["last_event_id"] == seen[0].entry_id
        assert f"Last-Event-ID: {seen[0].entry_id}" in cut[0].event["message"]
        assert not cut[0].is_final
        back = asyncio.create_task(gateway.story(session.id, seen[0].entry_id))
        await session.end()
        assert ids(seen + await asyncio.wait_for(back, 10)) == session.ids
        assert [ids(story) for story in await stories(others)] == [session.ids] * 3


async def test_a_viewer_that_is_a_little_late_is_not_cut(bus: Bus) -> None:
    async with watching(bus) as gateway, session_on(bus) as session:
        late = gateway.follow(session.id)
        seen = [await anext(late)]
        await session.work(MAX_LAG_EVENTS)
        await session.end()
        seen += [event async for event in late]
        assert ids(seen) == session.ids


async def test_a_long_log_is_replayed_to_a_late_viewer_however_slowly(fake_bus: Bus) -> None:
    """What was there before the viewer came is not its delay; nor is what an ended session has left."""
    async with watching(fake_bus) as gateway, session_on(fake_bus, 2 * MAX_LAG_EVENTS) as session:
        viewer = gateway.follow(session.id)
        seen = [await anext(viewer) for _ in range(10)]
        await session.work(MAX_LAG_EVENTS // 2)
        seen += [await anext(viewer) for _ in range(10)]
        await session.end()
        seen += [event async for event in viewer]
        assert ids(seen) == session.ids
        assert ids(await gateway.story(session.id)) == session.ids


# ---- Redis


@pytest.mark.rows("S0-06", "X-08")
async def test_announcements_lost_with_the_connection_lose_nothing(bus: Bus) -> None:
    async with watching(bus) as gateway, session_on(bus) as session:
        tasks = [asyncio.create_task(gateway.story(session.id)) for _ in range(10)]
        await wait_until(session.subscribers)
        for _ in range(3):
            await gateway.cut_connection()
            await session.work(4)
        await session.end()
        assert [ids(story) for story in await stories(tasks)] == [session.ids] * 10


async def test_an_announcement_that_was_lost_without_a_word_shows_by_the_next(bus: Bus) -> None:
    async with watching(bus) as gateway, session_on(bus) as session:
        story = asyncio.create_task(gateway.story(session.id))
        await wait_until(session.subscribers)
        for _ in range(5):
            silent = await session.client.xadd(session.key, {"event": events.progress("a", "r", "silent", 5)})
            session.ids.append(silent.decode())
            await session.work(2)
        await session.end()
        assert ids(await asyncio.wait_for(story, 5)) == session.ids


async def test_a_silent_log_is_looked_into(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.session_feed.READ_AGAIN_AFTER_S", 0.05)
    async with watching(bus) as gateway, session_on(bus) as session:
        story = asyncio.create_task(gateway.story(session.id))
        await wait_until(session.subscribers)
        last = await session.client.xadd(session.key, {"final": ENDED})
        assert ids(await asyncio.wait_for(story, 5)) == [*session.ids, last.decode()]


async def test_a_flood_of_announcements_is_read_from_the_log(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.session_feed.MAX_NEWS", 3)
    async with watching(bus) as gateway, session_on(bus) as session:
        story = asyncio.create_task(gateway.story(session.id))
        await wait_until(session.subscribers)
        broker = bus.broker()
        flood = [broker.append(session.id, events.progress("a", "r", "flood", 5)) for _ in range(200)]
        session.ids += [appended.entry_id for appended in await asyncio.gather(*flood)]
        await session.end()
        assert ids(await asyncio.wait_for(story, 5)) == session.ids


@pytest.mark.parametrize("how", ["deleted", "flushed"])
async def test_viewers_of_a_log_that_vanished_are_told(bus: Bus, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    monkeypatch.setattr("app.core.session_feed.READ_AGAIN_AFTER_S", 0.1)
    async with watching(bus) as gateway, session_on(bus, 3) as session:
        tasks = [asyncio.create_task(gateway.story(session.id)) for _ in range(50)]
        await wait_until(lambda: _knows(gateway, session))
        await (session.client.delete(session.key) if how == "deleted" else session.client.flushdb())
        for story in await stories(tasks):
            assert ids(story) == [*session.ids, ""]
            assert story[-1].event["type"] == "lost"
            assert story[-1].event["code"] == "session_lost"
        await wait_until(session.is_left)
        assert gateway.feeds.watched(session.id) is None
        assert ids(await gateway.story(session.id)) == [""], "whoever comes now is told at once"


def _knows(gateway: Gateway, session: Session) -> bool:
    state = gateway.feeds.watched(session.id)
    return state is not None and state.log_id == session.ids[-1]


async def test_viewers_wait_while_redis_is_away(bus: Bus, monkeypatch: pytest.MonkeyPatch, logged: Logged) -> None:
    monkeypatch.setattr("app.core.session_feed.FIRST_RETRY_PAUSE_S", 0.01)
    monkeypatch.setattr("app.core.session_feed.READ_AGAIN_AFTER_S", 0.01)
    async with watching(bus) as gateway, session_on(bus, 2) as session:
        tasks = [asyncio.create_task(gateway.story(session.id)) for _ in range(10)]
        await wait_until(lambda: _knows(gateway, session))
        read, refused = gateway.broker.read_log, []

        async def flaky(session_id: str, after: str = "") -> Any:
            if len(refused) < 5:
                refused.append(after)
                raise RedisUnavailableError("away")
            return await read(session_id, after)

        monkeypatch.setattr(gateway.broker, "read_log", flaky)
        await wait_until(lambda: len(refused) == 5)
        await session.work(2)
        await session.end()
        assert [ids(story) for story in await stories(tasks)] == [session.ids] * 10
    assert "away" not in logged.text


async def test_a_feed_that_fails_lets_its_viewers_go_and_is_made_anew(
    bus: Bus, monkeypatch: pytest.MonkeyPatch, logged: Logged
) -> None:
    async with watching(bus) as gateway, session_on(bus, 2) as session:
        tasks = [asyncio.create_task(gateway.story(session.id)) for _ in range(10)]
        await wait_until(lambda: _knows(gateway, session))

        def broken(*_: Any) -> bool:
            raise KeyError("a bug")

        with monkeypatch.context() as patched:
            patched.setattr(gateway.feeds.watched(session.id), "is_repeated", broken)
            await session.work(1)
            told = await stories(tasks)
        assert {story[-1].event["code"] for story in told} == {"stream_failed"}
        assert logged.text.count("feed_failed") == 1
        back = [asyncio.create_task(gateway.story(session.id, story[-2].entry_id)) for story in told]
        await session.end()
        rest = await stories(back)
        assert [ids(seen[:-1] + more) for seen, more in zip(told, rest, strict=True)] == [session.ids] * 10
        await wait_until(session.is_left)


async def test_a_gateway_that_stops_says_so(bus: Bus) -> None:
    async with session_on(bus) as session:
        async with watching(bus) as gateway:
            story = asyncio.create_task(gateway.story(session.id))
            await wait_until(lambda: _knows(gateway, session))
        assert (await story)[-1].event["code"] == "shutting_down"


# ---- junk

JUNK = [
    b"",
    b"\xff\xfe",
    b"[]",
    b"null",
    b'{"type":7}',
    b'{"type":"completed","status":"completed"}',
    b'{"type":"progress","id":"banana"}',
    b'{"type":"progress","id":"0-1"}',
    b'{"type":"progress","id":"99999999999999-0","message":"forged"}',
    b'{"type":"progress","id":"99999999999999-0","after":[],"message":"forged"}',
    b'{"type":"progress","after":"0-0"}',
]


@pytest.mark.parametrize("junk", JUNK)
async def test_junk_on_the_channel_changes_nothing(bus: Bus, junk: bytes) -> None:
    async with watching(bus) as gateway, session_on(bus, 1) as session:
        story = asyncio.create_task(gateway.story(session.id))
        await wait_until(lambda: _knows(gateway, session))
        await session.client.publish(session.key, junk)
        await session.work(2)
        await session.client.publish(session.key, junk)
        await session.end()
        assert ids(await asyncio.wait_for(story, 5)) == session.ids


@pytest.mark.parametrize(
    "fields",
    [
        {"event": b"\xff"},
        {"event": b"[]"},
        {"x": "y"},
        {"event": b'{"type":[]}'},
        {"event": b'{"type":"progress","status":"requested","step":"a","timestamp":1700000000}'},
        {"event": b'{"type":"progress","status":"requested","step":"a","timestamp":"1700000000"}'},
    ],
)
async def test_junk_in_the_log_is_passed_over(bus: Bus, fields: dict[Any, Any]) -> None:
    async with watching(bus) as gateway, session_on(bus, 1) as session:
        story = asyncio.create_task(gateway.story(session.id))
        await wait_until(lambda: _knows(gateway, session))
        await session.client.xadd(session.key, fields)
        await session.work(2)
        await session.client.xadd(session.key, fields)
        await session.end()
        assert ids(await asyncio.wait_for(story, 5)) == session.ids
        assert ids(await gateway.story(session.id)) == session.ids


async def test_a_last_entry_that_cannot_be_read_ends_the_stream_all_the_same(bus: Bus) -> None:
    async with watching(bus) as gateway, session_on(bus, 1) as session:
        story = asyncio.create_task(gateway.story(session.id))
        await wait_until(lambda: _knows(gateway, session))
        await session.client.xadd(session.key, {"final": b"\xff"})
        await session.client.publish(session.key, b"\xff")
        last = (await asyncio.wait_for(story, 5))[-1]
        assert (last.is_final, last.event["type"]) == (True, "failed")


# ---- anything


@dataclass
class Chance:
    """An entry of a random log. `fate`: what becomes of its announcement; `pause`: turns of the loop after it."""

    kind: str
    fate: str
    pause: int


@dataclass
class Comer:
    """A viewer that comes when so many entries are written, and names a place: an entry's, or right beside it."""

    when: int
    place: int
    beside: int
    is_elsewhere: bool


class RandomSession(Session):
    """`shown`: ids of the entries that viewers are to see."""

    def __init__(self, bus: Bus) -> None:
        super().__init__(bus)
        self.shown: list[str] = []
        self._kinds: set[str] = set()
        self._late: list[bytes] = []

    async def write(self, chance: Chance) -> None:
        raw = json.dumps({**EVENTS[chance.kind], "timestamp": events.timestamp(datetime.now(UTC))}).encode()
        entry_id = (await self.client.xadd(self.key, {"event": raw})).decode()
        news = b'{"id":"%b","after":"%b",' % (entry_id.encode(), self.ids[-1].encode()) + raw[1:]
        self.ids.append(entry_id)
        is_repeated = chance.kind in self._kinds and chance.kind in ("requested", "failed")
        self._kinds.add(chance.kind)
        if chance.kind != "junk" and not is_repeated:
            self.shown.append(entry_id)
        await self._announce(news, chance.fate)

    async def _announce(self, news: bytes, fate: str) -> None:
        times = {"lost": 0, "late": 0, "twice": 2}.get(fate, 1)
        for told in [*self._late, *[news] * times]:
            await self.client.publish(self.key, told)
        self._late = [news] if fate == "late" else []

    def point(self, comer: Comer) -> str:
        if comer.place < 0:
            return ""
        milliseconds, sequence = _numbers(self.ids[comer.place % len(self.ids)])
        return f"{milliseconds}-{max(0, sequence + comer.beside)}"


EVENTS: dict[str, dict[str, Any]] = {
    "progress": {"type": "progress", "agent": "a", "request_id": "r", "progress_percent": 10},
    "requested": {"type": "progress", "agent": "b", "status": "requested", "step": "b"},
    "failed": {"type": "agent_failed", "agent": "a", "step": "a", "code": "x", "message": "no"},
    "junk": {"type": []},
}
FATES = ["announced", "lost", "twice", "late", "connection cut"]
CHANCES = st.builds(Chance, st.sampled_from(sorted(EVENTS)), st.sampled_from(FATES), st.sampled_from([0, 1, 40]))
COMERS = st.builds(Comer, st.integers(0, 25), st.integers(-1, 25), st.sampled_from([0, 1, -1]), st.booleans())


@pytest.mark.rows("S0-06", "X-08")
@given(st.lists(CHANCES, max_size=25), st.lists(COMERS, min_size=1, max_size=8))
@settings(max_examples=30)
def test_whatever_is_lost_or_told_twice_each_viewer_sees_the_log_after_its_place(
    log: list[Chance], comers: list[Comer]
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("app.messaging.connection.RETRY_PAUSE_S", 0.01)
        asyncio.run(_check_stories(log, comers))


async def _check_stories(log: list[Chance], comers: list[Comer]) -> None:
    with fake_redis() as (url, _):
        await _check_on(Bus(url), log, comers)


async def _check_on(bus: Bus, log: list[Chance], comers: list[Comer]) -> None:
    session = RandomSession(bus)
    await session.open()
    async with watching(bus) as one, watching(bus) as other:
        points, tasks = [], []
        for number in range(len(log) + 1):
            for comer in comers:
                if min(comer.when, len(log)) == number:
                    points.append(session.point(comer))
                    watched = (other if comer.is_elsewhere else one).story(session.id, points[-1])
                    tasks.append(asyncio.create_task(watched))
            if number < len(log):
                await session.write(log[number])
                await (one.cut_connection() if log[number].fate == "connection cut" else asyncio.sleep(0))
                for _ in range(log[number].pause):
                    await asyncio.sleep(0)
        await session.end()
        whole = await asyncio.wait_for(one.story(session.id), 10)
        assert ids(whole) == [session.ids[0], *session.shown, session.ids[-1]]
        for point, story in zip(points, await stories(tasks), strict=True):
            assert story == [event for event in whole if not point or _numbers(event.entry_id) > _numbers(point)]
    await session.client.aclose()
    for broker in bus.brokers:
        await broker.aclose()


def _numbers(entry_id: str) -> tuple[int, ...]:
    return tuple(int(part) for part in entry_id.split("-"))
