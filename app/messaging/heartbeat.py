"""What a worker instance tells of itself every few seconds, and how old that may be."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from app.messaging.errors import DecodeError

HEARTBEAT_INTERVAL_S = 5.0

MISSED_BEATS = 3
"""An instance that missed so many is taken for gone."""


MAX_COUNT = 10**15
"""What every count in a beat stays below: whoever adds them up must be able to write them as a fraction."""

Count = Annotated[int, Field(ge=0, lt=MAX_COUNT)]


class ProviderBeat(BaseModel):
    """How one of an instance's providers does. Counts are the instance's, since its start; `quota_used` is that of all
    instances in the running `quota_period` (`day`, `month`), where the provider has a `quota`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str = Field(min_length=1, max_length=64)
    state: str = Field(max_length=32)
    detail: str | None = Field(default=None, max_length=300)
    calls: Count = 0
    failures: Count = 0
    cache_hits: Count = 0
    stale_hits: Count = 0
    quota: Count | None = None
    quota_period: str | None = Field(default=None, max_length=16)
    quota_used: Count | None = None


class Heartbeat(BaseModel):
    """One beat. `response_time_avg_ms`: moving average over about the last twenty requests, None before the first.
    `cache_hits`: requests that were answered with an earlier result.

    `fault`: why this instance cannot work though it lives, None where it can.
    """

    model_config = ConfigDict(frozen=True)

    instance: str = Field(min_length=1, max_length=128)
    agent: str
    status: Literal["available", "busy", "offline"]
    capabilities: list[str]
    current_load: Count
    max_capacity: int = Field(gt=0, lt=MAX_COUNT)
    finished: Count
    failed: Count
    cache_hits: Count = 0
    response_time_avg_ms: float | None = Field(ge=0, allow_inf_nan=False)
    last_finished_at: AwareDatetime | None
    fault: str | None = Field(default=None, max_length=500)
    providers: list[ProviderBeat] = Field(default=[], max_length=50)
    version: str
    interval_s: float = Field(gt=0, le=3600)
    sent_at: AwareDatetime

    def age_s(self) -> float:
        return (datetime.now(UTC) - self.sent_at).total_seconds()

    def longest_silence_s(self) -> float:
        return self.interval_s * MISSED_BEATS


def decode_heartbeat(raw: bytes) -> Heartbeat:
    """Raises DecodeError for bytes that are no heartbeat."""
    try:
        return Heartbeat.model_validate_json(raw)
    except ValidationError as error:
        raise DecodeError("no heartbeat", raw) from error
