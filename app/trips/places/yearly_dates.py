"""Days of the year by a rule, as the catalogue's files write them: those of festivals, and of days on which a sight is
closed. Pure: dates in, dates out. What depends on a country's holidays is in `closures.py`.
"""

from calendar import monthrange
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MonthDay = Annotated[str, StringConstraints(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]
Span = tuple[date, date]
"""The first and the last day."""


class Fact(BaseModel):
    """What a file of the catalogue says; a member that is not known is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FixedDates(Fact):
    """The same days every year; `to` before `from` runs over New Year."""

    kind: Literal["fixed"]
    from_: MonthDay = Field(alias="from")
    to: MonthDay


class EasterDates(Fact):
    """Days counted from Easter Sunday, 0 being Easter Sunday itself. `rite`: whose Easter."""

    kind: Literal["easter"]
    from_offset: int = Field(ge=-70, le=70)
    to_offset: int = Field(ge=-70, le=70)
    rite: Literal["western", "orthodox"] = "western"


class NthWeekday(Fact):
    """Begins on the nth (1-4, or -1 for the last) such weekday of a month and lasts `days` days."""

    kind: Literal["nth_weekday"]
    month: int = Field(ge=1, le=12)
    weekday: Weekday
    nth: Literal[-1, 1, 2, 3, 4]
    days: int = Field(ge=1, le=60)


YearlyDates = FixedDates | EasterDates | NthWeekday


def span_of(rule: YearlyDates, year: int) -> Span:
    """The span that begins in that year."""
    match rule:
        case FixedDates(from_=from_, to=to):
            return _on(year, from_), _on(year if to >= from_ else year + 1, to)
        case EasterDates():
            sunday = _easter(year, rule.rite)
            return sunday + timedelta(days=rule.from_offset), sunday + timedelta(days=rule.to_offset)
        case NthWeekday():
            starts = nth_weekday(year, rule.month, rule.weekday, rule.nth)
            return starts, starts + timedelta(days=rule.days - 1)


def spans_within(rule: YearlyDates, first: date, last: date) -> list[Span]:
    """First and last day of each time that it overlaps the window."""
    spans = [span_of(rule, year) for year in range(first.year - 1, last.year + 2)]
    return [(starts, ends) for starts, ends in spans if starts <= last and ends >= first]


def nth_weekday(year: int, month: int, weekday: Weekday, nth: int) -> date:
    """`nth` from 1; -1 is the last."""
    number = WEEKDAYS.index(weekday)
    if nth == -1:
        last = date(year, month, monthrange(year, month)[1])
        return last - timedelta(days=(last.weekday() - number) % 7)
    first = date(year, month, 1)
    return first + timedelta(days=(number - first.weekday()) % 7 + 7 * (nth - 1))


def _on(year: int, month_day: str) -> date:
    """29 February is the 28th where there is none."""
    month, day = (int(part) for part in month_day.split("-"))
    return date(year, month, min(day, monthrange(year, month)[1]))


def _easter(year: int, rite: Literal["western", "orthodox"]) -> date:
    # The gateway reads the catalogue as well, and asks for no dates.
    from dateutil.easter import EASTER_ORTHODOX, EASTER_WESTERN, easter  # type: ignore[import-untyped]  # has no types

    sunday: date = easter(year, EASTER_ORTHODOX if rite == "orthodox" else EASTER_WESTERN)
    return sunday
