"""A small world to plan in: two cities an hour apart by train, with little in them, so that tests can be read."""

from datetime import date, timedelta

from app.trips.problem import City, Eatery, Leg, Party, Sight, Spot, Stay, Trip, Window, Wishes

FIRST_DAY = date(2027, 5, 3)
"""A Monday."""
CENTRES = {"lima": Spot(latitude=10.0, longitude=10.0), "oslo": Spot(latitude=12.0, longitude=12.0)}


def day(number: int) -> date:
    """From 0."""
    return FIRST_DAY + timedelta(days=number)


def near(city: str, step: int) -> Spot:
    """About 600 metres further out with each step: ten minutes on foot."""
    centre = CENTRES[city]
    return Spot(latitude=centre.latitude + 0.0054 * step, longitude=centre.longitude)


def sight(
    city: str, name: str, *, step: int = 1, minutes: int = 90, open_on: tuple[int, ...] | None = None, **fields: object
) -> Sight:
    """Open from ten to six on the days `open_on`, on all where it is None."""
    days = range(30) if open_on is None else open_on
    hours = {day(number): (Window(opens=600, closes=1080),) for number in days}
    known: dict[str, object] = {"hours": hours, "score": 10, "indoor": True, **fields}
    return Sight.model_validate(
        {"id": f"{city}/{name}", "name": name, "spot": near(city, step), "visit_minutes": minutes, **known}
    )


def meals(city: str) -> tuple[Eatery, ...]:
    return tuple(
        Eatery(id=f"{city}/{meal}", name=meal, price=price, is_generic=True, meals=(meal,))
        for meal, price in (("breakfast", 500), ("lunch", 1000), ("dinner", 2000))
    )


def city(name: str, sights: tuple[Sight, ...], **fields: object) -> City:
    stays = (
        Stay(id=f"{name}/hostel", name="Hostel", nightly=4000, room_type="shared room", forbids=("pets",)),
        Stay(id=f"{name}/inn", name="Inn", nightly=9000, room_type="private room"),
    )
    known: dict[str, object] = {"eateries": meals(name), "stays": stays, **fields}
    return City.model_validate({"id": name, "name": name.title(), "spot": CENTRES[name], "sights": sights, **known})


def legs(*cities: str) -> tuple[Leg, ...]:
    """Flights from and to home for each city, and trains between them."""
    found = []
    for name in cities:
        found.append(
            Leg(id=f"out-{name}", mode="flight", origin="home", destination=name, departs=480, arrives=600, price=10000)
        )
        found.append(
            Leg(
                id=f"back-{name}",
                mode="flight",
                origin=name,
                destination="home",
                departs=1140,
                arrives=1260,
                price=12000,
            )
        )
        found.extend(
            Leg(
                id=f"{name}-{other}", mode="train", origin=name, destination=other, departs=660, arrives=720, price=3000
            )
            for other in cities
            if other != name
        )
    return tuple(found)


LIMA_SIGHTS = (
    sight("lima", "museum", step=1, score=40, price=1500, interests=("art",)),
    sight("lima", "gallery", step=2, score=30, price=800, interests=("art",)),
    sight("lima", "garden", step=3, score=25, indoor=False, interests=("nature",)),
    sight("lima", "market", step=-1, score=20, interests=("food",)),
    sight("lima", "tower", step=-2, score=15, price=1200),
    sight("lima", "chapel", step=-3, score=10, open_on=(1,)),
)
OSLO_SIGHTS = (
    sight("oslo", "castle", step=1, score=40, price=1000),
    sight("oslo", "harbour", step=2, score=20, indoor=False),
    sight("oslo", "library", step=-1, score=10),
)


def one_city(day_count: int = 3, wishes: Wishes | None = None, **fields: object) -> Trip:
    known: dict[str, object] = {"cities": (city("lima", LIMA_SIGHTS),), "legs": legs("lima"), **fields}
    return _trip(day_count, wishes, known)


def two_cities(day_count: int = 4, wishes: Wishes | None = None, **fields: object) -> Trip:
    cities = (city("lima", LIMA_SIGHTS), city("oslo", OSLO_SIGHTS))
    known: dict[str, object] = {"cities": cities, "legs": legs("lima", "oslo"), **fields}
    return _trip(day_count, wishes, known)


def _trip(day_count: int, wishes: Wishes | None, fields: dict[str, object]) -> Trip:
    return Trip.model_validate(
        {
            "first_day": FIRST_DAY,
            "day_count": day_count,
            "currency": "EUR",
            "origin": "home",
            "party": Party(adults=2),
            "wishes": wishes or Wishes(),
            **fields,
        }
    )
