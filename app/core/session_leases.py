"""Which sessions this gateway drives, held by leases, and the taking over of those whose gateway died.

A lease is an entry of one registry with the moment at which it runs out, by Redis' clock. It only saves work: that two
gateways do not drive one session to effect is seen to by the epoch in the session's log.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog

from app.messaging.broker import Broker
from app.messaging.errors import MessagingError

log = structlog.get_logger(__name__)

SESSION_LEASE_S = 6.0
"""How long a session stays its driver's without a word of it."""
RENEW_EVERY_S = 1.5
LOOK_EVERY_S = 2.0
"""How often a gateway looks for leases that have run out."""

TRUST_WITHIN_S = 0.5
"""An answer that took longer came from a Redis that had paused: everybody's leases look expired then, and are not."""

AFTER_TROUBLE_S = 2.0
"""How long the living have to renew their leases before we look again."""

TIDY_EVERY_S = 60.0
CLAIMS_A_LOOK = 20
"""At most as many sessions are taken over in one look, so that other gateways get their share."""


Adopt = Callable[[str], Awaitable[None]]
"""Carries on the session of that id, which was claimed."""


class Held(Protocol):
    """A session that this gateway drives."""

    def check(self) -> None:
        """The registry does not know the session: find out from its log what has become of it."""
        ...


class SessionLeases:
    """`ttl_s`: how long ended sessions stay registered, to be counted."""

    def __init__(self, broker: Broker, ttl_s: int) -> None:
        self._broker = broker
        self._ttl_s = ttl_s
        self._held: dict[str, Held] = {}
        self._renewed_at = float("-inf")
        self._looked_at = float("-inf")
        self._tidied_at = float("-inf")

    def is_current(self) -> bool:
        """Whether no lease of ours can have run out since the last renewal."""
        return time.monotonic() - self._renewed_at < SESSION_LEASE_S - RENEW_EVERY_S

    async def hold(self, session_id: str, held: Held) -> None:
        """Register a session and keep its lease from now on. Raises MessagingError; the session is then not kept.

        Where another of ours holds it already, that one keeps it: see `keep`.
        """
        try:
            await self._broker.learn_time()
            await self.begin(session_id, held)
        except MessagingError:
            self.drop(session_id, held)
            raise

    def begin(self, session_id: str, held: Held) -> "asyncio.Future[None]":
        """The same in the write of this moment, by the time as far as it is known. To be awaited; on MessagingError
        `drop` it."""
        self._held.setdefault(session_id, held)
        return self._broker.hold_session(session_id, self._until_ms())

    def keep(self, session_id: str, held: Held) -> None:
        """Of several of ours that opened one session, this one drives it."""
        self._held[session_id] = held

    def drop(self, session_id: str, held: Held) -> None:
        """Do not renew its lease any more, unless another of ours holds it."""
        if self._held.get(session_id) is held:
            del self._held[session_id]

    def ended(self, session_id: str, at_ms: int | None = None) -> "asyncio.Future[None]":
        """The session has ended, now or at that time: it wants no driver. To be awaited; raises MessagingError."""
        self._held.pop(session_id, None)
        return self._broker.end_session(session_id, self._broker.clock.now_ms() if at_ms is None else at_ms)

    async def release(self, session_id: str) -> None:
        """Let another gateway take it over at once. Raises MessagingError."""
        self._held.pop(session_id, None)
        await self._broker.renew_sessions([session_id], self._broker.clock.now_ms())

    async def renew(self) -> None:
        """Renew every lease. Raises MessagingError."""
        asked_at = time.monotonic()
        if self._held:
            missing = await self._broker.renew_sessions(list(self._held), self._until_ms())
            for session_id in missing:
                if held := self._held.get(session_id):
                    held.check()
        self._renewed_at = asked_at

    async def renew_forever(self) -> None:
        while True:
            try:
                await self.renew()
            except MessagingError as error:
                log.debug("leases_not_renewed", reason=str(error))
            await asyncio.sleep(RENEW_EVERY_S)

    async def look_forever(self, adopt: Adopt) -> None:
        """Claim, from the start on, what nobody drives."""
        while True:
            pause_s = LOOK_EVERY_S
            try:
                if not await self._look(adopt):
                    pause_s = AFTER_TROUBLE_S
            except MessagingError as error:
                self._looked_at = float("-inf")
                log.debug("sessions_not_looked_after", reason=str(error))
            await asyncio.sleep(pause_s)

    async def _look(self, adopt: Adopt) -> bool:
        """One look. False where its result is not to be trusted, since nobody could renew for a while."""
        await self._broker.learn_time()
        asked_at, last = time.monotonic(), self._looked_at
        expired = await self._broker.expired_sessions(self._broker.clock.now_ms(), CLAIMS_A_LOOK)
        self._looked_at = time.monotonic()
        if self._looked_at - asked_at > TRUST_WITHIN_S or asked_at - last > LOOK_EVERY_S + AFTER_TROUBLE_S:
            return False
        for session in expired:
            if session.session_id not in self._held and await self._broker.claim_session(session, self._until_ms()):
                await self._take_over(session.session_id, adopt)
        if asked_at - self._tidied_at > TIDY_EVERY_S:
            self._tidied_at = asked_at
            await self._broker.tidy_registry(self._broker.clock.now_ms() - self._ttl_s * 1000)
        return True

    @staticmethod
    async def _take_over(session_id: str, adopt: Adopt) -> None:
        """Raises MessagingError."""
        try:
            await adopt(session_id)
        except MessagingError:
            raise
        except Exception:
            # Whatever is wrong with one session, the others are still to be looked after.
            log.exception("session_cannot_be_taken_over", session_id=session_id)

    def _until_ms(self) -> int:
        return self._broker.clock.now_ms() + int(SESSION_LEASE_S * 1000)
