"""A place on the map, as the product understands it; apart from `resolve.py`, since naming it needs no look-up."""

from dataclasses import dataclass, field

from app.trips.places.catalogue import City
from app.trips.places.distance import great_circle_km
from app.trips.reports import Coordinates, ResolvedPlace, Source


@dataclass(frozen=True)
class Place:
    """`country`: its English name. `currency`: ISO code of the country's money, None where there is none.

    `population`: None where it was not looked up (catalogue cities) or is not known. `city`: the catalogue's entry,
    None for every other place. `assumption`: set where the text could have meant something else. `source`: who says so.
    `holiday_region`: the region's code in the `holidays` library; None where it is not known or makes no difference.
    """

    name: str
    country: str
    country_code: str
    latitude: float
    longitude: float
    timezone: str
    currency: str | None
    population: int | None
    city: City | None = field(hash=False)
    assumption: str | None
    source: Source
    holiday_region: str | None = None

    @property
    def full_name(self) -> str:
        """`Paris, France`; a city that is its country stays `Singapore`."""
        return self.name if self.name == self.country else f"{self.name}, {self.country}"

    def distance_km(self, other: "Place") -> float:
        """Great circle."""
        return great_circle_km(self.latitude, self.longitude, other.latitude, other.longitude)

    def resolved(self) -> ResolvedPlace:
        """As it is shown to travellers."""
        return ResolvedPlace(
            name=self.name,
            country=self.country,
            country_code=self.country_code,
            coordinates=Coordinates(latitude=self.latitude, longitude=self.longitude),
            timezone=self.timezone,
            assumption=self.assumption,
        )
