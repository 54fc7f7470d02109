"""What the events agent reports: holidays, festivals and other events during the trip."""

from datetime import date
from typing import Literal

from app.trips.reports.parts import ClockTime, Coordinates, Report, ResolvedPlace, Source


class Event(Report):
    """`ends` is the last day, inclusive. `is_free`: None where no source says so. `closes`: what it shuts, if known.

    `place`: which of several destinations it takes place at, several names joined by `; `; None where it is at all of
    them. `starts_at`, on the first day, and `ends_at`, on the last, are local times; a night belongs to the day on
    which it begins, so that `ends_at` may be the earlier. `timezone` names their zone, None where it is not known.
    `url`: a page about the event itself. `coordinates`: of the venue.
    """

    name: str
    kind: Literal["public_holiday", "observance", "festival", "event"]
    starts: date
    ends: date
    venue: str | None = None
    description: str | None = None
    is_free: bool | None = None
    closes: str | None = None
    place: str | None = None
    starts_at: ClockTime | None = None
    ends_at: ClockTime | None = None
    timezone: str | None = None
    url: str | None = None
    coordinates: Coordinates | None = None
    source: Source


class EventsReport(Report):
    """`events` in order of their first day; `free_events`: those of them that are free of charge."""

    location: ResolvedPlace
    events: list[Event]
    event_summary: str
    free_events: list[Event]
    warnings: list[str] = []
    sources: list[Source]
