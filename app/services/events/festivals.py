"""When the catalogue's yearly festivals take place, by the rule that each follows. Pure: dates in, dates out."""

from calendar import monthrange
from datetime import date, timedelta

from dateutil.easter import easter  # type: ignore[import-untyped]  # the package has no types

from app.trips.places.catalogue import WEEKDAYS, EasterDates, Festival, FixedDates, MonthOnly, NthWeekday

Span = tuple[date, date]


def spans_within(festival: Festival, first: date, last: date) -> list[Span]:
    """First and last day of each time that the festival overlaps the window; empty for those of `MonthOnly`."""
    years = range(first.year - 1, last.year + 2)
    spans = [span for year in years if (span := _span(festival, year))]
    return [(starts, ends) for starts, ends in spans if starts <= last and ends >= first]


def is_in_month_of(festival: Festival, days: list[date]) -> bool:
    """Whether it takes place in a month of the days, on dates that are announced each year."""
    return isinstance(festival.when, MonthOnly) and any(day.month == festival.when.month for day in days)


def _span(festival: Festival, year: int) -> Span | None:
    """The span that begins in that year."""
    match festival.when:
        case FixedDates(from_=from_, to=to):
            starts = _on(year, from_)
            return starts, _on(year if to >= from_ else year + 1, to)
        case EasterDates(from_offset=from_offset, to_offset=to_offset):
            sunday: date = easter(year)
            return sunday + timedelta(days=from_offset), sunday + timedelta(days=to_offset)
        case NthWeekday() as when:
            starts = _nth_weekday(year, when)
            return starts, starts + timedelta(days=when.days - 1)
        case MonthOnly():
            return None


def _on(year: int, month_day: str) -> date:
    """29 February is the 28th where there is none."""
    month, day = (int(part) for part in month_day.split("-"))
    return date(year, month, min(day, monthrange(year, month)[1]))


def _nth_weekday(year: int, when: NthWeekday) -> date:
    weekday = WEEKDAYS.index(when.weekday)
    if when.nth == -1:
        last = date(year, when.month, monthrange(year, when.month)[1])
        return last - timedelta(days=(last.weekday() - weekday) % 7)
    first = date(year, when.month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (when.nth - 1))
