"""Which day goes out of town, and where to: what a city is famed for may be an hour away and take a day of its own.

Choosing stop by stop never gets there, as something nearer always gains more; so it is settled before.
"""

from collections.abc import Sequence

from app.trips.places.catalogue import Sight
from app.trips.planner.choosing import DaysAhead
from app.trips.planner.day_layout import DayLayout, stop_on
from app.trips.planner.problem import Spot

# A sight this many minutes out, one way, is an excursion.
_OUT_OF_TOWN_FROM_MINUTES = 40
_FAMED_FROM_RANK = 3
# About one day in so many goes out of town.
_DAYS_TO_AN_EXCURSION = 3


def excursions_in(days_with_time: int) -> int:
    """How many a trip has room for: none on a single day, one in up to three, two in up to six."""
    return 0 if days_with_time < 2 else -(-days_with_time // _DAYS_TO_AN_EXCURSION)


def excursion_today(layout: DayLayout, ahead: DaysAhead, sights: Sequence[Sight]) -> Sight | None:
    """The famed sight furthest out of town that fits this day, since what is nearer has other chances.

    None on days of arrival and departure. A wet day is no day for an excursion into the open air.
    """
    if layout.frame.arrival is not None or layout.frame.departure is not None:
        return None
    found = [
        (way_minutes, sight)
        for sight in sights
        if sight.rank >= _FAMED_FROM_RANK
        and (sight.indoor or not ahead.today.is_wet)
        and (way_minutes := _way_minutes(layout, sight)) >= _OUT_OF_TOWN_FROM_MINUTES
        and _fits(layout, ahead, sight)
    ]
    return min(found, key=lambda way: (-way[0], way[1].id))[1] if found else None


def _way_minutes(layout: DayLayout, sight: Sight) -> int:
    return layout.legs.between(layout.base, Spot(sight.latitude, sight.longitude)).minutes


def _fits(layout: DayLayout, ahead: DaysAhead, sight: Sight) -> bool:
    windows = ahead.today.opening_minutes(sight)
    return windows != [] and layout.lay_out([stop_on(sight, windows)]) is not None
