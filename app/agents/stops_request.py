"""What an agent is asked about one destination or several; a file of its own because four agents are asked so."""

from typing import Any, Self

from pydantic import ConfigDict, Field, model_validator

from app.services.places.words import listed
from app.trips.places.known import PlacedRequest
from app.trips.places.place import Place
from app.trips.request import MAX_DESTINATIONS, Destination, PlaceName, check_destinations


class StopsRequest(PlacedRequest):
    """`destinations`: all of them, `destination` as the first; empty where there is only that one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    destination: PlaceName
    destinations: list[Destination] = Field(default=[], max_length=MAX_DESTINATIONS)

    @model_validator(mode="before")
    @classmethod
    def _only_places_that_it_names(cls, values: Any) -> Any:
        """A trip's other places make no other request of it: the weather there is the same wherever one comes from."""
        if not isinstance(values, dict) or not isinstance(values.get("places"), dict):
            return values
        stops = values.get("destinations")
        names = [stop.get("name") for stop in stops if isinstance(stop, dict)] if isinstance(stops, list) else []
        wanted = {str(name) for name in (values.get("destination"), values.get("origin"), *names)}
        return {**values, "places": {name: place for name, place in values["places"].items() if name in wanted}}

    @model_validator(mode="after")
    def _destinations_agree(self) -> Self:
        check_destinations(self.destination, self.destinations)
        return self

    @property
    def stops(self) -> list[Destination]:
        """At least one, in the order in which they were given."""
        return list(self.destinations) or [Destination(name=self.destination)]

    @property
    def stops_text(self) -> str:
        """The names as the traveller wrote them: `Kyoto, Osaka and Nara`."""
        return listed([stop.name for stop in self.stops])

    async def stop_places(self) -> list[Place]:
        """The place of each stop. Raises UnknownPlaceError for the first that is nowhere on the map."""
        return [await self.place(stop.name) for stop in self.stops]
