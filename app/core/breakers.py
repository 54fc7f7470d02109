"""One breaker an agent, shared by all gateways through Redis: an agent that keeps failing is skipped at once, and after
a while one request is let through to see whether it is well again.

The state is Redis'; each gateway keeps a copy, told of every change, so that asking a well agent costs nothing.
"""

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import structlog

from app.core.background_tasks import BackgroundTasks
from app.messaging.broker import Broker
from app.messaging.errors import DecodeError, MessagingError
from app.messaging.registry import BreakerState, decode_breaker

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class BreakerSettings:
    """`threshold`: failures in a row that open it. `cooldown_s`: how long an agent is skipped before it is probed."""

    is_enabled: bool = True
    threshold: int = 5
    cooldown_s: float = 15.0


@dataclass(frozen=True, slots=True)
class BreakerView:
    """`state`: `closed`, `open`, or `half_open`: the next request is a probe. `open_for_s`: until then, 0 elsewhere."""

    state: Literal["closed", "open", "half_open"]
    failures: int
    open_for_s: float


class Breakers:
    """What this gateway knows of every agent's breaker."""

    def __init__(self, broker: Broker, agents: Iterable[str], settings: BreakerSettings) -> None:
        self._broker = broker
        self._settings = settings
        self._known = {agent: (BreakerState(agent=agent, failures=0, open_for_ms=0), 0.0) for agent in agents}
        self._tasks = BackgroundTasks()

    def heard(self, raw: bytes) -> None:
        """Take in an announced change; malformed bytes are logged and passed over."""
        try:
            self._learn(decode_breaker(raw))
        except DecodeError:
            log.warning("breaker_not_understood")

    async def recall(self) -> None:
        """Read every breaker: what was announced before we listened. Raises MessagingError."""
        if self._settings.is_enabled:
            await self._broker.learn_time()
            for state in await self._broker.breakers(self._known, self._broker.clock.now_ms()):
                self._learn(state)

    def view(self, agent: str) -> BreakerView:
        state, heard_at = self._known[agent]
        # Whatever was announced: with no end to it, nobody would ever ask the agent again.
        open_for_s = min(state.open_for_ms / 1000, self._settings.cooldown_s)
        left_s = max(0.0, open_for_s - (time.monotonic() - heard_at))
        if self._is_well(agent):
            return BreakerView("closed", state.failures, 0.0)
        return BreakerView("open" if left_s else "half_open", state.failures, left_s)

    def _is_well(self, agent: str) -> bool:
        return self._known[agent][0].failures < self._settings.threshold or not self._settings.is_enabled

    def views(self) -> dict[str, BreakerView]:
        return {agent: self.view(agent) for agent in self._known}

    async def skipped(self, agents: Iterable[str]) -> dict[str, str]:
        """Which of the agents are not to be asked, and why. To a half-open one the first who comes gets through."""
        reasons = {}
        for agent in agents:
            if self._is_well(agent):
                continue
            view = self.view(agent)
            if view.state == "half_open" and not await self._may_probe(agent):
                view = self.view(agent)
            if view.state == "open":
                reasons[agent] = (
                    f"Agent {agent} is skipped: it failed {view.failures} times in a row; "
                    f"it is tried again in {math.ceil(view.open_for_s)} s"
                )
        return reasons

    def record(self, agent: str, succeeded: bool) -> None:
        """Tell of one answer, or of its absence. A success of an agent that is well tells nobody anything."""
        if not self._settings.is_enabled or (succeeded and self._known[agent][0].failures == 0):
            return
        self._tasks.start(self._tell("succeeded" if succeeded else "failed", agent))

    async def flush(self) -> None:
        """Wait until everything recorded is told."""
        await self._tasks.finish()

    async def _may_probe(self, agent: str) -> bool:
        state, may_ask = await self._change("probe", agent)
        self._learn(state)
        if may_ask:
            log.info("breaker_probe", agent=agent)
        return may_ask

    async def _tell(self, verb: str, agent: str) -> None:
        try:
            state, _ = await self._change(verb, agent)
        except MessagingError as error:
            log.debug("breaker_not_told", agent=agent, reason=str(error))
            return
        if verb == "failed" and state.failures == self._settings.threshold:
            log.warning("breaker_opened", agent=agent, failures=state.failures)
        self._learn(state)

    async def _change(self, verb: str, agent: str) -> tuple[BreakerState, bool]:
        cooldown_ms = int(self._settings.cooldown_s * 1000)
        return await self._broker.breaker(verb, agent, self._settings.threshold, cooldown_ms)

    def _learn(self, state: BreakerState) -> None:
        if state.agent in self._known:
            self._known[state.agent] = (state, time.monotonic())
