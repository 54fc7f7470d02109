"""Larger changes to the trip of two cities, for the tests of what is and what is not allowed."""

from datetime import date

from app.trips.problem import Sight, Window
from tests.trips.check.spoiling import Spoil, added, both, city_with, fact_with, item_with
from tests.trips.check.two_cities import CATHEDRAL, VIENNA, at, item


def hours(opens: str, closes: str, *days: date) -> dict[date, tuple[Window, ...]]:
    return dict.fromkeys(days, (Window(opens=at(opens), closes=at(closes)),))


def rest(starts: str, ends: str, city: str = "vienna") -> Spoil:
    """At the end of Wednesday's list in Vienna; of Friday's, before the departure, in Prague."""
    day, index = (2, 9) if city == "vienna" else (4, 7)
    return added(day, index, item("rest", starts, ends, city=city))


def small_sights(count: int) -> Spoil:
    """So many visits of five minutes more on Wednesday, next door to the cathedral, worth nothing."""
    sights = tuple(
        Sight(id=f"s{n}", name="s", spot=CATHEDRAL, visit_minutes=5, score=0, indoor=True) for n in range(count)
    )
    visits = [item("visit", f"15:{5 * n + 5:02}", f"15:{5 * n + 10:02}", f"s{n}", city="vienna") for n in range(count)]
    return both(city_with("vienna", sights=(*VIENNA.sights, *sights)), added(2, 7, *visits))


def evening_concert(starts: str, ends: str) -> Spoil:
    """The concert at another hour, with the way there and back."""
    begins, over = at(starts), at(ends)
    return both(
        fact_with("events", "concert", starts=begins, ends=over),
        item_with(1, 9, starts=begins, ends=over),
        item_with(1, 10, starts=over, ends=over + 10),
    )
