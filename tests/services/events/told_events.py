"""A provider of events for tests of what is made of its answers."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from app.services.events.found_events import FoundEvent
from app.services.outside.deadlines import Deadline
from app.services.outside.errors import ProviderUnreachableError
from app.services.outside.fetched import Attribution, Fetched
from app.trips.places.place import Place

_TOLD = Attribution("Told", "https://told.example")


@dataclass
class Told:
    """Knows what it is told, by the places' names, whatever days it is asked for. `is_away`: where it does not answer.
    `asked`: the places, in order."""

    by_place: dict[str, list[FoundEvent]] = field(default_factory=dict)
    is_away: tuple[str, ...] = ()
    asked: list[str] = field(default_factory=list)
    attribution: Attribution = _TOLD

    async def search(self, place: Place, first: date, last: date, deadline: Deadline) -> Fetched[list[FoundEvent]]:
        self.asked.append(place.name)
        if place.name in self.is_away:
            raise ProviderUnreachableError("Told", "cannot be reached")
        return Fetched(self.by_place.get(place.name, []), datetime(2027, 1, 1, tzinfo=UTC), is_live=True)
