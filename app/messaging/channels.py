"""Every Redis key and channel, once, with its expiry. Nothing else in the project spells one out.

| name                                  | kind                     | carries                                  |
|---------------------------------------|--------------------------|------------------------------------------|
| `agent:{agent}:request`               | stream, group; pub/sub   | requests, announced on the same name     |
| `agent:{agent}:dead`                  | stream, capped           | what could not be worked, with its cause |
| `agent:{agent}:response:{session_id}` | pub/sub                  | answers and errors of one session        |
| `agent:{agent}:registry`              | hash                     | one heartbeat an instance                |
| `agent:{agent}:breaker`               | hash                     | failures in a row, and until when to skip|
| `sessions`                            | sorted set               | leases of running sessions, ended ones   |
| `idempotency:{digest}`                | string                   | which session a client's key opened      |
| `streaming:update:{session_id}`       | stream; pub/sub          | the session's log, and its announcement  |
| `state:{session_id}`                  | string, JSON             | the read model of the session            |
| `cache:{owner}:{digest}`              | string                   | what an agent or a provider found lately |
| `calls:{owner}:{period}`              | string, a count          | calls of a provider in a day or a month  |
| `turn:{owner}`                        | string, short-lived      | who may call next is decided when it ends|
| `agent:cancel:{session_id}`           | pub/sub                  | stop working for that session            |
| `agent:health`                        | pub/sub                  | heartbeats                               |
| `agent:breaker`                       | pub/sub                  | a breaker has changed                    |
| `agent:requests_lost`                 | pub/sub                  | a request stream or its group was gone   |
"""

WORKERS_GROUP = "workers"

HEALTH = "agent:health"
BREAKERS = "agent:breaker"
REQUESTS_LOST = "agent:requests_lost"
SESSIONS = "sessions"
CANCEL_PATTERN = "agent:cancel:*"

REQUEST_STREAM_TTL_S = 24 * 3600
"""Renewed by every heartbeat: the stream outlives any pause of its workers that a request could outlive."""

DEAD_STREAM_TTL_S = 7 * 24 * 3600
DEAD_STREAM_MAX_LENGTH = 1000

REGISTRY_TTL_S = 120
"""The whole hash goes when no instance of the agent has beaten for that long; single beats age by their time."""

BREAKER_TTL_S = 3600
"""An agent of which nothing was heard for that long starts anew."""

SESSIONS_TTL_S = 48 * 3600
"""Renewed by every gateway once a minute; longer than any session is kept."""

IDEMPOTENCY_TTL_S = 24 * 3600


def request_stream(agent: str) -> str:
    return f"agent:{agent}:request"


def dead_stream(agent: str) -> str:
    return f"agent:{agent}:dead"


def response_channel(agent: str, session_id: str) -> str:
    return f"agent:{agent}:response:{session_id}"


def registry(agent: str) -> str:
    return f"agent:{agent}:registry"


def session_log(session_id: str) -> str:
    return f"streaming:update:{session_id}"


def session_state(session_id: str) -> str:
    return f"state:{session_id}"


def cancel_channel(session_id: str) -> str:
    return f"agent:cancel:{session_id}"


def breaker(agent: str) -> str:
    return f"agent:{agent}:breaker"


def idempotency(digest: str) -> str:
    return f"idempotency:{digest}"


def cache_entry(owner: str, digest: str) -> str:
    return f"cache:{owner}:{digest}"


def calls(owner: str, period: str) -> str:
    return f"calls:{owner}:{period}"


def turn(owner: str) -> str:
    return f"turn:{owner}"
