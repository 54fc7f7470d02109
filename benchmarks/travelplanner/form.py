"""The form itself: what an instance holds, and the words and figures of TravelPlanner's rules."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from math import ceil
from typing import Literal

from app.trips.problem import (
    HouseRule,
    LegMode,
)

RoomWish = Literal["shared room", "not shared room", "private room", "entire room"]
Ban = Literal["no flight", "no self-driving"]
Cost = Literal["meals when due", "meals skipped on the way"]

HOME = "Hometown"
CITIES_FOR_DAYS = {3: 1, 5: 2, 7: 3}
CUISINES = ("Chinese", "American", "Italian", "Mexican", "Indian", "Mediterranean", "French")
ROOM_TYPES = ("Entire home/apt", "Private room", "Shared room")
# The room types that each wish allows.
ROOMS_FOR: dict[RoomWish, tuple[str, ...]] = {
    "shared room": ("Shared room",),
    "not shared room": ("Entire home/apt", "Private room"),
    "private room": ("Private room",),
    "entire room": ("Entire home/apt",),
}
BANNED: dict[Ban, LegMode] = {"no flight": "flight", "no self-driving": "drive"}
HOUSE_RULES: tuple[HouseRule, ...] = ("parties", "smoking", "children under 10", "pets", "visitors")
# People in a car of one's own, and in a taxi.
SEATS = {"drive": 5, "taxi": 4}
# A day of the form has so many entries, of which half have to be filled in.
ENTRIES, FILLED_SHARE = 6, 0.5
# Nobody who arrives later has a night there; the form knows no night on the way.
ARRIVES_BY = 23 * 60
VISIT_MINUTES = 90
GOAL = 1.0


@dataclass(frozen=True)
class Flight:
    number: str
    day: date
    origin: str
    destination: str
    departs: int
    arrives: int
    price: int


@dataclass(frozen=True)
class Road:
    origin: str
    destination: str
    minutes: int
    km: int

    def cost(self, mode: str, people: int) -> int:
        """Five cents a kilometre in one's own car, a dollar in a taxi; in whole dollars for each car."""
        one = int(self.km * 0.05) if mode == "drive" else self.km
        return one * ceil(people / SEATS[mode])


@dataclass(frozen=True)
class Restaurant:
    name: str
    city: str
    average_cost: int
    cuisines: tuple[str, ...]


@dataclass(frozen=True)
class Accommodation:
    name: str
    city: str
    price: int
    room_type: str
    house_rules: tuple[HouseRule, ...]
    minimum_nights: int
    maximum_occupancy: int


@dataclass(frozen=True)
class Attraction:
    name: str
    city: str
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Instance:
    """`house_rule`: what has to be allowed. Amounts in whole dollars."""

    days: tuple[date, ...]
    cities: tuple[str, ...]
    people: int
    budget: int
    house_rule: HouseRule | None
    cuisines: tuple[str, ...]
    room_type: RoomWish | None
    transportation: Ban | None
    flights: tuple[Flight, ...]
    roads: tuple[Road, ...]
    restaurants: tuple[Restaurant, ...]
    accommodations: tuple[Accommodation, ...]
    attractions: tuple[Attraction, ...]

    @cached_property
    def restaurants_by_name(self) -> dict[str, Restaurant]:
        return {found.name: found for found in self.restaurants}

    @cached_property
    def accommodations_by_name(self) -> dict[str, Accommodation]:
        return {found.name: found for found in self.accommodations}
