"""The books, from Redis alone: what became of every session that was accepted, and what must not be.

Two independent sources are compared: the registry, in which each session is entered when it is accepted, and the logs.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from app.core.state import SessionStatus
from app.messaging import events
from app.messaging.broker import Broker, LogEntry
from app.messaging.errors import CommandRefusedError, DecodeError
from app.messaging.session_store import RegisteredSession

STUCK_AFTER_MS = 30_000
"""How long a lease may have been over before nobody is taken to drive the session; a takeover needs about eight."""

OVERDUE_AFTER_MS = 30_000
"""How long past its whole time a session may run before it counts as stuck."""

PAGE = 200


@dataclass(frozen=True, slots=True)
class Finding:
    session_id: str
    what: str


@dataclass
class Audit:
    """`states`: sessions by how they ended, the running ones among them. Findings: what must not be, in words."""

    states: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    stuck: int = 0
    executed_twice: int = 0
    dead_letters: int = 0
    requests_waiting: int = 0
    requests_in_work: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def accepted(self) -> int:
        return sum(self.states.values()) + self.lost

    @property
    def is_balanced(self) -> bool:
        return not (self.lost or self.stuck or self.executed_twice)

    def as_dict(self) -> dict[str, Any]:
        """Every figure by its name, the states among them, as JSON types."""
        return {
            "accepted": self.accepted,
            **{state.value: self.states[state] for state in SessionStatus if state is not SessionStatus.PENDING},
            "lost": self.lost,
            "stuck": self.stuck,
            "executed_twice": self.executed_twice,
            "dead_letters": self.dead_letters,
            "requests_waiting": self.requests_waiting,
            "requests_in_work": self.requests_in_work,
            "is_balanced": self.is_balanced,
            "findings": [asdict(finding) for finding in self.findings],
        }

    def find(self, session_id: str, what: str) -> None:
        self.findings.append(Finding(session_id, what))


async def audit(broker: Broker, agents: Iterable[str], ttl_s: int) -> Audit:
    """Read everything; takes a while on a full Redis.

    `ttl_s`: how long sessions are kept at least. A session that begins or ends meanwhile is counted once, and what
    seems to be wrong with one is looked at again: by then it may have been entered, or have gone its way.
    """
    found = Audit()
    await broker.learn_time()
    registered = await _registered(broker)
    logged = await _logged(broker)
    for session_id in sorted(logged | set(registered)):
        await _examine(broker, found, session_id, registered.get(session_id), ttl_s)
    for agent in agents:
        found.dead_letters += await broker.dead_count(agent)
        in_work = sum((await broker.pending_counts(agent)).values())
        found.requests_in_work += in_work
        found.requests_waiting += max(0, await broker.queue_length(agent) - in_work)
    return found


async def _registered(broker: Broker) -> dict[str, RegisteredSession]:
    found: dict[str, RegisteredSession] = {}
    start = 0
    while page := await broker.registered_sessions(start, PAGE):
        found.update({session.session_id: session for session in page})
        start += PAGE
    return found


async def _logged(broker: Broker) -> set[str]:
    cursor, found = await broker.logged_sessions()
    ids = set(found)
    while cursor:
        cursor, found = await broker.logged_sessions(cursor)
        ids.update(found)
    return ids


async def _examine(
    broker: Broker, found: Audit, session_id: str, registered: RegisteredSession | None, ttl_s: int
) -> None:
    try:
        entries = await broker.read_log(session_id)
    except CommandRefusedError:
        # Something else stands where its log was.
        entries = []
    now_ms = broker.clock.now_ms()
    if not entries:
        if _is_lost(registered, now_ms, ttl_s) and _is_lost(await broker.registered_session(session_id), now_ms, ttl_s):
            found.lost += 1
            found.find(session_id, "it was accepted, and has no log any more")
        return
    status = _status(entries[-1])
    found.states[status] += 1
    for request_id, outcomes in _outcomes(entries).items():
        if outcomes > 1:
            found.executed_twice += 1
            found.find(session_id, f"request {request_id} has {outcomes} outcomes")
    if status == SessionStatus.RUNNING and _why_stuck(entries[0], registered, now_ms):
        registered, last = await broker.registered_session(session_id), await broker.last_entry(session_id)
        reason = _why_stuck(entries[0], registered, broker.clock.now_ms())
        if reason and last is not None and not last.is_final:
            found.stuck += 1
            found.find(session_id, reason)


def _is_lost(registered: RegisteredSession | None, now_ms: int, ttl_s: int) -> bool:
    """Whether one without a log should have it. An ended session whose log has expired is over; a running one, or one
    that ended lately, should."""
    if registered is None:
        return False
    if registered.lease_until_ms is None:
        return now_ms + registered.score <= (ttl_s - 60) * 1000
    # Else it is being opened, or its driver is about to find out.
    return registered.lease_until_ms <= now_ms - STUCK_AFTER_MS


def _status(last: LogEntry) -> str:
    if not last.is_final:
        return SessionStatus.RUNNING.value
    try:
        told = str(events.decode_event(last.event).get("status"))
    except DecodeError:
        told = ""
    is_known = told in set(SessionStatus) and SessionStatus(told).is_terminal
    return told if is_known else SessionStatus.FAILED.value


def _outcomes(entries: Iterable[LogEntry]) -> Counter[str]:
    """How many outcomes each request has in the log."""
    counted: Counter[str] = Counter()
    for entry in entries:
        try:
            event = events.decode_event(entry.event)
        except DecodeError:
            continue
        is_outcome = event.get("status") == events.COMPLETED or event["type"] == events.AGENT_FAILED
        if is_outcome and not entry.is_final and event.get("request_id"):
            counted[event["request_id"]] += 1
    return counted


def _why_stuck(opening: LogEntry, registered: RegisteredSession | None, now_ms: int) -> str | None:
    if registered is None or registered.lease_until_ms is None:
        return "it runs, and is not in the registry as running"
    if registered.lease_until_ms < now_ms - STUCK_AFTER_MS:
        return "nobody drives it"
    try:
        event = events.decode_event(opening.event)
        began_ms = datetime.fromisoformat(event["timestamp"]).timestamp() * 1000
        if now_ms > began_ms + event["timeout_ms"] + OVERDUE_AFTER_MS:
            return "its whole time is long over"
    except (DecodeError, KeyError, ValueError, TypeError):
        return "its log has no opening"
    return None
