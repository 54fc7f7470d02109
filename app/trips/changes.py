"""What can be changed about a trip, each change a type of its own, and the trip after it."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from app.trips.errors import TripError
from app.trips.planner.conflicts import of_length
from app.trips.problem import City, Fact, Id, Money, Sight, StayLock, Trip
from app.trips.request import MAX_TRIP_DAYS, Pace


class CannotChangeError(TripError):
    """The change makes no sense for this trip: an id that it does not have, a length that its cities cannot have."""

    code = "cannot_change"


class NewFirstDay(Fact):
    """The whole trip begins on another date."""

    kind: Literal["first_day"] = "first_day"
    first_day: date


class NewLength(Fact):
    """Days are cut from the end, or added there."""

    kind: Literal["length"] = "length"
    day_count: int = Field(ge=1, le=MAX_TRIP_DAYS)


class NewBudget(Fact):
    """Another cap; None lifts it."""

    kind: Literal["budget"] = "budget"
    budget: Money | None


class NewPace(Fact):
    kind: Literal["pace"] = "pace"
    pace: Pace


class Avoid(Fact):
    """Not this sight, event or eatery."""

    kind: Literal["avoid"] = "avoid"
    id: Id


class Include(Fact):
    """This sight, event or eatery as well."""

    kind: Literal["include"] = "include"
    id: Id


class Closed(Fact):
    """A sight turns out to be closed on these days, or on all of them where none are given."""

    kind: Literal["closed"] = "closed"
    id: Id
    days: tuple[date, ...] = ()


Change = Annotated[
    NewFirstDay | NewLength | NewBudget | NewPace | Avoid | Include | Closed, Field(discriminator="kind")
]


def changed(trip: Trip, change: Change) -> Trip:
    """The trip with that change, everything else as it was. Raises CannotChangeError."""
    wishes = trip.wishes
    match change:
        case NewFirstDay(first_day=first_day):
            return _moved_to(trip, first_day)
        case NewLength(day_count=day_count):
            other = of_length(trip, day_count)
            if other is None:
                raise CannotChangeError(
                    f"{len(trip.cities)} cities with their days cannot have {day_count} days in all"
                )
            return other
        case NewBudget(budget=budget):
            return trip.with_changes(wishes=wishes.model_copy(update={"budget": budget}))
        case NewPace(pace=pace):
            return trip.with_changes(wishes=wishes.model_copy(update={"pace": pace}))
        case Avoid(id=found):
            _known(trip, found)
            include = tuple(wished for wished in wishes.include if wished != found)
            update = {"avoid": (*wishes.avoid, found), "include": include}
            return trip.with_changes(wishes=wishes.model_copy(update=update))
        case Include(id=found):
            _known(trip, found)
            avoid = tuple(shunned for shunned in wishes.avoid if shunned != found)
            update = {"include": (*wishes.include, found), "avoid": avoid}
            return trip.with_changes(wishes=wishes.model_copy(update=update))
        case Closed(id=found, days=days):
            _known(trip, found)
            closed_on = days or trip.dates
            return trip.with_changes(cities=tuple(_with_closed(city, found, closed_on, trip) for city in trip.cities))


def _known(trip: Trip, found: str) -> None:
    for city in trip.cities:
        if any(sight.id == found for sight in city.attractions) or any(eatery.id == found for eatery in city.eateries):
            return
    raise CannotChangeError(f"the trip has no sight, event or eatery {found!r}")


def _with_closed(city: City, sight_id: str, days: Sequence[date], trip: Trip) -> City:
    def closed(sight: Sight) -> Sight:
        if sight.id != sight_id:
            return sight
        hours = {day: () if day in days else sight.windows(day) for day in trip.dates}
        return sight.model_copy(update={"hours": hours})

    events = tuple(event for event in city.events if not (event.id == sight_id and event.day in days))
    return city.model_copy(update={"sights": tuple(closed(sight) for sight in city.sights), "events": events})


def _moved_to(trip: Trip, first_day: date) -> Trip:
    """Facts stay on their dates; what the traveller fixed moves along."""
    days = first_day - trip.first_day
    locks = tuple(
        lock if isinstance(lock, StayLock) else lock.model_copy(update={"day": lock.day + days})
        for lock in trip.wishes.locks
    )
    return trip.with_changes(first_day=first_day, wishes=trip.wishes.model_copy(update={"locks": locks}))
