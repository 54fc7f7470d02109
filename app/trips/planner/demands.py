"""The binding wishes of a trip one by one: how each is called, what it says, and the trip without it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from app.trips.currencies import decimal_places, written
from app.trips.problem import LegLock, MealLock, StayLock, Trip, VisitLock, Wishes


@dataclass(frozen=True)
class Demand:
    """One wish. `without` takes it back."""

    name: str
    text: str
    without: Callable[[Trip], Trip]


def amount_text(amount: int, currency: str) -> str:
    """`412.50 EUR`, of an amount in the smallest unit."""
    return written(Decimal(amount).scaleb(-decimal_places(currency)), currency)


def with_wishes(trip: Trip, **wishes: object) -> Trip:
    return trip.with_changes(wishes=trip.wishes.model_copy(update=wishes))


def _without_one(field: str, value: object) -> Callable[[Trip], Trip]:
    def without(trip: Trip) -> Trip:
        kept = tuple(found for found in getattr(trip.wishes, field) if found != value)
        return with_wishes(trip, **{field: kept})

    return without


def demands_of(trip: Trip) -> Iterator[Demand]:
    wishes, names = trip.wishes, _names(trip)
    if wishes.budget is not None:
        text = f"a budget of {amount_text(wishes.budget, trip.currency)}"
        yield Demand("budget", text, lambda changed: with_wishes(changed, budget=None))
    yield from _list_demands(wishes, names)
    if wishes.room_types is not None:
        text = f"a room of type {' or '.join(wishes.room_types)}"
        yield Demand("room type", text, lambda changed: with_wishes(changed, room_types=None))
    for city in trip.cities:
        if city.days is not None and len(trip.cities) > 1:
            text = f"{city.days} day{'s' if city.days != 1 else ''} in {city.name}"
            yield Demand(f"days: {city.id}", text, _without_days(city.id))
    if trip.keep_order and len(trip.cities) > 1:
        yield Demand("order", "the cities in this order", lambda changed: changed.with_changes(keep_order=False))


def _list_demands(wishes: Wishes, names: dict[str, str]) -> Iterator[Demand]:
    for cuisine in wishes.cuisines:
        yield Demand(f"cuisine: {cuisine}", f"{cuisine} food", _without_one("cuisines", cuisine))
    for need in wishes.house_needs:
        yield Demand(f"house rule: {need}", f"{need} allowed", _without_one("house_needs", need))
    for mode in wishes.excluded_modes:
        yield Demand(f"mode: {mode}", f"no {mode}", _without_one("excluded_modes", mode))
    for wished in wishes.include:
        yield Demand(f"include: {wished}", names.get(wished, wished), _without_one("include", wished))
    for shunned in wishes.avoid:
        yield Demand(f"avoid: {shunned}", f"not {names.get(shunned, shunned)}", _without_one("avoid", shunned))
    for lock in wishes.locks:
        text = f"{names.get(lock.id, lock.id)}{_lock_text(lock)}"
        yield Demand(f"lock: {lock.id}{_lock_text(lock)}", text, _without_one("locks", lock))


def _lock_text(lock: VisitLock | StayLock | LegLock | MealLock) -> str:
    match lock:
        case StayLock():
            return ""
        case MealLock():
            return f" for {lock.meal} on {lock.day.isoformat()}"
        case VisitLock(starts=int(starts)):
            return f" on {lock.day.isoformat()} at {starts // 60:02d}:{starts % 60:02d}"
        case _:
            return f" on {lock.day.isoformat()}"


def _without_days(city_id: str) -> Callable[[Trip], Trip]:
    def without(trip: Trip) -> Trip:
        cities = tuple(city.model_copy(update={"days": None}) if city.id == city_id else city for city in trip.cities)
        return trip.with_changes(cities=cities)

    return without


def _names(trip: Trip) -> dict[str, str]:
    names = {leg.id: leg.name or leg.id for leg in trip.legs}
    for city in trip.cities:
        names.update((sight.id, sight.name) for sight in city.attractions)
        names.update((eatery.id, eatery.name) for eatery in city.eateries)
        names.update((stay.id, stay.name) for stay in city.stays)
    return names
