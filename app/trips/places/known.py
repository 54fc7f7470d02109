"""Places that were looked up already, handed on with a request, so that the fleet looks each name up once.

The gazetteer takes a second and 150 MB to load; the gateway has it anyway, to refuse unknown names.
"""

import asyncio

from pydantic import BaseModel, ConfigDict, Field

from app.trips.places.catalogue import all_cities
from app.trips.places.place import Place
from app.trips.places.resolve import resolve_place
from app.trips.reports import Source


class KnownPlace(BaseModel):
    """A `Place` in JSON; `city_id` stands for the catalogue's entry. A city that the catalogue lacks is passed over."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    country: str
    country_code: str
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    timezone: str
    currency: str | None
    population: int | None
    city_id: str | None
    assumption: str | None
    source: Source
    holiday_region: str | None

    @classmethod
    def of(cls, place: Place) -> "KnownPlace":
        fields = {name: getattr(place, name) for name in cls.model_fields if name != "city_id"}
        return cls(**fields, city_id=place.city.id if place.city else None)

    def place(self) -> Place:
        fields = {name: getattr(self, name) for name in type(self).model_fields if name != "city_id"}
        return Place(**fields, city=all_cities().get(self.city_id or ""))


class PlacedRequest(BaseModel):
    """A request that may bring its places along. `places`: what a name in the request was read as."""

    places: dict[str, KnownPlace] = Field(default={}, max_length=20)

    async def place(self, name: str) -> Place:
        """The place of that name. Raises UnknownPlaceError where it was not brought along and is nowhere on the map."""
        if name in self.places:
            return self.places[name].place()
        return await asyncio.to_thread(resolve_place, name)
