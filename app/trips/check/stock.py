"""Every id of the trip and what it stands for: what a plan may cite."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from app.trips.problem import City, Eatery, Leg, Sight, Spot, Stay, Trip
from app.trips.travel_times import spots_of, travel_minutes

RefKind = Literal["home", "city", "sight", "eatery", "stay", "leg"]


@dataclass(frozen=True)
class Known:
    """`city`: the id of the city it lies in; None for home and legs. Events count as sights."""

    kind: RefKind
    city: str | None


@dataclass(frozen=True)
class Stock:
    trip: Trip

    @cached_property
    def known(self) -> dict[str, Known]:
        found = {} if self.trip.origin is None else {self.trip.origin: Known("home", None)}
        found |= {leg.id: Known("leg", None) for leg in self.trip.legs}
        for city in self.trip.cities:
            found[city.id] = Known("city", city.id)
            found |= {stay.id: Known("stay", city.id) for stay in city.stays}
            found |= {eatery.id: Known("eatery", city.id) for eatery in city.eateries}
            found |= {sight.id: Known("sight", city.id) for sight in city.attractions}
        return found

    @cached_property
    def sights(self) -> dict[str, Sight]:
        """Events among them."""
        return {sight.id: sight for city in self.trip.cities for sight in city.attractions}

    @cached_property
    def events(self) -> frozenset[str]:
        return frozenset(event.id for city in self.trip.cities for event in city.events)

    @cached_property
    def eateries(self) -> dict[str, Eatery]:
        return {eatery.id: eatery for city in self.trip.cities for eatery in city.eateries}

    @cached_property
    def stays(self) -> dict[str, Stay]:
        return {stay.id: stay for city in self.trip.cities for stay in city.stays}

    @cached_property
    def _legs(self) -> dict[str, Leg]:
        return {leg.id: leg for leg in self.trip.legs}

    @cached_property
    def _cities(self) -> dict[str, City]:
        return {city.id: city for city in self.trip.cities}

    @cached_property
    def _spots(self) -> dict[str, dict[str, Spot | None]]:
        return {city.id: spots_of(city) for city in self.trip.cities}

    def leg(self, ref: str | None) -> Leg | None:
        return self._legs.get(ref or "")

    def city(self, ref: str | None) -> City | None:
        return self._cities.get(ref or "")

    def is_stop(self, city: City, ref: str | None) -> bool:
        """A place in that city from where or to which one may go."""
        return ref in self._spots[city.id]

    def minutes(self, city: City, origin: str, destination: str) -> int | None:
        """From one stop to the other; None where either is none of the city's."""
        if not (self.is_stop(city, origin) and self.is_stop(city, destination)):
            return None
        return travel_minutes(self.trip, self._spots[city.id], origin, destination)
