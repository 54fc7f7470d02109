"""A client's way to the gateways: any of them will do, and one that is away is no reason to give up."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from typing import Any

import httpx2

from tests.chaos.client_record import SessionRecord

TIMEOUT = httpx2.Timeout(8.0, connect=2.0)
"""A gateway that is halted takes connections and says nothing."""

PASSING = (429, 502, 503, 504)
"""Answers after which a client may ask again."""

RETRY_PAUSE_S = (0.1, 0.6)


class GaveUpError(Exception):
    """The round is over and the fleet is well, and still nothing came of it."""


class Gateways:
    """`give_up`: set when clients are not to go on any longer."""

    def __init__(self, addresses: Sequence[str], chance: random.Random, give_up: asyncio.Event) -> None:
        self.http = httpx2.AsyncClient(timeout=TIMEOUT, trust_env=False)
        self._addresses = addresses
        self._chance = chance
        self._give_up = give_up

    def any(self) -> str:
        return self._chance.choice(list(self._addresses))

    async def pause(self) -> None:
        """Before the next attempt. Raises GaveUpError."""
        if self._give_up.is_set():
            raise GaveUpError
        await asyncio.sleep(self._chance.uniform(*RETRY_PAUSE_S))

    async def ask(
        self, record: SessionRecord, method: str, path: str, headers: Mapping[str, str] | None = None, **options: Any
    ) -> httpx2.Response:
        """The first answer that is worth something, whichever gateway gives it. Raises GaveUpError.

        Breaks and answers that may pass are counted; an error of the gateway itself is an oddity.
        """
        while True:
            try:
                answer = await self.http.request(method, self.any() + path, headers=headers, **options)
            except httpx2.TransportError:
                record.troubles += 1
            else:
                if answer.status_code not in (500, *PASSING):
                    return answer
                record.troubles += 1
                if answer.status_code == 500:
                    record.oddities.append(f"{method} {path} was answered 500: {answer.text[:200]}")
            await self.pause()
