"""The clients of a round: each opens one session after the other, each time in a way drawn from its seed, and records
what it was told. They are the independent witness; nothing here knows the product but its HTTP routes."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import httpx2

from tests.chaos.client_record import FINAL_EVENTS, TERMINAL, SessionRecord
from tests.chaos.gateways import Gateways, GaveUpError
from tests.chaos.server_events import ServerEvent, events_of

TRIPS: list[dict[str, Any]] = [
    {
        "destination": "Paris, France",
        "origin": "New Delhi, India",
        "travel_dates": ["2027-05-01", "2027-05-02", "2027-05-03"],
        "travelers_count": 2,
        "budget_range": "mid-range",
        "user_preferences": {"interests": ["art", "food", "history"], "pace": "moderate"},
    },
    {"destination": "Lisbon", "origin": "Berlin", "travel_dates": ["2027-05-01", "2027-05-03"]},
    {"destination": "Rome", "origin": "Milan", "travel_dates": ["2027-09-10"], "currency": "EUR"},
    {"destination": "Oslo", "origin": "Paris", "travel_dates": ["2027-02-01", "2027-02-05"], "budget_range": "budget"},
]

PLAN = "/api/v1/plan-trip"

LONGEST_THOUGHT_S = 1.0
LONGEST_BEFORE_CANCEL_S = 4.0
POLL_PAUSE_S = (0.1, 0.8)
BREAK_OFFS = 3
LONGEST_WATCHED = 6
"""A client that breaks off sees at most so many events before."""

REPEAT_SHARE = 0.3
"""How many sessions are asked for once more with their key after they were accepted."""


class Client:
    """`records`: of every session that it asked for, the one under way among them."""

    def __init__(self, number: int, seed: int, addresses: Sequence[str], give_up: asyncio.Event) -> None:
        self.records: list[SessionRecord] = []
        self._number = number
        self._seed = seed
        self._chance = random.Random()
        self._gateways = Gateways(addresses, self._chance, give_up)
        self._modes: dict[str, Callable[[SessionRecord], Awaitable[None]]] = {
            "follow": self._follow,
            "break off": self._break_off,
            "wait": self._wait,
            "cancel": self._cancel,
            "poll": self._poll,
        }

    async def run(self, no_more: asyncio.Event) -> None:
        """One session after the other, until no more are to be opened. What is odd goes into the record."""
        try:
            while not no_more.is_set():
                await self._one()
                await asyncio.sleep(self._chance.uniform(0, LONGEST_THOUGHT_S))
        finally:
            await self._gateways.http.aclose()

    async def _one(self) -> None:
        # Anew for each session: what was drawn for retries of the one before does not change what the next one does.
        self._chance.seed(f"client {self._seed} {self._number} {len(self.records)}")
        mode = self._chance.choice(list(self._modes))
        record = SessionRecord(self._number, mode, f"chaos-{self._seed}-{self._number}-{len(self.records)}")
        self.records.append(record)
        began = time.monotonic()
        try:
            await self._modes[mode](record)
        except GaveUpError:
            pass  # the checker finds what is missing
        except (KeyError, ValueError, TypeError, httpx2.HTTPError) as error:
            record.oddities.append(f"an answer of another form than promised: {error!r}")
        record.took_s = time.monotonic() - began

    # ---- the ways

    async def _follow(self, record: SessionRecord) -> None:
        """Accepted at once, then watched to its end."""
        await self._open(record)
        record.is_followed = True
        while record.final is None:
            await self._attach(record)

    async def _break_off(self, record: SessionRecord) -> None:
        """The same, with some streams broken off on purpose: some before their first event."""
        await self._open(record)
        record.is_followed = True
        for _ in range(self._chance.randint(1, BREAK_OFFS)):
            if record.final is None:
                await self._attach(record, at_most=self._chance.randint(0, LONGEST_WATCHED))
        while record.final is None:
            await self._attach(record)

    async def _wait(self, record: SessionRecord) -> None:
        """The answer itself is waited for, and asked for again with the same key where it did not come."""
        for _ in range(2 if self._chance.random() < REPEAT_SHARE else 1):
            body = self._expected(record, await self._post(record), 200)
            if body is not None:
                record.answered_with(body["session_id"])
                self._ended_as(record, body["status"])

    async def _cancel(self, record: SessionRecord) -> None:
        """Ended by the client after a while, and looked at again: cancelled is cancelled for ever."""
        await self._open(record)
        await asyncio.sleep(self._chance.uniform(0, LONGEST_BEFORE_CANCEL_S))
        answer = await self._gateways.ask(record, "DELETE", _path(record))
        if answer.status_code == 200:
            record.is_cancelled = True
            self._ended_as(record, answer.json()["status"])
        elif answer.status_code != 409:
            record.oddities.append(f"DELETE was answered {answer.status_code}: {answer.text[:200]}")
        for _ in range(3):
            await self._look(record)
            await asyncio.sleep(self._chance.uniform(*POLL_PAUSE_S))
        if record.final is None:
            record.oddities.append("neither cancelled nor ended after DELETE was answered")

    async def _poll(self, record: SessionRecord) -> None:
        """The state is asked for again and again, here and there; it must never go back."""
        await self._open(record)
        newest: tuple[int, ...] = ()
        while record.final is None:
            place = position((await self._look(record))["last_event_id"])
            if place < newest:
                record.oddities.append(f"the state went back from event {newest} to {place}")
            newest = max(newest, place)
            await self._gateways.pause()

    # ---- the steps

    async def _post(self, record: SessionRecord, **headers: str) -> httpx2.Response:
        trip = TRIPS[hash_of(record.key) % len(TRIPS)]
        named = {"Idempotency-Key": record.key, **headers}
        return await self._gateways.ask(record, "POST", PLAN, named, json=trip)

    async def _open(self, record: SessionRecord) -> None:
        for _ in range(2 if self._chance.random() < REPEAT_SHARE else 1):
            body = self._expected(record, await self._post(record, Prefer="respond-async"), 202)
            if body is not None:
                record.answered_with(body["session_id"])
        if not record.session_ids:
            raise GaveUpError

    async def _look(self, record: SessionRecord) -> dict[str, Any]:
        """The session's state, noted where it is final. Raises GaveUpError where the session is not known."""
        body = self._expected(record, await self._gateways.ask(record, "GET", _path(record)), 200)
        if body is None:
            raise GaveUpError
        if body["status"] in TERMINAL:
            self._ended_as(record, body["status"])
        elif record.final is not None:
            record.oddities.append(f"{body['status']} after it was {record.final}")
        return body

    async def _attach(self, record: SessionRecord, at_most: int | None = None) -> None:
        """One attachment after the last event seen, until it breaks, the session ends or `at_most` events came."""
        after = {"Last-Event-ID": record.seen[-1].event_id} if record.seen else {}
        url = f"{self._gateways.any()}{_path(record)}/stream"
        try:
            async with self._gateways.http.stream("GET", url, headers=after) as response:
                if response.status_code == 200:
                    await self._watch(record, response, at_most)
                else:
                    await self._refused(record, response)
        except httpx2.TransportError:
            record.troubles += 1
        if record.final is None:
            await self._gateways.pause()

    async def _watch(self, record: SessionRecord, response: httpx2.Response, at_most: int | None) -> None:
        count = 0
        if at_most == 0:
            return
        async for event in events_of(response):
            self._note(record, event)
            count += 1
            if record.final is not None or count == at_most:
                return
        record.troubles += 1

    async def _refused(self, record: SessionRecord, response: httpx2.Response) -> None:
        await response.aread()
        record.troubles += 1
        if response.status_code not in (429, 503):
            record.oddities.append(f"the stream was answered {response.status_code}: {response.text[:200]}")
            if response.status_code == 404:
                raise GaveUpError

    def _note(self, record: SessionRecord, event: ServerEvent) -> None:
        content = event.content
        if not event.event_id:
            record.troubles += 1
            if content.get("type") != "cut":
                record.oddities.append(f"the stream said {event.data[:200]}")
            return
        record.seen.append(event.seen())
        record.seen_at.append(time.time())
        if content.get("type") in FINAL_EVENTS:
            self._ended_as(record, content["status"])

    @staticmethod
    def _ended_as(record: SessionRecord, status: str) -> None:
        if record.final not in (None, status):
            record.oddities.append(f"ended as {record.final}, later said to be {status}")
        if status not in TERMINAL:
            record.oddities.append(f"said to have ended as {status}")
        record.final = record.final or status

    @staticmethod
    def _expected(record: SessionRecord, answer: httpx2.Response, status: int) -> dict[str, Any] | None:
        """The body of an answer with that status; any other is an oddity."""
        if answer.status_code == status:
            return dict(answer.json())
        record.oddities.append(f"answered {answer.status_code} instead of {status}: {answer.text[:200]}")
        return None


def position(event_id: str) -> tuple[int, ...]:
    """An event's place in its log, to be compared: `1795232778111-0` is (1795232778111, 0)."""
    return tuple(int(part) for part in event_id.split("-")) if event_id else ()


def hash_of(key: str) -> int:
    """The same in every process, unlike `hash`."""
    return sum(key.encode())


def _path(record: SessionRecord) -> str:
    return f"/api/v1/session/{record.session_id}"
