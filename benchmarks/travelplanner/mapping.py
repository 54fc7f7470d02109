"""An instance as a trip of ours."""

from collections.abc import Iterator
from itertools import product
from typing import Literal

from app.trips.problem import (
    City,
    Eatery,
    Leg,
    Party,
    Sight,
    Spot,
    Stay,
    Trip,
    Wishes,
)
from benchmarks.travelplanner.form import ARRIVES_BY, BANNED, HOME, ROOMS_FOR, SEATS, VISIT_MINUTES, Instance, Road


def as_trip(found: Instance) -> Trip:
    """Amounts in cents. Names serve as ids: they are unique."""
    banned = None if found.transportation is None else BANNED[found.transportation]
    return Trip(
        first_day=found.days[0],
        day_count=len(found.days),
        currency="USD",
        origin=HOME,
        cities=tuple(_city(found, city) for city in found.cities),
        keep_order=False,
        legs=tuple(_legs(found)),
        party=Party(adults=found.people),
        wishes=Wishes(
            budget=found.budget * 100,
            cuisines=found.cuisines,
            room_types=None if found.room_type is None else ROOMS_FOR[found.room_type],
            house_needs=() if found.house_rule is None else (found.house_rule,),
            excluded_modes=() if banned is None else (banned,),
        ),
    )


def _city(found: Instance, name: str) -> City:
    sights = [place for place in found.attractions if place.city == name]
    latitude = sum(place.latitude for place in sights) / len(sights)
    longitude = sum(place.longitude for place in sights) / len(sights)
    return City(
        id=name,
        name=name,
        spot=Spot(latitude=latitude, longitude=longitude),
        sights=tuple(
            Sight(
                id=place.name,
                name=place.name,
                spot=Spot(latitude=place.latitude, longitude=place.longitude),
                visit_minutes=VISIT_MINUTES,
                hours_known=False,
            )
            for place in sights
        ),
        eateries=tuple(
            Eatery(id=place.name, name=place.name, cuisines=place.cuisines, price=place.average_cost * 100)
            for place in found.restaurants
            if place.city == name
        ),
        stays=tuple(
            Stay(
                id=house.name,
                name=house.name,
                nightly=house.price * 100,
                capacity=house.maximum_occupancy,
                room_type=house.room_type,
                forbids=house.house_rules,
                min_nights=house.minimum_nights,
            )
            for house in found.accommodations
            if house.city == name
        ),
    )


def _legs(found: Instance) -> Iterator[Leg]:
    """Without roads that are too long for a day, but home; on the last day none to a city, as a night is due there."""
    for flight in found.flights:
        if flight.destination != HOME and flight.day == found.days[-1]:
            continue
        yield Leg(
            id=flight.number,
            mode="flight",
            origin=flight.origin,
            destination=flight.destination,
            dates=(flight.day,),
            departs=flight.departs,
            arrives=flight.arrives,
            price=flight.price * 100,
        )
    modes: tuple[Literal["drive", "taxi"], ...] = ("drive", "taxi")
    for road, mode in product(found.roads, modes):
        if can_be_driven(road):
            yield Leg(
                id=f"{mode} {road.origin}-{road.destination}",
                mode=mode,
                origin=road.origin,
                destination=road.destination,
                dates=None if road.destination == HOME else found.days[:-1],
                duration_minutes=road.minutes,
                price=road.cost(mode, 1) * 100,
                priced_per="vehicle",
                capacity=SEATS[mode],
            )


def can_be_driven(road: Road) -> bool:
    return road.destination == HOME or 8 * 60 + road.minutes <= ARRIVES_BY
