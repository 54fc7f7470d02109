"""Who is there: the worker instances as their heartbeats tell, and what that says about each agent."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

import structlog

from app.messaging.errors import DecodeError
from app.messaging.heartbeat import Heartbeat, ProviderBeat, decode_heartbeat

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Seen:
    beat: Heartbeat
    heard_at: float


class Fleet:
    """Instances heard of lately. Age is measured by our own clock from when a beat was heard, so that the clocks of
    other machines do not matter."""

    def __init__(self, agents: Iterable[str]) -> None:
        self.agents = tuple(agents)
        self._seen: dict[str, _Seen] = {}

    def heard(self, raw: bytes) -> None:
        """Take in one heartbeat; bytes that are none are logged and passed over."""
        try:
            beat = decode_heartbeat(raw)
        except DecodeError:
            log.warning("heartbeat_not_understood")
            return
        self._forget_gone()
        if beat.status == "offline":
            self._seen.pop(beat.instance, None)
        else:
            self._seen[beat.instance] = _Seen(beat, time.monotonic())

    def remembered(self, raw: bytes) -> None:
        """Take in a beat from the registry, unless it is too old or one was heard since."""
        try:
            beat = decode_heartbeat(raw)
        except DecodeError:
            return
        if beat.instance not in self._seen and 0 <= beat.age_s() < beat.longest_silence_s():
            self._seen[beat.instance] = _Seen(beat, time.monotonic() - beat.age_s())

    def instances(self, agent: str) -> list[Heartbeat]:
        """The agent's instances that are alive, by name."""
        self._forget_gone()
        alive = [seen.beat for seen in self._seen.values() if seen.beat.agent == agent]
        return sorted(alive, key=lambda beat: beat.instance)

    def providers(self) -> dict[str, list[ProviderBeat]]:
        """Whom the living instances ask for facts: by name, how it does for each of them."""
        found: dict[str, list[ProviderBeat]] = {}
        for provider in (one for agent in self.agents for beat in self.instances(agent) for one in beat.providers):
            found.setdefault(provider.name, []).append(provider)
        return dict(sorted(found.items()))

    def _forget_gone(self) -> None:
        now = time.monotonic()
        gone = [name for name, seen in self._seen.items() if now - seen.heard_at > seen.beat.longest_silence_s()]
        for name in gone:
            del self._seen[name]

    def health(self) -> dict[str, str]:
        """`healthy` for each agent of which an instance lives and finds no fault with itself, else `unhealthy`."""
        return {
            agent: "healthy" if any(beat.fault is None for beat in self.instances(agent)) else "unhealthy"
            for agent in self.agents
        }
