"""What is on at a place, from the first provider of events that finds something there. Holidays and festivals are no
part of it: they are known without asking anybody.
"""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from app.services.events.found_events import FoundEvent, distance_km, without_doubles
from app.services.outside.chain import first_answer
from app.services.outside.deadlines import Deadline
from app.services.outside.fetched import Attribution, Fetched, source_of
from app.trips.places.place import Place
from app.trips.reports import Coordinates, Event, Source


class EventProvider(Protocol):
    @property
    def attribution(self) -> Attribution: ...

    def search(self, place: Place, first: date, last: date, deadline: Deadline) -> Awaitable[Fetched[list[FoundEvent]]]:
        """What overlaps the days, most notable first; may be empty. Raises ProviderError."""
        ...


@dataclass(frozen=True)
class LiveEvents:
    """What was found at one place. `source`: whose events these are; None where there are none. `answered`: names of
    the providers that answered, though with nothing, before that one. `warnings`: of those that did not."""

    place: Place
    events: list[FoundEvent]
    source: Source | None
    answered: tuple[str, ...]
    warnings: list[str]

    @property
    def is_searched(self) -> bool:
        """Whether anybody knows what is on, be it nothing."""
        return self.source is not None or bool(self.answered)


class EventChain:
    """`providers`: at least one, in the order in which they are asked."""

    def __init__(self, providers: Sequence[EventProvider]) -> None:
        self._providers = providers

    async def search(self, place: Place, first: date, last: date, deadline: Deadline) -> LiveEvents:
        """Never raises ProviderError: one that gives no answer is a warning."""
        answered: list[str] = []

        async def ask(provider: EventProvider) -> tuple[Attribution, Fetched[list[FoundEvent]]] | None:
            found = await provider.search(place, first, last, deadline)
            if found.value:
                return provider.attribution, found
            answered.append(provider.attribution.provider)
            return None

        asked = await first_answer(self._providers, ask)
        if asked.answer is None:
            missing = [f"{error}: events that only it knows are not included." for error in asked.errors]
            return LiveEvents(place, [], None, tuple(answered), missing)
        attribution, found = asked.answer
        warnings = [f"{error}; {attribution.provider} was asked instead." for error in asked.errors]
        return LiveEvents(place, found.value, source_of(attribution, found), tuple(answered), warnings)


def events_of(answers: Sequence[LiveEvents]) -> list[Event]:
    """All that was found, each event once and, where there are several places, with the one that is nearest."""
    places = [answer.place for answer in answers]
    return without_doubles(
        _event(found, _place_name(found, answer.place, places), answer.source)
        for answer in answers
        if answer.source is not None
        for found in answer.events
    )


def _place_name(found: FoundEvent, asked: Place, places: Sequence[Place]) -> str | None:
    if len(places) == 1:
        return None
    at = found.coordinates
    if at is None:
        return asked.name
    return min(
        places, key=lambda place: distance_km(at, Coordinates(latitude=place.latitude, longitude=place.longitude))
    ).name


def _event(found: FoundEvent, place_name: str | None, source: Source) -> Event:
    return Event(
        name=found.name,
        kind="event",
        starts=found.starts,
        ends=found.ends,
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        timezone=found.timezone,
        venue=found.venue or found.address,
        description=found.description,
        is_free=found.is_free,
        place=place_name,
        url=found.url,
        coordinates=found.coordinates,
        source=source,
    )
