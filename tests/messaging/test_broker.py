"""The wire's verbs, the same on fakeredis and on a real server."""

import asyncio
import json

import pytest

from app.messaging import channels
from app.messaging.broker import Broker
from app.messaging.errors import CommandRefusedError, RedisUnavailableError
from app.messaging.protocols import decode, new_id
from tests.conftest import Bus
from tests.heartbeats import heartbeat
from tests.messaging.test_protocols import request
from tests.waiting import wait_until

pytestmark = pytest.mark.anyio


async def test_a_request_is_read_once_and_gone_when_acknowledged(bus: Bus) -> None:
    broker = bus.broker()
    await broker.ensure_group("weather")
    envelope = request()
    await broker.request(envelope)
    (delivery,) = await broker.read_requests("weather", "one", 5, 100)
    assert delivery.raw is not None
    assert decode(delivery.raw) == envelope
    assert await broker.read_requests("weather", "two", 5, 50) == [], "another replica does not get it"
    (pending,) = await broker.unattended("weather", 0, 5, "one")
    assert (pending.entry_id, pending.consumer, pending.deliveries) == (delivery.entry_id, "one", 1)
    assert await broker.unattended("weather", 0, 5, "two") == []
    await broker.acknowledge("weather", delivery.entry_id)
    client = bus.make_client()
    assert await client.xlen(channels.request_stream("weather")) == 0, "the stream holds only open work"
    await client.aclose()


@pytest.mark.rows("S0-155", "DC-07", "X-03")
async def test_a_request_is_announced_on_the_channel_of_its_stream(bus: Bus) -> None:
    broker, heard = bus.broker(), []
    subscriptions = broker.subscriptions({channels.request_stream("weather"): lambda _, raw: heard.append(raw)})
    subscriptions.start()
    await wait_until(lambda: subscriptions.is_connected)
    envelope = request()
    await broker.ensure_group("weather")
    await broker.request(envelope)
    await wait_until(lambda: heard)
    assert decode(heard[0]) == envelope
    await subscriptions.aclose()


@pytest.mark.rows("X-02")
async def test_requests_older_than_the_first_worker_are_read(bus: Bus) -> None:
    broker = bus.broker()
    await broker.request(request())
    assert await broker.read_requests("weather", "one", 5, 50) == [], "makes the missing group, and"
    assert len(await broker.read_requests("weather", "one", 5, 50)) == 1


async def test_a_withdrawn_request_is_not_read(bus: Bus) -> None:
    broker = bus.broker()
    await broker.ensure_group("weather")
    await broker.withdraw("weather", await broker.request(request()))
    assert await broker.read_requests("weather", "one", 5, 50) == []


async def test_what_cannot_be_worked_is_put_aside_with_its_cause(bus: Bus) -> None:
    broker = bus.broker()
    await broker.bury("weather", "1-1", b"\xff\x00", "no message")
    client = bus.make_client()
    ((_, fields),) = await client.xrange(channels.dead_stream("weather"))
    await client.aclose()
    assert fields == {b"envelope": b"\xff\x00", b"cause": b"no message", b"entry_id": b"1-1"}


async def test_a_log_is_opened_once_grows_and_closes(bus: Bus) -> None:
    broker, session_id = bus.broker(), new_id()
    assert (await broker.append(session_id, b'{"type":"p"}')).outcome == "absent", "nobody opened it"
    assert (await broker.open_log(session_id, b'{"type":"s"}', request=b"", ttl_s=60)).outcome == "appended"
    assert (await broker.open_log(session_id, b'{"type":"s"}', request=b"", ttl_s=60)).outcome == "exists"
    second = await broker.append_outcome(session_id, b'{"type":"p"}', b"bulk", new_id())
    final = await broker.end_log(session_id, b'{"type":"e"}', ttl_s=60)
    late = await broker.append(session_id, b'{"type":"late"}')
    assert (late.outcome, late.entry_id) == ("ended", final.entry_id)
    entries = await broker.read_log(session_id)
    assert [entry.event for entry in entries] == [b'{"type":"s"}', b'{"type":"p"}', b'{"type":"e"}']
    assert [entry.is_final for entry in entries] == [False, False, True]
    assert entries[1].data == b"bulk"
    assert [entry.id for entry in await broker.read_log(session_id, second.entry_id)] == [final.entry_id]


async def test_of_two_ends_exactly_one_wins(bus: Bus) -> None:
    first, second, session_id = bus.broker(), bus.broker(), new_id()
    await first.open_log(session_id, b'{"type":"s"}', request=b"", ttl_s=60)
    ends = await asyncio.gather(
        *(broker.end_log(session_id, b'{"type":"e"}', ttl_s=60) for broker in (first, second) * 5)
    )
    assert sorted(end.outcome for end in ends) == ["appended"] + ["ended"] * 9


@pytest.mark.rows("S0-156", "S0-157")
async def test_an_append_is_announced_with_its_id_after_its_data(bus: Bus) -> None:
    broker, session_id, heard = bus.broker(), new_id(), []
    subscriptions = broker.subscriptions({channels.HEALTH: lambda _, raw: None})
    subscriptions.start()
    await wait_until(lambda: subscriptions.is_connected)
    log, answers = channels.session_log(session_id), channels.response_channel("weather", session_id)
    await subscriptions.listen([log, answers], lambda channel, raw: heard.append((channel, raw)))
    opened = await broker.open_log(session_id, b'{"type":"s"}', request=b"", ttl_s=60)
    appended = await broker.append_outcome(session_id, b'{"type":"p"}', b"bulk", new_id(), answers)
    await wait_until(lambda: len(heard) == 3)
    assert [channel for channel, _ in heard] == [log, answers, log]
    assert heard[1][1] == b"bulk"
    assert json.loads(heard[2][1]) == {"id": appended.entry_id, "after": opened.entry_id, "type": "p"}
    await subscriptions.aclose()


@pytest.mark.rows("S0-158")
async def test_heartbeats_are_registered_and_struck(bus: Bus) -> None:
    broker = bus.broker()
    await broker.ensure_group("weather")
    await broker.beat("weather", "one", b"beat", renew=True)
    assert await broker.heartbeats(["weather", "maps"]) == {"weather": [b"beat"], "maps": []}
    await broker.leave("weather", "one", b"bye")
    assert await broker.heartbeats(["weather"]) == {"weather": []}


async def test_a_key_of_another_kind_is_refused_with_redis_words(bus: Bus) -> None:
    broker = bus.broker()
    client = bus.make_client()
    await client.set(channels.request_stream("weather"), "no stream", ex=60)
    with pytest.raises(CommandRefusedError, match="WRONGTYPE"):
        await broker.request(request())
    await client.aclose()


@pytest.mark.rows("S0-162")
async def test_redis_away_is_one_error_of_ours() -> None:
    broker = Broker("redis://127.0.0.1:1/0")
    with pytest.raises(RedisUnavailableError):
        await broker.ping()
    with pytest.raises(RedisUnavailableError):
        await broker.read_requests("weather", "one", 1, 10)
    await broker.aclose()


async def test_commands_of_one_moment_keep_their_order_and_each_gets_its_own_answer(bus: Bus) -> None:
    broker = bus.broker()
    sessions = [new_id() for _ in range(50)]
    await asyncio.gather(*(broker.put_state(session, session.encode(), 60) for session in sessions))
    found = await asyncio.gather(*(broker.get_state(session) for session in sessions))
    assert found == [session.encode() for session in sessions]


async def test_a_waiter_that_is_cancelled_does_not_shift_the_answers(bus: Bus) -> None:
    broker = bus.broker()
    sessions = [new_id() for _ in range(40)]
    await asyncio.gather(*(broker.put_state(session, session.encode(), 60) for session in sessions))
    tasks = [asyncio.create_task(broker.get_state(session)) for session in sessions]
    await asyncio.sleep(0)
    for task in tasks[::3]:
        task.cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    for session, answer in zip(sessions, answers, strict=True):
        assert isinstance(answer, asyncio.CancelledError) or answer == session.encode()


def test_a_heartbeat_ages() -> None:
    beat = heartbeat("one", seconds_ago=16)
    assert beat.age_s() > beat.longest_silence_s() == 15
