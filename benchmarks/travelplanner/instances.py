"""Instances made up by their number; the budget is set against the least that they can be had for."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations
from math import ceil
from random import Random

from benchmarks.travelplanner.form import (
    BANNED,
    CITIES_FOR_DAYS,
    CUISINES,
    HOME,
    HOUSE_RULES,
    ROOM_TYPES,
    ROOMS_FOR,
    Accommodation,
    Attraction,
    Ban,
    Flight,
    Instance,
    Restaurant,
    Road,
    RoomWish,
)
from benchmarks.travelplanner.possible import least_cost


def instance(number: int) -> Instance:
    """The same for the same number. Its budget lies around the least that the trip can cost, mostly above."""
    random = Random(f"travelplanner/{number}")
    day_count = random.choice(list(CITIES_FOR_DAYS))
    cities = tuple(f"Town{index}" for index in range(CITIES_FOR_DAYS[day_count]))
    first = date(2022, 3, 1) + timedelta(days=random.randrange(28))
    days = tuple(first + timedelta(days=offset) for offset in range(day_count))
    people = random.choice((1, 1, 2, 2, 3, 4, 5, 6, 7, 8))
    constraints = random.sample(("house", "cuisine", "room", "transport"), random.choice((0, 0, 1, 1, 3)))
    wished_room: RoomWish = random.choice(tuple(ROOMS_FOR))
    ban: Ban = random.choice(tuple(BANNED))
    made = Instance(
        days=days,
        cities=cities,
        people=people,
        budget=0,
        house_rule=random.choice(HOUSE_RULES) if "house" in constraints else None,
        cuisines=tuple(random.sample(CUISINES, random.randint(1, 4))) if "cuisine" in constraints else (),
        room_type=wished_room if "room" in constraints else None,
        transportation=ban if "transport" in constraints else None,
        flights=tuple(_flights(random, cities, days)),
        roads=tuple(_roads(random, cities)),
        restaurants=tuple(found for city in cities for found in _restaurants(random, city, day_count)),
        accommodations=tuple(found for city in cities for found in _accommodations(random, city)),
        attractions=tuple(found for city in cities for found in _attractions(random, city)),
    )
    least = least_cost(made, "meals when due")
    factor = random.uniform(1.0, 1.1) if random.random() < 0.3 else random.uniform(0.75, 2.5)
    return replace(made, budget=1000 if least is None else ceil(least * factor))


def _flights(random: Random, cities: Sequence[str], days: Sequence[date]) -> Iterator[Flight]:
    for start, end in permutations((HOME, *cities), 2):
        if random.random() < 0.15:
            continue
        minutes, usual = random.randrange(60, 300, 5), random.randrange(60, 500)
        for day in days:
            for index in range(random.choice((0, 1, 1, 2, 3))):
                departs = random.randrange(330, 1380 - minutes, 5)
                number = f"F{start}{end}{day.day}{index}"
                yield Flight(number, day, start, end, departs, departs + minutes, usual + random.randrange(-50, 80))


def _roads(random: Random, cities: Sequence[str]) -> Iterator[Road]:
    for start, end in permutations((HOME, *cities), 2):
        if random.random() < 0.9:
            km = random.randrange(60, 1600)
            yield Road(start, end, km * 60 // 95 + random.randrange(20), km)


def _restaurants(random: Random, city: str, day_count: int) -> Iterator[Restaurant]:
    """Mostly enough for three meals a day, each at another place."""
    count = random.randint(3, 8) if random.random() < 0.03 else random.randint(3 * day_count, 40)
    for index in range(count):
        cuisines = tuple(random.sample(CUISINES, random.randint(1, 4)))
        yield Restaurant(f"{city} Restaurant {index}", city, random.randrange(10, 101), cuisines)


def _accommodations(random: Random, city: str) -> Iterator[Accommodation]:
    for index in range(random.randint(4, 20)):
        yield Accommodation(
            name=f"{city} House {index}",
            city=city,
            price=random.randrange(50, 1200),
            room_type=random.choice(ROOM_TYPES),
            house_rules=tuple(random.sample(HOUSE_RULES, random.randint(0, 3))),
            minimum_nights=random.choice((1, 1, 1, 2, 2, 3, 5, 30)),
            maximum_occupancy=random.choice((1, 2, 2, 3, 4, 6)),
        )


def _attractions(random: Random, city: str) -> Iterator[Attraction]:
    latitude, longitude = random.uniform(30, 45), random.uniform(-120, -75)
    for index in range(random.randint(8, 25)):
        north, east = random.uniform(-0.1, 0.1), random.uniform(-0.1, 0.1)
        yield Attraction(f"{city} Sight {index}", city, round(latitude + north, 5), round(longitude + east, 5))
