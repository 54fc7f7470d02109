"""The shapes of what the gateway answers. Plans are written as bytes and not validated again on their way out; a test
holds that real answers fit these models."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from app.trips.reports import BudgetReport, EventsReport, ItineraryReport, RouteReport, WeatherReport

SessionStatusName = Literal["pending", "running", "completed", "partial", "failed", "cancelled", "timeout"]


class PlanData(BaseModel):
    """What each agent reported; None for one that did not deliver (or has not yet)."""

    weather: WeatherReport | None
    events: EventsReport | None
    route: RouteReport | None
    budget: BudgetReport | None
    itinerary: ItineraryReport | None


class AgentFailure(BaseModel):
    """Why an agent did not deliver. `code`: `timeout`, `expired`, or the agent's own word."""

    agent: str
    code: str | None
    message: str


class PlanAnswer(BaseModel):
    """A plan. `status` is `completed`, or `partial` where agents failed, `failed` or `timeout` where none delivered,
    `cancelled` where somebody ended its session.

    `days`: every day of the trip. `processing_time_ms`: from the session's opening to its end. `agents_cached`: whose
    result was kept from an identical request of late.
    """

    model_config = ConfigDict(extra="forbid")

    session_id: str
    status: SessionStatusName
    message: str
    days: list[date]
    data: PlanData
    processing_time_ms: int
    agents_completed: list[str]
    agents_failed: list[str]
    agents_cached: list[str]
    failures: list[AgentFailure]


class AgentProgress(BaseModel):
    """`progress_percent` only rises. `duration_ms`: the agent's own working time. `cache_age_s`: how old its result is,
    where it was kept from an earlier request.

    `retry_count`: how often the agent was asked again after an error that may pass. While the next attempt is awaited,
    `failure_code` and `message` tell of the last one.
    """

    agent: str
    status: Literal["pending", "running", "completed", "failed", "cancelled"]
    progress_percent: int
    message: str
    duration_ms: int | None
    cache_age_s: int | None
    failure_code: str | None
    retry_count: int


class SessionAnswer(PlanAnswer):
    """A session as it is now; `data` fills as agents deliver.

    `last_event_id`: the last event of the stream that is folded in; attach to the stream with it to go on from here.
    """

    created_at: datetime
    updated_at: datetime
    overall_percent: int
    last_event_id: str
    request: dict[str, Any]
    agents: dict[str, AgentProgress]


class AcceptedAnswer(BaseModel):
    """A session that was opened, and how it stands; follow `location` or `stream`."""

    session_id: str
    status: SessionStatusName
    location: str
    stream: str


class ProviderStatus(BaseModel):
    """How one of an instance's providers does. `state`: `ok`, `untried`, `failing`, `unreachable`, `waiting` (it asked
    for a pause), `key_refused` or `quota_spent`; `detail` says more. Counts are the instance's, since its start;
    `stale_hits`: outdated facts that had to do. `quota_used`: calls of all instances in the day or month of UTC
    that runs (`quota_period`), as of this instance's last one, where there is a `quota`."""

    name: str
    state: str
    detail: str | None
    calls: int
    failures: int
    cache_hits: int
    stale_hits: int
    quota: int | None
    quota_period: str | None
    quota_used: int | None


class AgentInstance(BaseModel):
    """One worker process, as of its last heartbeat. `fault`: why it cannot work though it lives. `cache_hits`: requests
    that it answered with an earlier result. `providers`: whom it asks for facts; empty where it asks nobody outside."""

    instance: str
    agent: str
    status: str
    capabilities: list[str]
    current_load: int
    max_capacity: int
    finished: int
    failed: int
    cache_hits: int
    response_time_avg_ms: float | None
    last_finished_at: datetime | None
    fault: str | None
    providers: list[ProviderStatus]
    version: str
    sent_at: datetime


class HealthAnswer(BaseModel):
    """`healthy`: Redis answers and each agent has a living worker; `degraded`: one has none, or Redis stores nothing
    (its memory is full, say), so that plans are refused; `unhealthy`: no Redis."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "status": "healthy",
                    "redis_connected": True,
                    "redis_writable": True,
                    "uptime_seconds": 3600.0,
                    "agents": {
                        "weather": "healthy",
                        "events": "healthy",
                        "maps": "healthy",
                        "budget": "healthy",
                        "itinerary": "healthy",
                    },
                }
            ]
        }
    )

    status: Literal["healthy", "degraded", "unhealthy"]
    redis_connected: bool
    redis_writable: bool
    uptime_seconds: float
    agents: dict[str, Literal["healthy", "unhealthy"]]


class Breaker(BaseModel):
    """An agent's circuit breaker. `failures`: in a row, as all gateways saw them. `open_for_seconds`: how much longer
    the agent is skipped; `half_open`: the next request is let through to try it."""

    state: Literal["closed", "open", "half_open"]
    failures: int
    open_for_seconds: float


class AttemptCount(BaseModel):
    """How often this gateway saw that outcome of that attempt; 1 is the first attempt, what comes after are retries."""

    agent: str
    outcome: Literal["success", "timeout", "error"]
    attempt: int
    count: int


class StatusAnswer(HealthAnswer):
    """`instances`: the living workers by agent. `sessions_*`: those this gateway drives, and drove since its start;
    `sessions_taken_over`: those among them that another gateway had begun. `retries`: how often it asked again.
    `waiting`: requests of each agent that waited or were being worked, at this gateway's last look."""

    version: str
    streaming_enabled: bool
    instances: dict[str, list[AgentInstance]]
    sessions_running: int
    sessions_ended: dict[str, int]
    sessions_taken_over: int
    breakers: dict[str, Breaker]
    attempts: list[AttemptCount]
    retries: int
    waiting: dict[str, int]


class AuditFinding(BaseModel):
    """Something that must not be. `session_id`: where it was found."""

    session_id: str
    what: str


class AuditAnswer(BaseModel):
    """What Redis alone says of the sessions that it keeps: `accepted` is the sum of the states.

    `lost`: accepted, and their log is gone before its time. `stuck`: nobody drives them, or their time is long over.
    `executed_twice`: requests with more than one outcome to effect. `dead_letters`: requests put aside.
    `requests_waiting`, `requests_in_work`: of all agents. `is_balanced`: nothing is lost, stuck or done twice.
    """

    accepted: int
    completed: int
    partial: int
    failed: int
    cancelled: int
    timeout: int
    running: int
    lost: int
    stuck: int
    executed_twice: int
    dead_letters: int
    requests_waiting: int
    requests_in_work: int
    is_balanced: bool
    findings: list[AuditFinding]


class DeadLetterAnswer(BaseModel):
    """A request that was put aside. `id`: its place among the dead of its agent. `envelope`: its text, where it is one;
    in a list only its beginning. `envelope_bytes`: how large it is. `buried_at`: when it was put aside.
    """

    id: str
    agent: str
    cause: str
    buried_at: datetime
    envelope: str
    envelope_bytes: int


class SentAgainAnswer(BaseModel):
    """A dead letter went out as a new request of its own, outside any session."""

    agent: str
    request_id: str
    entry_id: str
