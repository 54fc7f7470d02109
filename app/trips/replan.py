"""Changing one thing about a plan: what is locked stays, the rest moves as little as it can, and what differs is data.

The earlier plan is held in place first (legs, stays, meals, and each visit at its hour), then let go step by step, and
only as far as the change asks for: hours before days, tickets before meals, meals before rooms, rooms before ways.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.trips.changes import Change
from app.trips.changes import changed as changed_trip
from app.trips.plan import Answer, Item, Plan
from app.trips.planner.appeal import points
from app.trips.planner.openings import Anchor
from app.trips.planner.solving import DEFAULT_PATIENCE, plan_trip
from app.trips.problem import Fact, Id, LegLock, Lock, MealLock, StayLock, Trip, VisitLock
from app.trips.rules import day_rules

# ---- the difference


class Place(Fact):
    """Where something stands in a plan."""

    day: date
    starts: int


class Moved(Fact):
    """The same thing at another time."""

    kind: str
    ref: Id
    before: Place
    after: Place


class Entry(Fact):
    """Something that only one of the two plans has. `nights`: of a stay."""

    kind: str
    ref: Id
    place: Place


class Difference(Fact):
    """From the earlier plan to the new one. `kept`: how many legs, stays, visits and meals are as they were; where the
    trip begins on another day, all are counted from the first. `cost`: of the new plan, less that of the earlier one.
    """

    kept: int
    added: tuple[Entry, ...]
    removed: tuple[Entry, ...]
    moved: tuple[Moved, ...]
    cost: int


class Replanned(Fact):
    """`trip`: the changed problem, which `check` takes. `difference` None: there is no new plan."""

    trip: Trip
    answer: Answer
    difference: Difference | None


def replan(trip: Trip, plan: Plan, change: Change, locks: Sequence[Lock] = (), *, work: int | None = None) -> Replanned:
    """`locks`: what the traveller wants to keep, whatever happens; they add to those of the trip. Raises
    CannotChangeError."""
    changed = _with_locks(changed_trip(trip, change), locks)
    answer: Answer | None = None
    for held in _holds(trip, plan, changed):
        is_last = held.trip is changed and not held.anchors
        patience = DEFAULT_PATIENCE if is_last else 1
        answer = plan_trip(held.trip, work=work, anchors=held.anchors, patience=patience)
        if isinstance(answer, Plan):
            return Replanned(trip=changed, answer=answer, difference=difference(trip, plan, changed, answer))
    if answer is None:
        raise AssertionError("the last hold holds nothing, so there is always an answer")
    return Replanned(trip=changed, answer=answer, difference=None)


def _with_locks(trip: Trip, locks: Sequence[Lock]) -> Trip:
    known = [lock for lock in locks if lock not in trip.wishes.locks]
    return trip.with_changes(wishes=trip.wishes.model_copy(update={"locks": (*trip.wishes.locks, *known)}))


# ---- what is held


@dataclass(frozen=True)
class _Hold:
    """A trip with some of the earlier plan locked into it, and visits anchored."""

    trip: Trip
    anchors: dict[str, Anchor]


def _holds(trip: Trip, plan: Plan, changed: Trip) -> Iterator[_Hold]:
    """From everything to nothing."""
    shift = changed.first_day - trip.first_day
    visits = _anchors(plan, shift, changed)
    meals, rooms, ways = _meal_locks(plan, shift, changed), _stay_locks(plan), _leg_locks(plan, shift, trip, changed)
    everything = [*ways, *rooms, *meals]
    without_hours = {ref: Anchor(anchor.day, None) for ref, anchor in visits.items()}
    for at_their_hours in (visits, without_hours):
        yield _Hold(_holding(changed, everything), at_their_hours)
        for roomier in _with_room_for_a_wish(changed, at_their_hours):
            yield _Hold(_holding(changed, everything), roomier)
    yield from _cheaper(changed, everything, visits)
    yield _Hold(_holding(changed, [*ways, *rooms, *meals]), {})
    yield _Hold(_holding(changed, [*ways, *rooms]), visits)
    yield _Hold(_holding(changed, [*ways, *rooms]), {})
    yield _Hold(_holding(changed, [*ways]), visits)
    yield _Hold(_holding(changed, [*ways]), {})
    yield _Hold(changed, without_hours)
    yield _Hold(changed, {})


def _with_room_for_a_wish(changed: Trip, visits: dict[str, Anchor]) -> Iterator[dict[str, Anchor]]:
    """Where a wish is new and days have as many visits as the pace allows: without the one of least worth, then
    without the least of each such day."""
    wishes = changed.wishes
    worth = {sight.id: points(sight, wishes) for city in changed.cities for sight in city.attractions}
    if not any(ref in worth and ref not in visits for ref in wishes.include):
        return
    by_day: dict[date, list[str]] = {}
    for ref, anchor in visits.items():
        by_day.setdefault(anchor.day, []).append(ref)
    full = [found for found in by_day.values() if len(found) >= day_rules(wishes).most_sights]
    unasked = [[ref for ref in found if ref not in wishes.include] for found in full]
    least = [min(found, key=lambda ref: (worth[ref], ref)) for found in unasked if found]
    least.sort(key=lambda ref: (worth[ref], ref))
    for let_go in (least[:count] for count in sorted({min(1, len(least)), len(least)}) if count):
        yield {ref: anchor for ref, anchor in visits.items() if ref not in let_go}


def _cheaper(changed: Trip, everything: Sequence[Lock], visits: dict[str, Anchor]) -> Iterator[_Hold]:
    """Where a cap is in the way: as few of the dearest visits let go as bring the sum below it."""
    if changed.wishes.budget is None:
        return
    prices = {sight.id: sight.price for city in changed.cities for sight in city.attractions}
    dearest = sorted((ref for ref in visits if prices.get(ref)), key=lambda ref: (-prices[ref], ref))
    for count in range(1, len(dearest) + 1):
        let_go = dearest[:count]
        kept = {ref: anchor for ref, anchor in visits.items() if ref not in let_go}
        yield _Hold(_holding(changed, everything), kept)


def _holding(changed: Trip, held: Sequence[Lock]) -> Trip:
    """The locks of the trip win over what is held: a meal or a stay can be only one."""
    own = changed.wishes.locks
    taken = {_slot(lock) for lock in own}
    more = tuple(lock for lock in held if _slot(lock) not in taken and lock.id not in changed.wishes.avoid)
    return changed.with_changes(wishes=changed.wishes.model_copy(update={"locks": (*own, *more)}))


def _slot(lock: Lock) -> tuple[object, ...]:
    match lock:
        case MealLock(day=day, meal=meal):
            return ("meal", day, meal)
        case _:
            return (lock.kind, lock.id)


def _anchors(plan: Plan, shift: timedelta, changed: Trip) -> dict[str, Anchor]:
    """Visits by sight, of each day the best that the pace has room for beside those that are locked to it; those that
    the traveller wishes for or avoids are seen to by the wishes themselves."""
    wishes = changed.wishes
    locked = {lock.id: lock.day for lock in wishes.locks if isinstance(lock, VisitLock)}
    seen_to = {*wishes.avoid, *locked}
    worth = {sight.id: points(sight, wishes) for city in changed.cities for sight in city.attractions}
    most = day_rules(wishes).most_sights
    found: dict[str, Anchor] = {}
    for day in plan.days:
        visits = [item for item in day.items if item.kind == "visit" and item.ref in worth and item.ref not in seen_to]
        room = max(0, most - sum(when == day.day + shift for when in locked.values()))
        best = sorted(visits, key=lambda item: (-worth[item.ref or ""], item.starts))[:room]
        if day.day + shift in changed.dates:
            found.update((item.ref or "", Anchor(day.day + shift, item.starts)) for item in best)
    return found


def _meal_locks(plan: Plan, shift: timedelta, changed: Trip) -> list[Lock]:
    return [
        MealLock(id=item.ref, day=day.day + shift, meal=item.meal)
        for day in plan.days
        for item in day.items
        if item.kind == "meal" and item.ref is not None and item.meal is not None
        if day.day + shift in changed.dates
    ]


def _stay_locks(plan: Plan) -> list[Lock]:
    return [StayLock(id=stay.ref) for stay in plan.stays]


def _leg_locks(plan: Plan, shift: timedelta, trip: Trip, changed: Trip) -> list[Lock]:
    """Those that still run. The way home is that of the new last day."""
    legs = {leg.id: leg for leg in changed.legs}
    found: list[Lock] = []
    for day in plan.days:
        for item in day.items:
            if item.kind != "leg" or item.ref is None or item.ref not in legs:
                continue
            is_homeward = legs[item.ref].destination == trip.origin
            when = changed.dates[-1] if is_homeward else day.day + shift
            if when in changed.dates and legs[item.ref].runs_on(when):
                found.append(LegLock(id=item.ref, day=when))
    return found


# ---- what differs


def difference(trip: Trip, before: Plan, changed: Trip, after: Plan) -> Difference:
    """Ways, rests and bags follow from the rest and are not told."""
    old = dict(_entries(before, changed.first_day - trip.first_day))
    new = dict(_entries(after, timedelta(0)))
    same = [key for key in old if key in new]
    return Difference(
        kept=sum(1 for key in same if old[key].place == new[key].place),
        added=tuple(entry for key, entry in new.items() if key not in old),
        removed=tuple(entry for key, entry in old.items() if key not in new),
        moved=tuple(
            Moved(kind=old[key].kind, ref=old[key].ref, before=old[key].place, after=new[key].place)
            for key in same
            if old[key].place != new[key].place
        ),
        cost=after.costs.total - before.costs.total,
    )


def _entries(plan: Plan, shift: timedelta) -> Iterator[tuple[tuple[object, ...], Entry]]:
    """Each by what makes it the same thing in another plan: a generic meal is that of its day."""
    for day in plan.days:
        for item in day.items:
            if item.kind in ("leg", "visit", "meal") and item.ref is not None:
                place = Place(day=day.day + shift, starts=item.starts)
                yield _key(item, day.day + shift), Entry(kind=item.kind, ref=item.ref, place=place)
    for stay in plan.stays:
        place = Place(day=stay.first_night + shift, starts=0)
        yield ("stay", stay.ref, stay.nights), Entry(kind="stay", ref=stay.ref, place=place)


def _key(item: Item, day: date) -> tuple[object, ...]:
    return (item.kind, item.ref, item.meal, day) if item.kind == "meal" else (item.kind, item.ref)
