"""On which days a sight is closed beyond its regular week: closing days by a rule, and seasons.

Apart from `yearly_dates.py`, since some of them ask a calendar of holidays, that of the `holidays` library
(https://holidays.readthedocs.io/). Days that follow the moon are its estimates.
"""

from datetime import date, timedelta
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import Field

from app.trips.places.yearly_dates import (
    WEEKDAYS,
    EasterDates,
    Fact,
    FixedDates,
    MonthDay,
    NthWeekday,
    Weekday,
    nth_weekday,
    spans_within,
)

_ESTIMATED = " (estimated)"


class Season(Fact):
    """From one day of the year to another, both included; `to` before `from` runs over New Year."""

    from_: MonthDay = Field(alias="from")
    to: MonthDay

    def has(self, day: date) -> bool:
        month_day = day.strftime("%m-%d")
        if self.from_ <= self.to:
            return self.from_ <= month_day <= self.to
        return month_day >= self.from_ or month_day <= self.to


class EveryWeek(Fact):
    """That weekday, of a sight whose hours are not known; where they are, its week says so by itself."""

    kind: Literal["every_week"]
    weekday: Weekday


class WeekdayOfMonth(Fact):
    """The nth (1-4, or -1 for the last) such weekday of every month."""

    kind: Literal["weekday_of_month"]
    weekday: Weekday
    nth: Literal[-1, 1, 2, 3, 4]


class Holidays(Fact):
    """Public holidays of a country, and of its region where one is named.

    `named`: only those of these names, as the library has them in English, whatever kind of holiday they are; the
    country is then the one whose calendar knows them (Israel's for Yom Kippur, wherever the sight is). `days`: so many
    days from each of them on.
    """

    kind: Literal["holidays"]
    country: str = Field(pattern=r"^[A-Z]{2}$")
    region: str | None = None
    named: list[str] = []
    days: int = Field(default=1, ge=1, le=14)


class DayAfterHoliday(Fact):
    """The day after that weekday, in weeks in which the weekday is a public holiday: the closing day has moved."""

    kind: Literal["day_after_holiday"]
    weekday: Weekday
    country: str = Field(pattern=r"^[A-Z]{2}$")
    region: str | None = None


Closure = Annotated[
    FixedDates | EasterDates | NthWeekday | EveryWeek | WeekdayOfMonth | Holidays | DayAfterHoliday,
    Field(discriminator="kind"),
]


def is_closed_by(rule: Closure, day: date) -> bool:
    match rule:
        case EveryWeek():
            return WEEKDAYS[day.weekday()] == rule.weekday
        case WeekdayOfMonth():
            return day == nth_weekday(day.year, day.month, rule.weekday, rule.nth)
        case Holidays():
            return any(_is_holiday(rule, day - timedelta(days=since)) for since in range(rule.days))
        case DayAfterHoliday():
            eve = day - timedelta(days=1)
            names = holiday_names(rule.country, rule.region, eve.year, is_public=True)
            return WEEKDAYS[eve.weekday()] == rule.weekday and eve in names
        case _:
            return bool(spans_within(rule, day, day))


def _is_holiday(rule: Holidays, day: date) -> bool:
    names = holiday_names(rule.country, rule.region, day.year, is_public=not rule.named).get(day, frozenset())
    return bool(names & set(rule.named)) if rule.named else bool(names)


@lru_cache(maxsize=512)
def holiday_names(country: str, region: str | None, year: int, *, is_public: bool) -> dict[date, frozenset[str]]:
    """By the day; of every kind where not only public ones are asked for. Empty for a year that is not known."""
    # The gateway reads the catalogue as well, and asks for no holidays.
    import holidays

    model = holidays.country_holidays(country)
    calendar = holidays.country_holidays(
        country,
        subdiv=region,
        years=[year],
        language=english(model.supported_languages),
        categories=("public",) if is_public else model.supported_categories,
    )
    days = [day for day in calendar if day.year == year]
    return {day: frozenset(name.removesuffix(_ESTIMATED) for name in calendar.get_list(day)) for day in days}


def english(languages: tuple[str, ...]) -> str | None:
    """American English, else any English, else None for the country's own language."""
    return next((language for language in sorted(languages, reverse=True) if language.startswith("en")), None)
