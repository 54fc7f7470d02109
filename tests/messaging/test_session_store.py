"""What the log decides inside Redis: who may write, which request has its outcome, whether it has ended."""

import asyncio
import json
import os
import zlib
from typing import Any

import pytest

from app.core.log_reader import logged_events
from app.messaging import channels
from app.messaging.broker import Broker
from app.messaging.protocols import new_id
from app.messaging.session_store import MAX_DATA_BYTES
from tests.conftest import Bus

pytestmark = pytest.mark.anyio

EVENT = b'{"type":"p"}'


async def opened(broker: Broker) -> str:
    session_id = new_id()
    await broker.open_log(session_id, b'{"type":"s"}', request=b"", ttl_s=60)
    return session_id


@pytest.mark.rows("S2-24")
async def test_a_writer_of_an_earlier_epoch_is_fenced_off(bus: Bus) -> None:
    broker = bus.broker()
    session_id = await opened(broker)
    assert (await broker.append(session_id, EVENT, epoch=1)).outcome == "appended"
    claimed = await broker.claim_log(session_id, EVENT, epoch=1, ttl_s=60)
    assert (claimed.outcome, claimed.epoch) == ("appended", 2)
    late = await broker.append(session_id, EVENT, epoch=1)
    assert (late.outcome, late.epoch) == ("fenced", 2)
    assert (await broker.append(session_id, EVENT)).outcome == "appended", "workers write under any epoch"
    assert (await broker.append(session_id, EVENT, epoch=2)).outcome == "appended"
    assert [entry.epoch for entry in await broker.read_log(session_id)] == [1, 1, 2, 2, 2]


async def test_of_many_that_claim_one_epoch_exactly_one_gets_it(bus: Bus) -> None:
    brokers = [bus.broker() for _ in range(4)]
    session_id = await opened(brokers[0])
    claims = await asyncio.gather(*(broker.claim_log(session_id, EVENT, epoch=1, ttl_s=60) for broker in brokers * 5))
    assert sorted(claim.outcome for claim in claims) == ["appended"] + ["fenced"] * 19


async def test_a_request_has_one_outcome(bus: Bus) -> None:
    broker = bus.broker()
    session_id = await opened(broker)
    requests = [new_id() for _ in range(5)]
    answers = await asyncio.gather(
        *(broker.append_outcome(session_id, EVENT, b"", request_id) for request_id in requests * 3)
    )
    assert sorted(answer.outcome for answer in answers) == ["appended"] * 5 + ["repeated"] * 10
    claimed = await broker.claim_log(session_id, EVENT, epoch=1, ttl_s=60)
    assert claimed.outcome == "appended"
    assert (await broker.append_outcome(session_id, EVENT, b"", requests[0])).outcome == "repeated", (
        "epochs forget nothing"
    )


@pytest.mark.rows("S2-24")
async def test_of_two_writers_of_one_version_exactly_one_wins(bus: Bus) -> None:
    broker = bus.broker()
    session_id = await opened(broker)
    (first,) = await broker.read_log(session_id)
    second = (await broker.append(session_id, EVENT)).entry_id
    assert (await broker.end_log(session_id, EVENT, ttl_s=60, after=first.id)).outcome == "conflict"
    writes = await asyncio.gather(*(broker.end_log(session_id, EVENT, ttl_s=60, after=second) for _ in range(10)))
    assert sorted(write.outcome for write in writes) == ["appended"] + ["ended"] * 9


async def test_an_entry_that_is_not_ours_breaks_nothing_that_the_log_knows(bus: Bus) -> None:
    broker, client = bus.broker(), bus.make_client()
    session_id = await opened(broker)
    request_id = new_id()
    await broker.append_outcome(session_id, EVENT, b"", request_id)
    await broker.claim_log(session_id, EVENT, epoch=1, ttl_s=60)
    key = channels.session_log(session_id)
    for fields in ({"event": b"\xff"}, {"x": "y"}, {"head": b"junk", "event": b"{}"}):
        await client.xadd(key, fields)
        assert (await broker.append_outcome(session_id, EVENT, b"", request_id)).outcome in ("repeated", "appended")
    assert len(await broker.read_log(session_id)) >= 6
    await client.aclose()


async def test_a_lease_is_claimed_by_one_and_a_renewed_one_by_nobody(bus: Bus) -> None:
    broker = bus.broker()
    for session_id in ("expired", "renewed", "held", "ended"):
        await broker.hold_session(session_id, 1_000)
    await broker.hold_session("held", 9_000)
    await broker.end_session("ended", 1_500)
    found = {session.session_id: session for session in await broker.expired_sessions(2_000, 10)}
    assert set(found) == {"expired", "renewed"}
    assert await broker.renew_sessions(["renewed", "unknown"], 9_000) == ["unknown"]
    assert await broker.claim_session(found["renewed"], 5_000) is False
    claims = await asyncio.gather(*(broker.claim_session(found["expired"], 5_000 + n) for n in range(5)))
    assert claims.count(True) == 1


async def test_ended_sessions_leave_the_registry_in_time(bus: Bus) -> None:
    broker = bus.broker()
    for session_id, ended_ms in (("old", 1_000), ("new", 5_000)):
        await broker.hold_session(session_id, 500)
        await broker.end_session(session_id, ended_ms)
    await broker.hold_session("running", 1)
    await broker.tidy_registry(ended_before_ms=3_000)
    left = {session.session_id: session.lease_until_ms for session in await broker.registered_sessions(0, 10)}
    assert left == {"new": None, "running": 1}


async def test_a_text_that_is_no_utf8_fails_nobody_else(bus: Bus) -> None:
    broker = bus.broker()
    good, odd = await asyncio.gather(
        broker.put_state("s", b"x", 60), broker.bury("a", "1-1", b"raw", "a lone \ud800"), return_exceptions=True
    )
    assert (good, odd) == (None, None)
    assert await broker.get_state("s") == b"x"


async def test_redis_clock_is_learned_and_carried_on(bus: Bus) -> None:
    broker: Any = bus.broker()
    assert not broker.clock.is_fresh
    await broker.learn_time()
    assert broker.clock.is_fresh
    at = broker.clock._learned_at
    broker.clock.learned(5_000_000.0, at, at)
    broker.clock.learned(9_000_000.0, at, at + 3.0)  # Redis paused in between: that tells less than what is known
    assert 5_000_000 <= broker.clock.now_ms() < 5_005_000
    assert broker.clock.age_ms("4999000-0") >= 1_000
    assert broker.clock.age_ms("9999999-0") == 0


async def test_several_events_are_appended_in_order_or_none_is(bus: Bus) -> None:
    broker, client = bus.broker(), bus.make_client()
    session_id = await opened(broker)
    said = [b'{"type":"p","n":%d}' % number for number in range(3)]
    async with client.pubsub() as heard:
        await heard.subscribe(channels.session_log(session_id))
        assert (await broker.append(session_id, *said, epoch=1)).outcome == "appended"
        assert (await broker.append(session_id, *said, epoch=7)).outcome == "fenced"
        news = []
        while len(news) < 3:
            message: Any = await heard.get_message(ignore_subscribe_messages=True, timeout=5)
            if message is not None:
                news.append(json.loads(message["data"]))
    entries = await broker.read_log(session_id)
    assert [entry.event for entry in entries[1:]] == said
    ids = [entry.id for entry in entries]
    assert [(one["id"], one["after"], one["n"]) for one in news] == list(zip(ids[1:], ids, range(3), strict=False))


async def test_an_entry_of_somebody_else_makes_the_log_forget_nothing(bus: Bus) -> None:
    """Who drives, and which requests have their outcome, is carried on from the last entry of ours."""
    broker, client = bus.broker(), bus.make_client()
    session_id, request_id = await opened(broker), new_id()
    assert (await broker.claim_log(session_id, EVENT, epoch=1, ttl_s=60)).epoch == 2
    assert (await broker.append_outcome(session_id, EVENT, b"", request_id)).outcome == "appended"
    for fields in ({"event": EVENT}, {"odd": "1", "head": "no epoch"}):
        await client.xadd(channels.session_log(session_id), fields)
        assert (await broker.append_outcome(session_id, EVENT, b"", request_id)).outcome == "repeated"
        assert (await broker.append(session_id, EVENT, epoch=1)).outcome == "fenced"
    assert (await broker.append(session_id, EVENT, epoch=2)).outcome == "appended"


# ---- the bulk behind events


@pytest.mark.parametrize(
    ("bulk", "field"), [(b"x" * 20_000, b"zlib"), (os.urandom(20_000), b"data"), (b"x" * 10_000, b"data")]
)
async def test_bulk_is_kept_small_where_that_pays_and_announced_and_read_as_it_was(
    bus: Bus, bulk: bytes, field: bytes
) -> None:
    broker, client = bus.broker(), bus.make_client()
    session_id = await opened(broker)
    async with client.pubsub() as heard:
        await heard.subscribe("answers")
        await broker.append_outcome(session_id, EVENT, bulk, "", "answers")
        message: Any = None
        while message is None:
            message = await heard.get_message(ignore_subscribe_messages=True, timeout=5)
    assert message["data"] == bulk
    assert (await broker.read_log(session_id))[-1].data == bulk
    ((_, kept),) = await client.xrevrange(channels.session_log(session_id), count=1)
    assert field in kept
    assert len(kept[field]) <= len(bulk)


@pytest.mark.parametrize("kept", [b"", b"no zlib", zlib.compress(b"x" * 5000)[:-9], zlib.compress(b"\0" * 10**8, 9)])
async def test_bulk_that_cannot_be_read_is_somebody_elses(bus: Bus, kept: bytes) -> None:
    """Neither an error nor all the memory there is: whoever decodes it finds that it is no message."""
    broker, client = bus.broker(), bus.make_client()
    session_id = await opened(broker)
    await client.xadd(channels.session_log(session_id), {"event": EVENT, "zlib": kept})
    entry = (await broker.read_log(session_id))[-1]
    assert entry.data is not None
    assert len(entry.data) <= MAX_DATA_BYTES
    assert next(iter(logged_events([entry]))).result is None
