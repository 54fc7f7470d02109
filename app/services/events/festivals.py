"""When the catalogue's yearly festivals take place, by the rule that each follows. Pure: dates in, dates out."""

from datetime import date

from app.trips.places import yearly_dates
from app.trips.places.catalogue import Festival, MonthOnly
from app.trips.places.yearly_dates import Span


def spans_within(festival: Festival, first: date, last: date) -> list[Span]:
    """First and last day of each time that the festival overlaps the window; empty for those of `MonthOnly`."""
    if isinstance(festival.when, MonthOnly):
        return []
    return yearly_dates.spans_within(festival.when, first, last)


def is_in_month_of(festival: Festival, days: list[date]) -> bool:
    """Whether it takes place in a month of the days, on dates that are announced each year."""
    return isinstance(festival.when, MonthOnly) and any(day.month == festival.when.month for day in days)
