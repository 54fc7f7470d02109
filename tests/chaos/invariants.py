"""What has to hold after every round, as pure functions over its evidence: each gives its findings, in words."""

import signal
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

from tests.chaos.client_record import TERMINAL, SessionRecord
from tests.chaos.clients import position
from tests.chaos.evidence import Evidence, Exit, View

Check = Callable[[Evidence], Iterator[str]]

ALLOWED_EXITS = 0
"""How many processes may end by themselves in a round."""

ALLOWED_REPEATS = 1
"""How often more a life of a process may say that it lost Redis than we know reasons for: the machine may be slow."""

SHOWN = 5
"""Of many findings of one kind, so many are told in full."""

AUDITED_TO_ZERO = ("running", "lost", "stuck", "executed_twice")


def findings(evidence: Evidence) -> list[str]:
    """Empty where everything held."""
    return [finding for check in CHECKS for finding in _shortened(check, evidence)]


def _shortened(check: Check, evidence: Evidence) -> Iterator[str]:
    found = list(check(evidence))
    yield from found[:SHOWN]
    if len(found) > SHOWN:
        yield f"… and {len(found) - SHOWN} more of that kind"


# ---- what clients were told


def every_session_ended(evidence: Evidence) -> Iterator[str]:
    for record, view in _accepted(evidence):
        if any(state not in TERMINAL for state in view.states.values()):
            yield f"stuck: {_name(record)} is {_words(view.states)}"
        elif record.final is None:
            yield f"never told: {_name(record)} ended as {_words(view.states)}, and its client did not learn it"


def every_end_is_the_same_everywhere(evidence: Evidence) -> Iterator[str]:
    for record, view in _accepted(evidence):
        told = {state for state in view.states.values() if state in TERMINAL}
        if record.final is not None and told - {record.final}:
            yield f"two ends: {_name(record)} was {record.final} to its client, and is {_words(view.states)}"
        elif len(told) > 1:
            yield f"two ends: {_name(record)} is {_words(view.states)}"


def cancelled_stays_cancelled(evidence: Evidence) -> Iterator[str]:
    for record, view in _accepted(evidence):
        if record.is_cancelled and set(view.states.values()) != {"cancelled"}:
            yield f"not cancelled: {_name(record)} was answered so, and is {_words(view.states)}"


def every_key_has_one_session(evidence: Evidence) -> Iterator[str]:
    sessions: dict[str, set[str]] = defaultdict(set)
    for record in evidence.records:
        sessions[record.key].update(record.session_ids)
    for key, ids in sessions.items():
        if len(ids) > 1:
            yield f"one key, several sessions: {key} was answered with {', '.join(sorted(ids))}"


def no_session_has_two_keys(evidence: Evidence) -> Iterator[str]:
    keys: dict[str, set[str]] = defaultdict(set)
    for record in evidence.records:
        for session_id in record.session_ids:
            keys[session_id].add(record.key)
    for session_id, found in keys.items():
        if len(found) > 1:
            yield f"one session, several keys: {session_id} was answered to {', '.join(sorted(found))}"


def nothing_is_seen_twice_or_out_of_order(evidence: Evidence) -> Iterator[str]:
    for record in evidence.records:
        for earlier, later in pairwise(record.seen):
            if position(later.event_id) <= position(earlier.event_id):
                yield f"out of order: {_name(record)} saw {later.event_id} after {earlier.event_id}"
                break


def what_was_seen_is_the_whole_log(evidence: Evidence) -> Iterator[str]:
    for record, view in _accepted(evidence):
        if not record.is_followed or view.replay is None:
            continue
        whole = view.replay if record.final is not None else view.replay[: len(record.seen)]
        if tuple(record.seen) != whole:
            yield f"another stream: {_name(record)} {_difference(record, view)}"


def nothing_odd_was_answered(evidence: Evidence) -> Iterator[str]:
    for record in evidence.records:
        for oddity in record.oddities:
            yield f"odd: {_name(record)}: {oddity}"


# ---- what the fleet says of itself


def everything_healed(evidence: Evidence) -> Iterator[str]:
    for fault in evidence.unhealed:
        yield f"not healed: {fault}"


def the_audit_is_balanced(evidence: Evidence) -> Iterator[str]:
    audit = evidence.audit
    if audit is None:
        return
    if not audit.get("is_balanced"):
        yield f"the audit is not balanced: {_numbers(evidence)}"
    for name in AUDITED_TO_ZERO:
        if audit.get(name) != 0:
            yield f"the audit says {name}: {audit.get(name)}, not 0"
    for finding in audit.get("findings", ()):
        yield f"the audit found: {finding.get('what')} ({finding.get('session_id')})"


def the_audit_knows_every_session(evidence: Evidence) -> Iterator[str]:
    known = {session_id for record in evidence.records for session_id in record.session_ids}
    if evidence.audit is not None and int(evidence.audit.get("accepted") or 0) < len(known):
        yield f"the audit counts {evidence.audit.get('accepted')} sessions, clients were given {len(known)}"


# ---- what the processes and Redis leave behind


def no_process_ended_by_itself(evidence: Evidence) -> Iterator[str]:
    alone = [one for one in evidence.exits if not _was_told(one)]
    if len(alone) > ALLOWED_EXITS:
        for one in alone:
            yield f"ended by itself: {one.name} (pid {one.pid}) with {one.code}"


def every_process_stops_when_told(evidence: Evidence) -> Iterator[str]:
    for one in evidence.exits:
        if one.is_overdue:
            yield f"did not stop: {one.name} (pid {one.pid}) had to be killed"


def no_trace_was_printed(evidence: Evidence) -> Iterator[str]:
    logs: dict[str, list[str]] = defaultdict(list)
    for complaint in evidence.complaints:
        logs[complaint.text].append(complaint.log)
    for text, found in logs.items():
        yield f"trace: {found[0]}{f' and {len(found) - 1} more' if len(found) > 1 else ''}: {text}"


def each_outage_is_told_once(evidence: Evidence) -> Iterator[str]:
    for words in evidence.connect_words:
        if words.said > words.outages + ALLOWED_REPEATS:
            yield f"repeated: {words.log} lost Redis {words.said} times in words, {words.outages} in truth"


def redis_is_left_clean(evidence: Evidence) -> Iterator[str]:
    rest = evidence.redis
    if rest.eternal:
        yield f"without expiry: {', '.join(rest.eternal[:SHOWN])} ({len(rest.eternal)} keys)"
    for agent in sorted({*rest.waiting, *rest.pending}):
        waiting, pending = rest.waiting.get(agent, 0), rest.pending.get(agent, 0)
        if waiting or pending:
            yield f"left over: {waiting} requests wait for {agent}, {pending} are in hand"


CHECKS: tuple[Check, ...] = (
    every_session_ended,
    every_end_is_the_same_everywhere,
    cancelled_stays_cancelled,
    every_key_has_one_session,
    no_session_has_two_keys,
    nothing_is_seen_twice_or_out_of_order,
    what_was_seen_is_the_whole_log,
    nothing_odd_was_answered,
    everything_healed,
    the_audit_is_balanced,
    the_audit_knows_every_session,
    no_process_ended_by_itself,
    every_process_stops_when_told,
    no_trace_was_printed,
    each_outage_is_told_once,
    redis_is_left_clean,
)


# ---- words


def _accepted(evidence: Evidence) -> Iterator[tuple[SessionRecord, View]]:
    """Each session that a client was given, with what the fleet says of it now."""
    for record in evidence.records:
        for session_id in record.session_ids:
            yield record, evidence.views.get(session_id, View({"every gateway": "not asked"}))


def _was_told(one: Exit) -> bool:
    """A process ends by SIGKILL of ours, or on SIGTERM: of itself, or by the signal."""
    if one.code == -signal.SIGKILL:
        return signal.SIGKILL in one.told
    return one.code in (0, -signal.SIGTERM) and signal.SIGTERM in one.told


def _name(record: SessionRecord) -> str:
    return f"session {record.session_id or '(none)'} ({record.mode}, {record.key})"


def _words(states: Mapping[str, str]) -> str:
    each = sorted(set(states.values()))
    return each[0] if len(each) == 1 else ", ".join(f"{state} at {gateway}" for gateway, state in states.items())


def _difference(record: SessionRecord, view: View) -> str:
    replay = view.replay or ()
    for number, (seen, told) in enumerate(zip(record.seen, replay, strict=False)):
        if seen != told:
            return f"saw as event {number} {seen}, the replay has {told}"
    return f"saw {len(record.seen)} events, the replay has {len(replay)}"


def _numbers(evidence: Evidence) -> str:
    audit = evidence.audit or {}
    return ", ".join(f"{name} {value}" for name, value in audit.items() if isinstance(value, int | bool))
