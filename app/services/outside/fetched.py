"""A provider's answer with its age: what every provider hands on, so that whatever is shown of it can name its source
and say how old it is.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from app.trips.reports import Provenance, Source

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True)
class Lifetime:
    """`fresh_s`: how long a fact is handed out without asking again. `keep_s`: how long it is kept at all, for times
    when its provider does not answer; then its age is told."""

    fresh_s: int
    keep_s: int


@dataclass(frozen=True)
class Fetched(Generic[T]):
    """`fetched_at`: when it was read, UTC. `is_live`: just now, for this question. `stale_because`: why an outdated
    one had to do; None where it is fresh."""

    value: T
    fetched_at: datetime
    is_live: bool
    stale_because: str | None = None

    @property
    def kind(self) -> Provenance:
        return "live" if self.is_live else "cached"

    def replaced(self, value: U) -> "Fetched[U]":
        """The same age and origin with what was made of the value."""
        return Fetched(value, self.fetched_at, self.is_live, self.stale_because)

    def age_text(self, now: datetime) -> str:
        """`5 min`, `3 h`, `12 days`."""
        minutes = max(0, int((now - self.fetched_at).total_seconds() // 60))
        if minutes < 120:
            return f"{minutes} min"
        hours = minutes // 60
        return f"{hours} h" if hours < 48 else f"{hours // 24} days"


@dataclass(frozen=True)
class Attribution:
    """How a provider is named where its facts are shown. `note`: what its licence asks to be said; `url`: the page that
    it asks to be linked."""

    provider: str
    url: str
    note: str | None = None


def source_of(
    attribution: Attribution, fetched: Fetched[Any], url: str | None = None, note: str | None = None
) -> Source:
    """`url`: of the very fact, where there is one; else the provider's page. `note` stands before the licence's."""
    stale = None
    if fetched.stale_because is not None:
        age = fetched.age_text(datetime.now(UTC))
        stale = f"read {age} ago; {fetched.stale_because}"
    notes = [text for text in (note, stale, attribution.note) if text]
    return Source(
        provider=attribution.provider,
        kind=fetched.kind,
        retrieved_at=fetched.fetched_at.date(),
        fetched_at=fetched.fetched_at,
        url=url or attribution.url,
        note=". ".join(text.rstrip(".") for text in notes) + "." if notes else None,
    )
