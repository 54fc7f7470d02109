"""Asks the healed fleet what became of every session, waiting a generous while for what is still under way."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import httpx2
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from app.messaging import channels
from tests.chaos.client_record import FINAL_EVENTS, TERMINAL, Seen, SessionRecord
from tests.chaos.evidence import RedisRest, View
from tests.chaos.schedule import AGENTS
from tests.chaos.server_events import events_of

AT_ONCE = 6
ATTEMPTS = 3
REPLAY_WITHIN_S = 20.0
POLL_S = 0.5

AUDIT = "/api/v1/audit"


class Gathering:
    """`settle_s`: how long sessions, the audit and the requests' streams have, all together, to come to rest."""

    def __init__(self, addresses: Sequence[str], redis: Redis, settle_s: float) -> None:
        self._addresses = addresses
        self._redis = redis
        self._deadline = time.monotonic() + settle_s
        self._places = asyncio.Semaphore(AT_ONCE)

    async def views(self, records: Sequence[SessionRecord]) -> dict[str, View]:
        """Every session that clients were given, as it is once it has ended, or at the deadline."""
        followed = {session_id: record.is_followed for record in records for session_id in record.session_ids}
        async with httpx2.AsyncClient(timeout=15, trust_env=False) as client:
            found = await asyncio.gather(*(self._view(client, *one) for one in followed.items()))
        return dict(zip(followed, found, strict=True))

    async def audit(self) -> dict[str, Any]:
        """The first gateway's, once it says that nothing runs any more. What is no audit is a finding of its own."""
        async with httpx2.AsyncClient(timeout=30, trust_env=False) as client:
            return await self._rested(lambda: _audit(client, self._addresses[0]), lambda told: told.get("running") == 0)

    async def redis_rest(self) -> RedisRest:
        """What Redis holds once the requests' streams are empty."""
        return await self._rested(self._left, lambda left: not any([*left.waiting.values(), *left.pending.values()]))

    async def _rested(self, ask: Callable[[], Awaitable[Any]], is_at_rest: Callable[[Any], bool]) -> Any:
        found = await ask()
        while not is_at_rest(found) and time.monotonic() < self._deadline:
            await asyncio.sleep(POLL_S)
            found = await ask()
        return found

    async def _view(self, client: httpx2.AsyncClient, session_id: str, is_followed: bool) -> View:
        async with self._places:
            first = await self._rested(
                lambda: _state(client, self._addresses[0], session_id), lambda told: told["status"] in TERMINAL
            )
            others = [await _state(client, address, session_id) for address in self._addresses[1:]]
            states = {f"gateway-{number}": told["status"] for number, told in enumerate([first, *others], 1)}
            replay = await _replay(client, self._addresses[-1], session_id) if is_followed else None
        return View(states, replay, {one["agent"]: one["code"] for one in first.get("failures", ())})

    async def _left(self) -> RedisRest:
        return RedisRest(
            tuple([key.decode() async for key in self._redis.scan_iter("*") if await self._redis.ttl(key) == -1]),
            {agent: await self._redis.xlen(channels.request_stream(agent)) for agent in AGENTS},
            {agent: await self._pending(agent) for agent in AGENTS},
        )

    async def _pending(self, agent: str) -> int:
        try:
            found = await self._redis.xpending(channels.request_stream(agent), channels.WORKERS_GROUP)
        except ResponseError:  # no such group: nothing was ever delivered
            return 0
        return int(found["pending"])


async def _state(client: httpx2.AsyncClient, address: str, session_id: str) -> dict[str, Any]:
    """The body; for any other answer than 200, one whose `status` says what it was."""
    said = "no answer"
    for _ in range(ATTEMPTS):
        try:
            answer = await client.get(f"{address}/api/v1/session/{session_id}")
            if answer.status_code == 200:
                return dict(answer.json())
            said = f"answered {answer.status_code} {answer.text[:120]}"
        except (httpx2.TransportError, ValueError) as error:
            said = f"no answer: {error!r}"
        await asyncio.sleep(POLL_S)
    return {"status": said}


async def _replay(client: httpx2.AsyncClient, address: str, session_id: str) -> tuple[Seen, ...]:
    """The session's stream from its beginning, as far as it came in its time."""
    seen: list[Seen] = []
    try:
        async with asyncio.timeout(REPLAY_WITHIN_S):
            async with client.stream("GET", f"{address}/api/v1/session/{session_id}/stream") as response:
                async for event in events_of(response):
                    seen.append(event.seen())
                    if seen[-1].kind in FINAL_EVENTS:
                        break
    except (httpx2.TransportError, TimeoutError):
        pass  # the comparison with what was seen tells
    return tuple(seen)


async def _audit(client: httpx2.AsyncClient, address: str) -> dict[str, Any]:
    try:
        answer = await client.get(address + AUDIT)
        if answer.status_code == 200:
            return dict(answer.json())
        said = f"{AUDIT} was answered {answer.status_code}: {answer.text[:120]}"
    except (httpx2.TransportError, ValueError) as error:
        said = f"{AUDIT} gave no answer: {error!r}"
    return {"is_balanced": False, "findings": [{"session_id": None, "what": said}]}
