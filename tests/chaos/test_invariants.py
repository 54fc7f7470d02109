"""A checker that cannot fail is worthless: each invariant is broken once here, by hand."""

import signal
from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.client_record import Seen, SessionRecord
from tests.chaos.evidence import Complaint, ConnectWords, Evidence, Exit, RedisRest, View
from tests.chaos.invariants import SHOWN, findings

LOG = (Seen("1-0", "started", "a"), Seen("1-1", "progress", "b"), Seen("2-0", "completed", "c"))

BALANCED: dict[str, Any] = {
    "accepted": 2,
    "completed": 1,
    "partial": 0,
    "failed": 0,
    "cancelled": 1,
    "timeout": 0,
    "running": 0,
    "lost": 0,
    "stuck": 0,
    "executed_twice": 0,
    "dead_letters": 0,
    "is_balanced": True,
    "findings": [],
}


def followed(**changes: Any) -> SessionRecord:
    whole = {"session_ids": ["s1"], "is_followed": True, "seen": list(LOG), "final": "completed", **changes}
    return SessionRecord(1, "follow", "k1", **whole)


def cancelled(**changes: Any) -> SessionRecord:
    return SessionRecord(
        2, "cancel", "k2", **{"session_ids": ["s2"], "final": "cancelled", "is_cancelled": True, **changes}
    )


def view(state: str, replay: tuple[Seen, ...] | None = None) -> View:
    return View({"gateway-1": state, "gateway-2": state}, replay)


def evidence(**changes: Any) -> Evidence:
    """Of a round in which everything held, but for the changes."""
    sound = Evidence(
        records=(followed(), cancelled()),
        views={"s1": view("completed", LOG), "s2": view("cancelled")},
        audit=BALANCED,
        exits=(
            Exit("weather-1", 10, -signal.SIGKILL, (signal.SIGKILL,)),
            Exit("maps-1", 11, 0, (signal.SIGSTOP, signal.SIGCONT, signal.SIGTERM)),
            Exit("gateway-1", 12, -signal.SIGTERM, (signal.SIGTERM,)),
        ),
        connect_words=(ConnectWords("maps-1.1.log", 2, 2),),
        redis=RedisRest((), {"weather": 0}, {"weather": 0}),
    )
    return replace(sound, **changes)


def audit(**changes: Any) -> dict[str, Any]:
    return {"audit": {**BALANCED, **changes}}


def records(*found: SessionRecord) -> dict[str, Any]:
    return {"records": found}


def views(**changes: View) -> dict[str, Any]:
    return {"views": {"s1": view("completed", LOG), "s2": view("cancelled"), **changes}}


def test_nothing_is_found_where_everything_held() -> None:
    assert findings(evidence()) == []


def test_a_session_that_was_never_accepted_is_no_fault() -> None:
    assert findings(evidence(records=(followed(), cancelled(), SessionRecord(3, "wait", "k3")))) == []


def test_without_an_audit_the_rest_is_checked() -> None:
    assert findings(evidence(audit=None)) == []
    assert findings(evidence(audit=None, unhealed=("gateway-1 is not running",))) != []


BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "a session does not end": (views(s1=view("running", LOG)), "stuck: session s1"),
    "a session is gone": (views(s1=view("answered 404", LOG)), "stuck: session s1"),
    "a session was not asked about": ({"views": {"s1": view("completed", LOG)}}, "stuck: session s2"),
    "a gateway does not know the end": (
        views(s2=View({"gateway-1": "cancelled", "gateway-2": "running"})),
        "stuck: session s2 (cancel, k2) is cancelled at gateway-1, running at gateway-2",
    ),
    "a client never learns the end": (records(followed(final=None), cancelled()), "never told: session s1"),
    "the end is another one to the client": (views(s1=view("partial", LOG)), "two ends: session s1"),
    "the end is another one at each gateway": (
        {**records(followed(final=None), cancelled()), **views(s1=View({"1": "completed", "2": "partial"}, LOG))},
        "two ends: session s1",
    ),
    "cancelled is undone": (
        {**records(followed(), cancelled(final="completed")), **views(s2=view("completed"))},
        "not cancelled: session s2",
    ),
    "a key has two sessions": (
        {**records(followed(session_ids=["s1", "s2"])), **views(s2=view("completed", LOG))},
        "one key, several sessions: k1 was answered with s1, s2",
    ),
    "two clients' records share a key": (
        {**records(followed(), followed(session_ids=["s3"])), **views(s3=view("completed", LOG))},
        "one key, several sessions: k1",
    ),
    "a session has two keys": (
        records(followed(), cancelled(), SessionRecord(3, "wait", "k3", ["s1"], final="completed")),
        "one session, several keys: s1",
    ),
    "an event comes twice": (records(followed(seen=[LOG[0], LOG[1], LOG[1], LOG[2]]), cancelled()), "out of order"),
    "events come in another order": (records(followed(seen=[LOG[1], LOG[0], LOG[2]]), cancelled()), "out of order"),
    "an event is missing": (records(followed(seen=[LOG[0], LOG[2]]), cancelled()), "another stream: session s1"),
    "the first event is missing": (records(followed(seen=[*LOG[1:]]), cancelled()), "another stream: session s1"),
    "the replay has more": (
        views(s1=view("completed", (*LOG, Seen("3-0", "progress", "d")))),
        "another stream: session s1 (follow, k1) saw 3 events, the replay has 4",
    ),
    "an event changes its words": (
        records(followed(seen=[LOG[0], Seen("1-1", "progress", "x"), LOG[2]]), cancelled()),
        "another stream: session s1 (follow, k1) saw as event 1",
    ),
    "a client that gave up saw what is not there": (
        records(followed(final=None, seen=[LOG[0], Seen("1-1", "progress", "x")]), cancelled()),
        "another stream: session s1",
    ),
    "something odd was answered": (
        records(followed(oddities=["answered 500"]), cancelled()),
        "odd: session s1 (follow, k1): answered 500",
    ),
    "the fleet does not recover": ({"unhealed": ("maps-1 is not running",)}, "not healed: maps-1 is not running"),
    "the audit is not balanced": (audit(is_balanced=False), "the audit is not balanced"),
    "the audit sees one running": (audit(running=1), "the audit says running: 1, not 0"),
    "the audit sees one lost": (audit(lost=1), "the audit says lost: 1"),
    "the audit sees one stuck": (audit(stuck=1), "the audit says stuck: 1"),
    "the audit sees one executed twice": (audit(executed_twice=1), "the audit says executed_twice: 1"),
    "the audit lacks a number": ({"audit": {"is_balanced": True, "accepted": 2}}, "the audit says running: None"),
    "the audit has a finding": (
        audit(findings=[{"session_id": "s1", "what": "two final entries"}]),
        "the audit found: two final entries (s1)",
    ),
    "the audit misses a session": (audit(accepted=1), "the audit counts 1 sessions, clients were given 2"),
    "a process crashes": ({"exits": (Exit("maps-1", 9, 1),)}, "ended by itself: maps-1 (pid 9) with 1"),
    "a process leaves untold": ({"exits": (Exit("maps-1", 9, 0),)}, "ended by itself: maps-1"),
    "a process fails when told to stop": (
        {"exits": (Exit("maps-1", 9, 1, (signal.SIGTERM,)),)},
        "ended by itself: maps-1",
    ),
    "somebody else kills a process": (
        {"exits": (Exit("maps-1", 9, -signal.SIGKILL, (signal.SIGTERM,)),)},
        "ended by itself: maps-1",
    ),
    "a process does not stop": (
        {"exits": (Exit("maps-1", 9, -signal.SIGKILL, (signal.SIGTERM, signal.SIGKILL), is_overdue=True),)},
        "did not stop: maps-1",
    ),
    "a trace is printed": (
        {"complaints": (Complaint("maps-1.1.log", "KeyError: 'x'"),)},
        "trace: maps-1.1.log: KeyError",
    ),
    "an outage is told again and again": (
        {"connect_words": (ConnectWords("maps-1.1.log", 9, 2),)},
        "repeated: maps-1.1.log lost Redis 9 times in words, 2 in truth",
    ),
    "a key stays for ever": ({"redis": RedisRest(("state:s1",))}, "without expiry: state:s1 (1 keys)"),
    "a request waits for ever": (
        {"redis": RedisRest((), {"maps": 1}, {"maps": 0})},
        "left over: 1 requests wait for maps",
    ),
    "a request stays in hand": ({"redis": RedisRest((), {"maps": 0}, {"maps": 2})}, "for maps, 2 are in hand"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_it_is_found_where(how: str) -> None:
    changes, words = BROKEN[how]
    found = findings(evidence(**changes))
    assert any(words in finding for finding in found), found


def test_a_machine_that_is_slow_once_is_no_finding() -> None:
    assert findings(evidence(connect_words=(ConnectWords("maps-1.1.log", 2, 1),))) == []


def test_the_same_trace_of_many_processes_is_one_finding() -> None:
    traces = tuple(Complaint(f"maps-1.{number}.log", "KeyError") for number in range(1, 4))
    assert findings(evidence(complaints=traces)) == ["trace: maps-1.1.log and 2 more: KeyError"]


def test_of_many_findings_of_a_kind_a_few_are_shown_and_the_others_counted() -> None:
    found = findings(evidence(unhealed=tuple(f"fault {number}" for number in range(SHOWN + 3))))
    assert found[:SHOWN] == [f"not healed: fault {number}" for number in range(SHOWN)]
    assert found[SHOWN:] == ["… and 3 more of that kind"]
