"""Why a trip cannot be had: the smallest set of wishes that rule each other out, and what to change at the least cost.

Every answer is an exact search's: a set of wishes conflicts where the trip with these wishes alone has no route within
the budget, or has sights that cannot be seen together in its days.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from app.trips.plan import Infeasible, WayOut, Wish
from app.trips.planner.musts import can_be_seen
from app.trips.planner.routing import Router
from app.trips.problem import LegLock, MealLock, StayLock, Trip, VisitLock, Wishes

# Days by which a trip may be cut or prolonged as a way out.
_MOST_DAYS_OFF = 3
# Of the currencies that have other than two decimal places (ISO 4217), the usual ones.
_NO_DECIMALS = {"JPY", "KRW", "VND", "CLP", "ISK", "UGX", "PYG", "RWF", "XAF", "XOF", "XPF"}
_THREE_DECIMALS = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}


@dataclass(frozen=True)
class _Demand:
    """One wish: how it is called, what it says, and the trip without it."""

    name: str
    text: str
    without: Callable[[Trip], Trip]


def least_cost(trip: Trip) -> int | None:
    """Of the whole trip, its budget aside; None where there is no way of meeting the other wishes."""
    if not can_be_seen(trip):
        return None
    cheapest = Router(_with(trip, budget=None)).best()
    return None if cheapest is None else cheapest.cost


def explain(trip: Trip) -> Infeasible:
    """For a trip of which it is known that it has no plan."""
    demands = list(_demands(trip))
    conflict = _smallest_conflict(trip, demands)
    return Infeasible(
        conflict=tuple(Wish(name=demand.name, text=demand.text) for demand in conflict),
        text=_text(trip, conflict),
        ways_out=tuple(sorted(_ways_out(trip, demands, conflict), key=lambda way: (way.least_cost, way.gives_up))),
    )


def amount_text(amount: int, currency: str) -> str:
    """`412.50 EUR`."""
    places = 0 if currency in _NO_DECIMALS else 3 if currency in _THREE_DECIMALS else 2
    return f"{amount / 10**places:.{places}f} {currency}"


# ---- which wishes


def _is_possible(trip: Trip) -> bool:
    least = least_cost(trip)
    return least is not None and (trip.wishes.budget is None or least <= trip.wishes.budget)


def _smallest_conflict(trip: Trip, demands: Sequence[_Demand]) -> list[_Demand]:
    """First a set of which none can be spared, then any that is smaller."""
    kept = list(demands)
    for demand in demands:
        rest = [other for other in kept if other is not demand]
        if not _is_possible(_only(trip, demands, rest)):
            kept = rest
    for size in range(len(kept)):
        for few in combinations(demands, size):
            if not _is_possible(_only(trip, demands, few)):
                return list(few)
    return kept


def _only(trip: Trip, demands: Sequence[_Demand], kept: Sequence[_Demand]) -> Trip:
    for demand in demands:
        if demand not in kept:
            trip = demand.without(trip)
    return trip


# ---- ways out


def _ways_out(trip: Trip, demands: Sequence[_Demand], conflict: Sequence[_Demand]) -> Iterator[WayOut]:
    for demand in conflict:
        yield from _giving_up(trip, demands, demand)
    yield from _other_days(trip)


def _giving_up(trip: Trip, demands: Sequence[_Demand], demand: _Demand) -> Iterator[WayOut]:
    """Without that wish; where others then still conflict, without one more of each conflict."""
    given_up, left = [demand], demand.without(trip)
    while not _is_possible(left):
        rest = [other for other in demands if other not in given_up]
        further = _smallest_conflict(left, rest)
        if not further:
            return
        given_up.append(further[0])
        left = further[0].without(left)
    least = least_cost(left)
    if least is not None:
        names = tuple(found.name for found in given_up)
        yield WayOut(gives_up=names, text=_way_out_text(names, given_up, least, trip.currency), least_cost=least)


def _way_out_text(names: Sequence[str], given_up: Sequence[_Demand], least: int, currency: str) -> str:
    amount = amount_text(least, currency)
    if list(names) == ["budget"]:
        return f"With a budget of {amount} or more there is a plan."
    wishes = " and ".join(f"“{demand.text}”" for demand in given_up if demand.name != "budget")
    also = f" and a budget of at least {amount}" if "budget" in names else f", from {amount}"
    return f"Without the wish {wishes} there is a plan{also}."


def _other_days(trip: Trip) -> Iterator[WayOut]:
    """The nearest other length that has a plan: fewer days first, as they cost less."""
    for step in (-1, 1):
        for days in range(1, _MOST_DAYS_OFF + 1):
            other = _of_length(trip, trip.day_count + step * days)
            if other is not None and _is_possible(other):
                least = least_cost(other) or 0
                count = f"{other.day_count} day" + ("s" if other.day_count != 1 else "")
                text = f"{count} instead of {trip.day_count} fit, from {amount_text(least, trip.currency)}."
                yield WayOut(gives_up=("days",), text=text, least_cost=least)
                break


def _of_length(trip: Trip, day_count: int) -> Trip | None:
    """From the same first day. Where every city's days are given, the longest stay is cut or prolonged."""
    cities = list(trip.cities)
    if day_count < len(cities) or day_count > 30:
        return None
    if all(city.days is not None for city in cities):
        longest = max(range(len(cities)), key=lambda index: cities[index].days or 0)
        days = (cities[longest].days or 0) + day_count - trip.day_count
        if days < 1:
            return None
        cities[longest] = cities[longest].model_copy(update={"days": days})
    elif sum(city.days or 1 for city in cities) > day_count:
        return None
    return _changed(trip, day_count=day_count, cities=tuple(cities))


# ---- the wishes one by one


def _with(trip: Trip, **wishes: object) -> Trip:
    return _changed(trip, wishes=trip.wishes.model_copy(update=wishes))


def _without_one(field: str, value: object) -> Callable[[Trip], Trip]:
    def without(trip: Trip) -> Trip:
        kept = tuple(found for found in getattr(trip.wishes, field) if found != value)
        return _with(trip, **{field: kept})

    return without


def _demands(trip: Trip) -> Iterator[_Demand]:
    wishes, names = trip.wishes, _names(trip)
    if wishes.budget is not None:
        text = f"a budget of {amount_text(wishes.budget, trip.currency)}"
        yield _Demand("budget", text, lambda changed: _with(changed, budget=None))
    yield from _list_demands(wishes, names)
    if wishes.room_types is not None:
        text = f"a room of type {' or '.join(wishes.room_types)}"
        yield _Demand("room type", text, lambda changed: _with(changed, room_types=None))
    for city in trip.cities:
        if city.days is not None and len(trip.cities) > 1:
            text = f"{city.days} days in {city.name}"
            yield _Demand(f"days: {city.id}", text, _without_days(city.id))
    if trip.keep_order and len(trip.cities) > 1:
        yield _Demand("order", "the cities in this order", lambda changed: _changed(changed, keep_order=False))


def _list_demands(wishes: Wishes, names: dict[str, str]) -> Iterator[_Demand]:
    for cuisine in wishes.cuisines:
        yield _Demand(f"cuisine: {cuisine}", f"{cuisine} food", _without_one("cuisines", cuisine))
    for need in wishes.house_needs:
        yield _Demand(f"house rule: {need}", f"{need} allowed", _without_one("house_needs", need))
    for mode in wishes.excluded_modes:
        yield _Demand(f"mode: {mode}", f"no {mode}", _without_one("excluded_modes", mode))
    for wished in wishes.include:
        yield _Demand(f"include: {wished}", names.get(wished, wished), _without_one("include", wished))
    for shunned in wishes.avoid:
        yield _Demand(f"avoid: {shunned}", f"not {names.get(shunned, shunned)}", _without_one("avoid", shunned))
    for lock in wishes.locks:
        text = f"{names.get(lock.id, lock.id)}{_lock_text(lock)}"
        yield _Demand(f"lock: {lock.id}", text, _without_one("locks", lock))


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
        return _changed(trip, cities=cities)

    return without


def _changed(trip: Trip, **fields: object) -> Trip:
    """A copy whose cached look-ups are made anew."""
    return Trip.model_construct(**{name: fields.get(name, getattr(trip, name)) for name in Trip.model_fields})


def _names(trip: Trip) -> dict[str, str]:
    names = {leg.id: leg.name or leg.id for leg in trip.legs}
    for city in trip.cities:
        names.update((found.id, found.name) for found in (*city.attractions, *city.eateries, *city.stays))
    return names


# ---- words


def _text(trip: Trip, conflict: Sequence[_Demand]) -> str:
    if not conflict:
        return "The trip cannot be had as it stands, whatever is wished: no way there and back fits its days."
    if [demand.name for demand in conflict] == ["budget"]:
        least = least_cost(_only(trip, list(_demands(trip)), ()))
        return f"{conflict[0].text[2:].capitalize()} is below the least possible {_amount(trip, least)}."
    wishes = "; ".join(demand.text for demand in conflict)
    if len(conflict) == 1:
        return f"One wish cannot be met: {wishes}."
    return f"These wishes rule each other out: {wishes}."


def _amount(trip: Trip, amount: int | None) -> str:
    return "sum" if amount is None else amount_text(amount, trip.currency)
