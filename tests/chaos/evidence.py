"""What a round leaves behind once all is healed: the clients' records, and what the fleet, its processes and Redis say.

Data alone, so that the checker can be tried on evidence written by hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.client_record import Seen, SessionRecord


@dataclass(frozen=True)
class View:
    """One session as the fleet tells it afterwards. `states`: its state by gateway; what a gateway that did not answer
    so said, stands there too. `replay`: its stream from the beginning; None where it was not asked for. `failures`: the
    code of each agent that failed, by its name."""

    states: Mapping[str, str]
    replay: tuple[Seen, ...] | None = None
    failures: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Exit:
    """One end of a process. `told`: the signals that we had sent it. `is_overdue`: SIGTERM did not end it in time."""

    name: str
    pid: int
    code: int
    told: tuple[int, ...] = ()
    is_overdue: bool = False


@dataclass(frozen=True)
class Complaint:
    """What a process said that nobody may say: a trace, as its last lines. `log`: the file's name."""

    log: str
    text: str


@dataclass(frozen=True)
class ConnectWords:
    """How often one life of a process said that it lost Redis. `outages`: how often it may have lost it."""

    log: str
    said: int
    outages: int


@dataclass(frozen=True)
class RedisRest:
    """`eternal`: keys without an expiry. `waiting`, `pending`: requests left in each agent's stream, and in hand."""

    eternal: tuple[str, ...] = ()
    waiting: Mapping[str, int] = field(default_factory=dict)
    pending: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Executions:
    """From the workers' own record. `cut_off`: began and never ended. `repeated`: an agent's work for a session that
    was completed more than once, `{agent} {session}`; that may be, its effect must not."""

    count: int = 0
    cut_off: int = 0
    repeated: tuple[str, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """`views`: by session id. `audit`: None where there was to be none. `unhealed`: what was still amiss at the end.

    `seconds_to_heal`: from the end of the last fault.
    """

    records: tuple[SessionRecord, ...]
    views: Mapping[str, View]
    audit: Mapping[str, Any] | None
    exits: tuple[Exit, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    connect_words: tuple[ConnectWords, ...] = ()
    redis: RedisRest = RedisRest()
    executions: Executions = Executions()
    unhealed: tuple[str, ...] = ()
    seconds_to_heal: float = 0.0
