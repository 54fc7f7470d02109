"""Public holidays and observances of a place, from the `holidays` library (https://holidays.readthedocs.io/).

The library's data ship with it, so they are as good as its edition; dates that follow the moon are its estimates and
carry "(estimated)" in their names.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

import holidays

from app.trips.places.catalogue import CATALOGUE_EDITION
from app.trips.places.closures import english
from app.trips.places.place import Place
from app.trips.reports import Source

HOLIDAYS_SOURCE = Source(
    provider="holidays (python library)",
    kind="catalogue",
    retrieved_at=CATALOGUE_EDITION,
    url="https://github.com/vacanza/holidays",
)
# The library's categories besides public ones that a traveller notices, in the order in which they are told. Its
# school, work-day, army and single-faith ones are left out.
_OBSERVANCES = {
    "bank": "Banks are closed.",
    "government": "Government offices are closed.",
    "half_day": "A half holiday.",
    "optional": "An optional holiday; some businesses close.",
    "unofficial": "An observance, not a day off.",
}
# Holidays are asked for so far beyond the window, that one of many days which began before it is whole.
_MARGIN = timedelta(days=16)


@dataclass(frozen=True)
class Holiday:
    """`ends` is the last day, inclusive. `remark`: what kind of observance it is; None for public holidays."""

    name: str
    kind: Literal["public_holiday", "observance"]
    starts: date
    ends: date
    remark: str | None


@dataclass(frozen=True)
class HolidayList:
    """`is_known` False: the library has nothing for the country or those years, which is not the same as none."""

    holidays: list[Holiday] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    is_known: bool = True


def holidays_between(place: Place, first: date, last: date) -> HolidayList:
    """Holidays of the place's country and region that overlap the window, in order of their first day."""
    try:
        model = holidays.country_holidays(place.country_code)
    except NotImplementedError:
        return HolidayList([], [f"Public holidays of {place.country} are not in our data."], is_known=False)
    years = range((first - _MARGIN).year, (last + _MARGIN).year + 1)
    covered = [year for year in years if model.start_year <= year <= model.end_year]
    if first.year not in covered or last.year not in covered:
        span = f"{model.start_year} to {model.end_year}"
        return HolidayList([], [f"Public holidays of {place.country} are known for {span} only."], is_known=False)
    region = place.holiday_region if place.holiday_region in model.subdivisions else None
    found = [
        holiday
        for holiday in _all_holidays(model, place.country_code, region, covered)
        if holiday.starts <= last and holiday.ends >= first
    ]
    return HolidayList(found, _warnings(place, model, region, found))


def _all_holidays(
    model: holidays.HolidayBase, country_code: str, region: str | None, years: list[int]
) -> list[Holiday]:
    """Public ones first; an observance on the day of a public holiday of the same name is left out."""
    language = english(model.supported_languages)
    found: list[Holiday] = []
    seen: set[tuple[str, date]] = set()
    for category in ("public", *_OBSERVANCES):
        if category not in model.supported_categories:
            continue
        calendar = holidays.country_holidays(
            country_code, subdiv=region, years=years, language=language, categories=(category,)
        )
        named = {(name, day) for day in calendar for name in calendar.get_list(day)} - seen
        seen |= named
        found += _runs(sorted(named), category)
    return sorted(found, key=lambda holiday: (holiday.starts, holiday.kind != "public_holiday", holiday.name))


def _runs(named: list[tuple[str, date]], category: str) -> list[Holiday]:
    """Days of one name that follow one another are one holiday. `named`: sorted by name, then day."""
    found: list[Holiday] = []
    kind: Literal["public_holiday", "observance"] = "public_holiday" if category == "public" else "observance"
    for name, day in named:
        if found and found[-1].name == name and found[-1].ends + timedelta(days=1) == day:
            found[-1] = Holiday(name, kind, found[-1].starts, day, found[-1].remark)
        else:
            found.append(Holiday(name, kind, day, day, _OBSERVANCES.get(category)))
    return found


def _warnings(place: Place, model: holidays.HolidayBase, region: str | None, found: list[Holiday]) -> list[str]:
    warnings = []
    if model.subdivisions and region is None and place.city is None:
        warnings.append(f"Holidays of single regions of {place.country} are not included.")
    if any("estimated" in holiday.name for holiday in found):
        warnings.append("Holidays marked “estimated” follow the moon; they may fall a day earlier or later.")
    return warnings
